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
