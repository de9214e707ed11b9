//! Mail to operators against a real store: who is told what, when, once; and whose address counts.

use std::sync::atomic::{AtomicU64, Ordering};

use placet_domain::content::ContentClass;
use placet_domain::delivery::{Answer, Outcome, Stage};
use placet_domain::id::{OperatorId, VersionId};
use placet_domain::operator::{Actor, Role};
use placet_domain::review::Verdict;
use placet_domain::settings::{ActorKind, Carrier, Organization, Tls, VendorRole};
use placet_domain::staff_mail::{NoticeKind, Pace, StaffMailKind, StaffMailState, StaffSender};
use placet_domain::time::Date;
use placet_policy::Engine;
use placet_store::Keys;

use super::*;
use crate::approval::{self, absence, tests::draft};
use crate::content;
use crate::desk::{Desk, minute, refused_as};
use crate::operator::{self, NewOperator};

const URL: &str = "https://placet.test";

/// Minutes of so many days; the desk begins on Wednesday, July 1, at eight in the morning.
const fn days(n: i64) -> i64 {
    n * 24 * 60
}

/// Acts at this minute with ids of its own, however many acts fall on it.
trait Acts {
    fn act_at<T, F>(&self, actor: Actor, n: i64, f: F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static;
}

impl Acts for Desk {
    fn act_at<T, F>(&self, actor: Actor, n: i64, f: F) -> Result<T, ActError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Ctx) -> Result<T, ActError> + Send + 'static,
    {
        static DRAWN: AtomicU64 = AtomicU64::new(1);
        let mut seed = [3; 32];
        seed[..8].copy_from_slice(&DRAWN.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let grant = Actor::System("test").may_as_system().unwrap();
        let ctx = Ctx::new(minute(n), actor, seed);
        self.store.act_blocking(grant, &ctx, f)
    }
}

const SYSTEM: Actor = Actor::System("test");

fn keys() -> Keys {
    Keys::from_master([7; 32])
}

/// A hospital that may send.
fn armed() -> Desk {
    let desk = Desk::new();
    desk.act_at(SYSTEM, -50, |tx, ctx| {
        let organization = Organization {
            name: "Harbor Health".to_owned(),
            postal_address: "1 Harbor Road".to_owned(),
            actor: ActorKind::CoveredProvider,
            time_zone: "America/New_York".to_owned(),
        };
        settings::set_organization(tx, ctx, &organization)?;
        let carrier = Carrier {
            host: "127.0.0.1".to_owned(),
            port: 25,
            tls: Tls::Off,
            role: VendorRole::None,
            is_baa_on_file: false,
            country: "US".to_owned(),
        };
        settings::set_carrier(tx, ctx, &carrier)?;
        let sender = StaffSender {
            sender: "placet@harbor.example".to_owned(),
        };
        set_sender(tx, ctx, &sender)?;
        settings::arm(tx, ctx)
    })
    .unwrap();
    desk
}

/// An operator with a confirmed address.
fn hire(desk: &Desk, n: i64, login: &'static str, roles: &'static [Role], pace: Pace) -> Actor {
    let id = desk
        .act_at(SYSTEM, n, move |tx, ctx| {
            let new = NewOperator {
                login: login.to_owned(),
                name: format!("Operator {login}"),
                roles: roles.iter().copied().collect(),
                password_hash: "x".to_owned(),
            };
            let id = operator::add(tx, ctx, &new)?;
            address::set(tx, ctx, id, Some(&format!("{login}@harbor.example")))?;
            address::vouch(tx, ctx, id)?;
            address::set_pace(tx, ctx, id, pace)?;
            Ok(id)
        })
        .unwrap();
    Actor::Operator {
        id,
        roles: roles.iter().copied().collect(),
    }
}

fn id_of(actor: &Actor) -> OperatorId {
    actor.operator().unwrap()
}

/// A content handed in by this writer.
fn handed_in(desk: &Desk, writer: &Actor, n: i64, name: &'static str) -> VersionId {
    let engine = Engine::builtin();
    desk.act_at(writer.clone(), n, move |tx, ctx| {
        let education = draft(ContentClass::Education);
        let version = content::create(tx, ctx, &engine, name, &education)?;
        approval::submit(tx, ctx, &engine, version.id)?;
        Ok(version.id)
    })
    .unwrap()
}

fn gathered(desk: &Desk, n: i64) -> usize {
    desk.act_at(SYSTEM, n, gather::gather).unwrap()
}

/// Sends what waits, as a worker does whose carrier takes everything; answers whom and what.
fn sent(desk: &Desk, n: i64) -> Vec<(String, String, String)> {
    let mut sent = Vec::new();
    loop {
        let claimed = desk
            .act_at(SYSTEM, n, |tx, ctx| outbox::claim(tx, ctx, &keys(), URL))
            .unwrap();
        let Some(mail) = claimed else { return sent };
        let id = mail.mail();
        settled(desk, n, id, taken());
        let [to, subject, text] = [mail.to(), mail.subject(), mail.text()].map(str::to_owned);
        sent.push((to, subject, text));
    }
}

fn settled(desk: &Desk, n: i64, id: placet_domain::id::StaffMailId, answer: Answer) {
    let outcome = Outcome {
        answer,
        dialogue: String::new(),
    };
    desk.act_at(SYSTEM, n, move |tx, ctx| {
        outbox::settle(tx, ctx, id, &outcome)
    })
    .unwrap();
}

fn taken() -> Answer {
    Answer::Accepted {
        code: 250,
        text: "taken".to_owned(),
    }
}

fn states(desk: &Desk) -> Vec<(StaffMailKind, StaffMailState)> {
    desk.store
        .read_blocking(|tx| list(tx, 100))
        .unwrap()
        .into_iter()
        .map(|(mail, _)| (mail.kind, mail.state))
        .collect()
}

/// S143: whoever has to judge is told once of what waits, of its deadline, and of lateness.
#[test]
fn s143_a_text_that_waits_is_told_once_then_due_then_late() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::AtOnce);
    hire(&desk, 1, "doctor", &[Role::Clinical], Pace::AtOnce);
    hire(&desk, 2, "silent", &[Role::Clinical], Pace::None);
    handed_in(&desk, &writer, 3, "Sleep well");
    assert_eq!(gathered(&desk, 4), 1);
    // Another worker, and the same one after a restart, have nothing more to tell.
    assert_eq!(gathered(&desk, 5), 0);
    let mails = sent(&desk, 6);
    let [(to, subject, text)] = mails.as_slice() else {
        panic!("{mails:?}")
    };
    assert_eq!(to, "doctor@harbor.example");
    assert_eq!(subject, "Placet: a text waits for you");
    for part in [
        "Sleep well, version 1: your verdict as Clinical",
        "Due on Tuesday, July 7.",
        URL,
    ] {
        assert!(text.contains(part), "{text}");
    }
    // Three working days over Independence Day and a weekend: due on Tuesday.
    assert_eq!(gathered(&desk, days(2)), 0, "Friday is kept as a holiday");
    assert_eq!(
        gathered(&desk, days(5) - 120),
        0,
        "Monday at six in the morning"
    );
    assert_eq!(gathered(&desk, days(5)), 1);
    assert!(
        sent(&desk, days(5))[0]
            .2
            .contains("Due next, on Tuesday, July 7.")
    );
    assert_eq!(
        gathered(&desk, days(6)),
        0,
        "the day itself is the same news"
    );
    assert_eq!(gathered(&desk, days(7)), 1);
    let late = sent(&desk, days(7));
    assert_eq!(late[0].1, "Placet: a text waits for you, 1 late");
    assert!(late[0].2.contains("a working day ago"));
    assert_eq!(gathered(&desk, days(8)), 0);
    assert_eq!(gathered(&desk, days(14)), 1, "a week later once more");
}

/// The daily mail: one, in the morning of a working day, with everything in it.
#[test]
fn a_daily_mail_gathers_everything_in_the_morning_of_working_days() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::Daily);
    hire(&desk, 1, "doctor", &[Role::Clinical], Pace::Daily);
    handed_in(&desk, &writer, 2, "One");
    handed_in(&desk, &writer, 3, "Two");
    assert_eq!(gathered(&desk, 4), 1);
    let mails = sent(&desk, 5);
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].1, "Placet: 2 texts wait for you");
    handed_in(&desk, &writer, 10, "Three");
    assert_eq!(gathered(&desk, 11), 0, "one mail a day");
    assert_eq!(gathered(&desk, days(1) - 300), 0, "not at night");
    assert_eq!(gathered(&desk, days(1)), 1);
    assert!(sent(&desk, days(1))[0].2.contains("Three"));
    handed_in(&desk, &writer, days(1) + 5, "Four");
    assert_eq!(gathered(&desk, days(2)), 0, "nor on a holiday");
    assert_eq!(gathered(&desk, days(3)), 0, "nor on a Saturday");
    assert_eq!(gathered(&desk, days(5)), 1);
}

/// S144: the deputy is told that it is theirs now, and whose deputy they are.
#[test]
fn s144_a_deputy_is_told_whom_they_stand_in_for() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::AtOnce);
    let doctor = hire(&desk, 1, "doctor", &[Role::Clinical], Pace::AtOnce);
    let nurse = hire(&desk, 2, "nurse", &[Role::Clinical], Pace::AtOnce);
    handed_in(&desk, &writer, 3, "Sleep well");
    assert_eq!(gathered(&desk, 4), 2);
    sent(&desk, 4);
    let (away, deputy) = (id_of(&doctor), id_of(&nurse));
    let span = (Date::constant(2026, 7, 1), Date::constant(2026, 7, 20));
    desk.act_at(doctor, 5, move |tx, ctx| {
        absence::note(tx, ctx, away, deputy, span)
    })
    .unwrap();
    assert_eq!(gathered(&desk, 6), 1);
    let mails = sent(&desk, 6);
    assert_eq!(mails[0].0, "nurse@harbor.example");
    let told = "You stand in for Operator doctor, who is away until Monday, July 20.";
    assert!(mails[0].2.contains(told), "{}", mails[0].2);
}

#[test]
fn what_came_back_is_told_to_whoever_handed_it_in() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::AtOnce);
    let doctor = hire(&desk, 1, "doctor", &[Role::Clinical], Pace::None);
    let id = handed_in(&desk, &writer, 2, "Sleep well");
    desk.act_at(doctor, 3, move |tx, ctx| {
        let secret = "a note that is nobody's business in a mailbox";
        approval::judge(tx, ctx, id, Role::Clinical, Verdict::Return, secret)
    })
    .unwrap();
    assert_eq!(gathered(&desk, 4), 1);
    assert_eq!(gathered(&desk, 5), 0);
    let mails = sent(&desk, 6);
    assert_eq!(mails[0].1, "Placet: a text came back to you");
    assert!(mails[0].2.contains("Clinical sent it back to you."));
    assert!(!mails[0].2.contains("business"));
}

/// A mail that waited until its news was old is not sent at all.
#[test]
fn what_was_judged_meanwhile_is_dropped() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::None);
    let doctor = hire(&desk, 1, "doctor", &[Role::Clinical], Pace::AtOnce);
    let id = handed_in(&desk, &writer, 2, "Sleep well");
    assert_eq!(gathered(&desk, 3), 1);
    desk.act_at(doctor, 4, move |tx, ctx| {
        approval::judge(tx, ctx, id, Role::Clinical, Verdict::Approve, "")
    })
    .unwrap();
    assert_eq!(sent(&desk, 5), []);
    assert_eq!(
        states(&desk)[0],
        (StaffMailKind::Reminder, StaffMailState::Dropped)
    );
}

/// As `placet arm`: a copy of the database tells nobody, and sends nothing that waits in it.
#[test]
fn a_disarmed_installation_reminds_nobody() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::AtOnce);
    hire(&desk, 1, "doctor", &[Role::Clinical], Pace::AtOnce);
    handed_in(&desk, &writer, 2, "One");
    assert_eq!(gathered(&desk, 3), 1);
    desk.act_at(SYSTEM, 4, settings::disarm).unwrap();
    handed_in(&desk, &writer, 5, "Two");
    assert_eq!(gathered(&desk, 6), 0);
    assert_eq!(sent(&desk, 7), []);
    desk.act_at(SYSTEM, 8, settings::arm).unwrap();
    assert_eq!(sent(&desk, 9).len(), 1);
}

/// A claim is made once; what a crash leaves is unknown and not sent again; what could not be sent is
/// tried again.
#[test]
fn a_mail_is_handed_over_at_most_once() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::None);
    hire(&desk, 1, "doctor", &[Role::Clinical], Pace::AtOnce);
    handed_in(&desk, &writer, 2, "One");
    gathered(&desk, 3);
    let claim = |n| {
        desk.act_at(SYSTEM, n, |tx, ctx| outbox::claim(tx, ctx, &keys(), URL))
            .unwrap()
            .map(|mail| mail.mail())
    };
    let mail = claim(4).unwrap();
    assert_eq!(claim(5), None, "another worker gets nothing");
    let why = "no route".to_owned();
    settled(&desk, 6, mail, Answer::NotSent { why });
    assert_eq!(claim(7), None, "not before its time");
    assert_eq!(claim(15), Some(mail));
    // The process ends here. Nobody knows whether it was sent.
    assert_eq!(claim(40), None);
    assert_eq!(
        states(&desk)[0],
        (StaffMailKind::Reminder, StaffMailState::Unknown)
    );
    // An answer that comes later changes nothing.
    settled(
        &desk,
        41,
        mail,
        Answer::Unknown {
            stage: Stage::Content,
        },
    );
    assert_eq!(claim(days(3)), None);
}

fn confirmation(desk: &Desk, n: i64) -> String {
    let mails = sent(desk, n);
    let [(_, subject, text)] = mails.as_slice() else {
        panic!("{mails:?}")
    };
    assert_eq!(subject, "Placet: is this your address?");
    let at = text.find("/account/address/").unwrap() + "/account/address/".len();
    text[at..].split_whitespace().next().unwrap().to_owned()
}

/// An address counts once its owner opened the link; a link confirms one address of one operator.
#[test]
fn an_address_counts_once_it_is_confirmed() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::None);
    let doctor = hire(&desk, 1, "doctor", &[Role::Clinical], Pace::AtOnce);
    let id = id_of(&doctor);
    let set = |actor: &Actor, n, to: &'static str| {
        desk.act_at(actor.clone(), n, move |tx, ctx| {
            address::set(tx, ctx, id, Some(to))
        })
    };
    assert!(matches!(
        set(&writer, 2, "x@other.example"),
        Err(ActError::Forbidden(_))
    ));
    for bad in [
        "nobody",
        "a b@c.example",
        "a@b.example\r\nBcc: c@d.example",
        "ä@b.example",
    ] {
        assert!(
            matches!(set(&doctor, 3, bad), Err(ActError::Invalid(_))),
            "{bad}"
        );
    }
    set(&doctor, 4, "first@new.example").unwrap();
    let first = confirmation(&desk, 5);
    set(&doctor, 6, "second@new.example").unwrap();
    let second = confirmation(&desk, 7);
    handed_in(&desk, &writer, 8, "One");
    assert_eq!(
        gathered(&desk, 9),
        0,
        "nothing goes to an address that nobody confirmed"
    );
    let confirm = |actor: &Actor, n, token: &str| {
        let token = token.to_owned();
        desk.act_at(actor.clone(), n, move |tx, ctx| {
            address::confirm(tx, ctx, &keys(), &token)
        })
    };
    let mut forged = second.clone();
    forged.replace_range(5..6, if &second[5..6] == "A" { "B" } else { "A" });
    for (actor, token) in [
        (&doctor, first.as_str()),
        (&writer, &second),
        (&doctor, &forged),
        (&doctor, ""),
    ] {
        refused_as(confirm(actor, 10, token), "address.bad_link");
    }
    refused_as(confirm(&doctor, days(4), &second), "address.bad_link");
    confirm(&doctor, 11, &second).unwrap();
    assert_eq!(gathered(&desk, 12), 1);
    assert_eq!(sent(&desk, 13)[0].0, "second@new.example");
    let told = format!("{:?}", desk.entries());
    assert!(!told.contains("new.example"), "no entry holds an address");
}

#[test]
fn nobody_is_pestered_with_confirmations() {
    let desk = armed();
    let doctor = hire(&desk, 0, "doctor", &[Role::Clinical], Pace::AtOnce);
    let id = id_of(&doctor);
    let set = |n: i64| {
        let to = format!("a{n}@stranger.example");
        desk.act_at(doctor.clone(), n, move |tx, ctx| {
            address::set(tx, ctx, id, Some(&to))
        })
    };
    // One was asked when they were hired.
    for n in 1..5 {
        set(n).unwrap();
    }
    refused_as(set(5), "address.too_often");
    set(70).unwrap();
}

/// A test goes to one's own address alone, with made-up values, before approval, and is told.
#[test]
fn a_test_goes_to_ones_own_address_with_made_up_values() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::None);
    let other = id_of(&hire(&desk, 1, "other", &[Role::Marketing], Pace::None));
    let id = handed_in(&desk, &writer, 2, "Sleep well");
    let own = id_of(&writer);
    let test = |n, to| {
        desk.act_at(writer.clone(), n, move |tx, ctx| {
            trial::send(tx, ctx, to, id)
        })
    };
    refused_as(test(3, other), "test.not_own");
    test(4, own).unwrap();
    let mails = sent(&desk, 5);
    assert_eq!(mails[0].0, "writer@harbor.example");
    assert_eq!(mails[0].1, "[TEST] From our clinic");
    assert!(mails[0].2.contains("Hello Alex"), "{}", mails[0].2);
    assert!(mails[0].2.starts_with("[TEST of “Sleep well”, version 1."));
    let kinds: Vec<String> = desk.entries().into_iter().map(|it| it.kind).collect();
    assert!(kinds.contains(&"content.test_sent".to_owned()));
    for n in 5..14 {
        test(n, own).unwrap();
    }
    refused_as(test(14, own), "test.too_often");
    test(70, own).unwrap();
    desk.act_at(SYSTEM, 71, settings::disarm).unwrap();
    refused_as(test(140, own), "test.cannot_leave");
}

#[test]
fn who_has_no_confirmed_address_gets_no_test() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::None);
    let (id, own) = (handed_in(&desk, &writer, 2, "One"), id_of(&writer));
    desk.act_at(writer.clone(), 3, move |tx, ctx| {
        address::set(tx, ctx, own, Some("patient@elsewhere.example"))
    })
    .unwrap();
    let sent = desk.act_at(writer, 4, move |tx, ctx| trial::send(tx, ctx, own, id));
    refused_as(sent, "test.no_address");
}

#[test]
fn news_is_what_the_notices_say() {
    let desk = armed();
    let writer = hire(&desk, 0, "writer", &[Role::Marketing], Pace::None);
    hire(&desk, 1, "doctor", &[Role::Clinical], Pace::AtOnce);
    let version = handed_in(&desk, &writer, 2, "One");
    let now = minute(3);
    let news = desk
        .store
        .read_blocking(move |tx| gather::news(tx, now))
        .unwrap();
    assert_eq!(
        news[0].1,
        [gather::Told {
            version,
            kind: NoticeKind::Waiting,
            role: Some(Role::Clinical),
            occasion: 0
        }]
    );
}
