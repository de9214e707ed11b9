//! Packs that are wrong, each refused with the place of the fault; and house packs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use placet_policy::{Engine, Problem, Source};

const HEAD: &str = "[pack]\nid = \"test\"\nversion = \"1\"\n\n";

#[test]
fn the_packs_of_the_program_load() {
    let engine = Engine::load(&placet_policy::packs::builtin()).unwrap_or_else(|problems| {
        panic!(
            "{}",
            problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        )
    });
    assert!(engine.rules().len() > 200);
    assert_eq!(engine.pack().id, "placet");
    for rule in engine.rules() {
        assert!(
            !rule.says.is_empty() && !rule.title.is_empty(),
            "{}",
            rule.id
        );
        assert!(
            rule.source
                .split('/')
                .all(|tag| ["T", "S", "K", "C"].contains(&tag)),
            "{}",
            rule.id
        );
    }
    let rule = engine.rule("hipaa.mkt.exc.own_product").unwrap();
    assert_eq!(rule.file, "hipaa-marketing.toml");
}

#[test]
#[rustfmt::skip] // A table.
fn faults_are_named_by_place() {
    //   the rule's condition                                   line col  message
    when("actr == \"pharmacy\"",                                 8,  9,   "unknown fact `actr`");
    when("vendor.ba",                                            8,  9,   "unknown fact `vendor.ba`");
    when("true && actor",                                        8,  17,  "expected true or false, found a text");
    when("actor == 3",                                           8,  9,   "a text cannot be compared with a number");
    when("actor < \"x\"",                                        8,  9,   "texts have no order");
    when("frequency.last_7d in [\"a\"]",                         8,  9,   "`in` wants a text and a list");
    when("actor in [\"a\", 3]",                                  8,  24,  "a list holds texts");
    when("(true",                                                8,  14,  "expected `)`");
    when("actor == \"x",                                         8,  18,  "does not end");
    when("instruments.exists(i, i.colour == \"red\")",           8,  31,  "a record has no field `colour`");
    when("instruments.exists(i, preferences.exists(p, true))",   8,  31,  "may not stand inside");
    when("sise(data_elements) > 1",                              8,  9,   "no function `sise`");
    when("local_time.day > date(\"31 Jan\")",                    8,  31,  "expected a day");
    when("has(true)",                                            8,  9,   "`has` wants a fact");
}

#[track_caller]
fn when(condition: &str, line: usize, column: usize, message: &str) {
    let rule = format!(
        "{HEAD}[[rule]]\nid = \"x\"\ncitation = [\"c\"]\nwhen = '{condition}'\nkind = \"forbid\"\ntitle = \"t\"\nsays = \"s\"\nsource = \"T\"\n"
    );
    let problems = refuse(&rule);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let problem = &problems[0];
    assert!(problem.message.contains(message), "{problem}");
    assert_eq!((problem.line, problem.column), (line, column), "{problem}");
}

#[test]
fn faults_of_rules_and_files() {
    fault(
        "[[rule]]\nid = \"x\"\ntitle = \"t\"\nkind = \"forbid\"\nsays = \"s\"\nsource = \"T\"\n",
        "has no citation",
    );
    fault(
        &format!("{0}{0}", rule("x", "")),
        "two rules are called `x`",
    );
    fault(
        &format!(
            "{}{}",
            rule("x", "effective_to = \"2026-02-01\""),
            rule("x", "effective_from = \"2026-01-01\"")
        ),
        "on the same day",
    );
    fault(&rule("x", "effective_from = \"soon\""), "expected a day");
    fault(
        &rule("x", "profile = [\"lax\"]"),
        "expected `regulatory_floor`",
    );
    fault(&rule("x", "otherwise = \"permit\""), "`otherwise` is");
    fault(&rule("x", "needs = 'true'"), "only `require` and `hold`");
    fault(&rule("x", "colour = \"red\""), "unknown field `colour`");
    fault(&rule("x", "until = \"later\""), "`until` is");
    fault(
        "[[define]]\nname = \"a\"\nwhen = 'b'\n[[define]]\nname = \"b\"\nwhen = 'c'\n[[define]]\nname = \"c\"\nwhen = 'a'\n",
        "in a circle: a -> b -> c -> a",
    );
    fault(
        "[[define]]\nname = \"a\"\nwhen = 'true'\n[[define]]\nname = \"a\"\nwhen = 'true'\n",
        "defined twice",
    );
    fault(
        "[[define]]\nname = \"actor\"\nwhen = 'true'\n",
        "defined twice",
    );
    fault("[[rule]\nid = 3", "");
    fault("id = ", "");
    let no_header = Engine::load(&[Source {
        name: "a.toml".to_owned(),
        text: rule("x", ""),
    }])
    .unwrap_err();
    assert!(no_header[0].message.contains("[pack]"));
    assert!(Engine::load(&[]).is_err());
}

#[test]
fn dated_rules_may_share_an_id() {
    let old = rule("x", "effective_to = \"2026-01-31\"");
    let new = rule("x", "effective_from = \"2026-02-01\"");
    let engine = load(&format!("{HEAD}{old}{new}")).unwrap();
    let newest = engine.rule("x").unwrap();
    assert_eq!(newest.effective_from, "2026-02-01".parse().ok());
}

#[test]
fn absurd_sizes_are_refused_without_harm() {
    let deep = format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000));
    fault(&rule_when(&deep), "");
    let long = format!("true{}", " && true".repeat(130_000));
    fault(&rule_when(&long), "bytes at most");
    let chain: String = (0..2_000)
        .map(|n| format!("[[define]]\nname = \"d{n}\"\nwhen = 'd{}'\n", n + 1))
        .chain(["[[define]]\nname = \"d2000\"\nwhen = 'true'\n".to_owned()])
        .collect();
    fault(&chain, "nested deeper");
    let many: String = (0..10_000).map(|n| rule(&format!("r{n}"), "")).collect();
    assert_eq!(
        load(&format!("{HEAD}{many}")).unwrap().rules().len(),
        10_000
    );
}

#[test]
fn every_fault_is_listed_not_the_first_alone() {
    let text = format!(
        "{HEAD}{}{}",
        rule_when("nobody"),
        rule("y", "profile = [\"lax\"]")
    );
    assert_eq!(refuse(&text).len(), 2);
}

const HOUSE: &str = "[pack]\nid = \"house\"\nversion = \"3\"\nextends = \"placet\"\n\n";

#[test]
fn a_house_pack_tightens() {
    let house = format!(
        "{HOUSE}[[rule]]\nid = \"house.no_promotion_of_botox\"\ntitle = \"t\"\ncitation = [\"Policy 12\"]\nkind = \"forbid\"\nwhen = 'message && own_promo'\nsays = \"No promotions by our house.\"\ncategory = \"marketing\"\nsource = \"T\"\n"
    );
    let engine = load(&house).unwrap();
    assert_eq!(engine.pack().id, "placet+house");
    let inputs = promo();
    let at = "2026-11-24T19:00:00Z".parse().unwrap();
    let floor = placet_policy::Profile::RegulatoryFloor;
    let law = Engine::builtin().decide(&inputs, floor, at);
    let house = engine.decide(&inputs, floor, at);
    assert_eq!(law.outcome.as_str(), "permit", "{law:#?}");
    assert_eq!(house.outcome.as_str(), "deny");
    assert!(
        house
            .rule_ids
            .contains(&"house.no_promotion_of_botox".to_owned())
    );
    assert!(law.rule_ids.iter().all(|id| house.rule_ids.contains(id)));
}

#[test]
fn a_house_pack_may_not_loosen() {
    let permit = rule("house.all", "").replace("forbid", "permit");
    house_fault(&permit, "would loosen the law");
    let basis = rule("house.all", "needs = 'true'\nbasis = true").replace("forbid", "require");
    house_fault(&basis, "would loosen the law");
    house_fault(&rule("tcpa.pewc", ""), "is a rule of the law");
    house_fault(
        "[[define]]\nname = \"phi\"\nwhen = 'false'\n",
        "defined twice",
    );
    house_fault(
        "[[element]]\ncode = \"diagnosis\"\nlabel = \"x\"\nclass = \"identifier\"\n",
        "may not change the data elements",
    );
}

/// A switch named like a shared word would turn the law off: nothing would be health information.
#[test]
fn a_house_pack_may_not_turn_over_a_word_of_the_law() {
    for word in ["phi", "authorized", "marketing", "us_person"] {
        let switch = format!("[[switch]]\nid = \"{word}\"\nquestion = \"q\"\ndefault = false\n");
        house_fault(&switch, "a word of the law");
    }
}

/// Whatever a house pack may hold, no answer moves toward a permit.
#[test]
fn no_house_rule_loosens_any_given_case() {
    let house = format!(
        "{HOUSE}{}{}{}",
        rule("house.a", "when = 'message && channel == \"email\"'").replace("forbid", "condition"),
        rule(
            "house.b",
            "when = 'message'\nneeds = 'frequency.last_7d < 2'\nuntil = \"week\""
        )
        .replace("forbid", "hold"),
        rule(
            "house.c",
            "when = 'publication'\nneeds = 'authorized'\notherwise = \"needs_authorization\""
        )
        .replace("forbid", "require"),
    );
    let (law, house) = (Engine::builtin(), load(&house).unwrap());
    let files = placet_policy::scenario::builtin();
    for scenario in files
        .iter()
        .flat_map(|file| placet_policy::scenario::read(file).unwrap())
    {
        let (before, after) = (scenario.decide(&law), scenario.decide(&house));
        for ((_, before), (_, after)) in before.iter().zip(&after) {
            assert!(after.outcome >= before.outcome, "{}", scenario.id);
        }
    }
}

#[test]
fn what_differs_between_packs_is_said_field_by_field() {
    use placet_policy::diff;
    let nothing = diff::between(&Engine::builtin(), &Engine::builtin());
    assert!(nothing.is_empty());
    let old = load(&format!("{HEAD}{}{}", rule("x", ""), rule("gone", ""))).unwrap();
    let new = format!(
        "{HEAD}[[define]]\nname = \"w\"\nwhen = 'true'\n{}{}",
        rule("x", "when = 'actor == \"pharmacy\"'").replace("says = \"s\"", "says = \"other\""),
        rule("new", "")
    );
    let found = diff::between(&old, &load(&new).unwrap());
    let ids = |rules: &[placet_policy::Rule]| -> Vec<String> {
        rules.iter().map(|rule| rule.id.clone()).collect()
    };
    assert_eq!(ids(&found.added), ["new"]);
    assert_eq!(ids(&found.removed), ["gone"]);
    assert_eq!(found.changed.len(), 1);
    let fields: Vec<(&str, &str, &str)> = found.changed[0]
        .fields
        .iter()
        .map(|field| (field.field, field.from.as_str(), field.to.as_str()))
        .collect();
    let wanted = [
        ("sentence", "s", "other"),
        ("when it applies", "true", "actor == \"pharmacy\""),
    ];
    assert_eq!(fields, wanted);
    assert_eq!(
        (found.others[0].what, found.others[0].name.as_str()),
        ("word", "w")
    );
    assert_eq!(found.others[0].from, None);
}

#[test]
fn a_house_pack_answers_an_unsettled_question() {
    let house = format!(
        "{HOUSE}[[switch]]\nid = \"open.fl_own_promo\"\nquestion = \"Counsel, May 2026\"\ndefault = false\n"
    );
    let mut inputs = promo();
    inputs.person.residence = Some("US-FL".to_owned());
    let at = "2026-11-24T19:00:00Z".parse().unwrap();
    let floor = placet_policy::Profile::RegulatoryFloor;
    assert_eq!(
        Engine::builtin()
            .decide(&inputs, floor, at)
            .outcome
            .as_str(),
        "needs_authorization"
    );
    assert_eq!(
        load(&house)
            .unwrap()
            .decide(&inputs, floor, at)
            .outcome
            .as_str(),
        "permit"
    );
}

/// A switch that nothing reads would promise what it does not do.
#[test]
fn every_switch_is_read_by_a_condition() {
    for file in placet_policy::packs::builtin() {
        for line in file
            .text
            .lines()
            .filter(|line| line.starts_with("id = \"open."))
        {
            let name = line.trim_start_matches("id = ").trim_matches('"');
            let uses = placet_policy::packs::builtin()
                .iter()
                .map(|f| f.text.matches(name).count())
                .sum::<usize>();
            assert!(uses > 1, "{name} is read by nothing");
        }
    }
}

fn promo() -> placet_policy::Inputs {
    let mut inputs = placet_policy::Inputs::default();
    inputs.act.actor = "covered_provider".to_owned();
    inputs.act.content_class = "own_health_product_promo".to_owned();
    inputs.act.channel = "email".to_owned();
    inputs.act.recipient = "individual".to_owned();
    inputs.act.data_elements = vec!["first_name".to_owned(), "email".to_owned()];
    inputs.act.remuneration = placet_policy::Remuneration::none();
    inputs.person.relationship = Some("patient".to_owned());
    inputs.person.age = Some(40.0);
    inputs.person.residence = Some("US-OH".to_owned());
    inputs
}

fn rule(id: &str, more: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\ntitle = \"t\"\ncitation = [\"c\"]\nkind = \"forbid\"\nsays = \"s\"\nsource = \"T\"\n{more}\n"
    )
}

fn rule_when(condition: &str) -> String {
    rule("x", &format!("when = '{condition}'"))
}

fn load(text: &str) -> Result<Engine, Vec<Problem>> {
    Engine::load(&[Source {
        name: "a.toml".to_owned(),
        text: text.to_owned(),
    }])
}

#[track_caller]
fn refuse(text: &str) -> Vec<Problem> {
    load(text).expect_err("the pack loads")
}

#[track_caller]
fn fault(text: &str, message: &str) {
    let problems = refuse(&format!("{HEAD}{text}"));
    assert!(
        problems.iter().any(|p| p.message.contains(message)),
        "{problems:?}"
    );
}

#[track_caller]
fn house_fault(text: &str, message: &str) {
    let problems = refuse(&format!("{HOUSE}{text}"));
    assert!(
        problems.iter().any(|p| p.message.contains(message)),
        "{problems:?}"
    );
}
