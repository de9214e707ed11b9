//! Review against a real store: who may judge, and what an edit leaves of an approval.

use std::collections::BTreeSet;

use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::id::ContentId;
use placet_domain::preference::Topic;
use placet_domain::review::Tier;

use super::*;
use crate::content;
use crate::desk::{Desk, minute, refused_as};

mod claims;
mod fillings;
mod link;
mod remarks;
mod time;

pub(crate) fn operator(number: u8, roles: &[Role]) -> Actor {
    Actor::Operator {
        id: [number; 16].into(),
        roles: roles.iter().copied().collect(),
    }
}

fn writer() -> Actor {
    operator(1, &[Role::Marketing])
}

pub(crate) fn draft(class: ContentClass) -> Draft {
    Draft {
        class,
        topic: class.topics()[0],
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        subject: "From our clinic".to_owned(),
        preheader: String::new(),
        body: "Hello {{first_name|there}}".to_owned(),
        text: String::new(),
    }
}

/// A saved version of this class, written by [`writer`].
fn saved(desk: &Desk, class: ContentClass) -> Version {
    let engine = Engine::builtin();
    desk.act_as(writer(), 1, move |tx, ctx| {
        content::create(tx, ctx, &engine, "A content", &draft(class))
    })
    .unwrap()
}

fn hand_in(desk: &Desk, actor: Actor, n: i64, id: VersionId) -> Result<Submission, ActError> {
    let engine = Engine::builtin();
    desk.act_as(actor, n, move |tx, ctx| submit(tx, ctx, &engine, id))
}

fn give(
    desk: &Desk,
    actor: Actor,
    n: i64,
    id: VersionId,
    role: Role,
) -> Result<Standing, ActError> {
    desk.act_as(actor, n, move |tx, ctx| {
        judge(tx, ctx, id, role, Verdict::Approve, "")
    })
}

/// S133 to S139: from draft to approved, by the roles that the class asks for.
#[test]
fn a_promotion_needs_compliance_and_clinical() {
    let desk = Desk::new();
    let id = saved(&desk, ContentClass::OwnHealthProductPromo).id;
    let compliance = operator(2, &[Role::Compliance]);
    refused_as(
        give(&desk, compliance.clone(), 2, id, Role::Compliance),
        "approval.not_submitted",
    );
    let submission = hand_in(&desk, writer(), 3, id).unwrap();
    assert_eq!(submission.tier, Tier::Promotional);
    refused_as(hand_in(&desk, writer(), 4, id), "content.submitted");

    let standing = give(&desk, compliance, 5, id, Role::Compliance).unwrap();
    assert_eq!(
        standing,
        Standing::InReview {
            waiting: vec![Role::Clinical]
        }
    );
    let standing = give(&desk, operator(3, &[Role::Clinical]), 6, id, Role::Clinical).unwrap();
    assert_eq!(standing, Standing::Approved);
    assert!(
        desk.act(7, move |tx, _| {
            tx.record(Entry::new("test"));
            Ok(find(tx, id, minute(7))?.is_approved())
        })
        .unwrap()
    );
    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    let about: Vec<&str> = kinds
        .iter()
        .map(String::as_str)
        .filter(|kind| kind.starts_with("content."))
        .collect();
    assert_eq!(
        about,
        [
            "content.created",
            "content.submitted",
            "content.approved",
            "content.approved"
        ]
    );
}

#[test]
fn nobody_approves_their_own_work_in_any_way() {
    let desk = Desk::new();
    let id = saved(&desk, ContentClass::Operational).id;
    // Somebody else hands it in; the writer and the one who handed it in are both barred.
    let helper = operator(4, &[Role::Marketing]);
    hand_in(&desk, helper.clone(), 2, id).unwrap();
    refused_as(
        give(&desk, writer(), 3, id, Role::Marketing),
        "approval.own_work",
    );
    refused_as(
        give(&desk, helper, 4, id, Role::Marketing),
        "approval.own_work",
    );
    // A token that acts for the writer is the writer.
    let token = Actor::Token {
        id: [7; 16].into(),
        operator: [1; 16].into(),
        roles: BTreeSet::from([Role::Marketing]),
        scopes: BTreeSet::from([placet_domain::operator::Capability::ApproveContent]),
    };
    refused_as(
        give(&desk, token, 5, id, Role::Marketing),
        "approval.own_work",
    );
    // The system holds no role.
    refused_as(
        give(&desk, Actor::System("demo"), 6, id, Role::Marketing),
        "approval.role_not_held",
    );
    let standing = give(
        &desk,
        operator(5, &[Role::Marketing]),
        7,
        id,
        Role::Marketing,
    )
    .unwrap();
    assert_eq!(standing, Standing::Approved);
}

#[test]
fn one_operator_counts_for_one_role() {
    let desk = Desk::new();
    let id = saved(&desk, ContentClass::ClinicalClaim).id;
    hand_in(&desk, writer(), 2, id).unwrap();
    let both = operator(2, &[Role::Compliance, Role::Legal]);
    give(&desk, both.clone(), 3, id, Role::Compliance).unwrap();
    refused_as(
        give(&desk, both, 4, id, Role::Legal),
        "approval.already_judged",
    );
    refused_as(
        give(
            &desk,
            operator(3, &[Role::Compliance]),
            5,
            id,
            Role::Compliance,
        ),
        "approval.role_spoken",
    );
}

/// Issue 2, step 4: an edit makes a new version without approval.
#[test]
fn an_edit_makes_a_new_version_without_approval() {
    let desk = Desk::new();
    let engine = Engine::builtin();
    let first = saved(&desk, ContentClass::Operational);
    hand_in(&desk, writer(), 2, first.id).unwrap();
    give(
        &desk,
        operator(2, &[Role::Marketing]),
        3,
        first.id,
        Role::Marketing,
    )
    .unwrap();

    let (base, edited) = (
        first.id,
        Draft {
            subject: "Other".to_owned(),
            ..first.draft.clone()
        },
    );
    let again = edited.clone();
    let second = desk
        .act_as(writer(), 4, move |tx, ctx| {
            content::revise(tx, ctx, &engine, base, &edited)
        })
        .unwrap();
    assert_eq!(second.number, 2);
    let (content, old, new) = (first.content, first.id, second.id);
    let (stood, stands, latest) = desk
        .act(5, move |tx, _| {
            tx.record(Entry::new("test"));
            let latest = content::latest(tx, content)?;
            Ok((
                find(tx, old, minute(5))?.standing,
                find(tx, new, minute(5))?.standing,
                latest.number,
            ))
        })
        .unwrap();
    assert_eq!(
        (stood, stands, latest),
        (Standing::Approved, Standing::Draft, 2)
    );
    // The old one stays as it was, and cannot be edited or handed in any more.
    let engine = Engine::builtin();
    refused_as(
        desk.act_as(writer(), 6, move |tx, ctx| {
            content::revise(tx, ctx, &engine, base, &again)
        }),
        "content.changed",
    );
    // The writer of an earlier version does not judge the later one.
    let other = operator(6, &[Role::Marketing]);
    hand_in(&desk, other, 7, new).unwrap();
    refused_as(
        give(&desk, writer(), 8, new, Role::Marketing),
        "approval.own_work",
    );
}

#[test]
fn a_return_says_what_to_change_and_ends_the_review() {
    let desk = Desk::new();
    let id = saved(&desk, ContentClass::OwnServiceInformation).id;
    hand_in(&desk, writer(), 2, id).unwrap();
    let send_back = |n, note: &'static str| {
        desk.act_as(operator(2, &[Role::Compliance]), n, move |tx, ctx| {
            judge(tx, ctx, id, Role::Compliance, Verdict::Return, note)
        })
    };
    assert!(matches!(send_back(3, "  "), Err(ActError::Invalid(_))));
    assert_eq!(
        send_back(4, "name the place").unwrap(),
        Standing::Returned {
            by: Role::Compliance
        }
    );
    refused_as(
        give(&desk, operator(3, &[Role::Clinical]), 5, id, Role::Clinical),
        "approval.over",
    );
}

#[test]
fn saving_what_is_there_already_is_said() {
    let desk = Desk::new();
    let version = saved(&desk, ContentClass::Operational);
    let engine = Engine::builtin();
    let (base, same) = (version.id, version.draft.clone());
    refused_as(
        desk.act_as(writer(), 2, move |tx, ctx| {
            content::revise(tx, ctx, &engine, base, &same)
        }),
        "content.unchanged",
    );
    let (missing, topic): (ContentId, _) = ([9; 16].into(), Topic::Services);
    assert!(matches!(
        desk.act(3, move |tx, ctx| content::rename(
            tx,
            ctx,
            missing,
            topic.label()
        )),
        Err(ActError::NotFound("content"))
    ));
}

fn saying(desk: &Desk, class: ContentClass, body: &str) -> Version {
    let (engine, draft) = (
        Engine::builtin(),
        Draft {
            body: body.to_owned(),
            ..draft(class)
        },
    );
    desk.act_as(writer(), 1, move |tx, ctx| {
        content::create(tx, ctx, &engine, "A content", &draft)
    })
    .unwrap()
}

/// S133: an operational class does not spare a clinical claim its reviewers.
#[test]
fn s133_words_raise_the_tier_and_nobody_is_skipped() {
    let desk = Desk::new();
    let claims = "We are open late, and our new robot cures back pain.";
    let id = saying(&desk, ContentClass::Operational, claims).id;
    let submission = hand_in(&desk, writer(), 2, id).unwrap();
    assert_eq!(submission.tier, Tier::ClinicalClaims);
    assert_eq!(submission.findings.len(), 1);

    let colleague = operator(2, &[Role::Marketing]);
    refused_as(
        give(&desk, colleague, 3, id, Role::Marketing),
        "approval.role_not_asked",
    );
    for (n, role) in [(4, Role::Compliance), (5, Role::Legal)] {
        let standing = give(&desk, operator(n, &[role]), n.into(), id, role).unwrap();
        assert_ne!(standing, Standing::Approved);
    }
    let standing = give(&desk, operator(6, &[Role::Clinical]), 6, id, Role::Clinical).unwrap();
    assert_eq!(standing, Standing::Approved);

    let kept = desk
        .act(7, move |tx, _| {
            tx.record(Entry::new("test"));
            Ok(find(tx, id, minute(7))?.submission)
        })
        .unwrap();
    assert_eq!(kept, Some(submission));
}

/// E1, and promotion in a notice: refused before anybody is asked to read it, with the place.
#[test]
fn e1_what_cannot_stand_is_refused_at_submission() {
    let cases = [
        (
            ContentClass::Education,
            "Hello.\nA HIPAA compliant talk.",
            "line 2, column 3",
        ),
        (
            ContentClass::Reminder,
            "See you. Save $20.",
            "line 1, column 10",
        ),
    ];
    for (class, body, place) in cases {
        let desk = Desk::new();
        let id = saying(&desk, class, body).id;
        let Err(ActError::Invalid(problems)) = hand_in(&desk, writer(), 2, id) else {
            panic!("{body}");
        };
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].field, "body");
        assert!(problems[0].problem.starts_with(place), "{problems:?}");
    }
}
