#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use placet_domain::channel::Channel;
use placet_domain::instrument::authorization::Defect;
use placet_domain::preference::{Preference, Topic};
use placet_store::preferences;

use super::*;
use crate::desk::{Desk, complete, compliance, minute};

fn email(topic: Topic, signed_at: i64) -> Given {
    Given {
        kind: InstrumentKind::EmailOptin,
        wording: None,
        terms: Terms::Consent(Consent {
            channel: Channel::Email,
            topic,
            expires_on: None,
        }),
        signed_at: minute(signed_at),
        method: Method::WebForm,
        evidence: Evidence::from_source("web_form"),
    }
}

fn signed(signed_at: i64) -> Given {
    Given {
        kind: InstrumentKind::HipaaAuthorization,
        terms: authorization(complete()),
        method: Method::Paper,
        ..email(Topic::Services, signed_at)
    }
}

fn refused(kind: PreferenceKind, topic: Option<Topic>, at: i64) -> Asked {
    Asked {
        kind,
        channel: Some(Channel::Email),
        topic,
        wording: None,
        at: minute(at),
        method: Method::Reply,
        evidence: Evidence::from_source("mailbox"),
    }
}

impl Desk {
    fn record_at(&self, n: i64, person: PersonId, given: Given) -> Result<Recorded, ActError> {
        self.act_as(compliance(), n, move |tx, ctx| {
            record(tx, ctx, person, given.clone())
        })
    }

    fn refuse_at(&self, n: i64, person: PersonId, asked: Asked) {
        self.act_as(compliance(), n, move |tx, ctx| {
            preference::record(tx, ctx, person, asked.clone())
        })
        .unwrap();
    }

    /// Whether anything that stands objects to e-mail about this topic.
    fn is_refused(&self, n: i64, person: PersonId, topic: Topic) -> bool {
        self.standing(n, person)
            .iter()
            .any(|one| one.objects_to(Channel::Email, topic))
    }

    fn standing(&self, n: i64, person: PersonId) -> Vec<Preference> {
        self.act(n, move |tx, ctx| {
            let held = preferences::list_by_person(tx, person)?;
            let all = held.into_iter().map(|held| held.preference);
            Ok(all.filter(|one| one.stands_at(ctx.now)).collect())
        })
        .unwrap()
    }

    fn held(&self, n: i64, person: PersonId) -> Vec<Instrument> {
        self.act(n, move |tx, _| {
            Ok(list(tx, person)?
                .into_iter()
                .map(|held| held.instrument)
                .collect())
        })
        .unwrap()
    }
}

#[test]
fn s52_an_instrument_is_kept_with_its_wording_evidence_and_entry() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let wording = desk
        .act(0, |tx, _| crate::wording::latest(tx, "email_sign_up", "en"))
        .unwrap();
    let given = Given {
        wording: Some(wording.id),
        ..email(Topic::Events, 1)
    };
    let recorded = desk.record_at(5, ada, given).unwrap();
    assert_eq!(recorded.standing, Standing::InForce);

    let held = desk.held(6, ada);
    assert_eq!(held, std::slice::from_ref(&recorded.instrument));
    assert_eq!(held[0].wording, Some(wording.id));
    assert_eq!(held[0].recorded_by, compliance().code());

    let entry = desk
        .entries()
        .into_iter()
        .find(|entry| entry.id == recorded.entry)
        .unwrap();
    let body = entry.read().unwrap();
    assert_eq!(body.kind, "instrument.recorded");
    assert_eq!(body.facts["standing"], "valid");
    assert_eq!(body.facts["topic"], "events");
    assert_eq!(body.facts["hash"].len(), 64);
    assert!(!String::from_utf8(entry.body).unwrap().contains("ada"));
}

#[test]
fn l4_an_incomplete_authorization_is_kept_as_defective_and_never_counts() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let mut terms = complete();
    terms.statements.redisclosure = false;
    let given = Given {
        terms: authorization(terms),
        ..signed(1)
    };
    let recorded = desk.record_at(5, ada, given).unwrap();
    let defects = vec![Defect::RedisclosureStatement];
    assert_eq!(
        recorded.standing,
        Standing::Defective {
            defects: defects.clone()
        }
    );
    assert_eq!(desk.held(6, ada)[0].defects, defects);
}

#[test]
fn what_does_not_fit_is_refused_by_field_and_leaves_nothing() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let future = desk.record_at(5, ada, email(Topic::Events, 6));
    let by_post = Given {
        terms: Terms::Consent(Consent {
            channel: Channel::Postal,
            topic: Topic::Events,
            expires_on: None,
        }),
        ..email(Topic::Events, 1)
    };
    let channel = desk.record_at(6, ada, by_post);
    let wording = desk.record_at(
        7,
        ada,
        Given {
            wording: Some([3; 16].into()),
            ..email(Topic::Events, 1)
        },
    );
    for (refused, field) in [
        (future, "signed_at"),
        (channel, "channel"),
        (wording, "wording"),
    ] {
        match refused {
            Err(ActError::Invalid(problems)) => assert_eq!(problems[0].field, field),
            other => panic!("{other:?}"),
        }
    }
    let nobody = desk.record_at(8, [77; 16].into(), email(Topic::Events, 1));
    assert!(matches!(nobody, Err(ActError::NotFound("person"))));
    assert_eq!(desk.held(9, ada), []);
    assert_eq!(desk.kinds_about(ada), ["person.added"]);
}

#[test]
fn s42_a_revocation_counts_from_the_next_decision_on() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let id = desk.record_at(5, ada, signed(1)).unwrap().instrument.id;
    let revocation = Revocation {
        at: minute(9),
        method: Method::Letter,
    };
    let evidence = Evidence::from_source("front_desk");
    let revoked = desk
        .act_as(compliance(), 10, move |tx, ctx| {
            revoke(tx, ctx, id, revocation, &evidence)
        })
        .unwrap();
    assert_eq!(revoked.instruments, [id]);

    let held = &desk.held(11, ada)[0];
    assert_eq!(
        held.standing(minute(11), &TimeZone::UTC),
        Standing::Revoked { at: minute(9) }
    );
    assert!(
        desk.is_refused(11, ada, Topic::Services),
        "nobody asks again who revoked"
    );
    assert!(!desk.is_refused(11, ada, Topic::Events));
}

#[test]
fn s42_no_clock_stands_in_the_way_of_a_revocation() {
    //  signed, the clock says, they say it was, it is dated
    let cases = [(5, 9, 7, 7), (5, 3, 3, 5), (5, 9, 30, 9), (5, 9, 2, 5)];
    for (signed_at, now, said, dated) in cases {
        let desk = Desk::new();
        let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
        let id = desk
            .record_at(6, ada, signed(signed_at))
            .unwrap()
            .instrument
            .id;
        let revocation = Revocation {
            at: minute(said),
            method: Method::Letter,
        };
        let evidence = Evidence::from_source("front_desk");
        let revoked = desk
            .act(now, move |tx, ctx| {
                revoke(tx, ctx, id, revocation, &evidence)
            })
            .unwrap();
        assert_eq!(revoked.instruments, [id]);
        assert_eq!(
            desk.held(now, ada)[0].revoked.unwrap().at,
            minute(dated),
            "{said}"
        );
        assert!(desk.is_refused(now, ada, Topic::Services), "{said}");
        for later in [now, 40] {
            let standing = desk.held(later, ada)[0].standing(minute(later), &TimeZone::UTC);
            assert!(!standing.is_in_force(), "{said}");
        }
    }
}

#[test]
fn revoking_twice_keeps_the_first_end() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    let id = desk.record_at(5, ada, signed(1)).unwrap().instrument.id;
    for n in [6, 7] {
        let revocation = Revocation {
            at: minute(n),
            method: Method::Letter,
        };
        let evidence = Evidence::from_source("front_desk");
        desk.act(n, move |tx, ctx| revoke(tx, ctx, id, revocation, &evidence))
            .unwrap();
    }
    assert_eq!(desk.held(8, ada)[0].revoked.unwrap().at, minute(6));
}

#[test]
fn s173_every_authorization_ends_in_one_step() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.record_at(5, ada, signed(1)).unwrap();
    desk.record_at(6, ada, signed(2)).unwrap();
    desk.record_at(7, ada, email(Topic::Events, 3)).unwrap();
    let kind = InstrumentKind::HipaaAuthorization;
    let evidence = Evidence::from_source("front_desk");
    let done = desk
        .act(8, move |tx, ctx| {
            revoke_all(tx, ctx, ada, kind, Method::Letter, &evidence)
        })
        .unwrap();
    assert_eq!(done.instruments.len(), 2);
    let standing: Vec<bool> = desk
        .held(9, ada)
        .iter()
        .map(|held| held.standing(minute(9), &TimeZone::UTC).is_in_force())
        .collect();
    assert_eq!(standing, [true, false, false]);
}

#[test]
fn a_newer_yes_opens_one_way_and_keeps_the_rest_of_a_wide_no() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.refuse_at(5, ada, refused(PreferenceKind::Unsubscribe, None, 4));
    assert!(desk.is_refused(6, ada, Topic::Events));

    desk.record_at(20, ada, email(Topic::Events, 10)).unwrap();
    assert!(!desk.is_refused(21, ada, Topic::Events));
    for topic in [
        Topic::Services,
        Topic::HealthEducation,
        Topic::Fundraising,
        Topic::Surveys,
    ] {
        assert!(desk.is_refused(21, ada, topic), "{topic:?}");
    }
}

#[test]
fn an_older_yes_opens_nothing() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.refuse_at(12, ada, refused(PreferenceKind::Unsubscribe, None, 10));
    desk.record_at(20, ada, email(Topic::Events, 9)).unwrap();
    assert!(desk.is_refused(21, ada, Topic::Events));
}

#[test]
fn a_yes_does_not_lift_a_restriction_or_a_stop() {
    for kind in [
        PreferenceKind::Restriction,
        PreferenceKind::Stop,
        PreferenceKind::NationalDnc,
    ] {
        let desk = Desk::new();
        let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
        desk.refuse_at(5, ada, refused(kind, None, 4));
        desk.record_at(20, ada, email(Topic::Events, 10)).unwrap();
        assert_eq!(desk.standing(21, ada).len(), 1, "{kind:?}");
    }
}

#[test]
fn an_authorization_takes_back_its_own_revocation_and_no_unsubscribe() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.refuse_at(5, ada, refused(PreferenceKind::Unsubscribe, None, 4));
    desk.refuse_at(6, ada, refused(PreferenceKind::HipaaRevocation, None, 5));
    desk.record_at(20, ada, signed(10)).unwrap();
    let standing: Vec<_> = desk
        .standing(21, ada)
        .into_iter()
        .map(|one| (one.kind, one.topic))
        .collect();
    assert!(standing.contains(&(PreferenceKind::Unsubscribe, None)));
    assert!(!standing.contains(&(PreferenceKind::HipaaRevocation, Some(Topic::Services))));
    assert!(standing.contains(&(PreferenceKind::HipaaRevocation, Some(Topic::Events))));
}

#[test]
fn a_consent_to_messages_does_not_bring_an_authorization_back() {
    let desk = Desk::new();
    let ada = desk.add_person(1, "Ada", "Moss", "ada@example.org");
    desk.refuse_at(5, ada, refused(PreferenceKind::HipaaRevocation, None, 4));
    desk.record_at(20, ada, email(Topic::Services, 10)).unwrap();
    assert_eq!(
        desk.standing(21, ada)[0].kind,
        PreferenceKind::HipaaRevocation
    );
}
