//! Bytes from strangers: none of the readers panics, loops or believes them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use placet_ledger::export;
use placet_ledger::receipt::Receipt;
use placet_ledger::tile::Tile;
use placet_ledger::verify::Verifier;
use placet_ledger::{Checkpoint, SigningKey, VerifyingKey};
use proptest::prelude::*;

fn key() -> SigningKey {
    SigningKey::from_seed("ledger.example/placet", &[7; 32]).unwrap()
}

/// Lines as notes and receipts have them, in any order.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just(String::new()),
        Just("c2sp.org/tlog-proof@v1".to_owned()),
        Just("index 7".to_owned()),
        Just("extra AAAA".to_owned()),
        Just("ledger.example/placet".to_owned()),
        Just("18446744073709551615".to_owned()),
        Just("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned()),
        Just(key().checkpoint(7, [1; 32]).sign(&key())),
        "— [a-z./]{1,9} [A-Za-z0-9+/=]{0,99}",
        ".{0,20}",
    ];
    prop::collection::vec(line, 0..9).prop_map(|lines| lines.join("\n"))
}

fn verified(folder: &BTreeMap<String, Vec<u8>>) -> bool {
    let read = |path: &str| Ok::<_, Infallible>(folder[path].clone());
    let keys = [key().verifying().clone()];
    export::verify(folder.keys().cloned(), read, &keys)
        .unwrap()
        .is_sound()
}

proptest! {
    #[test]
    fn no_text_is_believed(text in lines()) {
        let keys = [key().verifying().clone()];
        if let Ok(head) = Checkpoint::open(&text, &keys) {
            prop_assert!(text.contains(&head.sign(&key())));
        }
        if let Ok(receipt) = Receipt::parse(&text) {
            prop_assert!(receipt.verify(&keys).is_err());
            prop_assert_eq!(Receipt::parse(&receipt.to_text()), Ok(receipt));
        }
        prop_assert!(text.parse::<VerifyingKey>().is_err());
    }

    #[test]
    fn no_folder_is_believed(
        files in prop::collection::btree_map(
            prop_oneof![
                Just("checkpoint".to_owned()),
                Just("checkpoints/00000000000000000007".to_owned()),
                "tile/(entries|0|1|9)/(x00[01]/)?00[0-3](\\.p/(7|256))?",
                "[a-z/]{1,9}",
            ],
            prop_oneof![
                lines().prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..300),
            ],
            1..9,
        )
    ) {
        let mut folder = files;
        folder.insert("tile/entries/000.p/7".to_owned(), vec![0; 14]);
        prop_assert!(!verified(&folder));
    }

    #[test]
    fn no_order_of_calls_breaks_the_verifier(
        calls in prop::collection::vec((0_u8..4, prop_oneof![0_u64..600, any::<u64>()], 0_usize..9000), 0..40)
    ) {
        let mut verifier = Verifier::new(vec![key().verifying().clone()]);
        for (call, place, length) in calls {
            match call {
                0 => drop(verifier.entry(place, &vec![1; length], Some(&vec![2; length % 40]))),
                1 => verifier.tile(Tile { level: (place % 256) as u8, index: place }, vec![3; length]),
                2 => verifier.partial_tile(Tile { level: (place % 3) as u8, index: place / 300 }, vec![4; length]),
                _ => drop(verifier.checkpoint(place, None, &key().checkpoint(place, [5; 32]).sign(&key()))),
            }
        }
        let report = verifier.finish();
        prop_assert!(report.faults.iter().all(|fault| !fault.to_string().is_empty()));
    }
}

#[test]
fn a_forged_size_does_not_keep_us_busy() {
    let forged = key().checkpoint(u64::MAX, [1; 32]).sign(&key());
    let folder = BTreeMap::from([
        ("checkpoint".to_owned(), forged.into_bytes()),
        ("tile/entries/000".to_owned(), vec![0; 512]),
    ]);
    assert!(!verified(&folder));
}
