//! Names told one after the other: `Romi, Erik, Amy and Kristen`. What stands among names is one.

use crate::key::Key;
use crate::span::Type;
use crate::work::Work;

/// Fewest names in a list that make the rest of it names.
const FEWEST: usize = 2;

/// Marks the words of a list of which at least half were found to be names.
pub fn apply(work: &mut Work<'_>) {
    let singles = || {
        work.found
            .iter()
            .filter(|found| found.kind == Type::Name && found.to == found.from + 1)
            .map(|found| found.from)
    };
    if singles().count() < FEWEST {
        return;
    }
    let names: Vec<usize> = singles().collect();
    let mut done = 0;
    for &name in &names {
        if name < done {
            continue;
        }
        let mut first = name;
        while let Some(before) = earlier(work, first) {
            first = before;
        }
        let mut items = vec![first];
        while let Some(next) = items.last().and_then(|last| later(work, *last)) {
            items.push(next);
        }
        done = items.last().map_or(done, |last| last + 1);
        let n_names = items.iter().filter(|item| names.contains(item)).count();
        if n_names < FEWEST || n_names * 2 < items.len() {
            continue;
        }
        for item in items {
            if !work.is_taken(item) {
                work.mark(item, item + 1, Type::Name, "name.listed");
            }
        }
    }
}

/// The item after this one: one word between commas or `and`.
fn later(work: &Work<'_>, n: usize) -> Option<usize> {
    let next = skip(work, n + 1, |at| at + 1);
    (next > n + 1 && is_item(work, next)).then_some(next)
}

/// The item before this one.
fn earlier(work: &Work<'_>, n: usize) -> Option<usize> {
    let before = skip(work, n.checked_sub(1)?, |at| at.wrapping_sub(1));
    (before < n - 1 && is_item(work, before)).then_some(before)
}

/// Over one comma and one `and`.
fn skip(work: &Work<'_>, from: usize, step: impl Fn(usize) -> usize) -> usize {
    let mut at = from;
    for _ in 0..2 {
        let is_part =
            work.at(at).is(b',') || ["and", "y", "or"].iter().any(|word| work.says(at, word));
        if !is_part {
            break;
        }
        at = step(at);
    }
    at
}

/// A word that may be a name and stands alone between what parts a list.
fn is_item(work: &Work<'_>, n: usize) -> bool {
    let token = work.at(n);
    let is_kept = matches!(
        token.key(),
        Key::None | Key::Month | Key::Eponym | Key::State | Key::Country
    );
    let parts = |at: usize| {
        let sign = work.at(at);
        !sign.is_word() && !sign.is_number()
            || ["and", "y", "or"].iter().any(|word| work.says(at, word))
    };
    token.is_word()
        && token.len() > 2
        && is_kept
        && (work.is_name(n) || work.is_unknown(n))
        && parts(n.wrapping_sub(1))
        && parts(n + 1)
}
