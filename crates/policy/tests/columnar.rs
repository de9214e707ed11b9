//! Both evaluators say the same: every person, every rule, every missing instrument.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "columnar/dice.rs"]
#[rustfmt::skip] // Tables.
mod dice;

use std::collections::BTreeSet;

use dice::Dice;
use jiff::Timestamp;
use placet_policy::columnar::{Plain, Population, Question, Row, compare};
use placet_policy::{Decision, Engine, Outcome, Person, Plan, Profile};
use proptest::prelude::*;

fn at() -> Timestamp {
    "2026-11-25T06:30:00Z".parse().unwrap()
}

fn key(n: usize) -> [u8; 16] {
    (n as u128).to_be_bytes()
}

fn population(people: &[Person]) -> Population {
    let mut population = Population::new(&[]);
    for (n, person) in people.iter().enumerate() {
        population.put(&Row::of(key(n), person));
    }
    population
}

fn stops(decision: &Decision) -> BTreeSet<&str> {
    let objecting = decision.why.iter();
    objecting
        .filter(|reason| reason.effect != Outcome::Permit)
        .map(|reason| reason.rule.as_str())
        .collect()
}

/// Asks both evaluators about everybody under one plan.
#[track_caller]
fn agree(plan: &Plan, people: &[Person], population: &Population, what: &str) -> [u64; 3] {
    let ask = || {
        let mut question = Question::new(population, &Plain, at());
        let everybody = question.everybody();
        question.ask(everybody, plan);
        question
    };
    let sets = ask().sets();
    let mut tally = [0_u64; 3];
    for (n, person) in people.iter().enumerate() {
        let decision = plan.decide(person);
        let place = population.place(&key(n)).unwrap();
        let note = || format!("{what}: person {n} {person:#?}\n{decision:#?}");
        assert_eq!(sets.outcome(place), Some(decision.outcome), "{}", note());
        let found: BTreeSet<&str> = sets.rules(place).collect();
        assert_eq!(found, stops(&decision), "{}", note());
        let said = sets.said.iter().filter(|(_, set)| set.has(place));
        let said: BTreeSet<&str> = said.map(|(rule, _)| rule.as_str()).collect();
        let rules: BTreeSet<&str> = decision.rule_ids.iter().map(String::as_str).collect();
        assert_eq!(said, rules, "{}", note());
        let missing = sets.missing.iter().filter(|(_, set)| set.has(place));
        let missing: BTreeSet<&str> = missing.map(|(code, _)| code.as_str()).collect();
        let lacks: BTreeSet<&str> = match decision.outcome {
            Outcome::NeedsAuthorization => decision.missing.iter().map(String::as_str).collect(),
            _ => BTreeSet::new(),
        };
        assert_eq!(missing, lacks, "{}", note());
        tally[decision.outcome as usize] += 1;
    }
    let counts = ask().count();
    assert_eq!(counts.n_matched, people.len() as u64, "{what}");
    let counted = [
        counts.n_permitted,
        counts.n_needs_authorization,
        counts.n_denied,
    ];
    assert_eq!(counted, tally, "{what}");
    let waterfall = ask().waterfall();
    assert_eq!(waterfall.counts, counts, "{what}");
    let n_first: u64 = waterfall.bars.iter().map(|bar| bar.n_first).sum();
    assert_eq!(n_first + counts.n_permitted, counts.n_matched, "{what}");
    for bar in &waterfall.bars {
        let (_, set) = sets.stopped.iter().find(|(id, _)| *id == bar.rule).unwrap();
        assert_eq!(bar.n_total, set.len(), "{what}: {}", bar.rule);
    }
    if let Some(bar) = waterfall.bars.last() {
        assert_eq!(ask().stopped_first(&bar.rule).len(), bar.n_first, "{what}");
    }
    for missing in &waterfall.missing {
        let mut sets = sets.missing.iter();
        let (_, set) = sets.find(|(code, _)| *code == missing.instrument).unwrap();
        assert!(missing.n == set.len() && missing.n_alone <= missing.n);
    }
    tally
}

fn random_people(dice: &mut Dice, n: usize) -> Vec<Person> {
    (0..n).map(|_| dice::person(dice, at())).collect()
}

/// One random pack, a few acts, some people.
fn check_random_pack(seed: u64, n_people: usize) {
    let mut dice = Dice(seed);
    let files = dice::pack(&mut dice);
    let engine = Engine::load(&files).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("seed {seed}: {}\n{}", problems.join("\n"), files[0].text)
    });
    let people = random_people(&mut dice, n_people);
    let population = population(&people);
    for _ in 0..3 {
        let act = dice::act(&mut dice);
        let profile = dice.pick(&Profile::ALL);
        let plan = engine.plan(&act, profile, at());
        let what = format!("seed {seed}\n{}\n{act:#?}", files[0].text);
        agree(&plan, &people, &population, &what);
        // And the folded plan agrees with the pack as it stands.
        for person in people.iter().take(20) {
            let inputs = placet_policy::Inputs {
                act: act.clone(),
                person: person.clone(),
            };
            assert_eq!(
                plan.decide(person),
                engine.decide(&inputs, profile, at()),
                "{what}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_packs_come_out_alike(seed in any::<u64>()) {
        check_random_pack(seed, 60);
    }
}

#[test]
fn many_random_packs_come_out_alike() {
    for seed in 0..100 {
        check_random_pack(seed, 40);
    }
}

#[test]
fn the_packs_of_the_program_come_out_alike() {
    let engine = Engine::builtin();
    let mut dice = Dice(7);
    let people = random_people(&mut dice, 400);
    let population = population(&people);
    let mut tally = [0; 3];
    for n in 0..60 {
        let act = dice::act(&mut dice);
        let profile = dice.pick(&Profile::ALL);
        let plan = engine.plan(&act, profile, at());
        let found = agree(&plan, &people, &population, &format!("act {n} {act:#?}"));
        (0..3).for_each(|outcome| tally[outcome] += found[outcome]);
    }
    assert!(
        tally.iter().all(|n| *n > 100),
        "each outcome is met: {tally:?}"
    );
}

/// More people than a block holds, so that places in later blocks are met.
#[test]
fn people_of_every_block_come_out_alike() {
    let engine = Engine::builtin();
    let mut dice = Dice(11);
    let some = random_people(&mut dice, 500);
    let people: Vec<Person> = (0..40_000)
        .map(|n| some[(n * 7 + n / 500) % 500].clone())
        .collect();
    let population = population(&people);
    let act = dice::act(&mut dice);
    let plan = engine.plan(&act, Profile::Conservative, at());
    let mut question = Question::new(&population, &Plain, at());
    let everybody = question.everybody();
    question.ask(everybody, &plan);
    let sets = question.sets();
    let expected: Vec<Outcome> = some.iter().map(|one| plan.decide(one).outcome).collect();
    for n in 0..people.len() {
        assert_eq!(
            sets.outcome(n),
            Some(expected[(n * 7 + n / 500) % 500]),
            "{n}"
        );
    }
}

/// Each given case's person under each given case's act.
#[test]
fn the_given_cases_come_out_alike() {
    let files = placet_policy::scenario::builtin();
    let given = files
        .iter()
        .find(|file| file.name == "decisions.jsonl")
        .unwrap();
    let engine = Engine::builtin();
    let cases: Vec<placet_policy::Inputs> = given
        .text
        .lines()
        .map(|line| {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            placet_policy::read_inputs(&json["inputs"], "/inputs")
                .unwrap()
                .0
        })
        .collect();
    assert_eq!(cases.len(), 132);
    let people: Vec<Person> = cases.iter().map(|case| case.person.clone()).collect();
    let population = population(&people);
    for (n, case) in cases.iter().enumerate() {
        for profile in Profile::ALL {
            let plan = engine.plan(&case.act, profile, at());
            agree(&plan, &people, &population, &format!("case {n}"));
        }
    }
}

#[test]
fn a_changed_pack_adds_and_drops_whom_the_scalar_engine_adds_and_drops() {
    let old = Engine::builtin();
    let mut files = vec![placet_policy::Source {
        name: "house.toml".to_owned(),
        text: "[pack]\nid = \"house\"\nversion = \"1\"\nextends = \"placet\"\n\n[[rule]]\nid = \"house.ohio\"\ntitle = \"t\"\ncitation = [\"house\"]\nkind = \"forbid\"\nwhen = 'subject.residence == \"US-OH\"'\nsays = \"s\"\ncategory = \"operations\"\nsource = \"T\"\n".to_owned(),
    }];
    let new = Engine::load(&files).unwrap();
    files.clear();
    let mut dice = Dice(3);
    let people = random_people(&mut dice, 600);
    let population = population(&people);
    let mut n_dropped = 0;
    for _ in 0..30 {
        let act = dice::act(&mut dice);
        let (before, after) = (
            old.plan(&act, Profile::RegulatoryFloor, at()),
            new.plan(&act, Profile::RegulatoryFloor, at()),
        );
        for (before, after) in [(&before, &after), (&after, &before)] {
            let found = compare(before, after, &population, &Plain);
            let is = |plan: &Plan, n: usize| plan.decide(&people[n]).outcome == Outcome::Permit;
            let all = 0..people.len();
            let added: Vec<usize> = all
                .clone()
                .filter(|n| !is(before, *n) && is(after, *n))
                .collect();
            let dropped: Vec<usize> = all.filter(|n| is(before, *n) && !is(after, *n)).collect();
            assert_eq!(found.added.places().collect::<Vec<_>>(), added);
            assert_eq!(found.dropped.places().collect::<Vec<_>>(), dropped);
            for (rule, n_added, n_dropped) in &found.rules {
                let stopped = |plan: &Plan, n: &&usize| {
                    stops(&plan.decide(&people[**n])).contains(rule.as_str())
                };
                assert_eq!(
                    *n_added,
                    added.iter().filter(|n| stopped(before, n)).count() as u64
                );
                assert_eq!(
                    *n_dropped,
                    dropped.iter().filter(|n| stopped(after, n)).count() as u64
                );
            }
            n_dropped += dropped.len();
        }
    }
    assert!(n_dropped > 0, "the rule matters to somebody");
}

#[test]
fn whoever_is_put_anew_or_removed_counts_as_they_are_now() {
    let engine = Engine::builtin();
    let mut dice = Dice(5);
    let mut people = random_people(&mut dice, 300);
    let mut population = population(&people);
    for round in 0..5 {
        for _ in 0..60 {
            let n = dice.roll(people.len());
            people[n] = dice::person(&mut dice, at());
            population.put(&Row::of(key(n), &people[n]));
        }
        let act = dice::act(&mut dice);
        let plan = engine.plan(&act, Profile::Conservative, at());
        agree(&plan, &people, &population, &format!("round {round}"));
    }
    population.remove(&key(0));
    population.remove(&key(299));
    assert_eq!(population.len(), 298);
    let act = dice::act(&mut dice);
    let plan = engine.plan(&act, Profile::Conservative, at());
    let mut question = Question::new(&population, &Plain, at());
    let everybody = question.everybody();
    question.ask(everybody, &plan);
    let sets = question.sets();
    assert_eq!(sets.matched.len(), 298);
    assert_eq!(sets.outcome(0), None);
}

mod snapshots {
    use super::*;
    use placet_policy::columnar::{Refused, Taken};

    fn saved(population: &Population) -> (Vec<u8>, Taken) {
        let taken = Taken {
            instance: "house".to_owned(),
            sequence: 42,
            note: String::new(),
        };
        let mut bytes = Vec::new();
        population.save(&taken, &mut bytes).unwrap();
        (bytes, taken)
    }

    fn reason(bytes: &[u8]) -> Option<Refused> {
        Population::restore(bytes, &[]).err()
    }

    #[test]
    fn a_population_comes_back_as_it_was() {
        let mut dice = Dice(23);
        let people = random_people(&mut dice, 20_000);
        let before = population(&people);
        let (bytes, taken) = saved(&before);
        let (after, found) = Population::restore(&bytes, &[]).unwrap();
        assert_eq!((found, after.len()), (taken, before.len()));
        let engine = Engine::builtin();
        for _ in 0..5 {
            let act = dice::act(&mut dice);
            let plan = engine.plan(&act, Profile::Conservative, at());
            let ask = |population: &Population| {
                let mut question = Question::new(population, &Plain, at());
                let everybody = question.everybody();
                question.ask(everybody, &plan);
                question.waterfall()
            };
            assert_eq!(ask(&after), ask(&before));
        }
        // And it goes on: who is put anew is found.
        let mut after = after;
        after.put(&Row::of(key(3), &people[4]));
        assert_eq!(after.len(), people.len());
        assert_eq!(saved(&after).0.len() % 32, 0);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_reason() {
        let population = population(&random_people(&mut Dice(1), 50));
        let (bytes, _) = saved(&population);
        let with = |at: usize, byte: u8| {
            let mut changed = bytes.clone();
            changed[at] = byte;
            reason(&changed)
        };
        assert_eq!(reason(&bytes), None);
        assert_eq!(reason(&[]), Some(Refused::Length));
        assert_eq!(reason(&bytes[..bytes.len() - 32]), Some(Refused::Length));
        assert_eq!(
            reason(&[&bytes[..], &[0; 32]].concat()),
            Some(Refused::Length)
        );
        assert_eq!(with(0, b'Q'), Some(Refused::Foreign));
        assert_eq!(with(8, 9), Some(Refused::Version(9)));
        let marked = Population::restore(&bytes, &["language"]);
        assert_eq!(marked.err(), Some(Refused::Columns));
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let population = population(&random_people(&mut Dice(2), 3));
        let (bytes, _) = saved(&population);
        let step = if bytes.len() > 40_000 { 7 } else { 1 };
        for at in (0..bytes.len()).step_by(step) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            assert!(reason(&flipped).is_some(), "byte {at} of {}", bytes.len());
        }
    }

    #[test]
    fn every_cut_is_seen() {
        let population = population(&random_people(&mut Dice(2), 3));
        let (bytes, _) = saved(&population);
        for end in (0..bytes.len()).step_by(17) {
            assert!(reason(&bytes[..end]).is_some(), "{end} of {}", bytes.len());
        }
    }
}
