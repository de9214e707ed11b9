#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use proptest::prelude::*;

use super::{MAX_BYTES, parse};

#[test]
fn conditions_parse() {
    for source in [
        "true",
        "actor == \"covered_provider\" && !(vendor.baa || channel in [\"sms\", \"email\"])",
        "instruments.exists(i, i.kind == 'tcpa_pec' && i.status == 'valid')",
        "size(data_elements) > 0 && has(subject.age) && subject.age >= 17.5",
        "!!true",
    ] {
        assert!(parse(source).is_ok(), "{source}");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn faults_say_where() {
    check("",                     0, "ends too early");
    check("a &&",                 4, "ends too early");
    check("a b",                  2, "expected the end");
    check("(a",                   2, "expected `)`");
    check("a == \"b",             5, "does not end");
    check("a.map(x, x)",          2, "only `exists` and `all`");
    check("a ~ b",                2, "no meaning");
    check("a.exists(\"x\", x)",   9, "name of an item");
    check("1.2.3 > 1",            0, "not a number");
}

#[test]
fn size_and_depth_are_bounded() {
    let long = "a && ".repeat(MAX_BYTES);
    assert!(parse(&long).unwrap_err().message.contains("bytes"));
    let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
    assert!(parse(&deep).unwrap_err().message.contains("nested"));
    let nots = format!("{}a", "!".repeat(9001));
    assert!(parse(&nots).is_ok());
}

#[track_caller]
fn check(source: &str, at: usize, message: &str) {
    let fault = parse(source).unwrap_err();
    assert_eq!(fault.at, at, "{fault:?}");
    assert!(fault.message.contains(message), "{fault:?}");
}

proptest! {
    #[test]
    fn no_text_harms_the_parser(source in "\\PC*") {
        let _ = parse(&source);
    }

    #[test]
    fn no_tokens_harm_the_parser(words in proptest::collection::vec(proptest::sample::select(&[
        "(", ")", "[", "]", "!", "&&", "||", "==", "<", ">=", "in", ".", ",", "a", "a.b", "\"x\"", "1", "true", "exists", "size",
    ][..]), 0..40)) {
        let _ = parse(&words.join(" "));
    }
}
