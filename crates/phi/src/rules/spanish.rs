//! Places of care and teaching as Spanish writes them: the kind first, the name after.

use crate::key::Key;
use crate::span::Type;
use crate::token::Gap;
use crate::work::Work;

const KINDS: [&str; 12] = [
    "hospital",
    "clínica",
    "clinica",
    "centro",
    "complejo",
    "instituto",
    "facultad",
    "universidad",
    "fundación",
    "policlínica",
    "residencia",
    "sanatorio",
];

/// Whether a kind of place of care stands here, in a Spanish text.
pub fn is_kind(work: &Work<'_>, n: usize) -> bool {
    work.is_spanish && KINDS.iter().any(|kind| same(work, n, kind))
}

/// `28039 Madrid`, `- 02006 Albacete`, with the street before it and the province after.
pub fn postal(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if !work.is_spanish || work.at(n).len() != 5 || !(1_000..53_000).contains(&work.value(n)) {
        return None;
    }
    let first = n + 1 + usize::from(matches!(work.at(n + 1).sign, b'.' | b',' | b'-'));
    let town = town(work, first)?;
    let mut to = town;
    for _ in 0..2 {
        let opens = usize::from(work.at(to).is(b'('));
        if !matches!(work.at(to).sign, b',' | b'.' | b'-' | b'(') {
            break;
        }
        let Some(end) = town_known(work, to + 1) else {
            break;
        };
        to = end + opens;
    }
    let from = street_before(work, n);
    Some(work.mark(from, to, Type::Location, "postal"))
}

/// Capital words with small ones between.
fn town(work: &Work<'_>, from: usize) -> Option<usize> {
    let (mut at, mut to) = (from, from);
    while at < from + 6 {
        let token = work.at(at);
        let is_label = work.at(at + 1).is(b':')
            || (work.at(at + 1).is(b'-') && work.at(at + 1).is_glued())
            || matches!(
                token.key(),
                Key::Phone | Key::Fax | Key::Email | Key::Title | Key::Country
            );
        if token.gap > Gap::Space || is_label {
            break;
        }
        if token.is_capital() && token.len() > 1 {
            to = at + 1;
        } else if token.key() != Key::Particle {
            break;
        }
        at += 1;
    }
    (to > from).then_some(to)
}

fn town_known(work: &Work<'_>, from: usize) -> Option<usize> {
    use crate::dictionary::Bits;
    let to = town(work, from)?;
    (from..to)
        .any(|n| {
            work.at(n)
                .bits()
                .any(Bits::PLACE.or(Bits::FOREIGN).or(Bits::START))
        })
        .then_some(to)
}

/// Where the street before a postal code begins: back over capital words, numbers and what joins them.
fn street_before(work: &Work<'_>, n: usize) -> usize {
    let (mut at, mut from, mut n_parts) = (n, n, 0);
    while at > 0 && n - at < 16 {
        let gap = work.at(at).gap;
        let token = work.at(at - 1);
        let is_part = token.is_number()
            || token.is_capital()
            || token.key() == Key::Particle
            || token.len() <= 2
            || matches!(token.sign, b',' | b'-' | b'/' | b'.' | 1);
        let word = work.before(at - 1, 1);
        let ends = token.is(b'.') && word.is_word() && word.len() > 3 && word.key() == Key::None;
        if !is_part || ends || gap > Gap::Space || work.is_taken(at - 1) {
            break;
        }
        at -= 1;
        n_parts += usize::from(work.at(at).is_number());
        if work.at(at).is_capital() && work.at(at).len() > 1 {
            from = at;
        }
    }
    if n_parts > 0 || (from..n).any(|n| work.at(n).is(b'/')) {
        from
    } else {
        n
    }
}

/// At `Hospital`, `Centro`, `Facultad`: the words of its name follow.
pub fn institution(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if !work.is_spanish || !work.at(n).is_capital() || !KINDS.iter().any(|kind| same(work, n, kind))
    {
        return None;
    }
    let (mut at, mut to, mut n_words) = (n + 1, n + 1, 0);
    while at < n + 12 && !work.is_taken(at) {
        let token = work.at(at);
        if token.gap > Gap::Space {
            break;
        }
        if token.is_capital() || (token.is_number() && token.len() <= 2 && n_words == 0) {
            n_words += 1;
            at += 1;
            to = at;
        } else if (token.is(b'.')
            && token.is_glued()
            && work.before(at, 1).len() <= 3
            && work.at(at + 1).is_capital())
            || token.key() == Key::Particle
        {
            at += 1;
        } else {
            break;
        }
    }
    (n_words > 0).then(|| work.mark(n, to, Type::Facility, "facility.kind"))
}

/// As written, whatever the case of letters with marks.
fn same(work: &Work<'_>, n: usize, word: &str) -> bool {
    work.str(n).len() == word.len() && work.str(n).to_lowercase() == word
}
