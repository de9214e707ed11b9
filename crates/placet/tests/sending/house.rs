//! Synthetic people, approved content and a launch, in an installation of its own.

use std::collections::BTreeSet;

use jiff::Timestamp;
use placet_app::data::catalogue;
use placet_app::{ActError, Ctx, approval, audience, campaign, content, settings, trigger};
use placet_domain::audience::Filter;
use placet_domain::campaign::{Brief, Remuneration};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::entry::Entry;
use placet_domain::id::{CampaignId, PersonId, TriggerId, VersionId};
use placet_domain::operator::{Actor, Role};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_domain::review::Verdict;
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};
use placet_domain::trigger::{Declaration, Event, Wait};
use placet_policy::Engine;
use placet_store::people::{self, Source};
use placet_store::{Store, Tx};

const BODY: &str = "Hello {{first_name|there}}, this is a reminder of your appointment.";

/// Has a reminder approved and launched for `n` new people, carried to `port` of this machine.
pub fn launch(store: &Store, n: usize, port: u16) -> CampaignId {
    let engine = Engine::builtin();
    act(store, 2, move |tx, ctx| {
        (0..n).try_for_each(|number| add_person(tx, ctx, number))
    });
    let version = reminder(store, port, BODY);
    act(store, 4, move |tx, ctx| {
        let everybody = audience::create(tx, ctx, "Everybody", Filter::default())?;
        let brief = Brief {
            name: "Reminders".to_owned(),
            version,
            audience: everybody.id,
            purpose: "appointment_reminder".to_owned(),
            remuneration: Remuneration::NONE,
            sender_name: "Harbor Health".to_owned(),
            sender: "news@harbor.example".to_owned(),
        };
        let campaign = campaign::create(tx, ctx, &brief)?;
        campaign::launch(tx, ctx, &engine, campaign.id, n as u64)?;
        Ok(campaign.id)
    })
}

/// Has a trigger approved that reminds of appointments, carried to `port` of this machine.
pub fn remind(store: &Store, port: u16) -> TriggerId {
    sign_sources(store);
    let content = reminder(
        store,
        port,
        "Hello {{first_name|there}}, your appointment is on {{appointment_date}}.",
    );
    let version = act(store, 5, move |tx, ctx| {
        let declared = Declaration {
            name: "Appointment reminder".to_owned(),
            event: Event::ComingUp,
            source: "ehr".to_owned(),
            content,
            purpose: "appointment_reminder".to_owned(),
            rationale: "A reminder is part of care".to_owned(),
            owner: "Patient access".to_owned(),
            wait: Wait::hours(24),
            most_per_day: 100,
            sender_name: "Harbor Health".to_owned(),
            sender: "news@harbor.example".to_owned(),
        };
        trigger::declare(tx, ctx, &declared)
    });
    let ctx = officer(6);
    let (id, number) = (version.trigger, version.id);
    store
        .act_blocking(placet_testing::grant(), &ctx, move |tx, ctx| {
            trigger::approve(tx, ctx, id, number, "")
        })
        .unwrap();
    id
}

/// Compliance signs what the sources of a new installation hold.
fn sign_sources(store: &Store) {
    store
        .act_blocking(placet_testing::grant(), &officer(7), |tx, ctx| {
            for held in catalogue::list(tx)? {
                let newest = held.newest().unwrap();
                catalogue::sign(tx, ctx, newest.source, newest.id, "")?;
            }
            Ok::<_, ActError>(())
        })
        .unwrap();
}

/// Somebody of compliance.
fn officer(seed: u64) -> Ctx {
    let mut ctx = ctx(seed);
    ctx.actor = Actor::Operator {
        id: ctx.new_id(),
        roles: BTreeSet::from([Role::Compliance]),
    };
    ctx
}

/// The approved version of a reminder with these words.
fn reminder(store: &Store, port: u16, body: &'static str) -> VersionId {
    let engine = Engine::builtin();
    act(store, 1, move |tx, ctx| set_up(tx, ctx, port));
    let class = ContentClass::Reminder;
    let draft = Draft {
        class,
        topic: class.topics()[0],
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        subject: "Your appointment".to_owned(),
        preheader: String::new(),
        body: body.to_owned(),
        text: String::new(),
    };
    let version = act(store, 3, move |tx, ctx| {
        let version = content::create(tx, ctx, &engine, "Reminder", &draft)?;
        approval::submit(tx, ctx, &engine, version.id)?;
        Ok(version.id)
    });
    for (seed, role) in (10..).zip(class.tier().row().approvers) {
        let mut ctx = ctx(seed);
        ctx.actor = Actor::Operator {
            id: ctx.new_id(),
            roles: BTreeSet::from([*role]),
        };
        store
            .act_blocking(placet_testing::grant(), &ctx, move |tx, ctx| {
                approval::judge(tx, ctx, version, *role, Verdict::Approve, "")
            })
            .unwrap();
    }
    version
}

/// The child reads the real clock, so what happened before it did so shortly before.
#[expect(
    clippy::disallowed_methods,
    reason = "the process under test reads the real clock"
)]
fn ctx(seed: u64) -> Ctx {
    placet_testing::ctx_at(Timestamp::now(), seed)
}

fn act<T: Send + 'static>(
    store: &Store,
    seed: u64,
    f: impl FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
) -> T {
    store
        .act_blocking(placet_testing::grant(), &ctx(seed), f)
        .unwrap()
}

fn set_up(tx: &mut Tx, ctx: &Ctx, port: u16) -> Result<(), ActError> {
    let organization = Organization {
        name: "Harbor Health".to_owned(),
        postal_address: "1 Example Street, Springfield".to_owned(),
        actor: ActorKind::CoveredProvider,
        time_zone: "America/New_York".to_owned(),
    };
    let carrier = Carrier {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::Off,
        role: VendorRole::None,
        is_baa_on_file: false,
        country: "US".to_owned(),
    };
    settings::set_organization(tx, ctx, &organization)?;
    settings::set_carrier(tx, ctx, &carrier)?;
    settings::arm(tx, ctx)
}

fn add_person(tx: &mut Tx, ctx: &Ctx, number: usize) -> Result<(), ActError> {
    let id: PersonId = ctx.new_id();
    let person = Person {
        id,
        relationship: Relationship::Patient,
        residence: Some("US-OH".to_owned()),
        time_zone: Some("America/New_York".to_owned()),
        deceased_on: None,
        flags: BTreeSet::new(),
        identity: Identity {
            given: format!("Given{number}"),
            family: format!("Family{number}"),
            birth_date: "1960-02-28".parse().ok(),
            ..Identity::default()
        },
    };
    let reference = number.to_be_bytes().to_vec();
    let source = Source {
        name: "test".to_owned(),
        content_hash: reference.clone(),
        reference,
    };
    people::add(tx, &person, &source)?;
    let address = format!("person{number}@mail.example");
    let lookup = people::address_lookup(tx, Channel::Email, &address)
        .ok_or(ActError::NotFound("address"))?;
    let point = ContactPoint {
        id: ctx.new_id(),
        person: id,
        channel: Channel::Email,
        address,
        origin: Origin::Care,
        created_at: ctx.now,
        replaced_at: None,
    };
    people::add_contact_point(tx, &point, &lookup)?;
    tx.record(Entry::new("person.imported").about(id));
    Ok(())
}
