//! Lines and texts all in capitals, where a capital says nothing.

use super::facility::last_facility;
use super::place::{city_state, is_place_before, place_end};
use super::run;
use crate::dictionary::Bits;
use crate::span::Type;
use crate::token::{Gap, Shape};
use crate::work::Work;

/// A whole text, or line, in capitals: capitals say nothing.
pub fn is_shouted(work: &Work<'_>, n: usize) -> bool {
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

pub fn shouted(work: &mut Work<'_>, n: usize) -> Option<usize> {
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
pub fn shouted_line(work: &Work<'_>, n: usize) -> Option<usize> {
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
                && !(work.is_name(at) && n_names == n_words && n_words > 1)
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
