//! The engine: a checked, compiled pack that decides.

mod combine;
mod fold;
mod hours;
pub(crate) mod program;

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::decision::{Decision, Outcome, PackRef, Profile};
use crate::elements::{Element, Refusal};
use crate::eval::Env;
use crate::facts::{CATALOGUE, Encoded, Encoder, Fact};
use crate::inputs::{Act, Inputs, LocalTime, Person};
use crate::pack::{Pack, Problem, Source, load};
use crate::rule::{Kind, Limit, Rule, Switch, Word};
use combine::Findings;
use program::{Program, Step};

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
    parts: Vec<Part>,
    profile: Profile,
    at: Timestamp,
}

/// One part of an act's content, and what is left to ask about a person.
#[derive(Debug, Clone)]
struct Part {
    act: Encoded,
    program: Program,
}

/// A person's facts, encoded once for many acts at one instant.
#[derive(Debug, Clone)]
pub struct PersonFacts {
    encoded: Encoded,
    day: jiff::civil::Date,
    local: Option<LocalTime>,
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
            Some(_) => load::load_house(&Self::builtin().pack, files)?,
            None => load::load(files)?,
        };
        Ok(Self {
            pack: Arc::new(pack),
        })
    }

    /// Loads what [`Engine::layers`] gave: the law's files, then those of the house, if any.
    ///
    /// # Errors
    ///
    /// Lists every problem with its file, line and column.
    pub fn load_layers(layers: &[Vec<Source>]) -> Result<Self, Vec<Problem>> {
        let mut pack = load::load(layers.first().map_or(&[][..], Vec::as_slice))?;
        for house in layers.iter().skip(1) {
            pack = load::load_house(&pack, house)?;
        }
        Ok(Self {
            pack: Arc::new(pack),
        })
    }

    /// The texts that the rules were read from: the law's files, then those of the house.
    #[must_use]
    pub fn layers(&self) -> &[Vec<Source>] {
        &self.pack.layers
    }

    /// The same rules without the one at this place of [`Engine::rules`], as a test of whether
    /// it matters.
    #[must_use]
    pub fn without(&self, place: usize) -> Self {
        let mut pack = (*self.pack).clone();
        pack.fingerprint = OnceLock::new();
        let of = |compiled: usize| pack.compiled.get(compiled).map(|one| one.rule);
        let steps = std::mem::take(&mut pack.program.rules);
        let kept = steps
            .into_iter()
            .filter(|step| of(step.compiled) != Some(place));
        pack.program.rules = kept.collect();
        Self {
            pack: Arc::new(pack),
        }
    }

    /// Decides one act for one person.
    #[must_use]
    pub fn decide(&self, inputs: &Inputs, profile: Profile, at: Timestamp) -> Decision {
        let names = self.parts(&inputs.act.content_class);
        let person = self.person_facts(&inputs.person, at);
        let mut findings = Findings::new(&self.pack);
        for name in &names {
            let act = self.encoder().act(&inputs.act, profile, name, &names);
            self.judge(&self.pack.program, &act, &person, profile, &mut findings);
        }
        findings.decide(profile, at, person.local)
    }

    /// Folds what depends on the act alone.
    #[must_use]
    pub fn plan(&self, act: &Act, profile: Profile, at: Timestamp) -> Plan {
        let names = self.parts(&act.content_class);
        let encoder = self.encoder();
        let part = |name: &String| {
            let act = encoder.act(act, profile, name, &names);
            Part {
                program: fold::fold(&self.pack.program, &act),
                act,
            }
        };
        let parts = names.iter().map(part).collect();
        Plan {
            engine: self.clone(),
            parts,
            profile,
            at,
        }
    }

    /// Encodes a person once, to be decided under many plans of the same instant.
    #[must_use]
    pub fn person_facts(&self, person: &Person, at: Timestamp) -> PersonFacts {
        let local = person.local_time;
        let day = match local {
            Some(local) => LocalTime { at, ..local }.to_zoned().date(),
            None => at.to_zoned(TimeZone::UTC).date(),
        };
        PersonFacts {
            encoded: self.encoder().person(person, at),
            day,
            local,
        }
    }

    /// Asks every rule about one part of an act.
    fn judge(
        &self,
        program: &Program,
        act: &Encoded,
        person: &PersonFacts,
        profile: Profile,
        findings: &mut Findings<'_>,
    ) {
        let env = Env::new(&program.ir, act, &person.encoded);
        findings.next_part();
        for step in &program.rules {
            if !step.is_live(profile, person.day) {
                continue;
            }
            let names = || self.unknown_facts(step, act, &person.encoded);
            if let Some(finding) = step.find(&env, names) {
                findings.add(finding, step);
            }
        }
    }

    /// The facts that nobody stated, by the rule as it was written rather than folded.
    fn unknown_facts(&self, step: &Step, act: &Encoded, person: &Encoded) -> Vec<&'static str> {
        let Some(rule) = self.pack.compiled.get(step.compiled) else {
            return Vec::new();
        };
        let env = Env::new(&self.pack.program.ir, act, person);
        let mut names = env.unknown_facts(rule.when);
        for name in rule
            .needs
            .map(|needs| env.unknown_facts(needs))
            .unwrap_or_default()
        {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
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

    /// The rules that the house added to the law.
    #[must_use]
    pub fn house_rules(&self) -> &[Rule] {
        self.pack.rules.get(self.pack.n_law..).unwrap_or(&[])
    }

    /// The rule of this id; the newest, when its law changed.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let same = self.pack.rules.iter().filter(|rule| rule.id == id);
        same.max_by_key(|rule| rule.effective_from)
    }

    /// The deadlines and amounts that the law sets.
    #[must_use]
    pub fn limits(&self) -> &[Limit] {
        &self.pack.limits
    }

    /// The deadline or amount of this code.
    #[must_use]
    pub fn limit(&self, code: &str) -> Option<&Limit> {
        self.pack.limits.iter().find(|limit| limit.code == code)
    }

    /// The words that the rules share.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.pack.words
    }

    /// The unsettled questions, each with the reading that is taken.
    #[must_use]
    pub fn switches(&self) -> &[Switch] {
        &self.pack.switches
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
        self.decide_facts(&self.engine.person_facts(person, self.at))
    }

    /// Decides for a person who is encoded already, at this plan's instant.
    #[must_use]
    pub fn decide_facts(&self, person: &PersonFacts) -> Decision {
        let mut findings = Findings::new(&self.engine.pack);
        for part in &self.parts {
            self.engine.judge(
                &part.program,
                &part.act,
                person,
                self.profile,
                &mut findings,
            );
        }
        findings.decide(self.profile, self.at, person.local)
    }

    /// The outcome alone, without reasons: what counting many people needs.
    #[must_use]
    pub fn outcome(&self, person: &PersonFacts) -> Outcome {
        let mut worst = Outcome::Permit;
        for part in &self.parts {
            let env = Env::new(&part.program.ir, &part.act, &person.encoded);
            let mut has_basis = false;
            for step in &part.program.rules {
                let tells_only = matches!(step.kind, Kind::Note | Kind::Condition);
                if tells_only || !step.is_live(self.profile, person.day) {
                    continue;
                }
                let Some((effect, is_unknown)) = step.effect(&env) else {
                    continue;
                };
                worst = worst.max(effect);
                has_basis |= step.basis && effect != Outcome::Deny && !is_unknown;
            }
            if !has_basis || worst == Outcome::Deny {
                return Outcome::Deny;
            }
        }
        if self.parts.is_empty() {
            Outcome::Deny
        } else {
            worst
        }
    }
}
