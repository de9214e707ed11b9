//! Ages over 89, in digits and in words, and years of birth that reveal one.

use crate::key::Key;
use crate::span::Type;
use crate::token::Gap;
use crate::work::Work;

/// At a number.
pub fn apply(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let value = work.value(n);
    if (1850..=2100).contains(&value) && work.at(n).len() == 4 {
        return birth_year(work, n, value);
    }
    let is_old = (90..=125).contains(&value) && work.at(n).len() <= 3;
    if !is_old && !work.options.all_ages {
        return None;
    }
    if value > 125 {
        return None;
    }
    let is_told =
        (1..=3).any(|back| work.before(n, back).key() == Key::AgeCue && is_bridge(work, n, back));
    let to = unit(work, n + 1);
    if !is_told && to.is_none() {
        return None;
    }
    if matches!(work.at(n + 1).key(), Key::Unit2) && to.is_none() {
        return None;
    }
    let end = if work.options.all_ages {
        to.unwrap_or(n + 1)
    } else {
        n + 1
    };
    Some(work.mark(n, end, Type::Age, "age"))
}

/// Between the word and the number nothing but small words and signs.
fn is_bridge(work: &Work<'_>, n: usize, back: usize) -> bool {
    (1..back).all(|near| {
        let token = work.before(n, near);
        matches!(token.sign, b':' | b'=' | b'(')
            || (token.is_word()
                && (token.len() <= 3 || matches!(token.key(), Key::Pronoun | Key::Prep)))
    })
}

/// `yo`, `y/o`, `-year-old`, `years of age`, `años`: where the words of an age end.
fn unit(work: &Work<'_>, n: usize) -> Option<usize> {
    let at = n + usize::from(work.at(n).is(b'-'));
    let token = work.at(at);
    if token.gap > Gap::Space {
        return None;
    }
    if work.says(at, "y") && matches!(work.at(at + 1).sign, b'/' | b'.') && work.says(at + 2, "o") {
        return Some(at + 3);
    }
    if work.says(at, "yo")
        || work.says(at, "yof")
        || work.says(at, "yom")
        || work.says(at, "años")
        || work.says(at, "anos")
    {
        return Some(at + 1);
    }
    if work.options.all_ages && (work.says(at, "meses") || work.says(at, "días")) {
        return Some(at + 1);
    }
    let is_year = ["year", "years", "yr", "yrs"]
        .iter()
        .any(|word| work.says(at, word));
    if !is_year {
        return None;
    }
    let mut next = at + 1;
    if work.at(next).is(b'.') || work.at(next).is(b'-') {
        next += 1;
    }
    if work.says(next, "old") || work.says(next, "olds") {
        return Some(next + 1);
    }
    (work.says(next, "of") && work.says(next + 1, "age")).then_some(next + 2)
}

/// `ninety-five years old`.
pub fn in_words(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let mut to = n + 1;
    let is_hundred = work.says(n, "hundred") || work.says(n, "cien");
    for _ in 0..4 {
        let at = to + usize::from(work.at(to).is(b'-'));
        const SMALL: [&str; 14] = [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "and", "y",
            "uno", "dos", "tres",
        ];
        if !SMALL.iter().any(|word| work.says(at, word)) {
            break;
        }
        to = at + 1;
    }
    let is_told = (1..=2).any(|back| work.before(n, back).key() == Key::AgeCue);
    if unit(work, to).is_none() && !(is_told && !is_hundred) {
        return None;
    }
    Some(work.mark(n, to, Type::Age, "age.words"))
}

/// `born in 1931` shows an age over 89 as well, once it is.
fn birth_year(work: &mut Work<'_>, n: usize, year: u32) -> Option<usize> {
    let now = u32::from(work.options.year);
    let is_birth = (1..=3).any(|back| {
        let token = work.before(n, back);
        token.key() == Key::Dob && (back == 1 || is_bridge(work, n, back))
    });
    (is_birth && now > 0 && year + 89 < now).then(|| work.mark(n, n + 1, Type::Age, "age.year"))
}
