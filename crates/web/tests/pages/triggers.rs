//! Triggers by page and by machine: registered, tried, approved by compliance, paused, ended.

use axum::http::StatusCode;
use placet_domain::operator::Role;

use crate::campaigns::{approved, arm, followed};
use crate::data;
use crate::harness::World;

fn world() -> World {
    let world = World::new();
    arm(&world);
    world
        .act(|tx, ctx| data::open_source(tx, ctx, "ehr"))
        .unwrap();
    world
}

fn fields<'a>(content: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let all = [
        ("name", "Welcome"),
        ("event", "person_registered"),
        ("source", "ehr"),
        ("content", content),
        ("purpose", "own_service_announcement"),
        ("rationale", "Says where to find us and nothing of care"),
        ("owner", "Patient access"),
        ("wait", "2 hours"),
        ("most_per_day", "500"),
        ("sender_name", "Lakeview Hospital"),
        ("sender", "news@lakeview.example"),
    ];
    let changed = |name: &str| changes.iter().find(|(other, _)| *other == name);
    let mut out: Vec<_> = all
        .into_iter()
        .map(|(name, value)| (name, changed(name).map_or(value, |(_, new)| *new)))
        .collect();
    out.extend(changes.iter().filter(|(name, _)| *name == "seen"));
    out
}

#[tokio::test]
async fn s81_a_trigger_is_registered_tried_approved_and_held_by_forms() {
    let world = world();
    let mut mara = world.browser("mara", &[Role::Marketing]).await;
    mara.get("/triggers")
        .await
        .must_say("No trigger is registered");
    let page = mara.get("/triggers/new").await;
    page.must_be_sound("/triggers/new");
    page.must_say("Something is needed first");
    let version = approved(&world, &mut mara).await;
    let content = version.strip_prefix("/versions/").unwrap();
    let page = mara.get("/triggers/new").await;
    page.must_be_sound("/triggers/new");
    page.must_say("Spring letter, version 1");

    let bad = mara
        .post(
            "/triggers",
            &fields(content, &[("wait", "soon"), ("owner", "")]),
        )
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    bad.must_say("as 24 hours");
    let bad = mara
        .post(
            "/triggers",
            &fields(content, &[("event", "birthday"), ("wait", "0 minutes")]),
        )
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    bad.must_be_sound("/triggers");
    bad.must_say("which promotes nothing");

    let (at, page) = followed(&mut mara, "/triggers", &fields(content, &[])).await;
    page.must_be_sound(&at);
    page.must_say("It cannot fire");
    page.must_say("Says where to find us");
    assert!(!page.text.contains("Pause it now"));
    let id = at.strip_prefix("/triggers/").unwrap().to_owned();
    let same = mara.post("/triggers", &fields(content, &[])).await;
    same.must_say("another trigger has this name");
    let tried = mara.post(&format!("{at}/dry-run"), &[]).await;
    tried.must_be_sound("dry-run");
    tried.must_say("Nothing happened");
    let not_hers = mara
        .post(&format!("{at}/approve"), &[("version", &id)])
        .await;
    assert_eq!(not_hers.status, StatusCode::FORBIDDEN);

    let mut carla = world.browser("carla", &[Role::Compliance]).await;
    let today = carla.get("/").await;
    today.must_say("Your word is asked");
    today.must_say("Read it and approve it");
    let page = carla.get(&at).await;
    page.must_be_sound(&at);
    let first = page.between("name=\"version\" value=\"", "\"").to_owned();
    let approve = format!("{at}/approve");
    let (_, page) = followed(
        &mut carla,
        &approve,
        &[("version", &first), ("note", "Confirms nothing")],
    )
    .await;
    page.must_be_sound(&at);
    page.must_say("At work");
    page.must_say("Confirms nothing");
    page.must_say("approved by Operator carla");
    page.must_say("Pause it now");
    carla.get("/triggers").await.must_be_sound("/triggers");
    let refused = carla.get(&format!("{at}/refused")).await;
    refused.must_be_sound("refused");
    refused.must_say("None");
    let sent_as = carla.get(&format!("/campaigns/{id}")).await;
    assert_eq!(sent_as.location(), at);

    // The next version waits beside the one that counts.
    let edit = format!("{at}/edit");
    let form = mara.get(&edit).await;
    form.must_be_sound(&edit);
    let stale = mara
        .post(&edit, &fields(content, &[("wait", "4 hours")]))
        .await;
    stale.must_say("somebody wrote another version");
    let changed = fields(content, &[("wait", "4 hours"), ("seen", &first)]);
    let (_, page) = followed(&mut mara, &edit, &changed).await;
    page.must_be_sound(&at);
    page.must_say("A newer version waits");

    for (act, field, says) in [
        ("pause", "reason", "Paused"),
        ("resume", "reason", "At work"),
        ("end", "why", "Ended for good"),
    ] {
        let (_, page) = followed(&mut carla, &format!("{at}/{act}"), &[(field, "Because")]).await;
        page.must_be_sound(&at);
        page.must_say(says);
        page.must_say("Because");
    }
    let over = carla.post(&format!("{at}/resume"), &[]).await;
    over.must_say("was ended for good");
}

#[tokio::test]
async fn s81_machines_register_approve_try_and_hold_as_people_do() {
    let world = world();
    let mut mara = world.browser("mara", &[Role::Marketing]).await;
    let version = approved(&world, &mut mara).await;
    let marketing = world.token(&[Role::Marketing]);
    let compliance = world.token(&[Role::Compliance]);
    let body = serde_json::json!({
        "name": "Welcome", "event": "person_registered", "source": "ehr",
        "content": "Spring letter", "purpose": "own_service_announcement",
        "rationale": "Says where to find us", "owner": "Patient access", "wait": "0 minutes",
        "most_per_day": 500, "sender_name": "Lakeview", "sender": "news@lakeview.example",
    });
    let text = body.to_string();
    let made = world
        .api(&marketing, "POST", "/api/v1/triggers", &text)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    assert_eq!(
        (&made["standing"], &made["counting"]),
        (&"waits".into(), &serde_json::Value::Null)
    );
    assert!(version.ends_with(made["waiting"]["content"].as_str().unwrap()));
    let at = format!("/api/v1/triggers/{}", made["id"].as_str().unwrap());
    let today = world
        .api(&compliance, "GET", "/api/v1/today", "")
        .await
        .json();
    assert_eq!(today["asks"][0]["about"], "trigger");

    let wrong = text.replace("person_registered", "wedding");
    let wrong = world
        .api(&marketing, "POST", "/api/v1/triggers", &wrong)
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("appointment_coming_up"),
        "{}",
        wrong.text
    );

    let word = serde_json::json!({ "version": made["waiting"]["id"], "note": "Read" }).to_string();
    let path = format!("{at}/approve");
    let refused = world.api(&marketing, "POST", &path, &word).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let approved = world.api(&compliance, "POST", &path, &word).await;
    assert_eq!(approved.status, StatusCode::CREATED, "{}", approved.text);
    assert_eq!(approved.json()["standing"], "at_work");
    let tried = world
        .api(&marketing, "POST", &format!("{at}/dry-run"), "")
        .await
        .json();
    assert_eq!(
        (&tried["version"], &tried["n_events"]),
        (&1.into(), &0.into())
    );
    let events = world
        .api(&marketing, "GET", &format!("{at}/events"), "")
        .await
        .json();
    assert_eq!(events["items"], serde_json::json!([]));
    for (act, standing) in [("pause", "paused"), ("resume", "at_work"), ("end", "ended")] {
        let reason = r#"{"reason":"Because"}"#;
        let held = world
            .api(&compliance, "POST", &format!("{at}/{act}"), reason)
            .await;
        assert_eq!(held.json()["standing"], standing, "{}", held.text);
    }
    let all = world
        .api(&marketing, "GET", "/api/v1/triggers", "")
        .await
        .json();
    assert_eq!(all["items"][0]["name"], "Welcome");
    assert_eq!(
        world.api(&marketing, "GET", &at, "").await.status,
        StatusCode::OK
    );
}
