//! `placet ledger replay`: stored decisions, taken again.

use anyhow::{Context, Result};
use clap::Args;
use placet_app::ActError;
use placet_app::replay::{self, Replayed};
use placet_app::rules::Kept;

use super::super::open::Installation;
use super::super::pack::engine_of;
use super::Exit;
use crate::clock;

/// How many findings are named in all.
const NAMED: usize = 1_000;

/// Take every stored decision again under the rules that took it.
///
/// It needs the master key, since questions and answers are sealed. Exit status 1: some decision
/// does not come out byte for byte as it was stored.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet ledger replay --config /var/lib/placet --json")]
pub struct Replay {
    #[command(flatten)]
    installation: Installation,
    /// One JSON object for machines.
    #[arg(long)]
    json: bool,
}

impl Replay {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation cannot be opened.
    pub fn run(self) -> Result<Exit> {
        let (config, store) = self.installation.open()?;
        let engine = match engine_of(config.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let mut all = Replayed::default();
        let mut after = None;
        loop {
            let ctx = clock::system("replay");
            let grant = ctx
                .actor
                .may_as_system()
                .context("the system may do this")?;
            let engine = engine.clone();
            let page = store
                .act_blocking::<_, _, ActError>(grant, &ctx, move |tx, ctx| {
                    replay::replay(tx, ctx, &mut Kept::new(&engine), after)
                })
                .context("the decisions could not be read to their end")?;
            all.n_decisions += page.n_decisions;
            all.n_matched += page.n_matched;
            all.n_erased += page.n_erased;
            all.n_findings += page.n_findings;
            let room = NAMED.saturating_sub(all.findings.len());
            all.findings.extend(page.findings.into_iter().take(room));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        store.checkpoint(clock::now())?;
        Ok(report(&all, self.json))
    }
}

fn report(all: &Replayed, json: bool) -> Exit {
    if json {
        let line = serde_json::json!({
            "sound": all.n_findings == 0, "decisions": all.n_decisions, "matched": all.n_matched,
            "erased": all.n_erased, "findings": all.n_findings, "named": all.findings,
        });
        println!("{line}");
    } else {
        for one in &all.findings {
            println!(
                "FOUND: decision {} of {}: {}",
                one.decision,
                one.decided_at,
                one.what.says()
            );
        }
        println!(
            "{} decisions, {} the same again, {} of people who were erased, {} findings.",
            all.n_decisions, all.n_matched, all.n_erased, all.n_findings
        );
    }
    if all.n_findings == 0 {
        Exit::Done
    } else {
        Exit::Findings
    }
}
