//! Towns, streets without a house number, and the state and code after them.

use super::facility::{after_facility, is_saint};
use super::{Run, is_followed_by_eponym};
use crate::dictionary::{self, Bits};
use crate::fold;
use crate::key::Key;
use crate::rules::address;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

/// `, GA 30301`, ` TX` after a city.
pub fn city_state(work: &Work<'_>, from: usize) -> usize {
    let mut to = from;
    let at = to + usize::from(work.at(to).is(b','));
    if work.at(at).gap <= Gap::Space
        && (address::is_state(work, at) || (work.at(at).key() == Key::State && at > to))
    {
        to = at + 1;
        if work.at(to).is_number() && work.at(to).len() == 5 && work.at(to).gap == Gap::Space {
            to += 1;
            if work.at(to).is(b'-') && work.at(to + 1).is_number() && work.at(to + 1).is_glued() {
                to += 2;
            }
        }
    }
    to
}

/// The longest place that begins here: where it ends, and whether the United States have it.
pub fn place_end(work: &Work<'_>, from: usize) -> Option<(usize, bool)> {
    let mut best = None;
    let mut hash = fold::BASIS;
    let mut at = from;
    let first = work.at(from);
    for n_words in 1..=4 {
        let token = work.at(at);
        let is_next = n_words == 1 || token.gap <= Gap::Space;
        if !token.is_word() || !is_next || work.is_taken(at) {
            break;
        }
        if n_words > 1 {
            hash = fold::add(hash, b' ');
        }
        hash = fold::extend(hash, work.str(at));
        let bits = if n_words == 1 {
            token.bits()
        } else {
            dictionary::by_hash(hash).bits
        };
        if bits.any(Bits::PLACE.or(Bits::FOREIGN)) {
            best = Some((at + 1, bits.any(Bits::PLACE)));
        }
        at += 1;
        if (work.at(at).is(b'.') || work.at(at).is(b'-'))
            && work.at(at).is_glued()
            && work.at(at + 1).is_word()
        {
            at += 1;
        }
        if n_words == 1 && !first.bits().any(Bits::START) && !is_saint(work, from) {
            break;
        }
    }
    let town = is_town(work, from).map(|to| (to, true));
    if town > best { town } else { best }
}

/// Names of towns are made in few ways: `Lake …`, `North …`, `…burgh`.
pub fn is_town(work: &Work<'_>, n: usize) -> Option<usize> {
    const ENDS: [&str; 17] = [
        "town", "ton", "ville", "berg", "burgh", "borough", "bury", "port", "mouth", "stad",
        "furt", "chester", "haven", "shire", "field", "wood", "ford",
    ];
    let leads = [
        "new", "north", "south", "east", "west", "port", "lake", "fort", "mount", "mt",
    ]
    .iter()
    .any(|word| work.says(n, word));
    let at = n + usize::from(leads);
    let word = work.str(at);
    let is_made = word.len() > 6
        && !work.is_common(at)
        && ENDS
            .iter()
            .any(|end| word.len() > end.len() + 2 && word.to_lowercase().ends_with(end));
    let is_cased = work.at(at).is_capital() || work.at(n).shape == Shape::Lower;
    let is_led = leads
        && work.at(at).gap == Gap::Space
        && is_cased
        && work.at(at).is_word()
        && !work.is_common(at);
    (is_made || is_led).then_some(at + 1)
}

/// `in Boston`, `Sunnyvale, CA`, `the Youngmouth fair`.
pub fn place(work: &mut Work<'_>, run: Run) -> Option<usize> {
    let (end, is_home) = place_end(work, run.from)?;
    let with_state = city_state(work, end);
    let is_led = is_place_before(work, run.from)
        || matches!(
            work.before(run.from, 1).key(),
            Key::City | Key::Address | Key::Seen
        )
        || (work.before(run.from, 1).is(b':')
            && matches!(work.before(run.from, 2).key(), Key::City | Key::Address));
    let first = work.at(run.from);
    let is_whole = end >= run.to || (with_state > end && with_state >= run.to);
    let is_many = end > run.from + 1;
    if with_state > end && (is_whole || is_many) && !is_followed_by_eponym(work, run) {
        return Some(work.mark(run.from, with_state, Type::Location, "place.state"));
    }
    if matches!(first.key(), Key::State | Key::Country | Key::Demonym) && !is_many {
        return None;
    }
    let is_common = work.is_common(run.from)
        && !is_many
        && !(first.bits().any(Bits::PLACE) && !first.bits().any(Bits::CORE));
    let is_told = matches!(work.before(run.from, 1).key(), Key::City | Key::Address)
        || (is_led && work.before(run.from, 2).key() == Key::Address);
    if is_led && is_whole && (!is_common || is_told) && !is_followed_by_eponym(work, run) {
        let to = after_place(work, end);
        return Some(work.mark(run.from, to, Type::Location, "place"));
    }
    if is_many
        && is_home
        && is_whole
        && !is_followed_by_eponym(work, run)
        && (run.from..end).any(|n| !work.is_common(n))
    {
        return Some(work.mark(run.from, end, Type::Location, "place.words"));
    }
    let is_town = is_town(work, run.from).is_some() && !work.is_name(run.from);
    (is_town && is_whole && !is_followed_by_eponym(work, run))
        .then(|| work.mark(run.from, end, Type::Location, "place.town"))
}

/// `on Pemberton Ave`, `from Ward County`: a street or a county by its name.
fn named_street(work: &Work<'_>, run: Run) -> Option<usize> {
    const STREETS: [&str; 17] = [
        "street",
        "st",
        "avenue",
        "ave",
        "road",
        "rd",
        "boulevard",
        "blvd",
        "lane",
        "ln",
        "drive",
        "dr",
        "highway",
        "hwy",
        "parkway",
        "county",
        "township",
    ];
    let last = run.to - 1;
    if run.n_words < 2 || run.n_words > 4 {
        return None;
    }
    let is_led = ["on", "at", "near", "of", "from", "in", "off", "to"]
        .iter()
        .any(|word| work.says(run.from.wrapping_sub(1), word));
    let is_named = (run.from..last).any(|n| {
        work.at(n).is_word() && (!work.is_common(n) || work.is_name(n)) && work.at(n).len() > 2
    });
    let is_street = STREETS.iter().any(|word| work.says(last, word));
    (is_led && is_street && is_named).then(|| city_state(work, run.to))
}

/// `on Villacher Strasse 89`: a name and a number after a word for a place.
pub fn street(work: &mut Work<'_>, run: Run) -> Option<usize> {
    if let Some(to) = named_street(work, run) {
        return Some(work.mark(run.from, to, Type::Location, "address.named"));
    }
    let number = work.at(run.to);
    let next = work.at(run.to + 1);
    let is_number = number.is_number()
        && number.gap == Gap::Space
        && number.len() <= 4
        && !(1900..2100).contains(&work.value(run.to));
    let is_led = ["on", "of", "at", "to", "in", "is", "and", "same"]
        .iter()
        .any(|word| work.says(run.from.wrapping_sub(1), word))
        || work.before(run.from, 1).is(b':');
    let is_measure = matches!(next.key(), Key::Unit2 | Key::AgeUnit)
        || matches!(next.sign, b'%' | b'/')
        || (next.is(b'.') && next.is_glued() && work.at(run.to + 2).is_number());
    let n_free = (run.from..run.to)
        .filter(|n| work.at(*n).is_word() && work.at(*n).len() > 1 && !work.is_common(*n))
        .count();
    if !is_number
        || !is_led
        || is_measure
        || n_free == 0
        || work.at(run.to - 1).shape == Shape::Upper
        || work.at(run.from).key() == Key::Title
    {
        return None;
    }
    let to = address::tail(work, run.to + 1);
    Some(work.mark(run.from, to, Type::Location, "address.street"))
}

/// `, Denver` after `Elm Street`; ` City`.
pub fn after_place(work: &Work<'_>, to: usize) -> usize {
    let at = if work.at(to).key() == Key::City && work.at(to).is_capital() {
        to + 1
    } else {
        to
    };
    let code = work.at(at);
    let next = work.at(at + 1);
    // `840 24`, `7412 SL`
    let is_parted = code.is_number()
        && code.gap == Gap::Space
        && next.gap == Gap::Space
        && ((code.len() == 3 && next.is_number() && next.len() == 2)
            || (code.len() == 4 && next.shape == Shape::Upper && next.len() == 2));
    if is_parted && work.at(at + 2).key() != Key::Unit2 {
        return at + 2;
    }
    if code.is_number()
        && code.gap == Gap::Space
        && (4..=6).contains(&code.len())
        && !(1900..2100).contains(&work.value(at))
        && work.at(at + 1).key() != Key::Unit2
    {
        return work.run(at).to;
    }
    let to = city_state(work, at);
    after_facility(work, to, to)
}

/// `from andrewburgh` in small letters.
pub fn small_place(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if token.len() < 3 || token.gap > Gap::Space || work.begins_sentence(n) {
        return None;
    }
    let before = n.wrapping_sub(1);
    let is_led = ["from", "in", "near"]
        .iter()
        .any(|word| work.says(before, word))
        || work.before(n, 1).key() == Key::City;
    if !is_led {
        return None;
    }
    let is_living = work.is_lower && work.before(n, 2).key() == Key::Address;
    let (end, is_home) =
        place_end(work, n).or((is_living && !work.is_common(n)).then_some((n + 1, true)))?;
    let is_town = is_town(work, n) == Some(end) && !work.is_common(end - 1);
    let is_known = is_home
        && token.bits().any(Bits::PLACE.or(Bits::START))
        && (end > n + 1 || !work.is_common(n));
    let is_free = !matches!(token.key(), Key::State | Key::Country | Key::Month)
        && (is_town || is_known || (work.is_lower && !work.is_common(n)));
    is_free.then(|| {
        let to = city_state(work, end);
        work.mark(n, to, Type::Location, "place.small")
    })
}

pub fn is_place_before(work: &Work<'_>, n: usize) -> bool {
    let skip =
        usize::from(work.says(n.wrapping_sub(1), "the") || work.says(n.wrapping_sub(1), "our"));
    [
        "in", "from", "near", "to", "at", "around", "outside", "of", "via",
    ]
    .iter()
    .any(|word| work.says(n.wrapping_sub(1 + skip), word))
}
