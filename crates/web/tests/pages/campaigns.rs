//! The path from a text to a launched campaign, by forms alone, and what each role sees of it.

use axum::http::StatusCode;
use placet_app::{content, settings};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::entry::Entry;
use placet_domain::id::{ContactPointId, PersonId};
use placet_domain::operator::{Actor, Role};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_domain::preference::Topic;
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};
use placet_store::people::{self, Source};

use crate::harness::{Browser, Page, World};

/// Patients with an e-mail address each.
pub fn add_people(world: &World, n: u8) {
    world
        .act(move |tx, ctx| {
            for number in 1..=n {
                let person = PersonId::from([number; 16]);
                let source = Source {
                    name: "test".into(),
                    reference: vec![number],
                    content_hash: vec![number],
                };
                let held = Person {
                    id: person,
                    relationship: Relationship::Patient,
                    residence: Some("US-OH".into()),
                    time_zone: Some("America/New_York".into()),
                    deceased_on: None,
                    flags: Default::default(),
                    identity: Identity {
                        given: format!("Given{number}"),
                        family: "Example".into(),
                        birth_date: Some("1960-02-28".parse().unwrap()),
                        ..Identity::default()
                    },
                };
                people::add(tx, &held, &source)?;
                let address = format!("p{number}@example.org");
                let lookup = people::address_lookup(tx, Channel::Email, &address).unwrap();
                let point = ContactPoint {
                    id: ContactPointId::from([number; 16]),
                    person,
                    channel: Channel::Email,
                    address,
                    origin: Origin::Care,
                    created_at: ctx.now,
                    replaced_at: None,
                };
                people::add_contact_point(tx, &point, &lookup)?;
            }
            tx.record(Entry::new("test"));
            Ok(())
        })
        .unwrap();
}

/// An organization and a carrier of its own; sending is armed.
pub fn arm(world: &World) {
    world
        .act(|tx, ctx| {
            let organization = Organization {
                name: "Lakeview Hospital".into(),
                postal_address: "1 Lake Street, Springfield".into(),
                actor: ActorKind::CoveredProvider,
                time_zone: "America/Chicago".into(),
            };
            let carrier = Carrier {
                host: "localhost".into(),
                port: 2525,
                tls: Tls::Off,
                role: VendorRole::None,
                is_baa_on_file: false,
                country: "US".into(),
            };
            settings::set_organization(tx, ctx, &organization)?;
            settings::set_carrier(tx, ctx, &carrier)?;
            settings::arm(tx, ctx)
        })
        .unwrap();
}

pub const CONTENT: [(&str, &str); 7] = [
    ("name", "Spring letter"),
    ("class", "own_service_information"),
    ("topic", "services"),
    ("subject", "Our new clinic"),
    ("preheader", "Opens in May"),
    (
        "body",
        "# Hello {{first_name|there}}\r\n\r\nThe clinic opens in May.",
    ),
    ("text", ""),
];

fn with<'a>(
    fields: &[(&'a str, &'a str)],
    name: &'a str,
    value: &'a str,
) -> Vec<(&'a str, &'a str)> {
    let others = fields.iter().filter(|(other, _)| *other != name);
    others.copied().chain([(name, value)]).collect()
}

/// The path of the page that a form led to.
pub async fn followed(
    browser: &mut Browser<'_>,
    path: &str,
    fields: &[(&str, &str)],
) -> (String, Page) {
    let page = browser.post(path, fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}: {}", page.text);
    let location = page.location().to_owned();
    let page = browser.get(&location).await;
    assert_eq!(page.status, StatusCode::OK, "{location}: {}", page.text);
    (location, page)
}

/// What the form on this page was opened on.
async fn seen(browser: &mut Browser<'_>, path: &str) -> String {
    let page = browser.get(path).await;
    page.between("name=\"seen\" value=\"", "\"").to_owned()
}

/// Writes, submits and approves a content; gives the version's path.
pub async fn approved(world: &World, marketing: &mut Browser<'_>) -> String {
    let (_, page) = followed(marketing, "/content", &CONTENT).await;
    let version = format!("/versions/{}", page.between("/versions/", "/"));
    let (_, page) = followed(marketing, &format!("{version}/submissions"), &[]).await;
    page.must_say("In review");
    page.must_say("somebody else gives the verdict");
    for (login, role) in [("cora", Role::Compliance), ("dora", Role::Clinical)] {
        let mut reviewer = world.browser(login, &[role]).await;
        let fields = [
            ("role", role.as_str()),
            ("verdict", "approve"),
            ("note", "as it should be"),
        ];
        followed(&mut reviewer, &format!("{version}/verdicts"), &fields).await;
    }
    version
}

/// A campaign to all patients that waits to be launched.
pub async fn planned(world: &World, marketing: &mut Browser<'_>) -> String {
    let version = approved(world, marketing).await;
    let boxes = [
        ("name", "Patients"),
        ("relationship", "patient"),
        ("act", "save"),
    ];
    let (audience, _) = followed(marketing, "/audiences", &boxes).await;
    let campaign = [
        ("name", "Spring"),
        ("version", version.strip_prefix("/versions/").unwrap()),
        ("audience", audience.strip_prefix("/audiences/").unwrap()),
        ("purpose", "own_service_announcement"),
        ("pay", "none"),
        ("payer", ""),
        ("amount", ""),
        ("sender_name", "Lakeview Hospital"),
        ("sender", "news@lakeview.example"),
    ];
    followed(marketing, "/campaigns", &campaign).await.0
}

/// Issue 2, steps 3 to 5, without script.
#[tokio::test]
async fn a_letter_is_written_approved_and_launched_by_forms() {
    let world = World::new();
    arm(&world);
    add_people(&world, 12);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    marketing.get("/content").await.must_say("No content yet");
    marketing
        .get("/audiences")
        .await
        .must_say("No audiences yet");
    marketing
        .get("/campaigns")
        .await
        .must_say("No campaigns yet");
    marketing
        .get("/content/new")
        .await
        .must_say("{{first_name}}");
    marketing
        .get("/campaigns/new")
        .await
        .must_say("Something is needed first");

    let version = approved(&world, &mut marketing).await;
    marketing.get(&version).await.must_say("Approved");
    marketing.get("/content").await.must_say("Spring letter");

    let boxes = [
        ("name", "Patients"),
        ("relationship", "patient"),
        ("has_email", "yes"),
        ("act", "save"),
    ];
    let count = with(&boxes, "act", "count");
    let page = marketing.post("/audiences", &count).await;
    page.must_be_sound("/audiences");
    page.must_say("<strong>about 10</strong> people");
    // Beside the filter, while it is edited: the part that the script takes over.
    page.must_say("data-live=\"found\"");
    page.must_say("Who of them may be written to with Spring letter");
    let (audience, page) = followed(&mut marketing, "/audiences", &boxes).await;
    page.must_say("relationship is Patient");
    page.must_say("Who of Patients may be written to with Spring letter");
    let edit = format!("{audience}/edit");
    let opened = seen(&mut marketing, &edit).await;
    let (id, _) = followed(&mut marketing, &edit, &with(&boxes, "seen", &opened)).await;
    assert_eq!(id, audience);
    marketing
        .get(&format!("{audience}/edit"))
        .await
        .must_say("checked");

    let campaign = [
        ("name", "Spring"),
        ("version", version.strip_prefix("/versions/").unwrap()),
        ("audience", audience.strip_prefix("/audiences/").unwrap()),
        ("purpose", "own_service_announcement"),
        ("pay", "none"),
        ("payer", ""),
        ("amount", ""),
        ("sender_name", "Lakeview Hospital"),
        ("sender", "news@lakeview.example"),
    ];
    marketing
        .get("/campaigns/new")
        .await
        .must_say("Lakeview Hospital");
    let unpaid = with(&campaign, "pay", "");
    let page = marketing.post("/campaigns", &unpaid).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_be_sound("/campaigns");
    page.must_say("say whether anybody pays for it");
    let (path, page) = followed(&mut marketing, "/campaigns", &campaign).await;
    page.must_say("Type the number to confirm");
    page.must_say("data-number=\"10\"");
    let edit = format!("{path}/edit");
    let opened = seen(&mut marketing, &edit).await;
    let again = with(&campaign, "name", "Spring, again");
    followed(&mut marketing, &edit, &with(&again, "seen", &opened)).await;

    let page = marketing
        .post(&format!("{path}/launch"), &[("confirm", "11")])
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("10 people would be written to now");
    // The page stays, with what was typed and the reason at its field.
    page.must_say("Waterfall");
    page.must_say("value=\"11\"");
    page.must_say("aria-invalid=\"true\"");
    let page = marketing
        .post(&format!("{path}/launch"), &[("confirm", "ten")])
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.must_say("type the number of people in digits");
    page.must_say("Waterfall");
    let (_, page) = followed(
        &mut marketing,
        &format!("{path}/launch"),
        &[("confirm", "12")],
    )
    .await;
    page.must_say("Sending");
    page.must_say("data-refresh=\"2\"");
    page.must_say("0 of 12");
    page.must_say("The launch as it was recorded");
    let page = marketing
        .get(&format!("{path}/deliveries?state=pending"))
        .await;
    page.must_say("Waiting (12)");
    assert!(
        !page.text.contains("/people/"),
        "marketing has no way to people"
    );
    marketing.get("/campaigns").await.must_say("Spring, again");

    let mut compliance = world.nobody();
    compliance.sign_in("cora", crate::harness::PASSWORD).await;
    let (_, page) = followed(
        &mut compliance,
        &format!("{path}/stop"),
        &[("reason", "a mistake")],
    )
    .await;
    page.must_say("Stopped");
    page.must_say("“a mistake”");
    let (_, page) = followed(
        &mut compliance,
        &format!("{path}/resume"),
        &[("reason", "")],
    )
    .await;
    page.must_say("Sending");
    let page = compliance
        .get(&format!("{path}/deliveries?state=pending"))
        .await;
    page.must_say("/people/");
    compliance
        .get(&format!("{path}/unknown"))
        .await
        .must_say("The fate of every delivery is known");
}

/// Issue 2, step 3: refused while writing, by name and reason; what was typed stays.
#[tokio::test]
async fn a_variable_that_is_not_permitted_is_refused_while_writing() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let fields = with(&CONTENT, "body", "First line\r\nfor your {{diagnosis}}");
    let page = marketing.post("/content", &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_be_sound("/content");
    page.must_say("line 2, column 10");
    page.must_say("{{diagnosis}}");
    page.must_say("hipaa.auth.required.marketing");
    page.must_say("45 CFR 164.508(a)(3)");
    page.must_say("for your {{diagnosis}}</textarea>");
    page.must_say("value=\"Our new clinic\"");
}

#[tokio::test]
async fn an_edit_is_a_new_version_and_is_compared_with_the_one_before() {
    let world = World::new();
    arm(&world);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let version = approved(&world, &mut marketing).await;
    let edited = with(
        &CONTENT,
        "body",
        "# Hello {{first_name|there}}\r\n\r\nThe clinic opens in June.",
    );
    let (content, page) = followed(&mut marketing, &format!("{version}/edit"), &edited).await;
    page.must_say("Version 2 of 2");
    page.must_say("Draft");
    let compare = page.between("href=\"/content/", "\"").to_owned();
    assert!(content.starts_with("/content/"));
    let compare = page
        .text
        .split("href=\"")
        .find(|part| part.contains("/compare?"))
        .map_or(compare, |part| {
            part.split('"').next().unwrap().replace("&amp;", "&")
        });
    let page = marketing.get(&compare).await;
    page.must_say("<del>May.</del>");
    page.must_say("<ins>June.</ins>");
    // Somebody who edits the old version is told.
    let late = marketing.post(&format!("{version}/edit"), &edited).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    late.must_say("look at it first");
    marketing
        .get(&version)
        .await
        .must_say("This is not the newest version");
    let (_, page) = followed(&mut marketing, &content, &[("name", "Another name")]).await;
    page.must_say("Another name");
}

/// Threat 7: the preview can do nothing and is framed by us alone.
#[tokio::test]
async fn a_preview_is_sandboxed() {
    let world = World::new();
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let (_, page) = followed(&mut marketing, "/content", &CONTENT).await;
    let preview = format!("/versions/{}/preview", page.between("/versions/", "/"));
    page.must_say("sandbox=\"\"");
    let page = marketing.get(&preview).await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy");
    for word in ["sandbox", "default-src 'none'", "frame-ancestors 'self'"] {
        assert!(policy.contains(word), "{policy}");
    }
    assert!(!policy.contains("script"), "{policy}");
    page.must_say("Hello Alex");
    page.must_say("The clinic opens in May.");
    page.must_say("Unsubscribe");
}

/// Threat 1: somebody without the right sees no small group, nor a way to subtract one.
#[tokio::test]
async fn small_groups_are_not_shown_to_marketing() {
    let world = World::new();
    arm(&world);
    add_people(&world, 5);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    let version = approved(&world, &mut marketing).await;
    let boxes = [
        ("name", "Patients"),
        ("relationship", "patient"),
        ("act", "save"),
    ];
    let (audience, page) = followed(&mut marketing, "/audiences", &boxes).await;
    page.must_say("fewer than 11");
    assert!(!page.text.contains("<strong>5</strong>"), "{}", page.text);
    let mut compliance = world.nobody();
    compliance.sign_in("cora", crate::harness::PASSWORD).await;
    compliance
        .get(&audience)
        .await
        .must_say("<strong>5</strong>");
    let campaign = [
        ("name", "Spring"),
        ("version", version.strip_prefix("/versions/").unwrap()),
        ("audience", audience.strip_prefix("/audiences/").unwrap()),
        ("purpose", "own_service_announcement"),
        ("pay", "none"),
        ("sender_name", "Lakeview Hospital"),
        ("sender", "news@lakeview.example"),
    ];
    let (path, page) = followed(&mut marketing, "/campaigns", &campaign).await;
    page.must_say("The group is too small");
    let page = marketing
        .post(&format!("{path}/launch"), &[("confirm", "5")])
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.must_say("fewer than 11 people");
}

/// S10 of the threats: opening a bar is a read of people's data and leaves its entries.
#[tokio::test]
async fn a_bar_opens_to_its_people_for_those_who_may() {
    let world = World::new();
    arm(&world);
    add_people(&world, 3);
    // A promotion needs an authorization that nobody here gave.
    let version = world
        .act(|tx, ctx| {
            let mut ctx = ctx.clone();
            ctx.actor = Actor::Operator {
                id: [1; 16].into(),
                roles: [Role::Marketing].into(),
            };
            let engine = placet_policy::Engine::builtin();
            let draft = Draft {
                class: ContentClass::OwnHealthProductPromo,
                topic: Topic::Services,
                channel: Channel::Email,
                format: placet_domain::content::Format::Plain,
                subject: "Offer".into(),
                preheader: String::new(),
                body: "Text".into(),
                text: String::new(),
            };
            let version = content::create(tx, &ctx, &engine, "Offer", &draft)?;
            placet_app::approval::submit(tx, &ctx, &engine, version.id)?;
            Ok(version.id)
        })
        .unwrap();
    let mut compliance = world.browser("cora", &[Role::Compliance]).await;
    let audience = world
        .act(|tx, ctx| placet_app::audience::create(tx, ctx, "All", Default::default()))
        .unwrap()
        .id;
    let page = compliance
        .get(&format!("/audiences/{audience}?version={version}"))
        .await;
    page.must_say("hipaa.auth.required.marketing");
    page.must_say("Could be won back by an authorization");
    page.must_say("hipaa_authorization");
    let path = format!(
        "/audiences/{audience}/stopped?version={version}&rule=hipaa.auth.required.marketing"
    );
    let page = compliance.get(&path).await;
    page.must_say("Given1 Example");
    page.must_say("recorded for each person");
    let entries = world
        .store
        .read(|tx| placet_store::ledger::list_newest(tx, None, 10))
        .await
        .unwrap();
    let reads = entries
        .iter()
        .filter(|entry| entry.kind == "person.read")
        .count();
    assert_eq!(reads, 3);
    let mut marketing = world.browser("mia", &[Role::Marketing]).await;
    assert_eq!(marketing.get(&path).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn each_role_sees_its_part_and_no_more() {
    let world = World::new();
    let id = "00".repeat(16);
    #[rustfmt::skip] // A table.
    let table = [
        // role               path                              answer
        (Role::Marketing,     "/content/new".to_owned(),        StatusCode::OK),
        (Role::Clinical,      "/content/new".to_owned(),        StatusCode::FORBIDDEN),
        (Role::Clinical,      "/content".to_owned(),            StatusCode::OK),
        (Role::Clinical,      "/audiences".to_owned(),          StatusCode::FORBIDDEN),
        (Role::Auditor,       "/campaigns".to_owned(),          StatusCode::OK),
        (Role::Auditor,       "/campaigns/new".to_owned(),      StatusCode::FORBIDDEN),
        (Role::Responder,     "/campaigns".to_owned(),          StatusCode::FORBIDDEN),
        (Role::Marketing,     format!("/campaigns/{id}/unknown"), StatusCode::FORBIDDEN),
        (Role::Marketing,     format!("/campaigns/{id}"),       StatusCode::NOT_FOUND),
        (Role::Marketing,     format!("/content/{id}"),         StatusCode::NOT_FOUND),
        (Role::Marketing,     format!("/versions/{id}/edit"),   StatusCode::NOT_FOUND),
        (Role::Marketing,     format!("/audiences/{id}"),       StatusCode::NOT_FOUND),
        (Role::Marketing,     "/audiences/not-an-id".to_owned(), StatusCode::NOT_FOUND),
    ];
    for (number, (role, path, status)) in table.into_iter().enumerate() {
        let mut browser = world.browser(&format!("o{number}"), &[role]).await;
        assert_eq!(browser.get(&path).await.status, status, "{role:?} {path}");
    }
}

/// Two tabs, or two people: the second save says that there was a first.
#[tokio::test]
async fn a_form_opened_before_somebody_elses_save_does_not_undo_it() {
    let world = World::new();
    arm(&world);
    let mut mia = world.browser("mia", &[Role::Marketing]).await;
    let (audience, _) = followed(&mut mia, "/audiences", &[("name", "Everybody")]).await;
    let version = approved(&world, &mut mia).await;
    let campaign = [
        ("name", "Spring"),
        ("version", version.strip_prefix("/versions/").unwrap()),
        ("audience", audience.strip_prefix("/audiences/").unwrap()),
        ("purpose", "own_service_announcement"),
        ("pay", "none"),
        ("sender_name", "Lakeview Hospital"),
        ("sender", "news@lakeview.example"),
    ];
    let (path, _) = followed(&mut mia, "/campaigns", &campaign).await;
    for (path, fields) in [(&path, &campaign[..]), (&audience, &[("name", "")][..])] {
        let edit = format!("{path}/edit");
        let opened = seen(&mut mia, &edit).await;
        let first = with(fields, "name", "First");
        followed(&mut mia, &edit, &with(&first, "seen", &opened)).await;
        let second = with(fields, "name", "Second");
        let page = mia.post(&edit, &with(&second, "seen", &opened)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{edit}");
        page.must_be_sound(&edit);
        page.must_say("somebody saved this after you opened it");
        page.must_say("value=\"Second\"");
        mia.get(path).await.must_say("First");
        // Knowing of it, one can.
        let opened = page.between("name=\"seen\" value=\"", "\"").to_owned();
        followed(&mut mia, &edit, &with(&second, "seen", &opened)).await;
        mia.get(path).await.must_say("Second");
        let page = mia.post(&edit, &second).await;
        assert_eq!(
            page.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "says nothing"
        );
    }
}
