//! Ages over 89, in digits and in words, and years of birth that reveal one.

use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Shape};
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
    let is_told = is_told || is_stated(work, n) || is_told_after(work, n);
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

/// `my mom is 94 and …`, `she's 94`, `I'm 93`, `grandpa (93)`: a number said of a person, without its unit.
fn is_stated(work: &Work<'_>, n: usize) -> bool {
    const VERBS: [&str; 15] = [
        "is", "was", "are", "were", "am", "im", "hes", "shes", "be", "hit", "reached", "tiene",
        "tenía", "tengo", "cumple",
    ];
    if is_counted(work, n) {
        return false;
    }
    let next = work.at(n + 1);
    let before = n.wrapping_sub(1);
    let closes =
        matches!(next.sign, b')' | b',' | b'.' | b';') || next.kind == crate::token::Kind::End;
    if work.at(before).is(b'(') || work.at(before).is(b',') {
        return closes && is_person(work, before.wrapping_sub(1)) && !is_written_out(work, before);
    }
    // `At 92, my mother …`
    if work.says(before, "at") && work.begins_sentence(before) && next.is(b',') {
        return work.at(n + 2).key() == Key::Pronoun || is_person(work, n + 2);
    }
    // `91 and 93`
    if work.says(before, "and")
        && work.is_taken(before.wrapping_sub(1))
        && work.before(before, 1).is_number()
    {
        let last = work.found.last();
        return last.is_some_and(|found| found.kind == Type::Age && found.to == before);
    }
    // `she is now 94`
    let small = [
        "now", "almost", "nearly", "about", "over", "only", "already", "just", "ya",
    ];
    let verb = before.wrapping_sub(usize::from(
        small.iter().any(|word| work.says(before, word)),
    ));
    let is_short = (work.says(verb, "m") || work.says(verb, "s") || work.says(verb, "re"))
        && work.at(verb).is_glued()
        && work.before(verb, 1).is(b'\'');
    if is_short || work.at(verb).key() == Key::Intro {
        return is_person(work, verb.wrapping_sub(if is_short { 2 } else { 0 }));
    }
    let said = verb.wrapping_sub(1);
    let is_between = work.says(said, "just") || work.says(said, "will");
    let subject = said.wrapping_sub(usize::from(is_between));
    VERBS.iter().any(|word| work.says(verb, word))
        && (work.at(said).is(b',') // `Ana Ruiz, MRN 123, is 94`
            || work.says(verb, "hes") || work.says(verb, "shes") || is_person(work, subject))
}

/// Whether something that is counted follows: a unit, a fraction, more digits.
fn is_counted(work: &Work<'_>, n: usize) -> bool {
    let next = work.at(n + 1);
    let is_tied = next.is_glued()
        && (matches!(next.sign, b'/' | b'-' | b':')
            || next.is_word()
            || (work.at(n + 2).is_number() && work.at(n + 2).is_glued()));
    work.at(n).gap > Gap::Space
        || next.is(b'%')
        || next.key() == Key::Unit2
        || (next.is_number() && next.gap <= Gap::Space)
        || is_tied
}

/// A word for a person: kin, a pronoun, a name.
fn is_person(work: &Work<'_>, n: usize) -> bool {
    const WORDS: [&str; 13] = [
        "he", "she", "i", "we", "they", "who", "law", "él", "ella", "yo", "nana", "papa", "granny",
    ];
    let token = work.at(n);
    matches!(token.key(), Key::Role | Key::Intro)
        || WORDS.iter().any(|word| work.says(n, word))
        || (token.is_capital()
            && token.len() > 2
            && token.key() == Key::None
            && (work.is_name(n) || work.is_unknown(n))
            && !work.is_common(n))
}

/// `in Springfield, 93, …` is no person.
fn is_written_out(work: &Work<'_>, comma: usize) -> bool {
    let name = comma.wrapping_sub(1);
    let before = name.wrapping_sub(1);
    work.at(name).is_capital()
        && ["in", "at", "from", "near", "on"]
            .iter()
            .any(|word| work.says(before, word))
}

/// `92F with …`, `92 M, fall`, `100th birthday`: what stands after the number says it.
fn is_told_after(work: &Work<'_>, n: usize) -> bool {
    const NOTE: [&str; 9] = [
        "with",
        "w",
        "c",
        "s",
        "h",
        "presents",
        "presenting",
        "here",
        "from",
    ];
    let next = work.at(n + 1);
    let after = work.at(n + 2);
    let is_sex = next.shape == Shape::Initial && (work.says(n + 1, "f") || work.says(n + 1, "m"));
    let is_note = after.is(b',')
        || after.kind == crate::token::Kind::End
        || NOTE.iter().any(|word| work.says(n + 2, word));
    let is_ordinal = ["th", "st", "nd", "rd"]
        .iter()
        .any(|word| work.says(n + 1, word));
    let is_birthday =
        is_ordinal && next.is_glued() && (work.says(n + 2, "birthday") || work.says(n + 2, "bday"));
    (is_sex && is_note && next.gap <= Gap::Space) || is_birthday
}

/// Between the word and the number nothing but small words and signs.
fn is_bridge(work: &Work<'_>, n: usize, back: usize) -> bool {
    (1..back).all(|near| {
        let token = work.before(n, near);
        matches!(token.sign, b':' | b'=' | b'(' | b'?')
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
    if work.says(next, "old") || work.says(next, "olds") || work.says(next, "young") {
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
