//! The days that people's clocks show, and the years they have lived by then.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Clock, Question, day_of};
use crate::columnar::circuit::{Leaf, Lit, Tern};
use crate::columnar::population::{birthday, fixed};
use crate::ir::Truth;

/// Nobody is older.
const OLDEST: u16 = 400;

impl Question<'_> {
    /// The days that clocks show at this moment, each with those whose do.
    pub(in crate::columnar) fn days(&mut self) -> Vec<(Date, Lit)> {
        if let Some(days) = &self.days {
            return days.clone();
        }
        let days = self.by_day(|clock, at| day_of(clock.local, at));
        self.days = Some(days.clone());
        days
    }

    /// The days on which last days are counted, each with those for whom they are.
    pub(in crate::columnar) fn last_days(&mut self) -> Vec<(Date, Lit)> {
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
    pub(in crate::columnar) fn ages(&self) -> Vec<f64> {
        let stated = self.population.columns.get(fixed::AGE);
        let stated = stated
            .into_iter()
            .flat_map(crate::columnar::column::Column::live);
        let mut ages: Vec<f64> = stated.filter_map(|text| text.parse().ok()).collect();
        if !self.population.born.0.is_empty() {
            ages.extend((0..=OLDEST).map(f64::from));
        }
        ages.sort_by(f64::total_cmp);
        ages.dedup();
        ages
    }

    /// A condition on the age, as it is stated or as it follows from the day of birth.
    pub(in crate::columnar) fn age(
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
