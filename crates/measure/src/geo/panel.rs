//! Regions by period, complete: a region that vanishes is named, not filled in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::dates;
use crate::refusal::{Answer, Refusal};
use crate::table::Table;

/// One outcome, by region and period.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Names of the regions, in order of the alphabet.
    pub regions: Vec<String>,
    /// First days of the periods, in order.
    pub dates: Vec<Date>,
    /// Outcome by region, then period.
    pub y: Vec<Vec<f64>>,
}

impl Panel {
    /// Reads a long table: one row a region and period.
    ///
    /// # Errors
    ///
    /// When a region has no row for some period, two for one, or the dates have gaps.
    pub fn read(
        table: &Table,
        region: &str,
        date: &str,
        outcome: &str,
        leave_out: &[String],
    ) -> Answer<Self> {
        let regions = table.text(region)?;
        let days = dates::read(date, &table.text(date)?)?;
        let values = table.numbers(outcome)?;
        let mut cells: BTreeMap<&str, BTreeMap<Date, f64>> = BTreeMap::new();
        if let Some((line, _)) = regions.iter().find(|(_, name)| name.is_empty()) {
            return Err(Refusal::new(
                "missing_region",
                format!("column `{region}` names no region on line {line}"),
                "name the region of every row",
            ));
        }
        let known = |out: &&String| regions.iter().any(|(_, name)| name == out);
        if let Some(out) = leave_out.iter().find(|out| !known(out)) {
            return Err(Refusal::new(
                "no_region",
                format!("there is no region `{out}` to leave out"),
                "write it as in the table",
            ));
        }
        for (((_, name), day), value) in regions.iter().zip(&days).zip(&values) {
            if leave_out.iter().any(|out| out == name) {
                continue;
            }
            if cells
                .entry(name)
                .or_default()
                .insert(*day, *value)
                .is_some()
            {
                return Err(Refusal::new(
                    "region_twice",
                    format!("`{name}` has two rows for {day}"),
                    "sum them into one row a region and period",
                ));
            }
        }
        let all: BTreeSet<Date> = cells.values().flat_map(|c| c.keys().copied()).collect();
        let dates: Vec<Date> = all.into_iter().collect();
        if dates.len() < 2 {
            return Err(Refusal::new(
                "too_few_periods",
                "there is only one period",
                "give at least 25 periods before the test and the periods of the test",
            ));
        }
        dates::regular(date, &dates)?;
        for (name, cell) in &cells {
            if let Some(day) = dates.iter().find(|d| !cell.contains_key(d)) {
                return Err(Refusal::new(
                    "region_vanishes",
                    format!(
                        "`{name}` has no row for {day} (and {} of {} periods in all)",
                        dates.len() - cell.len(),
                        dates.len()
                    ),
                    "add the rows (0 where nothing happened) or leave the region out with --leave-out",
                ));
            }
        }
        Ok(Self {
            regions: cells.keys().map(|n| (*n).to_owned()).collect(),
            y: cells
                .values()
                .map(|c| c.values().copied().collect())
                .collect(),
            dates,
        })
    }

    /// Refuses an outcome that is nothing anywhere.
    ///
    /// # Errors
    ///
    /// When it is zero in every region and period.
    pub fn check_outcome(&self) -> Answer<()> {
        if self.y.iter().flatten().any(|y| *y != 0.0) {
            return Ok(());
        }
        Err(Refusal::new(
            "target_zero",
            "the outcome is zero in every region and period",
            "name the column that counts what was to be moved",
        ))
    }

    /// The numbers of these regions.
    ///
    /// # Errors
    ///
    /// When one is not in the table, or is named twice.
    pub fn find(&self, names: &[String]) -> Answer<Vec<usize>> {
        if let Some(i) = (1..names.len()).find(|i| names[..*i].contains(&names[*i])) {
            return Err(Refusal::new(
                "named_twice",
                format!("the region `{}` is named twice", names[i]),
                "name each region once",
            ));
        }
        names
            .iter()
            .map(|name| {
                self.regions.iter().position(|r| r == name).ok_or_else(|| {
                    let known: Vec<&str> =
                        self.regions.iter().take(12).map(String::as_str).collect();
                    Refusal::new(
                        "no_region",
                        format!("there is no region `{name}`"),
                        format!("name regions as in the table, such as {}", known.join(", ")),
                    )
                })
            })
            .collect()
    }
}

/// Refuses a test that too few markets can carry, and proposes what can be done instead.
///
/// # Errors
///
/// With fewer than six regions: a single-market hospital has no market to compare with.
pub fn enough_regions(regions: usize, treated: usize) -> Answer<()> {
    if regions >= treated + 5 {
        return Ok(());
    }
    Err(Refusal::new(
        "too_few_regions",
        format!(
            "{regions} region{} leave {} to compare with, too few for a geo test",
            if regions == 1 { "" } else { "s" },
            regions.saturating_sub(treated)
        ),
        "in a single market hold out part of the audience instead: `placet measure power --people 20000 --rate 0.02` says how many people it takes; or cut the market into at least six areas by postal code",
    ))
}
