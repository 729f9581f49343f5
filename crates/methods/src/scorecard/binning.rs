//! Bins of a variable with their weights of evidence.
//!
//! A text has one bin a level, in code-point order. A number is cut greedily: candidates lie on round values, and the
//! one that raises the information value most is added until the gain is below a tenth, every bin keeps 5 % of the
//! rows with good and bad among them, and there are at most eight (the tree method of the scorecard packages).

use crate::columns::Coded;
use crate::logit::Column;
use crate::math::describe::{quantile_of_sorted, sorted};
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    /// `[8,16)` for a number, closed on the left; the level for a text.
    pub label: String,
    pub good: usize,
    pub bad: usize,
    pub woe: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Binning {
    pub bins: Vec<Bin>,
    pub information_value: f64,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Bin i holds values below cut i and from cut i − 1; a last bin for missing ones where the fit had some.
    Cuts(Vec<f64>),
    Levels(Vec<String>),
}

const MOST_BINS: usize = 8;
const LEAST_SHARE: f64 = 0.05;
const LEAST_GAIN: f64 = 0.1;
/// Candidates are about this many.
const CANDIDATES: usize = 50;
/// Counted instead of a zero, whose logarithm would be infinite.
const NEXT_TO_NONE: f64 = 0.5;
const MISSING: &str = "(missing)";

pub fn bin(column: &Column, bad: &[bool], cuts: Option<&[f64]>) -> Binning {
    let kind = match column {
        Column::Numbers(values) => Kind::Cuts(match cuts {
            Some(cuts) => sorted(cuts),
            None => best_cuts(values, bad),
        }),
        Column::Texts(texts) => Kind::Levels(levels(texts)),
    };
    let mut binning = Binning {
        bins: Vec::new(),
        information_value: 0.0,
        kind,
    };
    let labels = binning.labels(column);
    let mut counts = vec![(0, 0); labels.len()];
    for (place, is_bad) in binning.all_places(column).into_iter().zip(bad) {
        if let Some((good, bad)) = place.and_then(|place| counts.get_mut(place)) {
            if *is_bad { *bad += 1 } else { *good += 1 }
        }
    }
    let goods: usize = counts.iter().map(|(good, _)| good).sum();
    let bads: usize = counts.iter().map(|(_, bad)| bad).sum();
    for (label, (good, bad)) in labels.into_iter().zip(counts) {
        let (woe, value) = evidence((good, bad), (goods, bads));
        binning.information_value += value;
        binning.bins.push(Bin {
            label,
            good,
            bad,
            woe,
        });
    }
    binning
}

impl Binning {
    /// The bin of every row; `None` where the fit saw nothing like it.
    pub fn places(&self, column: &Column) -> Vec<Option<usize>> {
        let known = |place: Option<usize>| place.filter(|place| *place < self.bins.len());
        self.all_places(column).into_iter().map(known).collect()
    }

    fn all_places(&self, column: &Column) -> Vec<Option<usize>> {
        match (&self.kind, column) {
            (Kind::Cuts(cuts), Column::Numbers(values)) => {
                let place = |value: &f64| {
                    Some(if value.is_nan() {
                        cuts.len() + 1
                    } else {
                        cuts.partition_point(|cut| cut <= value)
                    })
                };
                values.iter().map(place).collect()
            }
            (Kind::Levels(levels), Column::Texts(texts)) => {
                let place = |level: &str| levels.iter().position(|one| one == level);
                let places: Vec<Option<usize>> = texts.names.iter().map(place).collect();
                let missing = place(MISSING);
                texts
                    .codes
                    .iter()
                    .map(|code| places.get(*code as usize).copied().unwrap_or(missing))
                    .collect()
            }
            _ => vec![None; column.len()],
        }
    }

    fn labels(&self, column: &Column) -> Vec<String> {
        match &self.kind {
            Kind::Levels(levels) => levels.clone(),
            Kind::Cuts(cuts) => {
                let edge = |at: Option<usize>, beyond: &str| {
                    at.and_then(|at| cuts.get(at))
                        .map_or(beyond.to_owned(), f64::to_string)
                };
                let label = |at: usize| {
                    format!(
                        "[{},{})",
                        edge(at.checked_sub(1), "-inf"),
                        edge(Some(at), "inf")
                    )
                };
                let mut labels: Vec<String> = (0..=cuts.len()).map(label).collect();
                if matches!(column, Column::Numbers(values) if values.iter().any(|value| value.is_nan()))
                {
                    labels.push(MISSING.to_owned());
                }
                labels
            }
        }
    }
}

/// Weight of evidence and its share in the information value.
fn evidence((good, bad): (usize, usize), (goods, bads): (usize, usize)) -> (f64, f64) {
    if good + bad == 0 {
        return (0.0, 0.0);
    }
    let share = |count: usize, all: usize| if count == 0 { NEXT_TO_NONE } else { count as f64 } / all as f64;
    let (good, bad) = (share(good, goods), share(bad, bads));
    let woe = (bad / good).ln();
    (woe, (bad - good) * woe)
}

fn levels(texts: &Coded) -> Vec<String> {
    let mut levels: Vec<String> = texts.names.iter().map(str::to_owned).collect();
    if texts.codes.contains(&Coded::MISSING) {
        levels.push(MISSING.to_owned());
    }
    levels.sort();
    levels
}

/// The greedy cuts of a number.
fn best_cuts(values: &[f64], bad: &[bool]) -> Vec<f64> {
    let mut rows: Vec<(f64, bool)> = values.iter().copied().zip(bad.iter().copied()).collect();
    rows.retain(|(value, _)| !value.is_nan());
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let candidates = candidates(&rows.iter().map(|(value, _)| *value).collect::<Vec<_>>());
    // Below every candidate: rows and bad rows.
    let mut bads_before = vec![0; rows.len() + 1];
    for (at, (_, is_bad)) in rows.iter().enumerate() {
        bads_before[at + 1] = bads_before[at] + usize::from(*is_bad);
    }
    let below: Vec<usize> = candidates
        .iter()
        .map(|cut| rows.partition_point(|(value, _)| value < cut))
        .collect();
    let least = LEAST_SHARE * rows.len() as f64;
    let (goods, bads) = (
        rows.len() - bads_before[rows.len()],
        bads_before[rows.len()],
    );
    // Places among the rows where bins end; the information value, or none where a bin is too small.
    let worth = |ends: &[usize]| -> Option<f64> {
        let mut start = 0;
        let mut value = 0.0;
        for end in ends.iter().copied().chain([rows.len()]) {
            let bad = bads_before[end] - bads_before[start];
            let good = end - start - bad;
            if ((end - start) as f64) < least || good == 0 || bad == 0 {
                return None;
            }
            value += evidence((good, bad), (goods, bads)).1;
            start = end;
        }
        Some(value)
    };
    let mut chosen: Vec<usize> = Vec::new();
    let mut value = 0.0;
    while chosen.len() + 1 < MOST_BINS {
        let with = |candidate: usize| {
            let mut cuts = chosen.clone();
            cuts.push(candidate);
            cuts.sort_unstable();
            worth(&cuts.iter().map(|cut| below[*cut]).collect::<Vec<_>>())
                .map(|value| (value, cuts))
        };
        let tried = (0..candidates.len())
            .filter(|one| !chosen.contains(one))
            .filter_map(with);
        let Some((best, cuts)) = tried.reduce(|a, b| if b.0 > a.0 { b } else { a }) else {
            break;
        };
        let gain = best / f64::max(value, 1e-10) - 1.0;
        if best <= value {
            break;
        }
        (chosen, value) = (cuts, best);
        if gain < LEAST_GAIN {
            break;
        }
    }
    chosen.into_iter().map(|at| candidates[at]).collect()
}

/// Round values over the range without its outliers, about as many as there are distinct ones.
fn candidates(sorted: &[f64]) -> Vec<f64> {
    let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else {
        return Vec::new();
    };
    let [low, high] = [0.25, 0.75].map(|share| quantile_of_sorted(sorted, share));
    let spread = high - low;
    let (low, high) = if spread == 0.0 {
        (
            quantile_of_sorted(sorted, 0.01),
            quantile_of_sorted(sorted, 0.99),
        )
    } else {
        (low - 3.0 * spread, high + 3.0 * spread)
    };
    let usual: Vec<f64> = sorted
        .iter()
        .copied()
        .filter(|value| *value >= low && *value <= high)
        .collect();
    let mut distinct = usual.clone();
    distinct.dedup();
    let mut cuts = match (usual.first(), usual.last()) {
        (Some(first), Some(last)) if distinct.len() > 2 => {
            round_values(*first, *last, distinct.len().min(CANDIDATES))
        }
        _ => distinct,
    };
    cuts.retain(|cut| cut > least && cut <= most);
    cuts
}

/// About `n` round values from `low` to `high`.
fn round_values(low: f64, high: f64, n: usize) -> Vec<f64> {
    let rough = (high - low) / (n - 1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = power
        * match rough / power {
            f if f < 1.5 => 1.0,
            f if f < 3.0 => 2.0,
            f if f < 7.0 => 5.0,
            _ => 10.0,
        };
    let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    (first..=last).map(|k| k as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_by_hand() {
        // 30 of 100 bad against 10 of 200 good.
        let (woe, value) = evidence((10, 30), (200, 100));
        assert!((woe - 6f64.ln()).abs() < 1e-12);
        assert!((value - 0.25 * 6f64.ln()).abs() < 1e-12);
        assert!(evidence((0, 3), (10, 10)).0.is_finite());
    }

    #[test]
    fn missing_values_have_a_bin_of_their_own_and_unknown_ones_none() {
        let numbers = Column::Numbers(vec![1.0, f64::NAN, 3.0, 1.0]);
        let binned = bin(&numbers, &[true, false, false, true], Some(&[2.0]));
        let labels: Vec<&str> = binned.bins.iter().map(|bin| bin.label.as_str()).collect();
        assert_eq!(labels, ["[-inf,2)", "[2,inf)", "(missing)"]);
        assert_eq!(
            binned.places(&numbers),
            [Some(0), Some(2), Some(1), Some(0)]
        );
        let texts = bin(&Column::Texts(Coded::of(&["b", "a"])), &[true, false], None);
        assert_eq!(
            texts.places(&Column::Texts(Coded::of(&["z", "a"]))),
            [None, Some(0)]
        );
    }

    #[test]
    fn round_values_are_round() {
        assert_eq!(round_values(4.0, 60.0, 50)[..3], [4.0, 5.0, 6.0]);
        assert_eq!(round_values(0.0, 980.0, 50)[1], 20.0);
    }
}
