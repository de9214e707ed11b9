//! Packs: folders of TOML files, checked and compiled into what the engine runs.
//!
//! `raw` is the shape of a file, `load` checks and compiles, `problem` says what is wrong and where.

pub(crate) mod load;
pub(crate) mod problem;
pub(crate) mod raw;

pub use problem::Problem;

use crate::compile::Compiler;
use crate::decision::{Outcome, PackRef};
use crate::elements::Elements;
use crate::engine::program::Program;
use crate::facts::Symbols;
use crate::ir::{Id, Ir};
use crate::rule::{Kind, Limit, Rule, Switch, Word};

/// One file of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name, for problems.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A checked, compiled pack.
#[derive(Debug, Clone)]
pub(crate) struct Pack {
    pub(crate) reference: PackRef,
    /// The texts it was read from: those of the law, then those of the house.
    pub(crate) layers: Vec<Vec<Source>>,
    /// The hash over them, once somebody asked.
    pub(crate) fingerprint: std::sync::OnceLock<[u8; 32]>,
    pub(crate) rules: Vec<Rule>,
    /// How many of the rules are the law's; those of the house follow.
    pub(crate) n_law: usize,
    pub(crate) compiled: Vec<Compiled>,
    /// The rules as they stand, for one decision at a time.
    pub(crate) program: Program,
    pub(crate) symbols: Symbols,
    pub(crate) elements: Elements,
    /// Content classes under another name: `cosmetic_promo` for `cosmetic_own_service_promo`.
    pub(crate) aliases: Vec<(String, String)>,
    /// Categories, the one that names a permit first.
    pub(crate) permit_order: Vec<String>,
    /// Categories, the one that names an objection first.
    pub(crate) objection_order: Vec<String>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) words: Vec<Word>,
    pub(crate) switches: Vec<Switch>,
    pub(crate) warnings: Vec<Problem>,
    /// Kept so that a house pack can be compiled on top.
    pub(crate) compiler: Compiler,
}

/// What the evaluator needs of a rule.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    /// Its place in [`Pack::rules`].
    pub(crate) rule: usize,
    pub(crate) kind: Kind,
    pub(crate) when: Id,
    pub(crate) needs: Option<Id>,
    pub(crate) otherwise: Outcome,
    /// When it applies and does not object, the act stands on it.
    pub(crate) basis: bool,
    pub(crate) text: Text,
    pub(crate) cases: Vec<Case>,
    pub(crate) until: Option<Until>,
}

/// More that a rule says when a further condition holds.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) when: Id,
    pub(crate) text: Text,
}

/// What a rule adds to a decision.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    pub(crate) says: Option<String>,
    pub(crate) objection: Option<String>,
    pub(crate) citation: Vec<String>,
    pub(crate) category: Option<String>,
    pub(crate) permit_category: Option<String>,
    pub(crate) missing: Vec<String>,
    pub(crate) conditions: Vec<String>,
    pub(crate) cure: Vec<String>,
    pub(crate) evidence: Vec<String>,
}

/// When a hold ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Until {
    /// At the next opening of these windows of the person's clock.
    Window(Vec<Window>),
    /// When the count of the last 24 hours has run down.
    Day,
    /// When the count of the last seven days has run down.
    Week,
}

/// Hours of some days of the week, Monday being 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window {
    pub(crate) days: Vec<u8>,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Pack {
    /// A pack without rules, which denies everything.
    pub(crate) fn empty() -> Self {
        Self {
            reference: PackRef {
                id: "empty".to_owned(),
                version: "0".to_owned(),
            },
            layers: Vec::new(),
            fingerprint: std::sync::OnceLock::new(),
            rules: Vec::new(),
            n_law: 0,
            compiled: Vec::new(),
            program: Program::whole(Ir::default(), &[], &[]),
            symbols: Symbols::default(),
            elements: Elements::default(),
            aliases: Vec::new(),
            permit_order: Vec::new(),
            objection_order: Vec::new(),
            limits: Vec::new(),
            words: Vec::new(),
            switches: Vec::new(),
            warnings: Vec::new(),
            compiler: Compiler::new(),
        }
    }
}
