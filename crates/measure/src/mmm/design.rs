//! From a table to what the model reads: sorted, checked, scaled.

use jiff::civil::Date;

use super::check::{self, Looked, Note};
use super::columns::{self, Column};
use super::{Spec, adstock, prior, saturation};
use crate::dates::{self, Step};
use crate::numeric::mean;
use crate::refusal::{Answer, Refusal};
use crate::table::Table;

/// A lift test on the scale of the model.
#[derive(Debug, Clone, Copy)]
pub struct ScaledTest {
    /// Which channel.
    pub channel: usize,
    /// Spend before, as a share of the channel's largest.
    pub from: f64,
    /// Spend after.
    pub to: f64,
    /// Change of outcome, as a share of the largest outcome.
    pub change: f64,
    /// Its standard error.
    pub sigma: f64,
}

/// What the model reads.
#[derive(Debug, Clone)]
pub struct Design {
    /// What was asked.
    pub spec: Spec,
    /// First days of the periods, in order.
    pub dates: Vec<Date>,
    /// Their distance.
    pub step: Step,
    /// The outcome, as a share of its largest.
    pub y: Vec<f64>,
    /// The largest outcome.
    pub target_scale: f64,
    /// Channels as a share of their largest, with zeros in front for the carry-over.
    pub padded: Vec<Vec<f64>>,
    /// The largest spend of each channel.
    pub channel_scale: Vec<f64>,
    /// Total spend of each channel.
    pub spend_total: Vec<f64>,
    /// Mean scaled spend of each channel: where contribution is measured while sampling.
    pub reference: Vec<f64>,
    /// The linear part.
    pub columns: Vec<Column>,
    /// Belief on the logarithm of a channel's total scaled contribution: mean and spread.
    pub beliefs: Vec<Option<(f64, f64)>>,
    /// Experiments.
    pub tests: Vec<ScaledTest>,
    /// What to keep in mind.
    pub notes: Vec<Note>,
}

impl Design {
    /// Reads, sorts, checks and scales.
    ///
    /// # Errors
    ///
    /// When the data cannot carry the question.
    pub fn new(table: &Table, date: &str, spec: &Spec) -> Answer<Self> {
        let mut notes = Vec::new();
        let read = dates::read(date, &table.text(date)?)?;
        let mut order: Vec<usize> = (0..read.len()).collect();
        order.sort_by_key(|i| read[*i]);
        if order.windows(2).any(|w| w[0] > w[1]) {
            notes.push(Note::new(
                "sorted",
                "rows were not in order of time and have been sorted",
            ));
        }
        let dates: Vec<Date> = order.iter().map(|i| read[*i]).collect();
        if dates.len() < 3 {
            return Err(Refusal::new(
                "too_few_periods",
                format!("{} periods of data are too few", dates.len()),
                "give at least 40 weeks, better two years",
            ));
        }
        let step = dates::regular(date, &dates)?;
        let take = |name: &str| -> Answer<Vec<f64>> {
            let raw = table.numbers(name)?;
            Ok(order.iter().map(|i| raw[*i]).collect())
        };
        names_differ(spec)?;
        let mut spec = spec.clone();
        if spec.yearly > step.most_waves() {
            notes.push(Note::new(
                "fewer_waves",
                format!(
                    "{} can carry {} pair{} of yearly waves, not {}: the faster ones were left out",
                    step.plural(),
                    step.most_waves(),
                    if step.most_waves() == 1 { "" } else { "s" },
                    spec.yearly
                ),
            ));
            spec.yearly = step.most_waves();
        }
        if step.is_uneven() {
            notes.push(Note::new(
                "uneven_periods",
                format!(
                    "{} differ in days: their number is a term of its own, so that a short one is not read as a bad one",
                    step.plural()
                ),
            ));
        }
        let raw_y = take(&spec.target)?;
        let raw_x: Vec<Vec<f64>> = spec
            .channels
            .iter()
            .map(|c| take(c))
            .collect::<Answer<_>>()?;
        let mut raw_z = Vec::new();
        for name in &spec.controls {
            if name == "t" && !table.has("t") {
                notes.push(Note::new(
                    "added_t",
                    "there is no column `t`: the period's number, from 0, stands in",
                ));
                raw_z.push((0..dates.len()).map(|t| t as f64).collect());
            } else {
                raw_z.push(take(name)?);
            }
        }
        let columns = columns::linear(&spec, &raw_z, &dates, step);
        let per_channel = spec.adstock.parameters().len() + spec.saturation.parameters().len() + 1;
        let parameters = 2 + spec.channels.len() * per_channel + columns.len();
        notes.extend(check::check(&Looked {
            spec: &spec,
            step,
            y: &raw_y,
            x: &raw_x,
            z: &raw_z,
            parameters,
        })?);
        let largest = |x: &[f64]| x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        let target_scale = largest(&raw_y);
        let channel_scale: Vec<f64> = raw_x.iter().map(|x| largest(x)).collect();
        let pad = spec.adstock.periods - 1;
        let padded: Vec<Vec<f64>> = raw_x
            .iter()
            .zip(&channel_scale)
            .map(|(x, scale)| {
                let zeros = std::iter::repeat_n(0.0, pad);
                zeros.chain(x.iter().map(|v| v / scale)).collect()
            })
            .collect();
        let spend_total: Vec<f64> = raw_x.iter().map(|x| x.iter().sum()).collect();
        let mut design = Self {
            spec,
            y: raw_y.iter().map(|y| y / target_scale).collect(),
            target_scale,
            reference: padded.iter().map(|x| mean(&x[pad..])).collect(),
            beliefs: vec![None; padded.len()],
            padded,
            channel_scale,
            spend_total,
            columns,
            tests: Vec::new(),
            dates,
            step,
            notes,
        };
        design.believe()?;
        design.calibrate()?;
        Ok(design)
    }

    /// Number of periods.
    #[must_use]
    pub fn len(&self) -> usize {
        self.y.len()
    }

    /// Whether there are no periods; a design that was made has some.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }

    fn channel(&self, name: &str) -> Answer<usize> {
        self.spec
            .channels
            .iter()
            .position(|c| c == name)
            .ok_or_else(|| {
                Refusal::new(
                    "no_channel",
                    format!("`{name}` is not among the channels"),
                    format!("name one of: {}", self.spec.channels.join(", ")),
                )
            })
    }

    fn believe(&mut self) -> Answer<()> {
        for (name, belief) in &self.spec.beliefs {
            let c = self.channel(name)?;
            let (median, spread) = belief.ln_return();
            if !median.is_finite() || !spread.is_finite() || spread <= 0.0 {
                return Err(Refusal::new(
                    "bad_belief",
                    format!("the prior of `{name}` needs a median and a spread above zero"),
                    "write for example `search=250:0.6`",
                ));
            }
            // Return is total contribution over total spend.
            let shift = (self.spend_total[c] / self.target_scale).ln();
            self.beliefs[c] = Some((median + shift, spread));
        }
        Ok(())
    }

    fn calibrate(&mut self) -> Answer<()> {
        for (i, test) in self.spec.lift_tests.iter().enumerate() {
            let c = self.channel(&test.channel)?;
            let all = [test.x, test.delta_x, test.delta_y, test.sigma];
            let sound = all.iter().all(|v| v.is_finite())
                && test.sigma > 0.0
                && test.x >= 0.0
                && test.x + test.delta_x >= 0.0
                && test.delta_x != 0.0;
            if !sound {
                return Err(Refusal::new(
                    "bad_lift_test",
                    format!("lift test {} cannot be used", i + 1),
                    "give spend before (x), its change (delta_x, not zero), the change of outcome (delta_y) and a standard error above zero (sigma)",
                ));
            }
            if test.x.max(test.x + test.delta_x) > 3.0 * self.channel_scale[c] {
                self.notes.push(Note::new(
                    "test_far_out",
                    format!(
                        "lift test {} spent far more than the data ever shows for `{}`",
                        i + 1,
                        test.channel
                    ),
                ));
            }
            self.tests.push(ScaledTest {
                channel: c,
                from: test.x / self.channel_scale[c],
                to: (test.x + test.delta_x) / self.channel_scale[c],
                change: test.delta_y / self.target_scale,
                sigma: test.sigma / self.target_scale,
            });
        }
        Ok(())
    }

    /// Names of the parameters, in the order of a draw.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut out = vec!["intercept_contribution".to_owned()];
        let shapes = self.shape_priors();
        for (name, _) in shapes {
            out.extend(self.spec.channels.iter().map(|c| format!("{name}[{c}]")));
        }
        out.extend(self.columns.iter().map(|c| c.name.clone()));
        out.push("y_sigma".to_owned());
        out
    }

    /// Carry-over, curve and height, in the order of a draw.
    #[must_use]
    pub fn shape_priors(&self) -> Vec<(&'static str, prior::Prior)> {
        let mut all = adstock::Adstock::parameters(self.spec.adstock).to_vec();
        all.extend_from_slice(saturation::Saturation::parameters(self.spec.saturation));
        all.push(self.spec.saturation.height());
        all
    }
}

fn names_differ(spec: &Spec) -> Answer<()> {
    if spec.channels.is_empty() {
        return Err(Refusal::new(
            "no_channels",
            "no channel is named",
            "name the columns of spend with --channels",
        ));
    }
    let all: Vec<&String> = std::iter::once(&spec.target)
        .chain(&spec.channels)
        .chain(&spec.controls)
        .collect();
    if let Some(i) = (1..all.len()).find(|i| all[..*i].contains(&all[*i])) {
        return Err(Refusal::new(
            "named_twice",
            format!("the column `{}` is named twice", all[i]),
            "name each column once, as target, channel or control",
        ));
    }
    Ok(())
}
