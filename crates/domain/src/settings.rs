//! What an organization sets once: who it is, who carries its mail and texts, how strict its rules are.
//!
//! INVARIANT: nothing set is not a guess: without an organization, a carrier and a deliberate
//! arming no message leaves.

use serde::{Deserialize, Serialize};

pub mod calls;
pub mod print;

use crate::codes::codes;
use crate::time::TimeZone;

pub use calls::{CallDesk, Callers};
pub use print::{PrintShop, Printer};

codes! {
    /// What the organization is in the eyes of the rules.
    pub enum ActorKind {
        /// A hospital or practice that bills electronically (45 CFR 160.103).
        CoveredProvider = "covered_provider", "Hospital or practice (covered provider)";
        /// A pharmacy.
        Pharmacy = "pharmacy", "Pharmacy";
        /// A health plan.
        HealthPlan = "health_plan", "Health plan";
        /// A federally assisted substance use program (42 CFR part 2).
        Part2Program = "part2_program", "Substance use program (Part 2)";
        /// Not under HIPAA.
        NonHipaaEntity = "non_hipaa_entity", "Organization outside HIPAA";
    }
}

codes! {
    /// How the connection to the carrier is protected.
    pub enum Tls {
        /// Encrypted or not at all.
        Required = "required", "Required: no message without it";
        /// Not encrypted; only for a carrier on this machine.
        Off = "off", "Off: only for a carrier on this machine";
    }
}

codes! {
    /// Who the carrier is to us.
    pub enum VendorRole {
        /// A company that sends mail for us.
        EmailService = "email_service", "Mail service (a vendor)";
        /// Our own mail server.
        None = "none", "Our own server (no vendor)";
    }
}

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// As people know it.
    pub name: String,
    /// Where post reaches it; stands below every commercial message (15 U.S.C. 7704(a)(5)).
    pub postal_address: String,
    /// What it is in the eyes of the rules.
    pub actor: ActorKind,
    /// Its time zone by name, for people whose own is unknown to pages: `America/Chicago`.
    pub time_zone: String,
}

/// Who takes our mail to its readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Host name or address.
    pub host: String,
    /// Port, 25 or 587 as a rule.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Who it is to us.
    pub role: VendorRole,
    /// Whether a business associate agreement is on file.
    pub is_baa_on_file: bool,
    /// Where it keeps data, as an ISO 3166 code.
    pub country: String,
}

codes! {
    /// Whose way of handing text messages over is spoken.
    pub enum TextProvider {
        /// Twilio's Messages API.
        Twilio = "twilio", "Twilio";
        /// Telnyx' Messages API.
        Telnyx = "telnyx", "Telnyx";
    }
}

impl TextProvider {
    /// Where it takes messages.
    #[must_use]
    pub fn usual_url(self) -> &'static str {
        match self {
            Self::Twilio => "https://api.twilio.com",
            Self::Telnyx => "https://api.telnyx.com",
        }
    }
}

/// Who takes our text messages to their readers. Always a company that sees number and words; its
/// secret lies in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextCarrier {
    /// Whose interface it speaks.
    pub provider: TextProvider,
    /// Where that interface is: `https://api.twilio.com`.
    pub url: String,
    /// Twilio: the account's SID. Telnyx: the id of the messaging profile, or empty.
    pub account: String,
    /// Telnyx: the public key, in base64, with which it signs what it tells us. Twilio: empty.
    pub public_key: String,
    /// The number that texts come from, in E.164, or a short code; with Twilio also the SID of a
    /// messaging service.
    pub sender: String,
    /// Whether a business associate agreement is on file.
    pub is_baa_on_file: bool,
    /// Where it keeps data, as an ISO 3166 code.
    pub country: String,
}

impl TextCarrier {
    /// What is wrong with it, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let (scheme, rest) = self.url.split_once("://").unwrap_or_default();
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let is_local = matches!(host, "localhost" | "127.0.0.1");
        let is_plain = self
            .url
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".:/-_".contains(c));
        let is_url = (scheme == "https" || (scheme == "http" && is_local)) && !host.is_empty();
        if !is_url || !is_plain || self.url.ends_with('/') || self.url.len() > 200 {
            faults.push((
                "url",
                "give the address of the provider's interface, such as https://api.twilio.com, \
                 without a slash at the end",
            ));
        }
        let is_code = |text: &str| {
            text.len() <= 80 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let lacks = self.provider == TextProvider::Twilio && self.account.is_empty();
        if lacks || !is_code(&self.account) {
            faults.push(("account", "give the account's id as the provider shows it"));
        }
        let is_key = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
        let wants_key = self.provider == TextProvider::Telnyx;
        if self.public_key.is_empty() == wants_key
            || self.public_key.len() > 80
            || !self.public_key.chars().all(is_key)
        {
            faults.push((
                "public_key",
                "Telnyx shows a public key, in base64: give it; Twilio has none: leave it empty",
            ));
        }
        if !is_text_sender(self.provider, &self.sender) {
            faults.push((
                "sender",
                "give the number that texts come from, such as +16145550142, or a short code",
            ));
        }
        if !is_country(&self.country) {
            faults.push(COUNTRY);
        }
        faults
    }
}

/// A number in E.164, a short code, or the SID of a messaging service.
fn is_text_sender(provider: TextProvider, sender: &str) -> bool {
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match sender.strip_prefix('+') {
        Some(digits) => (8..=15).contains(&digits.len()) && are_digits(digits),
        None if provider == TextProvider::Twilio && sender.starts_with("MG") => {
            sender.len() == 34 && sender.bytes().all(|b| b.is_ascii_alphanumeric())
        }
        None => (5..=6).contains(&sender.len()) && are_digits(sender),
    }
}

/// Where bounces and complaints go: each message has a return address of its own there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returns {
    /// The domain whose mail reaches us: `returns.hospital.example`.
    pub domain: String,
}

/// How many messages anybody gets at most, all campaigns and channels together. Messages about the
/// person's own care are counted and never held back by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// In any 24 hours.
    pub per_day: u32,
    /// In any seven days.
    pub per_week: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            per_day: 1,
            per_week: 3,
        }
    }
}

impl Caps {
    /// What is wrong with them, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(1..=10).contains(&self.per_day) {
            faults.push(("per_day", "give a number from 1 to 10"));
        }
        if !(1..=20).contains(&self.per_week) {
            faults.push(("per_week", "give a number from 1 to 20"));
        }
        faults
    }
}

codes! {
    /// How strict the rules are read.
    pub enum Strictness {
        /// The organization's own, stricter policy.
        Conservative = "conservative", "Conservative: what a careful hospital does";
        /// The exact federal rule.
        RegulatoryFloor = "regulatory_floor", "Regulatory floor: the exact federal rule";
    }
}

/// Everything that is set. What nobody set is `None`, or the careful default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Who sends.
    pub organization: Option<Organization>,
    /// Who carries mail.
    pub carrier: Option<Carrier>,
    /// Who carries text messages.
    pub texts: Option<TextCarrier>,
    /// Who prints and posts.
    pub print: Option<PrintShop>,
    /// Who calls from call lists.
    pub calls: Option<CallDesk>,
    /// Where bounces go; the sender's own mailbox when it is not set.
    pub returns: Option<Returns>,
    /// How much anybody gets.
    pub caps: Caps,
    /// How strict.
    pub strictness: Strictness,
    /// Whether messages may leave at all, from here.
    pub is_armed: bool,
    /// Whether they may leave from another installation only: then this is a copy, or one more
    /// server that nobody has armed yet.
    pub is_armed_elsewhere: bool,
}

impl Settings {
    /// The organization's own time zone; UTC while none is set.
    #[must_use]
    pub fn time_zone(&self) -> TimeZone {
        let organization = self.organization.as_ref();
        organization
            .and_then(|it| TimeZone::get(&it.time_zone).ok())
            .unwrap_or(TimeZone::UTC)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            organization: None,
            carrier: None,
            texts: None,
            print: None,
            calls: None,
            returns: None,
            caps: Caps::default(),
            strictness: Strictness::Conservative,
            is_armed: false,
            is_armed_elsewhere: false,
        }
    }
}

/// A field that cannot be used, and what would be right.
pub type Fault = (&'static str, &'static str);

impl Organization {
    /// What is wrong with it, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !is_line(&self.name, 100) {
            faults.push((
                "name",
                "give the name in one line of at most 100 characters",
            ));
        }
        if self.postal_address.trim().is_empty() || self.postal_address.len() > 300 {
            faults.push(("postal_address", "give the address where post reaches you"));
        }
        if TimeZone::get(&self.time_zone).is_err() {
            faults.push((
                "time_zone",
                "give a time zone by name, such as America/Chicago",
            ));
        }
        faults
    }
}

impl Carrier {
    /// What is wrong with it, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if !is_line(&self.host, 253) || !self.host.chars().all(is_host) {
            faults.push(("host", "give a host name or an address, without a port"));
        }
        if self.port == 0 {
            faults.push(("port", "give a port between 1 and 65535"));
        }
        if self.tls == Tls::Off && !self.is_local() {
            faults.push((
                "tls",
                "only a carrier on this machine may go without encryption",
            ));
        }
        if !is_country(&self.country) {
            faults.push(COUNTRY);
        }
        faults
    }

    /// Whether it runs on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1")
    }
}

impl Returns {
    /// What is wrong with it, field by field.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        // A return address has 55 characters before the @, and 254 fit in all.
        let fits = crate::signing::is_domain(&self.domain);
        if fits {
            Vec::new()
        } else {
            vec![(
                "domain",
                "give a domain name, such as returns.hospital.example",
            )]
        }
    }
}

const COUNTRY: Fault = (
    "country",
    "give a country as two capital letters, such as US",
);

fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_line(text: &str, max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
