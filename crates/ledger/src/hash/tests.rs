#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use super::*;

/// The eight entries with which the implementations of RFC 6962 are tested.
const ENTRIES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

#[rustfmt::skip] // A table.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

pub(crate) fn known_entry(number: usize) -> Vec<u8> {
    let (pairs, _) = ENTRIES[number].as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn known_trees_have_their_known_roots() {
    let mut frontier = crate::Frontier::new();
    assert_eq!(to_hex(&empty_root()), ROOTS[0]);
    assert_eq!(to_hex(&frontier.root()), ROOTS[0]);
    for number in 0..8 {
        frontier.push(leaf_hash(&known_entry(number)));
        assert_eq!(
            to_hex(&frontier.root()),
            ROOTS[number + 1],
            "size {}",
            number + 1
        );
    }
}

#[test]
fn an_entry_of_any_length_is_hashed_after_a_zero_byte() {
    for length in [0, 1, 63, 64, 1022, 1023, 1024, 1025, 100_000] {
        let entry = vec![0xa5; length];
        let prefixed = [vec![0], entry.clone()].concat();
        assert_eq!(leaf_hash(&entry), sha256(&prefixed), "length {length}");
    }
}

#[test]
fn a_leaf_is_never_a_node() {
    let (left, right) = ([1; 32], [2; 32]);
    assert_ne!(leaf_hash(&[left, right].concat()), node_hash(&left, &right));
    assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
}

#[test]
fn digits_are_read_back_and_nothing_else_is() {
    let hash = empty_root();
    let text = to_hex(&hash);
    assert_eq!(from_hex(&text), Some(hash));
    assert_eq!(from_hex(&text.to_uppercase()), Some(hash));
    let short = &text[..62];
    for wrong in [
        "",
        short,
        &format!("{text}0"),
        &format!("{short}+f"),
        &format!("{short}é"),
    ] {
        assert_eq!(from_hex(wrong), None, "{wrong}");
    }
}
