//! Gamma-Gamma: what a customer spends on an order is gamma (shape p) around a mean that differs between customers
//! (q, γ), independently of how often they order.

use super::{Fit, History, maximise};
use crate::MethodError;
use crate::math::parallel;
use crate::math::special::{digamma, ln_gamma};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    pub p: f64,
    pub q: f64,
    pub gamma: f64,
}

const GRAIN: usize = 4096;

/// Fits those customers that have repeat orders with an amount.
pub fn fit(history: &History) -> Result<(GammaGamma, Fit), MethodError> {
    let mut spenders: Vec<(f64, f64)> = history
        .x
        .iter()
        .copied()
        .zip(history.mean_amount.iter().copied())
        .collect();
    spenders.retain(|(x, amount)| *x > 0.0 && *amount > 0.0);
    MethodError::unless_enough(
        "gamma-gamma",
        "customers with a repeat order of some amount",
        3,
        spenders.len(),
    )?;
    // In units of the mean amount, so that every currency starts alike.
    let unit = spenders.iter().map(|(_, amount)| amount).sum::<f64>() / spenders.len() as f64;
    let scaled: Vec<(f64, f64)> = spenders
        .iter()
        .map(|(x, amount)| (*x, amount / unit))
        .collect();
    let likelihood = |chosen: Option<&[usize]>, at: &[f64]| {
        let model = GammaGamma {
            p: at[0],
            q: at[1],
            gamma: at[2],
        };
        model.log_likelihood_of(&scaled, chosen)
    };
    let starts = [
        vec![5.0, 4.0, 0.6],
        vec![1.0, 2.0, 1.0],
        vec![20.0, 10.0, 0.5],
    ];
    let mut fit = maximise(scaled.len(), &starts, &likelihood)?;
    let [p, q, gamma] = fit.parameters[..] else {
        return Err(MethodError::Singular("the fit lost a parameter".into()));
    };
    let model = GammaGamma {
        p,
        q,
        gamma: gamma * unit,
    };
    fit.parameters[2] = model.gamma;
    fit.log_likelihood = model.log_likelihood_of(&spenders, None).0;
    Ok((model, fit))
}

impl GammaGamma {
    fn log_likelihood_of(
        &self,
        spenders: &[(f64, f64)],
        chosen: Option<&[usize]>,
    ) -> (f64, Vec<f64>) {
        let GammaGamma { p, q, gamma } = *self;
        let most = spenders.iter().fold(0.0, |most: f64, (x, _)| most.max(*x));
        let tables: Vec<[f64; 3]> = (0..=most as usize)
            .map(|x| {
                let x = x as f64;
                if x == 0.0 {
                    return [0.0; 3];
                }
                let value = ln_gamma(p * x + q) - ln_gamma(p * x) - ln_gamma(q)
                    + q * gamma.ln()
                    + p * x * x.ln();
                let sum = digamma(p * x + q);
                [
                    value,
                    x * (sum - digamma(p * x) + x.ln()),
                    sum - digamma(q) + gamma.ln(),
                ]
            })
            .collect();
        let n = chosen.map_or(spenders.len(), <[usize]>::len);
        let parts = parallel::map_ranges(n, GRAIN, |range| {
            let mut sum = [0.0; 4];
            for at in range {
                let (x, amount) = spenders[chosen.map_or(at, |chosen| chosen[at])];
                let table = &tables[x as usize];
                let (ln_amount, ln_total) = (amount.ln(), (gamma + x * amount).ln());
                sum[0] += table[0] + (p * x - 1.0) * ln_amount - (p * x + q) * ln_total;
                sum[1] += table[1] + x * (ln_amount - ln_total);
                sum[2] += table[2] - ln_total;
                sum[3] += q / gamma - (p * x + q) / (gamma + x * amount);
            }
            sum
        });
        let sum = parts.iter().fold([0.0; 4], |sum, part| {
            std::array::from_fn(|i| sum[i] + part[i])
        });
        (sum[0], sum[1..].to_vec())
    }

    /// The mean amount of an order to be expected; of the whole population where x = 0. NaN where q ≤ 1 leaves the
    /// population without a mean.
    pub fn expected_amount(&self, x: f64, mean_amount: f64) -> f64 {
        let GammaGamma { p, q, gamma } = *self;
        let below = p * x + q - 1.0;
        if below <= 0.0 {
            f64::NAN
        } else {
            p * (gamma + x * mean_amount) / below
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_the_slope_of_the_likelihood() {
        let spenders = [(1.0, 20.0), (5.0, 35.5), (60.0, 3.0)];
        let at = [6.25, 3.74, 15.44];
        let of = |p: [f64; 3]| {
            GammaGamma {
                p: p[0],
                q: p[1],
                gamma: p[2],
            }
            .log_likelihood_of(&spenders, None)
        };
        let (_, gradient) = of(at);
        for i in 0..3 {
            let value = |step: f64| {
                let mut p = at;
                p[i] += step;
                of(p).0
            };
            let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!(
                (gradient[i] - slope).abs() < 1e-5 * slope.abs().max(1.0),
                "{i}"
            );
        }
    }

    #[test]
    fn many_orders_outweigh_the_population() {
        let model = GammaGamma {
            p: 6.25,
            q: 3.74,
            gamma: 15.44,
        };
        let population = model.expected_amount(0.0, 0.0);
        assert!((population - 35.2189781022).abs() < 1e-9);
        assert!((model.expected_amount(1000.0, 100.0) - 100.0).abs() < 0.1);
        assert!(
            GammaGamma { q: 0.9, ..model }
                .expected_amount(0.0, 0.0)
                .is_nan()
        );
    }
}
