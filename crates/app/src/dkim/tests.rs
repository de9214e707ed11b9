//! A key is made, used after it is published, and ended for good.

use placet_domain::signing::{Algorithm, Turn};
use placet_store::signing;

use super::*;
use crate::desk::Desk;

#[test]
fn a_key_signs_between_its_publication_and_its_end() {
    let desk = Desk::empty();
    let fresh = std::sync::Arc::new(make().unwrap());
    let kept = std::sync::Arc::clone(&fresh);
    let made = desk
        .act(1, move |tx, ctx| add(tx, ctx, " Harbor.Example ", &kept))
        .unwrap();
    assert_eq!(made.len(), Algorithm::ALL.len());
    let rsa = &made[0];
    assert!(rsa.record_name().ends_with("._domainkey.harbor.example"));
    assert!(rsa.record().starts_with("v=DKIM1; k=rsa; p=MIIBIjAN"));
    assert!(made[1].record().starts_with("v=DKIM1; k=ed25519; p="));
    let used = || desk.store.read_blocking(signing::list_used).unwrap().len();
    assert_eq!(used(), 0, "not before it is published");
    let id = rsa.id;
    desk.act(2, move |tx, ctx| turn(tx, ctx, id, Turn::Used))
        .unwrap();
    assert_eq!(used(), 1);
    desk.act(3, move |tx, ctx| turn(tx, ctx, id, Turn::Ended))
        .unwrap();
    assert_eq!(used(), 0);
    let again = desk.act(4, move |tx, ctx| turn(tx, ctx, id, Turn::Used));
    assert!(matches!(
        again,
        Err(ActError::Refused {
            code: "signing_key.turn",
            ..
        })
    ));
    let kinds: Vec<_> = desk.entries().into_iter().map(|entry| entry.kind).collect();
    assert!(kinds.contains(&"signing_key.used".to_owned()));
    let wrong = desk.act(5, move |tx, ctx| add(tx, ctx, "no domain", &fresh));
    assert!(matches!(wrong, Err(ActError::Invalid(_))));
}
