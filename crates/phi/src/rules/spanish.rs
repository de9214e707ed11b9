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
    let to = after_code(work, n + 1)?;
    let from = street_before(work, n);
    Some(work.mark(from, to, Type::Location, "postal"))
}

/// The town after a postal code, and the province after the town.
pub fn after_code(work: &Work<'_>, at: usize) -> Option<usize> {
    let first = at + usize::from(matches!(work.at(at).sign, b'.' | b',' | b'-'));
    let mut to = town(work, first)?;
    for _ in 0..2 {
        let mut next = to;
        while next < to + 2 && matches!(work.at(next).sign, b',' | b'.' | b'-' | b'(') {
            next += 1;
        }
        if next == to {
            break;
        }
        let Some(end) = town_known(work, next) else {
            break;
        };
        to = end + usize::from(work.at(end).is(b')'));
    }
    Some(to)
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
    let is_known = (from..to).any(|n| {
        let bits = work.at(n).bits();
        bits.any(Bits::PLACE.or(Bits::FOREIGN).or(Bits::START))
    });
    (is_known || work.at(from).len() == 1).then_some(to)
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

/// Words before the place that somebody comes from or lives in.
const FROM: [&str; 16] = [
    "natural",
    "procedente",
    "residente",
    "originario",
    "originaria",
    "vecino",
    "vecina",
    "vive",
    "vivo",
    "vivimos",
    "nacido",
    "nacida",
    "resido",
    "reside",
    "trasladado",
    "trasladada",
];

/// `natural de Almendralejo`, `vivo en Dos Hermanas`.
pub fn origin(work: &mut Work<'_>, n: usize) -> Option<usize> {
    // In a text without capitals nothing shows where the place ends.
    if !work.at(n + 2).is_capital() || work.at(n + 1).len() > 2 {
        return None;
    }
    let is_led = FROM.iter().any(|word| work.says(n, word))
        && ["de", "en", "a"].iter().any(|word| work.says(n + 1, word));
    let first = work.at(n + 2);
    if !is_led || !first.is_capital() || first.key() == Key::Country || is_kind(work, n + 2) {
        return None;
    }
    let to = town(work, n + 2)?;
    Some(work.mark(n + 2, to, Type::Location, "place.origin"))
}

/// Words at the head of the lines in which a report names who wrote it, and where.
const SENDERS: [&str; 6] = [
    "remitido",
    "remitida",
    "emitido",
    "responsable",
    "correspondencia",
    "firmado",
];

/// What is left in the lines that name who wrote a report: `Remitido por: … . Hospital … . Calle … . Sevilla`.
///
/// There every part that is written like a name is one: of a place of care, a street, a town.
pub fn senders(work: &mut Work<'_>) {
    if !work.is_spanish {
        return;
    }
    let mut n = 0;
    while n < work.len() {
        let is_head = SENDERS.iter().any(|word| work.says(n, word));
        let colon = (n + 1..n + 4).find(|at| work.at(*at).is(b':'));
        let Some(colon) = colon.filter(|_| is_head) else {
            n += 1;
            continue;
        };
        let mut at = colon + 1;
        while at < (colon + 160).min(work.len())
            && (at == colon + 1 || work.at(at).gap < Gap::Line || has_code(work, at))
        {
            at = sender_part(work, at).max(at + 1);
        }
        n = at;
    }
}

/// Whether the line that begins here holds a postal code.
fn has_code(work: &Work<'_>, from: usize) -> bool {
    (from..from + 24)
        .take_while(|at| *at == from || work.at(*at).gap < Gap::Line)
        .any(|at| work.at(at).is_number() && work.at(at).len() == 5)
}

/// One part between full stops or commas; says where the next begins.
fn sender_part(work: &mut Work<'_>, from: usize) -> usize {
    let mut to = from;
    let (mut n_capitals, mut is_name) = (0, true);
    while to < work.len() && (to == from || work.at(to).gap < Gap::Line) {
        let token = work.at(to);
        let next = work.at(to + 1);
        let is_end = matches!(token.sign, b',' | b'(' | b')' | b':' | b';')
            || (token.is(b'.')
                && !(next.is_glued() || (work.before(to, 1).len() <= 4 && to > from)))
            || work.is_taken(to);
        if is_end {
            break;
        }
        n_capitals += usize::from(token.is_capital() && token.len() > 1);
        is_name &= token.is_capital()
            || token.is_number()
            || token.kind == crate::token::Kind::Sign
            || token.key() == Key::Particle
            || token.key() == Key::Unit
            || token.len() <= 4;
        to += 1;
    }
    let first = work.at(from);
    let is_other = matches!(
        first.key(),
        Key::Clinical | Key::Country | Key::Email | Key::Phone | Key::Fax | Key::Record
    ) || work.says(from, "servicio") && work.says(from + 1, "de")
        || work.at(to).is(b':')
        || work.at(to - usize::from(to > from)).key() == Key::Email
        || (work.says(from, "e") && work.at(from + 1).is(b'-'));
    // `Reyes Católicos, 19 - 5o`: the house belongs to the street before the comma.
    let is_house = work.at(from).is_number()
        && work.at(from).len() <= 3
        && work.before(from, 1).is(b',')
        && work.is_taken(from.wrapping_sub(2));
    if (n_capitals > 0 || is_house) && is_name && !is_other {
        work.mark(from, to, Type::Location, "sender");
    }
    to
}
