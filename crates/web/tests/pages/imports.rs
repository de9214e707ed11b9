//! Imports by upload: people under Data, permissions under People.

use axum::http::{Method, StatusCode};
use placet_app::import;
use placet_domain::operator::Role;
use serde_json::json;

use crate::data;
use crate::harness::{Browser, Page, World};

/// Sends a form with a file, as a browser does.
async fn send(
    browser: &mut Browser<'_>,
    to: &str,
    fields: &[(&str, &str)],
    file: (&str, &str),
) -> Page {
    let csrf = browser.csrf().await;
    let part = |head: &str, body: &str| {
        format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    };
    let mut form = part("name=\"csrf\"", &csrf);
    for (name, value) in fields {
        form.push_str(&part(&format!("name=\"{name}\""), value));
    }
    let (name, content) = file;
    form.push_str(&part(
        &format!("name=\"{name}\"; filename=\"a.csv\""),
        content,
    ));
    form.push_str("--x--\r\n");
    let headers = [
        ("content-type", "multipart/form-data; boundary=x"),
        ("origin", "http://placet.test"),
    ];
    browser
        .request(Method::POST, to, Some(&form), &headers)
        .await
}

/// Issue 2, step 1: from the page as from the command line.
#[tokio::test]
async fn people_are_imported_by_upload_for_whoever_may() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    it.get("/data/imports")
        .await
        .must_say("No flow is declared");
    world
        .act(|tx, ctx| data::open_source(tx, ctx, "ehr"))
        .unwrap();
    let page = it.get("/data/imports").await;
    page.must_be_sound("/data/imports");
    page.must_say("Nothing was imported yet");
    let name = page.between("<option value=\"", "\"").to_owned();

    let done = send(
        &mut it,
        "/data/imports",
        &[("flow", &name)],
        ("records", "a,b\n"),
    )
    .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let empty = send(
        &mut it,
        "/data/imports",
        &[("flow", &name)],
        ("records", ""),
    )
    .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.must_say("choose a file that is not empty");
    let unknown = send(&mut it, "/data/imports", &[("flow", "x")], ("records", "a")).await;
    unknown.must_say("choose a flow into the hospital");

    let mut officer = world.browser("officer", &[Role::Compliance]).await;
    let page = officer.get("/data/imports").await;
    assert!(
        !page.text.contains("By which flow?"),
        "reads, imports nothing"
    );
    let refused = send(
        &mut officer,
        "/data/imports",
        &[("flow", &name)],
        ("records", "a"),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let stale = it
        .request(
            Method::POST,
            "/data/imports",
            Some("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n00\r\n--x--\r\n"),
            &[("content-type", "multipart/form-data; boundary=x")],
        )
        .await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_run_shows_what_was_refused_by_line_and_dropped_by_name() {
    let world = World::new();
    world
        .act(|tx, ctx| data::open_source(tx, ctx, "ehr"))
        .unwrap();
    let run = world
        .act(|tx, ctx| import::begin(tx, ctx, "ehr", None))
        .unwrap();
    let (id, counts) = (run.id, import::Counts::default());
    let at = format!("/data/imports/{id}");
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let page = auditor.get(&at).await;
    page.must_be_sound(&at);
    page.must_say("This import has not ended");

    let report = json!({
        "read": {
            "n_read": 4, "n_kept": 2, "n_dropped": 1, "n_refused": 1, "dropped": { "Condition": 1, "Patient.photo": 2 },
            "refused": [{ "line": 3, "path": "Patient.birthDate", "says": "this is not a date", "next": "write it as YYYY-MM-DD" }],
            "not_signed": ["Patient.language"], "later": "a field that a later version adds",
        },
        "taken": { "added": 2, "updated": 0 },
    });
    let text = report.to_string();
    world
        .act(move |tx, ctx| import::finish(tx, ctx, &run, &counts, "ndjson", &text))
        .unwrap();
    let page = auditor.get(&at).await;
    page.must_be_sound(&at);
    for words in [
        "4 records were read: 2 taken, 1 of other kinds dropped, 1 refused.",
        "Correct what the list below names",
        "this is not a date",
        "write it as YYYY-MM-DD",
        "Patient.birthDate",
        "Patient.photo",
        "Patient.language",
        "New people",
    ] {
        page.must_say(words);
    }
    assert!(
        !page.text.contains("something changed"),
        "nothing is said of none"
    );
    auditor.get("/data/imports").await.must_say("Some refused");
    let none = auditor
        .get(&format!("/data/imports/{}", "0".repeat(32)))
        .await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn permissions_are_imported_by_upload_for_whoever_may_record_them() {
    let world = World::new();
    let mut desk = world.browser("rosa", &[Role::Responder]).await;
    desk.get("/people").await.must_say("Import permissions");
    let page = desk.get("/people/import").await;
    page.must_be_sound("/people/import");
    page.must_say("signed_at");
    let told = send(&mut desk, "/people/import", &[], ("table", "a,b\n")).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    told.must_be_sound("/people/import");
    told.must_say("1 row was not recorded");
    told.must_say("it lies ahead");
    let empty = send(&mut desk, "/people/import", &[], ("table", "")).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);

    let mut it = world.browser("it", &[Role::It]).await;
    let refused = send(&mut it, "/people/import", &[], ("table", "a")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
