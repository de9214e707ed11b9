//! The catcher under well-meaning and under hostile clients.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::*;

fn catcher(config: Config) -> Catcher {
    Catcher::start(config).unwrap()
}

/// Says all of it at once, closes our side, and reads to the end.
fn talk(catcher: &Catcher, words: &[u8]) -> String {
    let mut socket = TcpStream::connect(catcher.address()).unwrap();
    // The catcher may hang up before it has heard everything.
    let _ = socket.write_all(words);
    let _ = socket.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    let _ = socket.read_to_end(&mut heard);
    String::from_utf8_lossy(&heard).into_owned()
}

fn codes(heard: &str) -> Vec<&str> {
    heard
        .lines()
        .filter(|line| line.as_bytes().get(3) == Some(&b' '))
        .map(|line| &line[..3])
        .collect()
}

const START: &str = "EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n";

#[test]
fn a_message_is_kept_and_shown() {
    let catcher = catcher(Config::default());
    let message = "From: \"A\" <a@example.org>\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\n\
                   Date: Sun, 22 Nov 2026 05:00:00 +0000\r\n\r\n..dot\r\n.\r\nQUIT\r\n";
    let heard = talk(&catcher, format!("{START}{message}").as_bytes());
    assert_eq!(
        codes(&heard),
        ["220", "250", "250", "250", "354", "250", "221"]
    );
    let caught = catcher.find(0).unwrap();
    assert!(caught.raw.ends_with(b"\r\n\r\n.dot\r\n"));
    let view = caught.view();
    assert_eq!(
        (view.subject.as_str(), view.from.as_str()),
        ("Grüße", "A <a@example.org>")
    );
    assert_eq!(
        (view.date.as_str(), view.text.as_deref()),
        ("2026-11-22T05:00:00Z", Some(".dot\r\n"))
    );
    assert_eq!(
        view.headers[0],
        ("From".to_owned(), "\"A\" <a@example.org>".to_owned())
    );
    catcher.clear();
    assert_eq!((catcher.messages().len(), catcher.count()), (0, 1));
}

#[test]
fn only_the_newest_messages_are_kept() {
    let catcher = catcher(Config {
        keep_bytes: 5_000,
        ..Config::default()
    });
    let body = "x\r\n".repeat(300);
    for _ in 0..20 {
        talk(&catcher, format!("{START}{body}.\r\n").as_bytes());
    }
    assert_eq!(catcher.count(), 20);
    let numbers: Vec<u64> = catcher
        .messages()
        .iter()
        .map(|caught| caught.number)
        .collect();
    assert_eq!(numbers, [19, 18, 17, 16]);
    assert!(catcher.find(0).is_none() && catcher.find(18).is_some());
}

#[test]
fn a_counting_catcher_keeps_nothing() {
    let catcher = catcher(Config {
        keep_bytes: 0,
        ..Config::default()
    });
    talk(&catcher, format!("{START}body\r\n.\r\n").as_bytes());
    assert_eq!((catcher.count(), catcher.messages().len()), (1, 0));
}

#[test]
fn wrong_words_get_their_code() {
    #[rustfmt::skip] // A table.
    let table = [
        ("NONSENSE\r\n",                                   vec!["220", "500"]),
        ("RCPT TO:<a@b>\r\n",                              vec!["220", "503"]),
        ("DATA\r\n",                                       vec!["220", "503"]),
        ("MAIL a@b\r\n",                                   vec!["220", "501"]),
        ("MAIL FROM:<a@b\r\n",                             vec!["220", "501"]),
        ("MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n",         vec!["220", "250", "503"]),
        ("MAIL FROM:<a@b>\r\nRCPT TO:<>\r\n",              vec!["220", "250", "501"]),
        ("MAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<a@b>\r\n",   vec!["220", "250", "250", "503"]),
        ("STARTTLS\r\n",                                   vec!["220", "502"]),
        ("NOOP\r\nQUIT\r\nNOOP\r\n",                       vec!["220", "250", "221"]),
    ];
    let catcher = catcher(Config::default());
    for (words, expected) in table {
        assert_eq!(
            codes(&talk(&catcher, words.as_bytes())),
            expected,
            "{words:?}"
        );
    }
    let errors = "X\r\n".repeat(1000);
    assert_eq!(
        codes(&talk(&catcher, errors.as_bytes())).last(),
        Some(&"421")
    );
}

#[test]
fn too_large_a_message_is_read_and_refused() {
    let catcher = catcher(Config {
        message_bytes: 10_000,
        ..Config::default()
    });
    let large = "x".repeat(50_000);
    let words =
        format!("{START}{large}\r\n.\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nok\r\n.\r\n");
    let heard = talk(&catcher, words.as_bytes());
    assert_eq!(
        codes(&heard),
        [
            "220", "250", "250", "250", "354", "552", "250", "250", "354", "250"
        ]
    );
    assert_eq!(catcher.count(), 1);
}

#[test]
fn a_strict_catcher_ends_a_message_at_the_proper_dot_only() {
    let smuggling = format!("{START}a\n.\nMAIL FROM:<x@y>\r.\r\r\n.\r\n");
    for (lenient, expected) in [(false, 1), (true, 1)] {
        let catcher = catcher(Config {
            lenient,
            ..Config::default()
        });
        talk(&catcher, smuggling.as_bytes());
        assert_eq!(catcher.count(), expected);
        // The lenient one falls for it, which is what makes it a good judge of our own client.
        assert_eq!(catcher.find(0).unwrap().raw == b"a\n", lenient);
    }
}

#[test]
fn hostile_input_ends_its_own_session_only() {
    let config = Config {
        message_bytes: 1 << 20,
        keep_bytes: 1 << 20,
        ..Config::default()
    };
    let catcher = catcher(config);
    let mut noise: Vec<u8> = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    talk(&catcher, &noise);
    talk(&catcher, &[b'A'; 100_000]);
    talk(&catcher, &[0; 10_000]);
    talk(&catcher, b"");
    talk(
        &catcher,
        "EHLO \u{fffd}\r\nMAIL FROM:<\u{202e}@b>\r\n".as_bytes(),
    );
    let many = "RCPT TO:<a@b>\r\n".repeat(5000);
    talk(&catcher, format!("MAIL FROM:<a@b>\r\n{many}").as_bytes());
    // A message that never ends, of one line and of many dots.
    let mut endless = START.as_bytes().to_vec();
    endless.append(&mut noise);
    talk(&catcher, &endless);
    talk(
        &catcher,
        format!("{START}{}", "..\r\n".repeat(100_000)).as_bytes(),
    );
    assert_eq!(catcher.count(), 0);
    let heard = talk(&catcher, format!("{START}fine\r\n.\r\n").as_bytes());
    assert_eq!(codes(&heard).last(), Some(&"250"));
    assert_eq!(catcher.count(), 1);
}

#[test]
fn beyond_the_last_connection_clients_are_turned_away() {
    let catcher = catcher(Config {
        connections: 1,
        ..Config::default()
    });
    let mut first = TcpStream::connect(catcher.address()).unwrap();
    let mut greeting = [0; 5];
    first.read_exact(&mut greeting).unwrap();
    assert_eq!(codes(&talk(&catcher, b"")), ["421"]);
}

#[test]
fn stopping_ends_sessions_that_wait() {
    let catcher = catcher(Config::default());
    let mut waiting = TcpStream::connect(catcher.address()).unwrap();
    let mut greeting = [0; 5];
    waiting.read_exact(&mut greeting).unwrap();
    drop(catcher);
    let mut rest = Vec::new();
    // Ended or reset: either way it does not hang.
    let _ = waiting.read_to_end(&mut rest);
}
