//! Runs: asked by an operator, taken by the worker of a process, ended once.
//!
//! INVARIANT: a run that has its turn ends, or its lease does; then it is said to have been
//! interrupted. Nothing is measured twice under one id.

use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DatasetId, RunId, TypedId as _, WorkerId};
use placet_domain::measure::{Attachment, Ended, Ending, Question, Run, Stand};
use placet_domain::time::Timestamp;
use placet_ledger::{sha256, to_hex};
use placet_measure::Refusal;
use placet_store::{Tx, campaigns, measures};
use serde_json::Value;

use super::ask::Ask;
use super::{answer, groups, named};
use crate::{ActError, Ctx};

/// What somebody asks.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// Its name; the question's when empty.
    pub name: String,
    /// The question.
    pub ask: Ask,
    /// On which data.
    pub dataset: Option<DatasetId>,
    /// The media mix whose curves a budget goes by.
    pub source: Option<RunId>,
    /// The campaign whose effect it measures.
    pub campaign: Option<CampaignId>,
    /// The same seed gives the same answer.
    pub seed: u32,
}

/// Asks. The run waits for its turn.
///
/// # Errors
///
/// [`ActError::Invalid`] names each field that cannot be used and why.
pub fn ask(tx: &mut Tx, ctx: &Ctx, new: &NewRun) -> Result<RunId, ActError> {
    let new = &NewRun {
        ask: groups::counted(tx, &new.ask)?,
        ..new.clone()
    };
    let set = match new.dataset.filter(|_| new.ask.needs_data()) {
        Some(id) => {
            let set = measures::find_dataset(tx, id)?.ok_or(ActError::NotFound("data set"))?;
            if set.removed_at.is_some() {
                return Err(ActError::invalid(
                    "dataset",
                    "the content of this data set was destroyed; choose another",
                ));
            }
            Some(set)
        }
        None if new.ask.needs_data() => {
            return Err(ActError::invalid("dataset", "choose a data set"));
        }
        None => None,
    };
    let problems = new.ask.problems(set.as_ref());
    if !problems.is_empty() {
        return Err(ActError::Invalid(problems));
    }
    if new.ask.question() == Question::Budget {
        check_source(tx, new.source)?;
    }
    let name = match new.name.trim() {
        "" => new.ask.question().label().to_owned(),
        name => named(name)?,
    };
    let run = Run {
        id: ctx.new_id(),
        name,
        question: new.ask.question(),
        dataset: set.as_ref().map(|set| set.id),
        source: new.source,
        ask: placet_ask(&new.ask),
        data_hash: set.as_ref().map(|set| set.hash),
        seed: new.seed.into(),
        asked_at: ctx.now,
        asked_by: ctx.actor.code(),
    };
    add(tx, &run)?;
    if let Some(campaign) = new.campaign.or(groups::campaign(&new.ask)) {
        attach(tx, ctx, run.id, campaign, Attachment::Attached)?;
    }
    Ok(run.id)
}

/// Asks and answers what is answered at once, in one act: two counts of two groups.
///
/// # Errors
///
/// When it cannot be asked, or is one of the questions that take time.
pub fn ask_at_once(tx: &mut Tx, ctx: &Ctx, new: &NewRun) -> Result<(RunId, End), ActError> {
    if new.ask.question() != Question::Holdout {
        return Err(ActError::refused(
            "measure.takes_time",
            "this question waits for its turn",
        ));
    }
    let id = ask(tx, ctx, new)?;
    let (run, _) = find(tx, id)?;
    let ended = End::from(answer::answer(&work(tx, run)?, 1, &|_, _| true));
    end(tx, ctx, id, &ended)?;
    Ok((id, ended))
}

fn placet_ask(ask: &Ask) -> String {
    serde_json::to_string(ask).unwrap_or_default()
}

fn check_source(tx: &mut Tx, source: Option<RunId>) -> Result<(), ActError> {
    let found = match source {
        Some(id) => measures::find_run(tx, id)?,
        None => None,
    };
    match found {
        Some((run, stand)) if run.question == Question::Mmm && stand.is_done() => Ok(()),
        _ => Err(ActError::invalid(
            "source",
            "choose a media mix that is done: a budget goes by its curves",
        )),
    }
}

fn add(tx: &mut Tx, run: &Run) -> Result<(), ActError> {
    measures::add_run(tx, run)?;
    let mut entry = Entry::new("measure.asked")
        .with("run", run.id)
        .with("question", run.question.as_str())
        .with("ask_hash", to_hex(&sha256(run.ask.as_bytes())))
        .with("seed", run.seed);
    if let (Some(id), Some(hash)) = (run.dataset, &run.data_hash) {
        entry = entry.with("dataset", id).with("data_hash", to_hex(hash));
    }
    if let Some(source) = run.source {
        entry = entry.with("source", source);
    }
    tx.record(entry);
    Ok(())
}

/// Asks the same again: same question, same data, same seed.
///
/// # Errors
///
/// When there is no such run, or the content of its data set was destroyed.
pub fn again(tx: &mut Tx, ctx: &Ctx, id: RunId) -> Result<RunId, ActError> {
    let (before, _) = find(tx, id)?;
    if let Some(set) = before.dataset {
        super::table(tx, set)?;
    }
    let run = Run {
        id: ctx.new_id(),
        asked_at: ctx.now,
        asked_by: ctx.actor.code(),
        ..before
    };
    add(tx, &run)?;
    for campaign in measures::list_campaigns(tx, id)? {
        attach(tx, ctx, run.id, campaign, Attachment::Attached)?;
    }
    Ok(run.id)
}

/// A run and where it stands. A read.
///
/// # Errors
///
/// When there is none.
pub fn find(tx: &mut Tx, id: RunId) -> Result<(Run, Stand), ActError> {
    measures::find_run(tx, id)?.ok_or(ActError::NotFound("measurement"))
}

/// Says that a run measures a campaign, or that it does not.
///
/// # Errors
///
/// When there is no such run or campaign.
pub fn attach(
    tx: &mut Tx,
    ctx: &Ctx,
    run: RunId,
    campaign: CampaignId,
    kind: Attachment,
) -> Result<(), ActError> {
    find(tx, run)?;
    campaigns::find(tx, campaign)?.ok_or(ActError::NotFound("campaign"))?;
    measures::attach(
        tx,
        ctx.new_id::<RunId>().raw(),
        run,
        campaign,
        kind,
        &ctx.actor.code(),
    )?;
    let verb = match kind {
        Attachment::Attached => "measure.attached",
        Attachment::Detached => "measure.detached",
    };
    tx.record(Entry::new(verb).with("run", run).with("campaign", campaign));
    Ok(())
}

/// Stops a run: at once while it waits, at its next step while it runs.
///
/// # Errors
///
/// When it has ended.
pub fn stop(tx: &mut Tx, ctx: &Ctx, id: RunId) -> Result<(), ActError> {
    match find(tx, id)?.1 {
        Stand::Waiting => end(tx, ctx, id, &End::Stopped).map(drop),
        Stand::Running(_) => {
            measures::ask_to_stop(tx, id)?;
            tx.record(Entry::new("measure.stop_asked").with("run", id));
            Ok(())
        }
        Stand::Ended(_) => Err(ActError::refused(
            "measure.ended",
            "this measurement has ended; there is nothing to stop",
        )),
    }
}

/// What a worker needs to answer a run.
#[derive(Debug, Clone)]
pub struct Work {
    /// The run.
    pub run: Run,
    /// The question.
    pub ask: Ask,
    /// The bytes of its data set.
    pub body: Option<Vec<u8>>,
    /// The result it goes on from.
    pub source: Option<Value>,
    /// Counts below this are hidden.
    pub least: u64,
}

/// Gives the run that has waited longest its turn; none when nothing waits.
///
/// # Errors
///
/// When the store fails.
pub fn claim(
    tx: &mut Tx,
    _: &Ctx,
    worker: WorkerId,
    lease_ends: Timestamp,
) -> Result<Option<Work>, ActError> {
    let Some(run) = measures::find_waiting(tx)? else {
        return Ok(None);
    };
    if !measures::begin(tx, run.id, worker, lease_ends)? {
        return Ok(None);
    }
    tx.record(Entry::new("measure.begun").with("run", run.id));
    work(tx, run).map(Some)
}

/// What is needed to answer a run.
fn work(tx: &mut Tx, run: Run) -> Result<Work, ActError> {
    let corrupt = placet_store::StoreError::Corrupt {
        table: "measure_runs".to_owned(),
        id: run.id.to_string(),
    };
    let ask = serde_json::from_str(&run.ask).map_err(|_| corrupt.clone())?;
    let body = match run.dataset {
        Some(id) => measures::find_body(tx, id)?,
        None => None,
    };
    let source = match run.source {
        Some(id) => result(tx, id)?,
        None => None,
    };
    let least = super::rules(tx)?.smallest_cell;
    Ok(Work {
        run,
        ask,
        body,
        source,
        least,
    })
}

/// Says how far a run is; answers whether it is to stop.
///
/// # Errors
///
/// When the store fails.
pub fn renew(
    tx: &mut Tx,
    _: &Ctx,
    run: RunId,
    steps: (u64, u64),
    lease_ends: Timestamp,
) -> Result<bool, ActError> {
    Ok(measures::renew(tx, run, steps, lease_ends)?)
}

/// How a run ends.
#[derive(Debug, Clone)]
pub enum End {
    /// With a result.
    Done(Value),
    /// The data cannot carry the question.
    Refused(Refusal),
    /// An operator stopped it.
    Stopped,
    /// The program ended.
    Interrupted,
}

impl From<Result<Value, Refusal>> for End {
    fn from(answered: Result<Value, Refusal>) -> Self {
        match answered {
            Ok(value) => Self::Done(value),
            Err(refusal) if refusal.code == answer::STOPPED => Self::Stopped,
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

/// Ends a run; false when it had ended before.
///
/// # Errors
///
/// When the store fails.
pub fn end(tx: &mut Tx, ctx: &Ctx, id: RunId, end: &End) -> Result<bool, ActError> {
    let (how, says, result) = match end {
        End::Done(value) => (Ending::Done, String::new(), Some(value.to_string())),
        End::Refused(refusal) => (Ending::Refused, refusal.to_string(), None),
        End::Stopped => (Ending::Stopped, String::new(), None),
        End::Interrupted => (Ending::Interrupted, String::new(), None),
    };
    let result = result.map(String::into_bytes);
    let ended = Ended {
        how,
        at: ctx.now,
        by: ctx.actor.code(),
        says,
        version: placet_measure::VERSION.to_owned(),
        result_hash: result.as_deref().map(sha256),
    };
    if !measures::end(tx, id, &ended, result.as_deref())? {
        return Ok(false);
    }
    let mut entry = Entry::new("measure.ended")
        .with("run", id)
        .with("how", how.as_str())
        .with("version", &ended.version)
        .with("smallest_cell", super::rules(tx)?.smallest_cell);
    if let Some(hash) = &ended.result_hash {
        entry = entry.with("result_hash", to_hex(hash));
    }
    if let End::Refused(refusal) = end {
        entry = entry.with("refusal", refusal.code);
    }
    tx.record(entry);
    Ok(true)
}

/// Ends the runs whose worker is gone; answers how many.
///
/// # Errors
///
/// When the store fails.
pub fn sweep(tx: &mut Tx, ctx: &Ctx) -> Result<usize, ActError> {
    let abandoned = measures::list_abandoned(tx, ctx.now)?;
    for id in &abandoned {
        end(tx, ctx, *id, &End::Interrupted)?;
    }
    Ok(abandoned.len())
}

/// The result of a run; none when it has none. Whoever shows it opens it by
/// [`report::open`](super::report::open).
pub(super) fn result(tx: &mut Tx, id: RunId) -> Result<Option<Value>, placet_store::StoreError> {
    let Some(bytes) = measures::find_result(tx, id)? else {
        return Ok(None);
    };
    let corrupt = |_| placet_store::StoreError::Corrupt {
        table: "measure_ends".to_owned(),
        id: id.to_string(),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(corrupt)
}
