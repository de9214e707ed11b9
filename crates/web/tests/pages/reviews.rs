//! What the check of a text finds, and how long reviews take.

use axum::http::StatusCode;
use placet_domain::operator::Role;

use super::campaigns::{CONTENT, approved};
use super::harness::{Browser, World};

async fn saved(marketing: &mut Browser<'_>, class: &str, body: &str) -> String {
    let fields: Vec<(&str, &str)> = CONTENT
        .iter()
        .map(|(name, value)| match *name {
            "class" => ("class", class),
            "topic" if class == "education" => ("topic", "health_education"),
            "body" => ("body", body),
            _ => (*name, *value),
        })
        .collect();
    let page = marketing.post("/content", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let location = page.location().to_owned();
    let page = marketing.get(&location).await;
    format!("/versions/{}", page.between("/versions/", "/"))
}

#[tokio::test]
async fn s133_a_claim_is_named_and_goes_to_those_who_must_approve_it() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let body = "Open until eight.\r\nOur robot cures back pain.";
    let version = saved(&mut marketing, "operational", body).await;
    let page = marketing.get(&version).await;
    page.must_say("Clinical claim");
    page.must_say("line 2");
    page.must_say("its words ask for more");
    page.must_say("Compliance, Legal, Clinical");
    marketing.post(&format!("{version}/submissions"), &[]).await;
    marketing.get(&version).await.must_say("In review");

    let token = world.token(&[Role::Marketing]);
    let page = world
        .api(&token, "GET", &format!("/api/v1{version}"), "")
        .await;
    let told = page.json();
    assert_eq!(told["tier"], "clinical_claims");
    assert_eq!(told["findings"][0]["kind"], "clinical_claim");
    assert_eq!(told["findings"][0]["effect"], "raises");
}

/// E1: the page says what to leave out, and nothing is handed in.
#[tokio::test]
async fn e1_a_seal_is_refused_with_its_place() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let version = saved(&mut marketing, "education", "Our HIPAA compliant app.").await;
    let page = marketing.post(&format!("{version}/submissions"), &[]).await;
    assert_eq!(
        page.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        page.text
    );
    page.must_say("HIPAA compliant");
    page.must_say("leave it out");
    marketing.get(&version).await.must_say("Draft");
}

#[tokio::test]
async fn s145_the_time_that_reviews_take_is_shown_by_tier_and_step() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let page = marketing.get("/content/reviews").await;
    assert_eq!(page.status, StatusCode::OK);
    page.must_be_sound("/content/reviews");
    approved(&world, &mut marketing).await;
    let waiting = saved(&mut marketing, "operational", "We open at nine.").await;
    marketing.post(&format!("{waiting}/submissions"), &[]).await;
    world.pass_minutes(60 * 24 * 4);

    let token = world.token(&[Role::Marketing]);
    let told = world
        .api(&token, "GET", "/api/v1/reviews/figures", "")
        .await
        .json();
    let (operational, promotional) = (&told["items"][0], &told["items"][2]);
    assert_eq!(promotional["tier"], "promotional");
    assert_eq!(promotional["whole"]["count"], 1);
    assert_eq!(promotional["steps"][0]["taken"]["count"], 1);
    assert_eq!(operational["waiting"], 1);
    assert_eq!(operational["overdue"], 1);
    assert_eq!(operational["oldest_minutes"], 60 * 24 * 4);

    let mut marketing = world.browser("max", &[Role::Marketing]).await;
    marketing
        .get("/content/reviews")
        .await
        .must_say("1 overdue");
}
