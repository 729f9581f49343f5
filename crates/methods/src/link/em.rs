//! The weights of the levels, by expectation and maximisation over all pairs.
//!
//! Three classes: matches, people who share a place, and strangers. Pairs that were not proposed are strangers, of which
//! it is known how often they are on every level. Who only shares a place agrees on names, dates and codes by chance:
//! those shares are held fixed, so that the class can't take matches away.

use super::compare::Comparison;
use super::{Kind, MISSING, level_of};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// The shares of the levels of one field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldWeights {
    pub name: String,
    pub kind: Kind,
    pub labels: Vec<&'static str>,
    /// Among matches, among those who share a place, and among strangers; each sums to 1.
    pub m: Vec<f64>,
    pub shared: Vec<f64>,
    pub u: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weights {
    pub fields: Vec<FieldWeights>,
    /// Shares of matches, and of those who share a place, among all pairs.
    pub lambda: f64,
    pub lambda_shared: f64,
    pub iterations: usize,
}

const MOST_ITERATIONS: usize = 500;
/// Largest change of a parameter at which the iteration ends.
const CONVERGED: f64 = 1e-7;
/// Agreement on a name, and on a date or code, of people who share a place.
const SAME_NAME: f64 = 0.01;
const SAME_CODE: f64 = 0.002;

pub fn estimate(
    comparisons: &[Comparison],
    patterns: &[u64],
    totals: &[Vec<f64>],
    pairs: f64,
) -> Weights {
    let mut counts: FxHashMap<u64, f64> = FxHashMap::default();
    for pattern in patterns {
        *counts.entry(*pattern).or_default() += 1.0;
    }
    // In order, so that sums come out the same every time.
    let mut counts: Vec<(u64, f64)> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(pattern, _)| *pattern);
    let mut weights = start(comparisons, totals, pairs);
    for _ in 0..MOST_ITERATIONS {
        weights.iterations += 1;
        let change = weights.step(&counts, totals, pairs);
        if change < CONVERGED {
            break;
        }
    }
    weights
}

fn start(comparisons: &[Comparison], totals: &[Vec<f64>], pairs: f64) -> Weights {
    let records = (2.0 * pairs).sqrt().max(2.0);
    let fields = comparisons.iter().zip(totals).map(|(comparison, totals)| {
        let levels = comparison.levels();
        // Most matches are equal, the fewer the less so.
        let mut m: Vec<f64> = (0..levels)
            .map(|level| 0.4f64.powi((levels - 1 - level) as i32))
            .collect();
        normalise(&mut m);
        let mut u: Vec<f64> = totals.iter().map(|count| count.max(0.5)).collect();
        normalise(&mut u);
        let shared = if comparison.kind.is_personal() {
            by_chance(comparison.kind, &u)
        } else {
            m.clone()
        };
        FieldWeights {
            name: comparison.name.clone(),
            kind: comparison.kind,
            labels: comparison.labels().to_vec(),
            m,
            shared,
            u,
        }
    });
    Weights {
        fields: fields.collect(),
        lambda: 0.3 / records,
        lambda_shared: 0.03 / records,
        iterations: 0,
    }
}

/// The levels of strangers, with a little more agreement.
fn by_chance(kind: Kind, u: &[f64]) -> Vec<f64> {
    let mut shared = u.to_vec();
    let top = shared.len() - 1;
    let least = if kind == Kind::Name {
        SAME_NAME
    } else {
        SAME_CODE
    };
    shared[top] = shared[top].max(least);
    if top >= 3 {
        shared[top - 1] = shared[top - 1].max(least);
    }
    // People of one house often have a part of their name in common.
    if kind == Kind::Name {
        shared[1] = shared[1].max(0.2);
    }
    normalise(&mut shared);
    shared
}

fn normalise(shares: &mut [f64]) {
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
}

impl Weights {
    /// Logarithms of the three classes' joint probabilities.
    fn joint(&self, pattern: u64) -> [f64; 3] {
        let strangers = (1.0 - self.lambda - self.lambda_shared).max(1e-12);
        let mut logs = [
            self.lambda.max(1e-300).ln(),
            self.lambda_shared.max(1e-300).ln(),
            strangers.ln(),
        ];
        for (at, field) in self.fields.iter().enumerate() {
            if let Some(level) = level_of(pattern, at) {
                logs[0] += field.m[level].ln();
                logs[1] += field.shared[level].ln();
                logs[2] += field.u[level].ln();
            }
        }
        logs
    }

    /// The probability of a match, given ln of how much rarer than usual the shared values are.
    pub fn probability(&self, pattern: u64, rarity: f64) -> f64 {
        let [matched, shared, strange] = self.joint(pattern);
        let [matched, shared] = [matched + rarity, shared];
        let most = matched.max(shared).max(strange);
        let parts = [matched, shared, strange].map(|log| (log - most).exp());
        parts[0] / parts.iter().sum::<f64>()
    }

    /// One round; gives the largest change.
    fn step(&mut self, counts: &[(u64, f64)], totals: &[Vec<f64>], pairs: f64) -> f64 {
        let mut sums: Vec<[Vec<f64>; 2]> = self
            .fields
            .iter()
            .map(|field| [vec![0.0; field.m.len()], vec![0.0; field.m.len()]])
            .collect();
        let mut whole = [0.0; 2];
        for (pattern, count) in counts {
            let logs = self.joint(*pattern);
            let most = logs[0].max(logs[1]).max(logs[2]);
            let parts = logs.map(|log| (log - most).exp());
            let sum: f64 = parts.iter().sum();
            for class in 0..2 {
                let mass = count * parts[class] / sum;
                whole[class] += mass;
                for (at, sums) in sums.iter_mut().enumerate() {
                    let bits = pattern >> (4 * at) & 15;
                    if bits != MISSING {
                        sums[class][bits as usize] += mass;
                    }
                }
            }
        }
        let mut change = 0f64;
        for ((field, sums), totals) in self.fields.iter_mut().zip(&sums).zip(totals) {
            // A few imagined pairs on every level keep a share from becoming zero.
            let mut m: Vec<f64> = sums[0].iter().map(|sum| sum + 0.1).collect();
            normalise(&mut m);
            let mut u: Vec<f64> = totals
                .iter()
                .zip(&sums[0])
                .map(|(total, sum)| (total - sum).max(0.5))
                .collect();
            normalise(&mut u);
            change = m
                .iter()
                .zip(&field.m)
                .map(|(a, b)| (a - b).abs())
                .fold(change, f64::max);
            field.shared = if field.kind.is_personal() {
                by_chance(field.kind, &u)
            } else {
                let mut shared: Vec<f64> = sums[1].iter().map(|sum| sum + 0.1).collect();
                normalise(&mut shared);
                shared
            };
            field.m = m;
            field.u = u;
        }
        self.lambda = (whole[0] / pairs).max(1e-12);
        self.lambda_shared = (whole[1] / pairs).max(1e-12);
        change
    }
}
