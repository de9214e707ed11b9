#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;

use super::*;
use crate::channel::Channel;

fn draft(class: ContentClass, subject: &str, body: &str) -> Draft {
    Draft {
        class,
        topic: class.topics()[0],
        channel: Channel::Email,
        format: crate::content::Format::Plain,
        subject: subject.to_owned(),
        preheader: String::new(),
        body: body.to_owned(),
        text: String::new(),
    }
}

fn kinds(body: &str) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = findings(&draft(ContentClass::OwnServiceInformation, "News", body))
        .into_iter()
        .map(|found| found.kind)
        .collect();
    kinds.dedup();
    kinds
}

#[test]
fn s133_what_a_text_says_is_found_whatever_its_class() {
    use Kind::{ClinicalClaim, Offer, PatientStatus, Promotion, Seal, Superlative};
    let cases: &[(&str, &[Kind])] = &[
        ("We are open until 8 p.m. on Thursdays.", &[]),
        (
            "Park in the east garage; the entrance moved to Elm Street.",
            &[],
        ),
        ("Our new robot cures back pain.", &[ClinicalClaim]),
        ("95% of patients walk the next day.", &[ClinicalClaim]),
        ("9 out of 10 patients would come again.", &[ClinicalClaim]),
        ("Clinically proven to help.", &[ClinicalClaim]),
        ("A flu vaccine reduces your risk.", &[ClinicalClaim]),
        ("The most advanced heart center.", &[Superlative]),
        ("Ranked #1 in the county.", &[Superlative]),
        ("Get 20% off your first session.", &[Offer]),
        ("Save $50 this month.", &[Offer]),
        ("A free class for everybody.", &[Offer]),
        ("Feel free to call our toll-free line.", &[]),
        ("Our smoke-free campus.", &[]),
        ("Best wishes from all of us.", &[]),
        ("The best care in the state.", &[Superlative]),
        ("Book today. Spots are limited.", &[Promotion]),
        ("Schedule your visit when it suits you.", &[]),
        ("Your test results are ready.", &[PatientStatus]),
        ("Managing your diabetes at home.", &[PatientStatus]),
        ("Talk to your doctor about flu shots.", &[]),
        ("As a patient of our clinic you know us.", &[PatientStatus]),
        ("Since we last saw you, we moved.", &[PatientStatus]),
        ("You are due for a checkup.", &[PatientStatus]),
        ("Thank you for your recent mammogram.", &[PatientStatus]),
        ("We are here when you need us.", &[]),
        ("Mammograms at the main building.", &[]),
        ("A HIPAA-compliant portal.", &[Seal]),
        ("Your data is 100% confidential.", &[Seal]),
        ("Consulta gratis con descuento.", &[Offer]),
        ("Resultados garantizados.", &[ClinicalClaim]),
        ("Llame hoy. No espere.", &[Promotion]),
        ("Hable con su médico.", &[]),
    ];
    for (body, expected) in cases {
        assert_eq!(kinds(body), *expected, "{body}");
    }
}

#[test]
fn s77_a_reminder_names_no_service() {
    let found = |body: &str| findings(&draft(ContentClass::Reminder, "Your appointment", body));
    let plain = "You have an appointment on {{appointment_date}} at {{appointment_time}}, {{appointment_place|main building}}. Bring your card.";
    assert_eq!(found(plain), []);
    for (body, phrase) in [
        ("Your mammogram is on {{appointment_date}}.", "mammogram"),
        ("See you in Cardiology.", "Cardiology"),
        ("Bring this to physical therapy.", "physical therapy"),
        ("Su cita de oncología.", "oncología"),
    ] {
        let found = found(body);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].kind, found[0].phrase.as_str()),
            (Kind::Service, phrase)
        );
        assert_eq!(
            found[0].kind.effect(ContentClass::Reminder),
            Effect::Refuses
        );
    }
}

#[test]
fn a_phrase_ends_where_its_sentence_ends() {
    assert_eq!(
        kinds("Ask for pain. Free parking is a must."),
        [Kind::Offer]
    );
    assert_eq!(kinds("No cars. Risk nothing."), []);
}

#[test]
fn variables_links_and_markup_are_not_read() {
    assert_eq!(
        kinds("See {{cure}} and [here](https://example.org/free-offer)."),
        []
    );
    assert_eq!(kinds("https://example.org/best"), []);
    let mjml = "<mjml><mj-body><mj-text css-class=\"free\">Open until <b>8</b>.</mj-text></mj-body></mjml>";
    assert_eq!(kinds(mjml), []);
    let across = "<mjml><mj-body><mj-text>pain</mj-text><mj-text>free</mj-text></mj-body></mjml>";
    assert_eq!(kinds(across), [Kind::Offer]);
    let inline = "<mjml><mj-body><mj-text>No <b>side effects</b></mj-text></mj-body></mjml>";
    assert_eq!(kinds(inline), [Kind::ClinicalClaim]);
}

/// Whoever writes cannot pick a lower tier (S133), neither by a class nor by how letters are typed:
/// what a reader reads is what is looked at.
#[test]
fn s133_a_claim_is_found_however_its_letters_are_typed() {
    use Kind::ClinicalClaim;
    for body in [
        "Guaranteed results.",
        "Guar\u{200b}anteed results.",
        "Guar\u{ad}anteed\u{feff} results.",
        "Gu\u{202c}ar\u{2060}anteed results.",
        "Gu\u{430}r\u{430}nt\u{435}\u{435}d results.",
        "\u{39d}o s\u{456}de effects.",
        "\u{ff27}\u{ff35}\u{ff21}\u{ff32}\u{ff21}\u{ff2e}\u{ff34}\u{ff25}\u{ff25}\u{ff24} results.",
        "\u{1d406}uaranteed \u{1d42b}esults.",
        "Guar**ant**eed results.",
        "[Guar](https://example.org/)anteed results.",
        "**[Guaranteed](https://example.org/)** results.",
    ] {
        assert_eq!(kinds(body), [ClinicalClaim], "{body}");
    }
    for inside in [
        "Guar<b>ant</b>eed results.",
        "Guar<!-- -->anteed results.",
        "Guar<span style=\"color:red\">ant</span>eed results.",
        "Gu&#97;r&#x61;nteed&nbsp;results.",
        "Guar&shy;anteed results.",
        "Guar&ZeroWidthSpace;anteed results.",
        "Fine.</mj-text><mj-image src=\"a.png\" alt=\"Guaranteed results\" /><mj-text>",
        "Fine.</mj-text><mj-image alt='Guaranteed results' src=\"a.png\" /><mj-text>",
    ] {
        let body = format!("<mjml><mj-body><mj-text>{inside}</mj-text></mj-body></mjml>");
        assert_eq!(kinds(&body), [ClinicalClaim], "{inside}");
    }
    // What only touches is not one word, and a phrase beside a mark is not lost.
    assert_eq!(
        kinds("[Book today](https://a.test/)[Call](https://a.test/)"),
        [Kind::Promotion]
    );
    assert_eq!(kinds("Гарантия для всех."), []);
}

#[test]
fn a_phrase_is_named_once_however_it_is_read() {
    let body = "<mjml><mj-body><mj-text>We <b>cure</b> it</mj-text></mj-body></mjml>";
    let found = findings(&draft(ContentClass::Education, "News", body));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        occurrences(&draft(
            ContentClass::Education,
            "News",
            "We cure. **We cure**."
        ))
        .len(),
        2
    );
}

#[test]
fn a_finding_names_the_place_and_the_words() {
    let draft = draft(
        ContentClass::Education,
        "Ours is the Best Hospital",
        "Fine.\nWe  Cure  it: cure.",
    );
    let found = findings(&draft);
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.field, one.at, one.phrase.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Field::Subject, (1, 9), "the Best"),
            (Field::Body, (2, 5), "Cure")
        ]
    );
}

#[test]
fn s133_the_tier_is_never_below_what_the_words_ask_for() {
    use ContentClass::{ClinicalClaim, Education, Operational, OwnHealthProductPromo};
    let cases = [
        (Operational, "We are open.", Tier::Operational),
        (Operational, "We have the best doctors.", Tier::Promotional),
        (Operational, "We cure it.", Tier::ClinicalClaims),
        (Education, "Drink water.", Tier::Educational),
        (Education, "A free class.", Tier::Promotional),
        (OwnHealthProductPromo, "Come and see.", Tier::Promotional),
        (
            OwnHealthProductPromo,
            "After your surgery.",
            Tier::ClinicalClaims,
        ),
        (ClinicalClaim, "Come and see.", Tier::ClinicalClaims),
    ];
    for (class, body, tier) in cases {
        assert_eq!(draft(class, "News", body).tier(), tier, "{class:?}: {body}");
    }
}

/// C3 and the rule that promotion turns a notice into marketing.
#[test]
fn promotion_in_a_notice_or_a_greeting_is_refused() {
    let refused = |class, body| {
        findings(&draft(class, "Hello", body))
            .iter()
            .any(|found| found.kind.effect(class) == Effect::Refuses)
    };
    assert!(refused(
        ContentClass::Greeting,
        "Happy birthday! Enjoy 20% off."
    ));
    assert!(refused(ContentClass::Reminder, "See you Monday. Book now."));
    assert!(refused(ContentClass::Operational, "Open at 9. Save $20."));
    assert!(!refused(
        ContentClass::Greeting,
        "Happy birthday from all of us."
    ));
    assert!(!refused(
        ContentClass::OwnHealthProductPromo,
        "Enjoy 20% off."
    ));
}

/// E1: a seal that nobody awards keeps a text from being submitted, in every class.
#[test]
fn e1_a_seal_is_refused_in_every_class() {
    for class in ContentClass::ALL {
        assert_eq!(Kind::Seal.effect(class), Effect::Refuses);
    }
}

#[test]
fn subjects_that_pretend_to_be_answers_are_refused() {
    let found = |subject| {
        findings(&draft(ContentClass::Education, subject, "Text."))
            .iter()
            .any(|found| found.kind == Kind::DeceptiveSubject)
    };
    assert!(found("Re: our talk"));
    assert!(found("FWD: something"));
    assert!(!found("Reopening: the east wing"));
    assert!(!found("Return to school: vaccines"));
}

#[test]
fn images_need_words() {
    let with = |tag: &str| kinds(&format!("<mjml><mj-body>{tag}</mj-body></mjml>"));
    assert_eq!(with("<mj-image src=\"a.png\" />"), [Kind::MissingAlt]);
    assert_eq!(with("<mj-image src=\"a.png\" alt=\"\" />"), []);
}

#[test]
fn hard_texts_are_named_with_their_grade() {
    let hard = "Interdisciplinary rehabilitation necessitates comprehensive neuropsychological evaluation, \
                individualized pharmacological optimization and longitudinal multidimensional monitoring \
                across heterogeneous institutional environments throughout the entire convalescent continuum "
        .repeat(3);
    assert_eq!(kinds(&hard), [Kind::ReadingLevel]);
    let plain = "We are open on Monday. Come in by the main door. A nurse will greet you there. \
                 Please bring a list of questions. Bring water too. We have seats for all. \
                 The talk takes an hour. You can ask us things at the end. Then we walk home. \
                 There is a bus at the gate. It stops each half hour. See you there soon."
        .repeat(2);
    assert_eq!(kinds(&plain), []);
}

proptest! {
    #[test]
    fn no_text_is_too_strange(body in ".{0,400}", subject in ".{0,60}", is_mjml: bool) {
        let body = if is_mjml { format!("<mjml>{body}") } else { body };
        let draft = draft(ContentClass::Education, &subject, &body);
        let once = findings(&draft);
        prop_assert_eq!(&once, &findings(&draft));
        prop_assert!(draft.tier() >= draft.class.tier());
    }
}

#[test]
fn a_long_text_takes_one_pass() {
    let body = "{{ <a ]( free ".repeat(14_000);
    assert!(!findings(&draft(ContentClass::Education, "News", &body)).is_empty());
    let mjml = format!("<mjml>{}", "<".repeat(190_000));
    assert_eq!(findings(&draft(ContentClass::Education, "News", &mjml)), []);
}
