//! How well a detector does on labelled texts, in the columns that others publish.
//!
//! *any*: a label touched by at least one letter or digit; *full*: all its letters and digits covered; *recall* and
//! *precision*: over letters and digits, types ignored; *negative*: texts without a label on which something was found.

use std::ops::Range;

/// A label of a text: what it covers, in bytes, and whether it counts. A label that does not count is neither missed
/// nor wrongly found.
#[derive(Debug, Clone)]
pub struct Label {
    /// Its bytes.
    pub range: Range<usize>,
    /// Whether it is an identifier under the rule that is tested.
    pub counts: bool,
    /// Whether it points at one person by itself.
    pub is_direct: bool,
}

/// Sums over texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Score {
    /// Texts seen.
    pub texts: usize,
    /// Labels that count.
    pub labels: usize,
    /// Labels touched.
    pub any: usize,
    /// Labels covered whole.
    pub full: usize,
    /// Letters and digits labelled.
    pub wanted: usize,
    /// Of those, found.
    pub hit: usize,
    /// Letters and digits found.
    pub found: usize,
    /// Texts without any label.
    pub negatives: usize,
    /// Of those, with something found.
    pub flagged: usize,
    /// Direct identifiers that nothing touched.
    pub direct_missed: usize,
}

impl Score {
    /// Adds one text.
    pub fn add(&mut self, text: &str, labels: &[Label], found: &[Range<usize>]) {
        self.texts += 1;
        if labels.is_empty() {
            self.negatives += 1;
            self.flagged += usize::from(!found.is_empty());
        }
        let inside =
            |ranges: &[Range<usize>], at: usize| ranges.iter().any(|range| range.contains(&at));
        let counted: Vec<_> = labels
            .iter()
            .filter(|label| label.counts)
            .map(|label| label.range.clone())
            .collect();
        let ignored: Vec<_> = labels
            .iter()
            .filter(|label| !label.counts)
            .map(|label| label.range.clone())
            .collect();
        for (at, _) in text
            .char_indices()
            .filter(|(_, letter)| letter.is_alphanumeric())
        {
            let is_wanted = inside(&counted, at);
            let is_found = inside(found, at) && (is_wanted || !inside(&ignored, at));
            self.wanted += usize::from(is_wanted);
            self.found += usize::from(is_found);
            self.hit += usize::from(is_wanted && is_found);
        }
        for label in labels.iter().filter(|label| label.counts) {
            let letters: Vec<_> = text
                .get(label.range.clone())
                .unwrap_or_default()
                .char_indices()
                .filter(|(_, letter)| letter.is_alphanumeric())
                .map(|(at, _)| at + label.range.start)
                .collect();
            let n_found = letters.iter().filter(|at| inside(found, **at)).count();
            self.labels += 1;
            self.any += usize::from(n_found > 0);
            self.full += usize::from(n_found == letters.len());
            self.direct_missed += usize::from(n_found == 0 && label.is_direct);
        }
    }

    /// Labels touched, of all.
    #[must_use]
    pub fn any_rate(&self) -> f64 {
        rate(self.any, self.labels)
    }

    /// Labels covered whole, of all.
    #[must_use]
    pub fn full_rate(&self) -> f64 {
        rate(self.full, self.labels)
    }

    /// Labelled letters found, of all labelled.
    #[must_use]
    pub fn recall(&self) -> f64 {
        rate(self.hit, self.wanted)
    }

    /// Found letters that are labelled, of all found.
    #[must_use]
    pub fn precision(&self) -> f64 {
        rate(self.hit, self.found)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a corpus are small")]
fn rate(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

/// Whether a label of one of the shared corpora counts under Safe Harbor. Organizations, titles, countries, bare
/// years, ages under 90 and sexes do not.
#[must_use]
pub fn counts(corpus: &str, label: &str, value: &str) -> bool {
    let is_year = value.len() == 4 && value.bytes().all(|byte| byte.is_ascii_digit());
    if corpus.starts_with("presidio") {
        return match label {
            "ORGANIZATION" | "TITLE" | "NRP" | "AGE" => false,
            "DATE_TIME" => !is_year,
            "GPE" | "LOCATION" => !is_country(value),
            "PERSON" => !matches!(
                value,
                "Mr." | "Ms." | "Mrs." | "Dr." | "mr." | "ms." | "mrs." | "dr." | "Miss"
            ),
            _ => true,
        };
    }
    if corpus.starts_with("meddocan") {
        let is_short = value.len() == 4 && is_year;
        return !matches!(
            label,
            "EDAD_SUJETO_ASISTENCIA"
                | "SEXO_SUJETO_ASISTENCIA"
                | "PAIS"
                | "FAMILIARES_SUJETO_ASISTENCIA"
                | "OTROS_SUJETO_ASISTENCIA"
                | "PROFESION"
        ) && !(label == "FECHAS" && is_short);
    }
    true
}

fn is_country(value: &str) -> bool {
    use crate::{Key, dictionary};
    const LONG: [&str; 24] = [
        "united states",
        "united kingdom",
        "south africa",
        "new zealand",
        "czech republic",
        "costa rica",
        "saudi arabia",
        "south korea",
        "north korea",
        "sri lanka",
        "puerto rico",
        "el salvador",
        "ivory coast",
        "united arab emirates",
        "hong kong",
        "dominican republic",
        "papua new guinea",
        "sierra leone",
        "burkina faso",
        "san marino",
        "faroe islands",
        "marshall islands",
        "cook islands",
        "cayman islands",
    ];
    let lower = value.to_lowercase();
    LONG.contains(&lower.as_str())
        || matches!(dictionary::look_up(value).key, Key::Country | Key::State)
}

/// Whether a label of the shared corpora points at one person by itself.
#[must_use]
pub fn is_direct(label: &str) -> bool {
    const DIRECT: [&str; 24] = [
        "SSN",
        "US_SSN",
        "SOCIAL_SECURITY_NUMBER",
        "MRN",
        "MEDICAL_RECORD_NUMBER",
        "HEALTH_PLAN_ID",
        "HEALTH_PLAN_BENEFICIARY_NUMBER",
        "ACCOUNT",
        "ACCOUNT_NUMBER",
        "PHONE",
        "PHONE_NUMBER",
        "FAX",
        "FAX_NUMBER",
        "EMAIL",
        "EMAIL_ADDRESS",
        "IP",
        "IP_ADDRESS",
        "CREDIT_CARD",
        "VEHICLE",
        "IBAN_CODE",
        "CORREO_ELECTRONICO",
        "NUMERO_TELEFONO",
        "NUMERO_FAX",
        "ID_ASEGURAMIENTO",
    ];
    DIRECT.contains(&label)
}

/// Which texts of a labelled corpus rules are written by, and which only say how well they carry over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Seven of ten: may be read.
    Development,
    /// Three of ten: a number only.
    HeldOut,
}

impl Part {
    /// The part of a text, by its template or, where it has none, by itself.
    #[must_use]
    pub fn of(template: &str) -> Self {
        let hash = template
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
            });
        if (hash >> 32) % 10 < 3 {
            Self::HeldOut
        } else {
            Self::Development
        }
    }
}
