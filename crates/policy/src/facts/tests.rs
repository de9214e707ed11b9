#![allow(clippy::unwrap_used, missing_docs)]

use super::{CATALOGUE, RECORD_FIELDS, find_attribute};

#[test]
fn attributes_stand_last_in_the_order_of_their_names() {
    let names: Vec<&str> = CATALOGUE
        .iter()
        .filter_map(|fact| fact.name.strip_prefix("attributes."))
        .collect();
    assert!(names.is_sorted());
    let first = CATALOGUE
        .iter()
        .position(|fact| fact.name.starts_with("attributes."))
        .unwrap();
    assert_eq!(CATALOGUE.len() - first, names.len());
    assert_eq!(
        find_attribute("spam_rate").unwrap().name,
        "attributes.spam_rate"
    );
    assert!(find_attribute("spam").is_none());
}

#[test]
fn no_fact_has_two_rows() {
    for (index, fact) in CATALOGUE.iter().enumerate() {
        assert!(
            !CATALOGUE
                .iter()
                .skip(index + 1)
                .any(|other| other.name == fact.name),
            "{}",
            fact.name
        );
    }
    for (index, field) in RECORD_FIELDS.iter().enumerate() {
        assert!(
            !RECORD_FIELDS
                .iter()
                .skip(index + 1)
                .any(|other| other.0 == field.0)
        );
    }
}
