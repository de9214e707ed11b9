//! What the demo hospital has written: approved, waiting for review, returned, and in draft.

use anyhow::Result;
use placet_app::approval::comment;
use placet_app::content::filling;
use placet_app::{ActError, approval, audience, content};
use placet_domain::audience::{Card, Condition, Filter};
use placet_domain::channel::Channel;
use placet_domain::content::blank::Values;
use placet_domain::content::starter::Starter;
use placet_domain::content::{ContentClass, Draft, Field, Format};
use placet_domain::id::{AudienceId, VersionId};
use placet_domain::operator::{Capability, Role};
use placet_domain::person::Relationship;
use placet_domain::preference::Topic;
use placet_domain::review::{Tier, Verdict};
use placet_domain::time::{Span, TimeZone, Timestamp};
use placet_policy::Engine;
use placet_store::{Store, contents};

use super::Seeds;
use super::staff::Staff;

/// How far a content has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Approved,
    Waiting,
    Returned,
    Draft,
}

#[derive(Clone, Copy)]
struct Piece {
    name: &'static str,
    channel: Channel,
    class: ContentClass,
    topic: Topic,
    subject: &'static str,
    preheader: &'static str,
    body: &'static str,
    days_ago: i32,
    fate: Fate,
}

#[rustfmt::skip] // A table.
const PIECES: [Piece; 18] = [
    Piece { channel: Channel::Email, name: "Spring newsletter", class: ContentClass::Education, topic: Topic::HealthEducation, days_ago: 560, fate: Fate::Approved,
        subject: "Sleep better this spring", preheader: "Four habits that help",
        body: "# Sleep better this spring\n\nDear {{first_name|reader}},\n\nlonger days are good for sleep. Four habits help most people:\n\n- Go to bed at the same time\n- Leave screens outside the bedroom\n- Walk in the morning light\n- Keep the room cool\n\nIf sleep stays hard for weeks, talk with your doctor." },
    Piece { channel: Channel::Email, name: "New imaging center", class: ContentClass::OwnServiceInformation, topic: Topic::Services, days_ago: 410, fate: Fate::Approved,
        subject: "Our new imaging center is open", preheader: "On the second floor of the east wing",
        body: "# Our new imaging center is open\n\nDear {{first_name|neighbor}},\n\nour imaging center has moved to the second floor of the east wing. It is open from 7 a.m. to 8 p.m. on weekdays.\n\n[How to find us](https://lakeside.example.org/imaging)" },
    Piece { channel: Channel::Email, name: "Flu shots", class: ContentClass::PreventiveRecommendation, topic: Topic::HealthEducation, days_ago: 50, fate: Fate::Approved,
        subject: "It is time for a flu shot", preheader: "No appointment needed on Saturdays",
        body: "# It is time for a flu shot\n\nDear {{first_name|neighbor}},\n\na flu shot each fall is recommended for nearly everyone from six months on. Ask at your next visit, or come on a Saturday morning; no appointment is needed.\n\n[Hours and places](https://lakeside.example.org/flu)" },
    Piece { channel: Channel::Email, name: "Community open day", class: ContentClass::Event, topic: Topic::Events, days_ago: 200, fate: Fate::Approved,
        subject: "Come and see: open day on Saturday", preheader: "Tours, first aid, and a run for children",
        body: "# Open day on Saturday\n\nDear {{first_name|neighbor}},\n\nsee the new wing, learn first aid in half an hour, and meet the people behind the scenes. For all ages; admission is free.\n\n[Programme](https://lakeside.example.org/open-day)" },
    Piece { channel: Channel::Email, name: "Weight management program", class: ContentClass::OwnHealthProductPromo, topic: Topic::Services, days_ago: 30, fate: Fate::Approved,
        subject: "Our weight management program starts in January", preheader: "Twelve weeks, small groups",
        body: "# A program for the new year\n\nDear {{first_name|neighbor}},\n\nour weight management program starts in January: twelve weeks in small groups, with a dietitian and a coach. Places are limited.\n\n[Join the program](https://lakeside.example.org/program)" },
    Piece { channel: Channel::Email, name: "Holiday hours", class: ContentClass::Operational, topic: Topic::Services, days_ago: 10, fate: Fate::Approved,
        subject: "Our hours over the holidays", preheader: "The emergency department is always open",
        body: "# Our hours over the holidays\n\nDear {{first_name|neighbor}},\n\noutpatient offices close at noon on December 24 and 31 and stay closed on the days after. The emergency department is always open." },
    Piece { channel: Channel::Email, name: "Heart health month", class: ContentClass::Education, topic: Topic::HealthEducation, days_ago: 4, fate: Fate::Waiting,
        subject: "Know your numbers", preheader: "What blood pressure tells",
        body: "# Know your numbers\n\nDear {{first_name|reader}},\n\nblood pressure has no symptoms. Have it taken once a year, and write it down." },
    Piece { channel: Channel::Email, name: "Sports clinic", class: ContentClass::OwnHealthProductPromo, topic: Topic::Services, days_ago: 6, fate: Fate::Returned,
        subject: "Back in the game in no time", preheader: "The sports clinic",
        body: "# Back in the game\n\nDear {{first_name|neighbor}},\n\nour sports clinic treats sprains and strains without a wait." },
    Piece { channel: Channel::Email, name: "Knee and hip seminar", class: ContentClass::OwnHealthProductPromo, topic: Topic::Services, days_ago: 3, fate: Fate::Waiting,
        subject: "An evening about knees and hips", preheader: "Thursday at six, in the auditorium",
        body: "# An evening about knees and hips\n\nDear {{first_name|neighbor}},\n\nour orthopedic team explains what helps without an operation, and when one is worth it. Thursday at six, in the auditorium; bring your questions.\n\n[Keep a seat](https://lakeside.example.org/seminar)" },
    Piece { channel: Channel::Email, name: "Winter newsletter", class: ContentClass::Education, topic: Topic::HealthEducation, days_ago: 2, fate: Fate::Draft,
        subject: "Staying warm and well", preheader: "Five small things",
        body: "# Staying warm and well\n\nDear {{first_name|reader}},\n\nfive small things that help in winter." },
    Piece { channel: Channel::Email, name: "Appointment reminder", class: ContentClass::Reminder, topic: Topic::CareReminders, days_ago: 28, fate: Fate::Approved,
        subject: "Your appointment", preheader: "When, and what to bring",
        body: "# Your appointment\n\nDear {{first_name|neighbor}},\n\nyou have an appointment on {{appointment_date}} at {{appointment_time}}. Please bring your card, and call us if you cannot come." },
    Piece { channel: Channel::Email, name: "Birthday greeting", class: ContentClass::Greeting, topic: Topic::Services, days_ago: 8, fate: Fate::Approved,
        subject: "Happy birthday", preheader: "From all of us at Lakeside",
        body: "# Happy birthday\n\nDear {{first_name|neighbor}},\n\nall of us at Lakeside wish you a good day and a good year." },
    Piece { channel: Channel::Sms, name: "Flu shots, by text", class: ContentClass::PreventiveRecommendation, topic: Topic::HealthEducation, days_ago: 40, fate: Fate::Approved,
        subject: "", preheader: "",
        body: "Hello {{first_name|there}}, it is time for a flu shot. Come on a Saturday morning; no appointment is needed." },
    Piece { channel: Channel::Sms, name: "Visit tomorrow, by text", class: ContentClass::Reminder, topic: Topic::CareReminders, days_ago: 35, fate: Fate::Approved,
        subject: "", preheader: "",
        body: "Please call us if you cannot come to your appointment." },
    Piece { channel: Channel::Sms, name: "Blood drive, by text", class: ContentClass::Event, topic: Topic::Events, days_ago: 3, fate: Fate::Waiting,
        subject: "", preheader: "",
        body: "Give blood on Friday, 9 a.m. to 4 p.m., in the lobby of the east wing." },
    Piece { channel: Channel::Postal, name: "New east wing, by letter", class: ContentClass::OwnServiceInformation, topic: Topic::Services, days_ago: 20, fate: Fate::Approved,
        subject: "Our new east wing is open", preheader: "",
        body: "Dear {{full_name|neighbor}},\n\nour east wing is open. You find there:\n\n- the outpatient desks, on the ground floor\n- the imaging rooms, on the second floor\n- the garden, open to all\n\n**Parking** is behind the building; the first two hours cost nothing to visitors. The bus stops at the main door.\n\nCome and see it. We are glad to show you around.\n\nSincerely,\n\nJordan Ames\nLakeside General Hospital" },
    Piece { channel: Channel::Postal, name: "Open day, by postcard", class: ContentClass::Event, topic: Topic::Events, days_ago: 15, fate: Fate::Approved,
        subject: "Come and see: open day on Saturday", preheader: "Tours, first aid, and a run for children",
        body: "Dear {{first_name|neighbor}},\n\nsee the new wing, learn first aid in half an hour, and meet the people behind the scenes. For all ages.\n\n**Saturday, 10 a.m. to 4 p.m.**\n400 Lakeside Avenue, Cleveland" },
    Piece { channel: Channel::VoiceLive, name: "Open day, by phone", class: ContentClass::Event, topic: Topic::Events, days_ago: 14, fate: Fate::Approved,
        subject: "", preheader: "",
        body: "{{first_name|neighbor}}, we hold an open day next Saturday, from ten to four, in the new east wing. There are tours, and first aid is taught in half an hour.\n\nWould you like us to keep a place on a tour for you?\n\n(If yes: morning or afternoon? Write the name on the sheet at the desk.)" },
];

/// The approved versions by the name of their content.
pub struct Library(Vec<(&'static str, VersionId, ContentClass, Channel)>);

impl Library {
    /// The version approved under this name.
    pub fn find(&self, name: &str) -> Option<(VersionId, ContentClass, Channel)> {
        self.0
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, version, class, channel)| (*version, *class, *channel))
    }
}

/// Writes, submits and reviews everything of the table, each at its time.
///
/// # Errors
///
/// When an act is refused.
pub fn write(
    store: &Store,
    engine: &Engine,
    staff: &Staff,
    seeds: &mut Seeds,
    now: Timestamp,
) -> Result<Library> {
    let mut approved = Vec::new();
    for piece in &PIECES {
        let written_at = now.checked_sub(Span::new().hours(24 * piece.days_ago))?;
        let version = save(store, engine, staff, seeds, piece, written_at)?;
        if piece.fate == Fate::Draft {
            continue;
        }
        let tier = submit(store, engine, staff, seeds, version, written_at)?;
        if piece.fate == Fate::Waiting {
            continue;
        }
        let judged_at = written_at.checked_add(Span::new().hours(20))?;
        judge(store, staff, seeds, piece, (version, tier), judged_at)?;
        if piece.fate == Fate::Approved {
            approved.push((piece.name, version, piece.class, piece.channel));
        }
    }
    template(store, engine, staff, seeds, now)?;
    remark(store, staff, seeds, now)?;
    claim(store, staff, seeds, now)?;
    Ok(Library(approved))
}

/// A claim with its evidence, approved by everybody who must.
fn claim(store: &Store, staff: &Staff, seeds: &mut Seeds, now: Timestamp) -> Result<()> {
    let at = now.checked_sub(Span::new().hours(24 * 90))?;
    let until = now
        .to_zoned(TimeZone::UTC)
        .date()
        .checked_add(Span::new().days(200))?;
    let ctx = staff.ctx("marketing", seeds, at);
    let grant = ctx.actor.may(Capability::WriteContent)?;
    let id = store.act_blocking(grant, &ctx, move |tx, ctx| {
        let text = "Our joint program means faster recovery for most people.";
        let evidence = "Our own register, 2025: 412 operations, median stay two days shorter. \
                        Kept by the quality office, file Q-12.";
        content::claim::propose(tx, ctx, (text, evidence), until)
    })?;
    for role in Tier::ClinicalClaims.row().approvers {
        let ctx = staff.ctx(role.as_str(), seeds, at.checked_add(Span::new().hours(30))?);
        let grant = ctx.actor.may(Capability::ApproveContent)?;
        store.act_blocking(grant, &ctx, move |tx, ctx| {
            content::claim::approve(tx, ctx, id, *role)
        })?;
    }
    Ok(())
}

/// A starter letter, approved once, and one filling of it.
fn template(
    store: &Store,
    engine: &Engine,
    staff: &Staff,
    seeds: &mut Seeds,
    now: Timestamp,
) -> Result<()> {
    let Some(starter) = Starter::find("heat") else {
        return Ok(());
    };
    let piece = Piece {
        name: starter.name,
        fate: Fate::Approved,
        days_ago: 70,
        ..PIECES[0]
    };
    let at = now.checked_sub(Span::new().hours(24 * piece.days_ago))?;
    let ctx = staff.ctx("marketing", seeds, at);
    let grant = ctx.actor.may(Capability::WriteContent)?;
    let copy = engine.clone();
    let version = store.act_blocking(grant, &ctx, move |tx, ctx| {
        content::create(tx, ctx, &copy, starter.name, &starter.draft())
    })?;
    let tier = submit(store, engine, staff, seeds, version.id, at)?;
    let judged_at = at.checked_add(Span::new().hours(20))?;
    judge(store, staff, seeds, &piece, (version.id, tier), judged_at)?;
    let at = now.checked_sub(Span::new().hours(24 * 60))?;
    let ctx = staff.ctx("marketing", seeds, at);
    let grant = ctx.actor.may(Capability::WriteContent)?;
    let engine = engine.clone();
    let values: Values = [
        ("place", "the library on Main Street"),
        ("from", "12:00"),
        ("until", "18:00"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    store.act_blocking(grant, &ctx, move |tx, ctx| {
        filling::fill(
            tx,
            ctx,
            &engine,
            version.id,
            ("Cool room downtown", &values),
        )
    })?;
    Ok(())
}

/// The clinician's question about the letter that waits.
fn remark(store: &Store, staff: &Staff, seeds: &mut Seeds, now: Timestamp) -> Result<()> {
    let ctx = staff.ctx("clinical", seeds, now.checked_sub(Span::new().hours(30))?);
    let grant = ctx.actor.may(Capability::CommentContent)?;
    store.act_blocking(grant, &ctx, move |tx, ctx| {
        let waiting = contents::list_submitted(tx, 50)?.into_iter();
        let mut waiting = waiting.filter(|one| one.name == "Heart health month");
        let Some(version) = waiting.next().map(|one| one.latest.id) else {
            return Err(ActError::NotFound("version"));
        };
        let new = comment::New {
            field: Field::Body,
            quote: "once a year".to_owned(),
            near: 0,
            remark: "Adults over 40 more often. Could we say “at least once a year”?".to_owned(),
        };
        comment::make(tx, ctx, version, &new)
    })?;
    Ok(())
}

fn save(
    store: &Store,
    engine: &Engine,
    staff: &Staff,
    seeds: &mut Seeds,
    piece: &Piece,
    at: Timestamp,
) -> Result<VersionId> {
    let draft = Draft {
        class: piece.class,
        topic: piece.topic,
        channel: piece.channel,
        format: match (piece.channel, piece.preheader) {
            (Channel::Postal, "") => Format::Letter,
            // Only a card has a second line on its front.
            (Channel::Postal, _) => Format::LargeCard,
            _ => Format::Plain,
        },
        subject: piece.subject.to_owned(),
        preheader: piece.preheader.to_owned(),
        body: piece.body.to_owned(),
        text: String::new(),
    };
    let ctx = staff.ctx("marketing", seeds, at);
    let grant = ctx.actor.may(Capability::WriteContent)?;
    let (engine, name) = (engine.clone(), piece.name);
    let version = store.act_blocking(grant, &ctx, move |tx, ctx| {
        content::create(tx, ctx, &engine, name, &draft)
    })?;
    Ok(version.id)
}

fn submit(
    store: &Store,
    engine: &Engine,
    staff: &Staff,
    seeds: &mut Seeds,
    version: VersionId,
    at: Timestamp,
) -> Result<Tier> {
    let ctx = staff.ctx("marketing", seeds, at);
    let grant = ctx.actor.may(Capability::WriteContent)?;
    let engine = engine.clone();
    let submission = store.act_blocking(grant, &ctx, move |tx, ctx| {
        approval::submit(tx, ctx, &engine, version)
    })?;
    Ok(submission.tier)
}

fn judge(
    store: &Store,
    staff: &Staff,
    seeds: &mut Seeds,
    piece: &Piece,
    (version, tier): (VersionId, Tier),
    at: Timestamp,
) -> Result<()> {
    for role in tier.row().approvers {
        let login = match role {
            Role::Marketing => "marketing2",
            other => other.as_str(),
        };
        let (verdict, note) = match piece.fate {
            Fate::Returned => (
                Verdict::Return,
                "\"in no time\" promises a result; say what the clinic does",
            ),
            _ => (Verdict::Approve, ""),
        };
        let ctx = staff.ctx(login, seeds, at);
        let grant = ctx.actor.may(Capability::ApproveContent)?;
        let role = *role;
        store.act_blocking(grant, &ctx, move |tx, ctx| {
            approval::judge(tx, ctx, version, role, verdict, note)
        })?;
        if piece.fate == Fate::Returned {
            break;
        }
    }
    Ok(())
}

/// The saved audiences of the demo, by name.
pub fn audiences() -> Vec<(&'static str, Filter)> {
    let card = |any: Vec<Condition>| Card { any };
    let lives_in = |states: &[&str]| Condition::Residence {
        is: states.iter().map(|state| (*state).to_owned()).collect(),
    };
    let patients = || Condition::Relationship {
        is: vec![Relationship::Patient],
    };
    vec![
        ("Everybody", Filter::default()),
        (
            "Patients in Ohio",
            Filter {
                all: vec![card(vec![patients()]), card(vec![lives_in(&["US-OH"])])],
            },
        ),
        (
            "Adults around Lake Erie",
            Filter {
                all: vec![
                    card(vec![lives_in(&["US-OH", "US-NY", "US-PA"])]),
                    card(vec![Condition::Age {
                        from: Some(18),
                        to: None,
                    }]),
                ],
            },
        ),
        (
            "Seniors in Ohio",
            Filter {
                all: vec![
                    card(vec![lives_in(&["US-OH"])]),
                    card(vec![Condition::Age {
                        from: Some(65),
                        to: None,
                    }]),
                ],
            },
        ),
        (
            "Asked for health tips",
            Filter {
                all: vec![card(vec![Condition::OptedIn {
                    topic: Topic::HealthEducation,
                }])],
            },
        ),
        (
            "Prospects",
            Filter {
                all: vec![card(vec![Condition::Relationship {
                    is: vec![Relationship::Prospect],
                }])],
            },
        ),
    ]
}

/// Saves the audiences; answers their ids by name.
///
/// # Errors
///
/// When an act is refused.
pub fn choose(
    store: &Store,
    staff: &Staff,
    seeds: &mut Seeds,
    at: Timestamp,
) -> Result<Vec<(&'static str, AudienceId)>> {
    let mut saved = Vec::new();
    for (name, filter) in audiences() {
        let ctx = staff.ctx("marketing", seeds, at);
        let grant = ctx.actor.may(Capability::EditAudiences)?;
        let made = store.act_blocking(grant, &ctx, move |tx, ctx| {
            audience::create(tx, ctx, name, filter.clone())
        })?;
        saved.push((name, made.id));
    }
    Ok(saved)
}
