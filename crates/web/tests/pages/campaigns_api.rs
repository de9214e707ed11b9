//! The same path by the API, and what it refuses.

use axum::http::StatusCode;
use placet_domain::operator::Role;
use serde_json::{Value, json};

use crate::campaigns::{add_people, arm};
use crate::harness::{Page, World};
use crate::samples::add_person_speaking;

async fn ask(world: &World, token: &str, method: &str, path: &str, body: &Value) -> Page {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    world.api(token, method, path, &body).await
}

#[track_caller]
fn done(page: &Page, status: StatusCode) -> Value {
    assert_eq!(page.status, status, "{}", page.text);
    if page.text.is_empty() {
        Value::Null
    } else {
        page.json()
    }
}

fn draft(body: &str) -> Value {
    json!({
        "class": "own_service_information",
        "topic": "services",
        "subject": "Our new clinic",
        "body": body,
    })
}

fn brief(version: &Value, audience: &Value) -> Value {
    json!({
        "name": "Spring",
        "version": version,
        "audience": audience,
        "purpose": "own_service_announcement",
        "remuneration": { "kind": "none" },
        "sender_name": "Lakeview Hospital",
        "sender": "news@lakeview.example",
    })
}

/// Issue 2: every act on the path through the API.
#[tokio::test]
async fn a_letter_is_written_approved_and_launched_by_machines() {
    let world = World::new();
    arm(&world);
    add_people(&world, 12);
    let marketing = world.token(&[Role::Marketing]);
    let new = json!({ "name": "Spring letter", "draft": draft("Hello {{first_name|there}}") });
    let page = ask(&world, &marketing, "POST", "/api/v1/contents", &new).await;
    let saved = done(&page, StatusCode::CREATED);
    let version = format!("/api/v1/versions/{}", saved["version"].as_str().unwrap());
    let content = format!("/api/v1/contents/{}", saved["content"].as_str().unwrap());

    let page = ask(
        &world,
        &marketing,
        "POST",
        &format!("{version}/revisions"),
        &draft("Dear {{first_name|reader}}"),
    )
    .await;
    let saved = done(&page, StatusCode::CREATED);
    assert_eq!(saved["number"], 2);
    let version = format!("/api/v1/versions/{}", saved["version"].as_str().unwrap());
    let page = ask(
        &world,
        &marketing,
        "PUT",
        &format!("{content}/name"),
        &json!({ "name": "Letter" }),
    )
    .await;
    done(&page, StatusCode::NO_CONTENT);
    let page = ask(
        &world,
        &marketing,
        "POST",
        &format!("{version}/submissions"),
        &Value::Null,
    )
    .await;
    assert_eq!(done(&page, StatusCode::CREATED)["standing"], "in_review");
    for role in [Role::Compliance, Role::Clinical] {
        let reviewer = world.token(&[role]);
        let verdict = json!({ "role": role.as_str(), "verdict": "approve" });
        let page = ask(
            &world,
            &reviewer,
            "POST",
            &format!("{version}/verdicts"),
            &verdict,
        )
        .await;
        done(&page, StatusCode::CREATED);
    }
    let read = done(
        &ask(&world, &marketing, "GET", &version, &Value::Null).await,
        StatusCode::OK,
    );
    assert_eq!(
        (&read["standing"], &read["content_hash"]),
        (&json!("approved"), &saved["content_hash"])
    );
    let all = done(
        &ask(&world, &marketing, "GET", &content, &Value::Null).await,
        StatusCode::OK,
    );
    assert_eq!(
        (&all["name"], all["versions"].as_array().unwrap().len()),
        (&json!("Letter"), 2)
    );
    let list = done(
        &ask(&world, &marketing, "GET", "/api/v1/contents", &Value::Null).await,
        StatusCode::OK,
    );
    assert_eq!(list["items"][0]["number"], 2);
    let preview = done(
        &ask(
            &world,
            &marketing,
            "GET",
            &format!("{version}/preview"),
            &Value::Null,
        )
        .await,
        StatusCode::OK,
    );
    assert!(preview["text"].as_str().unwrap().starts_with("Dear Alex"));

    let filter = json!({ "all": [{ "any": [{ "element": "relationship", "is": ["patient"] }] }] });
    let page = ask(
        &world,
        &marketing,
        "POST",
        "/api/v1/audiences/count",
        &json!({ "filter": filter }),
    )
    .await;
    assert_eq!(
        done(&page, StatusCode::OK),
        json!({ "n": 10, "shown": "rounded" })
    );
    let page = ask(
        &world,
        &marketing,
        "POST",
        "/api/v1/audiences",
        &json!({ "name": "Patients", "filter": filter }),
    )
    .await;
    let audience = done(&page, StatusCode::CREATED)["id"].clone();
    let path = format!(
        "/api/v1/audiences/{}/waterfall?version={}",
        audience.as_str().unwrap(),
        saved["version"].as_str().unwrap()
    );
    let waterfall = done(
        &ask(&world, &marketing, "GET", &path, &Value::Null).await,
        StatusCode::OK,
    );
    assert_eq!(waterfall["permitted"]["n"], 10);
    assert_eq!(waterfall["won_back"], json!([]));

    let page = ask(
        &world,
        &marketing,
        "POST",
        "/api/v1/campaigns",
        &brief(&saved["version"], &audience),
    )
    .await;
    let campaign = format!(
        "/api/v1/campaigns/{}",
        done(&page, StatusCode::CREATED)["id"].as_str().unwrap()
    );
    let waterfall = done(
        &ask(
            &world,
            &marketing,
            "GET",
            &format!("{campaign}/waterfall"),
            &Value::Null,
        )
        .await,
        StatusCode::OK,
    );
    assert_eq!(waterfall["matched"], json!({ "n": 10, "shown": "rounded" }));
    let page = ask(
        &world,
        &marketing,
        "POST",
        &format!("{campaign}/launch"),
        &json!({ "number": 1 }),
    )
    .await;
    assert_eq!(
        done(&page, StatusCode::CONFLICT)["code"],
        "campaign.number_differs"
    );
    let page = ask(
        &world,
        &marketing,
        "POST",
        &format!("{campaign}/launch"),
        &json!({ "number": 12 }),
    )
    .await;
    assert_eq!(done(&page, StatusCode::CREATED)["n_planned"], 12);
    let read = done(
        &ask(&world, &marketing, "GET", &campaign, &Value::Null).await,
        StatusCode::OK,
    );
    assert_eq!(
        (&read["progress"], &read["tally"]["pending"]),
        (&json!("sending"), &json!(12))
    );

    let compliance = world.token(&[Role::Compliance]);
    for (act, progress) in [("stop", "stopped"), ("resume", "sending")] {
        let page = ask(
            &world,
            &compliance,
            "POST",
            &format!("{campaign}/{act}"),
            &json!({}),
        )
        .await;
        done(&page, StatusCode::NO_CONTENT);
        let read = done(
            &ask(&world, &marketing, "GET", &campaign, &Value::Null).await,
            StatusCode::OK,
        );
        assert_eq!(read["progress"], progress);
    }
    let path = format!("{campaign}/deliveries?state=pending&limit=10");
    let page = done(
        &ask(&world, &marketing, "GET", &path, &Value::Null).await,
        StatusCode::OK,
    );
    assert_eq!(page["items"].as_array().unwrap().len(), 10);
    let next = page["next"].as_str().unwrap();
    let page = done(
        &ask(
            &world,
            &marketing,
            "GET",
            &format!("{path}&after={next}"),
            &Value::Null,
        )
        .await,
        StatusCode::OK,
    );
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert!(page.get("next").is_none());
    let delivery = page["items"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/deliveries/{delivery}/verdicts");
    let page = ask(
        &world,
        &compliance,
        "POST",
        &path,
        &json!({ "verdict": "arrived" }),
    )
    .await;
    assert_eq!(
        done(&page, StatusCode::CONFLICT)["code"],
        "delivery.not_unknown"
    );
}

#[tokio::test]
async fn a_draft_is_checked_while_it_is_written() {
    let world = World::new();
    let marketing = world.token(&[Role::Marketing]);
    let page = ask(
        &world,
        &marketing,
        "POST",
        "/api/v1/contents/check",
        &draft("Hello\n{{diagnosis}}"),
    )
    .await;
    let found = done(&page, StatusCode::OK);
    let one = &found["items"][0];
    assert_eq!(
        (&one["field"], &one["line"], &one["column"]),
        (&json!("body"), &json!(2), &json!(1))
    );
    assert_eq!(
        (&one["variable"], &one["rule"]),
        (&json!("diagnosis"), &json!("hipaa.auth.required.marketing"))
    );
    let page = ask(
        &world,
        &marketing,
        "POST",
        "/api/v1/contents/check",
        &draft("Hello"),
    )
    .await;
    assert_eq!(done(&page, StatusCode::OK)["items"], json!([]));
    // Saving says the same, and saves nothing.
    let new = json!({ "name": "x", "draft": draft("{{diagnosis}}") });
    let page = ask(&world, &marketing, "POST", "/api/v1/contents", &new).await;
    assert_eq!(
        done(&page, StatusCode::UNPROCESSABLE_ENTITY)["fields"][0]["field"],
        "body"
    );
    let list = done(
        &ask(&world, &marketing, "GET", "/api/v1/contents", &Value::Null).await,
        StatusCode::OK,
    );
    assert_eq!(list["items"], json!([]));
}

/// S62, S71: an element that is not offered is refused by name.
#[tokio::test]
#[rustfmt::skip] // A table.
async fn what_cannot_be_used_is_refused_with_its_field() {
    let world = World::new();
    let marketing = world.token(&[Role::Marketing]);
    let audience = |filter: Value| json!({ "name": "x", "filter": filter });
    let clinical = json!({ "all": [{ "any": [{ "element": "diagnosis", "is": ["diabetes"] }] }] });
    let bad_draft = |field: &str, value: &str| {
        let mut draft = draft("Hello");
        draft[field] = json!(value);
        json!({ "name": "x", "draft": draft })
    };
    let none = json!("00".repeat(16));
    let table = [
        // path                   body                                    field
        ("/api/v1/audiences",     audience(clinical),                     "filter"),
        ("/api/v1/audiences",     audience(json!({ "all": [{ "any": [] }] })), "filter"),
        ("/api/v1/contents",      bad_draft("class", "other"),            "class"),
        ("/api/v1/contents",      bad_draft("topic", "care_reminders"),   "topic"),
        ("/api/v1/contents",      bad_draft("subject", "a\r\nBcc: b"),    "subject"),
        ("/api/v1/contents",      bad_draft("body", "{{unclosed"),        "body"),
        ("/api/v1/campaigns",     brief(&none, &none),                    "audience"),
        ("/api/v1/campaigns",     brief(&json!("x"), &none),              "version"),
    ];
    for (path, body, field) in table {
        let page = ask(&world, &marketing, "POST", path, &body).await;
        assert_eq!(done(&page, StatusCode::UNPROCESSABLE_ENTITY)["fields"][0]["field"], field, "{path} {body}");
    }
    let page = ask(&world, &marketing, "POST", "/api/v1/campaigns", &json!({ "name": 1 })).await;
    done(&page, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_edit_names_what_it_overwrites() {
    let world = World::new();
    let marketing = world.token(&[Role::Marketing]);
    let one = json!({ "name": "One", "filter": { "all": [] } });
    let page = ask(&world, &marketing, "POST", "/api/v1/audiences", &one).await;
    let path = format!(
        "/api/v1/audiences/{}",
        done(&page, StatusCode::CREATED)["id"].as_str().unwrap()
    );
    let two = json!({ "name": "Two", "filter": { "all": [] } }).to_string();
    let page = world.api(&marketing, "PUT", &path, &two).await;
    assert_eq!(page.status, StatusCode::PRECONDITION_FAILED);
    let tag = ask(&world, &marketing, "GET", &path, &Value::Null)
        .await
        .header("etag")
        .to_owned();
    for status in [StatusCode::NO_CONTENT, StatusCode::PRECONDITION_FAILED] {
        let page = world
            .api_with(&marketing, "PUT", &path, &two, &[("if-match", &tag)])
            .await;
        assert_eq!(page.status, status, "{}", page.text);
    }
}

/// Threat 1, by the API.
#[tokio::test]
async fn small_counts_are_not_told_to_marketing() {
    let world = World::new();
    add_people(&world, 4);
    let asked = json!({ "filter": { "all": [] } });
    for (role, expected) in [
        (Role::Marketing, json!({ "shown": "fewer_than_11" })),
        (Role::Compliance, Value::Null),
    ] {
        let token = world.token(&[role]);
        let page = ask(&world, &token, "POST", "/api/v1/audiences/count", &asked).await;
        match expected {
            // Compliance reads audiences and does not edit them.
            Value::Null => assert_eq!(page.status, StatusCode::FORBIDDEN),
            expected => assert_eq!(done(&page, StatusCode::OK), expected),
        }
    }
}

/// Threat 1: two filters that differ by one person give the same count.
#[tokio::test]
async fn counts_taken_from_each_other_point_at_nobody() {
    let world = World::new();
    for n in 1..=40 {
        let language = if n == 40 { "es" } else { "en" };
        let email = format!("p{n}@example.org");
        add_person_speaking(&world, n, "Alex", "Example", &email, Some(language));
    }
    let marketing = world.token(&[Role::Marketing]);
    let count = async |filter: Value| {
        let asked = json!({ "filter": filter });
        let page = ask(
            &world,
            &marketing,
            "POST",
            "/api/v1/audiences/count",
            &asked,
        )
        .await;
        done(&page, StatusCode::OK)
    };
    let english = json!({ "all": [{ "any": [{ "element": "language", "is": ["en"] }] }] });
    let spanish = json!({ "all": [{ "any": [{ "element": "language", "is": ["es"] }] }] });
    let all = count(json!({ "all": [] })).await;
    assert_eq!(all, json!({ "n": 40, "shown": "rounded" }));
    // Alone it would be 39, and 30 rounded.
    assert_eq!(count(english).await, all);
    assert_eq!(count(spanish).await, json!({ "shown": "fewer_than_11" }));
}
