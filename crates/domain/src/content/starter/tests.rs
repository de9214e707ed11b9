#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use crate::content::blank::{Kind, blanks};
use crate::content::finding::{Effect, findings};

/// S149: reminders, seasonal messages and standard promotion, each of which could be handed in.
#[test]
fn s149_every_starter_could_be_handed_in() {
    for starter in &STARTERS {
        let draft = starter.draft();
        assert_eq!(draft.problems(), [], "{}", starter.code);
        assert!(!blanks(&draft).unwrap().is_empty(), "{}", starter.code);
        for found in findings(&draft) {
            assert_ne!(
                found.kind.effect(starter.class),
                Effect::Refuses,
                "{}: {found:?}",
                starter.code
            );
        }
        assert_eq!(Starter::find(starter.code), Some(starter));
        assert_eq!(draft.tier(), starter.class.tier(), "{}", starter.code);
    }
}

/// S151 to S154 with C7: the safe ones tell nothing, the bad one ships as a failing example.
#[test]
fn c7_the_reply_that_confirms_care_fails_and_its_rewrite_does_not() {
    for reply in REPLIES.iter().chain(&STATEMENTS) {
        assert_eq!(
            telling(reply.text).is_empty(),
            reply.is_safe,
            "{}",
            reply.name
        );
    }
    let bad = REPLIES.iter().find(|reply| !reply.is_safe).unwrap();
    assert_eq!(telling(bad.text), ["outcome", "next time", "choosing us"]);
    assert_eq!(
        telling("We’re glad you had a positive\nexperience"),
        ["positive experience"]
    );
}

/// S153: where to call and where to write are filled in.
#[test]
fn s153_a_complaint_is_answered_with_a_number_and_an_address() {
    let complaint = REPLIES
        .iter()
        .find(|reply| reply.name == "To a complaint")
        .unwrap();
    let draft = Draft {
        body: complaint.text.to_owned(),
        ..STARTERS[0].draft()
    };
    let kinds: Vec<Kind> = blanks(&draft)
        .unwrap()
        .into_iter()
        .map(|one| one.kind)
        .collect();
    assert_eq!(kinds[..2], [Kind::Phone, Kind::Email]);
}
