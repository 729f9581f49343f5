//! Uplift: what a campaign changed, against those who were left alone.
//!
//! Source: the difference of two independent means with Welch's interval (Biometrika 34, 1947); for shares Newcombe's
//! interval from Wilson's (Statistics in Medicine 17, 1998, method 10), and the pooled test of two shares. Assumes that
//! chance decided who was addressed: without that, the difference is not the campaign's.

use crate::MethodError;
use crate::math::describe::{mean, sample_variance};
use crate::math::special::{normal_cdf, student_quantile, student_tail};
use crate::satisfaction::wilson;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Uplift {
    pub n: usize,
    pub n_control: usize,
    /// Mean outcome: a share where outcomes are 0 and 1.
    pub treated: f64,
    pub control: f64,
    /// treated − control
    pub uplift: f64,
    pub lo95: f64,
    pub hi95: f64,
    pub p_value: f64,
    /// uplift / control
    pub relative: f64,
    /// uplift × n: what the campaign brought in all.
    pub incremental: f64,
}

/// Each group needs at least two outcomes.
pub fn uplift(treated: &[f64], control: &[f64]) -> Result<Uplift, MethodError> {
    MethodError::unless_enough("uplift", "outcomes of the treated", 2, treated.len())?;
    MethodError::unless_enough("uplift", "outcomes of the control group", 2, control.len())?;
    let (a, b) = (mean(treated), mean(control));
    let is_share = treated
        .iter()
        .chain(control)
        .all(|value| *value == 0.0 || *value == 1.0);
    let (lo95, hi95, p_value) = if is_share {
        of_shares((a, treated.len() as f64), (b, control.len() as f64))
    } else {
        of_means(treated, control)
    };
    let uplift = a - b;
    Ok(Uplift {
        n: treated.len(),
        n_control: control.len(),
        treated: a,
        control: b,
        uplift,
        lo95,
        hi95,
        p_value,
        relative: uplift / b,
        incremental: uplift * treated.len() as f64,
    })
}

fn of_shares((a, n): (f64, f64), (b, m): (f64, f64)) -> (f64, f64, f64) {
    let ((low_a, high_a), (low_b, high_b)) = (wilson(a, n), wilson(b, m));
    let low = a - b - ((a - low_a).powi(2) + (high_b - b).powi(2)).sqrt();
    let high = a - b + ((high_a - a).powi(2) + (b - low_b).powi(2)).sqrt();
    let pooled = (a * n + b * m) / (n + m);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    let p = if deviation > 0.0 {
        2.0 * normal_cdf(-((a - b) / deviation).abs())
    } else {
        1.0
    };
    (low, high, p)
}

fn of_means(treated: &[f64], control: &[f64]) -> (f64, f64, f64) {
    let part = |values: &[f64]| sample_variance(values) / values.len() as f64;
    let (a, b) = (part(treated), part(control));
    let deviation = (a + b).sqrt();
    let difference = mean(treated) - mean(control);
    if deviation == 0.0 {
        return (
            difference,
            difference,
            if difference == 0.0 { 1.0 } else { 0.0 },
        );
    }
    let freedom =
        (a + b).powi(2) / (a * a / (treated.len() - 1) as f64 + b * b / (control.len() - 1) as f64);
    let half = student_quantile(0.975, freedom) * deviation;
    let p = 2.0 * student_tail((difference / deviation).abs(), freedom);
    (difference - half, difference + half, p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcombe_as_published() {
        // His table II, (a) 56/70 against 48/80: .0524 to .3339.
        let group = |yes: usize, n: usize| -> Vec<f64> {
            (0..n).map(|at| f64::from(u8::from(at < yes))).collect()
        };
        let found = uplift(&group(56, 70), &group(48, 80)).unwrap();
        assert!((found.uplift - 0.2).abs() < 1e-12);
        assert!(
            (found.lo95 - 0.0524).abs() < 5e-5 && (found.hi95 - 0.3339).abs() < 5e-5,
            "{found:?}"
        );
        assert!((found.incremental - 14.0).abs() < 1e-9);
    }

    #[test]
    fn welch_by_hand() {
        let found = uplift(&[27.5, 21.0, 19.0, 23.6], &[27.1, 22.0, 20.8, 23.4, 23.5]).unwrap();
        // R: t.test(…): t = -0.2784, df = 4.6587.
        assert!((found.p_value - 0.7927).abs() < 5e-3, "{found:?}");
        assert!(found.lo95 < 0.0 && found.hi95 > 0.0);
        assert!(uplift(&[1.0], &[1.0, 2.0]).is_err());
    }
}
