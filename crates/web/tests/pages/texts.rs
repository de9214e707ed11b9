//! Text messages by pages and API: written, previewed, planned, and answered by their readers.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use placet_app::instrument::{self, Given};
use placet_app::text::signature;
use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::instrument::{Consent, Evidence, InstrumentKind, Method, Terms};
use placet_domain::operator::Role;
use placet_domain::person::{ContactPoint, Origin};
use placet_domain::preference::Topic;
use placet_store::people;
use serde_json::json;

use crate::campaigns::{add_people, arm, followed};
use crate::harness::{Browser, Page, TEXT_SECRET, World};

const TEXT: [(&str, &str); 8] = [
    ("name", "Flu shots"),
    ("channel", "sms"),
    ("class", "operational"),
    ("topic", "services"),
    ("subject", ""),
    ("preheader", ""),
    ("body", "We are open on Saturday, {{first_name|neighbor}}."),
    ("text", ""),
];

const PROVIDER: [(&str, &str); 7] = [
    ("provider", "twilio"),
    ("account", "AC00"),
    ("sender", "+1 614 555 0199"),
    ("public_key", ""),
    ("baa", "yes"),
    ("country", "us"),
    ("url", ""),
];

fn with<'a>(fields: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let changed = |(n, v): &(&'a str, &'a str)| (*n, if *n == name { value } else { *v });
    fields.iter().map(changed).collect()
}

/// A text that everybody who must has approved; its version's id.
async fn approved(world: &World, marketing: &mut Browser<'_>) -> String {
    let (_, page) = followed(marketing, "/content", &TEXT).await;
    page.must_say("Text message");
    let version = page.between("/versions/", "/").to_owned();
    followed(marketing, &format!("/versions/{version}/submissions"), &[]).await;
    let mut reviewer = world.browser("max", &[Role::Marketing]).await;
    let fields = [("role", "marketing"), ("verdict", "approve"), ("note", "")];
    followed(
        &mut reviewer,
        &format!("/versions/{version}/verdicts"),
        &fields,
    )
    .await;
    version
}

#[tokio::test]
async fn a_text_is_written_previewed_and_refused_with_words() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let page = marketing.get("/content/new?channel=sms").await;
    page.must_be_sound("/content/new?channel=sms");
    page.must_say("Write a text message");
    assert!(!page.text.contains("name=\"subject\""), "no subject");
    assert!(
        !page.text.contains("{{unsubscribe_url}}"),
        "STOP is the way"
    );

    let preview = marketing.post("/content/preview", &TEXT).await;
    preview.must_say("Our hospital: We are open on Saturday, Alex.");
    preview.must_say("Reply STOP to end, HELP for help.");
    preview.must_say("1 part: 78 of 160 characters, plain alphabet (GSM-7).");
    let curly = with(&TEXT, "body", "It’s time");
    let preview = marketing.post("/content/preview", &curly).await;
    preview.must_say("Outside the plain alphabet: “’”");

    for (body, why) in [
        ("<mjml></mjml>", "a text message is plain words"),
        ("Your {{diagnosis}}", "diagnosis"),
        ("Leave: {{unsubscribe_url}}", "stopped by answering STOP"),
        (&"a".repeat(1_700), "at most 10 parts"),
    ] {
        let page = marketing.post("/content", &with(&TEXT, "body", body)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        page.must_say(why);
    }
    let (_, page) = followed(&mut marketing, "/content", &TEXT).await;
    page.must_say("1 part: ");
    page.must_be_sound("/content/{id}");
    marketing.get("/content").await.must_say("Text message");

    let token = world.token(&[Role::Marketing]);
    let draft = json!({"name": "By machine", "draft": {"class": "operational", "topic": "services",
        "channel": "sms", "body": "We are open on Saturday."}});
    let made = world
        .api(&token, "POST", "/api/v1/contents", &draft.to_string())
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let version = made.json()["version"].as_str().unwrap().to_owned();
    // A content stays what it is.
    let mail = json!({"class": "operational", "topic": "services", "subject": "Open",
        "body": "We are open on Saturday."});
    let path = format!("/api/v1/versions/{version}/revisions");
    let page = world.api(&token, "POST", &path, &mail.to_string()).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("begin a new one");
}

#[tokio::test]
async fn a_provider_is_set_by_page_and_api_and_disarms() {
    let world = World::new();
    arm(&world);
    let mut it = world.browser("it", &[Role::It]).await;
    let page = it.get("/settings/texts").await;
    page.must_be_sound("/settings/texts");
    page.must_say("/hooks/texts");
    let wrong = with(&PROVIDER, "sender", "our number");
    let page = it.post("/settings/texts", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("give the number that texts come from");

    followed(&mut it, "/settings/texts", &PROVIDER).await;
    let page = it.get("/settings").await;
    page.must_say("Twilio");
    page.must_say("+16145550199");
    page.must_say("Disarmed");
    let token = world.token(&[Role::It]);
    let set = world.api(&token, "GET", "/api/v1/settings", "").await;
    assert_eq!(set.json()["texts"]["url"], "https://api.twilio.com");
    let body = json!({"provider": "telnyx", "public_key": "", "sender": "+16145550199",
        "is_baa_on_file": true, "country": "US"});
    let tag = set.header("etag").to_owned();
    let put = |body: serde_json::Value| {
        let (world, token, tag) = (&world, &token, &tag);
        async move {
            let headers = [("if-match", tag.as_str())];
            let path = "/api/v1/settings/texts";
            world
                .api_with(token, "PUT", path, &body.to_string(), &headers)
                .await
        }
    };
    let page = put(body.clone()).await;
    page.must_say("Telnyx shows a public key");
    let mut whole = body;
    whole["public_key"] = json!("AAAA");
    let page = put(whole).await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
}

/// Everybody's number, and the consent to texts about their care.
fn add_numbers(world: &World, n: u8) {
    world
        .act(move |tx, ctx| {
            for number in 1..=n {
                let person = PersonId::from([number; 16]);
                let address = format!("+161455501{number:02}");
                let lookup = people::address_lookup(tx, Channel::Sms, &address).unwrap();
                let point = ContactPoint {
                    id: ctx.new_id(),
                    person,
                    channel: Channel::Sms,
                    address,
                    origin: Origin::Care,
                    created_at: ctx.now,
                    replaced_at: None,
                };
                people::add_contact_point(tx, &point, &lookup)?;
                let given = Given {
                    kind: InstrumentKind::TcpaPec,
                    wording: None,
                    terms: Terms::Consent(Consent {
                        channel: Channel::Sms,
                        topic: Topic::Services,
                        expires_on: None,
                    }),
                    signed_at: ctx.now,
                    method: Method::Paper,
                    evidence: Evidence::from_source("registration_desk"),
                };
                instrument::record(tx, ctx, person, given)?;
            }
            Ok(())
        })
        .unwrap();
}

/// What the provider calls us with.
async fn called(world: &World, fields: &[(&str, &str)], secret: &str) -> Page {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let fields: BTreeMap<String, String> = fields.iter().map(owned).collect();
    let signed = signature(secret, &world.site.url("/hooks/texts"), &fields);
    let request = Request::post("/hooks/texts")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", signed)
        .body(Body::from(serde_html_form::to_string(&fields).unwrap()))
        .unwrap();
    world.send(request).await
}

/// From a text to its waterfall by forms; STOP by text counts with the next look.
#[tokio::test]
async fn a_text_campaign_asks_no_sender_and_a_stop_takes_its_writer_out() {
    let world = World::new();
    arm(&world);
    add_people(&world, 14);
    add_numbers(&world, 13);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let version = approved(&world, &mut marketing).await;
    let page = marketing
        .get(&format!("/campaigns/new?version={version}"))
        .await;
    assert!(!page.text.contains("name=\"sender\""), "{}", page.text);
    let boxes = [
        ("name", "Patients"),
        ("relationship", "patient"),
        ("act", "save"),
    ];
    let (audience, _) = followed(&mut marketing, "/audiences", &boxes).await;
    let campaign = [
        ("name", "Saturday"),
        ("version", version.as_str()),
        ("audience", audience.strip_prefix("/audiences/").unwrap()),
        ("purpose", "information"),
        ("pay", "none"),
    ];
    let (campaign, page) = followed(&mut marketing, "/campaigns", &campaign).await;
    page.must_be_sound(&campaign);
    page.must_say("the number for text messages");
    page.must_say("No number for text messages is held.");
    // Without a provider nothing is launched, and the page says why.
    page.must_say("no provider of text messages is set");

    let mut it = world.browser("it", &[Role::It]).await;
    followed(&mut it, "/settings/texts", &PROVIDER).await;
    it.post("/settings/sending/arm", &[]).await;
    world.pass_minutes(2);
    let mut compliance = world.browser("carla", &[Role::Compliance]).await;
    let page = compliance.get(&campaign).await;
    assert!(!page.text.contains("no provider of text messages"));
    let waterfall = |world: &World| {
        let token = world.token(&[Role::Compliance]);
        let path = format!("/api/v1{campaign}/waterfall");
        (token, path)
    };
    let (token, path) = waterfall(&world);
    let before = world.api(&token, "GET", &path, "").await.json();
    assert_eq!(before["permitted"]["n"], 13, "{before:#}");

    let stop = [
        ("MessageSid", "SM1"),
        ("From", "+16145550103"),
        ("Body", "Please stop texting me"),
    ];
    let page = called(&world, &stop, "another secret").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let page = called(&world, &stop, TEXT_SECRET).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.text.ends_with("<Response></Response>"),
        "{}",
        page.text
    );
    // Told twice, answered the same.
    let again = called(&world, &stop, TEXT_SECRET).await;
    assert_eq!((again.status, &again.text), (page.status, &page.text));
    let help = [
        ("MessageSid", "SM2"),
        ("From", "+16145550104"),
        ("Body", "HELP"),
    ];
    let page = called(&world, &help, TEXT_SECRET).await;
    page.must_say("<Message>Lakeview Hospital, 1 Lake Street, Springfield. For help");

    world.pass_minutes(2);
    let after = world.api(&token, "GET", &path, "").await.json();
    assert_eq!(after["permitted"]["n"], 12, "{after:#}");
}
