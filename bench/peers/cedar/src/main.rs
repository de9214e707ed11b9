//! The cedar-policy crate deciding, in process, the question that `placet bench decide` asks:
//! may this promotion be mailed to this person? The rules are those that stop somebody there.
//!
//! Prints one JSON object a figure, in the form of `placet bench --json`.

use std::collections::HashMap;
use std::hint::black_box;
use std::str::FromStr;
use std::time::Instant;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request,
    RestrictedExpression,
};

const POLICIES: &str = include_str!("../policies.cedar");
/// 24 November 2026 as days since 1970.
const TODAY: i64 = 20_781;
const PEOPLE: u64 = 20_000;
const RUNS: usize = 5;

/// As `crates/placet/src/bench/decide/people.rs`.
fn mix(n: u64, fact: u64) -> u64 {
    const LOW: u64 = 0xffff_ffff;
    let x = ((n + 1) * 0x9e37_79b1 + fact * 0x85eb_ca77) & LOW;
    let x = ((x ^ (x >> 15)) * 0xc2b2_ae3d) & LOW;
    let x = ((x ^ (x >> 13)) * 0x27d4_eb2f) & LOW;
    x ^ (x >> 16)
}

fn mille(n: u64, fact: u64) -> u64 {
    mix(n, fact) % 1_000
}

const STATES: [&str; 20] = [
    "US-OH", "US-NY", "US-WA", "US-CA", "US-KS", "US-TX", "US-FL", "US-IL", "US-PA", "US-GA",
    "US-NC", "US-MI", "US-NJ", "US-VA", "US-AZ", "US-MA", "US-TN", "US-IN", "US-MO", "US-MD",
];

fn person(n: u64) -> (EntityUid, Entity) {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let relationship = match mille(n, 1) {
        0..540 => "patient",
        540..720 => "former_patient",
        720..830 => "prospect",
        830..900 => "enrollee",
        900..950 => "donor",
        950..985 => "minor_patient",
        _ => "deceased",
    };
    let state = STATES[(mix(n, 2) % 20) as usize];
    // 1 January 1930 and 2025 as days since 1970.
    let born = -14_610 + (mix(n, 3) % 32_000) as i64;
    let (status, ends) = if mille(n, 6) < 300 {
        let status = match mille(n, 7) {
            0..40 => "revoked",
            40..80 => "defective",
            _ => "valid",
        };
        (status, 20_089 + (mix(n, 8) % 2_500) as i64)
    } else {
        ("none", 0)
    };
    let refusal = match mille(n, 11) {
        0..60 => "unsubscribe",
        60..90 => "declined",
        90..105 => "hipaa_revocation",
        105..120 => "suppression",
        _ => "none",
    };
    let attributes = HashMap::from([
        ("relationship".to_owned(), text(relationship)),
        ("state".to_owned(), text(state)),
        ("born".to_owned(), RestrictedExpression::new_long(born)),
        ("authorization".to_owned(), text(status)),
        ("ends".to_owned(), RestrictedExpression::new_long(ends)),
        ("opted_in".to_owned(), RestrictedExpression::new_bool(mille(n, 9) < 350)),
        ("refusal".to_owned(), text(refusal)),
        ("part2".to_owned(), RestrictedExpression::new_bool(mille(n, 5) < 10)),
        (
            "florida_paper".to_owned(),
            RestrictedExpression::new_bool(state == "US-FL" && mille(n, 10) < 400),
        ),
    ]);
    let uid = EntityUid::from_str(&format!("Person::\"{n}\"")).expect("a uid");
    (uid.clone(), Entity::new(uid, attributes, Default::default()).expect("an entity"))
}

fn main() {
    let policies = PolicySet::from_str(POLICIES).expect("the policies parse");
    let authorizer = Authorizer::new();
    let action = EntityUid::from_str("Action::\"email\"").expect("a uid");
    let act = EntityUid::from_str("Message::\"promotion\"").expect("a uid");
    let ask = |uid: &EntityUid, entities: &Entities| {
        let adult = TODAY - 6_574;
        let context = Context::from_pairs([
            ("channel".to_owned(), RestrictedExpression::new_string("email".to_owned())),
            ("today".to_owned(), RestrictedExpression::new_long(TODAY)),
            ("adult_if_born_by".to_owned(), RestrictedExpression::new_long(adult)),
        ])
        .expect("a context");
        let request = Request::new(uid.clone(), action.clone(), act.clone(), context, None);
        authorizer.is_authorized(&request.expect("a request"), &policies, entities)
    };
    let people: Vec<(EntityUid, Entities)> = (0..PEOPLE)
        .map(|n| {
            let (uid, entity) = person(n);
            (uid, Entities::from_entities([entity], None).expect("entities"))
        })
        .collect();
    let mut figures = [const { Vec::new() }; 4];
    let mut permitted = 0;
    for run in 0..=RUNS {
        permitted = 0;
        let (started, spent) = (Instant::now(), processor());
        for (uid, entities) in &people {
            let response = ask(uid, entities);
            permitted += u64::from(response.decision() == Decision::Allow);
            black_box(response.diagnostics().reason().count());
        }
        let each = |micros: f64| micros / PEOPLE as f64;
        let ready = each(started.elapsed().as_secs_f64() * 1e6);
        let ready_spent = each(processor() - spent);
        let (started, spent) = (Instant::now(), processor());
        for n in 0..PEOPLE {
            let (uid, entity) = person(n);
            let entities = Entities::from_entities([entity], None).expect("entities");
            black_box(ask(&uid, &entities).diagnostics().reason().count());
        }
        // The first round warms.
        if run > 0 {
            let anew = each(started.elapsed().as_secs_f64() * 1e6);
            let anew_spent = each(processor() - spent);
            for (figure, value) in figures.iter_mut().zip([ready, ready_spent, anew, anew_spent]) {
                figure.push(value);
            }
        }
    }
    let names = [
        "cedar-policy: one decision with reasons, person at hand",
        "cedar-policy: one decision with reasons, person at hand, processor time",
        "cedar-policy: one decision with reasons, new person",
        "cedar-policy: one decision with reasons, new person, processor time",
    ];
    for (name, figure) in names.iter().zip(&mut figures) {
        print(name, figure);
    }
    eprintln!("cedar-policy permits {permitted} of the first {PEOPLE}");
}

/// Microseconds this thread has run, as Linux tells; nothing elsewhere.
fn processor() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split_ascii_whitespace().next();
    nanos.and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e3
}

fn print(what: &str, values: &mut [f64]) {
    values.sort_by(f64::total_cmp);
    println!(
        "{{\"what\":\"{what}\",\"median\":{},\"min\":{},\"max\":{},\"unit\":\"µs\"}}",
        values[values.len() / 2],
        values[0],
        values[values.len() - 1]
    );
}
