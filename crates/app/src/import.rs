//! Bringing in what another system knows of people: facts, never permissions.
//!
//! A run is [`begin`], any number of batches, and [`finish`]. A batch is made ready by [`prepare`],
//! on any thread, and taken by [`take_prepared`]; it is kept whole or not at all, and taking it
//! again changes nothing. Start with `batch.rs`.
//!
//! INVARIANT: an import touches no instrument, preference or suppression, so it can undo none.
//! INVARIANT: an erased person stays erased; a patient is never made less than one.

mod batch;
mod held;
mod joining;
mod merge;
mod prepare;
#[cfg(test)]
mod tests;

use placet_domain::arrival::Arrival;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{ImportId, PersonId};
use placet_ledger::{sha256, to_hex};
use placet_store::{StoreError, Tx, flows, imports, people};
use serde::Serialize;

use crate::ActError;
use crate::flow::{self, Open};
use batch::Batch;
pub(crate) use joining::home;
use prepare::{Ready, reference};

pub use prepare::{Prepared, prepare};

/// A run that has begun.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which.
    pub id: ImportId,
    /// The system the records come from, as `ehr` or `crm`: its ids are unique within it.
    pub source: String,
    /// The flow that it goes by: each batch asks whether it is still open.
    pub flow: Open,
}

/// What became of the arrivals of a batch or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// People who were new.
    pub added: u64,
    /// People about whom something changed.
    pub updated: u64,
    /// People about whom nothing was new.
    pub unchanged: u64,
    /// Of those added or updated: people who became patients.
    pub became_patients: u64,
    /// People known from another source already.
    pub matched: u64,
    /// New people who share name and date of birth with somebody, but no address.
    pub possible_duplicates: u64,
    /// People who were erased, and stay so.
    pub erased: u64,
    /// Appointments taken.
    pub appointments: u64,
    /// Appointments that are over.
    pub past_appointments: u64,
    /// Appointments, joins and partings of people who are not held.
    pub unknown_people: u64,
    /// Records that were joined to another of the same person.
    pub joined: u64,
    /// Records that were parted again.
    pub parted: u64,
    /// Arrivals for a record that goes on under another; their facts are not taken.
    pub superseded: u64,
}

impl Counts {
    /// Adds another batch's.
    pub fn add(&mut self, other: &Self) {
        self.added += other.added;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.became_patients += other.became_patients;
        self.matched += other.matched;
        self.possible_duplicates += other.possible_duplicates;
        self.erased += other.erased;
        self.appointments += other.appointments;
        self.past_appointments += other.past_appointments;
        self.unknown_people += other.unknown_people;
        self.joined += other.joined;
        self.parted += other.parted;
        self.superseded += other.superseded;
    }

    fn entry(&self, kind: &str, run: &Run) -> Entry {
        Entry::new(kind)
            .with("import", run.id)
            .with("n_added", self.added)
            .with("n_updated", self.updated)
            .with("n_unchanged", self.unchanged)
            .with("n_became_patients", self.became_patients)
            .with("n_matched", self.matched)
            .with("n_erased", self.erased)
            .with("n_appointments", self.appointments)
            .with("n_joined", self.joined)
            .with("n_parted", self.parted)
    }
}

/// Begins a run, by the declared flow of this name, or by the only one from this source into the hospital.
///
/// # Errors
///
/// When the name of the source is no code, its classification waits for a signature, no flow is declared or the
/// flow lacks something, or the store fails.
pub fn begin(tx: &mut Tx, ctx: &Ctx, source: &str, flow: Option<&str>) -> Result<Run, ActError> {
    let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if source.is_empty() || source.len() > 40 || !source.chars().all(is_code) {
        let problem = "a source is named by a short code of a-z, 0-9, `_` and `-`, as `ehr`";
        return Err(ActError::invalid("source", problem));
    }
    crate::data::catalogue::may_be_used(tx, source)?;
    let run = Run {
        id: ctx.new_id(),
        source: source.to_owned(),
        flow: flow::open(tx, ctx, source, flow)?,
    };
    let name = run.flow.list.name();
    imports::begin(tx, run.id, source, name, &ctx.actor.code())?;
    flows::add_import(tx, run.id, run.flow.version)?;
    tx.record(
        Entry::new("import.started")
            .with("import", run.id)
            .with("source", source)
            .with("flow", name)
            .with("flow_version", run.flow.version),
    );
    Ok(run)
}

/// Ends a run. `report` is the gateway's with the counts, which holds no personal value.
///
/// # Errors
///
/// When it has ended before, or the store fails.
pub fn finish(
    tx: &mut Tx,
    ctx: &Ctx,
    run: &Run,
    counts: &Counts,
    format: &str,
    report: &str,
) -> Result<(), ActError> {
    if !imports::finish(tx, run.id, format, report)? {
        return Err(ActError::NotFound("running import"));
    }
    flow::run::count_dropped(tx, ctx, run.flow.version, report)?;
    let hash = to_hex(&sha256(report.as_bytes()));
    tx.record(
        counts
            .entry("import.finished", run)
            .with("report_hash", hash),
    );
    Ok(())
}

/// Takes one batch that was made ready before, with the context that it was made ready with.
///
/// Every person added or changed gets an entry; the batch gets one with its counts and a hash of
/// the ids it touched.
///
/// # Errors
///
/// When the store fails; then nothing of the batch is kept.
pub fn take_prepared(
    tx: &mut Tx,
    ctx: &Ctx,
    run: &Run,
    prepared: &Prepared,
) -> Result<Counts, ActError> {
    take_all(tx, ctx, run, prepared.arrivals().iter(), prepared.ready())
}

/// Makes a batch ready and takes it.
///
/// # Errors
///
/// As [`take_prepared`].
pub fn take<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    run: &Run,
    arrivals: impl IntoIterator<Item = &'a Arrival>,
) -> Result<Counts, ActError> {
    let arrivals: Vec<&Arrival> = arrivals.into_iter().collect();
    let ready = prepare::make_ready(&tx.sealer(), ctx, &run.source, arrivals.iter().copied())?;
    take_all(tx, ctx, run, arrivals.iter().copied(), &ready)
}

fn take_all<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    run: &Run,
    arrivals: impl Iterator<Item = &'a Arrival>,
    ready: &[Option<Ready>],
) -> Result<Counts, ActError> {
    flow::still_open(tx, ctx, run.flow.version)?;
    let mut batch = Batch::new(tx, ctx, run, ready)?;
    for (arrival, ready) in arrivals.zip(ready) {
        batch.take(tx, arrival, ready.as_ref())?;
    }
    let (counts, ids_hash) = batch.finish(tx)?;
    tx.record(
        counts
            .entry("import.batch_taken", run)
            .with("ids_hash", ids_hash),
    );
    Ok(counts)
}

/// The person whom a source knows by this id of its own, unless there is none or they were erased.
///
/// # Errors
///
/// When the store fails.
pub fn find_person(tx: &mut Tx, source: &str, id: &str) -> Result<Option<PersonId>, StoreError> {
    let reference = reference(&tx.sealer(), "person", source, id);
    match people::find_by_source(tx, source, &reference)? {
        Some(known) => {
            let home = joining::home(tx, known.id)?;
            Ok((!tx.is_erased(home)?).then_some(home))
        }
        None => Ok(None),
    }
}
