//! What must be true of every run, read from the ledger and the relay alone.
//!
//! [`Reading`] walks the ledger from its first entry and knows none of the program's own rules:
//! who said no, who holds what, what is stopped. [`check`] compares its end with the store's and
//! with what the relay took.

use std::collections::{BTreeMap, BTreeSet};

use placet_domain::delivery::State;
use placet_domain::id::{CampaignId, DeliveryId, PersonId};
use placet_store::ledger::StoredEntry;
use placet_store::record::Body;
use placet_store::{StoreError, deliveries, ledger};

use crate::hospital::Launched;
use crate::world::{LINES, World, note};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stand {
    Waiting,
    Claimed(String),
    Ended(&'static str),
    Unknown,
}

/// A refusal: the topic it is about, none for all.
type No = Option<String>;

#[derive(Default)]
struct Reading {
    nos: BTreeMap<PersonId, BTreeMap<String, No>>,
    authorizations: BTreeMap<PersonId, BTreeSet<String>>,
    stopped: BTreeSet<String>,
    is_armed: bool,
    stands: BTreeMap<String, Stand>,
    /// By decision: the delivery, and the outcome.
    decisions: BTreeMap<String, (String, String)>,
    /// Decisions that a claim was made on.
    claims: BTreeSet<String>,
    n_again: BTreeMap<String, usize>,
    resolved: BTreeSet<String>,
}

impl Reading {
    fn take(&mut self, place: u64, entry: &Body, campaigns: &[Launched]) {
        let fact = |name: &str| entry.facts.get(name).cloned().unwrap_or_default();
        let person = || entry.person.expect("an entry about a person");
        match entry.kind.as_str() {
            "preference.recorded" => {
                let channel = entry.facts.get("channel");
                if channel.is_none_or(|channel| channel == "email") {
                    let no = entry.facts.get("topic").cloned();
                    self.nos
                        .entry(person())
                        .or_default()
                        .insert(fact("preference"), no);
                }
            }
            "preference.lifted" => {
                self.nos
                    .entry(person())
                    .or_default()
                    .remove(&fact("preference"));
            }
            "suppression.placed" => {
                self.nos
                    .entry(person())
                    .or_default()
                    .insert(fact("suppression"), None);
            }
            "suppression.lifted" => {
                self.nos
                    .entry(person())
                    .or_default()
                    .remove(&fact("suppression"));
            }
            "instrument.recorded" if fact("kind") == "hipaa_authorization" => {
                self.authorizations
                    .entry(person())
                    .or_default()
                    .insert(fact("instrument"));
            }
            "instrument.revoked" => {
                self.authorizations
                    .entry(person())
                    .or_default()
                    .remove(&fact("instrument"));
            }
            "campaign.stopped" => drop(self.stopped.insert(fact("campaign"))),
            "campaign.resumed" => drop(self.stopped.remove(&fact("campaign"))),
            "settings.changed" if fact("name") == "sending_armed" => {
                self.is_armed = fact("value") != "none";
            }
            "decision.made" => {
                let said = (fact("delivery"), fact("outcome"));
                assert!(self.decisions.insert(fact("decision"), said).is_none());
            }
            "delivery.claimed" => {
                self.may_be_claimed(place, entry, campaigns);
                self.claims.insert(fact("decision"));
                self.go(place, entry, Stand::Claimed(fact("worker")));
                let theirs = |stand: &&Stand| **stand == Stand::Claimed(fact("worker"));
                let n = self.stands.values().filter(theirs).count();
                assert!(n <= LINES, "R1: at {place} one worker holds {n} claims");
            }
            "delivery.released" | "delivery.postponed" | "delivery.not_sent" => {
                self.go(place, entry, Stand::Waiting);
            }
            "delivery.sent" => self.go(place, entry, Stand::Ended("sent")),
            "delivery.failed" => self.go(place, entry, Stand::Ended("failed")),
            "delivery.refused" => self.go(place, entry, Stand::Ended("refused")),
            "delivery.unknown" => self.go(place, entry, Stand::Unknown),
            "delivery.deferred" => self.go(place, entry, Stand::Waiting),
            "delivery.resolved" => {
                let delivery = fact("delivery");
                let to = match fact("verdict").as_str() {
                    "arrived" => Stand::Ended("sent"),
                    "give_up" => Stand::Ended("failed"),
                    _ => {
                        *self.n_again.entry(delivery.clone()).or_default() += 1;
                        Stand::Waiting
                    }
                };
                assert_eq!(self.stands.get(&delivery), Some(&Stand::Unknown));
                self.stands.insert(delivery.clone(), to);
                self.resolved.insert(delivery);
            }
            _ => {}
        }
    }

    /// One step of a delivery: only those that the outbox promises.
    fn go(&mut self, place: u64, entry: &Body, to: Stand) {
        let delivery = entry.facts["delivery"].clone();
        let from = self.stands.get(&delivery).unwrap_or(&Stand::Waiting);
        let is_allowed = match (from, &to) {
            (Stand::Waiting, Stand::Claimed(_)) => true,
            (Stand::Waiting, Stand::Ended(how)) => *how == "refused",
            (Stand::Waiting, Stand::Waiting) => entry.kind == "delivery.deferred",
            (Stand::Claimed(_), Stand::Ended(how)) => *how != "refused",
            (Stand::Claimed(_), Stand::Waiting) => entry.kind != "delivery.deferred",
            (Stand::Claimed(_), Stand::Unknown) => true,
            // Evidence that comes late; it ends an unknown, or says again that it is one.
            (Stand::Unknown, Stand::Ended(how)) => *how != "refused",
            (Stand::Unknown, Stand::Unknown) => true,
            (Stand::Unknown, Stand::Waiting) => {
                matches!(
                    entry.kind.as_str(),
                    "delivery.not_sent" | "delivery.postponed"
                )
            }
            _ => false,
        };
        assert!(
            is_allowed,
            "R1: at {place} {delivery} went from {from:?} to {to:?}"
        );
        self.stands.insert(delivery, to);
    }

    /// R4: nobody is claimed after a no that stands, or while nothing may be claimed.
    fn may_be_claimed(&self, place: u64, entry: &Body, campaigns: &[Launched]) {
        let person = entry.person.expect("a claim is about a person");
        let id = &entry.facts["campaign"];
        let campaign = campaigns.iter().find(|one| one.id.to_string() == *id);
        let campaign = campaign.expect("a campaign that was launched");
        let nos = self.nos.get(&person).into_iter().flatten();
        for (no, topic) in nos {
            let is_about = topic
                .as_ref()
                .is_none_or(|one| one == campaign.topic.as_str());
            assert!(
                !is_about,
                "R4: at {place} {person} is claimed after the no {no}"
            );
        }
        let holds_none = self
            .authorizations
            .get(&person)
            .is_none_or(BTreeSet::is_empty);
        assert!(
            !(campaign.is_authorized && holds_none),
            "R4: at {place} {person} is claimed without an authorization"
        );
        assert!(
            !self.stopped.contains(id),
            "at {place} a stopped campaign claims"
        );
        assert!(
            self.is_armed,
            "at {place} a claim although sending is not armed"
        );
        let decision = &entry.facts["decision"];
        let (delivery, outcome) = &self.decisions[decision];
        assert_eq!(
            (delivery, outcome.as_str()),
            (&entry.facts["delivery"], "permit"),
            "R10"
        );
    }
}

/// Everything, once the run has ended and nothing waits any more.
pub fn check(world: &mut World<'_>) {
    let mut reading = Reading::default();
    for (place, entry) in (0..).zip(entries(world)) {
        assert_eq!(entry.place, Some(place));
        let said = entry.read().expect("an entry");
        note!(
            world,
            "{place} {} {:?} {:?}",
            said.kind,
            said.person,
            said.facts
        );
        reading.take(place, &said, &world.hospital.campaigns);
    }
    let found = states(world);
    let mut taken: BTreeMap<DeliveryId, usize> = BTreeMap::new();
    for handed in &world.relay.handed {
        let decision = handed.decision.to_string();
        let (delivery, outcome) = &reading.decisions[&decision];
        assert_eq!(
            (delivery, outcome.as_str()),
            (&handed.delivery.to_string(), "permit"),
            "R10"
        );
        assert!(
            reading.claims.contains(&decision),
            "R10: sent without a claim"
        );
        *taken.entry(handed.delivery).or_default() += usize::from(handed.is_taken);
    }
    assert_eq!(found.len(), world.hospital.planned.len());
    for (delivery, (campaign, person)) in &world.hospital.planned {
        let (found_campaign, found_person, state) = found[delivery];
        assert_eq!((found_campaign, found_person), (*campaign, *person));
        let name = delivery.to_string();
        let stand = reading.stands.get(&name).unwrap_or(&Stand::Waiting);
        let said = match stand {
            Stand::Waiting => "pending",
            Stand::Claimed(_) => "claimed",
            Stand::Ended(how) => how,
            Stand::Unknown => "unknown",
        };
        assert_eq!(
            state.as_str(),
            said,
            "R10: {name} in the store and in the ledger"
        );
        let is_over = !matches!(state, State::Pending | State::Claimed);
        assert!(is_over, "R1: {name} is lost: {state:?}");

        let n = taken.get(delivery).copied().unwrap_or_default();
        let may = 1 + reading.n_again.get(&name).copied().unwrap_or_default();
        assert!(n <= may, "R1: {name} was taken {n} times, {may} allowed");
        if !reading.resolved.contains(&name) {
            let is_told = n == 0 || matches!(state, State::Sent | State::Unknown);
            assert!(is_told, "R1: {name} was taken and is called {state:?}");
            let is_true = state != State::Sent || n == 1;
            assert!(is_true, "R1: {name} is called sent and was not taken");
        }
    }
    world.store.checkpoint(world.now).expect("a checkpoint");
    let verified = world
        .store
        .verify_ledger(Vec::new(), |_| {})
        .expect("a verification");
    let problems: Vec<String> = verified.problems().take(5).collect();
    assert!(verified.is_sound(), "{problems:?}");
}

fn entries(world: &World<'_>) -> Vec<StoredEntry> {
    let read = |tx: &mut placet_store::Tx| ledger::list_from(tx, 0, 1_000_000);
    world
        .store
        .read_blocking::<_, _, StoreError>(read)
        .expect("the ledger")
}

type Found = BTreeMap<DeliveryId, (CampaignId, PersonId, State)>;

/// Where every delivery stands.
pub fn states(world: &World<'_>) -> Found {
    let campaigns: Vec<CampaignId> = world.hospital.campaigns.iter().map(|one| one.id).collect();
    let read = move |tx: &mut placet_store::Tx| {
        let mut found = Found::new();
        for campaign in &campaigns {
            for state in State::ALL {
                let listed = deliveries::list_by_campaign(tx, *campaign, state, None, 1_000)?;
                let listed = listed.into_iter();
                found.extend(listed.map(|one| (one.id, (*campaign, one.person, state))));
            }
        }
        Ok(found)
    };
    world
        .store
        .read_blocking::<_, _, StoreError>(read)
        .expect("the deliveries")
}

/// The root of the ledger: two runs that agree on it wrote the same bytes.
pub fn root(world: &World<'_>) -> placet_ledger::Hash {
    let read = |tx: &mut placet_store::Tx| {
        let size = ledger::size(tx)?;
        ledger::root(tx, size)
    };
    world
        .store
        .read_blocking::<_, _, StoreError>(read)
        .expect("the root")
}
