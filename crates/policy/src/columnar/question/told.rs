//! The records that the engine is told of, and for whom each has run out.

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::civil::Date;

use super::Question;
use crate::columnar::circuit::{Leaf, Lit};
use crate::columnar::records::{self, Form, Group};
use crate::engine::Plan;
use crate::facts::{CATALOGUE, Encoded, Record, Slot};
use crate::inputs::{Instrument, Person};

/// A record that the engine is told of, for those who hold it.
#[derive(Debug)]
pub(in crate::columnar) struct Told {
    pub(in crate::columnar) held: u32,
    pub(in crate::columnar) holds: Lit,
    /// Whether each has a day of its own.
    pub(in crate::columnar) dated: bool,
    /// What it says, and for whom: it may have run out for some.
    pub(in crate::columnar) records: Vec<(Lit, Record)>,
    /// What it lacks, when it is an authorization.
    defects: Vec<u32>,
}

impl Question<'_> {
    /// The records that the engine is told of.
    pub(in crate::columnar) fn told(&mut self, plan: &Plan, group: Group) -> Rc<Vec<Told>> {
        let key = (plan.engine().address(), group);
        if let Some(found) = self.told.get(&key) {
            return Rc::clone(found);
        }
        let population = self.population;
        let mut made = Vec::new();
        for (held, index) in population.records.held.iter().zip(0_u32..) {
            if held.n == 0 || held.form.group != group {
                continue;
            }
            let holds = self.circuit.leaf(Leaf::Holds(index));
            if group == Group::Instrument {
                let lasting = self.view.instruments(&held.form, false);
                let over = self.view.instruments(&held.form, true);
                for (lasting, over) in lasting.into_iter().zip(over) {
                    made.push(self.instrument(plan, index, holds, [lasting, over], &held.form));
                }
            } else {
                for preference in self.view.preferences(&held.form) {
                    let person = Person {
                        preferences: vec![preference],
                        ..Person::default()
                    };
                    let encoded = plan.engine().encode(&person, self.at);
                    let record = first_record(&encoded, "preferences");
                    made.push(Told {
                        held: index,
                        holds,
                        dated: held.form.dated,
                        records: record.map(|record| (holds, record)).into_iter().collect(),
                        defects: Vec::new(),
                    });
                }
            }
        }
        let made = Rc::new(made);
        self.told.insert(key, Rc::clone(&made));
        made
    }

    fn instrument(
        &mut self,
        plan: &Plan,
        held: u32,
        holds: Lit,
        [lasting, over]: [Instrument; 2],
        form: &Form,
    ) -> Told {
        let engine = plan.engine();
        let at = self.at;
        let encode = |instrument: Instrument, expires: Option<Date>| {
            let person = Person {
                instruments: vec![Instrument {
                    expires,
                    signed: None,
                    ..instrument
                }],
                ..Person::default()
            };
            engine.encode(&person, at)
        };
        let lasting = encode(lasting, None);
        let defects = match fact("authorization_defects").map(|fact| lasting.slot(fact).clone()) {
            Some(Slot::Texts(list)) => list,
            _ => Vec::new(),
        };
        let while_it_lasts = first_record(&lasting, "instruments");
        let mut records = Vec::new();
        let run_out = if form.ends {
            first_record(&encode(over, Some(Date::constant(1, 1, 1))), "instruments")
        } else {
            None
        };
        match (while_it_lasts, run_out) {
            (Some(lasts), Some(over)) if lasts != over => {
                let days = self.last_days();
                let ended = self.ended(held, &days);
                let (gone, here) = (
                    self.circuit.and(holds, ended),
                    self.circuit.and(holds, ended.not()),
                );
                records.push((here, lasts));
                records.push((gone, over));
            }
            (Some(lasts), _) => records.push((holds, lasts)),
            _ => {}
        }
        Told {
            held,
            holds,
            dated: form.dated,
            records,
            defects,
        }
    }

    /// Those for whom the last day of a form is over.
    pub(super) fn ended(&mut self, form: u32, days: &[(Date, Lit)]) -> Lit {
        let mut found = Lit::FALSE;
        for (day, those) in days {
            let day = records::day(*day);
            let ended = self.circuit.leaf(Leaf::EndsBefore { form, day });
            let here = self.circuit.and(*those, ended);
            found = self.circuit.or(found, here);
        }
        found
    }

    /// What the authorizations lack, each with those whose does.
    pub(in crate::columnar) fn defects(&mut self, plan: &Plan) -> Vec<(u32, Lit)> {
        let told = self.told(plan, Group::Instrument);
        let mut found: BTreeMap<u32, Lit> = BTreeMap::new();
        for one in told.iter() {
            for defect in &one.defects {
                let to = found.entry(*defect).or_insert(Lit::FALSE);
                *to = self.circuit.or(*to, one.holds);
            }
        }
        found.into_iter().collect()
    }
}

fn fact(name: &str) -> Option<u16> {
    let place = CATALOGUE.iter().position(|fact| fact.name == name)?;
    u16::try_from(place).ok()
}

fn first_record(encoded: &Encoded, name: &str) -> Option<Record> {
    match encoded.slot(fact(name)?) {
        Slot::Records(records) => records.first().cloned(),
        _ => None,
    }
}
