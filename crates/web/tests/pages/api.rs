//! The API frame: its description, its tokens, its problems, and requests that are repeated.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use placet_domain::operator::{Capability, Role};
use placet_web::api::document;

use crate::harness::World;

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let routes = placet_web::routes();
    let routes: BTreeSet<String> = routes
        .table()
        .filter(|route| route.is_api())
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let document = serde_json::to_value(document()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    assert_eq!(routes, described);
}

#[test]
fn the_description_is_openapi_31_and_every_reference_in_it_leads_somewhere() {
    let document = serde_json::to_value(document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    let text = document.to_string();
    for rest in text.split("\"$ref\":\"#").skip(1) {
        let pointer = rest.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(
                summary.ends_with('.'),
                "{method} {path} says nothing of itself"
            );
        }
    }
}

#[tokio::test]
async fn the_description_is_served_and_has_a_page() {
    let world = World::new();
    let page = world.api("", "GET", "/api/openapi.json", "").await;
    assert_eq!(page.json()["info"]["title"], "Placet API");
    let page = world.nobody().get("/api").await;
    page.must_say("/api/v1/whoami");
}

#[tokio::test]
async fn a_cookie_opens_nothing_in_the_api_and_a_token_no_page() {
    let world = World::new();
    let browser = world.browser("ana", &[Role::Auditor]).await;
    let cookie = [("cookie", browser.cookie())];
    let page = world
        .api_with("", "GET", "/api/v1/whoami", "", &cookie)
        .await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    let token = world.token(&[Role::Auditor]);
    assert_eq!(
        world.api(&token, "GET", "/api/v1/whoami", "").await.status,
        StatusCode::OK
    );
    assert_eq!(
        world.api(&token, "GET", "/ledger", "").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_token_says_for_whom_it_acts_and_what_it_may() {
    let world = World::new();
    let token = world.token(&[Role::Auditor]);
    let who = world.api(&token, "GET", "/api/v1/whoami", "").await.json();
    assert_eq!(who["roles"], serde_json::json!(["auditor"]));
    assert!(
        who["may"]
            .as_array()
            .unwrap()
            .contains(&"view_ledger".into())
    );
    world.pass_minutes(31 * 24 * 60);
    let page = world.api(&token, "GET", "/api/v1/whoami", "").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "it has ended");
}

#[tokio::test]
async fn problems_have_the_form_of_rfc_9457() {
    let world = World::new();
    let token = world.token(&[Role::Administrator]);
    #[rustfmt::skip] // A table.
    let table = [
        ("GET",  "/api/v1/nothing",           "",           404, "not_found"),
        ("GET",  "/api/v1/ledger/entries",    "",           403, "forbidden"),
        ("POST", "/api/v1/operators",         "{",          400, "malformed"),
        ("POST", "/api/v1/operators",         NO_ROLES,     422, "invalid"),
        ("PUT",  "/api/v1/settings/sending",  ARM,          412, "precondition"),
        ("POST", "/api/v1/settings",          "{}",         405, "malformed"),
    ];
    for (method, path, body, status, code) in table {
        let page = world.api(&token, method, path, body).await;
        let problem = page.json();
        let place = format!("{method} {path}: {problem}");
        assert_eq!(page.status, status, "{place}");
        assert_eq!(
            page.header("content-type"),
            "application/problem+json",
            "{place}"
        );
        assert_eq!(problem["status"], status, "{place}");
        assert_eq!(problem["code"], code, "{place}");
        assert_eq!(
            problem["type"],
            format!("urn:placet:problem:{code}"),
            "{place}"
        );
        assert!(
            problem["title"].is_string() && problem["detail"].is_string(),
            "{place}"
        );
    }
}

const NO_ROLES: &str =
    r#"{"login":"ben","name":"Ben","roles":[],"password":"four plain words here"}"#;
const ARM: &str = r#"{"is_armed":true}"#;
const BEN: &str =
    r#"{"login":"ben","name":"Ben","roles":["auditor"],"password":"four plain words here"}"#;

#[tokio::test]
async fn a_write_sent_twice_under_one_key_is_done_once() {
    let world = World::new();
    let token = world.token(&[Role::Administrator]);
    let key = [("idempotency-key", "one")];
    let post = |body: &'static str| {
        let (world, token) = (&world, &token);
        async move {
            world
                .api_with(token, "POST", "/api/v1/operators", body, &key)
                .await
        }
    };
    let first = post(BEN).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = post(BEN).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = post(NO_ROLES).await;
    assert_eq!(other.json()["code"], "idempotency.key_reused");
    let without = world.api(&token, "POST", "/api/v1/operators", BEN).await;
    assert_eq!(
        without.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the login is taken"
    );
}

#[tokio::test]
async fn a_refused_write_may_be_sent_again_under_its_key() {
    let world = World::new();
    let token = world.token(&[Role::Administrator]);
    let key = [("idempotency-key", "two")];
    let page = world
        .api_with(&token, "POST", "/api/v1/operators", NO_ROLES, &key)
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = world
        .api_with(&token, "POST", "/api/v1/operators", BEN, &key)
        .await;
    assert_eq!(page.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_keys_of_two_tokens_do_not_meet() {
    let world = World::new();
    let (one, two) = (
        world.token(&[Role::Administrator]),
        world.token(&[Role::Administrator]),
    );
    let key = [("idempotency-key", "same")];
    let page = world
        .api_with(&one, "POST", "/api/v1/operators", BEN, &key)
        .await;
    assert_eq!(page.status, StatusCode::CREATED);
    let page = world
        .api_with(&two, "POST", "/api/v1/operators", NO_ROLES, &key)
        .await;
    assert_eq!(page.json()["code"], "invalid");
}

#[tokio::test]
async fn a_request_that_broke_off_is_not_done_again() {
    let world = World::new();
    let token = world.token(&[Role::Administrator]);
    let key = [("idempotency-key", "three")];
    world
        .api_with(&token, "POST", "/api/v1/operators", BEN, &key)
        .await;
    // As if the program had ended between the act and its answer.
    world
        .act(|tx, _| {
            tx.execute("update idempotency_keys set status = $1", &[&0])?;
            tx.record(placet_domain::entry::Entry::new("test.crash"));
            Ok(())
        })
        .unwrap();
    let page = world
        .api_with(&token, "POST", "/api/v1/operators", BEN, &key)
        .await;
    assert_eq!(page.json()["code"], "idempotency.unknown");
}

#[tokio::test]
async fn an_edit_names_what_it_saw() {
    let world = World::new();
    let token = world.token(&[Role::It]);
    let body = r#"{"name":"Lakeview","postal_address":"1 Lake Street","actor":"covered_provider",
        "time_zone":"America/Chicago"}"#;
    let path = "/api/v1/settings/organization";
    let tag = world
        .api(&token, "GET", "/api/v1/settings", "")
        .await
        .header("etag")
        .to_owned();
    let put = |tag: String| {
        let (world, token) = (&world, &token);
        async move {
            world
                .api_with(token, "PUT", path, body, &[("if-match", &tag)])
                .await
        }
    };
    let first = put(tag.clone()).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT, "{}", first.text);
    assert_ne!(first.header("etag"), tag);
    assert_eq!(put(tag).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(
        put(first.header("etag").to_owned()).await.status,
        StatusCode::NO_CONTENT
    );
    let set = world
        .api(&token, "GET", "/api/v1/settings", "")
        .await
        .json();
    assert_eq!(set["organization"]["name"], "Lakeview");
    assert_eq!(set["is_armed"], false);
}

#[tokio::test]
async fn arming_is_refused_with_what_is_missing() {
    let world = World::new();
    let token = world.token(&[Role::It]);
    let any = [("if-match", "*")];
    let page = world
        .api_with(&token, "PUT", "/api/v1/settings/sending", ARM, &any)
        .await;
    assert_eq!(
        (page.status, page.json()["code"].as_str()),
        (StatusCode::CONFLICT, Some("sending.not_ready"))
    );
    page.must_say("no mail carrier is set");
}

#[tokio::test]
async fn a_token_is_told_its_budget_and_waits_when_it_is_used_up() {
    let world = World::new();
    let token = world.token(&[Role::Auditor]);
    let page = world.api(&token, "GET", "/api/v1/whoami", "").await;
    assert_eq!(page.header("ratelimit-limit"), "600");
    assert_eq!(page.header("ratelimit-remaining"), "599");
    for _ in 0..599 {
        world.api(&token, "GET", "/api/v1/whoami", "").await;
    }
    let page = world.api(&token, "GET", "/api/v1/whoami", "").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.header("retry-after"), "1");
    world.pass_minutes(1);
    assert_eq!(
        world.api(&token, "GET", "/api/v1/whoami", "").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_list_is_walked_by_its_cursor_without_a_gap() {
    let world = World::new();
    for n in 0..25 {
        world.add_operator(&format!("operator{n}"), &[Role::Administrator]);
    }
    let token = world.token(&[Role::Auditor]);
    let (mut places, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/ledger/entries?limit=10{after}");
        let page = world.api(&token, "GET", &path, "").await.json();
        let items = page["items"].as_array().unwrap();
        places.extend(items.iter().map(|item| item["place"].as_u64().unwrap()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let n = places.len() as u64;
    assert!(n >= 27);
    assert_eq!(places, (0..n).rev().collect::<Vec<_>>());
    let page = world
        .api(&token, "GET", "/api/v1/ledger/entries?limit=0", "")
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_scope_that_was_not_given_is_lacking_whatever_the_role() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Compliance]).await;
    let page = ana
        .post(
            "/account/tokens",
            &[
                ("name", "export"),
                ("scopes", "view_content"),
                ("days", "30"),
            ],
        )
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let secret = format!("placet_{}", page.between("<code>placet_", "</code>"));
    let who = world.api(&secret, "GET", "/api/v1/whoami", "").await.json();
    assert_eq!(
        who["may"],
        serde_json::json!([Capability::ViewContent.as_str()])
    );
    let page = world.api(&secret, "GET", "/api/v1/ledger/key", "").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let list = ana.get("/account/tokens").await;
    assert!(!list.text.contains(&secret), "shown once");
    let revoke = list.between("action=\"/account/tokens/", "\"").to_owned();
    let page = ana.post(&format!("/account/tokens/{revoke}"), &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let page = world.api(&secret, "GET", "/api/v1/whoami", "").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn health_says_yes_and_nothing_more() {
    let world = World::new();
    assert_eq!(world.api("", "GET", "/healthz", "").await.text, "ok\n");
    assert_eq!(world.api("", "GET", "/readyz", "").await.text, "ready\n");
}

#[tokio::test]
async fn a_store_without_room_is_not_ready() {
    let world = World::new();
    world.faults.limit_pages(Some(1));
    let page = world.api("", "GET", "/readyz", "").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.text, "the disk of the database is nearly full\n");
    world.faults.limit_pages(None);
    assert_eq!(world.api("", "GET", "/readyz", "").await.text, "ready\n");
}

/// Issue 2, step 1: the API takes what the command takes, by the same capability.
#[tokio::test]
async fn an_import_is_read_while_it_arrives() {
    let world = World::new();
    let it = world.token(&[Role::It]);
    let lines = "{}\n".repeat(1_000_000);
    let path = "/api/v1/imports/people?source=lab&format=ndjson";
    // A key would hold the stream back: repeating it changes nothing anyway.
    let page = world
        .api_with(&it, "POST", path, &lines, &[("idempotency-key", "one")])
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let expected = serde_json::json!({ "n": 3_000_000, "source": "lab", "format": "ndjson" });
    assert_eq!(page.json(), expected);
    let page = world
        .api(&it, "POST", "/api/v1/imports/instruments", "")
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let compliance = world.token(&[Role::Compliance]);
    let page = world
        .api(&compliance, "POST", "/api/v1/imports/instruments", "a,b\n")
        .await;
    assert_eq!(page.json()["n"], 4);
    let page = world.api(&compliance, "POST", path, &lines).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}
