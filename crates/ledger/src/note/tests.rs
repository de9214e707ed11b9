#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use super::*;
use crate::sample::{ORIGIN, key};

/// The example of golang.org/x/mod/sumdb/note: another implementation made this signature.
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

fn go_key() -> SigningKey {
    let bytes = STANDARD.decode(GO_SEED).unwrap();
    SigningKey::from_seed("PeterNeumann", bytes[1..].try_into().unwrap()).unwrap()
}

#[test]
fn a_note_of_another_implementation_opens() {
    let key: VerifyingKey = GO_KEY.parse().unwrap();
    assert_eq!(key.to_string(), GO_KEY);
    let keys = [key];
    let (text, signers) = open(GO_NOTE, &keys).unwrap();
    assert!(text.ends_with("what your problem is.\n"));
    assert_eq!(signers, [&keys[0]]);
}

#[test]
fn our_signature_is_the_one_of_another_implementation() {
    let text = GO_NOTE.split_once("\n\n").unwrap().0.to_owned() + "\n";
    assert_eq!(sign(&text, &go_key()), GO_NOTE);
    assert_eq!(go_key().verifying().to_string(), GO_KEY);
}

#[test]
fn every_flipped_bit_of_a_note_is_refused() {
    let keys = [GO_KEY.parse().unwrap()];
    for at in 0..GO_NOTE.len() {
        for bit in 0..8 {
            let mut bytes = GO_NOTE.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            // What is no UTF-8 is not even a text.
            if let Ok(note) = String::from_utf8(bytes) {
                assert!(open(&note, &keys).is_err(), "byte {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn every_cut_of_a_note_is_refused() {
    let keys = [GO_KEY.parse().unwrap()];
    for at in (0..GO_NOTE.len()).filter(|at| GO_NOTE.is_char_boundary(*at)) {
        assert!(open(&GO_NOTE[..at], &keys).is_err(), "cut at {at}");
    }
}

#[test]
fn signatures_of_strangers_are_passed_over() {
    let ours = key();
    let stranger = SigningKey::from_seed("witness.example", &[9; 32]).unwrap();
    let text = "first line\n\nlast line\n";
    let note = sign(text, &stranger) + &signature_line(text, &ours);
    let (opened, signers) = open(&note, std::slice::from_ref(ours.verifying())).unwrap();
    assert_eq!(opened, text);
    assert_eq!(signers.len(), 1);
    assert_eq!(
        open(&sign(text, &stranger), &[ours.verifying().clone()]),
        Err(NoteError::Unsigned)
    );
}

#[test]
fn one_bad_signature_of_a_known_key_spoils_the_note() {
    let (ours, witness) = (
        key(),
        SigningKey::from_seed("witness.example", &[9; 32]).unwrap(),
    );
    let keys = [ours.verifying().clone(), witness.verifying().clone()];
    let note = sign("one text\n", &ours) + &signature_line("another text\n", &witness);
    let refused = open(&note, &keys).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the signature of witness.example does not fit the text"
    );
}

#[test]
#[rustfmt::skip] // A table.
fn what_is_no_note_is_refused() {
    let keys = [key().verifying().clone()];
    let good = sign("text\n", &key());
    assert!(open(&good, &keys).is_ok());
    for bad in [
        String::new(),
        "\n".to_owned(),
        "text\n".to_owned(),
        "text\n\n".to_owned(),
        good.replace("\n\n", "\n"),
        good.replace('—', "-"),
        good.replace("text", "te\txt"),
        good.trim_end().to_owned(),
        good.clone() + "\n",
        good.clone() + "trailing",
        good.replace(ORIGIN, ""),
        good.replace(ORIGIN, "two words"),
        "x".repeat(MAX_BYTES) + &good,
    ] {
        assert!(open(&bad, &keys).is_err(), "{bad:?}");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn what_is_no_key_is_refused() {
    let check = |text: &str, expected| assert_eq!(text.parse::<VerifyingKey>(), Err(expected), "{text}");
    check("",                                   KeyError::Form);
    check("PeterNeumann+c74f20a3",              KeyError::Form);
    check("PeterNeumann+c74f20a3+!",            KeyError::Form);
    check("PeterNeumann+c74f20a3+AQ==",         KeyError::Algorithm);
    check(&GO_KEY.replace("+AR", "+BR"),        KeyError::Algorithm);
    check(&GO_KEY.replace("c7", "c8"),          KeyError::Hash);
    check(&GO_KEY.replace("Peter", "Paul"),     KeyError::Hash);
    check(&GO_KEY.replace("Peter", "Peter "),   KeyError::Name);
    assert_eq!(SigningKey::from_seed("a+b", &[1; 32]).err(), Some(KeyError::Name));
    assert_eq!(SigningKey::from_seed("", &[1; 32]).err(), Some(KeyError::Name));
}

#[test]
fn a_signing_key_does_not_print_its_secret() {
    let shown = format!("{:?}", go_key());
    assert!(shown.contains("PeterNeumann"));
    assert!(
        !shown.contains("seed") && !shown.contains("pair"),
        "{shown}"
    );
}
