//! Remarks on words, and conditions that bind what comes later.

use placet_domain::content::Field;
use placet_domain::review::comment::Place;
use placet_domain::review::condition::Demand;

use super::super::{comment, condition};
use super::*;

fn revise(desk: &Desk, n: i64, base: VersionId, body: &str) -> VersionId {
    let engine = Engine::builtin();
    let edited = Draft {
        body: body.to_owned(),
        ..draft(ContentClass::Education)
    };
    desk.act_as(writer(), n, move |tx, ctx| {
        content::revise(tx, ctx, &engine, base, &edited)
    })
    .unwrap()
    .id
}

#[test]
fn a_remark_stays_with_its_words_over_versions_until_it_is_settled() {
    let desk = Desk::new();
    let first = saying(
        &desk,
        ContentClass::Education,
        "Drink water. Walk each day.",
    )
    .id;
    let doctor = operator(3, &[Role::Clinical]);
    let remark = |n: i64, actor: Actor, quote: &'static str| {
        desk.act_as(actor, n, move |tx, ctx| {
            let new = comment::New {
                field: Field::Body,
                quote: quote.to_owned(),
                near: 0,
                remark: "How much?".to_owned(),
            };
            comment::make(tx, ctx, first, &new)
        })
    };
    assert!(matches!(
        remark(2, doctor.clone(), "Run each day"),
        Err(ActError::Invalid(_))
    ));
    let id = remark(4, doctor.clone(), "Walk each day").unwrap();

    let second = revise(&desk, 5, first, "Drink more water. Walk each day.");
    let third = revise(&desk, 6, second, "Drink more water.");
    let places = desk
        .store
        .read_blocking(move |tx| {
            let mut places = Vec::new();
            for version in [first, second, third] {
                let draft = contents::find_version(tx, version)?.unwrap().draft;
                places.push(comment::list(tx, version)?[0].place(&draft));
            }
            Ok::<_, ActError>(places)
        })
        .unwrap();
    assert_eq!(places, [Place::Same(13), Place::Moved(18), Place::Gone]);

    let settle =
        |n: i64, actor: Actor| desk.act_as(actor, n, move |tx, ctx| comment::resolve(tx, ctx, id));
    assert!(matches!(
        settle(7, operator(5, &[Role::Legal])),
        Err(ActError::Forbidden(_))
    ));
    settle(8, writer()).unwrap();
    refused_as(settle(9, doctor), "comment.resolved");
    let kinds: Vec<String> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    let about = kinds.iter().filter(|kind| kind.starts_with("comment."));
    assert_eq!(about.count(), 2);
}

/// A condition of an approval binds what is edited later: the next version meets it or goes back.
#[test]
fn a_later_version_meets_the_conditions_or_goes_back() {
    let desk = Desk::new();
    let first = saying(&desk, ContentClass::Education, "Talk with your doctor.").id;
    hand_in(&desk, writer(), 2, first).unwrap();
    let doctor = operator(3, &[Role::Clinical]);
    let set = |n: i64, actor: &Actor, role: Role, demand: Demand, words: &'static str| {
        desk.act_as(actor.clone(), n, move |tx, ctx| {
            condition::set(tx, ctx, first, role, demand, words)
        })
    };
    let keeps = (Demand::Keeps, "talk with your doctor");
    refused_as(
        set(3, &doctor, Role::Clinical, keeps.0, keeps.1),
        "condition.no_approval",
    );
    give(&desk, doctor.clone(), 4, first, Role::Clinical).unwrap();
    refused_as(
        set(5, &doctor, Role::Clinical, Demand::Keeps, "call 911"),
        "condition.not_met",
    );
    let kept = set(6, &doctor, Role::Clinical, keeps.0, keeps.1).unwrap();

    let second = revise(&desk, 7, first, "Walk each day.");
    let Err(ActError::Invalid(problems)) = hand_in(&desk, writer(), 8, second) else {
        panic!("it must go back");
    };
    assert!(problems[0].problem.contains("talk with your doctor"));

    // Legal reads the next one as well, although its tier does not ask for Legal.
    let third = revise(&desk, 9, second, "Walk each day. TALK with your\ndoctor.");
    let submission = hand_in(&desk, writer(), 10, third).unwrap();
    assert_eq!(submission.approvers, [Role::Clinical]);
    give(&desk, doctor.clone(), 11, third, Role::Clinical).unwrap();
    desk.act_as(doctor.clone(), 12, move |tx, ctx| {
        condition::set(
            tx,
            ctx,
            third,
            Role::Clinical,
            Demand::Asks,
            "is it still right?",
        )
    })
    .unwrap();
    desk.act(13, |tx, ctx| {
        let mut row = settings::review(tx)?.0.row(Tier::Educational).clone();
        row.approvers = vec![Role::Legal];
        row.informed.clear();
        settings::set_review_row(tx, ctx, &row)
    })
    .unwrap();
    let fourth = revise(&desk, 14, third, "Walk. Talk with your doctor.");
    let submission = hand_in(&desk, writer(), 15, fourth).unwrap();
    assert_eq!(submission.approvers, [Role::Legal, Role::Clinical]);

    let lift =
        |n: i64, actor: Actor| desk.act_as(actor, n, move |tx, ctx| condition::lift(tx, ctx, kept));
    refused_as(
        lift(16, operator(5, &[Role::Legal])),
        "condition.role_not_held",
    );
    lift(17, doctor).unwrap();
    let fifth = revise(&desk, 18, fourth, "Walk.");
    hand_in(&desk, writer(), 19, fifth).unwrap();
}
