#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

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

fn waterfall(may_see_small: bool) -> chart::Waterfall {
    let bar = |says: &str, out| chart::Bar {
        says: says.to_owned(),
        rule: "rule.id".to_owned(),
        out,
        href: None,
    };
    chart::Waterfall {
        title: "Who can be written to".to_owned(),
        found: 1_000,
        bars: vec![
            bar("No address is held", 400),
            bar("Suppressed", 7),
            bar("Erased", 0),
        ],
        left: 593,
        may_see_small,
    }
}

#[test]
fn a_waterfall_has_a_title_a_description_and_its_numbers_in_a_table() {
    let html = waterfall(true).render().into_string();
    for part in [
        "<title",
        "<desc",
        "role=\"img\"",
        "<table",
        "<caption",
        "− 400",
        "− 7",
        "593",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn a_small_bar_shows_neither_its_number_nor_its_length() {
    let html = waterfall(false).render().into_string();
    assert!(html.contains("− fewer than 11") && !html.contains("− 7<"));
    // Seven of a thousand would be five units of 720; every small bar is two.
    assert!(html.contains("width=\"2\"") && !html.contains("width=\"5\""));
}

#[test]
fn a_bar_that_opens_its_people_makes_the_picture_a_group() {
    let mut picture = waterfall(true);
    picture.bars[0].href = Some("/people?rule=x".to_owned());
    let html = picture.render().into_string();
    assert!(html.contains("role=\"group\"") && html.contains("href=\"/people?rule=x\""));
}

#[test]
fn a_long_rule_is_cut_in_the_picture_and_whole_in_the_table() {
    let mut picture = waterfall(true);
    let long = "A rule whose words go on and on ".repeat(4);
    picture.bars[0].says.clone_from(&long);
    let html = picture.render().into_string();
    assert!(html.contains(&long) && html.contains('…'));
}

#[test]
fn what_is_typed_is_escaped() {
    let html = field::Field::text("a", "b")
        .value("\"><script>")
        .render()
        .into_string();
    assert!(!html.contains("<script>"));
}

#[test]
fn a_number_is_read_however_its_digits_are_grouped() {
    for typed in ["12345", "12,345", " 12 345 ", "12.345"] {
        assert_eq!(field::whole_number(typed), Some(12_345), "{typed}");
    }
    for typed in ["", "12345x", "-12345", "1e4", "99999999999999999999"] {
        assert_eq!(field::whole_number(typed), None, "{typed}");
    }
}
