use super::*;
use crate::id::RawId;
use crate::time::Timestamp;

fn identity() -> Identity {
    Identity {
        given: "Ada Rose".into(),
        family: "Moss-Lane".into(),
        birth_date: Some(jiff::civil::date(1960, 2, 29)),
        ..Identity::default()
    }
}

#[test]
#[rustfmt::skip] // A table.
fn the_last_birthday_counts() {
    //    on                                then
    check(jiff::civil::date(2026, 2, 28),   Some(65));
    check(jiff::civil::date(2026, 3, 1),    Some(66));
    check(jiff::civil::date(2024, 2, 29),   Some(64));
    check(jiff::civil::date(1960, 2, 29),   Some(0));
    check(jiff::civil::date(1959, 1, 1),    None);
}

#[track_caller]
fn check(day: Date, expected: Option<u16>) {
    assert_eq!(identity().age_on(day), expected);
}

#[test]
fn a_name_is_found_by_each_of_its_words() {
    let words: Vec<String> = identity().search_words().into_iter().collect();
    assert_eq!(words, ["ada", "lane", "moss", "rose"]);
    assert_eq!(search_words("  MOSS, "), search_words("moss"));
}

#[test]
fn a_masked_address_is_recognized_but_not_used() {
    assert_eq!(
        masked(Channel::Email, "ada.moss@example.org"),
        "a…@example.org"
    );
    assert_eq!(masked(Channel::Sms, "+1 (614) 555-0142"), "…0142");
    assert_eq!(masked(Channel::Postal, "12 Elm St"), "address on file");
    assert_eq!(masked(Channel::Email, "x"), "…");
}

#[test]
fn no_personal_value_is_printed() {
    let person = PersonId::from(RawId::at(Timestamp::UNIX_EPOCH, [1; 10]));
    let shown = format!(
        "{:?} {:?}",
        Person {
            id: person,
            relationship: Relationship::Patient,
            residence: None,
            time_zone: None,
            deceased_on: None,
            flags: BTreeSet::new(),
            identity: identity(),
        },
        ContactPoint {
            id: RawId::at(Timestamp::UNIX_EPOCH, [2; 10]).into(),
            person,
            channel: Channel::Email,
            address: "ada@example.org".into(),
            origin: Origin::Care,
            created_at: Timestamp::UNIX_EPOCH,
            replaced_at: None,
        },
    );
    for value in ["Ada", "Moss", "1960", "example.org"] {
        assert!(!shown.contains(value), "{shown}");
    }
}

#[test]
fn every_code_finds_its_value_again() {
    for relationship in Relationship::ALL {
        assert_eq!(
            Relationship::find(relationship.as_str()),
            Some(*relationship)
        );
    }
    for origin in Origin::ALL {
        assert_eq!(Origin::find(origin.as_str()), Some(*origin));
    }
}
