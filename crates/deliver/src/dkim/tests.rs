//! What we sign, an unrelated verifier accepts, and every altered byte it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::Instant;

use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::{
    AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt,
};
use placet_domain::signing::{SigningKey, Turn};
use placet_store::signing::FreshKey;

use super::*;

const LETTER: &str = "Date: Sun, 22 Nov 2026 05:00:00 +0000\r\n\
    From: \"Hospital, News\" <news@hospital.example>\r\n\
    To: <person@example.org>\r\n\
    Subject: Your  checklist\r\n\
    Message-ID: <0193f00d@hospital.example>\r\n\
    List-Unsubscribe:\r\n <https://hospital.example/u/abc?x=1>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    \r\n\
    Hello  world \t\r\n\r\n  a line\r\n\r\n\r\n";

fn at() -> Timestamp {
    Timestamp::from_second(1_795_323_600).unwrap()
}

/// A name server of one zone, in memory.
#[derive(Default)]
struct Zone(Mutex<HashMap<Box<str>, Txt>>);

impl ResolverCache<Box<str>, Txt> for Zone {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn remove<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.lock().unwrap().remove(name)
    }

    fn insert(&self, key: Box<str>, value: Txt, _: Instant) {
        self.0.lock().unwrap().insert(key, value);
    }
}

/// Knows nothing.
struct Nothing;

impl<K, V> ResolverCache<K, V> for Nothing {
    fn get<Q>(&self, _: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn remove<Q>(&self, _: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: K, _: V, _: Instant) {}
}

/// Signers of both kinds, and the zone that publishes them.
fn signers() -> (Signers, Zone) {
    let (mut keys, zone) = (Vec::new(), Zone::default());
    for algorithm in Algorithm::ALL {
        let fresh = FreshKey::make(*algorithm).unwrap();
        let key = SigningKey {
            id: [1; 16].into(),
            domain: "hospital.example".to_owned(),
            selector: format!("s-{}", algorithm.as_str()),
            algorithm: *algorithm,
            public: STANDARD.encode(fresh.public()),
            made_at: at(),
            turn: Turn::Used,
        };
        let record = DomainKey::parse(key.record().as_bytes()).unwrap();
        let record = Txt::DomainKey(Arc::new(record));
        let name = key.record_name();
        zone.insert(format!("{name}.").into(), record.clone(), Instant::now());
        zone.insert(name.into(), record, Instant::now());
        keys.push(Key::new(&key.domain, &key.selector, *algorithm, fresh.secret()).unwrap());
    }
    (Signers::new(keys), zone)
}

fn signed(signers: &Signers, letter: &str) -> Vec<u8> {
    let mut message = signers.sign("hospital.example", letter.as_bytes(), at());
    message.extend_from_slice(letter.as_bytes());
    message
}

/// How many signatures an unrelated verifier accepts, and how many it saw.
fn accepted(zone: &Zone, message: &[u8]) -> (usize, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let verifier = MessageAuthenticator::new_system_conf()
            .or_else(|_| MessageAuthenticator::new_cloudflare())
            .unwrap();
        let message = AuthenticatedMessage::parse(message).unwrap();
        let asked = Parameters {
            params: &message,
            cache_txt: Some(zone),
            cache_mx: None::<&Nothing>,
            cache_ptr: None::<&Nothing>,
            cache_ipv4: None::<&Nothing>,
            cache_ipv6: None::<&Nothing>,
        };
        let results = verifier.verify_dkim(asked).await;
        let passed = results
            .iter()
            .filter(|one| one.result() == &DkimResult::Pass)
            .count();
        (passed, results.len())
    })
}

#[test]
fn an_unrelated_verifier_accepts_both_signatures() {
    let (signers, zone) = signers();
    let message = signed(&signers, LETTER);
    assert_eq!(
        accepted(&zone, &message),
        (2, 2),
        "{}",
        String::from_utf8_lossy(&message)
    );
    for line in message.split(|byte| *byte == b'\n') {
        assert!(line.len() <= 79);
    }
    // Without a body, and with odd white space.
    for letter in [
        "From: <news@hospital.example>\r\nSubject: a\r\n\r\n",
        "From: <news@hospital.example>\r\nSubject: a\r\n\r\na\tb  c \r\n",
    ] {
        assert_eq!(
            accepted(&zone, &signed(&signers, letter)),
            (2, 2),
            "{letter:?}"
        );
    }
}

#[test]
fn whatever_is_changed_or_added_is_refused() {
    let (signers, zone) = signers();
    let message = String::from_utf8(signed(&signers, LETTER)).unwrap();
    for (from, to) in [
        ("Hello  world", "Hello worlds"),
        ("a line", "another line"),
        ("Subject: Your  checklist", "Subject: Your bill"),
        ("From: \"Hospital, News\"", "From: \"Hospital, Bills\""),
        ("u/abc?x=1", "u/abc?x=2"),
        ("\r\nSubject:", "\r\nSubject: Other\r\nSubject:"),
        ("\r\nFrom:", "\r\nFrom: <other@example.org>\r\nFrom:"),
    ] {
        assert!(message.contains(from), "{from}");
        let altered = message.replacen(from, to, 1);
        assert_eq!(accepted(&zone, altered.as_bytes()).0, 0, "{from}");
    }
    // What relays may change, they may: white space between words and at line ends.
    let relayed = message.replacen("Hello  world \t\r\n", "Hello world\r\n", 1);
    assert_eq!(accepted(&zone, relayed.as_bytes()), (2, 2));
}

#[test]
fn a_domain_without_a_key_is_not_signed_for() {
    let (signers, _) = signers();
    let sign = |domain| signers.sign(domain, LETTER.as_bytes(), at()).is_empty();
    assert!(!sign("Hospital.Example"));
    assert!(!sign("news.hospital.example"));
    assert!(sign("otherhospital.example"));
    assert!(sign("example"));
    assert!(
        Signers::default()
            .sign("hospital.example", b"", at())
            .is_empty()
    );
}

#[test]
fn a_broken_key_is_named_and_not_used() {
    let broken = Key::new("hospital.example", "s1", Algorithm::Rsa, b"no key");
    let says = broken.err().unwrap().to_string();
    assert!(says.contains("s1") && says.contains("hospital.example"));
}
