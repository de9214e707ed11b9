//! Whom a change of rules adds to those who may be written to, and whom it drops.
//!
//! `placet_app::simulate` asks this for every running campaign; the answer comes from the
//! population index (`placet_policy::columnar`), so ten million people take a moment.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use placet_domain::audience::Filter;
use placet_domain::id::PersonId;
use placet_policy::columnar::{Bits, Population};
use placet_store::{StoreError, Tx};
use serde::Serialize;

use super::asking::ask_both;
use super::{Order, stopping, sweep};
use crate::gate::Gate;
use crate::population::Index;

/// One audience and message under two sets of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Whom the filter finds.
    pub n_matched: u64,
    /// Who may be written to under the rules of now.
    pub n_before: u64,
    /// Who may be written to under the new ones.
    pub n_after: u64,
    /// Those who may be written to only under the new rules, in the order of their ids.
    pub added: Vec<PersonId>,
    /// Those who may be written to only under the rules of now.
    pub dropped: Vec<PersonId>,
    /// By rule, in the order of their ids; a rule that moves nobody is left out.
    pub rules: Vec<Moved>,
}

/// What one rule has to do with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The rule's id.
    pub rule: String,
    /// Of those added: whom it stopped under the rules of now.
    pub n_added: u64,
    /// Of those dropped: whom it stops under the new ones.
    pub n_dropped: u64,
}

/// Asks two gates about everybody whom the filter finds. The gates are set for the same moment:
/// one with the engine of now, one with the changed pack.
///
/// # Errors
///
/// When the store fails.
pub fn compare(
    tx: &mut Tx,
    index: &Index,
    before: &Gate,
    after: &Gate,
    filter: &Filter,
) -> Result<Comparison, StoreError> {
    let ids = |set: &Bits, population: &Population| {
        let mut ids: Vec<PersonId> = set.keys(population).map(PersonId::from).collect();
        ids.sort_unstable();
        ids
    };
    index.read(tx, before.at(), |population| {
        let found = ask_both(population, before, after, filter).compare();
        let moved = |(rule, n_added, n_dropped)| Moved {
            rule,
            n_added,
            n_dropped,
        };
        Comparison {
            n_matched: found.n_matched,
            n_before: found.n_before,
            n_after: found.n_after,
            added: ids(&found.added, population),
            dropped: ids(&found.dropped, population),
            rules: found.rules.into_iter().map(moved).collect(),
        }
    })
}

/// The same without the index, person by person: the reference for [`compare`].
///
/// # Errors
///
/// When the store fails.
pub fn compare_one_by_one(
    tx: &mut Tx,
    before: &Gate,
    after: &Gate,
    filter: &Filter,
) -> Result<Comparison, StoreError> {
    let channel = before.message().channel;
    let old = Order::new(before.engine(), channel);
    let new = Order::new(after.engine(), channel);
    let mut found = Comparison::default();
    let mut rules: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    sweep(tx, filter, channel, before.at(), None, |held| {
        found.n_matched += 1;
        let (was, is) = (before.decide(held), after.decide(held));
        let stopped_before = stopping(&old, was.as_ref());
        let stopped_after = stopping(&new, is.as_ref());
        found.n_before += u64::from(stopped_before.is_empty());
        found.n_after += u64::from(stopped_after.is_empty());
        match (stopped_before.is_empty(), stopped_after.is_empty()) {
            (false, true) => {
                found.added.push(held.person.id);
                for (_, rule) in stopped_before {
                    rules.entry(rule.to_owned()).or_default().0 += 1;
                }
            }
            (true, false) => {
                found.dropped.push(held.person.id);
                for (_, rule) in stopped_after {
                    rules.entry(rule.to_owned()).or_default().1 += 1;
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    found.rules = rules
        .into_iter()
        .map(|(rule, (n_added, n_dropped))| Moved {
            rule,
            n_added,
            n_dropped,
        })
        .collect();
    Ok(found)
}
