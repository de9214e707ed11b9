#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use super::*;
use crate::{
    proof::inclusion,
    sample::{Leaves, Log, key},
};

fn receipt() -> Receipt {
    let log = Log::of(300);
    Receipt {
        place: 123,
        entry: Some(log.bodies[123].clone()),
        path: inclusion(123, 290, &mut Leaves(&log.leaves)).unwrap(),
        checkpoint: log.note(290),
    }
}

#[test]
fn a_receipt_is_written_and_read() {
    let text = receipt().to_text();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra "), "{text}");
    assert_eq!(Receipt::parse(&text), Ok(receipt()));
    let head = receipt().verify(&[key().verifying().clone()]).unwrap();
    assert_eq!(head.size, 290);
}

#[test]
fn a_receipt_is_found_below_the_words_that_explain_it() {
    let kept = format!(
        "RECEIPT\n\nWhat: said yes\n\nThe proof:\n{}",
        receipt().to_text()
    );
    assert_eq!(Receipt::find(&kept), Ok(receipt()));
    assert_eq!(Receipt::find(&kept.replace('\n', "\r\n")), Ok(receipt()));
    assert_eq!(Receipt::find(&receipt().to_text()), Ok(receipt()));
    assert!(Receipt::find("RECEIPT\n\nno proof").is_err());
    assert!(Receipt::find("").is_err());
}

#[test]
fn a_receipt_may_leave_its_entry_out() {
    let bare = Receipt {
        entry: None,
        ..receipt()
    };
    let parsed = Receipt::parse(&bare.to_text()).unwrap();
    let keys = [key().verifying().clone()];
    assert_eq!(parsed, bare);
    assert_eq!(parsed.verify(&keys), Err(ReceiptError::NoEntry));
    assert!(
        parsed
            .verify_leaf(&leaf_hash(&receipt().entry.unwrap()), &keys)
            .is_ok()
    );
    assert_eq!(
        parsed.verify_leaf(&leaf_hash(b"another entry"), &keys),
        Err(ReceiptError::Proof(Refused::Root))
    );
}

#[test]
fn every_flipped_bit_of_a_receipt_is_refused() {
    let (text, keys) = (receipt().to_text(), [key().verifying().clone()]);
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let Ok(tampered) = String::from_utf8(bytes) else {
                continue;
            };
            let verified = Receipt::parse(&tampered).and_then(|receipt| receipt.verify(&keys));
            assert!(verified.is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_receipt_by_an_unknown_key_is_refused() {
    let stranger = crate::SigningKey::from_seed("ledger.example/placet", &[8; 32]).unwrap();
    let refused = receipt()
        .verify(&[stranger.verifying().clone()])
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the checkpoint of the receipt: no signature by a known key"
    );
}
