//! Journeys, what was said of their versions, and people on their way: each once, each in one place.

use std::collections::BTreeMap;

use placet_domain::campaign::Hold;
use placet_domain::channel::Channel;
use placet_domain::id::{JourneyId, PersonId};
use placet_domain::journey::{
    Declaration, Ending, Entry, Outcome, Said, Sending, Share, Start, State, Version, Word,
    held_as, occasion, sends_as,
};
use placet_domain::operator::Role;
use placet_domain::trigger::{Event, Wait};
use placet_store::campaigns::{self, HoldRecord};
use placet_store::deliveries::{self, Waiting};
use placet_store::journey_passages::{self, Move, Moves, Passage, Rest};
use placet_store::journeys::{self, Journey};
use placet_store::{Store, StoreError};
use placet_testing::{ctx, noon, noon_plus};

use super::campaigns::{add_people, person, point};
use super::contents;
use super::deliveries::{delivery, recorded};
use super::harness::{Kind, act, read, with_store};

fn journey() -> JourneyId {
    [1; 16].into()
}

fn version(number: u8) -> Version {
    let declaration = Declaration {
        name: "Welcome".to_owned(),
        purpose: "own_service_announcement".to_owned(),
        rationale: "Care".to_owned(),
        owner: "Patient access".to_owned(),
        entry: Entry::Event {
            event: Event::Registered,
            source: "test".to_owned(),
            wait: Wait::hours(number.into()),
        },
        most_per_day: 10,
        sender_name: "Us".to_owned(),
        sender: "us@example.org".to_owned(),
        steps: "send \"A\"\nexit".to_owned(),
        contents: BTreeMap::new(),
        audiences: BTreeMap::new(),
    };
    Version {
        id: [number; 16].into(),
        journey: journey(),
        version: number.into(),
        hash: journeys::declaration_hash(&declaration),
        declaration,
        written_at: noon(),
        written_by: Some([9; 16].into()),
        sends: vec![Sending {
            id: [number + 40; 16].into(),
            step: 0,
            content: contents::version(contents::content(), 1, "a").id,
            channel: Channel::Email,
        }],
        words: Vec::new(),
        simulated_at: None,
        start: None,
    }
}

fn word() -> Word {
    Word {
        role: Role::Legal,
        said: Said::Approve,
        at: noon(),
        by: [8; 16].into(),
        note: "Read".to_owned(),
        hash: [7; 32],
    }
}

fn start() -> Start {
    Start {
        at: noon(),
        by: Some([8; 16].into()),
        n_counted: Some(12),
    }
}

/// A journey whose first of two versions was agreed to, simulated and started.
fn add_journey(store: &Store) {
    contents::add(store, &["a"]);
    recorded(store, 61, noon(), |tx| {
        let one = Journey {
            id: journey(),
            name: "Welcome".to_owned(),
        };
        journeys::add(tx, &one, "system:test")?;
        journeys::add_version(tx, &version(1))?;
        journeys::add_version(tx, &version(2))?;
        assert!(journeys::say(tx, version(1).id, &word())?);
        assert!(!journeys::say(tx, version(1).id, &word())?);
        journeys::add_trial(tx, [1; 16].into(), version(1).id, "{}", "test")?;
        assert!(journeys::start(tx, version(1).id, &start())?);
        assert!(!journeys::start(tx, version(1).id, &start())?);
        Ok(())
    });
}

pub(crate) fn a_journey_keeps_its_versions_and_what_was_said_of_them(kind: Kind) {
    with_store(kind, |store| {
        add_journey(store);
        let named = Journey {
            id: journey(),
            name: "Welcome".to_owned(),
        };
        assert_eq!(read(store, journeys::list), vec![named.clone()]);
        assert_eq!(
            read(store, |tx| journeys::find(tx, journey())),
            Some(named.clone())
        );
        let found = read(store, |tx| journeys::find_by_name(tx, "Welcome"));
        assert_eq!(found, Some(named.clone()));
        let sent = read(store, |tx| journeys::find_by_send(tx, [42; 16].into()));
        assert_eq!(sent, Some((named.clone(), version(2).id)));
        assert_eq!(
            read(store, |tx| journeys::find_by_send(tx, [3; 16].into())),
            None
        );
        let held = read(store, |tx| journeys::list_versions(tx, journey()));
        let first = Version {
            words: vec![word()],
            simulated_at: Some(noon()),
            start: Some(start()),
            ..version(1)
        };
        assert_eq!(held, [version(2), first]);
        let trial = read(store, |tx| journeys::latest_trial(tx, version(1).id));
        assert_eq!(trial, Some(("{}".to_owned(), noon(), "test".to_owned())));
        for taken in [
            act(store, &ctx(62), move |tx, _| {
                journeys::add(tx, &named, "test")
            }),
            act(store, &ctx(63), |tx, _| {
                journeys::add_version(tx, &version(2))
            }),
        ] {
            assert_eq!(taken, Err(StoreError::Conflict));
        }
        for change in [
            "update journey_versions set declaration = ''",
            "delete from journey_words",
            "update journey_starts set n_counted = 1",
            "delete from journey_trials",
            "delete from journey_sends",
        ] {
            let done = act(store, &ctx(64), move |tx, _| tx.execute(change, &[]));
            assert_eq!(done, Err(StoreError::AppendOnly), "{change}");
        }
    });
}

fn passage(n: u8) -> Passage {
    Passage {
        id: [n; 16].into(),
        journey: journey(),
        version: version(1).id,
        person: person(n.into()),
        appointment: None,
        entered_at: noon(),
        turn: 0,
        step: 0,
        state: State::Waiting,
        due_at: noon_plus(n.into()),
        delivery: None,
        ending: None,
    }
}

fn waiting(n: u8) -> Waiting {
    Waiting {
        id: delivery(n.into()),
        campaign: sends_as(version(1).sends[0].id),
        person: person(n.into()),
        contact_point: point(n.into()),
        n_attempts: 0,
        occasion: Some(occasion(passage(n).id)),
    }
}

pub(crate) fn a_person_enters_a_journey_once_and_is_in_one_place(kind: Kind) {
    with_store(kind, |store| {
        add_people(store, 5);
        add_journey(store);
        recorded(store, 65, noon(), |tx| {
            for n in 1..=3 {
                assert!(journey_passages::enter(tx, &passage(n))?);
                let again = Passage {
                    id: [n + 20; 16].into(),
                    version: version(2).id,
                    ..passage(n)
                };
                assert!(!journey_passages::enter(tx, &again)?);
            }
            Ok(())
        });
        let due = |now| {
            read(store, move |tx| {
                journey_passages::list_due(tx, journey(), now, 10)
            })
        };
        assert_eq!(due(noon_plus(2)), [passage(1), passage(2)]);
        let found = read(store, |tx| {
            journey_passages::find_of(tx, journey(), person(3))
        });
        assert_eq!(found, Some(passage(3)));
        let none = read(store, |tx| {
            journey_passages::find_of(tx, journey(), person(4))
        });
        assert_eq!(none, None);

        // A message goes, and wakes its passage when it came to its end.
        let answered = |now| {
            read(store, move |tx| {
                journey_passages::list_answered(tx, journey(), now, 10)
            })
        };
        recorded(store, 66, noon(), |tx| {
            for n in [1, 2] {
                assert!(deliveries::add_occasion(tx, &waiting(n))?);
                let rests = Rest::Sending(delivery(n.into()));
                assert!(journey_passages::rest(tx, &passage(n), rests)?);
            }
            Ok(())
        });
        assert_eq!(due(noon_plus(9)).len(), 1);
        let sender = sends_as(version(1).sends[0].id);
        let listed = |channel| {
            read(store, move |tx| {
                deliveries::list_due_journeys(tx, channel, noon())
            })
        };
        assert_eq!(
            (listed(Channel::Email), listed(Channel::Sms)),
            (vec![sender], vec![])
        );
        recorded(store, 67, noon(), |tx| {
            deliveries::refuse(tx, delivery(1), Some([3; 16].into()), "denied by the gate")?;
            assert!(journey_passages::wake(tx, delivery(1))?);
            assert!(journey_passages::wake(tx, delivery(2))?);
            assert!(!journey_passages::wake(tx, delivery(9))?);
            Ok(())
        });
        let woken = answered(noon_plus(1));
        assert_eq!(woken.len(), 1, "the other one is on its way");
        let one = woken[0].passage.clone();
        assert_eq!(
            (one.state, one.delivery),
            (State::Sending, Some(delivery(1)))
        );
        assert_eq!(woken[0].decision, Some([3; 16].into()));

        recorded(store, 68, noon_plus(5), move |tx| {
            let refused = |to| Move {
                outcome: Outcome::Refused,
                to,
            };
            let rules = ["b.rule".to_owned(), "a.rule".to_owned()];
            journey_passages::add_refusals(tx, &one, &rules)?;
            assert!(journey_passages::go_on(tx, &one, refused(Some(1)))?);
            assert!(
                !journey_passages::go_on(tx, &one, refused(Some(1)))?,
                "by whoever comes second"
            );
            let moved = journey_passages::find(tx, one.id)?.unwrap();
            assert_eq!((moved.turn, moved.step, moved.delivery), (1, 1, None));
            let left = Move {
                outcome: Outcome::Left,
                to: None,
            };
            assert!(journey_passages::go_on(tx, &moved, left)?);
            assert!(journey_passages::end(tx, one.id, Ending::Exit)?);
            assert!(!journey_passages::end(tx, one.id, Ending::Exit)?);
            Ok(())
        });
        let moves = read(store, |tx| journey_passages::list_moves(tx, version(1).id));
        let counted = |step, outcome, to| Moves {
            step,
            by: Move { outcome, to },
            n: 1,
        };
        let expected = [
            counted(0, Outcome::Refused, Some(1)),
            counted(1, Outcome::Left, None),
        ];
        assert_eq!(moves, expected);
        let rules = read(store, |tx| {
            journey_passages::list_refusals(tx, version(1).id)
        });
        assert_eq!(
            rules,
            [(0, "a.rule".to_owned(), 1), (0, "b.rule".to_owned(), 1)]
        );
        let shares = |from, until| {
            read(store, move |tx| {
                let within = (noon_plus(from), noon_plus(until));
                journey_passages::list_shares(tx, version(1).id, within)
            })
        };
        let refused = Share { n: 1, n_refused: 1 };
        assert_eq!(shares(0, 5), BTreeMap::from([(0, refused)]));
        assert_eq!(shares(5, 9), BTreeMap::new());
        let tally = read(store, |tx| journey_passages::tally(tx, version(1).id));
        assert_eq!(tally.n_entered, 3);
        assert_eq!(tally.at, BTreeMap::from([(0, 2)]));
        assert_eq!(tally.over, BTreeMap::from([(Ending::Exit, 1)]));
        let n = read(store, |tx| {
            journey_passages::count_entered_since(tx, journey(), noon_plus(-1))
        });
        assert_eq!(n, 3);
        for change in [
            "update journey_moves set step = 3",
            "delete from journey_refusals",
        ] {
            let done = act(store, &ctx(69), move |tx, _| tx.execute(change, &[]));
            assert_eq!(done, Err(StoreError::AppendOnly), "{change}");
        }
        recorded(store, 70, noon(), |tx| {
            let hold = HoldRecord {
                campaign: held_as(journey()),
                kind: Hold::Stopped,
                reason: "Wait".to_owned(),
                at: noon(),
                by: "test".to_owned(),
            };
            campaigns::add_hold(tx, [1; 16].into(), &hold)
        });
        assert_eq!(listed(Channel::Email), []);
        let handed = act(store, &ctx(71), |tx, _| {
            journey_passages::hand_to(tx, passage(3).id, person(2))
        });
        assert_eq!(handed, Err(StoreError::Conflict), "that one has its own");
        recorded(store, 72, noon(), |tx| {
            journey_passages::hand_to(tx, passage(3).id, person(4))?;
            assert_eq!(journey_passages::end_all(tx, journey(), Ending::Ended)?, 2);
            Ok(())
        });
    });
}

pub(crate) fn a_task_of_a_journey_ends_once_and_its_note_is_sealed(kind: Kind) {
    with_store(kind, |store| {
        add_people(store, 4);
        add_journey(store);
        recorded(store, 73, noon(), |tx| {
            for n in [1, 2, 3] {
                journey_passages::enter(tx, &passage(n))?;
                journey_passages::rest(tx, &passage(n), Rest::Asked)?;
                journey_passages::add_task(tx, &passage(n), Role::Responder)?;
                journey_passages::add_task(tx, &passage(n), Role::Responder)?;
            }
            Ok(())
        });
        let n = |role| read(store, move |tx| journey_passages::count_tasks(tx, role));
        assert_eq!((n(Role::Responder), n(Role::Compliance)), (3, 0));
        let tasks = read(store, |tx| {
            journey_passages::list_tasks(tx, Role::Responder, 10)
        });
        assert_eq!((tasks.len(), tasks[0].person), (3, person(1)));
        recorded(store, 74, noon(), move |tx| {
            let task = journey_passages::find_task(tx, passage(1).id)?.unwrap();
            let by = Some([8; 16].into());
            assert!(journey_passages::end_task(
                tx,
                &task,
                Outcome::Done,
                "Calls back",
                by
            )?);
            assert!(!journey_passages::end_task(
                tx,
                &task,
                Outcome::Done,
                "",
                by
            )?);
            assert_eq!(journey_passages::find_task(tx, passage(1).id)?, None);
            // Whoever is out has nothing open.
            journey_passages::end(tx, passage(2).id, Ending::Erased)?;
            journey_passages::end_all(tx, journey(), Ending::Ended)?;
            Ok(())
        });
        assert_eq!(n(Role::Responder), 0);
        let note = |n| {
            read(store, move |tx| {
                journey_passages::find_note(tx, passage(n).id, 0)
            })
        };
        assert_eq!((note(1), note(2)), (Some("Calls back".to_owned()), None));
    });
}

pub(crate) fn signals_and_the_walk_over_an_audience_come_back(kind: Kind) {
    use placet_domain::person::Appointment;
    use placet_domain::report::{Effect, Kind as Says, Report};
    use placet_store::{people, reports};

    with_store(kind, |store| {
        add_people(store, 3);
        add_journey(store);
        recorded(store, 75, noon(), |tx| {
            let one = Appointment {
                id: [1; 16].into(),
                person: person(1),
                starts_at: noon_plus(60),
                status: "booked".to_owned(),
                details: BTreeMap::new(),
            };
            people::put_appointment(tx, &one, &[1])?;
            journey_passages::enter(tx, &passage(1))?;
            deliveries::add_occasion(tx, &waiting(1))?;
            let report = Report {
                id: [1; 16].into(),
                kind: Says::Reply,
                delivery: Some(delivery(1)),
                campaign: None,
                status: None,
                door: "api".to_owned(),
                content_hash: vec![1],
                effect: Effect::Nothing,
                recorded_at: noon(),
            };
            reports::add(tx, &report, "test")?;
            journey_passages::put_walk(tx, version(1).id, person(1), false)?;
            journey_passages::put_walk(tx, version(1).id, person(2), true)
        });
        let ahead = |whose: PersonId, minutes| {
            read(store, move |tx| {
                journey_passages::has_appointment(tx, whose, noon_plus(minutes))
            })
        };
        assert!(ahead(person(1), 0) && !ahead(person(1), 60) && !ahead(person(2), 0));
        let answer = |whose: PersonId| {
            read(store, move |tx| {
                journey_passages::has_answer(tx, passage(1).id, whose)
            })
        };
        assert!(answer(person(1)) && !answer(person(2)));
        let walk = read(store, |tx| journey_passages::find_walk(tx, version(1).id));
        assert_eq!(walk, Some((person(2), true)));
    });
}
