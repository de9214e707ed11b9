#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn s58_the_starters_hold_the_registration_checkbox_and_pass_their_own_check() {
    let starters = starters("Harbor Health");
    for starter in starters.iter().filter(|starter| starter.language == "en") {
        assert_eq!(starter.problems(), [], "{}", starter.code);
        assert!(!starter.text.contains('{'), "{}", starter.code);
    }
    let checkbox = starters
        .iter()
        .find(|s| s.code == REGISTRATION_CHECKBOX)
        .unwrap();
    assert!(
        checkbox
            .text
            .starts_with("I agree to receive marketing communications about services, promotions")
    );
}

#[test]
#[rustfmt::skip] // A table.
fn s41_the_authorization_form_says_every_element() {
    let starters = starters("Harbor Health");
    let form = starters.iter().find(|s| s.code == MARKETING_AUTHORIZATION).unwrap();
    for says in [
        "What information", "Who may use or share it", "Who may receive it", "What for",
        "When it ends", "Signature", "Date", "authority to act", "revoke this authorization",
        "may not make treatment, payment, enrollment or eligibility", "share it again",
        "receives payment from a third party", "separate from all other forms", "signed copy",
    ] {
        assert!(form.text.contains(says), "{says}");
    }
}

/// S155, S218 to S223: each release form holds every element of an authorization, and the six of a
/// release.
#[test]
fn s155_the_release_forms_hold_every_required_element() {
    for code in [TESTIMONIAL_RELEASE, PHOTO_RELEASE] {
        let forms = starters("Harbor Health");
        let form = forms.into_iter().find(|form| form.code == code).unwrap();
        assert_eq!(form.problems(), []);
        for says in [
            "What information",
            "Who may use or share it",
            "Who may receive it",
            "What for, and where it is shown",
            "is voluntary",
            "When it ends",
            "revoke this authorization",
            "may not make treatment, payment, enrollment or eligibility",
            "Saying no does not affect my care",
            "protected by the privacy rules",
            "I receive this for",
            "receives payment from a third party",
            "signed copy",
            "Signature",
            "Date",
            "authority to act",
        ] {
            assert!(form.text.contains(says), "{code}: {says}");
        }
    }
}

#[test]
#[rustfmt::skip] // A table.
fn e25_s49_s59_a_consent_that_is_no_choice_is_refused() {
    let way_back = "This does not affect my care. I can change my mind.";
    //    text                                                          problem
    check("I agree. This is required.",                  way_back,      WordingProblem::Required("is required"));
    check("Consent (required)",                          way_back,      WordingProblem::Required("(required)"));
    check("By continuing you agree.",                    way_back,      WordingProblem::Silence("by continuing"));
    check("You get mail unless you opt out.",            way_back,      WordingProblem::Silence("unless you opt out"));
    check("I agree to all communications.",              way_back,      WordingProblem::AllOrNothing("all communications"));
    check("I agree to e-mail. I can revoke it.",         "",            WordingProblem::NoFreeChoice);
    check("I agree. It does not affect my care.",        "",            WordingProblem::NoWayBack);
    check("",                                            "",            WordingProblem::Empty);
}

#[track_caller]
fn check(text: &str, rest: &str, expected: WordingProblem) {
    let text = format!("{text} {rest}");
    assert_eq!(draft(&text).problems(), [expected]);
}

#[test]
fn a_consent_may_say_that_it_is_not_required() {
    let text = "It is not required. It does not affect my care. I can unsubscribe.";
    assert_eq!(draft(text).problems(), []);
}

#[test]
fn the_hash_follows_the_text() {
    assert_eq!(draft("a").text_hash(), text_hash("a"));
    assert_ne!(text_hash("a"), text_hash("a "));
}

fn draft(text: &str) -> Draft {
    Draft {
        code: "x".into(),
        language: "en".into(),
        kind: WordingKind::Consent,
        title: "X".into(),
        text: text.into(),
    }
}
