//! Dense symmetric systems of a few hundred unknowns: Cholesky, solve, inverse.

/// A square matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Square {
    /// Number of rows.
    pub n: usize,
    /// Elements, row by row.
    pub at: Vec<f64>,
}

impl Square {
    /// All zero.
    #[must_use]
    pub fn zero(n: usize) -> Self {
        Self {
            n,
            at: vec![0.0; n * n],
        }
    }

    /// One on the diagonal.
    #[must_use]
    pub fn identity(n: usize) -> Self {
        let mut out = Self::zero(n);
        for i in 0..n {
            out.at[i * n + i] = 1.0;
        }
        out
    }

    /// The element in this row and column.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, i: usize, j: usize) -> f64 {
        self.at[i * self.n + j]
    }

    /// Adds to the element in this row and column.
    #[inline(always)]
    pub fn add(&mut self, i: usize, j: usize, value: f64) {
        self.at[i * self.n + j] += value;
    }

    /// Lower Cholesky factor; nothing when the matrix is not positive definite.
    #[must_use]
    pub fn cholesky(&self) -> Option<Factor> {
        let n = self.n;
        let mut l = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let (upper, lower) = l.split_at(i * n);
                let row_i = &lower[..j];
                let rest = if j == i {
                    crate::numeric::dot(row_i, row_i)
                } else {
                    crate::numeric::dot(row_i, &upper[j * n..j * n + j])
                };
                let value = self.at[i * n + j] - rest;
                if i == j {
                    if value <= 0.0 || !value.is_finite() {
                        return None;
                    }
                    l[i * n + i] = value.sqrt();
                } else {
                    l[i * n + j] = value / l[j * n + j];
                }
            }
        }
        Some(Factor { n, l })
    }
}

/// A lower triangular factor `L` with `L L' = A`.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    n: usize,
    l: Vec<f64>,
}

impl Factor {
    /// A diagonal factor.
    #[must_use]
    pub fn diagonal(scale: &[f64]) -> Self {
        let n = scale.len();
        let mut l = vec![0.0; n * n];
        for (i, s) in scale.iter().enumerate() {
            l[i * n + i] = *s;
        }
        Self { n, l }
    }

    /// `L x`.
    pub fn times(&self, x: &[f64], out: &mut [f64]) {
        for i in 0..self.n {
            out[i] = crate::numeric::dot(&self.l[i * self.n..=i * self.n + i], &x[..=i]);
        }
    }

    /// `L' x`.
    pub fn transposed_times(&self, x: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for i in 0..self.n {
            let row = &self.l[i * self.n..=i * self.n + i];
            crate::numeric::axpy(x[i], row, &mut out[..=i]);
        }
    }

    /// `L^-1 b`, in place.
    pub fn forward(&self, b: &mut [f64]) {
        for i in 0..self.n {
            let row = &self.l[i * self.n..i * self.n + i];
            b[i] = (b[i] - crate::numeric::dot(row, &b[..i])) / self.l[i * self.n + i];
        }
    }

    /// `L'^-1 b`, in place.
    pub fn backward(&self, b: &mut [f64]) {
        for i in (0..self.n).rev() {
            b[i] /= self.l[i * self.n + i];
            let (head, tail) = b.split_at_mut(i);
            crate::numeric::axpy(-tail[0], &self.l[i * self.n..i * self.n + i], head);
        }
    }

    /// `A^-1 b`, in place.
    pub fn solve(&self, b: &mut [f64]) {
        self.forward(b);
        self.backward(b);
    }

    /// Logarithm of the determinant of `A`.
    #[must_use]
    pub fn ln_determinant(&self) -> f64 {
        2.0 * (0..self.n)
            .map(|i| self.l[i * self.n + i].ln())
            .sum::<f64>()
    }

    /// `A^-1`.
    #[must_use]
    pub fn inverse(&self) -> Square {
        let n = self.n;
        let mut out = Square::zero(n);
        let mut column = vec![0.0; n];
        for j in 0..n {
            column.fill(0.0);
            column[j] = 1.0;
            self.solve(&mut column);
            out.at[j * n..(j + 1) * n].copy_from_slice(&column);
        }
        out
    }
}

/// Solves a small general system by elimination with pivots; nothing when it is singular.
#[must_use]
pub fn solve_general(mut a: Square, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = a.n;
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|i, j| a.get(*i, column).abs().total_cmp(&a.get(*j, column).abs()))?;
        if a.get(pivot, column).abs() < 1e-300 {
            return None;
        }
        if pivot != column {
            for j in 0..n {
                a.at.swap(pivot * n + j, column * n + j);
            }
            b.swap(pivot, column);
        }
        for i in column + 1..n {
            let factor = a.get(i, column) / a.get(column, column);
            if factor != 0.0 {
                for j in column..n {
                    let above = a.get(column, j);
                    a.at[i * n + j] -= factor * above;
                }
                b[i] -= factor * b[column];
            }
        }
    }
    for i in (0..n).rev() {
        let rest: f64 = (i + 1..n).map(|j| a.get(i, j) * b[j]).sum();
        b[i] = (b[i] - rest) / a.get(i, i);
    }
    b.iter().all(|x| x.is_finite()).then_some(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn a_system_is_solved() {
        let mut rng = Rng::new(1, 1);
        let n = 13;
        let x: Vec<f64> = (0..n * 20).map(|_| rng.normal()).collect();
        let mut a = Square::zero(n);
        for i in 0..n {
            for j in 0..n {
                a.at[i * n + j] = (0..20).map(|t| x[t * n + i] * x[t * n + j]).sum();
            }
        }
        let truth: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let b: Vec<f64> = (0..n)
            .map(|i| (0..n).map(|j| a.get(i, j) * truth[j]).sum())
            .collect();
        let factor = a.cholesky().unwrap();
        let mut solved = b.clone();
        factor.solve(&mut solved);
        let general = solve_general(a.clone(), b).unwrap();
        let inverse = factor.inverse();
        for i in 0..n {
            assert!((solved[i] - truth[i]).abs() < 1e-8);
            assert!((general[i] - truth[i]).abs() < 1e-8);
            let one: f64 = (0..n).map(|k| inverse.get(i, k) * a.get(k, i)).sum();
            assert!((one - 1.0).abs() < 1e-8);
        }
        let mut up = vec![0.0; n];
        factor.times(&truth, &mut up);
        factor.forward(&mut up);
        assert!((up[3] - truth[3]).abs() < 1e-10);
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        let mut a = Square::identity(2);
        a.at[3] = -1.0;
        assert!(a.cholesky().is_none());
        assert!(solve_general(Square::zero(2), vec![1.0, 1.0]).is_none());
    }
}
