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
