//! The ledger's pages: what happened is found, and its proof holds or is said not to.

use axum::http::StatusCode;
use placet_domain::entry::Entry;
use placet_domain::id::PersonId;
use placet_domain::operator::Role;
use placet_ledger::receipt::Receipt;

use crate::harness::World;

fn about_a_person(world: &World) -> PersonId {
    let person = PersonId::from([9; 16]);
    world
        .act(move |tx, _| {
            tx.record(
                Entry::new("consent.withdrawn")
                    .about(person)
                    .with("channel", "email"),
            );
            Ok(())
        })
        .unwrap();
    person
}

fn sign(world: &World) {
    world.store.checkpoint(world.site.now()).unwrap();
}

#[tokio::test]
async fn an_entry_is_opened_to_a_proof_that_holds() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    about_a_person(&world);
    auditor
        .get("/ledger/entries/2")
        .await
        .must_say("The proof is being made");
    sign(&world);
    let page = auditor.get("/ledger/entries/2").await;
    for words in [
        "Consent withdrawn",
        "Verified",
        "channel",
        "Leaf hash",
        "Step",
    ] {
        page.must_say(words);
    }
    let file = auditor.get("/ledger/entries/2/receipt").await;
    let receipt = Receipt::parse(&file.text).unwrap();
    receipt
        .verify(std::slice::from_ref(world.store.ledger_key()))
        .unwrap();
    assert!(
        file.header("content-disposition")
            .contains("entry-2.tlog-proof")
    );
}

/// S91: looking is logged, and the log can be read.
#[tokio::test]
async fn looking_at_what_is_about_a_person_leaves_an_entry() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let person = about_a_person(&world);
    let count = |page: &crate::harness::Page| page.text.matches("ledger.read").count();
    assert_eq!(count(&auditor.get("/ledger").await), 0);
    auditor.get("/ledger/entries/2").await;
    assert_eq!(count(&auditor.get("/ledger").await), 1);
    auditor
        .get(&format!("/ledger?person={person}"))
        .await
        .must_say("consent.withdrawn");
    assert_eq!(count(&auditor.get("/ledger").await), 2);
    auditor.get("/ledger/entries/0").await;
    assert_eq!(
        count(&auditor.get("/ledger").await),
        2,
        "an operator's entry is about no person"
    );
}

#[tokio::test]
async fn entries_are_found_by_kind_and_by_day_and_paged() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    for n in 0..60 {
        world.add_operator(&format!("operator{n}"), &[Role::Administrator]);
    }
    world.pass_minutes(48 * 60);
    about_a_person(&world);
    let mut auditor2 = world.nobody();
    auditor2.sign_in("auditor", crate::harness::PASSWORD).await;
    let page = auditor2.get("/ledger?kind=consent.withdrawn").await;
    assert_eq!(page.text.matches("scope=\"row\">").count(), 1);
    let page = auditor2.get("/ledger?until=2026-03-03").await;
    assert!(!page.text.contains("consent.withdrawn"));
    let next = page
        .between("rel=\"next\" href=\"", "\"")
        .replace("&amp;", "&");
    assert!(
        next.starts_with("/ledger?until=2026-03-03&after="),
        "{next}"
    );
    auditor2.get(&next).await.must_say("operator.signed_in");
    let page = auditor2.get("/ledger?place=5").await;
    assert_eq!(page.text.matches("scope=\"row\">").count(), 6);
    let page = auditor2.get("/ledger?kind=nothing.done").await;
    page.must_say("No entry fits");
    assert_eq!(
        auditor2.get("/ledger?until=soon").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        auditor.get("/ledger").await.status,
        StatusCode::SEE_OTHER,
        "idle for two days"
    );
}

#[tokio::test]
async fn two_checkpoints_are_shown_to_be_consistent() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    auditor
        .get("/ledger/checkpoints")
        .await
        .must_say("No checkpoint yet");
    sign(&world);
    about_a_person(&world);
    sign(&world);
    let page = auditor.get("/ledger/checkpoints").await;
    page.must_say("/ledger/consistency?old=2&amp;new=3");
    auditor
        .get("/ledger/consistency?old=2&new=3")
        .await
        .must_say("Consistent");
    auditor
        .get("/ledger/consistency?old=3&new=2")
        .await
        .must_say("smaller checkpoint first");
    auditor
        .get("/ledger/consistency?old=1&new=3")
        .await
        .must_say("no checkpoint of this size");
    auditor
        .get("/ledger/consistency")
        .await
        .must_say("Choose two");
    auditor
        .get("/ledger/checkpoints/2")
        .await
        .must_say("The signature holds");
    assert_eq!(
        auditor.get("/ledger/checkpoints/7").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_page_on_offline_checks_shows_the_public_key() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let key = world.store.ledger_key().to_string();
    auditor.get("/ledger/offline").await.must_say(&key);
}

#[tokio::test]
async fn the_api_gives_the_same_proofs() {
    let world = World::new();
    let token = world.token(&[Role::Legal]);
    about_a_person(&world);
    sign(&world);
    let entry = world
        .api(&token, "GET", "/api/v1/ledger/entries/2", "")
        .await
        .json();
    assert_eq!(entry["entry"]["kind"], "consent.withdrawn");
    let text = world
        .api(&token, "GET", "/api/v1/ledger/entries/2/receipt", "")
        .await
        .text;
    let key: placet_ledger::VerifyingKey = {
        let key = world
            .api(&token, "GET", "/api/v1/ledger/key", "")
            .await
            .json();
        key["verifier_key"].as_str().unwrap().parse().unwrap()
    };
    Receipt::parse(&text).unwrap().verify(&[key]).unwrap();
    let heads = world
        .api(&token, "GET", "/api/v1/ledger/checkpoints", "")
        .await
        .json();
    let size = heads["items"][0]["size"].as_u64().unwrap();
    let path = format!("/api/v1/ledger/consistency?old={size}&new={size}");
    assert_eq!(
        world.api(&token, "GET", &path, "").await.status,
        StatusCode::OK
    );
    let page = world
        .api(&token, "GET", "/api/v1/ledger/entries/99", "")
        .await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}
