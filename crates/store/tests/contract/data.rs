//! The data catalogue, Safe Harbor checks and experts' determinations.

use placet_domain::data::{
    Classification, DataClass, Determination, DraftDetermination, Element, ElementKind,
    SafeHarborCheck, Signature, Signed, Source, Standing,
};
use placet_domain::entry::Entry;
use placet_domain::id::RawId;
use placet_store::{Store, StoreError, Tx, catalogue, checks};
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

fn source(n: u8, code: &str) -> Source {
    Source {
        id: id(n),
        code: code.to_owned(),
        title: "Health records".to_owned(),
        it_owner: "Integration".to_owned(),
        marketing_owner: "Outreach".to_owned(),
        declared_at: noon(),
    }
}

fn classification(n: u8, version: u32, path: &str) -> Classification {
    let elements = vec![Element {
        kind: ElementKind::Fhir,
        path: path.to_owned(),
        class: DataClass::PatientContact,
    }];
    Classification {
        id: id(n),
        source: id(1),
        version,
        hash: catalogue::elements_hash(&elements),
        elements,
        written_at: noon(),
        written_by: Some(id(9)),
        signed: None,
    }
}

pub(crate) fn sources_are_classified_in_versions_that_are_signed_once(kind: Kind) {
    with_store(kind, |store| {
        let one = source(1, "ehr");
        let add = one.clone();
        write(store, 1, move |tx| {
            catalogue::add_source(tx, &add, "system:test")
        })
        .unwrap();
        let taken = write(store, 2, |tx| {
            catalogue::add_source(tx, &source(2, "ehr"), "x")
        });
        assert_eq!(taken, Err(StoreError::Conflict));
        let renamed = Source {
            title: "The EHR".to_owned(),
            ..one
        };
        let update = renamed.clone();
        write(store, 3, move |tx| catalogue::update_source(tx, &update)).unwrap();
        assert_eq!(
            read(store, catalogue::list_sources),
            std::slice::from_ref(&renamed)
        );
        assert_eq!(
            read(store, |tx| catalogue::find_source(tx, id(1))),
            Some(renamed.clone())
        );
        assert_eq!(
            read(store, |tx| catalogue::find_source_by_code(tx, "ehr")),
            Some(renamed)
        );
        assert_eq!(
            read(store, |tx| catalogue::find_source_by_code(tx, "crm")),
            None
        );

        for (n, version, path) in [
            (11, 1, "Patient.name.family"),
            (12, 2, "Patient.name.given"),
        ] {
            write(store, n, move |tx| {
                catalogue::add_classification(tx, &classification(n as u8, version, path))
            })
            .unwrap();
        }
        let again = write(store, 13, |tx| {
            catalogue::add_classification(tx, &classification(13, 2, "Patient.id"))
        });
        assert_eq!(again, Err(StoreError::Conflict));
        let signed = Signed {
            at: noon(),
            by: id(8),
            note: "As discussed".to_owned(),
        };
        for (n, is_new) in [(14, true), (15, false)] {
            let signed = signed.clone();
            let done = write(store, n, move |tx| catalogue::sign(tx, id(12), &signed));
            assert_eq!(done, Ok(is_new));
        }
        let second = Classification {
            signed: Some(signed),
            ..classification(12, 2, "Patient.name.given")
        };
        let all = read(store, |tx| catalogue::list_classifications(tx, id(1)));
        assert_eq!(
            all,
            [second.clone(), classification(11, 1, "Patient.name.family")]
        );
        assert_eq!(
            read(store, |tx| catalogue::find_classification(tx, id(12))),
            Some(second)
        );
    });
}

pub(crate) fn elements_that_are_not_what_was_signed_are_corrupt(kind: Kind) {
    with_store(kind, |store| {
        write(store, 1, |tx| {
            catalogue::add_source(tx, &source(1, "ehr"), "x")?;
            let other = Classification {
                hash: [7; 32],
                ..classification(11, 1, "Patient.id")
            };
            catalogue::add_classification(tx, &other)
        })
        .unwrap();
        let found = store.read_blocking(|tx| catalogue::find_classification(tx, id(11)));
        assert!(
            matches!(found, Err(StoreError::Corrupt { .. })),
            "{found:?}"
        );
    });
}

pub(crate) fn checks_and_determinations_are_kept_with_their_end(kind: Kind) {
    with_store(kind, |store| {
        let check = SafeHarborCheck {
            id: id(1),
            title: "Visits".to_owned(),
            file_hash: [3; 32],
            rows: 120,
            columns: 4,
            meets: true,
            report: "{}".to_owned(),
            checked_at: noon(),
            checked_by: id(9),
            signature: None,
        };
        let add = check.clone();
        write(store, 1, move |tx| checks::add(tx, &add)).unwrap();
        assert_eq!(
            read(store, |tx| checks::find(tx, id(1))),
            Some(check.clone())
        );
        let signature = Signature {
            at: noon(),
            by: id(8),
        };
        for (n, is_new) in [(2, true), (3, false)] {
            let done = write(store, n, move |tx| checks::sign(tx, id(1), signature));
            assert_eq!(done, Ok(is_new));
        }
        let signed = SafeHarborCheck {
            signature: Some(signature),
            ..check
        };
        assert_eq!(read(store, |tx| checks::list(tx, 10)), [signed]);
        assert_eq!(read(store, |tx| checks::find(tx, id(2))), None);

        let one = Determination {
            id: id(5),
            draft: DraftDetermination {
                title: "Visits".to_owned(),
                expert: "A statistician".to_owned(),
                qualification: "Ten years".to_owned(),
                scope: "Counts".to_owned(),
                opinion: "Small".to_owned(),
                determined_on: "2026-01-01".parse().unwrap(),
                expires_on: "2027-01-01".parse().unwrap(),
            },
            recorded_at: noon(),
            recorded_by: id(8),
            withdrawn_at: None,
        };
        let add = one.clone();
        write(store, 4, move |tx| checks::add_determination(tx, &add)).unwrap();
        assert_eq!(
            read(store, |tx| checks::find_determination(tx, id(5))),
            Some(one)
        );
        for (n, is_new) in [(5, true), (6, false)] {
            let done = write(store, n, |tx| {
                checks::withdraw_determination(tx, id(5), "New data", (noon(), id(8)))
            });
            assert_eq!(done, Ok(is_new));
        }
        let held = read(store, checks::list_determinations);
        assert_eq!(
            held[0].standing("2026-02-01".parse().unwrap()),
            Standing::Withdrawn
        );
    });
}
