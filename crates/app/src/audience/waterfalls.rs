//! Waterfalls by the population index, kept for a moment, so that a page that is looked at often
//! counts once.
//!
//! A kept waterfall is used while the log has not grown, or for [`FRESH_SECONDS`]: what is shown
//! is a plan, and the launch counts anew in its own transaction.

use std::sync::{Mutex, PoisonError};

use placet_domain::audience::{Filter, Waterfall};
use placet_domain::operator::{Actor, Capability};
use placet_domain::time::Timestamp;
use placet_policy::Engine;
use placet_store::{StoreError, Tx, ledger};

use super::overlap::{A_DAY, Answer, Overlaps};
use super::{Seen, seen};
use crate::ActError;
use crate::gate::{Gate, Message};
use crate::population::Index;
use crate::settings;

/// How long a waterfall is shown although something happened since.
const FRESH_SECONDS: i64 = 3;
/// How many are kept.
const KEPT: usize = 32;

/// What a waterfall answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Whom.
    pub filter: Filter,
    /// With what.
    pub message: Message,
}

/// The filter whose counts may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countable {
    /// Which.
    pub filter: Filter,
    /// Whether it is not the one that was asked, but an earlier one that finds nearly the same.
    pub is_as_before: bool,
}

/// The population index of the process, and the waterfalls counted on it lately.
#[derive(Debug, Default)]
pub struct Waterfalls {
    index: Index,
    overlaps: Overlaps,
    kept: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    question: Question,
    rules: (String, placet_policy::Profile),
    log_size: u64,
    at: Timestamp,
    seen: Seen,
}

impl Waterfalls {
    /// The index that it counts on.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The filter whose counts this actor may be given: the one that was asked, or an earlier one
    /// that finds nearly the same people.
    ///
    /// # Errors
    ///
    /// Refused when too many different filters were counted lately.
    pub fn countable(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        filter: Filter,
        now: Timestamp,
    ) -> Result<Countable, ActError> {
        let own = |filter| Countable {
            filter,
            is_as_before: false,
        };
        if actor.may(Capability::ViewSmallCells).is_ok() {
            return Ok(own(filter));
        }
        // All tokens of an operator are the operator.
        let who = actor
            .operator()
            .map_or_else(|| actor.code(), |id| id.to_string());
        match self.overlaps.answer(tx, &self.index, &who, &filter, now)? {
            Answer::Own => Ok(own(filter)),
            Answer::AsBefore(filter) => Ok(Countable {
                filter,
                is_as_before: true,
            }),
            Answer::TooMany => Err(ActError::refused(
                "audience.too_many_counts",
                format!(
                    "you have counted {A_DAY} different groups within a day, and from more of them \
                     single people could be computed: go on tomorrow, or ask compliance"
                ),
            )),
        }
    }

    /// The waterfall and when it was counted, kept or new.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn of(
        &self,
        tx: &mut Tx,
        engine: &Engine,
        question: &Question,
        now: Timestamp,
    ) -> Result<(Waterfall, Timestamp), StoreError> {
        let (seen, at) = self.seen(tx, engine, question, now)?;
        Ok((seen.waterfall, at))
    }

    /// The same with whom an authorization could win back.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn seen(
        &self,
        tx: &mut Tx,
        engine: &Engine,
        question: &Question,
        now: Timestamp,
    ) -> Result<(Seen, Timestamp), StoreError> {
        let settings = settings::load(tx)?;
        let log_size = ledger::size(tx)?;
        let pack = engine.pack();
        let rules = (
            format!("{} {}", pack.id, pack.version),
            crate::gate::profile(settings.strictness),
        );
        if let Some(found) = self.find(question, &rules, log_size, now) {
            return Ok(found);
        }
        let gate = Gate::new(engine, &settings, question.message.clone(), now);
        let seen = seen(tx, &self.index, engine, &gate, &question.filter)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.question != *question);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Kept {
            question: question.clone(),
            rules,
            log_size,
            at: now,
            seen: seen.clone(),
        });
        Ok((seen, now))
    }

    fn find(
        &self,
        question: &Question,
        rules: &(String, placet_policy::Profile),
        log_size: u64,
        now: Timestamp,
    ) -> Option<(Seen, Timestamp)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .iter()
            .find(|one| one.question == *question && one.rules == *rules)?;
        let age = now.duration_since(found.at).as_secs();
        // Consents end by the clock too, so an hour is the most even in a quiet house.
        let is_fresh = (0..FRESH_SECONDS).contains(&age)
            || (found.log_size == log_size && (0..3_600).contains(&age));
        is_fresh.then(|| (found.seen.clone(), found.at))
    }
}
