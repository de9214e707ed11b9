#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;

fn with(change: impl Fn(&mut Vec<Row>)) -> Result<ReviewTable, TableFault> {
    let mut rows = ReviewTable::default().rows().to_vec();
    change(&mut rows);
    ReviewTable::new(rows)
}

/// S134 to S138: the default is a table that could be set, and a row can ask for more.
#[test]
fn the_default_is_allowed_and_can_be_made_stricter() {
    assert_eq!(with(|_| {}), Ok(ReviewTable::default()));
    let stricter = with(|rows| rows[0].approvers = vec![Role::Marketing, Role::Legal]).unwrap();
    assert_eq!(stricter.row(Tier::Operational).approvers.len(), 2);
}

/// An approval rule that approves when no rule matches must be impossible.
#[test]
#[rustfmt::skip] // A table.
fn no_table_lets_anything_through_unread() {
    use Tier::{ClinicalClaims, Educational, Operational, Promotional};
    use TableFault as F;
    for (change, expected) in [
        ((|rows| { rows.pop(); }) as fn(&mut Vec<Row>),                 F::Rows),
        (|rows| rows.swap(0, 1),                                        F::Rows),
        (|rows| rows.clear(),                                           F::Rows),
        (|rows| rows[1].tier = Operational,                             F::Rows),
        (|rows| rows[0].approvers.clear(),                              F::NoApprover(Operational)),
        (|rows| rows[0].approvers = vec![Role::Auditor],                F::CannotApprove(Operational, Role::Auditor)),
        (|rows| rows[1].approvers = vec![Role::Marketing],              F::MarketingAlone(Educational)),
        (|rows| rows[2].approvers = vec![Role::Clinical],               F::Lacks(Promotional, Role::Compliance)),
        (|rows| rows[3].approvers = vec![Role::Compliance, Role::Legal], F::Lacks(ClinicalClaims, Role::Clinical)),
        (|rows| rows[2].consulted.push(Role::Clinical),                 F::Twice(Promotional, Role::Clinical)),
        (|rows| rows[2].due_days = 0,                                   F::DueDays(Promotional)),
        (|rows| rows[2].valid_days = 5_000,                             F::ValidDays(Promotional)),
    ] {
        assert_eq!(with(change), Err(expected));
    }
}

/// What was written into the settings past the page is refused when it is read.
#[test]
fn a_table_of_the_store_is_checked_when_it_is_read() {
    let json = serde_json::to_string(&ReviewTable::default()).unwrap();
    assert_eq!(
        serde_json::from_str::<ReviewTable>(&json).unwrap(),
        ReviewTable::default()
    );
    let without = json.replace("\"approvers\":[\"marketing\"]", "\"approvers\":[]");
    assert_ne!(json, without);
    assert!(serde_json::from_str::<ReviewTable>(&without).is_err());
    assert!(serde_json::from_str::<ReviewTable>("[]").is_err());
}
