//! Values of addresses and forms: `fname=…&em=…`. The key says what the value is.

use crate::Profile;
use crate::encoded;
use crate::key::Key;
use crate::span::Type;
use crate::token::Gap;
use crate::work::Work;

/// At `=`.
pub fn equals(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if !work.at(n).is_glued() || !work.before(n, 1).is_word() {
        return None;
    }
    let quote = usize::from(matches!(work.at(n + 1).sign, b'"' | b'\''));
    let from = n + 1 + quote;
    let to = value_end(work, from, quote == 1);
    if from >= to {
        return None;
    }
    let (key, is_campaign) = key_before(work, n);
    if is_campaign {
        // Campaign parameters speak of the campaign, unless somebody put a person there.
        let found = encoded::value(work, from, to);
        if found.is_none() && to == from + 1 && work.at(from).is_number() && work.at(from).len() < 9
        {
            work.quiet(from, to);
        }
        return found;
    }
    if key == Key::ClickId {
        // An advertiser's name for one click: nobody's by itself, and out under the strict profile.
        if work.options.profile == Profile::Strict {
            return Some(work.mark(from, to, Type::OtherId, "pair.click"));
        }
        let found = encoded::value(work, from, to);
        if found.is_none() {
            work.quiet(from, to);
        }
        return found.or(Some(to));
    }
    if is_nothing(work, from, to) {
        return Some(to);
    }
    if is_coordinate(work, n, from, to) {
        return Some(work.mark(from, to, Type::Location, "pair.place"));
    }
    let kind = match key {
        Key::NameLabel | Key::UrlName => Type::Name,
        Key::Phone => Type::Phone,
        Key::Fax => Type::Fax,
        Key::Email => Type::Email,
        Key::Ssn => Type::Ssn,
        Key::Mrn | Key::Record => Type::Mrn,
        Key::Plan => Type::HealthPlan,
        Key::License => Type::License,
        Key::Vehicle => Type::Vehicle,
        Key::Device => Type::Device,
        Key::Dob => Type::Date,
        Key::Zip | Key::City | Key::Address => Type::Location,
        Key::Hash => Type::OtherId,
        Key::Account | Key::IdCue | Key::UrlPerson | Key::NumberCue | Key::Role => {
            let n_digits: usize = (from..to)
                .filter(|n| work.at(*n).is_number())
                .map(|n| work.at(n).len())
                .sum();
            if n_digits < 3 && !encoded::is_unique_id(work, from, to) {
                if is_handle(work, from, to) {
                    return Some(work.mark(from, to, Type::Handle, "pair.handle"));
                }
                return encoded::value(work, from, to);
            }
            if key == Key::Account {
                Type::Account
            } else {
                Type::OtherId
            }
        }
        _ => return encoded::value(work, from, to),
    };
    if kind == Type::Email && is_short_key(work, n) && !(from..to).any(|at| work.at(at).is(b'@')) {
        return encoded::value(work, from, to);
    }
    if matches!(kind, Type::Phone | Type::Device) && !(from..to).any(|n| work.at(n).is_number()) {
        return encoded::value(work, from, to);
    }
    Some(work.mark(from, to, kind, "pair"))
}

/// `e=`, `em=` may say anything.
fn is_short_key(work: &Work<'_>, n: usize) -> bool {
    work.before(n, 1).len() <= 2
}

/// `lat=40.1012&lng=-82.9988`.
fn is_coordinate(work: &Work<'_>, n: usize, from: usize, to: usize) -> bool {
    const KEYS: [&str; 7] = ["lat", "lng", "lon", "long", "latitude", "longitude", "ll"];
    KEYS.iter().any(|key| work.says(n.wrapping_sub(1), key))
        && (from..to)
            .any(|n| work.at(n).is(b'.') && work.at(n + 1).is_number() && work.at(n + 1).len() > 1)
}

/// `tavi_greaves88`: words of a name, or one with digits, joined as accounts are.
fn is_handle(work: &Work<'_>, from: usize, to: usize) -> bool {
    let joins = |n: usize| matches!(work.at(n).sign, b'_' | b'.' | b'-');
    (from..to).all(|n| work.at(n).is_word() || work.at(n).is_number() || joins(n))
        && (from..to).any(|n| work.at(n).len() > 2 && work.is_name(n) && !work.is_common(n))
}

/// Where a value ends: at the next pair, the end of the address, or its quote.
fn value_end(work: &Work<'_>, from: usize, is_quoted: bool) -> usize {
    let mut to = from;
    let mut n_open = 0_u32;
    while to < work.len() && to < from + 200 {
        let token = work.at(to);
        let is_end = if is_quoted {
            matches!(token.sign, b'"' | b'\'' | b'>' | b'<') || token.gap >= Gap::Line
        } else {
            let is_pair = token.is(b'=')
                && work.at(to + 1).is_glued()
                && (work.at(to + 1).is_word() || work.at(to + 1).is_number());
            let closes = (token.is(b')') && n_open == 0) || (is_pair && to > from);
            closes
                || matches!(token.sign, b'&' | b'#' | b';' | b'"' | b'<' | b'>' | b'\'')
                || (token.gap > Gap::Soft)
        };
        if is_end {
            break;
        }
        n_open += u32::from(token.is(b'('));
        to += 1;
    }
    while to > from && matches!(work.at(to - 1).sign, b'.' | b',') {
        to -= 1;
    }
    to
}

/// What the words before the `=` say, the last one first, and whether they speak of a campaign.
fn key_before(work: &Work<'_>, n: usize) -> (Key, bool) {
    let mut key = Key::None;
    let mut is_campaign = false;
    for back in 1..8 {
        let place = n.wrapping_sub(back);
        let token = work.at(place);
        if token.is_word() {
            is_campaign |= work.says(place, "utm")
                || work.says(place, "campaign")
                || work.says(place, "src")
                || work.says(place, "source");
            let found = if work.str(place).eq_ignore_ascii_case("e") {
                Key::Email
            } else {
                token.key()
            };
            if key == Key::None
                || (matches!(key, Key::IdCue | Key::NumberCue | Key::NameLabel)
                    && is_stronger(found))
            {
                key = compound(work.str(place)).unwrap_or(found);
            }
        } else if !(token.is(b'_')
            || token.is(b'-')
            || token.is(b'.')
            || token.is(b'[')
            || token.is(b']'))
        {
            break;
        }
        if !token.is_glued() {
            break;
        }
    }
    (key, is_campaign)
}

/// `patient_id` is an id, `policy_number` is a plan's, `drug_name` nobody's name.
const fn is_stronger(key: Key) -> bool {
    matches!(
        key,
        Key::Mrn
            | Key::Plan
            | Key::Account
            | Key::Ssn
            | Key::License
            | Key::Vehicle
            | Key::Device
            | Key::Phone
            | Key::Fax
            | Key::Email
            | Key::NegCue
    )
}

/// `patientName`, `userEmail`: keys written as one word.
fn compound(word: &str) -> Option<Key> {
    const ENDS: [(&str, Key); 12] = [
        ("email", Key::Email),
        ("phone", Key::Phone),
        ("mobile", Key::Phone),
        ("firstname", Key::NameLabel),
        ("lastname", Key::NameLabel),
        ("fullname", Key::NameLabel),
        ("patientname", Key::NameLabel),
        ("username", Key::NameLabel),
        ("patientid", Key::IdCue),
        ("memberid", Key::Plan),
        ("userid", Key::IdCue),
        ("birthdate", Key::Dob),
    ];
    if word.len() < 6 {
        return None;
    }
    let word = word.to_ascii_lowercase();
    ENDS.iter()
        .find(|(end, _)| word.ends_with(end))
        .map(|(_, key)| *key)
}

/// Values that say nothing of anybody.
fn is_nothing(work: &Work<'_>, from: usize, to: usize) -> bool {
    const NOTHING: [&str; 10] = [
        "true",
        "false",
        "none",
        "null",
        "undefined",
        "yes",
        "no",
        "test",
        "na",
        "unknown",
    ];
    to == from + 1 && NOTHING.iter().any(|word| work.says(from, word))
}
