//! Templates: what is filled in stands and falls with their approval (S148).

use placet_domain::content::blank::Values;
use placet_store::fillings;

use super::super::library;
use super::*;
use crate::content::filling;

fn values(of: &[(&str, &str)]) -> Values {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    of.iter().map(pair).collect()
}

fn fill(
    desk: &Desk,
    n: i64,
    template: VersionId,
    of: &[(&str, &str)],
) -> Result<Version, ActError> {
    let (engine, values) = (Engine::builtin(), values(of));
    desk.act_as(writer(), n, move |tx, ctx| {
        filling::fill(tx, ctx, &engine, template, ("Talk in May", &values))
    })
}

fn look(desk: &Desk, id: VersionId, n: i64) -> Reviewed {
    desk.store
        .read_blocking(move |tx| find(tx, id, minute(n)))
        .unwrap()
}

const BODY: &str = "Come on [[day: date]] to [[where: place]]. [[note: text 60]].";
const FITS: [(&str, &str); 3] = [
    ("day", "2026-08-01"),
    ("where", "Hall 2"),
    ("note", "Bring a friend"),
];

#[test]
fn s148_a_filled_template_needs_no_review_and_anything_else_does() {
    let desk = Desk::new();
    let template = saying(&desk, ContentClass::Education, BODY).id;
    let refused = fill(&desk, 2, template, &FITS);
    refused_as(refused, "template.not_approved");
    hand_in(&desk, writer(), 3, template).unwrap();
    let doctor = operator(3, &[Role::Clinical]);
    give(&desk, doctor.clone(), 4, template, Role::Clinical).unwrap();
    // The template itself is approved and never sent.
    let reviewed = look(&desk, template, 5);
    assert_eq!(reviewed.standing, Standing::Approved);
    assert!(!reviewed.is_approved());

    let version = fill(&desk, 5, template, &FITS).unwrap();
    let reviewed = look(&desk, version.id, 6);
    assert!(reviewed.is_approved());
    assert_eq!(reviewed.template, Some(template));
    assert_eq!(
        version.draft.body,
        "Come on Saturday, August 1, 2026 to Hall 2. Bring a friend."
    );

    // A value that would need a review is told so.
    for note in [
        "Our robot cures back pain",
        "Save $20",
        "We are HIPAA compliant",
    ] {
        let of = [FITS[0], FITS[1], ("note", note)];
        let Err(ActError::Invalid(problems)) = fill(&desk, 7, template, &of) else {
            panic!("{note}");
        };
        assert!(problems[0].problem.contains("for review"), "{problems:?}");
    }
    // An edit of what was filled in is a text of its own.
    let engine = Engine::builtin();
    let edited = Draft {
        subject: "Other".to_owned(),
        ..version.draft.clone()
    };
    let next = desk
        .act_as(writer(), 8, move |tx, ctx| {
            content::revise(tx, ctx, &engine, version.id, &edited)
        })
        .unwrap();
    assert_eq!(look(&desk, next.id, 9).standing, Standing::Draft);

    // When the template's approval ends, so does everything that was made from it; and it comes
    // back with it.
    let late = 366 * 24 * 60;
    assert!(matches!(
        look(&desk, version.id, late).standing,
        Standing::Expired { .. }
    ));
    desk.act_as(doctor, late, move |tx, ctx| {
        library::renew(tx, ctx, template, Role::Clinical)
    })
    .unwrap();
    assert!(look(&desk, version.id, late + 1).is_approved());
}

/// What was approved to be said once is not approved to be said of something else.
#[test]
fn a_phrase_of_the_template_does_not_cover_a_value() {
    let desk = Desk::new();
    let body = "Our robot cures back pain. [[note: text 60]].";
    let template = saying(&desk, ContentClass::ClinicalClaim, body).id;
    hand_in(&desk, writer(), 2, template).unwrap();
    for (who, role) in [(2, Role::Compliance), (3, Role::Legal), (4, Role::Clinical)] {
        give(
            &desk,
            operator(who, &[role]),
            i64::from(who) + 10,
            template,
            role,
        )
        .unwrap();
    }
    assert!(fill(&desk, 25, template, &[("note", "Come by")]).is_ok());
    let refused = fill(&desk, 26, template, &[("note", "Our tea cures cancer")]);
    assert!(matches!(refused, Err(ActError::Invalid(_))));
}

/// A row that claims to be a filling and is not is altered, not approved.
#[test]
fn what_claims_to_be_a_filling_is_found_again_from_its_template() {
    let desk = Desk::new();
    let template = saying(&desk, ContentClass::Education, BODY).id;
    hand_in(&desk, writer(), 3, template).unwrap();
    give(
        &desk,
        operator(3, &[Role::Clinical]),
        4,
        template,
        Role::Clinical,
    )
    .unwrap();
    let forged = desk
        .act_as(writer(), 2, |tx, ctx| {
            let engine = Engine::builtin();
            content::create(tx, ctx, &engine, "Other", &draft(ContentClass::Education))
        })
        .unwrap();
    let hash = look(&desk, template, 5).version.hash;
    desk.act(5, move |tx, ctx| {
        tx.record(Entry::new("test"));
        let filling = fillings::Filling {
            version: forged.id,
            template,
            hash,
            values: values(&FITS),
            filled_at: ctx.now,
            filled_by: "x".to_owned(),
        };
        Ok(fillings::add(tx, &filling)?)
    })
    .unwrap();
    assert_eq!(look(&desk, forged.id, 6).standing, Standing::Altered);
}
