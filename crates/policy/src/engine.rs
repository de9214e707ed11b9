//! The engine: a checked, compiled pack that decides.

use std::sync::Arc;

use jiff::Timestamp;

use crate::decision::{Decision, Outcome, PackRef, Profile, Reason};
use crate::elements::{Element, Elements, Refusal};
use crate::facts::{CATALOGUE, Fact};
use crate::inputs::{Act, Inputs, Person};
use crate::rule::Rule;

/// A pack, ready to decide. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Engine {
    pack: Arc<Pack>,
}

#[derive(Debug, Default)]
struct Pack {
    rules: Vec<Rule>,
    elements: Elements,
}

/// One act with everything folded that does not depend on the person.
#[derive(Debug, Clone)]
pub struct Plan {
    engine: Engine,
    act: Act,
    profile: Profile,
    at: Timestamp,
}

impl Engine {
    /// The engine over the packs inside the program.
    #[must_use]
    pub fn builtin() -> Self {
        Self {
            pack: Arc::new(Pack::default()),
        }
    }

    /// Decides one act for one person.
    #[must_use]
    pub fn decide(&self, inputs: &Inputs, profile: Profile, at: Timestamp) -> Decision {
        self.plan(&inputs.act, profile, at).decide(&inputs.person)
    }

    /// Folds what depends on the act alone.
    #[must_use]
    pub fn plan(&self, act: &Act, profile: Profile, at: Timestamp) -> Plan {
        Plan {
            engine: self.clone(),
            act: act.clone(),
            profile,
            at,
        }
    }

    /// The pack's id and version.
    #[must_use]
    pub fn pack(&self) -> PackRef {
        PackRef {
            id: "placet".to_owned(),
            version: "0".to_owned(),
        }
    }

    /// Every rule, in the order of the packs.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.pack.rules
    }

    /// The rule of this id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.pack.rules.iter().find(|rule| rule.id == id)
    }

    /// The data elements a message can be asked to carry.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        self.pack.elements.list()
    }

    /// Whether a message of this content class may carry the element.
    ///
    /// # Errors
    ///
    /// Refuses with the rule that forbids it.
    pub fn may_use(
        &self,
        element: &str,
        content_class: &str,
        profile: Profile,
    ) -> Result<(), Refusal> {
        self.pack.elements.may_use(element, content_class, profile)
    }

    /// The facts a rule may read; attributes are those named `attributes.…`.
    #[must_use]
    pub fn attributes(&self) -> &'static [Fact] {
        CATALOGUE
    }
}

impl Plan {
    /// Decides for one person.
    #[must_use]
    pub fn decide(&self, _person: &Person) -> Decision {
        let _ = (&self.act, self.at);
        Decision {
            outcome: Outcome::Deny,
            category: "operations".to_owned(),
            citation: vec!["45 CFR 164.502(a)".to_owned()],
            rule_ids: vec!["hipaa.default_deny".to_owned()],
            missing: Vec::new(),
            conditions: Vec::new(),
            evidence: Vec::new(),
            why: vec![Reason {
                rule: "hipaa.default_deny".to_owned(),
                says: "No rule gives a basis for this use.".to_owned(),
                effect: Outcome::Deny,
            }],
            not_before: None,
            pack: self.engine.pack(),
            profile: self.profile,
        }
    }
}

/// The parts of a content class: `a+b` and `mixed:a+b` have two.
pub(crate) fn parts(content_class: &str) -> Vec<String> {
    let list = content_class
        .strip_prefix("mixed:")
        .unwrap_or(content_class);
    list.split('+').map(str::to_owned).collect()
}
