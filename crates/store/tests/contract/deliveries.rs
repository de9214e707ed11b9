//! The outbox, the leases of its workers, and import runs.

use std::collections::BTreeSet;
use std::thread;

use placet_domain::campaign::Hold;
use placet_domain::channel::Channel;
use placet_domain::delivery::State;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DecisionId, DeliveryId, ImportId, RawId, WorkerId};
use placet_domain::time::Timestamp;
use placet_store::campaigns::{self, HoldRecord, Planned};
use placet_store::deliveries::{self, Settlement};
use placet_store::{Store, StoreError, Tx, imports, people, sent};
use placet_testing::{ctx, ctx_at, noon, noon_plus};

use super::campaigns::{add_campaigns, add_people, campaign, launch_of, person, point};
use super::harness::{Kind, act, read, with_store};

pub(super) fn delivery(number: u16) -> DeliveryId {
    DeliveryId::from(*person(number).as_bytes())
}

fn worker(number: u8) -> WorkerId {
    WorkerId::from(RawId::at(noon(), [number; 10]))
}

fn decision(number: u8) -> DecisionId {
    DecisionId::from(RawId::at(noon(), [number; 10]))
}

fn id() -> CampaignId {
    campaign(1).id
}

/// A launched campaign to so many people.
pub(super) fn launch(store: &Store, n: u16) {
    add_campaigns(store);
    add_people(store, n);
    recorded(store, 70, noon(), move |tx| {
        campaigns::launch(tx, &launch_of(&campaign(1)))?;
        let planned: Vec<Planned> = (0..n)
            .map(|number| Planned {
                id: delivery(number),
                person: person(number),
                contact_point: point(number),
            })
            .collect();
        campaigns::add_deliveries(tx, id(), &planned)
    });
}

/// An act that records one entry beside what it does.
pub(super) fn recorded<T: Send + 'static>(
    store: &Store,
    seed: u64,
    now: Timestamp,
    mut f: impl FnMut(&mut Tx) -> Result<T, StoreError> + Send + 'static,
) -> T {
    let done = act(store, &ctx_at(now, 500 + seed), move |tx, _| {
        tx.record(Entry::new("test"));
        f(tx)
    });
    done.unwrap()
}

fn settlement(state: State) -> Settlement {
    Settlement {
        state,
        code: Some(250),
        answer: "2.0.0 accepted".to_owned(),
        dialogue: "> DATA\n< 250".to_owned(),
        not_before: noon(),
        n_attempts: 1,
    }
}

fn state_of(store: &Store, number: u16) -> State {
    let found = read(store, move |tx| deliveries::find(tx, delivery(number)));
    found.unwrap().state
}

pub(crate) fn a_delivery_goes_from_waiting_to_its_answer(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 4);
        let now = noon_plus(60);
        recorded(store, 1, now, |tx| {
            assert_eq!(
                deliveries::claim(tx, delivery(0), worker(1), decision(1)),
                Ok(true)
            );
            assert_eq!(
                deliveries::claim(tx, delivery(0), worker(2), decision(2)),
                Ok(false)
            );
            assert_eq!(
                deliveries::refuse(tx, delivery(1), Some(decision(3)), "no"),
                Ok(true)
            );
            assert_eq!(deliveries::refuse(tx, delivery(1), None, "no"), Ok(false));
            assert_eq!(
                deliveries::defer(tx, delivery(2), noon_plus(3600)),
                Ok(true)
            );
            assert_eq!(
                deliveries::defer(tx, delivery(1), noon_plus(3600)),
                Ok(false)
            );
            Ok(())
        });
        let held = read(store, |tx| deliveries::list_claimed_by(tx, worker(1)));
        assert_eq!(held, [(delivery(0), person(0), id())]);
        let settled = recorded(store, 2, noon_plus(61), |tx| {
            deliveries::settle(tx, delivery(0), worker(1), &settlement(State::Sent))
        });
        assert!(settled);

        let found = read(store, |tx| deliveries::find(tx, delivery(0))).unwrap();
        assert_eq!(found.state, State::Sent);
        assert_eq!((found.campaign, found.person), (id(), person(0)));
        assert_eq!(
            (found.decision, found.contact_point),
            (Some(decision(1)), point(0))
        );
        assert_eq!(found.claimed_at, Some(now));
        assert_eq!(found.settled_at, Some(noon_plus(61)));
        assert_eq!((found.answer_code, found.n_attempts), (Some(250), 1));
        assert_eq!(found.answer.as_deref(), Some("2.0.0 accepted"));
        assert_eq!(found.dialogue.as_deref(), Some("> DATA\n< 250"));
        assert_eq!(state_of(store, 1), State::Refused);

        let of = |state| {
            read(store, move |tx| {
                deliveries::list_by_campaign(tx, id(), state, None, 9)
            })
            .len()
        };
        assert_eq!(
            (of(State::Sent), of(State::Refused), of(State::Pending)),
            (1, 1, 2)
        );
        let rest = read(store, |tx| {
            deliveries::list_by_campaign(tx, id(), State::Pending, Some(delivery(2)), 9)
        });
        assert_eq!(
            rest.iter().map(|one| one.id).collect::<Vec<_>>(),
            [delivery(3)]
        );
        let own = read(store, |tx| deliveries::list_by_person(tx, person(0), 9));
        assert_eq!(own, [found]);

        // What was sent counts for the caps, by its own instant.
        let count = |day, week| read(store, move |tx| sent::count_since(tx, person(0), day, week));
        assert_eq!(count(noon(), noon()), (1, 1));
        assert_eq!(count(now, noon()), (0, 1));
        assert_eq!(count(now, now), (0, 0));
        let all = read(store, |tx| {
            sent::list_since_between(tx, person(0), person(3), noon(), noon())
        });
        assert_eq!(all, [(person(0), 1, 1)]);
    });
}

pub(crate) fn only_the_claimer_settles_and_evidence_that_comes_late_counts(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 2);
        recorded(store, 1, noon(), |tx| {
            deliveries::claim(tx, delivery(0), worker(1), decision(1))?;
            deliveries::claim(tx, delivery(1), worker(1), decision(2))
        });
        let settle = |seed, number, who| {
            recorded(store, seed, noon(), move |tx| {
                deliveries::settle(tx, delivery(number), who, &settlement(State::Sent))
            })
        };
        assert!(!settle(2, 0, worker(2)));
        let lost = recorded(store, 3, noon(), |tx| {
            deliveries::lose(tx, delivery(0), "it died")
        });
        assert!(lost);
        assert_eq!(state_of(store, 0), State::Unknown);
        assert!(
            settle(4, 0, worker(1)),
            "its own worker still says what became of it"
        );
        assert_eq!(state_of(store, 0), State::Sent);

        let back = |seed, who| {
            recorded(store, seed, noon(), move |tx| {
                deliveries::release(tx, delivery(1), who)
            })
        };
        assert!(!back(5, worker(2)));
        assert!(back(6, worker(1)));
        assert_eq!(state_of(store, 1), State::Pending);
        assert!(!settle(7, 1, worker(1)), "it holds nothing any more");
    });
}

pub(crate) fn an_unknown_is_resolved_by_a_person_once(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 1);
        recorded(store, 1, noon(), |tx| {
            deliveries::claim(tx, delivery(0), worker(1), decision(1))?;
            deliveries::lose(tx, delivery(0), "it died")
        });
        let resolve = |seed| {
            recorded(store, seed, noon(), |tx| {
                deliveries::resolve(tx, delivery(0), State::Sent)
            })
        };
        assert!(resolve(2));
        assert!(!resolve(3));
        let late = recorded(store, 4, noon(), |tx| {
            deliveries::settle(tx, delivery(0), worker(1), &settlement(State::Failed))
        });
        assert!(!late, "a late answer does not undo the person's word");
        assert_eq!(state_of(store, 0), State::Sent);
    });
}

pub(crate) fn what_waits_is_listed_in_order_until_it_is_due(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 5);
        let due = |now| {
            read(store, move |tx| {
                deliveries::list_due_campaigns(tx, Channel::Email, now)
            })
        };
        assert_eq!(due(noon()), [id()]);
        let texts =
            |tx: &mut placet_store::Tx| deliveries::list_due_campaigns(tx, Channel::Sms, noon());
        assert_eq!(read(store, texts), []);
        recorded(store, 1, noon(), |tx| {
            deliveries::defer(tx, delivery(0), noon_plus(10))?;
            deliveries::defer(tx, delivery(1), noon_plus(5))
        });
        let waiting = |seed, now, limit| {
            let list = recorded(store, seed, noon(), move |tx| {
                deliveries::list_waiting(tx, id(), now, limit)
            });
            list.into_iter().map(|one| one.id).collect::<Vec<_>>()
        };
        assert_eq!(
            waiting(2, noon(), 9),
            [delivery(2), delivery(3), delivery(4)]
        );
        assert_eq!(waiting(3, noon_plus(10), 4)[3], delivery(1));
        assert_eq!(waiting(4, noon_plus(10), 9).len(), 5);
        let count = |most| {
            read(store, move |tx| {
                deliveries::count_waiting(tx, id(), noon_plus(10), most)
            })
        };
        assert_eq!((count(3), count(9)), (3, 5));
        assert_eq!(recorded(store, 5, noon(), deliveries::bring_forward), 2);
        assert_eq!(waiting(6, noon(), 9).len(), 5);

        recorded(store, 7, noon(), |tx| {
            let hold = HoldRecord {
                campaign: id(),
                kind: Hold::Stopped,
                reason: "a complaint".to_owned(),
                at: noon(),
                by: "a".to_owned(),
            };
            campaigns::add_hold(tx, RawId::at(noon(), [1; 10]), &hold)
        });
        assert_eq!(due(noon_plus(10)), [], "a stopped campaign sends nothing");
    });
}

/// Each is claimed once, whoever asks.
pub(crate) fn two_workers_never_claim_one_delivery(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 60);
        let claimed = |number: u8| {
            let mut own = Vec::new();
            for round in 0.. {
                let done = act(
                    store,
                    &ctx(u64::from(number) * 1000 + round),
                    move |tx, _| {
                        let waiting = deliveries::list_waiting(tx, id(), noon(), 7)?;
                        let mut own = Vec::new();
                        for one in &waiting {
                            if deliveries::claim(tx, one.id, worker(number), decision(1))? {
                                own.push(one.id);
                            }
                        }
                        tx.record(Entry::new("test"));
                        let left = deliveries::count_waiting(tx, id(), noon(), 1)?;
                        Ok((own, left))
                    },
                );
                match done {
                    Ok((claimed, left)) => {
                        own.extend(claimed);
                        if left == 0 {
                            break;
                        }
                    }
                    Err(error) => assert_eq!(error, StoreError::Conflict),
                }
            }
            own
        };
        let all: Vec<DeliveryId> = thread::scope(|scope| {
            let workers = [1, 2, 3].map(|number| scope.spawn(move || claimed(number)));
            workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap())
                .collect()
        });
        let each: BTreeSet<DeliveryId> = all.iter().copied().collect();
        assert_eq!((all.len(), each.len()), (60, 60));
    });
}

pub(crate) fn leases_tell_the_dead_and_a_clock_that_went_back(kind: Kind) {
    with_store(kind, |store| {
        let renew = |seed, now, who, ends| {
            recorded(store, seed, now, move |tx| {
                deliveries::renew_lease(tx, who, ends)
            })
        };
        assert_eq!(renew(1, noon(), worker(1), noon_plus(30)), None);
        assert_eq!(
            renew(2, noon_plus(5), worker(2), noon_plus(35)),
            Some(noon())
        );
        assert_eq!(
            renew(3, noon_plus(1), worker(1), noon_plus(31)),
            Some(noon_plus(5))
        );
        let dead = |now, latest| {
            read(store, move |tx| {
                deliveries::list_dead_workers(tx, now, latest)
            })
        };
        assert_eq!(dead(noon_plus(30), noon_plus(60)), []);
        assert_eq!(dead(noon_plus(31), noon_plus(60)), [worker(1)]);
        // A lease that ends later than one can last was given by a clock that went back.
        assert_eq!(dead(noon(), noon_plus(32)), [worker(2)]);
        recorded(store, 4, noon_plus(40), |tx| {
            deliveries::end_lease(tx, worker(1))
        });
        assert_eq!(dead(noon_plus(99), noon_plus(199)), [worker(2)]);
    });
}

pub(crate) fn imports_end_once(kind: Kind) {
    with_store(kind, |store| {
        let run = ImportId::from(RawId::at(noon(), [1; 10]));
        recorded(store, 1, noon(), move |tx| {
            imports::begin(tx, run, "ehr", "people", "test")
        });
        let finish = |seed| {
            recorded(store, seed, noon_plus(9), move |tx| {
                imports::finish(tx, run, "ndjson", "{\"people\":3}")
            })
        };
        assert!(finish(2));
        assert!(!finish(3));
        let newest = read(store, |tx| imports::list_newest(tx, 9));
        assert_eq!(newest.len(), 1);
        assert_eq!(newest[0].finished_at, Some(noon_plus(9)));
        assert_eq!(newest[0].report, "{\"people\":3}");

        add_people(store, 2);
        let home = |reference: &[u8]| people::Source {
            name: "new home".to_owned(),
            reference: reference.to_vec(),
            content_hash: vec![0],
        };
        let first = home(b"7");
        recorded(store, 4, noon(), move |tx| {
            imports::rehome(tx, person(0), &first)
        });
        let taken = home(b"7");
        let refused = act(store, &ctx(5), move |tx, _| {
            tx.record(Entry::new("test"));
            imports::rehome(tx, person(1), &taken)
        });
        assert_eq!(refused, Err(StoreError::Conflict));
    });
}
