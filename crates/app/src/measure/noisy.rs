//! Noisy counts of an audience: a report that gives nobody away, and what it costs.
//!
//! [`look`] counts outside any act, since counting is long; [`give`] decides: the answer that was
//! given before, a refusal when the year's budget is spent, or a new answer with its noise. Each of
//! them leaves an entry in the same transaction, and what a new answer spends is written with it.
//!
//! INVARIANT: a count leaves here with its noise or not at all: [`Looked`] has no `Debug` and
//! shows nothing.
//! INVARIANT: nobody counts twice in one answer, so one person moves it by one at most.

use std::collections::BTreeSet;

use placet_domain::audience::Audience;
use placet_domain::entry::Entry;
use placet_domain::id::{CountId, PersonId};
use placet_domain::measure::noisy::{Counted, Left, NoisyAsk, NoisyCount};
use placet_domain::time::{Date, TimeZone, Timestamp};
use placet_ledger::{sha256, to_hex};
use placet_measure::privacy::noise::{noisy_count, reach};
use placet_store::{StoreError, Tx, audiences, noisy_counts};

use crate::population::Index;
use crate::{ActError, Ctx, audience, settings};

/// The least and the most that one answer may cost, in thousandths of epsilon.
pub const COSTS: std::ops::RangeInclusive<u32> = 10..=5_000;

/// How many audiences are shown with what is left of their budgets.
const AUDIENCES: u32 = 200;

/// A question that was counted and not yet answered.
#[derive(Clone)]
pub struct Looked {
    ask: NoisyAsk,
    filter: String,
    question_hash: [u8; 32],
    count: u64,
}

/// What a question comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A new answer, which spent.
    New(NoisyCount),
    /// The answer that was given before: it spends nothing, and asking often tells no more.
    Before(NoisyCount),
    /// The budget does not reach.
    Refused {
        /// What it holds.
        left: Left,
        /// What was asked for.
        cost: u32,
    },
}

/// Counts what is asked. `period` is left out where everybody is counted, as of today.
///
/// # Errors
///
/// [`ActError::Invalid`] names what cannot be asked.
pub fn look(
    tx: &mut Tx,
    index: &Index,
    now: Timestamp,
    ask: &NoisyAsk,
) -> Result<Looked, ActError> {
    let zone = settings::load(tx)?.time_zone();
    let today = now.to_zoned(zone.clone()).date();
    let mut ask = *ask;
    if !ask.counted.has_period() {
        (ask.from, ask.to) = (today, today);
    }
    check(&ask, today)?;
    let audience = audiences::find(tx, ask.audience)?.ok_or(ActError::NotFound("audience"))?;
    let who = match ask.counted {
        Counted::People => None,
        Counted::Written => {
            let (from, before) = instants(&ask, &zone)?;
            Some(noisy_counts::list_written(tx, from, before)?)
        }
        Counted::Booked => {
            let (from, before) = instants(&ask, &zone)?;
            Some(noisy_counts::list_booked(tx, from, before)?)
        }
    };
    let count = match who {
        None => audience::count_seen(tx, index, &audience.filter, now)?,
        Some(who) => {
            let who: BTreeSet<PersonId> = who.into_iter().collect();
            audience::count_among(tx, index, &audience.filter, &who, now)?
        }
    };
    let filter = audience.filter.write();
    Ok(Looked {
        question_hash: hash(&ask, &filter),
        ask,
        filter,
        count,
    })
}

fn check(ask: &NoisyAsk, today: Date) -> Result<(), ActError> {
    if !COSTS.contains(&ask.cost) {
        return Err(ActError::invalid(
            "cost",
            format!(
                "an answer costs {} to {} thousandths of epsilon",
                COSTS.start(),
                COSTS.end()
            ),
        ));
    }
    if ask.from > ask.to {
        return Err(ActError::invalid("to", "the period ends before it begins"));
    }
    if ask.counted.has_period() && ask.to >= today {
        return Err(ActError::invalid(
            "to",
            "ask when the period is over: an answer stands for good",
        ));
    }
    Ok(())
}

fn instants(ask: &NoisyAsk, zone: &TimeZone) -> Result<(Timestamp, Timestamp), ActError> {
    let begins = |day: Date| day.to_zoned(zone.clone()).map(|at| at.timestamp());
    let wrong = |_| ActError::invalid("from", "give days of this century");
    let from = begins(ask.from).map_err(wrong)?;
    let before = ask.to.tomorrow().and_then(begins).map_err(wrong)?;
    Ok((from, before))
}

/// Two audiences that find the same people ask the same question.
fn hash(ask: &NoisyAsk, filter: &str) -> [u8; 32] {
    let counted = ask.counted.as_str();
    sha256(
        format!(
            "noisy count 1\n{counted}\n{}\n{}\n{filter}",
            ask.from, ask.to
        )
        .as_bytes(),
    )
}

/// Answers a question that was counted.
///
/// # Errors
///
/// [`ActError::Refused`] when the audience was changed since it was counted.
pub fn give(tx: &mut Tx, ctx: &Ctx, looked: &Looked) -> Result<Given, ActError> {
    let ask = looked.ask;
    let audience = audiences::find(tx, ask.audience)?.ok_or(ActError::NotFound("audience"))?;
    if audience.filter.write() != looked.filter {
        return Err(ActError::refused(
            "measure.audience_changed",
            "the audience was changed while it was counted; ask again",
        ));
    }
    let entry = |kind: &str| {
        Entry::new(kind)
            .with("audience", ask.audience)
            .with("counted", ask.counted.as_str())
            .with("question_hash", to_hex(&looked.question_hash))
            .with("cost", ask.cost)
    };
    let before = noisy_counts::find_answered(tx, &looked.question_hash)?;
    if let Some(before) = before.filter(|before| before.ask.cost >= ask.cost) {
        tx.record(entry("measure.count_repeated").with("count", before.id));
        return Ok(Given::Before(before));
    }
    let today = settings::day(tx, ctx.now)?;
    let left = left(tx, &ask, today)?;
    if ask.cost > left.least() {
        tx.record(
            entry("measure.count_refused")
                .with("left_of_audience", left.of_audience)
                .with("left_of_all", left.of_all)
                .with("renews_on", left.renews_on),
        );
        return Ok(Given::Refused {
            left,
            cost: ask.cost,
        });
    }
    let mut source = |bytes: &mut [u8]| tx.draw(bytes);
    let given = NoisyCount {
        id: ctx.new_id(),
        ask,
        filter: looked.filter.clone(),
        answer: noisy_count(looked.count, ask.cost.into(), &mut source)?,
        year: today.year(),
        at: ctx.now,
        by: ctx.actor.code(),
    };
    noisy_counts::add(tx, &given, &looked.question_hash)?;
    tx.record(
        entry("measure.counted")
            .with("count", given.id)
            .with("answer", given.answer)
            .with("year", given.year)
            .with("left_of_audience", left.of_audience - ask.cost)
            .with("left_of_all", left.of_all - ask.cost),
    );
    Ok(Given::New(given))
}

fn left(tx: &mut Tx, ask: &NoisyAsk, today: Date) -> Result<Left, StoreError> {
    let (by_audience, by_all) = noisy_counts::spent(tx, ask.audience, today.year())?;
    Ok(super::rules(tx)?.budget().left(by_audience, by_all, today))
}

/// What is left of this year's budgets: of each audience by its id. A read.
///
/// # Errors
///
/// When the store fails.
pub fn budgets(tx: &mut Tx, now: Timestamp) -> Result<Vec<(Audience, Left)>, StoreError> {
    let today = settings::day(tx, now)?;
    let budget = super::rules(tx)?.budget();
    let mut all = Vec::new();
    for audience in audiences::list(tx, AUDIENCES)? {
        let (by_audience, by_all) = noisy_counts::spent(tx, audience.id, today.year())?;
        all.push((audience, budget.left(by_audience, by_all, today)));
    }
    Ok(all)
}

/// One answer. A read.
///
/// # Errors
///
/// When there is none.
pub fn find(tx: &mut Tx, id: CountId) -> Result<NoisyCount, ActError> {
    noisy_counts::find(tx, id)?.ok_or(ActError::NotFound("noisy count"))
}

/// How far the noise of an answer reaches in nine cases of ten.
#[must_use]
pub fn reach_of(cost: u32) -> u64 {
    reach(cost.into())
}

/// What may be shown of an answer: nothing below the smallest cell, which the noise alone can
/// reach, and the ends between which the true count lies in nine answers of ten.
#[must_use]
pub fn shown(given: &NoisyCount, least: u64) -> Option<(u64, [u64; 2])> {
    let reach = reach_of(given.ask.cost);
    let ends = [
        given.answer.saturating_sub(reach),
        given.answer.saturating_add(reach),
    ];
    (given.answer >= least).then_some((given.answer, ends))
}

#[cfg(test)]
mod tests;
