//! People as an operator meets them: found, read, recorded, explained.

use axum::http::{Method, StatusCode};
use placet_domain::id::PersonId;
use placet_domain::operator::Role;
use placet_store::{StoreError, ledger};

use crate::harness::{Browser, World};
use crate::samples::add_person;

fn world() -> (World, PersonId) {
    let world = World::new();
    let ada = add_person(&world, 1, "Ada", "Moss", "ada@example.org");
    (world, ada)
}

const EVIDENCE: [(&str, &str); 4] = [
    ("at", "2026-03-02T09:30"),
    ("method", "paper"),
    ("source", "registration_desk"),
    ("document", "scan-17"),
];

async fn record(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> String {
    let is_given = |name: &str| fields.iter().any(|(given, _)| *given == name);
    let mut all = EVIDENCE.to_vec();
    all.retain(|(name, _)| !is_given(name));
    all.extend_from_slice(fields);
    let page = browser.post(path, &all).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.location().to_owned()
}

pub fn kinds(world: &World) -> Vec<String> {
    let entries = world
        .store
        .read_blocking::<_, _, StoreError>(|tx| ledger::list_from(tx, 0, 10_000))
        .unwrap();
    entries.into_iter().map(|entry| entry.kind).collect()
}

#[tokio::test]
async fn somebody_is_found_without_their_name_in_any_address() {
    let (world, ada) = world();
    let mut browser = world.browser("desk", &[Role::Responder]).await;
    browser.get("/people").await.must_say("1 people are held");
    let found = browser.post("/people/search", &[("q", "moss")]).await;
    found.must_be_sound("/people/search");
    found.must_say(&format!("/people/{ada}"));
    found.must_say("a…@example.org");
    assert!(!found.text.contains("ada@example.org"));
    browser
        .post("/people/search", &[("q", "oak")])
        .await
        .must_say("Nobody found");
    let kinds = kinds(&world);
    assert!(kinds.contains(&"people.searched".to_owned()));
    assert!(kinds.contains(&"person.read".to_owned()));
}

#[tokio::test]
async fn every_tab_of_a_person_opens_and_is_an_entry() {
    let (world, ada) = world();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    for tab in [
        "",
        "/timeline",
        "/permissions",
        "/decisions",
        "/contact",
        "/explain",
    ] {
        let before = kinds(&world)
            .iter()
            .filter(|kind| *kind == "person.read")
            .count();
        let page = browser.get(&format!("/people/{ada}{tab}")).await;
        assert_eq!(page.status, StatusCode::OK, "{tab}: {}", page.text);
        page.must_say("Ada Moss");
        let after = kinds(&world)
            .iter()
            .filter(|kind| *kind == "person.read")
            .count();
        assert!(after > before, "{tab}");
    }
    for form in ["consents/new", "authorizations/new", "preferences/new"] {
        let page = browser.get(&format!("/people/{ada}/{form}")).await;
        assert_eq!(page.status, StatusCode::OK, "{form}");
    }
    let nobody = browser
        .get(&format!("/people/{}", PersonId::from([9; 16])))
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn e25_a_consent_and_its_decline_are_recorded_with_a_receipt() {
    let (world, ada) = world();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let form = browser.get(&format!("/people/{ada}/consents/new")).await;
    assert!(
        !form.text.contains("checked"),
        "no answer is chosen beforehand"
    );
    let path = format!("/people/{ada}/consents");
    for answer in ["granted", "declined"] {
        let fields = [
            ("answer", answer),
            ("kind", "email_optin"),
            ("channel", "email"),
            ("topic", "events"),
        ];
        let location = record(&mut browser, &path, &fields).await;
        let page = browser.get(&location).await;
        page.must_say("Leaf hash");
        page.must_say("E-mail opt-in");
    }
    let page = browser.get(&format!("/people/{ada}/permissions")).await;
    page.must_say("in force");
    page.must_say("Declined");
    assert!(!page.text.contains("does not agree with the ledger"));
}

#[tokio::test]
async fn l4_a_form_that_lacks_an_element_is_shown_as_defective_with_what_it_lacks() {
    let (world, ada) = world();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let complete = [
        ("description", "Name and dates of visits"),
        ("discloser", "Harbor Health"),
        ("recipient", "The person"),
        ("purpose", "Messages about services"),
        ("expires_on", "2027-06-30"),
        ("signed_on", "2026-03-02"),
        ("signer", "individual"),
        ("states", "revoke"),
        ("states", "condition"),
        ("states", "redisclosure"),
        ("is", "plain_language"),
        ("channels", "email"),
        ("topics", "services"),
        ("information", "contact"),
    ];
    let path = format!("/people/{ada}/authorizations");
    let location = record(&mut browser, &path, &complete).await;
    browser.get(&location).await.must_say("in force");
    let lacking: Vec<_> = complete
        .into_iter()
        .filter(|(_, value)| *value != "redisclosure")
        .collect();
    let location = record(&mut browser, &path, &lacking).await;
    let page = browser.get(&location).await;
    page.must_say("defective: redisclosure statement");
    page.must_say("hipaa.auth.stmt.redisclosure");
}

#[tokio::test]
async fn s42_an_authorization_is_taken_back_and_a_refusal_is_lifted_by_a_later_act_only() {
    let (world, ada) = world();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let fields = [
        ("answer", "granted"),
        ("kind", "email_optin"),
        ("channel", "email"),
        ("topic", "events"),
    ];
    record(&mut browser, &format!("/people/{ada}/consents"), &fields).await;
    let page = browser.get(&format!("/people/{ada}/permissions")).await;
    let form = format!(
        "/people/{ada}/instruments/{}",
        page.between(&format!("/people/{ada}/instruments/"), "\"")
    );
    browser
        .get(&form)
        .await
        .must_say("Take back: E-mail opt-in");
    let location = record(
        &mut browser,
        form.trim_end_matches("/new"),
        &[("at", "2026-03-02T09:45")],
    )
    .await;
    let page = browser.get(&location).await;
    page.must_say("revoked on 2026-03-02");

    let (before, _) = page.text.split_once("/lifts/new").unwrap();
    let id = before.rsplit('/').next().unwrap();
    let lift = format!("/people/{ada}/preferences/{id}");
    let new = format!("{lift}/lifts/new");
    browser
        .get(&new)
        .await
        .must_say("Only a later act of the person lifts it");
    let mut early = EVIDENCE.to_vec();
    early[0] = ("at", "2026-03-01T09:00");
    let refused = browser.post(&format!("{lift}/lifts"), &early).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.must_say("is not newer");
    world.pass_minutes(10);
    let mut later = EVIDENCE.to_vec();
    later[0] = ("at", "2026-03-02T15:05");
    let done = browser.post(&format!("{lift}/lifts"), &later).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test]
async fn what_belongs_to_somebody_else_cannot_be_ended_under_this_name() {
    let (world, ada) = world();
    let ben = add_person(&world, 2, "Ben", "Oak", "ben@example.org");
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let fields = [
        ("answer", "granted"),
        ("kind", "email_optin"),
        ("channel", "email"),
        ("topic", "events"),
    ];
    record(&mut browser, &format!("/people/{ada}/consents"), &fields).await;
    let page = browser.get(&format!("/people/{ada}/permissions")).await;
    let id = page
        .between(&format!("/people/{ada}/instruments/"), "/")
        .to_owned();
    let path = format!("/people/{ben}/instruments/{id}/revocations");
    let refused = browser.post(&path, &EVIDENCE).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_that_cannot_be_used_says_why_at_each_field() {
    let (world, ada) = world();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let page = browser
        .post(
            &format!("/people/{ada}/consents"),
            &[("kind", "handshake"), ("source", "Ada Moss")],
        )
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["kind", "channel", "topic", "answer", "at", "method"] {
        page.must_say(field);
    }
    assert!(!page.text.contains("handshake") && !page.text.contains("Ada Moss"));
}

#[tokio::test]
async fn a_wide_opt_out_stands_and_is_explained() {
    let (world, ada) = world();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let path = format!("/people/{ada}/preferences");
    let fields = [("kind", "unsubscribe"), ("channel", "email"), ("topic", "")];
    let location = record(&mut browser, &path, &fields).await;
    browser.get(&location).await.must_say("Every topic");
    let page = browser.get(&format!("/people/{ada}/explain")).await;
    page.must_say("denied");
    let one = browser
        .get(&format!(
            "/people/{ada}/explain?class=own_health_product_promo"
        ))
        .await;
    one.must_say("Every rule that applied");
    one.must_say("What was asked and known");
    browser
        .get(&format!("/people/{ada}/timeline"))
        .await
        .must_say("Unsubscribed: E-mail");
}

#[tokio::test]
async fn s58_wordings_are_shown_word_for_word_and_a_text_without_choice_is_refused() {
    let (world, _) = world();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let page = browser.get("/people/wordings").await;
    page.must_say("I agree to receive marketing communications about services, promotions");
    page.must_say("AUTHORIZATION TO USE MY HEALTH INFORMATION FOR MARKETING");
    let add = |text| {
        [
            ("code", "sign_up"),
            ("title", "Sign-up"),
            ("kind", "consent"),
            ("language", "en"),
            ("text", text),
        ]
    };
    let refused = browser
        .post("/people/wordings", &add("Consent is required."))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.must_say("a consent is optional");
    let good = "Send me news. It does not affect my care. I can change my mind.";
    assert_eq!(
        browser.post("/people/wordings", &add(good)).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn who_may_only_look_is_shown_no_form() {
    let (world, ada) = world();
    let mut nobody = world.browser("marketer", &[Role::Marketing]).await;
    let page = nobody.get(&format!("/people/{ada}")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(!page.text.contains("Ada"));
    let without_token = nobody
        .request(
            Method::POST,
            &format!("/people/{ada}/preferences"),
            Some("kind=stop"),
            &[],
        )
        .await;
    assert_eq!(without_token.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_desk_makes_a_fresh_link_for_whoever_waits_for_one() {
    let (world, ada) = world();
    world
        .nobody()
        .request(
            Method::POST,
            "/p/link",
            Some("email=ada%40example.org"),
            &[],
        )
        .await;
    let mut browser = world.browser("desk", &[Role::Responder]).await;
    browser
        .get("/people")
        .await
        .must_say("1 waiting for a fresh link");
    browser
        .get("/people/links")
        .await
        .must_say(&format!("/people/{ada}/contact"));
    browser
        .get(&format!("/people/{ada}/contact"))
        .await
        .must_say("Make a fresh link");
    let made = browser.post(&format!("/people/{ada}/links"), &[]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    made.must_be_sound("links");
    let path = format!(
        "/p/preferences/{}",
        made.between("http://placet.test/p/preferences/", "<")
    );
    world.nobody().get(&path).await.must_say("Your choices");
    browser.get("/people/links").await.must_say("Nobody waits");
}

#[tokio::test]
async fn a_new_installation_starts_its_texts_with_one_button() {
    let world = World::new();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    browser
        .get("/people/wordings")
        .await
        .must_say("No text yet");
    for _ in 0..2 {
        let done = browser.post("/people/wordings/starters", &[]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "starters_are_added");
    }
    let page = browser.get("/people/wordings").await;
    page.must_say("registration_checkbox");
    assert!(!page.text.contains("version 2"));
}
