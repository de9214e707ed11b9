//! The page behind a reviewer's signed link: reading takes the link, speaking the password too.

use axum::http::{Method, StatusCode};
use placet_app::approval::link::{self, ReviewLink};
use placet_app::{approval, content};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::id::{OperatorId, VersionId};
use placet_domain::operator::Role;
use placet_policy::Engine;
use placet_store::reviews;

use crate::harness::{Browser, PASSWORD, Page, World};

/// A text that waits for the doctor, and the doctor's link.
fn waiting(world: &World) -> (OperatorId, VersionId, String) {
    let doctor = world.add_operator("doctor", &[Role::Clinical, Role::Legal]);
    let class = ContentClass::Education;
    let draft = Draft {
        class,
        topic: class.topics()[0],
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        subject: "Sleep well".to_owned(),
        preheader: String::new(),
        body: "Hello {{first_name|there}}, go to bed at the same time.".to_owned(),
        text: String::new(),
    };
    let engine = Engine::builtin();
    let version = world
        .act(move |tx, ctx| {
            let first = content::create(tx, ctx, &engine, "Sleep letter", &draft)?;
            let mut newer = draft.clone();
            newer.body.push_str(" Walk in the morning.");
            let version = content::revise(tx, ctx, &engine, first.id, &newer)?;
            approval::submit(tx, ctx, &engine, version.id)?;
            Ok(version.id)
        })
        .unwrap();
    let link = ReviewLink {
        operator: doctor,
        version,
        role: Role::Clinical,
        issued_at: world.site.now(),
    };
    let keys = world.store.keys().clone();
    let token = world
        .store
        .read_blocking(move |tx| link::token(tx, &keys, &link))
        .unwrap();
    (doctor, version, format!("/r/{token}"))
}

async fn send(browser: &mut Browser<'_>, at: &str, fields: &[(&str, &str)]) -> Page {
    let form = serde_html_form::to_string(fields).unwrap();
    browser.request(Method::POST, at, Some(&form), &[]).await
}

#[tokio::test]
async fn a_reviewer_reads_by_the_link_and_approves_by_their_password() {
    let world = World::new();
    let (doctor, version, at) = waiting(&world);
    let mut phone = world.nobody();
    let page = phone.get(&at).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "Sleep letter",
        "Version 2, for ",
        "Clinical",
        "What changed since version 1",
        "Approve exactly this version",
    ] {
        page.must_say(part);
    }
    phone
        .get(&format!("{at}/preview"))
        .await
        .must_say("Hello Alex");
    let verdicts = format!("{at}/verdicts");
    let page = send(&mut phone, &verdicts, &[("verdict", "approve")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = [
        ("verdict", "return"),
        ("note", "Too long"),
        ("password", "not this one"),
    ];
    let page = send(&mut phone, &verdicts, &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("this is not your password");
    page.must_say("Too long");
    let remark = [
        ("field", "body"),
        ("quote", "go to bed"),
        ("remark", "Say when"),
        ("own_password", PASSWORD),
    ];
    let page = send(&mut phone, &format!("{at}/comments"), &remark).await;
    page.must_say("Your comment is made");
    phone.get(&at).await.must_say("Say when");
    let right = [
        ("verdict", "approve"),
        ("demand", "keeps"),
        ("words", "morning"),
        ("password", PASSWORD),
    ];
    let page = send(&mut phone, &verdicts, &right).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.must_say("You approved it");
    let given = world
        .store
        .read_blocking(move |tx| reviews::list_approvals(tx, version))
        .unwrap();
    assert_eq!(given[0].given_by, doctor.to_string());
    // The link has done its work, for its owner as for anybody.
    let page = phone.get(&at).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.must_say("opens nothing any more");
    let page = send(&mut phone, &verdicts, &right).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

/// What is forged, stale or of another reviewer gets the same bytes.
#[tokio::test]
async fn every_link_that_opens_nothing_gets_one_answer() {
    let world = World::new();
    let (_, _, at) = waiting(&world);
    let mut phone = world.nobody();
    let forged = format!("{}A", &at[..at.len() - 1]);
    let first = phone.get("/r/AAAA").await;
    assert_eq!(first.status, StatusCode::NOT_FOUND);
    let second = phone.get(&forged).await;
    world.pass_minutes(15 * 24 * 60);
    let third = phone.get(&at).await;
    for other in [second, third] {
        assert_eq!((other.status, &other.text), (first.status, &first.text));
    }
    let preview = phone.get(&format!("{at}/preview")).await;
    assert_eq!(preview.text, first.text);
}

#[tokio::test]
async fn guessing_locks_the_link_and_not_the_account() {
    let world = World::new();
    let (_, _, at) = waiting(&world);
    let mut phone = world.nobody();
    let verdicts = format!("{at}/verdicts");
    for _ in 0..5 {
        send(
            &mut phone,
            &verdicts,
            &[("verdict", "approve"), ("password", "a guess")],
        )
        .await;
    }
    let right = [("verdict", "approve"), ("password", PASSWORD)];
    let page = send(&mut phone, &verdicts, &right).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("too many tries");
    let page = phone.sign_in("doctor", PASSWORD).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    world.pass_minutes(20);
    let page = send(&mut world.nobody(), &verdicts, &right).await;
    page.must_say("You approved it");
}
