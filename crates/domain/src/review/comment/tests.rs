#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;

#[test]
#[rustfmt::skip] // A table.
fn a_quote_is_found_where_it_stands_nearest() {
    //    text                    quote     near  place
    check("Früh da, früh daheim", "da",     0,    Some(5));
    check("Früh da, früh daheim", "da",     13,   Some(14));
    check("Früh da, früh daheim", "spät",   0,    None);
    check("Früh da",              "",       0,    None);
    check("aaaa",                 "aa",     9,    Some(2));
}

#[track_caller]
fn check(text: &str, quote: &str, near: u32, expected: Option<u32>) {
    assert_eq!(nearest(text, quote, near), expected);
}
