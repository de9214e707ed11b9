//! Dates with more than a year. A bare year, a bare weekday and a bare month stay.

mod spoken;

pub use self::spoken::{spelled, spoken_birth, spoken_month};
use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

/// At a number: `3/4/2021`, `2021-03-04`, `4.3.2021`, `3/4`, `06061954`, `4 March`.
pub fn numeric(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if let Some(to) = day_first(work, n) {
        return Some(work.mark(n, to, Type::Date, "date.day_month"));
    }
    let sign = work.at(n + 1).sign;
    let (first, second) = (work.at(n), work.at(n + 2));
    if !matches!(sign, b'/' | b'-' | b'.')
        || !work.at(n + 1).is_glued()
        || !second.is_number()
        || !second.is_glued()
        || first.len() > 4
    {
        return compact(work, n);
    }
    let third = work.at(n + 4);
    let has_third = work.at(n + 3).is(sign)
        && work.at(n + 3).is_glued()
        && third.is_number()
        && third.is_glued();
    if has_third {
        let is_date = three(work, n, sign)
            && !(work.at(n + 5).is(sign)
                && work.at(n + 6).is_number()
                && work.at(n + 6).is_glued());
        return is_date.then(|| {
            let to = time(work, n + 5);
            work.mark(n, to, Type::Date, "date")
        });
    }
    two(work, n, sign)
}

fn three(work: &Work<'_>, n: usize, sign: u8) -> bool {
    let (a, b, c) = (work.value(n), work.value(n + 2), work.value(n + 4));
    let (la, lb, lc) = (work.at(n).len(), work.at(n + 2).len(), work.at(n + 4).len());
    if matches!(
        work.cue(n, 2),
        Some((Key::NegCue | Key::Phone | Key::Ssn, _))
    ) && sign != b'/'
    {
        return false;
    }
    if la == 4 {
        return (1600..2200).contains(&a) && b <= 31 && (1..=31).contains(&c) && lb <= 2 && lc <= 2;
    }
    let is_day_month = la <= 2
        && (1..=31).contains(&a)
        && lb <= 3
        && (1..=31).contains(&b)
        && (a <= 12 || b <= 12);
    let is_year = match lc {
        4 => (1600..2200).contains(&c),
        2 => sign != b'.' || (la == 2 && lb == 2),
        _ => false,
    };
    is_day_month && is_year
}

/// `11/15` after a word that lets one expect a date; `04/2023`; `2023-04`.
fn two(work: &mut Work<'_>, n: usize, sign: u8) -> Option<usize> {
    let (a, b) = (work.value(n), work.value(n + 2));
    let (la, lb) = (work.at(n).len(), work.at(n + 2).len());
    let to = n + 3;
    if work.at(to).is(b'/') && work.at(to).is_glued() {
        return None;
    }
    let is_month_year =
        sign != b'.' && la <= 2 && (1..=12).contains(&a) && lb == 4 && (1900..2100).contains(&b);
    if is_month_year {
        return Some(work.mark(n, to, Type::Date, "date.month_year"));
    }
    let is_year_month =
        sign == b'-' && la == 4 && (1900..2100).contains(&a) && lb == 2 && (1..=12).contains(&b);
    if is_year_month && is_expected(work, n) {
        return Some(work.mark(n, to, Type::Date, "date.year_month"));
    }
    let is_day = sign == b'/'
        && la <= 2
        && lb <= 2
        && (1..=31).contains(&a)
        && (1..=31).contains(&b)
        && (a <= 12 || b <= 12);
    let is_month_yy = sign == b'/' && la <= 2 && lb == 2 && (1..=12).contains(&a);
    if !(is_day || is_month_yy)
        || matches!((a, b), (24, 7) | (1, 2) | (1, 3) | (2, 3) | (1, 4) | (3, 4))
            && !is_dated(work, n)
    {
        return None;
    }
    let is_clocked = work.at(to).is_number()
        && work.at(to).gap == Gap::Space
        && work.at(to + 1).is(b':')
        && work.at(to + 2).is_number();
    let next = work.at(to).key();
    if matches!(next, Key::Unit2 | Key::AgeUnit | Key::EponymHead)
        || work.at(to).is(b'%')
        || !(is_clocked || is_expected(work, n))
    {
        return None;
    }
    Some(work.mark(n, to, Type::Date, "date.month_day"))
}

fn is_dated(work: &Work<'_>, n: usize) -> bool {
    let near = work.before(n, 1);
    matches!(near.key(), Key::DateCue | Key::Weekday | Key::Dob)
        || work.says(n.wrapping_sub(1), "on")
}

/// Words that let one expect a date.
fn is_expected(work: &Work<'_>, n: usize) -> bool {
    for back in 1..=4 {
        let place = n.wrapping_sub(back);
        let token = work.at(place);
        if matches!(
            token.key(),
            Key::DateCue | Key::Seen | Key::Dob | Key::Weekday
        ) || work.says(place, "on")
            || work.says(place, "by")
        {
            return true;
        }
        if work.says(place, "exp")
            || work.says(place, "week")
            || work.says(place, "from")
            || work.says(place, "showed")
            || work.says(place, "appointment")
            || work.says(place, "visit")
        {
            return true;
        }
        if token.is(b'.')
            || token.is(b';')
            || token.is_number()
            || matches!(token.key(), Key::EponymHead | Key::Unit2)
        {
            return false;
        }
    }
    false
}

/// `06061954` and `19540606` after a word for a date.
fn compact(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if token.len() != 8 && token.len() != 6 {
        return None;
    }
    let (key, back) = work.cue(n, 5)?;
    (key == Key::Dob && back <= 5).then(|| work.mark(n, n + 1, Type::Date, "date.compact"))
}

/// A time of day right after a date belongs to it.
fn time(work: &Work<'_>, at: usize) -> usize {
    let mut start = at;
    if work.says(start, "T") && work.at(start).is_glued() {
        start += 1;
    }
    if work.at(start).is(b',') {
        start += 1;
    }
    if !work.at(start).is_number()
        || work.at(start).len() > 2
        || work.at(start).gap > Gap::Space
        || !work.at(start + 1).is(b':')
    {
        return at;
    }
    let mut to = start + 1;
    while matches!(work.at(to).sign, b':' | b'.')
        && work.at(to).is_glued()
        && work.at(to + 1).is_number()
        && work.at(to + 1).is_glued()
        && to < start + 8
    {
        to += 2;
    }
    if work.says(to, "Z") && work.at(to).is_glued() {
        return to + 1;
    }
    if matches!(work.at(to).sign, b'+' | b'-')
        && work.at(to).is_glued()
        && work.at(to + 1).is_number()
    {
        to += 2;
        if work.at(to).is(b':') && work.at(to + 1).is_number() {
            to += 2;
        }
    }
    to
}

/// `4 March 2021`, `4th of March`, `17-Feb-2023`, `11 de marzo de 2010`.
fn day_first(work: &Work<'_>, n: usize) -> Option<usize> {
    if work.at(n).len() > 2 || !(1..=31).contains(&work.value(n)) {
        return None;
    }
    let mut at = n + 1;
    let is_ordinal = is_ordinal(work, at);
    if is_ordinal {
        at += 1;
    }
    for word in ["de", "of", "-", "/", "."] {
        let is_sign = word.len() == 1
            && work
                .at(at)
                .is(word.as_bytes().first().copied().unwrap_or(0))
            && work.at(at).is_glued();
        if is_sign || (word.len() > 1 && work.says(at, word)) {
            at += 1;
            break;
        }
    }
    let month = work.at(at);
    if month.key() != Key::Month || month.gap > Gap::Space {
        return None;
    }
    let to = year(work, at + 1);
    let is_loose = is_also_word(work, at) && to == at + 1 && !is_ordinal && !is_expected(work, n);
    (!is_loose).then(|| time(work, to))
}

fn is_ordinal(work: &Work<'_>, at: usize) -> bool {
    work.at(at).is_glued()
        && ["st", "nd", "rd", "th"]
            .iter()
            .any(|word| work.says(at, word))
}

/// `may`, `march`, `mar` in small letters are words first.
fn is_also_word(work: &Work<'_>, n: usize) -> bool {
    let is_short_or_word = [
        "may", "march", "mar", "dec", "jun", "sep", "ago", "abr", "ene", "dic",
    ]
    .iter()
    .any(|word| work.says(n, word));
    is_short_or_word && (work.at(n).shape == Shape::Lower || work.says(n, "may")) && !work.is_lower
}

/// A year after a month, with `,`, `de`, `of`, `'` or a dash between; where the date ends.
fn year(work: &Work<'_>, at: usize) -> usize {
    let mut place = at;
    for _ in 0..3 {
        let token = work.at(place);
        let is_between = matches!(token.sign, b',' | b'-' | b'/' | b'\'' | b'.')
            || ["de", "del", "of", "año"]
                .iter()
                .any(|word| work.says(place, word));
        if !is_between || token.gap > Gap::Space {
            break;
        }
        place += 1;
    }
    let token = work.at(place);
    let is_quoted = work.before(place, 1).is(b'\'');
    let is_tied = place > at && token.is_glued();
    let is_year = token.is_number()
        && token.gap <= Gap::Space
        && match token.len() {
            4 => (1600..2200).contains(&work.value(place)),
            2 => is_quoted || is_tied,
            _ => false,
        };
    if is_year { place + 1 } else { at }
}

/// At the name of a month: `March 4, 2021`, `Mar 4th '21`, `March 2021`, `last July`.
pub fn month(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let from = if work.before(n, 1).key() == Key::Weekday && !work.is_taken(n - 1) {
        n - 1
    } else {
        n
    };
    let mut at = n + 1;
    if work.at(at).is(b'.') && work.at(at + 1).is_number() {
        at += 1;
    }
    if work.says(at, "the") && work.at(at + 1).is_number() {
        at += 1;
    }
    if work.at(at).is(b'-') && work.at(at).is_glued() && work.at(at + 1).is_number() {
        at += 1;
    }
    let day = work.at(at);
    let is_day = day.is_number()
        && day.gap <= Gap::Space
        && day.len() <= 2
        && (1..=31).contains(&work.value(at));
    if is_day {
        let ordinal = is_ordinal(work, at + 1);
        let mut to = at + 1 + usize::from(ordinal);
        // `March 3-5`, `March 3 and 5` is one date and more.
        if work.at(to).is(b'-') && work.at(to + 1).is_number() && work.at(to + 1).len() <= 2 {
            to += 2;
            to += usize::from(is_ordinal(work, to));
        }
        let end = year(work, to);
        let unit = work.at(end);
        let is_measure = matches!(unit.key(), Key::Unit2 | Key::AgeUnit) && unit.gap <= Gap::Space;
        let is_clock = work.at(end).is(b':') && work.at(end).is_glued();
        let is_loose = is_also_word(work, n)
            && end == to
            && !ordinal
            && work.at(n).shape == Shape::Lower
            && from == n
            && !is_expected(work, n);
        if is_measure || is_loose || is_clock {
            return None;
        }
        let end = time(work, end);
        return Some(work.mark(from, end, Type::Date, "date.month_day"));
    }
    let to = year(work, n + 1);
    if to > n + 1
        && !(is_also_word(work, n) && work.at(n).shape == Shape::Lower && !work.is_spanish)
    {
        return Some(work.mark(from, to, Type::Date, "date.month_year"));
    }
    let is_relative = work.before(n, 1).key() == Key::Relative
        && !is_also_word(work, n)
        && (!work.says(n.wrapping_sub(1), "this") || is_of_person(work, n));
    is_relative.then(|| work.mark(n - 1, n + 1, Type::Date, "date.last_month"))
}

/// Whether somebody is spoken of shortly before: `she had surgery this August`, not `save this August`.
fn is_of_person(work: &Work<'_>, n: usize) -> bool {
    const WORDS: [&str; 8] = ["i", "my", "me", "he", "she", "his", "her", "we"];
    (2..16).any(|back| {
        let place = n.wrapping_sub(back);
        work.is_taken(place)
            || work.at(place).key() == Key::Role
            || WORDS.iter().any(|word| work.says(place, word))
    })
}

/// At the name of a day: `Fri Jul 3`, `Friday the 13th`, `Monday, 4 May`.
pub fn weekday(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let mut at = n + 1;
    while at < n + 3 && (matches!(work.at(at).sign, b',' | b'.') || work.says(at, "the")) {
        at += 1;
    }
    if work.at(at).key() == Key::Month {
        let to = month(work, at)?;
        if let Some(last) = work.found.last_mut() {
            last.from = n;
        }
        work.quiet(n, to);
        return Some(to);
    }
    if !work.at(at).is_number() {
        return None;
    }
    let to = if is_ordinal(work, at + 1) && at > n + 1 {
        Some(at + 2)
    } else {
        day_first(work, at)
    };
    let to = to.or_else(|| {
        let is_numeric = work.at(at + 1).is(b'/') && work.at(at + 2).is_number();
        is_numeric.then(|| {
            if work.at(at + 3).is(b'/') && work.at(at + 4).is_number() {
                at + 5
            } else {
                at + 3
            }
        })
    })?;
    Some(work.mark(n, to, Type::Date, "date.weekday"))
}
