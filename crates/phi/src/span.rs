//! What was found, and where.

use serde::Serialize;

/// What kind of identifier a span holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Type {
    /// A person's name or part of it.
    Name,
    /// A place smaller than a state: street, city, ZIP code, geocode.
    Location,
    /// A named place of care.
    Facility,
    /// A date with more than the year.
    Date,
    /// An age over 89, or a year that reveals one.
    Age,
    /// A telephone number.
    Phone,
    /// A fax number.
    Fax,
    /// An e-mail address.
    Email,
    /// A social security number.
    Ssn,
    /// A medical record number.
    Mrn,
    /// A health plan beneficiary number.
    HealthPlan,
    /// An account number, card and bank account included.
    Account,
    /// A certificate or licence number.
    License,
    /// A vehicle identifier or plate.
    Vehicle,
    /// A device identifier or serial number.
    Device,
    /// A personal web address.
    Url,
    /// An account on a social site.
    Handle,
    /// An internet or network address.
    Ip,
    /// A biometric identifier.
    Biometric,
    /// A picture.
    Photo,
    /// Any other number, code or hash that is one person's.
    OtherId,
}

impl Type {
    /// Every type.
    pub const ALL: [Self; 21] = [
        Self::Name,
        Self::Location,
        Self::Facility,
        Self::Date,
        Self::Age,
        Self::Phone,
        Self::Fax,
        Self::Email,
        Self::Ssn,
        Self::Mrn,
        Self::HealthPlan,
        Self::Account,
        Self::License,
        Self::Vehicle,
        Self::Device,
        Self::Url,
        Self::Handle,
        Self::Ip,
        Self::Biometric,
        Self::Photo,
        Self::OtherId,
    ];

    /// As written in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Location => "LOCATION",
            Self::Facility => "FACILITY",
            Self::Date => "DATE",
            Self::Age => "AGE",
            Self::Phone => "PHONE",
            Self::Fax => "FAX",
            Self::Email => "EMAIL",
            Self::Ssn => "SSN",
            Self::Mrn => "MRN",
            Self::HealthPlan => "HEALTH_PLAN",
            Self::Account => "ACCOUNT",
            Self::License => "LICENSE",
            Self::Vehicle => "VEHICLE",
            Self::Device => "DEVICE",
            Self::Url => "URL",
            Self::Handle => "HANDLE",
            Self::Ip => "IP",
            Self::Biometric => "BIOMETRIC",
            Self::Photo => "PHOTO",
            Self::OtherId => "OTHER_ID",
        }
    }

    /// The letter of 45 CFR 164.514(b)(2)(i) that names it.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Name => 'A',
            Self::Location | Self::Facility => 'B',
            Self::Date | Self::Age => 'C',
            Self::Phone => 'D',
            Self::Fax => 'E',
            Self::Email => 'F',
            Self::Ssn => 'G',
            Self::Mrn => 'H',
            Self::HealthPlan => 'I',
            Self::Account => 'J',
            Self::License => 'K',
            Self::Vehicle => 'L',
            Self::Device => 'M',
            Self::Url => 'N',
            Self::Ip => 'O',
            Self::Biometric => 'P',
            Self::Photo => 'Q',
            Self::Handle | Self::OtherId => 'R',
        }
    }

    /// Whether it points at one person by itself.
    #[must_use]
    pub const fn is_direct(self) -> bool {
        !matches!(
            self,
            Self::Name
                | Self::Location
                | Self::Facility
                | Self::Date
                | Self::Age
                | Self::Handle
                | Self::OtherId
        )
    }
}

/// One identifier in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Type,
    /// First character, counted in Unicode scalar values.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// First byte of the UTF-8 text.
    pub bstart: usize,
    /// One past the last byte.
    pub bend: usize,
    /// The rule that found it.
    pub rule: &'static str,
}
