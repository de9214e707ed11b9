#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::instrument::{Evidence, Method};
use placet_domain::preference::PreferenceKind;
use placet_domain::report::Effect;
use placet_domain::suppression::Cause;
use placet_store::{people, preferences, suppressions};

use super::*;
use crate::desk::{Desk, add_point, minute, start};
use crate::preference::{self, Asked};

const URL: &str = "https://news.harbor.example/hooks/texts";
const TOKEN: &str = "12345";
const NUMBER: &str = "+16145550142";

fn twilio() -> TextCarrier {
    TextCarrier {
        provider: TextProvider::Twilio,
        url: "https://api.twilio.com".to_owned(),
        account: "AC0".to_owned(),
        public_key: String::new(),
        sender: "+16145550199".to_owned(),
        is_baa_on_file: true,
        country: "US".to_owned(),
    }
}

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// The provider's own example, as its libraries test it.
#[test]
fn a_twilio_signature_is_the_one_that_twilio_computes() {
    let fields = fields(&[
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ]);
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    assert_eq!(
        signature(TOKEN, url, &fields),
        "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    );
}

/// What Twilio would say of these fields, heard.
fn heard(pairs: &[(&str, &str)], delivery: Option<DeliveryId>) -> Result<Option<Heard>, Forged> {
    let fields = fields(pairs);
    let signed = signature(TOKEN, URL, &fields);
    hear_signed(&fields, &signed, delivery)
}

fn hear_signed(
    fields: &BTreeMap<String, String>,
    signed: &str,
    delivery: Option<DeliveryId>,
) -> Result<Option<Heard>, Forged> {
    let body = serde_html_form::to_string(fields).unwrap();
    let call = Call {
        url: URL,
        header: &|name| (name == "x-twilio-signature").then(|| signed.to_owned()),
        body: body.as_bytes(),
        delivery,
        at: start(),
    };
    hear(&twilio(), TOKEN, &call)
}

fn said(words: &str, sid: &str) -> Heard {
    let pairs = [("MessageSid", sid), ("From", NUMBER), ("Body", words)];
    heard(&pairs, None).unwrap().unwrap()
}

#[test]
#[rustfmt::skip] // A table.
fn a_readers_words_are_told_apart() {
    for (words, kind) in [
        ("STOP",                        Kind::Stop),
        ("Stop.",                       Kind::Stop),
        ("please stop texting me",      Kind::Stop),
        ("ALTO",                        Kind::Stop),
        ("no me manden mensajes",       Kind::Stop),
        ("HELP",                        Kind::Help),
        ("ayuda",                       Kind::Help),
        ("START",                       Kind::Start),
        ("unstop",                      Kind::Start),
        ("Can I come on Friday?",       Kind::Reply),
        ("don't stop the reminders",    Kind::Reply),
    ] {
        assert_eq!(said(words, "SM1").kind, kind, "{words}");
    }
}

#[test]
fn a_call_that_is_not_signed_for_exactly_this_says_nothing() {
    let pairs = [("MessageSid", "SM1"), ("From", NUMBER), ("Body", "STOP")];
    let right = fields(&pairs);
    let signed = signature(TOKEN, URL, &right);
    assert!(hear_signed(&right, &signed, None).is_ok());
    for wrong in ["", "AAAA", &signature("another", URL, &right)] {
        assert_eq!(hear_signed(&right, wrong, None), Err(Forged));
    }
    let mut other = right;
    other.insert("From".to_owned(), "+16145550143".to_owned());
    assert_eq!(hear_signed(&other, &signed, None), Err(Forged));
}

/// Two people with one number, and a third with another.
fn desk() -> Desk {
    let desk = Desk::new();
    for (n, given, number) in [
        (1, "Ada", NUMBER),
        (2, "Ben", NUMBER),
        (3, "Cam", "+16145550177"),
    ] {
        let person = desk.add_person(n, given, "Moss", &format!("p{n}@example.org"));
        desk.act(-i64::from(n), move |tx, ctx| {
            add_point(tx, ctx, person, Channel::Sms, number)?;
            tx.record(Entry::new("person.changed").about(person));
            Ok(())
        })
        .unwrap();
    }
    desk
}

fn taken(desk: &Desk, at: i64, heard: &Heard) -> (Effect, bool) {
    let heard = heard.clone();
    let taken = desk.act(at, move |tx, ctx| take(tx, ctx, &heard)).unwrap();
    (taken.effect, taken.was_known)
}

/// The kinds of refusal that stand of somebody, and what closes a number.
fn stands(desk: &Desk, n: u8, number: &'static str) -> (Vec<PreferenceKind>, Vec<Cause>) {
    let read = move |tx: &mut Tx| {
        let held = preferences::list_by_person(tx, PersonId::from([n; 16]))?.into_iter();
        let kinds = held
            .map(|held| held.preference)
            .filter(|one| one.stands_at(minute(10_000)))
            .map(|one| one.kind)
            .collect();
        let lookup = people::address_lookup(tx, Channel::Sms, number).unwrap();
        let closed = suppressions::list_by_lookup(tx, &lookup, Channel::Sms)?.into_iter();
        let causes = closed
            .filter(|one| one.stands_at(minute(10_000)))
            .map(|one| one.cause)
            .collect();
        Ok((kinds, causes))
    };
    desk.store.read_blocking::<_, _, StoreError>(read).unwrap()
}

/// L1: by text; at once, for everybody with the number, and for whoever will have it.
#[test]
fn l1_stop_by_text_closes_the_number() {
    let desk = desk();
    let stop = said("Please STOP texting me", "SM1");
    assert_eq!(taken(&desk, 1, &stop), (Effect::OptedOut, false));
    for n in [1, 2] {
        let (refused, closed) = stands(&desk, n, NUMBER);
        assert_eq!(refused, [PreferenceKind::Stop]);
        assert_eq!(closed, [Cause::Stop]);
    }
    assert!(stands(&desk, 3, "+16145550177").0.is_empty());
    // Told again it is one.
    assert_eq!(taken(&desk, 2, &stop), (Effect::Nothing, true));
    assert_eq!(stands(&desk, 1, NUMBER).0.len(), 1);
    let kinds = desk.kinds_about(PersonId::from([1; 16]));
    assert!(
        kinds.contains(&"preference.recorded".to_owned()),
        "{kinds:?}"
    );

    // Nobody of ours has it: closed all the same.
    let pairs = [
        ("MessageSid", "SM2"),
        ("From", "+16145550188"),
        ("Body", "quit"),
    ];
    let nobody = heard(&pairs, None).unwrap().unwrap();
    assert_eq!(taken(&desk, 3, &nobody), (Effect::Suppressed, false));
    assert_eq!(stands(&desk, 3, "+16145550188").1, [Cause::Stop]);
}

/// START takes back the STOP of the same way, and nothing that was refused otherwise.
#[test]
fn start_opens_what_stop_closed_and_no_more() {
    let desk = desk();
    desk.act(1, |tx, ctx| {
        for (kind, method) in [
            (PreferenceKind::Unsubscribe, Method::SignedLink),
            (PreferenceKind::VerbalRevocation, Method::Phone),
        ] {
            let asked = Asked {
                kind,
                channel: Some(Channel::Sms),
                topic: None,
                wording: None,
                at: ctx.now,
                method,
                evidence: Evidence::from_source("test"),
            };
            preference::record(tx, ctx, PersonId::from([1; 16]), asked)?;
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(
        taken(&desk, 2, &said("START", "SM1")),
        (Effect::Nothing, false)
    );
    assert_eq!(taken(&desk, 3, &said("STOP", "SM2")).0, Effect::OptedOut);
    assert_eq!(taken(&desk, 4, &said("START", "SM3")).0, Effect::Reopened);
    let (refused, closed) = stands(&desk, 1, NUMBER);
    assert_eq!(
        refused,
        [
            PreferenceKind::VerbalRevocation,
            PreferenceKind::Unsubscribe
        ]
    );
    assert_eq!(closed, [Cause::Unsubscribe], "the unsubscribe stays closed");
    // An old START told again opens nothing.
    assert_eq!(taken(&desk, 5, &said("STOP", "SM4")).0, Effect::OptedOut);
    assert_eq!(
        taken(&desk, 6, &said("START", "SM3")),
        (Effect::Nothing, true)
    );
    assert!(stands(&desk, 1, NUMBER).1.contains(&Cause::Stop));
}

#[test]
fn help_changes_nothing_and_is_answered_with_the_way_out() {
    let desk = desk();
    assert_eq!(taken(&desk, 1, &said("HELP", "SM1")).0, Effect::Nothing);
    let (_, help) = desk
        .store
        .read_blocking::<_, _, StoreError>(super::desk)
        .unwrap();
    assert!(help.contains("Reply STOP to end") && help.contains("rates may apply"));
}

#[test]
fn only_a_dead_number_is_closed_by_what_became_of_a_message() {
    let delivery = Some(DeliveryId::from([5; 16]));
    let status = |status: &str, code: &str| {
        let pairs = [
            ("MessageSid", "SM9"),
            ("MessageStatus", status),
            ("ErrorCode", code),
            ("To", NUMBER),
        ];
        let heard = heard(&pairs, delivery).unwrap();
        heard.map(|one| (one.kind, one.status, one.delivery))
    };
    assert_eq!(status("delivered", ""), None);
    assert_eq!(status("queued", ""), None);
    let dead = (Kind::HardBounce, Some("5.1.1".to_owned()), delivery);
    assert_eq!(status("undelivered", "30006"), Some(dead));
    let filtered = (Kind::SoftBounce, Some("30007".to_owned()), delivery);
    assert_eq!(status("failed", "30007"), Some(filtered));
}

#[test]
fn telnyx_signs_with_its_own_key_and_an_old_call_is_none() {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap();
    let set = TextCarrier {
        provider: TextProvider::Telnyx,
        public_key: STANDARD.encode(key.public_key().as_ref()),
        ..twilio()
    };
    let call = |body: &str, second: i64, signed: &str| {
        let at = second.to_string();
        let sent = STANDARD.encode(key.sign(format!("{at}|{signed}").as_bytes()).as_ref());
        let header = |name: &str| match name {
            "telnyx-timestamp" => Some(at.clone()),
            "telnyx-signature-ed25519" => Some(sent.clone()),
            _ => None,
        };
        let call = Call {
            url: URL,
            header: &header,
            body: body.as_bytes(),
            delivery: None,
            at: start(),
        };
        hear(&set, "", &call)
    };
    let now = start().as_second();
    let stop = r#"{"data":{"event_type":"message.received","payload":{"id":"m1",
        "from":{"phone_number":"+16145550142"},"to":[{"phone_number":"+16145550199"}],
        "text":"Stop"}}}"#;
    let heard = call(stop, now, stop).unwrap().unwrap();
    assert_eq!(
        (heard.kind, heard.from.as_deref()),
        (Kind::Stop, Some(NUMBER))
    );
    let failed = r#"{"data":{"event_type":"message.finalized","payload":{"id":"m2",
        "to":[{"status":"delivery_failed"}],"errors":[{"code":"40001"}]}}}"#;
    let heard = call(failed, now, failed).unwrap().unwrap();
    assert_eq!(heard.kind, Kind::HardBounce);
    assert_eq!(call(stop, now - 301, stop), Err(Forged));
    assert_eq!(call(stop, now, failed), Err(Forged));
    assert_eq!(call("{}", now, "{}"), Ok(None));
}
