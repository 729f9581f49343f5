//! How often a series has to be differenced before it stays around one level.

use super::decompose::seasonal_strength;
use crate::math::describe::mean;

/// Strength of the season from which on it is differenced away.
const STRONG: f64 = 0.64;
/// The KPSS statistic that a stationary series exceeds once in twenty (Kwiatkowski and others, 1992).
const CRITICAL: f64 = 0.463;

/// Ordinary and seasonal differences, at most two and one.
pub fn differences(y: &[f64], season: usize) -> (usize, usize) {
    let seasonal = usize::from(season > 1 && seasonal_strength(y, season) > STRONG);
    let mut left = if seasonal == 1 {
        difference(y, season)
    } else {
        y.to_vec()
    };
    let mut ordinary = 0;
    while ordinary < 2 && left.len() > 8 && kpss(&left) > CRITICAL {
        left = difference(&left, 1);
        ordinary += 1;
    }
    (ordinary, seasonal)
}

pub fn difference(y: &[f64], lag: usize) -> Vec<f64> {
    (lag..y.len()).map(|t| y[t] - y[t - lag]).collect()
}

/// Around a level, with Bartlett weights over ⌊3 √n / 13⌋ lags.
fn kpss(y: &[f64]) -> f64 {
    let n = y.len() as f64;
    let centre = mean(y);
    let e: Vec<f64> = y.iter().map(|value| value - centre).collect();
    let lags = (3.0 * n.sqrt() / 13.0) as usize;
    let product = |lag: usize| (lag..e.len()).map(|t| e[t] * e[t - lag]).sum::<f64>() / n;
    let weighted =
        (1..=lags).map(|lag| 2.0 * (1.0 - lag as f64 / (lags + 1) as f64) * product(lag));
    let variance = product(0) + weighted.sum::<f64>();
    if variance <= 1e-12 * centre.abs().max(1e-300).powi(2) {
        return 0.0;
    }
    let mut sum = 0.0;
    let squares: f64 = e
        .iter()
        .map(|e| {
            sum += e;
            sum * sum
        })
        .sum();
    squares / (n * n * variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn noise_stays_and_walks_are_differenced() {
        let mut random = Random::new(4);
        let noise: Vec<f64> = (0..200).map(|_| random.normal()).collect();
        let sum = |y: &[f64]| -> Vec<f64> {
            let mut level = 0.0;
            y.iter()
                .map(|step| {
                    level += step;
                    level
                })
                .collect()
        };
        assert_eq!(differences(&noise, 1), (0, 0));
        assert_eq!(differences(&sum(&noise), 1), (1, 0));
        assert_eq!(differences(&sum(&sum(&noise)), 1), (2, 0));
        let wave: Vec<f64> = noise
            .iter()
            .enumerate()
            .map(|(t, e)| 10.0 * (t % 4) as f64 + e)
            .collect();
        assert_eq!(differences(&wave, 4).1, 1);
        assert_eq!(differences(&[3.0; 50], 4), (0, 0));
    }
}
