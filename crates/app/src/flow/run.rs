//! A run of a flow to a destination outside this store, and what flows dropped over time.
//!
//! INVARIANT: nothing is carried before its entry is committed, and ids leave under a key of the destination alone.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::flow::{DestinationKind, Version};
use placet_domain::id::{FlowId, FlowRunId, FlowVersionId};
use placet_domain::time::{Date, Span, Timestamp};
use placet_gateway::{Flow, Format, Options};
use placet_store::flows::{self, Dropped};
use placet_store::{StoreError, Tx};
use serde::Deserialize;

use super::{find_by_name, open_one};
use crate::{ActError, settings};

/// A run that has begun: what may be carried, with ids as the destination gets them.
#[derive(Debug)]
pub struct Carried {
    /// Which run.
    pub id: FlowRunId,
    /// By which version.
    pub version: FlowVersionId,
    /// The allow-list to go by.
    pub list: Flow,
}

/// After so many records a run asks again whether its flow is open.
const ASKED_EVERY: u64 = 4_000;

/// The format of this code; none lets the input tell.
///
/// # Errors
///
/// [`ActError::Invalid`] when the code is not known.
pub fn format(code: Option<&str>) -> Result<Option<Format>, ActError> {
    let found = code.map(|code| {
        let problem = "one of ndjson, bundle, document, csv, hl7";
        Format::find(code).ok_or_else(|| ActError::invalid("format", problem))
    });
    found.transpose()
}

impl Carried {
    /// Lets records through to `out`, one a line. `still_open` is asked before the first one and every so often: its
    /// failure ends the run.
    ///
    /// # Errors
    ///
    /// When the flow is not open any more, or `out` cannot be written.
    pub fn carry(
        &self,
        input: impl Read,
        format: Option<Format>,
        today: Date,
        out: &mut impl Write,
        still_open: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<placet_gateway::Report> {
        let options = Options {
            format,
            ..Options::on(today)
        };
        let mut n_lines = 0_u64;
        let mut write = |line: &str| {
            if n_lines.is_multiple_of(ASKED_EVERY) {
                still_open()?;
            }
            n_lines += 1;
            out.write_all(line.as_bytes())?;
            out.write_all(b"\n")
        };
        placet_gateway::filter(input, &self.list, &options, &mut write)
    }
}

/// The part of a gateway's report that is kept by day.
#[derive(Deserialize, Default)]
struct Report {
    #[serde(default)]
    n_read: u64,
    #[serde(default)]
    n_kept: u64,
    #[serde(default)]
    dropped: BTreeMap<String, u64>,
}

/// Begins a run to another company: the entry says who let what go where, before the first byte goes.
///
/// # Errors
///
/// [`ActError::Refused`] with all that the flow lacks, or when it leads into the hospital.
pub fn begin(tx: &mut Tx, ctx: &Ctx, name: &str) -> Result<Carried, ActError> {
    let flow = find_by_name(tx, name)?;
    let open = open_one(tx, ctx, &flow)?;
    let version = flow.counting().ok_or(ActError::NotFound("flow"))?;
    let declared = &version.declaration;
    if declared.destination.kind == DestinationKind::Own {
        let why = format!(
            "the flow `{name}` leads into the hospital; take its records with `placet import`"
        );
        return Err(ActError::refused("flow.own", why));
    }
    let list = super::permitted(tx, version)?;
    let list = for_destination(tx, version, list);
    let id = ctx.new_id();
    flows::begin_run(tx, id, open.version, &ctx.actor.code())?;
    tx.record(
        Entry::new("flow.run_started")
            .with("run", id)
            .with("flow", flow.id)
            .with("flow_version", open.version)
            .with("destination", &declared.destination.code),
    );
    Ok(Carried {
        id,
        version: open.version,
        list,
    })
}

/// The same list, with ids as the version's destination gets them: in the hospital they stay as they are.
pub(super) fn for_destination(tx: &mut Tx, version: &Version, list: Flow) -> Flow {
    let destination = &version.declaration.destination;
    if destination.kind == DestinationKind::Own {
        return list;
    }
    let (sealer, kind) = (tx.sealer(), format!("flow:{}", destination.code));
    list.with_pseudonyms(move |id| {
        let hash = sealer.lookup_hash(&kind, id);
        placet_ledger::to_hex(hash.get(..16).unwrap_or(&hash))
    })
}

/// Ends a run. `report` is the gateway's, which holds no personal value.
///
/// # Errors
///
/// When it has ended before, or the store fails.
pub fn finish(tx: &mut Tx, ctx: &Ctx, run: &Carried, report: &str) -> Result<(), ActError> {
    if !flows::finish_run(tx, run.id, report)? {
        return Err(ActError::NotFound("running flow"));
    }
    let counts = count(tx, ctx, run.version, report)?;
    tx.record(
        Entry::new("flow.run_finished")
            .with("run", run.id)
            .with("flow_version", run.version)
            .with("n_read", counts.n_read)
            .with("n_kept", counts.n_kept),
    );
    Ok(())
}

/// Adds what a report says was dropped to the counts of the day.
pub(crate) fn count_dropped(
    tx: &mut Tx,
    ctx: &Ctx,
    version: FlowVersionId,
    report: &str,
) -> Result<(), ActError> {
    count(tx, ctx, version, report).map(drop)
}

fn count(tx: &mut Tx, ctx: &Ctx, version: FlowVersionId, report: &str) -> Result<Report, ActError> {
    // A report without counts, as of a run that read nothing, adds none.
    let report: Report = serde_json::from_str(report).unwrap_or_default();
    let version = flows::find_version(tx, version)?.ok_or(ActError::NotFound("flow"))?;
    let today = settings::day(tx, ctx.now)?;
    for (path, n) in &report.dropped {
        flows::add_dropped(tx, version.flow, today, path, *n)?;
    }
    Ok(report)
}

/// What a flow dropped in the last seven and thirty days and ever, by path or rule.
///
/// # Errors
///
/// When the store fails.
pub fn dropped(tx: &mut Tx, flow: FlowId, now: Timestamp) -> Result<Vec<Dropped>, StoreError> {
    let today = settings::day(tx, now)?;
    let before = |days: i64| today.saturating_sub(Span::new().days(days));
    flows::list_dropped(tx, flow, before(6), before(29))
}
