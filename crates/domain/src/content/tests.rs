use super::*;

fn draft() -> Draft {
    Draft {
        class: ContentClass::OwnHealthProductPromo,
        topic: Topic::Services,
        channel: Channel::Email,
        format: crate::content::Format::Plain,
        subject: "Our new heart clinic".to_owned(),
        preheader: "Open from March".to_owned(),
        body: "# Hello\n\nWe open in March.".to_owned(),
        text: String::new(),
    }
}

/// Threat 12: whatever is changed, the hash is another.
#[test]
fn every_changed_byte_changes_the_hash() {
    let hash = draft().hash();
    let edits: [fn(&mut Draft) -> &mut String; 4] = [
        |draft| &mut draft.subject,
        |draft| &mut draft.preheader,
        |draft| &mut draft.body,
        |draft| &mut draft.text,
    ];
    for edit in edits {
        let n = edit(&mut draft()).len();
        for place in 0..=n {
            let mut changed = draft();
            edit(&mut changed).insert(place, 'x');
            assert_ne!(changed.hash(), hash, "{changed:?}");
        }
    }
    for class in ContentClass::ALL {
        let changed = Draft { class, ..draft() };
        assert_eq!(changed.hash() == hash, class == draft().class);
    }
    for topic in Topic::ALL {
        let changed = Draft {
            topic: *topic,
            ..draft()
        };
        assert_eq!(changed.hash() == hash, *topic == draft().topic);
    }
    assert_ne!(
        Draft {
            channel: Channel::Sms,
            ..draft()
        }
        .hash(),
        hash
    );
}

#[test]
fn moving_a_character_between_fields_changes_the_hash() {
    let mut moved = draft();
    let last = moved.subject.pop().unwrap();
    moved.preheader.insert(0, last);
    assert_ne!(moved.hash(), draft().hash());
}

#[test]
fn a_stored_version_that_was_tampered_with_is_not_intact() {
    let mut version = Version {
        id: [1; 16].into(),
        content: [2; 16].into(),
        number: 1,
        hash: draft().hash(),
        draft: draft(),
        created_at: Timestamp::UNIX_EPOCH,
        created_by: "somebody".to_owned(),
    };
    assert!(version.is_intact());
    version.draft.body.push(' ');
    assert!(!version.is_intact());
}

#[test]
fn a_hash_survives_text_and_refuses_what_is_none() {
    let hash = draft().hash();
    assert_eq!(hash.to_string().parse(), Ok(hash));
    for text in ["", "12", &"+f".repeat(32), &"zz".repeat(32)] {
        assert_eq!(text.parse::<ContentHash>(), Err(BadHash), "{text}");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn a_draft_says_what_keeps_it_from_being_saved() {
    check(draft(),                                              &[]);
    check(Draft { topic: Topic::CareReminders, ..draft() },     &[Field::Topic]);
    check(Draft { channel: Channel::Postal, ..draft() },        &[Field::Channel, Field::Preheader]);
    check(Draft { channel: Channel::Sms, ..draft() },           &[Field::Subject, Field::Preheader]);
    check(Draft { subject: "  ".to_owned(), ..draft() },        &[Field::Subject]);
    check(Draft { subject: "a\r\nBcc: b".to_owned(), ..draft() }, &[Field::Subject]);
    check(Draft { subject: "a".repeat(201), ..draft() },        &[Field::Subject]);
    check(Draft { preheader: "a\nb".to_owned(), ..draft() },    &[Field::Preheader]);
    check(Draft { body: " \n".to_owned(), ..draft() },          &[Field::Body]);
    check(Draft { body: "a\0b".to_owned(), ..draft() },         &[Field::Body]);
    check(Draft { text: "x".repeat(200_001), ..draft() },       &[Field::Text]);
}

#[track_caller]
fn check(draft: Draft, expected: &[Field]) {
    let found: Vec<Field> = draft
        .problems()
        .into_iter()
        .map(|problem| problem.field)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_name_is_one_line_that_says_something() {
    assert_eq!(name_problem("March letter"), None);
    for name in ["", "  ", "a\nb", &"x".repeat(121)] {
        assert!(name_problem(name).is_some(), "{name:?}");
    }
}

#[test]
fn every_class_has_its_own_code_and_at_least_one_purpose() {
    for class in ContentClass::ALL {
        assert_eq!(ContentClass::find(class.as_str()), Some(class));
        assert!(!class.purposes().is_empty());
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
}

/// Threat 12, purpose laundering.
#[test]
fn no_promotion_can_be_sent_as_treatment() {
    let care = [
        "appointment_reminder",
        "care_gap",
        "care_plan",
        "treatment_recommendation",
        "disease_management",
    ];
    for class in [
        ContentClass::OwnHealthProductPromo,
        ContentClass::CosmeticOwnServicePromo,
        ContentClass::ThirdPartyProduct,
        ContentClass::NonHealthProduct,
        ContentClass::Fundraising,
        ContentClass::ClinicalClaim,
    ] {
        assert!(
            class
                .purposes()
                .iter()
                .all(|purpose| !care.contains(purpose)),
            "{class:?}"
        );
        assert!(!class.topics().contains(&Topic::CareReminders), "{class:?}");
        assert_eq!(class.footer(), Footer::Commercial);
    }
}

#[test]
fn no_line_reads_otherwise_than_it_is_written() {
    for hidden in ['\u{202e}', '\u{2066}', '\u{2028}'] {
        let line = format!("Our new{hidden} clinic");
        assert!(name_problem(&line).is_some(), "{hidden:?}");
        let subject = Draft {
            subject: line.clone(),
            ..draft()
        };
        let preheader = Draft {
            preheader: line,
            ..draft()
        };
        assert_eq!(subject.problems()[0].field, Field::Subject);
        assert_eq!(preheader.problems()[0].field, Field::Preheader);
    }
    // Arabic, Hebrew and joined emoji need none of them.
    for line in [
        "\u{645}\u{631}\u{62d}\u{628}\u{627}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "\u{1f469}\u{200d}\u{2695}\u{fe0f}",
    ] {
        assert_eq!(name_problem(line), None);
    }
}
