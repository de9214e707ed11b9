#![allow(clippy::unwrap_used)]

use super::*;

fn declaration(event: Event) -> Declaration {
    Declaration {
        name: "Reminder".to_owned(),
        event,
        source: "ehr".to_owned(),
        content: [1; 16].into(),
        purpose: "appointment_reminder".to_owned(),
        rationale: "Care itself".to_owned(),
        owner: "Patient access".to_owned(),
        wait: Wait::hours(24),
        most_per_day: 500,
        sender_name: "Harbor Health".to_owned(),
        sender: "news@harbor.example".to_owned(),
    }
}

#[track_caller]
fn check(one: &Declaration, class: ContentClass, channel: Channel, expected: &[&str]) {
    let found = one.problems(class, channel);
    let fields: Vec<&str> = found.iter().map(|one| one.field).collect();
    assert_eq!(fields, expected, "{found:?}");
}

#[test]
fn a_wait_is_written_with_its_unit() {
    for (text, minutes) in [
        ("0 minutes", 0),
        ("1 minute", 1),
        ("90 minutes", 90),
        ("2 hours", 120),
        ("24 hours", 1_440),
        ("48 hours", 2_880),
        ("3 days", 4_320),
    ] {
        let wait: Wait = text.parse().unwrap();
        assert_eq!((wait.minutes, wait.to_string().as_str()), (minutes, text));
    }
    assert_eq!("1 day".parse(), Ok(Wait::hours(24)));
    for text in [
        "",
        "24",
        "24h",
        "-1 hours",
        "x days",
        "3 weeks",
        "99999 days",
    ] {
        assert_eq!(text.parse::<Wait>(), Err(BadWait), "{text}");
    }
}

#[test]
fn s77_c3_each_event_has_its_classes_and_its_time() {
    use ContentClass::{Greeting, OwnHealthProductPromo, OwnServiceInformation, Reminder};
    let coming = declaration(Event::ComingUp);
    check(&coming, Reminder, Channel::Email, &[]);
    check(
        &coming,
        OwnHealthProductPromo,
        Channel::Email,
        &["content", "purpose"],
    );
    let soon = Declaration {
        wait: Wait { minutes: 10 },
        ..coming.clone()
    };
    check(&soon, Reminder, Channel::Email, &["wait"]);

    let birthday = Declaration {
        event: Event::Birthday,
        purpose: "greeting".to_owned(),
        wait: Wait::default(),
        ..coming.clone()
    };
    check(&birthday, Greeting, Channel::Email, &[]);
    check(
        &birthday,
        OwnHealthProductPromo,
        Channel::Email,
        &["content", "purpose"],
    );
    let later = Declaration {
        wait: Wait::hours(1),
        ..birthday
    };
    check(&later, Greeting, Channel::Email, &["wait"]);

    let visit = Declaration {
        event: Event::LastVisit,
        purpose: "own_service_announcement".to_owned(),
        wait: Wait {
            minutes: 365 * 24 * 60,
        },
        ..coming.clone()
    };
    check(&visit, OwnServiceInformation, Channel::Email, &[]);
    check(&visit, Reminder, Channel::Email, &["content", "purpose"]);

    let text = Declaration {
        sender: String::new(),
        sender_name: String::new(),
        ..coming.clone()
    };
    check(&text, Reminder, Channel::Sms, &[]);
    check(&text, Reminder, Channel::Email, &["sender_name", "sender"]);
    check(&text, Reminder, Channel::Postal, &["content"]);
    let empty = Declaration {
        name: String::new(),
        rationale: " ".to_owned(),
        owner: String::new(),
        most_per_day: 0,
        ..text
    };
    check(
        &empty,
        Reminder,
        Channel::Sms,
        &["name", "owner", "rationale", "most_per_day"],
    );
}

#[test]
fn the_newest_approved_version_counts() {
    let version = |number: u8, is_approved: bool| Version {
        id: [number; 16].into(),
        trigger: [1; 16].into(),
        version: number.into(),
        declaration: declaration(Event::ComingUp),
        channel: Channel::Email,
        hash: [0; 32],
        written_at: Timestamp::UNIX_EPOCH,
        written_by: None,
        approval: is_approved.then(|| Approval {
            at: Timestamp::UNIX_EPOCH,
            by: [9; 16].into(),
            note: String::new(),
            content_hash: [0; 32].into(),
        }),
    };
    let counts = |versions: &[Version]| counting(versions).map(|one| one.version);
    assert_eq!(counts(&[version(1, false)]), None);
    assert_eq!(counts(&[version(2, false), version(1, true)]), Some(1));
    assert_eq!(counts(&[version(2, true), version(1, true)]), Some(2));
}
