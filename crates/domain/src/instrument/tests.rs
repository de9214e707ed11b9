#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::authorization::{Expiry, Scope, Signature, Signer, Statements};
use super::*;
use crate::id::RawId;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A form with every element of 45 CFR 164.508(c).
fn complete() -> Authorization {
    Authorization {
        description: "Name, e-mail address and dates of visits".into(),
        discloser: "Harbor Health".into(),
        recipient: "Harbor Health's mailing service".into(),
        purpose: "Messages about services and offers".into(),
        expiry: Some(Expiry::On(date(2027, 6, 30))),
        signature: Some(Signature {
            signer: Signer::Individual,
            on: Some(date(2026, 6, 30)),
        }),
        statements: Statements {
            revoke: true,
            condition: true,
            redisclosure: true,
            remuneration: true,
            sale: true,
        },
        is_initiated_by_individual: false,
        involves_remuneration: true,
        is_sale: true,
        is_plain_language: true,
        is_combined: false,
        is_conditioned: false,
        is_known_false: false,
        scope: Scope {
            channels: BTreeSet::from([Channel::Email]),
            topics: BTreeSet::from([Topic::Services]),
            information: BTreeSet::from(["contact".to_owned()]),
            recipients: BTreeSet::from(["individual".to_owned()]),
        },
    }
}

fn instrument(terms: Terms) -> Instrument {
    Instrument {
        id: InstrumentId::from(RawId::at(Timestamp::UNIX_EPOCH, [1; 10])),
        person: PersonId::from(RawId::at(Timestamp::UNIX_EPOCH, [2; 10])),
        kind: match &terms {
            Terms::Authorization(_) => InstrumentKind::HipaaAuthorization,
            Terms::Consent(_) => InstrumentKind::EmailOptin,
        },
        wording: None,
        terms,
        signed_at: at("2026-06-30T15:00:00Z"),
        method: Method::Paper,
        evidence: Evidence::from_source("registration_desk"),
        defects: Vec::new(),
        recorded_at: at("2026-06-30T16:00:00Z"),
        recorded_by: "system:test".into(),
        revoked: None,
    }
}

/// L4: remove each element in turn.
#[test]
#[rustfmt::skip] // A table.
fn l4_an_authorization_that_lacks_an_element_is_defective_and_says_which() {
    //    taken away                                             lacks
    check(|_| (),                                                &[]);
    check(|a| a.description.clear(),                             &[Defect::Description]);
    check(|a| a.description = "All information".into(),          &[Defect::Description]);
    check(|a| a.discloser.clear(),                               &[Defect::Discloser]);
    check(|a| a.recipient = " ".into(),                          &[Defect::Recipient]);
    check(|a| a.purpose.clear(),                                 &[Defect::Purpose]);
    check(|a| a.purpose = "At the request of the individual".into(), &[Defect::Purpose]);
    check(|a| a.expiry = None,                                   &[Defect::Expiry]);
    check(|a| a.expiry = Some(Expiry::Event("None".into())),     &[Defect::Expiry]);
    check(|a| a.expiry = Some(Expiry::Event("until revoked.".into())), &[Defect::Expiry]);
    check(|a| a.expiry = Some(Expiry::On(date(2026, 6, 29))),    &[Defect::Expiry]);
    check(|a| a.signature = None,                                &[Defect::Signature]);
    check(|a| sign(a, Signer::Individual, None),                 &[Defect::Signature]);
    check(|a| sign(a, Signer::Individual, Some(date(2026, 7, 2))), &[Defect::Signature]);
    check(|a| sign(a, represented(""), Some(date(2026, 6, 30))), &[Defect::Representative]);
    check(|a| a.statements.revoke = false,                       &[Defect::RevokeStatement]);
    check(|a| a.statements.condition = false,                    &[Defect::ConditionStatement]);
    check(|a| a.statements.redisclosure = false,                 &[Defect::RedisclosureStatement]);
    check(|a| a.statements.remuneration = false,                 &[Defect::RemunerationStatement]);
    check(|a| a.statements.sale = false,                         &[Defect::SaleStatement]);
    check(|a| a.is_plain_language = false,                       &[Defect::PlainLanguage]);
    check(|a| a.is_combined = true,                              &[Defect::Compound]);
    check(|a| a.is_conditioned = true,                           &[Defect::Conditioned]);
    check(|a| a.is_known_false = true,                           &[Defect::False]);
    check(|a| { a.purpose.clear(); a.statements.revoke = false }, &[Defect::Purpose, Defect::RevokeStatement]);
}

#[test]
#[rustfmt::skip] // A table.
fn what_is_not_asked_for_is_not_lacking() {
    //    changed                                                lacks
    check(|a| { a.involves_remuneration = false; a.statements.remuneration = false }, &[]);
    check(|a| { a.is_sale = false; a.statements.sale = false },  &[]);
    check(|a| sign(a, represented("Mother"), Some(date(2026, 6, 30))), &[]);
    check(|a| a.expiry = Some(Expiry::Event("End of my care at the center".into())), &[]);
    check(|a| { a.purpose = "at the request of the individual".into(); a.is_initiated_by_individual = true }, &[]);
}

fn sign(authorization: &mut Authorization, signer: Signer, on: Option<Date>) {
    authorization.signature = Some(Signature { signer, on });
}

fn represented(authority: &str) -> Signer {
    Signer::Representative {
        authority: authority.into(),
    }
}

#[track_caller]
fn check(change: impl Fn(&mut Authorization), expected: &[Defect]) {
    let mut terms = complete();
    change(&mut terms);
    let held = instrument(Terms::Authorization(Box::new(terms)))
        .checked()
        .unwrap();
    assert_eq!(held.defects, expected);
    let standing = held.standing(at("2026-07-15T12:00:00Z"), &TimeZone::UTC);
    if expected.is_empty() {
        assert_eq!(standing, Standing::InForce);
    } else {
        assert_eq!(
            standing,
            Standing::Defective {
                defects: expected.to_vec()
            }
        );
        assert!(standing.says().starts_with("defective: "));
    }
}

#[test]
fn an_authorization_taken_by_phone_is_not_signed() {
    let mut held = instrument(Terms::Authorization(Box::new(complete())));
    held.method = Method::Phone;
    assert_eq!(held.checked().unwrap().defects, [Defect::Signature]);
}

#[test]
#[rustfmt::skip] // A table.
fn the_last_day_counts_where_the_organization_is() {
    let new_york = TimeZone::get("America/New_York").unwrap();
    let honolulu = TimeZone::get("Pacific/Honolulu").unwrap();
    let auckland = TimeZone::get("Pacific/Auckland").unwrap();
    let expired = Standing::Expired { on: date(2027, 6, 30) };
    //       zone              asked at                  then
    standing(&TimeZone::UTC,   "2027-06-30T23:59:59Z",   Standing::InForce);
    standing(&TimeZone::UTC,   "2027-07-01T00:00:00Z",   expired.clone());
    standing(&new_york,        "2027-07-01T03:59:59Z",   Standing::InForce);
    standing(&new_york,        "2027-07-01T04:00:00Z",   expired.clone());
    standing(&honolulu,        "2027-07-01T09:59:59Z",   Standing::InForce);
    standing(&honolulu,        "2027-07-01T10:00:00Z",   expired.clone());
    standing(&auckland,        "2027-06-30T11:59:59Z",   Standing::InForce);
    standing(&auckland,        "2027-06-30T12:00:00Z",   expired);
    standing(&TimeZone::UTC,   "2026-06-30T14:59:59Z",   Standing::NotYet { from: at("2026-06-30T15:00:00Z") });
}

#[track_caller]
fn standing(zone: &TimeZone, when: &str, expected: Standing) {
    let held = instrument(Terms::Authorization(Box::new(complete())))
        .checked()
        .unwrap();
    assert_eq!(held.standing(at(when), zone), expected);
}

#[test]
fn s42_a_revocation_counts_at_once_and_on_a_clock_that_went_back() {
    let mut held = instrument(Terms::Authorization(Box::new(complete())))
        .checked()
        .unwrap();
    let revoked_at = at("2026-09-01T10:00:00Z");
    held.revoked = Some(Revocation {
        at: revoked_at,
        method: Method::SignedLink,
    });
    for when in ["2026-09-01T10:00:00Z", "2026-09-01T09:59:59.999999Z"] {
        let standing = held.standing(at(when), &TimeZone::UTC);
        assert_eq!(standing, Standing::Revoked { at: revoked_at });
    }
}

#[test]
fn an_event_that_happened_ends_it_as_a_date_does() {
    let mut terms = complete();
    terms.expiry = Some(Expiry::Event("End of my care at the center".into()));
    let mut held = instrument(Terms::Authorization(Box::new(terms)))
        .checked()
        .unwrap();
    let ended = at("2026-09-01T10:00:00Z");
    held.revoked = Some(Revocation {
        at: ended,
        method: Method::ExpiryEvent,
    });
    assert_eq!(
        held.standing(ended, &TimeZone::UTC),
        Standing::Expired {
            on: date(2026, 9, 1)
        }
    );
}

#[test]
fn s48_s49_a_consent_speaks_of_one_channel_and_one_topic() {
    let held = instrument(Terms::Consent(Consent {
        channel: Channel::Email,
        topic: Topic::Events,
        expires_on: None,
    }))
    .checked()
    .unwrap();
    let covered: Vec<_> = crate::preference::Choice::all()
        .filter(|choice| held.covers(choice.channel, choice.topic))
        .collect();
    assert_eq!(covered.len(), 1);
}

#[test]
fn a_consent_for_a_channel_that_its_kind_does_not_know_is_refused() {
    let held = instrument(Terms::Consent(Consent {
        channel: Channel::Sms,
        topic: Topic::Events,
        expires_on: None,
    }));
    assert_eq!(
        held.checked(),
        Err(BadInstrument::Channel(
            InstrumentKind::EmailOptin,
            Channel::Sms
        ))
    );
}

#[test]
fn a_written_consent_that_was_only_said_is_defective() {
    let mut held = instrument(Terms::Consent(Consent {
        channel: Channel::Sms,
        topic: Topic::Services,
        expires_on: None,
    }));
    held.kind = InstrumentKind::TcpaPewc;
    held.method = Method::Phone;
    assert_eq!(held.checked().unwrap().defects, [Defect::WrittenSignature]);
}

#[test]
fn nothing_is_recorded_before_it_was_given() {
    let mut held = instrument(Terms::Authorization(Box::new(complete())));
    held.recorded_at = at("2026-06-30T14:00:00Z");
    assert!(matches!(
        held.checked(),
        Err(BadInstrument::InFuture { .. })
    ));
}

#[test]
fn terms_of_another_kind_are_refused() {
    let mut held = instrument(Terms::Authorization(Box::new(complete())));
    held.kind = InstrumentKind::EmailOptin;
    assert_eq!(
        held.checked(),
        Err(BadInstrument::Terms(InstrumentKind::EmailOptin))
    );
}

#[test]
fn the_scope_names_what_lies_outside_it() {
    assert_eq!(
        complete().scope.outside(&["contact", "treatment"]),
        ["treatment"]
    );
    assert_eq!(Scope::default().outside(&["contact"]), ["contact"]);
    assert!(!Scope::default().covers(Channel::Email, Topic::Services));
}

#[test]
fn an_internet_address_is_kept_as_its_class_only() {
    for (address, class) in [
        ("10.1.2.3", IpClass::Internal),
        ("127.0.0.1", IpClass::Internal),
        ("203.0.113.9", IpClass::PublicV4),
        ("::1", IpClass::Internal),
        ("fd00::1", IpClass::Internal),
        ("2001:db8::1", IpClass::PublicV6),
    ] {
        assert_eq!(IpClass::of(address.parse().unwrap()), class, "{address}");
    }
}

#[test]
fn evidence_holds_codes_and_no_names() {
    let evidence = |source: &str, document: &str| Evidence {
        document: document.into(),
        ..Evidence::from_source(source)
    };
    assert_eq!(evidence("web_form", "scan-2026/0017").check(), Ok(()));
    assert_eq!(evidence("", "").check(), Err(BadEvidence("source")));
    assert_eq!(evidence("Ada Moss", "").check(), Err(BadEvidence("source")));
    assert_eq!(
        evidence("web_form", "ada@example.org").check(),
        Err(BadEvidence("document"))
    );
}
