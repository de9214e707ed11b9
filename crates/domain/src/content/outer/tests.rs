#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::channel::Channel;
use crate::content::finding::{Effect, findings as all_findings};
use crate::content::{ContentClass, Format};
use crate::preference::Topic;

fn draft(format: Format, subject: &str, body: &str) -> Draft {
    Draft {
        class: ContentClass::OwnServiceInformation,
        topic: Topic::Services,
        channel: Channel::Postal,
        format,
        subject: subject.to_owned(),
        preheader: String::new(),
        body: body.to_owned(),
        text: String::new(),
    }
}

/// The words refused on the outside.
fn refused(draft: &Draft) -> Vec<String> {
    let found = all_findings(draft).into_iter();
    found
        .filter(|one| one.kind.effect(draft.class) == Effect::Refuses)
        .map(|one| one.phrase)
        .collect()
}

/// E5: promotional postcards that named the programme told who was in treatment.
#[test]
fn e5_a_card_that_names_a_therapy_programme_is_refused() {
    let card = draft(
        Format::LargeCard,
        "Our new therapy programme",
        "Meet our team.",
    );
    assert_eq!(refused(&card), ["therapy"]);
    // Inside an envelope nobody reads it on the way.
    let letter = draft(
        Format::Letter,
        "Our new therapy programme",
        "Meet our team.",
    );
    assert!(refused(&letter).is_empty());
}

#[test]
fn a_card_says_nothing_of_conditions_departments_or_care() {
    for (words, phrase) in [
        ("Living with HIV", "hiv"),
        ("Ask our cardiology team", "cardiology"),
        ("Time for your follow up", "follow up"),
        ("Centro de salud mental", "mental"),
        ("Your appointment is near", "your appointment"),
        ("Behavioral health, now downtown", "behavioral"),
    ] {
        let found = revealing(words).map(|found| found.to_lowercase());
        assert_eq!(found.as_deref(), Some(phrase), "{words}");
        assert!(!refused(&draft(Format::SmallCard, "News", words)).is_empty());
    }
    for words in [
        "Open day on Saturday",
        "Learn first aid in half an hour",
        "Four habits for better sleep",
        "400 Lakeside Avenue, Cleveland, OH 44114",
        "Lakeside General Hospital",
        "Cardinal Street",
    ] {
        assert_eq!(revealing(words), None, "{words}");
        assert!(refused(&draft(Format::SmallCard, words, words)).is_empty());
    }
}

#[test]
fn a_card_carries_no_value_of_a_person_but_the_name() {
    let card = |body: &str| draft(Format::SmallCard, "News", body);
    assert!(refused(&card("Dear {{first_name|neighbor}}, come.")).is_empty());
    assert_eq!(
        refused(&card("See you on {{appointment_date}}.")),
        ["{{appointment_date}}"]
    );
}

#[test]
fn a_class_that_speaks_of_care_goes_into_an_envelope() {
    let reminder = |format| Draft {
        class: ContentClass::Reminder,
        topic: Topic::CareReminders,
        ..draft(format, "A note", "Please call us.")
    };
    assert_eq!(refused(&reminder(Format::SmallCard)).len(), 1);
    assert!(refused(&reminder(Format::Letter)).is_empty());
}
