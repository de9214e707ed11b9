//! Codes of letters and digits: record, plan, account, licence, vehicle and device numbers.

use crate::encoded;
use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Kind, Shape};
use crate::work::{Run, Work};

/// How far before a number the word is looked for that says what it is.
pub const REACH: usize = 7;

/// What a number is called after its cue.
pub const fn type_of(key: Key) -> Type {
    match key {
        Key::Mrn | Key::Record => Type::Mrn,
        Key::Plan => Type::HealthPlan,
        Key::Account => Type::Account,
        Key::License => Type::License,
        Key::Vehicle => Type::Vehicle,
        Key::Device => Type::Device,
        Key::Ssn => Type::Ssn,
        Key::Phone => Type::Phone,
        Key::Fax => Type::Fax,
        Key::Zip => Type::Location,
        Key::Dob => Type::Date,
        _ => Type::OtherId,
    }
}

/// The nearest cue that says what a number is, past words like "number" and "id".
pub fn cue(work: &Work<'_>, n: usize) -> Option<(Key, usize)> {
    let (key, back) = work.cue(n, REACH)?;
    if !matches!(key, Key::NumberCue | Key::IdCue) {
        return Some((key, back));
    }
    if ["member", "subscriber", "enrollee"]
        .iter()
        .any(|word| work.says(n.wrapping_sub(back + 1), word))
    {
        return Some((Key::Plan, back));
    }
    let stronger = work
        .cue(n.wrapping_sub(back), 3)
        .filter(|(key, _)| !matches!(key, Key::NumberCue | Key::IdCue));
    Some(stronger.map_or((key, back), |(key, more)| (key, back + more)))
}

/// At `#`: a code follows.
pub fn hash_sign(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let next = work.at(n + 1);
    if !(next.is_number() || next.is_word()) || next.gap > Gap::Space {
        return None;
    }
    let run = work.run(n + 1);
    let cue = cue(work, n);
    if matches!(cue, Some((Key::NegCue, _))) || run.n_digits + run.n_letters < 4 {
        return None;
    }
    let needed = if cue.is_some() { 2 } else { 4 };
    if run.n_digits < needed || (next.is_word() && !next.is_glued()) {
        return None;
    }
    let to = spaced(work, run.to, cue);
    Some(work.mark(
        n,
        to,
        type_of(cue.map_or(Key::None, |(key, _)| key)),
        "id.hash",
    ))
}

/// At `:`: addresses of networks, `00:1a:2b:…` and `2001:db8::1`.
pub fn colons(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if !work.at(n).is_glued() && !work.at(n + 1).is(b':') {
        return None;
    }
    // The part before the first colon was passed already.
    let mut from = n;
    while from > 0
        && n - from < 3
        && work.at(from).is_glued()
        && !work.is_taken(from - 1)
        && (work.at(from - 1).is_word() || work.at(from - 1).is_number())
    {
        from -= 1;
    }
    let (mut to, mut n_colons, mut n_hex) = (from, 0, 0);
    while to < from + 40 {
        let token = work.at(to);
        if to > from && !token.is_glued() {
            break;
        }
        if token.is(b':') {
            n_colons += 1;
        } else if (token.is_word() || token.is_number())
            && work.str(to).bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            n_hex += token.len();
        } else {
            break;
        }
        to += 1;
    }
    while to > from && work.at(to - 1).is(b':') {
        to -= 1;
    }
    let text = work
        .text
        .get(work.at(from).start as usize..work.at(to.saturating_sub(1)).end as usize)?;
    if n_colons == 5 && n_hex == 12 {
        return Some(work.mark(from, to, Type::Device, "mac"));
    }
    (n_colons >= 2 && text.parse::<std::net::Ipv6Addr>().is_ok() && n_hex > 2)
        .then(|| work.mark(from, to, Type::Ip, "ipv6"))
}

/// At a word that begins a run with digits in it.
pub fn code(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if !work.begins(n) {
        return None;
    }
    let run = work.run(n);
    if run.n_digits == 0 {
        return plate(work, n);
    }
    decide(work, n, run)
}

/// Whether a run of letters and digits is somebody's code.
pub fn decide(work: &mut Work<'_>, n: usize, run: Run) -> Option<usize> {
    let cue = cue(work, n);
    if encoded::is_unique_id(work, n, run.to) {
        return Some(work.mark(n, run.to, Type::OtherId, "uuid"));
    }
    let n_all = run.n_digits + run.n_letters;
    if let Some((key, back)) = cue {
        if key == Key::NegCue {
            return (run.n_letters > 0 || run.n_numbers > 1).then(|| {
                work.quiet(n, run.to);
                run.to
            });
        }
        let is_near = back <= 3 || work.before(n, 1).is(b':') || work.before(n, 1).is(b'#');
        let enough = match key {
            Key::Phone | Key::Fax => n_all >= 7 && run.n_letters == 0,
            Key::Vehicle => n_all >= 5 && run.is_upper,
            Key::NumberCue | Key::Record => run.n_digits >= 4 && n_all >= 5,
            Key::Device => run.n_digits >= 4 && n_all >= 5,
            Key::Zip => work.before(n, 1).is(b':') && run.n_digits >= 3 && n_all <= 8,
            _ if is_near => run.n_digits >= 2 && n_all >= 4,
            _ => run.n_digits >= 4 && n_all >= 5,
        };
        let is_written_as_code = run.n_letters == 0 || run.is_upper || run.n_digits >= 3;
        if enough
            && is_written_as_code
            && !(is_year(work, n, run) && !is_near)
            && !is_measure(work, n, run)
        {
            let to = spaced(work, run.to, cue);
            return Some(work.mark(n, to, type_of(key), "id.cue"));
        }
    }
    if is_beneficiary(work, n, run) {
        return Some(work.mark(n, run.to, Type::HealthPlan, "mbi"));
    }
    if n_all == 17
        && run.is_upper
        && is_vin(
            work.text
                .get(work.at(n).start as usize..work.at(run.to - 1).end as usize)?,
        )
    {
        return Some(work.mark(n, run.to, Type::Vehicle, "vin"));
    }
    let is_trial = work.says(n, "nct") || work.says(n, "pmid") || work.says(n, "isrctn");
    if run.n_digits >= 5
        && run.n_letters > 0
        && run.n_letters <= 8
        && (run.is_upper || run.n_digits >= 6)
        && !is_trial
        && !is_measure(work, n, run)
    {
        return Some(work.mark(n, run.to, Type::OtherId, "id.shape"));
    }
    None
}

fn is_year(work: &Work<'_>, n: usize, run: Run) -> bool {
    run.n_letters == 0
        && run.n_numbers == 1
        && run.n_digits == 4
        && (1900..=2099).contains(&work.value(n))
}

/// `120mg`, `55-year-old`: the letters are a unit.
fn is_measure(work: &Work<'_>, n: usize, run: Run) -> bool {
    (n + 1..run.to).any(|place| matches!(work.at(place).key(), Key::Unit2 | Key::AgeUnit))
}

/// Goes on over groups of digits after spaces, when a cue says that a number is meant.
pub fn spaced(work: &Work<'_>, mut to: usize, cue: Option<(Key, usize)>) -> usize {
    if !cue.is_some_and(|(key, _)| {
        matches!(
            key,
            Key::Account
                | Key::Plan
                | Key::Mrn
                | Key::License
                | Key::Vehicle
                | Key::Ssn
                | Key::Device
        )
    }) {
        return to;
    }
    for _ in 0..5 {
        let token = work.at(to);
        let is_group = token.is_number()
            && token.gap == Gap::Space
            && token.len() >= 2
            && work.before(to, 1).is_number();
        let is_year = token.len() == 4 && (1900..=2099).contains(&work.value(to));
        if !is_group || is_year || work.at(to + 1).is(b'/') || work.at(to + 1).key() == Key::Unit2 {
            break;
        }
        to = work.run(to).to;
    }
    to
}

/// `TXZ 2674` after a word for a vehicle; `SN 6781745049` after any.
fn plate(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    let next = work.at(n + 1);
    if !next.is_number() || next.gap != Gap::Space || token.len() > 4 {
        return None;
    }
    if token.shape == Shape::Upper && token.key() == Key::Device && next.len() >= 6 {
        return Some(work.mark(n, n + 2, Type::Device, "serial"));
    }
    let is_upper = matches!(token.shape, Shape::Upper | Shape::Initial);
    let (key, back) = work.cue(n, 3)?;
    let is_free = token.key() == Key::None || (key == Key::Vehicle && back == 1);
    if !is_upper || !(2..=6).contains(&next.len()) || !is_free {
        return None;
    }
    let kind = match key {
        Key::Vehicle => Type::Vehicle,
        Key::License | Key::Mrn | Key::Plan | Key::Account if next.len() >= 4 => type_of(key),
        _ => return None,
    };
    let to = work.run(n + 1).to;
    Some(work.mark(n, to, kind, "plate"))
}

/// A Medicare beneficiary identifier: `1EG4-TE5-MK73`.
fn is_beneficiary(work: &Work<'_>, n: usize, run: Run) -> bool {
    if run.n_digits + run.n_letters != 11 || !run.is_upper {
        return false;
    }
    let text = work
        .text
        .get(work.at(n).start as usize..work.at(run.to - 1).end as usize)
        .unwrap_or_default();
    let shape = text
        .bytes()
        .filter(|byte| *byte != b'-')
        .map(|byte| byte.is_ascii_digit());
    // C A AN N A AN N A A N N, where AN is either.
    let wanted = [
        Some(true),
        Some(false),
        None,
        Some(true),
        Some(false),
        None,
        Some(true),
        Some(false),
        Some(false),
        Some(true),
        Some(true),
    ];
    shape
        .zip(wanted)
        .all(|(is_digit, wanted)| wanted.is_none_or(|wanted| wanted == is_digit))
}

/// Vehicle identification number with its check digit right.
fn is_vin(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'H' => Some(u32::from(byte - b'A' + 1)),
        b'J'..=b'N' => Some(u32::from(byte - b'J' + 1)),
        b'P' => Some(7),
        b'R' => Some(9),
        b'S'..=b'Z' => Some(u32::from(byte - b'S' + 2)),
        _ => None,
    };
    if text.len() != 17 {
        return false;
    }
    let sum: Option<u32> = text
        .bytes()
        .zip(WEIGHTS)
        .map(|(byte, weight)| Some(value(byte)? * weight))
        .sum();
    let check = text.as_bytes().get(8).copied().unwrap_or(0);
    sum.is_some_and(|sum| {
        if sum % 11 == 10 {
            check == b'X'
        } else {
            u32::from(check.wrapping_sub(b'0')) == sum % 11
        }
    })
}

/// Device identifiers of GS1: `(01)…(21)…`.
pub fn gs1(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let is_field = |work: &Work<'_>, n: usize| {
        work.at(n).is(b'(')
            && work.at(n + 1).is_number()
            && work.at(n + 1).len() == 2
            && work.at(n + 2).is(b')')
            && work.at(n + 3).is_glued()
    };
    if !is_field(work, n) || !work.at(n + 3).is_number() || work.at(n + 3).len() < 6 {
        return None;
    }
    let mut to = n;
    while is_field(work, to) && to < n + 40 {
        to = work.run(to + 3).to.max(to + 4);
        if work.at(to).kind != Kind::Sign || !work.at(to).is_glued() {
            break;
        }
    }
    Some(work.mark(n, to, Type::Device, "gs1"))
}
