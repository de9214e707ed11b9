//! Mail to operators: where they are reached, what they were told, what waits.

use jiff::SignedDuration;
use placet_domain::entry::Entry;
use placet_domain::id::OperatorId;
use placet_domain::operator::Role;
use placet_domain::staff_mail::{
    Mailbox, Notice, NoticeKind, Pace, StaffMail, StaffMailKind, StaffMailState,
};
use placet_store::operators::{self, Operator};
use placet_store::{StoreError, staff_mail};
use placet_testing::{ctx_at, noon};

use super::contents;
use super::harness::{Kind, act, read, with_store};

fn operator() -> OperatorId {
    [9; 16].into()
}

pub(crate) fn an_operator_is_told_once_and_a_mail_has_one_worker(kind: Kind) {
    with_store(kind, |store| {
        let version = contents::add(store, &["a"])[0].id;
        let (later, before) = (
            noon() + SignedDuration::from_hours(1),
            noon() - SignedDuration::from_hours(1),
        );
        let mailbox = Mailbox {
            address: Some("ana@harbor.example".to_owned()),
            confirmed_at: Some(noon()),
            pace: Pace::AtOnce,
        };
        let mail = StaffMail {
            id: [3; 16].into(),
            operator: operator(),
            kind: StaffMailKind::Test,
            version: Some(version),
            state: StaffMailState::Pending,
            made_at: noon(),
            not_before: noon(),
            n_tries: 0,
            claimed_at: None,
            said: String::new(),
        };
        let notice = Notice {
            id: [4; 16].into(),
            operator: operator(),
            version,
            kind: NoticeKind::Late,
            role: Some(Role::Legal),
            occasion: 1,
            mail: mail.id,
        };
        let returned = Notice {
            id: [5; 16].into(),
            kind: NoticeKind::Returned,
            role: None,
            ..notice.clone()
        };
        let kept = (
            mailbox.clone(),
            mail.clone(),
            notice.clone(),
            returned.clone(),
        );
        act(store, &ctx_at(noon(), 50), move |tx, _| {
            tx.record(Entry::new("test"));
            let ana = Operator {
                id: operator(),
                login: "ana".to_owned(),
                name: "Ana".to_owned(),
                password_hash: "x".to_owned(),
                created_at: noon(),
                disabled_at: None,
            };
            operators::add(tx, &ana)?;
            staff_mail::put_mailbox(tx, operator(), &Mailbox::default())?;
            staff_mail::put_mailbox(tx, operator(), &kept.0)?;
            staff_mail::add(tx, &kept.1)?;
            assert!(staff_mail::tell(tx, &kept.2)?);
            assert!(staff_mail::tell(tx, &kept.3)?);
            Ok::<_, StoreError>(())
        })
        .unwrap();
        assert_eq!(
            read(store, staff_mail::list_mailboxes),
            [(operator(), mailbox.clone())]
        );
        assert_eq!(
            read(store, |tx| staff_mail::find_mailbox(tx, operator())),
            Some(mailbox)
        );
        let id = mail.id;
        assert_eq!(
            read(store, move |tx| staff_mail::list_notices(tx, id)),
            [notice.clone(), returned]
        );
        let told = |occasion, role| {
            read(store, move |tx| {
                staff_mail::is_told(tx, operator(), version, NoticeKind::Late, role, occasion)
            })
        };
        assert!(told(1, Some(Role::Legal)));
        assert!(!told(2, Some(Role::Legal)) && !told(1, Some(Role::Clinical)) && !told(1, None));
        let count = |since| {
            read(store, move |tx| {
                staff_mail::count_since(tx, operator(), StaffMailKind::Test, since)
            })
        };
        assert_eq!((count(noon()), count(later)), (1, 0));

        let ready = |now| read(store, move |tx| staff_mail::list_ready(tx, now, 5));
        assert_eq!(ready(noon()), std::slice::from_ref(&mail));
        assert_eq!(ready(before), []);
        let claimed = StaffMail {
            state: StaffMailState::Claimed,
            claimed_at: Some(noon()),
            n_tries: 1,
            ..mail.clone()
        };
        let turn = |n, from, to: &StaffMail| {
            let to = to.clone();
            act(store, &ctx_at(noon(), n), move |tx, _| {
                tx.record(Entry::new("test"));
                staff_mail::turn(tx, from, &to)
            })
        };
        assert_eq!(turn(51, StaffMailState::Pending, &claimed), Ok(true));
        assert_eq!(turn(52, StaffMailState::Pending, &claimed), Ok(false));
        assert_eq!(ready(later), []);
        let abandoned = |at| read(store, move |tx| staff_mail::list_abandoned(tx, at));
        assert_eq!(abandoned(noon()), []);
        assert_eq!(abandoned(later), std::slice::from_ref(&claimed));
        assert_eq!(
            read(store, move |tx| staff_mail::find(tx, id)),
            Some(claimed.clone())
        );
        assert_eq!(read(store, |tx| staff_mail::list(tx, 5)), [claimed]);
        // The same notice a second time changes nothing.
        let again = act(store, &ctx_at(noon(), 53), move |tx, _| {
            tx.record(Entry::new("test"));
            let again = Notice {
                id: [6; 16].into(),
                ..notice.clone()
            };
            staff_mail::tell(tx, &again)
        });
        assert_eq!(again, Ok(false));
    });
}
