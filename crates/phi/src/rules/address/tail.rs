//! What follows a house and its street: unit, town, region, country, code, over lines.

use super::{is_military, is_state, is_street};
use crate::dictionary::Bits;
use crate::key::Key;
use crate::rules::spanish;
use crate::token::{Gap, Shape};
use crate::work::Work;

/// The rest of an address: unit, city, state, country, code, over lines.
pub fn tail(work: &Work<'_>, from: usize) -> usize {
    let mut to = from;
    let mut at = from;
    let (mut has_code, mut has_unit) = (false, false);
    while at < from + 28 {
        let token = work.at(at);
        if token.gap > Gap::Line || work.is_taken(at) {
            break;
        }
        // A code closes the lines of an address: what follows on a new line is something else, unless a country.
        if has_code && token.gap == Gap::Line && token.key() != Key::Country {
            break;
        }
        let is_parted = at > to || token.gap == Gap::Line;
        if token.is(b',') || ((token.is(b'-') || token.is(b'.')) && at == to) {
            // `.` belongs to the abbreviation before it, not to the end of a sentence.
            if token.is(b'.')
                && !(token.is_glued()
                    && matches!(
                        work.before(at, 1).key(),
                        Key::Unit | Key::StreetSuffix | Key::StreetPrefix | Key::Title
                    )
                    && work.at(at + 1).gap <= Gap::Space
                    && work.at(at + 1).kind != crate::token::Kind::End
                    && (work.at(at + 1).is_number()
                        || work.at(at + 1).is(b',')
                        || work.at(at + 1).key() == Key::Unit
                        || is_street(work, at.wrapping_sub(1))))
            {
                break;
            }
            at += 1;
            continue;
        }
        if token.is(b'(') && work.at(at + 1).is_capital() && work.at(at + 2).is(b')') && at == to {
            at += 3;
            to = at;
            continue;
        }
        if token.is(b'#') && work.at(at + 1).is_number() {
            at += 2;
            to = at;
            continue;
        }
        // `, EC 76634`, `43 73313`, `Sindi PR`: a region in two signs.
        if !has_code && is_region(work, at, to) {
            at += 1;
            to = at;
            continue;
        }
        // `Ceské Budejovice 6, Kazakhstan`: the part of a town.
        let is_part = has_unit
            && token.is_number()
            && token.len() <= 2
            && at == to
            && work.before(at, 1).is_capital()
            && (work.at(at + 1).is(b',') || work.at(at + 1).gap == Gap::Line);
        if is_part {
            at += 1;
            to = at;
            continue;
        }
        if token.is_number() {
            let run = work.run(at);
            let is_short = token.len() == 2
                && (work.before(at, 1).is(b',') || (run.n_digits >= 4 && run.n_letters == 0));
            let is_code = ((3..=6).contains(&token.len()) || is_short) && !has_code;
            let is_door = work.before(at, 1).key() == Key::Unit
                || (work.before(at, 1).is(b'.') && work.before(at, 2).key() == Key::Unit);
            if !(is_code || is_door) {
                break;
            }
            has_code |= !is_door && token.len() > 2;
            at = run.to;
            to = at;
            if work.is_spanish
                && token.len() == 5
                && let Some(end) = spanish::after_code(work, at)
            {
                return end;
            }
            continue;
        }
        let is_labelled = work.at(at + 1).is(b':');
        let is_unit = token.key() == Key::Unit
            && (work.at(at + 1).is_number()
                || work.at(at + 2).is_number()
                || work.at(at + 1).shape == Shape::Initial);
        let is_line =
            (token.gap == Gap::Line || work.before(at, 1).is(b',')) && is_place_line(work, at);
        if is_line {
            while work.at(at).is_word()
                && work.at(at + 1).is_word()
                && work.at(at + 1).gap <= Gap::Space
                && work.at(at + 1).is_capital()
            {
                at += 1;
            }
        }
        if is_postal(work, at) {
            at += 6;
            to = at;
            continue;
        }
        let after = work.at(at + 1);
        let ends_line = token.is_capital()
            && token.gap <= Gap::Space
            && at > from
            && (after.gap == Gap::Line || after.key() == Key::Unit)
            && !matches!(token.key(), Key::Pronoun | Key::Role);
        // After a unit comes a town, and a country of any number of words.
        let is_after_unit = has_unit
            && !has_code
            && !is_labelled
            && is_unit_town(work, at)
            && (token.gap == Gap::Space || !work.is_common(at));
        let is_place = token.is_word()
            && !is_labelled
            && (is_line || ends_line || is_after_unit || is_place_word(work, at, is_parted));
        if !(is_unit || is_place) {
            break;
        }
        has_unit |= is_unit;
        at += 1;
        if is_unit && work.at(at).shape == Shape::Initial {
            at += 1;
        }
        to = at;
        if work.at(at).is(b'\'') && work.at(at).is_glued() && work.says(at + 1, "s") {
            at += 2;
            to = at;
        }
    }
    to
}

fn is_unit_town(work: &Work<'_>, n: usize) -> bool {
    let token = work.at(n);
    let is_kept = matches!(
        token.key(),
        Key::None
            | Key::Demonym
            | Key::Country
            | Key::State
            | Key::City
            | Key::Particle
            | Key::FacilityStart
            | Key::Facility
            | Key::Org
    );
    let is_cased = token.is_capital() || (work.is_lower && !work.is_common(n));
    token.is_word() && is_kept && is_cased
}

/// Two capitals or digits before a postal code, or two capitals that end an address.
fn is_region(work: &Work<'_>, n: usize, to: usize) -> bool {
    let (token, next) = (work.at(n), work.at(n + 1));
    let is_two = token.len() == 2
        && (token.is_number()
            || token.shape == Shape::Upper
            || (work.is_lower && token.is_word() && work.before(n, 1).is(b',')));
    let is_before_code = next.is_number()
        && (4..=6).contains(&next.len())
        && next.gap >= Gap::Space
        && next.gap <= Gap::Line;
    let is_last = token.shape == Shape::Upper
        && n == to
        && work.before(n, 1).is_capital()
        && work.before(n, 1).len() > 2
        && (next.kind == crate::token::Kind::End
            || next.gap >= Gap::Line
            || matches!(next.sign, b',' | b'.' | b'?'));
    let is_parted = work.before(n, 1).is(b',') || work.before(n, 1).is_capital() || work.is_lower;
    is_two && ((is_before_code && is_parted) || is_last)
}

/// A Canadian postal code: `B0J 2H0`.
fn is_postal(work: &Work<'_>, n: usize) -> bool {
    let letter = |n: usize| work.at(n).shape == Shape::Initial;
    let digit = |n: usize| work.at(n).is_number() && work.at(n).len() == 1;
    letter(n)
        && digit(n + 1)
        && letter(n + 2)
        && digit(n + 3)
        && letter(n + 4)
        && digit(n + 5)
        && work.at(n + 1).is_glued()
        && work.at(n + 2).is_glued()
}

/// A line, or a part between commas, of at most four capital words: a town or a country.
fn is_place_line(work: &Work<'_>, from: usize) -> bool {
    for at in from..from + 5 {
        let token = work.at(at);
        if at > from
            && (token.gap >= Gap::Line
                || token.is(b',')
                || token.is_number()
                || token.kind == crate::token::Kind::End
                || token.is(b'?'))
        {
            return true;
        }
        if !token.is_capital()
            || token.gap > Gap::Line
            || matches!(
                token.key(),
                Key::Phone
                    | Key::Email
                    | Key::NameLabel
                    | Key::Dob
                    | Key::Fax
                    | Key::Role
                    | Key::Month
                    | Key::Title
                    | Key::Pronoun
            )
        {
            return false;
        }
    }
    false
}

fn is_place_word(work: &Work<'_>, n: usize, is_parted: bool) -> bool {
    let token = work.at(n);
    if is_state(work, n)
        || matches!(token.key(), Key::State | Key::Country)
        || work.says(n, "nan")
        || is_military(work, n)
    {
        return true;
    }
    if token.key() == Key::Particle && work.at(n + 1).is_capital() && token.gap <= Gap::Space {
        return true;
    }
    if matches!(
        token.key(),
        Key::Pronoun
            | Key::Month
            | Key::Weekday
            | Key::Title
            | Key::Phone
            | Key::Email
            | Key::NameLabel
            | Key::Dob
            | Key::Fax
            | Key::Role
    ) {
        return false;
    }
    let is_cased = token.is_capital() || (work.is_lower && token.len() > 2);
    let bits = token.bits();
    let is_known = bits.any(Bits::PLACE.or(Bits::FOREIGN));
    let is_free = !work.is_common(n)
        || (is_known && !work.is_lower)
        || (is_street(work, n) && !is_parted)
        || (token.key() == Key::FacilityStart);
    is_cased && is_free
}
