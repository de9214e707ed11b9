//! Triggers, compliance's word on their versions, and the events that they took note of, each once.

use placet_domain::campaign::Hold;
use placet_domain::channel::Channel;
use placet_domain::delivery::State;
use placet_domain::id::{AppointmentId, FireId, PersonId, TriggerId};
use placet_domain::person::Appointment;
use placet_domain::time::Timestamp;
use placet_domain::trigger::{
    Approval, Declaration, Dropped, Event, FireState, Version, Wait, sends_as,
};
use placet_store::campaigns::{self, HoldRecord};
use placet_store::deliveries::{self, Waiting};
use placet_store::people::Slot;
use placet_store::trigger_fires::{self, Fire};
use placet_store::triggers::{self, Trigger};
use placet_store::{Store, StoreError, Tx, people};
use placet_testing::{ctx, noon, noon_plus};

use super::campaigns::{add_people, person, point};
use super::deliveries::{delivery, recorded};
use super::harness::{Kind, act, read, with_store};

fn trigger() -> TriggerId {
    [1; 16].into()
}

fn version(number: u8) -> Version {
    let declaration = Declaration {
        name: "Reminder".to_owned(),
        event: Event::ComingUp,
        source: "test".to_owned(),
        content: [5; 16].into(),
        purpose: "appointment_reminder".to_owned(),
        rationale: "Care".to_owned(),
        owner: "Patient access".to_owned(),
        wait: Wait::hours(number.into()),
        most_per_day: 10,
        sender_name: "Us".to_owned(),
        sender: "us@example.org".to_owned(),
    };
    Version {
        id: [number; 16].into(),
        trigger: trigger(),
        version: number.into(),
        hash: triggers::declaration_hash(&declaration),
        declaration,
        channel: Channel::Email,
        written_at: noon(),
        written_by: Some([9; 16].into()),
        approval: None,
    }
}

fn approval() -> Approval {
    Approval {
        at: noon(),
        by: [8; 16].into(),
        note: "Read".to_owned(),
        content_hash: [7; 32].into(),
    }
}

/// A trigger whose first of two versions is approved.
fn add_trigger(store: &Store) {
    recorded(store, 1, noon(), |tx| {
        let one = Trigger {
            id: trigger(),
            name: "Reminder".to_owned(),
        };
        triggers::add(tx, &one, "system:test")?;
        triggers::add_version(tx, &version(1))?;
        triggers::add_version(tx, &version(2))?;
        assert!(triggers::approve(tx, version(1).id, &approval())?);
        assert!(!triggers::approve(tx, version(1).id, &approval())?);
        Ok(())
    });
}

pub(crate) fn a_trigger_keeps_its_versions_and_compliances_word(kind: Kind) {
    with_store(kind, |store| {
        add_trigger(store);
        let named = Trigger {
            id: trigger(),
            name: "Reminder".to_owned(),
        };
        assert_eq!(read(store, triggers::list), vec![named.clone()]);
        assert_eq!(
            read(store, |tx| triggers::find(tx, trigger())),
            Some(named.clone())
        );
        let found = read(store, |tx| triggers::find_by_name(tx, "Reminder"));
        assert_eq!(found, Some(named.clone()));
        assert_eq!(read(store, |tx| triggers::find_by_name(tx, "None")), None);
        let held = read(store, |tx| triggers::list_versions(tx, trigger()));
        let approved = Version {
            approval: Some(approval()),
            ..version(1)
        };
        assert_eq!(held, [version(2), approved]);
        for taken in [
            act(store, &ctx(20), move |tx, _| {
                triggers::add(tx, &named, "test")
            }),
            act(store, &ctx(21), |tx, _| {
                triggers::add_version(tx, &version(2))
            }),
        ] {
            assert_eq!(taken, Err(StoreError::Conflict));
        }
        for change in [
            "update trigger_versions set declaration = ''",
            "delete from trigger_approvals",
        ] {
            let done = act(store, &ctx(22), move |tx, _| tx.execute(change, &[]));
            assert_eq!(done, Err(StoreError::AppendOnly), "{change}");
        }
    });
}

fn fire(n: u8, due: i64) -> Fire {
    Fire {
        id: [n; 16].into(),
        trigger: trigger(),
        occasion: vec![n],
        event: Event::ComingUp,
        person: person(n.into()),
        appointment: Some([n; 16].into()),
        due_at: noon_plus(due),
        ends_at: noon_plus(due + 60),
    }
}

fn note(tx: &mut Tx, n: u8, due: i64) -> Result<bool, StoreError> {
    trigger_fires::note(tx, &fire(n, due))
}

fn ids(fires: Vec<Fire>) -> Vec<FireId> {
    fires.into_iter().map(|one| one.id).collect()
}

pub(crate) fn an_event_is_taken_note_of_once_and_settled_once(kind: Kind) {
    with_store(kind, |store| {
        add_people(store, 5);
        add_trigger(store);
        recorded(store, 2, noon(), |tx| {
            for n in 1..=4 {
                assert!(note(tx, n, n.into())?);
                assert!(!note(tx, n, 9)?);
            }
            Ok(())
        });
        let due = |now| {
            read(store, move |tx| {
                trigger_fires::list_due(tx, trigger(), now, 10)
            })
        };
        assert_eq!(ids(due(noon_plus(2))), [[1; 16].into(), [2; 16].into()]);
        let found = read(store, |tx| trigger_fires::find(tx, [3; 16].into()));
        assert_eq!(found, Some(fire(3, 3)));
        recorded(store, 3, noon_plus(5), |tx| {
            assert!(trigger_fires::settle(tx, [1; 16].into(), person(0), None)?);
            assert!(!trigger_fires::settle(tx, [1; 16].into(), person(0), None)?);
            let why = Some(Dropped::Cancelled);
            assert!(trigger_fires::settle(tx, [2; 16].into(), person(2), why)?);
            assert!(!trigger_fires::put_off(tx, [2; 16].into(), noon(), noon())?);
            assert!(trigger_fires::put_off(
                tx,
                [3; 16].into(),
                noon_plus(90),
                noon_plus(99)
            )?);
            Ok(())
        });
        assert_eq!(ids(due(noon_plus(50))), [[4; 16].into()]);
        recorded(store, 4, noon_plus(6), |tx| {
            trigger_fires::look_again(tx, trigger())
        });
        assert_eq!(due(noon()).len(), 2);
        let n = |since| {
            read(store, move |tx| {
                trigger_fires::count_fired_since(tx, trigger(), since)
            })
        };
        assert_eq!((n(noon()), n(noon_plus(5))), (1, 0));

        let settled = |state| {
            read(store, move |tx| {
                trigger_fires::list_latest(tx, trigger(), Some(state), 10)
            })
        };
        assert_eq!(settled(FireState::Waiting).len(), 2);
        let fired = settled(FireState::Fired);
        assert_eq!((fired[0].fire.person, fired[0].delivery), (person(0), None));
        assert_eq!(settled(FireState::Dropped)[0].why, Some(Dropped::Cancelled));
        let dropped = recorded(store, 5, noon_plus(7), |tx| {
            trigger_fires::drop_all(tx, trigger(), Dropped::Ended)
        });
        assert_eq!(dropped, 2);
        let counts = read(store, |tx| trigger_fires::tally(tx, trigger()));
        assert_eq!(counts[&FireState::Dropped], 3);
        let why = read(store, |tx| trigger_fires::list_dropped(tx, trigger()));
        assert_eq!(why, [(Dropped::Ended, 2), (Dropped::Cancelled, 1)]);
    });
}

fn waiting(n: u16, occasion: u8) -> Waiting {
    Waiting {
        id: delivery(n),
        campaign: sends_as(trigger()),
        person: person(1),
        contact_point: point(1),
        n_attempts: 0,
        occasion: Some([occasion; 16].into()),
    }
}

pub(crate) fn a_trigger_sends_to_one_person_once_an_event(kind: Kind) {
    with_store(kind, |store| {
        add_people(store, 3);
        add_trigger(store);
        recorded(store, 6, noon(), |tx| {
            for n in [1, 2] {
                note(tx, n, 0)?;
                trigger_fires::settle(tx, [n; 16].into(), person(1), None)?;
            }
            assert!(deliveries::add_occasion(tx, &waiting(1, 1))?);
            assert!(!deliveries::add_occasion(tx, &waiting(3, 1))?);
            assert!(deliveries::add_occasion(tx, &waiting(2, 2))?);
            Ok(())
        });
        let due = |channel| {
            read(store, move |tx| {
                deliveries::list_due_triggers(tx, channel, noon())
            })
        };
        let sender = sends_as(trigger());
        assert_eq!(
            (due(Channel::Email), due(Channel::Sms)),
            (vec![sender], vec![])
        );
        let listed = recorded(store, 12, noon(), move |tx| {
            deliveries::list_waiting(tx, sender, noon(), 10)
        });
        assert_eq!(listed, [waiting(1, 1), waiting(2, 2)]);
        let open = |n: u8| {
            ids(read(store, move |tx| {
                trigger_fires::list_open_of(tx, [n; 16].into())
            }))
        };
        assert_eq!(open(1), [[1; 16].into()]);
        recorded(store, 7, noon(), move |tx| {
            deliveries::defer(tx, delivery(1), noon_plus(60))?;
            assert!(deliveries::bring_occasion_forward(
                tx,
                sender,
                [1; 16].into()
            )?);
            deliveries::refuse(tx, delivery(1), None, "denied by the gate")?;
            assert!(!deliveries::bring_occasion_forward(
                tx,
                sender,
                [1; 16].into()
            )?);
            Ok(())
        });
        assert_eq!(open(1), []);
        let refused = read(store, |tx| trigger_fires::list_refused(tx, trigger(), 10));
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].delivery, Some((State::Refused, None)));
        let tally = read(store, move |tx| campaigns::tally(tx, sender));
        assert_eq!((tally.pending, tally.refused), (1, 1));

        recorded(store, 8, noon(), move |tx| {
            let hold = HoldRecord {
                campaign: sender,
                kind: Hold::Stopped,
                reason: "Wait".to_owned(),
                at: noon(),
                by: "test".to_owned(),
            };
            campaigns::add_hold(tx, [1; 16].into(), &hold)
        });
        assert_eq!(due(Channel::Email), []);
    });
}

fn appointment(n: u8, whose: u16, at: Timestamp, status: &str) -> Appointment {
    Appointment {
        id: [n; 16].into(),
        person: person(whose),
        starts_at: at,
        status: status.to_owned(),
        details: std::collections::BTreeMap::from([(
            "appointment_place".to_owned(),
            "Entrance B".to_owned(),
        )]),
    }
}

pub(crate) fn the_clock_finds_what_no_trigger_took_note_of(kind: Kind) {
    with_store(kind, |store| {
        add_people(store, 4);
        add_trigger(store);
        recorded(store, 9, noon(), |tx| {
            let mut put = |n: u8, whose, minutes, status: &str| {
                let one = appointment(n, whose, noon_plus(minutes), status);
                people::put_appointment(tx, &one, &[n])
            };
            assert_eq!(put(1, 1, 60, "booked")?, ([1; 16].into(), None));
            put(2, 2, 70, "booked")?;
            put(3, 3, 80, "cancelled")?;
            put(4, 1, -600, "fulfilled")?;
            put(5, 3, -600, "fulfilled")?;
            put(6, 3, -700, "booked")?;
            let (id, before) = put(2, 2, 75, "booked")?;
            let before = before.unwrap();
            assert_eq!((id, before.starts_at), ([2; 16].into(), noon_plus(70)));
            note(tx, 1, 0)?;
            Ok(())
        });
        let slot_ids = |slots: Vec<Slot>| -> Vec<AppointmentId> {
            slots.into_iter().map(|slot| slot.id).collect()
        };
        let within = (noon(), noon_plus(100));
        let coming = read(store, move |tx| {
            trigger_fires::list_coming_up(tx, trigger(), "test", within, 10)
        });
        assert_eq!(slot_ids(coming), [[2; 16].into()]);
        let elsewhere = read(store, move |tx| {
            trigger_fires::list_coming_up(tx, trigger(), "crm", within, 10)
        });
        assert_eq!(elsewhere, []);
        let past = (noon_plus(-800), noon());
        let visits = read(store, move |tx| {
            trigger_fires::list_last_visits(tx, trigger(), "test", past, 10)
        });
        assert_eq!(slot_ids(visits), [[5; 16].into()], "of the last ones only");
        let last = read(store, |tx| people::find_last_visit(tx, person(3), noon()));
        assert_eq!(last.unwrap().id, [5; 16].into());
        let opened = read(store, |tx| people::find_appointment(tx, [2; 16].into()));
        assert_eq!(opened, Some(appointment(2, 2, noon_plus(75), "booked")));
        let slot = read(store, |tx| people::find_slot(tx, [2; 16].into()));
        assert_eq!(slot.unwrap().starts_at, noon_plus(75));

        for event in Event::ALL {
            let event = *event;
            let found: Vec<PersonId> = read(store, move |tx| {
                let all = (noon_plus(-9_000), noon_plus(9_000));
                trigger_fires::list_past(tx, event, "test", all, 10)
            });
            let n = match event {
                Event::Booked => 6,
                Event::Moved => 0,
                Event::Cancelled => 1,
                Event::LastVisit => 2,
                _ => 5,
            };
            assert_eq!(found.len(), n, "{event:?}");
        }
        let people: Vec<PersonId> = read(store, |tx| {
            trigger_fires::list_registered(tx, "test", (noon_plus(-9_000), noon_plus(9_000)), 10)
        });
        assert_eq!(people.len(), 4);
        recorded(store, 10, noon(), |tx| {
            people::add_lookup(tx, person(1), b"born")
        });
        let born = |since| {
            read(store, move |tx| {
                trigger_fires::list_born(tx, trigger(), "test", b"born", since, 10)
            })
        };
        assert_eq!(born(noon()), [(person(1), None)]);
        recorded(store, 11, noon(), |tx| {
            let greeted = Fire {
                event: Event::Birthday,
                appointment: None,
                ..fire(1, 0)
            };
            let other = Fire {
                id: [40; 16].into(),
                occasion: vec![40],
                ..greeted
            };
            trigger_fires::note(tx, &other)
        });
        assert_eq!(born(noon_plus(-10)), []);
    });
}
