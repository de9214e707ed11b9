//! What every answer carries, and the pages around the pages.

use axum::http::{Method, StatusCode};
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::operator::Role;
use placet_store::Fault;

use crate::harness::World;

#[tokio::test]
async fn every_page_forbids_foreign_content_framing_and_keeping() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Auditor]).await;
    for path in ["/", "/sign-in", "/nothing", "/api/v1/whoami", "/healthz"] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(
            page.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert!(
            page.header("permissions-policy").contains("geolocation=()"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_a_page_loads_is_there_and_kept_for_ever() {
    let world = World::new();
    let page = world.nobody().get("/sign-in").await;
    let mut n_files = 0;
    for rest in page.text.split("\"/assets/").skip(1) {
        let path = format!("/assets/{}", rest.split('"').next().unwrap());
        let file = world.nobody().request(Method::GET, &path, None, &[]).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert!(file.header("cache-control").contains("immutable"), "{path}");
        assert!(file.text.len() < 40_000, "{path}");
        n_files += 1;
    }
    assert!(n_files >= 3);
    let gone = world
        .nobody()
        .request(Method::GET, "/assets/0-placet.css", None, &[])
        .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_without_a_page_says_where_to_go() {
    let world = World::new();
    let page = world
        .nobody()
        .request(Method::GET, "/nothing", None, &[])
        .await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.must_be_sound("/nothing");
    page.must_say("There is nothing here");
}

#[tokio::test]
async fn a_malformed_id_is_simply_not_there() {
    let world = World::new();
    let mut root = world.browser("root", &[Role::Administrator]).await;
    for id in [
        "x",
        "12",
        "../..",
        "%00",
        "zz000000000000000000000000000000",
    ] {
        let page = root.get(&format!("/settings/operators/{id}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{id}");
    }
}

/// R10: no act without record. What cannot be recorded is not done, and said to be not done.
#[tokio::test]
async fn while_nothing_can_be_recorded_nothing_is_done() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    let profile = [("strictness", "regulatory_floor")];
    for fault in [Fault::Full, Fault::Unavailable] {
        world.faults.plan(0, fault);
        let page = it.post("/settings/rules", &profile).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{fault:?}");
        assert_eq!(page.header("retry-after"), "2");
        page.must_be_sound("503");
        page.must_say("Nothing was changed.");
        it.get("/settings").await.must_say("Conservative");
    }
    world.faults.plan(0, Fault::Full);
    let mut late = world.nobody();
    let page = late.sign_in("it", crate::harness::PASSWORD).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(late.cookie().is_empty());
    assert_eq!(
        it.post("/settings/rules", &profile).await.status,
        StatusCode::SEE_OTHER
    );
}

/// R10: a proof about a person that cannot be recorded is not shown.
#[tokio::test]
async fn what_is_about_a_person_is_not_shown_when_the_look_cannot_be_recorded() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let person = PersonId::from([9; 16]);
    world
        .act(move |tx, _| {
            tx.record(Entry::new("consent.withdrawn").about(person));
            Ok(())
        })
        .unwrap();
    world.faults.plan(0, Fault::Unavailable);
    let page = auditor.get("/ledger/entries/2").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!page.text.contains(&person.to_string()));
}

#[tokio::test]
async fn today_teaches_each_role_its_first_step() {
    let world = World::new();
    for role in Role::ALL {
        let mut browser = world.browser(role.as_str(), &[role]).await;
        let page = browser.get("/").await;
        assert_eq!(page.status, StatusCode::OK);
        page.must_say("Today");
        if role != Role::Clinical {
            page.must_say("Nothing waits for you");
        }
    }
}

#[test]
fn every_pair_of_colours_used_for_text_is_readable() {
    // WCAG 2.2, 1.4.3: 4.5 to 1; 1.4.11 for the lines of fields and the focus: 3 to 1.
    let css = include_str!("../../assets/placet.css");
    let (light, rest) = css
        .split_once("@media (prefers-color-scheme: dark)")
        .unwrap();
    let dark = rest.split_once("*, *::before").unwrap().0;
    let text = [
        ("ink", "paper"),
        ("ink", "card"),
        ("ink", "sunk"),
        ("ink", "accent-wash"),
        ("ink-soft", "paper"),
        ("ink-soft", "card"),
        ("ink-soft", "sunk"),
        ("accent", "paper"),
        ("accent", "card"),
        ("accent", "sunk"),
        ("accent", "accent-wash"),
        ("accent-strong", "paper"),
        ("accent-ink", "accent"),
        ("accent-ink", "accent-strong"),
        ("good", "good-wash"),
        ("warn", "warn-wash"),
        ("bad", "bad-wash"),
        ("info", "info-wash"),
        ("ink", "good-wash"),
        ("ink", "warn-wash"),
        ("ink", "bad-wash"),
        ("ink", "info-wash"),
        ("accent", "good-wash"),
        ("accent", "warn-wash"),
        ("accent", "bad-wash"),
        ("accent", "info-wash"),
        ("bad", "card"),
        ("bad", "paper"),
        ("card", "bad"),
        ("ink-soft", "accent-wash"),
    ];
    let lines = [
        ("line-strong", "card"),
        ("line-strong", "paper"),
        ("focus", "paper"),
        ("focus", "card"),
        ("accent", "sunk"),
    ];
    for (name, theme) in [("light", light), ("dark", dark)] {
        for (pairs, least) in [(&text[..], 4.5), (&lines[..], 3.0)] {
            for (front, back) in pairs {
                let ratio = contrast(colour(theme, front), colour(theme, back));
                assert!(
                    ratio >= least,
                    "{name}: {front} on {back} is {ratio:.2}, needs {least}"
                );
            }
        }
    }
}

fn colour(theme: &str, name: &str) -> [f64; 3] {
    let value = theme
        .split_once(&format!("--{name}: #"))
        .unwrap_or_else(|| panic!("{name}"))
        .1;
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0)
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let linear = colour.map(|c| {
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// A form that is sent twice by two clicks, without script, is done once.
#[tokio::test]
async fn a_form_that_is_sent_twice_is_done_once() {
    let world = World::new();
    let mut browser = world.browser("mia", &[Role::Marketing]).await;
    let page = browser.get("/audiences/new").await;
    let token = page.between("name=\"csrf\" value=\"", "\"").to_owned();
    let once = page.between("name=\"once\" value=\"", "\"").to_owned();
    let sent = |name: &str| format!("csrf={token}&once={once}&name={name}&act=save");
    let headers = [
        ("origin", "http://placet.test"),
        ("sec-fetch-mode", "navigate"),
    ];
    let mut landed = Vec::new();
    for name in ["Neighbours", "Neighbours", "Friends"] {
        let body = sent(name);
        let page = browser
            .request(Method::POST, "/audiences", Some(&body), &headers)
            .await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        landed.push(page.location().to_owned());
    }
    assert_eq!(landed[0], landed[1]);
    assert_ne!(landed[0], landed[2], "what was changed is another form");
    let list = browser.get("/audiences").await;
    assert_eq!(list.text.matches(">Neighbours</a>").count(), 1);
    // A form that came back with an error is sent again once it is corrected, or as it was.
    for _ in 0..2 {
        let body = sent("");
        let page = browser
            .request(Method::POST, "/audiences", Some(&body), &headers)
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.must_say("Name: ");
    }
}
