//! Rules are kept once, by the hash of their text, and only grow.

use placet_domain::entry::Entry;
use placet_ledger::sha256;
use placet_store::StoreError;
use placet_store::rule_packs::{self, KeptPack};
use placet_testing::{ctx, noon};

use super::harness::{Kind, act, read, with_store};

fn pack(text: &str) -> KeptPack {
    KeptPack {
        hash: sha256(text.as_bytes()),
        id: "placet+house".to_owned(),
        version: "1+2".to_owned(),
        kept_at: noon(),
        kept_by: "system:test".to_owned(),
    }
}

pub(crate) fn rules_are_kept_once_by_their_hash(kind: Kind) {
    with_store(kind, |store| {
        let text = "[[\"a.toml\", \"ünïcode\"]]";
        for (n, is_new) in [(1, true), (2, false)] {
            let added = act(store, &ctx(n), move |tx, _| {
                tx.record(Entry::new("rules.kept"));
                rule_packs::add(tx, &pack(text), text)
            });
            assert_eq!(added.unwrap(), is_new);
        }
        let found = read(store, move |tx| rule_packs::find_text(tx, &pack(text).hash));
        assert_eq!(found.as_deref(), Some(text));
        assert_eq!(read(store, |tx| rule_packs::find_text(tx, &[0; 32])), None);
        assert_eq!(read(store, rule_packs::list), [pack(text)]);
    });
}

pub(crate) fn rules_that_are_not_what_was_kept_are_corrupt(kind: Kind) {
    with_store(kind, |store| {
        act(store, &ctx(1), |tx, _| {
            tx.record(Entry::new("rules.kept"));
            rule_packs::add(tx, &pack("one text"), "another text")
        })
        .unwrap();
        let hash = pack("one text").hash;
        let found =
            store.read_blocking::<_, _, StoreError>(move |tx| rule_packs::find_text(tx, &hash));
        assert!(
            matches!(found, Err(StoreError::Corrupt { .. })),
            "{found:?}"
        );
    });
}
