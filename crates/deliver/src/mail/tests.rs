//! A letter reads back as it was written, and nothing in it can grow a header or a message.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::time::Duration;

use mail_parser::{HeaderValue, MessageParser};
use proptest::prelude::*;

use super::*;
use crate::catcher::{Catcher, Config};
use crate::smtp::{Connection, Relay};

struct Given {
    from: Mailbox,
    to: Address,
    subject: HeaderText,
    message_id: MessageId,
    list: ListId,
    unsubscribe: Unsubscribe,
}

fn given(subject: &str, name: &str) -> Given {
    Given {
        from: Mailbox {
            name: HeaderText::new(name).unwrap(),
            address: "news@hospital.example".parse().unwrap(),
        },
        to: "person@example.org".parse().unwrap(),
        subject: HeaderText::new(subject).unwrap(),
        message_id: MessageId::new("0193f00d", "hospital.example").unwrap(),
        list: ListId::new("wellness", "hospital.example").unwrap(),
        unsubscribe: Unsubscribe::new("https://hospital.example/u/abc?x=1").unwrap(),
    }
}

impl Given {
    fn letter<'a>(&'a self, text: &'a str, html: &'a str) -> Letter<'a> {
        Letter {
            from: &self.from,
            to: &self.to,
            reply_to: None,
            subject: &self.subject,
            text,
            html,
            date: Timestamp::from_second(1_795_323_600).unwrap(),
            message_id: &self.message_id,
            list: Some((&self.list, &self.unsubscribe)),
        }
    }
}

#[test]
fn a_letter_has_the_headers_of_lawful_bulk_mail() {
    let given = given("Your checklist", "Hospital, News");
    let content = given
        .letter("Hello\nworld ", "<p>Hello</p>")
        .compose()
        .unwrap();
    let expected = "Date: Sun, 22 Nov 2026 05:00:00 +0000\r
From: \"Hospital, News\" <news@hospital.example>\r
To: <person@example.org>\r
Subject: Your checklist\r
Message-ID: <0193f00d@hospital.example>\r
List-Id: <wellness.hospital.example>\r
List-Unsubscribe:\r
 <https://hospital.example/u/abc?x=1>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
Auto-Submitted: auto-generated\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative;\r
 boundary=\"=_0193f00d\"\r
\r
--=_0193f00d\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Hello\r
world=20\r
--=_0193f00d\r
Content-Type: text/html; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
<p>Hello</p>\r
--=_0193f00d--\r
";
    assert_eq!(std::str::from_utf8(content.as_bytes()).unwrap(), expected);
}

#[test]
fn no_header_value_can_hold_a_line_break() {
    for broken in [
        "\r\n", "\n", "\r", "\0", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\t",
        "\u{7f}",
    ] {
        for text in [
            format!("a{broken}Bcc: all@example.org"),
            format!("{broken}a"),
            format!("a{broken}"),
            format!("a{broken} b"),
        ] {
            assert_eq!(HeaderText::new(&text), Err(BadHeader::Control), "{text:?}");
            assert_eq!(MessageId::new(&text, "example.org"), Err(BadHeader::Id));
            assert_eq!(ListId::new("list", &text), Err(BadHeader::Id));
            let link = format!("https://example.org/{text}");
            assert_eq!(Unsubscribe::new(&link), Err(BadHeader::Link), "{link:?}");
        }
    }
}

#[test]
fn the_unsubscribe_link_is_one_https_link() {
    for good in [
        "https://hospital.example/u/abc",
        "http://localhost:8080/u/abc",
        "http://127.0.0.1/u/abc",
        "http://[::1]:8080/u/abc",
    ] {
        assert_eq!(Unsubscribe::new(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "https://",
        "http://hospital.example/u/abc",
        "http://localhost.evil.example/u",
        "mailto:leave@hospital.example",
        "javascript:alert(1)",
        "https://a.example/>, <https://b.example/",
        "https://a.example/ü",
    ] {
        assert_eq!(Unsubscribe::new(bad), Err(BadHeader::Link), "{bad}");
    }
}

#[test]
fn a_name_full_of_quotes_makes_no_long_line() {
    let given = given("a", &"\"\\".repeat(29));
    let content = given.letter("a", "b").compose().unwrap();
    let lines = content.as_bytes().split(|byte| *byte == b'\n');
    assert!(lines.map(<[u8]>::len).all(|length| length <= 78));
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    let given = given("Grüße aus dem Haus", "Müller");
    let compose = || given.letter("a", "b").compose().unwrap();
    assert_eq!(compose(), compose());
}

/// Line ends become CRLF and the last line is ended.
fn canonical(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.replace('\n', "\r\n")
}

/// Hostile and ordinary pieces of text, mixed.
fn prose() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,90}",
        "\\PC{0,30}",
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n.\r\n".to_owned()),
        Just("\n.\nMAIL FROM:<x@example.org>\n".to_owned()),
        Just("--=_0193f00d--\r\n".to_owned()),
        Just("=\n=20 \t".to_owned()),
        Just("\0\u{85}\u{2028}".to_owned()),
        Just("x".repeat(2000)),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn one_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,120}",
        "\\PC{0,60}",
        "=\\?utf-8\\?B\\?[a-z]{4}\\?=",
        " *[a-z\"\\\\<>,;@ ]{0,30} *"
    ]
    .prop_filter("a header holds no controls", |text| {
        HeaderText::new(text).is_ok()
    })
}

proptest! {
    #[test]
    fn a_letter_reads_back_as_written(
        subject in one_line(), name in one_line(), text in prose(), html in prose(),
    ) {
        let given = given(&subject, &name);
        let content = given.letter(&text, &html).compose().unwrap();
        for line in content.as_bytes().split(|byte| *byte == b'\n') {
            prop_assert!(line.len() <= 78, "{}", String::from_utf8_lossy(line));
            prop_assert!(line.iter().all(|byte| byte.is_ascii_graphic() || b" \t\r".contains(byte)));
        }
        let message = MessageParser::default().parse(content.as_bytes()).unwrap();
        prop_assert_eq!(message.subject().unwrap_or_default(), subject.as_str());
        let from = message.from().unwrap().first().unwrap();
        prop_assert_eq!(from.address(), Some("news@hospital.example"));
        prop_assert_eq!(from.name().unwrap_or_default().trim(), name.trim());
        prop_assert_eq!(message.parts.len(), 3);
        // A boundary takes the line end before it along.
        let body = |part: usize| format!("{}\r\n", message.parts[part].text_contents().unwrap());
        if !text.is_empty() {
            prop_assert_eq!(body(1), canonical(&text));
        }
        if !html.is_empty() {
            prop_assert_eq!(body(2), canonical(&html));
        }
        prop_assert_eq!(message.headers().len(), 11);
        let is_text = |value: &HeaderValue<'_>| !matches!(value, HeaderValue::Empty);
        prop_assert!(message.header("List-Unsubscribe-Post").is_some_and(is_text));
    }
}

/// Threat 8: through the most careless of listeners, as many messages arrive as were sent, and
/// to nobody else. All over one connection, so that a smuggled command would spoil the next.
#[test]
fn messages_out_are_messages_in() {
    let config = Config {
        lenient: true,
        ..Config::default()
    };
    let catcher = Catcher::start(config).unwrap();
    let relay = Relay::new("127.0.0.1", catcher.address().port());
    let connection = std::cell::RefCell::new(Connection::open(&relay).unwrap());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (one_line(), one_line(), prose(), prose());
    let n = std::cell::Cell::new(0);
    let run = runner.run(&strategy, |(subject, name, text, html)| {
        let given = given(&subject, &name);
        let content = given.letter(&text, &html).compose().unwrap();
        let (answer, _) = connection
            .borrow_mut()
            .send(&given.from.address, &given.to, &content);
        n.set(n.get() + 1);
        prop_assert_eq!(answer.code(), Some(250));
        prop_assert!(catcher.wait_for(n.get(), Duration::from_secs(60)));
        prop_assert_eq!(catcher.count(), n.get());
        let caught = &catcher.messages()[0];
        prop_assert_eq!(&caught.to, &["person@example.org"]);
        prop_assert_eq!(caught.raw.as_slice(), content.as_bytes());
        Ok(())
    });
    run.unwrap();
}
