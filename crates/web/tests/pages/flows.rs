//! Declared flows: written, agreed to by both sides, stopped; by page and by machine.

use axum::http::StatusCode;
use placet_domain::operator::Role;

use crate::harness::World;

fn own() -> String {
    placet_app::flow::people_text("ehr", "charts")
}

#[tokio::test]
async fn s89_s93_a_flow_is_declared_by_one_side_and_agreed_to_by_the_other() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    it.get("/data/flows").await.must_say("No flow is declared");
    let form = it.get("/data/flows/new").await;
    form.must_be_sound("/data/flows/new");
    form.must_say("people-2");
    it.get("/data/flows/new?to=company")
        .await
        .must_say("valid_until");
    let wrong = own().replace("birthDate", "birthday");
    let bad = it.post("/data/flows", &[("flow", wrong.as_str())]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    bad.must_say("FHIR R4 knows no `birthday` there");
    // As a browser sends it.
    let text = own().replace('\n', "\r\n");
    let made = it.post("/data/flows", &[("flow", text.as_str())]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let at = made.location().to_owned();
    let page = it.get(&at).await;
    page.must_be_sound(&at);
    page.must_say("Nothing passes by this flow");
    page.must_say("Marketing has not agreed");
    assert!(
        !page.text.contains("Agree for"),
        "IT has agreed by declaring"
    );
    let page = it.get("/data/flows").await;
    page.must_be_sound("/data/flows");
    page.must_say("Blocked");
    // S90: the picture is drawn from what is declared, and says in words what it shows.
    page.must_say("charts: from ehr to This hospital's Placet");
    page.must_say("flow-cross");

    let mut officer = world.browser("officer", &[Role::Compliance]).await;
    let page = officer.get(&at).await;
    assert!(!page.text.contains("Agree for"));
    page.must_say("Stop this flow");
    let refused = officer
        .post(&format!("{at}/agree"), &[("version", "x")])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let mut marketing = world.browser("mara", &[Role::Marketing]).await;
    let page = marketing.get(&at).await;
    page.must_be_sound(&at);
    page.must_say("Agree for Marketing");
    page.must_say("Source not in the catalogue");
    let id = page.between("name=\"version\" value=\"", "\"").to_owned();
    let agreed = marketing
        .post(
            &format!("{at}/agree"),
            &[("version", &id), ("note", "Needed for reminders")],
        )
        .await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER);
    // S67: what both sides want still waits for compliance.
    marketing
        .get(&at)
        .await
        .must_say("Compliance has not signed what its source holds");
    let catalogue = it.get("/data").await;
    catalogue.must_be_sound("/data");
    catalogue.must_say("Flows wait for sources that nobody declared");
    it.get("/data/sources/new?code=ehr").await.must_say("ehr");
    world
        .act(|tx, ctx| crate::data::sign_source(tx, ctx, "ehr"))
        .unwrap();
    let page = marketing.get(&at).await;
    page.must_say("Open");
    let all = marketing.get("/data/flows").await;
    assert!(!all.text.contains("flow-cross"), "an open flow is whole");
    page.must_say("Needed for reminders");
    assert!(!page.text.contains("Nothing passes"));
    assert_eq!(
        marketing
            .post(&format!("{at}/stop"), &[("reason", "x")])
            .await
            .status,
        StatusCode::FORBIDDEN
    );

    // The next version waits beside it.
    let next = own().replace("    \"birthDate\",\n", "");
    it.get(&format!(
        "/data/flows/new?of={}",
        at.rsplit('/').next().unwrap()
    ))
    .await
    .must_say("birthDate");
    it.post("/data/flows", &[("flow", next.as_str())]).await;
    it.get(&at).await.must_say("A newer version waits");
    it.get("/data/flows")
        .await
        .must_say("a newer version waits");

    let stopped = officer
        .post(&format!("{at}/stop"), &[("reason", "The purpose is gone")])
        .await;
    assert_eq!(stopped.status, StatusCode::SEE_OTHER);
    let page = officer.get(&at).await;
    page.must_be_sound(&at);
    page.must_say("It was stopped");
    page.must_say("The purpose is gone");
    assert!(!page.text.contains("Stop this flow"));
}

#[tokio::test]
async fn s93_machines_declare_agree_and_stop_as_people_do() {
    let world = World::new();
    let it = world.token(&[Role::It]);
    let marketing = world.token(&[Role::Marketing]);
    let body = serde_json::json!({ "text": placet_app::flow::company_text("ehr") }).to_string();
    let made = world.api(&it, "POST", "/api/v1/data/flows", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    assert_eq!(made["is_open"], false);
    assert_eq!(made["counting"]["contract"]["kind"], "baa");
    assert_eq!(made["counting"]["agreed"][0]["side"], "it");
    let at = format!("/api/v1/data/flows/{}", made["id"].as_str().unwrap());
    let version = made["counting"]["id"].as_str().unwrap();
    let body = serde_json::json!({ "version": version }).to_string();
    let again = world.api(&it, "POST", &format!("{at}/agree"), &body).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    let agreed = world
        .api(&marketing, "POST", &format!("{at}/agree"), &body)
        .await;
    assert_eq!(agreed.status, StatusCode::CREATED, "{}", agreed.text);
    let lacks = agreed.json()["lacks"].to_string();
    assert!(!lacks.contains("agreed"), "{lacks}");
    let bad = r#"{"text":"[["}"#;
    let bad = world.api(&it, "POST", "/api/v1/data/flows", bad).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let stop = r#"{"reason":"The vendor changed hands"}"#;
    let stopped = world.api(&it, "POST", &format!("{at}/stop"), stop).await;
    assert_eq!(stopped.status, StatusCode::CREATED, "{}", stopped.text);
    let shown = world.api(&it, "GET", &at, "").await.json();
    assert!(shown["lacks"].to_string().contains("it was stopped"));
    let auditor = world.token(&[Role::Auditor]);
    let all = world.api(&auditor, "GET", "/api/v1/data/flows", "").await;
    assert_eq!(all.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_flow_dropped_is_shown_by_name_over_time() {
    let world = World::new();
    let flow = world
        .act(|tx, ctx| {
            crate::data::open_source(tx, ctx, "ehr")?;
            let run = placet_app::import::begin(tx, ctx, "ehr", None)?;
            let report =
                r#"{"dropped":{"Condition":7,"Appointment.description (PHONE in the text)":2}}"#;
            let counts = placet_app::import::Counts::default();
            placet_app::import::finish(tx, ctx, &run, &counts, "ndjson", report)?;
            Ok(placet_app::flow::find_by_name(tx, "people")?.id)
        })
        .unwrap();
    let mut auditor = world.browser("anders", &[Role::Auditor]).await;
    let at = format!("/data/flows/{flow}");
    let page = auditor.get(&at).await;
    page.must_be_sound(&at);
    page.must_say("Appointment.description (PHONE in the text)");
    page.must_say("ndjson");
    let token = world.token(&[Role::Auditor]);
    let all = world
        .api(&token, "GET", &format!("/api/v1{at}/drops"), "")
        .await;
    assert_eq!(all.json()["items"][0]["path"], "Condition");
    assert_eq!(all.json()["items"][0]["n_week"], 7);
}

fn sample(csrf: &str, text: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"sample\"; filename=\"s.ndjson\"\r\n\r\n{text}\r\n--x--\r\n"
    )
}

/// A dry run shows before and after, and keeps nothing of it.
#[tokio::test]
async fn a_sample_is_shown_before_and_after_and_not_kept() {
    let world = World::new();
    let text = own().replace(
        "    \"status\",\n",
        "    \"status\",\n    \"description\",\n",
    );
    let flow = world
        .act(move |tx, ctx| {
            let flow = placet_app::flow::declare(tx, ctx, &text)?.flow;
            crate::data::sign_source(tx, ctx, "ehr")?;
            Ok(flow)
        })
        .unwrap();
    let mut it = world.browser("it", &[Role::It]).await;
    let at = format!("/data/flows/{flow}/dry-run");
    it.get(&at).await.must_be_sound(&at);
    let csrf = it.csrf().await;
    let headers = [
        ("content-type", "multipart/form-data; boundary=x"),
        ("origin", "http://placet.test"),
    ];
    let records = concat!(
        r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Moss"}],"maritalStatus":{"text":"Widowed"}}"#,
        "\n",
        r#"{"resourceType":"Appointment","id":"a1","description":"Call 937-555-0142"}"#,
        "\n",
        r#"{"resourceType":"Condition","id":"c1"}"#,
        "\n{broken\n"
    );
    let before = world
        .store
        .read_blocking::<_, _, placet_store::StoreError>(|tx| {
            placet_store::ledger::list_from(tx, 0, 100_000)
        });
    let form = sample(&csrf, records);
    let page = it
        .request(axum::http::Method::POST, &at, Some(&form), &headers)
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.must_be_sound(&at);
    page.must_say("Widowed");
    page.must_say("dropped");
    page.must_say("Call [PHONE]");
    page.must_say("Dropped whole");
    page.must_say("1 are refused");
    let after = world
        .store
        .read_blocking::<_, _, placet_store::StoreError>(|tx| {
            placet_store::ledger::list_from(tx, 0, 100_000)
        });
    assert_eq!(before.unwrap().len(), after.unwrap().len());
    let form = sample(&csrf, "  ");
    let empty = it
        .request(axum::http::Method::POST, &at, Some(&form), &headers)
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.must_say("the sample is empty");
    let form = sample(&csrf, &"x".repeat((1 << 20) + 1));
    let huge = it
        .request(axum::http::Method::POST, &at, Some(&form), &headers)
        .await;
    assert_eq!(huge.status, StatusCode::UNPROCESSABLE_ENTITY);
    huge.must_say("at most one megabyte");
    let wrong = it
        .request(
            axum::http::Method::POST,
            &at,
            Some(&sample(&csrf, "%PDF-1.7 nothing of ours")),
            &headers,
        )
        .await;
    wrong.must_say("Refused");

    let token = world.token(&[Role::It]);
    let asked = serde_json::json!({ "sample": records }).to_string();
    let answer = world
        .api_with(
            &token,
            "POST",
            &format!("/api/v1{at}"),
            &asked,
            &[("idempotency-key", "one")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let answer = answer.json();
    assert_eq!(answer["report"]["n_read"], 4);
    assert_eq!(answer["records"][2]["passes"], false);
    let kept = world
        .store
        .read_blocking::<_, _, placet_store::StoreError>(|tx| {
            let rows = tx.list("select response from idempotency_keys", &[])?;
            rows.iter()
                .map(|row| row.get::<String>(0))
                .collect::<Result<Vec<_>, _>>()
        })
        .unwrap();
    assert!(!kept.iter().any(|text| text.contains("Widowed")));
}

const PATIENTS: &str = concat!(
    r#"{"resourceType":"Patient","id":"p12","name":[{"family":"Moss"}],"birthDate":"1960-02-28"}"#,
    "\n",
    r#"{"resourceType":"Condition","id":"c1"}"#,
    "\n"
);

/// A run by machine and by page: what comes back is what the flow lists, under the destination's own ids.
#[tokio::test]
async fn records_are_let_through_to_a_company_by_machine_and_by_page() {
    let world = World::new();
    let (it, marketing) = (world.token(&[Role::It]), world.token(&[Role::Marketing]));
    let text = placet_app::flow::company_text("ehr")
        .replace("2026-01-01", "2000-01-01")
        .replace("2026-12-31", "2999-12-31");
    let body = serde_json::json!({ "text": text }).to_string();
    let made = world.api(&it, "POST", "/api/v1/data/flows", &body).await;
    let made = made.json();
    let at = format!("/data/flows/{}", made["id"].as_str().unwrap());
    let runs = format!("/api/v1{at}/runs");
    let blocked = world.api(&it, "POST", &runs, PATIENTS).await;
    assert_eq!(blocked.status, StatusCode::CONFLICT, "{}", blocked.text);
    let version = made["counting"]["id"].as_str().unwrap();
    let body = serde_json::json!({ "version": version }).to_string();
    world
        .api(&marketing, "POST", &format!("/api/v1{at}/agree"), &body)
        .await;
    let unsigned = world.api(&it, "POST", &runs, PATIENTS).await;
    assert_eq!(unsigned.status, StatusCode::CONFLICT, "S67");
    world
        .act(|tx, ctx| crate::data::sign_source(tx, ctx, "ehr"))
        .unwrap();

    let key = [("idempotency-key", "one")];
    let answer = world.api_with(&it, "POST", &runs, PATIENTS, &key).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let line: serde_json::Value = serde_json::from_str(answer.text.trim()).unwrap();
    assert_eq!(line["name"][0]["family"], "Moss");
    assert!(!answer.text.contains("p12") && !answer.text.contains("1960"));
    let kept = world
        .store
        .read_blocking::<_, _, placet_store::StoreError>(|tx| {
            let rows = tx.list("select response from idempotency_keys", &[])?;
            rows.iter()
                .map(|row| row.get::<String>(0))
                .collect::<Result<Vec<_>, _>>()
        })
        .unwrap();
    assert!(!kept.iter().any(|text| text.contains("Moss")));
    let wrong = format!("{runs}?format=xml");
    let wrong = world.api(&it, "POST", &wrong, PATIENTS).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let refused = world.api(&marketing, "POST", &runs, PATIENTS).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let auditor = world.token(&[Role::Auditor]);
    let listed = world.api(&auditor, "GET", &runs, "").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["report"]["dropped"]["Condition"], 1);

    let mut browser = world.browser("it", &[Role::It]).await;
    let page = browser.get(&at).await;
    page.must_be_sound(&at);
    page.must_say("Let through and save");
    let csrf = browser.csrf().await;
    let form = sample(&csrf, PATIENTS);
    let headers = [
        ("content-type", "multipart/form-data; boundary=x"),
        ("origin", "http://placet.test"),
    ];
    let runs = format!("{at}/runs");
    let saved = browser
        .request(axum::http::Method::POST, &runs, Some(&form), &headers)
        .await;
    assert_eq!(saved.text, answer.text);

    let picture = world.api(&auditor, "GET", "/api/v1/data/flows/picture", "");
    let picture = picture.await.text;
    assert!(picture.starts_with("<svg") && picture.contains("letters: from ehr"));
}
