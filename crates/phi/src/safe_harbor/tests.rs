use super::*;

fn check(rows: &[&[(&str, &str)]]) -> Report {
    let mut checker = Checker::new(2026, Table::Census2020);
    for row in rows {
        for (name, value) in *row {
            checker.cell(name, value);
        }
        checker.end_row();
    }
    checker.finish()
}

#[track_caller]
fn verdict(name: &str, value: &str, expected: Verdict, letters: &str) {
    let report = check(&[&[(name, value)]]);
    let column = &report.columns[0];
    let found: String = column
        .findings
        .iter()
        .map(|finding| finding.letter)
        .collect();
    assert_eq!(
        (column.verdict, found.as_str()),
        (expected, letters),
        "{name}={value}"
    );
    assert_eq!(report.meets, expected <= Verdict::Review);
}

/// S69, S73, S74: the eighteen, each by the name of a column or by its values.
#[test]
#[rustfmt::skip] // A table.
fn each_identifier_has_its_handling() {
    verdict("first_name",     "Ana",                        Verdict::Remove,     "A");
    verdict("contact",        "Olivia Ramirez",             Verdict::Remove,     "A");
    verdict("city",           "Dayton",                     Verdict::Remove,     "B");
    verdict("lat",            "39.7589",                    Verdict::Remove,     "B");
    verdict("zip",            "45402",                      Verdict::Generalize, "B");
    verdict("zip3",           "454",                        Verdict::Keep,       "");
    verdict("zip3",           "036",                        Verdict::Generalize, "B");
    verdict("zip3",           "000",                        Verdict::Keep,       "");
    verdict("admitDate",      "2024-03-01",                 Verdict::Generalize, "C");
    verdict("admit_date",     "2024",                       Verdict::Keep,       "");
    verdict("age",            "91",                         Verdict::Generalize, "C");
    verdict("age",            "89",                         Verdict::Keep,       "");
    verdict("age",            "90+",                        Verdict::Keep,       "");
    verdict("birth_year",     "1930",                       Verdict::Generalize, "C");
    verdict("birth_year",     "1950",                       Verdict::Keep,       "");
    verdict("phone",          "555-010-1234",               Verdict::Remove,     "D");
    verdict("note",           "call 555-010-1234",          Verdict::Remove,     "D");
    verdict("fax",            "555-010-1234",               Verdict::Remove,     "E");
    verdict("contact",        "ana@example.org",            Verdict::Remove,     "F");
    verdict("ssn",            "123-45-6789",                Verdict::Remove,     "G");
    verdict("mrn",            "1234567",                    Verdict::Remove,     "H");
    verdict("member_id",      "W1234",                      Verdict::Remove,     "I");
    verdict("account",        "991",                        Verdict::Remove,     "J");
    verdict("license",        "D1234567",                   Verdict::Remove,     "K");
    verdict("vin",            "1M8GDM9AXKP042788",          Verdict::Remove,     "L");
    verdict("device_serial",  "A23131",                     Verdict::Remove,     "M");
    verdict("url",            "https://example.org/a",      Verdict::Remove,     "N");
    verdict("source",         "203.0.113.9",                Verdict::Remove,     "O");
    verdict("voice_file",     "a.wav",                      Verdict::Remove,     "P");
    verdict("photo",          "a.jpg",                      Verdict::Remove,     "Q");
    verdict("em_sha256",      "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", Verdict::Remove, "FR");
    verdict("key",            "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", Verdict::Remove, "R");
    verdict("state",          "Ohio",                       Verdict::Keep,       "");
    verdict("sex",            "F",                          Verdict::Keep,       "");
    verdict("diagnosis",      "E11.9",                      Verdict::Keep,       "");
    verdict("amount",         "120.50",                     Verdict::Keep,       "");
}

/// S75: few people together are a warning of actual knowledge.
#[test]
fn rows_that_stand_alone_are_a_warning() {
    let common: &[(&str, &str)] = &[("sex", "F"), ("diagnosis", "J45")];
    let rare: &[(&str, &str)] = &[("sex", "M"), ("diagnosis", "E75.2")];
    let mut rows = vec![common; 20];
    assert_eq!(check(&rows).warnings, Vec::<String>::new());
    rows.push(rare);
    let report = check(&rows);
    assert!(report.meets);
    assert!(
        report.warnings[0].starts_with("1 of 21 rows are alone"),
        "{:?}",
        report.warnings
    );
}

#[test]
fn a_report_holds_no_value() {
    let report = check(&[&[
        ("note", "Ana Ruiz called from 555-010-1234"),
        ("email", "ana@example.org"),
    ]]);
    let text = format!("{report:?}");
    for value in ["Ana", "Ruiz", "555", "example.org"] {
        assert!(!text.contains(value), "{value}");
    }
}
