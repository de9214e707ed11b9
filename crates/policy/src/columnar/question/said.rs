//! What the rules of a plan say of everybody, and how it is combined.

use std::collections::{BTreeMap, HashMap};

use super::{Question, Side};
use crate::columnar::circuit::{Circuit, Lit, Tern};
use crate::columnar::translate::Translator;
use crate::decision::Outcome;
use crate::engine::program::Program;
use crate::engine::{Engine, Plan};
use crate::facts::Encoded;
use crate::rule::Kind;

/// The rule that speaks when no other gives a basis.
const DEFAULT: &str = "hipaa.default_deny";

impl Question<'_> {
    pub(super) fn plan(&mut self, side: &mut Side, those: Lit, plan: &Plan) {
        self.engines.push(plan.engine().clone());
        let asked = self.circuit.and(those, side.left);
        side.left = self.circuit.and(side.left, asked.not());
        let mut said = Said::default();
        let mut n_parts = 0;
        for (act, program) in plan.parts() {
            n_parts += 1;
            let basis = self.part(plan, act, program, &mut said);
            said.no_basis = self.circuit.or(said.no_basis, basis.not());
        }
        if n_parts == 0 {
            said.no_basis = Lit::TRUE;
        }
        self.close(side, asked, plan.engine(), said);
    }

    /// What the rules say of one part of an act; gives those for whom something is a basis.
    fn part(&mut self, plan: &Plan, act: &Encoded, program: &Program, said: &mut Said) -> Lit {
        let days = self.days();
        let pack = plan.engine().compiled_pack();
        let mut basis = Lit::FALSE;
        let mut translator = Translator::new(self, plan, act, program);
        for step in &program.rules {
            let living = days
                .iter()
                .filter(|(day, _)| step.is_live(plan.profile(), *day))
                .map(|(_, those)| *those);
            let live = translator.question.circuit.any(living);
            let Some(compiled) = pack.compiled.get(step.compiled) else {
                continue;
            };
            let Some(rule) = pack.rules.get(compiled.rule) else {
                continue;
            };
            if live == Lit::FALSE {
                continue;
            }
            let when = translator.condition(step.when);
            let needs = match (step.kind, step.needs) {
                (Kind::Require | Kind::Hold, Some(needs)) => translator.condition(needs),
                _ => Tern::UNKNOWN,
            };
            let circuit = &mut translator.question.circuit;
            let effects = Effects::of(circuit, live, step.kind, step.otherwise, when, needs);
            if step.basis {
                let stands = circuit.or(effects.permit, effects.needs);
                basis = circuit.or(basis, stands);
            }
            said.deny = circuit.or(said.deny, effects.deny);
            said.needs = circuit.or(said.needs, effects.needs);
            let stops = circuit.or(effects.deny, effects.needs);
            let speaks = circuit.or(stops, effects.permit);
            said.add(circuit, &rule.id, stops, speaks);
            if effects.needs != Lit::FALSE {
                for code in &compiled.text.missing {
                    said.lacks(circuit, code, effects.needs);
                }
                for (case, when) in &step.cases {
                    let Some(case) = compiled.cases.get(*case) else {
                        continue;
                    };
                    if !case.text.missing.is_empty() {
                        let holds = translator.condition(*when).t;
                        let circuit = &mut translator.question.circuit;
                        let here = circuit.and(holds, effects.needs);
                        for code in &case.text.missing {
                            said.lacks(circuit, code, here);
                        }
                    }
                }
            }
        }
        basis
    }

    /// Combines what was said: deny over needs_authorization over permit.
    fn close(&mut self, side: &mut Side, asked: Lit, engine: &Engine, said: Said) {
        let circuit = &mut self.circuit;
        let no_basis = circuit.and(said.no_basis, asked);
        let deny = circuit.or(said.no_basis, said.deny);
        let needs = circuit.and(said.needs, deny.not());
        let permit = circuit.and(deny.not(), needs.not());
        for (to, lit) in [
            (&mut side.deny, deny),
            (&mut side.needs, needs),
            (&mut side.permit, permit),
        ] {
            let here = circuit.and(asked, lit);
            *to = circuit.or(*to, here);
        }
        let mut rules = said.rules;
        let default = rules.entry(DEFAULT.to_owned()).or_default();
        default.0 = circuit.or(default.0, no_basis);
        default.1 = circuit.or(default.1, no_basis);
        let places: HashMap<&str, usize> = engine
            .rules()
            .iter()
            .enumerate()
            .map(|(place, rule)| (rule.id.as_str(), place + 1))
            .collect();
        for (rule, (stops, speaks)) in rules {
            let stops = circuit.and(asked, stops);
            if stops != Lit::FALSE {
                let place = places.get(rule.as_str()).copied().unwrap_or(usize::MAX);
                let to = side.stops.entry((place, rule.clone()));
                let to = to.or_insert(Lit::FALSE);
                *to = circuit.or(*to, stops);
            }
            let speaks = circuit.and(asked, speaks);
            if speaks != Lit::FALSE {
                let to = side.says.entry(rule).or_insert(Lit::FALSE);
                *to = circuit.or(*to, speaks);
            }
        }
        let open = circuit.and(asked, needs);
        for (code, lit) in said.missing {
            let here = circuit.and(open, lit);
            if here != Lit::FALSE {
                let to = side.missing.entry(code).or_insert(Lit::FALSE);
                *to = circuit.or(*to, here);
            }
        }
    }
}

/// What one rule asks for, of whom.
struct Effects {
    permit: Lit,
    needs: Lit,
    deny: Lit,
}

impl Effects {
    /// The same table as [`crate::engine::program::Step::effect`], for everybody at once. A permit
    /// that stands on what nobody stated is none.
    fn of(
        circuit: &mut Circuit,
        live: Lit,
        kind: Kind,
        otherwise: Outcome,
        when: Tern,
        needs: Tern,
    ) -> Self {
        let mut effects = Self {
            permit: Lit::FALSE,
            needs: Lit::FALSE,
            deny: Lit::FALSE,
        };
        let maybe = circuit.and(live, when.f.not());
        let surely = circuit.and(live, when.t);
        match kind {
            Kind::Note | Kind::Permit => effects.permit = surely,
            Kind::Condition => effects.permit = maybe,
            Kind::Forbid => effects.deny = maybe,
            Kind::Require | Kind::Hold => {
                effects.permit = circuit.and(surely, needs.t);
                let fails = circuit.and(surely, needs.f);
                let open = circuit.and(maybe, needs.t.not());
                effects.deny = circuit.and(open, fails.not());
                match otherwise {
                    Outcome::Permit => effects.permit = circuit.or(effects.permit, fails),
                    Outcome::NeedsAuthorization => effects.needs = fails,
                    Outcome::Deny => effects.deny = circuit.or(effects.deny, fails),
                }
            }
        }
        effects
    }
}

/// What the rules of a plan said, whoever is asked about.
struct Said {
    deny: Lit,
    needs: Lit,
    no_basis: Lit,
    /// Stops, and says anything, by rule.
    rules: BTreeMap<String, (Lit, Lit)>,
    missing: BTreeMap<String, Lit>,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            deny: Lit::FALSE,
            needs: Lit::FALSE,
            no_basis: Lit::FALSE,
            rules: BTreeMap::new(),
            missing: BTreeMap::new(),
        }
    }
}

impl Said {
    fn add(&mut self, circuit: &mut Circuit, rule: &str, stops: Lit, speaks: Lit) {
        let to = self.rules.entry(rule.to_owned()).or_default();
        to.0 = circuit.or(to.0, stops);
        to.1 = circuit.or(to.1, speaks);
    }

    fn lacks(&mut self, circuit: &mut Circuit, code: &str, those: Lit) {
        let to = self.missing.entry(code.to_owned()).or_insert(Lit::FALSE);
        *to = circuit.or(*to, those);
    }
}
