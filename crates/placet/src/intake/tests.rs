#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use placet_domain::operator::{Actor, Role};
use placet_domain::time::Timestamp;
use placet_store::{
    Durability, Fault as Failure, Faults, Keys, StoreConfig, StoreError, imports, people,
};

use super::*;

struct Desk {
    store: Store,
    faults: Faults,
    drawn: AtomicU64,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("placet.db").display());
        let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
        config.durability = Durability::None;
        let faults = config.faults.clone();
        let store = Store::open(config).unwrap();
        crate::demo::data::open_alone(&store, &crate::clock::system("test"), "ehr").unwrap();
        Self {
            store,
            faults,
            drawn: AtomicU64::new(0),
            _folder: folder,
        }
    }

    fn import(&self, actor: &Actor, input: &str) -> Result<Outcome, ActError> {
        let now: Timestamp = "2026-03-01T17:00:00Z".parse().unwrap();
        let ctx = || {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&self.drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            Ctx::new(now, actor.clone(), seed)
        };
        let options = Options::on(jiff::civil::date(2026, 3, 1));
        let intake = Intake {
            store: &self.store,
            ctx: &ctx,
            source: "ehr",
            flow: None,
            options: &options,
        };
        intake.run(input.as_bytes())
    }

    fn count(&self) -> u64 {
        self.store
            .read_blocking::<_, _, StoreError>(people::count)
            .unwrap()
    }
}

const SYSTEM: Actor = Actor::System("test");

fn patient(n: usize, family: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"p{n}","name":[{{"family":"{family}","given":["Ada"]}}]}}"#
    )
}

#[test]
fn people_come_in_with_what_was_dropped_and_refused() {
    let desk = Desk::new();
    let input = format!(
        "{}\n{{\"resourceType\":\"Condition\"}}\n{{\"resou\n",
        patient(1, "Moss")
    );
    let outcome = desk.import(&SYSTEM, &input).ok().unwrap();
    assert_eq!(
        (
            outcome.counts.added,
            outcome.report.n_dropped,
            outcome.report.n_refused
        ),
        (1, 1, 1)
    );
    let runs = desk
        .store
        .read_blocking::<_, _, StoreError>(|tx| imports::list_newest(tx, 5))
        .unwrap();
    assert_eq!(
        (runs[0].format.as_str(), runs[0].finished_at.is_some()),
        ("ndjson", true)
    );
    assert!(runs[0].report.contains("\"Condition\":1") && !runs[0].report.contains("Moss"));
}

#[test]
fn a_person_twice_in_one_file_with_other_data_is_refused_by_line() {
    let desk = Desk::new();
    let input = [
        patient(1, "Moss"),
        patient(1, "Moss"),
        patient(1, "Lane"),
        patient(2, "Hill"),
    ]
    .join("\n");
    let outcome = desk.import(&SYSTEM, &input).ok().unwrap();
    let says: Vec<String> = outcome
        .report
        .refused
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        says,
        [
            "line 3: the same person came before with other data; keep one of the two and send it again"
        ]
    );
    assert_eq!((outcome.counts.added, outcome.counts.unchanged), (2, 1));
}

#[test]
fn a_full_disk_keeps_what_was_taken_and_the_next_try_goes_on() {
    let desk = Desk::new();
    let mut input = String::new();
    for n in 0..BATCH + 50 {
        let _ = writeln!(input, "{}", patient(n, "Moss"));
    }
    // The start and the first batch are kept; the second one meets the full disk.
    desk.faults.plan(2, Failure::Full);
    let stopped = desk.import(&SYSTEM, &input);
    assert!(matches!(stopped, Err(ActError::Store(StoreError::Full))));
    assert_eq!(
        desk.count(),
        BATCH as u64,
        "a batch is kept whole or not at all"
    );
    let outcome = desk.import(&SYSTEM, &input).ok().unwrap();
    assert_eq!(
        (outcome.counts.unchanged, outcome.counts.added),
        (BATCH as u64, 50)
    );
    assert_eq!(desk.count(), BATCH as u64 + 50);
}

#[test]
fn who_may_not_import_imports_nothing() {
    let desk = Desk::new();
    let writer = Actor::Operator {
        id: [1; 16].into(),
        roles: [Role::Marketing].into(),
    };
    assert!(matches!(
        desk.import(&writer, &patient(1, "Moss")),
        Err(ActError::Forbidden(_))
    ));
    assert_eq!(desk.count(), 0);
}
