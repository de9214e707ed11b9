//! The No-U-Turn sampler: multinomial, with dual averaging and a learned metric.
//!
//! A model is a [`Density`]: a log density with its gradient, written by hand. Chains run on as
//! many threads as the machine has and depend on seed and chain number alone, so that the same
//! seed gives the same draws on any number of threads.
//!
//! The metric is kept as a change of variable `q = L z`: inside, the sampler walks in `z` with
//! unit mass. `L` is diagonal at first, from draws and gradients, and dense (a Cholesky factor
//! of the covariance) once there are draws enough for it.

mod tree;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::linear::{Factor, Square};
use crate::numeric::mean;
use crate::rng::Rng;

/// A log density with its gradient.
pub trait Density {
    /// Number of unconstrained parameters.
    fn dim(&self) -> usize;

    /// Log density at `q`, up to a constant; fills the gradient. Not finite means forbidden.
    fn logp(&mut self, q: &[f64], gradient: &mut [f64]) -> f64;

    /// Draws what the density holds fixed while the sampler walks, given where it stands (Gibbs
    /// within); says whether anything changed.
    fn refresh(&mut self, _q: &[f64], _rng: &mut Rng) -> bool {
        false
    }

    /// What [`Self::refresh`] drew, to be kept with the draw.
    fn held(&self) -> Vec<f64> {
        Vec::new()
    }
}

/// How to sample.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Independent chains.
    pub chains: usize,
    /// Draws thrown away while step size and metric are learned, a chain.
    pub tune: usize,
    /// Draws kept, a chain.
    pub draws: usize,
    /// The seed.
    pub seed: u64,
    /// Threads; zero takes as many as there are cores.
    pub threads: usize,
    /// Acceptance aimed at by the step size.
    pub target_accept: f64,
    /// Trees are doubled at most so often.
    pub max_depth: u32,
    /// Learn a dense metric up to this many parameters.
    pub dense_up_to: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            chains: 4,
            tune: 1000,
            draws: 1000,
            seed: 1,
            threads: 0,
            target_accept: 0.9,
            max_depth: 10,
            dense_up_to: 300,
        }
    }
}

/// Told now and then how far sampling is; says whether to go on.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) -> bool + Sync);

/// One chain's draws, in unconstrained space.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// Draws, each of `dim` numbers.
    pub draws: Vec<Vec<f64>>,
    /// What was held fixed at each draw, where the density holds something.
    pub held: Vec<Vec<f64>>,
    /// Gradient evaluations of the kept draws.
    pub steps: usize,
    /// Kept draws whose energy went astray.
    pub divergences: usize,
    /// Kept draws that ran into the depth limit.
    pub deep: usize,
    /// The step size after tuning.
    pub step_size: f64,
}

/// Runs all chains. `make` gives every chain its own density and a place to start.
///
/// A chain that was stopped by `progress` holds the draws it had.
pub fn sample<D, F>(settings: &Settings, make: F, progress: Option<Progress<'_>>) -> Vec<Chain>
where
    D: Density,
    F: Fn(&mut Rng) -> (D, Vec<f64>) + Sync,
{
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let wanted = if settings.threads == 0 {
        cores
    } else {
        settings.threads
    };
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let total = settings.chains * (settings.tune + settings.draws);
    let chains = Mutex::new(vec![Chain::default(); settings.chains]);
    let work = || {
        loop {
            let id = next.fetch_add(1, Ordering::Relaxed);
            if id >= settings.chains {
                return;
            }
            let mut rng = Rng::new(settings.seed, id as u64);
            let (density, start) = make(&mut rng);
            let tick = |n: usize| {
                let so_far = done.fetch_add(n, Ordering::Relaxed) + n;
                if progress.is_some_and(|tell| !tell(so_far, total)) {
                    stop.store(true, Ordering::Relaxed);
                }
                !stop.load(Ordering::Relaxed)
            };
            let chain = run_chain(settings, density, &start, &mut rng, tick);
            if let Ok(mut all) = chains.lock() {
                all[id] = chain;
            }
        }
    };
    let threads = wanted.min(settings.chains);
    if threads <= 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }
    chains.into_inner().unwrap_or_default()
}

fn run_chain<D: Density>(
    settings: &Settings,
    density: D,
    start: &[f64],
    rng: &mut Rng,
    tick: impl Fn(usize) -> bool,
) -> Chain {
    let mut walk = tree::Walk::new(density, start, settings.max_depth);
    let mut step = StepSize::new(walk.reasonable_step(0.1, rng), settings.target_accept);
    let switches = switches(settings.tune);
    let mut seen: Vec<(Vec<f64>, Vec<f64>)> = Vec::with_capacity(settings.tune);
    let mut chain = Chain::default();
    for i in 0..settings.tune {
        // Before a metric is learned, long walks cost much and teach little.
        let is_early = i * 8 < settings.tune;
        walk.limit(if is_early {
            settings.max_depth.min(6)
        } else {
            settings.max_depth
        });
        let moved = walk.transition(step.now(), rng);
        step.learn(moved.accept);
        seen.push(walk.position_and_gradient());
        if switches.contains(&(i + 1)) {
            let recent = &seen[i.div_ceil(2)..];
            if let Some(metric) = learn_metric(recent, settings.dense_up_to) {
                walk.set_metric(metric);
                step = StepSize::new(
                    walk.reasonable_step(step.settled(), rng),
                    settings.target_accept,
                );
            }
        }
        if i % 25 == 24 && !tick(25) {
            return chain;
        }
    }
    tick(settings.tune % 25);
    chain.step_size = if settings.tune == 0 {
        step.now()
    } else {
        step.settled()
    };
    walk.limit(settings.max_depth);
    for i in 0..settings.draws {
        let moved = walk.transition(chain.step_size, rng);
        chain.steps += moved.steps;
        chain.divergences += usize::from(moved.diverged);
        chain.deep += usize::from(moved.deep);
        chain.draws.push(walk.position());
        chain.held.push(walk.held());
        if i % 25 == 24 && !tick(25) {
            return chain;
        }
    }
    tick(settings.draws % 25);
    chain
}

/// After which tuning draws the metric is learned again; the last stretch is for the step alone.
fn switches(tune: usize) -> Vec<usize> {
    const PARTS: [f64; 11] = [
        0.015, 0.03, 0.05, 0.08, 0.12, 0.18, 0.26, 0.36, 0.5, 0.68, 0.85,
    ];
    let mut at: Vec<usize> = PARTS
        .iter()
        .map(|part| (part * tune as f64).round() as usize)
        .filter(|at| *at >= 10)
        .collect();
    at.dedup();
    at
}

/// Scale of each parameter from draws and gradients; with draws enough, the whole covariance.
fn learn_metric(seen: &[(Vec<f64>, Vec<f64>)], dense_up_to: usize) -> Option<Factor> {
    let n = seen.len();
    let dim = seen.first()?.0.len();
    if n < 5 {
        return None;
    }
    let centre: Vec<f64> = (0..dim)
        .map(|i| seen.iter().map(|s| s.0[i]).sum::<f64>() / n as f64)
        .collect();
    let slope: Vec<f64> = (0..dim)
        .map(|i| seen.iter().map(|s| s.1[i]).sum::<f64>() / n as f64)
        .collect();
    let variance: Vec<f64> = (0..dim)
        .map(|i| {
            let of_draws: f64 = seen.iter().map(|s| (s.0[i] - centre[i]).powi(2)).sum();
            let of_slopes: f64 = seen.iter().map(|s| (s.1[i] - slope[i]).powi(2)).sum();
            let balanced = (of_draws / of_slopes).sqrt();
            if balanced.is_finite() && balanced > 0.0 {
                balanced.clamp(1e-20, 1e20)
            } else {
                1.0
            }
        })
        .collect();
    if dim <= dense_up_to && n >= 100 && n as f64 >= 1.5 * dim as f64 {
        let mut covariance = Square::zero(dim);
        for (q, _) in seen {
            for i in 0..dim {
                let a = q[i] - centre[i];
                let row = &mut covariance.at[i * dim..=i * dim + i];
                for (j, cell) in row.iter_mut().enumerate() {
                    *cell += a * (q[j] - centre[j]);
                }
            }
        }
        // What few draws say about a correlation is noise: shrink it, the more the fewer.
        let keep = n as f64 / (n as f64 + 0.5 * dim as f64 + 5.0);
        let scale = 1.0 / (n as f64 - 1.0);
        for i in 0..dim {
            for j in 0..=i {
                let shrink = if i == j { scale } else { scale * keep };
                let value = covariance.get(i, j) * shrink;
                covariance.at[i * dim + j] = value;
                covariance.at[j * dim + i] = value;
            }
        }
        if let Some(factor) = covariance.cholesky() {
            return Some(factor);
        }
    }
    let scale: Vec<f64> = variance.iter().map(|v| v.sqrt()).collect();
    Some(Factor::diagonal(&scale))
}

/// Dual averaging (Hoffman and Gelman 2014).
struct StepSize {
    target: f64,
    centre: f64,
    log_step: f64,
    log_settled: f64,
    error: f64,
    n: f64,
}

impl StepSize {
    fn new(start: f64, target: f64) -> Self {
        Self {
            target,
            centre: (2.0 * start).ln(),
            log_step: start.ln(),
            log_settled: start.ln(),
            error: 0.0,
            n: 0.0,
        }
    }

    fn learn(&mut self, accept: f64) {
        self.n += 1.0;
        let weight = 1.0 / (self.n + 10.0);
        self.error = (1.0 - weight) * self.error + weight * (self.target - accept);
        self.log_step = self.centre - self.n.sqrt() / 0.05 * self.error;
        let forget = self.n.powf(-0.75);
        self.log_settled = forget * self.log_step + (1.0 - forget) * self.log_settled;
    }

    fn now(&self) -> f64 {
        self.log_step.exp()
    }

    fn settled(&self) -> f64 {
        self.log_settled.exp()
    }
}

/// Mean number of gradient evaluations a kept draw took.
#[must_use]
pub fn steps_per_draw(chains: &[Chain]) -> f64 {
    let per: Vec<f64> = chains
        .iter()
        .map(|c| c.steps as f64 / c.draws.len().max(1) as f64)
        .collect();
    mean(&per)
}

#[cfg(test)]
mod tests;
