//! An entry in one plain sentence.

use std::collections::BTreeMap;

use placet_domain::call::Ended;
use placet_domain::channel::Channel;
use placet_domain::instrument::{InstrumentKind, Method};
use placet_domain::journey::{Ending, Outcome};
use placet_domain::preference::{PreferenceKind, Topic};
use placet_domain::report::Kind;
use placet_domain::suppression::Cause;
use placet_domain::trigger::{Dropped, Event};

/// What an entry says, for people; an unknown kind is shown as it is.
#[must_use]
pub fn says(kind: &str, facts: &BTreeMap<String, String>) -> String {
    let fact = |name: &str| facts.get(name).map_or("", String::as_str);
    let way = way(fact("channel"), fact("topic"));
    match kind {
        "person.read" => format!("Data read: {}", reading(fact("purpose"))),
        "instrument.recorded" => {
            let standing = match fact("standing") {
                "valid" => String::new(),
                other => format!(" ({other})"),
            };
            format!("{} recorded{way}{standing}", instrument(fact("kind")))
        }
        "instrument.revoked" => {
            format!(
                "{} ended {}",
                instrument(fact("kind")),
                method(fact("method"))
            )
        }
        "preference.recorded" => format!("{}{way}", preference(fact("kind"))),
        "preference.lifted" => format!("{} lifted", preference(fact("kind"))),
        "suppression.placed" => format!("Address closed: {}{way}", cause(fact("cause"))),
        "suppression.lifted" => format!("Address opened again{way}"),
        "report.taken" => format!("Came back: {}", came_back(fact("kind"))),
        "decision.made" => format!("Decision: {}", outcome(fact("outcome"))),
        "patient.chose" => format!(
            "Chose on their own page: {} allowed, {} refused",
            fact("n_allowed"),
            fact("n_refused")
        ),
        "patient.unsubscribed" => format!("Unsubscribed{way}"),
        "patient.revoked_authorizations" => {
            format!(
                "Took back {} authorization(s) on their own page",
                fact("n_revoked")
            )
        }
        "link.asked" => "Asked for a fresh link".to_owned(),
        "link.made" => "A fresh link was made at the desk".to_owned(),
        "person.imported" | "person.added" => "Came in from another system".to_owned(),
        "person.changed" | "person.updated" => "Changed in the system they come from".to_owned(),
        "person.joined" => "Joined with another record of the same person".to_owned(),
        "person.parted" => "Parted from another record again".to_owned(),
        "person.source_id_changed" => "Got another id in the system they come from".to_owned(),
        "trigger.noted" => format!("A trigger took note: {}", happened(fact("event"))),
        "trigger.put_off" => "A trigger's message waits: the appointment is later".to_owned(),
        "trigger.fired" => "A trigger's message was handed over to be decided".to_owned(),
        "trigger.dropped" => format!(
            "A trigger's message came to nothing: {}",
            dropped(fact("why"))
        ),
        "journey.noted" => format!("A journey took note: {}", happened(fact("event"))),
        "journey.put_off" => "A journey waits: the appointment is later".to_owned(),
        "journey.fired" => "Was let into a journey".to_owned(),
        "journey.dropped" => format!("Did not enter a journey: {}", dropped(fact("why"))),
        "journey.entered" => "Entered a journey".to_owned(),
        "journey.waits" => format!("Waits at step {} of a journey", fact("step")),
        "journey.moved" => match Outcome::find(fact("outcome")) {
            Some(outcome) => format!(
                "Step {} of a journey: {}",
                fact("step"),
                outcome.label().to_lowercase()
            ),
            None => format!("Went on from step {} of a journey", fact("step")),
        },
        "journey.handed_over" => format!(
            "The message of step {} of a journey was handed over to be decided",
            fact("step")
        ),
        "journey.refusal_noted" => format!(
            "The message of step {} of a journey was not permitted",
            fact("step")
        ),
        "journey.asked" => format!(
            "Step {} of a journey asked somebody to do something",
            fact("step")
        ),
        "journey.task_ended" => format!(
            "The task of step {} of a journey was ended: {}",
            fact("step"),
            fact("outcome")
        ),
        "journey.left" => match Ending::find(fact("why")) {
            Some(ending) => format!("Left a journey: {}", ending.label().to_lowercase()),
            None => "Left a journey".to_owned(),
        },
        "delivery.claimed" => "A message was taken up for sending".to_owned(),
        "delivery.sent" => match fact("on") {
            "" => "A message was sent".to_owned(),
            on => format!("A letter or card was handed to the printer on {on}"),
        },
        "delivery.batched" => "A letter or card was put into a print batch".to_owned(),
        "print.taken" => "Name and address were downloaded for printing".to_owned(),
        "call.opened" => "Was opened by a caller to be called".to_owned(),
        "call.shown" => match fact("number") {
            "true" => "Name, number and script were shown to the caller".to_owned(),
            _ => "The name was shown, without the number".to_owned(),
        },
        "call.decided_again" => "Whether they may be called was decided again".to_owned(),
        "call.ended" => match Ended::find(fact("ended")) {
            Some(ended) => format!("A call: {}", ended.label().to_lowercase()),
            None => "A call ended".to_owned(),
        },
        "delivery.failed" => "A message could not be delivered".to_owned(),
        "delivery.refused" => "A message was not sent".to_owned(),
        "delivery.deferred" => "A message waits until it may be sent".to_owned(),
        "delivery.released" => "A message was put back, unsent".to_owned(),
        "contact_point.added" => "An address or number was added".to_owned(),
        "person.erased" => "Erased".to_owned(),
        "delivery.unknown" => "Nobody can tell whether a message arrived".to_owned(),
        "delivery.resolved" => "The fate of a message was settled".to_owned(),
        other => capitalized(&other.replace(['.', '_'], " ")),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn way(channel: &str, topic: &str) -> String {
    let channel = Channel::find(channel).map(Channel::label);
    let topic = Topic::find(topic).map(Topic::label);
    match (channel, topic) {
        (Some(channel), Some(topic)) => format!(": {topic}, {channel}"),
        (Some(only), None) | (None, Some(only)) => format!(": {only}"),
        (None, None) => String::new(),
    }
}

fn reading(purpose: &str) -> &'static str {
    match purpose {
        "search" => "found in a search",
        "review" => "looked at",
        "record" => "to record something",
        "explain" => "to explain a decision",
        "own_page" => "by the person, on their own page",
        "release" => "to give another system what they permitted and refused",
        _ => "by an act",
    }
}

fn instrument(code: &str) -> &'static str {
    InstrumentKind::find(code).map_or("Instrument", InstrumentKind::label)
}

fn preference(code: &str) -> &'static str {
    PreferenceKind::find(code).map_or("Preference", PreferenceKind::label)
}

fn cause(code: &str) -> &'static str {
    Cause::find(code).map_or("not said", Cause::label)
}

fn happened(code: &str) -> String {
    Event::find(code).map_or(String::new(), |event| event.label().to_lowercase())
}

fn dropped(code: &str) -> String {
    Dropped::find(code).map_or(String::new(), |why| why.label().to_lowercase())
}

fn came_back(code: &str) -> &'static str {
    Kind::find(code).map_or("a report", Kind::label)
}

fn method(code: &str) -> String {
    Method::find(code).map_or(String::new(), |method| method.label().to_lowercase())
}

fn outcome(code: &str) -> &'static str {
    match code {
        "permit" => "permitted",
        "needs_authorization" => "needs authorization",
        _ => "denied",
    }
}
