//! Random people, acts and packs from a seed, so that a failure is a number.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use placet_policy::{
    Act, Attributes, Frequency, Instrument, LocalTime, Person, Preference, Remuneration, Source,
    Value, Vendor,
};

/// Splitmix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.roll(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    fn text(&mut self, of: &[&str]) -> String {
        self.pick(of).to_owned()
    }

    fn maybe(&mut self, of: &[&str]) -> Option<String> {
        (!self.one_in(4)).then(|| self.text(of))
    }

    fn list(&mut self, of: &[&str], most: usize) -> Vec<String> {
        (0..self.roll(most + 1)).map(|_| self.text(of)).collect()
    }

    fn truth(&mut self) -> Option<bool> {
        self.pick(&[None, Some(true), Some(false)])
    }

    fn day(&mut self) -> Option<Date> {
        let days = [
            "2015-02-28", "2016-11-25", "2016-11-26", "2024-02-29", "2025-11-26", "2026-06-01",
            "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2031-01-01",
        ];
        (!self.one_in(3)).then(|| self.pick(&days).parse().unwrap())
    }
}

const RELATIONSHIPS: &[&str] = &[
    "aggregate", "app_user", "deceased", "donor", "enrollee", "former_patient", "minor_patient",
    "none", "patient", "patient", "patient", "prospect", "site_visitor", "unknown", "",
];
const PLACES: &[&str] = &[
    "US-OH", "US-WA", "US-TX", "US-FL", "US-CA", "US-NY", "US-IL", "US-VA", "US-CT", "US-NV",
    "US-MD", "US-MN", "US-OK", "CA-ON", "EU-DE", "US", "Ü",
];
const FLAGS: &[&str] = &["part2", "psychotherapy_notes", "minor_consented_alone", "vip"];
const INSTRUMENTS: &[&str] = &[
    "hipaa_authorization", "hipaa_authorization", "hipaa_authorization", "email_optin", "tcpa_pec",
    "tcpa_pewc", "unencrypted_preference", "photo_release", "fl_written_authorization",
    "part2_consent", "tx_permission", "consumer_consent", "gdpr_explicit_consent", "casl_consent",
    "marketing_optin_checkbox", "mhmda_consent", "dua", "something_else",
];
const STATUSES: &[&str] = &["valid", "valid", "valid", "revoked", "expired", "defective", ""];
const DEFECTS: &[&str] = &[
    "no_expiration", "expired", "compound", "no_signature", "no_remuneration_statement",
    "not_plain_language", "no_recipient", "other",
];
const SCOPES: &[&str] = &["email", "email:services", "sms,email:x", "psychotherapy_notes", "all", ""];
const PREFERENCES: &[&str] = &[
    "unsubscribe", "stop", "declined", "fundraising_optout", "channel_choice", "gpc",
    "confidential_communication", "restriction", "hipaa_revocation", "suppression",
    "national_dnc", "verbal_revocation",
];
const REACHES: &[&str] = &["marketing", "reminders", "all", "fundraising", "promotional"];
const WAYS: &[&str] = &["email", "email_only", "sms", "voice", "postal", "all", "fax"];

/// A person of whom any fact may be known or not.
pub fn person(dice: &mut Dice, at: Timestamp) -> Person {
    let mut attributes = Attributes::new();
    for name in ["prior_optout_offered", "federal_beneficiary", "patient_agreed", "rnd_disconnected_after_consent"] {
        if let (true, Some(is)) = (dice.one_in(4), dice.truth()) {
            attributes.insert(name.to_owned(), Value::Bool(is));
        }
    }
    for name in ["minutes_since_stop", "rx_lapsed_days", "years_since_death", "gift_year_total_usd"] {
        if dice.one_in(4) {
            let number = dice.pick(&[0.0, 2.5, 60.0, 91.0]);
            attributes.insert(name.to_owned(), Value::Number(number));
        }
    }
    if dice.one_in(4) {
        let line = dice.text(&["residential", "mobile"]);
        attributes.insert("line_type".to_owned(), Value::Text(line));
    }
    let offset = dice.pick(&[-10, -8, -5, -4, 0, 1, 9]);
    let count = |dice: &mut Dice| (!dice.one_in(8)).then(|| dice.pick(&[0, 0, 0, 1, 2, 3, 4, 70_000]));
    Person {
        relationship: (!dice.one_in(12)).then(|| dice.text(RELATIONSHIPS)),
        age: (!dice.one_in(5)).then(|| dice.pick(&[0.0, 12.0, 13.0, 17.0, 17.5, 18.0, 40.0, 89.0, 90.0])),
        residence: (!dice.one_in(6)).then(|| dice.text(PLACES)),
        flags: dice.list(FLAGS, 2),
        instruments: (0..dice.roll(5)).map(|_| instrument(dice)).collect(),
        preferences: (0..dice.roll(3)).map(|_| preference(dice)).collect(),
        jurisdiction: dice.list(PLACES, 2),
        local_time: (!dice.one_in(8)).then(|| LocalTime { at, offset: Offset::constant(offset) }),
        frequency: Frequency { last_24h: count(dice), last_7d: count(dice) },
        attributes,
    }
}

fn instrument(dice: &mut Dice) -> Instrument {
    Instrument {
        kind: dice.text(INSTRUMENTS),
        status: dice.text(STATUSES),
        defects: if dice.one_in(3) { dice.list(DEFECTS, 3) } else { Vec::new() },
        scope: dice.maybe(SCOPES),
        expires: dice.day(),
        signed: dice.day(),
        signer: if dice.one_in(4) { dice.maybe(&["parent", "executor"]) } else { None },
        states_sale: dice.truth(),
        states_remuneration: dice.truth(),
        notes: Attributes::new(),
    }
}

fn preference(dice: &mut Dice) -> Preference {
    Preference {
        kind: dice.text(PREFERENCES),
        scope: dice.maybe(REACHES),
        channel: dice.maybe(WAYS),
        at: dice.day(),
    }
}

/// An act, near a permit more often than not.
pub fn act(dice: &mut Dice) -> Act {
    let near = !dice.one_in(3);
    let mut act = Act {
        actor: dice.text(&["covered_provider", "covered_provider", "health_plan", "pharmacy", "part2_program", "non_hipaa_entity"]),
        purpose: dice.text(&["promotion", "newsletter", "appointment_reminder", "fundraising", "operations", "data_sale", "retargeting", "treatment"]),
        content_class: dice.text(&[
            "reminder", "own_health_product_promo", "third_party_product", "refill", "education",
            "fundraising", "own_service_information", "mixed:reminder+cosmetic_promo", "survey",
            "optout_confirmation", "ad_event", "dataset", "testimonial", "treatment_alternative",
        ]),
        content: None,
        data_origin: dice.maybe(&["ehr", "lead_form", "purchased_list", "public_condition_page", "portal"]),
        data_elements: dice.list(&["name", "email", "mobile", "diagnosis", "visit_date", "state", "sud_status", "psychotherapy_notes"], 3),
        selection_criteria: dice.list(&["dx:asthma", "age", "state", "patient_status"], 1),
        channel: dice.text(&["email", "email", "sms", "postal", "voice_prerecorded", "voice_live", "web_pixel", "portal_message", "data_feed"]),
        recipient: dice.text(&["individual", "individual", "individual", "vendor", "ad_platform", "third_party_company", "family_member"]),
        vendor: Vendor { role: dice.text(&["none", "email_service", "ad_platform"]), baa: dice.truth(), country: Some("US".to_owned()) },
        remuneration: Remuneration {
            kind: dice.maybe(&["none", "none", "financial", "in_kind"]),
            payer: dice.maybe(&["product_owner", "other_third_party"]),
            amount_vs_cost: dice.maybe(&["at_or_below_cost", "above_cost"]),
        },
        attributes: Attributes::new(),
    };
    if near {
        act.actor = "covered_provider".to_owned();
        act.recipient = "individual".to_owned();
        act.vendor = Vendor::default();
        act.data_origin = Some("ehr".to_owned());
        act.data_elements.retain(|one| ["name", "email", "mobile"].contains(&one.as_str()));
        act.remuneration = Remuneration::none();
    }
    for (name, usual) in [
        ("bulk", true), ("from_aligned", true), ("list_unsubscribe_post", true),
        ("oneclick_redirect", false), ("optout_in_message", true), ("optout_mechanism", true),
        ("optout_requires_login", false), ("postal_address", true), ("npp_fundraising_statement", true),
        ("stop_instructions", true), ("names_provider", true),
    ] {
        if !dice.one_in(10) {
            let is = if dice.one_in(12) { !usual } else { usual };
            act.attributes.insert(name.to_owned(), Value::Bool(is));
        }
    }
    act
}

/// A pack of random rules over every fact that the language knows.
pub fn pack(dice: &mut Dice) -> Vec<Source> {
    let mut text = String::from("[pack]\nid = \"random\"\nversion = \"1\"\n");
    let n_defines = dice.roll(4);
    for n in 0..n_defines {
        let when = condition(dice, 3, n);
        text.push_str(&format!("[[define]]\nname = \"d{n}\"\nwhen = '''{when}'''\n"));
    }
    for n in 0..3 + dice.roll(10) {
        let kind = dice.pick(&["permit", "permit", "require", "forbid", "condition", "note", "require"]);
        let id = if n == 0 { "hipaa.default_deny".to_owned() } else { format!("r{n}") };
        let when = condition(dice, 3, n_defines);
        text.push_str(&format!(
            "[[rule]]\nid = \"{id}\"\ntitle = \"t\"\ncitation = [\"c\"]\nkind = \"{kind}\"\nwhen = '''{when}'''\nsays = \"s\"\nsource = \"T\"\n"
        ));
        if kind == "permit" {
            text.push_str("permit_category = \"operations\"\n");
        } else if kind != "note" && kind != "condition" {
            text.push_str("category = \"operations\"\n");
        }
        if kind == "require" {
            let needs = condition(dice, 3, n_defines);
            text.push_str(&format!("needs = '''{needs}'''\n"));
            if dice.one_in(2) {
                let code = dice.pick(&["paper_a", "paper_b"]);
                text.push_str(&format!("otherwise = \"needs_authorization\"\nmissing = [\"{code}\"]\n"));
            }
            if dice.one_in(2) {
                text.push_str("basis = true\n");
            }
        }
        if dice.one_in(4) {
            let (from, to) = (dice.pick(&["2026-11-24", "2026-11-25"]), dice.pick(&["2026-11-25", "2026-11-26"]));
            text.push_str(&format!("effective_from = \"{from}\"\neffective_to = \"{to}\"\n"));
        }
        if dice.one_in(3) {
            text.push_str("profile = [\"conservative\"]\n");
        }
        if dice.one_in(3) {
            let when = condition(dice, 2, n_defines);
            text.push_str(&format!("[[rule.case]]\nwhen = '''{when}'''\nmissing = [\"paper_c\"]\n"));
        }
    }
    vec![Source { name: "random.toml".to_owned(), text }]
}

fn condition(dice: &mut Dice, depth: usize, n_defines: usize) -> String {
    if depth == 0 || dice.one_in(3) {
        return leaf(dice, n_defines);
    }
    let (a, b) = (condition(dice, depth - 1, n_defines), condition(dice, depth - 1, n_defines));
    match dice.roll(6) {
        0 => format!("!({a})"),
        1 => format!("is_true({a})"),
        2 => format!("is_false({a})"),
        3 | 4 => format!("({a}) && ({b})"),
        _ => format!("({a}) || ({b})"),
    }
}

const TEXTS: &[&str] = &["actor", "content_class", "channel", "data_origin", "remuneration.kind", "subject.relationship", "subject.residence", "subject.country", "attributes.line_type"];
const LISTS: &[&str] = &["data_elements", "element_classes", "subject.flags", "jurisdiction", "authorization_defects", "content_parts"];
const NUMBERS: &[&str] = &["subject.age", "local_time.hour", "local_time.weekday", "frequency.last_24h", "frequency.last_7d", "attributes.rx_lapsed_days", "attributes.length", "size(instruments)", "size(preferences)", "size(subject.flags)", "size(authorization_defects)", "size(jurisdiction)", "size(data_elements)"];
const BOOLS: &[&str] = &["attributes.bulk", "attributes.patient_agreed", "attributes.federal_beneficiary", "vendor.baa"];
const CODES: &[&str] = &["patient", "prospect", "deceased", "US-OH", "US", "US-WA", "email", "ehr", "none", "part2", "compound", "name", "identifier", "covered_provider", "residential", "reminder"];
const OPS: &[&str] = &["==", "!=", "<", "<=", ">", ">="];

fn leaf(dice: &mut Dice, n_defines: usize) -> String {
    let (text, list, number) = (dice.pick(TEXTS), dice.pick(LISTS), dice.pick(NUMBERS));
    let (code, other) = (dice.pick(CODES), dice.pick(CODES));
    let op = dice.pick(OPS);
    match dice.roll(16) {
        0 if n_defines > 0 => format!("d{}", dice.roll(n_defines)),
        0 | 1 => dice.pick(BOOLS).to_owned(),
        2 => format!("{text} {} \"{code}\"", dice.pick(&["==", "!="])),
        3 => format!("{text} in [\"{code}\", \"{other}\"]"),
        4 => format!("{text} == {}", dice.pick(TEXTS)),
        5 => format!("\"{code}\" in {list}"),
        6 => format!("{text} in {list}"),
        7 => format!("{number} {op} {}", dice.pick(&["0", "1", "2", "18", "17.5", "2.5", "13"])),
        8 => format!("{number} {op} {}", dice.pick(NUMBERS)),
        9 => format!("has({})", dice.pick(&["subject.relationship", "subject.age", "authorization_defects", "local_time.hour", "attributes.line_type", "subject.residence", "attributes.bulk"])),
        10 => format!("{list}.{}(x, {})", dice.pick(&["exists", "all"]), item(dice)),
        11 => format!("local_time.day {op} date(\"2026-11-25\")"),
        _ => {
            let group = dice.pick(&["instruments", "instruments", "preferences"]);
            let body = record(dice, 2);
            format!("{group}.{}(x, {body})", dice.pick(&["exists", "exists", "all"]))
        }
    }
}

fn item(dice: &mut Dice) -> String {
    let code = dice.pick(CODES);
    match dice.roll(4) {
        0 => format!("x == \"{code}\" || {}", leaf_without_lists(dice)),
        1 => format!("x == {}", dice.pick(TEXTS)),
        2 => format!("!(x in [\"{code}\", \"vip\", \"expired\"])"),
        _ => format!("x in {}", dice.pick(LISTS)),
    }
}

fn leaf_without_lists(dice: &mut Dice) -> String {
    match dice.roll(3) {
        0 => dice.pick(BOOLS).to_owned(),
        1 => format!("subject.age {} 18", dice.pick(OPS)),
        _ => format!("subject.relationship == \"{}\"", dice.pick(CODES)),
    }
}

fn record(dice: &mut Dice, depth: usize) -> String {
    if depth > 0 && !dice.one_in(3) {
        let (a, b) = (record(dice, depth - 1), record(dice, depth - 1));
        return match dice.roll(4) {
            0 => format!("!({a})"),
            1 => format!("({a}) || ({b})"),
            _ => format!("({a}) && ({b})"),
        };
    }
    let op = dice.pick(OPS);
    match dice.roll(14) {
        0..=2 => format!("x.kind == \"{}\"", if dice.one_in(2) { dice.pick(INSTRUMENTS) } else { dice.pick(PREFERENCES) }),
        3 | 4 => format!("x.status == \"{}\"", dice.pick(&["valid", "expired", "revoked", "defective"])),
        5 => format!("\"{}\" in x.defects", dice.pick(DEFECTS)),
        6 => format!("x.age_days {op} {}", dice.pick(&["0", "1", "1.5", "365", "3653"])),
        7 => format!("x.age_days {op} {}", dice.pick(&["subject.age", "frequency.last_7d", "attributes.rx_lapsed_days", "x.age_days", "attributes.length"])),
        8 => format!("has(x.{})", dice.pick(&["age_days", "topic", "signer", "scope", "states_sale"])),
        9 => format!("x.topic == \"{}\"", dice.pick(&["services", "psychotherapy_notes", "x"])),
        10 => "channel in x.channels".to_owned(),
        11 => format!("size(x.channels) {op} 0"),
        12 => dice.pick(&["x.states_sale", "is_false(x.states_remuneration)"]).to_owned(),
        _ => leaf_without_lists(dice),
    }
}
