//! Where should the next dollar go? The best split of a budget, from the draws of a fitted model.
//!
//! The response is that of a steady state: the same spend every period, carry-over settled. The
//! split maximises the posterior mean; its gain and the curves keep their intervals.

use serde::{Deserialize, Serialize};

use crate::mmm::{Fit, Saturation};
use crate::numeric::Summary;
use crate::refusal::{Answer, Refusal};

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Spend a period, all channels together; what was spent on average when left out.
    pub budget: Option<f64>,
    /// Smallest budget that brings so much outcome a period, instead of a budget.
    pub goal: Option<f64>,
    /// Least and most a period, by channel.
    pub bounds: Vec<(String, f64, f64)>,
}

/// One channel's part.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// The channel.
    pub channel: String,
    /// Spend a period in the best split.
    pub spend: f64,
    /// What was spent on average.
    pub spent: f64,
    /// Outcome a period it brings.
    pub response: Summary,
    /// What one more unit of spend brings there.
    pub marginal: Summary,
    /// Curve: spend, mean response, 5 %, 95 %.
    pub curve: Vec<[f64; 4]>,
    /// Whether the best split lies beyond anything the data show for it.
    pub beyond_data: bool,
}

/// The best split.
#[derive(Debug, Clone, Serialize)]
pub struct Budget {
    /// `budget`.
    pub kind: &'static str,
    /// How to read it.
    pub reading: &'static str,
    /// Spend a period.
    pub budget: f64,
    /// Spend a period by channel.
    pub allocation: Vec<Part>,
    /// Outcome a period of the best split.
    pub response: Summary,
    /// Outcome a period of what was spent, scaled to the same budget.
    pub response_before: Summary,
    /// Chance that the best split beats it.
    pub chance_better: f64,
}

/// What a plan needs of a fitted model: draws of each channel's curve. Small enough to be kept, so
/// that another budget can be asked about later without sampling again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Curves {
    /// The form of the curves.
    form: Saturation,
    /// The channels, in their order.
    channels: Vec<Channel>,
}

/// One channel's curve: height (in units of the outcome) and shape of every draw.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Channel {
    name: String,
    /// What was spent a period, on average.
    spent: f64,
    /// The largest spend of a period.
    scale: f64,
    height: Vec<f64>,
    shape: Vec<Vec<f64>>,
}

impl Curves {
    /// The curves of a fitted model, by at most so many of its draws.
    #[must_use]
    pub fn of(fit: &Fit, most: usize) -> Self {
        let n = fit.design.len() as f64;
        let rest = fit.design.spec.adstock.parameters().len();
        let every = fit.draws().count().div_ceil(most.max(1)).max(1);
        let channels = fit.design.spec.channels.iter().enumerate();
        let channels = channels.map(|(c, name)| {
            let mut height = Vec::new();
            let mut shape = Vec::new();
            for draw in fit.draws().step_by(every) {
                let curve: Vec<f64> = fit.curve_of(draw, c).collect();
                height.push(curve[curve.len() - 1] * fit.design.target_scale);
                shape.push(curve[rest..curve.len() - 1].to_vec());
            }
            Channel {
                name: name.clone(),
                spent: fit.design.spend_total[c] / n,
                scale: fit.design.channel_scale[c],
                height,
                shape,
            }
        });
        Self {
            form: fit.design.spec.saturation,
            channels: channels.collect(),
        }
    }

    /// The names of the channels.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.channels.iter().map(|c| c.name.as_str())
    }

    /// What was spent a period, all channels together.
    #[must_use]
    pub fn spent(&self) -> f64 {
        self.channels.iter().map(|c| c.spent).sum()
    }

    fn draws(&self) -> Vec<Draws<'_>> {
        let of = |channel| Draws {
            channel,
            form: self.form,
        };
        self.channels.iter().map(of).collect()
    }
}

/// Points of a tabulated mean curve.
const POINTS: usize = 65;
/// Steps of the coarse search.
const COARSE: usize = 400;

/// A mean curve with its slope, interpolated by cubic pieces.
struct Curve {
    width: f64,
    value: Vec<f64>,
    slope: Vec<f64>,
}

impl Curve {
    fn at(&self, x: f64) -> f64 {
        let place = (x / self.width * (POINTS - 1) as f64).clamp(0.0, (POINTS - 1) as f64);
        let i = (place as usize).min(POINTS - 2);
        let (t, h) = (place - i as f64, self.width / (POINTS - 1) as f64);
        let (a, b) = (self.value[i], self.value[i + 1]);
        let (da, db) = (self.slope[i] * h, self.slope[i + 1] * h);
        let (t2, t3) = (t * t, t * t * t);
        a * (2.0 * t3 - 3.0 * t2 + 1.0)
            + da * (t3 - 2.0 * t2 + t)
            + b * (3.0 * t2 - 2.0 * t3)
            + db * (t3 - t2)
    }
}

/// The draws of one channel's curve.
struct Draws<'a> {
    channel: &'a Channel,
    form: Saturation,
}

impl Draws<'_> {
    fn jets(&self, spend: f64) -> impl Iterator<Item = (f64, f64)> + '_ {
        let it = self.channel;
        let a = spend / it.scale;
        it.height.iter().zip(&it.shape).map(move |(h, shape)| {
            let (s, by_a, _) = self.form.jet(a, shape);
            (h * s, h * by_a / it.scale)
        })
    }

    fn table(&self, width: f64) -> Curve {
        let n = self.channel.height.len().max(1) as f64;
        let mut value = Vec::with_capacity(POINTS);
        let mut slope = Vec::with_capacity(POINTS);
        for i in 0..POINTS {
            let x = width * i as f64 / (POINTS - 1) as f64;
            let (v, s) = if self.form == Saturation::Logistic {
                self.logistic(x)
            } else {
                self.jets(x)
                    .fold((0.0, 0.0), |(v, s), (a, b)| (v + a, s + b))
            };
            value.push(v / n);
            slope.push(s / n);
        }
        Curve {
            width,
            value,
            slope,
        }
    }

    /// The common curve, in a loop that vectorises.
    fn logistic(&self, x: f64) -> (f64, f64) {
        let it = self.channel;
        let a = x / it.scale;
        let (mut value, mut slope) = (0.0, 0.0);
        for (h, shape) in it.height.iter().zip(&it.shape) {
            let e = crate::numeric::exp(-shape[0] * a);
            let over = 1.0 / (1.0 + e);
            value += h * (1.0 - e) * over;
            slope += h * shape[0] * 2.0 * e * over * over;
        }
        (value, slope / it.scale)
    }
}

/// Finds the best split.
///
/// # Errors
///
/// When the budget or its bounds make no sense, or the goal is out of reach.
pub fn optimise(fit: &Fit, ask: &Ask) -> Answer<Budget> {
    plan(&Curves::of(fit, usize::MAX), ask)
}

/// Finds the best split from curves that were kept.
///
/// # Errors
///
/// As [`optimise`].
pub fn plan(kept: &Curves, ask: &Ask) -> Answer<Budget> {
    let draws = kept.draws();
    let budget = ask.budget.unwrap_or_else(|| kept.spent());
    let widest = match ask.goal {
        // Far enough that more could not be read from these data.
        Some(_) => 3.0 * kept.channels.iter().map(|c| c.scale).sum::<f64>(),
        None => budget,
    };
    if !widest.is_finite() || widest <= 0.0 {
        return Err(Refusal::new(
            "bad_budget",
            "the budget is not above zero",
            "give --budget as spend a period, all channels together",
        ));
    }
    let names: Vec<&str> = kept.names().collect();
    let bounds = bounds(&names, &ask.bounds, widest)?;
    let curves: Vec<Curve> = draws.iter().map(|d| d.table(widest)).collect();
    let budget = match ask.goal {
        Some(goal) => reach(&curves, &bounds, widest, goal)?,
        None => budget,
    };
    let split = best_split(&curves, &bounds, budget)?;
    Ok(describe(&draws, &split, budget))
}

fn bounds(channels: &[&str], asked: &[(String, f64, f64)], widest: f64) -> Answer<Vec<(f64, f64)>> {
    let mut out = vec![(0.0, widest); channels.len()];
    for (name, low, high) in asked {
        let at = channels.iter().position(|c| *c == name).ok_or_else(|| {
            Refusal::new(
                "no_channel",
                format!("`{name}` is not among the channels"),
                format!("name one of: {}", channels.join(", ")),
            )
        })?;
        if !(*low >= 0.0 && low <= high) {
            return Err(Refusal::new(
                "bad_bounds",
                format!("the bounds of `{name}` are not in order"),
                "write channel=least:most, such as `search=0:500`",
            ));
        }
        out[at] = (*low, high.min(widest));
    }
    Ok(out)
}

/// Smallest budget whose best split reaches the goal.
fn reach(curves: &[Curve], bounds: &[(f64, f64)], widest: f64, goal: f64) -> Answer<f64> {
    let total = |budget: f64| -> Answer<f64> {
        let split = best_split(curves, bounds, budget)?;
        Ok(split.iter().zip(curves).map(|(x, c)| c.at(*x)).sum())
    };
    let least: f64 = bounds.iter().map(|b| b.0).sum();
    let most: f64 = bounds.iter().map(|b| b.1).sum::<f64>().min(widest);
    let best = total(most)?;
    if best < goal {
        return Err(Refusal::new(
            "out_of_reach",
            format!("these channels bring at most {best:.1} a period within the bounds"),
            "lower the goal, widen the bounds, or find a new channel",
        ));
    }
    let (mut low, mut high) = (least, most);
    for _ in 0..24 {
        let middle = 0.5 * (low + high);
        if total(middle)? >= goal {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// Dynamic programming on a grid (curves may be S-shaped), then exchanges between pairs.
fn best_split(curves: &[Curve], bounds: &[(f64, f64)], budget: f64) -> Answer<Vec<f64>> {
    let (least, most): (f64, f64) = (
        bounds.iter().map(|b| b.0).sum(),
        bounds.iter().map(|b| b.1).sum(),
    );
    if least > budget * (1.0 + 1e-9) || most < budget * (1.0 - 1e-9) {
        return Err(Refusal::new(
            "bounds_exclude_budget",
            format!(
                "the bounds allow {least:.4} to {most:.4} a period, not the budget of {budget:.4}"
            ),
            "widen the bounds or change the budget",
        ));
    }
    let unit = (budget - least) / COARSE as f64;
    let mut best = vec![f64::NEG_INFINITY; COARSE + 1];
    best[0] = 0.0;
    let mut chosen: Vec<Vec<usize>> = Vec::new();
    for (curve, (low, high)) in curves.iter().zip(bounds) {
        let own: Vec<f64> = (0..=COARSE)
            .map(|k| curve.at(low + unit * k as f64))
            .collect();
        let room = if unit > 0.0 {
            (((high - low) / unit + 1e-9) as usize).min(COARSE)
        } else {
            0
        };
        let mut next = vec![f64::NEG_INFINITY; COARSE + 1];
        let mut take = vec![0; COARSE + 1];
        for total in 0..=COARSE {
            for k in 0..=room.min(total) {
                let value = best[total - k] + own[k];
                if value > next[total] {
                    next[total] = value;
                    take[total] = k;
                }
            }
        }
        best = next;
        chosen.push(take);
    }
    let mut left = COARSE;
    let mut split = vec![0.0; curves.len()];
    for c in (0..curves.len()).rev() {
        let k = chosen[c][left];
        split[c] = bounds[c].0 + unit * k as f64;
        left -= k;
    }
    // The grid may leave a rest when an upper bound falls between its points.
    let mut rest = budget - split.iter().sum::<f64>();
    for (x, b) in split.iter_mut().zip(bounds) {
        let add = rest.min(b.1 - *x).max(0.0);
        *x += add;
        rest -= add;
    }
    exchange(curves, bounds, &mut split, unit);
    Ok(split)
}

fn exchange(curves: &[Curve], bounds: &[(f64, f64)], split: &mut [f64], unit: f64) {
    let mut step = unit;
    while step > unit * 1e-3 && step > 0.0 {
        let mut moved = false;
        for i in 0..split.len() {
            for j in 0..split.len() {
                let can = i != j
                    && split[i] - step >= bounds[i].0 - 1e-12
                    && split[j] + step <= bounds[j].1 + 1e-12;
                if !can {
                    continue;
                }
                let before = curves[i].at(split[i]) + curves[j].at(split[j]);
                let after = curves[i].at(split[i] - step) + curves[j].at(split[j] + step);
                if after > before + 1e-12 * before.abs() {
                    split[i] = (split[i] - step).max(0.0);
                    split[j] += step;
                    moved = true;
                }
            }
        }
        if !moved {
            step *= 0.5;
        }
    }
}

fn describe(draws: &[Draws<'_>], split: &[f64], budget: f64) -> Budget {
    let n = draws.first().map_or(0, |d| d.channel.height.len());
    let spent: f64 = draws.iter().map(|d| d.channel.spent).sum();
    let share = budget / spent.max(1e-300);
    let (mut new, mut old) = (vec![0.0; n], vec![0.0; n]);
    let mut allocation = Vec::new();
    for (c, d) in draws.iter().enumerate() {
        let it = d.channel;
        let at: Vec<(f64, f64)> = d.jets(split[c]).collect();
        for (i, (value, _)) in at.iter().enumerate() {
            new[i] += value;
        }
        for (i, (value, _)) in d.jets(it.spent * share).enumerate() {
            old[i] += value;
        }
        let widest = it.scale.max(split[c]) * 1.2;
        let every = (n / 400).max(1);
        let curve = (0..=24)
            .map(|k| {
                let x = widest * f64::from(k) / 24.0;
                let a = x / it.scale;
                let values: Vec<f64> = (0..n)
                    .step_by(every)
                    .map(|i| it.height[i] * d.form.at(a, &it.shape[i]))
                    .collect();
                let s = Summary::of(&values);
                [x, s.mean, s.q05, s.q95]
            })
            .collect();
        allocation.push(Part {
            channel: it.name.clone(),
            spend: split[c],
            spent: it.spent,
            response: Summary::of(&at.iter().map(|j| j.0).collect::<Vec<_>>()),
            marginal: Summary::of(&at.iter().map(|j| j.1).collect::<Vec<_>>()),
            curve,
            beyond_data: split[c] > it.scale,
        });
    }
    let better = new.iter().zip(&old).filter(|(a, b)| a > b).count();
    Budget {
        kind: "budget",
        reading: "directional: the split that is best on average over what the data leave open; move towards it in steps and test",
        budget,
        allocation,
        response: Summary::of(&new),
        response_before: Summary::of(&old),
        chance_better: better as f64 / n.max(1) as f64,
    }
}
