#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use super::*;
use Capability as C;

fn operator(roles: &[Role]) -> Actor {
    Actor::Operator {
        id: [1; 16].into(),
        roles: roles.iter().copied().collect(),
    }
}

fn token(roles: &[Role], scopes: &[Capability]) -> Actor {
    Actor::Token {
        id: [2; 16].into(),
        operator: [1; 16].into(),
        roles: roles.iter().copied().collect(),
        scopes: scopes.iter().copied().collect(),
    }
}

#[track_caller]
fn check(actor: &Actor, capability: Capability, expected: bool) {
    assert_eq!(
        actor.may(capability).is_ok(),
        expected,
        "{actor:?} {capability:?}"
    );
}

#[test]
#[rustfmt::skip] // A table.
fn an_actor_may_what_a_role_holds_and_a_token_no_more_than_its_scopes() {
    check(&operator(&[]),                                        C::ViewToday,       false);
    check(&operator(&[Role::Marketing]),                         C::LaunchCampaigns, true);
    check(&operator(&[Role::Marketing]),                         C::ViewPeople,      false);
    check(&operator(&[Role::Marketing, Role::Responder]),        C::ViewPeople,      true);
    check(&token(&[Role::Compliance], &[]),                      C::ViewLedger,      false);
    check(&token(&[Role::Compliance], &[C::ViewLedger]),         C::ViewLedger,      true);
    check(&token(&[Role::Marketing],  &[C::ViewLedger]),         C::ViewLedger,      false);
    check(&Actor::Person,                                        C::ViewToday,       false);
    check(&Actor::System("worker"),                              C::LaunchCampaigns, true);
}

#[test]
fn nobody_may_both_write_the_rules_of_the_house_and_launch() {
    for role in Role::ALL {
        let may = |c| role.capabilities().contains(&c);
        assert!(
            !(may(C::ManageOperators) && may(C::LaunchCampaigns)),
            "{role:?}"
        );
        assert!(may(C::ViewToday), "{role:?} has a first page");
    }
}

#[test]
fn every_capability_has_a_code_of_its_own_and_some_role() {
    for capability in Capability::ALL {
        assert_eq!(Capability::find(capability.as_str()), Some(capability));
        let held = Role::ALL
            .iter()
            .any(|role| role.capabilities().contains(&capability));
        assert!(held, "{capability:?}");
    }
}

/// S138: role definitions leave no doubt who may what. The table that `docs/roles.md` shows. Write it anew with `PLACET_BLESS=1 cargo test -p
/// placet-domain roles`.
#[test]
fn the_table_of_roles_is_the_one_in_the_documents() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/roles.md");
    let table = table();
    println!("{table}");
    if std::env::var_os("PLACET_BLESS").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        kept, table,
        "docs/roles.md is out of date; see the comment of this test"
    );
}

fn table() -> String {
    let mut text = String::from(
        "# Roles and what they may do\n\n\
         Written by a test from the table in `crates/domain/src/operator.rs`; do not edit.\n\n\
         | May |",
    );
    for role in Role::ALL {
        write!(text, " {} |", role.label()).unwrap();
    }
    text.push_str("\n|---|");
    text.push_str(&":-:|".repeat(Role::ALL.len()));
    text.push('\n');
    for capability in Capability::ALL {
        write!(
            text,
            "| {} (`{}`) |",
            capability.label(),
            capability.as_str()
        )
        .unwrap();
        for role in Role::ALL {
            let mark = if role.capabilities().contains(&capability) {
                "✓"
            } else {
                ""
            };
            write!(text, " {mark} |").unwrap();
        }
        text.push('\n');
    }
    text
}
