//! What the tests of the acts share: a store of its own and a few synthetic people in it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::date;
use placet_domain::channel::Channel;
use placet_domain::data::DraftSource;
use placet_domain::id::PersonId;
use placet_domain::instrument::authorization::{
    Authorization, Expiry, Scope, Signature, Signer, Statements,
};
use placet_domain::operator::{Actor, Role};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_domain::preference::Topic;
use placet_domain::time::Timestamp;
use placet_store::ledger::{self, StoredEntry};
use placet_store::people::{self, Source};
use placet_store::{Durability, Keys, Store, StoreConfig, StoreError, Tx};

use crate::data::catalogue;
use crate::{ActError, Ctx, flow, wording};

/// A store; gone with the test.
pub(crate) struct Desk {
    pub(crate) store: Store,
    _folder: tempfile::TempDir,
}

/// When tests begin.
pub(crate) fn start() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

/// So many minutes after [`start`].
pub(crate) fn minute(n: i64) -> Timestamp {
    start() + SignedDuration::from_mins(n)
}

/// The context of an act of this actor, so many minutes after [`start`].
pub(crate) fn ctx_of(actor: Actor, n: i64) -> Ctx {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&n.to_be_bytes());
    seed[8..16].copy_from_slice(&(actor.code().len() as u64).to_be_bytes());
    Ctx::new(minute(n), actor, seed)
}

/// Asserts that an act was refused under this code; answers why.
#[track_caller]
pub(crate) fn refused_as<T: std::fmt::Debug>(
    outcome: Result<T, ActError>,
    expected: &str,
) -> String {
    match outcome {
        Err(ActError::Refused { code, why }) => {
            assert_eq!(code, expected, "{why}");
            why
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn compliance() -> Actor {
    Actor::Operator {
        id: [9; 16].into(),
        roles: BTreeSet::from([Role::Compliance]),
    }
}

/// The starter's flow from a source that compliance has signed.
pub(crate) fn open_source(tx: &mut Tx, ctx: &Ctx, source: &str) -> Result<(), ActError> {
    flow::add_starter(tx, ctx, source)?;
    sign_source(tx, ctx, source)
}

/// A source with all that the starter's flow lists, signed by compliance.
pub(crate) fn sign_source(tx: &mut Tx, ctx: &Ctx, code: &str) -> Result<(), ActError> {
    if catalogue::is_signed(tx, code)? {
        return Ok(());
    }
    let draft = DraftSource {
        code: code.to_owned(),
        title: "Health records".to_owned(),
        it_owner: "IT, integration".to_owned(),
        marketing_owner: "Marketing, patient outreach".to_owned(),
    };
    let source = catalogue::declare(tx, ctx, &draft)?;
    let (list, _) = flow::read(&flow::people_text(code, "people"))?;
    let version = catalogue::classify(tx, ctx, source, catalogue::elements_of(&list))?;
    let officer = Ctx::new(ctx.now, compliance(), [1; 32]);
    catalogue::sign(tx, &officer, source, version.id, "")
}

impl Desk {
    /// A store with the starter wordings.
    pub(crate) fn new() -> Self {
        let desk = Self::empty();
        desk.act(-60, |tx, ctx| {
            wording::add_starters(tx, ctx, "Harbor Health")
        })
        .unwrap();
        desk
    }

    /// A store with nothing in it.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("placet.db").display());
        let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
        config.durability = Durability::None;
        Self {
            store: Store::open(config).unwrap(),
            _folder: folder,
        }
    }

    /// Acts as the system, so many minutes after [`start`].
    pub(crate) fn act<T, F>(&self, n: i64, f: F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    {
        self.act_as(Actor::System("test"), n, f)
    }

    /// Acts as somebody, so many minutes after [`start`].
    pub(crate) fn act_as<T, F>(&self, actor: Actor, n: i64, f: F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    {
        let grant = Actor::System("test").may_as_system().unwrap();
        self.store.act_blocking(grant, &ctx_of(actor, n), f)
    }

    /// Adds somebody who is reached by e-mail.
    pub(crate) fn add_person(&self, n: u8, given: &str, family: &str, email: &str) -> PersonId {
        let id = PersonId::from([n; 16]);
        let person = Person {
            id,
            relationship: Relationship::Patient,
            residence: Some("US-OH".into()),
            time_zone: Some("America/New_York".into()),
            deceased_on: None,
            flags: BTreeSet::new(),
            identity: Identity {
                given: given.into(),
                family: family.into(),
                birth_date: Some(date(1960, 2, 28)),
                ..Identity::default()
            },
        };
        let email = email.to_owned();
        self.act(-30 + i64::from(n), move |tx, ctx| {
            let source = Source {
                name: "test".into(),
                reference: vec![n],
                content_hash: vec![n],
            };
            people::add(tx, &person, &source)?;
            people::add_lookups(tx, id, &person.identity)?;
            add_address(tx, ctx, id, &email)?;
            tx.record(placet_domain::entry::Entry::new("person.added").about(id));
            Ok(id)
        })
        .unwrap()
    }

    /// Everything in the ledger, oldest first.
    pub(crate) fn entries(&self) -> Vec<StoredEntry> {
        let read = |tx: &mut Tx| ledger::list_from(tx, 0, 100_000);
        self.store.read_blocking::<_, _, StoreError>(read).unwrap()
    }

    /// The kinds of the entries about somebody, oldest first.
    pub(crate) fn kinds_about(&self, person: PersonId) -> Vec<String> {
        let about = |entry: &StoredEntry| entry.person == Some(person);
        self.entries()
            .into_iter()
            .filter(about)
            .map(|entry| entry.kind)
            .collect()
    }
}

/// Adds an e-mail address.
pub(crate) fn add_address(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    email: &str,
) -> Result<(), ActError> {
    add_point(tx, ctx, person, Channel::Email, email)
}

/// Adds an address of a channel.
pub(crate) fn add_point(
    tx: &mut Tx,
    ctx: &Ctx,
    person: PersonId,
    channel: Channel,
    address: &str,
) -> Result<(), ActError> {
    let lookup = people::address_lookup(tx, channel, address).unwrap();
    let point = ContactPoint {
        id: ctx.new_id(),
        person,
        channel,
        address: address.to_owned(),
        origin: Origin::Care,
        created_at: ctx.now,
        replaced_at: None,
    };
    people::add_contact_point(tx, &point, &lookup)?;
    Ok(())
}

/// An authorization with every element, for e-mail about services.
pub(crate) fn complete() -> Authorization {
    Authorization {
        description: "Name, e-mail address and dates of visits".into(),
        discloser: "Harbor Health".into(),
        recipient: "The person".into(),
        purpose: "Messages about services and offers".into(),
        expiry: Some(Expiry::On(date(2027, 6, 30))),
        signature: Some(Signature {
            signer: Signer::Individual,
            on: Some(date(2026, 6, 30)),
        }),
        statements: Statements {
            revoke: true,
            condition: true,
            redisclosure: true,
            remuneration: true,
            sale: true,
        },
        is_initiated_by_individual: false,
        involves_remuneration: false,
        is_sale: false,
        is_plain_language: true,
        is_combined: false,
        is_conditioned: false,
        is_known_false: false,
        scope: Scope {
            channels: BTreeSet::from([Channel::Email]),
            topics: BTreeSet::from([Topic::Services]),
            information: BTreeSet::from(["contact".to_owned()]),
            recipients: BTreeSet::from(["individual".to_owned()]),
        },
    }
}
