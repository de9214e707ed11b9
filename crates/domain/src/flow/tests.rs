#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::time::Timestamp;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn at() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

fn version(n: u32, sides: &[Side]) -> Version {
    let agreed = |side: &Side| Agreement {
        side: *side,
        at: at(),
        by: None,
        note: String::new(),
    };
    Version {
        id: [n as u8; 16].into(),
        flow: [1; 16].into(),
        version: n,
        declaration: Declaration {
            name: "letters".into(),
            says: "names and places".into(),
            source: "ehr".into(),
            purpose: "letters".into(),
            it_owner: "Integration".into(),
            marketing_owner: "Outreach".into(),
            destination: Destination {
                code: "mailer".into(),
                title: "A mailing house".into(),
                kind: DestinationKind::Vendor,
            },
            contract: Some(Contract {
                kind: ContractKind::Baa,
                parties: vec!["Hospital".into(), "Mailer".into()],
                reference: "C-1".into(),
                valid_from: day("2026-01-01"),
                valid_until: day("2026-12-31"),
            }),
        },
        text: String::new(),
        hash: [0; 32],
        written_at: at(),
        written_by: None,
        agreements: sides.iter().map(agreed).collect(),
        stopped: None,
    }
}

fn stopped(mut version: Version) -> Version {
    version.stopped = Some(Stop {
        at: at(),
        by: [2; 16].into(),
        reason: "the vendor changed hands".into(),
    });
    version
}

#[test]
#[rustfmt::skip] // A table.
fn a_flow_says_all_that_it_lacks() {
    use Missing::*;
    let both = Side::ALL;
    //    version                     day            lacks
    check(version(1, both),           "2026-07-01",  &[]);
    check(version(1, both),           "2026-01-01",  &[]);
    check(version(1, both),           "2026-12-31",  &[]);
    check(version(1, both),           "2025-12-31",  &[ContractBegins(day("2026-01-01"))]);
    check(version(1, both),           "2027-01-01",  &[ContractEnded(day("2026-12-31"))]);
    check(version(1, &[]),            "2026-07-01",  &[Agreement(Side::It), Agreement(Side::Marketing)]);
    check(version(1, &[Side::It]),    "2027-01-01",  &[Agreement(Side::Marketing), ContractEnded(day("2026-12-31"))]);
    check(stopped(version(1, both)),  "2026-07-01",  &[Stopped]);
}

#[track_caller]
fn check(version: Version, today: &str, expected: &[Missing]) {
    assert_eq!(version.missing(day(today)), expected);
}

#[test]
fn the_newest_agreed_version_counts_until_a_newer_one_is_agreed() {
    let both = Side::ALL;
    let counts = |all: &[Version]| counting(all).map(|one| one.version);
    assert_eq!(counts(&[]), None);
    assert_eq!(counts(&[version(1, &[])]), Some(1));
    assert_eq!(
        counts(&[version(2, &[Side::It]), version(1, both)]),
        Some(1)
    );
    assert_eq!(counts(&[version(2, both), version(1, both)]), Some(2));
    // Stopped is stopped: the version before does not come back.
    assert_eq!(
        counts(&[stopped(version(2, both)), version(1, both)]),
        Some(2)
    );
}
