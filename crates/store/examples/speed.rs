//! How fast the store acts: `cargo run --release -p placet-store --example speed -- FOLDER`.
//!
//! Durable commits, one ledger entry of about 270 bytes each.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)]

use std::path::PathBuf;
use std::time::Instant;

use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::operator::Actor;
use placet_domain::time::Timestamp;
use placet_store::{Keys, Store, StoreConfig, StoreError};

fn main() {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let file = folder.join(format!("placet-speed-{}.db", std::process::id()));
    let url = std::env::args()
        .nth(2)
        .unwrap_or_else(|| format!("sqlite:{}", file.display()));
    let store = Store::open(StoreConfig::new(url, Keys::from_master([7; 32])).creating()).unwrap();

    rate("one by one", 4_000, || {
        (0..4_000).for_each(|n| append(&store, n, 1, true))
    });
    rate("in batches of 100", 200_000, || {
        (0..2_000).for_each(|n| append(&store, 10_000 + n, 100, true));
    });
    rate("in batches of 100, about nobody", 200_000, || {
        (0..2_000).for_each(|n| append(&store, 50_000 + n, 100, false));
    });
    rate("one each from 64 threads", 64 * 500, || {
        std::thread::scope(|scope| {
            for thread in 0..64 {
                let store = &store;
                scope.spawn(move || {
                    (0..500).for_each(|n| append(store, 100_000 + thread * 500 + n, 1, true));
                });
            }
        });
    });
    rate("checkpoints", 200, || {
        for n in 0..200 {
            append(&store, 200_000 + n, 1, true);
            store.checkpoint(Timestamp::UNIX_EPOCH).unwrap();
        }
    });
    rate("entries verified", 436_200, || {
        assert!(store.verify_ledger(Vec::new(), |_| {}).unwrap().is_sound());
    });
    drop(store);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
}

fn append(store: &Store, seed: u64, count: u64, is_about_people: bool) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    // A millisecond for each act, as a clock would give.
    let now = Timestamp::from_millisecond(1_700_000_000_000 + i64::try_from(seed).unwrap());
    let ctx = Ctx::new(now.unwrap(), Actor::System("speed"), bytes);
    let Some(grant) = ctx.actor.may_as_system() else {
        panic!("the system may")
    };
    let done: Result<(), StoreError> = store.act_blocking(grant, &ctx, move |tx, _| {
        for n in 0..count {
            // Twenty thousand people, met in no order.
            let number = (seed * 100 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 20_000;
            let mut person = [0; 16];
            person[..8].copy_from_slice(&number.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes());
            let person = PersonId::from(person);
            let mut entry = Entry::new("decision.taken");
            // The look-up by person costs a page for each: said apart.
            entry.person = is_about_people.then_some(person);
            let entry = entry.with("decision_id", person).with("outcome", "permit");
            tx.record(entry.with("campaign_id", person));
        }
        Ok(())
    });
    done.unwrap();
}

fn rate(what: &str, count: u64, work: impl FnOnce()) {
    let begun = Instant::now();
    work();
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{what}: {:.0} a second",
        f64::from(u32::try_from(count).unwrap()) / seconds
    );
}
