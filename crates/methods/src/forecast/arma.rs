//! The exact Gaussian likelihood of a stationary ARMA process, by the innovations algorithm on Ansley's transformed
//! series (Brockwell and Davis, sections 3.3 and 5.3): banded, and constant once it has settled.

use crate::math::linear::{Matrix, solve};

/// x_t = Σ ar_i x_(t−i) + e_t + Σ ma_j e_(t−j)
#[derive(Debug, Clone, PartialEq)]
pub struct Arma {
    pub ar: Vec<f64>,
    pub ma: Vec<f64>,
}

/// What the innovations say.
#[derive(Debug, Clone, PartialEq)]
pub struct Innovations {
    /// Σ e² / v, of n values.
    pub squares: f64,
    /// Σ ln v
    pub logs: f64,
    pub n: usize,
    /// The means of the values that follow, as many as were asked for.
    pub ahead: Vec<f64>,
}

impl Innovations {
    /// With the variance estimated too.
    pub fn log_likelihood(&self) -> f64 {
        let n = self.n as f64;
        let variance = (self.squares / n).max(1e-300);
        -0.5 * (n * (2.0 * std::f64::consts::PI * variance).ln() + self.logs + n)
    }
}

/// Changes of the recursion below this are none.
const SETTLED: f64 = 1e-13;

impl Arma {
    /// Autocovariances at lags 0 to `most` for errors of variance 1; `None` where the process is not stationary.
    fn covariances(&self, most: usize) -> Option<Vec<f64>> {
        let (p, q) = (self.ar.len(), self.ma.len());
        let ma = |j: usize| {
            if j == 0 {
                1.0
            } else {
                self.ma.get(j - 1).copied().unwrap_or(0.0)
            }
        };
        let mut psi = vec![0.0; q + 1];
        for j in 0..=q {
            psi[j] = ma(j)
                + (1..=j.min(p))
                    .map(|i| self.ar[i - 1] * psi[j - i])
                    .sum::<f64>();
        }
        let right: Vec<f64> = (0..=p.max(most))
            .map(|k| (k..=q).map(|j| ma(j) * psi[j - k]).sum())
            .collect();
        let mut equations = Matrix::zeros(p + 1, p + 1);
        for k in 0..=p {
            equations.add(k, k, 1.0);
            for i in 1..=p {
                equations.add(k, k.abs_diff(i), -self.ar[i - 1]);
            }
        }
        let mut gamma = solve(&equations, &right[..=p])?;
        for k in p + 1..=most {
            let next = right[k] + (1..=p).map(|i| self.ar[i - 1] * gamma[k - i]).sum::<f64>();
            gamma.push(next);
        }
        (gamma[0] > 0.0).then_some(gamma)
    }

    /// Runs through a series of mean 0 and `ahead` steps beyond; `None` where the process is not stationary.
    pub fn innovations(&self, x: &[f64], ahead: usize) -> Option<Innovations> {
        let (p, q) = (self.ar.len(), self.ma.len());
        let m = p.max(q);
        let covariance = Covariance::new(self, m)?;
        let n = x.len();
        let mut series = x.to_vec();
        let mut errors: Vec<f64> = Vec::with_capacity(n + ahead);
        // Rows of the triangle: θ of the last m + 1 steps, and v of all.
        let width = m.max(1);
        let mut rows: Vec<Vec<f64>> = vec![vec![0.0; width]; width + 1];
        let mut v: Vec<f64> = Vec::with_capacity(n + ahead);
        let (mut squares, mut logs) = (0.0, 0.0);
        // Steps in a row that changed nothing. A seasonal process rests within a season and then moves on.
        let mut quiet = 0;
        for t in 0..n + ahead {
            let reach = if t < m { t } else { q.min(t) };
            if quiet <= m {
                let mut row = std::mem::take(&mut rows[t % (width + 1)]);
                let variance = covariance.row(t, reach, &rows, &v, &mut row);
                if variance <= 0.0 || !variance.is_finite() {
                    return None;
                }
                let before = &rows[(t + width) % (width + 1)];
                let is_quiet = t > 2 * m
                    && (variance - v[t - 1]).abs() < SETTLED
                    && row[..q]
                        .iter()
                        .zip(&before[..q])
                        .all(|(a, b)| (a - b).abs() < SETTLED);
                quiet = if is_quiet { quiet + 1 } else { 0 };
                v.push(variance);
                rows[t % (width + 1)] = row;
            } else {
                v.push(v[t - 1]);
                // The row of this step is that of the last.
                let last = rows[(t + width) % (width + 1)].clone();
                rows[t % (width + 1)] = last;
            }
            let row = &rows[t % (width + 1)];
            let mut mean: f64 = (1..=reach).map(|j| row[j - 1] * errors[t - j]).sum();
            if t >= m {
                mean += (1..=p).map(|i| self.ar[i - 1] * series[t - i]).sum::<f64>();
            }
            if t < n {
                let error = series[t] - mean;
                squares += error * error / v[t];
                logs += v[t].ln();
                errors.push(error);
            } else {
                series.push(mean);
                errors.push(0.0);
            }
        }
        Some(Innovations {
            squares,
            logs,
            n,
            ahead: series.split_off(n),
        })
    }
}

/// Covariances of the transformed series: x itself for the first m values, φ(B) x after them.
struct Covariance {
    m: usize,
    q: usize,
    gamma: Vec<f64>,
    /// By |i − j|: between a value of the first m and one after, and between two after.
    mixed: Vec<f64>,
    late: Vec<f64>,
}

impl Covariance {
    fn new(arma: &Arma, m: usize) -> Option<Covariance> {
        let (p, q) = (arma.ar.len(), arma.ma.len());
        let gamma = arma.covariances(2 * m + 1)?;
        let ma = |j: usize| if j == 0 { 1.0 } else { arma.ma[j - 1] };
        let mixed = (0..=2 * m)
            .map(|lag| {
                gamma[lag]
                    - (1..=p)
                        .map(|r| arma.ar[r - 1] * gamma[r.abs_diff(lag)])
                        .sum::<f64>()
            })
            .collect();
        let late = (0..=q)
            .map(|lag| (0..=q - lag).map(|r| ma(r) * ma(r + lag)).sum())
            .collect();
        Some(Covariance {
            m,
            q,
            gamma,
            mixed,
            late,
        })
    }

    fn at(&self, later: usize, earlier: usize) -> f64 {
        let lag = later - earlier;
        if later < self.m {
            self.gamma[lag]
        } else if earlier < self.m {
            if later < 2 * self.m {
                self.mixed[lag]
            } else {
                0.0
            }
        } else {
            self.late.get(lag).copied().unwrap_or(0.0)
        }
    }

    /// θ_(t,1..reach) into `row` (row[j − 1] = θ_(t,j)), and v_t.
    fn row(&self, t: usize, reach: usize, rows: &[Vec<f64>], v: &[f64], row: &mut Vec<f64>) -> f64 {
        let width = rows.len() - 1;
        row.clear();
        row.resize(width, 0.0);
        for k in t - reach..t {
            let reach_k = if k < self.m { k } else { self.q.min(k) };
            let of_k = &rows[k % (width + 1)];
            let from = (t - reach).max(k - reach_k);
            let inner: f64 = (from..k)
                .map(|j| of_k[k - j - 1] * row[t - j - 1] * v[j])
                .sum();
            row[t - k - 1] = (self.at(t, k) - inner) / v[k];
        }
        self.at(t, t)
            - (t - reach..t)
                .map(|j| row[t - j - 1].powi(2) * v[j])
                .sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::linear::{cholesky, cholesky_solve, dot};

    /// By the whole covariance matrix.
    fn dense(arma: &Arma, x: &[f64]) -> f64 {
        let n = x.len();
        let gamma = arma.covariances(n).unwrap();
        let mut matrix = Matrix::zeros(n, n);
        for i in 0..n {
            for j in 0..n {
                matrix.set(i, j, gamma[i.abs_diff(j)]);
            }
        }
        let lower = cholesky(&matrix).unwrap();
        let squares = dot(x, &cholesky_solve(&lower, x));
        let logs = (0..n).map(|i| 2.0 * lower.at(i, i).ln()).sum();
        Innovations {
            squares,
            logs,
            n,
            ahead: vec![],
        }
        .log_likelihood()
    }

    #[test]
    fn the_recursion_gives_the_dense_likelihood() {
        let mut random = crate::random::Random::new(8);
        let x: Vec<f64> = (0..60).map(|_| random.normal()).collect();
        let seasonal = |lag: usize, value: f64| {
            let mut list = vec![0.0; lag];
            list[lag - 1] = value;
            list
        };
        for (ar, ma) in [
            (vec![], vec![]),
            (vec![0.7], vec![]),
            (vec![], vec![-0.95]),
            (vec![0.5, -0.3], vec![0.4]),
            (vec![0.2], vec![0.4, 0.1, -0.3]),
            (seasonal(4, 0.6), seasonal(4, -0.5)),
            (seasonal(12, 0.6), vec![0.3]),
        ] {
            let arma = Arma { ar, ma };
            let found = arma.innovations(&x, 0).unwrap().log_likelihood();
            let expected = dense(&arma, &x);
            assert!(
                (found - expected).abs() < 1e-8,
                "{arma:?}: {found} {expected}"
            );
        }
    }

    #[test]
    fn a_first_order_process_decays_towards_its_mean() {
        let arma = Arma {
            ar: vec![0.5],
            ma: vec![],
        };
        assert_eq!(
            arma.innovations(&[1.0, 2.0, 8.0], 3).unwrap().ahead,
            [4.0, 2.0, 1.0]
        );
        assert!(
            Arma {
                ar: vec![1.5],
                ma: vec![]
            }
            .innovations(&[1.0, 2.0], 0)
            .is_none()
        );
    }
}
