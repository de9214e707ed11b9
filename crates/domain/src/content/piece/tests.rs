#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::channel::Channel;
use crate::content::{ContentClass, MAX_BODY_BYTES};
use crate::preference::Topic;

fn letter() -> Draft {
    Draft {
        class: ContentClass::Education,
        topic: Topic::HealthEducation,
        channel: Channel::Postal,
        format: Format::Letter,
        subject: "Sleep well".to_owned(),
        preheader: String::new(),
        body: "Dear {{first_name|neighbor}},\n\nfour habits help.".to_owned(),
        text: String::new(),
    }
}

#[track_caller]
fn check(draft: &Draft, expected: &[Field]) {
    let found: Vec<Field> = draft.problems().iter().map(|one| one.field).collect();
    assert_eq!(found, expected, "{:?}", draft.problems());
}

#[test]
#[rustfmt::skip] // A table.
fn a_letter_is_words_on_paper_and_a_card_has_a_front() {
    let card = || Draft { format: Format::SmallCard, ..letter() };
    check(&letter(), &[]);
    check(&Draft { subject: String::new(), ..letter() }, &[]);
    check(&Draft { preheader: "More".into(), ..letter() }, &[Field::Preheader]);
    check(&Draft { text: "Twin".into(), ..letter() }, &[Field::Text]);
    check(&Draft { body: "<mjml></mjml>".into(), ..letter() }, &[Field::Body]);
    check(&Draft { body: " ".into(), ..letter() }, &[Field::Body]);
    check(&Draft { format: Format::Plain, ..letter() }, &[Field::Channel]);
    check(&Draft { channel: Channel::Email, ..letter() }, &[Field::Channel]);
    check(&card(), &[]);
    check(&Draft { preheader: "More".into(), ..card() }, &[]);
    check(&Draft { subject: String::new(), ..card() }, &[Field::Subject]);
    check(&Draft { subject: "a\nb".into(), ..card() }, &[Field::Subject]);
    check(&Draft { body: "x".repeat(421), ..card() }, &[Field::Body]);
    check(&Draft { body: "x".repeat(421), format: Format::LargeCard, ..letter() }, &[]);
}

#[test]
fn what_cannot_be_set_is_refused() {
    for text in [
        "¿Cómo está?",
        "Łódź",
        "Ελλάδα",
        "Москва",
        "Phạm",
        "“5 € – 7”",
    ] {
        assert_eq!(unprintable(text), None, "{text}");
    }
    for text in ["日本", "مرحبا", "שלום", "हिन्दी", "🙂", "a\u{202e}b", "a\tb"]
    {
        assert!(unprintable(text).is_some(), "{text}");
    }
    assert!(MAX_BODY_BYTES > room(Format::Letter));
}

#[test]
fn another_format_is_another_hash_and_mail_keeps_its_own() {
    let small = Draft {
        format: Format::SmallCard,
        ..letter()
    };
    assert_ne!(small.hash(), letter().hash());
    assert_eq!(small.differs(&letter().parts()), ["format"]);
    let mail = Draft {
        channel: Channel::Email,
        format: Format::Plain,
        ..letter()
    };
    assert!(!mail.parts().contains_key("format"));
}
