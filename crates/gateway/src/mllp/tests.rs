#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod tls;

use std::collections::HashSet;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use placet_domain::time::Timestamp;

use super::ack::{Envelope, Outcome};
use super::client::{Answer, Client};
use super::frame::{Deframer, Frame, framed};
use super::listen::{Config, Listener};
use super::*;
use crate::Flow;
use crate::fault::{Fault, Kind};

static PEOPLE: LazyLock<Arc<Flow>> = LazyLock::new(|| Arc::new(Flow::people()));

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn adt(control_id: &str, family: &str) -> String {
    format!(
        "MSH|^~\\&|EHR|HOSP|X|Y|20260301120000-0500||ADT^A04|{control_id}|P|2.5.1\rPID|||1^^^HOSP^MR||{family}^Ada||19600229\r"
    )
}

fn frames(chunks: &[&[u8]], limit: usize) -> (Vec<Frame>, u64) {
    let mut deframer = Deframer::new(limit);
    let mut found = Vec::new();
    for chunk in chunks {
        deframer.push(chunk, &mut |frame| found.push(frame));
    }
    (found, deframer.n_noise)
}

#[test]
fn frames_come_out_wherever_the_network_cuts_them() {
    let two = [framed(b"MSH|one"), framed(b"MSH|t\x1cwo")].concat();
    let expected = vec![
        Frame::Message(b"MSH|one".to_vec()),
        Frame::Message(b"MSH|t\x1cwo".to_vec()),
    ];
    assert_eq!(frames(&[&two], 100), (expected.clone(), 0));
    for at in 0..=two.len() {
        let (one, other) = two.split_at(at);
        assert_eq!(frames(&[one, other], 100).0, expected, "cut at {at}");
    }
    let bytes: Vec<&[u8]> = two.chunks(1).collect();
    assert_eq!(frames(&bytes, 100).0, expected);
}

#[test]
fn noise_is_passed_over_and_a_frame_begun_anew_counts() {
    let text = b"GET / HTTP\r\n\x0bMSH|half\x0bMSH|whole\x1c\r\r\n".to_vec();
    let (found, noise) = frames(&[&text], 100);
    assert_eq!(found, [Frame::Message(b"MSH|whole".to_vec())]);
    assert_eq!(noise, 11);
}

#[test]
fn an_over_long_frame_is_bounded_and_told() {
    let long = framed(&[b"MSH|^~\\&|".as_slice(), &[b'x'; 10_000]].concat());
    let next = framed(b"MSH|next");
    let all = [long, next].concat();
    for size in [1, 7, 4_096, all.len()] {
        let chunks: Vec<&[u8]> = all.chunks(size).collect();
        let (found, _) = frames(&chunks, 5_000);
        let [Frame::TooLong(head), Frame::Message(next)] = found.as_slice() else {
            panic!("one too long, one whole");
        };
        assert!(head.starts_with(b"MSH|^~\\&|x") && head.len() <= 2_048);
        assert_eq!(next, b"MSH|next");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn each_mode_answers_what_its_header_asks_for() {
    let fault = || Fault::at(Kind::BadDate, "PID-7");
    let outcomes = [Outcome::Accepted, Outcome::Faulty(fault()), Outcome::Rejected(Fault::of(Kind::NotAMessage)), Outcome::NotNow];
    let check = |accept: &str, application: &str, expected: [&str; 4]| {
        let text = format!("MSH|^~\\&|A|B|C|D|||ADT^A04|42|P|2.5.1|||{accept}|{application}");
        let envelope = Envelope::read(text.as_bytes());
        let codes = outcomes.clone().map(|outcome| {
            let answers = envelope.answers(&outcome, now(), 1);
            let codes: Vec<String> = answers.iter().map(|answer| {
                let answer = String::from_utf8(answer.clone()).unwrap();
                assert!(answer.starts_with("MSH|^~\\&|C|D|A|B|20260301120000+0000||ACK^A04|"), "{answer}");
                let said = answer.split('\r').nth(1).unwrap();
                assert!(said.contains("|42|"), "{said}");
                said[4..6].to_owned()
            }).collect();
            codes.join(" ")
        });
        assert_eq!(codes, expected, "{accept} {application}");
    };
    //    MSH-15 MSH-16  accepted  faulty   rejected  not now
    check("",    "",     ["AA",    "AE",    "AR",     "AE"]);
    check("AL",  "",     ["CA",    "CE",    "CR",     "CE"]);
    check("AL",  "AL",   ["CA AA", "CE AE", "CR",     "CE"]);
    check("NE",  "AL",   ["AA",    "AE",    "AR",     "AE"]);
    check("NE",  "NE",   ["",      "",      "",       ""]);
    check("ER",  "NE",   ["",      "CE",    "CR",     "CE"]);
    check("SU",  "NE",   ["CA",    "",      "",       ""]);
    check("ER",  "SU",   ["AA",    "CE",    "CR",     "CE"]);
}

#[test]
fn an_answer_says_where_and_never_what() {
    let text = "MSH#*~\\&#A#B#C#D###ADT*A04#4*2#P#2.5.1\rPID#SECRET";
    let envelope = Envelope::read(text.as_bytes());
    let outcome = Outcome::of(Fault::at(Kind::BadDate, "PID-7"));
    let answer = envelope.answers(&outcome, now(), 1).remove(0);
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.contains("MSA#AE#4*2#PID-7: this is not a plausible date\r"),
        "{answer}"
    );
    assert!(answer.contains("ERR###102#E\r"));
    assert!(!answer.contains("SECRET"));
    let hostile = format!("MSH|^~\\&|{}|B\u{1c}\u{b}|C|D|||ADT^A04|1", "x".repeat(300));
    let answer = Envelope::read(hostile.as_bytes())
        .answers(&outcome, now(), 1)
        .remove(0);
    assert!(!answer.contains(&0x1c) && !answer.contains(&0x0b) && answer.len() < 300);
}

/// Keeps what it is given; a gate says when, another whether it can.
#[derive(Default)]
struct Keep {
    kept: Arc<Mutex<Vec<String>>>,
    seen: HashSet<[u8; 32]>,
    gate: Option<Receiver<Verdict>>,
}

impl Taker for Keep {
    fn take(&mut self, messages: Vec<Message>) -> Vec<Verdict> {
        let verdict = |gate: &Option<Receiver<Verdict>>| {
            gate.as_ref().map_or(Verdict::Taken, |gate| {
                gate.recv().unwrap_or(Verdict::NotNow)
            })
        };
        messages
            .iter()
            .map(|message| {
                let verdict = verdict(&self.gate);
                if verdict == Verdict::Taken && self.seen.insert(message.content_hash) {
                    self.kept.lock().unwrap().push(message.released.clone());
                }
                verdict
            })
            .collect()
    }
}

fn listen(taker: Keep, change: impl Fn(&mut Config)) -> (Listener, SocketAddr) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut config = Config::new(Arc::clone(&PEOPLE), now);
    change(&mut config);
    let listener = Listener::start(socket, config, Box::new(taker)).unwrap();
    (listener, address)
}

fn client(to: SocketAddr) -> Client {
    Client::new(to, Duration::from_secs(20))
}

#[test]
fn a_message_is_answered_after_it_is_kept_and_one_sent_again_has_one_effect() {
    let taker = Keep::default();
    let kept = Arc::clone(&taker.kept);
    let (listener, address) = listen(taker, |_| {});
    let mut line = client(address);
    for _ in 0..2 {
        let answer = line.send(adt("7", "Moss").as_bytes(), b"7").unwrap();
        assert_eq!(answer, Answer::Taken);
        assert_eq!(kept.lock().unwrap().len(), 1);
    }
    // A second sender, or the same number for something else, is another message.
    let other = adt("7", "Hill");
    assert_eq!(
        client(address).send(other.as_bytes(), b"7").unwrap(),
        Answer::Taken
    );
    assert_eq!(kept.lock().unwrap().len(), 2);
    assert!(
        !kept.lock().unwrap()[0].contains("EHR"),
        "the header was filtered"
    );
    listener.stop();
}

#[test]
fn several_messages_in_one_read_are_answered_in_order() {
    let (listener, address) = listen(Keep::default(), |_| {});
    let mut stream = TcpStream::connect(address).unwrap();
    let all: Vec<u8> = (0..20)
        .flat_map(|n| framed(adt(&n.to_string(), "Moss").as_bytes()))
        .collect();
    std::io::Write::write_all(&mut stream, &all).unwrap();
    let mut deframer = Deframer::new(10_000);
    let mut ids = Vec::new();
    let mut block = [0; 1_000];
    while ids.len() < 20 {
        let n = std::io::Read::read(&mut stream, &mut block).unwrap();
        deframer.push(&block[..n], &mut |frame| {
            if let Frame::Message(text) = frame {
                let text = String::from_utf8(text).unwrap();
                let said = text.split('\r').nth(1).unwrap().to_owned();
                ids.push(said.split('|').nth(2).unwrap().parse::<u32>().unwrap());
            }
        });
    }
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
    assert_eq!(listener.counts().taken.load(Ordering::Relaxed), 20);
}

#[test]
fn bad_and_unwanted_messages_are_answered_by_their_kind() {
    let (listener, address) = listen(Keep::default(), |config| config.limit = 3_000);
    let mut line = client(address);
    let no_day = adt("1", "Moss").replace("19600229", "1960022x");
    assert_eq!(line.send(no_day.as_bytes(), b"1").unwrap(), Answer::Refused);
    let clinical = adt("2", "Moss").replace("ADT^A04", "ORU^R01");
    assert_eq!(line.send(clinical.as_bytes(), b"2").unwrap(), Answer::Taken);
    let long = adt("3", &"x".repeat(5_000));
    assert_eq!(line.send(long.as_bytes(), b"3").unwrap(), Answer::Refused);
    assert_eq!(line.send(b"PID|nothing", b"").unwrap(), Answer::Refused);
    let counts = listener.counts();
    let of = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
    assert_eq!((of(&counts.dropped), of(&counts.taken)), (1, 0));
}

#[test]
fn what_cannot_be_kept_now_is_asked_for_again() {
    let (open, gate) = sync_channel(10);
    let taker = Keep {
        gate: Some(gate),
        ..Keep::default()
    };
    let (_listener, address) = listen(taker, |_| {});
    let mut line = client(address);
    open.send(Verdict::NotNow).unwrap();
    assert_eq!(
        line.send(adt("1", "Moss").as_bytes(), b"1").unwrap(),
        Answer::NotNow
    );
    open.send(Verdict::Taken).unwrap();
    assert_eq!(
        line.send(adt("1", "Moss").as_bytes(), b"1").unwrap(),
        Answer::Taken
    );
}

/// Nothing is answered while the taker stands still, and nothing grows: what does not fit the
/// queue waits with its sender.
#[test]
fn a_taker_that_stands_still_holds_the_senders_back() {
    let (open, gate): (SyncSender<Verdict>, _) = sync_channel(100);
    let taker = Keep {
        gate: Some(gate),
        ..Keep::default()
    };
    let kept = Arc::clone(&taker.kept);
    let (listener, address) = listen(taker, |config| config.waiting = 1);
    let senders: Vec<_> = (0..8)
        .map(|n| {
            std::thread::spawn(move || {
                let id = n.to_string();
                let text = adt(&id, &format!("Family{n}"));
                client(address)
                    .send(text.as_bytes(), id.as_bytes())
                    .unwrap()
            })
        })
        .collect();
    assert!(kept.lock().unwrap().is_empty());
    for _ in 0..8 {
        open.send(Verdict::Taken).unwrap();
    }
    for sender in senders {
        assert_eq!(sender.join().unwrap(), Answer::Taken);
    }
    assert_eq!(kept.lock().unwrap().len(), 8);
    drop(open);
    listener.stop();
}

#[test]
fn a_stranger_is_not_let_in() {
    let (_listener, address) = listen(Keep::default(), |config| {
        config.from = vec!["192.0.2.1".parse().unwrap()];
    });
    assert!(
        client(address)
            .send(adt("1", "Moss").as_bytes(), b"1")
            .is_err()
    );
}
