//! What is run: the rules of a pack, whole or folded over one act.

use jiff::civil::Date;

use super::Finding;
use crate::decision::{Outcome, Profile};
use crate::eval::Env;
use crate::ir::{Id, Ir, Truth};
use crate::pack::Compiled;
use crate::rule::{Kind, Rule};

/// Conditions and the rules that use them.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) ir: Ir,
    pub(crate) rules: Vec<Step>,
}

/// One rule of a program.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Its place in [`Pack::compiled`].
    pub(crate) compiled: usize,
    in_floor: bool,
    in_conservative: bool,
    /// The first and the last day on which it is law, if it is not always.
    dates: Option<(Date, Date)>,
    pub(crate) kind: Kind,
    pub(crate) basis: bool,
    pub(crate) otherwise: Outcome,
    pub(crate) when: Id,
    pub(crate) needs: Option<Id>,
    /// Each case that may hold: its place in the rule, and its condition.
    pub(crate) cases: Vec<(usize, Id)>,
}

impl Program {
    /// The pack as it stands, nothing folded.
    pub(crate) fn whole(ir: Ir, compiled: &[Compiled], rules: &[Rule]) -> Self {
        let step = |(index, compiled): (usize, &Compiled)| {
            Some(Step::of(index, compiled, rules.get(compiled.rule)?))
        };
        let rules = compiled.iter().enumerate().filter_map(step).collect();
        Self { ir, rules }
    }
}

impl Step {
    fn of(index: usize, rule: &Compiled, readable: &Rule) -> Self {
        let from = readable.effective_from.unwrap_or(Date::MIN);
        let to = readable.effective_to.unwrap_or(Date::MAX);
        Self {
            in_floor: readable.profiles.contains(&Profile::RegulatoryFloor),
            in_conservative: readable.profiles.contains(&Profile::Conservative),
            dates: (from != Date::MIN || to != Date::MAX).then_some((from, to)),
            compiled: index,
            kind: rule.kind,
            basis: rule.basis,
            otherwise: rule.otherwise,
            when: rule.when,
            needs: rule.needs,
            cases: rule
                .cases
                .iter()
                .enumerate()
                .map(|(index, case)| (index, case.when))
                .collect(),
        }
    }

    /// Whether the rule is law on that day under that profile.
    pub(crate) fn is_live(&self, profile: Profile, day: Date) -> bool {
        let of_profile = match profile {
            Profile::RegulatoryFloor => self.in_floor,
            Profile::Conservative => self.in_conservative,
        };
        of_profile && self.dates.is_none_or(|(from, to)| from <= day && day <= to)
    }

    /// What the rule asks for, and whether it stood on facts that nobody stated.
    ///
    /// `None` when it has nothing to say.
    pub(crate) fn effect(&self, env: &Env<'_>) -> Option<(Outcome, bool)> {
        let applies = env.truth(self.when);
        if applies == Truth::False {
            return None;
        }
        let unknown = applies == Truth::Unknown;
        match self.kind {
            Kind::Note if unknown => None,
            Kind::Permit | Kind::Note | Kind::Condition => {
                Some((Outcome::Permit, unknown && self.kind == Kind::Permit))
            }
            Kind::Forbid => Some((Outcome::Deny, unknown)),
            Kind::Require | Kind::Hold => {
                match (
                    unknown,
                    self.needs.map_or(Truth::Unknown, |needs| env.truth(needs)),
                ) {
                    (true, Truth::True) => None,
                    (false, Truth::True) => Some((Outcome::Permit, false)),
                    (false, Truth::False) => Some((self.otherwise, false)),
                    _ => Some((Outcome::Deny, true)),
                }
            }
        }
    }

    /// The same with what a reader wants to know: the facts nobody stated, and the cases that hold.
    pub(crate) fn find(
        &self,
        env: &Env<'_>,
        names: impl FnOnce() -> Vec<&'static str>,
    ) -> Option<Finding> {
        let (effect, is_unknown) = self.effect(env)?;
        let unknown = if is_unknown { names() } else { Vec::new() };
        let holds = self
            .cases
            .iter()
            .filter(|(_, when)| env.truth(*when) == Truth::True);
        let cases = holds.map(|(case, _)| *case).collect();
        Some(Finding {
            compiled: self.compiled,
            effect,
            unknown,
            cases,
        })
    }
}
