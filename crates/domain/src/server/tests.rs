#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use super::*;

fn setup() -> Setup {
    Setup {
        source: "ehr".into(),
        flow: None,
        url: "https://ehr.example/fhir/r4".into(),
        token_url: String::new(),
        client_id: "placet".into(),
        level: Level::Group,
        group: "marketing".into(),
        types: USUAL_TYPES.map(str::to_owned).to_vec(),
        scopes: String::new(),
        file_origins: vec!["https://files.ehr.example".into()],
        every_hours: 24,
    }
}

#[test]
#[rustfmt::skip] // A table.
fn an_address_is_asked_where_it_is_declared_and_nowhere_else() {
    let setup = setup();
    for (url, expected) in [
        ("https://ehr.example/other",               true),
        ("https://EHR.example:443/x?y",             true),
        ("https://files.ehr.example/1.ndjson",      true),
        ("http://ehr.example/x",                    false),
        ("https://ehr.example:8443/x",              false),
        ("https://ehr.example.evil.example/x",      false),
        ("https://ehr.example@evil.example/x",      false),
        ("https://evil.example/https://ehr.example", false),
        ("https://evil.example\\@ehr.example/",      false),
        ("ehr.example/x",                           false),
        ("file:///etc/passwd",                      false),
    ] {
        assert_eq!(setup.declared(url).is_ok(), expected, "{url}");
        let is_of_files = url.contains("files.ehr");
        assert_eq!(setup.own(url).is_ok(), expected && !is_of_files, "{url}");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn encryption_is_left_out_on_this_machine_alone() {
    for (url, expected) in [
        ("http://127.0.0.1:9000/fhir", Some("http://127.0.0.1:9000")),
        ("http://[::1]:9000",          Some("http://[::1]:9000")),
        ("http://localhost",           Some("http://localhost")),
        ("http://localhost.evil.example", None),
        ("http://10.0.0.4/fhir",       None),
        ("https://10.0.0.4/fhir",      Some("https://10.0.0.4")),
        ("https://a b.example",        None),
        ("https://",                   None),
        ("https://ehr.example:/",      None),
        ("https://ehr.example:99999/", None),
    ] {
        assert_eq!(Origin::of(url).map(|one| one.to_string()).as_deref(), expected, "{url}");
    }
}

#[test]
#[rustfmt::skip] // A table.
fn what_cannot_be_used_is_named_by_its_field() {
    let with = |change: &dyn Fn(&mut Setup)| {
        let mut one = setup();
        change(&mut one);
        one.faults().into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    assert!(with(&|_| ()).is_empty());
    assert_eq!(with(&|one| one.url = "http://ehr.example/fhir".into()), ["url"]);
    assert_eq!(with(&|one| one.url.push('/')), ["url"]);
    assert_eq!(with(&|one| one.url.push_str("?x=1")), ["url"]);
    assert_eq!(with(&|one| one.token_url = "ftp://x".into()), ["token_url"]);
    assert_eq!(with(&|one| one.client_id.clear()), ["client_id"]);
    assert_eq!(with(&|one| one.group.clear()), ["group"]);
    assert_eq!(with(&|one| one.group = "../Patient".into()), ["group"]);
    assert_eq!(with(&|one| one.level = Level::Patient), ["group"]);
    assert_eq!(with(&|one| one.types.clear()), ["types"]);
    assert_eq!(with(&|one| one.types.push("Patient&_since=x".into())), ["types"]);
    assert_eq!(with(&|one| one.file_origins = vec!["https://x.example/path".into()]), ["file_origins"]);
    assert_eq!(with(&|one| one.every_hours = 10_000), ["every_hours"]);
    assert_eq!(with(&|one| one.source = "EHR".into()), ["source"]);
}

#[test]
fn the_export_is_asked_for_by_group_or_for_all_patients() {
    let mut one = setup();
    assert_eq!(
        one.export_url(),
        "https://ehr.example/fhir/r4/Group/marketing/$export?_type=Patient,Appointment"
    );
    one.level = Level::Patient;
    assert_eq!(
        one.export_url(),
        "https://ehr.example/fhir/r4/Patient/$export?_type=Patient,Appointment"
    );
}
