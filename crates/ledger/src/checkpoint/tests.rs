#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use super::*;
use crate::{
    empty_root,
    sample::{ORIGIN, key},
};

/// Anybody who changes the format meets this test first.
const GOLDEN: &str = "ledger.example/placet\n\
    20852163\n\
    WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n\
    time 1772366400000000\n\
    \n\
    — ledger.example/placet 1Umhq0q5sTT2Bdk35/d6cuUvt7FNbUvjQTTvaN3F03nRBfa2LhRVAJ9TCzWVHC+pt1N92HRLEuMt84gHcCtnXHzvmQw=\n";

fn golden() -> Checkpoint {
    key()
        .checkpoint(20_852_163, [0x5a; 32])
        .at(1_772_366_400_000_000)
}

#[test]
fn the_golden_checkpoint_stays_as_it_is() {
    assert_eq!(golden().sign(&key()), GOLDEN);
    let opened = Checkpoint::open(GOLDEN, &[key().verifying().clone()]).unwrap();
    assert_eq!(opened, golden());
    assert_eq!(opened.signed_at(), Some(1_772_366_400_000_000));
}

#[test]
fn every_flipped_bit_of_a_checkpoint_is_refused() {
    let keys = [key().verifying().clone()];
    for at in 0..GOLDEN.len() {
        for bit in 0..8 {
            let mut bytes = GOLDEN.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            if let Ok(note) = String::from_utf8(bytes) {
                assert!(
                    Checkpoint::open(&note, &keys).is_err(),
                    "byte {at}, bit {bit}"
                );
            }
        }
    }
}

#[test]
fn an_empty_log_has_a_checkpoint_too() {
    let note = key().checkpoint(0, empty_root()).sign(&key());
    let opened = Checkpoint::open(&note, &[key().verifying().clone()]).unwrap();
    assert_eq!(
        (opened.size, opened.root, opened.signed_at()),
        (0, empty_root(), None)
    );
    assert!(
        note.starts_with(
            "ledger.example/placet\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
        )
    );
}

#[test]
fn a_key_does_not_speak_for_another_log() {
    let other = SigningKey::from_seed("ledger.example/other", &[8; 32]).unwrap();
    let keys = [key().verifying().clone(), other.verifying().clone()];
    let forged = golden().sign(&other);
    assert_eq!(Checkpoint::open(&forged, &keys), Err(NoteError::Unsigned));
    // Beside the log's own signature another one does no harm.
    let cosigned = golden().sign(&key()) + &note::signature_line(&golden().text(), &other);
    assert_eq!(Checkpoint::open(&cosigned, &keys), Ok(golden()));
}

#[test]
fn a_signed_text_that_is_no_checkpoint_is_refused() {
    let keys = [key().verifying().clone()];
    let root = STANDARD.encode([1; 32]);
    let check = |text: &str| {
        let opened = Checkpoint::open(&note::sign(text, &key()), &keys);
        assert!(
            matches!(opened, Err(NoteError::Malformed(_))),
            "{text:?} gave {opened:?}"
        );
    };
    check("one line\n");
    check(&format!("{ORIGIN}\n7\n"));
    check(&format!("{ORIGIN}\n07\n{root}\n"));
    check(&format!("{ORIGIN}\n+7\n{root}\n"));
    check(&format!("{ORIGIN}\n-7\n{root}\n"));
    check(&format!("{ORIGIN}\n18446744073709551616\n{root}\n"));
    check(&format!("{ORIGIN}\n7\n{}\n", root.trim_end_matches('=')));
    check(&format!("{ORIGIN}\n7\n{}\n", STANDARD.encode([1; 33])));
    check(&format!("\n7\n{root}\n"));
    check(&format!(
        "{ORIGIN}\n7\n{root}\n\nextension after an empty line\n"
    ));
}

#[test]
fn extension_lines_of_others_are_kept() {
    let text = format!(
        "{ORIGIN}\n7\n{}\nabc\ntime soon\n",
        STANDARD.encode([1; 32])
    );
    let note = note::sign(&text, &key());
    let opened = Checkpoint::open(&note, &[key().verifying().clone()]).unwrap();
    assert_eq!(opened.extensions, ["abc", "time soon"]);
    assert_eq!(opened.signed_at(), None);
    assert_eq!(opened.text(), text);
}
