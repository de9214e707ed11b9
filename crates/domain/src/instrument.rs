//! Instruments: what a person signed or agreed to, with the evidence of it.
//!
//! An [`authorization::Authorization`] is the signed document of 45 CFR 164.508; a [`Consent`] is
//! permission under messaging or state law, always for one channel and one topic. What ends an
//! instrument is a record beside it ([`Revocation`]), never a change of it.
//!
//! INVARIANT: a consent names one channel and one topic, so all-or-nothing consent cannot be said.
//! INVARIANT: an instrument that lacks a required element is kept, and never counts.

pub mod authorization;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::authorization::{Authorization, Defect};
use crate::channel::Channel;
use crate::codes::codes;
use crate::id::{InstrumentId, PersonId, WordingId};
use crate::preference::Topic;
use crate::time::{Date, TimeZone, Timestamp};

codes! {
    /// Which permission document; the codes are those of the rule packs.
    pub enum InstrumentKind {
        /// 45 CFR 164.508.
        HipaaAuthorization = "hipaa_authorization", "HIPAA authorization";
        /// The checkbox at registration.
        MarketingOptinCheckbox = "marketing_optin_checkbox", "Marketing opt-in (checkbox)";
        /// Asked for e-mail.
        EmailOptin = "email_optin", "E-mail opt-in";
        /// Prior express consent to calls and texts.
        TcpaPec = "tcpa_pec", "Consent to calls and texts (TCPA)";
        /// Prior express written consent to marketing calls and texts.
        TcpaPewc = "tcpa_pewc", "Written consent to marketing calls and texts (TCPA)";
        /// Prior express invitation to call a number on the Do Not Call list.
        DncPermission = "dnc_permission", "Invitation to call (Do Not Call)";
        /// Still prefers plain e-mail or text after a warning.
        UnencryptedPreference = "unencrypted_preference", "Prefers unencrypted messages";
        /// Use of a photo or video.
        PhotoRelease = "photo_release", "Photo or video release";
        /// California Confidentiality of Medical Information Act.
        CmiaAuthorization = "cmia_authorization", "CMIA authorization (California)";
        /// Florida written authorization.
        FlWrittenAuthorization = "fl_written_authorization", "Written authorization (Florida)";
        /// Illinois mental health consent.
        IlMhConsent = "il_mh_consent", "Mental health consent (Illinois)";
        /// Washington My Health My Data Act, consent.
        MhmdaConsent = "mhmda_consent", "My Health My Data consent (Washington)";
        /// Washington My Health My Data Act, authorization to sell.
        MhmdaValidAuthorization = "mhmda_valid_authorization", "My Health My Data authorization (Washington)";
        /// New York HIV release.
        NyHivRelease = "ny_hiv_release", "HIV release (New York)";
        /// Consent under 42 CFR Part 2.
        Part2Consent = "part2_consent", "Part 2 consent";
        /// Texas permission.
        TxPermission = "tx_permission", "Permission (Texas)";
        /// Virginia reproductive health consent.
        VaReproConsent = "va_repro_consent", "Reproductive health consent (Virginia)";
        /// Consent under a state consumer law.
        ConsumerConsent = "consumer_consent", "Consumer consent";
        /// Affirmative express consent (FTC).
        AffirmativeExpressConsent = "affirmative_express_consent", "Affirmative express consent";
        /// Canada's Anti-Spam Legislation.
        CaslConsent = "casl_consent", "CASL consent (Canada)";
        /// Explicit consent under the GDPR.
        GdprExplicitConsent = "gdpr_explicit_consent", "Explicit consent (GDPR)";
    }
}

impl InstrumentKind {
    /// The channels for which this kind can be given.
    #[must_use]
    pub fn channels(self) -> &'static [Channel] {
        match self {
            Self::EmailOptin => &[Channel::Email],
            Self::TcpaPec | Self::TcpaPewc | Self::DncPermission => {
                &[Channel::Sms, Channel::VoiceLive]
            }
            Self::UnencryptedPreference => &[Channel::Email, Channel::Sms],
            _ => &Channel::ALL,
        }
    }

    /// Whether it counts only as a signed writing.
    #[must_use]
    pub fn needs_signature(self) -> bool {
        matches!(
            self,
            Self::HipaaAuthorization
                | Self::TcpaPewc
                | Self::DncPermission
                | Self::PhotoRelease
                | Self::CmiaAuthorization
                | Self::FlWrittenAuthorization
                | Self::IlMhConsent
                | Self::MhmdaValidAuthorization
                | Self::NyHivRelease
                | Self::Part2Consent
        )
    }
}

codes! {
    /// How something was given, refused or taken back.
    pub enum Method {
        /// Signed on paper.
        Paper = "paper", "On paper";
        /// Signed or ticked on a web form.
        WebForm = "web_form", "On a web form";
        /// In the patient portal.
        Portal = "portal", "In the portal";
        /// On the person's own page, by a signed link.
        SignedLink = "signed_link", "On their own page";
        /// By the mail program's unsubscribe button (RFC 8058).
        OneClick = "one_click", "By the unsubscribe button";
        /// By answering a message.
        Reply = "reply", "By reply";
        /// By letter or fax.
        Letter = "letter", "By letter";
        /// By telephone.
        Phone = "phone", "By phone";
        /// Said face to face.
        InPerson = "in_person", "In person";
        /// The event named as its end has happened.
        ExpiryEvent = "expiry_event", "The event that ends it happened";
    }
}

impl Method {
    /// Whether it leaves a writing that can carry a signature.
    #[must_use]
    pub fn is_written(self) -> bool {
        matches!(
            self,
            Self::Paper | Self::WebForm | Self::Portal | Self::SignedLink | Self::Letter
        )
    }
}

codes! {
    /// Where an electronic act came from, as much as may be kept of an internet address.
    pub enum IpClass {
        /// Not electronic, or not known.
        None = "none", "Not recorded";
        /// From inside the organization's network.
        Internal = "internal", "Inside our network";
        /// From the internet, IPv4.
        PublicV4 = "public_v4", "Internet (IPv4)";
        /// From the internet, IPv6.
        PublicV6 = "public_v6", "Internet (IPv6)";
    }
}

impl IpClass {
    /// The class of an address; the address itself is not kept.
    #[must_use]
    pub fn of(address: std::net::IpAddr) -> Self {
        match address {
            std::net::IpAddr::V4(v4)
                if v4.is_private() || v4.is_loopback() || v4.is_link_local() =>
            {
                Self::Internal
            }
            std::net::IpAddr::V6(v6) if v6.is_loopback() || v6.is_unique_local() => Self::Internal,
            std::net::IpAddr::V4(_) => Self::PublicV4,
            std::net::IpAddr::V6(_) => Self::PublicV6,
        }
    }
}

/// What shows that it was given: kept beside the instrument, outside the seal, free of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The system or place it came from, as a code: `registration_desk`, `web_form`, `import`.
    pub source: String,
    /// The version of the form that was shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub form_version: String,
    /// Where an electronic act came from.
    pub ip_class: IpClass,
    /// Where the signed document is filed: a reference, not a path with a name in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub document: String,
}

impl Evidence {
    /// Evidence that has a source and nothing else yet.
    #[must_use]
    pub fn from_source(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            form_version: String::new(),
            ip_class: IpClass::None,
            document: String::new(),
        }
    }
}

/// A part of the evidence that is not a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` takes a code: letters, digits and `-_.:/`, at most 64")]
pub struct BadEvidence(pub &'static str);

impl Evidence {
    /// Checks that evidence holds codes and nothing that could be a name or an address.
    ///
    /// # Errors
    ///
    /// [`BadEvidence`] names the part.
    pub fn check(&self) -> Result<(), BadEvidence> {
        let is_code = |text: &str| {
            text.len() <= 64
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b))
        };
        let parts = [
            ("source", &self.source, !self.source.is_empty()),
            ("form_version", &self.form_version, true),
            ("document", &self.document, true),
        ];
        match parts
            .into_iter()
            .find(|(_, text, is_there)| !is_there || !is_code(text))
        {
            Some((name, ..)) => Err(BadEvidence(name)),
            None => Ok(()),
        }
    }
}

/// Permission under messaging or state law, for one channel and one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The way it allows.
    pub channel: Channel,
    /// The kind of messages it allows.
    pub topic: Topic,
    /// Its last day, when it has one.
    pub expires_on: Option<Date>,
}

/// What an instrument says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    /// A HIPAA authorization with all its elements.
    Authorization(Box<Authorization>),
    /// A consent for one channel and topic.
    Consent(Consent),
}

/// What ended an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Since when it does not count.
    pub at: Timestamp,
    /// How it ended.
    pub method: Method,
}

/// An authorization, consent, release or agreement of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// Which.
    pub id: InstrumentId,
    /// Whose.
    pub person: PersonId,
    /// Which document.
    pub kind: InstrumentKind,
    /// The wording shown, in its version.
    pub wording: Option<WordingId>,
    /// What it says.
    pub terms: Terms,
    /// When it was signed or ticked.
    pub signed_at: Timestamp,
    /// How it was given.
    pub method: Method,
    /// What shows it.
    pub evidence: Evidence,
    /// What it lacks; found when it was recorded.
    pub defects: Vec<Defect>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it, as [`crate::operator::Actor::code`].
    pub recorded_by: String,
    /// What ended it.
    pub revoked: Option<Revocation>,
}

/// Why an instrument cannot be written down at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadInstrument {
    /// The kind is not for this channel.
    #[error("`{}` cannot be given for `{}`", .0.as_str(), .1.as_str())]
    Channel(InstrumentKind, Channel),
    /// An authorization with consent terms, or the other way round.
    #[error("`{}` and its terms do not belong together", .0.as_str())]
    Terms(InstrumentKind),
    /// Evidence that is no code.
    #[error(transparent)]
    Evidence(#[from] BadEvidence),
    /// Given after it is recorded.
    #[error("given at {given} cannot be recorded at {recorded}: that is earlier")]
    InFuture {
        /// When it is said to have been given.
        given: Timestamp,
        /// When it was to be recorded.
        recorded: Timestamp,
    },
}

/// Whether an instrument can be relied on at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    InForce,
    /// It was given later than the moment asked about.
    NotYet {
        /// When it was given.
        from: Timestamp,
    },
    /// Its last day is over, or the event that ends it has happened.
    Expired {
        /// The last day on which it counted.
        on: Date,
    },
    /// It was taken back.
    Revoked {
        /// When.
        at: Timestamp,
    },
    /// It lacks something and never counted.
    Defective {
        /// What it lacks.
        defects: Vec<Defect>,
    },
}

impl Standing {
    /// The word of the rule packs: `valid`, `expired`, `revoked`, `defective`, `not_yet`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::InForce => "valid",
            Self::NotYet { .. } => "not_yet",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
            Self::Defective { .. } => "defective",
        }
    }

    /// The sentence part shown to people.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::InForce => "in force".to_owned(),
            Self::NotYet { .. } => "not yet given".to_owned(),
            Self::Expired { on } => format!("expired on {on}"),
            Self::Revoked { at } => {
                format!("revoked on {}", at.to_zoned(TimeZone::UTC).date())
            }
            Self::Defective { defects } => {
                let elements: Vec<&str> = defects.iter().map(|defect| defect.label()).collect();
                format!("defective: {}", elements.join(", "))
            }
        }
    }

    /// Whether it counts.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        matches!(self, Self::InForce)
    }
}

impl Instrument {
    /// Checks that kind, channel and terms fit, and finds what the instrument lacks.
    ///
    /// # Errors
    ///
    /// [`BadInstrument`]; a missing element is no error but a defect.
    pub fn checked(mut self) -> Result<Self, BadInstrument> {
        self.evidence.check()?;
        if self.signed_at > self.recorded_at {
            let (given, recorded) = (self.signed_at, self.recorded_at);
            return Err(BadInstrument::InFuture { given, recorded });
        }
        self.defects = match &self.terms {
            Terms::Authorization(terms) if self.kind == InstrumentKind::HipaaAuthorization => {
                terms.defects(self.recorded_at, self.method)
            }
            Terms::Consent(consent) if self.kind != InstrumentKind::HipaaAuthorization => {
                if !self.kind.channels().contains(&consent.channel) {
                    return Err(BadInstrument::Channel(self.kind, consent.channel));
                }
                consent_defects(self.kind, self.method)
            }
            _ => return Err(BadInstrument::Terms(self.kind)),
        };
        Ok(self)
    }

    /// Its standing at a moment, with days counted in `zone`.
    ///
    /// The last day counts: an instrument expires when its day is over. A revocation counts from
    /// its record on, also when a defect is known: it is never recorded from the future, so one
    /// that lies ahead says that the clock went back, and that brings no permission back.
    #[must_use]
    pub fn standing(&self, at: Timestamp, zone: &TimeZone) -> Standing {
        let day = at.to_zoned(zone.clone()).date();
        match self.revoked {
            Some(Revocation {
                at: ended,
                method: Method::ExpiryEvent,
            }) => {
                return Standing::Expired {
                    on: ended.to_zoned(zone.clone()).date(),
                };
            }
            Some(Revocation { at: ended, .. }) => return Standing::Revoked { at: ended },
            None => {}
        }
        if !self.defects.is_empty() {
            return Standing::Defective {
                defects: self.defects.clone(),
            };
        }
        if self.signed_at > at {
            return Standing::NotYet {
                from: self.signed_at,
            };
        }
        match self.expires_on() {
            Some(on) if on < day => Standing::Expired { on },
            _ => Standing::InForce,
        }
    }

    /// Its last day, when it has a fixed one.
    #[must_use]
    pub fn expires_on(&self) -> Option<Date> {
        match &self.terms {
            Terms::Authorization(terms) => terms.expires_on(),
            Terms::Consent(consent) => consent.expires_on,
        }
    }

    /// Whether it speaks of messages by this channel on this topic.
    #[must_use]
    pub fn covers(&self, channel: Channel, topic: Topic) -> bool {
        match &self.terms {
            Terms::Authorization(terms) => terms.scope.covers(channel, topic),
            Terms::Consent(consent) => consent.channel == channel && consent.topic == topic,
        }
    }
}

/// A kind that counts only in writing lacks its signature when it was only said.
fn consent_defects(kind: InstrumentKind, method: Method) -> Vec<Defect> {
    if kind.needs_signature() && !method.is_written() {
        vec![Defect::WrittenSignature]
    } else {
        Vec::new()
    }
}
