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
fn parts_are_counted_as_the_networks_count_them() {
    use Alphabet::{Gsm, Unicode};
    check(&"a".repeat(160),             Gsm,     160, 1);
    check(&"a".repeat(161),             Gsm,     161, 2);
    check(&"a".repeat(306),             Gsm,     306, 2);
    check(&"a".repeat(307),             Gsm,     307, 3);
    check("10 € [a]",                   Gsm,     11,  1);
    check("¿Mañana? Sí",                Unicode, 11,  1);
    check("mañana, à la maison",        Gsm,     19,  1);
    check(&"ł".repeat(70),              Unicode, 70,  1);
    check(&"ł".repeat(71),              Unicode, 71,  2);
    check("😀",                         Unicode, 2,   1);
    check("",                           Gsm,     0,   1);
}

#[track_caller]
fn check(text: &str, alphabet: Alphabet, n_units: u32, n_parts: u32) {
    let size = size(text);
    assert_eq!(
        (size.alphabet, size.n_units, size.n_parts),
        (alphabet, n_units, n_parts)
    );
    assert!(size.n_units <= size.n_room);
}

#[test]
fn the_longest_message_is_ten_parts() {
    assert_eq!(too_long(&"a".repeat(1_530)), None);
    assert!(too_long(&"a".repeat(1_531)).is_some());
    assert_eq!(too_long(&"ł".repeat(670)), None);
    assert!(too_long(&"ł".repeat(671)).is_some());
}

#[test]
fn every_text_names_its_sender_and_the_way_out() {
    let framed = frame("Flu shots on Saturday.");
    assert_eq!(
        framed,
        "{{organization_name}}: Flu shots on Saturday.\nReply STOP to end, HELP for help."
    );
    // Said already, also in Spanish: not twice.
    for own in [
        "{{organization_name}}: open today. Reply STOP to end.",
        "{{ organization_name }}: abierto hoy. Responda STOP para terminar.",
    ] {
        assert_eq!(frame(own), own);
    }
    // A word about something else is no way out.
    assert!(frame("Don't stop moving.").ends_with("HELP for help."));
    assert!(frame("{{first_name}}, we moved.").starts_with("{{organization_name}}: {{first"));
}

#[test]
fn costly_characters_are_named() {
    assert_eq!(costly("Sí, “mañana” – sí"), ['í', '–', '“', '”']);
    assert!(costly("Plain, $5 {or} more").is_empty());
}

#[test]
fn a_text_has_words_and_nothing_else() {
    let text = |body: &str| Draft {
        class: ContentClass::Education,
        topic: Topic::HealthEducation,
        channel: Channel::Sms,
        format: crate::content::Format::Plain,
        subject: String::new(),
        preheader: String::new(),
        body: body.to_owned(),
        text: String::new(),
    };
    assert_eq!(text("Sleep well.\nWalk a little.").problems(), []);
    for bad in [
        "",
        " \n",
        "<mjml></mjml>",
        "a\u{7}b",
        "a\tb",
        "a\u{202e}b",
        "a\u{2028}b",
    ] {
        let found = text(bad).problems();
        assert!(
            found.iter().any(|one| one.field == Field::Body),
            "{bad:?}: {found:?}"
        );
    }
    let with_subject = Draft {
        subject: "Hello".to_owned(),
        ..text("Hello")
    };
    assert_eq!(with_subject.problems()[0].field, Field::Subject);
}
