//! Postal addresses: house and street in either order, boxes, and the lines that follow them.

mod tail;

pub use self::tail::tail;
use crate::dictionary::Bits;
use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

const RULE: &str = "address";

/// At a number: `123 Elm St`, `92 Eusebio Dávila 57`.
pub fn house(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if token.len() > 6
        || matches!(
            work.before(n, 1).key(),
            Key::Month | Key::NegCue | Key::Unit
        )
    {
        return None;
    }
    let mut at = n + 1;
    // `12-14`, `221b`, `12 1/2`, a second number.
    if work.at(at).is(b'-') && work.at(at + 1).is_number() && work.at(at + 1).is_glued() {
        at += 2;
    }
    if work.at(at).is_word() && work.at(at).is_glued() && work.at(at).len() == 1 {
        at += 1;
    }
    if work.at(at).is_number()
        && work.at(at).gap == Gap::Space
        && work.at(at).len() <= 4
        && !work.at(at + 1).is(b'/')
    {
        at += 1;
    }
    let first = at;
    let mut n_proper = 0;
    let mut street = None;
    let mut has_prefix = false;
    while at < first + 7 {
        let word = work.at(at);
        if !word.is_word()
            && !word.is_number()
            && !word.is(b'.')
            && !word.is(b'\'')
            && !word.is(b'-')
            || word.gap > Gap::Space
        {
            break;
        }
        let is_over = word.is_glued() && word.is_word() && at == first
            || (word.key() == Key::Unit && at > first);
        if is_over {
            break;
        }
        let is_suffix = is_street(work, at) && at > first;
        let is_prefix = word.key() == Key::StreetPrefix && word.len() > 1;
        let is_proper = word.is_capital()
            || (work.is_lower && !work.is_common(at))
            || is_suffix
            || is_prefix
            || (at > first && (is_small_street(work, at) || is_link(work, at)))
            || word.key() == Key::Particle
            || (word.len() == 1 && work.at(at + 1).is_capital());
        if word.is_word() && !is_proper {
            break;
        }
        if word.is_word()
            && word.is_capital()
            && matches!(
                word.key(),
                Key::Unit2 | Key::Month | Key::Weekday | Key::AgeUnit | Key::Pronoun
            )
        {
            break;
        }
        n_proper += usize::from(word.is_word() && !work.is_common(at));
        at += 1;
        has_prefix |= is_prefix;
        if is_suffix || has_prefix {
            street = Some(at);
        }
    }
    let is_led = is_address_before(work, n);
    let to = match street {
        Some(to)
            if n_proper > 0
                || is_led
                || work.at(first).is_number()
                || work.at(first).is_capital() =>
        {
            to
        }
        _ if is_led && n_proper > 0 && at > first && !is_count(work, n) => at,
        _ if n_proper > 0 && at > first && has_unit(work, number_after(work, at)) => at,
        _ if n_proper > 0 && is_between_numbers(work, first, at) && !is_count(work, n) => at,
        _ => return None,
    };
    let to = number_after(work, to);
    let to = tail(work, to);
    Some(work.mark(n, to, Type::Location, RULE))
}

/// `Domicilio: …` alone on its line: the line is the address, whatever it says.
pub fn labelled(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if !work.at(n + 1).is(b':') || work.at(n + 2).gap > Gap::Space {
        return None;
    }
    let from = n + 2;
    let (mut to, mut has_number, mut has_name) = (from, false, false);
    while to < from + 24 && (to == from || work.at(to).gap < Gap::Line) {
        let token = work.at(to);
        if token.kind == crate::token::Kind::End {
            break;
        }
        if token.is(b':') || token.is(b'"') || token.is(b'<') || work.is_taken(to) {
            return None;
        }
        has_number |= token.is_number();
        has_name |= token.is_capital();
        to += 1;
    }
    while to > from && work.at(to - 1).is(b'.') {
        to -= 1;
    }
    let is_whole = work.at(to).is(b'.') || work.at(to).gap >= Gap::Line;
    let is_end = is_whole || work.at(to).kind == crate::token::Kind::End;
    (is_end && has_number && has_name && !work.at(from).is(b'.'))
        .then(|| work.mark(from, to, Type::Location, "address.label"))
}

/// A year or an amount is no house.
fn is_count(work: &Work<'_>, n: usize) -> bool {
    let value = work.value(n);
    work.at(n).len() == 4 && (1900..2100).contains(&value) && work.says(n.wrapping_sub(1), "in")
}

/// Words before a number that let one expect an address.
fn is_address_before(work: &Work<'_>, n: usize) -> bool {
    for back in 1..=5 {
        let place = n.wrapping_sub(back);
        let token = work.at(place);
        if matches!(token.key(), Key::Address | Key::City) {
            return true;
        }
        let is_bridge = matches!(
            token.key(),
            Key::Prep | Key::At | Key::Pronoun | Key::Relative | Key::Particle
        ) || token.is(b':')
            || token.len() <= 3;
        if back == 1
            && (work.says(place, "at")
                || work.says(place, "on")
                || work.says(place, "to")
                || work.says(place, "of"))
        {
            return true;
        }
        if back == 1 && token.kind == crate::token::Kind::End {
            return false;
        }
        if back == 1 && work.at(n).gap >= Gap::Line {
            return true;
        }
        if back == 1
            && (work.says(place, "in") || work.says(place, "same") || work.says(place, "is"))
        {
            return true;
        }
        if !is_bridge {
            // `my addresses: …`, `to the same: …`
            return back > 1
                && work.before(n, 1).is(b':')
                && (1..=8).any(|back| {
                    ["address", "addresses", "same"]
                        .iter()
                        .any(|word| work.says(n.wrapping_sub(back), word))
                });
        }
    }
    false
}

/// `Rákóczi út 66`, `Victor Hugo u. 49`: a small word between a name and a number, as many tongues call a street.
fn is_small_street(work: &Work<'_>, n: usize) -> bool {
    let token = work.at(n);
    let skip = usize::from(work.at(n + 1).is(b'.'));
    let number = work.at(n + 1 + skip);
    token.shape == Shape::Lower
        && token.len() <= 10
        && work.before(n, 1).is_capital()
        && number.is_number()
        && number.gap == Gap::Space
        && (token.len() == 1 || !token.bits().any(Bits::COMMON.or(Bits::CORE)))
}

/// `dei`, `nad`, `pri`: a small word of another tongue between capitals.
fn is_link(work: &Work<'_>, n: usize) -> bool {
    let token = work.at(n);
    let is_before = work.before(n, 1).is_capital() || work.before(n, 1).key() == Key::StreetPrefix;
    token.shape == Shape::Lower
        && token.len() <= 5
        && token.key() == Key::None
        && !token.bits().any(Bits::CORE)
        && (token.len() <= 3 || !token.bits().any(Bits::COMMON))
        && is_before
        && work.at(n + 1).is_capital()
        && work.at(n + 1).gap == Gap::Space
}

/// `98 Tylova 1036, Recco`: a name between two numbers, and a place after them.
fn is_between_numbers(work: &Work<'_>, first: usize, at: usize) -> bool {
    let number = work.at(at - 1);
    let comma = usize::from(work.at(at).is(b','));
    let next = work.at(at + comma);
    number.is_number()
        && at > first + 1
        && number.len() <= 4
        && (comma == 1 || next.gap == Gap::Line)
        && next.is_capital()
        && next.len() > 2
        && !work.is_common(at + comma)
        && !matches!(next.key(), Key::Month | Key::Weekday)
        && (first..at - 1).all(|n| !work.is_common(n) || work.at(n).key() == Key::Particle)
}

/// `Apt. 626`, `Suite 300` right here or on the next line.
fn has_unit(work: &Work<'_>, n: usize) -> bool {
    let at = n + usize::from(matches!(work.at(n).sign, b'.' | b','));
    let token = work.at(at);
    let number = work.at(at + 1 + usize::from(work.at(at + 1).is(b'.')));
    ["apt", "suite", "ste", "apartment"]
        .iter()
        .any(|word| work.says(at, word))
        && token.gap <= Gap::Line
        && number.is_number()
        && number.gap <= Gap::Space
}

fn is_street(work: &Work<'_>, n: usize) -> bool {
    const ENDS: [&str; 22] = [
        "strasse", "straße", "gatan", "vägen", "gade", "vej", "straat", "laan", "weg", "katu",
        "tie", "gasse", "plaats", "veien", "gata", "plein", "platz", "allee", "kade", "stien",
        "allé", "damm",
    ];
    let token = work.at(n);
    if token.key() == Key::StreetSuffix || (token.key() == Key::Title && work.says(n, "dr")) {
        return true;
    }
    if token.len() < 6 || token.bits().any(Bits::COMMON) {
        return false;
    }
    let word = work.str(n).to_lowercase();
    ENDS.iter().any(|end| word.ends_with(end))
}

/// At `calle`, `rue`, `via`: words, then a number or `s/n`.
pub fn prefix(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if token.is_glued() && !work.before(n, 1).is(b':') {
        return None;
    }
    let is_short = token.len() <= 2;
    if token.len() == 1 && !work.is_spanish && !work.at(n + 1).is(b'/') {
        return None;
    }
    let mut at = n + 1;
    while at < n + 3 && (matches!(work.at(at).sign, b'.' | b',' | b'/') && (work.at(at).is_glued()))
    {
        at += 1;
    }
    if is_short && at == n + 1 {
        return None;
    }
    let first = at;
    let mut n_proper = 0;
    while at < first + 9 {
        let word = work.at(at);
        if word.gap > Gap::Space {
            break;
        }
        if work.says(at, "s") && work.at(at + 1).is(b'/') {
            break;
        }
        if word.is_word()
            && (word.is_capital()
                || word.key() == Key::Particle
                || work.is_lower
                || is_link(work, at)
                || word.len() <= 2 + usize::from(work.is_spanish))
        {
            n_proper += usize::from(word.is_capital() || work.is_lower);
        } else if !((word.is(b'.') || word.is(b'-') || word.is(b'\''))
            && (word.is_glued() && at > first))
        {
            break;
        }
        if word.is(b'.') && !(work.at(at + 1).is_word() && work.before(at, 1).len() <= 4) {
            break;
        }
        at += 1;
    }
    if n_proper == 0 && !work.at(at).is_number() {
        return None;
    }
    let to = number_after(work, at);
    if to == at && !(work.is_spanish || token.shape == Shape::Title) {
        return None;
    }
    if to == at && (n_proper == 0 || token.len() == 1) {
        return None;
    }
    let to = tail(work, to);
    Some(work.mark(n, to, Type::Location, "address.prefix"))
}

/// `, 23`, ` nº 3`, ` s/n`, ` 57`, ` 279 4D` after a street.
fn number_after(work: &Work<'_>, to: usize) -> usize {
    let mut at = to;
    if work.at(at).is(b'.')
        && work.at(at).is_glued()
        && work.at(at + 1).gap == Gap::Space
        && (work.at(at + 1).is_number() || work.before(at, 1).len() <= 5)
        && work.at(at + 1).is_number()
    {
        at += 1;
    }
    if work.at(at).is(b',') {
        at += 1;
    }
    if work.says(at, "s") && work.at(at + 1).is(b'/') && work.says(at + 2, "n") {
        return at + 3;
    }
    if work.at(at).key() == Key::NumberCue && work.at(at + 1).gap <= Gap::Space {
        at += 1;
        if matches!(work.at(at).sign, b'.' | 1) {
            at += 1;
        }
    }
    let number = work.at(at);
    if !number.is_number() || number.gap > Gap::Space || number.len() > 5 {
        return to;
    }
    let mut end = work.run(at).to;
    // `, 5 D`, `, 3º B`, ` 4D`
    for _ in 0..6 {
        let comma =
            usize::from(work.at(end).is(b',') || (work.is_spanish && work.at(end).is(b'-')));
        let next = work.at(end + comma);
        let is_door = next.gap <= Gap::Space
            && (next.shape == Shape::Initial
                || next.key() == Key::Unit
                || (next.is_number() && next.len() <= 3)
                || (work.is_spanish && DOORS.iter().any(|word| work.says(end + comma, word)))
                || next.sign == 1);
        if !is_door {
            break;
        }
        end = work.run(end + comma).to.max(end + comma + 1);
        // `esc. 2`, `7o dcha.`
        if work.is_spanish
            && work.at(end).is(b'.')
            && work.before(end, 1).is_word()
            && work.before(end, 1).len() > 1
            && work.at(end + 1).is_number()
        {
            end += 1;
        }
    }
    end
}

/// How Spanish says which door of a house.
const DOORS: [&str; 14] = [
    "izquierda",
    "izda",
    "izq",
    "derecha",
    "dcha",
    "dcho",
    "centro",
    "esc",
    "ed",
    "pta",
    "bis",
    "interior",
    "exterior",
    "contrafrente",
];

/// `P.O. Box 149`, `PSC 0413, Box 8144`, `Unit 4719 Box 7394`, `Apt. 4`, `the corner of A and B`.
pub fn box_number(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let at = if work.says(n, "p") && work.at(n + 1).is(b'.') && work.says(n + 2, "o") {
        n + 3 + usize::from(work.at(n + 3).is(b'.'))
    } else if work.says(n, "po") && work.says(n + 1, "box") {
        n + 1
    } else if (work.says(n, "psc") || work.says(n, "unit") || work.says(n, "cmr"))
        && work.at(n + 1).is_number()
    {
        let comma = usize::from(work.at(n + 2).is(b','));
        if work.says(n + 2 + comma, "box") {
            n + 2 + comma
        } else {
            return None;
        }
    } else if work.says(n, "corner") && work.says(n + 1, "of") {
        return corner(work, n);
    } else if (work.says(n, "uss")
        || work.says(n, "usns")
        || work.says(n, "usnv")
        || work.says(n, "uscgc"))
        && work.at(n + 1).is_word()
        && matches!(work.at(n + 2).gap, Gap::Line | Gap::Space)
        && is_military(work, n + 2)
    {
        n + 1
    } else {
        return None;
    };
    if work.says(at, "box") && !work.at(at + 1).is_number() {
        return None;
    }
    let to = tail(work, at + 2);
    Some(work.mark(n, to, Type::Location, "address.box"))
}

fn is_military(work: &Work<'_>, n: usize) -> bool {
    ["fpo", "apo", "dpo"].iter().any(|word| work.says(n, word))
}

fn corner(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let from = if work.says(n.wrapping_sub(1), "the") {
        n - 1
    } else {
        n
    };
    let mut at = n + 2;
    let mut n_words = 0;
    while at < n + 22 {
        let token = work.at(at);
        let is_part = token.is_number()
            || token.is_capital()
            || token.key() == Key::Particle
            || work.says(at, "and")
            || is_street(work, at)
            || ((token.is(b'.') || token.is(b'-') || token.is(b'\''))
                && token.is_glued()
                && !(token.is(b'.') && work.at(at + 1).gap >= Gap::Line))
            || (work.is_lower && token.is_word() && !work.is_common(at))
            || (token.is_word() && !work.is_common(at));
        let is_label = token.gap == Gap::Line && work.at(at + 1).is(b':');
        if !is_part || is_label || token.gap > Gap::Line {
            break;
        }
        n_words += usize::from(token.is_word());
        at += 1;
    }
    while at > n + 2 && work.at(at - 1).is(b'.') && work.at(at).kind == crate::token::Kind::End {
        at -= 1;
    }
    (n_words >= 2).then(|| work.mark(from, at, Type::Location, "address.corner"))
}

/// Whether a state, in full or in two letters, stands right before.
pub fn is_state_before(work: &Work<'_>, n: usize) -> bool {
    let before = if work.before(n, 1).is(b',') {
        n.wrapping_sub(2)
    } else {
        n.wrapping_sub(1)
    };
    let token = work.at(before);
    token.key() == Key::State || is_state(work, before) || is_military(work, before.wrapping_sub(1))
}

/// Two capitals that are a state.
pub fn is_state(work: &Work<'_>, n: usize) -> bool {
    const STATES: &str = " AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR GU VI AP AA AE ";
    let token = work.at(n);
    if token.len() != 2 || !(token.shape == Shape::Upper || work.is_lower) {
        return false;
    }
    let upper = work.str(n).to_ascii_uppercase();
    STATES.as_bytes().windows(4).any(|four| {
        four.first() == Some(&b' ')
            && four.last() == Some(&b' ')
            && four.get(1..3) == Some(upper.as_bytes())
    })
}
