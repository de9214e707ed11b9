#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;
use crate::channel::Channel;
use crate::content::{ContentClass, Format};
use crate::preference::Topic;

fn script(body: &str) -> Draft {
    Draft {
        class: ContentClass::Event,
        topic: Topic::Events,
        channel: Channel::VoiceLive,
        format: Format::Plain,
        subject: String::new(),
        preheader: String::new(),
        body: body.to_owned(),
        text: String::new(),
    }
}

#[test]
fn every_call_says_who_calls_first_and_the_way_out_last() {
    let said = frame("We hold an open day on Saturday.\n");
    let (who, what, out) = (
        said.find("calling from {{organization_name}}").unwrap(),
        said.find("open day").unwrap(),
        said.find("rather not get such calls").unwrap(),
    );
    assert!(who < what && what < out, "{said}");
    assert!(said.ends_with("{{calls_phone}}."));
}

#[test]
fn what_is_left_on_a_machine_says_who_and_a_number_and_no_more() {
    for word in ["appointment", "visit", "clinic", "result", "care", "health"] {
        assert!(!VOICEMAIL.to_lowercase().contains(word), "{word}");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_script_is_plain_words_that_can_be_read_out() {
    let long = "a".repeat(MAX_CHARS + 1);
    for (body, is_kept) in [
        ("We hold an open day.", true),
        ("Two\n\nparagraphs.",   true),
        ("  ",                   false),
        ("<mjml></mjml>",        false),
        (long.as_str(),          false),
        ("a\u{7}b",              false),
        ("a\u{202e}b",           false),
    ] {
        let found = script(body).problems();
        assert_eq!(found.is_empty(), is_kept, "{body:?}: {found:?}");
    }
    let with_subject = Draft { subject: "Hello".to_owned(), ..script("Words") };
    assert_eq!(with_subject.problems().len(), 1);
}
