//! The link of one reviewer: what it opens, what it takes to say something, and what ends it.

use placet_domain::content::Field;
use placet_domain::review::condition::Demand;
use placet_store::Keys;

use super::super::comment::New;
use super::super::link::{self, Opened, ReviewLink, Word};
use super::time::{days, hire};
use super::*;
use crate::operator;

fn keys() -> Keys {
    Keys::from_master([7; 32])
}

fn made(desk: &Desk, actor: &Actor, id: VersionId, role: Role) -> String {
    let link = ReviewLink {
        operator: actor.operator().unwrap(),
        version: id,
        role,
        issued_at: minute(10),
    };
    let token = move |tx: &mut Tx| link::token(tx, &keys(), &link);
    desk.store.read_blocking(token).unwrap()
}

fn open(desk: &Desk, token: &str, n: i64) -> Option<Opened> {
    let token = token.to_owned();
    let opened = desk
        .store
        .read_blocking(move |tx| link::open(tx, &keys(), &token, minute(n)));
    match opened {
        Ok(opened) => Some(opened),
        Err(ActError::NotFound("link")) => None,
        Err(other) => panic!("{other:?}"),
    }
}

fn say(desk: &Desk, actor: Actor, n: i64, token: &str, word: Word) -> Result<(), ActError> {
    let token = token.to_owned();
    desk.act_as(actor, n, move |tx, ctx| {
        link::say(tx, ctx, &keys(), &token, &word)
    })
}

fn approve() -> Word {
    Word::Verdict(Verdict::Approve, String::new(), None)
}

/// A text that waits for a doctor, and the doctor.
fn waiting(desk: &Desk) -> (Actor, VersionId) {
    hire(desk, 0, "administrator", &[Role::Administrator]);
    let doctor = hire(desk, 1, "doctor", &[Role::Clinical, Role::Marketing]);
    let id = saved(desk, ContentClass::Education).id;
    hand_in(desk, writer(), 3, id).unwrap();
    (doctor, id)
}

#[test]
fn a_link_is_for_one_decision_of_one_reviewer() {
    let desk = Desk::new();
    let (doctor, id) = waiting(&desk);
    let token = made(&desk, &doctor, id, Role::Clinical);
    let opened = open(&desk, &token, 11).unwrap();
    assert_eq!(
        (opened.link.version, opened.link.role),
        (id, Role::Clinical)
    );
    // Of the operator's roles it lends one.
    assert_eq!(roles_of(&opened.actor()).len(), 1);
    let words = "bed".to_owned();
    let remark = Word::Comment(New {
        field: Field::Body,
        quote: "Hello".to_owned(),
        near: 0,
        remark: "Dear".to_owned(),
    });
    say(&desk, opened.actor(), 12, &token, remark).unwrap();
    assert!(open(&desk, &token, 13).is_some(), "a remark is no decision");
    // Somebody else's session does not act by it.
    let other = super::operator(7, &[Role::Clinical]);
    assert!(matches!(
        say(&desk, other, 14, &token, approve()),
        Err(ActError::NotFound(_))
    ));
    let unmet = Word::Verdict(
        Verdict::Approve,
        String::new(),
        Some((Demand::Keeps, words)),
    );
    refused_as(
        say(&desk, opened.actor(), 15, &token, unmet),
        "condition.not_met",
    );
    assert!(
        open(&desk, &token, 16).is_some(),
        "what was refused left nothing"
    );
    let asks = Some((Demand::Keeps, "Hello".to_owned()));
    let word = Word::Verdict(Verdict::Approve, String::new(), asks);
    say(&desk, opened.actor(), 17, &token, word).unwrap();
    assert!(open(&desk, &token, 18).is_none());
    let again = say(&desk, opened.actor(), 19, &token, approve());
    assert!(matches!(again, Err(ActError::NotFound("link"))));
    let kinds: Vec<String> = desk.entries().into_iter().map(|it| it.kind).collect();
    let used = kinds
        .iter()
        .filter(|kind| *kind == "review_link.used")
        .count();
    assert_eq!(used, 2);
}

/// What makes a link end.
type End = fn(&Desk, &Actor, VersionId);

#[test]
fn a_link_ends_with_time_password_roles_address_and_the_text() {
    let ends: [(&str, End); 6] = [
        ("another password", |desk, doctor, _| {
            let id = doctor.operator().unwrap();
            desk.act(20, move |tx, ctx| {
                operator::reset_password(tx, ctx, id, "another")
            })
            .unwrap();
        }),
        ("other roles", |desk, doctor, _| {
            let id = doctor.operator().unwrap();
            desk.act(20, move |tx, ctx| {
                operator::set_roles(tx, ctx, id, &BTreeSet::from([Role::Clinical]))
            })
            .unwrap();
        }),
        ("another address", |desk, doctor, _| {
            let id = doctor.operator().unwrap();
            desk.act(20, move |tx, ctx| {
                use crate::staff_mail::address;
                address::set(tx, ctx, id, Some("new@harbor.example"))?;
                address::vouch(tx, ctx, id)
            })
            .unwrap();
        }),
        ("a disabled operator", |desk, doctor, _| {
            let id = doctor.operator().unwrap();
            desk.act(20, move |tx, ctx| operator::disable(tx, ctx, id))
                .unwrap();
        }),
        ("a newer version", |desk, _, id| {
            let engine = Engine::builtin();
            desk.act_as(writer(), 20, move |tx, ctx| {
                let mut newer = draft(ContentClass::Education);
                newer.subject = "Another subject".to_owned();
                content::revise(tx, ctx, &engine, id, &newer)
            })
            .unwrap();
        }),
        ("somebody else's verdict", |desk, _, id| {
            give(
                desk,
                super::operator(9, &[Role::Clinical]),
                20,
                id,
                Role::Clinical,
            )
            .unwrap();
        }),
    ];
    for (what, end) in ends {
        let desk = Desk::new();
        let (doctor, id) = waiting(&desk);
        let token = made(&desk, &doctor, id, Role::Clinical);
        assert!(open(&desk, &token, 19).is_some(), "{what}");
        assert!(open(&desk, &token, days(15)).is_none(), "{what}: time");
        end(&desk, &doctor, id);
        assert!(open(&desk, &token, 21).is_none(), "{what}");
    }
}

#[test]
fn a_forged_link_opens_nothing() {
    let desk = Desk::new();
    let (doctor, id) = waiting(&desk);
    let token = made(&desk, &doctor, id, Role::Clinical);
    let not_held = made(&desk, &doctor, id, Role::Legal);
    let not_asked = made(&desk, &doctor, id, Role::Marketing);
    for (at, letter) in token.char_indices().step_by(5) {
        let mut forged = token.clone();
        forged.replace_range(at..=at, if letter == 'A' { "B" } else { "A" });
        assert!(open(&desk, &forged, 11).is_none(), "{at}");
    }
    let long = format!("{token}{token}");
    for bad in ["", "AAAA", &token[..80], &long, &not_held, &not_asked] {
        assert!(open(&desk, bad, 11).is_none(), "{bad}");
    }
}

/// Wrong passwords lock the links, not the operator.
#[test]
fn guessing_on_a_link_locks_links_alone() {
    let desk = Desk::new();
    let (doctor, id) = waiting(&desk);
    let token = made(&desk, &doctor, id, Role::Clinical);
    let link = open(&desk, &token, 11).unwrap().link;
    for n in 20..25 {
        assert!(!open(&desk, &token, n).unwrap().must_wait());
        desk.act_as(doctor.clone(), n, move |tx, ctx| {
            link::note_wrong_password(tx, ctx, &keys(), &link)
        })
        .unwrap();
    }
    assert!(open(&desk, &token, 24).unwrap().must_wait());
    assert!(!open(&desk, &token, 41).unwrap().must_wait());
    let ctx = crate::desk::ctx_of(doctor, 24);
    let waits = desk
        .store
        .read_blocking(move |tx| operator::must_wait(tx, &keys(), &ctx));
    assert!(!waits.unwrap());
}
