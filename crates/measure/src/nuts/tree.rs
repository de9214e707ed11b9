//! One transition: a trajectory doubled until it turns, and a draw taken from it by weight.

use std::rc::Rc;

use super::Density;
use crate::linear::Factor;
use crate::numeric::dot;
use crate::rng::Rng;

/// How one transition went.
pub struct Moved {
    /// Mean acceptance along the trajectory.
    pub accept: f64,
    /// Gradient evaluations.
    pub steps: usize,
    /// The energy went astray.
    pub diverged: bool,
    /// The depth limit was reached.
    pub deep: bool,
}

/// A point of phase space, in `z`.
struct Point {
    z: Vec<f64>,
    momentum: Vec<f64>,
    gradient: Vec<f64>,
    logp: f64,
}

impl Point {
    fn energy(&self) -> f64 {
        0.5 * dot(&self.momentum, &self.momentum) - self.logp
    }
}

/// A part of a trajectory.
struct Tree {
    left: Rc<Point>,
    right: Rc<Point>,
    chosen: Rc<Point>,
    momentum_sum: Vec<f64>,
    ln_weight: f64,
    turning: bool,
    diverged: bool,
}

/// Where a chain stands.
pub struct Walk<D> {
    density: D,
    metric: Factor,
    here: Rc<Point>,
    max_depth: u32,
    q: Vec<f64>,
    slope: Vec<f64>,
    sum_accept: f64,
    steps: usize,
    start_energy: f64,
    pool: Vec<Point>,
}

impl<D: Density> Walk<D> {
    pub fn new(density: D, start: &[f64], max_depth: u32) -> Self {
        let dim = density.dim();
        let mut walk = Self {
            density,
            metric: Factor::diagonal(&vec![1.0; dim]),
            here: Rc::new(Point {
                z: start.to_vec(),
                momentum: vec![0.0; dim],
                gradient: vec![0.0; dim],
                logp: f64::NEG_INFINITY,
            }),
            max_depth,
            q: start.to_vec(),
            slope: vec![0.0; dim],
            sum_accept: 0.0,
            steps: 0,
            start_energy: 0.0,
            pool: Vec::new(),
        };
        walk.here = Rc::new(walk.evaluate(start.to_vec(), vec![0.0; dim]));
        // The first scale: as long as the gradient is steep.
        let scale: Vec<f64> = walk
            .slope
            .iter()
            .map(|g| (1.0 / g.abs().max(1e-3)).sqrt().clamp(1e-4, 1e2))
            .collect();
        let q = start.to_vec();
        walk.stand_at(q, Factor::diagonal(&scale));
        walk
    }

    fn evaluate(&mut self, z: Vec<f64>, momentum: Vec<f64>) -> Point {
        let mut gradient = vec![0.0; z.len()];
        self.metric.times(&z, &mut self.q);
        let logp = self.density.logp(&self.q, &mut self.slope);
        self.metric.transposed_times(&self.slope, &mut gradient);
        Point {
            z,
            momentum,
            gradient,
            logp,
        }
    }

    fn stand_at(&mut self, q: Vec<f64>, metric: Factor) {
        let mut z = q;
        metric.forward(&mut z);
        self.metric = metric;
        let dim = z.len();
        self.here = Rc::new(self.evaluate(z, vec![0.0; dim]));
    }

    pub fn set_metric(&mut self, metric: Factor) {
        let q = self.position();
        self.stand_at(q, metric);
    }

    pub fn position(&self) -> Vec<f64> {
        let mut q = vec![0.0; self.here.z.len()];
        self.metric.times(&self.here.z, &mut q);
        q
    }

    /// The place and the gradient there, both in `q`.
    pub fn position_and_gradient(&self) -> (Vec<f64>, Vec<f64>) {
        let mut gradient = self.here.gradient.clone();
        // g_z = L' g_q.
        self.metric.backward(&mut gradient);
        (self.position(), gradient)
    }

    /// A step size whose acceptance is neither near zero nor near one.
    pub fn reasonable_step(&mut self, start: f64, rng: &mut Rng) -> f64 {
        let mut step = start.clamp(1e-8, 10.0);
        let from = self.fresh(rng);
        let energy = from.energy();
        let up = {
            let to = self.leapfrog(&from, step);
            energy - to.energy() > 0.8_f64.ln()
        };
        for _ in 0..40 {
            let to = self.leapfrog(&from, step);
            let good = energy - to.energy() > 0.8_f64.ln();
            if good != up {
                break;
            }
            step *= if up { 2.0 } else { 0.5 };
        }
        step
    }

    fn fresh(&self, rng: &mut Rng) -> Point {
        Point {
            z: self.here.z.clone(),
            momentum: (0..self.here.z.len()).map(|_| rng.normal()).collect(),
            gradient: self.here.gradient.clone(),
            logp: self.here.logp,
        }
    }

    fn leapfrog(&mut self, from: &Point, step: f64) -> Point {
        let mut to = self.pool.pop().unwrap_or_else(|| Point {
            z: vec![0.0; from.z.len()],
            momentum: vec![0.0; from.z.len()],
            gradient: vec![0.0; from.z.len()],
            logp: 0.0,
        });
        for i in 0..from.z.len() {
            to.momentum[i] = from.momentum[i] + 0.5 * step * from.gradient[i];
            to.z[i] = from.z[i] + step * to.momentum[i];
        }
        self.metric.times(&to.z, &mut self.q);
        to.logp = self.density.logp(&self.q, &mut self.slope);
        self.metric.transposed_times(&self.slope, &mut to.gradient);
        crate::numeric::axpy(0.5 * step, &to.gradient, &mut to.momentum);
        to
    }

    fn recycle(&mut self, point: Rc<Point>) {
        if let Ok(point) = Rc::try_unwrap(point) {
            self.pool.push(point);
        }
    }

    fn retire(&mut self, tree: Tree) {
        self.recycle(tree.left);
        self.recycle(tree.right);
        self.recycle(tree.chosen);
    }

    /// Doubles trees at most so often from now on.
    pub fn limit(&mut self, max_depth: u32) {
        self.max_depth = max_depth;
    }

    /// What the density held fixed during the last transition.
    pub fn held(&self) -> Vec<f64> {
        self.density.held()
    }

    /// Draws a new place.
    pub fn transition(&mut self, step: f64, rng: &mut Rng) -> Moved {
        let q = self.position();
        if self.density.refresh(&q, rng) {
            let dim = q.len();
            self.here = Rc::new(self.evaluate(self.here.z.clone(), vec![0.0; dim]));
        }
        let start = Rc::new(self.fresh(rng));
        self.start_energy = start.energy();
        self.sum_accept = 0.0;
        self.steps = 0;
        let mut whole = Tree {
            left: Rc::clone(&start),
            right: Rc::clone(&start),
            chosen: Rc::clone(&start),
            momentum_sum: start.momentum.clone(),
            ln_weight: 0.0,
            turning: false,
            diverged: false,
        };
        let mut depth = 0;
        while depth < self.max_depth {
            let forward = rng.bits() >> 63 == 1;
            let from = if forward { &whole.right } else { &whole.left };
            let from = Rc::clone(from);
            let new = self.build(&from, if forward { step } else { -step }, depth, rng);
            depth += 1;
            if new.turning || new.diverged {
                whole.turning = true;
                whole.diverged |= new.diverged;
                self.retire(new);
                break;
            }
            // Progressive: prefer the new half, which lies farther away.
            if rng.uniform().ln() < new.ln_weight - whole.ln_weight {
                whole.chosen = Rc::clone(&new.chosen);
            }
            whole = self.join(whole, new, forward, None);
            if whole.turning {
                break;
            }
        }
        let moved = Moved {
            accept: if self.steps == 0 {
                0.0
            } else {
                self.sum_accept / self.steps as f64
            },
            steps: self.steps,
            diverged: whole.diverged,
            deep: depth == self.max_depth && !whole.turning,
        };
        self.here = Rc::clone(&whole.chosen);
        drop(start);
        self.retire(whole);
        moved
    }

    fn build(&mut self, from: &Rc<Point>, step: f64, depth: u32, rng: &mut Rng) -> Tree {
        if depth == 0 {
            let point = self.leapfrog(from, step);
            let change = self.start_energy - point.energy();
            let change = if change.is_finite() {
                change
            } else {
                f64::NEG_INFINITY
            };
            self.steps += 1;
            self.sum_accept += change.exp().min(1.0);
            let momentum_sum = point.momentum.clone();
            let point = Rc::new(point);
            return Tree {
                left: Rc::clone(&point),
                right: Rc::clone(&point),
                chosen: point,
                momentum_sum,
                ln_weight: change,
                turning: false,
                diverged: change < -1000.0,
            };
        }
        let first = self.build(from, step, depth - 1, rng);
        if first.turning || first.diverged {
            return first;
        }
        let forward = step > 0.0;
        let edge = if forward { &first.right } else { &first.left };
        let edge = Rc::clone(edge);
        let second = self.build(&edge, step, depth - 1, rng);
        drop(edge);
        if second.turning || second.diverged {
            let (turning, diverged) = (second.turning, second.diverged);
            self.retire(second);
            return Tree {
                turning,
                diverged,
                ..first
            };
        }
        self.join(first, second, forward, Some(rng))
    }

    /// Puts two neighbours together; with a generator, chooses between their draws by weight.
    fn join(&mut self, old: Tree, new: Tree, forward: bool, rng: Option<&mut Rng>) -> Tree {
        let ln_weight = ln_add(old.ln_weight, new.ln_weight);
        let takes_new = rng.is_some_and(|rng| rng.uniform().ln() < new.ln_weight - ln_weight);
        let chosen = if takes_new {
            Rc::clone(&new.chosen)
        } else {
            Rc::clone(&old.chosen)
        };
        let (first, second) = if forward { (old, new) } else { (new, old) };
        let sum: Vec<f64> = first
            .momentum_sum
            .iter()
            .zip(&second.momentum_sum)
            .map(|(a, b)| a + b)
            .collect();
        // Across the whole, and across each half with the next point of the other.
        let turning = turns(&sum, &first.left, &second.right)
            || turns_with(&first.momentum_sum, &second.left, &first.left, &second.left)
            || turns_with(
                &second.momentum_sum,
                &first.right,
                &first.right,
                &second.right,
            );
        let Tree {
            left,
            right: inner_left,
            chosen: chosen_left,
            ..
        } = first;
        let Tree {
            left: inner_right,
            right,
            chosen: chosen_right,
            ..
        } = second;
        for spent in [inner_left, inner_right, chosen_left, chosen_right] {
            self.recycle(spent);
        }
        Tree {
            left,
            right,
            chosen,
            momentum_sum: sum,
            ln_weight,
            turning,
            diverged: false,
        }
    }
}

fn turns(sum: &[f64], left: &Point, right: &Point) -> bool {
    dot(sum, &left.momentum) <= 0.0 || dot(sum, &right.momentum) <= 0.0
}

/// As [`turns`], for a half together with the neighbouring point of the other half.
fn turns_with(half: &[f64], neighbour: &Point, left: &Point, right: &Point) -> bool {
    let along = |end: &Point| dot(half, &end.momentum) + dot(&neighbour.momentum, &end.momentum);
    along(left) <= 0.0 || along(right) <= 0.0
}

fn ln_add(a: f64, b: f64) -> f64 {
    let high = a.max(b);
    if high == f64::NEG_INFINITY {
        return high;
    }
    high + ((a - high).exp() + (b - high).exp()).ln()
}
