//! Returned mail: where it goes is set, what came back is shown, machines hand it in.

use axum::http::StatusCode;
use placet_domain::operator::Role;
use serde_json::json;

use crate::harness::World;

#[tokio::test]
async fn the_domain_for_returned_mail_is_set_by_an_administrator() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    let page = it
        .post("/settings/returns", &[("domain", "not a domain")])
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_be_sound("/settings/returns");
    page.must_say("give a domain name");
    let set = [("domain", "Returns.Lakeview.example")];
    assert_eq!(
        it.post("/settings/returns", &set).await.location(),
        "/settings"
    );
    it.get("/settings")
        .await
        .must_say("returns.lakeview.example");
    let page = it.get("/returns").await;
    page.must_be_sound("/returns");
    page.must_say("Nothing came back yet");
}

#[tokio::test]
async fn machines_hand_in_mails_and_events_and_learn_what_changed() {
    let world = World::new();
    let token = world.token(&[Role::It]);
    // "Subject: Thanks", a line of text.
    let mail = "RnJvbTogYUBleGFtcGxlLm9yZw0KU3ViamVjdDogVGhhbmtzDQoNClRoYW5rIHlvdQ0K";
    let body = json!({ "mail": mail }).to_string();
    let page = world.api(&token, "POST", "/api/v1/reports", &body).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert_eq!(
        page.json(),
        json!({ "kind": "reply", "effect": "not_found", "was_known": false })
    );
    let page = world.api(&token, "POST", "/api/v1/reports", &body).await;
    assert_eq!(page.json()["was_known"], true);
    let unknown = json!({ "event": "bounce", "status": "5.1.1",
        "message": "<00000000000000000000000000000001@lakeview.example>" });
    let page = world
        .api(&token, "POST", "/api/v1/reports", &unknown.to_string())
        .await;
    assert_eq!(page.json()["effect"], "not_found");
    for wrong in [
        json!({}),
        json!({ "mail": "?" }),
        json!({ "event": "stop", "message": "x" }),
    ] {
        let page = world
            .api(&token, "POST", "/api/v1/reports", &wrong.to_string())
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let marketing = world.token(&[Role::Marketing]);
    let page = world
        .api(&marketing, "POST", "/api/v1/reports", &body)
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let page = world.api(&marketing, "GET", "/api/v1/reports", "").await;
    assert_eq!(page.json().as_array().unwrap().len(), 2);
    let mut it = world.browser("it", &[Role::It]).await;
    let page = it.get("/returns").await;
    page.must_be_sound("/returns");
    page.must_say("Nobody found");
}
