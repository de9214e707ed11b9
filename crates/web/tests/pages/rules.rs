//! Every route against every role: R16, "every route has a rule".

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use placet_domain::operator::{Capability, Role};
use placet_web::routes::{Route, Rule};

use crate::harness::{Page, World};
use crate::samples::add_person;

/// Routes that anybody may open. Whoever adds one says here that it is meant.
const OPEN: [&str; 10] = [
    "GET /api",
    "GET /api/openapi.json",
    "GET /assets/{file}",
    "GET /healthz",
    "GET /p/link",
    "GET /readyz",
    "GET /servers/{id}/jwks.json",
    "GET /sign-in",
    "POST /p/link",
    "POST /sign-in",
];

fn table() -> Vec<Route> {
    placet_web::routes().table().cloned().collect()
}

fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

/// An address of this route; nothing stands behind its ids.
fn address(route: &Route) -> String {
    let mut address = String::new();
    for part in route.path.split('/').skip(1) {
        address.push('/');
        match part {
            "{place}" | "{size}" | "{number}" => address.push('0'),
            part if part.starts_with('{') => address.push_str(&"0".repeat(32)),
            part => address.push_str(part),
        }
    }
    address
}

fn may(role: Role, rule: Rule) -> bool {
    rule.capabilities()
        .all(|capability| role.capabilities().contains(&capability))
}

fn is_closed(route: &&Route) -> bool {
    !matches!(
        route.rule,
        Rule::Public | Rule::SignedLink | Rule::SignedCall
    )
}

#[test]
fn no_route_stands_in_the_table_twice() {
    let mut seen = BTreeSet::new();
    for route in table() {
        assert!(seen.insert(name(&route)), "{}", name(&route));
    }
}

#[test]
fn only_these_routes_are_open_to_anybody() {
    let open = table()
        .into_iter()
        .filter(|route| route.rule == Rule::Public);
    let open: BTreeSet<String> = open.map(|route| name(&route)).collect();
    let meant: BTreeSet<String> = OPEN.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(open, meant);
}

#[test]
fn a_page_that_changes_something_is_no_get() {
    let writes = [
        Capability::WriteContent,
        Capability::ApproveContent,
        Capability::LaunchCampaigns,
        Capability::StopCampaigns,
        Capability::ResolveDeliveries,
    ];
    for route in table().iter().filter(|route| route.method == Method::GET) {
        let verb = route.path.rsplit('/').next().unwrap();
        let acts = [
            "launch", "stop", "resume", "approve", "submit", "arm", "disarm", "revoke",
        ];
        assert!(!acts.contains(&verb), "{} acts on GET", name(route));
        if let Rule::Needs(capability) = route.rule {
            // A form behind a writing capability is a page of its own, not the act.
            let is_form = verb == "new" || verb == "edit" || route.path.contains("preview");
            assert!(
                is_form || !writes.contains(&capability) || !route.is_api(),
                "{}",
                name(route)
            );
        }
    }
}

#[test]
fn the_people_of_a_group_are_for_those_who_may_see_both() {
    let table = table();
    let lists: Vec<&Route> = table
        .iter()
        .filter(|route| route.path.ends_with("/stopped"))
        .collect();
    assert_eq!(lists.len(), 2);
    for route in lists {
        assert!(may(Role::Compliance, route.rule), "{}", name(route));
        // The front desk finds people; who is in a campaign is not for it.
        assert!(!may(Role::Responder, route.rule), "{}", name(route));
        assert!(!may(Role::Marketing, route.rule), "{}", name(route));
    }
}

#[tokio::test]
async fn whoever_is_nobody_gets_nowhere() {
    let world = World::new();
    for route in table().iter().filter(is_closed) {
        let page = ask(&world, route, "", "").await;
        if route.is_api() {
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", name(route));
            assert_eq!(
                page.header("content-type"),
                "application/problem+json",
                "{}",
                name(route)
            );
            assert_eq!(page.header("www-authenticate"), "Bearer realm=\"placet\"");
        } else {
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", name(route));
            assert!(page.location().starts_with("/sign-in"), "{}", name(route));
        }
    }
}

#[tokio::test]
async fn every_role_gets_where_its_capabilities_lead_and_nowhere_else() {
    let world = World::new();
    for role in Role::ALL {
        let mut browser = world.browser(role.as_str(), &[role]).await;
        browser.get("/account").await;
        let token = world.token(&[role]);
        for route in table().iter().filter(is_closed) {
            let page = ask(&world, route, browser.cookie(), &token).await;
            check(route, role, &page);
        }
    }
}

#[track_caller]
fn check(route: &Route, role: Role, page: &Page) {
    let place = format!("{} as {}", name(route), role.as_str());
    assert!(
        !page.status.is_server_error(),
        "{place}: {} {}",
        page.status,
        page.text
    );
    let is_forbidden =
        page.status == StatusCode::FORBIDDEN && (page.text.contains("Your role may not do this"));
    assert_eq!(
        is_forbidden,
        !may(role, route.rule),
        "{place}: {} {}",
        page.status,
        page.text
    );
    assert_ne!(page.status, StatusCode::UNAUTHORIZED, "{place}");
    if page.status == StatusCode::OK && page.text.starts_with("<!DOCTYPE html>") {
        page.must_be_sound(&place);
    }
    // Nothing was sent with the token of a form, so nothing can have been done.
    if route.method == Method::POST && !route.is_api() {
        assert!(
            page.status.is_client_error(),
            "{place}: {} without a token",
            page.status
        );
    }
}

async fn ask(world: &World, route: &Route, cookie: &str, token: &str) -> Page {
    ask_at(world, route, &address(route), cookie, token).await
}

async fn ask_at(world: &World, route: &Route, address: &str, cookie: &str, token: &str) -> Page {
    let mut request = Request::builder().method(route.method.clone()).uri(address);
    if !cookie.is_empty() {
        request = request.header(header::COOKIE, cookie);
    }
    if route.is_api() {
        request = request.header(header::CONTENT_TYPE, "application/json");
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
    } else {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_rail_shows_a_role_what_it_may_use_and_no_more() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let page = auditor.get("/").await;
    page.must_say("href=\"/ledger\"");
    assert!(!page.text.contains("href=\"/people\""));
    assert!(!page.text.contains("href=\"/audiences\""));
    let mut responder = world.browser("responder", &[Role::Responder]).await;
    let page = responder.get("/").await;
    page.must_say("href=\"/people\"");
    assert!(!page.text.contains("href=\"/ledger\""));
}

#[tokio::test]
async fn a_role_taken_away_counts_from_the_next_page_on() {
    let world = World::new();
    let id = world.add_operator("ana", &[Role::Auditor]);
    let mut browser = world.nobody();
    browser.sign_in("ana", crate::harness::PASSWORD).await;
    assert_eq!(browser.get("/ledger").await.status, StatusCode::OK);
    let mut root = world.browser("root", &[Role::Administrator]).await;
    let path = format!("/settings/operators/{id}/roles");
    assert_eq!(
        root.post(&path, &[("roles", "clinical")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(browser.get("/ledger").await.status, StatusCode::FORBIDDEN);
}

/// R10: no unlogged read of a person's data, on any page and any address of the API.
#[tokio::test]
async fn whatever_names_a_person_leaves_an_entry() {
    let world = World::new();
    let person = add_person(&world, 3, "Ottoline", "Quillfeather", "otto@quill.example");
    let size = || {
        let read = |tx: &mut placet_store::Tx| placet_store::ledger::size(tx);
        world
            .store
            .read_blocking::<_, _, placet_store::StoreError>(read)
            .unwrap()
    };
    let mut n_named = 0;
    for role in Role::ALL {
        let browser = world.browser(role.as_str(), &[role]).await;
        let token = world.token(&[role]);
        for route in table().iter().filter(|route| route.method == Method::GET) {
            let before = size();
            let address = address(route).replace(&"0".repeat(32), &person.to_string());
            let page = ask_at(&world, route, &address, browser.cookie(), &token).await;
            let place = format!("{} as {}", name(route), role.as_str());
            let headers = format!("{:?}", page.headers);
            for word in ["Ottoline", "Quillfeather", "otto@quill"] {
                assert!(!headers.contains(word), "{place}: {headers}");
                if page.text.contains(word) {
                    n_named += 1;
                    assert!(
                        size() > before,
                        "{place} names a person and leaves no entry"
                    );
                    assert!(
                        role.capabilities().contains(&Capability::ViewPeople),
                        "{place}"
                    );
                }
            }
        }
    }
    assert!(n_named > 4, "some pages do name people: {n_named}");
}
