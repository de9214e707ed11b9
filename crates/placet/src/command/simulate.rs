//! `placet simulate`: what other rules would do to each campaign, trigger and journey.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use placet_app::population::Index;
use placet_app::simulate::{self, Change, Simulated};
use placet_domain::settings::Strictness;
use serde_json::json;

use super::Exit;
use super::open::Installation;
use super::pack::engine_of;
use crate::clock;

/// Say whom other rules would add to each campaign, trigger and journey, and whom they would drop.
///
/// Nothing is changed by asking; that it was asked is an entry of the ledger. Campaigns that wait,
/// send or are stopped are asked about; triggers and journeys that have not ended, about everybody.
#[derive(Debug, Args)]
#[command(after_help = "Example: placet simulate --pack house-rules/ --config /var/lib/placet")]
pub struct Simulate {
    #[command(flatten)]
    installation: Installation,
    /// The folder of rule packs to try; without it, the rules of now.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// The profile to try: `conservative` or `regulatory_floor`.
    #[arg(long, value_parser = profile)]
    profile: Option<Strictness>,
    /// Name the ids of those added and dropped.
    #[arg(long)]
    people: bool,
    /// One JSON object a sender.
    #[arg(long)]
    json: bool,
}

fn profile(code: &str) -> Result<Strictness, String> {
    Strictness::find(code).ok_or_else(|| "one of conservative, regulatory_floor".to_owned())
}

impl Simulate {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// When the installation or the packs cannot be used.
    pub fn run(self) -> Result<Exit> {
        let (config, store) = self.installation.open()?;
        let now = match engine_of(config.pack.as_deref())? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let then = match engine_of(self.pack.as_deref().or(config.pack.as_deref()))? {
            Ok(engine) => engine,
            Err(exit) => return Ok(exit),
        };
        let change = Change {
            engine: then,
            strictness: self.profile,
        };
        let ctx = clock::system("simulate");
        let grant = ctx
            .actor
            .may_as_system()
            .context("the system may do this")?;
        let index = Index::default();
        let found = store
            .act_blocking(grant, &ctx, move |tx, ctx| {
                simulate::simulate(tx, ctx, &index, &now, &change)
            })
            .context("what is sent could not be asked about")?;
        store.checkpoint(clock::now())?;
        if found.is_empty() {
            eprintln!(
                "placet: no campaign waits, sends or is stopped, and no trigger or journey is there: nothing to ask about"
            );
        }
        for one in &found {
            self.print(one);
        }
        Ok(Exit::Done)
    }

    fn print(&self, one: &Simulated) {
        let it = &one.comparison;
        if self.json {
            let mut line = json!({
                "sender": one.sender.as_str(), "id": one.sender.id(), "name": one.name,
                "standing": one.sender.standing().0, "matched": it.n_matched, "before": it.n_before,
                "after": it.n_after, "added": it.added.len(), "dropped": it.dropped.len(),
                "rules": it.rules,
            });
            if let (true, Some(line)) = (self.people, line.as_object_mut()) {
                line.insert("people_added".to_owned(), json!(it.added));
                line.insert("people_dropped".to_owned(), json!(it.dropped));
            }
            println!("{line}");
            return;
        }
        println!(
            "{} ({}, {}): {} may be written to now, {} then; {} added, {} dropped",
            one.name,
            one.sender.as_str(),
            one.sender.standing().0,
            it.n_before,
            it.n_after,
            it.added.len(),
            it.dropped.len()
        );
        for rule in &it.rules {
            println!(
                "  {}: adds {}, drops {}",
                rule.rule, rule.n_added, rule.n_dropped
            );
        }
        if self.people {
            for (word, ids) in [("added", &it.added), ("dropped", &it.dropped)] {
                for id in ids {
                    println!("  {word} {id}");
                }
            }
        }
    }
}
