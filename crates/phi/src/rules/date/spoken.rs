//! Dates and names as a caller says and spells them.

use super::{is_also_word, year};
use crate::span::Type;
use crate::token::Gap;
use crate::work::Work;

/// Numbers as words, for days and years that a caller says.
const SPOKEN: [&str; 66] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "thirtieth",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "oh",
    "primero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "quince",
];

/// Days as words.
const ORDINALS: [&str; 21] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "thirtieth",
];

/// Where a run of number words ends, and how many they are.
fn spoken_numbers(work: &Work<'_>, from: usize) -> (usize, usize) {
    let (mut at, mut to, mut count) = (from, from, 0);
    while at < from + 16 && work.at(at).gap <= Gap::Space {
        if work.at(at).is_word() && SPOKEN.iter().any(|word| work.says(at, word)) {
            count += 1;
            to = at + 1;
        } else if !(count > 0
            && (matches!(work.at(at).sign, b'-' | b',')
                || work.says(at, "and")
                || work.says(at, "of")))
        {
            break;
        }
        at += 1;
    }
    (to, count)
}

/// `June twelfth nineteen sixty four`: at the month.
pub fn spoken_month(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let from = n + 1 + usize::from(work.says(n + 1, "the"));
    let (to, count) = spoken_numbers(work, from);
    // `the ninth of April`
    let day = n.wrapping_sub(2);
    if work.says(n.wrapping_sub(1), "of")
        && !work.is_taken(day)
        && ORDINALS.iter().any(|word| work.says(day, word))
    {
        let is_two = work.before(day, 1).is(b'-')
            && (work.says(day.wrapping_sub(2), "twenty")
                || work.says(day.wrapping_sub(2), "thirty"));
        let first = day - if is_two { 2 } else { 0 };
        let end = year(work, n + 1);
        return Some(work.mark(first, to.max(end), Type::Date, "date.spoken"));
    }
    let is_day = count > 0
        && (work.str(from).ends_with("th")
            || count > 1
            || ["first", "second", "third"]
                .iter()
                .any(|word| work.says(from, word)));
    (is_day && !is_also_word(work, n)).then(|| work.mark(n, to, Type::Date, "date.spoken"))
}

/// `dob nine twelve fifty-five`: at the word for a birth.
pub fn spoken_birth(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let mut from = n + 1;
    while from < n + 4
        && (matches!(work.at(from).sign, b':' | b'-' | b'?')
            || ["is", "was", "of", "on", "date"]
                .iter()
                .any(|word| work.says(from, word)))
    {
        from += 1;
    }
    let (to, count) = spoken_numbers(work, from);
    (count >= 2).then(|| work.mark(from, to, Type::Date, "date.spoken"))
}

/// `V-A-N-D-E-R`: a name spelled letter by letter, four letters or more.
pub fn spelled(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if work.at(n).len() != 1 || !work.at(n).is_capital() || !work.at(n + 1).is(b'-') {
        return None;
    }
    let (mut at, mut count) = (n, 0);
    while work.at(at).len() == 1
        && work.at(at).is_word()
        && (at == n || work.at(at).is_glued())
        && count < 24
    {
        count += 1;
        at += 1;
        if !(work.at(at).is(b'-') && work.at(at).is_glued()) {
            break;
        }
        at += 1;
    }
    (count >= 4).then(|| work.mark(n, at, Type::Name, "name.spelled"))
}
