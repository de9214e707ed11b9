//! The engine: a checked, compiled pack that decides.

mod combine;
mod hours;

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::decision::{Decision, Outcome, PackRef, Profile};
use crate::elements::{Element, Refusal};
use crate::eval::Env;
use crate::facts::{CATALOGUE, Encoded, Encoder, Fact};
use crate::inputs::{Act, Inputs, LocalTime, Person};
use crate::ir::Truth;
use crate::pack::{Compiled, Pack, Problem, Source, load};
use crate::rule::{Kind, Rule};
use combine::Findings;

/// A pack, ready to decide. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Engine {
    pack: Arc<Pack>,
}

/// One act with everything folded that does not depend on the person.
#[derive(Debug, Clone)]
pub struct Plan {
    engine: Engine,
    /// One for each part of the content.
    parts: Vec<Encoded>,
    profile: Profile,
    at: Timestamp,
}

/// How one rule came out for one part of an act.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// Its place in [`Pack::compiled`].
    pub(crate) compiled: usize,
    pub(crate) effect: Outcome,
    /// Facts that nobody stated and that it needed.
    pub(crate) unknown: Vec<&'static str>,
    /// The cases of it that hold.
    pub(crate) cases: Vec<usize>,
}

impl Engine {
    /// The engine over the packs inside the program.
    #[must_use]
    pub fn builtin() -> Self {
        static BUILTIN: OnceLock<Engine> = OnceLock::new();
        BUILTIN.get_or_init(Self::load_builtin).clone()
    }

    fn load_builtin() -> Self {
        match Self::load(&crate::packs::builtin()) {
            Ok(engine) => engine,
            Err(problems) => {
                // A test loads the packs of every build, so this cannot be reached in one that
                // ships; a pack without rules denies everything.
                debug_assert!(false, "{problems:?}");
                Self {
                    pack: Arc::new(Pack::empty()),
                }
            }
        }
    }

    /// Loads a pack. Files that say `extends = "placet"` stand on the pack of the program.
    ///
    /// # Errors
    ///
    /// Lists every problem with its file, line and column.
    pub fn load(files: &[Source]) -> Result<Self, Vec<Problem>> {
        let pack = match load::extends(files) {
            Some(_) => load::load_house(&load::load(&crate::packs::builtin())?, files)?,
            None => load::load(files)?,
        };
        Ok(Self {
            pack: Arc::new(pack),
        })
    }

    /// Decides one act for one person.
    #[must_use]
    pub fn decide(&self, inputs: &Inputs, profile: Profile, at: Timestamp) -> Decision {
        self.plan(&inputs.act, profile, at).decide(&inputs.person)
    }

    /// Folds what depends on the act alone.
    #[must_use]
    pub fn plan(&self, act: &Act, profile: Profile, at: Timestamp) -> Plan {
        let names = self.parts(&act.content_class);
        let encoder = self.encoder();
        let parts = names
            .iter()
            .map(|part| encoder.act(act, profile, part, &names))
            .collect();
        Plan {
            engine: self.clone(),
            parts,
            profile,
            at,
        }
    }

    /// The pack's id and version.
    #[must_use]
    pub fn pack(&self) -> PackRef {
        self.pack.reference.clone()
    }

    /// Every rule, in the order of the packs.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.pack.rules
    }

    /// The rule of this id; the newest, when its law changed.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let same = self.pack.rules.iter().filter(|rule| rule.id == id);
        same.max_by_key(|rule| rule.effective_from)
    }

    /// What the checker noticed without refusing the pack.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.pack.warnings
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
        self.pack
            .elements
            .may_use(element, &self.parts(content_class), profile)
    }

    /// The facts a rule may read; attributes are those named `attributes.…`.
    #[must_use]
    pub fn facts(&self) -> &'static [Fact] {
        CATALOGUE
    }

    pub(crate) fn compiled_pack(&self) -> &Pack {
        &self.pack
    }

    fn encoder(&self) -> Encoder<'_> {
        Encoder {
            symbols: &self.pack.symbols,
            elements: &self.pack.elements,
        }
    }

    /// The parts of a content class: `a+b` and `mixed:a+b` have two.
    fn parts(&self, content_class: &str) -> Vec<String> {
        let list = content_class
            .strip_prefix("mixed:")
            .unwrap_or(content_class);
        let find = |name: &str| {
            let alias = self.pack.aliases.iter().find(|(alias, _)| alias == name);
            alias.map_or(name, |(_, class)| class).to_owned()
        };
        list.split('+').map(|name| find(name.trim())).collect()
    }
}

impl Plan {
    /// Decides for one person.
    #[must_use]
    pub fn decide(&self, person: &Person) -> Decision {
        let encoded = self.engine.encoder().person(person, self.at);
        let mut findings = Findings::new(&self.engine.pack);
        let day = self.day(person);
        for part in &self.parts {
            self.judge(part, &encoded, day, &mut findings);
        }
        findings.decide(self.profile, self.at, person.local_time)
    }

    fn day(&self, person: &Person) -> jiff::civil::Date {
        match person.local_time {
            Some(local) => LocalTime {
                at: self.at,
                ..local
            }
            .to_zoned()
            .date(),
            None => self.at.to_zoned(TimeZone::UTC).date(),
        }
    }

    /// Asks every rule about one part of the act.
    fn judge(
        &self,
        act: &Encoded,
        person: &Encoded,
        day: jiff::civil::Date,
        findings: &mut Findings<'_>,
    ) {
        let pack = &self.engine.pack;
        let env = Env::new(&pack.ir, act, person);
        findings.next_part();
        for (index, compiled) in pack.compiled.iter().enumerate() {
            if !pack.is_live(compiled.rule, self.profile, day) {
                continue;
            }
            if let Some(finding) = judge_rule(&env, compiled, index) {
                findings.add(finding, compiled);
            }
        }
    }
}

/// Asks one rule; `None` when it has nothing to say.
fn judge_rule(env: &Env<'_>, rule: &Compiled, index: usize) -> Option<Finding> {
    let applies = env.truth(rule.when);
    if applies == Truth::False {
        return None;
    }
    let mut finding = Finding {
        compiled: index,
        effect: Outcome::Permit,
        unknown: Vec::new(),
        cases: Vec::new(),
    };
    match rule.kind {
        Kind::Permit | Kind::Note if applies == Truth::Unknown => {
            if rule.kind == Kind::Note {
                return None;
            }
            finding.unknown = env.unknown_facts(rule.when);
        }
        Kind::Permit | Kind::Note | Kind::Condition => {}
        Kind::Forbid => {
            finding.effect = Outcome::Deny;
            if applies == Truth::Unknown {
                finding.unknown = env.unknown_facts(rule.when);
            }
        }
        Kind::Require | Kind::Hold => {
            let needs = rule.needs.map_or(Truth::Unknown, |needs| env.truth(needs));
            match (applies, needs) {
                (_, Truth::True) if applies == Truth::Unknown => return None,
                (_, Truth::True) => {}
                (Truth::True, Truth::False) => finding.effect = rule.otherwise,
                _ => {
                    finding.effect = Outcome::Deny;
                    finding.unknown = env.unknown_facts(rule.when);
                    for name in rule
                        .needs
                        .map(|needs| env.unknown_facts(needs))
                        .unwrap_or_default()
                    {
                        if !finding.unknown.contains(&name) {
                            finding.unknown.push(name);
                        }
                    }
                }
            }
        }
    }
    let holds = |case: &&crate::pack::Case| env.truth(case.when) == Truth::True;
    finding.cases = rule
        .cases
        .iter()
        .enumerate()
        .filter(|(_, case)| holds(case))
        .map(|(index, _)| index)
        .collect();
    Some(finding)
}
