//! Signing in and out: who gets in, who does not, and what the answers give away.

use axum::http::{Method, StatusCode};
use placet_domain::operator::Role;
use placet_store::{StoreError, operators};

use crate::harness::{PASSWORD, World};

#[tokio::test]
async fn whoever_is_not_signed_in_lands_at_the_door_and_returns_to_the_page_they_wanted() {
    let world = World::new();
    world.add_operator("ana", &[Role::Auditor]);
    let mut browser = world.nobody();
    let page = browser.get("/account").await;
    assert_eq!(
        (page.status, page.location()),
        (StatusCode::SEE_OTHER, "/sign-in?next=/account")
    );
    browser
        .get("/sign-in?next=/account")
        .await
        .must_say("value=\"/account\"");
    let form = format!(
        "login=Ana&password={}&next=/account",
        PASSWORD.replace(' ', "+")
    );
    let page = browser
        .request(Method::POST, "/sign-in", Some(&form), &[])
        .await;
    assert_eq!(
        (page.status, page.location()),
        (StatusCode::SEE_OTHER, "/account")
    );
    browser.get("/account").await.must_say("Operator ana");
}

/// R17: no existence oracle in status, headers or bytes.
#[tokio::test]
async fn an_unknown_login_a_wrong_password_and_a_locked_login_get_the_same_bytes() {
    let world = World::new();
    world.add_operator("ana", &[Role::Auditor]);
    let mut seen = Vec::new();
    for login in ["ana", "nobody"] {
        for _ in 0..6 {
            let page = world.nobody().sign_in(login, "not the password").await;
            seen.push((page.status, page.headers, page.text));
        }
    }
    assert_eq!(seen[0].0, StatusCode::UNAUTHORIZED);
    assert!(
        seen.windows(2).all(|two| two[0] == two[1]),
        "an answer tells something"
    );
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits_and_then_works() {
    let world = World::new();
    world.add_operator("ana", &[Role::Auditor]);
    for _ in 0..5 {
        world.nobody().sign_in("ana", "wrong").await;
    }
    let page = world.nobody().sign_in("ana", PASSWORD).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    world.pass_minutes(2);
    let page = world.nobody().sign_in("ana", PASSWORD).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

/// `sec.auto_logoff`, 45 CFR 164.312(a)(2)(iii).
#[tokio::test]
async fn a_session_ends_after_fifteen_idle_minutes_and_after_twelve_hours_in_any_case() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Auditor]).await;
    for _ in 0..50 {
        world.pass_minutes(14);
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    }
    world.pass_minutes(16);
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
    browser.sign_in("ana", PASSWORD).await;
    for _ in 0..12 * 6 {
        browser.get("/account").await;
        world.pass_minutes(10);
    }
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_script_that_fetches_does_not_keep_a_session_alive() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Auditor]).await;
    let fetch = [("sec-fetch-mode", "cors")];
    world.pass_minutes(10);
    let page = browser.request(Method::GET, "/account", None, &fetch).await;
    assert_eq!(page.status, StatusCode::OK);
    world.pass_minutes(6);
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_cookie_with_a_later_minute_written_into_it_opens_nothing() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Auditor]).await;
    let parts: Vec<String> = browser.cookie().split('.').map(str::to_owned).collect();
    world.pass_minutes(20);
    let later = parts[1].parse::<i64>().unwrap() + 20 * 60;
    let forged = format!("{}.{later}.{}", parts[0], parts[2]);
    let page = world
        .nobody()
        .request(Method::GET, "/account", None, &[("cookie", &forged)])
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server_too() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Auditor]).await;
    let kept = browser.cookie().to_owned();
    let page = browser.post("/sign-out", &[]).await;
    assert_eq!(
        (page.status, page.location()),
        (StatusCode::SEE_OTHER, "/sign-in")
    );
    let page = world
        .nobody()
        .request(Method::GET, "/account", None, &[("cookie", &kept)])
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_without_the_token_or_from_elsewhere_is_refused() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Auditor]).await;
    let token = browser.csrf().await;
    let good = format!("csrf={token}");
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], StatusCode);
    #[rustfmt::skip] // A table.
    let table: [Row; 8] = [
        ("",       &[],                                                        StatusCode::FORBIDDEN),
        ("csrf=x", &[],                                                        StatusCode::FORBIDDEN),
        ("csrf=x", &[("sec-fetch-site", "same-origin")],                       StatusCode::FORBIDDEN),
        (&good,    &[("sec-fetch-site", "cross-site")],                        StatusCode::FORBIDDEN),
        (&good,    &[("sec-fetch-site", "same-site"), ("origin", "null")],     StatusCode::FORBIDDEN),
        (&good,    &[("origin", "https://evil.example")],                      StatusCode::FORBIDDEN),
        (&good,    &[("origin", "http://placet.test.evil.example")],           StatusCode::FORBIDDEN),
        // Browsers send this from our own pages, which ask for no referrer.
        (&good,    &[("sec-fetch-site", "same-origin"), ("origin", "null")],   StatusCode::SEE_OTHER),
    ];
    for (form, headers, status) in table {
        let page = browser
            .request(Method::POST, "/sign-out", Some(form), headers)
            .await;
        assert_eq!(page.status, status, "{form} {headers:?}");
    }
}

#[tokio::test]
async fn the_token_of_one_session_does_not_fit_another() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Auditor]).await;
    let mut ben = world.browser("ben", &[Role::Auditor]).await;
    let form = format!("csrf={}", ana.csrf().await);
    let page = ben
        .request(Method::POST, "/sign-out", Some(&form), &[])
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let world = World::at("https://placet.test");
    world.add_operator("ana", &[Role::Auditor]);
    let page = world.nobody().sign_in("ana", PASSWORD).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-placet="), "{cookie}");
    for word in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie} lacks {word}");
    }
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_works() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Auditor]).await;
    let again = "quite another set of words";
    let wrong = [
        ("current", "not it at all"),
        ("new", again),
        ("again", again),
    ];
    let page = browser.post("/account/password", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("this is not your password");
    let short = [("current", PASSWORD), ("new", "short"), ("again", "short")];
    browser
        .post("/account/password", &short)
        .await
        .must_say("at least 12 characters");
    let right = [("current", PASSWORD), ("new", again), ("again", again)];
    assert_eq!(
        browser.post("/account/password", &right).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        browser.sign_in("ana", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        browser.sign_in("ana", again).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn what_is_kept_of_a_failure_does_not_name_the_login() {
    let world = World::new();
    world.nobody().sign_in("nobody@example.org", "wrong").await;
    let entries = world
        .store
        .read(|tx| -> Result<_, StoreError> { placet_store::ledger::list_newest(tx, None, 10) })
        .await
        .unwrap();
    assert_eq!(entries[0].kind, "sign_in.refused");
    assert!(!String::from_utf8_lossy(&entries[0].body).contains("nobody"));
    let all = world
        .store
        .read(|tx| -> Result<_, StoreError> { operators::list(tx) })
        .await
        .unwrap();
    assert!(all.is_empty());
}

/// A session that somebody else has taken over cannot be used to guess the password.
#[tokio::test]
async fn wrong_passwords_inside_a_session_end_it() {
    let world = World::new();
    let mut browser = world.browser("ana", &[Role::Marketing]).await;
    let new = "a quite different one";
    for _ in 0..5 {
        let wrong = [("current", "guessed"), ("new", new), ("again", new)];
        let page = browser.post("/account/password", &wrong).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
    // Even the right one waits then.
    browser.sign_in("ana", PASSWORD).await;
    let right = [("current", PASSWORD), ("new", new), ("again", new)];
    let page = browser.post("/account/password", &right).await;
    page.must_say("there were too many tries");
    world.pass_minutes(2);
    let page = browser.post("/account/password", &right).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}
