#![allow(clippy::unwrap_used)]

use super::*;

#[test]
#[rustfmt::skip] // A table.
fn one_address_has_one_form_however_it_is_written() {
    //    channel           written                          compared as
    check(Channel::Email,   "Ada.Moss@Example.org",          "ada.moss@example.org");
    check(Channel::Email,   " ada.moss+news@example.org ",   "ada.moss@example.org");
    check(Channel::Email,   "+tag@example.org",              "+tag@example.org");
    check(Channel::Email,   "ada@bücher.example",            "ada@xn--bcher-kva.example");
    check(Channel::Email,   "ada@BÜCHER.example",            "ada@xn--bcher-kva.example");
    check(Channel::Email,   "ada@münchen.example",           "ada@xn--mnchen-3ya.example");
    check(Channel::Sms,     "(614) 555-0142",                "+16145550142");
    check(Channel::Sms,     "614.555.0142",                  "+16145550142");
    check(Channel::Sms,     "+1 614 555 0142",               "+16145550142");
    check(Channel::VoiceLive, "1-614-555-0142",              "+16145550142");
    check(Channel::Sms,     "+49 30 5550142",                "+49305550142");
    check(Channel::Postal,  "12 Elm St., Apt. 4",            "12 ELM ST APT 4");
    check(Channel::Postal,  "12  elm st apt 4",              "12 ELM ST APT 4");
}

#[test]
#[rustfmt::skip] // A table.
fn what_cannot_be_read_has_no_form() {
    for address in [
        "", "ada", "ada@", "@example.org", "ada@example", "ada@exa mple.org", "a da@example.org",
        "ada@example.org\r\nBcc: eve@example.org", "ada\n@example.org", "a@b@example.org",
        ".ada@example.org", "ada..moss@example.org", "ada@-example.org", "ada@example..org",
        "\"ada\"@example.org", "<ada@example.org>",
    ] {
        assert_eq!(canonical(Channel::Email, address), Err(BadAddress::Email), "{address:?}");
    }
    for number in ["", "555-0142", "0145550142", "614 555 0142 ext 3", "1+6145550142", "+0123456789"] {
        assert_eq!(canonical(Channel::Sms, number), Err(BadAddress::Phone), "{number:?}");
    }
    for line in ["", " ,. ", "12 Elm St\nOhio"] {
        assert_eq!(canonical(Channel::Postal, line), Err(BadAddress::Postal), "{line:?}");
    }
}

#[test]
fn no_error_repeats_the_address() {
    let message = canonical(Channel::Email, "ada moss")
        .unwrap_err()
        .to_string();
    assert!(!message.contains("ada"));
}

#[track_caller]
fn check(channel: Channel, written: &str, expected: &str) {
    assert_eq!(canonical(channel, written).as_deref(), Ok(expected));
}

#[test]
fn a_postal_line_becomes_the_lines_of_an_envelope() {
    use postal::Block;

    let lines = |line: &str| Block::read(line).map(|block| block.lines());
    let plain = vec!["12 Oak Street".to_owned(), "Toledo, OH 43604".to_owned()];
    assert_eq!(lines("12 Oak Street, Toledo, OH 43604"), Ok(plain));
    assert_eq!(
        lines("12 Oak Street, Apt 4, Rear, Toledo, oh 43604-1234"),
        Ok(vec![
            "12 Oak Street".to_owned(),
            "Apt 4, Rear".to_owned(),
            "Toledo, OH 43604-1234".to_owned()
        ])
    );
    for line in [
        "",
        "12 Oak Street",
        "Toledo, OH 43604",
        "12 Oak Street, Toledo, OH",
        "12 Oak Street, Toledo, Ohio 43604",
        "12 Oak Street, Toledo, OH 4360",
    ] {
        assert_eq!(lines(line), Err(BadAddress::Postal), "{line}");
    }
}
