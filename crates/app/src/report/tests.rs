//! Reports as mail systems write them, from the mail to the closed address.

use placet_domain::delivery::State;
use placet_domain::preference::PreferenceKind;
use placet_store::{Keys, deliveries, preferences, suppressions};

use super::*;
use crate::campaign::tests::World;
use crate::desk::Desk;

fn keys() -> Keys {
    Keys::from_master([7; 32])
}

/// A launched campaign and the first of its deliveries.
fn launched() -> (World, DeliveryId, PersonId) {
    let world = World::new();
    let campaign = world.planned(20);
    world.launched(21, campaign, 12).unwrap();
    let first = world
        .desk
        .store
        .read_blocking::<_, _, StoreError>(move |tx| {
            deliveries::list_by_campaign(tx, campaign, State::Pending, None, 1)
        })
        .unwrap()
        .remove(0);
    (world, first.id, first.person)
}

fn dsn(to: &str, action: &str, status: &str, diagnosis: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.net\r\nTo: <{to}>\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n\
         --b1\r\nContent-Type: text/plain\r\n\r\nI could not deliver it.\r\n\
         --b1\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.example.net\r\n\r\n\
         Final-Recipient: rfc822; p1@example.org\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: {diagnosis}\r\n\
         --b1\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: News\r\n--b1--\r\n"
    )
}

fn arf(kind: &str, id: DeliveryId) -> String {
    format!(
        "From: fbl@mail.example.net\r\nTo: abuse@harbor.example\r\nSubject: complaint\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"b2\"\r\n\r\n\
         --b2\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n\
         --b2\r\nContent-Type: message/feedback-report\r\n\r\n\
         Feedback-Type: {kind}\r\nUser-Agent: SomeFBL/1.0\r\nVersion: 1\r\n\
         --b2\r\nContent-Type: message/rfc822\r\n\r\nFrom: news@harbor.example\r\n\
         Message-ID: <{id}@harbor.example>\r\nSubject: News\r\n\r\nHello\r\n--b2--\r\n"
    )
}

fn reply(id: DeliveryId, headers: &str, text: &str) -> String {
    format!(
        "From: Ada Moss <p1@example.org>\r\nTo: news@harbor.example\r\nSubject: Re: News\r\n\
         In-Reply-To: <{id}@harbor.example>\r\n{headers}\r\n{text}\r\n"
    )
}

fn taken(desk: &Desk, n: i64, mail: &str) -> Taken {
    let heard = read(&keys(), mail.as_bytes());
    desk.act(n, move |tx, ctx| take(tx, ctx, "maildir", &heard))
        .unwrap()
}

fn causes(desk: &Desk, id: DeliveryId) -> Vec<Cause> {
    desk.store
        .read_blocking::<_, _, StoreError>(move |tx| {
            let one = reports::find_addressed(tx, id)?.unwrap();
            suppressions::list_by_lookup(tx, &one.lookup, one.channel)
        })
        .unwrap()
        .into_iter()
        .map(|one| one.cause)
        .collect()
}

#[test]
fn s51_a_bounce_of_a_dead_address_closes_it_for_good() {
    let (world, id, person) = launched();
    let path = return_path(&keys(), id, "returns.harbor.example");
    let mail = dsn(&path, "failed", "5.1.1", "smtp; 550 5.1.1 no such user");
    let first = taken(&world.desk, 30, &mail);
    assert_eq!(
        (first.kind, first.effect),
        (Kind::HardBounce, Effect::Suppressed)
    );
    assert_eq!(causes(&world.desk, id), [Cause::HardBounce]);
    let again = taken(&world.desk, 31, &mail);
    assert!(again.was_known, "the same report twice is one");
    assert_eq!(causes(&world.desk, id).len(), 1);
    let kinds = world.desk.kinds_about(person);
    assert!(kinds.contains(&"suppression.placed".to_owned()));
    assert!(kinds.contains(&"report.taken".to_owned()));
}

#[test]
fn what_is_not_a_dead_address_closes_nothing() {
    let (world, id, _) = launched();
    let path = return_path(&keys(), id, "returns.harbor.example");
    for (n, action, status, diagnosis) in [
        (30, "failed", "5.2.2", "smtp; 552 5.2.2 mailbox full"),
        (31, "delayed", "4.4.1", "smtp; 451 later"),
        (32, "failed", "5.7.1", "smtp; 550 5.7.1 blocked"),
        (33, "failed", "5.0.0", "smtp; 550 rejected"),
        (34, "delayed", "5.1.1", "smtp; 450"),
    ] {
        let found = taken(&world.desk, n, &dsn(&path, action, status, diagnosis));
        assert_eq!(
            (found.kind, found.effect),
            (Kind::SoftBounce, Effect::Nothing),
            "{status}"
        );
    }
    let delivered = taken(
        &world.desk,
        40,
        &dsn(&path, "delivered", "2.0.0", "smtp; 250 ok"),
    );
    assert_eq!(delivered.kind, Kind::Other);
    assert_eq!(causes(&world.desk, id), []);
    // A general status that its diagnosis makes exact.
    let exact = dsn(
        &path,
        "failed",
        "5.0.0",
        "smtp; 550-5.1.1 The account does not exist",
    );
    assert_eq!(taken(&world.desk, 41, &exact).effect, Effect::Suppressed);
}

#[test]
fn a_return_address_that_we_did_not_sign_names_nobody() {
    let (world, id, _) = launched();
    let ours = return_path(&keys(), id, "returns.harbor.example");
    assert_eq!(find_return_path(&keys(), &ours.to_uppercase()), Some(id));
    let other = return_path(&Keys::from_master([8; 32]), id, "returns.harbor.example");
    let forged = dsn(&other, "failed", "5.1.1", "smtp; 550 5.1.1 no such user");
    assert_eq!(taken(&world.desk, 30, &forged).effect, Effect::NotFound);
    assert_eq!(causes(&world.desk, id), []);
}

#[test]
fn a_complaint_closes_the_address_and_is_a_refusal() {
    let (world, id, person) = launched();
    let found = taken(&world.desk, 30, &arf("abuse", id));
    assert_eq!(
        (found.kind, found.effect),
        (Kind::Complaint, Effect::Suppressed)
    );
    assert!(causes(&world.desk, id).contains(&Cause::Complaint));
    let asked = world
        .desk
        .store
        .read_blocking::<_, _, StoreError>(move |tx| preferences::list_by_person(tx, person))
        .unwrap();
    assert_eq!(asked[0].preference.kind, PreferenceKind::Unsubscribe);
    let not_spam = taken(&world.desk, 31, &arf("not-spam", id));
    assert_eq!(not_spam.kind, Kind::Other);
}

#[test]
fn an_out_of_office_is_never_an_opt_out() {
    let (world, id, _) = launched();
    for (n, headers) in [
        (30, "Auto-Submitted: auto-replied\r\n"),
        (31, "X-Autoreply: yes\r\n"),
        (32, "Precedence: auto_reply\r\n"),
    ] {
        let mail = reply(
            id,
            headers,
            "I am away. To stop these messages, unsubscribe.",
        );
        let found = taken(&world.desk, n, &mail);
        assert_eq!(
            (found.kind, found.effect),
            (Kind::AutoReply, Effect::Nothing)
        );
    }
    assert_eq!(causes(&world.desk, id), []);
}

#[test]
fn l1_a_reply_in_their_own_words_stops_the_mail() {
    let (world, id, person) = launched();
    let quoted = "please stop emailing me\r\n\r\nOn Mon, Nov 2, 2026 Harbor wrote:\r\n> News";
    let found = taken(&world.desk, 30, &reply(id, "", quoted));
    assert_eq!((found.kind, found.effect), (Kind::Stop, Effect::OptedOut));
    assert_eq!(causes(&world.desk, id), [Cause::Unsubscribe]);
    assert!(
        world
            .desk
            .kinds_about(person)
            .contains(&"preference.recorded".to_owned())
    );
    let thanks = taken(
        &world.desk,
        31,
        &reply(id, "", "Thank you!\r\n> Unsubscribe here"),
    );
    assert_eq!((thanks.kind, thanks.effect), (Kind::Reply, Effect::Nothing));
}

#[test]
fn a_reply_that_names_no_message_counts_for_its_own_address_alone() {
    let (world, ..) = launched();
    let from = |address: &str| {
        format!("From: {address}\r\nTo: news@harbor.example\r\nSubject: unsubscribe\r\n\r\n\r\n")
    };
    assert_eq!(
        taken(&world.desk, 30, &from("P3@Example.org")).effect,
        Effect::OptedOut
    );
    assert_eq!(
        taken(&world.desk, 31, &from("nobody@example.org")).effect,
        Effect::NotFound
    );
}

#[test]
fn a_carrier_that_says_there_is_no_such_address_closes_it_too() {
    let (world, id, person) = launched();
    let one = world
        .desk
        .store
        .read_blocking::<_, _, StoreError>(move |tx| deliveries::find(tx, id))
        .unwrap()
        .unwrap();
    let ticket = Ticket {
        delivery: id,
        campaign: one.campaign,
        person,
        contact_point: one.contact_point,
        n_attempts: 1,
    };
    world
        .desk
        .act(30, move |tx, ctx| {
            tx.record(Entry::new("test.refused"));
            note_refusal(tx, ctx, &ticket, "5.7.1 blocked by policy")?;
            note_refusal(tx, ctx, &ticket, "5.1.1 no such user")
        })
        .unwrap();
    assert_eq!(causes(&world.desk, id), [Cause::HardBounce]);
}
