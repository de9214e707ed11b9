//! Words with capitals: places of care, places, names.

use super::address;
use crate::dictionary::{self, Bits};
use crate::fold;
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
        if token.is_capital()
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
                token.is_glued()
                    && next.gap == Gap::Space
                    && next.is_capital()
                    && is_dotted(work, at.wrapping_sub(1))
            }
            b'\'' => {
                token.is_glued()
                    && (work.says(at + 1, "s") && next.is_glued()
                        || next.gap == Gap::Space
                            && next.is_capital()
                            && work.str(at.wrapping_sub(1)).ends_with('s'))
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
                && work.before(run.from, 2).key() == Key::Address)
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

fn is_saint(work: &Work<'_>, n: usize) -> bool {
    work.says(n, "st") && (work.at(n + 1).is(b'.') || work.at(n + 1).is_capital())
}

/// The last word of a run, or the small one after it, that names a place of care.
fn last_facility(work: &Work<'_>, run: Run) -> Option<usize> {
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
fn facility(work: &mut Work<'_>, run: Run) -> Option<usize> {
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
    let is_seen = is_seen_before(work, run.from);
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
fn is_program(work: &Work<'_>, n: usize) -> bool {
    let token = work.at(n);
    token.gap == Gap::Space
        && token.key() == Key::EponymHead
        && token.shape == Shape::Lower
        && !["type", "stage", "type"]
            .iter()
            .any(|word| work.says(n, word))
}

fn with_possessive(work: &Work<'_>, to: usize) -> usize {
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
fn is_seen_before(work: &Work<'_>, n: usize) -> bool {
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

fn is_place_before(work: &Work<'_>, n: usize) -> bool {
    let skip =
        usize::from(work.says(n.wrapping_sub(1), "the") || work.says(n.wrapping_sub(1), "our"));
    [
        "in", "from", "near", "to", "at", "around", "outside", "of", "via",
    ]
    .iter()
    .any(|word| work.says(n.wrapping_sub(1 + skip), word))
}

/// Whether a run after `seen at` may be a place: not a ward, not a measure, not a common word.
fn is_worth(work: &Work<'_>, run: Run) -> bool {
    let first = work.at(run.from);
    let is_short = run.n_words == 1 && (first.key() == Key::Ward || first.len() < 2);
    let is_number_next =
        work.at(run.to).is_number() || work.at(run.to + 1).is_number() && work.says(run.to, "of");
    let is_plain = (run.from..run.to)
        .all(|n| !work.at(n).is_word() || (work.is_common(n) && work.at(n).shape != Shape::Upper));
    let is_known_place = first.bits().any(Bits::PLACE.or(Bits::FOREIGN));
    let is_spoken = matches!(
        first.key(),
        Key::Pronoun | Key::Month | Key::Weekday | Key::State | Key::Country | Key::Demonym
    );
    !is_short && !is_number_next && (!is_plain || is_known_place) && !is_spoken
}

/// `, Baltimore, MD`, ` in Rochester, MN`, ` Campus` after a place of care.
fn after_facility(work: &Work<'_>, from: usize, least: usize) -> usize {
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
fn is_person(work: &Work<'_>, n: usize, end: usize) -> bool {
    let next = work.at(end);
    let is_initial =
        next.shape == Shape::Initial && next.gap == Gap::Space && !address::is_state(work, end);
    let is_family = next.is_capital()
        && next.gap == Gap::Space
        && work.is_name(end)
        && !address::is_state(work, end);
    work.at(n).bits().any(Bits::GIVEN) && end == n + 1 && (is_initial || is_family)
}

/// `, GA 30301`, ` TX` after a city.
pub fn city_state(work: &Work<'_>, from: usize) -> usize {
    let mut to = from;
    let at = to + usize::from(work.at(to).is(b','));
    if work.at(at).gap <= Gap::Space
        && (address::is_state(work, at) || (work.at(at).key() == Key::State && at > to))
    {
        to = at + 1;
        if work.at(to).is_number() && work.at(to).len() == 5 && work.at(to).gap == Gap::Space {
            to += 1;
            if work.at(to).is(b'-') && work.at(to + 1).is_number() && work.at(to + 1).is_glued() {
                to += 2;
            }
        }
    }
    to
}

/// The longest place that begins here: where it ends, and whether the United States have it.
pub fn place_end(work: &Work<'_>, from: usize) -> Option<(usize, bool)> {
    let mut best = None;
    let mut hash = fold::BASIS;
    let mut at = from;
    let first = work.at(from);
    for n_words in 1..=4 {
        let token = work.at(at);
        let is_next = n_words == 1 || token.gap <= Gap::Space;
        if !token.is_word() || !is_next || work.is_taken(at) {
            break;
        }
        if n_words > 1 {
            hash = fold::add(hash, b' ');
        }
        hash = fold::extend(hash, work.str(at));
        let bits = if n_words == 1 {
            token.bits()
        } else {
            dictionary::by_hash(hash).bits
        };
        if bits.any(Bits::PLACE.or(Bits::FOREIGN)) {
            best = Some((at + 1, bits.any(Bits::PLACE)));
        }
        at += 1;
        if (work.at(at).is(b'.') || work.at(at).is(b'-'))
            && work.at(at).is_glued()
            && work.at(at + 1).is_word()
        {
            at += 1;
        }
        if n_words == 1 && !first.bits().any(Bits::START) && !is_saint(work, from) {
            break;
        }
    }
    let town = is_town(work, from).map(|to| (to, true));
    if town > best { town } else { best }
}

/// Names of towns are made in few ways: `Lake …`, `North …`, `…burgh`.
fn is_town(work: &Work<'_>, n: usize) -> Option<usize> {
    const ENDS: [&str; 17] = [
        "town", "ton", "ville", "berg", "burgh", "borough", "bury", "port", "mouth", "stad",
        "furt", "chester", "haven", "shire", "field", "wood", "ford",
    ];
    let leads = [
        "new", "north", "south", "east", "west", "port", "lake", "fort", "mount", "mt",
    ]
    .iter()
    .any(|word| work.says(n, word));
    let at = n + usize::from(leads);
    let word = work.str(at);
    let is_made = word.len() > 6
        && !work.is_common(at)
        && ENDS
            .iter()
            .any(|end| word.len() > end.len() + 2 && word.to_lowercase().ends_with(end));
    let is_cased = work.at(at).is_capital() || work.at(n).shape == Shape::Lower;
    let is_led = leads
        && work.at(at).gap == Gap::Space
        && is_cased
        && work.at(at).is_word()
        && !work.is_common(at);
    (is_made || is_led).then_some(at + 1)
}

/// `in Boston`, `Sunnyvale, CA`, `the Youngmouth fair`.
fn place(work: &mut Work<'_>, run: Run) -> Option<usize> {
    let (end, is_home) = place_end(work, run.from)?;
    let with_state = city_state(work, end);
    let is_led = is_place_before(work, run.from)
        || matches!(
            work.before(run.from, 1).key(),
            Key::City | Key::Address | Key::Seen
        )
        || (work.before(run.from, 1).is(b':')
            && matches!(work.before(run.from, 2).key(), Key::City | Key::Address));
    let first = work.at(run.from);
    let is_whole = end >= run.to;
    let is_many = end > run.from + 1;
    if with_state > end && (is_whole || is_many) && !is_followed_by_eponym(work, run) {
        return Some(work.mark(run.from, with_state, Type::Location, "place.state"));
    }
    if matches!(first.key(), Key::State | Key::Country | Key::Demonym) && !is_many {
        return None;
    }
    let is_common = work.is_common(run.from)
        && !is_many
        && !(first.bits().any(Bits::PLACE) && !first.bits().any(Bits::CORE));
    let is_told = matches!(work.before(run.from, 1).key(), Key::City | Key::Address)
        || (is_led && work.before(run.from, 2).key() == Key::Address);
    if is_led && is_whole && (!is_common || is_told) && !is_followed_by_eponym(work, run) {
        let to = after_place(work, end);
        return Some(work.mark(run.from, to, Type::Location, "place"));
    }
    if is_many
        && is_home
        && is_whole
        && !is_followed_by_eponym(work, run)
        && (run.from..end).any(|n| !work.is_common(n))
    {
        return Some(work.mark(run.from, end, Type::Location, "place.words"));
    }
    let is_town = is_town(work, run.from).is_some() && !work.is_name(run.from);
    (is_town && is_whole && !is_followed_by_eponym(work, run))
        .then(|| work.mark(run.from, end, Type::Location, "place.town"))
}

/// `on Villacher Strasse 89`: a name and a number after a word for a place.
fn street(work: &mut Work<'_>, run: Run) -> Option<usize> {
    let number = work.at(run.to);
    let next = work.at(run.to + 1);
    let is_number = number.is_number()
        && number.gap == Gap::Space
        && number.len() <= 4
        && !(1900..2100).contains(&work.value(run.to));
    let is_led = ["on", "of", "at", "to", "in", "is", "and", "same"]
        .iter()
        .any(|word| work.says(run.from.wrapping_sub(1), word))
        || work.before(run.from, 1).is(b':');
    let is_measure = matches!(next.key(), Key::Unit2 | Key::AgeUnit)
        || matches!(next.sign, b'%' | b'/')
        || (next.is(b'.') && next.is_glued() && work.at(run.to + 2).is_number());
    let n_free = (run.from..run.to)
        .filter(|n| work.at(*n).is_word() && work.at(*n).len() > 1 && !work.is_common(*n))
        .count();
    if !is_number
        || !is_led
        || is_measure
        || n_free == 0
        || work.at(run.to - 1).shape == Shape::Upper
        || work.at(run.from).key() == Key::Title
    {
        return None;
    }
    let to = address::tail(work, run.to + 1);
    Some(work.mark(run.from, to, Type::Location, "address.street"))
}

/// `, Denver` after `Elm Street`; ` City`.
fn after_place(work: &Work<'_>, to: usize) -> usize {
    let at = if work.at(to).key() == Key::City && work.at(to).is_capital() {
        to + 1
    } else {
        to
    };
    let code = work.at(at);
    if code.is_number()
        && code.gap == Gap::Space
        && (4..=6).contains(&code.len())
        && !(1900..2100).contains(&work.value(at))
        && work.at(at + 1).key() != Key::Unit2
    {
        return work.run(at).to;
    }
    let to = city_state(work, at);
    after_facility(work, to, to)
}

/// `from andrewburgh` in small letters.
fn small_place(work: &mut Work<'_>, n: usize) -> Option<usize> {
    let token = work.at(n);
    if token.len() < 3 || token.gap > Gap::Space || work.begins_sentence(n) {
        return None;
    }
    let before = n.wrapping_sub(1);
    let is_led = ["from", "in", "near"]
        .iter()
        .any(|word| work.says(before, word))
        || work.before(n, 1).key() == Key::City;
    if !is_led {
        return None;
    }
    let is_living = work.is_lower && work.before(n, 2).key() == Key::Address;
    let (end, is_home) =
        place_end(work, n).or((is_living && !work.is_common(n)).then_some((n + 1, true)))?;
    let is_town = is_town(work, n) == Some(end) && !work.is_common(end - 1);
    let is_known = is_home
        && token.bits().any(Bits::PLACE.or(Bits::START))
        && (end > n + 1 || !work.is_common(n));
    let is_free = !matches!(token.key(), Key::State | Key::Country | Key::Month)
        && (is_town || is_known || (work.is_lower && !work.is_common(n)));
    is_free.then(|| {
        let to = city_state(work, end);
        work.mark(n, to, Type::Location, "place.small")
    })
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

/// A whole text, or line, in capitals: capitals say nothing.
fn is_shouted(work: &Work<'_>, n: usize) -> bool {
    let is_upper = |n: usize| matches!(work.at(n).shape, Shape::Upper | Shape::Initial);
    let near = |n: usize| work.at(n).is_word() && is_upper(n);
    is_upper(n)
        && work.at(n).len() > 1
        && (near(n + 1) as u8
            + near(n.wrapping_sub(1)) as u8
            + near(n + 2) as u8
            + near(n.wrapping_sub(2)) as u8)
            >= 2
}

fn shouted(work: &mut Work<'_>, n: usize) -> Option<usize> {
    if work.is_common(n) {
        return None;
    }
    let run = run(work, n);
    if let Some(head) = last_facility(work, run) {
        return Some(work.mark(n, head + 1, Type::Facility, "facility.shouted"));
    }
    let next = n + 1;
    let is_pair = work.is_name(n)
        && work.is_name(next)
        && !work.is_common(next)
        && work.at(next).gap == Gap::Space;
    let is_place = is_place_before(work, n) && place_end(work, n).is_some();
    if is_pair {
        return Some(work.mark(n, n + 2, Type::Name, "name.shouted"));
    }
    if is_place {
        let (to, _) = place_end(work, n)?;
        let to = city_state(work, to);
        return Some(work.mark(n, to, Type::Location, "place.shouted"));
    }
    let is_unknown = work.is_unknown(n) && work.at(n).len() > 4 && is_place_before(work, n);
    is_unknown.then(|| work.mark(n, run.to, Type::Location, "place.shouted"))
}

/// A line that is a name in capitals: `MOHAUPT, CHRISTOPHER`.
fn shouted_line(work: &Work<'_>, n: usize) -> Option<usize> {
    if work.at(n).gap < Gap::Line {
        return None;
    }
    let (mut at, mut n_names, mut n_words) = (n, 0, 0);
    while at < n + 8 {
        let token = work.at(at);
        if at > n && (token.gap >= Gap::Line || token.kind == crate::token::Kind::End) {
            break;
        }
        if token.is_word() && token.is_capital() {
            n_words += 1;
            n_names += usize::from(work.is_name(at));
            if work.is_common(at)
                && token.len() > 1
                && !token.bits().any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY))
            {
                return None;
            }
        } else if !(token.is(b',') || token.is(b'-') || token.is(b'.')) {
            return None;
        }
        at += 1;
    }
    ((2..=4).contains(&n_words) && n_names >= 1 && at < n + 8).then_some(at)
}

/// Names.
fn name(work: &mut Work<'_>, run: Run) -> Option<usize> {
    let mut to = name_end(work, run);
    let from = run.from;
    if to <= from {
        return None;
    }
    let first = work.at(from);
    let titled = first.key() == Key::Title;
    if titled {
        let has_name = to > from + 1 && (from + 1..to).any(|n| work.at(n).is_word());
        return has_name.then(|| {
            let to = suffix(work, to);
            work.mark(from, to, Type::Name, "name.title")
        });
    }
    if is_followed_by_eponym(work, Run { to, ..run }) || is_named_thing(work, from, to) {
        return Some(to);
    }
    let words: usize = (from..to).filter(|n| work.at(*n).is_word()).count();
    let second = work.at(from + 1);
    let is_mid = !work.begins_sentence(from);
    let is_after_role = work.before(from, 1).key() == Key::Role;
    let is_free = |n: usize| !work.is_common(n);
    let family_initial = first.shape != Shape::Upper
        && second.shape == Shape::Initial
        && second.gap == Gap::Space
        && words == 2;
    let is_reserved = !matches!(
        first.key(),
        Key::None | Key::Eponym | Key::Month | Key::State | Key::Country | Key::Particle
    );
    if family_initial && is_reserved {
        return None;
    }
    if family_initial {
        let is_given =
            first.bits().any(Bits::GIVEN) || work.is_unknown(from) || (is_free(from) && is_mid);
        if !is_given || is_roman(work, from, from + 1) {
            return None;
        }
        if work.at(to).is(b'.') && work.at(to).is_glued() {
            to += 1;
        }
        return Some(work.mark(from, to, Type::Name, "name.initial"));
    }
    if words >= 2 {
        let n_free = (from..to)
            .filter(|n| work.at(*n).is_word() && work.at(*n).len() > 1 && is_free(*n))
            .count();
        let n_names = (from..to).filter(|n| work.is_name(*n)).count();
        let is_given = first.bits().any(Bits::GIVEN) || first.shape == Shape::Initial;
        let is_org =
            (from..to).any(|n| work.at(n).key() == Key::Org) || work.at(to).key() == Key::Org;
        if work.is_spanish
            && !(from..to)
                .any(|n| work.at(n).bits().any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY)) && is_free(n))
        {
            return None;
        }
        let is_pair = (n_names >= 1 && n_free >= 1 && (is_given || n_free >= 2))
            || (n_free == words && words <= 4);
        let is_shown = is_mid || is_given || n_names == words || n_free == words;
        if is_pair && is_shown && !is_org {
            let to = suffix(work, to);
            return Some(work.mark(from, to, Type::Name, "name.pair"));
        }
        // Two everyday words that are both names, after a word for a person.
        let is_strong =
            first.bits().any(Bits::TOP_GIVEN) && work.at(to - 1).bits().any(Bits::TOP_FAMILY);
        if is_strong && (is_after_role || is_mid) && !is_org {
            let to = suffix(work, to);
            return Some(work.mark(from, to, Type::Name, "name.strong"));
        }
        if n_free >= 1 && is_mid && !is_org {
            return Some(work.mark(from, to, Type::Name, "name.words"));
        }
        return None;
    }
    one(work, from, to, is_mid, is_after_role)
}

/// One capital word.
fn one(
    work: &mut Work<'_>,
    n: usize,
    to: usize,
    is_mid: bool,
    is_after_role: bool,
) -> Option<usize> {
    let token = work.at(n);
    let bits = token.bits();
    if token.len() < 2 || token.key() == Key::Ward {
        return None;
    }
    if token.key() == Key::Eponym
        && !is_after_role
        && !(is_mid && bits.any(Bits::TOP_FAMILY.or(Bits::TOP_GIVEN)) && !work.at(to).is_word())
    {
        return None;
    }
    let is_common = work.is_common(n);
    let next = work.at(to);
    let is_state = matches!(
        token.key(),
        Key::State | Key::Country | Key::Demonym | Key::Month | Key::Weekday
    );
    if is_state && !is_after_role {
        return None;
    }
    if token.shape == Shape::Upper {
        // Acronyms are not names; a name in capitals is in the lists and no word.
        let is_name = bits.any(Bits::TOP_GIVEN)
            && !is_common
            && token.len() >= 4
            && is_mid
            && token.key() == Key::None;
        let is_place = is_mid
            && !is_common
            && (is_place_before(work, n) || work.before(n, 1).key() == Key::City)
            && (bits.any(Bits::PLACE.or(Bits::FOREIGN))
                || token.len() >= 6
                || !work.str(n).is_ascii());
        let kind = if is_place { Type::Location } else { Type::Name };
        return (is_name || is_place).then(|| work.mark(n, to, kind, "name.capitals"));
    }
    if !is_mid {
        let is_said = matches!(next.sign, b':' | b',')
            || (next.is(b'\'') && work.says(to + 1, "s"))
            || is_verb(work, to);
        let is_listed = bits.any(Bits::GIVEN.or(Bits::TOP_FAMILY));
        let is_name = !is_common
            && ((is_listed && (is_said || bits.any(Bits::TOP_GIVEN)))
                || (is_said && !next.is(b',') && !next.is(b':') && work.is_unknown(n)));
        let is_spoken = next.is(b':')
            && !is_common
            && (work.is_name(n) || work.is_unknown(n))
            && work.at(to + 1).gap <= Gap::Space;
        let is_doing = is_verb(work, to) && !is_common && work.is_name(n);
        return (is_name || is_spoken || is_doing)
            .then(|| work.mark(n, to, Type::Name, "name.first"));
    }
    if work.is_spanish && !is_common && !is_after_role {
        let is_place = bits.any(Bits::PLACE.or(Bits::FOREIGN)) && !bits.any(Bits::CORE);
        let is_name = bits.any(Bits::TOP_GIVEN.or(Bits::TOP_FAMILY));
        let kind = if is_place { Type::Location } else { Type::Name };
        return (is_place || is_name).then(|| work.mark(n, to, kind, "name.one"));
    }
    if !is_common {
        let kind = if is_place_before(work, n) && bits.any(Bits::PLACE.or(Bits::FOREIGN)) {
            Type::Location
        } else {
            Type::Name
        };
        return Some(work.mark(n, to, kind, "name.one"));
    }
    let before = work.before(n, 1);
    let is_called = is_after_role
        || before.key() == Key::NameVerb
        || matches!(before.key(), Key::Greet | Key::Ask)
        || (before.is(b',') && matches!(next.sign, b'!' | b'?' | b'.' | b','));
    let is_name = bits.any(Bits::AMBIGUOUS)
        && bits.any(Bits::GIVEN)
        && is_called
        && token.key() == Key::None
        && !bits.any(Bits::CORE.or(Bits::SPANISH));
    is_name.then(|| work.mark(n, to, Type::Name, "name.word"))
}

/// Words that follow a person who does something.
fn is_verb(work: &Work<'_>, n: usize) -> bool {
    const VERBS: [&str; 22] = [
        "is", "was", "has", "had", "lives", "lived", "says", "said", "spent", "went", "wants",
        "called", "asked", "needs", "will", "can", "and", "who", "would", "does", "did", "came",
    ];
    work.at(n).gap == Gap::Space && VERBS.iter().any(|verb| work.says(n, verb))
}

/// `Type I`, `Class V`.
fn is_roman(work: &Work<'_>, n: usize, initial: usize) -> bool {
    let is_numeral = ["I", "V", "X"].contains(&work.str(initial));
    is_numeral && (work.is_common(n) || !work.at(n).bits().any(Bits::GIVEN))
}

/// Programs, guides and titles named after words: `Frank Discussion guide`.
fn is_named_thing(work: &Work<'_>, from: usize, to: usize) -> bool {
    const THINGS: [&str; 22] = [
        "guide",
        "program",
        "programme",
        "novel",
        "film",
        "movie",
        "song",
        "album",
        "book",
        "app",
        "device",
        "machine",
        "method",
        "protocol",
        "tool",
        "system",
        "kit",
        "medal",
        "prize",
        "diet",
        "challenge",
        "initiative",
    ];
    let all_common = (from..to).all(|n| !work.at(n).is_word() || work.is_common(n));
    all_common && (0..3).any(|skip| THINGS.iter().any(|thing| work.says(to + skip, thing)))
}

/// Where the name in a run ends: not past a comma, a common word, or a word for a place of care.
fn name_end(work: &Work<'_>, run: Run) -> usize {
    let mut at = run.from;
    let mut to = run.from;
    let titled = work.at(at).key() == Key::Title;
    while at < run.to {
        let token = work.at(at);
        if token.is_word() {
            let is_first = at == run.from;
            let is_allowed = token.key() == Key::Title && is_first
                || token.shape == Shape::Initial
                || token.key() == Key::Particle
                || matches!(token.key(), Key::NameSuffix)
                || !work.is_common(at)
                || work.is_name(at)
                    && !matches!(
                        token.key(),
                        Key::Facility
                            | Key::FacilityMore
                            | Key::Pronoun
                            | Key::EponymHead
                            | Key::Org
                    )
                || (titled && at <= run.from + 2)
                || is_first;
            if !is_allowed || (token.key() == Key::Title && !is_first) {
                break;
            }
            to = at + 1;
        } else if token.is(b'&') {
            break;
        }
        at += 1;
    }
    to
}

/// `, Jr.`, ` III`, `, MD`.
pub fn suffix(work: &Work<'_>, to: usize) -> usize {
    let at = to + usize::from(work.at(to).is(b','));
    let token = work.at(at);
    let is_suffix = token.key() == Key::NameSuffix
        && token.gap <= Gap::Space
        && token.is_capital()
        && token.len() >= 2;
    if !is_suffix || matches!(token.len(), 2) && work.says(at, "pa") {
        return to;
    }
    at + 1
}
