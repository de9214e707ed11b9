//! DKIM keys: made on a page or by the API, used once published, ended.

use axum::http::StatusCode;
use placet_domain::operator::Role;
use serde_json::json;

use crate::harness::World;

#[tokio::test]
async fn a_key_is_made_published_used_and_ended() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    let page = it.get("/settings/signing").await;
    page.must_be_sound("/settings/signing");
    page.must_say("Nothing is signed yet");
    let wrong = it.post("/settings/signing", &[("domain", "here")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    it.post("/settings/signing", &[("domain", "lakeview.example")])
        .await;
    let page = it.get("/settings/signing").await;
    page.must_be_sound("/settings/signing");
    page.must_say("._domainkey.lakeview.example");
    page.must_say("v=DKIM1; k=ed25519; p=");

    let token = world.token(&[Role::It]);
    let keys = world.api(&token, "GET", "/api/v1/signing-keys", "").await;
    let keys = keys.json();
    let id = keys[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(keys[0]["turn"], "made");
    it.post(&format!("/settings/signing/{id}/use"), &[]).await;
    it.get("/settings/signing").await.must_say("Signs");
    let path = format!("/api/v1/signing-keys/{id}/turns");
    let ended = json!({ "turn": "ended" }).to_string();
    let page = world.api(&token, "POST", &path, &ended).await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
    let page = world.api(&token, "POST", &path, &ended).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let page = auditor.get("/settings/signing").await;
    page.must_say("Your role may read this and not change it.");
}
