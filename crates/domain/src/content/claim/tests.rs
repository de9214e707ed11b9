#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use super::*;
use crate::channel::Channel;
use crate::content::ContentClass;
use crate::content::finding::findings;
use crate::preference::Topic;

const CLAIM: &str = "Our robot reduces the risk of infection by 20%.";

fn draft(body: &str) -> Draft {
    Draft {
        class: ContentClass::OwnServiceInformation,
        topic: Topic::Services,
        channel: Channel::Email,
        format: crate::content::Format::Plain,
        subject: "News".to_owned(),
        preheader: String::new(),
        body: body.to_owned(),
        text: String::new(),
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_claim_is_recognised_word_for_word_or_nearly_so() {
    //    text                                                                    covered
    check("Our robot reduces the risk of infection by 20%.",                      true);
    check("We opened. The robot reduces the risk of infection by 20%! Come by.",      true);
    check("- Robot **reduces the risk** of infection by 20%",                     true);
    check("<mjml><mj-body><mj-text>Our robot <b>reduces</b> the risk of infection by 20%</mj-text></mj-body></mjml>", true);
    check("Our robot reduces the risk of infection by 30%.",                      false);
    check("Our robot never reduces the risk of infection by 20%.",                false);
    check("Our robot reduces the risk of infection.",                             false);
    check("Our robot reduces the risk of infection by 20% and of pain.",          false);
    check("Our laser reduces the risk of infection by 20%.",                      false);
}

#[track_caller]
fn check(body: &str, expected: bool) {
    let library = Library::new([(key(CLAIM), ClaimId::from([1; 16]))]);
    let draft = draft(body);
    let claims: Vec<Finding> = findings(&draft)
        .into_iter()
        .filter(|found| found.kind == Kind::ClinicalClaim)
        .collect();
    assert_eq!(claims.len(), 1, "{claims:?}");
    assert_eq!(library.covers(&draft, &claims[0]).is_some(), expected);
}

/// A phrase that is covered in one sentence is not covered in the next.
#[test]
fn one_sentence_covers_no_other() {
    let library = Library::new([(key(CLAIM), ClaimId::from([1; 16]))]);
    let weigh = |body: &str| {
        let draft = draft(body);
        let (tier, covered) = library.weigh(&draft, &findings(&draft));
        (tier, covered.len())
    };
    assert_eq!(weigh(CLAIM), (Tier::Promotional, 1));
    assert_eq!(
        weigh("Our tea reduces the risk of death."),
        (Tier::ClinicalClaims, 0)
    );
    let both = format!("{CLAIM} Our tea reduces the risk of death.");
    assert_eq!(weigh(&both), (Tier::ClinicalClaims, 1));
    assert_eq!(weigh("Come by."), (Tier::Promotional, 0));
}

/// What may not be said at all is covered by no claim.
#[test]
fn a_seal_is_never_covered() {
    let seal = draft("Our app is HIPAA compliant.");
    let library = Library::new([(key("Our app is HIPAA compliant."), ClaimId::from([1; 16]))]);
    for found in findings(&seal) {
        assert_eq!(library.covers(&seal, &found), None);
    }
}

#[test]
fn a_claim_is_in_force_when_everybody_approved_it_and_until_its_day() {
    let day = |n| Date::constant(2026, 3, n);
    let mut claim = Claim {
        id: [1; 16].into(),
        text: CLAIM.to_owned(),
        evidence: "Register 12".to_owned(),
        expires_on: day(20),
        approvers: vec![Role::Compliance, Role::Clinical],
        proposed_at: Timestamp::UNIX_EPOCH,
        proposed_by: "writer".to_owned(),
        approvals: Vec::new(),
        withdrawn_at: None,
    };
    let roles = BTreeSet::from([Role::Compliance, Role::Clinical]);
    let may = |claim: &Claim, who: &str, role| claim.may_approve((who, &roles), role, day(2));
    assert_eq!(
        may(&claim, "writer", Role::Clinical),
        Err(ClaimRefused::OwnWork)
    );
    assert_eq!(
        may(&claim, "doctor", Role::Legal),
        Err(ClaimRefused::RoleNotHeld(Role::Legal))
    );
    assert_eq!(may(&claim, "doctor", Role::Clinical), Ok(()));
    let given = |role, by: &str| (role, by.to_owned(), Timestamp::UNIX_EPOCH);
    claim.approvals.push(given(Role::Clinical, "doctor"));
    assert_eq!(
        may(&claim, "doctor", Role::Compliance),
        Err(ClaimRefused::OtherRole(Role::Clinical))
    );
    assert_ne!(claim.standing(day(2)), Standing::InForce);
    claim.approvals.push(given(Role::Compliance, "officer"));
    assert_eq!(claim.standing(day(20)), Standing::InForce);
    assert_eq!(claim.standing(day(21)), Standing::Expired);
    assert_eq!(
        may(&claim, "other", Role::Compliance),
        Err(ClaimRefused::Over)
    );
    claim.withdrawn_at = Some(Timestamp::UNIX_EPOCH);
    assert_eq!(claim.standing(day(2)), Standing::Withdrawn);
    // A claim that asks nobody is not approved.
    let nobody = Claim {
        approvers: Vec::new(),
        withdrawn_at: None,
        ..claim
    };
    assert_ne!(nobody.standing(day(2)), Standing::InForce);
}
