//! The worker against real SMTP, a real store and the real gate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::atomic::AtomicU64;

use placet_domain::operator::Actor;
use placet_store::{Durability, Keys, StoreConfig};

use super::*;
use crate::bench::{self, Stage};
use crate::catcher::{self, Catcher};

struct House {
    stage: Stage,
    folder: tempfile::TempDir,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("placet.db").display());
    let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
    config.durability = Durability::None;
    let store = Store::open(config).unwrap();
    let n = AtomicU64::new(0);
    let ctx = move || {
        let n = n.fetch_add(1, Ordering::SeqCst);
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&n.to_be_bytes());
        let now = placet_testing::noon() + SignedDuration::from_millis(i64::try_from(n).unwrap());
        Ctx::new(now, Actor::System("test"), seed)
    };
    let grant = Actor::System("test").may_as_system().unwrap();
    let stage = Stage {
        store,
        engine: Engine::builtin(),
        ctx: Arc::new(ctx),
        grant,
    };
    House { stage, folder }
}

#[test]
fn everybody_is_sent_to_once() {
    let house = house();
    let run = bench::send(&house.stage, 200, 8, Duration::from_secs(60)).unwrap();
    assert_eq!(run.n_sent, 200);
    drop(house.folder);
    let _ = (catcher::Config::default(), Catcher::start);
}
