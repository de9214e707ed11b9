//! One question about everybody: who is meant, under which plans, and what is to be known.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::circuit::{Circuit, Leaf, Lit, Tern};
use super::population::{Population, birthday, fixed, read};
use super::records::{Form, Group};
use super::translate::{CLOCK, Translator, Values};
use crate::decision::Outcome;
use crate::engine::{Engine, Plan};
use crate::facts::{CATALOGUE, Encoded, Record, Slot};
use crate::inputs::{Instrument, LocalTime, Person, Preference};
use crate::ir::Truth;
use crate::rule::Kind;

/// The rule that speaks when no other gives a basis.
const DEFAULT: &str = "hipaa.default_deny";
/// Nobody is older.
const OLDEST: u16 = 400;

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

/// A record that the engine is told of, for those who hold it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) held: u32,
    pub(super) holds: Lit,
    /// Whether each has a day of its own.
    pub(super) dated: bool,
    /// What it says, and for whom: it may have run out for some.
    pub(super) records: Vec<(Lit, Record)>,
    /// What it lacks, when it is an authorization.
    defects: Vec<u32>,
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

    fn plan(&mut self, side: &mut Side, those: Lit, plan: &Plan) {
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
    fn part(
        &mut self,
        plan: &Plan,
        act: &Encoded,
        program: &crate::engine::program::Program,
        said: &mut Said,
    ) -> Lit {
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

    /// The records that the engine is told of.
    pub(super) fn told(&mut self, plan: &Plan, group: Group) -> Rc<Vec<Told>> {
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
    fn ended(&mut self, form: u32, days: &[(Date, Lit)]) -> Lit {
        let mut found = Lit::FALSE;
        for (day, those) in days {
            let day = super::records::day(*day);
            let ended = self.circuit.leaf(Leaf::EndsBefore { form, day });
            let here = self.circuit.and(*those, ended);
            found = self.circuit.or(found, here);
        }
        found
    }

    /// What the authorizations lack, each with those whose does.
    pub(super) fn defects(&mut self, plan: &Plan) -> Vec<(u32, Lit)> {
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

    /// The days that clocks show at this moment, each with those whose do.
    pub(super) fn days(&mut self) -> Vec<(Date, Lit)> {
        if let Some(days) = &self.days {
            return days.clone();
        }
        let days = self.by_day(|clock, at| day_of(clock.local, at));
        self.days = Some(days.clone());
        days
    }

    /// The days on which last days are counted, each with those for whom they are.
    pub(super) fn last_days(&mut self) -> Vec<(Date, Lit)> {
        if let Some(days) = &self.last_days {
            return days.clone();
        }
        let days = self.by_day(|clock, at| clock.day.max(day_of(clock.local, at)));
        self.last_days = Some(days.clone());
        days
    }

    fn by_day(&mut self, of: impl Fn(Clock, Timestamp) -> Date) -> Vec<(Date, Lit)> {
        let population = self.population;
        let Some(column) = population.columns.get(fixed::ZONE) else {
            return Vec::new();
        };
        let days: Vec<Date> = column
            .values
            .iter()
            .map(|zone| of(self.view.clock(zone, self.at), self.at))
            .collect();
        let live = column.values.iter().zip(&column.counts).zip(&days);
        let mut found: Vec<Date> = live
            .filter(|((_, n), _)| **n > 0)
            .map(|(_, day)| *day)
            .collect();
        found.sort_unstable();
        found.dedup();
        if found.len() <= 1 {
            return found.into_iter().map(|day| (day, Lit::TRUE)).collect();
        }
        found
            .into_iter()
            .map(|day| {
                let those = self.those(fixed::ZONE, |code| days.get(code) == Some(&day));
                (day, those)
            })
            .collect()
    }

    /// The ages that somebody may have, for what must be asked year by year.
    pub(super) fn ages(&self) -> Vec<f64> {
        let stated = self.population.columns.get(fixed::AGE);
        let stated = stated.into_iter().flat_map(super::column::Column::live);
        let mut ages: Vec<f64> = stated.filter_map(|text| text.parse().ok()).collect();
        if !self.population.born.0.is_empty() {
            ages.extend((0..=OLDEST).map(f64::from));
        }
        ages.sort_by(f64::total_cmp);
        ages.dedup();
        ages
    }

    /// A condition on the age, as it is stated or as it follows from the day of birth.
    pub(super) fn age(
        &mut self,
        truth: impl Fn(Option<f64>) -> Truth,
        days: fn(&mut Self) -> Vec<(Date, Lit)>,
    ) -> Tern {
        let population = self.population;
        let stated = population.columns.get(fixed::AGE);
        let stated = stated.map_or(&[][..], |column| &column.values);
        let truths: Vec<Truth> = stated.iter().map(|text| truth(text.parse().ok())).collect();
        let stated = self.table(fixed::AGE, &truths);
        let planes: Vec<Lit> = (0..population.born.0.len())
            .map(|bit| u16::try_from(bit).unwrap_or(u16::MAX))
            .map(|bit| self.circuit.leaf(Leaf::Born(bit)))
            .collect();
        if planes.is_empty() {
            return stated;
        }
        let has_birthday = self.circuit.any(planes.iter().copied());
        let mut lived = Tern::UNKNOWN;
        for (day, those) in days(self) {
            let here = self.lived(&planes, day, &truth);
            lived = self.circuit.choose3(those, here, lived);
        }
        self.circuit.choose3(has_birthday, lived, stated)
    }

    /// A condition on the years lived on a day, by the day of birth.
    fn lived(&mut self, planes: &[Lit], day: Date, truth: &impl Fn(Option<f64>) -> Truth) -> Tern {
        // From the youngest on: whoever is older than the next year's first is overruled.
        let mut found: Tern = truth(None).into();
        let mut last = truth(None);
        for age in 0..=OLDEST {
            let here = truth(Some(f64::from(age)));
            if here != last {
                last = here;
                let older = self.born_by(planes, birthday_of(day, age));
                found = self.circuit.choose3(older, here.into(), found);
            }
        }
        found
    }

    /// Those born on this day or before.
    fn born_by(&mut self, planes: &[Lit], day: Option<Date>) -> Lit {
        let Some(code) = day.map(birthday) else {
            return Lit::FALSE;
        };
        if code >> planes.len() != 0 {
            return Lit::TRUE;
        }
        // At most the code, bit by bit from the lowest.
        let mut at_most = Lit::TRUE;
        for (i, plane) in planes.iter().enumerate() {
            at_most = if code >> i & 1 == 1 {
                self.circuit.or(plane.not(), at_most)
            } else {
                self.circuit.and(plane.not(), at_most)
            };
        }
        at_most
    }
}

/// The last day of birth with which somebody has lived so many years on a day.
fn birthday_of(day: Date, age: u16) -> Option<Date> {
    let year = day.year().checked_sub(i16::try_from(age).ok()?)?;
    if year < 1800 {
        return None;
    }
    let first = Date::new(year, day.month(), 1).ok()?;
    Date::new(year, day.month(), day.day().min(first.days_in_month())).ok()
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

fn stop(circuit: &mut Circuit, side: &mut Side, those: Lit, name: &str) {
    let those = circuit.and(those, side.left);
    side.left = circuit.and(side.left, those.not());
    side.deny = circuit.or(side.deny, those);
    let to = side.stops.entry((0, name.to_owned())).or_insert(Lit::FALSE);
    *to = circuit.or(*to, those);
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
