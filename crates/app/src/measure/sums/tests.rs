#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;

use placet_domain::id::{AppointmentId, PersonId};
use placet_domain::measure::sums::Every;
use placet_domain::person::Appointment;
use placet_store::people;

use super::*;
use crate::desk::{Desk, minute};

/// So many people of Ohio, of whom the first `n` come on each of these days.
fn house(people: u8, visits: &'static [(&'static str, u8)]) -> Desk {
    let desk = Desk::empty();
    for n in 1..=people {
        desk.add_person(n, "Pat", "Moss", &format!("p{n}@example.org"));
    }
    desk.act(1, move |tx, ctx| {
        for (day, n) in visits {
            for person in 1..=*n {
                let appointment = Appointment {
                    id: ctx.new_id::<AppointmentId>(),
                    person: PersonId::from([person; 16]),
                    starts_at: format!("{day}T15:00:00Z").parse().unwrap(),
                    status: "fulfilled".to_owned(),
                    details: BTreeMap::new(),
                };
                people::put_appointment(tx, &appointment, format!("{day} {person}").as_bytes())?;
            }
        }
        tx.record(Entry::new("test"));
        Ok(())
    })
    .unwrap();
    desk
}

fn ask(counted: &[Summed], every: Every, across: Across) -> SumsAsk {
    SumsAsk {
        counted: counted.to_vec(),
        every,
        across,
        from: "2026-Q1".parse().unwrap(),
        to: "2026-Q1".parse().unwrap(),
    }
}

fn kept(desk: &Desk, n: i64, ask: &SumsAsk, beside: Option<Beside>) -> Result<Given, ActError> {
    let asked = ask.clone();
    let looked = desk
        .store
        .read_blocking(move |tx| look(tx, minute(n), &asked))?;
    desk.act(n, move |tx, ctx| {
        keep(tx, ctx, &looked, "From our records", beside.as_ref())
    })
}

#[track_caller]
fn table(given: Given) -> String {
    match given {
        Given::Kept { csv, .. } => String::from_utf8(csv).unwrap(),
        Given::Refused { why } => panic!("{why}"),
    }
}

fn kinds(desk: &Desk) -> Vec<String> {
    let all = desk.entries().into_iter().map(|entry| entry.kind);
    all.filter(|kind| kind.starts_with("measure.")).collect()
}

/// Three weeks of January with enough people each; one who comes twice is new once.
const BUSY: &[(&str, u8)] = &[("2026-01-07", 12), ("2026-01-14", 30), ("2026-02-10", 15)];

// S165: our own records are the source; sums leave, people do not.
#[test]
fn weeks_are_counted_and_kept_as_a_table_with_its_entries() {
    let desk = house(30, BUSY);
    let asked = ask(
        &[Summed::NewPatients, Summed::Bookings],
        Every::Week,
        Across::All,
    );
    let csv = table(kept(&desk, 2, &asked, None).unwrap());
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "week,new_patients,bookings");
    assert_eq!(lines.len(), 14, "{csv}");
    assert!(lines.contains(&"2026-01-05,12,12"), "{csv}");
    assert!(lines.contains(&"2026-01-12,18,30"), "{csv}");
    assert!(lines.contains(&"2026-02-09,0,15"), "{csv}");
    assert_eq!(kinds(&desk), ["measure.data_added", "measure.summed"]);
}

#[test]
fn a_small_count_refuses_the_table_and_says_what_would_do() {
    let desk = house(
        30,
        &[("2026-01-07", 20), ("2026-01-14", 5), ("2026-02-10", 15)],
    );
    let weeks = ask(&[Summed::Bookings], Every::Week, Across::All);
    let Given::Refused { why } = kept(&desk, 2, &weeks, None).unwrap() else {
        panic!("five people were shown")
    };
    assert!(
        why.contains("between 1 and 10") && why.contains("by month"),
        "{why}"
    );
    assert_eq!(kinds(&desk), ["measure.sums_refused"]);
    let months = ask(&[Summed::Bookings], Every::Month, Across::All);
    let csv = table(kept(&desk, 3, &months, None).unwrap());
    assert_eq!(
        csv,
        "month,bookings\n2026-01-01,25\n2026-02-01,15\n2026-03-01,0\n"
    );
}

/// Everything a table shows was counted, and no small count follows from it and the totals.
#[test]
fn a_state_that_is_small_anywhere_is_left_out_and_so_is_what_would_tell_it() {
    let small = [
        ("A".to_owned(), vec![40, 50, 60]),
        ("B".to_owned(), vec![30, 4, 20]),
        ("C".to_owned(), vec![70, 80, 90]),
        ("D".to_owned(), vec![25, 35, 45]),
    ];
    let mut found = Found::new();
    for (name, line) in &small {
        for (t, n) in line.iter().enumerate() {
            found.insert((name.clone(), t), *n);
        }
    }
    let cells = shown(&found, 3, Across::Region, 11);
    let whole: Vec<&String> = cells
        .iter()
        .filter(|(_, line)| line.iter().all(|cell| cell.count().is_some()))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(whole.len(), 2, "{cells:?}");
    assert!(!whole.contains(&&"B".to_owned()));
    // Two states alone give each other away by the total of both.
    found.retain(|(name, _), _| name == "A" || name == "B");
    let cells = shown(&found, 3, Across::Region, 11);
    assert!(
        cells["A"].iter().any(|cell| cell.count().is_none()),
        "{cells:?}"
    );
    found.retain(|(name, _), _| name == "B");
    assert_eq!(
        shown(&found, 1, Across::Region, 11)["B"][0],
        Cell::Shown(30)
    );
}

#[test]
fn counts_go_beside_the_spend_of_the_same_weeks() {
    let desk = house(30, BUSY);
    let asked = ask(&[Summed::Bookings], Every::Week, Across::Region);
    let beside = |text: &str, region: &str| {
        Some(Beside {
            table: Table::read(text.as_bytes()).unwrap(),
            date: String::new(),
            region: region.to_owned(),
        })
    };
    let spend = "state,week,search\nOH,2026-01-05,100\nOH,2026-01-12,120\n";
    let csv = table(kept(&desk, 2, &asked, beside(spend, "state")).unwrap());
    assert_eq!(
        csv,
        "state,week,search,bookings\nOH,2026-01-05,100,12\nOH,2026-01-12,120,30\n"
    );
    for (text, region, field) in [
        ("state,week,search\nOH,2026-01-06,100\n", "state", "date"),
        ("state,week,search\nTX,2026-01-05,100\n", "state", "region"),
        ("state,week,search\nOH,2026-01-05,100\n", "place", "region"),
        (
            "state,week,bookings\nOH,2026-01-05,100\n",
            "state",
            "dataset",
        ),
        ("state,week,search\nOH,soon,100\n", "state", "date"),
    ] {
        let Err(ActError::Invalid(found)) = kept(&desk, 3, &asked, beside(text, region)) else {
            panic!("{text}")
        };
        assert_eq!(found[0].field, field, "{text}");
    }
}

#[test]
fn what_cannot_be_asked_is_named() {
    let desk = house(1, &[]);
    let plain = ask(&[Summed::Bookings], Every::Week, Across::All);
    let quarter = |text: &str| text.parse::<Quarter>().unwrap();
    for (asked, field) in [
        (
            SumsAsk {
                counted: vec![],
                ..plain.clone()
            },
            "counted",
        ),
        (
            SumsAsk {
                across: Across::Campaign,
                ..plain.clone()
            },
            "counted",
        ),
        (
            SumsAsk {
                to: quarter("2025-Q4"),
                ..plain.clone()
            },
            "to",
        ),
        (
            SumsAsk {
                to: quarter("2026-Q3"),
                ..plain.clone()
            },
            "to",
        ),
        // The last week of June ends in July.
        (
            SumsAsk {
                to: quarter("2026-Q2"),
                ..plain.clone()
            },
            "to",
        ),
        (
            SumsAsk {
                from: quarter("2000-Q1"),
                ..plain.clone()
            },
            "from",
        ),
    ] {
        let Err(ActError::Invalid(found)) = kept(&desk, 2, &asked, None) else {
            panic!("{asked:?}")
        };
        assert_eq!(found[0].field, field, "{asked:?}");
    }
    let Given::Refused { why } = kept(&desk, 3, &plain, None).unwrap() else {
        panic!("nobody came")
    };
    assert!(why.contains("nobody"), "{why}");
    assert_eq!(
        offered("2026-07-01".parse().unwrap())[0],
        quarter("2026-Q2")
    );
}
