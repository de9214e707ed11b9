//! Entries a second through the real store: durable, placed, hashed and tiled.

use anyhow::{Context, Result};
use placet_domain::entry::Entry;
use placet_store::{Store, StoreError};

use super::{Figure, Scratch, rate};
use crate::clock;

/// One act an entry, and a hundred entries an act.
///
/// # Errors
///
/// When an act fails.
pub fn run(runs: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (what, n_acts, per_act) in [
        ("ledger entries, one an act, durable", 4_000, 1),
        ("ledger entries, 100 an act, durable", 4_000, 100),
    ] {
        let mut values = Vec::new();
        for _ in 0..runs {
            let scratch = Scratch::new("ledger")?;
            let store = scratch.store()?;
            values.push(rate(n_acts * per_act, || append(&store, n_acts, per_act))?);
        }
        figures.push(Figure {
            what: what.to_owned(),
            values,
            unit: "entries/s",
        });
    }
    Ok(figures)
}

fn append(store: &Store, n_acts: usize, per_act: usize) -> Result<()> {
    for _ in 0..n_acts {
        let ctx = clock::system("bench");
        let grant = ctx.actor.may_as_system().context("the system may act")?;
        store.act_blocking(grant, &ctx, move |tx, _| {
            for n in 0..per_act {
                tx.record(
                    Entry::new("bench.appended")
                        .with("n", n)
                        .with("body_hash", "0".repeat(64)),
                );
            }
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}
