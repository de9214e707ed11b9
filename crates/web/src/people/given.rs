//! What the record forms and the API say, read into what an act takes.

use std::collections::BTreeSet;

use placet_app::instrument::Given;
use placet_app::preference::{Asked, LaterAct};
use placet_app::{FieldProblem, settings};
use placet_domain::channel::Channel;
use placet_domain::instrument::authorization::{
    Authorization, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, IpClass, Method, Terms};
use placet_domain::preference::{PreferenceKind, Topic};
use placet_domain::time::{Date, TimeZone, Timestamp};
use serde::Deserialize;

use crate::error::WebError;
use crate::site::Site;

/// The organization's time zone, in which forms are filled in; UTC while none is set.
pub(crate) async fn zone(site: &Site) -> Result<TimeZone, WebError> {
    Ok(site.store().read(settings::load).await?.time_zone())
}

/// Collects what is wrong, field by field, so that everything is said at once.
#[derive(Default)]
pub(crate) struct Reader(Vec<FieldProblem>);

impl Reader {
    pub(crate) fn problem(&mut self, field: &str, problem: &str) {
        self.0.push(FieldProblem {
            field: field.to_owned(),
            problem: problem.to_owned(),
        });
    }

    pub(crate) fn code<T>(
        &mut self,
        field: &str,
        text: &str,
        find: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = find(text);
        if found.is_none() {
            self.problem(field, "choose one of the list");
        }
        found
    }

    /// An instant with its offset, or a date and time of day in `zone`.
    pub(crate) fn instant(
        &mut self,
        field: &str,
        text: &str,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        let at = text.parse::<Timestamp>().ok().or_else(|| {
            let civil = text.parse::<jiff::civil::DateTime>().ok()?;
            civil
                .to_zoned(zone.clone())
                .ok()
                .map(|zoned| zoned.timestamp())
        });
        if at.is_none() {
            self.problem(field, "give a date and a time of day");
        }
        at
    }

    pub(crate) fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        if text.is_empty() {
            return None;
        }
        let date = text.parse().ok();
        if date.is_none() {
            self.problem(field, "write a date as 2026-06-30");
        }
        date
    }

    pub(crate) fn done<T>(self, read: Option<T>) -> Result<T, WebError> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            _ => Err(WebError::Invalid(self.0)),
        }
    }
}

/// A later act of the person: when, how, on what evidence.
#[derive(Deserialize)]
pub struct LaterForm {
    #[serde(default)]
    at: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    document: String,
}

impl LaterForm {
    pub(super) fn read(&self, zone: &TimeZone) -> Result<LaterAct, WebError> {
        let mut reader = Reader::default();
        let at = reader.instant("at", &self.at, zone);
        let method = reader.code("method", &self.method, Method::find);
        let read = at.zip(method).map(|(at, method)| LaterAct {
            at,
            method,
            evidence: evidence(&self.source, "", &self.document),
        });
        reader.done(read)
    }
}

fn evidence(source: &str, form_version: &str, document: &str) -> Evidence {
    Evidence {
        source: source.trim().to_owned(),
        form_version: form_version.trim().to_owned(),
        ip_class: IpClass::None,
        document: document.trim().to_owned(),
    }
}

/// A consent given or declined.
#[derive(Deserialize)]
pub struct ConsentForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    expires_on: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    wording: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    form_version: String,
    #[serde(default)]
    document: String,
}

/// A yes or a no; both are recorded.
pub(super) enum Answer {
    Yes(Given),
    No(Asked),
}

impl ConsentForm {
    pub(super) fn read(&self, zone: &TimeZone) -> Result<Answer, WebError> {
        let mut reader = Reader::default();
        let kind = reader.code("kind", &self.kind, InstrumentKind::find);
        let channel = reader.code("channel", &self.channel, Channel::find);
        let topic = reader.code("topic", &self.topic, Topic::find);
        let at = reader.instant("at", &self.at, zone);
        let method = reader.code("method", &self.method, Method::find);
        let expires_on = reader.date("expires_on", &self.expires_on);
        let evidence = evidence(&self.source, &self.form_version, &self.document);
        let wording = self.wording.parse().ok();
        let is_yes = match self.answer.as_str() {
            "granted" => Some(true),
            "declined" => Some(false),
            _ => {
                reader.problem("answer", "say whether they agreed or declined");
                None
            }
        };
        let read = (|| {
            let (kind, channel, topic) = (kind?, channel?, topic?);
            let (at, method) = (at?, method?);
            Some(if is_yes? {
                let terms = Terms::Consent(Consent {
                    channel,
                    topic,
                    expires_on,
                });
                Answer::Yes(Given {
                    kind,
                    wording,
                    terms,
                    signed_at: at,
                    method,
                    evidence,
                })
            } else {
                Answer::No(Asked {
                    kind: PreferenceKind::Declined,
                    channel: Some(channel),
                    topic: Some(topic),
                    wording,
                    at,
                    method,
                    evidence,
                })
            })
        })();
        reader.done(read)
    }
}

/// An opt-out or another wish.
#[derive(Deserialize)]
pub struct PreferenceForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    document: String,
}

impl PreferenceForm {
    pub(super) fn read(&self, zone: &TimeZone) -> Result<Asked, WebError> {
        let mut reader = Reader::default();
        let kind = reader.code("kind", &self.kind, PreferenceKind::find);
        let channel = match self.channel.as_str() {
            "" => None,
            code => reader.code("channel", code, Channel::find),
        };
        let topic = match self.topic.as_str() {
            "" => None,
            code => reader.code("topic", code, Topic::find),
        };
        let at = reader.instant("at", &self.at, zone);
        let method = reader.code("method", &self.method, Method::find);
        let evidence = evidence(&self.source, "", &self.document);
        let read = (|| {
            let (kind, at, method) = (kind?, at?, method?);
            Some(Asked {
                kind,
                channel,
                topic,
                wording: None,
                at,
                method,
                evidence,
            })
        })();
        reader.done(read)
    }
}

/// A signed authorization, element by element.
#[derive(Deserialize)]
pub struct AuthorizationForm {
    #[serde(default)]
    description: String,
    #[serde(default)]
    discloser: String,
    #[serde(default)]
    recipient: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    expires_on: String,
    #[serde(default)]
    expires_event: String,
    #[serde(default)]
    signed_on: String,
    #[serde(default)]
    signer: String,
    #[serde(default)]
    authority: String,
    #[serde(default)]
    states: Vec<String>,
    #[serde(default)]
    is: Vec<String>,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    information: Vec<String>,
    #[serde(default)]
    at: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    wording: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    form_version: String,
    #[serde(default)]
    document: String,
}

impl AuthorizationForm {
    /// An element left empty is an element missing: it is recorded, and the form is defective.
    pub(super) fn read(&self, zone: &TimeZone) -> Result<Given, WebError> {
        let mut reader = Reader::default();
        let at = reader.instant("at", &self.at, zone);
        let method = reader.code("method", &self.method, Method::find);
        let expires_on = reader.date("expires_on", &self.expires_on);
        let signed_on = reader.date("signed_on", &self.signed_on);
        let states = |code: &str| self.states.iter().any(|one| one == code);
        let is = |code: &str| self.is.iter().any(|one| one == code);
        let signer = if self.signer == "representative" {
            Signer::Representative {
                authority: self.authority.trim().to_owned(),
            }
        } else {
            Signer::Individual
        };
        let event = self.expires_event.trim();
        let expiry = expires_on
            .map(Expiry::On)
            .or_else(|| (!event.is_empty()).then(|| Expiry::Event(event.to_owned())));
        let terms = Authorization {
            description: self.description.trim().to_owned(),
            discloser: self.discloser.trim().to_owned(),
            recipient: self.recipient.trim().to_owned(),
            purpose: self.purpose.trim().to_owned(),
            expiry,
            signature: signed_on.map(|on| Signature {
                signer,
                on: Some(on),
            }),
            statements: Statements {
                revoke: states("revoke"),
                condition: states("condition"),
                redisclosure: states("redisclosure"),
                remuneration: states("remuneration"),
                sale: states("sale"),
            },
            is_initiated_by_individual: is("initiated_by_individual"),
            involves_remuneration: is("involves_remuneration"),
            is_sale: is("sale"),
            is_plain_language: is("plain_language"),
            is_combined: is("combined"),
            is_conditioned: is("conditioned"),
            is_known_false: is("known_false"),
            scope: Scope {
                channels: found(&self.channels, Channel::find),
                topics: found(&self.topics, Topic::find),
                information: self.information.iter().cloned().collect(),
                recipients: BTreeSet::from(["individual".to_owned()]),
            },
        };
        let evidence = evidence(&self.source, &self.form_version, &self.document);
        let read = at.zip(method).map(|(signed_at, method)| Given {
            kind: InstrumentKind::HipaaAuthorization,
            wording: self.wording.parse().ok(),
            terms: Terms::Authorization(Box::new(terms)),
            signed_at,
            method,
            evidence,
        });
        reader.done(read)
    }
}

fn found<T: Ord>(codes: &[String], find: impl Fn(&str) -> Option<T>) -> BTreeSet<T> {
    codes.iter().filter_map(|code| find(code)).collect()
}
