//! Data sets and runs: sealed, taken once, ended once.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use placet_domain::ctx::Ctx;
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, DatasetId, RawId, RunId, WorkerId};
use placet_domain::measure::{Attachment, Dataset, Ended, Ending, Question, Run, Stand};
use placet_domain::person::Appointment;
use placet_ledger::sha256;
use placet_store::deliveries::{self, Waiting};
use placet_store::{Store, StoreError, Tx, measures, people, sums};
use placet_testing::{ctx, noon};

use super::campaigns::{add_campaigns, add_people, campaign, person, point};
use super::harness::{Kind, act, read, with_store};

const BODY: &[u8] = b"week,patients,search\n2026-01-05,12,100\n";

fn set(n: u8) -> Dataset {
    Dataset {
        id: DatasetId::from([n; 16]),
        name: "Weekly".to_owned(),
        hash: sha256(BODY),
        n_rows: 1,
        n_bytes: BODY.len() as u64,
        columns: vec![
            "week".to_owned(),
            "patients".to_owned(),
            "search".to_owned(),
        ],
        created_at: noon(),
        created_by: "system:test".to_owned(),
        removed_at: None,
    }
}

fn run(n: u8) -> Run {
    Run {
        id: RunId::from([n; 16]),
        name: "Media mix".to_owned(),
        question: Question::Mmm,
        dataset: Some(DatasetId::from([1; 16])),
        source: None,
        ask: "{}".to_owned(),
        data_hash: Some(sha256(BODY)),
        seed: 7,
        asked_at: noon(),
        asked_by: "system:test".to_owned(),
    }
}

fn ended(how: Ending) -> Ended {
    Ended {
        how,
        at: noon(),
        by: "system:measure".to_owned(),
        says: String::new(),
        version: "1".to_owned(),
        result_hash: Some(sha256(b"{}")),
    }
}

fn done<T: Send + 'static>(
    store: &Store,
    n: u64,
    mut f: impl FnMut(&mut Tx, &Ctx) -> Result<T, StoreError> + Send + 'static,
) -> T {
    act(store, &ctx(n), move |tx, ctx| {
        tx.record(Entry::new("test"));
        f(tx, ctx)
    })
    .unwrap()
}

fn with_run(store: &Store) -> RunId {
    done(store, 90, |tx, _| {
        measures::add_dataset(tx, &set(1), BODY)?;
        measures::add_run(tx, &run(2))
    });
    RunId::from([2; 16])
}

fn stand(store: &Store, id: RunId) -> Stand {
    read(store, move |tx| measures::find_run(tx, id)).unwrap().1
}

pub(crate) fn a_data_set_comes_back_until_it_is_destroyed(kind: Kind) {
    with_store(kind, |store| {
        with_run(store);
        let id = DatasetId::from([1; 16]);
        assert_eq!(
            read(store, move |tx| measures::find_body(tx, id)).as_deref(),
            Some(BODY)
        );
        assert_eq!(read(store, |tx| measures::list_datasets(tx, 10)), [set(1)]);
        // Whoever holds the database alone reads nothing of it.
        let sealed: Vec<u8> = read(store, |tx| {
            tx.find_one("select sealed from measure_datasets", &[])?
                .map_or(Ok(Vec::new()), |row| row.get(0))
        });
        assert!(!sealed.windows(8).any(|w| w == b"patients"));
        assert!(done(store, 2, move |tx, _| measures::remove_body(
            tx, id, "x"
        )));
        assert!(!done(store, 3, move |tx, _| measures::remove_body(
            tx, id, "x"
        )));
        assert_eq!(read(store, move |tx| measures::find_body(tx, id)), None);
        let left = read(store, move |tx| measures::find_dataset(tx, id)).unwrap();
        assert!(left.removed_at.is_some() && left.hash == set(1).hash);
    });
}

pub(crate) fn a_run_waits_runs_and_ends_once(kind: Kind) {
    with_store(kind, |store| {
        let id = with_run(store);
        assert_eq!(stand(store, id), Stand::Waiting);
        assert_eq!(read(store, measures::find_waiting), Some(run(2)));
        let worker = WorkerId::from([9; 16]);
        let lease = noon() + 1.minute();
        assert!(done(store, 2, move |tx, _| measures::begin(
            tx, id, worker, lease
        )));
        assert!(!done(store, 3, move |tx, _| measures::begin(
            tx, id, worker, lease
        )));
        assert_eq!(read(store, measures::find_waiting), None);
        assert!(!done(store, 4, move |tx, _| measures::renew(
            tx,
            id,
            (3, 8),
            lease
        )));
        assert!(done(store, 5, move |tx, _| measures::ask_to_stop(tx, id)));
        assert!(done(store, 6, move |tx, _| measures::renew(
            tx,
            id,
            (4, 8),
            lease
        )));
        let Stand::Running(turn) = stand(store, id) else {
            panic!("it runs")
        };
        assert_eq!((turn.n_done, turn.n_total, turn.is_to_stop), (4, 8, true));
        let end = |how, n| {
            done(store, n, move |tx, _| {
                measures::end(tx, id, &ended(how), Some(b"{}"))
            })
        };
        assert!(end(Ending::Done, 7));
        assert!(!end(Ending::Stopped, 8));
        assert!(stand(store, id).is_done());
        assert_eq!(
            read(store, move |tx| measures::find_result(tx, id)).as_deref(),
            Some(b"{}".as_slice())
        );
        let of_set = DatasetId::from([1; 16]);
        assert_eq!(
            read(store, move |tx| measures::list_by_dataset(tx, of_set)).len(),
            1
        );
        assert_eq!(read(store, |tx| measures::list_runs(tx, 10)).len(), 1);
        let campaign = CampaignId::from([4; 16]);
        assert!(read(store, move |tx| measures::list_by_campaign(tx, campaign)).is_empty());
    });
}

pub(crate) fn an_abandoned_run_is_found_when_its_lease_ended(kind: Kind) {
    with_store(kind, |store| {
        let id = with_run(store);
        let lease = noon() + 1.minute();
        done(store, 2, move |tx, _| {
            measures::begin(tx, id, WorkerId::from([9; 16]), lease)
        });
        let abandoned = |at| read(store, move |tx| measures::list_abandoned(tx, at));
        assert!(abandoned(lease).is_empty());
        assert_eq!(abandoned(lease + 1.second()), [id]);
        done(store, 3, move |tx, _| {
            measures::end(tx, id, &ended(Ending::Interrupted), None)
        });
        assert!(abandoned(lease + 1.second()).is_empty());
        assert_eq!(read(store, move |tx| measures::find_result(tx, id)), None);
    });
}

pub(crate) fn what_was_asked_and_found_cannot_be_changed(kind: Kind) {
    with_store(kind, |store| {
        let id = with_run(store);
        done(store, 2, move |tx, _| {
            measures::end(tx, id, &ended(Ending::Done), Some(b"{}"))
        });
        for sql in [
            "update measure_runs set seed = 8",
            "delete from measure_runs",
            "update measure_ends set how = 'refused'",
            "delete from measure_ends",
        ] {
            let changed = act(store, &ctx(3), move |tx, _| {
                tx.record(Entry::new("test"));
                tx.execute(sql, &[]).map(drop)
            });
            assert!(changed.is_err(), "{sql}");
        }
    });
}

pub(crate) fn a_run_measures_a_campaign_until_somebody_says_otherwise(kind: Kind) {
    with_store(kind, |store| {
        super::campaigns::add_campaigns(store);
        let run = with_run(store);
        let campaign = campaign(1).id;
        let say = |n: u8, kind| {
            done(store, 10 + u64::from(n), move |tx, _| {
                measures::attach(tx, RawId::from([n; 16]), run, campaign, kind, "a")
            });
            let seen = read(store, move |tx| measures::list_by_campaign(tx, campaign)).len();
            let named = read(store, move |tx| measures::list_campaigns(tx, run)).len();
            assert_eq!(seen, named);
            seen
        };
        assert_eq!(say(1, Attachment::Attached), 1);
        assert_eq!(say(2, Attachment::Attached), 1);
        assert_eq!(say(3, Attachment::Detached), 0);
        assert_eq!(say(4, Attachment::Attached), 1);
    });
}

pub(crate) fn noisy_counts_add_up_by_year_and_the_most_precise_is_found(kind: Kind) {
    use placet_domain::audience::{Audience, Filter};
    use placet_domain::id::{AudienceId, CountId};
    use placet_domain::measure::noisy::{Counted, NoisyAsk, NoisyCount};
    use placet_store::{audiences, noisy_counts};

    let audience = |n: u8| Audience {
        id: AudienceId::from([n; 16]),
        name: "Everybody".to_owned(),
        filter: Filter::default(),
        created_at: noon(),
        changed_at: noon(),
        changed_by: "system:test".to_owned(),
    };
    let count = |n: u8, of: u8, cost: u32, year: i16| NoisyCount {
        id: CountId::from([n; 16]),
        ask: NoisyAsk {
            audience: audience(of).id,
            counted: Counted::Booked,
            from: "2026-01-01".parse().unwrap(),
            to: "2026-01-31".parse().unwrap(),
            cost,
        },
        filter: Filter::default().write(),
        answer: 40,
        year,
        at: noon(),
        by: "system:test".to_owned(),
    };
    with_store(kind, |store| {
        let given = [
            count(1, 1, 300, 2026),
            count(2, 2, 500, 2026),
            count(3, 1, 100, 2025),
        ];
        let all = given.clone();
        done(store, 90, move |tx, _| {
            audiences::add(tx, &audience(1))?;
            audiences::add(tx, &audience(2))?;
            all.iter()
                .try_for_each(|one| noisy_counts::add(tx, one, &[7; 32]))
        });
        let spent = |of: u8, year| {
            read(store, move |tx| {
                noisy_counts::spent(tx, AudienceId::from([of; 16]), year)
            })
        };
        assert_eq!(spent(1, 2026), (300, 800));
        assert_eq!(spent(2, 2026), (500, 800));
        assert_eq!(spent(2, 2025), (0, 100));
        assert_eq!(spent(1, 2027), (0, 0));
        let found = read(store, |tx| noisy_counts::find_answered(tx, &[7; 32]));
        assert_eq!(found.as_ref(), Some(&given[1]));
        assert_eq!(
            read(store, |tx| noisy_counts::find_answered(tx, &[8; 32])),
            None
        );
        let one = read(store, |tx| noisy_counts::find(tx, CountId::from([3; 16])));
        assert_eq!(one.as_ref(), Some(&given[2]));
        assert_eq!(read(store, |tx| noisy_counts::list(tx, 2)).len(), 2);
        let none = |tx: &mut Tx| {
            let now = noon();
            Ok::<_, StoreError>((
                noisy_counts::list_written(tx, now, now)?,
                noisy_counts::list_booked(tx, now, now)?,
            ))
        };
        assert_eq!(read(store, none), (Vec::new(), Vec::new()));
        for sql in [
            "update noisy_counts set cost = 0",
            "delete from noisy_counts",
        ] {
            let changed = act(store, &ctx(3), move |tx, _| {
                tx.record(Entry::new("test"));
                tx.execute(sql, &[]).map(drop)
            });
            assert!(changed.is_err(), "{sql}");
        }
    });
}

pub(crate) fn sums_are_counted_by_period_and_state(kind: Kind) {
    with_store(kind, |store| {
        add_campaigns(store);
        add_people(store, 4);
        let at = |hours: i64| noon() + hours.hours();
        // People 0 and 2 live in Ohio, 1 and 3 in Texas.
        let visits = [
            (0, 1, "fulfilled"),
            (0, 30, "booked"),
            (2, 30, "arrived"),
            (1, 25, "booked"),
            (3, 2, "cancelled"),
            (1, 60, "booked"),
        ];
        done(store, 95, move |tx, ctx| {
            for (i, (person_of, hours, status)) in visits.into_iter().enumerate() {
                let one = Appointment {
                    id: ctx.new_id(),
                    person: person(person_of),
                    starts_at: at(hours),
                    status: status.to_owned(),
                    details: BTreeMap::new(),
                };
                people::put_appointment(tx, &one, &[9, i as u8])?;
            }
            for n in 0..4_u16 {
                let waiting = Waiting {
                    id: ctx.new_id(),
                    campaign: campaign(1).id,
                    person: person(n),
                    contact_point: point(n),
                    n_attempts: 0,
                    occasion: Some([9; 16].into()),
                };
                assert!(deliveries::add_occasion(tx, &waiting)?);
            }
            Ok(())
        });
        act(store, &ctx(96), move |tx, _| {
            tx.record(Entry::new("test"));
            tx.execute(
                "update deliveries set state = 'sent', settled_at = $1",
                &[&at(26)],
            )
            .map(drop)
        })
        .unwrap();
        let bounds = [at(0), at(24), at(48)];
        let (bookings, new, messages, by_campaign) = read(store, move |tx| {
            Ok::<_, StoreError>((
                sums::count_bookings(tx, &bounds)?,
                sums::count_new_patients(tx, &bounds)?,
                sums::count_messages(tx, &bounds)?,
                sums::count_by_campaign(tx, &bounds)?,
            ))
        });
        let (ohio, texas) = (Some("US-OH".to_owned()), Some("US-TX".to_owned()));
        let expected = [
            ((ohio.clone(), 0), 1),
            ((ohio.clone(), 1), 2),
            ((texas.clone(), 1), 1),
        ];
        assert_eq!(bookings, expected.into());
        let expected = [
            ((ohio.clone(), 0), 1),
            ((ohio.clone(), 1), 1),
            ((texas.clone(), 1), 1),
        ];
        assert_eq!(new, expected.into());
        assert_eq!(messages, [((ohio, 1), 2), ((texas, 1), 2)].into());
        let sent = [((campaign(1).id, 1), 4)];
        assert_eq!(by_campaign, sent.into());
        assert!(read(store, |tx| sums::count_bookings(tx, &[])).is_empty());
    });
}
