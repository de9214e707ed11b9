//! Rules of a pack: one table into one rule to read and one to run.

use jiff::civil::Date;
use toml::Spanned;

use super::{Loader, MAX_RULES, raw};
use crate::decision::{Outcome, Profile};
use crate::facts::CATALOGUE;
use crate::ir::{Id, Node, Num, Ref, Truth};
use crate::lang::Op;
use crate::pack::{Case, Compiled, Source, Text, Until, Window};
use crate::rule::{Kind, Rule};

impl Loader<'_> {
    pub(super) fn rule(&mut self, source: &Source, raw: &raw::Rule) {
        let at = raw.id.span().start;
        if self.rules.len() >= MAX_RULES {
            return self.problem(
                source,
                at,
                format!("a pack may have {MAX_RULES} rules at most"),
            );
        }
        if raw.citation.iter().all(|text| text.trim().is_empty()) {
            self.problem(
                source,
                at,
                format!("rule `{}` has no citation", raw.id.get_ref()),
            );
        }
        self.check_house(source, raw, at);
        let when = self.when(source, raw);
        let (needs, until) = self.needs(source, raw, at);
        let otherwise = self.otherwise(source, raw);
        let cases = raw
            .case
            .iter()
            .map(|case| self.case(source, case))
            .collect();
        let rule = self.readable(source, raw);
        self.compiled.push(Compiled {
            rule: self.rules.len(),
            kind: raw.kind,
            when,
            needs,
            otherwise,
            basis: raw.basis || raw.kind == Kind::Permit,
            text: Text {
                says: Some(raw.says.clone()),
                objection: raw.objection.clone(),
                citation: raw.citation.clone(),
                category: raw.category.clone(),
                permit_category: raw.permit_category.clone(),
                missing: raw.missing.clone(),
                conditions: raw.conditions.clone(),
                cure: raw.cure.clone(),
                evidence: raw.evidence.clone(),
            },
            cases,
            until,
        });
        self.rules.push(rule);
    }

    /// A house pack adds objections and obligations, never a basis.
    fn check_house(&mut self, source: &Source, raw: &raw::Rule, at: usize) {
        let Some(base) = self.base else { return };
        let id = raw.id.get_ref();
        if raw.kind == Kind::Permit || raw.basis {
            self.problem(
                source,
                at,
                format!("`{id}` would loosen the law: a house rule may not give a basis"),
            );
        }
        if base.rules.iter().any(|rule| rule.id == *id) {
            self.problem(
                source,
                at,
                format!("`{id}` is a rule of the law; give the house rule an id of its own"),
            );
        }
    }

    /// The condition, within the jurisdiction of the rule.
    fn when(&mut self, source: &Source, raw: &raw::Rule) -> Id {
        let when = match &raw.when {
            Some(when) => self.condition(source, when),
            None => self.compiler.ir.add(Node::Const(Truth::True)),
        };
        if raw.jurisdiction.iter().any(|place| place == "US") || raw.jurisdiction.is_empty() {
            return when;
        }
        let index = CATALOGUE
            .iter()
            .position(|fact| fact.name == "jurisdiction");
        let list = Ref::Person(
            index
                .and_then(|index| u16::try_from(index).ok())
                .unwrap_or(u16::MAX),
        );
        let places: Vec<Id> = raw
            .jurisdiction
            .iter()
            .map(|place| {
                let symbol = self.compiler.symbols.intern(place);
                self.compiler.ir.add(Node::Holds(list, symbol))
            })
            .collect();
        let kids = self.compiler.ir.add_kids(&places);
        let here = self.compiler.ir.add(Node::Or(kids));
        let kids = self.compiler.ir.add_kids(&[here, when]);
        self.compiler.ir.add(Node::And(kids))
    }

    fn needs(
        &mut self,
        source: &Source,
        raw: &raw::Rule,
        at: usize,
    ) -> (Option<Id>, Option<Until>) {
        let needs = raw
            .needs
            .as_ref()
            .map(|needs| self.condition(source, needs));
        let wanted = matches!(raw.kind, Kind::Require | Kind::Hold);
        if wanted && needs.is_none() && raw.window.is_empty() {
            self.problem(source, at, "a rule of this kind says what it `needs`");
        }
        if !wanted && (needs.is_some() || !raw.window.is_empty()) {
            self.problem(
                source,
                at,
                "only `require` and `hold` have `needs` or `window`",
            );
        }
        if !raw.window.is_empty() {
            let windows: Vec<Window> = raw.window.iter().map(window).collect();
            return (Some(self.inside(&windows)), Some(Until::Window(windows)));
        }
        let until = match raw
            .until
            .as_ref()
            .map(|until| (until.get_ref().as_str(), until.span().start))
        {
            Some(("day", _)) => Some(Until::Day),
            Some(("week", _)) => Some(Until::Week),
            Some((_, at)) => {
                self.problem(source, at, "`until` is `day` or `week`");
                None
            }
            None => None,
        };
        (needs, until)
    }

    /// The condition that the person's clock is inside one of the windows.
    fn inside(&mut self, windows: &[Window]) -> Id {
        let fact = |name: &str| {
            let index = CATALOGUE.iter().position(|fact| fact.name == name);
            Num::Of(Ref::Person(
                index
                    .and_then(|i| u16::try_from(i).ok())
                    .unwrap_or(u16::MAX),
            ))
        };
        let (hour, weekday) = (fact("local_time.hour"), fact("local_time.weekday"));
        let ir = &mut self.compiler.ir;
        let mut any = Vec::new();
        for window in windows {
            for day in &window.days {
                let all = [
                    ir.add(Node::Compare(Op::Eq, weekday, Num::Const(f64::from(*day)))),
                    ir.add(Node::Compare(Op::Ge, hour, Num::Const(window.from))),
                    ir.add(Node::Compare(Op::Le, hour, Num::Const(window.to))),
                ];
                let kids = ir.add_kids(&all);
                any.push(ir.add(Node::And(kids)));
            }
        }
        let kids = ir.add_kids(&any);
        ir.add(Node::Or(kids))
    }

    fn otherwise(&mut self, source: &Source, raw: &raw::Rule) -> Outcome {
        let Some(text) = &raw.otherwise else {
            return Outcome::Deny;
        };
        match Outcome::find(text.get_ref()) {
            Some(outcome) if outcome != Outcome::Permit => outcome,
            _ => {
                let message = "`otherwise` is `needs_authorization` or `deny`";
                self.problem(source, text.span().start, message);
                Outcome::Deny
            }
        }
    }

    fn case(&mut self, source: &Source, raw: &raw::Case) -> Case {
        Case {
            when: self.condition(source, &raw.when),
            text: Text {
                says: raw.says.clone(),
                objection: raw.objection.clone(),
                citation: raw.citation.clone(),
                category: raw.category.clone(),
                permit_category: raw.permit_category.clone(),
                missing: raw.missing.clone(),
                conditions: raw.conditions.clone(),
                cure: raw.cure.clone(),
                evidence: raw.evidence.clone(),
            },
        }
    }

    fn readable(&mut self, source: &Source, raw: &raw::Rule) -> Rule {
        let line = self.line(source, raw.id.span().start);
        Rule {
            id: raw.id.get_ref().clone(),
            title: raw.title.clone(),
            says: raw.says.clone(),
            citation: raw.citation.clone(),
            kind: raw.kind,
            jurisdiction: if raw.jurisdiction.is_empty() {
                "US".to_owned()
            } else {
                raw.jurisdiction.join(", ")
            },
            effective_from: self.day(source, raw.effective_from.as_ref()),
            effective_to: self.day(source, raw.effective_to.as_ref()),
            profiles: self.profiles(source, &raw.profile),
            when: raw
                .when
                .as_ref()
                .map_or_else(|| "true".to_owned(), |when| tidy(when.get_ref())),
            needs: raw.needs.as_ref().map(|needs| tidy(needs.get_ref())),
            hours: raw.window.iter().map(hours).collect(),
            until: raw.until.as_ref().map(|until| until.get_ref().clone()),
            otherwise: (raw.kind == Kind::Require).then(|| {
                let named = raw.otherwise.as_ref();
                let found = named.and_then(|text| Outcome::find(text.get_ref()));
                found.unwrap_or(Outcome::Deny)
            }),
            basis: raw.basis || raw.kind == Kind::Permit,
            objection: raw.objection.clone(),
            category: raw.category.clone(),
            permit_category: raw.permit_category.clone(),
            missing: raw.missing.clone(),
            conditions: raw.conditions.clone(),
            cure: raw.cure.clone(),
            cases: raw.case.iter().map(readable_case).collect(),
            evidence: raw.evidence.clone(),
            source: raw.source.clone(),
            file: source.name.clone(),
            line,
        }
    }

    fn line(&mut self, source: &Source, at: usize) -> usize {
        if self.lines.0 != source.name {
            let starts = source
                .text
                .match_indices('\n')
                .map(|(at, _)| at + 1)
                .collect();
            self.lines = (source.name.clone(), starts);
        }
        self.lines.1.partition_point(|start| *start <= at) + 1
    }

    fn day(&mut self, source: &Source, text: Option<&Spanned<String>>) -> Option<Date> {
        let text = text?;
        let day = text.get_ref().parse().ok();
        if day.is_none() {
            self.problem(
                source,
                text.span().start,
                "expected a day such as \"2027-01-31\"",
            );
        }
        day
    }

    fn profiles(&mut self, source: &Source, names: &[Spanned<String>]) -> Vec<Profile> {
        if names.is_empty() {
            return Profile::ALL.to_vec();
        }
        let mut profiles = Vec::new();
        for name in names {
            match Profile::find(name.get_ref()) {
                Some(profile) => profiles.push(profile),
                None => self.problem(
                    source,
                    name.span().start,
                    "expected `regulatory_floor` or `conservative`",
                ),
            }
        }
        profiles
    }
}

fn window(raw: &raw::Window) -> Window {
    Window {
        days: raw.days.clone(),
        from: raw.from,
        to: raw.to,
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A window in words: `Mon Tue 9:00 to 20:00`.
fn hours(raw: &raw::Window) -> String {
    let name = |day: &u8| DAYS.get(usize::from(*day).wrapping_sub(1)).copied();
    let days: Vec<&str> = raw
        .days
        .iter()
        .map(|day| name(day).unwrap_or("?"))
        .collect();
    let clock = |hour: f64| format!("{}:{:02.0}", hour.trunc(), hour.fract() * 60.0);
    format!(
        "{} {} to {}",
        days.join(" "),
        clock(raw.from),
        clock(raw.to)
    )
}

fn readable_case(raw: &raw::Case) -> crate::rule::Case {
    crate::rule::Case {
        when: tidy(raw.when.get_ref()),
        says: raw.says.clone(),
        objection: raw.objection.clone(),
        category: raw.category.clone(),
        permit_category: raw.permit_category.clone(),
        citation: raw.citation.clone(),
        missing: raw.missing.clone(),
        conditions: raw.conditions.clone(),
        cure: raw.cure.clone(),
        evidence: raw.evidence.clone(),
    }
}

pub(super) fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
