//! How hard a text is to read: the grade of Kincaid et al. (1975), Navy research report 8-75.

use super::words::Word;
use super::{Finding, Kind, PLAIN_GRADE};
use crate::content::Field;

/// Fewer words say nothing.
const MIN_WORDS: usize = 60;

/// The finding that a body is above [`PLAIN_GRADE`].
pub(super) fn hard(source: &str, words: &[Word]) -> Option<Finding> {
    let grade = grade(words)?;
    (grade > PLAIN_GRADE && !source.is_empty()).then(|| Finding {
        field: Field::Body,
        at: (1, 1),
        kind: Kind::ReadingLevel,
        phrase: format!("school grade {grade}"),
    })
}

/// 0.39 words a sentence + 11.8 syllables a word - 15.59, rounded; none of a short text.
fn grade(words: &[Word]) -> Option<u32> {
    if words.len() < MIN_WORDS {
        return None;
    }
    let n_words = words.len() as f64;
    let n_sentences = words.iter().filter(|word| word.begins).count().max(1) as f64;
    let n_syllables: usize = words.iter().map(|word| syllables(&word.text)).sum();
    let grade = 0.39 * n_words / n_sentences + 11.8 * n_syllables as f64 / n_words - 15.59;
    Some(grade.round().clamp(0.0, 30.0) as u32)
}

/// Groups of vowels, without a silent e at the end.
fn syllables(word: &str) -> usize {
    let is_vowel = |c: char| "aeiouyáéíóúü".contains(c);
    let stem = match word.strip_suffix('e') {
        Some(stem) if !stem.ends_with('l') => stem,
        _ => word,
    };
    let mut groups = 0;
    let mut was_vowel = false;
    for c in stem.chars() {
        let now = is_vowel(c);
        groups += usize::from(now && !was_vowel);
        was_vowel = now;
    }
    groups.max(1)
}
