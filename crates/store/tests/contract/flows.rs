//! Declared flows: versions, agreements, stops, and the runs by them.

use placet_domain::entry::Entry;
use placet_domain::flow::{
    Agreement, Contract, ContractKind, Declaration, Destination, DestinationKind, Side, Stop,
    Version,
};
use placet_domain::id::RawId;
use placet_store::flows::{self, Flow};
use placet_store::{Store, StoreError, Tx, imports};
use placet_testing::{ctx, noon};

use super::harness::{Kind, act, read, with_store};

fn id<T: From<RawId>>(n: u8) -> T {
    RawId::from([n; 16]).into()
}

fn write<T: Send + 'static>(
    store: &Store,
    n: u64,
    mut f: impl FnMut(&mut Tx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    act(store, &ctx(n), move |tx, _| {
        tx.record(Entry::new("test.done"));
        f(tx)
    })
}

pub(super) fn version(n: u8, number: u32) -> Version {
    let text = format!("# version {number}");
    Version {
        id: id(n),
        flow: id(1),
        version: number,
        declaration: Declaration {
            name: "letters".to_owned(),
            says: "names".to_owned(),
            source: "ehr".to_owned(),
            purpose: "Letters".to_owned(),
            it_owner: "Integration".to_owned(),
            marketing_owner: "Outreach".to_owned(),
            destination: Destination {
                code: "mailer".to_owned(),
                title: "A mailing house".to_owned(),
                kind: DestinationKind::Vendor,
            },
            contract: Some(Contract {
                kind: ContractKind::Baa,
                parties: vec!["The hospital".to_owned(), "The mailer".to_owned()],
                reference: "7".to_owned(),
                valid_from: "2026-01-01".parse().unwrap(),
                valid_until: "2026-12-31".parse().unwrap(),
            }),
        },
        hash: flows::body_hash(&text),
        text,
        written_at: noon(),
        written_by: Some(id(9)),
        agreements: Vec::new(),
        stopped: None,
    }
}

fn flow() -> Flow {
    Flow {
        id: id(1),
        name: "letters".to_owned(),
    }
}

pub(crate) fn a_flow_keeps_its_versions_agreements_stops_and_runs(kind: Kind) {
    with_store(kind, |store| {
        write(store, 1, |tx| flows::add(tx, &flow(), "system:test")).unwrap();
        let taken = write(store, 2, |tx| {
            let other = Flow {
                id: id(2),
                ..flow()
            };
            flows::add(tx, &other, "system:test")
        });
        assert_eq!(taken, Err(StoreError::Conflict));
        assert_eq!(read(store, flows::list), [flow()]);
        assert_eq!(read(store, |tx| flows::find(tx, id(1))), Some(flow()));
        assert_eq!(
            read(store, |tx| flows::find_by_name(tx, "letters")),
            Some(flow())
        );
        assert_eq!(read(store, |tx| flows::find_by_name(tx, "none")), None);

        for (n, number) in [(11, 1), (12, 2)] {
            write(store, u64::from(n), move |tx| {
                flows::add_version(tx, &version(n, number))
            })
            .unwrap();
        }
        let again = write(store, 13, |tx| flows::add_version(tx, &version(13, 2)));
        assert_eq!(again, Err(StoreError::Conflict));
        let agreed = |side, by: Option<u8>| Agreement {
            side,
            at: noon(),
            by: by.map(id),
            note: "Read".to_owned(),
        };
        let it = agreed(Side::It, Some(8));
        let marketing = agreed(Side::Marketing, None);
        for (n, one, is_new) in [(14, &it, true), (15, &it, false), (16, &marketing, true)] {
            let one = one.clone();
            let done = write(store, n, move |tx| flows::agree(tx, id(11), &one));
            assert_eq!(done, Ok(is_new));
        }
        let stop = Stop {
            at: noon(),
            by: id(7),
            reason: "Over".to_owned(),
        };
        for (n, is_new) in [(17, true), (18, false)] {
            let stop = stop.clone();
            let done = write(store, n, move |tx| flows::stop(tx, id(11), &stop));
            assert_eq!(done, Ok(is_new));
        }
        let first = Version {
            agreements: vec![it, marketing],
            stopped: Some(stop),
            ..version(11, 1)
        };
        assert_eq!(
            read(store, |tx| flows::find_version(tx, id(11))),
            Some(first.clone())
        );
        assert_eq!(
            read(store, |tx| flows::list_versions(tx, id(1))),
            [version(12, 2), first]
        );

        write(store, 19, |tx| {
            imports::begin(tx, id(21), "ehr", "letters", "system:test")?;
            flows::add_import(tx, id(21), id(12))
        })
        .unwrap();
        let runs = read(store, |tx| flows::list_imports(tx, id(1), 10));
        assert_eq!(runs.len(), 1);
        assert_eq!((runs[0].0, runs[0].1.id), (2, id(21)));

        write(store, 20, |tx| {
            flows::begin_run(tx, id(31), id(12), "system:test")
        })
        .unwrap();
        for (n, is_new) in [(21, true), (22, false)] {
            let done = write(store, n, |tx| {
                flows::finish_run(tx, id(31), "{\"n_read\":1}")
            });
            assert_eq!(done, Ok(is_new));
        }
        let runs = read(store, |tx| flows::list_runs(tx, id(1), 10));
        assert_eq!((runs[0].id, runs[0].version), (id(31), 2));
        assert!(runs[0].finished_at.is_some());
        assert_eq!(runs[0].report, "{\"n_read\":1}");
    });
}

pub(crate) fn drops_are_added_up_by_path_and_day(kind: Kind) {
    with_store(kind, |store| {
        write(store, 1, |tx| flows::add(tx, &flow(), "x")).unwrap();
        let drops = [
            ("2026-06-30", "Condition", 5),
            ("2026-06-30", "Condition", 2),
            ("2026-06-20", "Condition", 1),
            ("2026-01-01", "Patient.photo", 40),
        ];
        for (n, (day, path, count)) in (2..).zip(drops) {
            write(store, n, move |tx| {
                flows::add_dropped(tx, id(1), day.parse().unwrap(), path, count)
            })
            .unwrap();
        }
        let all = read(store, |tx| {
            let day = |text: &str| text.parse().unwrap();
            flows::list_dropped(tx, id(1), day("2026-06-25"), day("2026-06-02"))
        });
        let counts: Vec<_> = all
            .iter()
            .map(|one| (one.path.as_str(), one.n_week, one.n_month, one.n_ever))
            .collect();
        assert_eq!(
            counts,
            [("Patient.photo", 0, 0, 40), ("Condition", 7, 8, 8)]
        );
    });
}

pub(crate) fn a_file_that_is_not_what_was_agreed_to_is_corrupt(kind: Kind) {
    with_store(kind, |store| {
        write(store, 1, |tx| {
            flows::add(tx, &flow(), "x")?;
            let other = Version {
                hash: [7; 32],
                ..version(11, 1)
            };
            flows::add_version(tx, &other)
        })
        .unwrap();
        let found = store.read_blocking(|tx| flows::find_version(tx, id(11)));
        assert!(
            matches!(found, Err(StoreError::Corrupt { .. })),
            "{found:?}"
        );
    });
}
