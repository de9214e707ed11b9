//! What a text says of itself, whatever class its writer chose: claims, offers, status, seals.
//!
//! [`findings`] reads a draft and names each phrase with its place. A finding advises, raises the
//! review tier ([`tier`]) or keeps the draft from being submitted. It is evidence, not
//! advice: the same draft under the same [`RULES`] always gives the same findings.

mod links;
mod phrases;
mod reading;
mod words;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ContentClass, Draft, Field, Footer, body};
use crate::review::Tier;
use words::{Marks, Word};

#[cfg(test)]
mod tests;

/// The version of the rules by which findings are made. It goes up with each change of them.
pub const RULES: u32 = 4;

/// The highest school grade that every reader can be expected to follow.
pub const PLAIN_GRADE: u32 = 8;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What a treatment achieves, how well or how safely.
    ClinicalClaim,
    /// Better than everybody else.
    Superlative,
    /// A price, a gift, a discount.
    Offer,
    /// An appeal to come and buy.
    Promotion,
    /// The reader's own care or condition.
    PatientStatus,
    /// A service or department, in a reminder of an appointment (S77).
    Service,
    /// A seal that nobody awards, or a promise that nobody can keep.
    Seal,
    /// A subject that pretends to be an answer.
    DeceptiveSubject,
    /// An image without words for those who cannot see it.
    MissingAlt,
    /// A link that is not encrypted on its way.
    InsecureLink,
    /// A link that does not show where it leads.
    HiddenLink,
    /// A link that carries what a person is.
    PersonalLink,
    /// Words and sentences that not every reader can follow.
    ReadingLevel,
    /// What shows outside of a printed piece and tells of health or care.
    OuterFace,
}

/// What follows from a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The writer is told.
    Advises,
    /// The review is at least of this tier.
    Raises(Tier),
    /// It cannot be submitted like this.
    Refuses,
}

/// One finding: what, where, in which words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// In which part.
    pub field: Field,
    /// Line and column, from 1.
    pub at: (u32, u32),
    /// What.
    pub kind: Kind,
    /// The words as written; of a whole text, what was measured.
    pub phrase: String,
}

impl Kind {
    /// The code in the API and the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The words shown to people.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.row().1
    }

    /// Why it matters and what would help.
    #[must_use]
    pub fn says(self) -> &'static str {
        self.row().2
    }

    #[rustfmt::skip] // A table.
    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::ClinicalClaim    => ("clinical_claim",    "Clinical claim",         "it says what a treatment achieves; compliance, legal and a clinician approve such claims, on evidence (FTC Act § 5)"),
            Self::Superlative      => ("superlative",       "Superlative",            "it ranks the hospital above others; that needs proof (FTC Act § 5) and the review of promotion"),
            Self::Offer            => ("offer",             "Offer",                  "a price, gift or discount is promotion and is reviewed as such (see also 42 CFR 1003.110 on gifts)"),
            Self::Promotion        => ("promotion",         "Promotion",              "it asks the reader to come and buy, which is promotion and is reviewed as such"),
            Self::PatientStatus    => ("patient_status",    "Patient status",         "it speaks of the reader's own care, which tells whoever sees it that they are a patient (45 CFR 164.508(a)(3))"),
            Self::Service          => ("service",           "Service named",          "a reminder names time, date and place, and no service or department: it would tell what the reader is treated for (45 CFR 164.502(b))"),
            Self::Seal             => ("seal",              "Seal or promise",        "nobody awards this seal or can keep this promise (FTC v. GoodRx, 2023); leave it out"),
            Self::DeceptiveSubject => ("deceptive_subject", "Deceptive subject",      "the subject pretends to be an answer (15 U.S.C. 7704(a)(2)); leave the prefix out"),
            Self::MissingAlt       => ("missing_alt",       "Image without words",    "say in `alt` what the image shows; `alt=\"\"` for mere decoration"),
            Self::OuterFace        => ("outer_face",        "Readable outside",       "everybody who carries the card reads it, and it would tell of health or of care (FTC v. Cerebral, 2024); send a letter, or leave it out"),
            Self::InsecureLink     => ("insecure_link",     "Link without https",     "what the reader opens there can be read and changed on its way; begin it with `https://`"),
            Self::HiddenLink       => ("hidden_link",       "Link that hides its end", "the reader cannot see where it leads, and a shortener's company learns who follows it; give the address itself"),
            Self::PersonalLink     => ("personal_link",     "Link with a person's data", "whoever runs the site it leads to learns who the reader is (45 CFR 164.502); leave that parameter out"),
            Self::ReadingLevel     => ("reading_level",     "Hard to read",           "shorter sentences and plainer words reach more readers"),
        }
    }

    /// What follows when it stands in content of this class.
    #[must_use]
    pub fn effect(self, class: ContentClass) -> Effect {
        let is_marketing =
            class.tier() >= Tier::Promotional && class.footer() == Footer::Commercial;
        match self {
            Self::ClinicalClaim => Effect::Raises(Tier::ClinicalClaims),
            // Promotion inside a notice or a greeting makes it marketing without its safeguards.
            Self::Offer | Self::Promotion
                if class.footer() == Footer::Relationship || class == ContentClass::Greeting =>
            {
                Effect::Refuses
            }
            Self::PatientStatus if is_marketing => Effect::Raises(Tier::ClinicalClaims),
            Self::Superlative | Self::Offer | Self::Promotion | Self::PatientStatus => {
                Effect::Raises(Tier::Promotional)
            }
            Self::Service
            | Self::Seal
            | Self::DeceptiveSubject
            | Self::MissingAlt
            | Self::OuterFace
            | Self::InsecureLink
            | Self::HiddenLink
            | Self::PersonalLink => Effect::Refuses,
            Self::ReadingLevel => Effect::Advises,
        }
    }
}

impl Finding {
    /// One sentence: the words, what they are, why it matters.
    #[must_use]
    pub fn says(&self, class: ContentClass) -> String {
        let (kind, phrase) = (self.kind, &self.phrase);
        let mut says = format!("“{phrase}”: {}", kind.says());
        if kind.effect(class) == Effect::Refuses && matches!(kind, Kind::Offer | Kind::Promotion) {
            says.push_str("; choose a class of promotion, or leave it out");
        }
        says
    }
}

impl Draft {
    /// How it is reviewed ([`tier`]).
    #[must_use]
    pub fn tier(&self) -> Tier {
        tier(self.class, &findings(self))
    }
}

/// How a draft of this class is reviewed in which this was found: as its class asks, and higher
/// where its words ask for it. Nobody can pick a lower one (S133).
#[must_use]
pub fn tier(class: ContentClass, findings: &[Finding]) -> Tier {
    let raised = findings
        .iter()
        .filter_map(|found| match found.kind.effect(class) {
            Effect::Raises(tier) => Some(tier),
            Effect::Advises | Effect::Refuses => None,
        });
    raised.fold(class.tier(), Tier::max)
}

/// Everything found in a draft, by part and place; one phrase is named once for each part.
#[must_use]
pub fn findings(draft: &Draft) -> Vec<Finding> {
    found(draft, Told::Once)
}

/// Everything found in a draft, each place by itself: the same phrase can be covered in one sentence
/// and not in another.
#[must_use]
pub fn occurrences(draft: &Draft) -> Vec<Finding> {
    found(draft, Told::EachTime)
}

/// How often one phrase of a part is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Once,
    EachTime,
}

fn found(draft: &Draft, told: Told) -> Vec<Finding> {
    let is_mjml = body::is_mjml(&draft.body);
    let mut found = Vec::new();
    for (field, source, is_markup) in [
        (Field::Subject, &draft.subject, false),
        (Field::Preheader, &draft.preheader, false),
        (Field::Body, &draft.body, is_mjml),
        (Field::Text, &draft.text, false),
    ] {
        let words = words::of(source, is_markup, Marks::Part);
        found.extend(said(draft.class, field, source, is_markup, &words));
        found.extend(links::wrong(field, source));
        if field == Field::Body {
            found.extend(reading::hard(source, &words));
        }
    }
    found.extend(deceptive(&draft.subject));
    found.extend(super::outer::findings(draft));
    if is_mjml {
        found.extend(words::images_without_words(&draft.body).map(|at| Finding {
            field: Field::Body,
            at: words::place(&draft.body, at),
            kind: Kind::MissingAlt,
            phrase: "mj-image".to_owned(),
        }));
    }
    found.sort();
    found.dedup();
    if told == Told::Once {
        let mut seen = BTreeSet::new();
        found.retain(|one| seen.insert((one.field, one.kind, one.phrase.to_lowercase())));
    }
    found
}

/// The phrases of one part, whichever way its marks are read, and those in its attributes.
fn said(
    class: ContentClass,
    field: Field,
    source: &str,
    is_markup: bool,
    words: &[Word],
) -> Vec<Finding> {
    let mut found: Vec<Finding> = spoken(class, field, source, words).collect();
    let joined = words::of(source, is_markup, Marks::Join);
    found.extend(spoken(class, field, source, &joined));
    if is_markup {
        let shown = words::of_attributes(source);
        found.extend(spoken(class, field, source, &shown));
    }
    found
}

/// The phrases in a text, the longest at each place.
fn spoken<'a>(
    class: ContentClass,
    field: Field,
    source: &'a str,
    words: &'a [Word],
) -> impl Iterator<Item = Finding> + 'a {
    let mut next = 0;
    let mut places = words::Places::of(source);
    std::iter::from_fn(move || {
        while let Some(rest) = words.get(next..).filter(|rest| !rest.is_empty()) {
            let Some((kind, length)) = phrases::longest(rest) else {
                next += 1;
                continue;
            };
            let said = rest.get(..length).unwrap_or(rest);
            next += length;
            let (Some(kind), Some(first), Some(last)) = (kind, said.first(), said.last()) else {
                continue;
            };
            if kind == Kind::PatientStatus && speaks_of_care(class) {
                continue;
            }
            if kind == Kind::Service && class != ContentClass::Reminder {
                continue;
            }
            let phrase = source.get(first.start..last.end).unwrap_or_default();
            return Some(Finding {
                field,
                at: places.at(first.start),
                kind,
                phrase: phrase.split_whitespace().collect::<Vec<_>>().join(" "),
            });
        }
        None
    })
}

/// The words of a plain text, as phrases are compared with them.
#[must_use]
pub fn words_of(text: &str) -> Vec<String> {
    let words = words::of(text, false, Marks::Part).into_iter();
    words.map(|word| word.text).collect()
}

/// The words of the sentence in which a finding stands; none when no word begins there.
#[must_use]
pub fn sentence(draft: &Draft, found: &Finding) -> Option<Vec<String>> {
    let source = draft.part(found.field);
    let is_markup = found.field == Field::Body && body::is_mjml(source);
    let words = words::of(source, is_markup, Marks::Part);
    let start = words::offset(source, found.at)?;
    let at = words.iter().position(|word| word.start == start)?;
    let before = words.get(..=at)?;
    let first = before.iter().rposition(|word| word.begins).unwrap_or(0);
    let after = words.get(at + 1..)?;
    let n_after = after.iter().position(|word| word.begins);
    let last = at + 1 + n_after.unwrap_or(after.len());
    let sentence = words.get(first..last)?.iter();
    Some(sentence.map(|word| word.text.clone()).collect())
}

/// Classes that exist to speak of the reader's own care.
pub(super) fn speaks_of_care(class: ContentClass) -> bool {
    use ContentClass::{
        Billing, CareManagement, ClinicalNotice, Reminder, Scheduling, Survey, TreatmentAlternative,
    };
    matches!(
        class,
        Billing
            | CareManagement
            | ClinicalNotice
            | Reminder
            | Scheduling
            | Survey
            | TreatmentAlternative
    )
}

fn deceptive(subject: &str) -> Option<Finding> {
    let start = subject.trim_start();
    let prefix = start.split_once(':')?.0;
    let is_prefix = ["re", "fw", "fwd", "aw", "rv"].contains(&prefix.to_lowercase().as_str());
    is_prefix.then(|| Finding {
        field: Field::Subject,
        at: (1, 1),
        kind: Kind::DeceptiveSubject,
        phrase: format!("{prefix}:"),
    })
}
