#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::time::Date;

/// S60 to S64: the five rows, word for word.
#[test]
#[rustfmt::skip] // A table.
fn s60_s64_each_class_has_its_status() {
    let table = [
        (DataClass::ProspectContact, UseStatus::WithConsent),
        (DataClass::PatientContact,  UseStatus::Limited),
        (DataClass::Appointment,     UseStatus::Restricted),
        (DataClass::Treatment,       UseStatus::Restricted),
        (DataClass::DeIdentified,    UseStatus::IfStandardMet),
    ];
    assert_eq!(table.len(), DataClass::ALL.len());
    for (class, status) in table {
        assert_eq!(class.status(), status, "{class:?}");
    }
}

#[test]
fn s65_first_care_makes_contact_information_a_patients() {
    let class = DataClass::ProspectContact;
    assert_eq!(class.of(Relationship::Prospect), DataClass::ProspectContact);
    assert_eq!(class.of(Relationship::Patient), DataClass::PatientContact);
    assert_eq!(
        DataClass::Treatment.of(Relationship::Prospect),
        DataClass::Treatment
    );
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn draft(from: &str, to: &str) -> DraftDetermination {
    DraftDetermination {
        title: "Visits 2025".to_owned(),
        expert: "A statistician".to_owned(),
        qualification: "Ten years of disclosure control".to_owned(),
        scope: "Visit counts by county".to_owned(),
        opinion: "Cells of 20 and more; risk under 0.04".to_owned(),
        determined_on: day(from),
        expires_on: day(to),
    }
}

#[test]
fn s72_a_determination_names_expert_scope_and_an_end() {
    assert_eq!(draft("2026-01-01", "2028-12-31").problems(), []);
    let fields = |draft: &DraftDetermination| {
        draft
            .problems()
            .iter()
            .map(|(field, _)| *field)
            .collect::<Vec<_>>()
    };
    assert_eq!(fields(&draft("2026-01-01", "2025-12-31")), ["expires_on"]);
    assert_eq!(fields(&draft("2026-01-01", "2029-01-02")), ["expires_on"]);
    let mut nobody = draft("2026-01-01", "2026-02-01");
    nobody.expert.clear();
    nobody.scope.clear();
    assert_eq!(fields(&nobody), ["expert", "scope"]);
}

#[test]
fn a_determination_stands_until_its_last_day_or_its_withdrawal() {
    let mut one = Determination {
        id: crate::id::RawId::from([1; 16]).into(),
        draft: draft("2026-01-02", "2026-06-30"),
        recorded_at: crate::time::Timestamp::UNIX_EPOCH,
        recorded_by: crate::id::RawId::from([2; 16]).into(),
        withdrawn_at: None,
    };
    assert_eq!(one.standing(day("2026-01-01")), Standing::NotYet);
    assert_eq!(one.standing(day("2026-06-30")), Standing::InForce);
    assert_eq!(one.standing(day("2026-07-01")), Standing::Expired);
    one.withdrawn_at = Some(crate::time::Timestamp::UNIX_EPOCH);
    assert_eq!(one.standing(day("2026-06-30")), Standing::Withdrawn);
}

#[test]
fn an_element_is_listed_once_and_has_a_path() {
    let element = |path: &str| Element {
        kind: ElementKind::Column,
        path: path.to_owned(),
        class: DataClass::Treatment,
    };
    assert_eq!(Element::problem(&[element("a"), element("b")]), None);
    for bad in [
        vec![],
        vec![element("")],
        vec![element("a"), element("a")],
        vec![element("a\n")],
    ] {
        assert!(Element::problem(&bad).is_some());
    }
}
