//! The rule book, house rules, simulation and replay, by page and by API.

use axum::http::StatusCode;
use placet_domain::operator::Role;

use crate::campaigns;
use crate::harness::World;
use crate::samples::add_person;

#[tokio::test]
async fn every_operator_reads_the_rules_searched_and_filtered() {
    let world = World::new();
    let mut clinical = world.browser("clara", &[Role::Clinical]).await;
    let page = clinical.get("/rules").await;
    page.must_be_sound("/rules");
    page.must_say("rules of placet");
    let page = clinical.get("/rules?q=quiet+hours+64.1200&area=tcpa").await;
    page.must_say("tcpa.quiet_hours");
    assert!(!page.text.contains("id=\"hipaa.mkt.def\""));
    let page = clinical.get("/rules?kind=hold&status=unverified").await;
    page.must_be_sound("/rules?kind=hold&status=unverified");
    page.must_say("state.other.mini_tcpa");
    clinical
        .get("/rules?q=zebra+crossing")
        .await
        .must_say("No rule fits");
    // Every page, and one past the last.
    for n in 1..=12 {
        let path = format!("/rules?page={n}");
        clinical.get(&path).await.must_be_sound(&path);
    }
    assert_eq!(clinical.get("/rules?page=99").await.status, StatusCode::OK);
}

/// A card says everything a lawyer asks of a rule, with examples both ways.
#[tokio::test]
async fn a_card_says_condition_dates_status_and_examples() {
    let world = World::new();
    let mut legal = world.browser("lena", &[Role::Legal]).await;
    let page = legal.get("/rules/tcpa.revoke.all_2027").await;
    page.must_be_sound("/rules/tcpa.revoke.all_2027");
    for words in [
        "One stop ends them all",
        "47 CFR 64.1200(a)(10)",
        "from 2027-01-31",
        "secondary source",
        "text_or_recorded",
        "Examples in which it stands in the way",
        "Words it uses",
    ] {
        page.must_say(words);
    }
    let page = legal.get("/rules/hipaa.mkt.exc.treatment").await;
    page.must_say("Examples in which it does not");
    legal
        .get("/rules/part2.engine")
        .await
        .must_say("unverified");
    assert_eq!(
        legal.get("/rules/no.such.rule").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn without_house_rules_the_page_teaches_how_to_write_some() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let page = auditor.get("/rules/difference").await;
    page.must_be_sound("/rules/difference");
    page.must_say("placet serve --pack DIR");
}

const HOUSE: &str = "[pack]\r\nid = \"house\"\r\nversion = \"1\"\r\nextends = \"placet\"\r\n\r\n[[rule]]\r\nid = \"house.ohio\"\r\ntitle = \"Not in Ohio\"\r\ncitation = [\"Policy 1\"]\r\nkind = \"forbid\"\r\nwhen = 'message && subject.residence == \"US-OH\"'\r\nsays = \"Not in Ohio.\"\r\nsource = \"T\"\r\n";

#[tokio::test]
async fn a_change_of_rules_says_whom_it_drops_and_hides_small_groups() {
    let world = World::new();
    campaigns::add_people(&world, 7);
    campaigns::arm(&world);
    let mut marketing = world.browser("maria", &[Role::Marketing]).await;
    let page = marketing.get("/rules/simulate").await;
    page.must_be_sound("/rules/simulate");
    let page = marketing.post("/rules/simulate", &[("pack", HOUSE)]).await;
    page.must_say("Nothing to ask about");

    campaigns::planned(&world, &mut marketing).await;
    let page = marketing.post("/rules/simulate", &[("pack", HOUSE)]).await;
    page.must_be_sound("/rules/simulate");
    page.must_say("house.ohio");
    page.must_say("fewer than 11");
    assert!(
        !page.text.contains("Given1"),
        "marketing sees no small group by name"
    );
    let page = marketing.post("/rules/simulate", &[("pack", "")]).await;
    page.must_say("Nobody is added or dropped");

    let mut compliance = world.browser("cleo", &[Role::Compliance]).await;
    let page = compliance.post("/rules/simulate", &[("pack", HOUSE)]).await;
    page.must_be_sound("/rules/simulate");
    page.must_say("Given1 Example");

    let page = marketing
        .post(
            "/rules/simulate",
            &[("pack", &HOUSE.replace("subject.residence", "subject.town"))],
        )
        .await;
    page.must_say("This pack cannot be loaded");
    page.must_say("house.toml:11:");
    let page = marketing
        .post(
            "/rules/simulate",
            &[("pack", &HOUSE.replace("\"forbid\"", "\"permit\""))],
        )
        .await;
    page.must_say("would loosen the law");
}

#[tokio::test]
async fn who_may_not_see_audiences_may_not_simulate() {
    let world = World::new();
    let mut clinical = world.browser("clara", &[Role::Clinical]).await;
    assert_eq!(
        clinical.get("/rules/simulate").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn decisions_are_replayed_by_page_and_api() {
    let world = World::new();
    let mut auditor = world.browser("auditor", &[Role::Auditor]).await;
    let page = auditor.get("/ledger/replay").await;
    page.must_be_sound("/ledger/replay");
    let page = auditor.post("/ledger/replay", &[]).await;
    page.must_be_sound("/ledger/replay");
    page.must_say("Every decision came out as it was stored");
    assert_eq!(
        auditor
            .post("/ledger/replay", &[("after", "x")])
            .await
            .status,
        StatusCode::NOT_FOUND
    );

    let token = world.token(&[Role::Auditor]);
    let found = world
        .api(&token, "POST", "/api/v1/ledger/replays", "{}")
        .await
        .json();
    assert_eq!(
        (&found["n_decisions"], &found["n_findings"]),
        (&0.into(), &0.into())
    );
    let page = world
        .api(
            &token,
            "POST",
            "/api/v1/ledger/replays",
            "{\"after\": \"x\"}",
        )
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_rules_are_read_and_tried_by_api() {
    let world = World::new();
    campaigns::add_people(&world, 7);
    campaigns::arm(&world);
    let mut marketing = world.browser("maria", &[Role::Marketing]).await;
    campaigns::planned(&world, &mut marketing).await;
    let token = world.token(&[Role::Marketing]);
    let listed = world
        .api(&token, "GET", "/api/v1/rules?limit=200", "")
        .await
        .json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 200);
    let next = listed["next"].as_str().unwrap();
    let rest = world
        .api(
            &token,
            "GET",
            &format!("/api/v1/rules?limit=200&after={next}"),
            "",
        )
        .await
        .json();
    let n = placet_policy::Engine::builtin().rules().len();
    assert_eq!(rest["items"].as_array().unwrap().len(), n - 200);
    let one = world
        .api(&token, "GET", "/api/v1/rules/tcpa.pewc", "")
        .await
        .json();
    assert_eq!(one["items"][0]["kind"], "require");
    assert!(!one["items"][0]["examples"].as_array().unwrap().is_empty());
    assert_eq!(
        world
            .api(&token, "GET", "/api/v1/rules/none", "")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    let none = world
        .api(&token, "GET", "/api/v1/rules/difference", "")
        .await
        .json();
    assert_eq!(none["added"].as_array().unwrap().len(), 0);

    let asked = serde_json::json!({ "pack": HOUSE }).to_string();
    let found = world
        .api(&token, "POST", "/api/v1/rules/simulations", &asked)
        .await
        .json();
    let one = &found["items"][0];
    assert!(
        one["n_dropped"].is_null() && one["n_after"].is_null(),
        "{found}"
    );
    assert!(one.get("dropped").is_none());
    let bad = serde_json::json!({ "pack": "[[rule]]" }).to_string();
    let page = world
        .api(&token, "POST", "/api/v1/rules/simulations", &bad)
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

/// The person's page says what each rule read, and what would change the answer.
#[tokio::test]
async fn an_explanation_says_what_would_change_it() {
    let world = World::new();
    campaigns::arm(&world);
    let person = add_person(&world, 3, "Ada", "Moss", "ada@example.org");
    let mut compliance = world.browser("cleo", &[Role::Compliance]).await;
    let page = compliance
        .get(&format!(
            "/people/{person}/explain?class=third_party_product"
        ))
        .await;
    page.must_be_sound("explain");
    for words in [
        "needs authorization",
        "What would change it",
        "What each rule read",
        "/rules/hipaa.auth.required.marketing",
    ] {
        page.must_say(words);
    }
    let token = world.token(&[Role::Compliance]);
    let asked = serde_json::json!({ "class": "third_party_product" }).to_string();
    let path = format!("/api/v1/people/{person}/explanations");
    let found = world.api(&token, "POST", &path, &asked).await.json();
    assert_eq!(found["outcome"], "needs_authorization");
    assert!(!found["changes"].as_array().unwrap().is_empty());
    assert!(found["rules"][0]["facts"].is_object());
}
