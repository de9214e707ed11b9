//! Where operators are told of texts: set by themselves with their password or by an administrator,
//! confirmed by its owner, seen in Settings, and the same for machines.

use axum::http::StatusCode;
use placet_app::staff_mail::address;
use placet_domain::operator::Role;
use placet_domain::staff_mail::Mailbox;

use crate::harness::{PASSWORD, World};

fn mailbox(world: &World, id: placet_domain::id::OperatorId) -> Mailbox {
    world
        .store
        .read_blocking(move |tx| address::find(tx, id))
        .unwrap()
}

#[tokio::test]
async fn ones_own_address_takes_ones_password() {
    let world = World::new();
    let mut clinical = world.browser("doctor", &[Role::Clinical]).await;
    let address = "doctor@harbor.example";
    let wrong = [("email", address), ("password", "not this one")];
    let page = clinical.post("/account/address", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("this is not your password");
    let bad = [("email", "nobody"), ("password", PASSWORD)];
    let page = clinical.post("/account/address", &bad).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("this is not an e-mail address");
    let right = [("email", address), ("password", PASSWORD)];
    let page = clinical.post("/account/address", &right).await;
    assert_eq!(page.location(), "/account#mail");
    let page = clinical.get("/account").await;
    page.must_say("Waits to be confirmed");
    let page = clinical.post("/account/pace", &[("pace", "none")]).await;
    assert_eq!(page.location(), "/account#mail");
    // A forged link asks first, and then says no.
    clinical
        .get("/account/address/AAAA")
        .await
        .must_say("This is my address");
    let page = clinical.post("/account/address/AAAA", &[]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("does not confirm the address you have now");
}

#[tokio::test]
async fn an_administrator_gives_and_takes_addresses() {
    let world = World::new();
    let mut admin = world.browser("ada", &[Role::Administrator]).await;
    let id = world.add_operator("doctor", &[Role::Clinical]);
    let at = format!("/settings/operators/{id}/address");
    let page = admin.post(&at, &[("email", "doctor@harbor.example")]).await;
    assert_eq!(page.location(), format!("/settings/operators/{id}"));
    admin
        .get(&format!("/settings/operators/{id}"))
        .await
        .must_say("Waits to be confirmed");
    assert_eq!(
        mailbox(&world, id).address.as_deref(),
        Some("doctor@harbor.example")
    );
    admin.post(&at, &[("email", "")]).await;
    assert_eq!(mailbox(&world, id).address, None);
    let page = admin.get("/settings/staff-mail").await;
    page.must_say("Nobody is told by mail yet");
    page.must_say("no mail carrier is set");
    page.must_say("Confirmation of an address");
    let page = admin
        .post("/settings/staff-mail", &[("sender", "placet")])
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let sender = [("sender", "placet@harbor.example")];
    let page = admin.post("/settings/staff-mail", &sender).await;
    assert_eq!(page.location(), "/settings/staff-mail");
}

#[tokio::test]
async fn machines_read_and_set_the_same() {
    let world = World::new();
    let token = world.token(&[Role::Administrator]);
    let id = world.add_operator("doctor", &[Role::Clinical]);
    let at = format!("/api/v1/operators/{id}/mailbox");
    let body = r#"{"email":"doctor@harbor.example","pace":"at_once"}"#;
    assert_eq!(
        world.api(&token, "PUT", &at, body).await.status,
        StatusCode::NO_CONTENT
    );
    let page = world.api(&token, "GET", &at, "").await;
    page.must_say("doctor@harbor.example");
    page.must_say(r#""confirmed_at":null"#);
    page.must_say(r#""pace":"at_once""#);
    let page = world.api(&token, "PUT", &at, r#"{"pace":"hourly"}"#).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let own = r#"{"email":"ada@harbor.example","password":"wrong"}"#;
    let page = world.api(&token, "PUT", "/api/v1/mailbox", own).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let own = format!(r#"{{"email":"ada@harbor.example","password":"{PASSWORD}"}}"#);
    let page = world.api(&token, "PUT", "/api/v1/mailbox", &own).await;
    assert_eq!(page.status, StatusCode::NO_CONTENT);
    let pace = r#"{"pace":"none"}"#;
    let page = world.api(&token, "PUT", "/api/v1/mailbox/pace", pace).await;
    assert_eq!(page.status, StatusCode::NO_CONTENT);
    let page = world.api(&token, "GET", "/api/v1/mailbox", "").await;
    page.must_say("ada@harbor.example");
    let sender = r#"{"sender":"placet@harbor.example"}"#;
    let page = world
        .api(&token, "PUT", "/api/v1/settings/staff-mail", sender)
        .await;
    assert_eq!(page.status, StatusCode::NO_CONTENT);
    let page = world.api(&token, "GET", "/api/v1/staff-mail", "").await;
    page.must_say("placet@harbor.example");
    page.must_say("no mail carrier is set");
    page.must_say("confirmation");
}

/// A writer whose address is confirmed, where mail may leave, and a version of theirs.
async fn ready(world: &World) -> (crate::harness::Browser<'_>, String) {
    let mut it = world.browser("it", &[Role::It]).await;
    let organization = [
        ("name", "Lakeview Hospital"),
        ("postal_address", "1 Lake Street, Springfield"),
        ("actor", "covered_provider"),
        ("time_zone", "America/Chicago"),
    ];
    it.post("/settings/organization", &organization).await;
    let carrier = [
        ("host", "127.0.0.1"),
        ("port", "25"),
        ("tls", "off"),
        ("role", "none"),
        ("country", "US"),
    ];
    it.post("/settings/carrier", &carrier).await;
    it.post(
        "/settings/staff-mail",
        &[("sender", "placet@lakeview.example")],
    )
    .await;
    it.post("/settings/sending/arm", &[]).await;
    let mut writer = world.browser("writer", &[Role::Marketing]).await;
    let text = [
        ("name", "Sleep"),
        ("class", "education"),
        ("topic", "health_education"),
        ("subject", "Sleep well"),
        (
            "body",
            "Hello {{first_name|there}}, go to bed at the same time.",
        ),
    ];
    let at = writer.post("/content", &text).await.location().to_owned();
    (writer, at)
}

#[tokio::test]
async fn a_test_goes_to_ones_own_confirmed_address() {
    let world = World::new();
    let (mut writer, at) = ready(&world).await;
    writer.get(&at).await.must_say("give it and confirm it");
    let page = writer.get(&at).await;
    let version = page.between("action=\"/versions/", "/").to_owned();
    let tests = format!("/versions/{version}/tests");
    let page = writer.post(&tests, &[]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("a test goes to your own address");
    world
        .act(|tx, ctx| {
            let id = placet_store::operators::find_by_login(tx, "writer")?
                .unwrap()
                .id;
            address::set(tx, ctx, id, Some("writer@lakeview.example"))?;
            address::vouch(tx, ctx, id)
        })
        .unwrap();
    writer.get(&at).await.must_say("Send me a test");
    let page = writer.post(&tests, &[]).await;
    assert_eq!(page.location(), format!("/versions/{version}?tested=yes"));
    let sent = page.location().to_owned();
    writer
        .get(&sent)
        .await
        .must_say("A test is on its way to you");
    let token = world.token(&[Role::Marketing]);
    let page = world
        .api(&token, "POST", &format!("/api/v1{tests}"), "")
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("test.no_address");
}
