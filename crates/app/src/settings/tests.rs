#![allow(clippy::unwrap_used)]

use placet_domain::operator::Actor;
use placet_domain::settings::{ActorKind, Tls};
use placet_domain::time::Timestamp;
use placet_store::{Durability, Keys, Store, StoreConfig};

use super::*;

fn organization() -> Organization {
    Organization {
        name: "Lakeview Hospital".to_owned(),
        postal_address: "1 Lake Street, Springfield, IL 62701".to_owned(),
        actor: ActorKind::CoveredProvider,
        time_zone: "America/Chicago".to_owned(),
    }
}

fn vendor() -> Carrier {
    Carrier {
        host: "mail.example.org".to_owned(),
        port: 587,
        tls: Tls::Required,
        role: VendorRole::EmailService,
        is_baa_on_file: true,
        country: "US".to_owned(),
    }
}

/// S234: without the agreement on file nothing moves through a vendor.
#[test]
#[rustfmt::skip] // A table.
fn sending_is_armed_only_when_everything_it_needs_is_there() {
    let none = Settings::default();
    let ready = Settings { organization: Some(organization()), carrier: Some(vendor()), ..none.clone() };
    let carrier = |carrier| Settings { carrier: Some(carrier), ..ready.clone() };
    check(&none,                                                             2);
    check(&ready,                                                            0);
    check(&Settings { organization: None, ..ready.clone() },                 1);
    check(&carrier(Carrier { is_baa_on_file: false, ..vendor() }),           1);
    check(&carrier(Carrier { is_baa_on_file: false, role: VendorRole::None, ..vendor() }), 0);
}

#[track_caller]
fn check(settings: &Settings, n_obstacles: usize) {
    assert_eq!(
        obstacles(settings).len(),
        n_obstacles,
        "{:?}",
        obstacles(settings)
    );
}

#[test]
fn another_carrier_disarms_and_the_same_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("placet.db").display());
    let mut config = StoreConfig::new(url, Keys::from_master([7; 32])).creating();
    config.durability = Durability::None;
    let store = Store::open(config).unwrap();
    let ctx = Ctx::new(Timestamp::UNIX_EPOCH, Actor::System("test"), [1; 32]);
    let grant = ctx.actor.may_as_system().unwrap();

    let refused = store.act_blocking(grant, &ctx, arm).unwrap_err();
    assert!(matches!(
        refused,
        ActError::Refused {
            code: "sending.not_ready",
            ..
        }
    ));

    let armed = |host: &'static str| {
        let carrier = Carrier {
            host: host.to_owned(),
            ..vendor()
        };
        let put = move |tx: &mut Tx, ctx: &Ctx| set_carrier(tx, ctx, &carrier);
        store.act_blocking(grant, &ctx, put).unwrap();
        store
            .read_blocking::<_, _, StoreError>(load)
            .unwrap()
            .is_armed
    };
    armed("mail.example.org");
    let put = |tx: &mut Tx, ctx: &Ctx| set_organization(tx, ctx, &organization());
    store.act_blocking(grant, &ctx, put).unwrap();
    store.act_blocking(grant, &ctx, arm).unwrap();
    assert!(armed("mail.example.org"));
    assert!(!armed("other.example.org"));
}

/// A store whose organization and carrier are set, opened by the installation of this name.
fn opened(folder: &std::path::Path, installation: &str, ready: bool) -> (Store, Ctx) {
    let url = format!("sqlite:{}", folder.join("placet.db").display());
    let mut config = StoreConfig::new(url, Keys::from_master([7; 32]));
    config.create = ready;
    config.durability = Durability::None;
    config.installation = installation.into();
    let store = Store::open(config).unwrap();
    let ctx = Ctx::new(Timestamp::UNIX_EPOCH, Actor::System("test"), [1; 32]);
    if ready {
        let grant = ctx.actor.may_as_system().unwrap();
        let set = |tx: &mut Tx, ctx: &Ctx| {
            set_organization(tx, ctx, &organization())?;
            set_carrier(tx, ctx, &vendor())?;
            arm(tx, ctx)
        };
        store.act_blocking(grant, &ctx, set).unwrap();
    }
    (store, ctx)
}

fn set_of(store: &Store) -> (bool, bool) {
    let set = store.read_blocking::<_, _, StoreError>(load).unwrap();
    (set.is_armed, set.is_armed_elsewhere)
}

/// R12: a copy that was not restored but copied sends nothing either.
#[test]
fn a_database_is_armed_for_the_installation_that_armed_it() {
    let folder = tempfile::tempdir().unwrap();
    let (here, ctx) = opened(folder.path(), "here", true);
    assert_eq!(set_of(&here), (true, false));
    let (there, _) = opened(folder.path(), "there", false);
    assert_eq!(set_of(&there), (false, true));
    let grant = ctx.actor.may_as_system().unwrap();
    there.act_blocking(grant, &ctx, arm).unwrap();
    assert_eq!(
        (set_of(&here), set_of(&there)),
        ((true, false), (true, false))
    );
    here.act_blocking(grant, &ctx, disarm).unwrap();
    assert_eq!(
        (set_of(&here), set_of(&there)),
        ((false, false), (false, false))
    );
}

/// An auditor reads what changed, and only what changed.
#[test]
fn an_entry_says_what_each_field_was_and_is() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ctx) = opened(folder.path(), "here", true);
    let grant = ctx.actor.may_as_system().unwrap();
    let moved = Carrier {
        host: "relay.example.org".to_owned(),
        ..vendor()
    };
    store
        .act_blocking(grant, &ctx, move |tx, ctx| set_carrier(tx, ctx, &moved))
        .unwrap();
    let facts = store
        .read_blocking::<_, _, StoreError>(|tx| {
            let all = placet_store::ledger::list_newest(tx, None, 2)?;
            all.iter()
                .map(|entry| Ok(entry.read()?.facts))
                .collect::<Result<Vec<_>, StoreError>>()
        })
        .unwrap();
    let said = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let carrier = [
        ("name", "carrier"),
        ("host", "relay.example.org"),
        ("host_before", "mail.example.org"),
    ];
    let sending = [
        ("name", "sending_armed"),
        ("value", "none"),
        ("value_before", "here"),
    ];
    assert_eq!(facts, [said(&sending), said(&carrier)]);
}

/// What an entry tells stays readable for good, so no field that is a secret may join these.
#[test]
fn only_these_fields_are_told() {
    let told_of = |text: String| told(&text).into_keys().collect::<Vec<_>>().join(" ");
    let organization = serde_json::to_string(&organization()).unwrap();
    let carrier = serde_json::to_string(&vendor()).unwrap();
    assert_eq!(told_of(organization), "actor name postal_address time_zone");
    assert_eq!(
        told_of(carrier),
        "country host is_baa_on_file port role tls"
    );
}
