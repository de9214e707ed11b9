//! What came back: kept once, counted, and found by the delivery it is about.

use placet_domain::channel::Channel;
use placet_domain::id::{RawId, ReportId};
use placet_domain::report::{Effect, Kind as Said, Report};
use placet_domain::suppression::{Cause, Suppression};
use placet_store::{deliveries, reports, suppressions};
use placet_testing::{noon, noon_plus};

use super::campaigns::{campaign, person};
use super::deliveries::{delivery, launch, recorded};
use super::harness::{Kind, read, with_store};

fn report(number: u8, kind: Said) -> Report {
    Report {
        id: ReportId::from(RawId::at(noon(), [number; 10])),
        kind,
        delivery: Some(delivery(0)),
        campaign: Some(campaign(1).id),
        status: Some("5.1.1".to_owned()),
        door: "maildir".to_owned(),
        content_hash: vec![number; 32],
        effect: Effect::Suppressed,
        recorded_at: noon_plus(i64::from(number)),
    }
}

pub(crate) fn a_report_is_kept_once_and_counted(kind: Kind) {
    with_store(kind, |store| {
        launch(store, 3);
        let all = [report(1, Said::HardBounce), report(2, Said::Complaint)];
        let twice = Report {
            id: ReportId::from(RawId::at(noon(), [3; 10])),
            ..all[0].clone()
        };
        let (first, second) = (all[0].clone(), all[1].clone());
        let kept = recorded(store, 10, noon(), move |tx| {
            Ok((
                reports::add(tx, &first, "a")?,
                reports::add(tx, &second, "a")?,
                reports::add(tx, &twice, "a")?,
            ))
        });
        assert_eq!(kept, (true, true, false));
        assert!(read(store, |tx| reports::is_known(tx, &[1; 32])));
        assert!(!read(store, |tx| reports::is_known(tx, &[9; 32])));
        let newest_first = [all[1].clone(), all[0].clone()];
        assert_eq!(read(store, |tx| reports::list(tx, 10)), newest_first);
        let counts = read(store, |tx| reports::count_by_campaign(tx, campaign(1).id));
        assert_eq!(counts, [(Said::Complaint, 1), (Said::HardBounce, 1)]);
        let since = read(store, |tx| reports::count_since(tx, noon_plus(2)));
        assert_eq!(since, [(Said::Complaint, 1)]);
        let found = read(store, |tx| reports::find_addressed(tx, delivery(1))).unwrap();
        assert_eq!((found.person, found.channel), (person(1), Channel::Email));
        let lookup = found.lookup.clone();
        let last = move |tx: &mut placet_store::Tx| {
            reports::find_last_addressed(tx, &lookup, Channel::Email)
        };
        assert_eq!(read(store, last.clone()), None, "nothing was sent to it");
        recorded(store, 20, noon(), |tx| {
            deliveries::claim(tx, delivery(1), [8; 16].into(), [9; 16].into())
        });
        let sent = read(store, last).unwrap();
        assert_eq!((sent.delivery, sent.person), (delivery(1), person(1)));
        let owners = read(store, move |tx| {
            reports::list_owners(tx, &found.lookup, Channel::Email)
        });
        assert!(owners.iter().any(|(owner, _)| *owner == person(1)));
    });
}

pub(crate) fn closed_addresses_are_counted_by_cause(kind: Kind) {
    with_store(kind, |store| {
        recorded(store, 10, noon(), |tx| {
            for (n, cause) in [
                (1, Cause::HardBounce),
                (2, Cause::HardBounce),
                (3, Cause::Stop),
            ] {
                suppressions::add(
                    tx,
                    &Suppression {
                        id: RawId::at(noon(), [n; 10]).into(),
                        lookup: vec![n.min(1)],
                        channel: Channel::Email,
                        cause,
                        placed_at: noon(),
                        placed_by: "a".to_owned(),
                        lifted_at: None,
                    },
                )?;
            }
            suppressions::lift(tx, RawId::at(noon(), [3; 10]).into(), "asked_again", "a")
        });
        assert_eq!(
            read(store, suppressions::count),
            [(Channel::Email, Cause::HardBounce, 1)]
        );
    });
}
