//! R1: a campaign survives the death of its process at any instant.
//!
//! A real `placet serve` sends to a real SMTP listener and is killed with SIGKILL again and again.
//! The listener takes responsibility for a message, then waits, then answers, as a relay does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "sending/house.rs"]
mod house;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use placet_app::delivery;
use placet_deliver::catcher::{Catcher, Config as Catching};
use placet_domain::campaign::Tally;
use placet_domain::delivery::{State, Verdict};
use placet_domain::id::CampaignId;
use placet_store::{Keys, Store, StoreConfig, StoreError, campaigns, deliveries};

const PEOPLE: usize = 400;
const LINES: usize = 8;
/// The number of messages at which the process is killed, each time.
const KILLS: [u64; 8] = [1, 9, 60, 61, 130, 200, 275, 350];
/// Longer than anything here takes; a test fails by it rather than hang.
const AT_MOST: Duration = Duration::from_secs(240);

#[test]
fn killed_again_and_again_it_loses_nobody_and_sends_to_nobody_twice() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Catcher::start(Catching::default()).unwrap();
    init(folder.path());
    let store = open(folder.path());
    let campaign = house::launch(&store, PEOPLE, sink.address().port());
    // What the test armed is its own store: the program is another installation until it is told.
    arm(folder.path());

    for at in KILLS {
        let mut process = serve(folder.path());
        assert!(sink.wait_for(at, AT_MOST), "message {at}");
        process.kill().unwrap();
        process.wait().unwrap();
    }
    // The last one finishes, and names what the dead ones left.
    let mut process = serve(folder.path());
    let started = Instant::now();
    while tally(&store, campaign).n_open() > 0 {
        assert!(started.elapsed() < AT_MOST, "{:?}", tally(&store, campaign));
        std::thread::yield_now();
    }
    process.kill().unwrap();
    process.wait().unwrap();

    let mut reached: BTreeMap<String, usize> = BTreeMap::new();
    for caught in sink.messages() {
        *reached.entry(caught.to[0].clone()).or_default() += 1;
    }
    assert!(reached.values().all(|n| *n == 1), "nobody twice");
    let found = tally(&store, campaign);
    assert_eq!(
        found.sent + found.unknown,
        PEOPLE as u64,
        "nobody lost: {found:?}"
    );
    assert!(
        found.unknown <= (LINES * KILLS.len()) as u64,
        "no more than were on the wire"
    );
    assert!(
        reached.len() as u64 >= found.sent,
        "what is called sent was sent"
    );

    // Each unknown is named, and a person settles it.
    let named = store
        .read_blocking::<_, _, StoreError>(move |tx| {
            deliveries::list_by_campaign(tx, campaign, State::Unknown, None, 1_000)
        })
        .unwrap();
    assert_eq!(named.len() as u64, found.unknown);
    store
        .act_blocking(
            placet_testing::grant(),
            &placet_testing::ctx(9),
            move |tx, ctx| {
                let mut named = named.iter();
                named.try_for_each(|one| {
                    delivery::resolve(tx, ctx, one.id, Verdict::GiveUp).map(drop)
                })
            },
        )
        .unwrap();
    assert_eq!(tally(&store, campaign).unknown, 0);
}

fn tally(store: &Store, campaign: CampaignId) -> Tally {
    store
        .read_blocking::<_, _, StoreError>(move |tx| campaigns::tally(tx, campaign))
        .unwrap()
}

/// Makes an installation whose leases are short, so that the dead are buried soon.
fn init(folder: &Path) {
    let made = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(["init", "--listen", "127.0.0.1:0"])
        .arg(folder)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let file = folder.join("placet.toml");
    let text = fs::read_to_string(&file).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("connections") && !line.starts_with("lease_seconds"));
    let text = lines.fold(
        format!("connections = {LINES}\nlease_seconds = 1\n"),
        |text, line| text + line + "\n",
    );
    fs::write(file, text).unwrap();
}

fn arm(folder: &Path) {
    let armed = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(["arm", "--config"])
        .arg(folder)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(armed.success());
}

fn open(folder: &Path) -> Store {
    let keys = Keys::load(&folder.join("master.key")).unwrap();
    let url = format!("sqlite:{}", folder.join("placet.db").display());
    Store::open(StoreConfig::new(url, keys)).unwrap()
}

fn serve(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(["serve", "--config"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
