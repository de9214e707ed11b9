//! From an approved version to waiting deliveries, and everything that stands in between.

use placet_domain::audience::{Card, Condition};
use placet_domain::campaign::{Hold, Pay};
use placet_domain::content::ContentClass;
use placet_domain::id::VersionId;
use placet_domain::operator::{Actor, Role};
use placet_domain::person::Relationship;
use placet_domain::review::{Standing, Verdict};
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};
use placet_policy::Engine;

use super::*;
use crate::approval::tests::{draft, operator};
use crate::desk::{Desk, refused_as};
use crate::{audience, content, preference, settings};

/// As many as small groups begin to be told apart.
pub(crate) const PEOPLE: u8 = 12;

pub(crate) struct World {
    pub(crate) desk: Desk,
    version: VersionId,
    audience: placet_domain::id::AudienceId,
}

fn marketing() -> Actor {
    operator(1, &[Role::Marketing])
}

impl World {
    /// Armed, with twelve patients, a neutral announcement that is approved, and everybody as
    /// the audience.
    pub(crate) fn new() -> Self {
        let desk = Desk::new();
        for n in 1..=PEOPLE {
            desk.add_person(n, "Ada", "Moss", &format!("p{n}@example.org"));
        }
        desk.act(0, |tx, ctx| {
            settings::set_organization(tx, ctx, &organization())?;
            settings::set_carrier(tx, ctx, &carrier())?;
            settings::arm(tx, ctx)
        })
        .unwrap();
        let version = approved(&desk, 1, ContentClass::OwnServiceInformation);
        let audience = desk
            .act(10, |tx, ctx| {
                audience::create(tx, ctx, "Everybody", Filter::default())
            })
            .unwrap();
        Self {
            desk,
            version,
            audience: audience.id,
        }
    }

    fn brief(&self) -> Brief {
        Brief {
            name: "March".to_owned(),
            version: self.version,
            audience: self.audience,
            purpose: "own_service_announcement".to_owned(),
            remuneration: Remuneration::NONE,
            sender_name: "Harbor Health".to_owned(),
            sender: "news@harbor.example".to_owned(),
        }
    }

    pub(crate) fn planned(&self, n: i64) -> CampaignId {
        let brief = self.brief();
        self.desk
            .act_as(marketing(), n, move |tx, ctx| create(tx, ctx, &brief))
            .unwrap()
            .id
    }

    pub(crate) fn launched(&self, n: i64, id: CampaignId, typed: u64) -> Result<Launch, ActError> {
        let engine = Engine::builtin();
        self.desk.act_as(marketing(), n, move |tx, ctx| {
            launch(tx, ctx, &engine, id, typed)
        })
    }

    fn view(&self, n: i64, id: CampaignId) -> View {
        self.desk
            .act(n, move |tx, ctx| {
                tx.record(Entry::new("test"));
                view(tx, id, ctx.now)
            })
            .unwrap()
    }
}

fn organization() -> Organization {
    Organization {
        name: "Harbor Health".to_owned(),
        postal_address: "1 Harbor Street, Springfield".to_owned(),
        actor: ActorKind::CoveredProvider,
        time_zone: "America/New_York".to_owned(),
    }
}

fn carrier() -> Carrier {
    Carrier {
        host: "localhost".to_owned(),
        port: 2525,
        tls: Tls::Off,
        role: VendorRole::None,
        is_baa_on_file: false,
        country: "US".to_owned(),
    }
}

/// A version of this class, written by one operator and approved by others.
fn approved(desk: &Desk, n: i64, class: ContentClass) -> VersionId {
    let engine = Engine::builtin();
    let id = desk
        .act_as(operator(20, &[Role::Marketing]), n, move |tx, ctx| {
            let version = content::create(tx, ctx, &engine, "Announcement", &draft(class))?;
            approval::submit(tx, ctx, &engine, version.id)?;
            Ok(version.id)
        })
        .unwrap();
    for (number, role) in (21_u8..).zip(class.tier().row().approvers) {
        // Ids follow from actor and minute: each act has a minute of its own.
        let minute = n + i64::from(number) - 20;
        desk.act_as(operator(number, &[*role]), minute, move |tx, ctx| {
            approval::judge(tx, ctx, id, *role, Verdict::Approve, "")
        })
        .unwrap();
    }
    id
}

/// Issue 2, step 5: launched by typing the number.
#[test]
fn a_launch_takes_exactly_the_number_counted_in_its_transaction() {
    let world = World::new();
    let id = world.planned(20);
    assert_eq!(world.view(21, id).progress, Progress::Draft);
    let why = refused_as(world.launched(22, id, 11), "campaign.number_differs");
    assert!(why.contains("10 people"), "{why}");

    let launch = world.launched(23, id, 12).unwrap();
    assert_eq!((launch.n_matched, launch.n_planned), (12, 12));
    let view = world.view(24, id);
    assert_eq!(view.progress, Progress::Sending);
    assert_eq!(
        view.tally,
        Tally {
            pending: 12,
            ..Tally::default()
        }
    );
    assert_eq!(view.launch.as_ref(), Some(&launch));
    refused_as(world.launched(25, id, 12), "campaign.launched");
    let brief = world.brief();
    refused_as(
        world
            .desk
            .act_as(marketing(), 26, move |tx, ctx| change(tx, ctx, id, &brief)),
        "campaign.launched",
    );
    assert!(
        world
            .desk
            .entries()
            .iter()
            .any(|entry| entry.kind == "campaign.launched")
    );
}

/// S174, S180: who objected since the page was looked at drops out, and the number differs.
#[test]
fn an_opt_out_between_looking_and_launching_changes_the_number() {
    let world = World::new();
    let id = world.planned(20);
    let person = placet_domain::id::PersonId::from([3; 16]);
    world
        .desk
        .act(21, move |tx, ctx| {
            let lookup = placet_store::people::address_lookup(
                tx,
                placet_domain::channel::Channel::Email,
                "p3@example.org",
            )
            .unwrap();
            let cause = placet_domain::suppression::Cause::Unsubscribe;
            preference::place(
                tx,
                ctx,
                Some(person),
                lookup,
                placet_domain::channel::Channel::Email,
                cause,
            )
        })
        .unwrap();
    let why = refused_as(world.launched(22, id, 12), "campaign.number_differs");
    assert!(why.contains("10 people"), "{why}");
    let launch = world.launched(23, id, 11).unwrap();
    assert_eq!((launch.n_matched, launch.n_planned), (12, 11));
    let stopped: u64 = launch.waterfall.bars.iter().map(|bar| bar.n_first).sum();
    assert_eq!(stopped, 1, "{:?}", launch.waterfall);
    assert!(launch.waterfall.bars.iter().all(|bar| !bar.says.is_empty()));
}

#[test]
fn nothing_is_launched_while_sending_is_disarmed() {
    let world = World::new();
    let id = world.planned(20);
    world.desk.act(21, settings::disarm).unwrap();
    refused_as(world.launched(22, id, 12), "sending.disarmed");
}

/// S175, S176: content that is not approved is not sent.
#[test]
fn nothing_is_launched_on_content_that_is_not_approved() {
    let mut world = World::new();
    let engine = Engine::builtin();
    world.version = world
        .desk
        .act_as(operator(20, &[Role::Marketing]), 15, move |tx, ctx| {
            let draft = draft(ContentClass::OwnServiceInformation);
            let version = content::create(tx, ctx, &engine, "Draft", &draft)?;
            approval::submit(tx, ctx, &engine, version.id)?;
            Ok(version.id)
        })
        .unwrap();
    let id = world.planned(20);
    refused_as(world.launched(21, id, 12), "content.not_approved");
}

/// Threat 1: a group so small that it points at somebody.
#[test]
fn a_small_group_is_launched_by_nobody_who_may_not_see_it() {
    let mut world = World::new();
    let card = Card {
        any: vec![Condition::Relationship {
            is: vec![Relationship::Donor],
        }],
    };
    world.audience = world
        .desk
        .act(15, move |tx, ctx| {
            audience::create(
                tx,
                ctx,
                "Donors",
                Filter {
                    all: vec![card.clone()],
                },
            )
        })
        .unwrap()
        .id;
    let id = world.planned(20);
    refused_as(world.launched(21, id, 0), "campaign.nobody");
    for n in 1..=3 {
        let reference = vec![100 + n];
        world
            .desk
            .act(22 + i64::from(n), move |tx, _| {
                let person = placet_domain::id::PersonId::from([n; 16]);
                let mut found = placet_store::people::find(tx, person)?.unwrap();
                found.relationship = Relationship::Donor;
                placet_store::people::update(tx, &found, &reference)?;
                tx.record(Entry::new("test"));
                Ok(())
            })
            .unwrap();
    }
    let outcome = world.launched(30, id, 3);
    match outcome {
        // Whether donors may be written to is the packs' to say; the number is never told.
        Err(ActError::Refused { code, why }) => {
            assert!(
                ["campaign.too_few", "campaign.nobody"].contains(&code),
                "{code}"
            );
            assert!(!why.contains('3'), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_campaign_is_stopped_and_goes_on() {
    let world = World::new();
    let id = world.planned(20);
    let hold = |n, kind| {
        world
            .desk
            .act_as(crate::desk::compliance(), n, move |tx, ctx| match kind {
                Hold::Stopped => stop(tx, ctx, id, "a mistake"),
                Hold::Resumed => resume(tx, ctx, id, ""),
                Hold::Ended => end(tx, ctx, id, ""),
            })
    };
    refused_as(hold(21, Hold::Stopped), "campaign.not_launched");
    world.launched(22, id, 12).unwrap();
    refused_as(hold(23, Hold::Resumed), "campaign.unchanged");
    hold(24, Hold::Stopped).unwrap();
    assert_eq!(world.view(25, id).progress, Progress::Stopped);
    refused_as(hold(26, Hold::Stopped), "campaign.unchanged");
    // The clock went back: the newest word still counts.
    hold(23, Hold::Resumed).unwrap();
    assert_eq!(world.view(27, id).progress, Progress::Sending);
}

#[test]
fn a_brief_is_refused_field_by_field() {
    let world = World::new();
    let brief = Brief {
        version: [9; 16].into(),
        audience: [9; 16].into(),
        ..world.brief()
    };
    let fields = |outcome: Result<Campaign, ActError>| match outcome {
        Err(ActError::Invalid(fields)) => fields
            .into_iter()
            .map(|field| field.field)
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let outcome = world.desk.act(20, move |tx, ctx| create(tx, ctx, &brief));
    assert_eq!(fields(outcome), ["audience", "version"]);
    // Threat 12: a promotion is not sent for the purpose of treatment, and payment is stated whole.
    let brief = Brief {
        purpose: "appointment_reminder".to_owned(),
        remuneration: Remuneration {
            kind: Pay::Financial,
            ..Remuneration::NONE
        },
        ..world.brief()
    };
    let outcome = world.desk.act(21, move |tx, ctx| create(tx, ctx, &brief));
    assert_eq!(fields(outcome), ["purpose", "payer", "amount_vs_cost"]);
}

/// S16, S43: what the product's owner pays for is marketing, and nobody here authorized it.
#[test]
fn payment_by_the_owner_of_the_product_stops_everybody() {
    let world = World::new();
    let brief = Brief {
        remuneration: Remuneration {
            kind: Pay::Financial,
            payer: Some(Payer::ProductOwner),
            amount_vs_cost: Some(Amount::AboveCost),
        },
        ..world.brief()
    };
    let id = world
        .desk
        .act_as(marketing(), 20, move |tx, ctx| create(tx, ctx, &brief))
        .unwrap()
        .id;
    refused_as(world.launched(21, id, 12), "campaign.nobody");
}

/// Threat 12: one byte changed in the database itself, below every act, and nothing is launched or
/// approved from it any more.
#[test]
fn content_that_was_altered_in_the_database_is_sent_to_nobody() {
    let world = World::new();
    let id = world.planned(20);
    world
        .desk
        .act(21, |tx, _| {
            const TRIGGERS: &str =
                "select name from sqlite_master where type = 'trigger' and tbl_name = 'content_versions'";
            for row in tx.list(TRIGGERS, &[])? {
                let name: String = row.get(0)?;
                tx.execute(&format!("drop trigger {name}"), &[])?;
            }
            let changed = tx.execute("update content_versions set body = body || '.'", &[])?;
            assert_eq!(changed, 1);
            tx.record(Entry::new("test"));
            Ok(())
        })
        .unwrap();
    let view = world.view(22, id);
    assert_eq!(view.reviewed.standing, Standing::Altered);
    assert!(!view.reviewed.is_approved());
    refused_as(world.launched(23, id, 12), "content.altered");
    // Nor does somebody who also writes a fitting hash get further: the approvals name another.
    world
        .desk
        .act(24, |tx, _| {
            let id = contents::list(tx, 1)?[0].latest.id;
            let version = contents::find_version(tx, id)?.unwrap();
            let hash = version.draft.hash();
            tx.execute(
                "update content_versions set content_hash = $1",
                &[hash.as_bytes()],
            )?;
            tx.record(Entry::new("test"));
            Ok(())
        })
        .unwrap();
    refused_as(world.launched(25, id, 12), "content.altered");
}
