//! Measure: a table is brought in, a question is asked, and what came out is shown and exported.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use placet_app::measure::answer::answer;
use placet_app::measure::run::{self, End};
use placet_domain::entry::Entry;
use placet_domain::id::WorkerId;
use placet_domain::operator::Role;
use placet_domain::person::Appointment;
use placet_store::people;
use serde_json::json;

use crate::campaigns::{add_people, planned};
use crate::harness::{Browser, Page, World};

/// 110 weeks in which search works and radio hardly does.
pub fn weekly() -> String {
    let mut text = "week,patients,search_spend,radio_spend\n".to_owned();
    let begin = jiff::civil::date(2024, 1, 1);
    for t in 0..110_i32 {
        let wobble = f64::from((t * 7919) % 101) / 50.0 - 1.0;
        let search = 1000.0 + 900.0 * (f64::from(t) * 0.7).sin();
        let radio = if t % 5 == 0 {
            800.0
        } else {
            100.0 + f64::from(t % 7)
        };
        let y = 200.0 + 90.0 * (search / 1500.0).tanh() + radio * 0.01 + 8.0 * wobble;
        let day = begin.saturating_add(jiff::Span::new().days(7 * t));
        text.push_str(&format!("{day},{},{search:.1},{radio}\n", y.round()));
    }
    text
}

const COSTS: &str = "month,channel,spend,patients,platform\n2026-01,search,9000,40,70\n\
    2026-02,search,9000,3,60\n2026-01,radio,5000,30,0\n2026-02,radio,5000,50,0\n";

/// Sends a file as a browser does.
pub async fn upload(world: &World, browser: &mut Browser<'_>, name: &str, file: &str) -> Page {
    let token = browser.csrf().await;
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{name}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{file}\r\n--x--\r\n"
    );
    let request = Request::builder()
        .method(Method::POST)
        .uri("/measure/data")
        .header("host", "placet.test")
        .header("origin", "http://placet.test")
        .header(header::COOKIE, browser.cookie())
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    world.send(request.body(Body::from(body)).unwrap()).await
}

fn id_of(page: &Page) -> String {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.location().rsplit('/').next().unwrap().to_owned()
}

/// Does what the worker of a process does, until nothing waits.
pub fn work_off(world: &World) {
    let lease = world.site.now() + jiff::SignedDuration::from_mins(1);
    while let Some(work) = world
        .act(move |tx, ctx| run::claim(tx, ctx, WorkerId::from([8; 16]), lease))
        .unwrap()
    {
        let id = work.run.id;
        let end = Arc::new(End::from(answer(&work, 2, &|_, _| true)));
        world
            .act(move |tx, ctx| run::end(tx, ctx, id, &end))
            .unwrap();
    }
}

/// Asks, answers, opens.
async fn asked(
    world: &World,
    browser: &mut Browser<'_>,
    fields: &[(&str, &str)],
) -> (String, Page) {
    let page = browser.post("/measure/runs", fields).await;
    let id = id_of(&page);
    let waiting = browser.get(&format!("/measure/runs/{id}")).await;
    waiting.must_say("Waits");
    waiting.must_say("data-refresh");
    work_off(world);
    let page = browser.get(&format!("/measure/runs/{id}")).await;
    (id, page)
}

/// S156 to S160: from an upload to a figure with its interval, its data and its date.
#[tokio::test]
async fn a_media_mix_is_uploaded_asked_read_planned_and_exported() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    ana.get("/measure")
        .await
        .must_say("Nothing is measured yet");
    let set = id_of(&upload(&world, &mut ana, "Weekly", &weekly()).await);
    ana.get(&format!("/measure/data/{set}"))
        .await
        .must_say("search_spend");
    let form = ana
        .get(&format!("/measure/new?question=mmm&dataset={set}"))
        .await;
    form.must_say("value=\"search_spend\" checked");
    let fields = [
        ("question", "mmm"),
        ("dataset", &set),
        ("date", "week"),
        ("outcome", "patients"),
        ("channels", "search_spend"),
        ("channels", "radio_spend"),
        ("draws", "200"),
        ("seed", "1"),
    ];
    let (id, page) = asked(&world, &mut ana, &fields).await;
    for words in [
        "Directional.",
        "90 % interval",
        "Data: Weekly, 2024-01-01 to 2026-02-02.",
        "Computed",
        "Cost of one",
        "What came",
        "Can the arithmetic be trusted?",
        "What was believed before",
        "<svg",
    ] {
        page.must_say(words);
    }

    let at = format!("/measure/runs/{id}");
    let plan = ana
        .get(&format!("{at}?budget=900&high.radio_spend=50"))
        .await;
    plan.must_say("Keep the plan");
    let none = ana
        .get(&format!("{at}?budget=900&low.radio_spend=2000"))
        .await;
    none.must_say("No such plan");
    let kept = [
        ("budget", "900"),
        ("low.radio_spend", ""),
        ("high.radio_spend", "50"),
        ("name", "Spring"),
    ];
    let kept = id_of(&ana.post(&format!("{at}/plans"), &kept).await);
    work_off(&world);
    let page = ana.get(&format!("/measure/runs/{kept}")).await;
    page.must_say("Spring");
    page.must_say("Goes by");

    let json = ana
        .request(Method::GET, &format!("{at}/result.json"), None, &[])
        .await;
    let json = json.json();
    assert_eq!(json["about"]["seed"], 1);
    assert_eq!(json["about"]["directional"], true);
    assert_eq!(json["about"]["data_sha256"].as_str().unwrap().len(), 64);
    assert!(json["result"]["report"]["channel"]["search_spend"].is_object());
    let csv = ana
        .request(Method::GET, &format!("{at}/result.csv"), None, &[])
        .await;
    assert!(csv.header("content-disposition").contains("mmm-"));
    csv.must_say("result,report.channel.search_spend.contribution_total.q50,");
}

#[tokio::test]
async fn every_question_is_asked_by_a_form_and_answered_on_a_page() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    let areas = id_of(&upload(&world, &mut ana, "Areas", &placet_testing::panel()).await);
    let weeks = id_of(&upload(&world, &mut ana, "Weekly", &weekly()).await);
    let costs = id_of(&upload(&world, &mut ana, "Costs", COSTS).await);
    for path in [
        format!("/measure/new?question=geo&dataset={areas}"),
        format!("/measure/new?question=power&dataset={areas}"),
        "/measure/new?question=power&by=people".to_owned(),
        format!("/measure/new?question=impact&dataset={weeks}"),
        "/measure/new?question=holdout".to_owned(),
        format!("/measure/new?question=cost&dataset={costs}"),
        "/measure/new".to_owned(),
    ] {
        assert_eq!(ana.get(&path).await.status, StatusCode::OK, "{path}");
    }
    let geo = [
        ("question", "geo"),
        ("dataset", &areas),
        ("region", "region"),
        ("date", "day"),
        ("outcome", "visits"),
        ("treated", "area 0"),
        ("treated", "area 1"),
        ("from", "2026-02-26"),
    ];
    let (_, page) = asked(&world, &mut ana, &geo).await;
    page.must_say("test begins");
    page.must_say("untreated sets did");
    let power = [
        ("question", "power"),
        ("dataset", &areas),
        ("region", "region"),
        ("date", "day"),
        ("outcome", "visits"),
        ("markets", "2"),
        ("durations", "7"),
    ];
    let (_, page) = asked(&world, &mut ana, &power).await;
    page.must_say("How often would a lift be noticed?");
    let people = [
        ("question", "power"),
        ("by", "people"),
        ("people", "20,000"),
        ("rate", "2"),
    ];
    let (_, page) = asked(&world, &mut ana, &people).await;
    page.must_say("How many to hold out");
    let impact = [
        ("question", "impact"),
        ("dataset", &weeks),
        ("date", "week"),
        ("outcome", "patients"),
        ("controls", "search_spend"),
        ("from", "2025-10-06"),
        ("draws", "300"),
    ];
    let (_, page) = asked(&world, &mut ana, &impact).await;
    page.must_say("Foreseen");
    page.must_say("95 % interval");
    let holdout = [
        ("question", "holdout"),
        ("treated", "2000"),
        ("treated_outcomes", "90"),
        ("held_out", "500"),
        ("held_out_outcomes", "14"),
    ];
    let (_, page) = asked(&world, &mut ana, &holdout).await;
    page.must_say("holds at every look");
    let cost = [
        ("question", "cost"),
        ("dataset", &costs),
        ("month", "month"),
        ("channel", "channel"),
        ("spend", "spend"),
        ("patients", "patients"),
        ("platform", "platform"),
    ];
    let (_, page) = asked(&world, &mut ana, &cost).await;
    page.must_say("hidden");
    let list = ana.get("/measure").await;
    list.must_say("Cost of a patient");
    let mix = [
        ("question", "mmm"),
        ("dataset", weeks.as_str()),
        ("date", "week"),
        ("outcome", "patients"),
        ("channels", "search_spend"),
        ("channels", "radio_spend"),
        ("draws", "100"),
    ];
    asked(&world, &mut ana, &mix).await;
    // S157: all of them side by side, with the reason why they differ.
    let page = ana.get("/measure/together").await;
    for words in [
        "The platform claims",
        "Why they differ",
        "Which one to believe",
        ">Markets<",
        ">Audience<",
        "Directional.",
    ] {
        page.must_say(words);
    }
}

/// S156: people stay out, and the page says why.
#[tokio::test]
async fn a_list_of_people_is_refused_with_its_column() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    let list: String = (0..20).map(|i| format!("p{i}@example.org,3\n")).collect();
    let page = upload(&world, &mut ana, "List", &format!("email,visits\n{list}")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_be_sound("/measure/data");
    page.must_say("points at one person");
    assert!(!page.text.contains("p1@example.org"));
    ana.get("/measure")
        .await
        .must_say("Nothing is measured yet");
}

#[tokio::test]
async fn thin_data_and_wrong_fields_are_refused_in_words() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    let few: String = weekly().lines().take(9).map(|l| format!("{l}\n")).collect();
    let set = id_of(&upload(&world, &mut ana, "Few", &few).await);
    let wrong = [
        ("question", "mmm"),
        ("dataset", &set),
        ("date", "week"),
        ("outcome", "patients"),
    ];
    let page = ana.post("/measure/runs", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_be_sound("/measure/runs");
    page.must_say("tick at least one column of spend");
    let fields = [
        ("question", "mmm"),
        ("dataset", &set),
        ("date", "week"),
        ("outcome", "patients"),
        ("channels", "search_spend"),
    ];
    let (_, page) = asked(&world, &mut ana, &fields).await;
    page.must_say("The data cannot carry this question");
}

#[tokio::test]
async fn a_run_is_stopped_run_again_and_its_data_destroyed() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    let holdout = [
        ("question", "holdout"),
        ("treated", "2000"),
        ("treated_outcomes", "90"),
        ("held_out", "500"),
        ("held_out_outcomes", "14"),
    ];
    let id = id_of(&ana.post("/measure/runs", &holdout).await);
    let at = format!("/measure/runs/{id}");
    ana.post(&format!("{at}/stop"), &[]).await;
    let page = ana.get(&at).await;
    page.must_say("Stopped");
    let next = id_of(&ana.post(&format!("{at}/again"), &[]).await);
    work_off(&world);
    ana.get(&format!("/measure/runs/{next}"))
        .await
        .must_say("What it added");
    let set = id_of(&upload(&world, &mut ana, "Weekly", &weekly()).await);
    ana.post(&format!("/measure/data/{set}/remove"), &[]).await;
    ana.get(&format!("/measure/data/{set}"))
        .await
        .must_say("The content was destroyed");
    let page = ana
        .get(&format!("/measure/new?question=mmm&dataset={set}"))
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
}

/// S4: what was measured stands on the campaign that caused it.
#[tokio::test]
async fn s4_a_result_attaches_to_its_campaign() {
    let world = World::new();
    add_people(&world, 12);
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    planned(&world, &mut ana).await;
    let list = ana.get("/campaigns").await;
    let campaign = list
        .between("scope=\"row\"><a href=\"/campaigns/", "\"")
        .to_owned();
    let at = format!("/campaigns/{campaign}");
    ana.get(&at)
        .await
        .must_say("Nothing measures this campaign yet");
    let holdout = [
        ("question", "holdout"),
        ("treated", "2000"),
        ("treated_outcomes", "90"),
        ("held_out", "500"),
        ("held_out_outcomes", "14"),
        ("campaign", &campaign),
        ("name", "Did it work?"),
    ];
    let (id, page) = asked(&world, &mut ana, &holdout).await;
    page.must_say("It does not");
    ana.get(&at).await.must_say("Did it work?");
    let other = [("campaign", campaign.as_str()), ("kind", "detached")];
    ana.post(&format!("/measure/runs/{id}/campaigns"), &other)
        .await;
    ana.get(&at)
        .await
        .must_say("Nothing measures this campaign yet");
}

#[tokio::test]
async fn whoever_only_reads_sees_results_and_no_buttons() {
    let world = World::new();
    world
        .act(|tx, _| {
            tx.record(Entry::new("test"));
            Ok(())
        })
        .unwrap();
    let mut auditor = world.browser("aud", &[Role::Auditor]).await;
    let page = auditor.get("/measure").await;
    page.must_say("Marketing can upload data");
    assert!(!page.text.contains("New measurement"));
    let mut it = world.browser("it", &[Role::It]).await;
    assert_eq!(it.get("/measure").await.status, StatusCode::FORBIDDEN);
}

/// The same by the API: brought in, asked, answered, attached, destroyed.
#[tokio::test]
async fn a_machine_measures_by_the_api() {
    let world = World::new();
    let token = world.token(&[Role::Marketing]);
    let new = json!({ "name": "Weekly", "csv": weekly() });
    let page = world
        .api(&token, "POST", "/api/v1/measure/data", &new.to_string())
        .await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    let set = page.json()["id"].as_str().unwrap().to_owned();
    let people = json!({ "name": "List", "csv": "mrn,visits\n1,2\n" });
    let page = world
        .api(&token, "POST", "/api/v1/measure/data", &people.to_string())
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = json!({
        "dataset": set,
        "ask": { "question": "mmm", "date": "week", "outcome": "patients",
                 "channels": ["search_spend"], "draws": 100 },
    });
    let page = world
        .api(&token, "POST", "/api/v1/measure/runs", &asked.to_string())
        .await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    let id = page.json()["id"].as_str().unwrap().to_owned();
    let at = format!("/api/v1/measure/runs/{id}");
    assert_eq!(
        world.api(&token, "GET", &at, "").await.json()["stands_at"],
        "waiting"
    );
    let none = world.api(&token, "GET", &format!("{at}/result"), "").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    work_off(&world);
    assert_eq!(
        world.api(&token, "GET", &at, "").await.json()["stands_at"],
        "done"
    );
    let result = world
        .api(&token, "GET", &format!("{at}/result"), "")
        .await
        .json();
    assert!(result["result"]["report"]["channel"]["search_spend"].is_object());
    assert_eq!(result["about"]["seed"], 1);
    let again = world.api(&token, "POST", &format!("{at}/again"), "").await;
    assert_eq!(again.status, StatusCode::CREATED);
    let next = again.json()["id"].as_str().unwrap().to_owned();
    let stop = format!("/api/v1/measure/runs/{next}/stop");
    assert_eq!(
        world.api(&token, "POST", &stop, "").await.json()["stands_at"],
        "stopped"
    );
    let gone = world
        .api(&token, "DELETE", &format!("/api/v1/measure/data/{set}"), "")
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let list = world
        .api(&token, "GET", "/api/v1/measure/data", "")
        .await
        .json();
    assert!(list["items"][0]["removed_at"].is_string());
    let wrong = json!({ "ask": { "question": "holdout" } });
    let page = world
        .api(&token, "POST", "/api/v1/measure/runs", &wrong.to_string())
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// How small a count may be shown is the organization's to decide, by page and API.
#[tokio::test]
async fn the_smallest_count_is_set_by_page_and_api() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    it.get("/settings/counts").await.must_say("value=\"11\"");
    let wrong = it.post("/settings/counts", &[("smallest_cell", "2")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let few = [
        ("smallest_cell", "20"),
        ("audience_budget", "500"),
        ("house_budget", "5,000"),
    ];
    it.post("/settings/counts", &few).await;
    it.get("/settings/counts").await.must_say("value=\"20\"");
    let token = world.token(&[Role::It]);
    let body = json!({ "smallest_cell": 25 }).to_string();
    let page = world
        .api(&token, "PUT", "/api/v1/settings/counts", &body)
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let page = world
        .api(&token, "GET", "/api/v1/settings/counts", "")
        .await;
    assert_eq!(page.json()["smallest_cell"], 25);
    assert_eq!(page.json()["audience_budget"], 500);
}

/// An audience is counted with noise by page and API, once for each question, until the budget ends.
#[tokio::test]
async fn a_noisy_count_spends_once_and_is_refused_over_the_budget() {
    let world = World::new();
    add_people(&world, 12);
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    ana.get("/measure/counts")
        .await
        .must_say("No audience to count");
    let audience = world
        .act(|tx, ctx| {
            let filter = placet_domain::audience::Filter::default();
            Ok(placet_app::audience::create(tx, ctx, "Everybody", filter)?.id)
        })
        .unwrap()
        .to_string();
    let form = ana.get("/measure/counts").await;
    form.must_say("right to within");
    let fields = [
        ("audience", audience.as_str()),
        ("counted", "people"),
        ("cost", "900"),
    ];
    let first = ana.post("/measure/counts", &fields).await;
    let at = first.location();
    ana.get(at).await.must_say("of the budget of");
    let second = ana.post("/measure/counts", &fields).await;
    assert_eq!(second.location(), format!("{at}?before=1"));
    ana.get(second.location()).await.must_say("Asked before");

    let booked = [
        ("audience", audience.as_str()),
        ("counted", "booked"),
        ("cost", "500"),
        ("from", "2026-01-01"),
        ("to", "2026-01-31"),
    ];
    let refused = ana.post("/measure/counts", &booked).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.must_say("budget does not reach");
    refused.must_say("begin anew");
    let unsaid = [
        ("audience", audience.as_str()),
        ("counted", "booked"),
        ("cost", "50"),
    ];
    ana.post("/measure/counts", &unsaid)
        .await
        .must_say("give a day");

    let token = world.token(&[Role::Marketing]);
    let body = json!({ "audience": audience, "counted": "people", "cost": 100 }).to_string();
    let same = world
        .api(&token, "POST", "/api/v1/measure/counts", &body)
        .await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.text);
    let id = same.json()["id"].as_str().unwrap().to_owned();
    assert!(at.ends_with(&id));
    let dear = json!({ "audience": audience, "counted": "people", "cost": 2000 }).to_string();
    let refused = world
        .api(&token, "POST", "/api/v1/measure/counts", &dear)
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let shown = world
        .api(&token, "GET", &format!("/api/v1/measure/counts/{id}"), "")
        .await;
    assert_eq!(shown.json()["cost"], 900);
    let list = world.api(&token, "GET", "/api/v1/measure/counts", "").await;
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
    let left = world
        .api(&token, "GET", "/api/v1/measure/budgets", "")
        .await;
    assert_eq!(left.json()["items"][0]["left_of_audience"], 100);
    let kinds = crate::people::kinds(&world);
    for kind in [
        "measure.counted",
        "measure.count_repeated",
        "measure.count_refused",
    ] {
        assert!(kinds.iter().any(|one| one == kind), "{kind}");
    }
}

/// S110: volume and media by region, asked by a form, shown with intervals, exported.
#[tokio::test]
async fn s110_regions_are_measured_by_page() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    let set = id_of(&upload(&world, &mut ana, "Regions", &placet_testing::regions()).await);
    let form = ana
        .get(&format!("/measure/new?question=trend&dataset={set}"))
        .await;
    form.must_say("How many periods ahead?");
    let fields = [
        ("question", "trend"),
        ("dataset", set.as_str()),
        ("region", "region"),
        ("date", "week"),
        ("outcome", "visits"),
        ("ahead", "13"),
    ];
    let (id, page) = asked(&world, &mut ana, &fields).await;
    page.must_say("Volume changes by");
    page.must_say("The next 13 periods");
    page.must_say("Directional");
    page.must_be_sound(&format!("/measure/runs/{id}"));
    let csv = ana.get(&format!("/measure/runs/{id}/result.csv")).await;
    csv.must_say("regions.0.expected.0");

    let form = ana
        .get(&format!("/measure/new?question=regions&dataset={set}"))
        .await;
    form.must_say("People living in the region");
    let fields = [
        ("question", "regions"),
        ("dataset", set.as_str()),
        ("region", "region"),
        ("date", "week"),
        ("outcome", "visits"),
        ("channels", "spend"),
        ("max_lag", "2"),
        ("draws", "100"),
    ];
    let (id, page) = asked(&world, &mut ana, &fields).await;
    page.must_say("What each channel returned");
    page.must_say("Believed before");
    page.must_be_sound(&format!("/measure/runs/{id}"));
}

/// S161, S162: a campaign's own groups become a measurement by one button, and by the form.
#[tokio::test]
async fn s161_a_campaign_is_measured_by_its_own_groups() {
    let world = World::new();
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    let path = planned(&world, &mut ana).await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let fields = [
        ("question", "holdout"),
        ("own_counts", "yes"),
        ("campaign", id.as_str()),
        ("treated", ""),
        ("treated_outcomes", ""),
        ("held_out", ""),
        ("held_out_outcomes", ""),
    ];
    let refused = ana.post("/measure/runs", &fields).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    refused.must_say("held nobody out");
    let without = [("question", "holdout"), ("own_counts", "yes")];
    let page = ana.post("/measure/runs", &without).await;
    page.must_say("choose the campaign whose counts are taken");
}

/// So many people come on a day of the last quarter.
fn visits(world: &World, day: &'static str, n: u8) {
    world
        .act(move |tx, ctx| {
            for number in 1..=n {
                let visit = Appointment {
                    id: ctx.new_id(),
                    person: [number; 16].into(),
                    starts_at: format!("{day}T16:00:00Z").parse().unwrap(),
                    status: "fulfilled".to_owned(),
                    details: BTreeMap::new(),
                };
                people::put_appointment(tx, &visit, format!("{day} {number}").as_bytes())?;
            }
            tx.record(Entry::new("test"));
            Ok(())
        })
        .unwrap();
}

/// S165: our own records are counted by a form and by a machine; small counts stay inside.
#[tokio::test]
async fn our_own_records_become_a_table_to_measure_on() {
    let world = World::new();
    add_people(&world, 20);
    visits(&world, "2025-11-05", 14);
    let mut ana = world.browser("ana", &[Role::Marketing]).await;
    let form = ana.get("/measure/sums").await;
    form.must_say("2025-Q4");
    form.must_say("Counts from 1 to 10 are hidden");
    let fields = [
        ("name", "Visits"),
        ("counted", "bookings"),
        ("every", "week"),
        ("across", "all"),
        ("from", "2025-Q4"),
        ("to", "2025-Q4"),
    ];
    let page = ana.post("/measure/sums", &fields).await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    page.must_say("Measure on it");
    ana.get("/measure").await.must_say("Visits");
    let nothing = fields.map(|(name, value)| match name {
        "counted" => ("", ""),
        _ => (name, value),
    });
    let page = ana.post("/measure/sums", &nothing).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    visits(&world, "2025-11-19", 3);
    let page = ana.post("/measure/sums", &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("too small to show");

    let token = world.token(&[Role::Marketing]);
    let new = json!({ "name": "By month", "counted": ["bookings"], "every": "month",
        "across": "all", "from": "2025-Q4", "to": "2025-Q4" });
    let at = "/api/v1/measure/sums";
    let page = world.api(&token, "POST", at, &new.to_string()).await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
    let id = page.json()["id"].as_str().unwrap().to_owned();
    let set = format!("/api/v1/measure/data/{id}");
    let data = world.api(&token, "GET", &set, "").await.json();
    assert_eq!(data["columns"], json!(["month", "bookings"]));
    let mut small = new.clone();
    small["every"] = "week".into();
    let page = world.api(&token, "POST", at, &small.to_string()).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.text);
    let mut wrong = new;
    wrong["from"] = "last year".into();
    let page = world.api(&token, "POST", at, &wrong.to_string()).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}
