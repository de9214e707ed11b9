//! From a stream of records to people in the store: one thread reads, filters, hashes and seals,
//! the writer's takes batch after batch.
//!
//! A batch that was taken stays when a later one fails; taking the same file again changes
//! nothing.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use placet_app::import::{self, Counts, Prepared, Run};
use placet_app::{ActError, Ctx};
use placet_domain::arrival::Arrival;
use placet_domain::id::ImportId;
use placet_domain::operator::Capability;
use placet_gateway::{Fault, Flow, Format, Kind, Options, Report};
use placet_store::{Sealer, Store, StoreError, Tx};

/// How many arrivals one act takes.
const BATCH: usize = 4_000;
/// How many batches wait for the store.
const WAITING: usize = 1;
/// Past so many people of one input, repetitions are no longer told from changes.
const REMEMBERED: usize = 4_000_000;

/// What an import did.
pub struct Outcome {
    /// The run, as the ledger names it.
    pub id: ImportId,
    /// What was read, dropped and refused.
    pub report: Report,
    /// What became of what was let through.
    pub counts: Counts,
}

/// Who imports, from where, and by what flow.
pub struct Intake<'i> {
    /// Where people go.
    pub store: &'i Store,
    /// The context of each act.
    pub ctx: &'i (dyn Fn() -> Ctx + Sync),
    /// The system the records come from, as `ehr`.
    pub source: &'i str,
    /// The declared flow to go by; the only one from this source when none is named.
    pub flow: Option<&'i str>,
    /// How to read.
    pub options: &'i Options,
}

impl Intake<'_> {
    /// Imports one input.
    ///
    /// # Errors
    ///
    /// When the actor may not import, the source has no fitting name or no flow that is open, or the
    /// store fails. What was taken before stays.
    pub fn run(&self, input: impl Read + Send) -> Result<Outcome, ActError> {
        let (source, flow) = (self.source.to_owned(), self.flow.map(str::to_owned));
        let run = self.act(move |tx, ctx| import::begin(tx, ctx, &source, flow.as_deref()))?;
        let (give, batches) = sync_channel(WAITING);
        let reader = Reader {
            ctx: self.ctx,
            sealer: self.store.sealer(),
            source: self.source,
            give,
            batch: Vec::with_capacity(BATCH),
        };
        let (report, taken) = thread::scope(|scope| {
            let (flow, options) = (&run.flow.list, self.options);
            let reader = scope.spawn(move || reader.read(input, flow, options));
            let taken = self.take_all(&run, batches);
            (reader.join(), taken)
        });
        let counts = taken?;
        let report = report.map_err(|_| {
            ActError::refused("import.stopped", "reading the input failed; take it again")
        })?;
        let id = run.id;
        let text = serde_json::json!({ "read": report, "taken": counts }).to_string();
        let format = report.format;
        self.act(move |tx, ctx| import::finish(tx, ctx, &run, &counts, format, &text))?;
        Ok(Outcome { id, report, counts })
    }

    fn take_all(&self, run: &Run, batches: Receiver<Batch>) -> Result<Counts, ActError> {
        let mut counts = Counts::default();
        // Dropping the receiver on an error ends the reader.
        for batch in batches {
            let (ctx, prepared) = batch?;
            // Kept here too, so that the writer need not take it apart.
            let (run, prepared) = (run.clone(), Arc::new(prepared));
            let kept = Arc::clone(&prepared);
            let take =
                move |tx: &mut Tx, ctx: &Ctx| import::take_prepared(tx, ctx, &run, &prepared);
            counts.add(&self.act_as(&ctx, take)?);
            drop(kept);
        }
        Ok(counts)
    }

    fn act<T: Send + 'static>(
        &self,
        act: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        self.act_as(&(self.ctx)(), act)
    }

    fn act_as<T: Send + 'static>(
        &self,
        ctx: &Ctx,
        act: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        let grant = ctx.actor.may(Capability::ImportPeople)?;
        self.store.act_blocking(grant, ctx, act)
    }
}

/// What one act takes, with its context.
type Batch = Result<(Ctx, Prepared), StoreError>;

/// Everything that needs no database.
struct Reader<'r> {
    ctx: &'r (dyn Fn() -> Ctx + Sync),
    sealer: Sealer,
    source: &'r str,
    give: SyncSender<Batch>,
    batch: Vec<Arrival>,
}

impl Reader<'_> {
    /// Reads the input to its end, or until nobody takes its batches any more.
    fn read(mut self, input: impl Read, flow: &Flow, options: &Options) -> Report {
        let mut seen = Seen::default();
        let report =
            placet_gateway::arrivals(input, flow, options, &mut |report, place, arrival| {
                // Messages tell what happened, one after the other: what comes later counts.
                let is_a_stream = report.format == Format::Hl7.as_str();
                if !is_a_stream && seen.is_contradicted(&arrival) {
                    report.n_kept = report.n_kept.saturating_sub(1);
                    report.refuse(place, Fault::of(Kind::RepeatedPerson));
                    return goes_on(options);
                }
                self.batch.push(arrival);
                if self.batch.len() < BATCH {
                    return ControlFlow::Continue(());
                }
                self.hand_over()
            });
        if !self.batch.is_empty() {
            // Nobody takes it only when the store failed, which is said elsewhere.
            let _ = self.hand_over();
        }
        report
    }

    fn hand_over(&mut self) -> ControlFlow<()> {
        let arrivals = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        let ctx = (self.ctx)();
        let prepared = import::prepare(&self.sealer, &ctx, self.source, arrivals);
        match self.give.send(prepared.map(|prepared| (ctx, prepared))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn goes_on(options: &Options) -> ControlFlow<()> {
    if options.is_strict {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// Who came in this input, by hashes that are forgotten with it.
#[derive(Default)]
struct Seen {
    hasher: RandomState,
    people: HashMap<u64, u64>,
}

impl Seen {
    /// Whether the same person came before with other data: which one counts is not ours to guess.
    fn is_contradicted(&mut self, arrival: &Arrival) -> bool {
        let Arrival::Person(person) = arrival else {
            return false;
        };
        let who = self.hasher.hash_one(&person.source_ref);
        let what = self.hasher.hash_one(person.canonical());
        if self.people.len() >= REMEMBERED {
            return false;
        }
        *self.people.entry(who).or_insert(what) != what
    }
}
