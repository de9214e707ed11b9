//! The words of the gate are the words of the packs: a code that only one side knows fails open.

use std::collections::BTreeSet;

use placet_domain::campaign::{Amount, Pay, Payer};
use placet_domain::content::ContentClass;
use placet_domain::instrument::authorization::Defect;
use placet_domain::settings::{
    ActorKind, Carrier, Organization, Settings, Strictness, Tls, VendorRole,
};
use placet_policy::{Engine, Outcome, Remuneration};

use super::*;
use crate::gate::{Gate, Message, origin_code};

/// The conditions of the packs, as they are written.
fn conditions() -> String {
    let engine = Engine::builtin();
    let rules = engine.rules().iter().flat_map(|rule| {
        let cases = rule.cases.iter().map(|case| case.when.clone());
        let mut own = vec![rule.when.clone()];
        own.extend(rule.needs.clone());
        own.into_iter().chain(cases)
    });
    let words = engine.words().iter().map(|word| word.when.clone());
    rules.chain(words).collect::<Vec<_>>().join("\n")
}

/// Every text that some condition compares with.
fn compared() -> BTreeSet<String> {
    let conditions = conditions();
    let texts = conditions.split('"').skip(1).step_by(2);
    texts.map(str::to_owned).collect()
}

/// The texts that follow one of these words, as `kind == "x"` or `kind in ["x", "y"]`.
fn compared_after(field: &str) -> BTreeSet<String> {
    let conditions = conditions();
    let mut found = BTreeSet::new();
    for rest in conditions.split(field).skip(1) {
        let rest = rest.trim_start();
        if let Some(one) = rest.strip_prefix("== \"") {
            found.extend(one.split('"').next().map(str::to_owned));
        } else if let Some(list) = rest.strip_prefix("in [") {
            let list = list.split(']').next().unwrap_or_default();
            found.extend(list.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// Codes of the gate that no rule asks about, and why that denies or is right.
const UNASKED: &[(&str, &str)] = &[
    (
        "regulatory_floor",
        "the packs ask whether the profile is the conservative one",
    ),
    (
        "other_third_party",
        "only payment by the product's owner or the recipient is asked about",
    ),
    (
        "hipaa.auth.stmt.sale",
        "such an authorization is not valid; a sale asks `states_sale` of one that is",
    ),
    (
        "none",
        "a relationship of none is no relationship of care, and no carrier's vendor role is no vendor",
    ),
    (
        "postal",
        "only what differs from other ways is asked: the Texan envelope names it, in its own words",
    ),
    (
        "above_cost",
        "payment above cost is what does not fit; the packs ask what fits",
    ),
    (
        "expired",
        "an instrument counts when it is valid; the word is asked for to name the reason",
    ),
    ("defective", "an instrument counts when it is valid"),
    (
        "list",
        "where an address came from is told as the origin's own word",
    ),
    ("app_user", "outside care: the packs ask who is in care"),
    (
        "email_optin",
        "mail to Americans needs no opt-in; asked for Europe",
    ),
];

/// What the gate can tell, and that the packs know it.
#[test]
fn every_code_the_gate_tells_is_known_to_the_packs() {
    let known = compared();
    let mut told: Vec<(&str, String)> = Vec::new();
    let mut tell = |what, code: &str| told.push((what, code.to_owned()));
    Relationship::ALL
        .iter()
        .for_each(|it| tell("relationship", it.as_str()));
    Origin::ALL
        .iter()
        .for_each(|it| tell("origin", origin_code(*it)));
    InstrumentKind::ALL
        .iter()
        .for_each(|it| tell("instrument", it.as_str()));
    PreferenceKind::ALL
        .iter()
        .for_each(|it| tell("preference", it.as_str()));
    Channel::ALL
        .iter()
        .for_each(|it| tell("channel", it.as_str()));
    ContentClass::ALL
        .iter()
        .for_each(|it| tell("class", it.as_str()));
    ActorKind::ALL
        .iter()
        .for_each(|it| tell("actor", it.as_str()));
    Strictness::ALL
        .iter()
        .for_each(|it| tell("profile", crate::gate::profile(*it).as_str()));
    Pay::ALL
        .iter()
        .for_each(|it| tell("remuneration", it.as_str()));
    Payer::ALL.iter().for_each(|it| tell("payer", it.as_str()));
    Amount::ALL
        .iter()
        .for_each(|it| tell("amount", it.as_str()));
    for word in ["valid", "expired", "revoked", "defective"] {
        tell("status", word);
    }
    for word in [
        "suppression",
        "marketing",
        facts::OUTSIDE,
        "individual",
        "part2",
    ] {
        tell("word", word);
    }
    for word in [
        "parent",
        "guardian",
        "executor",
        "administrator",
        "representative",
    ] {
        tell("signer", word);
    }
    Defect::ALL
        .iter()
        .filter(|defect| defect.as_str().starts_with("hipaa.auth."))
        .for_each(|it| tell("defect", it.as_str()));
    let unknown: Vec<_> = told
        .iter()
        .filter(|(_, code)| !known.contains(code))
        .filter(|(_, code)| !UNASKED.iter().any(|(unasked, _)| unasked == code))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Codes that only the wire form tells, and why the gate never does.
const WIRE_ONLY: &[(&str, &str)] = &[
    (
        "cookie_banner",
        "a click on a page: the program sends no trackers",
    ),
    (
        "dua",
        "an agreement about a data set: the program exports none yet",
    ),
    (
        "treatment_consent",
        "no permission to contact; other systems send it in place of one",
    ),
    ("terms_of_use", "the same"),
    (
        "il_genetic_release",
        "the program holds no genetic information to publish",
    ),
    ("il_hiv_release", "nor HIV information"),
    ("nv_sale_authorization", "the program sells nothing"),
    ("consumer_sale_authorization", "the same"),
    (
        "suppression",
        "told from the table of closed addresses, not as a preference of the person",
    ),
    ("do_not_contact", "another system's word for it"),
    (
        "restriction_agreed",
        "another system's word for `restriction`",
    ),
    ("internal_dnc", "held as a closed number with its cause"),
    (
        "sale_share_optout",
        "the program shares nothing for advertising",
    ),
    ("objection", "told as `declined` or `unsubscribe`"),
];

/// Whatever instrument or preference a rule asks for, somebody can hold.
#[test]
fn every_instrument_and_preference_the_packs_ask_for_can_be_told() {
    let mut can: BTreeSet<&str> = InstrumentKind::ALL.iter().map(|it| it.as_str()).collect();
    can.extend(PreferenceKind::ALL.iter().map(|it| it.as_str()));
    let asked = compared_after("i.kind")
        .into_iter()
        .chain(compared_after("p.kind"));
    let untold: Vec<String> = asked
        .filter(|code| !can.contains(code.as_str()))
        .filter(|code| !WIRE_ONLY.iter().any(|(wire, _)| wire == code))
        .collect();
    assert!(untold.is_empty(), "{untold:?}");
}

/// A list that explains what is not so would hide a later mismatch.
#[test]
fn the_lists_of_reasons_hold_nothing_that_is_not_needed() {
    let asked: BTreeSet<String> = compared_after("i.kind")
        .into_iter()
        .chain(compared_after("p.kind"))
        .collect();
    let idle: Vec<&str> = WIRE_ONLY
        .iter()
        .map(|(code, _)| *code)
        .filter(|code| !asked.contains(*code))
        .collect();
    assert!(idle.is_empty(), "{idle:?}");
}

fn settings() -> Settings {
    Settings {
        organization: Some(Organization {
            name: "Harbor Health".to_owned(),
            postal_address: "1 Harbor Street".to_owned(),
            actor: ActorKind::CoveredProvider,
            time_zone: "America/New_York".to_owned(),
        }),
        carrier: Some(Carrier {
            host: "localhost".to_owned(),
            port: 2525,
            tls: Tls::Off,
            role: VendorRole::None,
            is_baa_on_file: false,
            country: "US".to_owned(),
        }),
        strictness: Strictness::RegulatoryFloor,
        ..Settings::default()
    }
}

fn gate(class: ContentClass, topic: Topic) -> Gate {
    let message = Message {
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        topic,
        class,
        purpose: class.purposes()[0].to_owned(),
        elements: ["email".to_owned()].into(),
        selection: BTreeSet::new(),
        remuneration: Remuneration::none(),
    };
    let at = "2026-11-24T17:00:00Z".parse().unwrap();
    Gate::new(&Engine::builtin(), &settings(), message, at)
}

fn refusal(kind: PreferenceKind, channel: Option<Channel>, topic: Option<Topic>) -> Preference {
    Preference {
        id: RawId::from([5; 16]).into(),
        person: RawId::from([1; 16]).into(),
        kind,
        channel,
        topic,
        wording: None,
        asked_at: Timestamp::UNIX_EPOCH,
        method: Method::Phone,
        evidence: Evidence::from_source("phone"),
        recorded_at: Timestamp::UNIX_EPOCH,
        recorded_by: "system:test".to_owned(),
        lifted: None,
    }
}

/// Whatever the domain takes for an objection to a promotion, the packs take for one, too.
#[test]
fn every_refusal_that_is_told_of_a_promotion_ends_it() {
    let gate = gate(ContentClass::OwnHealthProductPromo, Topic::Services);
    let mut held = held();
    assert_eq!(gate.ask(&held).unwrap().decision.outcome, Outcome::Permit);
    for kind in PreferenceKind::ALL {
        for channel in [None, Some(Channel::Email), Some(Channel::Postal)] {
            for topic in [None, Some(Topic::Services)] {
                let no = refusal(*kind, channel, topic);
                // These speak of plans, of advertisers, of appeals and of calls.
                let is_about_others = matches!(
                    kind,
                    PreferenceKind::RestrictionPaidInFull
                        | PreferenceKind::Gpc
                        | PreferenceKind::FundraisingOptout
                        | PreferenceKind::NationalDnc
                );
                let objects = no.objects_to(Channel::Email, Topic::Services);
                held.preferences = vec![no];
                let outcome = gate.ask(&held).unwrap().decision.outcome;
                if objects && !is_about_others {
                    assert_eq!(outcome, Outcome::Deny, "{kind:?} {channel:?} {topic:?}");
                }
            }
        }
    }
}

/// Every cause that closes an address ends a promotion; those that close it for all, a reminder.
#[test]
fn every_closed_address_is_closed_to_the_packs() {
    let mut held = held();
    // The registry speaks of what rings a phone; `numbers_of_the_registry_…` asks it there.
    let causes = Cause::ALL.iter().filter(|it| **it != Cause::NationalDnc);
    for cause in causes {
        held.suppressions = vec![Suppression {
            id: RawId::from([4; 16]).into(),
            lookup: Vec::new(),
            channel: Channel::Email,
            cause: *cause,
            placed_at: Timestamp::UNIX_EPOCH,
            placed_by: "system:test".to_owned(),
            lifted_at: None,
        }];
        let promo = gate(ContentClass::OwnHealthProductPromo, Topic::Services);
        let care = gate(ContentClass::Reminder, Topic::CareReminders);
        assert_eq!(
            promo.ask(&held).unwrap().decision.outcome,
            Outcome::Deny,
            "{cause:?}"
        );
        let reminder = care.ask(&held).unwrap().decision.outcome;
        assert_eq!(reminder == Outcome::Deny, cause.is_total(), "{cause:?}");
    }
}
