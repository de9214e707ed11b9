//! The linear part: controls, trend, holidays and seasons, centred and scaled inside the fit.
//!
//! A raw `t` of 0 to 178 as a column makes the geometry bad; inside, every column has mean zero
//! and unit spread, and coefficients are reported on the raw scale.

use jiff::civil::Date;

use super::prior::Prior;
use super::{Spec, Trend};
use crate::dates::{Step, lengths};
use crate::numeric::{mean, sd};

/// One column of the linear part.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name of its coefficient.
    pub name: String,
    /// Prior of the coefficient on the raw scale.
    pub prior: Prior,
    /// Mean of the raw column.
    pub centre: f64,
    /// Spread of the raw column.
    pub scale: f64,
    /// The column, centred and scaled.
    pub values: Vec<f64>,
}

impl Column {
    /// Centres and scales a raw column.
    #[must_use]
    pub fn new(name: String, prior: Prior, raw: &[f64]) -> Self {
        let centre = mean(raw);
        let spread = sd(raw);
        let scale = if spread > 0.0 { spread } else { 1.0 };
        Self {
            name,
            prior,
            centre,
            scale,
            values: raw.iter().map(|v| (v - centre) / scale).collect(),
        }
    }
}

/// Controls first, then trend, holidays, the days of uneven periods, and waves, in this order.
#[must_use]
pub fn linear(spec: &Spec, controls: &[Vec<f64>], dates: &[Date], step: Step) -> Vec<Column> {
    let weak = Prior::Normal(0.0, 2.0);
    let mut out: Vec<Column> = spec
        .controls
        .iter()
        .zip(controls)
        .map(|(name, raw)| Column::new(format!("gamma_control[{name}]"), weak, raw))
        .collect();
    let n = dates.len();
    let time: Vec<f64> = (0..n).map(|t| t as f64 / n as f64).collect();
    let bends = match spec.trend {
        Trend::None => None,
        Trend::Linear => Some(0),
        Trend::Bends(k) => Some(k),
    };
    if let Some(bends) = bends {
        out.push(Column::new("gamma_trend[line]".to_owned(), weak, &time));
        for k in 1..=bends {
            let knot = k as f64 / (bends + 1) as f64;
            let raw: Vec<f64> = time.iter().map(|t| (t - knot).max(0.0)).collect();
            let name = format!("gamma_trend[bend_{k}]");
            out.push(Column::new(name, Prior::Laplace(0.0, 0.3), &raw));
        }
    }
    if spec.holidays {
        let raw = super::holidays::count(dates, step);
        out.push(Column::new("gamma_holidays".to_owned(), weak, &raw));
    }
    if step.is_uneven() {
        let raw = lengths(step, dates);
        if sd(&raw) > 0.0 {
            out.push(Column::new("gamma_days".to_owned(), weak, &raw));
        }
    }
    for wave in [f64::sin as fn(f64) -> f64, f64::cos] {
        for order in 1..=spec.yearly {
            let raw: Vec<f64> = dates
                .iter()
                .map(|d| {
                    let turn = f64::from(d.day_of_year()) / 365.25;
                    wave(2.0 * std::f64::consts::PI * order as f64 * turn)
                })
                .collect();
            let which = if wave(0.0) == 0.0 { "sin" } else { "cos" };
            let name = format!("gamma_fourier[{which}_{order}]");
            out.push(Column::new(name, Prior::Laplace(0.0, 1.0), &raw));
        }
    }
    out
}
