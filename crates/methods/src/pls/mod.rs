//! PLS path models: how expectation, quality and value make satisfaction, and satisfaction makes loyalty.
//!
//! Sources: H. Wold, "Soft Modeling" (1982); J.-B. Lohmöller, Latent Variable Path Modeling with Partial Least Squares
//! (1989) for the three inner schemes; Fornell and others, "The American Customer Satisfaction Index", Journal of
//! Marketing 60, 1996, for the index. Blocks are reflective (mode A). The iteration needs only the covariances of the
//! items, on which it runs, so that a bootstrap of hundreds costs little.
//!
//! Assumes linear relations, one-dimensional blocks, and a path diagram without circles. Missing answers are replaced
//! by the item's mean.

mod algorithm;

use crate::MethodError;
use crate::math::describe::{moments, quantile_of_sorted, sorted};
use crate::math::linear::Matrix;
use crate::math::parallel;
use crate::random::Random;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Neighbours count by the sign of their correlation.
    Centroid,
    /// By the correlation itself.
    Factorial,
    /// Causes by their regression coefficient, effects by the correlation.
    Path,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// Items by mean and deviation.
    Standard,
    /// Items by mean alone, so that those with more variance count more.
    Centred,
}

/// The diagram: blocks of items, and arrows from cause to effect by place of the block.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub blocks: Vec<Block>,
    pub edges: Vec<(usize, usize)>,
    pub scheme: Scheme,
    pub scaling: Scaling,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub name: String,
    /// Places of its items among the columns.
    pub items: Vec<usize>,
}

/// What a fit gives. Items by column, blocks by place.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// With which items make their block's score, which has variance 1.
    pub weights: Vec<f64>,
    /// Correlation of an item with its block.
    pub loadings: Vec<f64>,
    /// By edge.
    pub paths: Vec<f64>,
    /// By block; none where nothing leads to it.
    pub r2: Vec<Option<f64>>,
    pub iterations: usize,
    pub converged: bool,
}

/// What follows from a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub fit: Fit,
    /// From 0 to 100, by block.
    pub index: Vec<f64>,
    /// Direct and indirect, by pair of blocks, where there is a way.
    pub total_effects: Vec<(usize, usize, f64)>,
    /// Average variance extracted, Cronbach's α and Dillon-Goldstein's ρ, by block.
    pub ave: Vec<f64>,
    pub alpha: Vec<f64>,
    pub rho: Vec<f64>,
    /// √(mean communality × mean R²), items weighted equally.
    pub goodness_of_fit: f64,
}

impl Model {
    /// Whether blocks, items and arrows make a diagram.
    pub fn check(&self, columns: usize) -> Result<(), MethodError> {
        let mut seen = vec![false; columns];
        for block in &self.blocks {
            if block.items.is_empty() {
                return Err(MethodError::argument(format!(
                    "the block `{}` has no items",
                    block.name
                )));
            }
            for item in &block.items {
                if std::mem::replace(&mut seen[*item], true) {
                    return Err(MethodError::argument(format!(
                        "an item of `{}` is in two blocks",
                        block.name
                    )));
                }
            }
        }
        let mut is_joined = vec![false; self.blocks.len()];
        for (from, to) in &self.edges {
            is_joined[*from] = true;
            is_joined[*to] = true;
        }
        if let Some(alone) = is_joined.iter().position(|is| !is) {
            let name = &self.blocks[alone].name;
            return Err(MethodError::argument(format!(
                "no edge leads to or from `{name}`"
            )));
        }
        match self.order() {
            Some(_) => Ok(()),
            None => Err(MethodError::argument("the edges run in a circle")),
        }
    }

    /// Blocks with causes before effects.
    fn order(&self) -> Option<Vec<usize>> {
        let mut order: Vec<usize> = Vec::new();
        while order.len() < self.blocks.len() {
            let is_ready = |block: &usize| {
                !order.contains(block)
                    && self
                        .edges
                        .iter()
                        .all(|(from, to)| to != block || order.contains(from))
            };
            order.push((0..self.blocks.len()).find(is_ready)?);
        }
        Some(order)
    }

    pub fn causes(&self, block: usize) -> Vec<usize> {
        self.edges
            .iter()
            .filter(|(_, to)| *to == block)
            .map(|(from, _)| *from)
            .collect()
    }
}

/// Replaces missing answers by the mean of their item.
pub fn complete(columns: &mut [Vec<f64>]) -> usize {
    let mut missing = 0;
    for column in columns {
        let known: Vec<f64> = column
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        for value in column.iter_mut().filter(|value| !value.is_finite()) {
            *value = mean;
            missing += 1;
        }
    }
    missing
}

/// Fits a model to columns of items without missing values. `range` is the lowest and the highest answer.
pub fn fit(model: &Model, columns: &[Vec<f64>], range: (f64, f64)) -> Result<Report, MethodError> {
    model.check(columns.len())?;
    let rows = columns.first().map_or(0, Vec::len);
    MethodError::unless_enough("pls", "answers", columns.len().min(20) + 2, rows)?;
    let all: Vec<usize> = (0..rows).collect();
    let covariance = covariance(columns, &all, model.scaling);
    if let Some(item) = (0..columns.len()).find(|item| covariance.at(*item, *item).is_nan()) {
        return Err(MethodError::Singular(format!(
            "the item in column {} never varies",
            item + 1
        )));
    }
    let fit = algorithm::iterate(model, &covariance)?;
    Ok(report(model, columns, fit, &covariance, range))
}

/// Population covariances of the chosen rows; correlations where items are standardised, NaN where one never varies.
fn covariance(columns: &[Vec<f64>], rows: &[usize], scaling: Scaling) -> Matrix {
    let chosen: Vec<Vec<f64>> = columns
        .iter()
        .map(|column| {
            let values: Vec<f64> = rows.iter().map(|row| column[*row]).collect();
            let (mean, variance) = moments(&values);
            let deviation = match scaling {
                _ if variance <= 0.0 => f64::NAN,
                Scaling::Standard => variance.sqrt(),
                Scaling::Centred => 1.0,
            };
            values
                .iter()
                .map(|value| (value - mean) / deviation)
                .collect()
        })
        .collect();
    let n = rows.len() as f64;
    let mut matrix = Matrix::zeros(columns.len(), columns.len());
    for i in 0..columns.len() {
        for j in 0..=i {
            let product = crate::math::linear::dot(&chosen[i], &chosen[j]) / n;
            matrix.set(i, j, product);
            matrix.set(j, i, product);
        }
    }
    matrix
}

fn report(
    model: &Model,
    columns: &[Vec<f64>],
    fit: Fit,
    covariance: &Matrix,
    range: (f64, f64),
) -> Report {
    let statistics: Vec<(f64, f64)> = columns.iter().map(|column| moments(column)).collect();
    let (low, high) = range;
    let index = model.blocks.iter().map(|block| {
        // Weights of the answers as they were given.
        let raw = |item: &usize| match model.scaling {
            Scaling::Standard => fit.weights[*item] / statistics[*item].1.sqrt(),
            Scaling::Centred => fit.weights[*item],
        };
        let whole: f64 = block.items.iter().map(raw).sum();
        let mean: f64 = block
            .items
            .iter()
            .map(|item| raw(item) / whole * statistics[*item].0)
            .sum();
        100.0 * (mean - low) / (high - low)
    });
    let squared = |item: &usize| fit.loadings[*item].powi(2);
    let ave: Vec<f64> = model
        .blocks
        .iter()
        .map(|block| block.items.iter().map(squared).sum::<f64>() / block.items.len() as f64)
        .collect();
    let communality: Vec<f64> = model
        .blocks
        .iter()
        .filter(|block| block.items.len() > 1)
        .flat_map(|block| block.items.iter().map(squared))
        .collect();
    let explained: Vec<f64> = fit.r2.iter().copied().flatten().collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let correlation = |i: usize, j: usize| {
        covariance.at(i, j) / (covariance.at(i, i) * covariance.at(j, j)).sqrt()
    };
    Report {
        index: index.collect(),
        total_effects: total_effects(model, &fit.paths),
        alpha: model
            .blocks
            .iter()
            .map(|block| cronbach(&block.items, correlation))
            .collect(),
        rho: model
            .blocks
            .iter()
            .map(|block| dillon_goldstein(&block.items, &fit.loadings))
            .collect(),
        goodness_of_fit: (mean(&communality) * mean(&explained)).sqrt(),
        ave,
        fit,
    }
}

/// Of standardised items; 1 for a single one.
fn cronbach(items: &[usize], correlation: impl Fn(usize, usize) -> f64) -> f64 {
    let k = items.len() as f64;
    let pairs = items
        .iter()
        .flat_map(|i| items.iter().filter(move |j| *j != i).map(move |j| (*i, *j)));
    let between: f64 = pairs.map(|(i, j)| correlation(i, j)).sum();
    if items.len() == 1 {
        1.0
    } else {
        k / (k - 1.0) * between / (k + between)
    }
}

/// Composite reliability, from the loadings.
fn dillon_goldstein(items: &[usize], loadings: &[f64]) -> f64 {
    let sum = items
        .iter()
        .map(|item| loadings[*item])
        .sum::<f64>()
        .powi(2);
    let rest: f64 = items.iter().map(|item| 1.0 - loadings[*item].powi(2)).sum();
    sum / (sum + rest)
}

fn total_effects(model: &Model, paths: &[f64]) -> Vec<(usize, usize, f64)> {
    let order = model.order().unwrap_or_default();
    let mut effects: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for from in 0..model.blocks.len() {
        for to in &order {
            let mut effect = None;
            for (edge, path) in model
                .edges
                .iter()
                .zip(paths)
                .filter(|(edge, _)| edge.1 == *to)
            {
                let before = if edge.0 == from {
                    Some(1.0)
                } else {
                    effects.get(&(from, edge.0)).copied()
                };
                if let Some(before) = before {
                    effect = Some(effect.unwrap_or(0.0) + before * path);
                }
            }
            if let Some(effect) = effect.filter(|_| *to != from) {
                effects.insert((from, *to), effect);
            }
        }
    }
    effects
        .into_iter()
        .map(|((from, to), effect)| (from, to, effect))
        .collect()
}

/// Standard error and 95 % percentile interval of every path.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Interval {
    pub se: f64,
    pub lo95: f64,
    pub hi95: f64,
}

/// Over `repeats` resamples of the rows. Blocks are turned so that each agrees with the original in most of its items.
pub fn bootstrap(
    model: &Model,
    columns: &[Vec<f64>],
    original: &Fit,
    repeats: usize,
    seed: u64,
) -> Vec<Interval> {
    let rows = columns.first().map_or(0, Vec::len);
    let seeds: Vec<u64> = (0..repeats as u64).collect();
    let fits = parallel::map(&seeds, |repeat| {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(*repeat));
        let drawn: Vec<usize> = (0..rows).map(|_| random.below(rows)).collect();
        let covariance = covariance(columns, &drawn, model.scaling);
        if (0..columns.len()).any(|item| covariance.at(item, item).is_nan()) {
            return None;
        }
        let fit = algorithm::iterate(model, &covariance).ok()?;
        let turn = |block: usize| -> f64 {
            let agreement: f64 = model.blocks[block]
                .items
                .iter()
                .map(|item| fit.loadings[*item] * original.loadings[*item])
                .sum();
            agreement.signum()
        };
        let turned = model
            .edges
            .iter()
            .zip(&fit.paths)
            .map(|((from, to), path)| path * turn(*from) * turn(*to));
        Some(turned.collect::<Vec<f64>>())
    });
    let paths: Vec<Vec<f64>> = fits.into_iter().flatten().collect();
    let interval = |edge: usize| {
        let values: Vec<f64> = paths.iter().map(|paths| paths[edge]).collect();
        let rising = sorted(&values);
        Interval {
            se: crate::math::describe::sample_variance(&values).sqrt(),
            lo95: quantile_of_sorted(&rising, 0.025),
            hi95: quantile_of_sorted(&rising, 0.975),
        }
    };
    (0..model.edges.len()).map(interval).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(edges: &[(usize, usize)]) -> Model {
        let block = |at: usize| Block {
            name: format!("b{at}"),
            items: vec![2 * at, 2 * at + 1],
        };
        Model {
            blocks: (0..3).map(block).collect(),
            edges: edges.to_vec(),
            scheme: Scheme::Path,
            scaling: Scaling::Standard,
        }
    }

    #[test]
    fn circles_and_lonely_blocks_are_refused() {
        assert!(model(&[(0, 1), (1, 2)]).check(6).is_ok());
        assert!(model(&[(0, 1), (1, 2), (2, 0)]).check(6).is_err());
        assert!(model(&[(0, 1)]).check(6).is_err());
        let mut twice = model(&[(0, 1), (1, 2)]);
        twice.blocks[1].items[0] = 0;
        assert!(twice.check(6).is_err());
    }

    #[test]
    fn effects_add_up_along_all_ways() {
        let effects = total_effects(&model(&[(0, 1), (1, 2), (0, 2)]), &[0.5, 0.4, 0.3]);
        assert_eq!(effects.len(), 3);
        assert!(
            effects.contains(&(0, 2, 0.3 + 0.5 * 0.4))
                || effects.contains(&(0, 2, 0.5 * 0.4 + 0.3))
        );
    }

    #[test]
    fn gaps_become_means() {
        let mut columns = vec![vec![1.0, f64::NAN, 3.0]];
        assert_eq!(complete(&mut columns), 1);
        assert_eq!(columns[0][1], 2.0);
    }
}
