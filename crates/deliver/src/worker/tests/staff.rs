//! Mail to operators through real SMTP: once each over overlapping workers, restarts and a carrier
//! that breaks off.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::SignedDuration;
use placet_app::delivery::Engine;
use placet_app::operator::{self, NewOperator};
use placet_app::staff_mail::{self, address};
use placet_app::{approval, content};
use placet_domain::channel::Channel;
use placet_domain::content::{ContentClass, Draft};
use placet_domain::operator::Role;
use placet_domain::staff_mail::{Pace, StaffMailState, StaffSender};

use super::stage::{House, Kind};
use crate::carrier::smtp::SmtpCarrier;

use crate::catcher::{Catcher, Config as Catching, Fault, Point, Script};
use crate::smtp::Relay;
use crate::worker::staff::{Config, Done, Mailer, Trouble};

/// A house in which a text waits for as many doctors, each with an address.
fn waiting(kind: Kind, port: u16, n_doctors: usize) -> House {
    let house = House::new(kind);
    house.set_up(port).unwrap();
    house
        .act(move |tx, ctx| {
            let sender = "placet@harbor.example".to_owned();
            staff_mail::set_sender(tx, ctx, &StaffSender { sender })?;
            for number in 0..n_doctors {
                let new = NewOperator {
                    login: format!("doctor{number}"),
                    name: format!("Doctor {number}"),
                    roles: BTreeSet::from([Role::Clinical]),
                    password_hash: "x".to_owned(),
                };
                let id = operator::add(tx, ctx, &new)?;
                address::set(tx, ctx, id, Some(&format!("doctor{number}@harbor.example")))?;
                address::vouch(tx, ctx, id)?;
                address::set_pace(tx, ctx, id, Pace::AtOnce)?;
            }
            let class = ContentClass::Education;
            let draft = Draft {
                class,
                topic: class.topics()[0],
                channel: Channel::Email,
                format: placet_domain::content::Format::Plain,
                subject: "Sleep well".to_owned(),
                preheader: String::new(),
                body: "Go to bed at the same time.".to_owned(),
                text: String::new(),
            };
            let engine = Engine::builtin();
            let version = content::create(tx, ctx, &engine, "Sleep", &draft)?;
            approval::submit(tx, ctx, &engine, version.id)
        })
        .unwrap();
    house
}

fn mailer(house: &House, port: u16) -> Mailer {
    Mailer::new(Config {
        store: house.store.clone(),
        public_url: "https://placet.test".to_owned(),
        ctx: house.clock(),
        carrier: SmtpCarrier::new(Arc::new(move || Ok(Relay::new("127.0.0.1", port)))),
    })
    .unwrap()
}

fn states(house: &House) -> Vec<StaffMailState> {
    let mails = house.store.read_blocking(|tx| staff_mail::list(tx, 100));
    let mut states: Vec<_> = mails.unwrap().into_iter().map(|(it, _)| it.state).collect();
    // Confirmations that nobody needed were dropped.
    states.retain(|state| *state != StaffMailState::Dropped);
    states
}

pub(super) fn overlapping_mailers_tell_everybody_once(kind: Kind) {
    let catcher = Catcher::start(Catching::default()).unwrap();
    let port = catcher.address().port();
    let house = waiting(kind, port, 8);
    let turns: Vec<_> = (0..3)
        .map(|_| {
            let mut mailer = mailer(&house, port);
            thread::spawn(move || mailer.turn())
        })
        .collect();
    // On PostgreSQL one that collided too often says so, and sees the same at its next turn.
    for turn in turns {
        let _ = turn.join().unwrap();
    }
    let again = house.reopen();
    let mut mailer = mailer(&again, port);
    let _ = mailer.turn();
    assert_eq!(mailer.turn().unwrap(), Done::default());
    let mut to: Vec<String> = catcher
        .messages()
        .iter()
        .flat_map(|it| it.to.clone())
        .collect();
    to.sort();
    let everybody: Vec<String> = (0..8)
        .map(|n| format!("doctor{n}@harbor.example"))
        .collect();
    assert_eq!(to, everybody);
    let view = catcher.messages()[0].view();
    assert_eq!(view.subject, "Placet: a text waits for you");
    assert_eq!(view.from, "Harbor Health <placet@harbor.example>");
    assert!(view.text.unwrap().contains("https://placet.test/"));
    assert_eq!(states(&house), [StaffMailState::Sent; 8]);
}

pub(super) fn an_answer_that_is_lost_is_unknown_and_never_sent_again(kind: Kind) {
    let catcher = Catcher::start(Catching {
        script: Script::once(Point::Answer, 0, Fault::Close),
        ..Catching::default()
    })
    .unwrap();
    let port = catcher.address().port();
    let house = waiting(kind, port, 1);
    mailer(&house, port).turn().unwrap();
    assert_eq!(states(&house), [StaffMailState::Unknown]);
    house.pass(SignedDuration::from_hours(2));
    assert_eq!(
        mailer(&house.reopen(), port).turn().unwrap(),
        Done::default()
    );
    assert!(catcher.wait_for(1, Duration::from_secs(30)));
    assert_eq!(catcher.count(), 1);
}

pub(super) fn a_carrier_that_is_away_loses_nothing(kind: Kind) {
    let catcher = Catcher::start(Catching::default()).unwrap();
    let port = catcher.address().port();
    let house = waiting(kind, port, 1);
    let mut away = Mailer::new(Config {
        store: house.store.clone(),
        public_url: String::new(),
        ctx: house.clock(),
        carrier: SmtpCarrier::new(Arc::new(|| Err("no mail carrier is set".to_owned()))),
    })
    .unwrap();
    assert!(matches!(away.turn(), Err(Trouble::Carrier(_))));
    assert_eq!(states(&house), [StaffMailState::Pending]);
    let done = mailer(&house, port).turn().unwrap();
    assert_eq!((done.n_written, done.n_handed_over), (0, 1));
    assert_eq!(catcher.count(), 1);
}
