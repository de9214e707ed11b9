//! Call lists: who is opened by whom, what came of it, and what counts for the caps.

use placet_domain::call::{End, Ended, Try};
use placet_domain::channel::Channel;
use placet_domain::delivery::State;
use placet_domain::id::{CallId, DecisionId, RawId};
use placet_domain::time::Timestamp;
use placet_store::{StoreError, call_tries, deliveries, population, sent};
use placet_testing::{ctx_at, noon, noon_plus};

use super::campaigns::{campaign, person, point};
use super::deliveries::{delivery, launch, recorded};
use super::harness::{Kind, act, read, with_store};

fn raw(n: u8) -> RawId {
    RawId::at(noon(), [n; 10])
}

fn a_try(n: u8, number: u16, by: &str, at: Timestamp) -> Try {
    Try {
        id: CallId::from(raw(n)),
        campaign: campaign(1).id,
        delivery: delivery(number),
        person: person(number),
        contact_point: point(number),
        opened_by: by.to_owned(),
        opened_at: at,
        decision: DecisionId::from(raw(80 + n)),
        decided_at: at,
        end: None,
    }
}

fn ended(ended: Ended, at: Timestamp) -> End {
    End {
        ended,
        at,
        by: "a".to_owned(),
    }
}

pub(crate) fn a_try_is_opened_once_and_ends_once(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 4);
        let id = campaign(1).id;
        let first = a_try(1, 0, "a", noon_plus(60));
        let one = first.clone();
        recorded(store, 1, noon_plus(60), move |tx| {
            assert!(call_tries::open(tx, &one)?);
            Ok(())
        });
        assert_eq!(
            read(store, |tx| call_tries::find(tx, CallId::from(raw(1)))),
            Some(first.clone())
        );
        assert_eq!(
            read(store, |tx| call_tries::find_open(tx, "a")),
            Some(first)
        );
        assert_eq!(read(store, |tx| call_tries::find_open(tx, "b")), None);
        // Neither the same caller with another person nor another caller with the same person.
        for (seed, again) in [
            (2, a_try(2, 1, "a", noon_plus(61))),
            (3, a_try(3, 0, "b", noon_plus(61))),
        ] {
            let opened = act(store, &ctx_at(noon_plus(61), 500 + seed), move |tx, _| {
                tx.record(placet_domain::entry::Entry::new("test"));
                call_tries::open(tx, &again)
            });
            assert!(
                matches!(opened, Ok(false) | Err(StoreError::Conflict)),
                "{opened:?}"
            );
        }
        let open = read(store, move |tx| call_tries::list_open(tx, id));
        assert_eq!(open.len(), 1);
        // They lock what they look at, so they are asked where something is written.
        recorded(store, 6, noon_plus(62), move |tx| {
            let next = call_tries::list_next(tx, id, noon_plus(62), 10)?;
            assert_eq!(next.len(), 3);
            assert!(!call_tries::is_open(tx, &next[0])?);
            Ok(())
        });
        let went = |number| {
            read(store, move |tx| {
                sent::count_since(tx, person(number), noon(), noon())
            })
        };
        assert_eq!((went(0), went(1)), ((1, 1), (0, 0)));

        recorded(store, 4, noon_plus(63), |tx| {
            let id = CallId::from(raw(1));
            assert!(call_tries::decide(
                tx,
                id,
                DecisionId::from(raw(99)),
                noon_plus(63)
            )?);
            assert!(call_tries::end(
                tx,
                id,
                &ended(Ended::NoAnswer, noon_plus(63))
            )?);
            assert!(!call_tries::end(
                tx,
                id,
                &ended(Ended::Reached, noon_plus(64))
            )?);
            assert!(!call_tries::decide(
                tx,
                id,
                DecisionId::from(raw(98)),
                noon_plus(64)
            )?);
            assert!(call_tries::wait(tx, delivery(0), noon_plus(90), true)?);
            Ok(())
        });
        let held = read(store, |tx| call_tries::find(tx, CallId::from(raw(1)))).unwrap();
        assert_eq!(held.decided_at, noon_plus(63));
        assert_eq!(held.end, Some(ended(Ended::NoAnswer, noon_plus(63))));
        // It rang, so it counts; whose hour has come is first, before it nobody hears of them.
        assert_eq!(went(0), (1, 1));
        let who = |seed, at| {
            recorded(store, seed, at, move |tx| {
                call_tries::list_next(tx, id, at, 10)
            })
            .iter()
            .map(|one| (one.id, one.n_attempts))
            .collect::<Vec<_>>()
        };
        assert!(!who(7, noon_plus(89)).contains(&(delivery(0), 1)));
        assert_eq!(who(8, noon_plus(90)).first(), Some(&(delivery(0), 1)));

        recorded(store, 5, noon_plus(91), |tx| {
            assert!(call_tries::open(tx, &a_try(5, 1, "a", noon_plus(91)))?);
            call_tries::end(
                tx,
                CallId::from(raw(5)),
                &ended(Ended::NotCalled, noon_plus(91)),
            )?;
            assert!(call_tries::wait(tx, delivery(1), noon_plus(92), false)?);
            assert!(call_tries::open(tx, &a_try(6, 2, "a", noon_plus(91)))?);
            call_tries::end(
                tx,
                CallId::from(raw(6)),
                &ended(Ended::Reached, noon_plus(91)),
            )?;
            assert!(call_tries::settle(
                tx,
                delivery(2),
                State::Sent,
                "spoken with"
            )?);
            assert!(!call_tries::settle(tx, delivery(2), State::Failed, "")?);
            assert!(call_tries::open(tx, &a_try(7, 3, "a", noon_plus(91)))?);
            call_tries::end(
                tx,
                CallId::from(raw(7)),
                &ended(Ended::NotCalled, noon_plus(91)),
            )?;
            assert!(call_tries::refuse(
                tx,
                delivery(3),
                None,
                "denied by the gate"
            )?);
            Ok(())
        });
        // What was not dialled counts for nothing, nowhere.
        assert_eq!((went(1), went(2), went(3)), ((0, 0), (1, 1), (0, 0)));
        let between = read(store, |tx| {
            sent::list_since_between(tx, person(0), person(3), noon(), noon())
        });
        assert_eq!(between, [(person(0), 1, 1), (person(2), 1, 1)]);
        let of = read(store, |tx| {
            sent::list_since(tx, &[person(2), person(3)], noon(), noon())
        });
        assert_eq!(of, [(person(2), 1, 1)]);
        let index = read(store, |tx| {
            population::list_sent_between(tx, person(0), person(3), noon())
        });
        assert_eq!(
            index,
            [(person(0), noon_plus(60)), (person(2), noon_plus(91))]
        );
        let counted = read(store, move |tx| call_tries::count_ended(tx, id));
        assert_eq!(
            counted,
            [
                (Ended::NoAnswer, 1),
                (Ended::NotCalled, 2),
                (Ended::Reached, 1)
            ]
        );
        let n = read(store, |tx| {
            call_tries::count_given_back(tx, "a", noon_plus(90))
        });
        assert_eq!(n, 2);
        let tries = read(store, |tx| call_tries::list_by_delivery(tx, delivery(0)));
        assert_eq!(tries.len(), 1);
        let state = read(store, |tx| deliveries::find(tx, delivery(1))).unwrap();
        assert_eq!((state.state, state.n_attempts), (State::Pending, 0));
        assert_eq!(state.claimed_at, None);
        // The campaign of these tests goes by mail.
        assert!(read(store, call_tries::list_campaigns).is_empty());
        assert_eq!(Channel::VoiceLive.as_str(), "voice_live");
    });
}
