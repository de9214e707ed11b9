//! Plans, a second person's word, and ends that are shown as such.

use placet_domain::campaign::plan::{Hours, Start};
use placet_domain::campaign::{Hold, Progress};
use placet_domain::channel::Channel;
use placet_domain::operator::{Actor, Role};
use placet_store::deliveries;

use super::*;
use crate::approval::tests::operator;
use crate::campaign::tests::World;
use crate::campaign::{end, resume, view};

fn marketing(n: u8) -> Actor {
    operator(n, &[Role::Marketing])
}

fn planned(world: &World, n: i64, id: CampaignId, wanted: Plan) -> Result<(), ActError> {
    world
        .desk
        .act_as(marketing(1), n, move |tx, ctx| plan(tx, ctx, id, &wanted))
}

#[track_caller]
fn code<T: std::fmt::Debug>(outcome: Result<T, ActError>) -> &'static str {
    match outcome {
        Err(ActError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

/// Of the failures listed: a wrong filter that mails 230,000 instead of 7,200 without anyone
/// being asked.
#[test]
fn far_more_people_than_expected_take_a_second_persons_word() {
    let world = World::new();
    let id = world.planned(20);
    let expecting = Plan {
        expected: Some(1),
        ..Plan::default()
    };
    planned(&world, 21, id, expecting).unwrap();
    assert_eq!(code(world.launched(22, id, 12)), "campaign.size");
    let agree = |n: i64, who: Actor, number: u64| {
        world
            .desk
            .act_as(who, n, move |tx, ctx| confirm(tx, ctx, id, number))
    };
    assert_eq!(code(agree(23, marketing(1), 12)), "campaign.own");
    agree(24, marketing(2), 11).unwrap();
    assert_eq!(
        code(world.launched(25, id, 12)),
        "campaign.size",
        "they agreed to fewer"
    );
    agree(26, marketing(2), 12).unwrap();
    assert_eq!(world.launched(27, id, 12).unwrap().n_planned, 12);
    assert_eq!(code(agree(28, marketing(2), 12)), "campaign.launched");
    let kinds: Vec<_> = world
        .desk
        .entries()
        .into_iter()
        .map(|one| one.kind)
        .collect();
    assert!(kinds.contains(&"campaign.size_confirmed".to_owned()));
}

#[test]
fn a_launch_for_later_waits_until_then() {
    let world = World::new();
    let id = world.planned(20);
    let at = crate::desk::minute(600);
    let later = Plan {
        start: Start::At { at },
        ..Plan::default()
    };
    planned(&world, 21, id, later).unwrap();
    world.launched(22, id, 12).unwrap();
    let waiting = |at| {
        let due = move |tx: &mut Tx| deliveries::count_waiting(tx, id, at, 100);
        world
            .desk
            .store
            .read_blocking::<_, _, StoreError>(due)
            .unwrap()
    };
    assert_eq!((waiting(crate::desk::minute(599)), waiting(at)), (0, 12));
    let sooner = Plan::default();
    assert_eq!(code(planned(&world, 23, id, sooner)), "campaign.launched");
    let slower = Plan {
        per_hour: Some(5),
        ..later
    };
    planned(&world, 24, id, slower).unwrap();
}

/// Of the failures listed: "finished" with part unsent.
#[test]
fn a_campaign_ended_early_is_never_called_finished() {
    let world = World::new();
    let id = world.planned(20);
    world.launched(21, id, 12).unwrap();
    world
        .desk
        .act(22, move |tx, ctx| end(tx, ctx, id, "a wrong date"))
        .unwrap();
    let found = world.desk.act(23, move |tx, ctx| {
        tx.record(Entry::new("test"));
        view(tx, id, ctx.now)
    });
    let found = found.unwrap();
    assert_eq!((found.progress, found.tally.pending), (Progress::Ended, 12));
    assert_eq!(found.holds[0].kind, Hold::Ended);
    let due =
        |tx: &mut Tx| deliveries::list_due_campaigns(tx, Channel::Email, crate::desk::minute(24));
    assert!(
        world
            .desk
            .store
            .read_blocking::<_, _, StoreError>(due)
            .unwrap()
            .is_empty()
    );
    let again = world.desk.act(25, move |tx, ctx| resume(tx, ctx, id, ""));
    assert_eq!(code(again), "campaign.ended");
}

#[test]
fn hours_too_short_to_hold_everywhere_are_refused() {
    let world = World::new();
    let id = world.planned(20);
    let short = Plan {
        hours: Some(Hours { from: 9, until: 12 }),
        ..Plan::default()
    };
    let refused = planned(&world, 21, id, short);
    assert!(matches!(refused, Err(ActError::Invalid(fields)) if fields[0].field == "hours"));
}
