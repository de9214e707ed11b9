//! Plans, words on their size, paces, and the keys that sign.

use placet_domain::campaign::plan::{Hours, Plan};
use placet_domain::campaign::split::{Group, Split};
use placet_domain::id::{RawId, SigningKeyId};
use placet_domain::signing::{Algorithm, SigningKey, Turn};
use placet_store::signing::FreshKey;
use placet_store::{campaign_plans, campaign_splits, deliveries, signing};
use placet_testing::{noon, noon_plus};

use super::campaigns::campaign;
use super::deliveries::{launch, recorded};
use super::harness::{Kind, read, with_store};

fn raw(n: u8) -> RawId {
    RawId::at(noon(), [n; 10])
}

pub(crate) fn the_newest_plan_counts_and_a_pace_is_kept(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 3);
        let id = campaign(1).id;
        let plan = Plan {
            hours: Some(Hours { from: 8, until: 20 }),
            per_hour: Some(600),
            expected: Some(12),
            ..Plan::default()
        };
        assert_eq!(read(store, move |tx| campaign_plans::latest(tx, id)), None);
        // In one instant, with ids that fall: the order of writing counts.
        recorded(store, 1, noon(), move |tx| {
            campaign_plans::add(tx, raw(9), id, &Plan::default(), "a")?;
            campaign_plans::add(tx, raw(2), id, &plan, "b")?;
            campaign_plans::confirm(tx, raw(9), id, 10, "c")?;
            campaign_plans::confirm(tx, raw(3), id, 12, "c")
        });
        let latest = read(store, move |tx| campaign_plans::latest(tx, id)).unwrap();
        assert_eq!((latest.plan, latest.by.as_str()), (plan, "b"));
        let words = read(store, move |tx| campaign_plans::list_confirmations(tx, id));
        let words: Vec<u64> = words.iter().map(|word| word.n).collect();
        assert_eq!(words, [12, 10]);
        let pace = |n: u64| {
            recorded(store, 10 + n, noon(), move |tx| {
                campaign_plans::put_pace(tx, id, noon_plus(n.cast_signed()))
            });
            read(store, move |tx| campaign_plans::find_pace(tx, id))
        };
        assert_eq!((pace(1), pace(2)), (Some(noon_plus(1)), Some(noon_plus(2))));
        let held = recorded(store, 20, noon(), move |tx| {
            campaign_plans::hold_until(tx, id, noon_plus(60))
        });
        assert_eq!(held, 3);
        let ready = |at| read(store, move |tx| deliveries::count_waiting(tx, id, at, 10));
        assert_eq!((ready(noon()), ready(noon_plus(60))), (0, 3));
    });
}

pub(crate) fn the_last_split_and_the_last_outcome_of_an_instant_count(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 3);
        let id = campaign(1).id;
        let split = Split {
            held_out: 10,
            ..Split::default()
        };
        let last = split.clone();
        recorded(store, 1, noon(), move |tx| {
            campaign_splits::add(tx, raw(9), id, &Split::default(), "a")?;
            campaign_splits::add(tx, raw(2), id, &last, "b")?;
            campaign_splits::add_outcome(tx, raw(9), id, Group::HeldOut, 1, "a")?;
            campaign_splits::add_outcome(tx, raw(2), id, Group::HeldOut, 2, "a")
        });
        let held = read(store, move |tx| campaign_splits::latest(tx, id));
        assert_eq!(held, Some(split));
        let said = read(store, move |tx| campaign_splits::list_outcomes(tx, id));
        assert_eq!(said, [(Group::HeldOut, 2)]);
    });
}

pub(crate) fn a_signing_key_comes_back_with_its_secret_while_it_is_used(kind: Kind) {
    with_store(kind, |store| {
        let key = SigningKey {
            id: SigningKeyId::from(raw(7)),
            domain: "hospital.example".to_owned(),
            selector: "s1".to_owned(),
            algorithm: Algorithm::Ed25519,
            public: "abc".to_owned(),
            made_at: noon(),
            turn: Turn::Made,
        };
        let fresh = std::sync::Arc::new(FreshKey::make(Algorithm::Ed25519).unwrap());
        let (kept, made) = (key.clone(), std::sync::Arc::clone(&fresh));
        recorded(store, 1, noon(), move |tx| {
            signing::add(tx, &kept, &made, "a")
        });
        assert_eq!(read(store, signing::list), std::slice::from_ref(&key));
        assert!(read(store, signing::list_used).is_empty());
        let turn = |n, turn| {
            let id = key.id;
            recorded(store, n, noon(), move |tx| {
                signing::add_turn(tx, id, turn, "a")
            })
        };
        assert!(turn(2, Turn::Used));
        assert!(!turn(3, Turn::Used), "once");
        let used = read(store, signing::list_used);
        assert_eq!(used[0].1.as_slice(), fresh.secret());
        assert!(turn(4, Turn::Ended));
        assert!(read(store, signing::list_used).is_empty());
        assert_eq!(read(store, signing::list)[0].turn, Turn::Ended);
    });
}
