//! The answer as data: names and quantities as the reference tools print them, in plain words
//! where a reader decides.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Fit;
use crate::mmm::check::Note;
use crate::numeric::Summary;

/// Everything a fit says.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `mmm`.
    pub kind: &'static str,
    /// How to read the figures.
    pub reading: &'static str,
    /// What was asked.
    pub spec: crate::mmm::Spec,
    /// First and last period, how many, how far apart.
    pub data: Data,
    /// The largest outcome; parameters are on the scale of outcome over this.
    pub target_scale: f64,
    /// The largest spend of each channel.
    pub channel_scale: BTreeMap<String, f64>,
    /// Every parameter.
    pub parameters: Ordered<Parameter>,
    /// Every channel.
    pub channel: Ordered<Channel>,
    /// Did it converge?
    pub diagnostics: Diagnostics,
    /// By period: what came and what the model expects.
    pub series: Series,
    /// What to keep in mind.
    pub notes: Vec<Note>,
}

/// The outcome over time, beside the model's mean.
#[derive(Debug, Serialize)]
pub struct Series {
    /// First days of the periods.
    pub dates: Vec<String>,
    /// What came.
    pub actual: Vec<f64>,
    /// What the model expects, all terms together.
    pub expected: Vec<f64>,
}

/// A map that keeps its order.
#[derive(Debug)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(k, v)| (k, v)))
    }
}

/// What was read.
#[derive(Debug, Serialize)]
pub struct Data {
    /// First period.
    pub from: String,
    /// Last period.
    pub to: String,
    /// How many.
    pub periods: usize,
    /// Distance.
    pub step: crate::dates::Step,
}

/// One parameter.
#[derive(Debug, Serialize)]
pub struct Parameter {
    /// Posterior.
    #[serde(flatten)]
    pub posterior: Summary,
    /// Effective draws in the middle.
    pub ess_bulk: f64,
    /// Effective draws in the tails.
    pub ess_tail: f64,
    /// One when the chains agree.
    pub r_hat: f64,
    /// Prior.
    pub prior: Summary,
}

/// One channel.
#[derive(Debug, Serialize)]
pub struct Channel {
    /// Outcome brought, over all periods.
    pub contribution_total: Summary,
    /// Outcome brought by one unit of spend.
    pub per_unit_spend: Summary,
    /// Spend that one unit of outcome took.
    pub cost_per_outcome: Summary,
    /// Total spend.
    pub spend_total: f64,
    /// Share of the total outcome.
    pub share_of_outcome: Summary,
    /// What one more unit of spend brings, at the mean spend.
    pub marginal_per_unit: Summary,
    /// The prior of outcome per unit of spend.
    pub prior_per_unit: Summary,
    /// How much narrower the posterior is than the prior, 0 (not at all) to 1.
    pub learned: f64,
    /// In words.
    pub reading: &'static str,
    /// By period: mean, 5 % and 95 %.
    pub over_time: Vec<[f64; 3]>,
}

/// Did it converge?
#[derive(Debug, Serialize)]
pub struct Diagnostics {
    /// Whether the answer may be used.
    pub converged: bool,
    /// In words for who decides.
    pub verdict: String,
    /// Draws whose energy went astray.
    pub divergences: usize,
    /// Draws that ran into the depth limit.
    pub at_depth_limit: usize,
    /// Fewest effective draws of a parameter.
    pub min_ess_bulk: f64,
    /// Fewest effective draws in the tails.
    pub min_ess_tail: f64,
    /// Largest R-hat.
    pub max_rhat: f64,
    /// Gradient evaluations of kept draws.
    pub leapfrog_steps: usize,
    /// Chains and kept draws a chain.
    pub chains: usize,
    /// Kept draws a chain.
    pub draws: usize,
    /// Share of the outcome's variance the mean of the model explains.
    pub r_squared: f64,
}

impl Fit {
    /// The answer as data.
    #[must_use]
    pub fn report(&self) -> Report {
        let design = &self.design;
        let prior_of =
            |i: usize| Summary::of(&self.prior.iter().map(|d| d.natural[i]).collect::<Vec<_>>());
        let parameters = self
            .names
            .iter()
            .enumerate()
            .map(|(i, name)| {
                let checked = self.checked[i];
                let parameter = Parameter {
                    posterior: self.parameter(i),
                    ess_bulk: checked.ess_bulk,
                    ess_tail: checked.ess_tail,
                    r_hat: checked.r_hat,
                    prior: prior_of(i),
                };
                (name.clone(), parameter)
            })
            .collect();
        let channel = (0..design.padded.len())
            .map(|c| (design.spec.channels[c].clone(), self.channel(c)))
            .collect();
        let mut notes = design.notes.clone();
        let weak: Vec<&str> = self.weakly_informed();
        if !weak.is_empty() {
            notes.push(Note::new(
                "mostly_prior",
                format!(
                    "the answer for {} is mostly the prior: the data hardly narrowed it",
                    weak.join(", ")
                ),
            ));
        }
        Report {
            kind: "mmm",
            reading: "directional: read intervals, not means; a model of past data is no experiment",
            spec: design.spec.clone(),
            data: Data {
                from: design
                    .dates
                    .first()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                to: design
                    .dates
                    .last()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                periods: design.len(),
                step: design.step,
            },
            target_scale: design.target_scale,
            channel_scale: design
                .spec
                .channels
                .iter()
                .cloned()
                .zip(design.channel_scale.iter().copied())
                .collect(),
            parameters: Ordered(parameters),
            channel: Ordered(channel),
            diagnostics: self.diagnostics(),
            series: Series {
                dates: design.dates.iter().map(ToString::to_string).collect(),
                actual: scaled(&design.y, design.target_scale),
                expected: scaled(&self.expected(), design.target_scale),
            },
            notes,
        }
    }

    /// How much narrower a channel's return is than its prior, on the logarithmic scale.
    #[must_use]
    pub fn learned(&self, c: usize) -> f64 {
        let ln_width = |totals: Vec<f64>| {
            Summary::of(
                &totals
                    .iter()
                    .map(|t| t.max(1e-300).ln())
                    .collect::<Vec<_>>(),
            )
            .width()
        };
        let posterior = ln_width(self.draws().map(|d| d.totals[c]).collect());
        let prior = ln_width(self.prior.iter().map(|d| d.totals[c]).collect());
        (1.0 - posterior / prior).clamp(0.0, 1.0)
    }

    fn weakly_informed(&self) -> Vec<&str> {
        (0..self.design.padded.len())
            .filter(|c| self.learned(*c) < 0.4)
            .map(|c| self.design.spec.channels[c].as_str())
            .collect()
    }

    fn channel(&self, c: usize) -> Channel {
        let design = &self.design;
        let spend = design.spend_total[c];
        let outcome: f64 = design.y.iter().sum::<f64>() * design.target_scale;
        let of = |f: &dyn Fn(f64) -> f64| {
            Summary::of(&self.draws().map(|d| f(d.totals[c])).collect::<Vec<_>>())
        };
        let prior: Vec<f64> = self.prior.iter().map(|d| d.totals[c] / spend).collect();
        let learned = self.learned(c);
        let at = design.reference[c];
        let rest = design.spec.adstock.parameters().len();
        let marginal: Vec<f64> = self
            .draws()
            .map(|d| {
                let curve: Vec<f64> = self.curve_of(d, c).collect();
                let (shape, height) = curve[rest..].split_at(curve.len() - rest - 1);
                let slope = design.spec.saturation.jet(at, shape).1;
                height[0] * slope * design.target_scale / design.channel_scale[c]
            })
            .collect();
        Channel {
            contribution_total: self.total(c),
            per_unit_spend: of(&|t| t / spend),
            cost_per_outcome: of(&|t| spend / t.max(1e-300)),
            spend_total: spend,
            share_of_outcome: of(&|t| t / outcome),
            marginal_per_unit: Summary::of(&marginal),
            prior_per_unit: Summary::of(&prior),
            learned,
            reading: if learned < 0.4 {
                "mostly the prior: the data hardly narrowed it"
            } else if learned < 0.7 {
                "data and prior both speak"
            } else {
                "the data speak"
            },
            over_time: self.over_time[c]
                .iter()
                .map(|s| [s.mean, s.q05, s.q95])
                .collect(),
        }
    }

    fn diagnostics(&self) -> Diagnostics {
        let draws: usize = self.chains.iter().map(Vec::len).sum();
        let max_rhat = self.max_r_hat();
        let min_ess = self.min_ess();
        let astray = self.sampler.divergences;
        let verdict = if self.sampler.stopped {
            "stopped early: not to be used".to_owned()
        } else if max_rhat.is_nan() || max_rhat > 1.05 || min_ess < 100.0 {
            "not converged: the chains disagree; give more --tune and --draws, or ask for less from this data".to_owned()
        } else if astray * 100 > draws {
            format!(
                "{astray} of {draws} draws went astray: intervals may be too narrow; raise --target-accept to 0.95"
            )
        } else if max_rhat > 1.01 || min_ess < 400.0 {
            "nearly converged: means are fine, ends of intervals are rough; give more --draws"
                .to_owned()
        } else {
            "converged: the chains agree".to_owned()
        };
        Diagnostics {
            converged: verdict.starts_with("converged"),
            verdict,
            divergences: astray,
            at_depth_limit: self.sampler.deep,
            min_ess_bulk: min_ess,
            min_ess_tail: self
                .checked
                .iter()
                .fold(f64::INFINITY, |m, c| m.min(c.ess_tail)),
            max_rhat,
            leapfrog_steps: self.sampler.steps,
            chains: self.chains.len(),
            draws: self.chains.first().map_or(0, Vec::len),
            r_squared: self.r_squared(),
        }
    }

    /// The mean of the model by period, as a share of the largest outcome: from the posterior
    /// means of all terms.
    fn expected(&self) -> Vec<f64> {
        let design = &self.design;
        let from = 1 + design.shape_priors().len() * design.padded.len();
        let gamma: Vec<f64> = (from..self.names.len() - 1)
            .map(|i| self.parameter(i).mean)
            .collect();
        let intercept = self.parameter(0).mean;
        (0..design.len())
            .map(|t| {
                let media: f64 = self.over_time.iter().map(|c| c[t].mean).sum();
                let linear: f64 = design
                    .columns
                    .iter()
                    .zip(&gamma)
                    .map(|(column, g)| g * (column.values[t] * column.scale + column.centre))
                    .sum();
                intercept + media / design.target_scale + linear
            })
            .collect()
    }

    fn r_squared(&self) -> f64 {
        let design = &self.design;
        let fitted = self.expected();
        let residual: Vec<f64> = design.y.iter().zip(&fitted).map(|(y, f)| y - f).collect();
        let total = crate::numeric::sd(&design.y).powi(2);
        1.0 - crate::numeric::sd(&residual).powi(2) / total
    }
}

fn scaled(values: &[f64], by: f64) -> Vec<f64> {
    values.iter().map(|value| value * by).collect()
}
