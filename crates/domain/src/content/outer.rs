//! What shows outside of a printed piece must not tell that somebody is a patient, or of what.
//!
//! Cerebral sent postcards that named its programme and so told each letter carrier who was in
//! treatment (FTC, 2024). Of a card everything is outside; of a letter only the return address is,
//! which the settings hold ([`revealing`] is asked there, too).
//!
//! INVARIANT: it refuses. A tier of review would let it through in the end.

use super::finding::{Finding, Kind, speaks_of_care, words_of};
use super::{Draft, Field};
use crate::template;

#[cfg(test)]
mod tests;

/// Words that name a condition, a department or a treatment, as they begin. Several words stand
/// beside each other.
const REVEALING: &str = "
    hiv; aids; std; sti; hepatitis; tuberculosis; cancer; oncolog; tumor; tumour; chemo; radiation; leukemi; lymphoma; melanoma
    addict; recovery program; recovery center; rehab; detox; methadone; suboxone; opioid; alcohol; substance; sobriety; sober
    psych; mental; behavioral; behavioural; depress; anxiety; adhd; bipolar; schizo; suicid; autis; counsel; therap; trauma
    fertil; infertil; ivf; abort; pregnan; prenatal; maternity; obstet; gynec; contracept; menopaus; sexual; reproduct; erectile
    diabet; insulin; dialysis; kidney; renal; nephrol; cardio; cardiac; heart disease; heart failure; stroke; epilep; seizure; alzheimer; dementia; parkinson; sclerosis
    asthma; copd; pulmon; arthrit; orthop; hospice; palliative; transplant; bariatric; obes; weight; eating disorder; incontinen; wound; pain clinic; pain management
    clinic for; treatment; diagnos; patient; medication; prescription; refill; dose; injection; infusion; surgery; surgical; biopsy; screening result; test result; lab result; follow up; followup; your appointment; your visit; mammogra; colonoscop
    vih; sida; cáncer; oncol; adicci; rehabilitación; salud mental; depresión; ansiedad; embaraz; fertilidad; diálisis; tratamiento; diagnóstico; paciente; cirugía; receta; terapia
";

/// The words of a line that tell of a condition, a department or a treatment; none when it tells
/// nothing.
#[must_use]
pub fn revealing(line: &str) -> Option<String> {
    let words = words_of(line);
    let begins = |word: &String, part: &str| word.to_lowercase().starts_with(part);
    let phrases = REVEALING.split([';', '\n']).map(str::trim);
    phrases
        .filter(|phrase| !phrase.is_empty())
        .find_map(|phrase| {
            let parts: Vec<&str> = phrase.split_whitespace().collect();
            // Short forms are words of their own: “std” is no beginning of “stdin”.
            let fits = |word: &String, part: &str| {
                if part.chars().count() <= 4 && parts.len() == 1 {
                    is_short_form(word, part)
                } else {
                    begins(word, part)
                }
            };
            words
                .windows(parts.len())
                .find(|window| {
                    window
                        .iter()
                        .zip(&parts)
                        .all(|(word, part)| fits(word, part))
                })
                .map(|window| window.join(" "))
        })
}

/// A short form, or beginnings that are as short and never mean anything else.
fn is_short_form(word: &str, part: &str) -> bool {
    let word = word.to_lowercase();
    word == part || (matches!(part, "obes" | "dose") && word.starts_with(part))
}

/// What of a draft shows outside and must not.
pub(super) fn findings(draft: &Draft) -> Vec<Finding> {
    if !draft.format.is_card() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut add = |field, at, phrase: String| {
        found.push(Finding {
            field,
            at,
            kind: Kind::OuterFace,
            phrase,
        });
    };
    if speaks_of_care(draft.class) {
        let label = draft.class.label();
        add(Field::Body, (1, 1), format!("a card of the class {label}"));
    }
    for field in [Field::Subject, Field::Preheader, Field::Body] {
        let text = draft.part(field);
        for (n, line) in text.lines().enumerate() {
            if let Some(phrase) = revealing(line) {
                add(field, (u32::try_from(n + 1).unwrap_or(1), 1), phrase);
            }
        }
        for slot in template::slots(text).unwrap_or_default() {
            let is_name = matches!(slot.name.as_str(), "first_name" | "last_name" | "full_name");
            let is_ours = slot.name.starts_with("organization_");
            if !is_name && !is_ours {
                add(field, slot.at, format!("{{{{{}}}}}", slot.name));
            }
        }
    }
    found
}
