//! Consents and authorizations from a table, row by row, each with its evidence.
//!
//! A row is recorded whole or not at all. A row that is older than what the person has taken back
//! is refused, a row that is there already is left alone, and nothing here lifts anything: an
//! import can never undo an opt-out.
//!
//! INVARIANT: no problem repeats what stood in a cell.

mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use placet_domain::channel::Channel;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::instrument::{Instrument, Terms};
use placet_domain::operator::Grant;
use placet_domain::preference::{Preference, PreferenceKind, Topic};
use placet_domain::time::Timestamp;
use placet_store::{Store, StoreError, Tx, instruments, people, preferences, wordings};

use self::read::{Answer, Line, PersonKey};
use super::{Given, keep};
use crate::preference::{Asked, record as record_preference};
use crate::{ActError, FieldProblem};

/// How many rows one act takes.
pub const ROWS_AN_ACT: usize = 200;

/// One row of a table: its line and its cells by the name of their column.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The line in the file, counted from one.
    pub line: u64,
    /// The cells.
    pub cells: BTreeMap<String, String>,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row(line {})", self.line)
    }
}

/// What is wrong with a row, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// The line in the file.
    pub line: u64,
    /// The column, or `row`.
    pub column: String,
    /// What is wrong and what would be right; never the value.
    pub problem: String,
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Rows read.
    pub n_rows: u64,
    /// Instruments recorded that count now.
    pub n_granted: u64,
    /// Instruments kept that lack something, have expired or begin later.
    pub n_not_counting: u64,
    /// Refusals recorded.
    pub n_declined: u64,
    /// Rows that were there already.
    pub n_unchanged: u64,
    /// Consents recorded while an opt-out of the same person stands, and goes on standing.
    pub n_under_opt_out: u64,
    /// Rows that were not recorded.
    pub problems: Vec<RowProblem>,
    /// The line at which the store could not go on; everything before it is done.
    pub stopped_at: Option<u64>,
}

/// The columns that a table may have, each with whether it must have it.
pub fn columns() -> impl Iterator<Item = (&'static str, bool)> {
    read::COLUMNS
        .iter()
        .map(|name| (*name, read::REQUIRED.contains(name)))
}

/// Checks the columns of a table before a row of it is read.
///
/// # Errors
///
/// [`ActError::Invalid`] names every column that is missing or unknown.
pub fn check_columns<'a>(columns: impl IntoIterator<Item = &'a str>) -> Result<(), ActError> {
    let columns: Vec<&str> = columns.into_iter().collect();
    let missing = read::REQUIRED
        .iter()
        .filter(|name| !columns.contains(name))
        .map(|name| FieldProblem {
            field: (*name).to_owned(),
            problem: "this column is missing".to_owned(),
        });
    let unknown = columns
        .iter()
        .enumerate()
        .filter(|(_, name)| !read::is_column(name))
        .map(
            // The name itself may be a value when the header line is missing.
            |(place, _)| FieldProblem {
                field: format!("column {}", place + 1),
                problem: "this column is not known; see `placet import-permissions --help`"
                    .to_owned(),
            },
        );
    let problems: Vec<FieldProblem> = missing.chain(unknown).collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ActError::Invalid(problems))
    }
}

/// Takes a whole table in acts of bounded size. When the store fails, everything before the named
/// line is done and nothing after it.
pub fn run(store: &Store, grant: Grant, ctx: &Ctx, rows: impl IntoIterator<Item = Row>) -> Report {
    let mut report = Report::default();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let part: Vec<Row> = rows.by_ref().take(ROWS_AN_ACT).collect();
        let first = part.first().map_or(0, |row| row.line);
        match store.act_blocking(grant, ctx, move |tx, ctx| take(tx, ctx, &part)) {
            Ok(done) => report.add(done),
            Err(_) => {
                report.stopped_at = Some(first);
                break;
            }
        }
    }
    report
}

impl Report {
    fn add(&mut self, more: Self) {
        self.n_rows += more.n_rows;
        self.n_granted += more.n_granted;
        self.n_not_counting += more.n_not_counting;
        self.n_declined += more.n_declined;
        self.n_unchanged += more.n_unchanged;
        self.n_under_opt_out += more.n_under_opt_out;
        self.problems.extend(more.problems);
    }

    fn refuse(&mut self, line: u64, column: &str, problem: impl Into<String>) {
        self.problems.push(RowProblem {
            line,
            column: column.to_owned(),
            problem: problem.into(),
        });
    }
}

/// Takes some rows in one transaction: every good row is recorded, every other one is named.
///
/// # Errors
///
/// Only when the store fails; then none of these rows is recorded.
pub fn take(tx: &mut Tx, ctx: &Ctx, rows: &[Row]) -> Result<Report, ActError> {
    let mut report = Report::default();
    for row in rows {
        report.n_rows += 1;
        match Line::read(row) {
            Ok(line) => take_line(tx, ctx, row.line, line, &mut report)?,
            Err(problems) => report.problems.extend(problems),
        }
    }
    tx.record(
        Entry::new("instruments.imported")
            .with("n_rows", report.n_rows)
            .with("n_granted", report.n_granted)
            .with("n_not_counting", report.n_not_counting)
            .with("n_declined", report.n_declined)
            .with("n_unchanged", report.n_unchanged)
            .with("n_refused", report.problems.len()),
    );
    Ok(report)
}

fn take_line(
    tx: &mut Tx,
    ctx: &Ctx,
    at: u64,
    line: Line,
    report: &mut Report,
) -> Result<(), ActError> {
    let Some(person) = find_person(tx, &line.person)? else {
        report.refuse(
            at,
            line.person.column(),
            "nobody, or more than one person, is held under this",
        );
        return Ok(());
    };
    let wording = match &line.wording {
        None => None,
        Some(key) => match wordings::find_version(tx, &key.code, &key.language, key.version)? {
            Some(wording) => Some(wording.id),
            None => {
                report.refuse(
                    at,
                    "wording",
                    "there is no such wording in this version and language",
                );
                return Ok(());
            }
        },
    };
    let done = match line.answer {
        Answer::Declined { channel, topic } => {
            let asked = Asked {
                kind: PreferenceKind::Declined,
                channel: Some(channel),
                topic: Some(topic),
                wording,
                at: line.signed_at,
                method: line.method,
                evidence: line.evidence,
            };
            decline(tx, ctx, person, asked, report)
        }
        Answer::Granted { kind, terms } => {
            let (signed_at, method) = (line.signed_at, line.method);
            let given = Given {
                kind,
                wording,
                terms,
                signed_at,
                method,
                evidence: line.evidence,
            };
            grant(tx, ctx, at, person, given, report)
        }
    };
    match done {
        // What is wrong with one row is that row's problem; a failed store is everybody's.
        Err(ActError::Invalid(fields)) => {
            for field in fields {
                report.refuse(at, &field.field, field.problem);
            }
            Ok(())
        }
        other => other,
    }
}

fn decline(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    asked: Asked,
    report: &mut Report,
) -> Result<(), ActError> {
    let is_there = preferences::list_by_person(tx, person)?.iter().any(|held| {
        let one = &held.preference;
        one.kind == asked.kind
            && (one.channel, one.topic) == (asked.channel, asked.topic)
            && one.asked_at == asked.at
    });
    if is_there {
        report.n_unchanged += 1;
        return Ok(());
    }
    record_preference(tx, ctx, person, asked)?;
    report.n_declined += 1;
    Ok(())
}

fn grant(
    tx: &mut Tx,
    ctx: &Ctx,
    at: u64,
    person: PersonId,
    given: Given,
    report: &mut Report,
) -> Result<(), ActError> {
    let held: Vec<Instrument> = instruments::list_by_person(tx, person)?
        .into_iter()
        .map(|held| held.instrument)
        .collect();
    if held.iter().any(|one| is_same(one, &given)) {
        report.n_unchanged += 1;
        return Ok(());
    }
    let ended = held.iter().filter(|one| speaks_of_same(one, &given));
    let is_older = ended
        .filter_map(|one| one.revoked)
        .any(|ended| ended.at >= given.signed_at);
    if is_older {
        report.refuse(
            at,
            "signed_at",
            "this is older than a revocation by the same person",
        );
        return Ok(());
    }
    let objections = standing_objections(tx, person, &given, ctx.now)?;
    // An authorization does not send messages: only its own revocation makes it a thing of the past.
    let is_authorization = matches!(given.terms, Terms::Authorization(_));
    let mut counting = objections
        .iter()
        .filter(|one| !is_authorization || one.kind == PreferenceKind::HipaaRevocation);
    if counting.any(|one| one.asked_at >= given.signed_at) {
        report.refuse(
            at,
            "signed_at",
            "this is older than an opt-out of the same person",
        );
        return Ok(());
    }
    let recorded = keep(tx, ctx, person, given)?;
    if recorded.standing.is_in_force() {
        report.n_granted += 1;
        report.n_under_opt_out += u64::from(!objections.is_empty());
    } else {
        report.n_not_counting += 1;
    }
    Ok(())
}

fn is_same(held: &Instrument, given: &Given) -> bool {
    held.kind == given.kind && held.signed_at == given.signed_at && held.terms == given.terms
}

fn speaks_of_same(held: &Instrument, given: &Given) -> bool {
    held.kind == given.kind
        && match (&held.terms, &given.terms) {
            (Terms::Consent(one), Terms::Consent(other)) => {
                (one.channel, one.topic) == (other.channel, other.topic)
            }
            _ => true,
        }
}

/// What stands against everything the instrument would allow.
fn standing_objections(
    tx: &mut Tx,
    person: PersonId,
    given: &Given,
    now: Timestamp,
) -> Result<Vec<Preference>, StoreError> {
    let ways: Vec<(Channel, Topic)> = crate::preference::Way::all()
        .filter(|way| match &given.terms {
            Terms::Authorization(terms) => terms.scope.covers(way.channel, way.topic),
            Terms::Consent(consent) => (consent.channel, consent.topic) == (way.channel, way.topic),
        })
        .map(|way| (way.channel, way.topic))
        .collect();
    let held = preferences::list_by_person(tx, person)?
        .into_iter()
        .map(|held| held.preference);
    Ok(held
        .filter(|one| {
            one.stands_at(now)
                && ways
                    .iter()
                    .any(|(channel, topic)| one.objects_to(*channel, *topic))
        })
        .collect())
}

/// The one person a row means; nobody when several share the address.
fn find_person(tx: &mut Tx, key: &PersonKey) -> Result<Option<PersonId>, StoreError> {
    let candidates = match key {
        PersonKey::Id(id) => {
            let is_there = people::is_held(tx, *id)? && !tx.is_erased(*id)?;
            return Ok(is_there.then_some(*id));
        }
        PersonKey::Address {
            channel, address, ..
        } => match people::address_lookup(tx, *channel, address) {
            Some(lookup) => people::list_by_address(tx, &lookup, 50)?,
            None => Vec::new(),
        },
    };
    let PersonKey::Address {
        birth_date: Some(born),
        ..
    } = key
    else {
        return Ok(only(candidates));
    };
    let lookup = tx.lookup_hash(people::BIRTH_DATE, &born.to_string());
    let mut matching = Vec::new();
    for id in candidates {
        if people::has_lookup(tx, id, &lookup)? {
            matching.push(id);
        }
    }
    Ok(only(matching))
}

fn only(people: Vec<PersonId>) -> Option<PersonId> {
    match people.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
