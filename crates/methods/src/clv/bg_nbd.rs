//! BG/NBD: Poisson orders with a gamma rate (shape r, rate α per unit of time); after every order the customer leaves
//! with a beta probability (a, b).

use super::{Fit, History, maximise};
use crate::MethodError;
use crate::math::parallel;
use crate::math::special::{digamma, hypergeometric, ln_gamma};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgNbd {
    pub r: f64,
    pub alpha: f64,
    pub a: f64,
    pub b: f64,
}

/// Customers to a piece of work.
const GRAIN: usize = 4096;

pub fn fit(history: &History) -> Result<(BgNbd, Fit), MethodError> {
    history.check()?;
    let likelihood = |chosen: Option<&[usize]>, p: &[f64]| {
        let model = BgNbd {
            r: p[0],
            alpha: p[1],
            a: p[2],
            b: p[3],
        };
        model.log_likelihood_of(history, chosen)
    };
    let fit = maximise(history.len(), &starts(history), &likelihood)?;
    let [r, alpha, a, b] = fit.parameters[..] else {
        return Err(MethodError::Singular("the fit lost a parameter".into()));
    };
    Ok((BgNbd { r, alpha, a, b }, fit))
}

/// Around the rate of the average customer, with little and with much variety.
fn starts(history: &History) -> Vec<Vec<f64>> {
    let orders: f64 = history.x.iter().sum();
    let time: f64 = history.t.iter().sum();
    let rate = orders / time;
    [(0.3, 1.0, 2.5), (1.0, 0.5, 5.0), (0.1, 0.2, 0.5)]
        .into_iter()
        .map(|(r, a, b)| vec![r, r / rate, a, b])
        .collect()
}

/// What depends on the number of repeat orders alone.
struct ByOrders {
    value: f64,
    d_r: f64,
    d_a: f64,
    d_b: f64,
    /// ln a − ln(b + x − 1)
    odds: f64,
}

impl BgNbd {
    pub fn log_likelihood(&self, history: &History) -> f64 {
        self.log_likelihood_of(history, None).0
    }

    fn log_likelihood_of(&self, history: &History, chosen: Option<&[usize]>) -> (f64, Vec<f64>) {
        let most = history.x.iter().fold(0.0, |most: f64, x| most.max(*x));
        let tables: Vec<ByOrders> = (0..=most as usize)
            .map(|x| self.by_orders(x as f64))
            .collect();
        let n = chosen.map_or(history.len(), <[usize]>::len);
        let parts = parallel::map_ranges(n, GRAIN, |range| {
            let mut sum = [0.0; 5];
            for at in range {
                let row = chosen.map_or(at, |chosen| chosen[at]);
                self.add(history, row, &tables[history.x[row] as usize], &mut sum);
            }
            sum
        });
        let sum = parts.iter().fold([0.0; 5], |sum, part| {
            std::array::from_fn(|i| sum[i] + part[i])
        });
        (sum[0], sum[1..].to_vec())
    }

    fn by_orders(&self, x: f64) -> ByOrders {
        let BgNbd { r, alpha, a, b } = *self;
        if x == 0.0 {
            return ByOrders {
                value: r * alpha.ln(),
                d_r: alpha.ln(),
                d_a: 0.0,
                d_b: 0.0,
                odds: f64::NEG_INFINITY,
            };
        }
        ByOrders {
            value: ln_gamma(r + x) - ln_gamma(r)
                + r * alpha.ln()
                + ln_gamma(a + b)
                + ln_gamma(b + x)
                - ln_gamma(b)
                - ln_gamma(a + b + x),
            d_r: digamma(r + x) - digamma(r) + alpha.ln(),
            d_a: digamma(a + b) - digamma(a + b + x),
            d_b: digamma(a + b) + digamma(b + x) - digamma(b) - digamma(a + b + x),
            odds: a.ln() - (b + x - 1.0).ln(),
        }
    }

    /// Adds one customer's log-likelihood and gradient.
    fn add(&self, history: &History, row: usize, table: &ByOrders, sum: &mut [f64; 5]) {
        let (x, t_x, t) = (history.x[row], history.t_x[row], history.t[row]);
        let shape = self.r + x;
        let ln_t = (self.alpha + t).ln();
        sum[0] += table.value - shape * ln_t;
        sum[1] += table.d_r - ln_t;
        sum[2] += self.r / self.alpha - shape / (self.alpha + t);
        if x == 0.0 {
            return;
        }
        // The customer left after the last order, against: is still there.
        let ln_ratio = ln_t - (self.alpha + t_x).ln();
        let odds = table.odds + shape * ln_ratio;
        let left = if odds > 0.0 {
            1.0 / (1.0 + (-odds).exp())
        } else {
            odds.exp() / (1.0 + odds.exp())
        };
        sum[0] += if odds > 0.0 {
            odds + (-odds).exp().ln_1p()
        } else {
            odds.exp().ln_1p()
        };
        sum[1] += left * ln_ratio;
        sum[2] += left * shape * (1.0 / (self.alpha + t) - 1.0 / (self.alpha + t_x));
        sum[3] += table.d_a + left / self.a;
        sum[4] += table.d_b - left / (self.b + x - 1.0);
    }

    /// The probability that a customer with this history still buys; 1 where there was no repeat order, since leaving
    /// happens only after one.
    pub fn p_alive(&self, x: f64, t_x: f64, t: f64) -> f64 {
        if x == 0.0 {
            return 1.0;
        }
        let ratio = ((self.alpha + t).ln() - (self.alpha + t_x).ln()) * (self.r + x);
        1.0 / (1.0 + self.a / (self.b + x - 1.0) * ratio.exp())
    }

    /// Orders to be expected in the time `ahead`.
    ///
    /// The published formula after Euler's transformation, which keeps the series short and free of overflow:
    /// (1 − z)^(r+x) ₂F₁(r+x, b+x; a+b+x−1; z) = (1 − z)^(a−1) ₂F₁(a+b−1−r, a−1; a+b+x−1; z).
    pub fn expected_orders(&self, x: f64, t_x: f64, t: f64, ahead: f64) -> f64 {
        let BgNbd { r, alpha, a, b } = *self;
        if (a - 1.0).abs() < 1e-6 {
            // Removable singularity: the mean of both sides.
            let beside = |a| BgNbd { a, ..*self }.expected_orders(x, t_x, t, ahead);
            return 0.5 * (beside(1.0 - 2e-5) + beside(1.0 + 2e-5));
        }
        if ahead <= 0.0 {
            return 0.0;
        }
        let z = ahead / (alpha + t + ahead);
        let series = hypergeometric(a + b - 1.0 - r, a - 1.0, a + b + x - 1.0, z);
        let bracket = 1.0 - ((a - 1.0) * (-z).ln_1p()).exp() * series;
        (a + b + x - 1.0) / (a - 1.0) * bracket * self.p_alive(x, t_x, t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: BgNbd = BgNbd {
        r: 0.243,
        alpha: 4.414,
        a: 0.793,
        b: 2.426,
    };

    #[test]
    fn the_gradient_is_the_slope_of_the_likelihood() {
        let history = History {
            x: vec![0.0, 1.0, 7.0, 400.0],
            t_x: vec![0.0, 10.0, 30.0, 38.0],
            t: vec![38.0, 38.0, 33.0, 39.0],
            mean_amount: vec![0.0; 4],
        };
        let (_, gradient) = PUBLISHED.log_likelihood_of(&history, None);
        let at = [PUBLISHED.r, PUBLISHED.alpha, PUBLISHED.a, PUBLISHED.b];
        for i in 0..4 {
            let value = |step: f64| {
                let mut p = at;
                p[i] += step;
                BgNbd {
                    r: p[0],
                    alpha: p[1],
                    a: p[2],
                    b: p[3],
                }
                .log_likelihood(&history)
            };
            let slope = (value(1e-6) - value(-1e-6)) / 2e-6;
            assert!(
                (gradient[i] - slope).abs() < 1e-5 * slope.abs().max(1.0),
                "{i}"
            );
        }
    }

    #[test]
    fn expectation_passes_smoothly_over_a_equal_to_one() {
        let at = |a| BgNbd { a, ..PUBLISHED }.expected_orders(2.0, 30.43, 38.86, 39.0);
        assert!((at(1.0) - at(1.0 + 1e-4)).abs() < 1e-4);
        assert_eq!(PUBLISHED.expected_orders(2.0, 30.43, 38.86, 0.0), 0.0);
    }

    #[test]
    fn one_who_was_just_there_is_more_likely_to_return() {
        assert!(PUBLISHED.p_alive(5.0, 38.0, 38.0) > PUBLISHED.p_alive(5.0, 20.0, 38.0));
        assert_eq!(PUBLISHED.p_alive(0.0, 0.0, 38.0), 1.0);
        assert!(PUBLISHED.p_alive(900.0, 10.0, 38.0) < 1e-9);
    }
}
