//! Classical decomposition: a moving average, and what every season adds to it or multiplies it by.

use crate::math::describe::{mean, moments};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Additive,
    Multiplicative,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// Centred moving average; NaN for half a season at either end.
    pub trend: Vec<f64>,
    /// By place in the season, the first value of the series being place 0; mean 0, or 1 where multiplicative.
    pub figure: Vec<f64>,
}

/// The series has to hold two seasons.
pub fn decompose(y: &[f64], season: usize, kind: Kind) -> Decomposition {
    let trend = moving_average(y, season);
    let mut figure: Vec<f64> = (0..season)
        .map(|place| {
            let here = (place..y.len())
                .step_by(season)
                .filter(|t| trend[*t].is_finite());
            let parts: Vec<f64> = here
                .map(|t| match kind {
                    Kind::Additive => y[t] - trend[t],
                    Kind::Multiplicative => y[t] / trend[t],
                })
                .collect();
            if parts.is_empty() { 0.0 } else { mean(&parts) }
        })
        .collect();
    let centre = mean(&figure);
    for one in &mut figure {
        match kind {
            Kind::Additive => *one -= centre,
            Kind::Multiplicative => *one /= centre,
        }
    }
    Decomposition { trend, figure }
}

/// Over one season, centred: an even season weighs its two ends half.
fn moving_average(y: &[f64], season: usize) -> Vec<f64> {
    let half = season / 2;
    let mut trend = vec![f64::NAN; y.len()];
    for t in half..y.len().saturating_sub(half) {
        let window = &y[t - half..=t + half];
        let mut sum: f64 = window.iter().sum();
        if season.is_multiple_of(2) {
            sum -= 0.5 * (window[0] + window[window.len() - 1]);
        }
        trend[t] = sum / season as f64;
    }
    trend
}

/// How much of what moves around the trend is the season, from 0 to 1 (Wang, Smith and Hyndman, 2006).
pub fn seasonal_strength(y: &[f64], season: usize) -> f64 {
    let parts = decompose(y, season, Kind::Additive);
    let inside: Vec<usize> = (0..y.len())
        .filter(|t| parts.trend[*t].is_finite())
        .collect();
    let detrended: Vec<f64> = inside.iter().map(|t| y[*t] - parts.trend[*t]).collect();
    let rest: Vec<f64> = inside
        .iter()
        .map(|t| y[*t] - parts.trend[*t] - parts.figure[*t % season])
        .collect();
    let (whole, left) = (moments(&detrended).1, moments(&rest).1);
    if whole > 0.0 {
        (1.0 - left / whole).max(0.0)
    } else {
        0.0
    }
}

/// Autocorrelations at lags 1 to `most`.
pub fn autocorrelations(y: &[f64], most: usize) -> Vec<f64> {
    let centre = mean(y);
    let whole: f64 = y.iter().map(|value| (value - centre).powi(2)).sum();
    let at = |lag: usize| {
        let products = (lag..y.len()).map(|t| (y[t] - centre) * (y[t - lag] - centre));
        if whole > 0.0 {
            products.sum::<f64>() / whole
        } else {
            0.0
        }
    };
    (1..=most).map(at).collect()
}
