//! Places of care by their name, and what leads to one.

use super::place::{city_state, is_place_before, place_end};
use super::{Run, is_followed_by_eponym};
use crate::dictionary::Bits;
use crate::key::Key;
use crate::rules::address;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

pub fn is_saint(work: &Work<'_>, n: usize) -> bool {
    work.says(n, "st") && (work.at(n + 1).is(b'.') || work.at(n + 1).is_capital())
}

/// The last word of a run, or the small one after it, that names a place of care.
pub fn last_facility(work: &Work<'_>, run: Run) -> Option<usize> {
    let mut to = run.to;
    if work.at(to).is(b'\'') && work.says(to + 1, "s") {
        to += 2;
    }
    for _ in 0..3 {
        let token = work.at(to);
        if token.gap != Gap::Space
            || !matches!(token.key(), Key::Facility | Key::FacilityMore)
            || work.is_taken(to)
        {
            break;
        }
        if token.key() == Key::Facility {
            return Some(to);
        }
        to += 1;
    }
    (run.from..run.to)
        .rev()
        .find(|n| work.at(*n).key() == Key::Facility && *n > run.from)
}

/// `St. Mary's Hospital`, `Cleveland Clinic`, `at Stanford Health`.
pub fn facility(work: &mut Work<'_>, run: Run) -> Option<usize> {
    if let Some(head) = last_facility(work, run) {
        let has_proper = (run.from..head.min(run.to)).any(|n| {
            work.at(n).is_capital()
                && (!work.is_common(n)
                    || matches!(
                        work.at(n).key(),
                        Key::FacilityMore | Key::FacilityStart | Key::State
                    )
                    || !work.begins_sentence(n))
        });
        let is_small = work.at(head).shape == Shape::Lower;
        let first = work.at(run.from);
        let is_vague = is_small
            && run.n_words == 1
            && !first.bits().any(Bits::PLACE)
            && (work.is_common(run.from)
                || matches!(first.key(), Key::FacilityMore | Key::Demonym | Key::Ward));
        if has_proper && !is_vague && !is_program(work, head + 1) {
            let to = after_facility(work, head + 1, run.to);
            return Some(work.mark(run.from, to, Type::Facility, "facility"));
        }
    }
    // `seen by Dr. Ruiz in Toledo`, `transferred to Lynnette R.` name who, not where.
    let first = work.at(run.from);
    let is_who = first.key() == Key::Title
        || (!work.says(run.from.wrapping_sub(1), "at")
            && run.n_words <= 2
            && first.bits().any(Bits::GIVEN)
            && !first.bits().any(Bits::PLACE.or(Bits::FOREIGN))
            && !work.is_common(run.from));
    let is_seen = is_seen_before(work, run.from) && !is_who;
    let last = work.at(run.to - 1);
    let ends_in_care = run.n_words >= 2 && last.key() == Key::FacilityMore;
    let is_saint = is_saint(work, run.from)
        || (work.at(run.from).key() == Key::FacilityStart && run.n_words >= 2);
    if is_saint || (ends_in_care && (is_seen || is_place_before(work, run.from))) {
        let to = with_possessive(work, run.to);
        let to = after_facility(work, to, to);
        return Some(work.mark(run.from, to, Type::Facility, "facility.saint"));
    }
    if is_seen && is_worth(work, run) && !is_followed_by_eponym(work, run) {
        let to = with_possessive(work, run.to);
        let to = after_facility(work, to, to);
        return Some(work.mark(run.from, to, Type::Facility, "facility.seen"));
    }
    None
}

/// `… Clinic guidelines`, `… Hospital study` speak of a paper.
pub fn is_program(work: &Work<'_>, n: usize) -> bool {
    let token = work.at(n);
    token.gap == Gap::Space
        && token.key() == Key::EponymHead
        && token.shape == Shape::Lower
        && !["type", "stage", "type"]
            .iter()
            .any(|word| work.says(n, word))
}

pub fn with_possessive(work: &Work<'_>, to: usize) -> usize {
    if work.at(to).is(b'\'')
        && work.at(to).is_glued()
        && work.says(to + 1, "s")
        && work.at(to + 1).is_glued()
    {
        to + 2
    } else {
        to
    }
}

/// `seen at`, `admitted to`, `at`: words before a place of care.
pub fn is_seen_before(work: &Work<'_>, n: usize) -> bool {
    let skip =
        usize::from(work.says(n.wrapping_sub(1), "the") || work.says(n.wrapping_sub(1), "our"));
    let near = n.wrapping_sub(1 + skip);
    if work.says(near, "at") || work.at(near).is(b'@') {
        return true;
    }
    (work.says(near, "to")
        || work.says(near, "in")
        || work.says(near, "from")
        || work.says(near, "visited")
        || work.says(near, "by"))
        && (1..=2).any(|back| {
            work.before(near, back).key() == Key::Seen || work.at(near).key() == Key::Seen
        })
}

/// Whether a run after `seen at` may be a place: not a ward, not a measure, not a common word.
pub fn is_worth(work: &Work<'_>, run: Run) -> bool {
    let first = work.at(run.from);
    let is_short = run.n_words == 1 && (first.key() == Key::Ward || first.len() < 2);
    let is_number_next =
        work.at(run.to).is_number() || work.at(run.to + 1).is_number() && work.says(run.to, "of");
    let is_plain = (run.from..run.to)
        .all(|n| !work.at(n).is_word() || (work.is_common(n) && work.at(n).shape != Shape::Upper));
    let is_known_place = first.bits().any(Bits::PLACE.or(Bits::FOREIGN))
        || (run.n_words >= 2 && work.at(run.to - 1).key() == Key::FacilityMore);
    let is_spoken = matches!(
        first.key(),
        Key::Pronoun | Key::Month | Key::Weekday | Key::State | Key::Country | Key::Demonym
    );
    !is_short && !is_number_next && (!is_plain || is_known_place) && !is_spoken
}

/// `, Baltimore, MD`, ` in Rochester, MN`, ` Campus` after a place of care.
pub fn after_facility(work: &Work<'_>, from: usize, least: usize) -> usize {
    let mut to = from.max(least);
    for _ in 0..2 {
        let skip = usize::from(work.says(to, "downtown") || work.says(to, "main"));
        let is_site = ["facility", "office", "clinic", "hospital", "campus"]
            .iter()
            .any(|word| work.says(to + skip, word));
        if is_site && work.at(to).gap == Gap::Space && work.at(to + skip).gap == Gap::Space {
            to += 1 + skip;
        }
    }
    while matches!(work.at(to).key(), Key::Facility | Key::FacilityMore)
        && work.at(to).is_capital()
        && work.at(to).gap == Gap::Space
    {
        to += 1;
    }
    let comma = work.at(to).is(b',');
    let link = comma || work.says(to, "in") || work.says(to, "of") || work.at(to).is(b'-');
    if !link || work.at(to).gap > Gap::Space {
        return to;
    }
    let next = work.at(to + 1);
    if !next.is_capital() || next.gap > Gap::Space {
        return to;
    }
    match place_end(work, to + 1) {
        Some((end, _)) if !comma || !is_person(work, to + 1, end) => city_state(work, end),
        _ if address::is_state(work, to + 1) || work.at(to + 1).key() == Key::State => to + 2,
        _ => to,
    }
}

/// After a comma a name may follow as well as a city.
pub fn is_person(work: &Work<'_>, n: usize, end: usize) -> bool {
    let next = work.at(end);
    let is_initial =
        next.shape == Shape::Initial && next.gap == Gap::Space && !address::is_state(work, end);
    let is_family = next.is_capital()
        && next.gap == Gap::Space
        && work.is_name(end)
        && !address::is_state(work, end);
    work.at(n).bits().any(Bits::GIVEN) && end == n + 1 && (is_initial || is_family)
}
