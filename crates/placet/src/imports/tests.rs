#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::Cursor;

use placet_domain::operator::{Actor, Role};
use placet_store::imports as stored;

use super::*;
use crate::command::init;
use crate::command::open::{FILE, open};
use crate::config::Config;
use crate::demo::data::open_alone;

fn operator(role: Role) -> Ctx {
    let id = [1; 16].into();
    let roles = [role].into();
    Ctx::new(
        clock::now(),
        Actor::Operator { id, roles },
        clock::entropy(),
    )
}

fn imports(folder: &std::path::Path) -> Imports {
    init::create(folder, &Config::starter(([127, 0, 0, 1], 8080).into())).unwrap();
    let config = Config::read(&folder.join(FILE)).unwrap();
    let store = open(&config, false).unwrap();
    open_alone(&store, &crate::clock::system("test"), "ehr").unwrap();
    Imports { store }
}

fn input(text: &str) -> Box<dyn Read + Send> {
    Box::new(Cursor::new(text.to_owned()))
}

fn asked(format: Option<&str>) -> Asked {
    Asked {
        source: "ehr".to_owned(),
        flow: None,
        format: format.map(str::to_owned),
    }
}

const PATIENTS: &str = concat!(
    r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Example","given":["Alex"]}],"birthDate":"1960-02-28"}"#,
    "\n",
    r#"{"resourceType":"Patient","id":"p2","name":[{"family":"Sample","given":["Robin"]}],"birthDate":"1970-02-28"}"#,
    "\n{ broken\n",
);

/// Issue 2, step 1: by the API as by the command, with the report of the command.
#[test]
fn people_come_in_for_whoever_may_import() {
    let folder = tempfile::tempdir().unwrap();
    let imports = imports(folder.path());
    let it = operator(Role::It);
    let report = imports.people(&it, &asked(None), input(PATIENTS)).unwrap();
    assert_eq!(report["taken"]["added"], 2, "{report}");
    assert_eq!(report["read"]["n_refused"], 1, "{report}");
    let run = report["import"].as_str().unwrap().parse().unwrap();
    let kept = imports
        .store
        .read_blocking(move |tx| stored::find(tx, run))
        .unwrap();
    let kept: Value = serde_json::from_str(&kept.unwrap().report).unwrap();
    assert_eq!(
        (&kept["read"], &kept["taken"]),
        (&report["read"], &report["taken"])
    );
    let again = imports
        .people(&it, &asked(Some("ndjson")), input(PATIENTS))
        .unwrap();
    assert_eq!(again["taken"]["unchanged"], 2, "{again}");
    let refused = imports.people(&operator(Role::Marketing), &asked(None), input(PATIENTS));
    assert!(matches!(refused, Err(ActError::Forbidden(_))));
    let unknown = imports.people(&it, &asked(Some("xml")), input(PATIENTS));
    assert!(matches!(unknown, Err(ActError::Invalid(_))));
}

#[test]
fn permissions_come_in_for_whoever_may_record_them() {
    let folder = tempfile::tempdir().unwrap();
    let imports = imports(folder.path());
    let compliance = operator(Role::Compliance);
    let refused = imports.instruments(&operator(Role::It), input("a,b\n"));
    assert!(matches!(refused, Err(ActError::Forbidden(_))));
    let wrong = imports.instruments(&compliance, input("a,b\n1,2\n"));
    assert!(matches!(wrong, Err(ActError::Invalid(_))));
}
