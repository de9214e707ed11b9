//! Today: what waits stands there for whom it waits, and for nobody else.

use axum::http::StatusCode;
use placet_domain::operator::Role;

use crate::campaigns::{CONTENT, arm};
use crate::harness::World;

#[tokio::test]
async fn a_review_waits_for_the_roles_that_must_judge_and_not_for_its_author() {
    let world = World::new();
    arm(&world);
    let mut author = world
        .browser("mia", &[Role::Marketing, Role::Compliance])
        .await;
    let page = author.post("/content", &CONTENT).await;
    let page = author.get(page.location()).await;
    let version = format!("/versions/{}", page.between("/versions/", "/"));
    author.post(&format!("{version}/submissions"), &[]).await;
    let today = author.get("/").await;
    // Nobody who could judge it is here yet, and the author is told.
    today.must_say("Nobody who is here");
    assert!(!today.text.contains("reviews-title"), "no empty table");

    let mut other = world.browser("cora", &[Role::Compliance]).await;
    let page = other.get("/").await;
    page.must_say("Spring letter, version 1");
    page.must_say(&format!("href=\"{version}\""));
    assert_eq!(other.get(&version).await.status, StatusCode::OK);
    assert!(!page.text.contains("Overdue"));
    world.pass_minutes(60 * 24 * 30);
    other.sign_in("cora", crate::harness::PASSWORD).await;
    other.get("/").await.must_say("Overdue");

    let token = world.token(&[Role::Compliance]);
    let today = world.api(&token, "GET", "/api/v1/today", "").await.json();
    assert_eq!(today["reviews"].as_array().unwrap().len(), 1);
    assert_eq!(today["is_armed"], true);
}

#[tokio::test]
async fn what_was_begun_stands_there_with_its_next_step() {
    let world = World::new();
    arm(&world);
    let mut author = world.browser("mia", &[Role::Marketing]).await;
    author.get("/").await.must_say("Nothing waits for you");
    let page = author.post("/content", &CONTENT).await;
    let href = page.location().to_owned();
    let today = author.get("/").await;
    today.must_say("Yours to go on with");
    today.must_say("Hand it in for review");
    assert!(!today.text.contains("Nothing waits for you"));

    let page = author.get(&href).await;
    let version = page.between("/versions/", "/").to_owned();
    let path = format!("/versions/{version}/submissions");
    author.post(&path, &[]).await;
    let today = author.get("/").await;
    assert!(!today.text.contains("begun-title"), "it waits for others");
    let mut other = world.browser("cora", &[Role::Compliance]).await;
    let verdict = [
        ("role", "compliance"),
        ("verdict", "return"),
        ("note", "Name the source."),
    ];
    let path = format!("/versions/{version}/verdicts");
    other.post(&path, &verdict).await;
    author.get("/").await.must_say("Sent back");
    let today = other.get("/").await;
    assert!(!today.text.contains("begun-title"), "not theirs to write");

    let token = world.token(&[Role::Marketing]);
    let today = world.api(&token, "GET", "/api/v1/today", "").await.json();
    assert_eq!(today["begun"][0]["state"], "returned");
}

#[tokio::test]
async fn what_asks_for_a_word_stands_there_until_it_is_given() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    let source = [
        ("code", "ehr"),
        ("title", "Health records"),
        ("it_owner", "Integration"),
        ("marketing_owner", "Outreach"),
    ];
    let made = it.post("/data/sources", &source).await;
    let edit = made.location().to_owned();
    let show = edit.trim_end_matches("/elements").to_owned();
    let mut officer = world.browser("officer", &[Role::Compliance]).await;
    assert!(!officer.get("/").await.text.contains("asks-title"));
    let lines = [("elements", "fhir Patient.name.family patient_contact")];
    it.post(&edit, &lines).await;
    let today = officer.get("/").await;
    today.must_say("Your word is asked");
    today.must_say("Health records");
    today.must_say(&format!("href=\"{show}\""));
    assert!(!it.get("/").await.text.contains("asks-title"), "not theirs");
    let token = world.token(&[Role::Compliance]);
    let told = world.api(&token, "GET", "/api/v1/today", "").await.json();
    assert_eq!(told["asks"][0]["about"], "classification");

    let page = officer.get(&show).await;
    let id = page
        .between("name=\"classification\" value=\"", "\"")
        .to_owned();
    let sign = format!("{show}/sign");
    officer.post(&sign, &[("classification", &id)]).await;
    assert!(!officer.get("/").await.text.contains("asks-title"));
}

#[tokio::test]
async fn disarmed_sending_is_said_to_those_who_wait_for_it() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let page = marketing.get("/").await;
    page.must_say("Sending is disarmed");
    page.must_say("arms it under Settings");
    let mut clinical = world.browser("dora", &[Role::Clinical]).await;
    assert!(!clinical.get("/").await.text.contains("disarmed"));
    arm(&world);
    assert!(!marketing.get("/").await.text.contains("disarmed"));
}

#[tokio::test]
async fn typing_keeps_a_session_alive_where_fetching_does_not() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Auditor]).await;
    let fetch = [("sec-fetch-mode", "cors")];
    for _ in 0..4 {
        world.pass_minutes(10);
        let page = browser
            .request(axum::http::Method::GET, "/account/here", None, &fetch)
            .await;
        assert_eq!(page.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}
