//! Deadlines, absences and the end of approvals against a real store.

use placet_domain::review::absence::Reach;
use placet_domain::time::Date;

use super::super::{absence, late, library};
use super::*;
use crate::operator::{self, NewOperator};

/// Minutes of so many days.
pub(super) const fn days(n: i64) -> i64 {
    n * 24 * 60
}

pub(super) fn hire(desk: &Desk, n: i64, login: &'static str, roles: &'static [Role]) -> Actor {
    let id = desk
        .act(n, move |tx, ctx| {
            let new = NewOperator {
                login: login.to_owned(),
                name: format!("Operator {login}"),
                roles: roles.iter().copied().collect(),
                password_hash: "x".to_owned(),
            };
            operator::add(tx, ctx, &new)
        })
        .unwrap();
    Actor::Operator {
        id,
        roles: roles.iter().copied().collect(),
    }
}

fn open(desk: &Desk, n: i64) -> Vec<late::Open> {
    desk.store
        .read_blocking(move |tx| {
            let bench = Bench::read(tx, minute(n))?;
            Ok::<_, ActError>(late::list(tx, &bench)?.open)
        })
        .unwrap()
}

fn standing(desk: &Desk, id: VersionId, n: i64) -> Standing {
    desk.store
        .read_blocking(move |tx| Ok::<_, ActError>(find(tx, id, minute(n))?.standing))
        .unwrap()
}

/// S140: what is simple has the nearer deadline and stands first, whenever it came; S142: the
/// deadline passes over Independence Day.
#[test]
fn s140_simple_content_stands_before_complex_content() {
    let desk = Desk::new();
    let claim = saved(&desk, ContentClass::ClinicalClaim).id;
    hand_in(&desk, writer(), 2, claim).unwrap();
    let hours = desk
        .act_as(writer(), 3, |tx, ctx| {
            let engine = Engine::builtin();
            content::create(tx, ctx, &engine, "Hours", &draft(ContentClass::Operational))
        })
        .unwrap()
        .id;
    hand_in(&desk, writer(), 4, hours).unwrap();
    let listed: Vec<_> = open(&desk, 5)
        .iter()
        .map(|open| (open.version(), open.due_on.to_string()))
        .collect();
    // A Wednesday; Friday, July 3 is kept for Independence Day.
    assert_eq!(
        listed,
        [
            (hours, "2026-07-02".to_owned()),
            (claim, "2026-07-09".to_owned())
        ]
    );
    let colleague = super::operator(2, &[Role::Marketing]);
    let standing = give(&desk, colleague, 6, hours, Role::Marketing).unwrap();
    assert_eq!(standing, Standing::Approved);
}

/// S143, S144: lateness is told and counted, an absence is covered by a deputy of the same role,
/// and neither takes anybody off the list of those who must approve.
#[test]
fn s144_neither_absence_nor_lateness_skips_anybody() {
    let desk = Desk::new();
    hire(&desk, 0, "administrator", &[Role::Administrator]);
    let doctor = hire(&desk, 1, "doctor", &[Role::Clinical]);
    let nurse = hire(&desk, 2, "nurse", &[Role::Clinical]);
    let officer = hire(&desk, 3, "officer", &[Role::Compliance]);
    let id = saved(&desk, ContentClass::Education).id;
    hand_in(&desk, writer(), 4, id).unwrap();
    let ids = |actor: &Actor| actor.operator().unwrap();
    let (away, deputy, other) = (ids(&doctor), ids(&nurse), ids(&officer));
    let span = (Date::constant(2026, 7, 1), Date::constant(2026, 7, 20));

    refused_as(
        desk.act_as(doctor.clone(), 5, move |tx, ctx| {
            absence::note(tx, ctx, away, other, span)
        }),
        "absence.refused",
    );
    // Nobody notes it for others but whoever manages operators.
    assert!(matches!(
        desk.act_as(nurse.clone(), 6, move |tx, ctx| absence::note(
            tx, ctx, away, deputy, span
        )),
        Err(ActError::Forbidden(_))
    ));
    let noted = desk
        .act_as(doctor.clone(), 7, move |tx, ctx| {
            absence::note(tx, ctx, away, deputy, span)
        })
        .unwrap();
    let told = desk
        .store
        .read_blocking(move |tx| absence::stands_in_for(tx, deputy, minute(8)))
        .unwrap();
    assert_eq!(told, [("Operator doctor".to_owned(), span.1)]);

    let found = open(&desk, days(14));
    let Reach { here, away, .. } = &found[0].waiting[0];
    assert_eq!((here.len(), away.len()), (1, 1));
    assert_eq!((here[0].id, away[0].2), (deputy, deputy));
    assert_eq!((found[0].n_days, found[0].n_late), (9, 6));
    assert!(found[0].is_alarming() && !found[0].is_stuck());

    // The deputy leaves: nobody can give it, everybody is told, and it still waits for Clinical.
    desk.act(9, move |tx, ctx| operator::disable(tx, ctx, deputy))
        .unwrap();
    let found = open(&desk, days(14));
    assert!(found[0].is_stuck());
    assert_eq!(
        standing(&desk, id, days(400)),
        Standing::InReview {
            waiting: vec![Role::Clinical]
        }
    );
    desk.act_as(doctor, 10, move |tx, ctx| absence::end(tx, ctx, noted))
        .unwrap();
    assert!(!open(&desk, 11)[0].is_stuck());
    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    assert!(kinds.iter().any(|kind| kind == "absence.noted"));
    assert!(kinds.iter().any(|kind| kind == "absence.ended"));
}

/// S150: what nobody confirms is locked by the calendar, and each word that it still is right is
/// an entry.
#[test]
fn s150_what_is_stale_locks_until_it_is_confirmed() {
    let desk = Desk::new();
    let id = saved(&desk, ContentClass::OwnHealthProductPromo).id;
    hand_in(&desk, writer(), 2, id).unwrap();
    let officer = super::operator(2, &[Role::Compliance]);
    let doctor = super::operator(3, &[Role::Clinical]);
    let renew = |actor: &Actor, n: i64, role: Role| {
        desk.act_as(actor.clone(), n, move |tx, ctx| {
            library::renew(tx, ctx, id, role)
        })
    };
    refused_as(renew(&officer, 3, Role::Compliance), "renewal.not_approved");
    give(&desk, officer.clone(), 4, id, Role::Compliance).unwrap();
    give(&desk, doctor.clone(), 5, id, Role::Clinical).unwrap();
    assert_eq!(standing(&desk, id, days(365)), Standing::Approved);
    let over = Standing::Expired {
        on: Date::constant(2027, 7, 1),
    };
    assert_eq!(standing(&desk, id, days(366)), over);
    refused_as(
        renew(&writer(), days(366), Role::Compliance),
        "renewal.own_work",
    );
    assert_eq!(renew(&officer, days(366), Role::Compliance).unwrap(), over);
    assert_eq!(
        renew(&doctor, days(366) + 1, Role::Clinical).unwrap(),
        Standing::Approved
    );
    let listed = desk
        .store
        .read_blocking(move |tx| {
            let bench = Bench::read(tx, minute(days(367)))?;
            library::list(tx, &bench)
        })
        .unwrap();
    assert_eq!(listed[0].until, Date::constant(2028, 7, 1));
    let confirmed = desk.entries().into_iter();
    let confirmed = confirmed.filter(|entry| entry.kind == "content.confirmed");
    assert_eq!(confirmed.count(), 2);
}

/// S138: the table that is set holds for what is handed in from then on, and for nothing before.
#[test]
fn s138_what_was_handed_in_keeps_those_it_was_handed_in_to() {
    let desk = Desk::new();
    let first = saved(&desk, ContentClass::Operational).id;
    hand_in(&desk, writer(), 2, first).unwrap();
    desk.act(3, |tx, ctx| {
        let mut row = settings::review(tx)?.0.row(Tier::Operational).clone();
        row.approvers = vec![Role::Legal];
        row.informed.clear();
        settings::set_review_row(tx, ctx, &row)
    })
    .unwrap();
    let second = desk
        .act_as(writer(), 4, |tx, ctx| {
            let engine = Engine::builtin();
            content::create(tx, ctx, &engine, "Hours", &draft(ContentClass::Operational))
        })
        .unwrap()
        .id;
    hand_in(&desk, writer(), 5, second).unwrap();
    for (id, role) in [(first, Role::Marketing), (second, Role::Legal)] {
        let waiting = vec![role];
        assert_eq!(standing(&desk, id, 6), Standing::InReview { waiting });
    }
    let empty = desk.act(7, |tx, ctx| {
        let mut row = settings::review(tx)?.0.row(Tier::Operational).clone();
        row.approvers.clear();
        settings::set_review_row(tx, ctx, &row)
    });
    assert!(matches!(empty, Err(ActError::Invalid(_))));
}
