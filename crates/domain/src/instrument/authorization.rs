//! The authorization of 45 CFR 164.508, element by element.
//!
//! [`Authorization::defects`] asks every requirement and names each one that fails by the id of
//! its rule. Nothing is guessed: a field left empty is a missing element.
//!
//! INVARIANT: no element can be satisfied by silence.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Method;
use crate::channel::Channel;
use crate::codes::codes;
use crate::preference::Topic;
use crate::time::{Date, TimeZone, Timestamp};

codes! {
    /// What an authorization lacks; the code is the id of the rule that says so.
    pub enum Defect {
        /// The information is not described in a specific and meaningful fashion.
        Description = "hipaa.auth.core.description", "description";
        /// Who may disclose is not named.
        Discloser = "hipaa.auth.core.discloser", "discloser";
        /// Who may receive is not named.
        Recipient = "hipaa.auth.core.recipient", "recipient";
        /// The purpose is not described.
        Purpose = "hipaa.auth.core.purpose", "purpose";
        /// No expiration date or event.
        Expiry = "hipaa.auth.core.expiry", "expiry";
        /// No signature, no date of it, or a date that cannot be.
        Signature = "hipaa.auth.core.signature", "signature and date";
        /// A representative signed and their authority is not described.
        Representative = "hipaa.auth.core.signature.authority", "representative authority";
        /// The right to revoke is not stated.
        RevokeStatement = "hipaa.auth.stmt.revoke", "right-to-revoke statement";
        /// It is not stated that care does not depend on signing.
        ConditionStatement = "hipaa.auth.stmt.condition", "no-condition statement";
        /// The potential for redisclosure is not stated.
        RedisclosureStatement = "hipaa.auth.stmt.redisclosure", "redisclosure statement";
        /// Payment is involved and the form does not say so.
        RemunerationStatement = "hipaa.auth.stmt.remuneration", "remuneration statement";
        /// It is a sale and the form does not say that it brings remuneration.
        SaleStatement = "hipaa.auth.stmt.sale", "sale statement";
        /// It is not in plain language.
        PlainLanguage = "hipaa.auth.plain_language", "plain language";
        /// It is combined with another document.
        Compound = "hipaa.auth.compound", "separate document";
        /// Care, payment or eligibility was made to depend on it.
        Conditioned = "hipaa.auth.no_conditioning", "free choice";
        /// Material information in it is known to be false.
        False = "hipaa.auth.defect.false", "true information";
        /// A consent that counts only in writing was not given in writing.
        WrittenSignature = "tcpa.pewc", "written signature";
    }
}

/// When an authorization ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// On a day, which still counts.
    On(Date),
    /// With an event that relates to the person or the purpose.
    Event(String),
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// The person themself.
    Individual,
    /// Somebody with authority to act for them, which is described.
    Representative {
        /// Parent, guardian, executor, …
        authority: String,
    },
}

/// A signature; without its date it is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who signed.
    pub signer: Signer,
    /// The date beside it.
    pub on: Option<Date>,
}

/// The statements that the form makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Statements {
    /// The right to revoke in writing, and how.
    pub revoke: bool,
    /// That care does not depend on signing.
    pub condition: bool,
    /// That the recipient may disclose again, without protection.
    pub redisclosure: bool,
    /// That payment by a third party is involved.
    pub remuneration: bool,
    /// That the disclosure brings remuneration.
    pub sale: bool,
}

/// What the form is for, as far as a machine compares it. Empty covers nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// The ways it allows.
    pub channels: BTreeSet<Channel>,
    /// The kinds of messages it allows.
    pub topics: BTreeSet<Topic>,
    /// The data classes it allows to be used, by their code in the catalogue.
    pub information: BTreeSet<String>,
    /// Who may receive, as codes: `individual`, `foundation`, `vendor`.
    pub recipients: BTreeSet<String>,
}

impl Scope {
    /// Whether messages by this channel on this topic are within it.
    #[must_use]
    pub fn covers(&self, channel: Channel, topic: Topic) -> bool {
        self.channels.contains(&channel) && self.topics.contains(&topic)
    }

    /// The data classes of a use that lie outside it.
    #[must_use]
    pub fn outside<'a>(&self, information: &[&'a str]) -> Vec<&'a str> {
        information
            .iter()
            .copied()
            .filter(|class| !self.information.contains(*class))
            .collect()
    }
}

/// A signed authorization as it was handed in, complete or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// What information, specifically and meaningfully.
    pub description: String,
    /// Who may use or disclose it.
    pub discloser: String,
    /// To whom.
    pub recipient: String,
    /// Each purpose.
    pub purpose: String,
    /// When it ends.
    pub expiry: Option<Expiry>,
    /// Who signed, and when.
    pub signature: Option<Signature>,
    /// What the form says.
    pub statements: Statements,
    /// Whether the person, not the organization, asked for it.
    pub is_initiated_by_individual: bool,
    /// Whether a third party pays for what it is used for.
    pub involves_remuneration: bool,
    /// Whether it allows a sale of the information.
    pub is_sale: bool,
    /// Whether the form is in plain language.
    pub is_plain_language: bool,
    /// Whether it stands in one document with something else.
    pub is_combined: bool,
    /// Whether care was made to depend on it.
    pub is_conditioned: bool,
    /// Whether something material in it is known to be false.
    pub is_known_false: bool,
    /// What it covers, for machines.
    pub scope: Scope,
}

/// Words that stand where an event should: they name none.
const NO_EVENT: [&str; 9] = [
    "none",
    "never",
    "n/a",
    "na",
    "not applicable",
    "indefinite",
    "indefinitely",
    "until revoked",
    "no expiration",
];

/// Words that stand where a description should: they describe nothing.
const NO_DESCRIPTION: [&str; 8] = [
    "all",
    "any",
    "everything",
    "n/a",
    "none",
    "all information",
    "any information",
    "any and all",
];

impl Authorization {
    /// Everything that it lacks, in the order of the regulation.
    ///
    /// `recorded_at` bounds the signature's date: nobody signed after we held the form. `method`
    /// must be one that leaves a writing.
    #[must_use]
    pub fn defects(&self, recorded_at: Timestamp, method: Method) -> Vec<Defect> {
        let says = self.statements;
        let signature = self.signature.as_ref();
        // A day may already have begun further east than where we are.
        let latest = recorded_at
            .to_zoned(TimeZone::fixed(jiff::tz::offset(14)))
            .date();
        let signed_on = signature.and_then(|signature| signature.on);
        let is_signed = method.is_written() && signed_on.is_some_and(|on| on <= latest);

        [
            (Defect::Description, is_described(&self.description)),
            (Defect::Discloser, is_filled(&self.discloser)),
            (Defect::Recipient, is_filled(&self.recipient)),
            (Defect::Purpose, self.has_purpose()),
            (Defect::Expiry, self.has_expiry(signed_on)),
            (Defect::Signature, is_signed),
            (Defect::Representative, signature.is_none_or(has_authority)),
            (Defect::RevokeStatement, says.revoke),
            (Defect::ConditionStatement, says.condition),
            (Defect::RedisclosureStatement, says.redisclosure),
            (
                Defect::RemunerationStatement,
                says.remuneration || !self.involves_remuneration,
            ),
            (Defect::SaleStatement, says.sale || !self.is_sale),
            (Defect::PlainLanguage, self.is_plain_language),
            (Defect::Compound, !self.is_combined),
            (Defect::Conditioned, !self.is_conditioned),
            (Defect::False, !self.is_known_false),
        ]
        .into_iter()
        .filter_map(|(defect, holds)| (!holds).then_some(defect))
        .collect()
    }

    /// Who signed for the person, when it was not they themself.
    #[must_use]
    pub fn signer(&self) -> Option<String> {
        match self.signature.as_ref().map(|signature| &signature.signer) {
            Some(Signer::Representative { authority }) => Some(authority.trim().to_lowercase()),
            _ => None,
        }
    }

    /// Its last day, when it has a fixed one.
    #[must_use]
    pub fn expires_on(&self) -> Option<Date> {
        match self.expiry {
            Some(Expiry::On(on)) => Some(on),
            _ => None,
        }
    }

    /// "At the request of the individual" is a purpose only when they asked.
    fn has_purpose(&self) -> bool {
        let is_request = self
            .purpose
            .to_lowercase()
            .contains("request of the individual");
        is_filled(&self.purpose) && (!is_request || self.is_initiated_by_individual)
    }

    fn has_expiry(&self, signed_on: Option<Date>) -> bool {
        match &self.expiry {
            Some(Expiry::On(on)) => signed_on.is_none_or(|signed| signed <= *on),
            Some(Expiry::Event(event)) => is_filled(event) && !is_one_of(event, &NO_EVENT),
            None => false,
        }
    }
}

fn has_authority(signature: &Signature) -> bool {
    match &signature.signer {
        Signer::Individual => true,
        Signer::Representative { authority } => is_filled(authority),
    }
}

fn is_described(text: &str) -> bool {
    is_filled(text) && !is_one_of(text, &NO_DESCRIPTION)
}

/// Holds something that can be read: three letters or more.
fn is_filled(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    words.contains(&text.as_str())
}
