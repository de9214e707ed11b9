//! One series and its controls, from a table: in order, without gaps.

use jiff::civil::Date;

use crate::dates::{self, Step};
use crate::mmm::check::{Note, move_as_one};
use crate::refusal::{Answer, Refusal};
use crate::table::Table;

/// More controls than this are a search for one that happens to fit.
const MOST_CONTROLS: usize = 200;

/// What is asked of a table.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// The date; rows are taken as they stand when it is left out.
    pub date: Option<&'a str>,
    /// The series that may have changed.
    pub outcome: &'a str,
    /// Series that did not.
    pub controls: &'a [String],
}

/// Series by period.
#[derive(Debug, Clone)]
pub struct Series {
    /// First days of the periods, in order; none without a column of dates.
    pub dates: Vec<Date>,
    /// The series that may have changed.
    pub y: Vec<f64>,
    /// Series that did not.
    pub controls: Vec<Vec<f64>>,
    /// What to keep in mind.
    pub notes: Vec<Note>,
}

impl Series {
    /// Reads, sorts and checks.
    ///
    /// # Errors
    ///
    /// When periods are missing or stand twice, or columns are copies of each other.
    pub fn read(table: &Table, columns: Columns<'_>) -> Answer<Self> {
        let mut notes = Vec::new();
        let mut order: Vec<usize> = (0..table.len()).collect();
        let mut dates = Vec::new();
        match columns.date {
            Some(date) => {
                let read = dates::read(date, &table.text(date)?)?;
                order.sort_by_key(|i| read[*i]);
                if order.windows(2).any(|w| w[0] > w[1]) {
                    notes.push(Note::new(
                        "sorted",
                        "rows were not in order of time and have been sorted",
                    ));
                }
                dates = order.iter().map(|i| read[*i]).collect();
                notes.extend(uneven(dates::regular(date, &dates)?));
            }
            None => notes.push(Note::new(
                "no_dates",
                "rows are taken as periods in the order of the file: a missing one goes unseen unless the column of dates is named (--date)",
            )),
        }
        let take = |name: &str| -> Answer<Vec<f64>> {
            let raw = table.numbers(name)?;
            Ok(order.iter().map(|i| raw[*i]).collect())
        };
        let y = take(columns.outcome)?;
        let controls: Vec<Vec<f64>> = columns
            .controls
            .iter()
            .map(|name| take(name))
            .collect::<Answer<_>>()?;
        check(columns, &y, &controls, &mut notes)?;
        Ok(Self {
            dates,
            y,
            controls,
            notes,
        })
    }

    /// How many periods lie before a day.
    #[must_use]
    pub fn before(&self, day: Date) -> usize {
        self.dates.iter().filter(|date| **date < day).count()
    }
}

fn uneven(step: Step) -> Option<Note> {
    step.is_uneven().then(|| {
        Note::new(
            "uneven_periods",
            format!(
                "{} differ in days: give the outcome a day, or a control that counts the days, where that matters",
                step.plural()
            ),
        )
    })
}

fn check(
    columns: Columns<'_>,
    y: &[f64],
    controls: &[Vec<f64>],
    notes: &mut Vec<Note>,
) -> Answer<()> {
    let (outcome, names) = (columns.outcome, columns.controls);
    if y.iter().all(|v| *v == 0.0) {
        return Err(Refusal::new(
            "target_zero",
            format!("the outcome `{outcome}` is zero in every period"),
            "name the column that may have changed",
        ));
    }
    if y.iter().any(|v| *v < 0.0) {
        notes.push(Note::new(
            "negative_outcome",
            format!("`{outcome}` is negative in some periods; it is taken as it is"),
        ));
    }
    if controls.len() > MOST_CONTROLS {
        return Err(Refusal::new(
            "too_many_controls",
            format!(
                "{} controls are more than {MOST_CONTROLS}: some would fit by chance",
                controls.len()
            ),
            "name those that move like the outcome and were not touched by the change",
        ));
    }
    if 4 * controls.len() > y.len() {
        notes.push(Note::new(
            "many_controls",
            format!(
                "{} controls for {} periods: some may fit by chance",
                controls.len(),
                y.len()
            ),
        ));
    }
    for (i, (name, x)) in names.iter().zip(controls).enumerate() {
        if name == outcome || move_as_one(x, y) {
            return Err(Refusal::new(
                "copies",
                format!("control `{name}` moves as one with the outcome `{outcome}`"),
                "name series that the change did not touch",
            ));
        }
        let mut before = names.iter().zip(controls).take(i);
        if let Some((other, _)) = before.find(|(other, w)| *other == name || move_as_one(x, w)) {
            return Err(Refusal::new(
                "copies",
                format!("controls `{other}` and `{name}` move as one"),
                "keep one of them",
            ));
        }
    }
    Ok(())
}
