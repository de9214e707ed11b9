#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;

#[test]
fn a_line_too_long_is_counted_and_the_next_one_read() {
    let long = "x".repeat(usize::try_from(LINE).unwrap() + 10);
    let next =
        r#"{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Patient/p1"}}]}"#;
    let input = format!("{long}\n{next}\n");
    assert_eq!(
        deleted(input.as_bytes()).unwrap(),
        "1 Patient, 1 unreadable lines"
    );
}

#[test]
fn no_word_of_the_server_is_told_that_is_not_of_a_closed_list() {
    let bundle = r#"{"entry":[{"request":{"method":"DELETE","url":"Moss"}}]}"#;
    assert_eq!(deleted(bundle.as_bytes()).unwrap(), "1 other");
    let outcome = r#"{"issue":[{"severity":"error","code":"Moss"},{"severity":"fatal"}]}"#;
    assert_eq!(
        errors(outcome.as_bytes()).unwrap().told,
        "2 without a known code"
    );
    let outcome = r#"{"issue":[{"code":"moss"},{"code":"timeout"},{"code":"timeout"}]}"#;
    assert_eq!(codes(outcome), "timeout");
    let many: Vec<String> = (words::ISSUES.iter())
        .map(|code| format!(r#"{{"code":"{code}"}}"#))
        .collect();
    let many = codes(&format!(r#"{{"issue":[{}]}}"#, many.join(",")));
    assert_eq!(many.split(", ").count(), MOST_CODES);
}

#[test]
#[rustfmt::skip] // A table.
fn an_export_lacks_something_unless_the_server_says_that_it_does_not_matter() {
    for (line, expected) in [
        (r#"{"issue":[{"severity":"information","code":"value"}]}"#, false),
        (r#"{"issue":[{"severity":"warning","code":"value"}]}"#,     false),
        (r#"{"issue":[{"severity":"error","code":"value"}]}"#,       true),
        (r#"{"issue":[{"severity":"fatal","code":"value"}]}"#,       true),
        (r#"{"issue":[{"code":"value"}]}"#,                          true),
        ("nonsense",                                                 true),
        ("",                                                         false),
    ] {
        assert_eq!(errors(line.as_bytes()).unwrap().is_loss, expected, "{line}");
    }
}
