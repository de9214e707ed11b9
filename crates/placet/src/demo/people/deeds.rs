//! What invented people signed, asked for and took back over two years, and when.

use std::collections::BTreeSet;

use placet_app::instrument::{self, Given};
use placet_app::preference::{self, Asked};
use placet_app::{ActError, Ctx};
use placet_domain::channel::Channel;
use placet_domain::id::{PersonId, WordingId};
use placet_domain::instrument::authorization::{
    Authorization, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, IpClass, Method, Terms};
use placet_domain::person::Relationship;
use placet_domain::preference::{PreferenceKind, Topic};
use placet_domain::suppression::Cause;
use placet_domain::time::{Date, Span, Timestamp};
use placet_store::{Tx, people};

use super::chance::Chance;
use super::invent::Invented;

/// One thing that somebody did.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    /// Said yes to one topic by e-mail.
    OptIn(Topic),
    /// Gave their number for texts about their care, or agreed in writing to others.
    Texts(InstrumentKind, Topic),
    /// Signed an authorization; `lacks` names what is missing, `days` how long it holds.
    Authorize { lacks: Option<u32>, days: i32 },
    /// Took the authorization back.
    Revoke,
    /// Unsubscribed from one topic, or from all mail.
    Unsubscribe(Option<Topic>),
    /// Answered STOP to a text.
    Stop,
    /// Wants no fundraising.
    NoFundraising,
    /// Was asked and said no.
    Decline(Topic),
    /// Wants letters only.
    LettersOnly,
    /// Their address turned out to be none.
    Bounce,
    /// Reported a mail as unwanted.
    Complain,
}

/// The wordings that were shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub sign_up: WordingId,
    pub checkbox: WordingId,
    pub authorization: WordingId,
    pub preference_page: WordingId,
}

/// Everything that somebody did, each with its day.
#[must_use]
pub fn of(seed: u64, person: &Invented, days: u32) -> Vec<(u32, Deed)> {
    let mut chance = Chance::of(seed.wrapping_add(1), person.n);
    let mut deeds = texts(seed, person, days);
    if !person.has_email() {
        return deeds;
    }
    let from = person.joined;
    let soon = |chance: &mut Chance| (from + chance.below(30)).min(days - 1);
    let later =
        |chance: &mut Chance| from + 30 + chance.below(days.saturating_sub(from + 30).max(1));
    let is_adult = person.age_on(person_day()) >= 18;
    for (topic, n) in wishes(person.arrival.relationship) {
        if is_adult && chance.per_mille(n) {
            deeds.push((soon(&mut chance), Deed::OptIn(topic)));
        }
    }
    if is_of_care(person) && is_adult && chance.per_mille(280) {
        let day = soon(&mut chance);
        let lacks = chance.per_mille(80).then(|| chance.below(8));
        // Most hold two years; some ended before now.
        let held = if chance.per_mille(70) { 180 } else { 1_095 };
        deeds.push((day, Deed::Authorize { lacks, days: held }));
        if chance.per_mille(45) {
            deeds.push((later(&mut chance), Deed::Revoke));
        }
    }
    #[rustfmt::skip]
    let refusals = [
        (40, Deed::Unsubscribe(None)),
        (25, Deed::Unsubscribe(Some(Topic::Services))),
        (10, Deed::Unsubscribe(Some(Topic::HealthEducation))),
        (12, Deed::Stop),
        (15, Deed::NoFundraising),
        (30, Deed::Decline(Topic::Services)),
        (6,  Deed::LettersOnly),
        (9,  Deed::Bounce),
        (2,  Deed::Complain),
    ];
    for (n, deed) in refusals {
        if chance.per_mille(n) {
            deeds.push((later(&mut chance).min(days - 1), deed));
        }
    }
    deeds
}

/// What they agreed to by text: nearly every patient gave the number for their care, some signed
/// for more.
fn texts(seed: u64, person: &Invented, days: u32) -> Vec<(u32, Deed)> {
    let mut chance = Chance::of(seed.wrapping_add(2), person.n);
    let mut deeds = Vec::new();
    if !person.has_mobile() || person.age_on(person_day()) < 18 {
        return deeds;
    }
    let wishes = [
        (
            if is_of_care(person) { 900 } else { 0 },
            InstrumentKind::TcpaPec,
            Topic::CareReminders,
        ),
        (220, InstrumentKind::TcpaPewc, Topic::HealthEducation),
        (110, InstrumentKind::TcpaPewc, Topic::Services),
    ];
    for (n, kind, topic) in wishes {
        if chance.per_mille(n) {
            let day = (person.joined + chance.below(30)).min(days - 1);
            deeds.push((day, Deed::Texts(kind, topic)));
        }
    }
    deeds
}

/// Ages are told on one day for all, so that the demo does not depend on the calendar.
fn person_day() -> Date {
    Date::constant(2026, 1, 1)
}

fn is_of_care(person: &Invented) -> bool {
    matches!(
        person.arrival.relationship,
        Relationship::Patient | Relationship::FormerPatient
    )
}

/// How many in a thousand say yes to what.
fn wishes(relationship: Relationship) -> [(Topic, u32); 4] {
    use Topic::{Events, Fundraising, HealthEducation, Services};
    match relationship {
        Relationship::Prospect => [
            (HealthEducation, 620),
            (Services, 540),
            (Events, 300),
            (Fundraising, 0),
        ],
        Relationship::Donor => [
            (HealthEducation, 220),
            (Services, 60),
            (Events, 450),
            (Fundraising, 700),
        ],
        _ => [
            (HealthEducation, 380),
            (Services, 240),
            (Events, 120),
            (Fundraising, 15),
        ],
    }
}

/// Does one of them.
///
/// # Errors
///
/// When the act is refused.
pub fn do_it(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    deed: Deed,
    shown: &Shown,
) -> Result<(), ActError> {
    match deed {
        Deed::OptIn(topic) => opt_in(tx, ctx, person, topic, shown),
        Deed::Texts(kind, topic) => agree_to_texts(tx, ctx, person, kind, topic, shown),
        Deed::Authorize { lacks, days } => authorize(tx, ctx, person, lacks, days, shown),
        Deed::Revoke => {
            let kind = InstrumentKind::HipaaAuthorization;
            instrument::revoke_all(
                tx,
                ctx,
                person,
                kind,
                Method::Letter,
                &evidence("mail_room"),
            )
            .map(drop)
        }
        Deed::Unsubscribe(topic) => ask(
            tx,
            ctx,
            person,
            PreferenceKind::Unsubscribe,
            Some(Channel::Email),
            topic,
            shown,
        ),
        Deed::Stop => ask(
            tx,
            ctx,
            person,
            PreferenceKind::Stop,
            Some(Channel::Sms),
            None,
            shown,
        ),
        Deed::NoFundraising => ask(
            tx,
            ctx,
            person,
            PreferenceKind::FundraisingOptout,
            None,
            Some(Topic::Fundraising),
            shown,
        ),
        Deed::Decline(topic) => ask(
            tx,
            ctx,
            person,
            PreferenceKind::Declined,
            Some(Channel::Email),
            Some(topic),
            shown,
        ),
        Deed::LettersOnly => {
            let kind = PreferenceKind::ConfidentialCommunication;
            ask(tx, ctx, person, kind, Some(Channel::Postal), None, shown)
        }
        Deed::Bounce => close(tx, ctx, person, Cause::HardBounce),
        Deed::Complain => close(tx, ctx, person, Cause::Complaint),
    }
}

fn evidence(source: &str) -> Evidence {
    Evidence {
        form_version: "1".to_owned(),
        ..Evidence::from_source(source)
    }
}

fn opt_in(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    topic: Topic,
    shown: &Shown,
) -> Result<(), ActError> {
    let is_online = topic != Topic::Services;
    let given = Given {
        kind: InstrumentKind::EmailOptin,
        wording: Some(if is_online {
            shown.sign_up
        } else {
            shown.checkbox
        }),
        terms: Terms::Consent(Consent {
            channel: Channel::Email,
            topic,
            expires_on: None,
        }),
        signed_at: ctx.now,
        method: if is_online {
            Method::WebForm
        } else {
            Method::Paper
        },
        evidence: Evidence {
            ip_class: if is_online {
                IpClass::PublicV4
            } else {
                IpClass::None
            },
            ..evidence(if is_online {
                "web_form"
            } else {
                "registration_desk"
            })
        },
    };
    instrument::record(tx, ctx, person, given).map(drop)
}

fn agree_to_texts(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    kind: InstrumentKind,
    topic: Topic,
    shown: &Shown,
) -> Result<(), ActError> {
    let given = Given {
        kind,
        wording: Some(shown.checkbox),
        terms: Terms::Consent(Consent {
            channel: Channel::Sms,
            topic,
            expires_on: None,
        }),
        signed_at: ctx.now,
        method: Method::Paper,
        evidence: evidence("registration_desk"),
    };
    instrument::record(tx, ctx, person, given).map(drop)
}

fn authorize(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    lacks: Option<u32>,
    days: i32,
    shown: &Shown,
) -> Result<(), ActError> {
    let signed_on = day_of(ctx.now);
    let mut form = complete(signed_on, days);
    match lacks {
        Some(0) => form.expiry = None,
        Some(1) => form.signature = None,
        Some(2) => form.description = String::new(),
        Some(3) => form.statements.revoke = false,
        Some(4) => form.statements.condition = false,
        Some(5) => form.statements.redisclosure = false,
        Some(6) => form.is_combined = true,
        Some(_) => form.recipient = String::new(),
        None => {}
    }
    let given = Given {
        kind: InstrumentKind::HipaaAuthorization,
        wording: Some(shown.authorization),
        terms: Terms::Authorization(Box::new(form)),
        signed_at: ctx.now,
        method: Method::Paper,
        evidence: Evidence {
            document: format!("scan/{}", signed_on.year()),
            ..evidence("registration_desk")
        },
    };
    instrument::record(tx, ctx, person, given).map(drop)
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(placet_domain::time::TimeZone::UTC).date()
}

fn complete(signed_on: Date, days: i32) -> Authorization {
    Authorization {
        description: "Name, e-mail address and dates of visits".to_owned(),
        discloser: "Lakeside General Hospital".to_owned(),
        recipient: "The person".to_owned(),
        purpose: "Messages about services and health classes".to_owned(),
        expiry: signed_on
            .checked_add(Span::new().days(days))
            .ok()
            .map(Expiry::On),
        signature: Some(Signature {
            signer: Signer::Individual,
            on: Some(signed_on),
        }),
        statements: Statements {
            revoke: true,
            condition: true,
            redisclosure: true,
            remuneration: true,
            sale: true,
        },
        is_initiated_by_individual: false,
        involves_remuneration: false,
        is_sale: false,
        is_plain_language: true,
        is_combined: false,
        is_conditioned: false,
        is_known_false: false,
        scope: Scope {
            channels: BTreeSet::from([Channel::Email]),
            topics: BTreeSet::from([Topic::HealthEducation, Topic::Services]),
            information: BTreeSet::from(["contact".to_owned(), "demographic".to_owned()]),
            recipients: BTreeSet::from(["individual".to_owned()]),
        },
    }
}

fn ask(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    kind: PreferenceKind,
    channel: Option<Channel>,
    topic: Option<Topic>,
    shown: &Shown,
) -> Result<(), ActError> {
    let (method, wording) = match kind {
        PreferenceKind::Unsubscribe if topic.is_none() => (Method::OneClick, None),
        PreferenceKind::Unsubscribe => (Method::SignedLink, Some(shown.preference_page)),
        PreferenceKind::Stop => (Method::Reply, None),
        PreferenceKind::Declined => (Method::Paper, Some(shown.checkbox)),
        _ => (Method::Letter, None),
    };
    let at = ctx.now;
    let evidence = evidence("demo");
    preference::record(
        tx,
        ctx,
        person,
        Asked {
            kind,
            channel,
            topic,
            wording,
            at,
            method,
            evidence,
        },
    )
    .map(drop)
}

fn close(tx: &mut Tx, ctx: &Ctx, person: PersonId, cause: Cause) -> Result<(), ActError> {
    for (_, channel, lookup) in people::list_address_lookups(tx, person)? {
        if channel == Channel::Email {
            preference::place(tx, ctx, Some(person), lookup, channel, cause)?;
        }
    }
    Ok(())
}
