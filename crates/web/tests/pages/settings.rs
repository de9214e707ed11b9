//! Settings: what is set takes effect, what is wrong is said beside its field.

use axum::http::StatusCode;
use placet_domain::operator::Role;

use crate::harness::{PASSWORD, World};

const ORGANIZATION: [(&str, &str); 4] = [
    ("name", "Lakeview Hospital"),
    ("postal_address", "1 Lake Street, Springfield"),
    ("actor", "covered_provider"),
    ("time_zone", "America/Chicago"),
];
const CARRIER: [(&str, &str); 6] = [
    ("host", "mail.example.org"),
    ("port", "587"),
    ("tls", "required"),
    ("role", "email_service"),
    ("baa", "yes"),
    ("country", "us"),
];

#[tokio::test]
async fn sending_is_armed_once_everything_is_set_and_disarmed_by_another_carrier() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    it.get("/settings")
        .await
        .must_say("No message can leave yet");
    let page = it.post("/settings/sending/arm", &[]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("no mail carrier is set");
    assert_eq!(
        it.post("/settings/organization", &ORGANIZATION)
            .await
            .location(),
        "/settings"
    );
    assert_eq!(
        it.post("/settings/carrier", &CARRIER).await.location(),
        "/settings/sending"
    );
    it.get("/settings/sending")
        .await
        .must_say("Arm: let messages leave");
    it.post("/settings/sending/arm", &[]).await;
    it.get("/settings").await.must_say("Armed");
    let mut other = CARRIER;
    other[0] = ("host", "other.example.org");
    it.post("/settings/carrier", &other).await;
    it.get("/settings").await.must_say("Disarmed");
}

#[tokio::test]
async fn a_wrong_field_keeps_what_was_typed_and_says_what_is_wrong() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    let mut wrong = CARRIER;
    wrong[0] = ("host", "mail example");
    wrong[2] = ("tls", "off");
    let page = it.post("/settings/carrier", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_be_sound("/settings/carrier");
    page.must_say("value=\"mail example\"");
    page.must_say("aria-describedby=\"f-host-hint f-host-error\"");
    page.must_say("only a carrier on this machine may go without encryption");
}

#[tokio::test]
async fn who_may_only_read_finds_no_button() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let page = auditor.get("/settings/organization").await;
    page.must_say("Your role may read this and not change it.");
    assert!(!page.text.contains(">Save<"));
    let page = auditor.post("/settings/organization", &ORGANIZATION).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_profile_is_conservative_until_somebody_chooses() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    it.get("/settings")
        .await
        .must_say("Conservative: what a careful hospital does");
    it.post("/settings/rules", &[("strictness", "regulatory_floor")])
        .await;
    it.get("/settings")
        .await
        .must_say("Regulatory floor: the exact federal rule");
    let page = it.post("/settings/rules", &[("strictness", "none")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_operator_is_added_signs_in_and_is_out_the_moment_they_are_disabled() {
    let world = World::new();
    let mut root = world.browser("root", &[Role::Administrator]).await;
    let short = [
        ("login", "ben"),
        ("name", "Ben"),
        ("roles", "legal"),
        ("password", "short"),
    ];
    let page = root.post("/settings/operators", &short).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("use at least 12 characters");
    assert!(
        !page.text.contains("value=\"short\""),
        "a password is never sent back"
    );
    let good = [
        ("login", "ben"),
        ("name", "Ben"),
        ("roles", "legal"),
        ("roles", "clinical"),
        ("password", PASSWORD),
    ];
    let page = root.post("/settings/operators", &good).await;
    let path = page.location().to_owned();
    root.get(&path).await.must_say("Ben");
    root.get("/settings/operators")
        .await
        .must_say("Legal, Clinical");
    let mut ben = world.nobody();
    assert_eq!(
        ben.sign_in("ben", PASSWORD).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(ben.get("/").await.status, StatusCode::OK);
    root.post(&format!("{path}/disable"), &[]).await;
    assert_eq!(ben.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        ben.sign_in("ben", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED
    );
    root.post(&format!("{path}/enable"), &[]).await;
    assert_eq!(
        ben.sign_in("ben", PASSWORD).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn the_last_administrator_is_told_why_they_cannot_leave() {
    let world = World::new();
    let mut root = world.browser("root", &[Role::Administrator]).await;
    let list = root.get("/settings/operators").await;
    let id = list
        .between("href=\"/settings/operators/", "\">root")
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let page = root
        .post(&format!("/settings/operators/{id}/disable"), &[])
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("make somebody else an administrator first");
    assert_eq!(root.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_set_by_an_administrator_ends_sessions() {
    let world = World::new();
    let mut ben = world.browser("ben", &[Role::Legal]).await;
    let mut root = world.browser("root", &[Role::Administrator]).await;
    let list = root.get("/settings/operators").await;
    let id = list
        .between("href=\"/settings/operators/", "\">ben")
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let again = "quite another set of words";
    root.post(
        &format!("/settings/operators/{id}/password"),
        &[("password", again)],
    )
    .await;
    assert_eq!(ben.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        ben.sign_in("ben", again).await.status,
        StatusCode::SEE_OTHER
    );
}
