//! The commands around rules, as somebody at a terminal meets them: good, bad, empty and huge input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn placet(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_placet"));
    command.args(args).env_remove("PLACET_CONFIG");
    command.stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

#[track_caller]
fn exits(output: &Output, status: i32) -> String {
    let said = said(output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

const HEAD: &str = "[pack]\nid = \"house\"\nversion = \"1\"\nextends = \"placet\"\n\n";

/// A house rule that forbids promotions to those over 80.
const RULE: &str = "[[rule]]\nid = \"house.age\"\ntitle = \"No promotion past 80\"\ncitation = [\"Policy 12\"]\nkind = \"forbid\"\n\
    when = 'message && promotional && subject.age > 80'\nsays = \"No promotion to those over 80.\"\ncategory = \"marketing\"\nsource = \"T\"\n";

struct Pack {
    folder: tempfile::TempDir,
}

impl Pack {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("house.toml"), text).unwrap();
        Self { folder }
    }

    fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn with_scenarios(self, lines: &str) -> Self {
        let scenarios = self.folder.path().join("scenarios");
        fs::create_dir(&scenarios).unwrap();
        fs::write(scenarios.join("house.jsonl"), lines).unwrap();
        self
    }
}

#[test]
fn a_pack_is_checked_with_the_place_of_each_fault() {
    let good = Pack::new(&format!("{HEAD}{RULE}"));
    assert!(exits(&placet(&["pack", "check", good.path()]), 0).contains("no problem found"));
    let bad = Pack::new(&format!(
        "{HEAD}{}",
        RULE.replace("promotional", "promotinal")
    ));
    let said = exits(&placet(&["pack", "check", bad.path()]), 1);
    assert!(
        said.contains("house.toml:11:20:") && said.contains("promotinal"),
        "{said}"
    );
    let empty = tempfile::tempdir().unwrap();
    let said = exits(
        &placet(&["pack", "check", empty.path().to_str().unwrap()]),
        3,
    );
    assert!(said.contains("holds no rule pack"), "{said}");
    exits(&placet(&["pack", "check", "no-such-folder"]), 3);
}

#[test]
fn the_scenarios_of_the_program_pass() {
    let said = exits(&placet(&["pack", "test"]), 0);
    assert!(
        said.contains(" 0 wrong, 0 rules that none exercises"),
        "{said}"
    );
}

const RIGHT: &str = r#"{"id": "h1", "inputs": {"policy_profile": "regulatory_floor", "content_class": "own_health_product_promo", "subject": {"age": 81}}, "expected": {"outcome": "deny", "category": "marketing", "rule_ids": ["house.age"]}}"#;

#[test]
fn the_scenarios_of_a_house_pack_are_named_by_file_and_line() {
    let right = Pack::new(&format!("{HEAD}{RULE}")).with_scenarios(&format!("{RIGHT}\n"));
    let said = exits(&placet(&["pack", "test", right.path()]), 0);
    assert!(said.contains("1 scenarios, 0 wrong, 0 rules"), "{said}");

    let wrong = Pack::new(&format!("{HEAD}{RULE}"))
        .with_scenarios(&format!("\n{}\n", RIGHT.replace("81", "80")));
    let said = exits(&placet(&["pack", "test", wrong.path()]), 1);
    assert!(
        said.contains("house.jsonl:2: h1 (regulatory_floor): outcome permit, expected deny"),
        "{said}"
    );
    assert!(said.contains("no scenario exercises `house.age`"), "{said}");

    let json: Value =
        serde_json::from_slice(&placet(&["pack", "test", wrong.path(), "--json"]).stdout).unwrap();
    assert_eq!(
        (&json["scenarios"], &json["failures"][0]["line"]),
        (&1.into(), &2.into())
    );
    assert_eq!(json["not_exercised"][0], "house.age");

    let torn = Pack::new(&format!("{HEAD}{RULE}")).with_scenarios("{\"id\": ");
    assert!(exits(&placet(&["pack", "test", torn.path()]), 1).contains("house.jsonl:1:1:"));
    let none = Pack::new(&format!("{HEAD}{RULE}"));
    assert!(exits(&placet(&["pack", "test", none.path()]), 0).contains("0 scenarios"));
}

#[test]
fn the_difference_of_two_packs_is_said_in_words() {
    let house = Pack::new(&format!("{HEAD}{RULE}"));
    let version = placet_policy::Engine::builtin().pack().version;
    for builtin in ["builtin", "placet", version.as_str()] {
        let said = exits(&placet(&["pack", "diff", builtin, house.path()]), 1);
        assert!(
            said.contains("added house.age: No promotion past 80"),
            "{said}"
        );
        assert!(said.contains("1 added, 0 removed, 0 changed"), "{said}");
    }
    let stricter = Pack::new(&format!("{HEAD}{}", RULE.replace("> 80", "> 70")));
    let said = exits(&placet(&["pack", "diff", house.path(), stricter.path()]), 1);
    assert!(
        said.contains("changed house.age") && said.contains("when it applies"),
        "{said}"
    );
    let json: Value = serde_json::from_slice(
        &placet(&["pack", "diff", house.path(), stricter.path(), "--json"]).stdout,
    )
    .unwrap();
    assert_eq!(
        json["changed"][0]["fields"][0]["to"],
        "message && promotional && subject.age > 70"
    );
    assert!(
        exits(&placet(&["pack", "diff", house.path(), house.path()]), 0)
            .contains("Nothing differs.")
    );
    exits(&placet(&["pack", "diff", "builtin", "no-such-pack"]), 3);
    let bad = Pack::new("[[rule]]\n");
    exits(&placet(&["pack", "diff", "builtin", bad.path()]), 1);
}

#[test]
fn a_pack_of_ten_thousand_rules_is_compared() {
    let many: String = (0..10_000)
        .map(|n| RULE.replace("house.age", &format!("house.r{n}")))
        .collect();
    let huge = Pack::new(&format!("{HEAD}{many}"));
    let json: Value =
        serde_json::from_slice(&placet(&["pack", "diff", "builtin", huge.path(), "--json"]).stdout)
            .unwrap();
    assert_eq!(json["added"].as_array().unwrap().len(), 10_000);
}

#[test]
fn the_rule_book_holds_every_rule_and_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rules.html");
    exits(
        &placet(&["pack", "book", "--out", out.to_str().unwrap()]),
        0,
    );
    let book = fs::read_to_string(&out).unwrap();
    for rule in placet_policy::Engine::builtin().rules() {
        assert!(book.contains(&format!("id=\"{}\"", rule.id)), "{}", rule.id);
    }
    assert!(book.contains("unverified") && book.contains("Examples in which it stands in the way"));
    assert!(!book.contains("<script") && !book.contains("http://") && !book.contains("src="));
    exits(
        &placet(&["pack", "book", "--out", "/no/such/folder/rules.html"]),
        3,
    );
    let house = Pack::new(&format!("{HEAD}{RULE}"));
    let book = exits(&placet(&["pack", "book", "--pack", house.path()]), 0);
    assert!(book.contains("No promotion past 80"));
}

/// A house pack that would loosen the law is refused by the program that would run it.
#[test]
fn serving_refuses_house_rules_that_would_loosen_the_law() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    exits(&placet(&["init", home.to_str().unwrap()]), 0);
    let loosening = [
        ("kind = \"permit\"", "would loosen the law"),
        ("id = \"tcpa.pewc\"", "is a rule of the law"),
    ];
    for (line, why) in loosening {
        let key = line.split(' ').next().unwrap();
        let rule: Vec<String> = RULE
            .lines()
            .map(|old| {
                if old.starts_with(&format!("{key} =")) {
                    line.to_owned()
                } else {
                    old.to_owned()
                }
            })
            .collect();
        let pack = Pack::new(&format!("{HEAD}{}\n", rule.join("\n")));
        let said = exits(
            &placet(&[
                "serve",
                "--config",
                home.to_str().unwrap(),
                "--pack",
                pack.path(),
            ]),
            1,
        );
        assert!(
            said.contains("house.toml:7:6:") && said.contains(why),
            "{said}"
        );
    }
    let switch = format!("{HEAD}[[switch]]\nid = \"phi\"\nquestion = \"q\"\ndefault = false\n");
    let pack = Pack::new(&switch);
    // The same from the configuration.
    let config = home.join("placet.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("pack = \"{}\"\n{text}", pack.path())).unwrap();
    let said = exits(&placet(&["serve", "--config", home.to_str().unwrap()]), 1);
    assert!(said.contains("a word of the law"), "{said}");
}
