//! Texts as they come in, and as they must go out: S68, S70, S73, S74. All names are made up.

#![allow(missing_docs)]

use placet_phi::{Options, Profile, Scanner, redact};

#[track_caller]
fn check(text: &str, expected: &str) {
    let mut scanner = Scanner::new(Options::new(Profile::SafeHarbor, 2026));
    let spans = scanner.scan(text).to_vec();
    assert_eq!(redact(text, &spans), expected);
}

#[test]
fn forms() {
    check(
        "Hi, my name is Olivia Ramirez. Call (937) 555-0142 or olivia@example.org.",
        "Hi, my name is [NAME]. Call [PHONE] or [EMAIL].",
    );
    check(
        "Name: Ramirez, Olivia\nDOB: 4/12/1980\nMember ID: W1234-5678",
        "Name: [NAME]\nDOB: [DATE]\nMember ID: [HEALTH PLAN]",
    );
    check(
        "my email is olivia dot r at example dot org",
        "my email is [EMAIL]",
    );
}

#[test]
fn addresses_of_pages() {
    check(
        "https://clinic.example/thanks?fname=Olivia&email=o.ramirez%40example.org&utm_source=ad",
        "https://clinic.example/thanks?fname=[NAME]&email=[EMAIL]&utm_source=ad",
    );
    check(
        "https://clinic.example/find?name=Olivia+Ramirez&zip=45402",
        "https://clinic.example/find?name=[NAME]&zip=[LOCATION]",
    );
    check(
        "/lp/knee?em=b2xpdmlhQGV4YW1wbGUub3Jn&src=sms",
        "/lp/knee?em=[ID]&src=sms",
    );
    check(
        "https://portal.example/patient/22d15a29-b1aa-4a0a-8b42-ba377a870892/bills",
        "https://portal.example/patient/[ID]/bills",
    );
}

#[test]
fn years_states_and_ages_under_ninety_stay() {
    check(
        "A 72-year-old from Ohio, diagnosed in 2021.",
        "A 72-year-old from Ohio, diagnosed in 2021.",
    );
    check(
        "Her father, age 93, lives there.",
        "Her father, age [AGE 90+], lives there.",
    );
    check("She was born in 1931.", "She was born in [AGE 90+].");
}

#[test]
fn words_of_the_trade_are_nobodys_name() {
    for text in [
        "Parkinson, Hodgkin and Crohn patients may ask.",
        "A Wells score of 4 and a positive Chaddock reflex.",
        "Grace period for May bills is 15 days.",
        "Order SKU 4471-22-9981, ICD-10 E11.9, CPT 99213.",
        "Open Monday to Friday 8am-5pm.",
        "Take metformin 500 mg twice daily.",
    ] {
        check(text, text);
    }
}

#[test]
fn notes_in_other_clothes() {
    check(
        "<div><b>Patient name</b>: Olivia Ramirez &mdash; MRN&nbsp;8675309</div>",
        "<div><b>Patient name</b>: [NAME] &mdash; MRN&nbsp;[MRN]</div>",
    );
    check("SSN １２３-４５-６７８９", "SSN [SSN]");
    check(
        "T3xpdmlhIFJhbWlyZXogY2FsbGVkIGZyb20gOTM3LTU1NS0wMTQy",
        "[NAME]",
    );
    check("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ", "[PHOTO]");
    check("H4sIAAAAAAAA/8tIzcnJVyjPL8pJAQCFEUoNCwAAAA==", "[ID]");
}

#[test]
fn spanish() {
    check(
        "Nombre: Olivia.\nApellidos: Ramírez Soto.\nDomicilio: Calle del Pino, 12.\nFecha de nacimiento: 11 de marzo de 2010.",
        "Nombre: [NAME].\nApellidos: [NAME].\nDomicilio: [LOCATION].\nFecha de nacimiento: [DATE].",
    );
}
