//! Every decided case, one row each; all failures are printed.
//!
//! `decisions.jsonl` holds full cases. The other files hold what differs from a plain message
//! (`scenario::BASE`), so that a row shows its point.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use placet_policy::scenario::{self, Scenario};
use placet_policy::{Engine, Kind, Outcome, Rule};

#[test]
fn given_cases_come_out_right() {
    assert_eq!(check("decisions.jsonl"), 132);
}

#[test]
fn marketing_carve_outs_and_payment() {
    check("marketing.jsonl");
}

#[test]
fn authorizations_element_by_element() {
    check("authorization.jsonl");
}

#[test]
fn what_is_published() {
    check("publication.jsonl");
}

#[test]
fn data_that_moves() {
    check("data.jsonl");
}

#[test]
fn fundraising_and_the_persons_rights() {
    check("person.jsonl");
}

#[test]
fn online_tracking_and_consumer_data() {
    check("tracking.jsonl");
}

#[test]
fn channels_hours_and_stops() {
    check("channels.jsonl");
}

#[test]
fn states_and_other_countries() {
    check("states.jsonl");
}

/// Read off the catalogue of regulations before the packs were asked.
#[test]
fn the_catalogue_read_with_a_fresh_mind() {
    check("catalogue.jsonl");
}

fn all() -> Vec<Scenario> {
    let files = scenario::builtin();
    files
        .iter()
        .flat_map(|file| scenario::read(file).unwrap())
        .collect()
}

#[track_caller]
fn check(file: &str) -> usize {
    let files = scenario::builtin();
    let source = files.iter().find(|source| source.name == file).unwrap();
    let scenarios = scenario::read(source).unwrap();
    let engine = Engine::builtin();
    let report = scenario::run(&engine, &scenarios);
    let wrong: Vec<String> = report
        .failures
        .iter()
        .map(|failure| {
            let scenario = scenarios.iter().find(|s| s.line == failure.line).unwrap();
            let decision = engine.decide(&scenario.inputs, failure.profile, scenario.at);
            let rules: Vec<String> = decision
                .why
                .iter()
                .map(|reason| format!("{}={}", reason.rule, reason.effect.as_str()))
                .collect();
            let (id, profile) = (&failure.id, failure.profile.as_str());
            let faults = failure.faults.join("; ");
            format!("{id} {profile}: {faults}\n    {}", rules.join(" "))
        })
        .collect();
    let n = wrong.len();
    assert!(wrong.is_empty(), "{n} wrong\n{}", wrong.join("\n"));
    scenarios.len()
}

#[test]
fn no_two_scenarios_share_an_id() {
    let mut ids: Vec<String> = all().into_iter().map(|scenario| scenario.id).collect();
    let n = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n);
}

/// Rules whose absence no scenario notices. It is empty and stays so.
const UNNOTICED: &[&str] = &[];

/// Mutation: each rule is switched off in turn, and a scenario must come out wrong. Law that only
/// stands in the book applies to nothing, so there is nothing to switch off.
#[test]
fn switching_off_any_rule_turns_a_scenario_red() {
    let engine = Engine::builtin();
    let scenarios = all();
    let speaks = |scenario: &Scenario, rule: &Rule| {
        let rules = &scenario.expected.lists[1].1;
        rules.contains(&rule.id)
    };
    let mut unnoticed = Vec::new();
    for (place, rule) in engine.rules().iter().enumerate() {
        if !rule.can_apply() {
            continue;
        }
        let without = engine.without(place);
        let (likely, others): (Vec<_>, Vec<_>) = scenarios
            .iter()
            .partition(|scenario| speaks(scenario, rule));
        let is_noticed = likely.into_iter().chain(others).any(|scenario| {
            !scenario::run(&without, std::slice::from_ref(scenario))
                .failures
                .is_empty()
        });
        if !is_noticed {
            unnoticed.push(rule.id.as_str());
        }
    }
    assert_eq!(unnoticed, UNNOTICED);
}

/// Rules that apply only where what they ask for is known to fail: the fault they name is there.
const OBJECTS_ONLY: &[&str] = &[
    "hipaa.auth.core.description",
    "hipaa.auth.core.discloser",
    "hipaa.auth.core.recipient",
    "hipaa.auth.core.purpose",
    "hipaa.auth.core.expiry",
    "hipaa.auth.stmt.revoke",
    "hipaa.auth.stmt.condition",
    "hipaa.auth.stmt.redisclosure",
    "hipaa.auth.plain_language",
    "hipaa.auth.defect.expired",
    "hipaa.auth.defect.incomplete",
    "hipaa.auth.defect.compound_or_conditioned",
    "hipaa.auth.compound",
    "hipaa.auth.no_conditioning",
    "hipaa.auth.defect.false",
    "hipaa.auth.defect.revoked",
];
/// Rules that say how a neighbour applies, and object to nothing themselves.
const PASSES_ONLY: &[&str] = &["hipaa.auth.exc.face_to_face"];

/// Each way of a rule is seen: one that objects does so in some scenario, and one that asks for
/// something lets a scenario pass.
#[test]
fn every_rule_is_seen_both_ways() {
    let engine = Engine::builtin();
    let mut seen = std::collections::BTreeSet::new();
    for scenario in all() {
        for (_, decision) in scenario.decide(&engine) {
            for reason in decision.why {
                seen.insert((reason.rule, reason.effect != Outcome::Permit));
            }
        }
    }
    let mut unseen = Vec::new();
    for rule in engine.rules().iter().filter(|rule| rule.can_apply()) {
        let ways: &[bool] = match rule.kind {
            Kind::Require | Kind::Hold if OBJECTS_ONLY.contains(&rule.id.as_str()) => &[true],
            Kind::Require if PASSES_ONLY.contains(&rule.id.as_str()) => &[false],
            Kind::Require | Kind::Hold => &[false, true],
            Kind::Forbid => &[true],
            Kind::Permit | Kind::Condition | Kind::Note => &[false],
        };
        for objects in ways {
            if !seen.contains(&(rule.id.clone(), *objects)) {
                unseen.push((
                    rule.id.as_str(),
                    if *objects { "objects" } else { "passes" },
                ));
            }
        }
    }
    assert_eq!(unseen, [("", ""); 0]);
}
