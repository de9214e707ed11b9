use super::*;

fn brief() -> Brief {
    Brief {
        name: "March letter".to_owned(),
        version: [1; 16].into(),
        audience: [2; 16].into(),
        purpose: "newsletter".to_owned(),
        remuneration: Remuneration::NONE,
        sender_name: "Example Hospital".to_owned(),
        sender: "news@hospital.test".to_owned(),
    }
}

fn paid() -> Remuneration {
    Remuneration {
        kind: Pay::Financial,
        payer: Some(Payer::ProductOwner),
        amount_vs_cost: Some(Amount::AboveCost),
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_brief_says_what_cannot_be_used() {
    check(brief(),                                                        &[]);
    check(Brief { remuneration: paid(), ..brief() },                      &[]);
    check(Brief { name: " ".to_owned(), ..brief() },                      &["name"]);
    check(Brief { name: "a\nb".to_owned(), ..brief() },                   &["name"]);
    check(Brief { sender_name: "x\r\nBcc: y".to_owned(), ..brief() },     &["sender_name"]);
    check(Brief { sender_name: "a <b@c.test>".to_owned(), ..brief() },    &["sender_name"]);
    check(Brief { sender: "nobody".to_owned(), ..brief() },               &["sender"]);
    check(Brief { sender: "a@b.test\r\nX: y".to_owned(), ..brief() },     &["sender"]);
    check(Brief { purpose: "appointment_reminder".to_owned(), ..brief() }, &["purpose"]);
    check(Brief { remuneration: Remuneration { payer: None, ..paid() }, ..brief() }, &["payer"]);
    check(Brief { remuneration: Remuneration { amount_vs_cost: None, ..paid() }, ..brief() }, &["amount_vs_cost"]);
    check(Brief { remuneration: Remuneration { kind: Pay::None, ..paid() }, ..brief() }, &["payer", "amount_vs_cost"]);
}

#[track_caller]
fn check(brief: Brief, expected: &[&str]) {
    let found: Vec<&str> = brief
        .problems(ContentClass::OwnHealthProductPromo, Channel::Email)
        .iter()
        .map(|problem| problem.field)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_text_message_has_no_from_line() {
    let text = |brief: Brief| {
        let problems = brief.problems(ContentClass::OwnHealthProductPromo, Channel::Sms);
        problems.iter().map(|one| one.field).collect::<Vec<_>>()
    };
    let bare = brief().for_channel(Channel::Sms);
    assert_eq!((bare.sender_name.as_str(), bare.sender.as_str()), ("", ""));
    assert_eq!(text(bare), [""; 0]);
    let nameless = Brief {
        name: String::new(),
        ..brief().for_channel(Channel::Sms)
    };
    assert_eq!(text(nameless), ["name"]);
    assert_eq!(brief().for_channel(Channel::Email), brief());
}

#[test]
#[rustfmt::skip] // A table.
fn where_a_campaign_stands_follows_from_what_was_recorded() {
    let tally = |pending, claimed, sent| Tally { pending, claimed, sent, ..Tally::default() };
    let unsure = Tally { sent: 9, unknown: 1, ..Tally::default() };
    //       planned    last hold              deliveries        stands
    progresses(None,     None,                  tally(0, 0, 0),   Progress::Draft);
    progresses(Some(10), None,                  tally(9, 1, 0),   Progress::Sending);
    progresses(Some(10), Some(Hold::Stopped),   tally(9, 0, 1),   Progress::Stopped);
    progresses(Some(10), Some(Hold::Resumed),   tally(9, 0, 1),   Progress::Sending);
    progresses(Some(10), Some(Hold::Stopped),   tally(0, 0, 10),  Progress::Finished);
    progresses(Some(10), None,                  tally(0, 1, 9),   Progress::Sending);
    progresses(Some(10), Some(Hold::Ended),     tally(4, 0, 6),   Progress::Ended);
    // "Finished" with part unsent, or with a part that nobody knows of, is never said.
    progresses(Some(10), None,                  tally(0, 0, 9),   Progress::Sending);
    progresses(Some(10), None,                  unsure,           Progress::Unresolved);
}

#[track_caller]
fn progresses(planned: Option<u64>, hold: Option<Hold>, tally: Tally, expected: Progress) {
    assert_eq!(progress(planned, hold, &tally), expected);
}

#[test]
fn a_tally_adds_up() {
    let mut tally = Tally::default();
    for (index, state) in State::ALL.into_iter().enumerate() {
        tally.set(state, index as u64);
        assert_eq!(tally.of(state), index as u64);
    }
    assert_eq!(tally.total(), 28);
    assert_eq!(tally.n_open(), 6);
}
