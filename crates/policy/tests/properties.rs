//! Laws of the engine, on random questions built from the codes that the packs know.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use jiff::Timestamp;
use placet_policy::{
    Act, Attributes, Decision, Engine, Frequency, Inputs, Instrument, LocalTime, Outcome, Person,
    Preference, Profile, Remuneration, Value, Vendor,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

type Codes = &'static [&'static str];

const ACTORS: Codes = &[
    "covered_provider",
    "health_plan",
    "non_hipaa_entity",
    "part2_program",
    "pharmacy",
    "workforce_member",
];
const RELATIONSHIPS: Codes = &[
    "aggregate",
    "app_user",
    "deceased",
    "donor",
    "enrollee",
    "former_patient",
    "minor_patient",
    "none",
    "patient",
    "prospect",
    "site_visitor",
];
const PURPOSES: Codes = &[
    "promotion",
    "newsletter",
    "appointment_reminder",
    "fundraising",
    "operations",
    "research",
    "list_sale",
    "data_sale",
    "vendor_own_use",
    "reidentification",
    "retargeting",
    "ugc_like",
    "payment",
    "crm_sync",
];
const CONTENTS: Codes = &[
    "ad_audience",
    "ad_event",
    "adherence",
    "before_after",
    "billing",
    "call_data",
    "care_management",
    "care_message_draft",
    "clinical_claim",
    "clinical_notice",
    "compliance_claim",
    "cosmetic_own_service_promo",
    "creative",
    "data_access",
    "data_transfer",
    "dataset",
    "drug_new_formulation",
    "education",
    "event",
    "fundraising",
    "greeting",
    "history",
    "lead",
    "mixed:education+third_party_ad",
    "mixed:optout_confirmation+promo",
    "mixed:reminder+cosmetic_promo",
    "model_score",
    "non_health_product",
    "operational",
    "optout_confirmation",
    "own_health_product_promo",
    "own_service_information",
    "photo",
    "plan_benefit",
    "press_statement",
    "preventive_recommendation",
    "procedure_coverage",
    "product_switch",
    "program_information",
    "promotional_gift",
    "refill",
    "reminder",
    "reminder+preventive",
    "review",
    "review_reply",
    "review_request",
    "rx_promo",
    "scheduling",
    "staff_post",
    "survey",
    "testimonial",
    "third_party_product",
    "treatment_alternative",
    "ugc",
];
const ORIGINS: Codes = &[
    "app",
    "appointment_confirmation",
    "call",
    "ehr",
    "lead_form",
    "portal",
    "public_condition_page",
    "public_list",
    "public_page",
    "public_review",
    "purchased_list",
    "scheduling_form",
];
const ELEMENTS: Codes = &[
    "name",
    "email",
    "mobile",
    "diagnosis",
    "visit_date",
    "department",
    "outcome",
    "hashed_email",
    "zip3",
    "zip5",
    "city",
    "dates",
    "state",
    "year",
    "ip",
    "cookie_id",
    "story",
    "photo",
    "psychotherapy_notes",
    "sud_status",
    "mental_health_treatment",
    "hiv_status",
    "cycle_data",
    "recording",
    "entire_record",
    "dob",
    "precise_location",
];
const SELECTION: Codes = &["dx:asthma", "outcome:good", "last_visit>18m", "bmi>=25"];
const CHANNELS: Codes = &[
    "custom_audience",
    "data_feed",
    "display_ad",
    "email",
    "geofence",
    "in_person",
    "none",
    "portal_message",
    "postal",
    "print",
    "review_post",
    "review_reply",
    "server_conversion_api",
    "sms",
    "social_post",
    "voice_inbound",
    "voice_live",
    "voice_prerecorded",
    "web_form",
    "web_page",
    "web_pixel",
];
const RECIPIENTS: Codes = &[
    "ad_platform",
    "family_member",
    "foundation",
    "general_public",
    "health_plan",
    "individual",
    "internal",
    "private_group",
    "third_party_company",
    "vendor",
];
const ROLES: Codes = &[
    "none",
    "email_service",
    "crm",
    "ad_platform",
    "llm",
    "analytics",
    "agency",
];
const INSTRUMENTS: Codes = &[
    "affirmative_express_consent",
    "casl_consent",
    "cmia_authorization",
    "consumer_consent",
    "cookie_banner",
    "dnc_permission",
    "dua",
    "email_optin",
    "fl_written_authorization",
    "gdpr_explicit_consent",
    "hipaa_authorization",
    "il_mh_consent",
    "marketing_optin_checkbox",
    "mhmda_consent",
    "mhmda_valid_authorization",
    "ny_hiv_release",
    "part2_consent",
    "photo_release",
    "tcpa_pec",
    "tcpa_pewc",
    "tx_permission",
    "unencrypted_preference",
    "va_repro_consent",
];
const PREFERENCES: Codes = &[
    "channel_choice",
    "confidential_communication",
    "declined",
    "free_text_revocation",
    "fundraising_optout",
    "gpc",
    "hipaa_revocation",
    "national_dnc",
    "restriction_paid_in_full",
    "stop",
    "unsubscribe",
    "verbal_revocation",
    "suppression",
];
const SCOPES: Codes = &[
    "all",
    "marketing",
    "promotional",
    "reminders",
    "fundraising",
    "sale_share",
];
const PLACES: Codes = &[
    "US-OH", "US-WA", "US-TX", "US-FL", "US-CA", "US-NY", "US-IL", "US-VA", "US-CT", "US-NV",
    "US-MD", "US-MN", "US-OK", "CA-ON", "EU-DE",
];
const BOOLEANS: Codes = &[
    "postal_address",
    "bulk",
    "oneclick_redirect",
    "free_to_end_user",
    "names_provider",
    "stop_instructions",
    "optout_mechanism",
    "npp_fundraising_statement",
    "optout_in_message",
    "prior_optout_offered",
    "genai",
    "clinician_reviewed",
    "own_facility",
    "identifying_features",
    "exif_stripped",
    "claim_substantiated",
    "deidentified",
    "federal_beneficiary",
    "patient_agreed",
    "expert_determination_documented",
    "names_payer",
    "tollfree_optout",
    "filtered_by_rating",
    "claims_complete",
];
const NUMBERS: &[(&str, f64)] = &[
    ("radius_ft", 1_000.0),
    ("radius_ft", 2_500.0),
    ("length", 120.0),
    ("records", 20_000.0),
    ("gift_retail_usd", 12.0),
    ("minutes_since_stop", 2.0),
    ("notice_pt", 14.0),
    ("rx_lapsed_days", 120.0),
    ("years_since_death", 3.0),
    ("years_since_death", 60.0),
    ("incentive_usd", 10.0),
];
const PERSON_ATTRIBUTES: Codes = &[
    "prior_optout_offered",
    "federal_beneficiary",
    "patient_agreed",
    "minutes_since_stop",
    "rx_lapsed_days",
    "years_since_death",
];

fn code(codes: Codes) -> impl Strategy<Value = String> {
    select(codes).prop_map(str::to_owned)
}

fn codes(codes: Codes, most: usize) -> impl Strategy<Value = Vec<String>> {
    vec(code(codes), 0..=most)
}

fn instrument() -> impl Strategy<Value = Instrument> {
    let status = select(&["valid", "valid", "valid", "defective", "expired"][..]);
    let signer = option::weighted(0.2, code(&["parent", "executor", "spouse"]));
    (
        code(INSTRUMENTS),
        status,
        signer,
        option::weighted(0.2, code(&["email:x", "sms", "sale:y"])),
    )
        .prop_map(|(kind, status, signer, scope)| Instrument {
            kind,
            status: status.to_owned(),
            signer,
            scope,
            states_sale: Some(true),
            ..Instrument::default()
        })
}

fn preference() -> impl Strategy<Value = Preference> {
    let channel = option::of(code(&[
        "email",
        "sms",
        "voice",
        "email_only",
        "portal",
        "web",
    ]));
    (code(PREFERENCES), option::of(code(SCOPES)), channel).prop_map(|(kind, scope, channel)| {
        Preference {
            kind,
            scope,
            channel,
            at: "2026-06-01".parse().ok(),
        }
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let booleans = vec((select(BOOLEANS), any::<bool>()), 0..6);
    (booleans, vec(select(NUMBERS), 0..4)).prop_map(|(booleans, numbers)| {
        let booleans = booleans
            .into_iter()
            .map(|(name, is)| (name.to_owned(), Value::Bool(is)));
        let numbers = numbers
            .into_iter()
            .map(|(name, n)| (name.to_owned(), Value::Number(n)));
        booleans.chain(numbers).collect()
    })
}

fn act() -> impl Strategy<Value = Act> {
    let what = (
        code(ACTORS),
        code(PURPOSES),
        code(CONTENTS),
        code(CHANNELS),
        code(RECIPIENTS),
    );
    let data = (
        option::weighted(0.9, code(ORIGINS)),
        codes(ELEMENTS, 4),
        codes(SELECTION, 1),
    );
    let vendor = (code(ROLES), option::weighted(0.9, any::<bool>()));
    let pay = (
        option::weighted(0.9, code(&["none", "none", "financial", "in_kind"])),
        option::weighted(
            0.8,
            code(&["product_owner", "other_third_party", "recipient"]),
        ),
        option::weighted(0.8, code(&["at_or_below_cost", "above_cost"])),
    );
    (what, data, vendor, pay, attributes()).prop_map(|(what, data, vendor, pay, attributes)| Act {
        actor: what.0,
        purpose: what.1,
        content_class: what.2,
        channel: what.3,
        recipient: what.4,
        content: None,
        data_origin: data.0,
        data_elements: data.1,
        selection_criteria: data.2,
        vendor: Vendor {
            role: vendor.0,
            baa: vendor.1,
            country: Some("US".to_owned()),
        },
        remuneration: Remuneration {
            kind: pay.0,
            payer: pay.1,
            amount_vs_cost: pay.2,
        },
        attributes,
    })
}

fn person() -> impl Strategy<Value = Person> {
    let who = (
        option::weighted(0.95, code(RELATIONSHIPS)),
        option::of(1_u32..95),
        code(PLACES),
    );
    let flags = codes(&["part2", "minor_consented_alone"], 1);
    let holds = (vec(instrument(), 0..4), vec(preference(), 0..2));
    let counts = (
        option::weighted(0.9, 0_u32..4),
        option::weighted(0.9, 0_u32..4),
    );
    (who, flags, holds, counts, 0_i8..24).prop_map(|(who, flags, holds, counts, hour)| {
        let at: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let at = at + jiff::SignedDuration::from_hours(i64::from(hour));
        Person {
            relationship: who.0,
            age: who.1.map(f64::from),
            residence: Some(who.2.clone()),
            flags,
            instruments: holds.0,
            preferences: holds.1,
            jurisdiction: vec![who.2],
            local_time: Some(LocalTime {
                at,
                offset: jiff::tz::Offset::UTC,
            }),
            frequency: Frequency {
                last_24h: counts.0,
                last_7d: counts.1,
            },
            attributes: Attributes::new(),
        }
    })
}

fn inputs() -> impl Strategy<Value = Inputs> {
    (act(), person()).prop_map(|(mut act, mut person)| {
        for name in PERSON_ATTRIBUTES {
            if let Some(value) = act.attributes.remove(*name) {
                person.attributes.insert((*name).to_owned(), value);
            }
        }
        Inputs { act, person }
    })
}

/// Questions that come near a permit: messages of a covered entity to those it knows.
fn message() -> impl Strategy<Value = Inputs> {
    let channel = code(&["email", "sms", "postal", "portal_message", "voice_live"]);
    let content = code(&[
        "reminder",
        "own_health_product_promo",
        "third_party_product",
        "refill",
        "education",
        "fundraising",
        "own_service_information",
        "mixed:reminder+cosmetic_promo",
        "clinical_notice",
        "survey",
    ]);
    (
        inputs(),
        channel,
        content,
        code(&["patient", "prospect", "former_patient"]),
    )
        .prop_map(|(mut inputs, channel, content, relationship)| {
            inputs.act.actor = "covered_provider".to_owned();
            inputs.act.channel = channel;
            inputs.act.content_class = content;
            inputs.act.recipient = "individual".to_owned();
            inputs.act.data_elements.retain(|e| {
                ["name", "email", "mobile", "visit_date", "diagnosis"].contains(&e.as_str())
            });
            inputs.person.relationship = Some(relationship);
            inputs
        })
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    prop_oneof![inputs(), message()]
}

fn profile() -> impl Strategy<Value = Profile> {
    select(&Profile::ALL[..])
}

fn decide(inputs: &Inputs, profile: Profile) -> Decision {
    let at = inputs.person.local_time.unwrap().at;
    Engine::builtin().decide(inputs, profile, at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_question_has_one_answer(inputs in any_inputs(), profile in profile()) {
        let first = serde_json::to_string(&decide(&inputs, profile)).unwrap();
        let again = serde_json::to_string(&decide(&inputs.clone(), profile)).unwrap();
        prop_assert_eq!(first, again);
    }

    #[test]
    fn a_folded_plan_agrees(inputs in any_inputs(), profile in profile()) {
        let at = inputs.person.local_time.unwrap().at;
        let engine = Engine::builtin();
        let plan = engine.plan(&inputs.act, profile, at);
        let whole = engine.decide(&inputs, profile, at);
        prop_assert_eq!(&plan.decide(&inputs.person), &whole);
        prop_assert_eq!(plan.outcome(&engine.person_facts(&inputs.person, at)), whole.outcome);
    }

    #[test]
    fn a_permit_stands_on_a_citation(inputs in any_inputs(), profile in profile()) {
        let decision = decide(&inputs, profile);
        prop_assert!(!decision.citation.is_empty() && !decision.category.is_empty());
        prop_assert!(!decision.why.is_empty() && !decision.rule_ids.is_empty());
        if decision.outcome == Outcome::Permit {
            prop_assert!(decision.missing.is_empty());
            prop_assert!(decision.why.iter().all(|reason| reason.effect == Outcome::Permit));
        }
    }

    #[test]
    fn removing_an_instrument_never_helps(inputs in any_inputs(), profile in profile()) {
        let before = decide(&inputs, profile);
        for index in 0..inputs.person.instruments.len() {
            let mut fewer = inputs.clone();
            fewer.person.instruments.remove(index);
            let after = decide(&fewer, profile);
            prop_assert!(after.outcome >= before.outcome, "{before:#?}\n{after:#?}");
        }
    }

    #[test]
    fn an_opt_out_never_helps(inputs in any_inputs(), more in preference(), profile in profile()) {
        let before = decide(&inputs, profile);
        let mut changed = inputs;
        changed.person.preferences.push(more);
        let after = decide(&changed, profile);
        prop_assert!(after.outcome >= before.outcome, "{before:#?}\n{after:#?}");
    }

    /// But for public condition pages under the conservative profile: there Washington's own
    /// consent law takes the place of a flat policy denial, as case H03 decides.
    #[test]
    fn another_jurisdiction_never_helps(inputs in any_inputs(), place in code(PLACES), profile in profile()) {
        prop_assume!(inputs.act.data_origin.as_deref() != Some("public_condition_page"));
        let before = decide(&inputs, profile);
        let mut changed = inputs;
        changed.person.jurisdiction.push(place);
        let after = decide(&changed, profile);
        prop_assert!(after.outcome >= before.outcome, "{before:#?}\n{after:#?}");
    }

    #[test]
    fn a_vendor_contract_never_cures_a_purpose(inputs in message(), profile in profile()) {
        let mut alone = inputs.clone();
        alone.act.vendor = Vendor::default();
        let mut contract = inputs;
        contract.act.vendor = Vendor { role: "email_service".to_owned(), baa: Some(true), country: Some("US".to_owned()) };
        prop_assert!(decide(&contract, profile).outcome >= decide(&alone, profile).outcome);
    }

    /// A contract lets a vendor do for the entity what the entity may do, never more.
    #[test]
    fn no_contract_permits_what_a_vendor_wants_for_itself(
        inputs in inputs(),
        purpose in code(&["vendor_own_use", "reidentification", "list_sale", "data_sale"]),
        profile in profile(),
    ) {
        let mut asked = inputs;
        asked.act.actor = "covered_provider".to_owned();
        asked.act.purpose = purpose;
        asked.act.recipient = "vendor".to_owned();
        asked.act.channel = "data_feed".to_owned();
        asked.act.data_elements = vec!["name".to_owned(), "diagnosis".to_owned()];
        asked.person.relationship = Some("patient".to_owned());
        asked.act.vendor = Vendor { role: "crm".to_owned(), baa: Some(false), country: Some("US".to_owned()) };
        let without = decide(&asked, profile);
        asked.act.vendor.baa = Some(true);
        let with = decide(&asked, profile);
        prop_assert_ne!(with.outcome, Outcome::Permit, "{:#?}", with);
        prop_assert!(with.outcome <= without.outcome);
    }

    #[test]
    fn the_conservative_profile_is_never_laxer(inputs in any_inputs()) {
        let floor = decide(&inputs, Profile::RegulatoryFloor);
        let conservative = decide(&inputs, Profile::Conservative);
        prop_assert!(conservative.outcome >= floor.outcome, "{floor:#?}\n{conservative:#?}");
    }

    #[test]
    fn payment_never_helps(inputs in message(), profile in profile()) {
        let mut unpaid = inputs.clone();
        unpaid.act.remuneration = Remuneration::none();
        let mut paid = inputs;
        paid.act.remuneration = Remuneration {
            kind: Some("financial".to_owned()),
            payer: Some("product_owner".to_owned()),
            amount_vs_cost: Some("above_cost".to_owned()),
        };
        prop_assert!(decide(&paid, profile).outcome >= decide(&unpaid, profile).outcome);
    }

    #[test]
    fn an_unknown_relationship_never_helps(inputs in any_inputs(), profile in profile()) {
        let before = decide(&inputs, profile);
        let mut unknown = inputs;
        unknown.person.relationship = None;
        let after = decide(&unknown, profile);
        prop_assert!(after.outcome >= before.outcome || after.outcome != Outcome::Permit, "{after:#?}");
    }

    /// When only time stands in the way, waiting until `not_before` ends it.
    #[test]
    fn waiting_ends_a_hold(inputs in message(), profile in profile()) {
        let decision = decide(&inputs, profile);
        if let Some(later) = decision.not_before {
            let mut waited = inputs;
            waited.person.local_time = Some(LocalTime { at: later, offset: jiff::tz::Offset::UTC });
            waited.person.frequency = Frequency { last_24h: Some(0), last_7d: Some(0) };
            prop_assert!(decide(&waited, profile).outcome < Outcome::Deny);
        }
    }
}
