//! Dialogues as tables: what the relay does, and what becomes of the message.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::Arc;
use std::time::Duration;

use placet_domain::delivery::{Answer, Stage};
use proptest::prelude::*;

use super::*;
use crate::catcher::{Catcher, Config, Fault, Gate, Point, Script};

/// Every way a line break is written, and what else ends or changes a command.
const BREAKS: [&str; 14] = [
    "\r\n", "\n", "\r", "\r\r\n", "\n\r", "\0", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}",
    " ", "\t", ">",
];

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn content(text: &str) -> Content {
    Content::new(text.as_bytes().to_vec()).unwrap()
}

fn catcher(script: Script) -> Catcher {
    Catcher::start(Config {
        script,
        ..Config::default()
    })
    .unwrap()
}

fn relay(catcher: &Catcher) -> Relay {
    Relay::new("127.0.0.1", catcher.address().port())
}

fn send(connection: &mut Connection, text: &str) -> (Answer, Dialogue) {
    connection.send(
        &address("from@example.org"),
        &address("to@example.org"),
        &content(text),
    )
}

#[test]
fn an_address_takes_no_character_that_changes_the_command() {
    for good in [
        "a@b",
        "mary.o'hara+x@mail.example.org",
        "a..b@example.org",
        "x@xn--nxasmq6b.org",
    ] {
        assert_eq!(address(good).as_str(), good);
    }
    for broken in BREAKS {
        for text in [
            format!("a{broken}b@example.org"),
            format!("a@exam{broken}ple.org"),
            format!("{broken}a@example.org"),
            format!("a@example.org{broken}"),
            format!("a@example.org{broken}RCPT TO:<b@example.org>"),
        ] {
            let refused = text.parse::<Address>().unwrap_err();
            assert!(!refused.to_string().contains(text.as_str()));
        }
    }
    #[rustfmt::skip] // A table.
    let table = [
        ("",                          BadAddress::Shape),
        ("nobody",                    BadAddress::Shape),
        ("@example.org",              BadAddress::Shape),
        ("a@",                        BadAddress::Shape),
        ("jörg@example.org",          BadAddress::NotAscii),
        ("a@müller.example",          BadAddress::NotAscii),
        ("\"a b\"@example.org",       BadAddress::Character),
        ("a<b@example.org",           BadAddress::Character),
        ("a@b@example.org",           BadAddress::Character),
        ("a@example..org",            BadAddress::Domain),
        ("a@-example.org",            BadAddress::Domain),
        ("a@[127.0.0.1]",             BadAddress::Domain),
    ];
    for (text, expected) in table {
        assert_eq!(text.parse::<Address>(), Err(expected), "{text}");
    }
    assert_eq!(
        format!("{}@example.org", "a".repeat(65)).parse::<Address>(),
        Err(BadAddress::Length)
    );
}

#[test]
fn content_is_refused_at_the_line_at_fault() {
    #[rustfmt::skip] // A table.
    let table = [
        ("a\r\nb\nc\r\n",     BadContent::BareLineBreak(2)),
        ("a\rb\r\n",          BadContent::BareLineBreak(1)),
        ("a\r\r\n",           BadContent::BareLineBreak(1)),
        ("a\n",               BadContent::BareLineBreak(1)),
        ("a\r\nb\0c\r\n",     BadContent::Nul(2)),
        ("a\r\nb",            BadContent::Unfinished),
        ("a\r",               BadContent::BareLineBreak(1)),
        ("\n.\nMAIL FROM:<>", BadContent::BareLineBreak(1)),
    ];
    for (text, expected) in table {
        assert_eq!(
            Content::new(text.as_bytes().to_vec()),
            Err(expected),
            "{text:?}"
        );
    }
    let long = format!("ok\r\n{}\r\n", "x".repeat(999));
    assert_eq!(
        Content::new(long.into_bytes()),
        Err(BadContent::LongLine(2))
    );
}

#[test]
fn replies_are_read_strictly() {
    #[rustfmt::skip] // A table.
    let good = [
        ("250 ok\r\n",                    250, "ok"),
        ("250\r\n",                       250, ""),
        ("250-one\r\n250 two\r\n",        250, "one\ntwo"),
        ("451 4.7.1 later\r\n250 next",   451, "4.7.1 later"),
        ("250 a\u{1b}[31m\r\n",           250, "a?[31m"),
    ];
    for (bytes, code, text) in good {
        let (reply, _) = Reply::take(bytes.as_bytes()).unwrap().unwrap();
        assert_eq!((reply.code, reply.text.as_str()), (code, text));
    }
    for unfinished in [
        "",
        "2",
        "250",
        "250 ok",
        "250 ok\r",
        "250-one\r\n",
        "250-one\r\n25",
    ] {
        assert_eq!(
            Reply::take(unfinished.as_bytes()),
            Ok(None),
            "{unfinished:?}"
        );
    }
    #[rustfmt::skip] // A table.
    let bad = [
        ("ok\r\n",                        BadReply::Code),
        ("25 ok\r\n",                     BadReply::Code),
        ("25x ok\r\n",                    BadReply::Code),
        ("150 ok\r\n",                    BadReply::Code),
        ("650 ok\r\n",                    BadReply::Code),
        ("2500 ok\r\n",                   BadReply::Code),
        ("250_ok\r\n",                    BadReply::Code),
        ("\r\n",                          BadReply::Code),
        ("250-one\r\n550 two\r\n",        BadReply::CodeChanged),
        ("250 ok\n",                      BadReply::LineEnd),
        ("250 a\rb\r\n",                  BadReply::LineEnd),
        ("250 a\0b\r\n",                  BadReply::LineEnd),
    ];
    for (bytes, expected) in bad {
        assert_eq!(Reply::take(bytes.as_bytes()), Err(expected), "{bytes:?}");
    }
    let endless = "250-more\r\n".repeat(65);
    assert_eq!(Reply::take(endless.as_bytes()), Err(BadReply::TooLong));
    assert_eq!(Reply::take(&[b'2'; 9000]), Err(BadReply::TooLong));
}

proptest! {
    #[test]
    fn any_bytes_are_a_reply_an_error_or_unfinished(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(Some((reply, taken))) = Reply::take(&bytes) {
            prop_assert!((200..600).contains(&reply.code) && taken <= bytes.len());
            prop_assert!(!reply.text.chars().any(|c| c.is_control() && c != '\n'));
        }
    }

    #[test]
    fn an_address_that_parses_is_one_word(text in "\\PC{0,20}@\\PC{0,20}") {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_graphic() && !b"<>\"".contains(&b)));
        }
    }
}

#[test]
fn many_messages_go_over_one_connection() {
    let catcher = catcher(Script::default());
    let mut connection = Connection::open(&relay(&catcher)).unwrap();
    for n in 0..50 {
        let (answer, _) = send(
            &mut connection,
            &format!("Subject: {n}\r\n\r\n.\r\n..\r\n.a\r\n"),
        );
        assert_eq!(answer.code(), Some(250));
    }
    assert_eq!(catcher.count(), 50);
    let newest = &catcher.messages()[0];
    assert_eq!(newest.raw, b"Subject: 49\r\n\r\n.\r\n..\r\n.a\r\n");
    assert_eq!(
        (newest.from.as_str(), newest.to[0].as_str()),
        ("from@example.org", "to@example.org")
    );
}

#[test]
fn the_dialogue_tells_all_but_the_content() {
    let catcher = catcher(Script::default());
    let mut connection = Connection::open(&relay(&catcher)).unwrap();
    let (_, dialogue) = send(&mut connection, "Subject: secret\r\n\r\nbody\r\n");
    assert_eq!(
        dialogue.as_str(),
        "> MAIL FROM:<from@example.org> SIZE=25\n> RCPT TO:<to@example.org>\n> DATA\n\
         < 250 sender ok\n< 250 recipient ok\n< 354 go ahead\n> (the message, 25 bytes)\n< 250 taken\n"
    );
    assert!(!scrub(dialogue.as_str(), "to@example.org").contains("to@example.org"));
}

#[test]
fn an_address_is_scrubbed_from_a_relays_words() {
    #[rustfmt::skip] // A table.
    let table = [
        ("550 <Mary.Ng@example.org>: unknown", "550 <<recipient>>: unknown"),
        ("no mailbox MARY.NG here",            "no mailbox <recipient> here"),
        ("mary.ngo is someone else",           "mary.ngo is someone else"),
        ("ok",                                 "ok"),
        ("é mary.ng é mary.ng@example.org",    "é <recipient> é <recipient>"),
    ];
    for (text, expected) in table {
        assert_eq!(scrub(text, "mary.ng@example.org"), expected);
    }
}

/// What the relay does at which point, and what becomes of the message. `usable`: whether the
/// next message may go over the same connection.
#[test]
fn every_fault_has_its_answer() {
    let refused = |code: u16, text: &str| Answer::Refused {
        code,
        text: text.to_owned(),
        permanent: code >= 500,
    };
    let not_sent = |why: &str| Answer::NotSent {
        why: why.to_owned(),
    };
    let unknown = Answer::Unknown {
        stage: Stage::Answer,
    };
    let say = |words: &str| Fault::Say(words.to_owned());
    let closed = "the relay closed the connection";
    #[rustfmt::skip] // A table.
    let table = [
        (Point::Mail,   say("550 no\r\n"),                refused(550, "no"),             true),
        (Point::Mail,   say("421 bye\r\n"),               refused(421, "bye"),            false),
        (Point::Rcpt,   say("550 5.1.1 who?\r\n"),        refused(550, "5.1.1 who?"),     true),
        (Point::Rcpt,   say("450-wait\r\n450 now\r\n"),   refused(450, "wait now"),       true),
        (Point::Rcpt,   Fault::Close,                     not_sent(closed),               false),
        (Point::Data,   say("451 later\r\n"),             refused(451, "later"),          true),
        (Point::Data,   say("554 no\r\n"),                refused(554, "no"),             true),
        (Point::Data,   say("250 what\r\n"),              not_sent("the relay's reply does not begin with a code"), false),
        (Point::Data,   say("hello\r\n"),                 not_sent("the relay's reply does not begin with a code"), false),
        (Point::Data,   Fault::Close,                     not_sent(closed),               false),
        (Point::Dot,    say("552 too big\r\n"),           refused(552, "too big"),        true),
        (Point::Dot,    say("421 bye\r\n"),               refused(421, "bye"),            false),
        (Point::Dot,    say("354 what\r\n"),              unknown.clone(),                false),
        (Point::Dot,    say("250 half"),                  unknown.clone(),                false),
        (Point::Dot,    Fault::Close,                     unknown.clone(),                false),
        (Point::Answer, Fault::Close,                     unknown.clone(),                false),
        (Point::Answer, say("garbage\r\n"),               unknown.clone(),                false),
    ];
    for pipelining in [true, false] {
        for (point, fault, expected, usable) in table.clone() {
            // A half reply ends when the client's patience does, whatever the machine's speed.
            let script = Script::once(point, 0, fault);
            let catcher = Catcher::start(Config {
                script,
                pipelining,
                ..Config::default()
            })
            .unwrap();
            let mut relay = relay(&catcher);
            relay.timeouts.answer = if expected == unknown {
                SHORT
            } else {
                relay.timeouts.answer
            };
            let mut connection = Connection::open(&relay).unwrap();
            let (answer, _) = send(&mut connection, "Subject: x\r\n\r\nbody\r\n");
            assert_eq!(answer, expected, "{point:?} pipelining {pipelining}");
            assert_eq!(
                connection.is_usable(),
                usable,
                "{point:?} pipelining {pipelining}"
            );
            if usable {
                let (answer, _) = send(&mut connection, "Subject: y\r\n\r\nbody\r\n");
                assert_eq!(answer.code(), Some(250), "{point:?}");
            }
        }
    }
}

/// Shorter than anybody waits, for phases that never end anyway.
const SHORT: Duration = Duration::from_millis(50);

#[test]
fn a_stalling_relay_is_left_and_the_fate_named() {
    let not_sent = Answer::NotSent {
        why: "the relay did not answer in time".to_owned(),
    };
    let unknown = Answer::Unknown {
        stage: Stage::Answer,
    };
    #[rustfmt::skip] // A table.
    let table = [
        (Point::Mail,    not_sent.clone()),
        (Point::Rcpt,    not_sent.clone()),
        (Point::Data,    not_sent),
        (Point::Content, unknown.clone()),
        (Point::Dot,     unknown.clone()),
        (Point::Answer,  unknown),
    ];
    for (point, expected) in table {
        let catcher = catcher(Script::always(point, Fault::Stall));
        let mut relay = relay(&catcher);
        let timeouts = &mut relay.timeouts;
        let mut connection = Connection::open(&Relay {
            timeouts: Timeouts {
                command: if matches!(point, Point::Mail | Point::Rcpt) {
                    SHORT
                } else {
                    timeouts.command
                },
                data: if point == Point::Data {
                    SHORT
                } else {
                    timeouts.data
                },
                answer: SHORT,
                ..*timeouts
            },
            ..relay.clone()
        })
        .unwrap();
        let (answer, dialogue) = send(&mut connection, "Subject: x\r\n\r\nbody\r\n");
        assert_eq!(answer, expected, "{point:?}");
        assert!(
            dialogue
                .as_str()
                .ends_with("! the relay did not answer in time\n"),
            "{point:?}"
        );
        assert!(!connection.is_usable());
    }
}

#[test]
fn a_relay_that_stops_reading_mid_message_leaves_an_unknown() {
    let catcher = catcher(Script::always(Point::Content, Fault::Wait(Gate::default())));
    let mut relay = relay(&catcher);
    (relay.timeouts.content, relay.timeouts.answer) = (SHORT, SHORT);
    let mut connection = Connection::open(&relay).unwrap();
    // More than all buffers on the way can hold.
    let (answer, _) = send(&mut connection, &"x\r\n".repeat(4 << 20));
    assert_eq!(
        answer,
        Answer::Unknown {
            stage: Stage::Content
        }
    );
    assert_eq!(catcher.count(), 0);
}

#[test]
fn a_slow_answer_is_waited_for() {
    let gate = Gate::default();
    let catcher = catcher(Script::always(Point::Answer, Fault::Wait(gate.clone())));
    let mut connection = Connection::open(&relay(&catcher)).unwrap();
    let sending = std::thread::spawn(move || send(&mut connection, "a: b\r\n\r\nbody\r\n").0);
    assert!(
        catcher.wait_for(1, Duration::from_secs(60)),
        "taken before it is answered"
    );
    assert!(!sending.is_finished());
    gate.open();
    assert_eq!(sending.join().unwrap().code(), Some(250));
}

#[test]
fn opening_fails_with_the_step_and_the_remedy() {
    let open = |config: Config, change: fn(&mut Relay)| {
        let catcher = Catcher::start(config).unwrap();
        let mut relay = relay(&catcher);
        change(&mut relay);
        Connection::open(&relay).err().unwrap().to_string()
    };
    let scripted = |point, fault| Config {
        script: Script::always(point, fault),
        ..Config::default()
    };
    let said = |point, words: &str| scripted(point, Fault::Say(words.to_owned()));

    let busy = open(said(Point::Greeting, "554 go away\r\n"), |_| {});
    assert_eq!(busy, "the mail relay refused the greeting: 554 go away");
    let other = open(
        said(Point::Greeting, "HTTP/1.1 400 Bad Request\r\n\r\n"),
        |_| {},
    );
    assert!(
        other.starts_with("the mail relay does not speak SMTP"),
        "{other}"
    );
    let silent = open(scripted(Point::Greeting, Fault::Stall), |relay| {
        relay.timeouts.greeting = SHORT
    });
    assert!(silent.contains("did not answer in time"), "{silent}");
    let open_line = open(Config::default(), |relay| relay.tls = TlsPolicy::Required);
    assert!(open_line.contains("does not offer STARTTLS"), "{open_line}");
    let no_login = open(Config::default(), |relay| relay.credentials = Some(login()));
    assert!(
        no_login.contains("neither AUTH PLAIN nor AUTH LOGIN"),
        "{no_login}"
    );

    let gone = Catcher::start(Config::default()).unwrap();
    let nobody = relay(&gone);
    drop(gone);
    let nobody = Connection::open(&nobody).err().unwrap().to_string();
    assert!(
        nobody.contains("check its name, port and network"),
        "{nobody}"
    );
}

#[test]
fn an_old_server_is_greeted_with_helo() {
    // Only the first EHLO is refused: HELO passes through the same catcher.
    let script = Script::always(Point::Hello, Fault::Say("500 what\r\n".to_owned()));
    let catcher = catcher(script);
    let mut connection = Connection::open(&relay(&catcher)).unwrap();
    assert_eq!(
        send(&mut connection, "a: b\r\n\r\n\r\n").0.code(),
        Some(250)
    );
}

fn login() -> Credentials {
    Credentials {
        login: "placet".to_owned(),
        password: "not a real one".to_owned(),
    }
}

/// A certificate for `localhost` made on the spot; the folder keeps the file to trust.
fn certified() -> (Arc<rustls::ServerConfig>, tempfile::TempDir) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (Arc::new(config), folder)
}

#[test]
fn mail_and_login_go_over_tls_and_strangers_get_nothing() {
    let (tls, folder) = certified();
    let token = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        "\0placet\0not a real one",
    );
    let config = Config {
        tls: Some(tls),
        login: Some(token),
        ..Config::default()
    };
    let catcher = Catcher::start(config).unwrap();
    let trusting = Relay {
        host: "localhost".to_owned(),
        tls: TlsPolicy::Required,
        ca_file: Some(folder.path().join("ca.pem")),
        credentials: Some(login()),
        ..relay(&catcher)
    };
    for tls in [TlsPolicy::Required, TlsPolicy::Opportunistic] {
        let mut connection = Connection::open(&Relay {
            tls,
            ..trusting.clone()
        })
        .unwrap();
        for _ in 0..3 {
            let (answer, dialogue) = send(&mut connection, "a: b\r\n\r\nbody\r\n");
            assert_eq!(answer.code(), Some(250));
            assert!(!dialogue.as_str().contains("AUTH"));
        }
        connection.quit();
    }
    assert_eq!(catcher.count(), 6);

    let wrong = Credentials {
        password: "a guess".to_owned(),
        ..login()
    };
    let wrong = Relay {
        credentials: Some(wrong),
        ..trusting.clone()
    };
    let refused = Connection::open(&wrong).err().unwrap().to_string();
    assert_eq!(
        refused,
        "the mail relay refused the login: 535 not with these words"
    );

    // The operating system does not know this certificate, and its name is not this address.
    for stranger in [
        Relay {
            ca_file: None,
            ..trusting.clone()
        },
        Relay {
            host: "127.0.0.1".to_owned(),
            ..trusting.clone()
        },
    ] {
        let refused = Connection::open(&stranger).err().unwrap().to_string();
        assert!(refused.contains("cannot reach the mail relay"), "{refused}");
    }
    assert_eq!(catcher.count(), 6);
}

#[test]
fn words_slipped_in_before_tls_end_the_conversation() {
    let (tls, folder) = certified();
    // The same packet carries the answer to EHLO, one to STARTTLS and one more.
    let hello = "250-x\r\n250 STARTTLS\r\n220 go\r\n250 forged\r\n";
    let script = Script::once(Point::Hello, 0, Fault::Say(hello.to_owned()));
    let catcher = Catcher::start(Config {
        tls: Some(tls),
        script,
        ..Config::default()
    })
    .unwrap();
    let relay = Relay {
        host: "localhost".to_owned(),
        tls: TlsPolicy::Required,
        ca_file: Some(folder.path().join("ca.pem")),
        ..relay(&catcher)
    };
    assert!(matches!(
        Connection::open(&relay),
        Err(OpenError::Protocol(_))
    ));
}
