//! Words with capitals: places of care, places, names.

mod facility;
mod name;
mod place;
mod shouted;

use self::facility::{facility, is_saint, is_seen_before, is_worth, last_facility};
use self::name::name;
pub use self::name::suffix;
pub use self::place::city_state;
use self::place::{is_place_before, place, small_place, street};
use self::shouted::{is_shouted, shouted, shouted_line};
use crate::dictionary::Bits;
use crate::key::Key;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

/// A run of capital words with what may stand between them.
#[derive(Debug, Clone, Copy)]
struct Run {
    from: usize,
    to: usize,
    /// How many capital words.
    n_words: usize,
}

/// At a word.
pub fn apply(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if !token.is_capital() {
        return small_place(work, n);
    }
    if token.shape == Shape::Upper
        && let Some(to) = shouted_line(work, n)
    {
        return Some(work.mark(n, to, Type::Name, "name.line"));
    }
    if is_shouted(work, n) {
        return shouted(work, n);
    }
    if n < work.barren_until {
        return None;
    }
    let whole = run(work, n);
    let Some(run) = without_opening(work, whole) else {
        work.barren_until = whole.to;
        return None;
    };
    street(work, run)
        .or_else(|| facility(work, run))
        .or_else(|| place(work, run))
        .or_else(|| name(work, run))
        .or(Some(run.to))
}

/// Capital words in a row, with `of`, `&`, points, possessives and particles between.
fn run(work: &Work<'_>, from: usize) -> Run {
    let mut to = from + 1;
    let mut n_words = 1;
    let mut at = from + 1;
    while at < from + 20 && !work.is_taken(at) {
        let token = work.at(at);
        if token.gap > Gap::Space {
            break;
        }
        if at > from && token.is_capital() && super::spanish::is_kind(work, at) {
            break;
        }
        // `E-mail` is no initial.
        let is_half = token.shape == Shape::Initial
            && work.at(at + 1).is(b'-')
            && work.at(at + 1).is_glued()
            && work.at(at + 2).is_glued()
            && work.at(at + 2).shape == Shape::Lower;
        if token.is_capital()
            && !is_half
            && !(matches!(token.key(), Key::Weekday)
                || (token.key() == Key::Month && work.at(at + 1).is_number()))
        {
            n_words += 1;
            at += 1;
            to = at;
            continue;
        }
        let next = work.at(at + 1);
        let is_bridge = match token.sign {
            b'.' => {
                // `Mr. de la Cruz` goes on, too.
                let is_led = work.before(at, 1).key() == Key::Title
                    && next.key() == Key::Particle
                    && bridge_end(work, at + 1).is_some();
                token.is_glued()
                    && next.gap == Gap::Space
                    && (next.is_capital() || is_led)
                    && is_dotted(work, at.wrapping_sub(1))
            }
            b'\'' => {
                token.is_glued()
                    && (work.says(at + 1, "s") && next.is_glued()
                        || next.gap == Gap::Space
                            && next.is_capital()
                            && work.str(at.wrapping_sub(1)).ends_with('s'))
            }
            b'-' if token.is_glued() && is_second_half(work, at + 1) => {
                at += 2;
                to = at;
                continue;
            }
            b'-' => token.is_glued() && next.is_glued() && next.is_capital(),
            b'&' => next.is_capital() && next.gap <= Gap::Space,
            0 => false,
            _ => false,
        };
        if is_bridge {
            at += 1;
            if token.is(b'\'') && work.says(at, "s") && work.at(at).is_glued() {
                at += 1;
                // The possessive belongs to the run only when capitals follow.
                if !work.at(at).is_capital() || work.at(at).gap != Gap::Space {
                    break;
                }
            }
            continue;
        }
        if work.says(at, "and")
            && next.is_capital()
            && next.gap == Gap::Space
            && (at + 1..at + 6)
                .any(|n| work.at(n).key() == Key::Facility && work.at(n).is_capital())
        {
            at += 1;
            continue;
        }
        let is_word = token.is_word()
            && (token.key() == Key::Particle
                || work.says(at, "of")
                || work.says(at, "the")
                || work.says(at, "for"));
        if is_word && bridge_end(work, at).is_some_and(|end| work.at(end).is_capital()) {
            at += 1;
            continue;
        }
        break;
    }
    Run { from, to, n_words }
}

/// `Eun-ji`, `Amy-leigh`: the small half of a given name, with a name after it.
fn is_second_half(work: &Work<'_>, n: usize) -> bool {
    let (first, second, next) = (work.before(n, 2), work.at(n), work.at(n + 1));
    first.shape == Shape::Title
        && !work.is_common(n.wrapping_sub(2))
        && second.is_glued()
        && second.shape == Shape::Lower
        && (2..=8).contains(&second.len())
        && (work.is_name(n) || work.is_unknown(n))
        && next.is_capital()
        && next.gap == Gap::Space
}

/// Over small linking words to what follows them.
fn bridge_end(work: &Work<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    while at < from + 3 {
        let token = work.at(at);
        if token.gap > Gap::Space {
            return None;
        }
        if token.is_capital() {
            return Some(at);
        }
        if !(token.key() == Key::Particle
            || ["of", "the", "for"].iter().any(|word| work.says(at, word)))
        {
            return None;
        }
        at += 1;
    }
    (work.at(at).gap <= Gap::Space).then_some(at)
}

/// Initials and short forms that keep their point.
fn is_dotted(work: &Work<'_>, n: usize) -> bool {
    let token = work.at(n);
    token.shape == Shape::Initial
        || matches!(
            token.key(),
            Key::Title | Key::FacilityStart | Key::NameSuffix
        )
        || work.says(n, "st")
}

/// Leaves off words at the start of a sentence or a heading that are no part of a name.
fn without_opening(work: &Work<'_>, run: Run) -> Option<Run> {
    let mut run = run;
    let has_facility = last_facility(work, run).is_some();
    while run.from < run.to {
        let token = work.at(run.from);
        let next = work.at(run.from + 1);
        let is_title = token.key() == Key::Title
            || token.key() == Key::FacilityStart
            || is_saint(work, run.from);
        let is_name_here = !work.is_common(run.from) || token.shape == Shape::Initial;
        let is_city_word = [
            "new", "north", "south", "east", "west", "port", "lake", "fort", "el", "las", "los",
            "la", "old",
        ]
        .iter()
        .any(|word| work.says(run.from, word));
        let leads_facility = (matches!(token.key(), Key::FacilityMore | Key::Facility)
            || work.says(run.from, "good")
            || work.says(run.from, "our"))
            && next.is_capital();
        let is_given = token.bits().any(Bits::GIVEN)
            && (next.shape == Shape::Initial
                || (next.is_capital() && !work.is_common(run.from + 1)));
        let is_led = !work.begins_sentence(run.from)
            && ((is_place_before(work, run.from)
                && (work.before(run.from, 2).key() == Key::Address
                    || is_hyphened(work, run.from)))
                || (is_seen_before(work, run.from) && is_worth(work, run))
                || (is_place_before(work, run.from)
                    && token.bits().any(Bits::PLACE.or(Bits::FOREIGN))
                    && matches!(token.key(), Key::None | Key::Eponym)));
        if token.is_capital() && is_led {
            return Some(run);
        }
        let is_opening = !token.is_capital()
            || (!is_title && !is_name_here && !is_city_word && !leads_facility && !is_given);
        if !is_opening {
            return Some(run);
        }
        // A common word with capital keeps its place in a run that ends in a place of care.
        if token.is_capital()
            && has_facility
            && !work.begins_sentence(run.from)
            && !matches!(token.key(), Key::Pronoun | Key::Prep)
        {
            return Some(run);
        }
        run.n_words = run.n_words.saturating_sub(usize::from(token.is_capital()));
        run.from += 1;
    }
    None
}

/// `GROSS-SCHWEINBARTH`: two halves of which one is nobody's word.
fn is_hyphened(work: &Work<'_>, n: usize) -> bool {
    work.at(n + 1).is(b'-')
        && work.at(n + 1).is_glued()
        && work.at(n + 2).is_glued()
        && work.at(n + 2).is_capital()
        && work.is_unknown(n + 2)
}

/// Whether a score, a disease, a trial follows: then the name is not a person here.
fn is_followed_by_eponym(work: &Work<'_>, run: Run) -> bool {
    // `Stevens-Johnson syndrome`, `Framingham Heart Study`, `Wells score`
    let inner =
        (run.from + 1..run.to).any(|n| work.at(n).key() == Key::EponymHead && n + 1 == run.to);
    let mut at = run.to;
    if work.at(at).is(b'\'') {
        at += 1 + usize::from(work.says(at + 1, "s"));
    }
    let is_eponym = (run.from..run.to).any(|n| work.at(n).key() == Key::Eponym);
    let next = work.at(at);
    let far = work.at(at + 1);
    let near = next.gap == Gap::Space && next.key() == Key::EponymHead;
    let is_far = is_eponym
        && next.is_word()
        && next.gap == Gap::Space
        && far.gap == Gap::Space
        && far.key() == Key::EponymHead;
    inner || near || is_far || (work.at(run.to).is(b'\'') && is_eponym && !work.is_spanish)
}
