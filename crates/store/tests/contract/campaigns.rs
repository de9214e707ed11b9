//! Audiences, campaigns, launches, holds, and people in chunks.

use std::collections::BTreeSet;

use placet_domain::audience::{Audience, Card, Condition, Filter, Waterfall};
use placet_domain::campaign::{Brief, Campaign, Hold, Launch, Remuneration, Tally};
use placet_domain::channel::Channel;
use placet_domain::entry::Entry;
use placet_domain::id::{AudienceId, CampaignId, ContactPointId, DeliveryId, PersonId, RawId};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_store::campaigns::{self, HoldRecord, Planned};
use placet_store::people::{self, Source};
use placet_store::{Store, StoreError, audiences};
use placet_testing::{ctx, noon, noon_plus};

use super::contents;
use super::harness::{Kind, act, read, with_store};

fn audience() -> Audience {
    let card = Card {
        any: vec![Condition::Residence {
            is: vec!["US-OH".to_owned()],
        }],
    };
    Audience {
        id: AudienceId::from(RawId::at(noon(), [2; 10])),
        name: "Ohio".to_owned(),
        filter: Filter { all: vec![card] },
        created_at: noon(),
        changed_at: noon(),
        changed_by: "a".to_owned(),
    }
}

pub(super) fn campaign(number: u8) -> Campaign {
    Campaign {
        id: CampaignId::from(RawId::at(noon(), [number; 10])),
        brief: Brief {
            name: format!("Campaign {number}"),
            version: contents::version(contents::content(), 1, "a").id,
            audience: audience().id,
            purpose: "promotion".to_owned(),
            remuneration: Remuneration::NONE,
            sender_name: "Lakeview".to_owned(),
            sender: "news@lakeview.test".to_owned(),
        },
        created_at: noon_plus(i64::from(number)),
        created_by: "a".to_owned(),
    }
}

pub(super) fn launch_of(campaign: &Campaign) -> Launch {
    Launch {
        campaign: campaign.id,
        n_matched: 12,
        n_planned: 5,
        waterfall: Waterfall {
            n_matched: 12,
            bars: Vec::new(),
            n_permitted: 5,
        },
        filter: audience().filter.write(),
        content_hash: contents::version(contents::content(), 1, "a").hash,
        pack: "placet 1".to_owned(),
        profile: "conservative".to_owned(),
        launched_at: noon(),
        launched_by: "a".to_owned(),
    }
}

pub(super) fn person(number: u16) -> PersonId {
    let mut entropy = [0; 10];
    entropy[..2].copy_from_slice(&number.to_be_bytes());
    PersonId::from(RawId::at(noon(), entropy))
}

pub(super) fn point(number: u16) -> ContactPointId {
    ContactPointId::from(*person(number).as_bytes())
}

/// So many people with an e-mail address each.
pub(super) fn add_people(store: &Store, n: u16) {
    let done = act(store, &ctx(50), move |tx, _| {
        for number in 0..n {
            let reference = number.to_be_bytes().to_vec();
            let source = Source {
                name: "test".to_owned(),
                reference: reference.clone(),
                content_hash: vec![0],
            };
            let person = Person {
                id: person(number),
                relationship: Relationship::Prospect,
                residence: Some(if number % 2 == 0 { "US-OH" } else { "US-TX" }.to_owned()),
                time_zone: None,
                deceased_on: None,
                flags: BTreeSet::new(),
                identity: Identity {
                    given: format!("Given {number}"),
                    ..Identity::default()
                },
            };
            people::add(tx, &person, &source)?;
            let point = ContactPoint {
                id: point(number),
                person: person.id,
                channel: Channel::Email,
                address: format!("p{number}@example.org"),
                origin: Origin::Form,
                created_at: noon(),
                replaced_at: None,
            };
            people::add_contact_point(tx, &point, &reference)?;
        }
        tx.record(Entry::new("test"));
        Ok(())
    });
    done.unwrap();
}

pub(super) fn add_campaigns(store: &Store) {
    contents::add(store, &["a", "b"]);
    let done = act(store, &ctx(51), |tx, _| {
        audiences::add(tx, &audience())?;
        campaigns::add(tx, &campaign(1))?;
        campaigns::add(tx, &campaign(2))?;
        tx.record(Entry::new("test"));
        Ok(())
    });
    done.unwrap();
}

pub(crate) fn audiences_and_campaigns_come_back_as_they_were_saved(kind: Kind) {
    with_store(kind, |store| {
        add_campaigns(store);
        assert_eq!(
            read(store, |tx| audiences::find(tx, audience().id)),
            Some(audience())
        );
        let changed = Audience {
            name: "All".to_owned(),
            filter: Filter::default(),
            ..audience()
        };
        let new = changed.clone();
        let done = act(store, &ctx(2), move |tx, _| {
            tx.record(Entry::new("audience.changed"));
            audiences::change(tx, &new)
        });
        assert_eq!(done, Ok(true));
        assert_eq!(read(store, |tx| audiences::list(tx, 10)), [changed]);

        assert_eq!(
            read(store, |tx| campaigns::list(tx, 10)),
            [campaign(2), campaign(1)]
        );
        let version = campaign(1).brief.version;
        let using = read(store, move |tx| campaigns::list_by_version(tx, version));
        assert_eq!(using.len(), 2);
        let brief = Brief {
            name: "New".to_owned(),
            ..campaign(1).brief
        };
        let (id, new) = (campaign(1).id, brief.clone());
        let done = act(store, &ctx(3), move |tx, _| {
            tx.record(Entry::new("campaign.changed"));
            campaigns::change(tx, id, &new)
        });
        assert_eq!(done, Ok(true));
        assert_eq!(
            read(store, move |tx| campaigns::find(tx, id))
                .unwrap()
                .brief,
            brief
        );
    });
}

/// More people than one statement writes and one chunk holds.
pub(crate) fn a_launch_writes_a_waiting_delivery_a_person_once(kind: Kind) {
    with_store(kind, |store| {
        const N: u16 = 450;
        add_campaigns(store);
        add_people(store, N);
        let launch = |seed| {
            act(store, &ctx(seed), |tx, ctx| {
                let is_first = campaigns::launch(tx, &launch_of(&campaign(1)))?;
                let planned: Vec<Planned> = (0..N)
                    .map(|number| Planned {
                        id: ctx.new_id::<DeliveryId>(),
                        person: person(number),
                        contact_point: point(number),
                    })
                    .collect();
                if is_first {
                    campaigns::add_deliveries(tx, campaign(1).id, &planned)?;
                }
                tx.record(Entry::new("campaign.launched"));
                Ok(is_first)
            })
        };
        assert_eq!(launch(2), Ok(true));
        assert_eq!(launch(3), Ok(false), "a campaign is launched once");
        let id = campaign(1).id;
        let tally = read(store, move |tx| campaigns::tally(tx, id));
        assert_eq!(
            tally,
            Tally {
                pending: u64::from(N),
                ..Tally::default()
            }
        );
        assert_eq!(
            read(store, move |tx| campaigns::find_launch(tx, id)),
            Some(launch_of(&campaign(1)))
        );
        assert_eq!(
            read(store, move |tx| campaigns::count_sent_since(tx, id, noon())),
            0
        );

        // Nobody gets two, and a launched campaign is not changed any more.
        let twice = act(store, &ctx(4), |tx, ctx| {
            tx.record(Entry::new("test"));
            let one = Planned {
                id: ctx.new_id(),
                person: person(1),
                contact_point: point(1),
            };
            campaigns::add_deliveries(tx, campaign(1).id, &[one])
        });
        assert_eq!(twice, Err(StoreError::Conflict));
        let late = act(store, &ctx(5), |tx, _| {
            tx.record(Entry::new("test"));
            campaigns::change(tx, campaign(1).id, &campaign(1).brief)
        });
        assert_eq!(late, Ok(false));
    });
}

/// Also within one instant, whatever the ids drawn.
pub(crate) fn the_newest_hold_comes_first(kind: Kind) {
    with_store(kind, |store| {
        add_campaigns(store);
        let id = campaign(1).id;
        for (seed, kind) in [(3, Hold::Stopped), (2, Hold::Resumed)] {
            let at = noon();
            let done = act(store, &ctx(seed.into()), move |tx, _| {
                let hold = HoldRecord {
                    campaign: id,
                    kind,
                    reason: "a “reason”".to_owned(),
                    at,
                    by: "a".to_owned(),
                };
                tx.record(Entry::new("test"));
                campaigns::add_hold(tx, RawId::at(at, [seed; 10]), &hold)
            });
            done.unwrap();
        }
        let holds = read(store, move |tx| campaigns::list_holds(tx, id));
        let kinds: Vec<Hold> = holds.iter().map(|hold| hold.kind).collect();
        assert_eq!(kinds, [Hold::Resumed, Hold::Stopped]);
        assert_eq!(holds[1].reason, "a “reason”");
    });
}

pub(crate) fn people_are_read_in_chunks_to_the_last(kind: Kind) {
    with_store(kind, |store| {
        let n = u16::try_from(audiences::CHUNK).unwrap() + 3;
        add_people(store, n);
        let first = read(store, |tx| audiences::list_people(tx, None));
        assert_eq!(
            first.people.len(),
            usize::try_from(audiences::CHUNK).unwrap()
        );
        let (from, to) = first.span.unwrap();
        assert_eq!((from, to), (person(0), person(n - 4)));
        assert_eq!(
            first.people[0].identity,
            Identity::default(),
            "nothing is opened"
        );
        let rest = read(store, move |tx| audiences::list_people(tx, Some(to)));
        assert_eq!(rest.people.len(), 3);
        let (_, last) = rest.span.unwrap();
        let none = read(store, move |tx| audiences::list_people(tx, Some(last)));
        assert_eq!(none.span, None);
        assert_eq!(read(store, audiences::list_residences), ["US-OH", "US-TX"]);

        // With their keys brought in one go, they open like one by one.
        let opened = act(store, &ctx(60), move |tx, _| {
            tx.record(Entry::new("test"));
            tx.bring_keys(from, to)?;
            people::list_between(tx, from, to)
        });
        assert_eq!(opened.unwrap()[7].identity.given, "Given 7");
    });
}
