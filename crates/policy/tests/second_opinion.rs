//! A second opinion: the marketing procedure written again as plain code, compared on random facts.
//!
//! It knows nothing of packs, conditions or categories; it follows the steps of the catalogue for
//! a message to one person by mail, post, portal or in person, in three states.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use placet_policy::{
    Act, Attributes, Engine, Inputs, Instrument, LocalTime, Outcome, Person, Preference, Profile,
    Remuneration, Value, Vendor,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use Outcome::{Deny, NeedsAuthorization, Permit};

/// One question in the words of the procedure.
#[derive(Debug, Clone)]
struct Question {
    actor: &'static str,
    relationship: &'static str,
    content: &'static str,
    channel: &'static str,
    state: &'static str,
    tells_condition: bool,
    contract: Option<bool>,
    has_vendor: bool,
    pay: Option<Pay>,
    lapsed_days: Option<u32>,
    authorization: Option<Paper>,
    florida_paper: bool,
    texas_paper: bool,
    objection: Option<&'static str>,
    postal_address: Option<bool>,
    needs_login: Option<bool>,
    profile: Profile,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Pay {
    Nothing,
    InKind,
    OwnerWithinCost,
    OwnerAboveCost,
    SomebodyElse,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Paper {
    Valid,
    Expired,
    Defective,
    Revoked,
    SilentOnPay,
}

fn opinion(q: &Question) -> Outcome {
    let in_care = q.relationship != "prospect";
    let is_phi = in_care || q.tells_condition;
    let is_ours = matches!(
        q.content,
        "own_health_product_promo" | "cosmetic_own_service_promo"
    );
    let is_theirs = matches!(q.content, "third_party_product" | "non_health_product");
    let promotes = is_ours || is_theirs;
    let mut worst = Permit;
    let mut say = |outcome: Outcome| worst = worst.max(outcome);

    // The person's say and the mail's form come whatever the law of health information says.
    if q.channel == "email" {
        let quiet = promotes || matches!(q.content, "education" | "own_service_information");
        if q.objection == Some("unsubscribe_all")
            || (q.objection == Some("unsubscribe_marketing") && quiet)
        {
            say(Deny);
        }
        if promotes && (q.postal_address == Some(false) || q.needs_login == Some(true)) {
            say(Deny);
        }
    }
    if q.objection == Some("declined")
        && (promotes || matches!(q.content, "own_service_information" | "survey"))
    {
        say(Deny);
    }
    if !is_phi {
        return worst;
    }
    if q.objection == Some("hipaa_revocation") && promotes {
        say(Deny);
    }

    // A vendor that touches it has a contract.
    if q.has_vendor && q.contract != Some(true) {
        say(Deny);
    }

    // Is it marketing?
    let pays = q.pay;
    let owner_pays = pays.map(|p| matches!(p, Pay::OwnerWithinCost | Pay::OwnerAboveCost));
    let is_marketing = match q.content {
        "reminder" | "survey" => Some(false),
        "third_party_product" | "non_health_product" => Some(true),
        "refill" => match pays {
            None => None,
            Some(Pay::OwnerAboveCost) => Some(true),
            Some(Pay::OwnerWithinCost) => Some(q.lapsed_days.is_some_and(|days| days > 90)),
            Some(_) => Some(false),
        },
        "own_health_product_promo" | "cosmetic_own_service_promo"
            if q.profile == Profile::Conservative =>
        {
            Some(true)
        }
        _ => owner_pays,
    };
    // Only a provider's recommendation is treatment; a plan's is its operations: both may be made.
    let asks_who_pays = is_theirs || !matches!(q.content, "reminder" | "survey" | "education");
    if asks_who_pays && pays.is_none() {
        say(Deny);
    }
    let Some(is_marketing) = is_marketing else {
        return Deny;
    };
    let valid = q.authorization == Some(Paper::Valid)
        || (q.authorization == Some(Paper::SilentOnPay) && owner_pays == Some(false));
    let present = matches!(q.authorization, Some(Paper::Valid | Paper::SilentOnPay));
    let heard = q.objection == Some("declined")
        || (q.channel == "email" && q.objection == Some("unsubscribe_marketing"));
    if is_marketing && heard {
        say(Deny);
    }
    if is_marketing && q.channel != "in_person" {
        if !valid {
            say(if q.authorization == Some(Paper::Revoked) {
                Deny
            } else {
                NeedsAuthorization
            });
        }
        if q.objection == Some("hipaa_revocation") {
            say(Deny);
        }
        let by_law = is_theirs || owner_pays != Some(false);
        if q.state == "US-TX" && by_law && !present && !q.texas_paper {
            say(NeedsAuthorization);
        }
        if q.state == "US-TX" && q.channel == "postal" {
            // Nobody stated the form of the piece.
            say(Deny);
        }
    }
    if q.state == "US-FL"
        && (promotes || is_marketing)
        && q.channel != "in_person"
        && !q.florida_paper
        && !present
    {
        say(NeedsAuthorization);
    }
    worst
}

fn question() -> impl Strategy<Value = Question> {
    let who = (
        select(&["covered_provider", "pharmacy", "health_plan"][..]),
        select(&["patient", "former_patient", "prospect"][..]),
        select(&["US-OH", "US-FL", "US-TX"][..]),
        select(&Profile::ALL[..]),
    );
    let what = (
        select(
            &[
                "reminder",
                "survey",
                "education",
                "refill",
                "treatment_alternative",
                "own_service_information",
                "own_health_product_promo",
                "cosmetic_own_service_promo",
                "third_party_product",
                "non_health_product",
            ][..],
        ),
        select(&["email", "email", "postal", "portal_message", "in_person"][..]),
        any::<bool>(),
    );
    let carried = (any::<bool>(), option::of(any::<bool>()));
    let pay = option::weighted(
        0.9,
        select(
            &[
                Pay::Nothing,
                Pay::Nothing,
                Pay::InKind,
                Pay::OwnerWithinCost,
                Pay::OwnerAboveCost,
                Pay::SomebodyElse,
            ][..],
        ),
    );
    let papers = (
        option::of(select(
            &[
                Paper::Valid,
                Paper::Valid,
                Paper::Expired,
                Paper::Defective,
                Paper::Revoked,
                Paper::SilentOnPay,
            ][..],
        )),
        any::<bool>(),
        any::<bool>(),
    );
    let objection = option::weighted(
        0.3,
        select(
            &[
                "unsubscribe_all",
                "unsubscribe_marketing",
                "declined",
                "hipaa_revocation",
            ][..],
        ),
    );
    let form = (
        option::of(any::<bool>()),
        option::of(any::<bool>()),
        option::of(0_u32..200),
    );
    (who, what, carried, pay, papers, objection, form).prop_map(
        |(who, what, carried, pay, papers, objection, form)| Question {
            actor: who.0,
            relationship: who.1,
            state: who.2,
            profile: who.3,
            content: what.0,
            channel: what.1,
            tells_condition: what.2,
            has_vendor: carried.0,
            contract: carried.1,
            pay,
            authorization: papers.0,
            florida_paper: papers.1,
            texas_paper: papers.2,
            objection,
            postal_address: form.0,
            needs_login: form.1,
            lapsed_days: form.2,
        },
    )
}

fn inputs(q: &Question) -> Inputs {
    let mut attributes = Attributes::new();
    let mut say = |name: &str, value: Option<Value>| {
        attributes.extend(value.map(|value| (name.to_owned(), value)));
    };
    say("postal_address", q.postal_address.map(Value::Bool));
    say("optout_requires_login", q.needs_login.map(Value::Bool));
    let lapsed = q
        .lapsed_days
        .map(|days| ("rx_lapsed_days".to_owned(), Value::Number(f64::from(days))));
    let mut elements = vec!["name".to_owned(), "email".to_owned()];
    if q.tells_condition && q.relationship == "prospect" {
        elements.push("condition".to_owned());
    }
    let at = "2026-11-24T19:00:00Z".parse().unwrap();
    Inputs {
        act: Act {
            actor: q.actor.to_owned(),
            purpose: "message".to_owned(),
            content_class: q.content.to_owned(),
            content: None,
            data_origin: Some(
                if q.relationship == "prospect" {
                    "lead_form"
                } else {
                    "ehr"
                }
                .to_owned(),
            ),
            data_elements: elements,
            selection_criteria: Vec::new(),
            channel: q.channel.to_owned(),
            recipient: "individual".to_owned(),
            vendor: if q.has_vendor {
                Vendor {
                    role: "email_service".to_owned(),
                    baa: q.contract,
                    country: Some("US".to_owned()),
                }
            } else {
                Vendor::default()
            },
            remuneration: remuneration(q.pay),
            attributes,
        },
        person: Person {
            relationship: Some(q.relationship.to_owned()),
            age: Some(45.0),
            residence: Some(q.state.to_owned()),
            instruments: instruments(q),
            preferences: q.objection.map(preference).into_iter().collect(),
            jurisdiction: vec!["US".to_owned(), q.state.to_owned()],
            local_time: Some(LocalTime {
                at,
                offset: jiff::tz::offset(-5),
            }),
            attributes: lapsed.into_iter().collect(),
            ..Person::default()
        },
    }
}

fn remuneration(pay: Option<Pay>) -> Remuneration {
    let (kind, payer, amount) = match pay {
        None => (None, None, None),
        Some(Pay::Nothing) => (Some("none"), None, None),
        Some(Pay::InKind) => (Some("in_kind"), Some("product_owner"), None),
        Some(Pay::OwnerWithinCost) => (
            Some("financial"),
            Some("product_owner"),
            Some("at_or_below_cost"),
        ),
        Some(Pay::OwnerAboveCost) => (Some("financial"), Some("product_owner"), Some("above_cost")),
        Some(Pay::SomebodyElse) => (
            Some("financial"),
            Some("other_third_party"),
            Some("above_cost"),
        ),
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Remuneration {
        kind: owned(kind),
        payer: owned(payer),
        amount_vs_cost: owned(amount),
    }
}

fn instruments(q: &Question) -> Vec<Instrument> {
    let paper = |kind: &str, status: &str| Instrument {
        kind: kind.to_owned(),
        status: status.to_owned(),
        ..Instrument::default()
    };
    let authorization = q.authorization.map(|state| match state {
        Paper::Valid => paper("hipaa_authorization", "valid"),
        Paper::Expired => paper("hipaa_authorization", "expired"),
        Paper::Defective => Instrument {
            defects: vec!["no_recipient".to_owned()],
            ..paper("hipaa_authorization", "defective")
        },
        Paper::Revoked => paper("hipaa_authorization", "revoked"),
        Paper::SilentOnPay => Instrument {
            states_remuneration: Some(false),
            ..paper("hipaa_authorization", "valid")
        },
    });
    let mut all: Vec<Instrument> = authorization.into_iter().collect();
    if q.florida_paper {
        all.push(paper("fl_written_authorization", "valid"));
    }
    if q.texas_paper {
        all.push(paper("tx_permission", "valid"));
    }
    all
}

fn preference(objection: &str) -> Preference {
    let (kind, scope) = match objection {
        "unsubscribe_all" => ("unsubscribe", "all"),
        "unsubscribe_marketing" => ("unsubscribe", "marketing"),
        "declined" => ("declined", "all"),
        other => (other, "all"),
    };
    Preference {
        kind: kind.to_owned(),
        scope: Some(scope.to_owned()),
        channel: None,
        at: "2026-06-01".parse().ok(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_opinions_agree(q in question()) {
        let at = "2026-11-24T19:00:00Z".parse().unwrap();
        let decision = Engine::builtin().decide(&inputs(&q), q.profile, at);
        prop_assert_eq!(decision.outcome, opinion(&q), "{:#?}", decision);
    }
}
