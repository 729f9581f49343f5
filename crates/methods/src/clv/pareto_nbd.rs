//! Pareto/NBD: Poisson orders with a gamma rate (shape r, rate α), and a customer's stay exponential with a gamma rate
//! (shape s, rate β).
//!
//! The likelihood is written as the integral over the time of leaving,
//! `(α+T)^-(r+x) (β+T)^-s + ∫ s (α+u)^-(r+x) (β+u)^-(s+1) du` for u from t_x to T, and integrated by Gauss-Legendre over
//! ln(u + min(α, β)). Both terms are positive: unlike the published difference of two hypergeometric functions it loses
//! no digits, and its gradient comes from the same nodes.

use super::{Fit, History, maximise};
use crate::MethodError;
use crate::math::parallel;
use crate::math::quadrature::gauss_legendre;
use crate::math::special::{digamma, ln_gamma};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParetoNbd {
    pub r: f64,
    pub alpha: f64,
    pub s: f64,
    pub beta: f64,
}

const GRAIN: usize = 512;
/// The integrand is followed until it has fallen by this many powers of e.
const DEPTH: f64 = 40.0;

/// Nodes for an integrand that falls by up to 10, and by up to [`DEPTH`] powers of e: both good for 13 digits.
pub struct Rules {
    few: Vec<(f64, f64)>,
    many: Vec<(f64, f64)>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            few: gauss_legendre(14),
            many: gauss_legendre(26),
        }
    }
}

pub fn fit(history: &History) -> Result<(ParetoNbd, Fit), MethodError> {
    history.check()?;
    let rules = Rules::default();
    let likelihood = |chosen: Option<&[usize]>, p: &[f64]| {
        let model = ParetoNbd {
            r: p[0],
            alpha: p[1],
            s: p[2],
            beta: p[3],
        };
        model.log_likelihood_of(history, chosen, &rules)
    };
    let rate = history.x.iter().sum::<f64>() / history.t.iter().sum::<f64>();
    let stay = history.t.iter().sum::<f64>() / history.len() as f64;
    let starts: Vec<Vec<f64>> = [(0.5, 0.6), (1.0, 0.3), (0.3, 2.0)]
        .into_iter()
        .map(|(r, s)| vec![r, r / rate, s, s * stay])
        .collect();
    let fit = maximise(history.len(), &starts, &likelihood)?;
    let [r, alpha, s, beta] = fit.parameters[..] else {
        return Err(MethodError::Singular("the fit lost a parameter".into()));
    };
    Ok((ParetoNbd { r, alpha, s, beta }, fit))
}

/// The integral over the time of leaving, with the means of what its gradient needs.
#[derive(Default)]
struct Leaving {
    /// ln of (the integral / the term of those who stay).
    log_odds: f64,
    ln_alpha_u: f64,
    inverse_alpha_u: f64,
    ln_beta_u: f64,
    inverse_beta_u: f64,
}

impl ParetoNbd {
    pub fn log_likelihood(&self, history: &History) -> f64 {
        self.log_likelihood_of(history, None, &Rules::default()).0
    }

    fn log_likelihood_of(
        &self,
        history: &History,
        chosen: Option<&[usize]>,
        rules: &Rules,
    ) -> (f64, Vec<f64>) {
        let most = history.x.iter().fold(0.0, |most: f64, x| most.max(*x));
        let gammas: Vec<(f64, f64)> = (0..=most as usize)
            .map(|x| {
                let x = x as f64;
                (
                    ln_gamma(self.r + x) - ln_gamma(self.r),
                    digamma(self.r + x) - digamma(self.r),
                )
            })
            .collect();
        let n = chosen.map_or(history.len(), <[usize]>::len);
        let parts = parallel::map_ranges(n, GRAIN, |range| {
            let mut sum = [0.0; 5];
            for at in range {
                let row = chosen.map_or(at, |chosen| chosen[at]);
                let one = (history.x[row], history.t_x[row], history.t[row]);
                self.add(one, gammas[one.0 as usize], rules, &mut sum);
            }
            sum
        });
        let sum = parts.iter().fold([0.0; 5], |sum, part| {
            std::array::from_fn(|i| sum[i] + part[i])
        });
        (sum[0], sum[1..].to_vec())
    }

    fn add(
        &self,
        (x, t_x, t): (f64, f64, f64),
        gamma: (f64, f64),
        rules: &Rules,
        sum: &mut [f64; 5],
    ) {
        let ParetoNbd { r, alpha, s, beta } = *self;
        let (ln_alpha_t, ln_beta_t) = ((alpha + t).ln(), (beta + t).ln());
        let gone = self.leaving(x, t_x, t, rules);
        let left = 1.0 / (1.0 + (-gone.log_odds).exp());
        let stayed = 1.0 - left;
        // ln(stay + leave), without over- or underflow.
        let total = gone.log_odds.max(0.0) + (-gone.log_odds.abs()).exp().ln_1p();
        sum[0] +=
            gamma.0 + r * alpha.ln() + s * beta.ln() - (r + x) * ln_alpha_t - s * ln_beta_t + total;
        sum[1] += gamma.1 + alpha.ln() - stayed * ln_alpha_t - left * gone.ln_alpha_u;
        sum[2] += r / alpha - (r + x) * (stayed / (alpha + t) + left * gone.inverse_alpha_u);
        sum[3] += beta.ln() - stayed * ln_beta_t + left * (1.0 / s - gone.ln_beta_u);
        sum[4] += s / beta - stayed * s / (beta + t) - left * (s + 1.0) * gone.inverse_beta_u;
    }

    fn leaving(&self, x: f64, t_x: f64, t: f64, rules: &Rules) -> Leaving {
        let ParetoNbd { r, alpha, s, beta } = *self;
        let shape = r + x;
        let origin = alpha.min(beta);
        let fall = |end: f64| shape * ((alpha + end) / (alpha + t_x)).ln();
        let end = if fall(t) > DEPTH {
            ((alpha + t_x) * (DEPTH / shape).exp() - alpha).min(t)
        } else {
            t
        };
        let start = (origin + t_x).ln();
        let length = (origin + end).ln() - start;
        if length <= 0.0 {
            return Leaving {
                log_odds: f64::NEG_INFINITY,
                ..Leaving::default()
            };
        }
        let rule = if fall(end) + (s + 1.0) * length > 10.0 {
            &rules.many
        } else {
            &rules.few
        };
        // Relative to the value at t_x, where the integrand is largest but for a factor.
        let (ln_alpha_0, ln_beta_0) = ((alpha + t_x).ln(), (beta + t_x).ln());
        let mut total = 0.0;
        let mut gone = Leaving::default();
        for (node, weight) in rule {
            let shifted = (start + node * length).exp();
            let u = shifted - origin;
            let (ln_alpha_u, ln_beta_u) = ((alpha + u).ln(), (beta + u).ln());
            let height = shape * (ln_alpha_0 - ln_alpha_u) + (s + 1.0) * (ln_beta_0 - ln_beta_u);
            let mass = weight * shifted * height.exp();
            total += mass;
            gone.ln_alpha_u += mass * ln_alpha_u;
            gone.ln_beta_u += mass * ln_beta_u;
            gone.inverse_alpha_u += mass / (alpha + u);
            gone.inverse_beta_u += mass / (beta + u);
        }
        gone.ln_alpha_u /= total;
        gone.ln_beta_u /= total;
        gone.inverse_alpha_u /= total;
        gone.inverse_beta_u /= total;
        gone.log_odds = (s * length * total).ln() - shape * ln_alpha_0 - (s + 1.0) * ln_beta_0
            + shape * (alpha + t).ln()
            + s * (beta + t).ln();
        gone
    }

    /// The probability that a customer with this history still buys.
    pub fn p_alive(&self, x: f64, t_x: f64, t: f64, rules: &Rules) -> f64 {
        1.0 / (1.0 + self.leaving(x, t_x, t, rules).log_odds.exp())
    }

    /// Orders to be expected in the time `ahead` (s ≠ 1).
    pub fn expected_orders(&self, (x, t_x, t): (f64, f64, f64), ahead: f64, rules: &Rules) -> f64 {
        let ParetoNbd { r, alpha, s, beta } = *self;
        let stay = if (s - 1.0).abs() < 1e-9 {
            (beta + t) * ((beta + t + ahead) / (beta + t)).ln()
        } else {
            (beta + t) / (s - 1.0) * (1.0 - ((beta + t) / (beta + t + ahead)).powf(s - 1.0))
        };
        (r + x) / (alpha + t) * stay * self.p_alive(x, t_x, t, rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_the_slope_of_the_likelihood() {
        let history = History {
            x: vec![0.0, 1.0, 7.0, 400.0, 2.0],
            t_x: vec![0.0, 10.0, 30.0, 38.0, 33.0],
            t: vec![38.0, 38.0, 33.0, 39.0, 33.0],
            mean_amount: vec![0.0; 5],
        };
        for at in [[0.55, 10.6, 0.6, 11.7], [2.0, 3.0, 0.2, 40.0]] {
            let of = |p: [f64; 4]| ParetoNbd {
                r: p[0],
                alpha: p[1],
                s: p[2],
                beta: p[3],
            };
            let (_, gradient) = of(at).log_likelihood_of(&history, None, &Rules::default());
            for i in 0..4 {
                let value = |step: f64| {
                    let mut p = at;
                    p[i] += step;
                    of(p).log_likelihood(&history)
                };
                let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
                assert!(
                    (gradient[i] - slope).abs() < 1e-5 * slope.abs().max(1.0),
                    "{i}: {} {slope}",
                    gradient[i]
                );
            }
        }
    }

    #[test]
    fn more_nodes_change_nothing() {
        let fine = Rules {
            few: gauss_legendre(64),
            many: gauss_legendre(64),
        };
        let model = ParetoNbd {
            r: 0.55,
            alpha: 10.6,
            s: 0.6,
            beta: 1.7,
        };
        for (x, t_x) in [(0.0, 0.0), (1.0, 5.0), (29.0, 12.0), (300.0, 1.0)] {
            let usual = model.leaving(x, t_x, 39.0, &Rules::default()).log_odds;
            let finer = model.leaving(x, t_x, 39.0, &fine).log_odds;
            assert!((usual - finer).abs() < 1e-10, "{x}: {usual} {finer}");
        }
    }
}
