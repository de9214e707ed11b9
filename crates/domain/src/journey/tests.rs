//! The laws of journeys: what can be written, that every way ends, how people are dealt out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::steps::{Kind, MAX_STEPS, Share as Part, Steps};
use super::*;
use crate::time::TimeZone;

const GOOD: &str = "# Flu shots\n\
send \"Flu shots are here\", if refused go to call\n\
wait 7 days\n\
wait until 09:00\n\
if answered go to done\n\
if not in \"People over 65\" go to done\n\
split 50% to call, 50 to done\n\
call: ask responder to \"offer a date by phone\", if skipped go to done\n\
\n\
done:\n\
exit\n";

#[test]
fn a_journey_is_read_as_it_is_said() {
    let steps = Steps::read(GOOD).unwrap();
    let says: Vec<String> = steps.iter().map(|step| step.says()).collect();
    assert_eq!(
        says,
        [
            "Send \u{201c}Flu shots are here\u{201d}",
            "Wait 7 days",
            "Wait until 09:00",
            "If has answered",
            "If not: is in \u{201c}People over 65\u{201d}",
            "Split",
            "Responder: offer a date by phone",
            "Exit",
        ]
    );
    assert_eq!(steps.contents(), ["Flu shots are here"]);
    assert_eq!(steps.audiences(), ["People over 65"]);
    assert_eq!(steps.get(7).unwrap().line, 11);
    let ways = |place| -> Vec<usize> { steps.ways(place).iter().map(|way| way.to).collect() };
    assert_eq!(
        (ways(0), ways(3), ways(5), ways(7)),
        (vec![1, 6], vec![7, 4], vec![6, 7], vec![])
    );
}

#[test]
#[rustfmt::skip] // A table.
fn what_cannot_run_is_refused_with_its_line_and_what_to_do() {
    bad("",                                              1, "write at least one step");
    bad("# nothing",                                     1, "write at least one step");
    bad("hello\nexit",                                   1, "`hello` is no step: a step begins with");
    bad("wait\nexit",                                    1, "write `wait 3 days`");
    bad("wait soon\nexit",                               1, "write `wait 3 days`");
    bad("wait 3 weeks\nexit",                            1, "minutes, hours or days");
    bad("wait 0 days\nexit",                             1, "from a minute to a year");
    bad("wait 500 days\nexit",                           1, "from a minute to a year");
    bad("wait until 9\nexit",                            1, "`wait until 09:00`");
    bad("wait until 24:00\nexit",                        1, "`wait until 09:00`");
    bad("send Welcome\nexit",                            1, "in quotation marks");
    bad("send \"Welcome\nexit",                          1, "not closed");
    bad("send \"\"\nexit",                               1, "empty");
    bad("send \"A\" twice\nexit",                        1, "if refused go to");
    bad("send \"A\", if skipped go to a\na: exit",       1, "if refused go to");
    bad("ask marketing to \"call\"\nexit",               1, "a role that may see people: compliance or responder");
    bad("ask responder \"call\"\nexit",                  1, "`ask responder to");
    bad("if asleep go to a\na: exit",                    1, "`if TEST go to LABEL`");
    bad("if answered go to b\na: exit",                  1, "no step has the label `b`");
    bad("if has diabetes go to a\na: exit",              1, "`if TEST go to LABEL`");
    bad("split 50 to a, 40 to b\na: exit\nb: exit",      1, "that make 100");
    bad("split 100 to a\na: exit",                       1, "that make 100");
    bad("split 50 to a 50\na: exit",                     1, "that make 100");
    bad("split 0 to a, 100 to b\na: exit\nb: exit",      1, "that make 100");
    bad("wait 1 day",                                    1, "write `exit` as the last line");
    bad("exit\nwait 1 day\nexit",                        2, "nobody comes here");
    bad("a: wait 1 day\ngo to a",                        2, "it goes back to line 1");
    bad("a: go to a",                                    1, "it goes back to line 1");
    bad("a: wait 1 day\na: exit",                        2, "the label `a` is taken");
    bad("exit\na:",                                      2, "no step follows the label `a`");
    bad("wait 1 day\nif answered go to x\nhop\nexit",    3, "`hop` is no step");
}

#[track_caller]
fn bad(text: &str, line: usize, says: &str) {
    let found = Steps::read(text).unwrap_err();
    let meant = found
        .iter()
        .any(|one| one.line == line && one.says.contains(says));
    assert!(meant, "{text:?}: {found:?}");
}

#[test]
fn too_many_steps_are_refused() {
    let text = "wait 1 day\n".repeat(MAX_STEPS) + "exit";
    bad(&text, MAX_STEPS + 1, "at most 60 steps");
}

fn line() -> impl Strategy<Value = String> {
    let label = prop_oneof![Just("a"), Just("b"), Just("c")];
    (label.clone(), label, 0_u8..10).prop_map(|(one, two, kind)| match kind {
        0 => "exit".to_owned(),
        1 => format!("go to {one}"),
        2 => "wait 2 hours".to_owned(),
        3 => format!("if answered go to {one}"),
        4 => format!("split 30 to {one}, 70 to {two}"),
        5 => format!("send \"X\", if refused go to {one}"),
        6 => format!("{one}: exit"),
        7 => format!("{one}: wait until 08:30"),
        8 => format!("ask responder to \"call\", if skipped go to {two}"),
        _ => "send \"Y\"".to_owned(),
    })
}

proptest! {
    #[test]
    fn whatever_is_read_ends_for_everybody(lines in prop::collection::vec(line(), 0..12), turns in prop::collection::vec(any::<u8>(), 64)) {
        let Ok(steps) = Steps::read(&lines.join("\n")) else { return Ok(()); };
        let mut place = 0;
        for turn in turns {
            let ways = steps.ways(place);
            if ways.is_empty() {
                prop_assert!(matches!(steps.get(place).map(|it| &it.kind), Some(Kind::Exit)));
                return Ok(());
            }
            let next = ways[usize::from(turn) % ways.len()].to;
            prop_assert!(next > place && next < steps.len());
            place = next;
        }
        prop_assert!(false, "no end within {} steps", steps.len());
    }

    #[test]
    fn reading_never_panics(text in ".{0,200}") {
        let _ = Steps::read(&text);
    }

    #[test]
    fn a_share_in_a_hundred_is_one(word in any::<u64>(), first in 1_u8..100) {
        let split = Kind::Split(vec![
            Part { percent: first, to: 1 },
            Part { percent: 100 - first, to: 2 },
        ]);
        let place = (u128::from(word) * 100) >> 64;
        let expected = if place < u128::from(first) { 1 } else { 2 };
        prop_assert_eq!(split.dealt(&word.to_be_bytes()), Some(expected));
    }
}

#[test]
fn a_time_of_day_is_the_next_one_where_the_person_lives() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let nine = Kind::Until { hour: 9, minute: 0 };
    let until = |now: &str| {
        let now: Timestamp = now.parse().unwrap();
        nine.lasts_until(now, &zone).unwrap().to_string()
    };
    assert_eq!(until("2026-07-01T12:00:00Z"), "2026-07-01T13:00:00Z");
    assert_eq!(until("2026-07-01T13:00:00Z"), "2026-07-01T13:00:00Z");
    assert_eq!(until("2026-07-01T13:00:01Z"), "2026-07-02T13:00:00Z");
    // The night in which clocks go back.
    assert_eq!(until("2026-10-31T20:00:00Z"), "2026-11-01T14:00:00Z");
}

#[test]
fn s94_a_message_is_chosen_by_the_entry_and_by_every_condition_before_it() {
    let filter = Filter::read(r#"{"all":[{"any":[{"element":"age","from":65}]}]}"#).unwrap();
    let declaration = Declaration {
        name: String::new(),
        purpose: String::new(),
        rationale: String::new(),
        owner: String::new(),
        entry: Entry::Event {
            event: Event::LastVisit,
            source: "ehr".to_owned(),
            wait: Wait::hours(24 * 365),
        },
        most_per_day: 1,
        sender_name: String::new(),
        sender: String::new(),
        steps: "send \"A\"\nif in \"Old\" go to b\nif has appointment go to b\nsend \"A\"\nb: exit"
            .to_owned(),
        contents: BTreeMap::new(),
        audiences: BTreeMap::from([("Old".to_owned(), filter)]),
    };
    let steps = declaration.read().unwrap();
    assert_eq!(declaration.selection(&steps, 0), ["last_visit"]);
    assert_eq!(
        declaration.selection(&steps, 3),
        ["age", "appointment_date", "last_visit"]
    );
}

#[test]
#[rustfmt::skip] // A table.
fn s99_only_a_sudden_rise_asks_for_somebody() {
    let share = |n_refused, n| Share { n, n_refused };
    for (day, before, expected) in [
        (share(0, 0),   share(0, 0),     false),
        (share(4, 4),   share(0, 100),   false), // Too few to say.
        (share(5, 5),   share(0, 0),     true),  // Nothing to compare with.
        (share(40, 50), share(2, 100),   true),
        (share(40, 50), share(70, 100),  false), // As always.
        (share(5, 100), share(0, 1_000), false), // One in twenty.
        (share(30, 60), share(25, 100),  true),
    ] {
        assert_eq!(is_sudden(day, before), expected, "{day:?} after {before:?}");
    }
}
