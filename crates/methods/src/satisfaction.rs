//! Satisfaction by single questions: the net promoter score and the share of the satisfied.
//!
//! Sources: F. F. Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003; the standard
//! error of the score is that of a mean of +1, 0 and −1 (population variance / n); the interval of a share is Wilson's
//! (Journal of the American Statistical Association 22, 1927). Assumes that answers are independent.

use crate::MethodError;
use serde::Serialize;

const Z95: f64 = 1.959_963_984_540_054;

/// In percentage points, from −100 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nps {
    pub n: usize,
    /// 9 and 10
    pub promoters: usize,
    /// 7 and 8
    pub passives: usize,
    /// 0 to 6
    pub detractors: usize,
    pub nps: f64,
    pub se: f64,
    pub lo95: f64,
    pub hi95: f64,
}

/// Of answers from 0 to 10.
pub fn nps(scores: &[f64]) -> Result<Nps, MethodError> {
    MethodError::unless_enough("nps", "answers", 1, scores.len())?;
    check(scores, (0.0, 10.0))?;
    let n = scores.len() as f64;
    let promoters = scores.iter().filter(|score| **score >= 9.0).count();
    let detractors = scores.iter().filter(|score| **score <= 6.0).count();
    let (up, down) = (promoters as f64 / n, detractors as f64 / n);
    let net = up - down;
    let se = ((up + down - net * net).max(0.0) / n).sqrt();
    Ok(Nps {
        n: scores.len(),
        promoters,
        passives: scores.len() - promoters - detractors,
        detractors,
        nps: 100.0 * net,
        se: 100.0 * se,
        lo95: (100.0 * (net - Z95 * se)).max(-100.0),
        hi95: (100.0 * (net + Z95 * se)).min(100.0),
    })
}

/// Shares in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Csat {
    pub n: usize,
    pub satisfied: usize,
    pub csat: f64,
    pub lo95: f64,
    pub hi95: f64,
    pub mean: f64,
}

/// The share of answers not below `satisfied_from`, on a scale from 1 to `highest`.
pub fn csat(scores: &[f64], satisfied_from: f64, highest: f64) -> Result<Csat, MethodError> {
    MethodError::unless_enough("csat", "answers", 1, scores.len())?;
    check(scores, (1.0, highest))?;
    let n = scores.len() as f64;
    let satisfied = scores
        .iter()
        .filter(|score| **score >= satisfied_from)
        .count();
    let share = satisfied as f64 / n;
    let (low, high) = wilson(share, n);
    Ok(Csat {
        n: scores.len(),
        satisfied,
        csat: 100.0 * share,
        lo95: 100.0 * low,
        hi95: 100.0 * high,
        mean: scores.iter().sum::<f64>() / n,
    })
}

/// Wilson's 95 % interval of a share among n.
pub fn wilson(share: f64, n: f64) -> (f64, f64) {
    let z2 = Z95 * Z95;
    let centre = share + z2 / (2.0 * n);
    let half = Z95 * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (
        (centre - half).max(0.0) / scale,
        (centre + half).min(scale) / scale,
    )
}

/// Answers are whole numbers of the scale.
fn check(scores: &[f64], (low, high): (f64, f64)) -> Result<(), MethodError> {
    let is_answer = |score: &f64| *score >= low && *score <= high && score.fract() == 0.0;
    match scores.iter().position(|score| !is_answer(score)) {
        None => Ok(()),
        Some(row) => Err(MethodError::Value {
            row,
            reason: format!(
                "{} is no answer on a scale of whole numbers from {low} to {high}",
                scores[row]
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_off_the_scale_is_named() {
        assert!(matches!(
            nps(&[3.0, 11.0]),
            Err(MethodError::Value { row: 1, .. })
        ));
        assert!(matches!(
            csat(&[5.0, 4.5], 4.0, 5.0),
            Err(MethodError::Value { row: 1, .. })
        ));
        assert!(nps(&[]).is_err());
    }

    #[test]
    fn wilson_stays_within_zero_and_one() {
        let (low, high) = wilson(0.0, 10.0);
        assert!(low == 0.0 && (high - 0.277_53).abs() < 1e-4);
        assert!((wilson(1.0, 10.0).1 - 1.0).abs() < 1e-12);
    }
}
