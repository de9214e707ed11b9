#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn numbers_are_grouped_by_three() {
    for (n, text) in [
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (1_234_567, "1,234,567"),
    ] {
        assert_eq!(number(n), text);
    }
}

#[test]
fn a_small_group_hides_its_size_unless_the_role_may_see_it() {
    assert_eq!(group_size(0, false), "0");
    assert_eq!(group_size(1, false), "fewer than 11");
    assert_eq!(group_size(10, false), "fewer than 11");
    assert_eq!(group_size(11, false), "11");
    assert_eq!(group_size(3, true), "3");
}

#[test]
fn a_pill_says_its_word_beside_its_colour() {
    let html = pill(Tone::Bad, "Revoked").into_string();
    assert!(html.contains("Revoked") && html.contains("aria-hidden"));
}
