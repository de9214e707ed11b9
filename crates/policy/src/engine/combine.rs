//! Findings into one decision: deny over needs_authorization over permit, and everything said.

use jiff::Timestamp;

use super::program::Step;
use super::{Finding, hours};
use crate::decision::{Decision, Outcome, Profile, Reason};
use crate::facts::CATALOGUE;
use crate::inputs::LocalTime;
use crate::pack::{Compiled, Pack, Text};
use crate::rule::Kind;

/// The rule that speaks when no other gives a basis.
const DEFAULT: &str = "hipaa.default_deny";

/// What the rules said about every part of an act.
pub(super) struct Findings<'a> {
    pack: &'a Pack,
    list: Vec<Finding>,
    /// Parts of which something gives, or could give, a basis.
    part_has_basis: Vec<bool>,
    /// Facts without which a basis could not be judged.
    unknown_bases: Vec<&'static str>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(pack: &'a Pack) -> Self {
        Self {
            pack,
            list: Vec::new(),
            part_has_basis: Vec::new(),
            unknown_bases: Vec::new(),
        }
    }

    pub(super) fn next_part(&mut self) {
        self.part_has_basis.push(false);
    }

    pub(super) fn add(&mut self, finding: Finding, rule: &Step) {
        if rule.kind == Kind::Permit && !finding.unknown.is_empty() {
            self.unknown_bases.extend(&finding.unknown);
            return;
        }
        // An authorization that is missing is a basis that the person could still give.
        if rule.basis
            && finding.effect != Outcome::Deny
            && let Some(basis) = self.part_has_basis.last_mut()
        {
            *basis = true;
        }
        self.list.push(finding);
    }

    pub(super) fn decide(
        self,
        profile: Profile,
        at: Timestamp,
        local: Option<LocalTime>,
    ) -> Decision {
        let no_basis = self.part_has_basis.iter().any(|has| !has) || self.part_has_basis.is_empty();
        let worst = self
            .list
            .iter()
            .map(|finding| finding.effect)
            .max()
            .unwrap_or(Outcome::Deny);
        let outcome = if no_basis { Outcome::Deny } else { worst };

        let mut decision = Decision {
            outcome,
            category: String::new(),
            citation: Vec::new(),
            rule_ids: Vec::new(),
            missing: Vec::new(),
            conditions: Vec::new(),
            evidence: Vec::new(),
            why: Vec::new(),
            not_before: None,
            pack: self.pack.reference.clone(),
            profile,
        };
        let mut ordered: Vec<&Finding> = self.list.iter().collect();
        ordered.sort_by_key(|finding| (std::cmp::Reverse(finding.effect), !self.is_basis(finding)));
        for finding in &ordered {
            self.report(finding, &mut decision);
        }
        if no_basis {
            self.report_default(worst, &mut decision);
        }
        decision.category = self.category(&ordered, outcome, worst, no_basis);
        if outcome == Outcome::Deny && !no_basis {
            decision.not_before = self.not_before(at, local);
        }
        match outcome {
            Outcome::Permit => decision.missing.clear(),
            // Who said no is not asked again: only facts stay missing, no instruments.
            Outcome::Deny if decision.category == "suppression" => {
                let is_fact = |name: &String| CATALOGUE.iter().any(|fact| fact.name == name);
                decision.missing.retain(is_fact);
            }
            _ => {}
        }
        decision
    }

    fn compiled(&self, finding: &Finding) -> Option<&'a Compiled> {
        self.pack.compiled.get(finding.compiled)
    }

    fn is_basis(&self, finding: &Finding) -> bool {
        self.compiled(finding)
            .is_some_and(|compiled| compiled.basis)
    }

    /// The rule's own text and that of its cases that hold.
    fn texts(&self, finding: &Finding) -> Vec<&'a Text> {
        let Some(compiled) = self.compiled(finding) else {
            return Vec::new();
        };
        let cases = finding
            .cases
            .iter()
            .filter_map(|case| compiled.cases.get(*case));
        std::iter::once(&compiled.text)
            .chain(cases.map(|case| &case.text))
            .collect()
    }

    fn report(&self, finding: &Finding, to: &mut Decision) {
        let Some(compiled) = self.compiled(finding) else {
            return;
        };
        let Some(rule) = self.pack.rules.get(compiled.rule) else {
            return;
        };
        let objects = finding.effect != Outcome::Permit;
        let texts = self.texts(finding);
        add(&mut to.rule_ids, [&rule.id]);
        for text in &texts {
            add(&mut to.citation, &text.citation);
            add(&mut to.evidence, &text.evidence);
            add(
                &mut to.conditions,
                if objects {
                    &text.cure
                } else {
                    &text.conditions
                },
            );
            if finding.effect == Outcome::NeedsAuthorization {
                add(&mut to.missing, &text.missing);
            }
        }
        add(
            &mut to.missing,
            finding
                .unknown
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
                .iter(),
        );
        let mut says = pick(&texts, |text| {
            if objects {
                text.objection.as_ref()
            } else {
                None
            }
        })
        .or_else(|| pick(&texts, |text| text.says.as_ref()))
        .unwrap_or_default();
        if !finding.unknown.is_empty() {
            says = format!("{says} Nobody stated: {}.", finding.unknown.join(", "));
        }
        let reason = Reason {
            rule: rule.id.clone(),
            says,
            effect: finding.effect,
        };
        if !to.why.contains(&reason) {
            to.why.push(reason);
        }
    }

    fn report_default(&self, worst: Outcome, to: &mut Decision) {
        let rule = self.pack.rules.iter().find(|rule| rule.id == DEFAULT);
        let unknown = self
            .unknown_bases
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>();
        add(&mut to.rule_ids, [&DEFAULT.to_owned()]);
        if let Some(rule) = rule {
            add(&mut to.citation, &rule.citation);
        }
        add(&mut to.missing, &unknown);
        let says = rule
            .map_or("No rule gives a basis for this use.", |rule| &rule.says)
            .to_owned();
        let says = if unknown.is_empty() {
            says
        } else {
            format!("{says} Nobody stated: {}.", unknown.join(", "))
        };
        let reason = Reason {
            rule: DEFAULT.to_owned(),
            says,
            effect: Outcome::Deny,
        };
        if worst == Outcome::Deny {
            to.why.push(reason)
        } else {
            to.why.insert(0, reason)
        }
    }

    /// The category of the rules that decide; among several, the order of the pack.
    fn category(
        &self,
        ordered: &[&Finding],
        outcome: Outcome,
        worst: Outcome,
        no_basis: bool,
    ) -> String {
        let deciding = if no_basis && worst != Outcome::Deny {
            worst
        } else {
            outcome
        };
        let mut found: Vec<&String> = Vec::new();
        for finding in ordered.iter().filter(|finding| finding.effect == deciding) {
            let texts = self.texts(finding);
            // A case speaks more closely than its rule.
            let of = |text: &&'a Text| match deciding {
                Outcome::Permit => text.permit_category.as_ref(),
                _ => text.category.as_ref(),
            };
            found.extend(texts.iter().rev().find_map(of));
        }
        let order = match deciding {
            Outcome::Permit => &self.pack.permit_order,
            _ => &self.pack.objection_order,
        };
        let rank = |name: &String| {
            order
                .iter()
                .position(|other| other == name)
                .unwrap_or(usize::MAX)
        };
        found
            .into_iter()
            .min_by_key(|name| rank(name))
            .cloned()
            .unwrap_or_else(|| "operations".to_owned())
    }

    /// The instant at which every hold has ended, if nothing else objects.
    fn not_before(&self, at: Timestamp, local: Option<LocalTime>) -> Option<Timestamp> {
        let mut holds = Vec::new();
        for finding in self
            .list
            .iter()
            .filter(|finding| finding.effect != Outcome::Permit)
        {
            let compiled = self.compiled(finding)?;
            if compiled.kind != Kind::Hold || !finding.unknown.is_empty() {
                return None;
            }
            holds.push(compiled.until.as_ref()?);
        }
        hours::not_before(&holds, at, local?.offset)
    }
}

fn add<'t>(to: &mut Vec<String>, texts: impl IntoIterator<Item = &'t String>) {
    for text in texts {
        if !to.contains(text) {
            to.push(text.clone());
        }
    }
}

/// The last text that says something: a case before its rule.
fn pick<'t>(texts: &[&'t Text], of: impl Fn(&'t Text) -> Option<&'t String>) -> Option<String> {
    texts.iter().rev().find_map(|text| of(text)).cloned()
}
