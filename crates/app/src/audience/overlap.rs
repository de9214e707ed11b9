//! Counts that cannot be taken from each other to point at somebody.
//!
//! Two filters that differ by one person give two counts whose difference is that person. Whoever
//! may not see small groups therefore gets rounded counts, and, for a filter whose people differ
//! by fewer than eleven from those of a filter looked at before, the counts of that earlier filter.
//! What is left, adding up many rounded counts of quite different filters, is bounded by how many
//! may be asked a day.
//!
//! What was asked is kept in memory, for each operator: a program that starts anew has forgotten it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;
use placet_domain::audience::Filter;
use placet_domain::audience::cells::SMALL;
use placet_domain::time::Timestamp;
use placet_policy::columnar::Bits;
use placet_store::{StoreError, Tx};

use super::asking;
use crate::population::Index;

/// How many filters that find other people an operator may count in a day.
pub const A_DAY: usize = 200;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The memory that all kept sets may take.
const BYTES: usize = 64 << 20;

/// What operators have looked at.
#[derive(Debug, Default)]
pub struct Overlaps(Mutex<HashMap<String, VecDeque<Looked>>>);

#[derive(Debug)]
struct Looked {
    filter: Filter,
    those: Bits,
    at: Timestamp,
}

/// Which counts may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Those of the filter that was asked.
    Own,
    /// Those of an earlier filter, whose people are nearly the same.
    AsBefore(Filter),
    /// None: too many different filters were counted lately.
    TooMany,
}

impl Overlaps {
    /// Says which counts `who` may be given of a filter, and remembers that they were asked for.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn answer(
        &self,
        tx: &mut Tx,
        index: &Index,
        who: &str,
        filter: &Filter,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let those = asking::found(tx, index, filter, now)?;
        // Said to be fewer than eleven whatever it is.
        if those.len() < SMALL {
            return Ok(Answer::Own);
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = look(all.entry(who.to_owned()).or_default(), filter, those, now);
        if answer == Answer::Own {
            make_room(&mut all);
        }
        Ok(answer)
    }
}

fn look(looked: &mut VecDeque<Looked>, filter: &Filter, those: Bits, now: Timestamp) -> Answer {
    let mut is_known = false;
    for one in looked.iter() {
        match one.those.n_apart(&those) {
            0 => is_known = true,
            1..SMALL if one.filter != *filter => return Answer::AsBefore(one.filter.clone()),
            1..SMALL => is_known = true,
            _ => {}
        }
    }
    if is_known {
        return Answer::Own;
    }
    let lately = looked.iter().filter(|one| one.at > now - DAY).count();
    if lately >= A_DAY {
        return Answer::TooMany;
    }
    looked.push_back(Looked {
        filter: filter.clone(),
        those,
        at: now,
    });
    Answer::Own
}

/// Forgets the oldest of whoever has most, until what is kept fits.
fn make_room(all: &mut HashMap<String, VecDeque<Looked>>) {
    let size =
        |looked: &VecDeque<Looked>| looked.iter().map(|one| one.those.bytes()).sum::<usize>();
    while all.values().map(size).sum::<usize>() > BYTES {
        let most = all.values_mut().filter(|looked| looked.len() > 1);
        let Some(most) = most.max_by_key(|looked| size(looked)) else {
            return;
        };
        most.pop_front();
    }
}

#[cfg(test)]
mod tests;
