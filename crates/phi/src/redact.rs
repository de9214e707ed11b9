//! Writing a text again without what identifies.

use crate::span::{Span, Type};

/// The text with each span replaced by its kind in brackets; the rest stays byte for byte.
#[must_use]
pub fn redact(text: &str, spans: &[Span]) -> String {
    let mut out = String::with_capacity(text.len());
    redact_into(text, spans, &mut out);
    out
}

/// As [`redact`], at the end of a string that is there already.
pub fn redact_into(text: &str, spans: &[Span], out: &mut String) {
    let mut done = 0;
    for span in spans {
        out.push_str(text.get(done..span.bstart).unwrap_or_default());
        out.push_str(mask(span.kind));
        done = span.bend;
    }
    out.push_str(text.get(done..).unwrap_or_default());
}

/// What stands in a text where something was.
#[must_use]
pub const fn mask(kind: Type) -> &'static str {
    match kind {
        Type::Name => "[NAME]",
        Type::Location => "[LOCATION]",
        Type::Facility => "[FACILITY]",
        Type::Date => "[DATE]",
        Type::Age => "[AGE 90+]",
        Type::Phone => "[PHONE]",
        Type::Fax => "[FAX]",
        Type::Email => "[EMAIL]",
        Type::Ssn => "[SSN]",
        Type::Mrn => "[MRN]",
        Type::HealthPlan => "[HEALTH PLAN]",
        Type::Account => "[ACCOUNT]",
        Type::License => "[LICENSE]",
        Type::Vehicle => "[VEHICLE]",
        Type::Device => "[DEVICE]",
        Type::Url => "[URL]",
        Type::Handle => "[HANDLE]",
        Type::Ip => "[IP]",
        Type::Biometric => "[BIOMETRIC]",
        Type::Photo => "[PHOTO]",
        Type::OtherId => "[ID]",
    }
}
