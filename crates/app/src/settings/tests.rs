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
