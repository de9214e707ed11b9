//! The demo hospital's operators, one per role and a second marketing manager, and its settings.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use placet_app::operator::{self, NewOperator, password};
use placet_app::settings;
use placet_app::staff_mail::{self, address};
use placet_domain::ctx::Ctx;
use placet_domain::id::OperatorId;
use placet_domain::operator::{Actor, Capability, Role};
use placet_domain::settings::{
    ActorKind, Carrier, Organization, TextCarrier, TextProvider, Tls, VendorRole,
};
use placet_domain::staff_mail::{Pace, StaffSender};
use placet_domain::time::Timestamp;
use placet_store::Store;

use super::{Seeds, texts};

/// The password of every operator of the demo. It is printed, and the demo listens on this
/// machine only.
pub const PASSWORD: &str = "placet demo hospital";

/// One operator of the demo.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// What they type to sign in.
    pub login: &'static str,
    /// How they are called.
    pub name: &'static str,
    /// What they are here for.
    pub role: Role,
}

/// Everybody who works at the demo hospital. A second marketing manager, because nobody approves
/// their own work.
#[rustfmt::skip] // A table.
pub const STAFF: [Member; 11] = [
    Member { login: "marketing",     name: "Mara Lindqvist",  role: Role::Marketing },
    Member { login: "marketing2",    name: "Theo Okafor",     role: Role::Marketing },
    Member { login: "compliance",    name: "Carla Mendes",    role: Role::Compliance },
    Member { login: "legal",         name: "Leo Hartmann",    role: Role::Legal },
    Member { login: "clinical",      name: "Dr. Nadia Rao",   role: Role::Clinical },
    Member { login: "it",            name: "Ivo Petrov",      role: Role::It },
    Member { login: "foundation",    name: "Fay Donovan",     role: Role::Foundation },
    Member { login: "responder",     name: "Rosa Keller",     role: Role::Responder },
    Member { login: "caller",        name: "Callie Brandt",   role: Role::Caller },
    Member { login: "auditor",       name: "Anders Boyd",     role: Role::Auditor },
    Member { login: "administrator", name: "Ada Whitfield",   role: Role::Administrator },
];

/// The operators by login, to act for them.
#[derive(Debug, Clone)]
pub struct Staff(BTreeMap<&'static str, (OperatorId, Role)>);

impl Staff {
    /// Adds everybody at the beginning of the demo's time.
    ///
    /// # Errors
    ///
    /// When an act fails.
    pub fn hire(store: &Store, seeds: &mut Seeds, at: Timestamp) -> Result<Self> {
        // One hash for all: the same password, and hashing is slow on purpose.
        let hash = password::hash(PASSWORD, seeds.next())?;
        let mut hired = BTreeMap::new();
        for member in STAFF {
            let ctx = seeds.ctx(at, Actor::System("demo"));
            let new = NewOperator {
                login: member.login.to_owned(),
                name: member.name.to_owned(),
                roles: BTreeSet::from([member.role]),
                password_hash: hash.clone(),
            };
            let grant = ctx.actor.may(Capability::ManageOperators)?;
            let id =
                store.act_blocking(grant, &ctx, move |tx, ctx| operator::add(tx, ctx, &new))?;
            let address = format!("{}@lakeside.example.org", member.login);
            store.act_blocking(grant, &ctx, move |tx, ctx| {
                address::set(tx, ctx, id, Some(&address))?;
                address::vouch(tx, ctx, id)?;
                address::set_pace(tx, ctx, id, Pace::AtOnce)
            })?;
            hired.insert(member.login, (id, member.role));
        }
        Ok(Self(hired))
    }

    /// A context in which this operator acts.
    ///
    /// # Panics
    ///
    /// Never: logins come from [`STAFF`].
    #[expect(clippy::indexing_slicing, reason = "logins come from the table above")]
    pub fn ctx(&self, login: &str, seeds: &mut Seeds, at: Timestamp) -> Ctx {
        let (id, role) = self.0[login];
        seeds.ctx(
            at,
            Actor::Operator {
                id,
                roles: BTreeSet::from([role]),
            },
        )
    }
}

/// Says who the hospital is.
///
/// # Errors
///
/// When an act fails.
pub fn settle_in(store: &Store, seeds: &mut Seeds, at: Timestamp) -> Result<()> {
    let ctx = seeds.ctx(at, Actor::System("demo"));
    let grant = ctx.actor.may(Capability::EditSettings)?;
    let organization = Organization {
        name: "Lakeside General Hospital".to_owned(),
        postal_address: "400 Lakeside Avenue, Cleveland, OH 44114".to_owned(),
        actor: ActorKind::CoveredProvider,
        time_zone: "America/New_York".to_owned(),
    };
    Ok(store.act_blocking(grant, &ctx, move |tx, ctx| {
        settings::set_organization(tx, ctx, &organization)
    })?)
}

/// Has the hospital write to its operators; a measurement counts its own mails alone.
///
/// # Errors
///
/// When an act is refused.
pub fn write_to(store: &Store, ctx: &Ctx) -> Result<()> {
    let sender = StaffSender {
        sender: "placet@lakeside.example.org".to_owned(),
    };
    let grant = ctx.actor.may(Capability::EditSettings)?;
    Ok(store.act_blocking(grant, ctx, move |tx, ctx| {
        staff_mail::set_sender(tx, ctx, &sender)
    })?)
}

/// The phones of the demo as the provider of text messages.
#[must_use]
pub fn texts_by(url: &str) -> TextCarrier {
    TextCarrier {
        provider: TextProvider::Twilio,
        url: url.to_owned(),
        account: texts::ACCOUNT.to_owned(),
        public_key: String::new(),
        sender: texts::SENDER.to_owned(),
        is_baa_on_file: true,
        country: "US".to_owned(),
    }
}

/// Names the built-in catcher and the phones as the carriers and arms sending. Done at every start:
/// they may stand on other ports.
///
/// # Errors
///
/// When an act fails.
pub fn carry_by(store: &Store, ctx: &Ctx, port: u16, texts: &TextCarrier) -> Result<()> {
    let grant = ctx.actor.may(Capability::EditSettings)?;
    let carrier = Carrier {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::Off,
        role: VendorRole::None,
        is_baa_on_file: false,
        country: "US".to_owned(),
    };
    let texts = texts.clone();
    Ok(store.act_blocking(grant, ctx, move |tx, ctx| {
        let set = settings::load(tx)?;
        if set.carrier.as_ref() != Some(&carrier) {
            settings::set_carrier(tx, ctx, &carrier)?;
        }
        if set.texts.as_ref() != Some(&texts) {
            settings::set_texts(tx, ctx, &texts)?;
        }
        settings::arm(tx, ctx)
    })?)
}
