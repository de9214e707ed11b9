//! What the engine is told of a person, and what it is not.

use placet_domain::channel::Channel;
use placet_domain::id::RawId;
use placet_domain::instrument::{Consent, Evidence, Instrument, InstrumentKind, Method, Terms};
use placet_domain::person::{ContactPoint, Identity, Origin, Person, Relationship};
use placet_domain::preference::{Preference, PreferenceKind, Topic};
use placet_domain::suppression::{Cause, Suppression};
use placet_domain::time::{Date, Timestamp};

use super::facts::{self, Held};

fn now() -> Timestamp {
    "2026-11-24T03:30:00Z".parse().unwrap()
}

fn held() -> Held {
    let id = RawId::from([1; 16]).into();
    Held {
        person: Person {
            id,
            relationship: Relationship::Patient,
            residence: Some("US-OH".to_owned()),
            time_zone: Some("America/New_York".to_owned()),
            deceased_on: None,
            flags: Default::default(),
            identity: Identity {
                birth_date: Some(Date::constant(1980, 11, 24)),
                ..Identity::default()
            },
        },
        contact_point: Some(ContactPoint {
            id: RawId::from([2; 16]).into(),
            person: id,
            channel: Channel::Email,
            address: "ada@example.org".to_owned(),
            origin: Origin::Care,
            created_at: Timestamp::UNIX_EPOCH,
            replaced_at: None,
        }),
        instruments: Vec::new(),
        preferences: Vec::new(),
        suppressions: Vec::new(),
        n_last_24h: 0,
        n_last_7d: 2,
    }
}

fn told(held: &Held, topic: Topic) -> placet_policy::Person {
    facts::person(held, Channel::Email, topic, &["contact"], now())
}

#[test]
fn age_and_clock_are_those_of_the_place_where_the_person_lives() {
    // It is still the 23rd in Ohio: the birthday is tomorrow.
    let person = told(&held(), Topic::Services);
    assert_eq!(person.age, Some(45.0));
    assert_eq!(person.local_time.unwrap().to_zoned().hour(), 22);
    assert_eq!(person.jurisdiction, ["US", "US-OH"]);
    assert_eq!(person.frequency.last_7d, Some(2));
}

#[test]
fn an_unknown_zone_is_an_unknown_clock() {
    let mut held = held();
    held.person.time_zone = None;
    assert_eq!(told(&held, Topic::Services).local_time, None);
    held.person.time_zone = Some("Mars/Olympus".to_owned());
    assert_eq!(told(&held, Topic::Services).local_time, None);
}

#[test]
fn the_dead_are_told_as_dead_from_their_day_on() {
    let mut held = held();
    held.person.deceased_on = Some(Date::constant(2026, 11, 23));
    assert_eq!(
        told(&held, Topic::Services).relationship.as_deref(),
        Some("deceased")
    );
    held.person.deceased_on = Some(Date::constant(2026, 11, 25));
    assert_eq!(
        told(&held, Topic::Services).relationship.as_deref(),
        Some("patient")
    );
}

fn consent(topic: Topic, expires_on: Option<Date>) -> Instrument {
    Instrument {
        id: RawId::from([3; 16]).into(),
        person: RawId::from([1; 16]).into(),
        kind: InstrumentKind::EmailOptin,
        wording: None,
        terms: Terms::Consent(Consent {
            channel: Channel::Email,
            topic,
            expires_on,
        }),
        signed_at: Timestamp::UNIX_EPOCH,
        method: Method::WebForm,
        evidence: Evidence::from_source("web_form"),
        defects: Vec::new(),
        recorded_at: Timestamp::UNIX_EPOCH,
        recorded_by: "system:test".to_owned(),
        revoked: None,
    }
}

#[test]
fn only_what_speaks_of_the_message_is_told_with_its_standing() {
    let mut held = held();
    held.instruments = vec![
        consent(Topic::Services, None),
        consent(Topic::Events, None),
        consent(Topic::Services, Some(Date::constant(2026, 11, 22))),
        // Its last day is today where the person lives.
        consent(Topic::Services, Some(Date::constant(2026, 11, 23))),
    ];
    let statuses: Vec<String> = told(&held, Topic::Services)
        .instruments
        .into_iter()
        .map(|it| it.status)
        .collect();
    assert_eq!(statuses, ["valid", "expired", "valid"]);
}

#[test]
fn closed_addresses_are_told_and_reminders_pass_an_unsubscription() {
    let mut held = held();
    held.suppressions = [Cause::Unsubscribe, Cause::HardBounce]
        .map(|cause| Suppression {
            id: RawId::from([4; 16]).into(),
            lookup: Vec::new(),
            channel: Channel::Email,
            cause,
            placed_at: Timestamp::UNIX_EPOCH,
            placed_by: "system:test".to_owned(),
            lifted_at: None,
        })
        .to_vec();
    let scopes = |topic| -> Vec<String> {
        told(&held, topic)
            .preferences
            .into_iter()
            .filter_map(|it| it.scope)
            .collect()
    };
    assert_eq!(scopes(Topic::Services), ["unsubscribe", "hard_bounce"]);
    assert_eq!(scopes(Topic::CareReminders), ["hard_bounce"]);
}

#[test]
fn a_refusal_is_told_for_what_it_reaches_also_on_a_clock_that_went_back() {
    let mut held = held();
    let refusal = Preference {
        id: RawId::from([5; 16]).into(),
        person: RawId::from([1; 16]).into(),
        kind: PreferenceKind::Unsubscribe,
        channel: Some(Channel::Email),
        topic: Some(Topic::Services),
        wording: None,
        asked_at: Timestamp::UNIX_EPOCH,
        method: Method::OneClick,
        evidence: Evidence::from_source("one_click"),
        recorded_at: Timestamp::UNIX_EPOCH,
        recorded_by: "person".to_owned(),
        lifted: None,
    };
    held.preferences = vec![refusal];
    assert_eq!(told(&held, Topic::Services).preferences.len(), 1);
    assert_eq!(told(&held, Topic::Events).preferences.len(), 0);
    held.preferences[0].asked_at = now() + jiff::SignedDuration::from_secs(1);
    assert_eq!(told(&held, Topic::Services).preferences.len(), 1);

    // A box left empty names its topic: a no to every message about it, promotion or not.
    held.preferences[0].kind = PreferenceKind::Declined;
    let kinds = |topic| -> Vec<String> {
        let told = told(&held, topic).preferences;
        told.into_iter().map(|one| one.kind).collect()
    };
    assert_eq!(kinds(Topic::Services), ["declined", "unsubscribe"]);
    assert_eq!(kinds(Topic::Events), [""; 0]);
}

fn authorization(information: &[&str]) -> Instrument {
    let mut terms = crate::desk::complete();
    terms.scope.information = information.iter().map(|code| (*code).to_owned()).collect();
    Instrument {
        kind: InstrumentKind::HipaaAuthorization,
        terms: crate::instrument::authorization(terms),
        ..consent(Topic::Services, None)
    }
}

/// S36: an authorization reaches the information that it lists, and no further.
#[test]
#[rustfmt::skip] // A table.
fn an_authorization_reaches_the_information_it_lists() {
    //       it lists                              the message uses             then
    reaches(&["contact"],                          &["contact"],                "valid");
    reaches(&["contact"],                          &["contact", "demographic"], "defective");
    reaches(&["contact", "demographic"],           &["contact", "demographic"], "valid");
    reaches(&["contact", "treatment"],             &["mental_health"],          "defective");
    reaches(&["contact", "mental_health"],         &["mental_health"],          "valid");
    reaches(&[],                                   &["contact"],                "defective");
    reaches(&[],                                   &[],                         "valid");
}

#[track_caller]
fn reaches(lists: &[&str], uses: &[&str], status: &str) {
    let mut held = held();
    held.instruments = vec![authorization(lists)];
    let told = facts::person(&held, Channel::Email, Topic::Services, uses, now());
    assert_eq!(told.instruments[0].status, status);
    let is_named = told.instruments[0]
        .defects
        .contains(&facts::OUTSIDE.to_owned());
    assert_eq!(is_named, status == "defective");
}

/// What ended is told as ended, whatever it would have reached.
#[test]
fn what_ended_is_not_told_as_merely_too_narrow() {
    let mut held = held();
    let mut terms = crate::desk::complete();
    terms.expiry = Some(placet_domain::instrument::authorization::Expiry::On(
        Date::constant(2026, 1, 1),
    ));
    held.instruments = vec![Instrument {
        kind: InstrumentKind::HipaaAuthorization,
        terms: crate::instrument::authorization(terms),
        ..consent(Topic::Services, None)
    }];
    let told = facts::person(
        &held,
        Channel::Email,
        Topic::Services,
        &["treatment"],
        now(),
    );
    assert_eq!(told.instruments[0].status, "expired");
}

fn promotion(selection: &[&str]) -> super::Message {
    super::Message {
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        topic: Topic::Services,
        class: placet_domain::content::ContentClass::OwnHealthProductPromo,
        purpose: "promotion".to_owned(),
        elements: ["email", "first_name"].map(str::to_owned).into(),
        selection: selection.iter().map(|code| (*code).to_owned()).collect(),
        remuneration: placet_policy::Remuneration::none(),
    }
}

/// The whole gate: choosing by age is outside an authorization that lists contact data alone.
#[test]
fn choosing_by_more_than_the_authorization_lists_needs_another_one() {
    let mut settings = placet_domain::settings::Settings {
        organization: Some(placet_domain::settings::Organization {
            name: "Harbor Health".to_owned(),
            postal_address: "1 Harbor Street".to_owned(),
            actor: placet_domain::settings::ActorKind::CoveredProvider,
            time_zone: "America/New_York".to_owned(),
        }),
        carrier: Some(placet_domain::settings::Carrier {
            host: "localhost".to_owned(),
            port: 2525,
            tls: placet_domain::settings::Tls::Off,
            role: placet_domain::settings::VendorRole::None,
            is_baa_on_file: false,
            country: "US".to_owned(),
        }),
        ..Default::default()
    };
    settings.strictness = placet_domain::settings::Strictness::Conservative;
    let mut held = held();
    held.instruments = vec![authorization(&["contact"])];
    let engine = placet_policy::Engine::builtin();
    let at = "2026-11-24T17:00:00Z".parse().unwrap();
    let ask = |held: &Held, selection: &[&str]| {
        let gate = super::Gate::new(&engine, &settings, promotion(selection), at);
        gate.ask(held).unwrap().decision
    };
    assert_eq!(ask(&held, &[]).outcome.as_str(), "permit");
    let refused = ask(&held, &["age"]);
    assert_eq!(refused.outcome.as_str(), "needs_authorization");
    assert_eq!(refused.missing, ["hipaa_authorization"]);
    assert!(
        refused
            .why
            .iter()
            .any(|reason| reason.says.contains("does not cover the information")),
        "{:?}",
        refused.why
    );
    held.instruments = vec![authorization(&["contact", "demographic"])];
    assert_eq!(ask(&held, &["age"]).outcome.as_str(), "permit");
}

mod vocabulary;

/// S97, and of the failures listed: a cap that one campaign can switch off.
#[test]
fn s97_caps_hold_back_promotion_of_any_campaign_and_never_care() {
    use placet_domain::campaign::Remuneration;
    use placet_domain::content::ContentClass;
    use placet_domain::settings::{Caps, Settings};
    use placet_policy::Engine;

    let asked = |class: ContentClass, per_week: u32| {
        let message = super::Message {
            channel: Channel::Email,
            format: placet_domain::content::Format::Plain,
            topic: class.topics()[0],
            class,
            purpose: class.purposes()[0].to_owned(),
            elements: ["name".to_owned(), "email".to_owned()].into(),
            selection: Default::default(),
            remuneration: placet_policy::Remuneration {
                kind: Some(Remuneration::NONE.kind.as_str().to_owned()),
                payer: None,
                amount_vs_cost: None,
            },
        };
        let settings = Settings {
            caps: Caps {
                per_day: 5,
                per_week,
            },
            ..Settings::default()
        };
        let gate = super::Gate::new(&Engine::builtin(), &settings, message, now());
        let why = gate.ask(&held()).unwrap().decision.why;
        why.iter().any(|one| one.rule == "org.cap.week")
    };
    // Two came in the last week.
    assert!(asked(ContentClass::OwnServiceInformation, 2));
    assert!(!asked(ContentClass::OwnServiceInformation, 3));
    assert!(asked(ContentClass::Education, 1));
    assert!(
        !asked(ContentClass::Reminder, 1),
        "counted, and never held back"
    );
}
