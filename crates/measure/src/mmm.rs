//! The media mix model: how much of the outcome did each channel bring?
//!
//! `y / max|y| = intercept + sum_c beta_c * curve(carry_over(x_c / max|x_c|)) + controls + seasons`
//! with normal noise: the default model of PyMC-Marketing, with its priors, so that results can
//! be compared. Start at [`Spec`] (what is asked), [`fit`](fit::fit) (the answer) and
//! [`density`] (the model with its gradient).
//!
//! INVARIANT: [`check`] runs before every fit; thin data is refused with what is missing.

pub mod adstock;
pub mod calibration;
pub mod check;
pub mod columns;
pub mod density;
pub mod design;
pub mod fit;
pub mod holidays;
pub mod prior;
pub mod saturation;

use serde::Serialize;

pub use adstock::Adstock;
pub use fit::{Fit, fit};
pub use prior::Prior;
pub use saturation::Saturation;

/// What a channel's prior is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Belief {
    /// Outcome per unit of spend: median, and standard deviation of its logarithm.
    Return {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        spread: f64,
    },
    /// Spend per unit of outcome, such as the cost of one new patient.
    Cost {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        spread: f64,
    },
}

impl Belief {
    /// Mean and standard deviation of the logarithm of the return.
    #[must_use]
    pub fn ln_return(&self) -> (f64, f64) {
        match self {
            Self::Return { median, spread } => (median.ln(), *spread),
            Self::Cost { median, spread } => (-median.ln(), *spread),
        }
    }
}

/// A finished experiment on one channel, in the units of the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LiftTest {
    /// The channel.
    pub channel: String,
    /// Spend a period before the change.
    pub x: f64,
    /// The change of spend a period.
    pub delta_x: f64,
    /// The change of outcome a period it brought.
    pub delta_y: f64,
    /// Standard error of that change.
    pub sigma: f64,
}

/// How the base line may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Not at all, beyond the controls.
    #[default]
    None,
    /// A straight line.
    Linear,
    /// A line that may bend at so many places.
    Bends(usize),
}

impl std::str::FromStr for Trend {
    type Err = crate::Refusal;

    /// `none`, `linear`, or `bends:3`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bends = |n: &str| n.parse().ok().filter(|n| (1..=20).contains(n));
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            None if text == "linear" => Ok(Self::Linear),
            Some(("bends", n)) if bends(n).is_some() => Ok(Self::Bends(bends(n).unwrap_or(1))),
            _ => Err(crate::Refusal::new(
                "unknown_trend",
                "the trend is not one that is known",
                "write none, linear, or bends:1 to bends:20",
            )),
        }
    }
}

/// What is asked of the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spec {
    /// The column of the outcome.
    pub target: String,
    /// The columns of spend (or impressions).
    pub channels: Vec<String>,
    /// Further columns that explain the outcome.
    pub controls: Vec<String>,
    /// Carry-over.
    pub adstock: Adstock,
    /// Diminishing returns.
    pub saturation: Saturation,
    /// Pairs of yearly waves.
    pub yearly: usize,
    /// Trend beyond the controls.
    pub trend: Trend,
    /// Count United States federal holidays in each period as a control.
    pub holidays: bool,
    /// What is believed of a channel before the data, by name.
    pub beliefs: Vec<(String, Belief)>,
    /// Experiments.
    pub lift_tests: Vec<LiftTest>,
}

impl Spec {
    /// The default model on these columns.
    #[must_use]
    pub fn new(target: &str, channels: &[&str], controls: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Self {
            target: target.to_owned(),
            channels: owned(channels),
            controls: owned(controls),
            adstock: Adstock::default(),
            saturation: Saturation::default(),
            yearly: 2,
            trend: Trend::None,
            holidays: false,
            beliefs: Vec::new(),
            lift_tests: Vec::new(),
        }
    }
}
