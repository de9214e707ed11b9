//! When and how fast a campaign goes out, who agrees to its size, and the caps above all.

use axum::http::StatusCode;
use placet_domain::operator::Role;
use serde_json::json;

use crate::campaigns::{add_people, arm, planned};
use crate::harness::World;

/// Of the failures listed: a wrong filter that mails 230,000 instead of 7,200 without anyone
/// being asked.
#[tokio::test]
async fn a_plan_is_typed_shown_and_its_size_agreed_to_by_somebody_else() {
    let world = World::new();
    arm(&world);
    add_people(&world, 12);
    let mut marketing = world.browser("mara", &[Role::Marketing]).await;
    let path = planned(&world, &mut marketing).await;
    let token = world.token(&[Role::Marketing]);
    let api = format!("/api/v1{path}");
    let plan = json!({ "start": "now", "from": 0, "until": 24, "per_hour": 600, "expected": 1 });
    let page = world
        .api(&token, "PUT", &format!("{api}/plan"), &plan.to_string())
        .await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
    let page = marketing.get(&path).await;
    page.must_be_sound(&path);
    page.must_say("at most 600 an hour");
    page.must_say("A second person must agree to this size");
    let page = marketing
        .post(&format!("{path}/launch"), &[("confirm", "12")])
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("1 were expected");
    let mut second = world.browser("sam", &[Role::Compliance]).await;
    let agreed = second
        .post(&format!("{path}/confirm"), &[("number", "12")])
        .await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.text);
    marketing
        .get(&path)
        .await
        .must_say("A second person agreed to this size");
    let launched = marketing
        .post(&format!("{path}/launch"), &[("confirm", "12")])
        .await;
    assert_eq!(launched.status, StatusCode::SEE_OTHER, "{}", launched.text);
    let page = second.get(&path).await;
    page.must_be_sound(&path);
    page.must_say("End for good");
    second
        .post(&format!("{path}/pace"), &[("number", "60")])
        .await;
    second.get(&path).await.must_say("at most 60 an hour");
    second
        .post(&format!("{path}/end"), &[("why", "a wrong date")])
        .await;
    second.get(&path).await.must_say("Ended early");
    let read = world.api(&token, "GET", &api, "").await.json();
    assert_eq!(
        (&read["progress"], &read["plan"]["per_hour"]),
        (&json!("ended"), &json!(60))
    );
}

#[tokio::test]
async fn a_plan_that_cannot_be_kept_is_refused_beside_its_field() {
    let world = World::new();
    arm(&world);
    add_people(&world, 12);
    let mut marketing = world.browser("mara", &[Role::Marketing]).await;
    let path = planned(&world, &mut marketing).await;
    let edit = format!("{path}/edit");
    let form = marketing.get(&edit).await;
    form.must_be_sound(&edit);
    form.must_say("When and how fast");
    let token = world.token(&[Role::Marketing]);
    let api = format!("/api/v1{path}/plan");
    for (plan, field) in [
        (json!({ "start": "soon" }), "start"),
        (json!({ "start": "at" }), "at"),
        (json!({ "start": "now", "from": 9 }), "hours"),
        (json!({ "start": "now", "from": 9, "until": 12 }), "hours"),
    ] {
        let page = world.api(&token, "PUT", &api, &plan.to_string()).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{plan}");
        assert!(page.text.contains(field), "{}", page.text);
    }
}

/// S97: caps across all programmes, which no campaign can set aside.
#[tokio::test]
async fn s97_caps_are_set_once_for_everybody() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    let page = it.get("/settings/caps").await;
    page.must_be_sound("/settings/caps");
    let wrong = [("per_day", "0"), ("per_week", "many")];
    let page = it.post("/settings/caps", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("give a number from 1 to 10");
    it.post("/settings/caps", &[("per_day", "2"), ("per_week", "5")])
        .await;
    it.get("/settings").await.must_say("2 a day, 5 a week");
    let mut marketing = world.browser("mara", &[Role::Marketing]).await;
    let page = marketing
        .post("/settings/caps", &[("per_day", "9"), ("per_week", "9")])
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

/// Holding people out, by form and by API, and what came of it with an interval.
#[tokio::test]
async fn an_experiment_is_set_launched_and_compared() {
    let world = World::new();
    arm(&world);
    add_people(&world, 120);
    let mut marketing = world.browser("mara", &[Role::Marketing]).await;
    let path = planned(&world, &mut marketing).await;
    let page = marketing.get(&path).await;
    page.must_say("Compare versions, or hold people out");
    let wrong = marketing
        .post(&format!("{path}/split"), &[("held_out", "80")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let set = marketing
        .post(&format!("{path}/split"), &[("held_out", "50")])
        .await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.text);
    let page = marketing.get(&path).await;
    page.must_be_sound(&path);
    page.must_say("50 in a hundred get nothing");
    let launched = marketing
        .post(&format!("{path}/launch"), &[("confirm", "120")])
        .await;
    assert_eq!(launched.status, StatusCode::SEE_OTHER, "{}", launched.text);
    let token = world.token(&[Role::Marketing]);
    let api = format!("/api/v1{path}");
    let groups = world
        .api(&token, "GET", &format!("{api}/results"), "")
        .await
        .json();
    let sizes: Vec<u64> = (0..2).map(|at| groups[at]["n"].as_u64().unwrap()).collect();
    assert_eq!(sizes.iter().sum::<u64>(), 120);
    let told = marketing
        .post(&format!("{path}/outcomes"), &[("n0", "30"), ("n-1", "4")])
        .await;
    assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.text);
    let page = marketing.get(&path).await;
    page.must_be_sound(&path);
    page.must_say("What each group brought");
    page.must_say("Keep Version A as a measurement");
    let more = json!([{ "group": 0, "n": 31 }]).to_string();
    let page = world
        .api(&token, "POST", &format!("{api}/outcomes"), &more)
        .await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
    let again = json!({ "held_out": 10 }).to_string();
    let page = world
        .api(&token, "PUT", &format!("{api}/split"), &again)
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
}
