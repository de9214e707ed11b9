//! FHIR servers that records are fetched from: declared, keys, fetches; by page and by API.

use axum::http::StatusCode;
use placet_domain::operator::Role;
use serde_json::json;

use crate::data;
use crate::harness::World;

const FORM: [(&str, &str); 10] = [
    ("name", "clinic"),
    ("flow", "people"),
    ("url", "https://ehr.example/fhir/"),
    ("client_id", "placet"),
    ("level", "group"),
    ("group", "g1"),
    ("types", "Patient, Appointment"),
    ("every_hours", "24"),
    ("token_url", ""),
    ("file_origins", "https://files.ehr.example\r\n"),
];

#[tokio::test]
async fn a_server_is_declared_gets_a_key_and_is_asked() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    let page = it.get("/data/servers").await;
    page.must_be_sound("/data/servers");
    page.must_say("No server is declared");
    world
        .act(|tx, ctx| data::open_source(tx, ctx, "ehr"))
        .unwrap();
    let page = it.get("/data/servers/new").await;
    page.must_be_sound("/data/servers/new");

    let mut wrong = FORM;
    wrong[2].1 = "http://ehr.example/fhir";
    wrong[1].1 = "x";
    let refused = it.post("/data/servers", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.must_say("give an https address");
    refused.must_say("choose a source of the data catalogue");

    let made = it.post("/data/servers", &FORM).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let at = made.location().to_owned();
    let page = it.get(&at).await;
    page.must_be_sound(&at);
    page.must_say("Nothing can be fetched now");
    page.must_say("no key signs at");
    page.must_say("https://ehr.example/fhir");
    let refused = it.post(&format!("{at}/fetch"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);

    it.post(&format!("{at}/make-key/ES384"), &[]).await;
    let page = it.get(&at).await;
    page.must_be_sound(&at);
    let kid = page
        .between(&format!("action=\"{at}/keys/"), "/use")
        .to_owned();
    // What the other side fetches: the public half, and nothing of the secret one.
    let set = world
        .nobody()
        .get(&format!("{}/jwks.json", at.trim_start_matches("/data")))
        .await;
    let set = set.json();
    assert_eq!(set["keys"][0]["kid"], json!(kid));
    assert_eq!(set["keys"][0]["crv"], json!("P-384"));
    assert!(set["keys"][0].get("d").is_none());

    let used = it.post(&format!("{at}/keys/{kid}/use"), &[]).await;
    assert_eq!(used.status, StatusCode::SEE_OTHER);
    let asked = it.post(&format!("{at}/fetch"), &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    let fetch = asked.location().to_owned();
    let page = it.get(&fetch).await;
    page.must_be_sound(&fetch);
    page.must_say("To be asked for");
    let page = it.get(&at).await;
    page.must_be_sound(&at);
    page.must_say("Stop the fetch");
    it.get(&format!("{at}/edit"))
        .await
        .must_be_sound(&format!("{at}/edit"));

    // Compliance reads all of it and starts nothing.
    let mut officer = world.browser("officer", &[Role::Compliance]).await;
    let page = officer.get(&at).await;
    page.must_be_sound(&at);
    assert!(!page.text.contains("Stop the fetch"));
    let refused = officer.post(&format!("{fetch}/stop"), &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(
        officer.get("/data/servers/new").await.status,
        StatusCode::FORBIDDEN
    );

    let stopped = it.post(&format!("{fetch}/stop"), &[]).await;
    assert_eq!(stopped.status, StatusCode::SEE_OTHER);
    it.get(&fetch).await.must_say("Is being stopped");
    it.post(&format!("{at}/keys/{kid}/end"), &[]).await;
    it.get(&at).await.must_say("Nothing can be fetched now");
    it.get("/data/servers").await.must_say("clinic");
}

#[tokio::test]
async fn a_server_is_declared_and_asked_by_api() {
    let world = World::new();
    world
        .act(|tx, ctx| data::open_source(tx, ctx, "ehr"))
        .unwrap();
    let token = world.token(&[Role::It]);
    let body = json!({
        "name": "clinic", "source": "ehr", "url": "https://ehr.example/fhir", "client_id": "placet",
        "types": ["Patient"],
    });
    let all = "/api/v1/data/servers";
    let wrong = world
        .api(&token, "POST", all, &json!({ "name": "x" }).to_string())
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{}", wrong.text);
    let made = world.api(&token, "POST", all, &body.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let at = format!("{all}/{}", made.json()["id"].as_str().unwrap());
    let again = world.api(&token, "POST", all, &body.to_string()).await;
    assert_eq!(again.json(), made.json());
    let key = world
        .api(
            &token,
            "POST",
            &format!("{at}/keys"),
            r#"{"algorithm":"ES384"}"#,
        )
        .await;
    assert_eq!(key.status, StatusCode::CREATED, "{}", key.text);
    let turns = format!("{at}/keys/{}/turns", key.json()["id"].as_str().unwrap());
    let used = world
        .api(&token, "POST", &turns, r#"{"turn":"used"}"#)
        .await;
    assert_eq!(used.status, StatusCode::NO_CONTENT, "{}", used.text);
    let asked = world
        .api(&token, "POST", &format!("{at}/fetches"), r#"{"full":true}"#)
        .await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.text);
    let fetch = format!(
        "/api/v1/data/fetches/{}",
        asked.json()["id"].as_str().unwrap()
    );
    let second = world
        .api(&token, "POST", &format!("{at}/fetches"), "{}")
        .await;
    assert_eq!(second.status, StatusCode::CONFLICT, "one at a time");
    let shown = world.api(&token, "GET", &fetch, "").await.json();
    assert_eq!(
        (&shown["stage"], &shown["server"]),
        (&json!("asked"), &json!("clinic"))
    );
    let stopped = world
        .api(&token, "POST", &format!("{fetch}/stop"), "")
        .await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT, "{}", stopped.text);
    let shown = world.api(&token, "GET", &at, "").await.json();
    assert_eq!(shown["fetches"][0]["stage"], json!("stopping"));
    assert_eq!(shown["keys"][0]["turn"], json!("used"));
    assert_eq!(
        world.api(&token, "GET", all, "").await.json()["items"][0]["name"],
        json!("clinic")
    );
}
