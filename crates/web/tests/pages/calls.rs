//! Call lists by pages and API: a script is written, a list launched, one person at a time called.

use axum::http::StatusCode;
use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::operator::Role;
use placet_domain::person::{ContactPoint, Origin};
use placet_store::people;

use crate::campaigns::{add_people, arm, followed};
use crate::harness::{Browser, World};

const SCRIPT: [(&str, &str); 8] = [
    ("name", "We moved"),
    ("channel", "voice_live"),
    ("class", "operational"),
    ("topic", "services"),
    ("subject", ""),
    ("preheader", ""),
    ("body", "Hello {{first_name|neighbor}}, we have moved."),
    ("text", ""),
];

const DESK: [(&str, &str); 5] = [
    ("role", "call_center"),
    ("name", "Lake Call Center"),
    ("baa", "yes"),
    ("country", "us"),
    ("phone", "216-555-0142"),
];

fn add_numbers(world: &World, n: u8) {
    world
        .act(move |tx, ctx| {
            for number in 1..=n {
                let address = format!("+141955501{number:02}");
                let lookup = people::address_lookup(tx, Channel::VoiceLive, &address).unwrap();
                let point = ContactPoint {
                    id: ctx.new_id(),
                    person: PersonId::from([number; 16]),
                    channel: Channel::VoiceLive,
                    address,
                    origin: Origin::Care,
                    created_at: ctx.now,
                    replaced_at: None,
                };
                people::add_contact_point(tx, &point, &lookup)?;
                tx.record(
                    placet_domain::entry::Entry::new("contact_point.added")
                        .about(PersonId::from([number; 16])),
                );
            }
            Ok(())
        })
        .unwrap();
}

async fn launched(world: &World, marketing: &mut Browser<'_>) -> String {
    let (_, page) = followed(marketing, "/content", &SCRIPT).await;
    page.must_be_sound("/content/{id}");
    let version = page.between("/versions/", "/").to_owned();
    let preview = marketing.post("/content/preview", &SCRIPT).await;
    preview.must_say("calling from");
    preview.must_say("On a machine");
    followed(marketing, &format!("/versions/{version}/submissions"), &[]).await;
    let mut reviewer = world.browser("max", &[Role::Marketing]).await;
    let verdict = [("role", "marketing"), ("verdict", "approve"), ("note", "")];
    let path = format!("/versions/{version}/verdicts");
    followed(&mut reviewer, &path, &verdict).await;
    let boxes = [
        ("name", "Patients"),
        ("relationship", "patient"),
        ("act", "save"),
    ];
    let (audience, _) = followed(marketing, "/audiences", &boxes).await;
    let campaign = [
        ("name", "We moved"),
        ("version", version.as_str()),
        ("audience", audience.strip_prefix("/audiences/").unwrap()),
        ("purpose", "information"),
        ("pay", "none"),
    ];
    let (campaign, page) = followed(marketing, "/campaigns", &campaign).await;
    page.must_be_sound(&campaign);
    page.must_say("No number for calls is held.");
    page.must_say("who calls from call lists is not set");
    let mut it = world.browser("it", &[Role::It]).await;
    it.get("/settings/calls")
        .await
        .must_be_sound("/settings/calls");
    let page = it
        .post("/settings/calls", &[("role", "none"), ("phone", "x")])
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    followed(&mut it, "/settings/calls", &DESK).await;
    it.post("/settings/sending/arm", &[]).await;
    world.pass_minutes(2);
    let launch = [("confirm", "20")];
    let (_, page) = followed(marketing, &format!("{campaign}/launch"), &launch).await;
    page.must_say("Callers open one person at a time");
    campaign
}

/// From a script to what came of the calls, by forms.
#[tokio::test]
async fn s180_callers_open_one_person_at_a_time_and_say_what_came_of_it() {
    let world = World::new();
    arm(&world);
    add_people(&world, 22);
    add_numbers(&world, 20);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    marketing
        .get("/content/new?channel=voice_live")
        .await
        .must_be_sound("/content/new");
    let campaign = launched(&world, &mut marketing).await;
    let id = campaign.strip_prefix("/campaigns/").unwrap().to_owned();
    let mut caller = world.browser("cal", &[Role::Caller]).await;
    let page = caller.get("/calls").await;
    page.must_be_sound("/calls");
    page.must_say("Open the next person");
    page.must_say("National Do Not Call");
    caller.get("/").await.must_say("to be called now");
    // A caller sees nobody else and no campaign, and who plans campaigns calls nobody.
    for path in [campaign.as_str(), "/people", "/campaigns"] {
        assert_eq!(
            caller.get(path).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    let next = format!("/calls/lists/{id}/next");
    let (call, page) = followed(&mut caller, &next, &[]).await;
    page.must_be_sound("/calls/{id}");
    page.must_say("href=\"tel:+14195550");
    page.must_say("calling from Lakeview Hospital");
    page.must_say("216-555-0142");
    let again = caller.post(&next, &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    caller
        .get("/calls")
        .await
        .must_say("You have somebody open");

    let mut other = world.browser("kim", &[Role::Caller]).await;
    assert_eq!(other.get(&call).await.status, StatusCode::NOT_FOUND);
    let end = format!("{call}/end");
    for bad in [
        vec![("ended", ""), ("at", ""), ("words", "")],
        vec![("ended", "call_back"), ("at", ""), ("words", "")],
        vec![("ended", "call_back"), ("at", "soon"), ("words", "")],
    ] {
        let page = caller.post(&end, &bad).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.must_be_sound("/calls/{id}/end");
    }
    let said = [
        ("ended", "reached"),
        ("at", ""),
        ("words", "please stop calling me"),
    ];
    let (_, page) = followed(&mut caller, &end, &said).await;
    page.must_say("Wants no more calls");
    let (left, _) = followed(&mut caller, &next, &[]).await;
    world.pass_minutes(11);
    let page = caller.get(&left).await;
    page.must_say("The number is not shown");
    page.must_say("Ask again");
    let (_, page) = followed(&mut caller, &format!("{left}/decisions"), &[]).await;
    page.must_say("href=\"tel:");

    world.pass_minutes(70);
    let mut officer = world.browser("carla", &[Role::Compliance]).await;
    officer
        .get("/")
        .await
        .must_say("Opened by a caller, and not closed");
    let page = officer.get(&format!("{campaign}/calls")).await;
    page.must_be_sound("/campaigns/{id}/calls");
    page.must_say("Given");
    let told = [("ended", "not_called")];
    let (_, page) = followed(&mut officer, &format!("{left}/settle"), &told).await;
    page.must_say("it is known what came of it");
    officer.get(&campaign).await.must_be_sound(&campaign);
}

#[tokio::test]
async fn a_machine_calls_as_the_pages_do_and_takes_in_the_registry() {
    let world = World::new();
    arm(&world);
    add_people(&world, 22);
    add_numbers(&world, 20);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let campaign = launched(&world, &mut marketing).await;
    let id = campaign.strip_prefix("/campaigns/").unwrap().to_owned();
    let (caller, officer) = (
        world.token(&[Role::Caller]),
        world.token(&[Role::Compliance]),
    );
    let lists = world
        .api(&caller, "GET", "/api/v1/call-lists", "")
        .await
        .json();
    assert_eq!(lists["items"][0]["n_ready"], 20);
    let next = format!("/api/v1/call-lists/{id}/next");
    let opened = world.api(&caller, "POST", &next, "").await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    let call = opened.json()["call"].as_str().unwrap().to_owned();
    let of = |what: &str| format!("/api/v1/calls/{call}{what}");
    let shown = world.api(&caller, "GET", &of(""), "").await.json();
    assert!(shown["number"].as_str().unwrap().starts_with("+1419"));
    let held = format!("/api/v1/call-lists/{id}/held");
    let held = world.api(&officer, "GET", &held, "").await.json();
    assert_eq!(held["items"][0]["call"], call);
    let again = world.api(&caller, "POST", &of("/decisions"), "").await;
    assert_eq!(again.json()["outcome"], "permitted", "{}", again.text);
    let body = r#"{"ended": "no_answer"}"#;
    let ended = world.api(&caller, "POST", &of("/end"), body).await;
    assert_eq!(ended.json()["ended"], "no_answer", "{}", ended.text);
    let over = world.api(&officer, "POST", &of("/settle"), body).await;
    assert_eq!(over.status, StatusCode::CONFLICT, "{}", over.text);

    let body = r#"{"numbers": ["419,5550101", "x"], "as_of": "2026-03-01"}"#;
    let taken = world
        .api(&officer, "POST", "/api/v1/do-not-call", body)
        .await;
    assert_eq!(taken.json()["n_new"], 1, "{}", taken.text);
    let it = world.token(&[Role::It]);
    let set = world.api(&it, "GET", "/api/v1/settings", "").await;
    assert_eq!(set.json()["calls"]["name"], "Lake Call Center");
    let headers = [("if-match", set.header("etag"))];
    let body =
        r#"{"role": "none", "name": "Welcome desk", "country": "US", "phone": "2165550142"}"#;
    let page = world
        .api_with(&it, "PUT", "/api/v1/settings/calls", body, &headers)
        .await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
}
