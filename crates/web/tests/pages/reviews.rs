//! What the check of a text finds, and how long reviews take.

use axum::http::StatusCode;
use placet_domain::operator::Role;

use super::campaigns::{CONTENT, approved};
use super::harness::{Browser, World};

async fn saved(marketing: &mut Browser<'_>, class: &str, body: &str) -> String {
    let fields: Vec<(&str, &str)> = CONTENT
        .iter()
        .map(|(name, value)| match *name {
            "class" => ("class", class),
            "topic" if class == "education" => ("topic", "health_education"),
            "body" => ("body", body),
            _ => (*name, *value),
        })
        .collect();
    let page = marketing.post("/content", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let location = page.location().to_owned();
    let page = marketing.get(&location).await;
    format!("/versions/{}", page.between("/versions/", "/"))
}

#[tokio::test]
async fn s133_a_claim_is_named_and_goes_to_those_who_must_approve_it() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let body = "Open until eight.\r\nOur robot cures back pain.";
    let version = saved(&mut marketing, "operational", body).await;
    let page = marketing.get(&version).await;
    page.must_say("Clinical claim");
    page.must_say("line 2");
    page.must_say("its words ask for more");
    page.must_say("Compliance, Legal, Clinical");
    marketing.post(&format!("{version}/submissions"), &[]).await;
    marketing.get(&version).await.must_say("In review");

    let token = world.token(&[Role::Marketing]);
    let page = world
        .api(&token, "GET", &format!("/api/v1{version}"), "")
        .await;
    let told = page.json();
    assert_eq!(told["tier"], "clinical_claims");
    assert_eq!(told["findings"][0]["kind"], "clinical_claim");
    assert_eq!(told["findings"][0]["effect"], "raises");
}

/// E1: the page says what to leave out, and nothing is handed in.
#[tokio::test]
async fn e1_a_seal_is_refused_with_its_place() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let version = saved(&mut marketing, "education", "Our HIPAA compliant app.").await;
    let page = marketing.post(&format!("{version}/submissions"), &[]).await;
    assert_eq!(
        page.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        page.text
    );
    page.must_say("HIPAA compliant");
    page.must_say("leave it out");
    marketing.get(&version).await.must_say("Draft");
}

#[tokio::test]
async fn s145_the_time_that_reviews_take_is_shown_by_tier_and_step() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let page = marketing.get("/content/reviews").await;
    assert_eq!(page.status, StatusCode::OK);
    page.must_be_sound("/content/reviews");
    approved(&world, &mut marketing).await;
    let waiting = saved(&mut marketing, "operational", "We open at nine.").await;
    marketing.post(&format!("{waiting}/submissions"), &[]).await;
    world.pass_minutes(60 * 24 * 4);

    let token = world.token(&[Role::Marketing]);
    let told = world
        .api(&token, "GET", "/api/v1/reviews/figures", "")
        .await
        .json();
    let (operational, promotional) = (&told["items"][0], &told["items"][2]);
    assert_eq!(promotional["tier"], "promotional");
    assert_eq!(promotional["whole"]["count"], 1);
    assert_eq!(promotional["steps"][0]["taken"]["count"], 1);
    assert_eq!(operational["waiting"], 1);
    assert_eq!(operational["overdue"], 1);
    assert_eq!(operational["oldest_minutes"], 60 * 24 * 4);

    let mut marketing = world.browser("max", &[Role::Marketing]).await;
    marketing
        .get("/content/reviews")
        .await
        .must_say("1 overdue");
}

/// S143, S144: who is away, who stands in, and what is late, on the pages of those it concerns.
#[tokio::test]
async fn s144_a_deputy_is_named_and_what_is_late_is_told() {
    let world = World::new();
    let mut doctor = world.browser("doctor", &[Role::Clinical]).await;
    doctor.get("/absences").await.must_say("Nobody else holds");
    let nurse = world.add_operator("nurse", &[Role::Clinical]).to_string();
    let officer = world
        .add_operator("officer", &[Role::Compliance])
        .to_string();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let version = saved(&mut marketing, "education", "Drink water.").await;
    marketing.post(&format!("{version}/submissions"), &[]).await;

    doctor.get("/absences").await.must_say("Operator nurse");
    let days = [("from", "2026-03-03"), ("until", "2026-03-20")];
    let note = |deputy: &str| {
        [("deputy", deputy.to_owned())]
            .into_iter()
            .chain(days.map(|(name, value)| (name, value.to_owned())))
            .collect::<Vec<_>>()
    };
    let refused = note(&officer);
    let refused: Vec<_> = refused.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let page = doctor.post("/absences", &refused).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("does not hold the role Clinical");
    let fits = note(&nurse);
    let fits: Vec<_> = fits.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let page = doctor.post("/absences", &fits).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);

    // Ten days later: the sessions are over, the review is late.
    world.pass_minutes(60 * 24 * 10);
    let mut marketing = world.browser("max", &[Role::Marketing]).await;
    let today = marketing.get("/").await;
    today.must_say("Reviews that need a push");
    today.must_say("Operator doctor is away until");
    today.must_say("working days late");
    let mut nurse = world.nobody();
    nurse.sign_in("nurse", super::harness::PASSWORD).await;
    let today = nurse.get("/").await;
    today.must_say("You stand in for");
    today.must_say("Overdue");

    let token = world.token(&[Role::Marketing]);
    let told = world.api(&token, "GET", "/api/v1/reviews", "").await.json();
    assert_eq!(told["items"][0]["due_on"], "2026-03-05");
    assert_eq!(told["items"][0]["late_days"], 5);
    assert_eq!(
        told["items"][0]["waiting"][0]["away"][0]
            .as_str()
            .map(str::len),
        Some(32)
    );
    let absences = world
        .api(&token, "GET", "/api/v1/absences", "")
        .await
        .json();
    let id = absences["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/absences/{id}");
    let page = world.api(&token, "DELETE", &path, "").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let manager = world.token(&[Role::Administrator]);
    let page = world.api(&manager, "DELETE", &path, "").await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
}

/// S134 to S138, S142: the table and the holidays are settings, and no row can be left without
/// somebody who must approve.
#[tokio::test]
async fn s138_the_table_is_set_and_never_emptied() {
    let world = World::new();
    let mut admin = world.browser("ada", &[Role::Administrator]).await;
    let page = admin.get("/settings/review").await;
    page.must_say("Thanksgiving Day: fourth Thursday of November");
    page.must_say("26 Nov 2026");
    let at = "/settings/review/educational";
    admin.get(at).await.must_say("Must approve");
    let days = [("due_days", "2"), ("valid_days", "200")];
    let page = admin.post(at, &days).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("somebody must approve");
    let row = [
        ("approvers", "clinical"),
        ("approvers", "legal"),
        days[0],
        days[1],
    ];
    let page = admin.post(at, &row).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let page = admin
        .post(
            "/settings/review/holidays",
            &[("holidays", "Staff day: 2026-03-03\nx")],
        )
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("line 2");
    let page = admin
        .post(
            "/settings/review/holidays",
            &[("holidays", "Staff day: 2026-03-03")],
        )
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);

    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let version = saved(&mut marketing, "education", "Drink water.").await;
    marketing.post(&format!("{version}/submissions"), &[]).await;
    let page = marketing.get(&version).await;
    page.must_say("Clinical, Legal");
    page.must_say("5 Mar 2026");

    let token = world.token(&[Role::It, Role::Marketing]);
    let path = "/api/v1/reviews/table/clinical_claims";
    let body = |approvers: &str| {
        format!(
            "{{\"approvers\":{approvers},\"consulted\":[],\"informed\":[],\"due_days\":5,\"valid_days\":90}}"
        )
    };
    let page = world.api(&token, "PUT", path, &body("[]")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = world
        .api(&token, "PUT", path, &body("[\"compliance\",\"clinical\"]"))
        .await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
    let told = world
        .api(&token, "GET", "/api/v1/reviews/table", "")
        .await
        .json();
    assert_eq!(told["rows"][3]["valid_days"], 90);
    assert_eq!(told["holidays"][0], "Staff day: 2026-03-03");
}

/// S150: what is stale is locked until everybody who approved it says that it still is right.
#[tokio::test]
async fn s150_the_library_is_reviewed() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    marketing
        .get("/content/library")
        .await
        .must_say("Nothing is approved yet");
    approved(&world, &mut marketing).await;
    world.pass_minutes(60 * 24 * 400);
    for (login, role) in [("olivia", Role::Compliance), ("dorothy", Role::Clinical)] {
        let mut browser = world.browser(login, &[role]).await;
        let page = browser.get("/content/library").await;
        page.must_say("Locked");
        let action = format!("/versions/{}", page.between("action=\"/versions/", "\""));
        let page = browser.post(&action, &[("role", role.as_str())]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    }
    let token = world.token(&[Role::Marketing]);
    let told = world
        .api(&token, "GET", "/api/v1/reviews/library", "")
        .await
        .json();
    assert_eq!(told["items"][0]["is_locked"], false);
    assert_eq!(told["items"][0]["valid_until"], "2028-04-05");
}

/// Remarks stand with their words; a condition of an approval binds the next version.
#[tokio::test]
async fn remarks_are_anchored_and_conditions_bind() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let version = saved(&mut marketing, "education", "Drink water. Ask your doctor.").await;
    marketing.post(&format!("{version}/submissions"), &[]).await;
    let mut doctor = world.browser("dora", &[Role::Clinical]).await;
    let comments = format!("{version}/comments");
    let remark = |quote| [("field", "body"), ("quote", quote), ("remark", "How much?")];
    let page = doctor.post(&comments, &remark("Drink milk")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("do not stand in the body");
    let page = doctor.post(&comments, &remark("Drink water")).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let page = doctor.get(&version).await;
    page.must_say("<mark>Drink water</mark>");
    page.must_say("Approve on a condition");

    let verdict = [
        ("role", "clinical"),
        ("verdict", "approve"),
        ("demand", "keeps"),
        ("words", "ask your doctor"),
    ];
    let page = doctor.post(&format!("{version}/verdicts"), &verdict).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    doctor
        .get(&version)
        .await
        .must_say("Each later version meets them");

    let edit = format!("{version}/edit");
    let fields: Vec<(&str, &str)> = CONTENT
        .iter()
        .map(|(name, value)| match *name {
            "class" => ("class", "education"),
            "topic" => ("topic", "health_education"),
            "body" => ("body", "Drink milk."),
            _ => (*name, *value),
        })
        .collect();
    let page = marketing.post(&edit, &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let location = page.location().to_owned();
    let page = marketing.get(&location).await;
    page.must_say("These words are gone");
    page.must_say("Not met");
    let next = format!("/versions/{}", page.between("href=\"/versions/", "/edit"));
    let page = marketing.post(&format!("{next}/submissions"), &[]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("ask your doctor");
    let page = marketing.get(&location).await;
    let settle = format!("/comments/{}", page.between("action=\"/comments/", "\""));
    assert_eq!(
        marketing.post(&settle, &[]).await.status,
        StatusCode::SEE_OTHER
    );

    let token = world.token(&[Role::Clinical]);
    let told = world
        .api(&token, "GET", &format!("/api/v1{next}/comments"), "")
        .await
        .json();
    assert_eq!(told["items"][0]["offset"], 0);
    assert!(told["items"][0]["resolved_at"].is_string());
    let path = format!("/api/v1{location}/conditions").replace("/content/", "/contents/");
    let told = world.api(&token, "GET", &path, "").await.json();
    let id = told["items"][0]["id"].as_str().unwrap().to_owned();
    let page = world
        .api(&token, "DELETE", &format!("/api/v1/conditions/{id}"), "")
        .await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
}

/// S148, S149: a starter letter is approved once; then its blanks are filled in.
#[tokio::test]
async fn s148_a_template_is_filled_in_without_another_review() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let page = marketing.get("/content/starters").await;
    page.must_say("Invitation to a talk");
    page.must_say("Do not post");
    let page = marketing.post("/content/starters/heat", &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let location = page.location().to_owned();
    let page = marketing.get(&location).await;
    page.must_say("A template");
    let version = format!("/versions/{}", page.between("href=\"/versions/", "/edit"));
    let page = marketing.post(&format!("{version}/submissions"), &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let fill = format!("{version}/fill");
    let values = [
        ("name", "Cool rooms in July"),
        ("blank_place", "the library"),
        ("blank_from", "12:00"),
        ("blank_until", "18:00"),
    ];
    let page = marketing.post(&fill, &values).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("only an approved one");
    let mut doctor = world.browser("dora", &[Role::Clinical]).await;
    let verdict = [("role", "clinical"), ("verdict", "approve")];
    let page = doctor.post(&format!("{version}/verdicts"), &verdict).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);

    marketing.get(&fill).await.must_say("As 14:30.");
    let bad = [
        values[0],
        ("blank_place", "https://elsewhere.example"),
        values[2],
        values[3],
    ];
    let page = marketing.post(&fill, &bad).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("no links");
    let page = marketing.post(&fill, &values).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let page = marketing.get(page.location()).await;
    page.must_say("From a template");
    page.must_say("Approved");
    page.must_say("the library, from 12:00 PM to 6:00 PM");

    let token = world.token(&[Role::Marketing]);
    let body = "{\"name\":\"August\",\"values\":{\"place\":\"Hall 2\",\"from\":\"12:00\",\"until\":\"18:00\"}}";
    let path = format!("/api/v1{version}/fillings");
    let page = world.api(&token, "POST", &path, body).await;
    assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
}

/// A claim is approved once and recognised; taking it back reaches the texts that use it.
#[tokio::test]
async fn a_claim_of_the_library_is_recognised_on_the_page() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    marketing
        .get("/content/claims")
        .await
        .must_say("No claims yet");
    let claim = |text| {
        [
            ("text", text),
            ("evidence", "Register 12"),
            ("expires_on", "2026-12-31"),
        ]
    };
    let page = marketing
        .post("/content/claims", &claim("We open at nine."))
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("no claim is found in it");
    let page = marketing
        .post("/content/claims", &claim("Our robot cures back pain."))
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let at = page.location().to_owned();
    for (login, role) in [
        ("clara", Role::Compliance),
        ("leo", Role::Legal),
        ("nadia", Role::Clinical),
    ] {
        let mut browser = world.browser(login, &[role]).await;
        browser.get(&at).await.must_say("Approve as");
        let page = browser
            .post(&format!("{at}/approvals"), &[("role", role.as_str())])
            .await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    }
    let body = "Open until eight. Our robot cures back pain!";
    let version = saved(&mut marketing, "operational", body).await;
    let page = marketing.get(&version).await;
    page.must_say("Approved claim");
    let token = world.token(&[Role::Marketing, Role::Clinical]);
    let told = world
        .api(&token, "GET", &format!("/api/v1{version}"), "")
        .await
        .json();
    assert_eq!(told["tier"], "operational");
    let listed = world.api(&token, "GET", "/api/v1/claims", "").await.json();
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(listed["items"][0]["standing"], "in_force");
    let uses = world
        .api(&token, "GET", &format!("/api/v1/claims/{id}/uses"), "")
        .await
        .json();
    assert_eq!(uses["items"].as_array().unwrap().len(), 1);
    let page = world
        .api(
            &token,
            "POST",
            &format!("/api/v1/claims/{id}/withdrawals"),
            "",
        )
        .await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
    let told = world
        .api(&token, "GET", &format!("/api/v1{version}"), "")
        .await
        .json();
    assert_eq!(told["tier"], "clinical_claims");
    marketing.get(&at).await.must_say("not in force");
}

/// The text is looked at before it is saved: wide, at night, as plain text, and what is wrong.
#[tokio::test]
async fn a_draft_is_previewed_before_it_is_saved() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    marketing.get("/content/new").await.must_say("At night");
    let look = |view: &'static str, body: &'static str| {
        let mut fields: Vec<(&str, &str)> = CONTENT
            .iter()
            .map(|(name, value)| {
                if *name == "body" {
                    ("body", body)
                } else {
                    (*name, *value)
                }
            })
            .collect();
        fields.push(("view", view));
        fields
    };
    for (view, says) in [("wide", "Come by"), ("dark", "invert(1)"), ("text", "<pre")] {
        let page = marketing
            .post("/content/preview", &look(view, "Come by."))
            .await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        page.must_say(says);
        assert!(
            page.header("content-security-policy")
                .starts_with("sandbox;")
        );
    }
    let page = marketing
        .post("/content/preview", &look("wide", "{{nothing}}"))
        .await;
    page.must_say("This cannot be shown yet");
    marketing.get("/content").await.must_say("No content yet");
}
