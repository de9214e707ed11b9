//! Later and earlier mentions: a word that was part of a name in this text is one everywhere in it.

use crate::dictionary::Bits;
use crate::key::Key;
use crate::span::Type;
use crate::token::Shape;
use crate::work::Work;

/// How many words are kept in mind.
const MOST: usize = 4096;

/// Marks bare mentions of the names that were found.
///
/// `known` holds those of the pieces before, so that a name said once in a long text is known in the rest of it.
pub fn apply(work: &mut Work<'_>) {
    nicknames(work);
    let mut known = std::mem::take(work.known);
    for found in work.found.iter() {
        if found.kind != Type::Name || known.len() > MOST {
            continue;
        }
        for n in found.from..found.to {
            let token = work.tokens.at(n);
            let is_telling = token.is_word()
                && token.len() > 2
                && token.is_capital()
                && token.shape != Shape::Initial
                && !matches!(token.key(), Key::Title | Key::Particle | Key::NameSuffix);
            if is_telling {
                known.push(work.tokens.hash(n));
            }
        }
    }
    known.sort_unstable();
    known.dedup();
    mark(work, &known);
    *work.known = known;
}

/// `"Skip" Delacroix`: what stands in quotes right before a name belongs to it.
fn nicknames(work: &mut Work<'_>) {
    for place in 0..work.found.len() {
        let Some(found) = work.found.get(place).copied() else {
            return;
        };
        let from = found.from;
        let is_quoted = found.kind == Type::Name
            && from >= 3
            && work.before(from, 1).is(b'"')
            && work.before(from, 2).is_word()
            && work.before(from, 2).is_capital()
            && work.before(from, 3).is(b'"')
            && !work.is_taken(from - 2)
            && work.at(from).gap == crate::token::Gap::Space;
        if is_quoted {
            work.mark(from - 2, from - 1, Type::Name, "name.nick");
        }
    }
}

fn mark(work: &mut Work<'_>, known: &[u64]) {
    if known.is_empty() {
        return;
    }
    for n in 0..work.len() {
        let token = work.at(n);
        if !token.is_word() || !token.is_capital() || token.len() < 3 || work.is_taken(n) {
            continue;
        }
        let is_plain = token.bits().any(Bits::CORE)
            || matches!(
                token.key(),
                Key::Role | Key::Pronoun | Key::Facility | Key::FacilityMore
            );
        if !is_plain && known.binary_search(&work.tokens.hash(n)).is_ok() && !is_eponym(work, n) {
            work.mark(n, n + 1, Type::Name, "name.again");
        }
    }
}

fn is_eponym(work: &Work<'_>, n: usize) -> bool {
    work.at(n + 1).key() == Key::EponymHead
        || (work.at(n + 1).is(b'\'') && work.at(n + 3).key() == Key::EponymHead)
}
