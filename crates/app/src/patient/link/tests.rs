#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use placet_domain::id::DeliveryId;

use super::*;

fn keys() -> Keys {
    Keys::from_master([7; 32])
}

fn at(days: i64) -> Timestamp {
    "2026-07-01T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * days)
}

fn link(purpose: Purpose) -> Link {
    Link::new([1; 16].into(), purpose, at(0), DeliveryId::from([2; 16]))
}

#[test]
fn a_link_says_what_was_put_into_it() {
    for purpose in Purpose::ALL {
        let token = link(purpose).token(&keys());
        assert_eq!(Link::read(&keys(), &token, at(1)), Ok(link(purpose)));
        assert!(
            token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }
    assert!(
        link(Purpose::Unsubscribe)
            .path(&keys())
            .starts_with("/p/unsubscribe/")
    );
}

#[test]
#[rustfmt::skip] // A table.
fn a_link_works_for_its_time() {
    //    purpose                 day    works
    check(Purpose::Unsubscribe,   0,     true);
    check(Purpose::Unsubscribe,   31,    true);
    check(Purpose::Unsubscribe,   400,   true);
    check(Purpose::Unsubscribe,   401,   false);
    check(Purpose::Preferences,   30,    true);
    check(Purpose::Preferences,   31,    false);
    check(Purpose::Preferences,   -1,    false);
}

#[track_caller]
fn check(purpose: Purpose, day: i64, works: bool) {
    let token = link(purpose).token(&keys());
    assert_eq!(Link::read(&keys(), &token, at(day)).is_ok(), works);
}

#[test]
fn no_byte_of_a_token_can_be_changed() {
    let token = link(Purpose::Unsubscribe).token(&keys());
    let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut forged = bytes.clone();
            forged[place] ^= 1 << bit;
            let forged = URL_SAFE_NO_PAD.encode(forged);
            assert_eq!(
                Link::read(&keys(), &forged, at(1)),
                Err(BadLink),
                "byte {place}, bit {bit}"
            );
        }
    }
}

#[test]
fn an_unsubscribe_link_cannot_be_made_into_a_preferences_link() {
    let mut said = link(Purpose::Unsubscribe).said();
    let mac = keys().sign_link(Purpose::Unsubscribe.word(), &said);
    said[1] = Purpose::Preferences.code();
    said.extend_from_slice(&mac);
    assert_eq!(
        Link::read(&keys(), &URL_SAFE_NO_PAD.encode(said), at(1)),
        Err(BadLink)
    );
}

#[test]
fn what_is_no_token_opens_nothing() {
    let token = link(Purpose::Preferences).token(&keys());
    let long = "A".repeat(10_000);
    let padded = format!("{token}=");
    for text in [
        "",
        "A",
        "not base64!",
        &token[1..],
        &token[..token.len() - 1],
        &long,
        &padded,
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(Link::read(&keys(), text, at(1)), Err(BadLink));
    }
    assert_eq!(
        Link::read(&Keys::from_master([8; 32]), &token, at(1)),
        Err(BadLink)
    );
}

#[test]
fn no_two_messages_carry_the_same_link() {
    let tokens: BTreeSet<String> = (0..100_u8)
        .map(|n| {
            let about = DeliveryId::from([n; 16]);
            Link::new([1; 16].into(), Purpose::Unsubscribe, at(0), about).token(&keys())
        })
        .collect();
    assert_eq!(tokens.len(), 100);
}
