//! Measurement on sums: data sets, what is asked of them, what came out, which campaign it is about.
//!
//! Start at [`add_dataset`] (a table enters), [`run::ask`] (a question is asked) and [`answer`]
//! (the arithmetic, in no transaction). A run waits for the worker of a process; each step is an
//! act with its entry.
//!
//! INVARIANT: no person enters here. A table that looks like a list of people is refused
//! ([`persons`]), and what is counted is shown only where it is not small.

pub mod answer;
pub mod ask;
mod groups;
pub mod noisy;
pub mod outcome;
pub mod persons;
pub mod report;
pub mod run;
pub mod sums;

use placet_domain::entry::Entry;
use placet_domain::id::DatasetId;
use placet_domain::measure::{Dataset, ReportRules};
use placet_ledger::{sha256, to_hex};
use placet_measure::table::Table;
use placet_store::{StoreError, Tx, measures};

use crate::settings::{get, put};
use crate::{ActError, Ctx, FieldProblem};

/// The largest table that is kept.
pub const LARGEST: usize = 8 << 20;
/// The setting that holds [`ReportRules`].
const RULES: &str = "report_rules";

/// What the organization decided about reports that count people. A read.
///
/// # Errors
///
/// When the store fails or a value is not what was put.
pub fn rules(tx: &mut Tx) -> Result<ReportRules, StoreError> {
    Ok(get(tx, RULES)?.unwrap_or_default())
}

/// Decides how small a count of people measurements may show, and what noisy ones may cost a year.
///
/// # Errors
///
/// [`ActError::Invalid`] names each number that no rule of thumb knows.
pub fn set_rules(tx: &mut Tx, ctx: &Ctx, new: &ReportRules) -> Result<(), ActError> {
    let mut problems = Vec::new();
    let mut check = |is_fine: bool, field: &str, says: &str| {
        if !is_fine {
            problems.push(FieldProblem {
                field: field.to_owned(),
                problem: says.to_owned(),
            });
        }
    };
    check(
        (5..=1_000).contains(&new.smallest_cell),
        "smallest_cell",
        "give a number from 5 to 1,000; 11 is usual",
    );
    check(
        (100..=10_000).contains(&new.audience_budget),
        "audience_budget",
        "give 100 to 10,000 thousandths of epsilon; 1,000 is usual",
    );
    check(
        (new.audience_budget..=100_000).contains(&new.house_budget),
        "house_budget",
        "give at least the budget of one audience, and at most 100,000 thousandths of epsilon",
    );
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    put(tx, ctx, RULES, new)
}

/// Keeps a table of counts and money, once for each upload.
///
/// # Errors
///
/// [`ActError::Invalid`] when it cannot be read, or looks like a list of people.
pub fn add_dataset(tx: &mut Tx, ctx: &Ctx, name: &str, body: &[u8]) -> Result<DatasetId, ActError> {
    let name = named(name)?;
    if body.len() > LARGEST {
        return Err(ActError::invalid(
            "file",
            "the file is larger than 8 MiB: sum it to one row a period (and region)",
        ));
    }
    let table =
        Table::read(body).map_err(|refusal| ActError::invalid("file", refusal.to_string()))?;
    let signs = persons::signs(&table, ctx.now);
    if !signs.is_empty() {
        return Err(ActError::Invalid(
            signs.into_iter().map(persons::Sign::problem).collect(),
        ));
    }
    let set = Dataset {
        id: ctx.new_id(),
        name,
        hash: sha256(body),
        n_rows: table.len() as u64,
        n_bytes: body.len() as u64,
        columns: table.names().to_vec(),
        created_at: ctx.now,
        created_by: ctx.actor.code(),
        removed_at: None,
    };
    measures::add_dataset(tx, &set, body)?;
    tx.record(
        Entry::new("measure.data_added")
            .with("dataset", set.id)
            .with("data_hash", to_hex(&set.hash))
            .with("n_rows", set.n_rows),
    );
    Ok(set.id)
}

/// Destroys the content of a data set. Its name, its hash and what was measured on it stay.
///
/// # Errors
///
/// When there is none, or it was destroyed before.
pub fn remove_dataset(tx: &mut Tx, ctx: &Ctx, id: DatasetId) -> Result<(), ActError> {
    measures::find_dataset(tx, id)?.ok_or(ActError::NotFound("data set"))?;
    if !measures::remove_body(tx, id, &ctx.actor.code())? {
        return Err(ActError::refused(
            "measure.removed",
            "the content of this data set was destroyed before",
        ));
    }
    tx.record(Entry::new("measure.data_removed").with("dataset", id));
    Ok(())
}

/// A data set that still has its content, and the table in it. A read.
///
/// # Errors
///
/// When there is none, or its content was destroyed.
pub fn table(tx: &mut Tx, id: DatasetId) -> Result<(Dataset, Table), ActError> {
    let set = measures::find_dataset(tx, id)?.ok_or(ActError::NotFound("data set"))?;
    let body = measures::find_body(tx, id)?.ok_or_else(|| {
        ActError::refused(
            "measure.removed",
            "the content of this data set was destroyed; upload it again to measure on it",
        )
    })?;
    let table = Table::read(&body).map_err(|_| StoreError::Defect)?;
    Ok((set, table))
}

/// A name as people give it.
fn named(name: &str) -> Result<String, ActError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(ActError::invalid(
            "name",
            "give a name in one line of at most 120 characters",
        ));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests;
