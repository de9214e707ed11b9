//! Letters by pages and API: written, previewed on paper, put into a batch, downloaded, handed over.

use axum::http::StatusCode;
use placet_domain::channel::Channel;
use placet_domain::id::PersonId;
use placet_domain::operator::Role;
use placet_domain::person::{ContactPoint, Origin};
use placet_store::people;
use serde_json::json;

use crate::campaigns::{add_people, arm, followed};
use crate::harness::{Browser, World};

const LETTER: [(&str, &str); 9] = [
    ("name", "We moved"),
    ("channel", "postal"),
    ("format", "letter"),
    ("class", "operational"),
    ("topic", "services"),
    ("subject", "We moved"),
    ("preheader", ""),
    (
        "body",
        "Dear {{first_name|neighbor}},\n\nwe are open on **Saturday**.",
    ),
    ("text", ""),
];

const SHOP: [(&str, &str); 7] = [
    ("role", "mail_house"),
    ("name", "Lake Mail House"),
    ("baa", "yes"),
    ("country", "us"),
    ("return_name", ""),
    ("return_address", ""),
    ("removal_phone", "800-555-0142"),
];

fn with<'a>(fields: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let changed = |(n, v): &(&'a str, &'a str)| (*n, if *n == name { value } else { *v });
    fields.iter().map(changed).collect()
}

fn add_addresses(world: &World, n: u8) {
    world
        .act(move |tx, ctx| {
            for number in 1..=n {
                let address = format!("{number} Oak Street, Toledo, OH 43604");
                let lookup = people::address_lookup(tx, Channel::Postal, &address).unwrap();
                let point = ContactPoint {
                    id: ctx.new_id(),
                    person: PersonId::from([number; 16]),
                    channel: Channel::Postal,
                    address,
                    origin: Origin::Care,
                    created_at: ctx.now,
                    replaced_at: None,
                };
                people::add_contact_point(tx, &point, &lookup)?;
                tx.record(
                    placet_domain::entry::Entry::new("contact_point.added")
                        .about(PersonId::from([number; 16])),
                );
            }
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_letter_is_written_shown_on_paper_and_a_card_is_read_on_its_way() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    for path in [
        "/content/new?channel=postal&format=letter",
        "/content/new?channel=postal&format=postcard_6x9",
    ] {
        marketing.get(path).await.must_be_sound(path);
    }
    let preview = marketing.post("/content/preview", &LETTER).await;
    preview.must_say("<svg");
    preview.must_say("Saturday");
    preview.must_say("Alex Example");
    let (_, page) = followed(&mut marketing, "/content", &LETTER).await;
    page.must_be_sound("/content/{id}");
    let version = page.between("/versions/", "/").to_owned();
    let proof = marketing
        .get(&format!("/versions/{version}/proof.pdf"))
        .await;
    assert!(proof.text.starts_with("%PDF"));

    // E5: a card that names a treatment cannot be handed in.
    let mut card = with(&LETTER, "format", "postcard_6x9");
    card = with(&card, "subject", "Our therapy programme");
    let (_, page) = followed(&mut marketing, "/content", &card).await;
    page.must_say("Readable outside");
    let version = page.between("/versions/", "/").to_owned();
    let page = marketing
        .post(&format!("/versions/{version}/submissions"), &[])
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("FTC v. Cerebral");

    for (field, value, why) in [
        ("body", "Your {{diagnosis}}", "diagnosis"),
        (
            "body",
            "More: {{preferences_url}}",
            "nobody can follow a link on paper",
        ),
        ("body", "日本", "cannot be printed"),
        ("subject", &"a".repeat(91), "at most 90 characters"),
    ] {
        let page = marketing
            .post("/content", &with(&LETTER, field, value))
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
        page.must_say(why);
    }
}

async fn launched(world: &World, marketing: &mut Browser<'_>) -> String {
    let (_, page) = followed(marketing, "/content", &LETTER).await;
    let version = page.between("/versions/", "/").to_owned();
    followed(marketing, &format!("/versions/{version}/submissions"), &[]).await;
    let mut reviewer = world.browser("max", &[Role::Marketing]).await;
    let verdict = [("role", "marketing"), ("verdict", "approve"), ("note", "")];
    let path = format!("/versions/{version}/verdicts");
    followed(&mut reviewer, &path, &verdict).await;
    let boxes = [
        ("name", "Patients"),
        ("relationship", "patient"),
        ("act", "save"),
    ];
    let (audience, _) = followed(marketing, "/audiences", &boxes).await;
    let campaign = [
        ("name", "Saturday"),
        ("version", version.as_str()),
        ("audience", audience.strip_prefix("/audiences/").unwrap()),
        ("purpose", "information"),
        ("pay", "none"),
    ];
    let (campaign, page) = followed(marketing, "/campaigns", &campaign).await;
    page.must_be_sound(&campaign);
    page.must_say("No postal address is held.");
    page.must_say("who prints letters and cards is not set");
    let mut it = world.browser("it", &[Role::It]).await;
    it.get("/settings/print")
        .await
        .must_be_sound("/settings/print");
    let bad = with(&SHOP, "return_name", "Lakeview Oncology");
    let page = it.post("/settings/print", &bad).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("it tells of a department");
    followed(&mut it, "/settings/print", &SHOP).await;
    it.post("/settings/sending/arm", &[]).await;
    world.pass_minutes(2);
    let launch = [("confirm", "20")];
    let (_, page) = followed(marketing, &format!("{campaign}/launch"), &launch).await;
    page.must_say("Close a batch");
    campaign
}

/// From a launched letter to the printer, by forms.
#[tokio::test]
async fn s180_a_batch_is_closed_downloaded_and_handed_over_by_the_desk() {
    let world = World::new();
    arm(&world);
    add_people(&world, 22);
    add_addresses(&world, 20);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let campaign = launched(&world, &mut marketing).await;
    let close = [("most", "5000")];
    let (_, page) = followed(&mut marketing, &format!("{campaign}/batches"), &close).await;
    page.must_be_sound(&campaign);
    page.must_say("Ready to download");
    let mut desk = world.browser("dora", &[Role::Responder]).await;
    let page = desk.get("/print").await;
    page.must_be_sound("/print");
    // Ids begin with the time, so with a zero for long.
    let batch = format!("/print/0{}", page.between("href=\"/print/0", "\""));
    // Who plans campaigns sees no names.
    let forbidden = marketing.get(&format!("{batch}/pieces.pdf")).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);

    let page = desk.get(&batch).await;
    page.must_be_sound("/print/{id}");
    page.must_say("Download the pieces (PDF)");
    let pdf = desk.get(&format!("{batch}/pieces.pdf")).await;
    assert!(pdf.text.starts_with("%PDF"), "{}", pdf.status);
    assert!(pdf.header("content-disposition").contains("-r1.pdf"));
    world.pass_minutes(11);
    let late = desk.get(&format!("{batch}/addresses.csv")).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let (_, page) = followed(&mut desk, &format!("{batch}/decisions"), &[]).await;
    page.must_say("Nobody was held out.");
    desk.get(&format!("{batch}/pieces.pdf")).await;
    let list = desk.get(&format!("{batch}/addresses.csv")).await;
    assert_eq!(list.text.lines().count(), 21, "{}", list.text);
    let page = desk.get(&batch).await;
    page.must_be_sound("/print/{id}");
    page.must_say("Handed to the printer");
    let bad = [("revision", "2"), ("on", "2026-01-01")];
    let page = desk.post(&format!("{batch}/handover"), &bad).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let hand = [("revision", "2"), ("on", "2026-03-02")];
    let (_, page) = followed(&mut desk, &format!("{batch}/handover"), &hand).await;
    page.must_say("Handed to the printer on 2026-03-02");
    let again = desk.get(&format!("{batch}/pieces.pdf")).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    marketing.get(&campaign).await.must_be_sound(&campaign);

    let page = desk.get("/print/returns").await;
    page.must_be_sound("/print/returns");
    let code = list.text.lines().nth(3).unwrap().split(',').next().unwrap();
    let back = [("code", code), ("why", "moved")];
    let (_, page) = followed(&mut desk, "/print/returns", &back).await;
    page.must_say("Address closed");
    let page = desk
        .post("/print/returns", &[("code", "X"), ("why", "moved")])
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_machine_prints_as_the_pages_do() {
    let world = World::new();
    arm(&world);
    add_people(&world, 22);
    add_addresses(&world, 20);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let campaign = launched(&world, &mut marketing).await;
    let (planner, desk) = (
        world.token(&[Role::Marketing]),
        world.token(&[Role::Responder]),
    );
    let path = format!("/api/v1{campaign}/batches");
    let made = world.api(&planner, "POST", &path, r#"{"most": 7}"#).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.json()["n_pieces"], 7);
    let batch = made.json()["batch"].as_str().unwrap().to_owned();
    let of = |what: &str| format!("/api/v1/batches/{batch}{what}");
    let shown = world.api(&desk, "GET", &of(""), "").await.json();
    assert_eq!(
        (&shown["is_fresh"], &shown["revision"]),
        (&json!(true), &json!(1))
    );
    let pdf = world.api(&desk, "GET", &of("/pieces"), "").await;
    assert!(pdf.text.starts_with("%PDF"), "{}", pdf.status);
    let list = world.api(&desk, "GET", &of("/addresses"), "").await;
    assert_eq!(list.text.lines().count(), 8);
    let again = world.api(&desk, "POST", &of("/decisions"), "").await;
    assert_eq!(again.json()["n_pieces"], 7, "{}", again.text);
    let body = r#"{"revision": 1, "on": "2026-03-02"}"#;
    let page = world.api(&desk, "POST", &of("/handover"), body).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.text);
    let page = world.api(&desk, "POST", &of("/undo"), "").await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
    let all = world.api(&planner, "GET", &path, "").await.json();
    assert_eq!(all["items"][0]["is_undone"], true);
    let body = r#"{"code": "K7QF2-0001", "why": "moved"}"#;
    let page = world
        .api(&desk, "POST", "/api/v1/returned-pieces", body)
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);

    let it = world.token(&[Role::It]);
    let set = world.api(&it, "GET", "/api/v1/settings", "").await;
    assert_eq!(set.json()["print"]["name"], "Lake Mail House");
    let headers = [("if-match", set.header("etag"))];
    let body =
        r#"{"role": "none", "name": "Print room", "country": "US", "removal_phone": "8005550142"}"#;
    let page = world
        .api_with(&it, "PUT", "/api/v1/settings/print", body, &headers)
        .await;
    assert_eq!(page.status, StatusCode::NO_CONTENT, "{}", page.text);
}
