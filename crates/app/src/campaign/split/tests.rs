//! A campaign that is split: its groups are exact, kept, and told apart afterwards.

use placet_domain::delivery::State;
use placet_domain::operator::{Actor, Role};
use placet_store::deliveries;

use super::*;
use crate::approval::tests::operator;
use crate::campaign::tests::World;
use crate::desk::refused_as;
use crate::report::{self, Heard};

fn marketing() -> Actor {
    operator(1, &[Role::Marketing])
}

fn halves() -> Split {
    Split {
        held_out: 50,
        ..Split::default()
    }
}

/// Of the failures listed: a split that drifts.
#[test]
fn the_held_out_get_nothing_and_are_the_same_whenever_asked() {
    let world = World::new();
    let id = world.planned(20);
    let wanted = halves();
    world
        .desk
        .act_as(marketing(), 21, move |tx, ctx| split(tx, ctx, id, &wanted))
        .unwrap();
    let launched = world.launched(22, id, 12).unwrap();
    assert_eq!(launched.waterfall.n_permitted, 12);
    let groups = world
        .desk
        .store
        .read_blocking::<_, _, StoreError>(move |tx| campaign_splits::list_groups(tx, id))
        .unwrap();
    let [(Group::Version(0), n_sent), (Group::HeldOut, n_held)] = groups[..] else {
        panic!("{groups:?}");
    };
    assert_eq!((n_sent + n_held, n_sent), (12, launched.n_planned));
    let places = move |tx: &mut Tx| {
        let split = of(tx, id)?;
        let waiting = deliveries::list_by_campaign(tx, id, State::Pending, None, 100)?;
        let places = waiting
            .iter()
            .map(|one| group(tx, &split, id, one.person))
            .collect::<Vec<_>>();
        Ok::<_, StoreError>(places)
    };
    let first = world.desk.store.read_blocking(places).unwrap();
    assert_eq!(first.len() as u64, n_sent);
    assert!(first.iter().all(|group| *group == Group::Version(0)));
    let again = world.desk.store.read_blocking(places).unwrap();
    assert_eq!(first, again);
    let late = world.desk.act_as(marketing(), 23, move |tx, ctx| {
        split(tx, ctx, id, &halves())
    });
    assert!(matches!(
        late,
        Err(ActError::Refused {
            code: "campaign.launched",
            ..
        })
    ));
}

#[test]
fn what_each_group_brought_is_counted_and_never_more_than_it_has() {
    let world = World::new();
    let id = world.planned(20);
    world
        .desk
        .act_as(marketing(), 21, move |tx, ctx| {
            split(tx, ctx, id, &halves())
        })
        .unwrap();
    let n = world.launched(22, id, 12).unwrap().n_planned;
    let complained = world
        .desk
        .store
        .read_blocking::<_, _, StoreError>(move |tx| {
            deliveries::list_by_campaign(tx, id, State::Pending, None, 1)
        })
        .unwrap();
    let heard = Heard {
        kind: Kind::Complaint,
        status: None,
        delivery: complained.first().map(|one| one.id),
        channel: placet_domain::channel::Channel::Email,
        from: None,
        hash: [7; 32],
    };
    world
        .desk
        .act(23, move |tx, ctx| {
            report::take(tx, ctx, "api", &heard)?;
            record_outcomes(tx, ctx, id, &[(Group::Version(0), n), (Group::HeldOut, 0)])
        })
        .unwrap();
    let found = world
        .desk
        .store
        .read_blocking::<_, _, StoreError>(move |tx| results(tx, id))
        .unwrap();
    assert_eq!(found[0].outcomes, Some(n));
    assert!(found[0].back.contains(&(Kind::Complaint, 1)));
    assert!(found[1].back.contains(&(Kind::Complaint, 0)));
    for (group, n) in [(Group::Version(0), n + 1), (Group::Version(3), 0)] {
        let wrong = world.desk.act(24, move |tx, ctx| {
            record_outcomes(tx, ctx, id, &[(group, n)])
        });
        assert!(matches!(wrong, Err(ActError::Invalid(_))), "{group:?}");
    }
}

/// S161, S162: what a campaign knows of its groups is measured without typing it again.
#[test]
fn s161_the_groups_of_a_campaign_are_the_counts_of_a_holdout() {
    use crate::measure::ask::{Ask, Groups, Holdout};
    use crate::measure::run::{self, NewRun};

    let world = World::new();
    let id = world.planned(20);
    let new = move |version, against| {
        let groups = Groups {
            campaign: id,
            version,
            against,
        };
        NewRun {
            name: String::new(),
            ask: Ask::Holdout(Holdout {
                groups: Some(groups),
                ..Holdout::default()
            }),
            dataset: None,
            source: None,
            campaign: None,
            seed: 1,
        }
    };
    let ask = |n, version, against| {
        let new = new(version, against);
        world
            .desk
            .act_as(marketing(), n, move |tx, ctx| run::ask(tx, ctx, &new))
    };
    refused_as(ask(20, None, None), "measure.not_split");
    world
        .desk
        .act_as(marketing(), 21, move |tx, ctx| {
            split(tx, ctx, id, &halves())
        })
        .unwrap();
    let n = world.launched(22, id, 12).unwrap().n_planned;
    refused_as(ask(23, None, None), "measure.no_outcomes");
    world
        .desk
        .act(24, move |tx, ctx| {
            record_outcomes(tx, ctx, id, &[(Group::Version(0), n), (Group::HeldOut, 0)])
        })
        .unwrap();
    assert!(matches!(ask(25, Some(4), None), Err(ActError::Invalid(_))));
    let run = ask(26, None, None).unwrap();
    let (kept, of_campaign) = world
        .desk
        .store
        .read_blocking::<_, _, ActError>(move |tx| {
            let kept = run::find(tx, run)?.0;
            Ok((
                kept,
                placet_store::measures::list_by_campaign(tx, id)?.len(),
            ))
        })
        .unwrap();
    assert_eq!(of_campaign, 1);
    let Ask::Holdout(counts) = serde_json::from_str(&kept.ask).unwrap() else {
        panic!("{}", kept.ask)
    };
    assert_eq!((counts.treated, counts.treated_outcomes), (n, n));
    assert_eq!((counts.held_out, counts.held_out_outcomes), (12 - n, 0));
    // At once, as a command asks: so few people are refused, and the refusal is kept.
    let new = new(Some(0), None);
    let (_, end) = world
        .desk
        .act(27, move |tx, ctx| run::ask_at_once(tx, ctx, &new))
        .unwrap();
    assert!(matches!(end, run::End::Refused(_)), "{end:?}");
}
