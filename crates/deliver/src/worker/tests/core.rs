//! The worker's state machine, without threads.

use std::time::Duration;

use placet_app::delivery::{Claims, Settled, Ticket};
use placet_domain::delivery::{Answer, Outcome};
use placet_domain::id::DeliveryId;

use crate::worker::core::{Core, Event, Step};

const LOOK: Duration = Duration::from_millis(100);
const BEAT: Duration = Duration::from_secs(10);

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn done(line: usize, answer: Answer, is_up: bool) -> Event {
    let ticket = Ticket {
        delivery: DeliveryId::from([line as u8; 16]),
        campaign: [1; 16].into(),
        person: [2; 16].into(),
        contact_point: [3; 16].into(),
        n_attempts: 1,
    };
    let outcome = Outcome {
        answer,
        dialogue: String::new(),
    };
    Event::Done {
        line,
        settled: Box::new(Settled { ticket, outcome }),
        is_up,
    }
}

/// A worker whose lease is fresh, that has looked and found `waiting`.
fn looked(lines: usize, waiting: usize) -> Core {
    let mut core = Core::new(lines, LOOK, BEAT);
    assert_eq!(core.next(at(0)), Step::Beat);
    core.beaten(at(0));
    assert_eq!(core.next(at(0)), Step::Look);
    core.looked(at(0), waiting);
    core
}

#[test]
fn lines_are_opened_for_those_who_wait_and_no_more() {
    assert_eq!(looked(8, 3).next(at(0)), Step::Open(vec![0, 1, 2]));
    assert_eq!(looked(2, 100).next(at(0)), Step::Open(vec![0, 1]));
    assert_eq!(looked(2, 0).next(at(0)), Step::Wait(LOOK));
}

#[test]
fn only_free_lines_are_claimed_for() {
    let mut core = looked(3, 100);
    assert_eq!(core.next(at(0)), Step::Open(vec![0, 1, 2]));
    core.hear(at(1), Event::Up(0));
    core.hear(at(1), Event::Up(2));
    assert_eq!(core.next(at(1)), Step::Act { n: 2 });
}

#[test]
fn a_carrier_that_is_away_is_asked_ever_less_often() {
    let mut core = looked(1, 10);
    let (mut tries, mut now) = (Vec::new(), at(0));
    while tries.len() < 12 {
        match core.next(now) {
            Step::Wait(wait) => now += wait,
            Step::Beat => core.beaten(now),
            Step::Open(_) => {
                tries.push(now);
                core.hear(
                    now,
                    Event::Down {
                        line: 0,
                        why: "away".to_owned(),
                    },
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let waits: Vec<Duration> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.is_sorted(), "{waits:?}");
    assert_eq!((waits[0], waits[10]), (at(200), at(60_000)));
}

/// Settling alone says nothing about how many wait.
#[test]
fn an_act_that_only_settles_does_not_put_looking_off() {
    let mut core = looked(2, 10);
    core.next(at(0));
    core.hear(
        at(0),
        done(0, Answer::NotSent { why: String::new() }, false),
    );
    for _ in 0..20 {
        core.hear(
            at(0),
            done(
                1,
                Answer::Accepted {
                    code: 250,
                    text: String::new(),
                },
                false,
            ),
        );
        core.hear(
            at(0),
            done(0, Answer::NotSent { why: String::new() }, false),
        );
        assert_eq!(core.next(at(0)), Step::Act { n: 0 });
        core.acted(at(0), 0, &Claims::default());
    }
    assert!(matches!(core.next(at(1_000)), Step::Open(_)));
}

#[test]
fn a_store_that_failed_is_told_what_is_under_way() {
    let mut core = looked(2, 10);
    core.next(at(0));
    core.hear(at(0), Event::Up(0));
    assert_eq!(core.in_doubt(), None);
    core.failed(at(0));
    core.hear(
        at(0),
        done(1, Answer::NotSent { why: String::new() }, false),
    );
    assert_eq!(core.in_doubt(), Some(vec![DeliveryId::from([1; 16])]));
    assert!(matches!(core.next(at(1)), Step::Wait(_)), "not at once");
    assert!(matches!(core.next(at(5_000)), Step::Act { .. }));
    core.acted(at(5_000), 0, &Claims::default());
    assert_eq!(core.in_doubt(), None);
}

#[test]
fn stopping_waits_for_answers_and_settles_them() {
    let mut core = looked(1, 10);
    assert_eq!(core.next(at(0)), Step::Open(vec![0]));
    core.hear(at(0), Event::Stop);
    assert!(
        matches!(core.next(at(0)), Step::Wait(_)),
        "a line is on its way up"
    );
    core.hear(
        at(1),
        done(
            0,
            Answer::Accepted {
                code: 250,
                text: String::new(),
            },
            true,
        ),
    );
    assert_eq!(core.next(at(1)), Step::Act { n: 0 });
    core.acted(at(1), 0, &Claims::default());
    assert_eq!(core.next(at(1)), Step::Leave);
}

#[test]
fn a_store_that_stays_away_does_not_hold_up_the_end() {
    let mut core = looked(1, 1);
    core.next(at(0));
    core.hear(
        at(0),
        done(
            0,
            Answer::Accepted {
                code: 250,
                text: String::new(),
            },
            true,
        ),
    );
    core.hear(at(0), Event::Stop);
    let mut n = 0;
    while core.next(at(0)) != Step::Leave {
        core.failed(at(0));
        n += 1;
    }
    assert_eq!(n, 5);
}

#[test]
fn idle_lines_are_taken_down_and_looking_grows_rarer_without_work() {
    let mut core = looked(1, 1);
    assert_eq!(core.next(at(0)), Step::Open(vec![0]));
    core.hear(at(0), Event::Up(0));
    assert_eq!(core.next(at(0)), Step::Act { n: 1 });
    core.acted(at(0), 1, &Claims::default());
    assert_eq!(core.next(at(0)), Step::Wait(LOOK * 2), "nothing came of it");
    assert_eq!(core.next(at(6_000)), Step::Rest(vec![0]));
    core.hear(at(6_000), Event::Woken);
    assert_eq!(core.next(at(6_000)), Step::Look);
}
