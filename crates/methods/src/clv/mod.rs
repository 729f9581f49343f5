//! Customer lifetime value: how many orders are to come, from whom, and what they are worth.
//!
//! Sources: Fader, Hardie and Lee, "Counting Your Customers the Easy Way: An Alternative to the Pareto/NBD Model",
//! Marketing Science 24(2), 2005 ([`bg_nbd`]); Schmittlein, Morrison and Colombo, "Counting Your Customers", Management
//! Science 33(1), 1987 ([`pareto_nbd`]); Fader and Hardie, "The Gamma-Gamma Model of Monetary Value", 2013
//! ([`gamma_gamma`]). All three are fitted by maximum likelihood with analytic gradients, over the logarithms of their
//! parameters, so that these stay positive.
//!
//! Assumes purchases outside contracts: a customer may leave without saying so, buys at a steady rate while there, and
//! rate, drop-out and spend vary between customers independently of each other. Times are in one unit of the caller's
//! choice, and so is every rate; money is in one currency.

pub mod bg_nbd;
pub mod gamma_gamma;
mod history;
pub mod holdout;
pub mod pareto_nbd;
pub mod value;

pub use history::{History, of_orders};

use crate::MethodError;
use crate::math::linear::{Matrix, symmetric_eigen};
use crate::math::minimise::{Minimum, Stop, bfgs};
use crate::random::Random;

/// Customers above which a fit begins on a sample.
const SAMPLED_FROM: usize = 50_000;
const SAMPLE: usize = 20_000;

/// What a fit says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The parameters, in the order of the model.
    pub parameters: Vec<f64>,
    pub log_likelihood: f64,
    pub converged: bool,
    /// Whether the likelihood has a peak; where it is a ridge, the parameters mean nothing one by one.
    pub identified: bool,
    pub iterations: usize,
}

/// Of a choice of customers (all where it is `None`) and the parameters: the sum with its gradient.
type Likelihood<'a> = dyn Fn(Option<&[usize]>, &[f64]) -> (f64, Vec<f64>) + 'a;

/// Maximises a log-likelihood over positive parameters: from every start on a sample where there are many customers,
/// then from the best on all.
fn maximise(
    customers: usize,
    starts: &[Vec<f64>],
    likelihood: &Likelihood,
) -> Result<Fit, MethodError> {
    let sample = (customers > SAMPLED_FROM).then(|| Random::new(1).sample(customers, SAMPLE));
    let negative = |chosen: Option<&[usize]>, logs: &[f64]| {
        let parameters: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
        let (value, gradient) = likelihood(chosen, &parameters);
        let count = chosen.map_or(customers, <[usize]>::len) as f64;
        let gradient = gradient
            .iter()
            .zip(&parameters)
            .map(|(slope, p)| -slope * p / count);
        (-value / count, gradient.collect::<Vec<f64>>())
    };
    let stop = Stop {
        gradient: 1e-10,
        ..Stop::default()
    };
    let first = starts.iter().map(|start| {
        let logs: Vec<f64> = start.iter().map(|p| p.ln()).collect();
        bfgs(|logs| negative(sample.as_deref(), logs), &logs, stop)
    });
    let best = first
        .filter(|end| end.value.is_finite())
        .min_by(|a, b| a.value.total_cmp(&b.value));
    let Some(mut best) = best else {
        return Err(MethodError::Singular(
            "the likelihood is nowhere finite on these customers".into(),
        ));
    };
    if sample.is_some() {
        best = bfgs(|logs| negative(None, logs), &best.at, stop);
    }
    let curvature = curvature(&best, &mut |logs| negative(sample.as_deref(), logs).1);
    Ok(Fit {
        parameters: best.at.iter().map(|log| log.exp()).collect(),
        log_likelihood: -best.value * customers as f64,
        converged: best.converged,
        identified: curvature > 1e-7 && best.at.iter().all(|log| log.abs() < 12.0),
        iterations: best.iterations,
    })
}

/// The smallest eigenvalue of the Hessian, by differences of the gradient: next to zero on a ridge.
fn curvature(at: &Minimum, gradient: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> f64 {
    let n = at.at.len();
    let mut hessian = Matrix::zeros(n, n);
    let mut moved = at.at.clone();
    for i in 0..n {
        moved[i] = at.at[i] + 1e-4;
        let up = gradient(&moved);
        moved[i] = at.at[i] - 1e-4;
        let down = gradient(&moved);
        moved[i] = at.at[i];
        for j in 0..n {
            let slope = (up[j] - down[j]) / 2e-4;
            hessian.add(i, j, 0.5 * slope);
            hessian.add(j, i, 0.5 * slope);
        }
    }
    if hessian.values.iter().any(|value| !value.is_finite()) {
        return f64::NEG_INFINITY;
    }
    symmetric_eigen(&hessian)
        .0
        .last()
        .copied()
        .unwrap_or(f64::NEG_INFINITY)
}
