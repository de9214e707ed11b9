//! People, permissions and refusals as a machine meets them.

use axum::http::StatusCode;
use placet_domain::id::PersonId;
use placet_domain::operator::Role;
use placet_store::StoreError;

use crate::harness::World;
use crate::samples::add_person;

fn world() -> (World, PersonId, String) {
    let world = World::new();
    let ada = add_person(&world, 1, "Ada", "Moss", "ada@example.org");
    let token = world.token(&[Role::Compliance]);
    (world, ada, token)
}

fn consent(extra: &str) -> String {
    format!(
        r#"{{"kind":"email_optin","channel":"email","topic":"events",
            "signed_at":"2026-03-02T09:00:00Z","method":"web_form",
            "evidence":{{"source":"web_form"}}{extra}}}"#
    )
}

#[tokio::test]
async fn a_machine_finds_and_reads_a_person() {
    let (world, ada, token) = world();
    let found = world
        .api(&token, "POST", "/api/v1/people/search", r#"{"q":"moss"}"#)
        .await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    assert_eq!(found.json()["items"][0]["id"], ada.to_string());
    let read = world
        .api(&token, "GET", &format!("/api/v1/people/{ada}"), "")
        .await
        .json();
    assert_eq!(read["family"], "Moss");
    assert_eq!(read["contact_points"][0]["address"], "ada@example.org");
    let line = world
        .api(&token, "GET", &format!("/api/v1/people/{ada}/timeline"), "")
        .await
        .json();
    assert_eq!(line["items"][0]["kind"], "person.read");
    assert_eq!(
        line["items"][0]["receipt"]["leaf_hash"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
}

#[tokio::test]
async fn no_answer_with_a_name_in_it_is_kept_for_repeats() {
    let (world, _, token) = world();
    let key = [("idempotency-key", "one")];
    for _ in 0..2 {
        let path = "/api/v1/people/search";
        world
            .api_with(&token, "POST", path, r#"{"q":"moss"}"#, &key)
            .await;
    }
    let kept = world
        .store
        .read_blocking::<_, _, StoreError>(|tx| {
            let rows = tx.list("select key_hash, response from idempotency_keys", &[])?;
            rows.iter()
                .map(|row| row.get::<String>(1))
                .collect::<Result<Vec<_>, _>>()
        })
        .unwrap();
    assert!(kept.iter().all(|text| !text.contains("Moss")), "{kept:?}");
}

#[tokio::test]
async fn a_consent_is_recorded_listed_and_taken_back() {
    let (world, ada, token) = world();
    let path = format!("/api/v1/people/{ada}/instruments");
    let made = world.api(&token, "POST", &path, &consent("")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.json()["standing"], "valid");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let body =
        r#"{"at":"2026-03-02T10:00:00Z","method":"phone","evidence":{"source":"call_center"}}"#;
    let end = format!("/api/v1/instruments/{id}/revocations");
    let ended = world.api(&token, "POST", &end, body).await;
    assert_eq!(ended.json()["instruments"][0], id, "{}", ended.text);
    let listed = world.api(&token, "GET", &path, "").await.json();
    assert_eq!(listed["items"][0]["standing"], "revoked");

    let path = format!("/api/v1/people/{ada}/preferences");
    let left = world.api(&token, "GET", &path, "").await.json();
    assert_eq!(
        (
            left["items"][0]["kind"].as_str(),
            left["items"][0]["stands"].as_bool()
        ),
        (Some("unsubscribe"), Some(true))
    );
    let lift = format!(
        "/api/v1/preferences/{}/lifts",
        left["items"][0]["id"].as_str().unwrap()
    );
    let early = world.api(&token, "POST", &lift, body).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert_eq!(early.json()["code"], "preference.evidence_not_newer");
    let later = body.replace("10:00", "10:30");
    assert_eq!(
        world.api(&token, "POST", &lift, &later).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn l4_an_incomplete_authorization_is_answered_with_what_it_lacks() {
    let (world, ada, token) = world();
    let body = r#"{"kind":"hipaa_authorization","signed_at":"2026-03-02T09:00:00Z","method":"paper",
        "evidence":{"source":"registration_desk"},
        "authorization":{"description":"Name and dates of visits","discloser":"Harbor Health",
            "recipient":"The person","purpose":"Messages","expires_on":"2027-01-01",
            "signed_on":"2026-03-02","states_revoke":true,"states_condition":true,
            "is_plain_language":true,"channels":["email"],"topics":["services"]}}"#;
    let path = format!("/api/v1/people/{ada}/instruments");
    let made = world.api(&token, "POST", &path, body).await.json();
    assert_eq!(made["standing"], "defective");
    assert_eq!(made["defects"][0], "hipaa.auth.stmt.redisclosure");
}

#[tokio::test]
async fn an_opt_out_is_recorded_and_the_gate_explains_itself() {
    let (world, ada, token) = world();
    let body = r#"{"kind":"unsubscribe","channel":"email","at":"2026-03-02T09:00:00Z",
        "method":"reply","evidence":{"source":"mailbox"}}"#;
    let path = format!("/api/v1/people/{ada}/preferences");
    let made = world.api(&token, "POST", &path, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let path = format!("/api/v1/people/{ada}/explanations");
    let said = world
        .api(
            &token,
            "POST",
            &path,
            r#"{"class":"own_health_product_promo"}"#,
        )
        .await;
    assert_eq!(said.json()["outcome"], "deny", "{}", said.text);
    let unknown = world
        .api(&token, "POST", &path, r#"{"class":"pigeon"}"#)
        .await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    let listed = format!("/api/v1/people/{ada}/decisions");
    assert_eq!(
        world.api(&token, "GET", &listed, "").await.json()["items"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn every_field_that_cannot_be_used_is_named_and_not_repeated() {
    let (world, ada, token) = world();
    let path = format!("/api/v1/people/{ada}/instruments");
    let body = consent("")
        .replace("email_optin", "handshake")
        .replace("events", "cardiology");
    let refused = world.api(&token, "POST", &path, &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.must_say("kind");
    refused.must_say("topic");
    assert!(!refused.text.contains("handshake") && !refused.text.contains("cardiology"));
    let all = consent(r#","everything":true"#);
    assert_eq!(
        world.api(&token, "POST", &path, &all).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn wordings_are_listed_and_added_in_versions() {
    let (world, _, token) = world();
    let text = "Send me news. It does not affect my care. I can change my mind.";
    let body = |text: &str| {
        format!(
            r#"{{"code":"sign_up","language":"en","kind":"consent","title":"Sign-up","text":"{text}"}}"#
        )
    };
    let path = "/api/v1/wordings";
    let first = world.api(&token, "POST", path, &body(text)).await.json();
    let same = world.api(&token, "POST", path, &body(text)).await.json();
    let next = world
        .api(&token, "POST", path, &body(&format!("{text} Thank you.")))
        .await
        .json();
    assert_eq!(
        (&first["version"], &first["id"]),
        (&same["version"], &same["id"])
    );
    assert_eq!(next["version"], 2);
    let listed = world.api(&token, "GET", path, "").await.json();
    assert!(listed["items"].as_array().unwrap().len() > 7);
}
