//! One question about everybody: who is meant, under which plans, and what is to be known.

mod days;
mod said;
mod told;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::circuit::{Circuit, Leaf, Lit, Tern};
use super::population::{Population, fixed, read};
use super::records::{Form, Group};
use super::translate::{CLOCK, Values};
use crate::engine::{Engine, Plan};
use crate::inputs::{Instrument, LocalTime, Preference};
use crate::ir::Truth;
pub(super) use told::Told;

/// What a class of clocks shows at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The offset from UTC, when it is known.
    pub local: Option<Offset>,
    /// The day on which last days are over and years are lived; never before the clock's own day.
    pub day: Date,
}

/// How whoever asks reads the index: what the engine is told of a form, and what clocks show.
pub trait View {
    /// What the clocks of a class show at that moment.
    fn clock(&self, zone: &str, at: Timestamp) -> Clock;

    /// The instruments that the engine is told of for this form, their days left open; as many
    /// when its last day is over.
    fn instruments(&self, form: &Form, is_over: bool) -> Vec<Instrument>;

    /// The preferences that the engine is told of for this form, their days left open.
    fn preferences(&self, form: &Form) -> Vec<Preference>;
}

/// The view of people whose rows say what the engine is told ([`super::Row::of`]).
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl View for Plain {
    fn clock(&self, zone: &str, at: Timestamp) -> Clock {
        let seconds = zone.parse().ok();
        let local = seconds.and_then(|seconds| Offset::from_seconds(seconds).ok());
        let day = day_of(local, at);
        Clock { local, day }
    }

    fn instruments(&self, form: &Form, _: bool) -> Vec<Instrument> {
        vec![form.instrument()]
    }

    fn preferences(&self, form: &Form) -> Vec<Preference> {
        vec![form.preference()]
    }
}

fn day_of(local: Option<Offset>, at: Timestamp) -> Date {
    let zone = local.map_or(TimeZone::UTC, TimeZone::fixed);
    at.to_zoned(zone).date()
}

/// Who of a population is meant by something; made and combined by a [`Question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Those(pub(super) Lit);

/// One set of rules, and what they say.
#[derive(Debug, Clone)]
pub(super) struct Side {
    /// Not yet asked about.
    pub(super) left: Lit,
    pub(super) permit: Lit,
    pub(super) needs: Lit,
    pub(super) deny: Lit,
    /// Those whom a rule stops, by its place in the pack and its id.
    pub(super) stops: BTreeMap<(usize, String), Lit>,
    /// Those of whom a rule says anything.
    pub(super) says: BTreeMap<String, Lit>,
    /// Those who could give an instrument, by its code.
    pub(super) missing: BTreeMap<String, Lit>,
}

impl Side {
    fn new() -> Self {
        Self {
            left: Lit::TRUE,
            permit: Lit::FALSE,
            needs: Lit::FALSE,
            deny: Lit::FALSE,
            stops: BTreeMap::new(),
            says: BTreeMap::new(),
            missing: BTreeMap::new(),
        }
    }
}

/// A question, put together piece by piece.
///
/// Both sides of a comparison grow in one circuit, so what two packs share is computed once.
pub struct Question<'p> {
    pub(super) population: &'p Population,
    view: &'p dyn View,
    at: Timestamp,
    pub(super) circuit: Circuit,
    pub(super) matched: Lit,
    pub(super) before: Side,
    pub(super) after: Option<Side>,
    values: HashMap<(usize, usize), Values>,
    told: HashMap<(usize, Group), Rc<Vec<Told>>>,
    days: Option<Vec<(Date, Lit)>>,
    last_days: Option<Vec<(Date, Lit)>>,
    /// Held, so that their addresses stay theirs.
    engines: Vec<Engine>,
}

impl std::fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Question({} gates)", self.circuit.gates.len())
    }
}

impl<'p> Question<'p> {
    /// About everybody, at one moment.
    #[must_use]
    pub fn new(population: &'p Population, view: &'p dyn View, at: Timestamp) -> Self {
        let mut circuit = Circuit::new();
        let matched = circuit.leaf(Leaf::Present);
        Self {
            population,
            view,
            at,
            circuit,
            matched,
            before: Side::new(),
            after: None,
            values: HashMap::new(),
            told: HashMap::new(),
            days: None,
            last_days: None,
            engines: Vec::new(),
        }
    }

    /// Everybody.
    #[must_use]
    pub fn everybody(&self) -> Those {
        Those(Lit::TRUE)
    }

    /// Those of any.
    pub fn any(&mut self, those: impl IntoIterator<Item = Those>) -> Those {
        let lits: Vec<Lit> = those.into_iter().map(|those| those.0).collect();
        Those(self.circuit.any(lits))
    }

    /// Those of both.
    pub fn both(&mut self, a: Those, b: Those) -> Those {
        Those(self.circuit.and(a.0, b.0))
    }

    /// All others.
    #[must_use]
    pub fn not(&self, those: Those) -> Those {
        Those(those.0.not())
    }

    /// Those with a mark that fits; people without one have the empty text.
    pub fn marked(&mut self, mark: &str, fits: impl Fn(&str) -> bool) -> Those {
        match self.population.mark(&format!("mark:{mark}")) {
            Some(column) => self.valued(column, fits),
            None => Those(fits("").into()),
        }
    }

    /// Those with a relationship that fits.
    pub fn related(&mut self, fits: impl Fn(&str) -> bool) -> Those {
        self.valued(fixed::RELATIONSHIP, fits)
    }

    /// Those with a residence that fits; it is none for people of whom none is known.
    pub fn living(&mut self, fits: impl Fn(Option<&str>) -> bool) -> Those {
        self.valued(fixed::PLACE, |text| {
            fits(read(fixed::PLACE, "", text, None).residence.as_deref())
        })
    }

    /// Those with an age that fits, on the day that their clocks show.
    pub fn aged(&mut self, fits: impl Fn(u16) -> bool) -> Those {
        let found = self.age(
            |age| {
                // Ages are whole and small.
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "see above"
                )]
                Truth::from(age.is_some_and(|age| fits(age as u16)))
            },
            Self::days,
        );
        Those(found.t)
    }

    /// Those with a record of a form that fits, which has not run out on the day that their
    /// clocks show.
    pub fn holding(&mut self, fits: impl Fn(&Form) -> bool) -> Those {
        let population = self.population;
        let mut found = Lit::FALSE;
        for (held, index) in population.records.held.iter().zip(0_u32..) {
            if held.n == 0 || !fits(&held.form) {
                continue;
            }
            let holds = self.circuit.leaf(Leaf::Holds(index));
            let ended = if held.form.ends {
                let days = self.days();
                self.ended(index, &days)
            } else {
                Lit::FALSE
            };
            let here = self.circuit.and(holds, ended.not());
            found = self.circuit.or(found, here);
        }
        Those(found)
    }

    fn valued(&mut self, column: usize, fits: impl Fn(&str) -> bool) -> Those {
        let values = self.population.columns.get(column);
        let values = values.map_or(&[][..], |column| &column.values);
        let set: Vec<bool> = values.iter().map(|value| fits(value)).collect();
        Those(self.those(column, |code| set.get(code).copied().unwrap_or(false)))
    }

    /// Asks only about these.
    pub fn only(&mut self, those: Those) {
        self.matched = self.circuit.and(self.matched, those.0);
    }

    /// Stops these by something that no rule needs to say, before any rule.
    pub fn stop(&mut self, those: Those, name: &str) {
        stop(&mut self.circuit, &mut self.before, those.0, name);
        if let Some(after) = &mut self.after {
            stop(&mut self.circuit, after, those.0, name);
        }
    }

    /// Asks about these under a plan of this moment; nobody is asked about twice.
    pub fn ask(&mut self, those: Those, plan: &Plan) {
        let mut side = std::mem::replace(&mut self.before, Side::new());
        self.plan(&mut side, those.0, plan);
        self.before = side;
    }

    /// Asks about these under the plan of a changed pack, to compare. What is stopped before any
    /// rule is said first.
    pub fn ask_changed(&mut self, those: Those, plan: &Plan) {
        let mut side = match self.after.take() {
            Some(side) => side,
            None => self.stopped_alike(),
        };
        self.plan(&mut side, those.0, plan);
        self.after = Some(side);
    }

    fn stopped_alike(&self) -> Side {
        let mut side = Side::new();
        for ((place, name), lit) in &self.before.stops {
            if *place == 0 {
                side.left = Lit::TRUE;
                side.deny = *lit;
                side.stops.insert((*place, name.clone()), *lit);
            }
        }
        if side.deny != Lit::FALSE {
            side.left = side.deny.not();
        }
        side
    }

    /// Those whose code in a column is one of these.
    pub(super) fn those(&mut self, column: usize, is: impl Fn(usize) -> bool) -> Lit {
        let population = self.population;
        let Some(found) = population.columns.get(column) else {
            return Lit::FALSE;
        };
        let set: Vec<bool> = (0..found.values.len()).map(is).collect();
        let number = u16::try_from(column).unwrap_or(u16::MAX);
        found.wire(&mut self.circuit, number, &set)
    }

    /// A condition on one column, by its codes.
    pub(super) fn table(&mut self, column: usize, truths: &[Truth]) -> Tern {
        let at = |code: usize| truths.get(code).copied().unwrap_or(Truth::Unknown);
        let t = self.those(column, |code| at(code) == Truth::True);
        let f = self.those(column, |code| at(code) == Truth::False);
        let unknown = self.those(column, |code| at(code) == Truth::Unknown);
        if unknown == Lit::FALSE {
            Tern::known(t)
        } else {
            Tern { t, f }
        }
    }

    /// What the encoder makes of each value of a column.
    pub(super) fn encoded(&mut self, plan: &Plan, column: usize) -> Values {
        let key = (plan.engine().address(), column);
        if let Some(found) = self.values.get(&key) {
            return Rc::clone(found);
        }
        let found = self.population.columns.get(column);
        let (name, values) = found.map_or(("", &[][..]), |found| {
            (found.name.as_str(), found.values.as_slice())
        });
        let encode = |value: &String| {
            let local = (column == CLOCK)
                .then(|| self.view.clock(value, self.at).local)
                .flatten();
            let local = local.map(|offset| LocalTime {
                at: self.at,
                offset,
            });
            plan.engine()
                .encode(&read(column, name, value, local), self.at)
        };
        let made: Values = Rc::new(values.iter().map(encode).collect());
        self.values.insert(key, Rc::clone(&made));
        made
    }
}

fn stop(circuit: &mut Circuit, side: &mut Side, those: Lit, name: &str) {
    let those = circuit.and(those, side.left);
    side.left = circuit.and(side.left, those.not());
    side.deny = circuit.or(side.deny, those);
    let to = side.stops.entry((0, name.to_owned())).or_insert(Lit::FALSE);
    *to = circuit.or(*to, those);
}
