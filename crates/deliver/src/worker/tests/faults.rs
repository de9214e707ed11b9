//! Stories of things going wrong: relays that stall and vanish, processes that die, workers that
//! meet. In each nobody is lost, nobody is sent to twice, and what cannot be known is named.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use placet_app::campaign;
use placet_app::delivery::Engine;
use placet_domain::campaign::Hold;
use placet_domain::channel::Channel;
use placet_domain::delivery::State;
use placet_domain::id::CampaignId;
use placet_store::{Fault as StoreFault, StoreError, campaigns};

use super::stage::{House, Kind};
use crate::carrier::smtp::SmtpCarrier;
use crate::catcher::{self, Catcher, Fault, Gate, Point, Script};
use crate::smtp::Relay;
use crate::worker::{Config, Worker};

const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// Longer than anything here takes; a test fails by it rather than hang.
const AT_MOST: Duration = Duration::from_secs(120);

fn sink(script: Script) -> Catcher {
    Catcher::start(catcher::Config {
        script,
        ..catcher::Config::default()
    })
    .unwrap()
}

impl House {
    fn work(&self, sink: &Catcher, lines: usize) -> Worker {
        let relay = Relay::new("127.0.0.1", sink.address().port());
        Worker::start(Config {
            store: self.store.clone(),
            channel: Channel::Email,
            engine: Engine::builtin(),
            public_url: "https://news.harbor.example".to_owned(),
            ctx: self.clock(),
            carrier: Arc::new(move || {
                let relay = relay.clone();
                Box::new(SmtpCarrier::new(Arc::new(move || Ok(relay.clone()))))
            }),
            lines,
            lease: LEASE,
            look: Duration::from_millis(5),
        })
        .unwrap()
    }

    fn is_stopped(&self, campaign: CampaignId) -> bool {
        let read = move |tx: &mut placet_store::Tx| campaigns::list_holds(tx, campaign);
        let holds = self.store.read_blocking::<_, _, StoreError>(read).unwrap();
        holds.first().is_some_and(|hold| hold.kind == Hold::Stopped)
    }

    /// Waits until nothing is pending or claimed, by the worker's own doing.
    #[track_caller]
    pub(super) fn wait_until_over(&self, campaign: CampaignId) {
        let started = std::time::Instant::now();
        while !self.in_state(campaign, State::Pending).is_empty()
            || !self.in_state(campaign, State::Claimed).is_empty()
        {
            assert!(started.elapsed() < AT_MOST, "the outbox does not empty");
            std::thread::yield_now();
        }
    }
}

/// How often each address was reached.
fn reached(sink: &Catcher) -> BTreeMap<String, usize> {
    let mut reached = BTreeMap::new();
    for caught in sink.messages() {
        *reached.entry(caught.to[0].clone()).or_default() += 1;
    }
    reached
}

pub(super) fn everybody_is_sent_to_once(kind: Kind) {
    let (house, campaign) = House::launched(kind, 200);
    let sink = sink(Script::default());
    let worker = house.work(&sink, 8);
    house.wait_until_over(campaign);
    worker.stop();
    house.check_tally(campaign, [0, 0, 200, 0, 0, 0]);
    let reached = reached(&sink);
    assert!(reached.len() == 200 && reached.values().all(|n| *n == 1));
    let sent = house.in_state(campaign, State::Sent);
    let dialogue = sent[0].dialogue.as_deref().unwrap();
    assert!(dialogue.contains("> RCPT TO:<<recipient>>\n") && !dialogue.contains("mail.example"));
}

pub(super) fn two_workers_at_once_share_the_work(kind: Kind) {
    let (house, campaign) = House::launched(kind, 200);
    // One in the same process, one as another process has it: a store of its own.
    let other = house.reopen();
    let sink = sink(Script::default());
    let workers = [
        house.work(&sink, 4),
        house.work(&sink, 4),
        other.work(&sink, 4),
    ];
    house.wait_until_over(campaign);
    workers.into_iter().for_each(Worker::stop);
    house.check_tally(campaign, [0, 0, 200, 0, 0, 0]);
    assert_eq!((sink.count(), reached(&sink).len()), (200, 200));
}

pub(super) fn the_stop_button_works_within_one_claim(kind: Kind) {
    let (house, campaign) = House::launched(kind, 50);
    let gate = Gate::default();
    let sink = sink(Script::always(Point::Answer, Fault::Wait(gate.clone())));
    let worker = house.work(&sink, 4);
    assert!(sink.wait_for(4, AT_MOST));
    house
        .act(move |tx, ctx| campaign::stop(tx, ctx, campaign, "a wrong date"))
        .unwrap();
    gate.open();
    worker.stop();
    // Those on the wire go out and are recorded; nobody else was claimed.
    house.check_tally(campaign, [46, 0, 4, 0, 0, 0]);
    assert_eq!(sink.count(), 4);

    house
        .act(move |tx, ctx| campaign::resume(tx, ctx, campaign, "the date is right"))
        .unwrap();
    let worker = house.work(&sink, 4);
    house.wait_until_over(campaign);
    worker.stop();
    assert_eq!((sink.count(), reached(&sink).len()), (50, 50));
}

/// Each message meets the fault that its number says. Whoever was not taken is tried again;
/// whoever may have been taken is named and left alone.
pub(super) fn a_relay_full_of_faults_loses_and_doubles_nobody(kind: Kind) {
    let (house, campaign) = House::launched(kind, 120);
    let say = |words: &str| Some(Fault::Say(words.to_owned()));
    let sink = sink(Script::new(move |point, number| {
        match (number % 20, point) {
            (3, Point::Mail) => Some(Fault::Close),
            (5, Point::Rcpt) => Some(Fault::Close),
            (7, Point::Data) => Some(Fault::Close),
            (9, Point::Content) => Some(Fault::Close),
            (11, Point::Dot) => Some(Fault::Close),
            (13, Point::Answer) => Some(Fault::Close),
            (15, Point::Rcpt) => say("550 5.1.1 no such mailbox\r\n"),
            (17, Point::Dot) => say("552 5.3.4 too large\r\n"),
            (19, Point::Answer) => say("what\r\n"),
            _ => None,
        }
    }));
    let worker = house.work(&sink, 6);
    house.wait_until_over(campaign);
    worker.stop();

    let reached = reached(&sink);
    assert!(reached.values().all(|n| *n == 1), "nobody twice");
    let n = |state| house.in_state(campaign, state).len();
    assert_eq!(
        n(State::Sent) + n(State::Failed) + n(State::Unknown),
        120,
        "nobody lost"
    );
    assert!(n(State::Unknown) > 0 && n(State::Failed) > 0);
    // Everybody sent to was reached; whoever else was reached is named as unknown.
    let unknown_but_reached = reached.len() - n(State::Sent);
    assert!(unknown_but_reached > 0 && unknown_but_reached <= n(State::Unknown));
}

pub(super) fn a_relay_that_is_away_costs_time_only(kind: Kind) {
    let (house, campaign) = House::launched(kind, 10);
    let gone = sink(Script::default());
    let port = gone.address();
    drop(gone);
    let relay = Relay::new("127.0.0.1", port.port());
    let worker = Worker::start(Config {
        store: house.store.clone(),
        channel: Channel::Email,
        engine: Engine::builtin(),
        public_url: "https://news.harbor.example".to_owned(),
        ctx: house.clock(),
        carrier: Arc::new(move || {
            let relay = relay.clone();
            Box::new(SmtpCarrier::new(Arc::new(move || Ok(relay.clone()))))
        }),
        lines: 2,
        lease: LEASE,
        look: Duration::from_millis(5),
    })
    .unwrap();
    let started = std::time::Instant::now();
    while worker.progress().trouble().is_none() {
        assert!(started.elapsed() < AT_MOST);
        std::thread::yield_now();
    }
    house.check_tally(campaign, [10, 0, 0, 0, 0, 0]);
    // It comes back at the same place.
    let config = catcher::Config {
        listen: port,
        ..catcher::Config::default()
    };
    let sink = Catcher::start(config).unwrap();
    house.wait_until_over(campaign);
    assert_eq!(worker.progress().trouble(), None);
    worker.stop();
    assert_eq!((sink.count(), reached(&sink).len()), (10, 10));
}

/// R1 in one process: the store dies at one commit after the other, before or after it is kept,
/// with messages on the wire; the next process goes on.
pub(super) fn death_at_any_commit_loses_and_doubles_nobody(kind: Kind) {
    const LINES: usize = 5;
    const PEOPLE: usize = 150;
    let (mut house, campaign) = House::launched(kind, PEOPLE);
    let sink = sink(Script::default());
    let mut n_deaths = 0;
    loop {
        // Deaths come early and late in a process, and on either side of the commit.
        let fault = [StoreFault::CrashBefore, StoreFault::CrashAfter][n_deaths % 2];
        let dies = n_deaths < 12;
        if dies {
            house.faults.plan(2 + (n_deaths as u64 * 7) % 5, fault);
        }
        let worker = house.work(&sink, LINES);
        if !dies {
            house.wait_until_over(campaign);
            worker.stop();
            break;
        }
        let started = std::time::Instant::now();
        while !house.faults.is_dead() {
            assert!(started.elapsed() < AT_MOST, "it should have died by now");
            std::thread::yield_now();
        }
        // A killed process settles nothing more; what its lines handed over was handed over.
        worker.stop();
        n_deaths += 1;
        let unknown_before = house.in_state(campaign, State::Unknown).len();
        house = house.reopen();
        house.pass(LEASE + SignedDuration::from_secs(1));
        let heir = placet_domain::id::WorkerId::from([200 + n_deaths as u8; 16]);
        assert!(
            house.beat(heir).n_lost <= LINES,
            "no more unknowns than lines"
        );
        let unknown = house.in_state(campaign, State::Unknown).len();
        assert!(unknown - unknown_before <= LINES);
    }
    let reached = reached(&sink);
    assert!(reached.values().all(|n| *n == 1), "nobody twice");
    let (sent, unknown) = (
        house.in_state(campaign, State::Sent).len(),
        house.in_state(campaign, State::Unknown).len(),
    );
    assert_eq!(sent + unknown, PEOPLE, "nobody lost");
    assert!(reached.len() >= sent && reached.len() <= sent + unknown);
}

pub(super) fn a_disk_that_is_full_for_a_while_only_delays(kind: Kind) {
    let (house, campaign) = House::launched(kind, 60);
    for after in [1, 2, 4, 5] {
        house.faults.plan(after, StoreFault::Full);
    }
    let sink = sink(Script::default());
    let worker = house.work(&sink, 4);
    house.wait_until_over(campaign);
    worker.stop();
    house.check_tally(campaign, [0, 0, 60, 0, 0, 0]);
    assert_eq!((sink.count(), reached(&sink).len()), (60, 60));
}

/// A relay that refuses everybody says something about us, not about them.
pub(super) fn a_campaign_that_everybody_is_refused_of_is_stopped(kind: Kind) {
    const LINES: usize = 4;
    let (house, campaign) = House::launched(kind, 120);
    let refusal = Fault::Say("550 5.7.1 relay access denied\r\n".to_owned());
    let sink = sink(Script::always(Point::Rcpt, refusal));
    let worker = house.work(&sink, LINES);
    let started = std::time::Instant::now();
    while !house.is_stopped(campaign) {
        assert!(started.elapsed() < AT_MOST, "it goes on and on");
        std::thread::yield_now();
    }
    worker.stop();
    let n_failed = house.in_state(campaign, State::Failed).len();
    assert!((50..=50 + 2 * LINES).contains(&n_failed), "{n_failed}");
    assert_eq!(
        house.in_state(campaign, State::Pending).len(),
        120 - n_failed
    );
}
