#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use crate::channel::Channel;
use crate::content::ContentClass;
use crate::preference::Topic;

#[test]
#[rustfmt::skip] // A table.
fn a_condition_looks_at_every_part_whatever_the_capitals_and_lines() {
    use Demand::{Asks, Keeps, Omits};
    //    body                               asked  words                     met
    check("Talk with your\ndoctor first.",   Keeps, "talk with YOUR doctor",  true);
    check("Come by.",                        Keeps, "talk with your doctor",  false);
    check("Come by.",                        Omits, "cure",                   true);
    check("It cures.",                       Omits, "cure",                   false);
    check("Come by.",                        Omits, "our letter",             false); // The subject.
    check("Come by.",                        Asks,  "is the price still right?", true);
}

#[track_caller]
fn check(body: &str, demand: Demand, words: &str, expected: bool) {
    let draft = Draft {
        class: ContentClass::Education,
        topic: Topic::HealthEducation,
        channel: Channel::Email,
        format: crate::content::Format::Plain,
        subject: "Our letter".to_owned(),
        preheader: String::new(),
        body: body.to_owned(),
        text: String::new(),
    };
    assert_eq!(demand.is_met(words, &draft), expected);
}
