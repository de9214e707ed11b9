//! Journeys by page and by machine: written, simulated, agreed to, started, held; tasks and the card.

use axum::http::StatusCode;
use placet_app::{audience, journey};
use placet_domain::audience::Filter;
use placet_domain::operator::Role;

use crate::campaigns::{approved, arm, followed};
use crate::data;
use crate::harness::{Page, World};
use crate::samples::add_person;

const STEPS: &str = "send \"Spring letter\", if refused go to call\nexit\ncall: ask responder to \"call and ask\"\nexit";

fn world() -> World {
    let world = World::new();
    arm(&world);
    world
        .act(|tx, ctx| data::open_source(tx, ctx, "ehr"))
        .unwrap();
    world
}

fn fields<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let all = [
        ("name", "Welcome"),
        ("event", "person_registered"),
        ("source", "ehr"),
        ("wait", "2 hours"),
        ("audience", ""),
        ("purpose", "own_service_announcement"),
        ("rationale", "Says where to find us and nothing of care"),
        ("owner", "Patient access"),
        ("most_per_day", "500"),
        ("sender_name", "Lakeview Hospital"),
        ("sender", "news@lakeview.example"),
        ("steps", STEPS),
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
async fn s98_a_journey_is_written_simulated_agreed_to_started_and_held_by_forms() {
    let world = world();
    let mut mara = world.browser("mara", &[Role::Marketing]).await;
    mara.get("/journeys")
        .await
        .must_say("No journey is written");
    approved(&world, &mut mara).await;
    let page = mara.get("/journeys/new").await;
    page.must_be_sound("/journeys/new");
    page.must_say("Contents that were submitted: Spring letter.");

    let bad = fields(&[("steps", "wait\nsend \"Summer letter\"\nexit")]);
    let bad = mara.post("/journeys", &bad).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    bad.must_be_sound("/journeys");
    bad.must_say("line 1: write");
    let bad = mara.post("/journeys", &fields(&[("event", "")])).await;
    bad.must_say("choose one of both");

    let (at, page) = followed(&mut mara, "/journeys", &fields(&[])).await;
    page.must_be_sound(&at);
    page.must_say("Version 1 cannot start");
    page.must_say("it was not simulated");
    page.must_say("Nobody entered it yet");
    let same = mara.post("/journeys", &fields(&[])).await;
    same.must_say("another journey has this name");
    let (_, page) = followed(&mut mara, &format!("{at}/simulate"), &[]).await;
    page.must_say("0 people would have entered");

    let mut who = Vec::new();
    for (name, role) in [
        ("carla", Role::Compliance),
        ("nadia", Role::Clinical),
        ("leo", Role::Legal),
    ] {
        let mut browser = world.browser(name, &[role]).await;
        browser.get("/").await.must_say("Your word is asked");
        let page = browser.get(&at).await;
        page.must_be_sound(&at);
        let version = page.between("name=\"version\" value=\"", "\"").to_owned();
        let form = [
            ("version", version.as_str()),
            ("role", role.as_str()),
            ("said", "approve"),
            ("note", "Read it"),
        ];
        let (_, page) = followed(&mut browser, &format!("{at}/say"), &form).await;
        page.must_be_sound(&at);
        page.must_say(&format!("by Operator {name}"));
        who.push(browser);
    }
    let page = mara.get(&at).await;
    page.must_say("Start version 1");
    let version = page.between("/start?version=", "\"").to_owned();
    let start = format!("{at}/start?version={version}");
    let (_, page) = followed(&mut mara, &start, &[]).await;
    page.must_be_sound(&at);
    page.must_say("At work");
    mara.get("/journeys").await.must_be_sound("/journeys");

    let card = mara.get(&format!("{at}/card")).await;
    card.must_be_sound("card");
    card.must_say("It learns nothing and guesses nothing");
    card.must_say("Clinical agreed by name");

    let mut carla = who.remove(0);
    for (act, field, says) in [
        ("pause", "reason", "Paused"),
        ("resume", "reason", "At work"),
        ("end", "why", "Ended for good"),
    ] {
        let (_, page) = followed(&mut carla, &format!("{at}/{act}"), &[(field, "Because")]).await;
        page.must_be_sound(&at);
        page.must_say(says);
    }
    let not_hers = mara.post(&format!("{at}/pause"), &[]).await;
    assert_eq!(not_hers.status, StatusCode::FORBIDDEN);
    carla.get("/tasks").await.must_say("Nothing to do");
}

async fn post(world: &World, path: &str, token: &str, body: &serde_json::Value) -> Page {
    world.api(token, "POST", path, &body.to_string()).await
}

#[tokio::test]
async fn s98_machines_lead_people_through_a_journey_and_end_its_tasks() {
    let world = world();
    let mut mara = world.browser("mara", &[Role::Marketing]).await;
    approved(&world, &mut mara).await;
    world
        .act(|tx, ctx| audience::create(tx, ctx, "Everybody", Filter::default()))
        .unwrap();
    let person = add_person(&world, 1, "Ada", "Moss", "ada@example.org");
    let marketing = world.token(&[Role::Marketing, Role::Compliance]);
    let body = serde_json::json!({
        "name": "Welcome", "audience": "Everybody", "purpose": "own_service_announcement",
        "rationale": "Says where to find us", "owner": "Patient access", "most_per_day": 500,
        "sender_name": "Lakeview Hospital", "sender": "news@lakeview.example",
        "steps": "ask responder to \"call and ask\"\nsend \"Spring letter\"\nexit",
    });
    let made = post(&world, "/api/v1/journeys", &marketing, &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    let (id, version) = (
        made["id"].as_str().unwrap().to_owned(),
        made["waiting"]["id"].as_str().unwrap().to_owned(),
    );
    let at = format!("/api/v1/journeys/{id}");
    let tried = post(
        &world,
        &format!("{at}/simulate"),
        &marketing,
        &serde_json::json!({}),
    )
    .await;
    assert_eq!(tried.json()["steps"][0]["outcomes"]["done"], 1);
    for role in [Role::Compliance, Role::Clinical, Role::Legal] {
        let token = world.token(&[role]);
        let word =
            serde_json::json!({"version": version, "role": role.as_str(), "said": "approve"});
        let said = post(&world, &format!("{at}/say"), &token, &word).await;
        assert_eq!(said.status, StatusCode::CREATED, "{}", said.text);
    }
    let wrong = serde_json::json!({"version": version, "n": 7});
    let wrong = post(&world, &format!("{at}/start"), &marketing, &wrong).await;
    assert_eq!(wrong.status, StatusCode::CONFLICT, "{}", wrong.text);
    let right = serde_json::json!({"version": version, "n": 1});
    let started = post(&world, &format!("{at}/start"), &marketing, &right).await;
    assert_eq!(started.json()["standing"], "at_work", "{}", started.text);
    world
        .act(|tx, ctx| {
            while journey::tick(tx, ctx)? {}
            Ok::<_, placet_app::ActError>(())
        })
        .unwrap();

    let responder = world.token(&[Role::Responder]);
    let tasks = world
        .api(&responder, "GET", "/api/v1/tasks", "")
        .await
        .json();
    assert_eq!(tasks["items"][0]["person"], person.to_string());
    let task = format!(
        "/api/v1/tasks/{}",
        tasks["items"][0]["id"].as_str().unwrap()
    );
    let done = serde_json::json!({"outcome": "done", "note": "Reached"});
    let ended = post(&world, &task, &responder, &done).await;
    assert_eq!(ended.status, StatusCode::CREATED, "{}", ended.text);
    let shown = world.api(&marketing, "GET", &at, "").await.json();
    assert_eq!(shown["steps"][0]["outcomes"]["done"], 1);
    assert_eq!(shown["steps"][1]["n_here"], 1);
    let card = world
        .api(&marketing, "GET", &format!("{at}/card"), "")
        .await
        .json();
    assert!(card["inputs"]["email"].is_array());
}
