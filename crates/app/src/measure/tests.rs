#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use placet_domain::id::{RunId, WorkerId};
use placet_domain::measure::{Ending, Stand, Way};
use placet_domain::operator::Actor;
use placet_measure::Refusal;
use serde_json::Value;

use super::answer::answer;
use super::ask::{Ask, Budget, Cost, Geo, Holdout, Impact, Mmm, Power};
use super::run::{End, NewRun, Work};
use super::*;
use crate::desk::{Desk, minute, start};

/// 110 weeks in which search works and radio hardly does.
fn weekly() -> String {
    let mut text = "week,patients,search,radio\n".to_owned();
    let begin = jiff::civil::date(2024, 1, 1);
    let mut noise = 7_u64;
    for t in 0..110_i32 {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(11);
        let wobble = (noise >> 33) as f64 / f64::from(u32::MAX) * 2.0;
        let search = 1000.0 + 900.0 * (f64::from(t) * 0.7).sin();
        let radio = if t % 5 == 0 {
            800.0
        } else {
            100.0 + f64::from(t % 7)
        };
        let y = 200.0 + 90.0 * (search / 1500.0).tanh() + radio * 0.01 + 8.0 * wobble;
        let day = begin.saturating_add(jiff::Span::new().days(7 * t));
        text.push_str(&format!("{day},{},{search:.1},{radio}\n", y.round()));
    }
    text
}

fn keep(desk: &Desk, name: &'static str, text: String) -> DatasetId {
    // Each at an instant of its own: ids follow from it.
    let n = -2 - i64::try_from(text.len() % 500).unwrap();
    desk.act(n, move |tx, ctx| {
        add_dataset(tx, ctx, name, text.as_bytes())
    })
    .unwrap()
}

fn asked(desk: &Desk, n: i64, ask: Ask, dataset: Option<DatasetId>) -> RunId {
    asked_from(desk, n, ask, dataset, None)
}

fn asked_from(
    desk: &Desk,
    n: i64,
    ask: Ask,
    dataset: Option<DatasetId>,
    source: Option<RunId>,
) -> RunId {
    let new = NewRun {
        name: String::new(),
        ask,
        dataset,
        source,
        campaign: None,
        seed: 3,
    };
    desk.act(n, move |tx, ctx| run::ask(tx, ctx, &new)).unwrap()
}

fn claimed(desk: &Desk, n: i64) -> Option<Work> {
    desk.act_as(Actor::System("measure"), n, move |tx, ctx| {
        run::claim(tx, ctx, WorkerId::from([8; 16]), minute(n + 1))
    })
    .unwrap()
}

/// Does what the worker of a process does.
fn work_off(desk: &Desk, n: i64) -> Result<Value, Refusal> {
    let work = claimed(desk, n).unwrap();
    let found = answer(&work, 1, &|_, _| true);
    let (id, end) = (work.run.id, End::from(found.clone()));
    let is_new = desk.act(n, move |tx, ctx| run::end(tx, ctx, id, &end));
    assert!(is_new.unwrap());
    found
}

fn stand(desk: &Desk, id: RunId) -> Stand {
    desk.store
        .read_blocking::<_, _, ActError>(move |tx| run::find(tx, id))
        .unwrap()
        .1
}

fn mix() -> Mmm {
    serde_json::from_str(
        r#"{"date": "week", "outcome": "patients", "channels": ["search", "radio"], "draws": 200}"#,
    )
    .unwrap()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let table = Table::read(text.as_bytes()).unwrap();
    let signs = persons::signs(&table, start());
    let said: Vec<String> = signs.iter().map(|s| s.clone().problem().problem).collect();
    match expected {
        "" => assert!(signs.is_empty(), "{said:?}"),
        words => assert!(said.iter().any(|s| s.contains(words)), "{said:?}"),
    }
}

fn rows(head: &str, n: usize, row: impl Fn(usize) -> String) -> String {
    let body: Vec<String> = (0..n).map(row).collect();
    format!("{head}\n{}\n", body.join("\n"))
}

/// S156: sums come in, people do not.
#[test]
#[rustfmt::skip] // A table.
fn s156_a_list_of_people_is_refused_and_sums_are_not() {
    check(&weekly(), "");
    check(&placet_testing::panel(), "");
    check(&rows("month,channel,spend,patients", 12, |i| format!("2026-{:02},search,100,20", i + 1)), "");
    check(&rows("month,spend,patients", 12, |i| format!("{} 2026,100,20", ["Jan", "February", "Mar"][i % 3])), "");
    check(&rows("week,email_spend,mobile_spend,website_visits,patients", 12, |i| format!("{},5,6,4155550100,12", jiff::civil::date(2026, 1, 1 + i as i8))), "");
    check(&rows("city,day,visits", 90, |i| format!("{},2026-03-{:02},{}", ["jackson", "austin", "charlotte"][i % 3], 1 + i / 3, 40 + i)), "");
    check(&rows("patient_id,visits", 3, |i| format!("{i},2")),                                "is titled like");
    check(&rows("mrn,week", 3, |i| format!("{i},2026-01-05")),                               "medical record");
    check(&rows("dob,spend", 3, |i| format!("1960-01-{:02},4", i + 1)),                      "date of birth");
    check(&rows("who,spend", 3, |i| format!("a{i}@example.org,4")),                          "points at one person");
    check(&rows("phone,spend", 12, |i| format!("41555501{i:02},4")),                         "telephone");
    check(&rows("label,spend", 12, |i| format!("row {i},4")),                                "text of its own");
    check(&rows("treated,converted", 40, |i| format!("{},{}", i % 2, i % 3 / 2)),            "every number is 0 or 1");
}

#[test]
fn a_refused_table_is_not_kept_and_its_reason_repeats_no_cell() {
    let desk = Desk::empty();
    let text = rows("email,spend", 12, |i| {
        format!("pat.example{i}@example.org,4")
    });
    let refused = desk.act(1, move |tx, ctx| {
        add_dataset(tx, ctx, "List", text.as_bytes())
    });
    let Err(ActError::Invalid(problems)) = refused else {
        panic!("it is a list of people")
    };
    assert!(problems.iter().all(|p| !p.problem.contains("pat.example")));
    let kept = |tx: &mut Tx| measures::list_datasets(tx, 10);
    assert!(
        desk.store
            .read_blocking::<_, _, StoreError>(kept)
            .unwrap()
            .is_empty()
    );
    assert!(desk.entries().is_empty());
}

/// S159: a media mix on sums, asked, answered by the worker, kept with hash, seed and version.
#[test]
fn s159_a_media_mix_is_asked_and_answered_and_a_budget_goes_by_its_curves() {
    let desk = Desk::empty();
    let set = keep(&desk, "Weekly", weekly());
    let id = asked(&desk, 2, Ask::Mmm(mix()), Some(set));
    assert_eq!(stand(&desk, id), Stand::Waiting);
    let found = work_off(&desk, 3).unwrap();
    let Stand::Ended(ended) = stand(&desk, id) else {
        panic!("it ended")
    };
    assert_eq!(ended.how, Ending::Done);
    assert_eq!(ended.version, placet_measure::VERSION);
    let bytes = desk
        .store
        .read_blocking::<_, _, StoreError>(move |tx| measures::find_result(tx, id))
        .unwrap()
        .unwrap();
    assert_eq!(ended.result_hash, Some(sha256(&bytes)));
    assert!(bytes == found.to_string().into_bytes());
    let kept: Value = serde_json::from_slice(&bytes).unwrap();
    let read: outcome::Mmm = outcome::read(&kept).unwrap();
    assert_eq!(read.report.series.dates.len(), 110);
    let search = &read.report.channel["search"];
    let radio = &read.report.channel["radio"];
    assert!(search.contribution_total.q50 > radio.contribution_total.q50);

    let spent: f64 = read.plan.allocation.iter().map(|p| p.spent).sum();
    let ask = Ask::Budget(Budget {
        budget: Some(spent),
        bounds: vec![("radio".to_owned(), 0.0, 50.0)],
        ..Budget::default()
    });
    asked_from(&desk, 4, ask, None, Some(id));
    let plan: outcome::Plan = outcome::read(&work_off(&desk, 5).unwrap()).unwrap();
    let total: f64 = plan.allocation.iter().map(|p| p.spend).sum();
    assert!((total - spent).abs() < 0.01 * spent, "{total} {spent}");
    let of_radio = plan
        .allocation
        .iter()
        .find(|p| p.channel == "radio")
        .unwrap();
    assert!(of_radio.spend <= 50.0);

    // S158: whoever reads a report leaves an entry; what has no result leaves none.
    let open = |n, way| desk.act(n, move |tx, ctx| report::open(tx, ctx, id, way));
    assert!(open(6, Way::Csv).unwrap().get("report").is_some());
    let other = RunId::from([9; 16]);
    let nothing = desk.act(7, move |tx, ctx| report::open(tx, ctx, other, Way::Page));
    assert!(matches!(nothing, Err(ActError::NotFound(_))));

    let kinds: Vec<String> = desk.entries().into_iter().map(|e| e.kind).collect();
    let expected = [
        "measure.data_added",
        "measure.asked",
        "measure.begun",
        "measure.ended",
        "measure.asked",
        "measure.begun",
        "measure.ended",
        "measure.read",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn the_same_seed_gives_the_same_result_again() {
    let desk = Desk::empty();
    let set = keep(&desk, "Weekly", weekly());
    let id = asked(&desk, 2, Ask::Mmm(mix()), Some(set));
    let first = work_off(&desk, 3).unwrap();
    let second = desk.act(4, move |tx, ctx| run::again(tx, ctx, id)).unwrap();
    assert_ne!(second, id);
    assert!(work_off(&desk, 5).unwrap() == first);
}

/// S160, S163: too little is refused with what is missing.
#[test]
fn thin_data_ends_as_a_refusal_that_says_the_next_step() {
    let desk = Desk::empty();
    let few: String = weekly()
        .lines()
        .take(12)
        .map(|l| format!("{l}\n"))
        .collect();
    let set = keep(&desk, "Few", few);
    let id = asked(&desk, 2, Ask::Mmm(mix()), Some(set));
    work_off(&desk, 3).unwrap_err();
    let Stand::Ended(ended) = stand(&desk, id) else {
        panic!("it ended")
    };
    assert_eq!(ended.how, Ending::Refused);
    assert!(ended.says.contains("; "), "{}", ended.says);
    let power = Power {
        people: Some(20_000),
        rate: Some(0.02),
        ..Power::default()
    };
    asked(&desk, 4, Ask::Power(power), None);
    let found: outcome::HoldoutPower = outcome::read(&work_off(&desk, 5).unwrap()).unwrap();
    assert!(found.plans.iter().all(|p| p.smallest_lift > 0.0));
}

/// S161, S162: a geo test and a change of one series, by the same path.
#[test]
fn s161_a_geo_test_and_an_impact_are_answered_in_shapes_that_pages_read() {
    let desk = Desk::empty();
    let set = keep(&desk, "Areas", placet_testing::panel());
    let ask = Geo {
        region: "region".into(),
        date: "day".into(),
        outcome: "visits".into(),
        treated: vec!["area 0".into(), "area 1".into()],
        from: "2026-02-26".into(),
        leave_out: Vec::new(),
    };
    asked(&desk, 2, Ask::Geo(ask.clone()), Some(set));
    let geo: outcome::Geo = outcome::read(&work_off(&desk, 3).unwrap()).unwrap();
    assert_eq!(geo.lengths, [56, 14]);
    assert!(geo.synthetic.lift > 0.1, "{}", geo.synthetic.lift);
    let power = Power {
        region: "region".into(),
        date: "day".into(),
        outcome: "visits".into(),
        markets: vec![2],
        durations: vec![7],
        ..Power::default()
    };
    asked(&desk, 4, Ask::Power(power), Some(set));
    let ways: outcome::Power = outcome::read(&work_off(&desk, 5).unwrap()).unwrap();
    assert!(!ways.plans.is_empty());

    let series = keep(&desk, "Weekly", weekly());
    let ask = Impact {
        date: "week".into(),
        outcome: "patients".into(),
        controls: vec!["search".into()],
        from: "2025-10-06".into(),
        draws: 300,
    };
    asked(&desk, 6, Ask::Impact(ask), Some(series));
    let impact: outcome::Impact = outcome::read(&work_off(&desk, 7).unwrap()).unwrap();
    assert_eq!(impact.report.series.len(), impact.dates.len() - impact.pre);
}

#[test]
fn small_counts_are_shown_nowhere() {
    let desk = Desk::empty();
    let text = weekly();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut small: Vec<&str> = lines[40].split(',').collect();
    small[1] = "4";
    lines[40] = small.join(",");
    let set = keep(&desk, "Weekly", format!("{}\n", lines.join("\n")));
    asked(&desk, 2, Ask::Mmm(mix()), Some(set));
    let found: outcome::Mmm = outcome::read(&work_off(&desk, 3).unwrap()).unwrap();
    let actual = found.report.series.actual;
    assert_eq!(actual[39], None);
    // Another week is hidden with it, or the total would tell.
    assert!(actual.iter().filter(|v| v.is_none()).count() >= 2);

    let ask = Holdout {
        treated: 2_000,
        treated_outcomes: 90,
        held_out: 500,
        held_out_outcomes: 7,
        groups: None,
    };
    asked(&desk, 4, Ask::Holdout(ask), None);
    assert_eq!(work_off(&desk, 5).unwrap_err().code, "small_cell");

    let costs = "month,channel,spend,patients\n2026-01,search,900,40\n2026-02,search,900,3\n2026-01,radio,500,30\n2026-02,radio,500,50\n";
    let set = keep(&desk, "Costs", costs.to_owned());
    let ask = Cost {
        month: "month".into(),
        channel: "channel".into(),
        spend: "spend".into(),
        patients: "patients".into(),
        platform: None,
    };
    asked(&desk, 6, Ask::Cost(ask), Some(set));
    let cost: outcome::Cost = outcome::read(&work_off(&desk, 7).unwrap()).unwrap();
    assert_eq!(cost.channels["search"]["2026-02"].patients, None);
}

#[test]
fn the_threshold_is_the_organizations_to_raise() {
    let desk = Desk::empty();
    let rules = |n| ReportRules {
        smallest_cell: n,
        ..ReportRules::default()
    };
    assert!(
        desk.act(1, move |tx, ctx| set_rules(tx, ctx, &rules(4)))
            .is_err()
    );
    desk.act(2, move |tx, ctx| set_rules(tx, ctx, &rules(25)))
        .unwrap();
    let ask = Holdout {
        treated: 2_000,
        treated_outcomes: 90,
        held_out: 500,
        held_out_outcomes: 20,
        groups: None,
    };
    asked(&desk, 3, Ask::Holdout(ask), None);
    assert_eq!(work_off(&desk, 4).unwrap_err().code, "small_cell");
}

#[test]
fn a_run_whose_worker_is_gone_is_said_to_be_interrupted_and_can_be_asked_again() {
    let desk = Desk::empty();
    let set = keep(&desk, "Weekly", weekly());
    let id = asked(&desk, 2, Ask::Mmm(mix()), Some(set));
    claimed(&desk, 3).unwrap();
    assert!(claimed(&desk, 4).is_none());
    assert_eq!(desk.act(4, run::sweep).unwrap(), 0);
    assert_eq!(desk.act(6, run::sweep).unwrap(), 1);
    let Stand::Ended(ended) = stand(&desk, id) else {
        panic!("it ended")
    };
    assert_eq!(ended.how, Ending::Interrupted);
    // A worker that comes back late changes nothing.
    let late = desk.act(7, move |tx, ctx| run::end(tx, ctx, id, &End::Stopped));
    assert!(!late.unwrap_or(false));
    let next = desk.act(8, move |tx, ctx| run::again(tx, ctx, id)).unwrap();
    work_off(&desk, 9).unwrap();
    assert!(stand(&desk, next).is_done());
}

#[test]
fn a_run_is_stopped_while_it_waits_and_while_it_runs() {
    let desk = Desk::empty();
    let set = keep(&desk, "Weekly", weekly());
    let waiting = asked(&desk, 2, Ask::Mmm(mix()), Some(set));
    desk.act(3, move |tx, ctx| run::stop(tx, ctx, waiting))
        .unwrap();
    assert!(claimed(&desk, 4).is_none());
    let running = asked(&desk, 5, Ask::Mmm(mix()), Some(set));
    let work = claimed(&desk, 6).unwrap();
    desk.act(7, move |tx, ctx| run::stop(tx, ctx, running))
        .unwrap();
    let is_to_stop = desk.act(8, move |tx, ctx| {
        tx.record(Entry::new("test"));
        run::renew(tx, ctx, running, (1, 2), minute(9))
    });
    assert!(is_to_stop.unwrap());
    let end = End::from(answer(&work, 1, &|_, _| false));
    assert!(matches!(end, End::Stopped), "{end:?}");
    desk.act(9, move |tx, ctx| run::end(tx, ctx, running, &end))
        .unwrap();
    let again = desk.act(10, move |tx, ctx| run::stop(tx, ctx, running));
    assert!(matches!(again, Err(ActError::Refused { .. })));
}

#[test]
fn what_cannot_be_asked_is_named_field_by_field() {
    let desk = Desk::empty();
    let set = keep(&desk, "Weekly", weekly());
    let fields = |ask: Ask, dataset| {
        let new = NewRun {
            name: String::new(),
            ask,
            dataset,
            source: None,
            campaign: None,
            seed: 1,
        };
        match desk.act(2, move |tx, ctx| run::ask(tx, ctx, &new)) {
            Err(ActError::Invalid(problems)) => {
                problems.into_iter().map(|p| p.field).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fields(Ask::Mmm(mix()), None), ["dataset"]);
    let wrong = Mmm {
        outcome: "revenue".into(),
        channels: Vec::new(),
        curve: "line".into(),
        ..mix()
    };
    assert_eq!(
        fields(Ask::Mmm(wrong), Some(set)),
        ["outcome", "channels", "curve"]
    );
    assert_eq!(fields(Ask::Budget(Budget::default()), None), ["source"]);
    desk.act(3, move |tx, ctx| remove_dataset(tx, ctx, set))
        .unwrap();
    assert_eq!(fields(Ask::Mmm(mix()), Some(set)), ["dataset"]);
}

/// S110: volume by region with what comes next; S159: the media mix by region.
#[test]
fn s110_volume_and_media_by_region_are_answered_in_shapes_that_pages_read() {
    let desk = Desk::empty();
    let set = keep(&desk, "Regions", placet_testing::regions());
    let ask = ask::Trend {
        region: "region".into(),
        date: "week".into(),
        outcome: "visits".into(),
        ahead: 13,
    };
    asked(&desk, 2, Ask::Trend(ask.clone()), Some(set));
    let trend: outcome::Trend = outcome::read(&work_off(&desk, 3).unwrap()).unwrap();
    assert_eq!((trend.size, trend.regions.len()), ([6, 60], 6));
    let shares: f64 = trend.regions.iter().map(|one| one.share[0]).sum();
    assert!((shares - 1.0).abs() < 0.02, "{shares}");
    let far = ask::Trend { ahead: 700, ..ask };
    asked(&desk, 4, Ask::Trend(far), Some(set));
    assert_eq!(work_off(&desk, 5).unwrap_err().code, "bad_horizon");

    let ask: ask::Regions = serde_json::from_str(
        r#"{"region": "region", "date": "week", "outcome": "visits", "channels": ["spend"], "max_lag": 2, "draws": 100}"#,
    )
    .unwrap();
    asked(&desk, 6, Ask::Regions(ask.clone()), Some(set));
    let value = work_off(&desk, 7).unwrap();
    let found: outcome::Regions = outcome::read(&value).unwrap();
    assert_eq!(found.report.size, [6, 60]);
    let spend = &found.report.roi["spend"];
    assert!(spend.posterior.q05 < spend.posterior.q95 && spend.spend > 0.0);
    assert_eq!(value["span"][0], "2025-01-06");

    asked(&desk, 8, Ask::Regions(ask), Some(set));
    let work = claimed(&desk, 9).unwrap();
    let stopped = answer(&work, 1, &|_, _| false).unwrap_err();
    assert_eq!(stopped.code, answer::STOPPED);
}
