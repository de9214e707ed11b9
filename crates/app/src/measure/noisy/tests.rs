#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;

use placet_domain::audience::{Card, Condition, Filter};
use placet_domain::id::{AppointmentId, AudienceId};
use placet_domain::measure::ReportRules;
use placet_domain::person::{Appointment, Relationship};
use placet_store::people;

use super::*;
use crate::desk::{Desk, minute, refused_as, start};
use crate::measure::set_rules;

/// Precise enough that the noise is hardly ever above three.
const DEAR: u32 = 5_000;

fn house(budget: u32) -> (Desk, AudienceId) {
    let desk = Desk::empty();
    for n in 1..=30 {
        desk.add_person(n, "Pat", "Moss", &format!("p{n}@example.org"));
    }
    let audience = desk
        .act(1, move |tx, ctx| {
            let rules = ReportRules {
                audience_budget: budget,
                house_budget: 2 * budget,
                ..ReportRules::default()
            };
            set_rules(tx, ctx, &rules)?;
            Ok(audience::create(tx, ctx, "Everybody", Filter::default())?.id)
        })
        .unwrap();
    (desk, audience)
}

fn ask(audience: AudienceId, counted: Counted, cost: u32) -> NoisyAsk {
    NoisyAsk {
        audience,
        counted,
        from: "2026-06-01".parse().unwrap(),
        to: "2026-06-30".parse().unwrap(),
        cost,
    }
}

fn given(desk: &Desk, n: i64, ask: NoisyAsk) -> Result<Given, ActError> {
    let index = Index::default();
    let looked = desk
        .store
        .read_blocking(move |tx| look(tx, &index, minute(n), &ask))?;
    desk.act(n, move |tx, ctx| give(tx, ctx, &looked))
}

#[track_caller]
fn is_new(given: Given) -> NoisyCount {
    match given {
        Given::New(count) => count,
        other => panic!("{other:?}"),
    }
}

fn kinds(desk: &Desk) -> Vec<String> {
    let all = desk.entries().into_iter().map(|entry| entry.kind);
    all.filter(|kind| kind.starts_with("measure.")).collect()
}

#[test]
fn a_count_has_its_noise_and_the_same_question_gets_the_same_answer() {
    let (desk, audience) = house(10_000);
    let first = is_new(given(&desk, 2, ask(audience, Counted::People, DEAR)).unwrap());
    assert!(first.answer.abs_diff(30) < 8, "{}", first.answer);
    let same = Given::Before(first.clone());
    assert_eq!(
        given(&desk, 3, ask(audience, Counted::People, DEAR)).unwrap(),
        same
    );
    // Less precision is had from what was given.
    assert_eq!(
        given(&desk, 4, ask(audience, Counted::People, 100)).unwrap(),
        same
    );
    // Another audience of the same people is the same question.
    let twin = desk
        .act(5, |tx, ctx| {
            Ok(audience::create(tx, ctx, "Twin", Filter::default())?.id)
        })
        .unwrap();
    assert_eq!(
        given(&desk, 6, ask(twin, Counted::People, DEAR)).unwrap(),
        same
    );
    assert_eq!(
        kinds(&desk),
        [
            "measure.counted",
            "measure.count_repeated",
            "measure.count_repeated",
            "measure.count_repeated"
        ]
    );
    let budgets = desk
        .store
        .read_blocking::<_, _, StoreError>(|tx| budgets(tx, start()))
        .unwrap();
    let left: Vec<u32> = budgets.iter().map(|(_, left)| left.of_audience).collect();
    assert_eq!(left, [5_000, 10_000], "of everybody and of the twin");
    assert!(budgets.iter().all(|(_, left)| left.of_all == 15_000));
}

#[test]
fn a_spent_budget_refuses_and_says_what_is_left_and_until_when() {
    let (desk, audience) = house(1_000);
    is_new(given(&desk, 2, ask(audience, Counted::People, 700)).unwrap());
    let refused = given(&desk, 3, ask(audience, Counted::Booked, 500)).unwrap();
    let Given::Refused { left, cost } = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((left.of_audience, left.of_all, cost), (300, 1_300, 500));
    assert_eq!(left.renews_on.to_string(), "2027-01-01");
    // What is left can still be spent.
    is_new(given(&desk, 4, ask(audience, Counted::Booked, 300)).unwrap());
    assert_eq!(
        kinds(&desk),
        [
            "measure.counted",
            "measure.count_refused",
            "measure.counted"
        ]
    );
    // The next year begins anew: half a year later.
    let next_year = 60 * 24 * 200;
    is_new(given(&desk, next_year, ask(audience, Counted::People, 900)).unwrap());
}

#[test]
fn all_audiences_share_a_budget_for_they_share_people() {
    let (desk, first) = house(1_000);
    let others = desk
        .act(2, |tx, ctx| {
            let of = |is| {
                let any = vec![Condition::Relationship { is: vec![is] }];
                Filter {
                    all: vec![Card { any }],
                }
            };
            let patients = audience::create(tx, ctx, "Patients", of(Relationship::Patient))?.id;
            let donors = audience::create(tx, ctx, "Donors", of(Relationship::Donor))?.id;
            Ok([patients, donors])
        })
        .unwrap();
    is_new(given(&desk, 3, ask(first, Counted::People, 1_000)).unwrap());
    is_new(given(&desk, 4, ask(others[0], Counted::People, 800)).unwrap());
    let refused = given(&desk, 5, ask(others[1], Counted::People, 300)).unwrap();
    let Given::Refused { left, .. } = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((left.of_audience, left.of_all), (1_000, 200));
}

/// Whoever comes often counts once; who called off or came at another time does not.
#[test]
fn appointments_of_the_period_count_each_person_once() {
    let (desk, audience) = house(10_000);
    desk.act(2, |tx, ctx| {
        for (n, (person, day, status)) in [
            (1, "2026-06-01T14:00:00Z", "booked"),
            (1, "2026-06-20T14:00:00Z", "fulfilled"),
            (2, "2026-06-30T23:59:00Z", "arrived"),
            (3, "2026-06-10T14:00:00Z", "cancelled"),
            (4, "2026-07-01T00:00:00Z", "booked"),
        ]
        .into_iter()
        .enumerate()
        {
            let appointment = Appointment {
                id: ctx.new_id::<AppointmentId>(),
                person: PersonId::from([person; 16]),
                starts_at: day.parse().unwrap(),
                status: status.to_owned(),
                details: BTreeMap::new(),
            };
            people::put_appointment(tx, &appointment, format!("a{n}").as_bytes())?;
        }
        tx.record(Entry::new("test"));
        Ok(())
    })
    .unwrap();
    let index = Index::default();
    let ask = ask(audience, Counted::Booked, DEAR);
    let looked = desk
        .store
        .read_blocking(move |tx| look(tx, &index, minute(3), &ask))
        .unwrap();
    assert_eq!(looked.count, 2);
}

#[test]
fn what_is_not_over_or_not_sound_is_not_counted() {
    let (desk, audience) = house(10_000);
    let good = ask(audience, Counted::Written, 500);
    for (wrong, field) in [
        (NoisyAsk { cost: 5, ..good }, "cost"),
        (
            NoisyAsk {
                cost: 9_000,
                ..good
            },
            "cost",
        ),
        (
            NoisyAsk {
                to: "2026-07-01".parse().unwrap(),
                ..good
            },
            "to",
        ),
        (
            NoisyAsk {
                from: "2026-07-01".parse().unwrap(),
                ..good
            },
            "to",
        ),
    ] {
        match given(&desk, 2, wrong) {
            Err(ActError::Invalid(problems)) => assert_eq!(problems[0].field, field),
            other => panic!("{other:?}"),
        }
    }
    assert!(is_new(given(&desk, 3, good).unwrap()).answer < 8);
}

#[test]
fn an_audience_that_changes_while_it_is_counted_is_counted_again() {
    let (desk, audience) = house(1_000);
    let (index, asked) = (Index::default(), ask(audience, Counted::People, 500));
    let looked = desk
        .store
        .read_blocking(move |tx| look(tx, &index, minute(2), &asked))
        .unwrap();
    desk.act(3, move |tx, ctx| {
        let any = vec![Condition::HasEmail];
        let filter = Filter {
            all: vec![Card { any }],
        };
        audience::change(tx, ctx, audience, "With e-mail", filter).map(drop)
    })
    .unwrap();
    let stale = desk.act(4, move |tx, ctx| give(tx, ctx, &looked));
    refused_as(stale, "measure.audience_changed");
}

#[test]
fn a_noisy_count_below_the_smallest_cell_is_not_shown() {
    let (desk, audience) = house(10_000);
    let count = is_new(given(&desk, 2, ask(audience, Counted::People, DEAR)).unwrap());
    let (answer, [low, high]) = shown(&count, 11).unwrap();
    assert!(low <= answer && answer <= high && high - low < 10);
    assert_eq!(shown(&count, answer + 1), None);
}
