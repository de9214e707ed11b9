#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;

pub(crate) fn account(provider: TextProvider) -> Account {
    Account {
        set: TextCarrier {
            provider,
            url: "https://provider.example".to_owned(),
            account: "AC00".to_owned(),
            public_key: String::new(),
            sender: "+16145550199".to_owned(),
            is_baa_on_file: true,
            country: "US".to_owned(),
        },
        secret: "s3cret".to_owned(),
        callback: "https://news.harbor.example/hooks/texts".to_owned(),
    }
}

fn text() -> Text {
    Text {
        what: Permitted {
            person: [1; 16].into(),
            contact_point: [2; 16].into(),
            content_hash: [3; 32],
            campaign: [4; 16].into(),
            delivery: [5; 16].into(),
        },
        to: "+16145550142".to_owned(),
        words: "Harbor Health: 10 € & more +\nReply STOP to end.".to_owned(),
    }
}

#[test]
fn twilio_gets_a_form_with_basic_authentication() {
    let account = account(TextProvider::Twilio);
    let request = account.request(&text());
    assert_eq!(
        request.url,
        "https://provider.example/2010-04-01/Accounts/AC00/Messages.json"
    );
    // `AC00:s3cret` in base64.
    assert_eq!(request.header.1, "Basic QUMwMDpzM2NyZXQ=");
    let delivery = text().what.delivery;
    assert_eq!(
        request.body,
        format!(
            "To=%2B16145550142&From=%2B16145550199&Body=Harbor+Health%3A+10+%E2%82%AC+%26+more+%2B\
             %0AReply+STOP+to+end.&StatusCallback=https%3A%2F%2Fnews.harbor.example%2Fhooks%2Ftexts\
             %2F{delivery}"
        )
    );
    let mut service = account;
    service.set.sender = format!("MG{}", "0".repeat(32));
    let body = service.request(&text()).body;
    assert!(body.contains("MessagingServiceSid=MG0") && !body.contains("From="));
    assert!(!format!("{service:?}").contains("s3cret"));
}

#[test]
fn telnyx_gets_json_with_a_bearer_key() {
    let account = account(TextProvider::Telnyx);
    let request = account.request(&text());
    assert_eq!(request.url, "https://provider.example/v2/messages");
    assert_eq!(request.header.1, "Bearer s3cret");
    let json: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(json["from"], "+16145550199");
    assert_eq!(json["to"], "+16145550142");
    assert_eq!(json["text"], text().words);
    assert_eq!(json["messaging_profile_id"], "AC00");
}

fn refused(code: u16, text: &str, permanent: bool) -> Answer {
    Answer::Refused {
        code,
        text: text.to_owned(),
        permanent,
    }
}

#[test]
#[rustfmt::skip] // A table.
fn answers_are_read_as_the_providers_mean_them() {
    use TextProvider::{Telnyx, Twilio};
    let taken = |code, id: &str| Answer::Accepted { code, text: id.to_owned() };
    let unknown = || Answer::Unknown { stage: Stage::Answer };
    check(Twilio, 201, r#"{"sid":"SM1","status":"queued"}"#,                  taken(201, "SM1"));
    check(Twilio, 201, "not json",                                            taken(201, ""));
    check(Twilio, 400, r#"{"code":21211,"message":"Invalid To","status":400}"#, refused(400, "5.1.1 21211 Invalid To", true));
    check(Twilio, 400, r#"{"code":21610,"message":"Unsubscribed"}"#,          refused(400, "21610 Unsubscribed", true));
    check(Twilio, 429, r#"{"code":20429,"message":"Too many"}"#,              refused(429, "20429 Too many", false));
    check(Twilio, 503, r#"{"code":20503,"message":"Down"}"#,                  refused(503, "20503 Down", false));
    // What a proxy says leaves open what became of the message.
    check(Twilio, 503, "<html>upstream</html>",                               unknown());
    check(Twilio, 502, r#"{"code":20500,"message":"x"}"#,                     unknown());
    check(Twilio, 302, "",                                                    unknown());
    check(Twilio, 401, r#"{"code":20003,"message":"Authenticate"}"#,
        Answer::NotSent { why: "the provider refused our account (401 20003 Authenticate)".to_owned() });
    check(Telnyx, 200, r#"{"data":{"id":"40385f64"}}"#,                       taken(200, "40385f64"));
    check(Telnyx, 400, r#"{"errors":[{"code":"40310","title":"Invalid 'to' address"}]}"#,
        refused(400, "5.1.1 40310 Invalid 'to' address", true));
    check(Telnyx, 500, r#"{"errors":[{"code":"10007","title":"x"}]}"#,        unknown());
}

#[track_caller]
fn check(provider: TextProvider, status: u16, body: &str, expected: Answer) {
    assert_eq!(account(provider).answer(status, body), expected);
}

#[test]
fn a_number_never_stays_in_a_providers_words() {
    for words in [
        "The number +16145550142 is not valid",
        "to 16145550142: no",
        "6145550142 unreachable\u{7}",
    ] {
        let clean = scrub(words, "+16145550142");
        assert!(
            !clean.contains("5550142") && clean.contains("<recipient>"),
            "{clean}"
        );
    }
}
