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
