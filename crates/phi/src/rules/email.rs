//! E-mail addresses, plain, spaced and spelled out; accounts on social sites.

use crate::dictionary::Bits;
use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

/// At `@`.
pub fn at_sign(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let is_spaced = !work.at(n).is_glued() || !work.at(n + 1).is_glued();
    let to = domain(work, n + 1, is_spaced).or_else(|| spaced_domain(work, n + 1, is_spaced));
    let from = local(work, n).map(|from| spelled_local(work, n, from));
    if let (Some(from), Some(to)) = (from, to)
        && (!is_spaced || work.at(n).gap <= Gap::Space)
    {
        return Some(work.mark(from, to, Type::Email, "email"));
    }
    if !work.at(n).is_glued() || !(work.before(n, 1).is_word() || work.before(n, 1).is_number()) {
        return handle(work, n);
    }
    None
}

/// Where the part before the sign begins.
fn local(work: &Work<'_>, n: usize) -> Option<usize> {
    let mut from = n;
    for back in 1..40 {
        let place = n.wrapping_sub(back);
        let token = work.at(place);
        let is_part = token.is_word()
            || token.is_number()
            || matches!(token.sign, b'.' | b'_' | b'-' | b'+' | b'%');
        if !is_part || work.is_taken(place) {
            break;
        }
        from = place;
        if !token.is_glued() {
            break;
        }
    }
    while from < n && !(work.at(from).is_word() || work.at(from).is_number()) {
        from += 1;
    }
    (from < n).then_some(from)
}

/// Where a domain with a dot ends.
fn domain(work: &Work<'_>, n: usize, is_spaced: bool) -> Option<usize> {
    let mut to = n;
    let mut has_dot = false;
    while to < n + 24 {
        let token = work.at(to);
        let after = work.at(to + 1);
        let is_first = to == n;
        if !(token.is_word() || token.is_number())
            || (!token.is_glued() && !(is_first && is_spaced && token.gap == Gap::Space))
        {
            break;
        }
        to += 1;
        if (after.is(b'.') || after.is(b'-'))
            && after.is_glued()
            && work.at(to + 1).is_glued()
            && work.at(to + 1).is_word()
        {
            has_dot |= after.is(b'.');
            to += 1;
        }
    }
    (has_dot && to > n).then_some(to)
}

/// `example . com`: a domain with spaces around its point.
fn spaced_domain(work: &Work<'_>, n: usize, is_spaced: bool) -> Option<usize> {
    let (name, dot, ending) = (work.at(n), work.at(n + 1), work.at(n + 2));
    (is_spaced
        && name.is_word()
        && dot.is(b'.')
        && ending.key() == Key::Url
        && dot.gap <= Gap::Space
        && ending.gap <= Gap::Space)
        .then_some(n + 3)
}

/// `d w a y n e @`: letters one by one before the sign.
fn spelled_local(work: &Work<'_>, n: usize, from: usize) -> usize {
    let is_letter = |at: usize| {
        let token = work.at(at);
        token.len() == 1 && (token.is_word() || token.is_number()) && token.gap <= Gap::Space
    };
    if from + 1 != n || !is_letter(from) {
        return from;
    }
    let mut first = from;
    while first > 0 && n - first < 40 && is_letter(first - 1) && !work.is_taken(first - 1) {
        first -= 1;
    }
    if from - first >= 2 { first } else { from }
}

fn handle(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let mut to = n + 1;
    let (mut has_name, mut has_org, mut has_sign) = (false, false, false);
    while to < n + 12 {
        let token = work.at(to);
        if !token.is_glued()
            || !(token.is_word() || token.is_number() || token.is(b'_') || token.is(b'.'))
        {
            break;
        }
        has_name |= work.is_name(to) && !work.is_common(to);
        has_org |= is_organization(work.str(to));
        has_sign |= token.is_number() || token.is(b'_');
        to += 1;
    }
    while to > n + 1 && work.at(to - 1).is(b'.') {
        to -= 1;
    }
    let is_word = work.at(n + 1).is_word() && work.at(n + 1).is_glued();
    if !is_word || (has_org && !has_sign) || (work.is_common(n + 1) && !has_name && !has_sign) {
        return is_word.then(|| {
            work.quiet(n, to);
            to
        });
    }
    Some(work.mark(n, to, Type::Handle, "handle"))
}

/// Whether an account name speaks of an organization.
pub fn is_organization(name: &str) -> bool {
    const PARTS: [&str; 14] = [
        "health", "clinic", "hospital", "care", "medic", "dental", "pharm", "support", "news",
        "official", "center", "help", "univers", "insur",
    ];
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part))
}

/// At `at`: `jo at example dot org`, `jo(at)example.org`.
pub fn spoken(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let opens = matches!(work.before(n, 1).sign, b'(' | b'[' | b'{' | b'<');
    let closes = matches!(work.at(n + 1).sign, b')' | b']' | b'}' | b'>');
    if opens != closes {
        return None;
    }
    let sign = if opens { n - 1 } else { n };
    let from = if work.at(sign).gap <= Gap::Space {
        local_spoken(work, sign)?
    } else {
        return None;
    };
    let mut to = if closes { n + 2 } else { n + 1 };
    if !work.at(to).is_word() {
        return None;
    }
    let mut n_dots = 0;
    to += 1;
    for _ in 0..4 {
        let bracket = usize::from(matches!(work.at(to).sign, b'(' | b'[' | b'{'));
        let dot = work.at(to + bracket);
        let is_dot = dot.key() == Key::Dot
            || (dot.is(b'.') && dot.is_glued() && work.at(to + bracket + 1).is_glued());
        let close = usize::from(
            bracket == 1 && matches!(work.at(to + bracket + 1).sign, b')' | b']' | b'}'),
        );
        let next = to + bracket + 1 + close;
        if !is_dot || bracket != close || !work.at(next).is_word() || work.at(next).gap > Gap::Space
        {
            break;
        }
        n_dots += 1;
        to = next + 1;
    }
    let is_spelled =
        opens || work.at(to - 2).key() == Key::Dot || !work.is_common(from) || sign - from > 1;
    (n_dots > 0 && is_spelled).then(|| work.mark(from, to, Type::Email, "email.spoken"))
}

fn local_spoken(work: &Work<'_>, n: usize) -> Option<usize> {
    let mut from = local(work, n)?;
    // `jo dot smith at …`
    for _ in 0..4 {
        let dot = work.before(from, 1);
        if dot.key() != Key::Dot || !work.before(from, 2).is_word() {
            break;
        }
        from -= 2;
    }
    let word = work.at(from);
    let is_word = word.is_word() && from + 1 == n;
    let is_plain = is_word && word.shape == Shape::Lower && word.bits().any(Bits::CORE);
    (!is_plain).then_some(from)
}
