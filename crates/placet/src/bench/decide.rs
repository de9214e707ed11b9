//! Deciding: one at a time, and for ten million people at once over the population index.
//!
//! `bench/peers/run.sh` asks two other programs the same, on the same machine.

pub mod crowd;
pub mod people;

use placet_domain::time::Timestamp;
use placet_policy::{
    Act, Engine, Frequency, Inputs, Instrument, LocalTime, Person, Preference, Profile,
    Remuneration, Value, Vendor,
};

use super::{Figure, rate};

/// One by one and all at once, one core; and the counts of the waterfall, as one line of JSON, for
/// a peer to compare its own with.
///
/// # Errors
///
/// As [`crowd::run`].
pub fn run(runs: usize) -> anyhow::Result<(Vec<Figure>, String)> {
    let mut figures = one_by_one(runs);
    let (crowd, counted) = crowd::run(runs)?;
    figures.extend(crowd);
    Ok((figures, counted))
}

/// Both ways, one core.
fn one_by_one(runs: usize) -> Vec<Figure> {
    let engine = Engine::builtin();
    let at = Timestamp::from_second(1_795_000_000).unwrap_or_default();
    let people: Vec<Person> = (0..1_000).map(|n| person(n, at)).collect();
    let mut whole = Vec::new();
    let mut planned = Vec::new();
    for _ in 0..runs {
        let inputs: Vec<Inputs> = people
            .iter()
            .map(|person| Inputs {
                act: act(),
                person: person.clone(),
            })
            .collect();
        let mut permitted = 0;
        let each = rate(10 * inputs.len(), || {
            for _ in 0..10 {
                for inputs in &inputs {
                    let decision = engine.decide(inputs, Profile::Conservative, at);
                    permitted += usize::from(decision.outcome == placet_policy::Outcome::Permit);
                }
            }
            Ok::<_, std::convert::Infallible>(())
        });
        let plan = engine.plan(&act(), Profile::Conservative, at);
        let ahead = rate(100 * people.len(), || {
            for _ in 0..100 {
                for person in &people {
                    let decision = plan.decide(person);
                    permitted += usize::from(decision.outcome == placet_policy::Outcome::Permit);
                }
            }
            Ok::<_, std::convert::Infallible>(())
        });
        // Keeps the optimizer from leaving the work out.
        assert!(permitted > 0, "some of these people may be written to");
        whole.extend(each);
        planned.extend(ahead);
    }
    vec![
        Figure {
            what: "decisions, new act and person".to_owned(),
            values: whole,
            unit: "decisions/s",
        },
        Figure {
            what: "decisions, act planned ahead, with reasons".to_owned(),
            values: planned,
            unit: "decisions/s",
        },
    ]
}

pub(super) fn act() -> Act {
    let attributes = [
        ("bulk", true),
        ("from_aligned", true),
        ("list_unsubscribe_post", true),
        ("oneclick_redirect", false),
        ("optout_in_message", true),
        ("optout_mechanism", true),
        ("optout_requires_login", false),
        ("postal_address", true),
    ];
    Act {
        actor: "covered_provider".to_owned(),
        purpose: "own_service_announcement".to_owned(),
        content_class: "own_service_information".to_owned(),
        data_origin: Some("ehr".to_owned()),
        data_elements: vec!["name".to_owned(), "email".to_owned()],
        channel: "email".to_owned(),
        recipient: "individual".to_owned(),
        vendor: Vendor {
            role: "email_service".to_owned(),
            baa: Some(true),
            country: Some("US".to_owned()),
        },
        remuneration: Remuneration::none(),
        attributes: attributes
            .map(|(name, holds)| (name.to_owned(), Value::Bool(holds)))
            .into(),
        ..Act::default()
    }
}

fn person(n: usize, at: Timestamp) -> Person {
    let states = ["US-OH", "US-NY", "US-WA", "US-CA", "US-KS"];
    let state = states.get(n % states.len()).copied().unwrap_or("US-OH");
    let instruments = if n.is_multiple_of(3) {
        vec![Instrument {
            kind: "hipaa_authorization".to_owned(),
            status: "valid".to_owned(),
            ..Instrument::default()
        }]
    } else {
        Vec::new()
    };
    let preferences = if n.is_multiple_of(10) {
        vec![Preference {
            kind: "unsubscribe".to_owned(),
            scope: Some("marketing".to_owned()),
            channel: Some("email".to_owned()),
            at: None,
        }]
    } else {
        Vec::new()
    };
    Person {
        relationship: Some("patient".to_owned()),
        age: Some(20.0 + (n % 60) as f64),
        residence: Some(state.to_owned()),
        instruments,
        preferences,
        jurisdiction: vec!["US".to_owned(), state.to_owned()],
        local_time: Some(LocalTime::new(at, &placet_domain::time::TimeZone::UTC)),
        frequency: Frequency {
            last_24h: Some(0),
            last_7d: Some(0),
        },
        ..Person::default()
    }
}
