//! What the strict profile takes out besides: years, sexes and countries.

use crate::key::Key;
use crate::span::Type;
use crate::work::Work;

const SEXES: [&str; 22] = [
    "male",
    "female",
    "man",
    "woman",
    "boy",
    "girl",
    "varón",
    "mujer",
    "hombre",
    "niño",
    "niña",
    "varon",
    "nino",
    "nina",
    "masculino",
    "femenino",
    "gentleman",
    "lady",
    "chico",
    "chica",
    "lactante",
    "anciana",
];

/// Goes over a text.
pub fn apply(work: &mut Work<'_>) {
    for n in 0..work.len() {
        if work.is_taken(n) {
            continue;
        }
        let token = work.at(n);
        if token.is_number()
            && token.len() == 4
            && (1900..2100).contains(&work.value(n))
            && work.at(n + 1).key() != Key::Unit2
        {
            work.mark(n, n + 1, Type::Date, "year");
        } else if token.is_word()
            && (SEXES.iter().any(|word| work.says(n, word)) || is_letter_of_sex(work, n))
        {
            work.mark(n, n + 1, Type::OtherId, "sex");
        } else if token.key() == Key::Country && token.is_capital() {
            work.mark(n, n + 1, Type::Location, "country");
        }
    }
}

/// `Sexo: H`.
fn is_letter_of_sex(work: &Work<'_>, n: usize) -> bool {
    work.at(n).len() == 1
        && work.before(n, 1).is(b':')
        && ["sexo", "sex", "gender"]
            .iter()
            .any(|word| work.says(n.wrapping_sub(2), word))
}
