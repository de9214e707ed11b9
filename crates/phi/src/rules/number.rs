//! Numbers: telephones, social security and card numbers, ZIP codes, and long numbers that nothing explains.

use super::ident::{self, type_of};
use super::{address, age, date};
use crate::key::Key;
use crate::span::Type;
use crate::token::Gap;
use crate::work::Work;

/// Groups of digits with what parts them.
#[derive(Debug, Clone, Copy, Default)]
struct Groups {
    lens: [usize; 8],
    /// What stands before each group: `-`, `.`, `/`, a space, or `(`.
    seps: [u8; 8],
    /// One past the last token of each group.
    ends: [usize; 8],
    n: usize,
    from: usize,
    has_plus: bool,
}

impl Groups {
    fn len(&self, n: usize) -> usize {
        if n < self.n {
            self.lens.get(n).copied().unwrap_or(0)
        } else {
            0
        }
    }

    fn end(&self, n: usize) -> usize {
        self.ends.get(n).copied().unwrap_or(0)
    }

    fn sep(&self, n: usize) -> u8 {
        if n < self.n {
            self.seps.get(n).copied().unwrap_or(0)
        } else {
            0
        }
    }

    fn total(&self, n: usize) -> usize {
        self.lens.iter().take(n.min(self.n)).sum()
    }

    fn starts_with(&self, lens: &[usize]) -> bool {
        lens.iter().enumerate().all(|(n, len)| self.len(n) == *len)
    }

    /// Whether group `n` hangs on the one before by more than a space.
    fn is_tied(&self, n: usize) -> bool {
        n < self.n && matches!(self.sep(n), b'-' | b'.' | b'/')
    }
}

/// At a number, `(` or `+`.
pub fn apply(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if token.is(b'(') {
        if let Some(to) = ident::gs1(work, n) {
            return Some(to);
        }
        let inner = work.at(n + 1);
        return if inner.is_number() && inner.len() <= 4 && work.at(n + 2).is(b')') {
            grouped(work, n)
        } else {
            None
        };
    }
    if token.is(b'+') {
        return if work.at(n + 1).is_number() || work.at(n + 1).is(b'(') {
            grouped(work, n)
        } else {
            None
        };
    }
    if !work.begins(n) {
        return None;
    }
    if token.len() == 1
        && work.at(n + 1).len() == 1
        && work.at(n + 1).is_number()
        && let Some(to) = spoken(work, n)
    {
        return Some(to);
    }
    if let Some(to) = date::numeric(work, n) {
        return Some(to);
    }
    if let Some(to) = ip(work, n) {
        return Some(to);
    }
    if let Some(to) = age::apply(work, n) {
        return Some(to);
    }
    if is_money(work, n) {
        return None;
    }
    if let Some(to) = grouped(work, n) {
        return Some(to);
    }
    let run = work.run(n);
    if (run.n_letters > 0 || run.n_numbers > 1)
        && let Some(to) = ident::decide(work, n, run)
    {
        return Some(to);
    }
    if work.at(n + 1).is_capital()
        && work.at(n + 1).gap == Gap::Space
        && let Some(to) = address::house(work, n)
    {
        return Some(to);
    }
    single(work, n).or_else(|| address::house(work, n))
}

fn is_money(work: &Work<'_>, n: usize) -> bool {
    matches!(work.before(n, 1).sign, b'$' | b'<')
        || (work.before(n, 1).sign == 1 && work.at(n).is_glued())
}

/// Reads the groups of digits that begin here.
fn groups(work: &Work<'_>, from: usize) -> Groups {
    let mut found = Groups {
        from,
        ..Groups::default()
    };
    let mut at = from;
    if work.at(at).is(b'+') {
        found.has_plus = true;
        at += 1;
    }
    let mut sep = 0;
    while found.n < 8 {
        let opens = work.at(at).is(b'(');
        let digits = at + usize::from(opens);
        let token = work.at(digits);
        if !token.is_number() || work.is_taken(digits) {
            break;
        }
        let closes = opens && work.at(digits + 1).is(b')');
        if opens && !closes {
            break;
        }
        let n = found.n;
        if let (Some(len), Some(slot), Some(end)) = (
            found.lens.get_mut(n),
            found.seps.get_mut(n),
            found.ends.get_mut(n),
        ) {
            *len = token.len();
            *slot = if opens { b'(' } else { sep };
            *end = digits + 1 + usize::from(closes);
        }
        found.n += 1;
        at = found.end(n);
        let next = work.at(at);
        let after = work.at(at + 1);
        if matches!(next.sign, b'-' | b'.' | b'/')
            && after.kind_is_digit_or_open()
            && next.gap <= Gap::Space
            && after.gap <= Gap::Space
        {
            // `555 - 1234` is one number; `. 1234` begins a sentence.
            if !next.is_glued() && !next.is(b'-') || (next.is(b'.') && !after.is_glued()) {
                break;
            }
            sep = next.sign;
            at += 1;
        } else if (next.is_number() || next.is(b'(')) && next.gap <= Gap::Space {
            sep = b' ';
        } else {
            break;
        }
    }
    found
}

impl crate::token::Token {
    fn kind_is_digit_or_open(self) -> bool {
        self.is_number() || self.is(b'(')
    }
}

/// Telephone, social security and card numbers, and other digits in groups.
fn grouped(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let groups = groups(work, n);
    if groups.n == 0 {
        return None;
    }
    let cue = ident::cue(work, n);
    let key = cue.map_or(Key::None, |(key, _)| key);
    if key == Key::NegCue && cue.is_some_and(|(_, back)| back <= 3) {
        let to = groups.end(groups.n - 1);
        work.quiet(n, to);
        return Some(to);
    }
    let is_year = |n: usize| {
        groups.len(n) == 4 && (1900..2100).contains(&work.value(groups.end(n).wrapping_sub(1)))
    };
    if groups.n == 2
        && groups.sep(1) == b'-'
        && is_year(0)
        && is_year(1)
        && matches!(key, Key::None | Key::Record)
    {
        // `records from 2019-2021`
        work.quiet(n, groups.end(1));
        return Some(groups.end(1));
    }
    let ends_here = |count: usize| !groups.is_tied(count);
    let as_said = |fallback: Type| match key {
        Key::None
        | Key::NumberCue
        | Key::Record
        | Key::IdCue
        | Key::Zip
        | Key::Dob
        | Key::Hash
        | Key::NegCue => fallback,
        _ => type_of(key),
    };
    let telephone = |work: &Work<'_>| match as_said(Type::Phone) {
        Type::Fax => Type::Fax,
        _ if fax_before(work, n) => Type::Fax,
        other => other,
    };

    // A telephone of North America: 3-3-4, with or without the 1.
    let is_local = groups.starts_with(&[3, 3, 4]) && ends_here(3);
    let is_long = groups.starts_with(&[1, 3, 3, 4]) && ends_here(4);
    if is_local || is_long {
        let last = if is_long { 4 } else { 3 };
        let to = extension(work, groups.end(last - 1));
        let kind = telephone(work);
        return Some(work.mark(n, to, kind, "phone"));
    }
    if groups.has_plus {
        let mut count = groups.n;
        while count > 1 && groups.total(count) > 15 {
            count -= 1;
        }
        if (7..=15).contains(&groups.total(count)) {
            let to = extension(work, groups.end(count - 1));
            let kind = telephone(work);
            return Some(work.mark(n, to, kind, "phone.plus"));
        }
    }
    if groups.starts_with(&[3, 2, 4]) && ends_here(3) {
        let kind = as_said(Type::Ssn);
        return Some(work.mark(n, groups.end(2), kind, "ssn"));
    }
    for lens in [&[4, 4, 4, 4][..], &[4, 6, 5], &[4, 4, 4, 4, 3], &[4, 6, 4]] {
        if groups.starts_with(lens) && ends_here(lens.len()) {
            return Some(work.mark(n, groups.end(lens.len() - 1), Type::Account, "card"));
        }
    }
    if groups.starts_with(&[5, 4]) && groups.sep(1) == b'-' && ends_here(2) {
        let kind = as_said(Type::Location);
        return Some(work.mark(n, groups.end(1), kind, "zip4"));
    }
    tied(work, &groups, key).or_else(|| loose(work, &groups, cue))
}

/// Any other digits tied by dashes or points: seven or more are somebody's.
fn tied(work: &mut Work<'_>, groups: &Groups, key: Key) -> Option<usize> {
    let mut count = 1;
    while groups.is_tied(count) {
        count += 1;
    }
    let needed = if key == Key::None { 7 } else { 5 };
    let is_fraction = count == 2 && groups.sep(1) == b'.';
    if count < 2 || groups.total(count) < needed || is_fraction || groups.sep(1) == b'/' {
        return None;
    }
    let to = groups.end(count - 1);
    // Letters may hang on: `123-45-JS`.
    let to = work.run(to - 1).to.max(to);
    if (groups.from..to).any(|n| work.at(n).key() == Key::Unit2) {
        return None;
    }
    let to = ident::spaced(work, to, Some((key, 1)));
    Some(work.mark(groups.from, to, type_of(key), "id.tied"))
}

/// Nine digits as Spain writes its telephones: `953 750122`, `91 555 01 02`, `612 345 678`.
fn is_spanish_phone(work: &Work<'_>, groups: &Groups) -> bool {
    const SHAPES: [&[usize]; 6] = [
        &[3, 6],
        &[3, 3, 3],
        &[3, 2, 2, 2],
        &[2, 3, 2, 2],
        &[2, 7],
        &[2, 3, 4],
    ];
    let first = work.str(groups.end(0).wrapping_sub(1)).bytes().next();
    work.is_spanish
        && matches!(first, Some(b'6'..=b'9'))
        && (SHAPES.iter()).any(|shape| groups.starts_with(shape) && groups.len(shape.len()) == 0)
}

/// Digits in groups with spaces, after a word that lets one expect them.
fn loose(work: &mut Work<'_>, groups: &Groups, cue: Option<(Key, usize)>) -> Option<usize> {
    let mut count = groups.n;
    while count > 1 && groups.total(count) > 19 {
        count -= 1;
    }
    // A year or an amount at the end is not part of it.
    if count < 2 || work.at(groups.end(count - 1)).key() == Key::Unit2 {
        return None;
    }
    let total = groups.total(count);
    let key = cue.map_or(Key::None, |(key, _)| key);
    let is_expected = match key {
        Key::Phone | Key::Fax => total >= 6,
        Key::License if work.before(groups.from, 1).is(b':') => total >= 4,
        Key::Ssn | Key::Account | Key::Plan | Key::Mrn | Key::License => total >= 6,
        _ if is_spanish_phone(work, groups) => {
            count = (1..=groups.n)
                .find(|n| groups.total(*n) == 9)
                .unwrap_or(count);
            true
        }
        Key::NumberCue | Key::IdCue => total >= 7,
        _ => {
            let before = work.before(groups.from, 1);
            let is_led = matches!(before.key(), Key::Prep | Key::At) || before.is(b':');
            let is_even = (0..count).all(|n| (2..=7).contains(&groups.len(n)));
            total >= 7
                && is_led
                && is_even
                && (0..count).all(|n| groups.sep(n) != b'/')
                && !work.at(groups.end(count - 1)).is_capital()
        }
    };
    if !is_expected {
        return None;
    }
    let kind = match key {
        Key::None | Key::NumberCue | Key::IdCue | Key::Dob | Key::Zip | Key::Record => Type::Phone,
        _ => type_of(key),
    };
    Some(work.mark(groups.from, groups.end(count - 1), kind, "digits.loose"))
}

/// One number alone.
fn single(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    let len = token.len();
    if len < 3 || work.at(n + 1).key() == Key::Unit2 || (work.at(n + 1).is(b'%')) {
        return None;
    }
    let next = work.at(n + 1);
    let is_decimal = (next.is(b'.') || next.is(b','))
        && next.is_glued()
        && work.at(n + 2).is_number()
        && work.at(n + 2).is_glued();
    let before = work.before(n, 1);
    let is_part = (before.is(b'.') || before.is(b',')) && token.is_glued();
    if is_decimal || is_part {
        return None;
    }
    if let Some(to) = super::spanish::postal(work, n) {
        return Some(to);
    }
    let cue = ident::cue(work, n);
    let key = cue.map_or(Key::None, |(key, _)| key);
    let back = cue.map_or(usize::MAX, |(_, back)| back);
    if key == Key::NegCue && back <= 4 {
        return None;
    }
    if key == Key::Zip && back <= 5 {
        let is_parted = back <= 2
            && next.gap == Gap::Space
            && ((len == 3 && next.is_number() && next.len() <= 3)
                || (len == 4 && next.shape == crate::token::Shape::Upper && next.len() == 2));
        let to = if next.is(b'-') && next.is_glued() && work.at(n + 2).is_number() {
            n + 3
        } else {
            n + 1 + usize::from(is_parted)
        };
        return Some(work.mark(n, to, Type::Location, "zip.cue"));
    }
    if len == 5 && is_lived_in(work, n) {
        return Some(work.mark(n, n + 1, Type::Location, "zip.lived"));
    }
    if len == 5 && address::is_state_before(work, n) {
        return Some(work.mark(n, n + 1, Type::Location, "zip.state"));
    }
    let last = n.wrapping_sub(1 + usize::from(work.says(n.wrapping_sub(1), "in")));
    let is_tail = ["ending", "ends", "x", "xx", "xxx", "xxxx"]
        .iter()
        .any(|word| work.says(last, word));
    if len == 4
        && is_tail
        && matches!(key, Key::Account | Key::Ssn | Key::None | Key::Phone)
        && cue_of_card(work, n)
    {
        return Some(work.mark(n, n + 1, Type::Account, "number.last"));
    }
    let is_year = len == 4 && (1800..=2199).contains(&work.value(n));
    let is_told = before.is(b':') || before.is(b'#') || before.is(b'=') || back <= 2;
    let enough = match key {
        Key::Mrn | Key::Plan | Key::Ssn | Key::License | Key::Device | Key::Account if is_told => {
            len >= 4 && (!is_year || matches!(key, Key::Mrn | Key::Plan | Key::Ssn))
        }
        Key::IdCue if is_told => len >= 4 && !is_year,
        Key::Mrn if back <= 5 => len >= 4 && !is_year,
        Key::Mrn
        | Key::Plan
        | Key::Ssn
        | Key::License
        | Key::Device
        | Key::Account
        | Key::Record
        | Key::IdCue => len >= 5,
        Key::NumberCue => len >= 6,
        Key::Vehicle => len >= 5,
        Key::Phone | Key::Fax => len >= 7 || (len >= 5 && is_told),
        _ => len >= 7,
    };
    if !enough {
        return None;
    }
    let to = ident::spaced(work, work.run(n).to, cue);
    let kind = match (key, len) {
        (Key::None | Key::NumberCue | Key::Zip | Key::Dob, 10) => Type::Phone,
        (Key::None, 12..=19) => Type::Account,
        (Key::None, 9) => Type::OtherId,
        _ => type_of(key),
    };
    let to = if matches!(kind, Type::Phone | Type::Fax) {
        extension(work, to)
    } else {
        to
    };
    let kind = if kind == Type::Phone && fax_before(work, n) {
        Type::Fax
    } else {
        kind
    };
    Some(work.mark(n, to, kind, "number"))
}

/// `I'm in 45402`, `a clinic near 45402?`: a code where a town would stand.
fn is_lived_in(work: &Work<'_>, n: usize) -> bool {
    let is_in = ["in", "near", "around", "from"]
        .iter()
        .any(|word| work.says(n.wrapping_sub(1), word));
    let before = n.wrapping_sub(2);
    let is_person = matches!(work.at(before).key(), Key::Address | Key::Intro | Key::City)
        || [
            "m", "am", "are", "clinic", "office", "doctor", "location", "anyone", "based",
        ]
        .iter()
        .any(|word| work.says(before, word));
    let next = work.at(n + 1);
    let is_over = !next.is_word()
        || next.gap >= Gap::Line
        || matches!(next.key(), Key::Prep | Key::Pronoun)
        || ["looking", "and", "area", "please", "now", "any"]
            .iter()
            .any(|word| work.says(n + 1, word));
    is_in && is_person && is_over
}

/// `card ending in 4471`: the last digits of a card or an account.
fn cue_of_card(work: &Work<'_>, n: usize) -> bool {
    (2..=6).any(|back| {
        let place = n.wrapping_sub(back);
        matches!(work.at(place).key(), Key::Account | Key::Ssn)
            || ["card", "visa", "mastercard", "amex", "ssn", "checking"]
                .iter()
                .any(|word| work.says(place, word))
    })
}

/// `fax the forms to …`: the word may stand far before.
fn fax_before(work: &Work<'_>, n: usize) -> bool {
    (1..=6).any(|back| work.before(n, back).key() == Key::Fax)
}

/// `ext. 12`, `x12`.
fn extension(work: &Work<'_>, to: usize) -> usize {
    let mut at = to;
    if work.at(at).is(b',') {
        at += 1;
    }
    if !(work.says(at, "ext") || work.says(at, "x") || work.says(at, "extension")) {
        return to;
    }
    at += 1;
    if work.at(at).is(b'.') {
        at += 1;
    }
    if work.at(at).is_number() { at + 1 } else { to }
}

/// Digits spelled out, as a caller says them: seven or more.
pub fn spoken(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let (mut at, mut to, mut count) = (n, n, 0);
    while at < n + 60 {
        let token = work.at(at);
        if token.key() == Key::Digit || (token.is_number() && token.len() == 1) {
            count += 1;
            at += 1;
            to = at;
        } else if count > 0
            && (matches!(token.sign, b',' | b'-' | b'.') || work.says(at, "hundred"))
            && token.gap <= Gap::Space
        {
            at += 1;
        } else {
            break;
        }
        if work.at(at).gap > Gap::Space {
            break;
        }
    }
    if count < 7 {
        return None;
    }
    let kind = match ident::cue(work, n) {
        Some((key, _))
            if !matches!(
                key,
                Key::NumberCue | Key::IdCue | Key::NegCue | Key::Dob | Key::Zip
            ) =>
        {
            type_of(key)
        }
        _ => Type::Phone,
    };
    Some(work.mark(n, to, kind, "digits.spoken"))
}

/// Four numbers with points.
fn ip(work: &mut Work<'_>, n: usize) -> Option<usize> {
    for part in 0..4 {
        let place = n + 2 * part;
        let token = work.at(place);
        if !token.is_number()
            || token.len() > 3
            || work.value(place) > 255
            || (part > 0 && !token.is_glued())
        {
            return None;
        }
        if part < 3 && !(work.at(place + 1).is(b'.') && work.at(place + 1).is_glued()) {
            return None;
        }
    }
    let after = work.at(n + 7);
    if after.is(b'.') && after.is_glued() && work.at(n + 8).is_number() && work.at(n + 8).is_glued()
    {
        return None;
    }
    // A version has four parts too.
    if work.before(n, 1).key() == Key::NegCue {
        return None;
    }
    let is_range = after.is(b'/') && after.is_glued() && work.at(n + 8).is_number();
    Some(work.mark(n, if is_range { n + 9 } else { n + 7 }, Type::Ip, "ip"))
}
