//! Acts of the outbox, one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use placet_app::delivery::{self, Beat, Claimed, Claiming, Claims, Engine, Settled};
use placet_app::{ActError, campaign, preference, settings};
use placet_domain::campaign::plan::{Hours, Plan};
use placet_domain::channel::Channel;
use placet_domain::delivery::{Answer, Outcome, Stage, State, Verdict};
use placet_domain::id::{CampaignId, DeliveryId, PersonId, WorkerId};
use placet_domain::instrument::{Evidence, Method};
use placet_domain::preference::PreferenceKind;
use placet_domain::time::Timestamp;
use placet_store::deliveries::Delivery;
use placet_store::{Fault, StoreError, campaigns, deliveries, ledger, people};

use super::stage::{House, Kind};
use crate::carrier::{Mail, Message};

const LEASE: SignedDuration = SignedDuration::from_secs(30);

fn worker(n: u8) -> WorkerId {
    WorkerId::from([n; 16])
}

impl House {
    fn cycle(&self, worker: WorkerId, answers: Vec<Settled>, n: usize) -> Result<Claims, ActError> {
        let keys = self.store.keys().clone();
        let mut rendered = BTreeMap::new();
        for version in self.versions() {
            let made = self
                .store
                .read_blocking(move |tx| delivery::prepare(tx, version))
                .unwrap();
            rendered.insert(version, Arc::new(made));
        }
        self.act(move |tx, ctx| {
            delivery::settle(tx, ctx, worker, &answers)?;
            let engine = Engine::builtin();
            delivery::claim(
                tx,
                ctx,
                &Claiming {
                    worker,
                    channel: Channel::Email,
                    n,
                    engine: &engine,
                    keys: &keys,
                    public_url: "https://news.harbor.example",
                    rendered: &rendered,
                },
            )
        })
    }

    pub(super) fn versions(&self) -> Vec<placet_domain::id::VersionId> {
        let listed = self
            .store
            .read_blocking(|tx| campaigns::list(tx, 10))
            .unwrap();
        listed
            .into_iter()
            .map(|campaign| campaign.brief.version)
            .collect()
    }

    pub(super) fn claim(&self, worker: WorkerId, n: usize) -> Claims {
        self.cycle(worker, Vec::new(), n).unwrap()
    }

    fn settle(&self, worker: WorkerId, answers: Vec<Settled>) {
        self.cycle(worker, answers, 0).unwrap();
    }

    pub(super) fn beat(&self, worker: WorkerId) -> Beat {
        self.act(move |tx, ctx| delivery::beat(tx, ctx, worker, LEASE))
            .unwrap()
    }

    pub(super) fn in_state(&self, campaign: CampaignId, state: State) -> Vec<Delivery> {
        let read = move |tx: &mut placet_store::Tx| {
            deliveries::list_by_campaign(tx, campaign, state, None, 100_000)
        };
        self.store.read_blocking::<_, _, StoreError>(read).unwrap()
    }

    fn find(&self, id: DeliveryId) -> Delivery {
        self.store
            .read_blocking::<_, _, StoreError>(move |tx| deliveries::find(tx, id))
            .unwrap()
            .unwrap()
    }

    /// The counts of pending, claimed, sent, failed, refused, unknown.
    #[track_caller]
    pub(super) fn check_tally(&self, campaign: CampaignId, expected: [usize; 6]) {
        let tally = self
            .store
            .read_blocking::<_, _, StoreError>(move |tx| campaigns::tally(tx, campaign))
            .unwrap();
        let found = [
            State::Pending,
            State::Claimed,
            State::Sent,
            State::Failed,
            State::Refused,
            State::Unknown,
        ]
        .map(|state| usize::try_from(tally.of(state)).unwrap());
        assert_eq!(
            found, expected,
            "pending, claimed, sent, failed, refused, unknown"
        );
    }

    fn n_entries(&self, kind: &'static str) -> usize {
        // On PostgreSQL entries wait for their place.
        self.store.settle_ledger().unwrap();
        let read = |tx: &mut placet_store::Tx| ledger::list_from(tx, 0, 100_000);
        let entries = self.store.read_blocking::<_, _, StoreError>(read).unwrap();
        entries
            .into_iter()
            .filter(|entry| entry.kind == kind)
            .count()
    }
}

fn answered(claimed: &Claimed, answer: Answer) -> Settled {
    let outcome = Outcome {
        answer,
        dialogue: "< 250 ok\n".to_owned(),
    };
    Settled {
        ticket: claimed.ticket,
        outcome,
    }
}

fn accepted() -> Answer {
    Answer::Accepted {
        code: 250,
        text: "taken".to_owned(),
    }
}

fn postponed() -> Answer {
    Answer::Refused {
        code: 451,
        text: "later".to_owned(),
        permanent: false,
    }
}

pub(super) fn a_claim_takes_as_many_as_asked_and_each_once(kind: Kind) {
    let (house, campaign) = House::launched(kind, 20);
    let claims = house.claim(worker(1), 7);
    assert_eq!((claims.claimed.len(), claims.has_more), (7, true));
    house.check_tally(campaign, [13, 7, 0, 0, 0, 0]);
    assert_eq!(house.n_entries("delivery.claimed"), 7);
    assert_eq!(house.n_entries("decision.made"), 7);

    let others = house.claim(worker(2), 50);
    let mut ids: Vec<DeliveryId> = claims
        .claimed
        .iter()
        .chain(&others.claimed)
        .map(|one| one.ticket.delivery)
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), others.has_more), (20, false));
    assert!(house.claim(worker(3), 5).claimed.is_empty());
}

pub(super) fn a_claimed_message_is_whole(kind: Kind) {
    let (house, _) = House::launched(kind, 1);
    let claims = house.claim(worker(1), 1);
    let mail = Mail::of(&claims.claimed[0]).unwrap();
    assert_eq!(mail.to.as_str(), "person0@mail.example");
    assert_eq!(mail.subject.as_str(), "Your appointment");
    assert!(mail.text.contains("Hello Given0, ") && mail.text.contains("Harbor Health"));
    assert!(
        mail.html
            .contains("https://news.harbor.example/p/preferences/")
    );
    assert!(
        mail.unsubscribe
            .as_str()
            .starts_with("https://news.harbor.example/p/unsubscribe/")
    );
    assert_eq!(mail.list.as_str(), "care_reminders.harbor.example");
    assert_eq!(&mail.what, claims.claimed[0].permit.what());
}

/// What the carrier said, where the delivery goes, and whether it may be claimed again at once.
pub(super) fn a_bounce_of_each_message_has_its_own_way_back(kind: Kind) {
    let (house, _) = House::launched(kind, 2);
    let path_of = |claims: &Claims| Mail::of(&claims.claimed[0]).unwrap().return_path;
    let before = house.claim(worker(1), 1);
    assert_eq!(path_of(&before), None, "to the sender's mailbox");
    house
        .act(|tx, ctx| {
            let domain = "returns.harbor.example".to_owned();
            settings::set_returns(tx, ctx, &placet_domain::settings::Returns { domain })
        })
        .unwrap();
    let after = house.claim(worker(1), 1);
    let path = path_of(&after).unwrap();
    let found = placet_app::report::find_return_path(house.store.keys(), path.as_str());
    assert_eq!(found, Some(after.claimed[0].ticket.delivery));
}

pub(super) fn every_answer_has_its_state(kind: Kind) {
    let unknown = |stage| Answer::Unknown { stage };
    let refused = Answer::Refused {
        code: 550,
        text: "no".to_owned(),
        permanent: true,
    };
    let not_sent = Answer::NotSent {
        why: "closed".to_owned(),
    };
    #[rustfmt::skip] // A table.
    let table = [
        (accepted(),                State::Sent,    "delivery.sent",      false),
        (refused,                   State::Failed,  "delivery.failed",    false),
        (postponed(),               State::Pending, "delivery.postponed", false),
        (not_sent,                  State::Pending, "delivery.not_sent",  true),
        (unknown(Stage::Content),   State::Unknown, "delivery.unknown",   false),
        (unknown(Stage::Answer),    State::Unknown, "delivery.unknown",   false),
    ];
    for (answer, state, entry, again) in table {
        let (house, _) = House::launched(kind, 1);
        let claims = house.claim(worker(1), 1);
        let id = claims.claimed[0].ticket.delivery;
        house.settle(
            worker(1),
            vec![answered(&claims.claimed[0], answer.clone())],
        );
        let delivery = house.find(id);
        assert_eq!(
            (delivery.state, delivery.answer_code),
            (state, answer.code()),
            "{entry}"
        );
        assert_eq!(delivery.answer, Some(answer.to_string()));
        assert_eq!(house.n_entries(entry), 1, "{entry}");
        assert_eq!(
            house.claim(worker(1), 1).claimed.len(),
            usize::from(again),
            "{entry}"
        );
    }
}

pub(super) fn temporary_refusals_are_tried_again_ever_later_and_then_fail(kind: Kind) {
    let (house, campaign) = House::launched(kind, 1);
    let mut n = 0;
    loop {
        let claims = house.claim(worker(1), 1);
        let Some(claimed) = claims.claimed.first() else {
            break;
        };
        n += 1;
        house.settle(worker(1), vec![answered(claimed, postponed())]);
        assert!(house.claim(worker(1), 1).claimed.is_empty(), "not at once");
        // Past the longest wait, at the same hour of the day.
        house.pass(SignedDuration::from_hours(24));
        house.beat(worker(1));
    }
    assert_eq!(n, 7);
    house.check_tally(campaign, [0, 0, 0, 1, 0, 0]);
}

pub(super) fn a_try_that_never_left_does_not_count(kind: Kind) {
    let (house, _) = House::launched(kind, 1);
    for _ in 0..20 {
        let claims = house.claim(worker(1), 1);
        assert_eq!(claims.claimed[0].ticket.n_attempts, 1);
        let not_sent = Answer::NotSent {
            why: "no line".to_owned(),
        };
        house.settle(worker(1), vec![answered(&claims.claimed[0], not_sent)]);
    }
}

/// R4: whatever a person asked for before the claim is seen by the claim.
pub(super) fn who_refuses_between_launch_and_claim_is_not_sent_to(kind: Kind) {
    let (house, campaign) = House::launched(kind, 3);
    let waiting = house.in_state(campaign, State::Pending);
    let (chooser, mover, erased) = (waiting[0].person, waiting[1].clone(), waiting[2].person);
    house
        .act(move |tx, ctx| {
            preference::record(
                tx,
                ctx,
                chooser,
                preference::Asked {
                    kind: PreferenceKind::ChannelChoice,
                    channel: Some(Channel::Postal),
                    topic: None,
                    wording: None,
                    at: ctx.now,
                    method: Method::Phone,
                    evidence: Evidence::from_source("front_desk"),
                },
            )?;
            people::replace_contact_point(tx, mover.contact_point, ctx.now)?;
            tx.destroy_key(erased)?;
            Ok(())
        })
        .unwrap();
    let claims = house.claim(worker(1), 10);
    assert_eq!((claims.claimed.len(), claims.n_refused), (0, 3));
    house.check_tally(campaign, [0, 0, 0, 0, 3, 0]);
    let refused = house.in_state(campaign, State::Refused);
    let why = |person: PersonId| {
        let delivery = refused.iter().find(|one| one.person == person).unwrap();
        (
            delivery.answer.clone().unwrap(),
            delivery.decision.is_some(),
        )
    };
    assert_eq!(why(chooser), ("denied by the gate".to_owned(), true));
    assert_eq!(why(waiting[1].person), ("address_gone".to_owned(), false));
    assert_eq!(why(erased), ("person_erased".to_owned(), false));
}

pub(super) fn a_stopped_campaign_and_disarmed_sending_claim_nothing(kind: Kind) {
    let (house, campaign) = House::launched(kind, 5);
    house
        .act(move |tx, ctx| campaign::stop(tx, ctx, campaign, "a wrong date"))
        .unwrap();
    assert!(house.claim(worker(1), 5).claimed.is_empty());
    house
        .act(move |tx, ctx| campaign::resume(tx, ctx, campaign, "the date is right"))
        .unwrap();
    assert_eq!(house.claim(worker(1), 2).claimed.len(), 2);
    house.act(settings::disarm).unwrap();
    assert!(house.claim(worker(1), 3).claimed.is_empty());
    house.check_tally(campaign, [3, 2, 0, 0, 0, 0]);
}

pub(super) fn no_more_are_claimed_than_the_pace_allows(kind: Kind) {
    let (house, id) = House::launched(kind, 30);
    planned(
        &house,
        id,
        Plan {
            per_hour: Some(10),
            ..Plan::default()
        },
    );
    assert_eq!(house.claim(worker(1), 16).claimed.len(), 1);
    assert_eq!(
        house.claim(worker(1), 16).claimed.len(),
        0,
        "not at once again"
    );
    let mut n = 1;
    for _ in 0..59 {
        house.pass(SignedDuration::from_mins(1));
        n += house.claim(worker(1), 16).claimed.len();
    }
    assert!((9..=10).contains(&n), "{n} in the first hour");
    planned(&house, id, Plan::default());
    assert_eq!(
        house.claim(worker(1), 16).claimed.len(),
        16,
        "the pace is lifted"
    );
}

pub(super) fn outside_the_hours_nobody_is_claimed(kind: Kind) {
    let house = House::new(kind);
    house.set_up(2525).unwrap();
    house.add_people(3).unwrap();
    let id = house.planned_with(
        3,
        Plan {
            hours: Some(Hours {
                from: 13,
                until: 21,
            }),
            ..Plan::default()
        },
    );
    // The house stands at noon in Ohio.
    let early = house.claim(worker(1), 8);
    assert_eq!((early.claimed.len(), early.n_refused), (0, 0));
    house.pass(SignedDuration::from_hours(2));
    assert_eq!(
        house.claim(worker(1), 8).claimed.len(),
        3,
        "two in the afternoon"
    );
    assert!(house.in_state(id, State::Pending).is_empty());
}

fn planned(house: &House, id: CampaignId, plan: Plan) {
    house
        .act(move |tx, ctx| campaign::plan(tx, ctx, id, &plan))
        .unwrap();
}

pub(super) fn a_version_that_is_not_rendered_is_asked_for(kind: Kind) {
    let (house, campaign) = House::launched(kind, 2);
    let keys = house.store.keys().clone();
    let claims = house
        .act(move |tx, ctx| {
            delivery::claim(
                tx,
                ctx,
                &Claiming {
                    worker: worker(1),
                    channel: Channel::Email,
                    n: 2,
                    engine: &Engine::builtin(),
                    keys: &keys,
                    public_url: "https://news.harbor.example",
                    rendered: &BTreeMap::new(),
                },
            )
        })
        .unwrap();
    assert_eq!(claims.unrendered, house.versions());
    house.check_tally(campaign, [2, 0, 0, 0, 0, 0]);
}

pub(super) fn what_a_dead_worker_held_is_unknown_and_never_sent_by_itself(kind: Kind) {
    let (house, campaign) = House::launched(kind, 6);
    house.beat(worker(1));
    let claims = house.claim(worker(1), 4);
    house.settle(worker(1), vec![answered(&claims.claimed[0], accepted())]);
    // Its lease still runs: another worker leaves it alone.
    assert_eq!(house.beat(worker(2)).n_lost, 0);
    house.check_tally(campaign, [2, 3, 1, 0, 0, 0]);
    house.pass(LEASE + SignedDuration::from_secs(1));
    assert_eq!(house.beat(worker(2)).n_lost, 3);
    house.check_tally(campaign, [2, 0, 1, 0, 0, 3]);
    assert_eq!(house.claim(worker(2), 10).claimed.len(), 2);
    assert_eq!(house.n_entries("delivery.unknown"), 3);
    assert_eq!(house.beat(worker(2)).n_lost, 0, "nobody is buried twice");
}

/// Found by the simulator: a lease that was ended while its worker lived, and a worker that died
/// before it could beat again.
pub(super) fn a_claim_without_a_lease_is_named_too(kind: Kind) {
    let (house, campaign) = House::launched(kind, 2);
    house.beat(worker(1));
    house.pass(LEASE + SignedDuration::from_secs(1));
    assert_eq!(house.beat(worker(2)).n_lost, 0);
    house.claim(worker(1), 2);
    assert_eq!(house.beat(worker(2)).n_lost, 2);
    house.check_tally(campaign, [0, 0, 0, 0, 0, 2]);
}

pub(super) fn a_worker_taken_for_dead_settles_its_own_all_the_same(kind: Kind) {
    let (house, campaign) = House::launched(kind, 2);
    house.beat(worker(1));
    let claims = house.claim(worker(1), 2);
    house.pass(LEASE * 2);
    house.beat(worker(2));
    house.check_tally(campaign, [0, 0, 0, 0, 0, 2]);
    let id = claims.claimed[1].ticket.delivery;
    house
        .act(move |tx, ctx| delivery::resolve(tx, ctx, id, Verdict::GiveUp))
        .unwrap();
    // The first is evidence; the second comes after a person's word and changes nothing.
    let late = claims
        .claimed
        .iter()
        .map(|claimed| answered(claimed, accepted()))
        .collect();
    house.settle(worker(1), late);
    house.check_tally(campaign, [0, 0, 1, 1, 0, 0]);
    assert_eq!(house.n_entries("delivery.answered_late"), 1);
}

pub(super) fn nobody_settles_what_another_worker_holds(kind: Kind) {
    let (house, campaign) = House::launched(kind, 1);
    let claims = house.claim(worker(1), 1);
    house.settle(worker(2), vec![answered(&claims.claimed[0], accepted())]);
    house.check_tally(campaign, [0, 1, 0, 0, 0, 0]);
}

pub(super) fn a_person_settles_an_unknown(kind: Kind) {
    #[rustfmt::skip] // A table.
    let table = [
        (Verdict::Arrived,   [0, 0, 1, 0, 0, 0]),
        (Verdict::SendAgain, [1, 0, 0, 0, 0, 0]),
        (Verdict::GiveUp,    [0, 0, 0, 1, 0, 0]),
    ];
    for (verdict, expected) in table {
        let (house, campaign) = House::launched(kind, 1);
        let claims = house.claim(worker(1), 1);
        let id = claims.claimed[0].ticket.delivery;
        let resolve = move |tx: &mut placet_store::Tx, ctx: &placet_app::Ctx| {
            delivery::resolve(tx, ctx, id, verdict)
        };
        assert!(house.act(resolve).is_err(), "it is not unknown");
        let unknown = Answer::Unknown {
            stage: Stage::Answer,
        };
        house.settle(worker(1), vec![answered(&claims.claimed[0], unknown)]);
        house.act(resolve).unwrap();
        house.check_tally(campaign, expected);
        assert_eq!(house.n_entries("delivery.resolved"), 1);
        assert!(house.act(resolve).is_err(), "it is known now");
    }
}

pub(super) fn a_clock_that_goes_back_neither_doubles_nor_starves(kind: Kind) {
    let (house, campaign) = House::launched(kind, 4);
    house.beat(worker(1));
    let claims = house.claim(worker(1), 3);
    house.settle(
        worker(1),
        vec![
            answered(&claims.claimed[0], accepted()),
            answered(&claims.claimed[1], postponed()),
        ],
    );
    house.pass(-SignedDuration::from_hours(24));
    // The worker itself sees it at its next beat; what it holds stays its own.
    let found = house.beat(worker(1));
    assert_eq!(
        found,
        Beat {
            n_lost: 0,
            went_back: true
        }
    );
    house.check_tally(campaign, [2, 1, 1, 0, 0, 0]);
    assert_eq!(
        house.claim(worker(1), 9).claimed.len(),
        2,
        "who waits is decided now"
    );
    assert_eq!(house.n_entries("clock.went_back"), 1);
    assert!(!house.beat(worker(1)).went_back, "it is said once");
    house.check_tally(campaign, [0, 3, 1, 0, 0, 0]);
}

pub(super) fn a_dead_workers_claims_are_named_although_the_clock_went_back(kind: Kind) {
    let (house, campaign) = House::launched(kind, 2);
    house.beat(worker(1));
    house.claim(worker(1), 2);
    house.pass(-SignedDuration::from_hours(24));
    let found = house.beat(worker(2));
    assert_eq!((found.n_lost, found.went_back), (2, true));
    house.check_tally(campaign, [0, 0, 0, 0, 0, 2]);
}

pub(super) fn a_permit_from_before_the_clock_went_back_sends_nothing(kind: Kind) {
    let (house, _) = House::launched(kind, 1);
    let mut claims = house.claim(worker(1), 1);
    let claimed = claims.claimed.pop().unwrap();
    let mail = Message::of(&claimed).unwrap();
    let recording = crate::carrier::recording::Recording::new();
    let earlier: Timestamp = house.ctx().now - SignedDuration::from_secs(1);
    let outcome =
        crate::carrier::Carrier::send(&mut recording.line(), claimed.permit, &mail, earlier);
    assert!(matches!(outcome.answer, Answer::NotSent { .. }));
    assert_eq!(recording.count(), 0);
}

pub(super) fn a_message_that_differs_from_its_decision_is_not_sent(kind: Kind) {
    let change: [fn(&mut Mail); 4] = [
        |mail| mail.what.content_hash = [9; 32],
        |mail| mail.what.person = [9; 16].into(),
        |mail| mail.what.contact_point = [9; 16].into(),
        |mail| mail.what.delivery = [9; 16].into(),
    ];
    let (house, _) = House::launched(kind, change.len());
    let claims = house.claim(worker(1), change.len());
    let recording = crate::carrier::recording::Recording::new();
    for (claimed, change) in claims.claimed.into_iter().zip(change) {
        let mut mail = Mail::of(&claimed).unwrap();
        change(&mut mail);
        let mail = Message::Mail(Box::new(mail));
        let now = house.ctx().now;
        let outcome =
            crate::carrier::Carrier::send(&mut recording.line(), claimed.permit, &mail, now);
        assert!(matches!(outcome.answer, Answer::NotSent { .. }));
    }
    assert_eq!(recording.count(), 0);
}

/// A claim whose commit fails leaves everybody waiting; the same answers are settled by the next.
pub(super) fn a_full_disk_loses_no_answer_and_claims_nobody(kind: Kind) {
    let (house, campaign) = House::launched(kind, 4);
    let claims = house.claim(worker(1), 2);
    let answers: Vec<Settled> = claims
        .claimed
        .iter()
        .map(|claimed| answered(claimed, accepted()))
        .collect();
    house.faults.plan(0, Fault::Full);
    let refused = house.cycle(worker(1), answers.clone(), 2).unwrap_err();
    assert!(matches!(refused, ActError::Store(StoreError::Full)));
    house.check_tally(campaign, [2, 2, 0, 0, 0, 0]);
    assert_eq!(house.cycle(worker(1), answers, 2).unwrap().claimed.len(), 2);
    house.check_tally(campaign, [0, 2, 2, 0, 0, 0]);
}

/// The commit was kept and the worker never heard of it: it gives back what it never handed out.
pub(super) fn claims_nobody_heard_of_are_given_back(kind: Kind) {
    let (house, campaign) = House::launched(kind, 5);
    let held = house.claim(worker(1), 2);
    house.claim(worker(1), 2);
    let in_flight: Vec<DeliveryId> = held.claimed.iter().map(|one| one.ticket.delivery).collect();
    let release = move |tx: &mut placet_store::Tx, ctx: &placet_app::Ctx| {
        delivery::release_lost(tx, ctx, worker(1), &in_flight)
    };
    assert_eq!(house.act(release).unwrap(), 2);
    house.check_tally(campaign, [3, 2, 0, 0, 0, 0]);
    assert_eq!(house.n_entries("delivery.released"), 2);
}
