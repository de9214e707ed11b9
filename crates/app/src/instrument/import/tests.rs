#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use placet_domain::instrument::{Evidence, InstrumentKind, Method, Revocation};
use placet_domain::operator::Actor;
use proptest::prelude::*;

use super::*;
use crate::desk::{Desk, compliance, ctx_of, minute};
use crate::instrument::{list, record, revoke};
use crate::preference;

fn row(line: u64, cells: &[(&str, &str)]) -> Row {
    let mut all = BTreeMap::from([
        ("email".to_owned(), "ada@example.org".to_owned()),
        ("kind".to_owned(), "email_optin".to_owned()),
        ("answer".to_owned(), "granted".to_owned()),
        ("channel".to_owned(), "email".to_owned()),
        ("topic".to_owned(), "events".to_owned()),
        ("signed_at".to_owned(), "2026-06-01T10:00:00Z".to_owned()),
        ("method".to_owned(), "web_form".to_owned()),
        ("source".to_owned(), "old_system".to_owned()),
    ]);
    for (column, cell) in cells {
        all.insert((*column).to_owned(), (*cell).to_owned());
    }
    Row { line, cells: all }
}

fn authorization(line: u64, cells: &[(&str, &str)]) -> Row {
    let mut all = vec![
        ("kind", "hipaa_authorization"),
        ("method", "paper"),
        ("channel", ""),
        ("topic", ""),
        ("description", "Name, address and dates of visits"),
        ("discloser", "Harbor Health"),
        ("recipient", "Harbor Health's mailing service"),
        ("purpose", "Messages about services"),
        ("expires_on", "2027-06-01"),
        ("signed_on", "2026-06-01"),
        ("signer", "individual"),
        ("states_revoke", "yes"),
        ("states_condition", "yes"),
        ("states_redisclosure", "yes"),
        ("is_plain_language", "yes"),
        ("channels", "email postal"),
        ("topics", "services"),
        ("information", "contact"),
        ("recipients", "individual"),
    ];
    all.extend_from_slice(cells);
    row(line, &all)
}

impl Desk {
    fn import(&self, n: i64, rows: Vec<Row>) -> Report {
        let ctx = ctx_of(Actor::System("import"), n);
        run(&self.store, ctx.actor.may_as_system().unwrap(), &ctx, rows)
    }

    fn n_held(&self, n: i64, person: PersonId) -> usize {
        self.act(n, move |tx, _| Ok(list(tx, person)?.len()))
            .unwrap()
    }

    fn standing_refusals(&self, n: i64, person: PersonId) -> Vec<(PreferenceKind, Option<Topic>)> {
        self.act(n, move |tx, ctx| {
            let held = preferences::list_by_person(tx, person)?;
            let all = held.into_iter().map(|held| held.preference);
            Ok(all
                .filter(|one| one.stands_at(ctx.now))
                .map(|one| (one.kind, one.topic))
                .collect())
        })
        .unwrap()
    }
}

#[test]
fn a_table_is_taken_once_and_repeated_without_effect() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let rows = vec![
        row(2, &[]),
        row(3, &[("topic", "services"), ("answer", "declined")]),
        authorization(4, &[]),
        authorization(5, &[("signed_at", "2026-06-02"), ("states_revoke", "no")]),
    ];
    let report = desk.import(5, rows.clone());
    assert_eq!(report.problems, []);
    assert_eq!(
        (report.n_granted, report.n_declined, report.n_not_counting),
        (2, 1, 1)
    );
    assert_eq!(desk.n_held(6, ada), 3);

    let again = desk.import(7, rows);
    assert_eq!(
        (again.n_unchanged, again.n_granted, again.n_declined),
        (4, 0, 0)
    );
    assert_eq!(desk.n_held(8, ada), 3);
}

#[test]
#[rustfmt::skip] // A table.
fn a_cell_that_cannot_be_read_is_named_and_not_repeated() {
    //    changed                                     column
    check(&[("email", "")],                           "person_id");
    check(&[("email", "nobody@example.org")],         "email");
    check(&[("person_id", "xyz")],                    "person_id");
    check(&[("birth_date", "1.2.60")],                "birth_date");
    check(&[("birth_date", "1961-01-01")],            "email");
    check(&[("kind", "handshake")],                   "kind");
    check(&[("answer", "ok")],                        "answer");
    check(&[("channel", "pigeon")],                   "channel");
    check(&[("channel", "postal")],                   "channel");
    check(&[("topic", "cardiology")],                 "topic");
    check(&[("signed_at", "yesterday")],              "signed_at");
    check(&[("signed_at", "2031-01-01")],             "signed_at");
    check(&[("method", "telepathy")],                 "method");
    check(&[("source", "")],                          "source");
    check(&[("source", "Ada Moss")],                  "source");
    check(&[("ip_class", "10.0.0.1")],                "ip_class");
    check(&[("wording", "registration_checkbox")],    "wording_version");
    check(&[("wording", "registration_checkbox"), ("wording_version", "9")], "wording");
    check(&[("expires_on", "soon")],                  "expires_on");
    check(&[("document", "=HYPERLINK(\"x\")")],       "document");
    check(&[("form_version", "@SUM(1)")],             "form_version");
    check(&[("topic", "+events")],                    "topic");
    check(&[("source", "-1")],                        "source");
}

#[track_caller]
fn check(cells: &[(&str, &str)], column: &str) {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let report = desk.import(5, vec![row(7, cells), row(8, &[("topic", "surveys")])]);
    let problem = &report.problems[0];
    assert_eq!(
        (problem.line, problem.column.as_str()),
        (7, column),
        "{:?}",
        report.problems
    );
    for (_, value) in cells
        .iter()
        .filter(|(_, value)| value.len() > 3 && Channel::find(value).is_none())
    {
        assert!(!problem.problem.contains(value), "{}", problem.problem);
    }
    // The good row beside it is taken.
    assert_eq!((report.n_granted, desk.n_held(6, ada)), (1, 1));
}

#[test]
fn columns_are_checked_before_a_row_is_read() {
    let good = [
        "email",
        "kind",
        "answer",
        "channel",
        "topic",
        "signed_at",
        "method",
        "source",
    ];
    assert!(check_columns(good).is_ok());
    let Err(ActError::Invalid(problems)) = check_columns(["email", "Ada Moss", "kind"]) else {
        panic!("refused");
    };
    let fields: Vec<&str> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(
        fields,
        ["answer", "signed_at", "method", "source", "column 2"]
    );
}

#[test]
fn an_address_that_two_people_share_needs_a_date_of_birth_and_then_still_one_person() {
    let desk = Desk::new();
    desk.add_person(1, "Ada", "Moss", "home@example.org");
    desk.add_person(2, "Ben", "Moss", "home@example.org");
    let report = desk.import(5, vec![row(2, &[("email", "home@example.org")])]);
    assert_eq!(report.problems[0].column, "email");
}

#[test]
fn a_file_with_the_old_signature_brings_nothing_back() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.import(5, vec![row(2, &[])]);
    let id = desk
        .act(6, move |tx, _| Ok(list(tx, ada)?[0].instrument.id))
        .unwrap();
    let evidence = Evidence::from_source("front_desk");
    let revocation = Revocation {
        at: minute(7),
        method: Method::Phone,
    };
    desk.act(7, move |tx, ctx| revoke(tx, ctx, id, revocation, &evidence))
        .unwrap();

    // The very row, one a day later, and one from before the revocation by another form.
    let report = desk.import(
        9,
        vec![
            row(2, &[]),
            row(3, &[("signed_at", "2026-06-02T10:00:00Z")]),
            row(4, &[("kind", "marketing_optin_checkbox")]),
        ],
    );
    assert_eq!(report.n_granted, 0);
    assert_eq!(report.n_unchanged, 1);
    let lines: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [3, 4]);
}

#[test]
fn a_newer_consent_from_a_file_is_kept_and_the_opt_out_stands() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.act_as(compliance(), 5, move |tx, ctx| {
        let asked = Asked {
            kind: PreferenceKind::Unsubscribe,
            channel: Some(Channel::Email),
            topic: None,
            wording: None,
            at: "2026-05-01T10:00:00Z".parse().unwrap(),
            method: Method::Reply,
            evidence: Evidence::from_source("mailbox"),
        };
        preference::record(tx, ctx, ada, asked)
    })
    .unwrap();
    let report = desk.import(6, vec![row(2, &[])]);
    assert_eq!((report.n_granted, report.n_under_opt_out), (1, 1));
    assert_eq!(
        desk.standing_refusals(7, ada),
        [(PreferenceKind::Unsubscribe, None)]
    );
}

#[test]
fn more_rows_than_one_act_takes_are_all_taken() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let rows: Vec<Row> = (0..450_u64)
        .map(|n| {
            let signed_at = format!("2026-06-01T{:02}:{:02}:00Z", n / 60, n % 60);
            row(n + 2, &[("signed_at", &signed_at)])
        })
        .collect();
    let report = desk.import(5, rows);
    assert_eq!(
        (report.n_rows, report.n_granted, report.stopped_at),
        (450, 450, None)
    );
    assert_eq!(desk.n_held(6, ada), 450);
    let acts = desk
        .entries()
        .iter()
        .filter(|entry| entry.kind == "instruments.imported")
        .count();
    assert_eq!(acts, 3);
}

#[derive(Debug, Clone)]
enum Step {
    Refuse(PreferenceKind, Option<Topic>),
    Revoke,
    Record(Topic, i64),
    Import(Topic, i64, bool),
}

fn topic() -> impl Strategy<Value = Topic> {
    (0..Topic::ALL.len()).prop_map(|n| Topic::ALL[n])
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = [
        PreferenceKind::Unsubscribe,
        PreferenceKind::Declined,
        PreferenceKind::Stop,
    ];
    prop_oneof![
        (0..kinds.len(), proptest::option::of(topic()))
            .prop_map(move |(kind, topic)| Step::Refuse(kinds[kind], topic)),
        Just(Step::Revoke),
        (topic(), 0..400_i64).prop_map(|(topic, at)| Step::Record(topic, at)),
        (topic(), -40_000..400_i64, any::<bool>())
            .prop_map(|(topic, at, yes)| Step::Import(topic, at, yes)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Threat 15: whatever happened before, an import takes no refusal away.
    #[test]
    fn an_import_never_undoes_an_opt_out(steps in proptest::collection::vec(step(), 1..12)) {
        let desk = Desk::new();
        let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
        for (n, step) in (500_i64..).step_by(10).zip(steps) {
            let before = desk.standing_refusals(n, ada);
            let evidence = Evidence::from_source("test");
            match step {
                Step::Refuse(kind, topic) => {
                    let asked = Asked {
                        kind,
                        channel: Some(Channel::Email),
                        topic,
                        wording: None,
                        at: minute(n),
                        method: Method::Reply,
                        evidence,
                    };
                    desk.act(n, move |tx, ctx| preference::record(tx, ctx, ada, asked.clone())).unwrap();
                }
                Step::Revoke => {
                    let kind = InstrumentKind::EmailOptin;
                    desk.act(n, move |tx, ctx| {
                        crate::instrument::revoke_all(tx, ctx, ada, kind, Method::Phone, &evidence)
                    })
                    .unwrap();
                }
                Step::Record(topic, at) => {
                    let given = Given {
                        kind: InstrumentKind::EmailOptin,
                        wording: None,
                        terms: Terms::Consent(placet_domain::instrument::Consent {
                            channel: Channel::Email,
                            topic,
                            expires_on: None,
                        }),
                        signed_at: minute(at),
                        method: Method::WebForm,
                        evidence,
                    };
                    desk.act(n, move |tx, ctx| record(tx, ctx, ada, given.clone())).unwrap();
                }
                Step::Import(topic, at, yes) => {
                    let signed_at = minute(at).to_string();
                    let answer = if yes { "granted" } else { "declined" };
                    desk.import(n, vec![row(2, &[
                        ("topic", topic.as_str()),
                        ("signed_at", &signed_at),
                        ("answer", answer),
                    ])]);
                    let after = desk.standing_refusals(n + 1, ada);
                    for refusal in before {
                        prop_assert!(after.contains(&refusal), "{refusal:?} is gone");
                    }
                }
            }
        }
    }
}
