#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;

fn reviewer(n: u8, roles: &[Role]) -> Reviewer {
    Reviewer {
        id: [n; 16].into(),
        name: format!("Operator {n}"),
        roles: roles.iter().copied().collect(),
    }
}

fn absence(operator: u8, deputy: u8, from: &str, until: &str) -> Absence {
    Absence {
        id: [operator; 16].into(),
        operator: [operator; 16].into(),
        deputy: [deputy; 16].into(),
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
    }
}

/// S144: a deputy holds the same role and is here.
#[test]
#[rustfmt::skip] // A table.
fn s144_a_deputy_holds_the_same_role_and_is_here() {
    use AbsenceRefused as No;
    use Role::{Clinical, Compliance, Foundation, Legal};
    let doctor = reviewer(1, &[Clinical]);
    let both = reviewer(1, &[Clinical, Legal]);
    let free = "2026-04-01";
    //    away                      deputy                                 from          until         answer
    check(&doctor,                  &reviewer(2, &[Clinical]),             free,         "2026-04-10", Ok(()));
    check(&doctor,                  &reviewer(2, &[Clinical, Compliance]), free,         free,         Ok(()));
    check(&doctor,                  &reviewer(2, &[Compliance]),           free,         free,         Err(No::LacksRole(Clinical)));
    check(&both,                    &reviewer(2, &[Clinical]),             free,         free,         Err(No::LacksRole(Legal)));
    check(&doctor,                  &doctor,                               free,         free,         Err(No::Oneself));
    check(&reviewer(1, &[Foundation]), &reviewer(2, &[Foundation]),        free,         free,         Err(No::NoReviewer));
    check(&doctor,                  &reviewer(2, &[Clinical]),             "2026-04-02", free,         Err(No::Days));
    check(&doctor,                  &reviewer(2, &[Clinical]),             "2026-02-01", "2026-02-28", Err(No::Days));
    check(&doctor,                  &reviewer(2, &[Clinical]),             free,         "2027-05-01", Err(No::Days));
    check(&doctor,                  &reviewer(3, &[Clinical]),             "2026-03-20", free,         Err(No::DeputyAway));
    check(&reviewer(3, &[Clinical]), &reviewer(2, &[Clinical]),            "2026-03-20", free,         Err(No::Overlaps));
}

#[track_caller]
fn check(
    away: &Reviewer,
    deputy: &Reviewer,
    from: &str,
    until: &str,
    expected: Result<(), AbsenceRefused>,
) {
    let others = [absence(3, 9, "2026-03-10", "2026-03-20")];
    let new = Absence {
        operator: away.id,
        deputy: deputy.id,
        ..absence(1, 2, from, until)
    };
    let answer = new.check(away, deputy, &others, "2026-03-02".parse().unwrap());
    assert_eq!(answer, expected);
}

#[test]
fn who_wrote_it_or_is_away_gives_no_verdict() {
    let doctors = [1, 2, 3].map(|n| reviewer(n, &[Role::Clinical]));
    let absences = [absence(1, 2, "2026-03-01", "2026-03-05")];
    let barred = [doctors[2].id.to_string()];
    let of = |day: &str| {
        reach(
            Role::Clinical,
            &doctors,
            &absences,
            &barred,
            day.parse().unwrap(),
        )
    };
    assert_eq!(of("2026-03-05").here, [doctors[1].clone()]);
    assert_eq!(of("2026-03-05").away[0].0, doctors[0]);
    assert_eq!(of("2026-03-06").here, doctors[..2]);
    assert!(
        reach(Role::Legal, &doctors, &[], &[], absences[0].from)
            .here
            .is_empty()
    );
}
