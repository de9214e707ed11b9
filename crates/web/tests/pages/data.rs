//! Data: the detector, the catalogue, Safe Harbor, determinations, by page and by machine.

use axum::http::{Method, StatusCode};
use placet_app::data::catalogue;
use placet_app::{ActError, Ctx, flow};
use placet_domain::data::DraftSource;
use placet_domain::operator::{Actor, Role};
use placet_store::{StoreError, Tx, ledger};

use crate::harness::{Browser, Page, World};

/// The starter's flow from a source that compliance has signed.
pub fn open_source(tx: &mut Tx, ctx: &Ctx, code: &str) -> Result<(), ActError> {
    flow::add_starter(tx, ctx, code)?;
    sign_source(tx, ctx, code)
}

/// A source that compliance has signed, with what the flows from it list unless its elements are listed already.
pub fn sign_source(tx: &mut Tx, ctx: &Ctx, code: &str) -> Result<(), ActError> {
    let draft = DraftSource {
        code: code.to_owned(),
        title: "Health records".to_owned(),
        it_owner: "Integration".to_owned(),
        marketing_owner: "Outreach".to_owned(),
    };
    let source = catalogue::declare(tx, ctx, &draft)?;
    let held = catalogue::find(tx, source)?;
    let elements = match held.newest() {
        Some(newest) => newest.elements.clone(),
        None => flow::propose_elements(tx, code)?,
    };
    let version = catalogue::classify(tx, ctx, source, elements)?;
    let officer = Actor::Operator {
        id: [9; 16].into(),
        roles: [Role::Compliance].into(),
    };
    let officer = Ctx::new(ctx.now, officer, [9; 32]);
    catalogue::sign(tx, &officer, source, version.id, "")
}

/// A form with a file, as a browser sends it.
fn multipart(csrf: &str, title: &str, table: &str) -> String {
    let part = |head: &str, body: &str| {
        format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    };
    let file = r#"name="table"; filename="visits.csv""#;
    [
        part(r#"name="csrf""#, csrf),
        part(r#"name="title""#, title),
        part(file, table),
        "--x--\r\n".to_owned(),
    ]
    .concat()
}

const KIND: (&str, &str) = ("content-type", "multipart/form-data; boundary=x");

async fn send(browser: &mut Browser<'_>, form: &str) -> Page {
    let headers = [KIND, ("origin", "http://placet.test")];
    browser
        .request(Method::POST, "/data/safe-harbor", Some(form), &headers)
        .await
}

/// How many entries the ledger has, and the answers kept for repeats.
fn kept(world: &World) -> (usize, Vec<String>) {
    world
        .store
        .read_blocking::<_, _, StoreError>(|tx| {
            let rows = tx.list("select response from idempotency_keys", &[])?;
            let answers = rows.iter().map(|row| row.get::<String>(0));
            Ok((
                ledger::list_from(tx, 0, 100_000)?.len(),
                answers.collect::<Result<_, _>>()?,
            ))
        })
        .unwrap()
}

#[tokio::test]
async fn s68_a_text_is_tried_and_nothing_of_it_is_kept() {
    let world = World::new();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    browser
        .get("/data/detector")
        .await
        .must_say("not kept, not logged");
    browser.csrf().await;
    let before = kept(&world);
    let page = browser
        .post(
            "/data/detector",
            &[
                ("text", "Olivia Ramirez, MRN 8675309, is 94"),
                ("profile", "safe_harbor"),
            ],
        )
        .await;
    page.must_say("3 found");
    page.must_say("[NAME], MRN [MRN], is [AGE 90+]");
    page.must_say("<mark title=\"mrn\">8675309</mark>");
    assert_eq!(kept(&world), before, "no entry, so nothing was kept");

    let token = world.token(&[Role::It]);
    let asked = r#"{"texts":[{"id":"a","text":"Call Olivia Ramirez at 937-555-0142"}]}"#;
    let key = [("idempotency-key", "one")];
    let answer = world
        .api_with(&token, "POST", "/api/v1/data/scan", asked, &key)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let one = &answer.json()["items"][0];
    assert_eq!(one["redacted"], "Call [NAME] at [PHONE]");
    assert_eq!(one["spans"][1]["type"], "PHONE");
    assert!(!kept(&world).1.iter().any(|text| text.contains("PHONE")));
}

#[tokio::test]
async fn s67_a_source_is_declared_classified_and_signed_by_somebody_else() {
    let world = World::new();
    let mut it = world.browser("it", &[Role::It]).await;
    it.get("/data").await.must_say("No source yet");
    let bad = it
        .post("/data/sources", &[("code", "EHR!"), ("title", "Records")])
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = it
        .post(
            "/data/sources",
            &[
                ("code", "ehr"),
                ("title", "Health records"),
                ("it_owner", "Integration"),
                ("marketing_owner", "Outreach"),
            ],
        )
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let edit = made.location().to_owned();
    let wrong = it
        .post(&edit, &[("elements", "fhir Patient.id nonsense")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.must_say("line 1");
    let lines = "fhir Patient.name.family patient_contact\nhl7 PID-5.1 patient_contact\nfhir Appointment.start appointment";
    it.post(&edit, &[("elements", lines)]).await;
    it.get("/data")
        .await
        .must_say("Waits for compliance: no import");
    let show = edit.trim_end_matches("/elements").to_owned();
    let page = it.get(&show).await;
    page.must_say("Restricted");
    assert!(!page.text.contains("Sign version"), "IT does not sign");

    let mut officer = world.browser("officer", &[Role::Compliance]).await;
    let page = officer.get(&show).await;
    page.must_be_sound(&show);
    let id = page
        .between("name=\"classification\" value=\"", "\"")
        .to_owned();
    let signed = officer
        .post(
            &format!("{show}/sign"),
            &[("classification", &id), ("note", "Read with counsel")],
        )
        .await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);
    officer
        .get(&show)
        .await
        .must_say("Signed by Operator officer");
    let token = world.token(&[Role::Auditor]);
    let listed = world
        .api(&token, "GET", "/api/v1/data/sources", "")
        .await
        .json();
    assert_eq!(listed["items"][0]["may_be_used"], true);
    assert_eq!(
        listed["items"][0]["newest"]["elements"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn s73_a_table_is_uploaded_checked_and_signed() {
    let world = World::new();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let csrf = browser.csrf().await;
    let bad = multipart(
        &csrf,
        "Visits",
        "first name,birth date\nOlivia,1980-04-12\n",
    );
    let made = send(&mut browser, &bad).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let path = made.location().to_owned();
    let page = browser.get(&path).await;
    page.must_say("Identifiers left");
    page.must_be_sound(&path);
    assert!(!page.text.contains("Olivia"));
    let refused = browser.post(&format!("{path}/sign"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);

    let good = multipart(&csrf, "Counts", "year,state,visits\n2025,OH,40\n");
    let made = send(&mut browser, &good).await;
    let path = made.location().to_owned();
    browser.get(&path).await.must_say("Sign this check");
    browser.post(&format!("{path}/sign"), &[]).await;
    browser.get(&path).await.must_say("by Operator officer");

    let stale = multipart("00", "Counts", "year\n2025\n");
    let answer = send(&mut browser, &stale).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "another page's form");
    let empty = multipart(&csrf, "Counts", "");
    let answer = send(&mut browser, &empty).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);

    let token = world.token(&[Role::Compliance]);
    let body = r#"{"title":"By machine","table":"year,zip\n2025,03601\n"}"#;
    let made = world
        .api(&token, "POST", "/api/v1/data/safe-harbor", body)
        .await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let one = world
        .api(&token, "GET", &format!("/api/v1/data/safe-harbor/{id}"), "")
        .await
        .json();
    assert_eq!(one["meets"], false);
    assert_eq!(one["report"]["columns"][1]["name"], "zip");
}

#[tokio::test]
async fn s72_a_determination_is_put_on_file_with_its_end() {
    let world = World::new();
    let mut browser = world.browser("officer", &[Role::Compliance]).await;
    let form = |expires| {
        [
            ("title", "Visit counts"),
            ("expert", "A. Statistician"),
            ("qualification", "Disclosure control"),
            ("scope", "Visits by county"),
            ("opinion", "Risk under 0.04"),
            ("determined_on", "2026-01-10"),
            ("expires_on", expires),
        ]
    };
    let bad = browser
        .post("/data/determinations", &form("2030-01-01"))
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    bad.must_say("at most three years");
    let made = browser
        .post("/data/determinations", &form("2027-01-09"))
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let page = browser.get("/data/determinations").await;
    page.must_say("In force");
    page.must_be_sound("/data/determinations");
    let id = page.between("id=\"d-", "\"").to_owned();
    browser
        .post(
            &format!("/data/determinations/{id}/withdraw"),
            &[("reason", "New data")],
        )
        .await;
    browser
        .get("/data/determinations")
        .await
        .must_say("Withdrawn");
}
