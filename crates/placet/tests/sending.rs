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
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use placet_app::{delivery, trigger};
use placet_deliver::catcher::{Catcher, Config as Catching};
use placet_domain::campaign::Tally;
use placet_domain::delivery::{State, Verdict};
use placet_domain::id::CampaignId;
use placet_gateway::mllp::client::{Answer, Client};
use placet_store::{Keys, Store, StoreConfig, StoreError, campaigns, deliveries};

const PEOPLE: usize = 400;
const LINES: usize = 8;
/// The number of messages at which the process is killed, each time.
const KILLS: [u64; 8] = [1, 9, 60, 61, 130, 200, 275, 350];
/// Longer than anything here takes; a test fails by it rather than hang.
const AT_MOST: Duration = Duration::from_secs(240);
/// Longer than a message takes from the wire to the mail on a busy machine.
const SOON: Duration = Duration::from_secs(60);

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

/// From the wire to the mail: an appointment over HL7 v2 (MLLP) brings a reminder; one that moves, is told of again or
/// outlives the process brings no second one.
#[test]
fn s77_a_reminder_follows_its_appointment_from_the_wire_to_the_mail_once() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Catcher::start(Catching::default()).unwrap();
    init(folder.path());
    let store = open(folder.path());
    let trigger = house::remind(&store, sink.address().port());
    arm(folder.path());

    let (mut process, mut line) = hear(folder.path());
    line.tell("1", "ADT^A04", &pid("p1"));
    line.tell("2", "SIU^S12", &appointment("a1", "p1", 72));
    let fires = |store: &Store| {
        let read = store.read_blocking::<_, _, StoreError>(move |tx| trigger::fires(tx, trigger));
        read.unwrap()
    };
    assert_eq!(
        (fires(&store).n_waiting, fires(&store).n_fired),
        (1, 0),
        "scheduled"
    );

    // It moves to tomorrow morning: the reminder is due with the commit.
    line.tell("3", "SIU^S13", &appointment("a1", "p1", 20));
    assert!(sink.wait_for(1, SOON), "{:?}", fires(&store));
    // Told again, moved again, and once more after a crash.
    line.tell("3", "SIU^S13", &appointment("a1", "p1", 20));
    line.tell("4", "SIU^S13", &appointment("a1", "p1", 21));
    process.kill().unwrap();
    process.wait().unwrap();
    let (mut process, mut line) = hear(folder.path());
    line.tell("5", "SIU^S13", &appointment("a1", "p1", 22));
    // Somebody else's arrives after all that, so a second one of the first would be here by now.
    line.tell("6", "ADT^A04", &pid("p2"));
    line.tell("7", "SIU^S12", &appointment("a2", "p2", 22));
    line.tell("8", "SIU^S12", &appointment("a3", "p2", 23));
    line.tell("9", "SIU^S15", &appointment("a3", "p2", 23));
    assert!(sink.wait_for(2, SOON), "{:?}", fires(&store));
    let mut reached: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for caught in sink.messages() {
        let text = caught.view().text.unwrap_or_default();
        reached.entry(caught.to[0].clone()).or_default().push(text);
    }
    assert_eq!(reached["p1@mail.example"].len(), 1, "{reached:?}");
    assert!(reached["p1@mail.example"][0].contains("Hello Ada, your appointment is on"));
    assert!(
        (1..=2).contains(&reached["p2@mail.example"].len()),
        "the cancelled one left before it was, or never"
    );
    process.kill().unwrap();
    process.wait().unwrap();
}

/// A line to the HL7 v2 door of a running process.
struct Line(Client);

impl Line {
    fn tell(&mut self, number: &str, kind: &str, segments: &str) {
        let now = in_hours(0);
        let message = format!("MSH|^~\\&|EHR|HOSP|X|Y|{now}||{kind}|{number}|P|2.5.1\r{segments}");
        let answer = self.0.send(message.as_bytes(), number.as_bytes()).unwrap();
        assert_eq!(answer, Answer::Taken, "{number}");
    }
}

fn pid(reference: &str) -> String {
    // Two people, who live together.
    let name = if reference == "p1" { "Ada" } else { "Ben" };
    format!(
        "PID|||{reference}||Moss^{name}||19600229|F|||1 Elm St^^Columbus^OH^43004^US^H||^NET^Internet^{reference}@mail.example\r"
    )
}

fn appointment(reference: &str, whose: &str, hours: i64) -> String {
    let at = in_hours(hours);
    format!("SCH||{reference}|||||||||^^^{at}\r{}", pid(whose))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the process under test reads the real clock"
)]
fn in_hours(hours: i64) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    at.strftime("%Y%m%d%H%M+0000").to_string()
}

/// Serves with an HL7 v2 door, and connects to it.
fn hear(folder: &Path) -> (Child, Line) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(["serve", "--mllp", "127.0.0.1:0", "--config"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
    let address: std::net::SocketAddr = said
        .find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("placet: listening to HL7 v2 on ")
                .map(|at| at.parse().unwrap())
        })
        .unwrap();
    // Read on, so that what it says further does not fill the pipe.
    std::thread::spawn(move || said.for_each(drop));
    (process, Line(Client::new(address, Duration::from_secs(60))))
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
