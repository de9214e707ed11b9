use proptest::prelude::*;

use super::table::ReviewTable;
use super::*;
use crate::content::{ContentClass, Draft};
use crate::time::TimeZone;

const TEXT: u8 = 7;
static UTC: TimeZone = TimeZone::UTC;

fn hash(byte: u8) -> ContentHash {
    ContentHash::from([byte; 32])
}

fn submitted(tier: Tier) -> Submission {
    Submission {
        version: [1; 16].into(),
        tier,
        hash: hash(TEXT),
        parts: Parts::new(),
        approvers: tier.row().approvers.to_vec(),
        due_on: Date::constant(1970, 1, 2),
        valid_days: 365,
        findings: Vec::new(),
        finding_rules: 1,
        submitted_at: Timestamp::UNIX_EPOCH,
        submitted_by: "writer".to_owned(),
    }
}

fn given(role: Role, verdict: Verdict, by: &str) -> Approval {
    Approval {
        id: [2; 16].into(),
        version: [1; 16].into(),
        role,
        verdict,
        hash: hash(TEXT),
        note: String::new(),
        given_at: Timestamp::UNIX_EPOCH,
        given_by: by.to_owned(),
    }
}

fn approved(role: Role) -> Approval {
    given(role, Verdict::Approve, role.as_str())
}

/// S134 to S137: the table as it was asked for, letter by letter.
#[test]
#[rustfmt::skip] // A table.
fn the_responsibility_table_is_the_one_asked_for() {
    use Role::{Clinical, Compliance, Legal, Marketing};
    //  tier                  approves                          consulted      informed
    row(Tier::Operational,    &[Marketing],                     &[],           &[Compliance]);
    row(Tier::Educational,    &[Clinical],                      &[Compliance], &[Legal]);
    row(Tier::Promotional,    &[Compliance, Clinical],          &[Legal],      &[]);
    row(Tier::ClinicalClaims, &[Compliance, Legal, Clinical],   &[],           &[]);
}

#[track_caller]
fn row(tier: Tier, approvers: &[Role], consulted: &[Role], informed: &[Role]) {
    let row = tier.row();
    assert_eq!(row.tier, tier);
    assert_eq!(row.responsible, Role::Marketing);
    assert_eq!(
        (row.approvers, row.consulted, row.informed),
        (approvers, consulted, informed)
    );
    for role in approvers {
        // S138: whoever must approve may.
        assert!(
            role.capabilities()
                .contains(&crate::operator::Capability::ApproveContent)
        );
    }
}

/// S133, S140, S141: office hours and a clinical claim do not stand in one queue.
#[test]
#[rustfmt::skip] // A table.
fn the_tier_follows_from_the_class() {
    for (class, tier) in [
        (ContentClass::Operational,               Tier::Operational),
        (ContentClass::Reminder,                  Tier::Operational),
        (ContentClass::Education,                 Tier::Educational),
        (ContentClass::PreventiveRecommendation,  Tier::Educational),
        (ContentClass::Event,                     Tier::Promotional),
        (ContentClass::OwnServiceInformation,     Tier::Promotional),
        (ContentClass::OwnHealthProductPromo,     Tier::Promotional),
        (ContentClass::ThirdPartyProduct,         Tier::Promotional),
        (ContentClass::Fundraising,               Tier::Promotional),
        (ContentClass::TreatmentAlternative,      Tier::ClinicalClaims),
        (ContentClass::ClinicalClaim,             Tier::ClinicalClaims),
    ] {
        assert_eq!(class.tier(), tier, "{class:?}");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_version_is_approved_when_every_required_role_approved_exactly_it() {
    use Role::{Clinical, Compliance, Legal, Marketing};
    let tier = Tier::Promotional;
    //     handed in             verdicts                                     stands
    stands(None,                 &[],                                         Standing::Draft);
    stands(Some(tier),           &[],                                         Standing::InReview { waiting: vec![Compliance, Clinical] });
    stands(Some(tier),           &[approved(Clinical)],                       Standing::InReview { waiting: vec![Compliance] });
    stands(Some(tier),           &[approved(Clinical), approved(Legal), approved(Marketing)],
                                                                              Standing::InReview { waiting: vec![Compliance] });
    stands(Some(tier),           &[approved(Clinical), approved(Compliance)], Standing::Approved);
    stands(Some(tier),           &[approved(Clinical), given(Compliance, Verdict::Return, "c")],
                                                                              Standing::Returned { by: Compliance });
    // A lower tier written into the submission does not lower what is required; a higher one counts.
    stands(Some(Tier::Operational),    &[approved(Marketing)],                Standing::InReview { waiting: vec![Compliance, Clinical] });
    stands(Some(Tier::ClinicalClaims), &[approved(Clinical), approved(Compliance)],
                                                                              Standing::InReview { waiting: vec![Legal] });
    // A verdict on other bytes is no verdict on these.
    stands(Some(tier),           &[approved(Clinical), Approval { hash: hash(8), ..approved(Compliance) }],
                                                                              Standing::InReview { waiting: vec![Compliance] });
}

/// Nothing handed in, asked at the moment in which everything was said.
fn case(table: &ReviewTable) -> Case<'_> {
    Case {
        hash: hash(TEXT),
        tier: Tier::Operational,
        table,
        submission: None,
        approvals: &[],
        renewals: &[],
        now: Timestamp::UNIX_EPOCH,
        zone: &UTC,
    }
}

#[track_caller]
fn stands(tier: Option<Tier>, approvals: &[Approval], expected: Standing) {
    let submission = tier.map(submitted);
    let table = ReviewTable::default();
    let actual = standing(&Case {
        tier: Tier::Promotional,
        submission: submission.as_ref(),
        approvals,
        ..case(&table)
    });
    assert_eq!(actual, expected);
}

/// S139, and threat 12: change any byte after approval, and it is not approved.
#[test]
fn an_approval_binds_the_exact_bytes() {
    let draft = Draft {
        class: ContentClass::OwnHealthProductPromo,
        topic: crate::preference::Topic::Services,
        channel: crate::channel::Channel::Email,
        format: crate::content::Format::Plain,
        subject: "Subject".to_owned(),
        preheader: String::new(),
        body: "Body of the mail".to_owned(),
        text: String::new(),
    };
    let submission = Submission {
        hash: draft.hash(),
        ..submitted(Tier::Promotional)
    };
    let verdicts = [Role::Compliance, Role::Clinical].map(|role| Approval {
        hash: draft.hash(),
        ..approved(role)
    });
    let table = ReviewTable::default();
    let stands = |draft: &Draft| {
        standing(&Case {
            hash: draft.hash(),
            tier: draft.class.tier(),
            submission: Some(&submission),
            approvals: &verdicts,
            ..case(&table)
        })
    };
    assert_eq!(stands(&draft), Standing::Approved);
    for place in 0..draft.body.len() {
        for bit in 0..7 {
            let mut bytes = draft.body.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let Ok(body) = String::from_utf8(bytes) else {
                continue;
            };
            assert_eq!(
                stands(&Draft {
                    body,
                    ..draft.clone()
                }),
                Standing::Altered
            );
        }
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_verdict_is_taken_only_from_somebody_else_with_the_role() {
    use Role::{Clinical, Compliance, Legal, Marketing};
    use Verdict::{Approve, Return};
    use VerdictRefused as No;
    let tier = Tier::Promotional;
    let one = [given(Clinical, Approve, "doctor")];
    let back = [given(Clinical, Return, "doctor")];
    //    handed in   so far  who         roles                     as          says     note    answer
    judge(Some(tier), &[],    "officer",  &[Compliance],            Compliance, Approve, "",     Ok(()));
    judge(Some(tier), &[],    "officer",  &[Compliance],            Compliance, Return,  "x",    Ok(()));
    judge(Some(tier), &[],    "officer",  &[Compliance],            Compliance, Return,  " ",    Err(No::NoteMissing));
    judge(None,       &[],    "officer",  &[Compliance],            Compliance, Approve, "",     Err(No::NotSubmitted));
    judge(Some(tier), &[],    "writer",   &[Compliance],            Compliance, Approve, "",     Err(No::OwnWork));
    judge(Some(tier), &[],    "co-author", &[Compliance],           Compliance, Approve, "",     Err(No::OwnWork));
    judge(Some(tier), &[],    "officer",  &[Legal],                 Compliance, Approve, "",     Err(No::RoleNotHeld(Compliance)));
    judge(Some(tier), &[],    "officer",  &[Legal],                 Legal,      Approve, "",     Err(No::RoleNotAsked(tier, Legal)));
    judge(Some(tier), &[],    "officer",  &[Marketing],             Marketing,  Approve, "",     Err(No::RoleNotAsked(tier, Marketing)));
    judge(Some(tier), &one,   "other",    &[Clinical],              Clinical,   Approve, "",     Err(No::RoleSpoken(Clinical)));
    judge(Some(tier), &one,   "doctor",   &[Clinical, Compliance],  Compliance, Approve, "",     Err(No::AlreadyJudged(Clinical)));
    judge(Some(tier), &back,  "officer",  &[Compliance],            Compliance, Approve, "",     Err(No::Over));
}

#[track_caller]
#[expect(clippy::too_many_arguments, reason = "one column of the table each")]
fn judge(
    tier: Option<Tier>,
    approvals: &[Approval],
    reviewer: &str,
    roles: &[Role],
    role: Role,
    verdict: Verdict,
    note: &str,
    expected: Result<(), VerdictRefused>,
) {
    let submission = tier.map(submitted);
    let table = ReviewTable::default();
    let asked = Judging {
        case: Case {
            tier: Tier::Promotional,
            submission: submission.as_ref(),
            approvals,
            ..case(&table)
        },
        authors: &["writer".to_owned(), "co-author".to_owned()],
        reviewer,
        roles: &roles.iter().copied().collect(),
    };
    assert_eq!(may_judge(&asked, role, verdict, note), expected);
}

/// S145: most content is due within three to five working days.
#[test]
fn most_content_is_due_within_five_working_days() {
    assert_eq!(REVIEW.map(|row| row.due_days), [1, 3, 3, 5]);
}

/// S150: an approval ends; only the word of every required role that it still is right renews it.
#[test]
fn s150_an_approval_ends_and_is_renewed_by_everybody_who_gave_it() {
    let table = ReviewTable::default();
    let (submission, verdicts) = (
        submitted(Tier::Promotional),
        [approved(Role::Compliance), approved(Role::Clinical)],
    );
    let day = |n: i64| Timestamp::from_second(n * 86_400).unwrap();
    let renewed = |role: Role, n: i64, by: &str| Renewal {
        id: [3; 16].into(),
        version: [1; 16].into(),
        role,
        hash: hash(TEXT),
        given_at: day(n),
        given_by: by.to_owned(),
    };
    let at = |n: i64, renewals: &[Renewal]| {
        standing(&Case {
            tier: Tier::Promotional,
            submission: Some(&submission),
            approvals: &verdicts,
            renewals,
            now: day(n),
            ..case(&table)
        })
    };
    let over = Standing::Expired {
        on: Date::constant(1971, 1, 1),
    };
    assert_eq!(at(365, &[]), Standing::Approved);
    assert_eq!(at(366, &[]), over);
    let one = renewed(Role::Clinical, 300, "doctor");
    assert_eq!(at(366, std::slice::from_ref(&one)), over);
    let other = Renewal {
        hash: hash(8),
        ..renewed(Role::Compliance, 300, "officer")
    };
    assert_eq!(at(366, &[one.clone(), other]), over);
    let both = [one, renewed(Role::Compliance, 310, "officer")];
    assert_eq!(at(366, &both), Standing::Approved);
    assert_eq!(at(665, &both), Standing::Approved);
    assert_ne!(at(666, &both), Standing::Approved);

    let roles = std::collections::BTreeSet::from([Role::Compliance, Role::Clinical]);
    let may = |reviewer: &str, role: Role| {
        may_renew(
            &Judging {
                case: Case {
                    tier: Tier::Promotional,
                    submission: Some(&submission),
                    approvals: &verdicts,
                    renewals: &both,
                    now: day(700),
                    ..case(&table)
                },
                authors: &["writer".to_owned()],
                reviewer,
                roles: &roles,
            },
            role,
        )
    };
    assert_eq!(may("other", Role::Clinical), Ok(()));
    assert_eq!(may("doctor", Role::Clinical), Ok(()));
    assert_eq!(
        may("doctor", Role::Compliance),
        Err(RenewalRefused::OtherRole(Role::Clinical))
    );
    assert_eq!(may("writer", Role::Clinical), Err(RenewalRefused::OwnWork));
    assert_eq!(
        may("other", Role::Legal),
        Err(RenewalRefused::RoleNotHeld(Role::Legal))
    );
}

/// An approval rule that approves when no rule matches must be impossible: a submission that asks
/// nobody is judged by the table.
#[test]
fn a_submission_that_asks_nobody_is_not_approved() {
    let table = ReviewTable::default();
    for tier in Tier::ALL {
        let submission = Submission {
            approvers: Vec::new(),
            ..submitted(tier)
        };
        let stands = standing(&Case {
            submission: Some(&submission),
            ..case(&table)
        });
        let waiting = tier.row().approvers.to_vec();
        assert_eq!(stands, Standing::InReview { waiting });
    }
}

proptest! {
    /// However verdicts fall, a role that the tier asks for cannot be done without.
    #[test]
    fn no_set_of_verdicts_replaces_a_required_role(picked in proptest::collection::vec(0_usize..9, 0..12), tier in 0_usize..4) {
        let tier = Tier::ALL[tier];
        let verdicts: Vec<Approval> = picked.iter().map(|index| approved(Role::ALL[*index])).collect();
        let submission = submitted(tier);
        let complete = tier.row().approvers.iter().all(|role| verdicts.iter().any(|one| one.role == *role));
        let table = ReviewTable::default();
        let stands = standing(&Case { tier, submission: Some(&submission), approvals: &verdicts, ..case(&table) });
        prop_assert_eq!(stands == Standing::Approved, complete);
    }

    /// A further return never makes it approved.
    #[test]
    fn a_return_stands(picked in proptest::collection::vec(0_usize..9, 0..12), back in 0_usize..9) {
        let mut verdicts: Vec<Approval> = picked.iter().map(|index| approved(Role::ALL[*index])).collect();
        verdicts.push(given(Role::ALL[back], Verdict::Return, "x"));
        let submission = submitted(Tier::Promotional);
        let table = ReviewTable::default();
        let stands = standing(&Case { tier: Tier::Promotional, submission: Some(&submission), approvals: &verdicts, ..case(&table) });
        prop_assert_eq!(stands, Standing::Returned { by: Role::ALL[back] });
    }
}
