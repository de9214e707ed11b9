//! A filter and a gate as one question to the population index.

use std::collections::BTreeSet;

use placet_domain::audience::{Condition, Filter, Waterfall};
use placet_domain::id::PersonId;
use placet_domain::time::Timestamp;
use placet_policy::Engine;
use placet_policy::columnar::{self, Bits, Population, Question, Those, View};
use placet_store::{StoreError, Tx};
use serde::Serialize;

use super::{NO_ADDRESS, Order};
use crate::gate::Gate;
use crate::population::{Clocks, EMAIL, Exemplar, Index, LANGUAGE, address_mark};

/// Those who could be won back by giving one instrument.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WonBack {
    /// The instrument's code, as in the packs.
    pub instrument: String,
    /// Who lacks it, and nothing that they could not give.
    pub n: u64,
    /// Who lacks it alone.
    pub n_alone: u64,
}

/// An audience by the index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Who drops out by which rule.
    pub waterfall: Waterfall,
    /// Whom an authorization campaign could win back, by instrument.
    pub won_back: Vec<WonBack>,
}

impl From<Waterfall> for Seen {
    /// A waterfall of then, of which nothing more is known.
    fn from(waterfall: Waterfall) -> Self {
        Self {
            waterfall,
            won_back: Vec::new(),
        }
    }
}

/// Whom a filter means.
fn meant(question: &mut Question<'_>, filter: &Filter) -> Those {
    let mut all = question.everybody();
    for card in &filter.all {
        let any: Vec<Those> = card.any.iter().map(|one| fits(question, one)).collect();
        let any = question.any(any);
        all = question.both(all, any);
    }
    all
}

fn fits(question: &mut Question<'_>, condition: &Condition) -> Those {
    match condition {
        Condition::Relationship { is } => {
            question.related(|code| is.iter().any(|one| one.as_str() == code))
        }
        Condition::Residence { is } => {
            question.living(|place| place.is_some_and(|place| is.iter().any(|one| one == place)))
        }
        Condition::Age { from, to } => question
            .aged(|age| from.is_none_or(|from| from <= age) && to.is_none_or(|to| age <= to)),
        Condition::Language { is } => {
            question.marked(LANGUAGE, |language| is.iter().any(|one| one == language))
        }
        Condition::HasEmail => question.marked(EMAIL, |origin| !origin.is_empty()),
        Condition::OptedIn { topic } => question
            .holding(|form| Exemplar::read(form).is_some_and(|one| one.is_email_consent(*topic))),
    }
}

/// The whole question: whom the filter finds, and what the gate says of them.
fn ask<'p>(population: &'p Population, view: &'p Gate, filter: &Filter) -> Question<'p> {
    let mut question = Question::new(population, view, view.at());
    let those = meant(&mut question, filter);
    question.only(those);
    let mark = address_mark(view.message().channel);
    let unreachable = question.marked(mark, str::is_empty);
    question.stop(unreachable, NO_ADDRESS);
    for (origin, plan) in view.plans() {
        let those = question.marked(mark, |one| one == origin);
        question.ask(those, plan);
    }
    question
}

/// The same for a second gate, to compare. Both tell the engine the same of a person: they differ
/// in rules and profile only.
pub(super) fn ask_both<'p>(
    population: &'p Population,
    before: &'p Gate,
    after: &Gate,
    filter: &Filter,
) -> Question<'p> {
    let mut question = ask(population, before, filter);
    let mark = address_mark(after.message().channel);
    for (origin, plan) in after.plans() {
        let those = question.marked(mark, |one| one == origin);
        question.ask_changed(those, plan);
    }
    question
}

/// The waterfall of a filter under a gate, by the index.
///
/// # Errors
///
/// When the store fails.
pub fn seen(
    tx: &mut Tx,
    index: &Index,
    engine: &Engine,
    gate: &Gate,
    filter: &Filter,
) -> Result<Seen, StoreError> {
    let found = index.read(tx, gate.at(), |population| {
        ask(population, gate, filter).waterfall()
    })?;
    let order = Order::new(engine, gate.message().channel);
    let bar = |bar: columnar::Bar| placet_domain::audience::Bar {
        says: order.says(&bar.rule),
        rule: bar.rule,
        n_first: bar.n_first,
        n_total: bar.n_total,
    };
    let won_back = |missing: columnar::Missing| WonBack {
        instrument: missing.instrument,
        n: missing.n,
        n_alone: missing.n_alone,
    };
    Ok(Seen {
        waterfall: Waterfall {
            n_matched: found.counts.n_matched,
            bars: found.bars.into_iter().map(bar).collect(),
            n_permitted: found.counts.n_permitted,
        },
        won_back: found.missing.into_iter().map(won_back).collect(),
    })
}

/// How many people a filter finds, by the index.
///
/// # Errors
///
/// When the store fails.
pub fn count_seen(
    tx: &mut Tx,
    index: &Index,
    filter: &Filter,
    at: Timestamp,
) -> Result<u64, StoreError> {
    of_meant(tx, index, filter, at, |_, mut question, those| {
        question.only(those);
        question.count().n_matched
    })
}

/// How many of these people a filter finds, by the index.
///
/// # Errors
///
/// When the store fails.
pub fn count_among(
    tx: &mut Tx,
    index: &Index,
    filter: &Filter,
    who: &BTreeSet<PersonId>,
    at: Timestamp,
) -> Result<u64, StoreError> {
    of_meant(tx, index, filter, at, |population, question, those| {
        let found = question.found(those);
        let is_found = |who: &&PersonId| {
            population
                .place(who.as_bytes())
                .is_some_and(|place| found.has(place))
        };
        who.iter().filter(is_found).count() as u64
    })
}

/// Whom a filter finds, by the index.
pub(super) fn found(
    tx: &mut Tx,
    index: &Index,
    filter: &Filter,
    at: Timestamp,
) -> Result<Bits, StoreError> {
    of_meant(tx, index, filter, at, |_, question, those| {
        question.found(those)
    })
}

/// Asks about those whom a filter means, without a gate.
fn of_meant<T>(
    tx: &mut Tx,
    index: &Index,
    filter: &Filter,
    at: Timestamp,
    answer: impl FnOnce(&Population, Question<'_>, Those) -> T,
) -> Result<T, StoreError> {
    index.read(tx, at, |population| {
        let view: &dyn View = &Clocks;
        let mut question = Question::new(population, view, at);
        let those = meant(&mut question, filter);
        answer(population, question, those)
    })
}

/// The people whom a rule stops first, in the order of their ids.
pub(super) fn stopped_first(
    tx: &mut Tx,
    index: &Index,
    gate: &Gate,
    filter: &Filter,
    rule: &str,
) -> Result<Vec<PersonId>, StoreError> {
    let mut found: Vec<PersonId> = index.read(tx, gate.at(), |population| {
        let set = ask(population, gate, filter).stopped_first(rule);
        set.keys(population).map(PersonId::from).collect()
    })?;
    found.sort_unstable();
    Ok(found)
}
