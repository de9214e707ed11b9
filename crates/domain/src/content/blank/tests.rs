#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;

use super::*;
use crate::channel::Channel;
use crate::content::ContentClass;
use crate::preference::Topic;
use crate::template::slots;

fn template(subject: &str, body: &str) -> Draft {
    Draft {
        class: ContentClass::Event,
        topic: Topic::Events,
        channel: Channel::Email,
        format: crate::content::Format::Plain,
        subject: subject.to_owned(),
        preheader: String::new(),
        body: body.to_owned(),
        text: String::new(),
    }
}

fn values(of: &[(&str, &str)]) -> Values {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    of.iter().map(pair).collect()
}

/// S148: the approved structure stays; only the blanks are filled.
#[test]
fn s148_values_stand_where_their_blanks_stood() {
    let template = template(
        "Come on [[day: date]]",
        "Dear [[who: variable neighbor]],\n\nsee us on [[day: date]] at [[start: time]], [[where: place]]. \
         For [[for: adults | children]]. [[note: text 20]]. Call [[phone: phone]] or [[mail: email]].",
    );
    let filled = fill(
        &template,
        &values(&[
            ("day", "2026-11-26"),
            ("who", "first_name"),
            ("start", "14:30"),
            ("where", "Hall 2, King's Road"),
            ("for", "children"),
            ("note", "Free & open"),
            ("phone", "+1 (555) 010-2000"),
            ("mail", "talks@example.org"),
        ]),
    )
    .unwrap();
    assert_eq!(filled.subject, "Come on Thursday, November 26, 2026");
    assert_eq!(
        filled.body,
        "Dear {{first_name|neighbor}},\n\nsee us on Thursday, November 26, 2026 at 2:30 PM, Hall 2, \
         King's Road. For children. Free & open. Call +1 (555) 010-2000 or talks@example.org."
    );
    assert!(is_template(&template) && !is_template(&filled));
}

#[test]
fn in_markup_a_value_is_text() {
    let template = template(
        "x",
        "<mjml><mj-body><mj-text>[[note: text 20]]</mj-text></mj-body></mjml>",
    );
    let filled = fill(&template, &values(&[("note", "You & me")])).unwrap();
    assert!(filled.body.contains("You &amp; me"));
}

#[test]
#[rustfmt::skip] // A table.
fn a_value_of_another_kind_is_refused() {
    for (kind, value) in [
        ("date",           "tomorrow"),
        ("date",           "2026-02-30"),
        ("time",           "25:00"),
        ("phone",          "call us"),
        ("email",          "a@b"),
        ("email",          "a b@example.org"),
        ("a | b",          "c"),
        ("variable",       "unsubscribe_url"),
        ("variable",       "first name"),
        ("variable",       "organization_name"),
        ("text 10",        "more than ten"),
        ("text 60",        "see https://example.org"),
        ("text 60",        "www.example.org"),
        ("text 60",        "[Book](x)"),
        ("text 60",        "{{diagnosis}}"),
        ("text 60",        "[[other: date]]"),
        ("text 60",        "<b>now</b>"),
        ("text 60",        "two\nlines"),
        ("text 60",        "\u{202e}sdrawkcab"),
        ("place",          "- a list"),
        ("place",          "   "),
        ("place",          "ask desk@example.org"),
    ] {
        let template = template("x", &format!("[[it: {kind}]]"));
        let faults = fill(&template, &values(&[("it", value)])).unwrap_err();
        assert_eq!(faults.len(), 1, "{kind}: {value}");
        assert_eq!(faults[0].name, "it");
    }
}

#[test]
fn nothing_is_missing_and_nothing_is_left_over() {
    let template = template("x", "[[day: date]] [[where: place]]");
    let faults = fill(&template, &values(&[("day", "2026-11-26"), ("more", "x")])).unwrap_err();
    let names: Vec<&str> = faults.iter().map(|fault| fault.name.as_str()).collect();
    assert_eq!(names, ["where", "more"]);
}

#[test]
#[rustfmt::skip] // A table.
fn a_blank_that_cannot_be_read_is_named() {
    for bad in [
        "[[day: date", "[[day\n: date]]", "[[day]]", "[[Day: date]]", "[[day: when]]", "[[day: text]]",
        "[[day: text 9999]]", "[[day: one |]]", "[[day: variable <b>]]", "[[a: date]] [[a: time]]",
    ] {
        assert!(blanks(&template("x", bad)).is_err(), "{bad}");
        // What cannot be read is not sent either.
        assert!(is_template(&template("x", bad)), "{bad}");
    }
}

proptest! {
    /// Whatever is typed, a value adds no variable, no blank, no link and no line.
    #[test]
    fn a_value_changes_no_structure(typed in "\\PC{0,40}", kind in 0_usize..3) {
        let kind = ["place", "text 60", "a | b"][kind];
        let template = template("s", &format!("One [[it: {kind}]] two"));
        if let Ok(filled) = fill(&template, &values(&[("it", &typed)])) {
            prop_assert_eq!(slots(&filled.body).unwrap(), vec![]);
            prop_assert!(!is_template(&filled));
            prop_assert_eq!(filled.body.lines().count(), 1);
            prop_assert!(!filled.body.contains("]("));
        }
    }
}
