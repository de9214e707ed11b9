//! What people and operators do while a campaign runs.

use std::collections::BTreeSet;

use placet_app::delivery;
use placet_app::patient::link::{Link, Purpose};
use placet_app::patient::{self, Chosen};
use placet_app::preference::{self, Way};
use placet_app::{ActError, campaign, content, instrument, settings};
use placet_domain::channel::Channel;
use placet_domain::content::ContentClass;
use placet_domain::delivery::{State, Verdict};
use placet_domain::id::DeliveryId;
use placet_domain::instrument::{Evidence, InstrumentKind, Method, Revocation};
use placet_domain::preference::Topic;
use placet_domain::suppression::Cause;
use placet_store::{StoreError, deliveries, instruments, people};

use crate::hospital::{authorize, bring_in, draft};
use crate::world::{World, note};

type Done = Result<(), ActError>;

/// One deed, chosen by the seed.
pub fn do_one(world: &mut World<'_>) {
    let before = world.ledger_size();
    #[rustfmt::skip] // A table.
    let (name, done) = match world.chance.below(16) {
        0     => ("revoke by operator", revoke(world)),
        1     => ("revoke by link",     revoke_by_link(world)),
        2 | 3 => ("unsubscribe",        unsubscribe(world)),
        4     => ("suppress",           suppress(world)),
        5     => ("choose",             choose(world)),
        6     => ("authorize",          sign(world)),
        7     => ("import again",       world.act(bring_in)),
        8     => ("stop",               stop(world)),
        9 | 10 => ("resume",            resume(world)),
        11    => ("edit",               edit(world)),
        12    => ("disarm",             world.act(settings::disarm)),
        13    => ("arm",                world.act(settings::arm)),
        14    => ("resolve",            resolve(world)),
        _     => ("checkpoint",         checkpoint(world)),
    };
    note!(world, "{name}: {done:?}");
    // R10: whatever was answered with success stands in the ledger.
    if done.is_ok() && name != "checkpoint" {
        assert!(world.ledger_size() > before, "{name} left no entry");
    }
}

fn someone(world: &mut World<'_>) -> placet_domain::id::PersonId {
    *world.chance.pick(&world.hospital.people)
}

fn link(world: &mut World<'_>, purpose: Purpose) -> Link {
    let about = DeliveryId::from([9; 16]);
    Link::new(someone(world), purpose, world.now, about)
}

fn revoke(world: &mut World<'_>) -> Done {
    let person = someone(world);
    world.act(move |tx, ctx| {
        let held = instruments::list_by_person(tx, person)?;
        let in_force = held
            .into_iter()
            .map(|held| held.instrument)
            .find(|one| one.kind == InstrumentKind::HipaaAuthorization && one.revoked.is_none());
        let id = in_force.ok_or(ActError::NotFound("authorization"))?.id;
        let revocation = Revocation {
            at: ctx.now,
            method: Method::Letter,
        };
        let evidence = Evidence::from_source("mail_room");
        instrument::revoke(tx, ctx, id, revocation, &evidence).map(drop)
    })
}

fn revoke_by_link(world: &mut World<'_>) -> Done {
    let link = link(world, Purpose::Unsubscribe);
    world.act(move |tx, ctx| {
        let evidence = Evidence::from_source("own_page");
        patient::revoke_authorizations(tx, ctx, &link, &evidence).map(drop)
    })
}

fn unsubscribe(world: &mut World<'_>) -> Done {
    let link = link(world, Purpose::Unsubscribe);
    world.act(move |tx, ctx| {
        let evidence = Evidence::from_source("own_page");
        let method = Method::OneClick;
        patient::unsubscribe(tx, ctx, &link, Channel::Email, method, &evidence).map(drop)
    })
}

fn suppress(world: &mut World<'_>) -> Done {
    let person = someone(world);
    let cause = *world
        .chance
        .pick(&[Cause::Complaint, Cause::HardBounce, Cause::Operator]);
    world.act(move |tx, ctx| {
        for (_, channel, lookup) in people::list_address_lookups(tx, person)? {
            preference::place(tx, ctx, Some(person), lookup, channel, cause)?;
        }
        Ok(())
    })
}

/// The person ticks boxes: what was refused may be allowed again, and the reverse.
fn choose(world: &mut World<'_>) -> Done {
    let link = link(world, Purpose::Preferences);
    let topics = [Topic::HealthEducation, Topic::Services];
    let ticked: BTreeSet<Way> = topics
        .into_iter()
        .filter(|_| world.chance.percent(75))
        .map(|topic| Way {
            channel: Channel::Email,
            topic,
        })
        .collect();
    world.act(move |tx, ctx| {
        let chosen = Chosen {
            ways: ticked.clone(),
            ..Chosen::default()
        };
        patient::choose(tx, ctx, &link, &chosen, &Evidence::from_source("own_page")).map(drop)
    })
}

fn sign(world: &mut World<'_>) -> Done {
    let person = someone(world);
    world.act(move |tx, ctx| authorize(tx, ctx, person))
}

fn stop(world: &mut World<'_>) -> Done {
    let id = world.chance.pick(&world.hospital.campaigns).id;
    world.act(move |tx, ctx| campaign::stop(tx, ctx, id, "a wrong date"))
}

fn resume(world: &mut World<'_>) -> Done {
    let id = world.chance.pick(&world.hospital.campaigns).id;
    world.act(move |tx, ctx| campaign::resume(tx, ctx, id, "the date is right"))
}

fn edit(world: &mut World<'_>) -> Done {
    let base = world.hospital.campaigns[0].version;
    let engine = world.hospital.engine.clone();
    world.act(move |tx, ctx| {
        let draft = draft(ContentClass::Education, "News, edited");
        content::revise(tx, ctx, &engine, base, &draft).map(drop)
    })
}

fn resolve(world: &mut World<'_>) -> Done {
    let campaign = world.chance.pick(&world.hospital.campaigns).id;
    let unknown = world.store.read_blocking::<_, _, StoreError>(move |tx| {
        deliveries::list_by_campaign(tx, campaign, State::Unknown, None, 100)
    })?;
    if unknown.is_empty() {
        return Err(ActError::NotFound("unknown"));
    }
    let id = world.chance.pick(&unknown).id;
    let verdict = *world.chance.pick(&Verdict::ALL);
    world.act(move |tx, ctx| delivery::resolve(tx, ctx, id, verdict).map(drop))
}

fn checkpoint(world: &mut World<'_>) -> Done {
    Ok(world.store.checkpoint(world.now).map(drop)?)
}
