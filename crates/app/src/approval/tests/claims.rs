//! The claims library: approved once, recognised when reused, and felt everywhere when it ends.

use placet_domain::content::claim::Standing as Stands;
use placet_domain::id::ClaimId;
use placet_domain::time::Date;

use super::*;
use crate::content::claim;

const CLAIM: &str = "Our robot reduces the risk of infection by 20%.";

fn propose(desk: &Desk, n: i64, text: &'static str) -> Result<ClaimId, ActError> {
    desk.act_as(writer(), n, move |tx, ctx| {
        let until = Date::constant(2026, 9, 30);
        claim::propose(tx, ctx, (text, "Register 12, 2025"), until)
    })
}

fn agree(desk: &Desk, n: i64, id: ClaimId, who: u8, role: Role) -> Result<Stands, ActError> {
    desk.act_as(operator(who, &[role]), n, move |tx, ctx| {
        claim::approve(tx, ctx, id, role)
    })
}

fn look(desk: &Desk, id: VersionId, n: i64) -> Reviewed {
    desk.store
        .read_blocking(move |tx| find(tx, id, minute(n)))
        .unwrap()
}

#[test]
fn an_approved_claim_is_not_reviewed_again_until_it_ends() {
    let desk = Desk::new();
    for (text, n) in [("We open at nine.", 1), ("Our app is HIPAA compliant.", 2)] {
        assert!(
            matches!(propose(&desk, n, text), Err(ActError::Invalid(_))),
            "{text}"
        );
    }
    let id = propose(&desk, 3, CLAIM).unwrap();
    refused_as(
        propose(&desk, 4, "That robot reduces the risk of infection by 20%"),
        "claim.known",
    );
    let body = "We are open late. The robot reduces the risk of infection by 20%!";
    let version = saying(&desk, ContentClass::Operational, body).id;
    // It waits for everybody, and covers nothing until then.
    refused_as(agree(&desk, 5, id, 1, Role::Marketing), "claim.own_work");
    agree(&desk, 6, id, 2, Role::Compliance).unwrap();
    agree(&desk, 7, id, 3, Role::Clinical).unwrap();
    assert_eq!(look(&desk, version, 8).tier(), Tier::ClinicalClaims);
    assert_eq!(
        agree(&desk, 9, id, 4, Role::Legal).unwrap(),
        Stands::InForce
    );

    let reviewed = look(&desk, version, 10);
    assert_eq!(
        (reviewed.tier(), reviewed.covered.len()),
        (Tier::Operational, 1)
    );
    hand_in(&desk, writer(), 11, version).unwrap();
    let colleague = operator(5, &[Role::Marketing]);
    let standing = give(&desk, colleague, 12, version, Role::Marketing).unwrap();
    assert_eq!(standing, Standing::Approved);

    // Its day is over: what uses it goes to those who must approve claims.
    let waiting = Standing::InReview {
        waiting: vec![Role::Compliance, Role::Legal, Role::Clinical],
    };
    let (last, over) = (91 * 24 * 60, 92 * 24 * 60);
    assert!(look(&desk, version, last).is_approved());
    assert_eq!(look(&desk, version, over).standing, waiting);
    // So does what uses a claim that was taken back, at once.
    let used = desk
        .store
        .read_blocking(move |tx| {
            let one = claim::find(tx, id)?;
            claim::uses(tx, &one)
        })
        .unwrap();
    assert_eq!(used.len(), 1);
    refused_as(
        desk.act_as(operator(7, &[Role::Foundation]), 13, move |tx, ctx| {
            claim::withdraw(tx, ctx, id)
        }),
        "claim.not_yours",
    );
    desk.act_as(operator(4, &[Role::Legal]), 14, move |tx, ctx| {
        claim::withdraw(tx, ctx, id)
    })
    .unwrap();
    assert_eq!(look(&desk, version, 15).standing, waiting);
    propose(&desk, 16, CLAIM).unwrap();
    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    let about = kinds.iter().filter(|kind| kind.starts_with("claim."));
    assert_eq!(about.count(), 6);
}
