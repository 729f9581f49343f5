//! How well a score tells two classes apart: AUC, Gini, Kolmogorov-Smirnov, lift, stability.

use serde::Serialize;

/// Measures of a score against what came true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ranking {
    pub n: usize,
    pub positives: usize,
    pub auc: f64,
    pub gini: f64,
    pub ks: f64,
}

/// AUC counts a tie as half (Mann-Whitney); KS is the largest distance between the two distribution functions.
pub fn rank(scores: &[f64], positive: &[bool]) -> Ranking {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let positives = positive.iter().filter(|is| **is).count();
    let negatives = positive.len() - positives;
    let (mut wins, mut ks) = (0.0, 0f64);
    let (mut seen_positive, mut seen_negative) = (0usize, 0usize);
    for ties in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let here = ties.iter().filter(|row| positive[**row]).count();
        let other = ties.len() - here;
        wins += here as f64 * (seen_negative as f64 + 0.5 * other as f64);
        seen_positive += here;
        seen_negative += other;
        let distance =
            seen_negative as f64 / negatives as f64 - seen_positive as f64 / positives as f64;
        ks = ks.max(distance.abs());
    }
    let auc = wins / (positives as f64 * negatives as f64);
    Ranking {
        n: scores.len(),
        positives,
        auc,
        gini: 2.0 * auc - 1.0,
        ks,
    }
}

/// The share of positives among the best `share` of scores, against the share among all.
pub fn lift(scores: &[f64], positive: &[bool], share: f64) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let top = ((share * scores.len() as f64).floor() as usize).max(1);
    let found = order[..top].iter().filter(|row| positive[**row]).count();
    let all = positive.iter().filter(|is| **is).count();
    (found as f64 / top as f64) / (all as f64 / scores.len() as f64)
}

/// Population stability index between two samples of a score, cut at `edges`.
///
/// `floor` is added to every share, so that an empty class does not make it infinite. Below .1 the population is
/// stable, above .25 it has moved (Siddiqi, Credit Risk Scorecards, 2006).
pub fn stability(before: &[f64], after: &[f64], edges: &[f64], floor: f64) -> f64 {
    let shares = |sample: &[f64]| -> Vec<f64> {
        let mut counts = vec![0usize; edges.len() + 1];
        for score in sample {
            counts[edges.partition_point(|edge| edge <= score)] += 1;
        }
        counts
            .iter()
            .map(|count| *count as f64 / sample.len() as f64 + floor)
            .collect()
    };
    let (before, after) = (shares(before), shares(after));
    before
        .iter()
        .zip(&after)
        .map(|(b, a)| (a - b) * (a / b).ln())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let ranking = rank(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]);
        assert_eq!((ranking.auc, ranking.gini, ranking.ks), (0.75, 0.5, 0.5));
        let ties = rank(&[0.5; 4], &[false, true, true, false]);
        assert_eq!((ties.auc, ties.ks), (0.5, 0.0));
        assert_eq!(
            lift(&[4.0, 3.0, 2.0, 1.0], &[true, false, false, true], 0.25),
            2.0
        );
        assert_eq!(stability(&[1.0, 3.0], &[1.0, 3.0], &[2.0], 0.0), 0.0);
    }
}
