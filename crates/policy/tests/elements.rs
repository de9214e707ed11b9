//! Which data a message may carry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use placet_policy::{Engine, Profile};

const FLOOR: Profile = Profile::RegulatoryFloor;
const CAREFUL: Profile = Profile::Conservative;

#[test]
#[rustfmt::skip] // A table.
fn a_message_carries_what_its_purpose_permits() {
    //        element              content                           profile
    allows("first_name",        "own_health_product_promo",       CAREFUL);
    allows("email",             "third_party_product",            CAREFUL);
    allows("age",               "own_health_product_promo",       FLOOR);
    allows("appointment_time",  "reminder",                       CAREFUL);
    allows("appointment_place", "reminder",                       CAREFUL);
    allows("provider_name",     "reminder",                       CAREFUL);
    allows("medication",        "refill",                         CAREFUL);
    allows("diagnosis",         "clinical_notice",                CAREFUL);
    allows("birth_date",        "greeting",                       CAREFUL);
    allows("department",        "fundraising",                    CAREFUL);
    allows("balance",           "billing",                        CAREFUL);

    refuses("age",              "own_health_product_promo",       CAREFUL, "hipaa.minnec.applies");
    refuses("birth_date",       "own_health_product_promo",       FLOOR,   "hipaa.minnec.applies");
    refuses("diagnosis",        "own_health_product_promo",       FLOOR,   "hipaa.auth.required.marketing");
    refuses("medication",       "education",                      FLOOR,   "hipaa.auth.required.marketing");
    refuses("diagnosis",        "mixed:reminder+cosmetic_promo",  FLOOR,   "hipaa.auth.required.marketing");
    refuses("department",       "own_health_product_promo",       FLOOR,   "mail.phi_hygiene");
    refuses("psychotherapy_notes", "clinical_notice",             FLOOR,   "hipaa.psych_notes");
    refuses("hashed_email",     "reminder",                       FLOOR,   "track.hash_is_disclosure");
    refuses("something_new",    "own_health_product_promo",       FLOOR,   "hipaa.auth.required.marketing");
    refuses("entire_record",    "reminder",                       FLOOR,   "hipaa.minnec.entire_record");
}

#[test]
fn every_element_has_a_class_with_a_rule() {
    let engine = Engine::builtin();
    for element in engine.elements() {
        let answer = engine.may_use(&element.code, "no_such_content", CAREFUL);
        if let Err(refusal) = answer {
            assert!(
                engine.rule(&refusal.rule).is_some(),
                "{}: {}",
                element.code,
                refusal.rule
            );
            assert!(
                !refusal.citation.is_empty() && refusal.says.ends_with('.'),
                "{}",
                element.code
            );
        }
    }
}

#[test]
fn deadlines_are_data() {
    let engine = Engine::builtin();
    assert_eq!(engine.limit("canspam.optout").unwrap().amount, 10);
    assert_eq!(
        engine.limit("canspam.optout").unwrap().unit,
        "business_days"
    );
    assert_eq!(engine.limit("hipaa.retention").unwrap().amount, 6);
    for limit in engine.limits() {
        assert!(
            engine.rule(&limit.rule).is_some(),
            "{} names no rule: {}",
            limit.code,
            limit.rule
        );
    }
}

#[track_caller]
fn allows(element: &str, content: &str, profile: Profile) {
    let answer = Engine::builtin().may_use(element, content, profile);
    assert_eq!(answer, Ok(()));
}

#[track_caller]
fn refuses(element: &str, content: &str, profile: Profile, rule: &str) {
    let refusal = Engine::builtin()
        .may_use(element, content, profile)
        .expect_err("allowed");
    assert_eq!(refusal.rule, rule);
}
