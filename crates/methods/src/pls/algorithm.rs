//! The iteration on covariances: scores are never formed, since only their covariances matter.

use super::{Fit, Model, Scheme};
use crate::MethodError;
use crate::math::linear::{Matrix, cholesky, cholesky_solve};

const MOST_ITERATIONS: usize = 1000;
/// Sum of squared changes of the weights.
const CONVERGED: f64 = 1e-20;

pub fn iterate(model: &Model, items: &Matrix) -> Result<Fit, MethodError> {
    let mut weights = vec![1.0; items.rows];
    normalise(model, items, &mut weights);
    let (mut iterations, mut converged) = (0, false);
    while iterations < MOST_ITERATIONS && !converged {
        iterations += 1;
        let crossed = crossed(model, items, &weights);
        let scores = scores(model, &crossed, &weights);
        let inner = inner_weights(model, &scores)?;
        let mut next = vec![0.0; items.rows];
        for (at, block) in model.blocks.iter().enumerate() {
            for item in &block.items {
                // The covariance of an item with what its block's neighbours make of it.
                next[*item] = (0..model.blocks.len())
                    .map(|other| inner.at(at, other) * crossed.at(*item, other))
                    .sum();
            }
        }
        normalise(model, items, &mut next);
        let change: f64 = next
            .iter()
            .zip(&weights)
            .map(|(a, b)| (a.abs() - b.abs()).powi(2))
            .sum();
        converged = change < CONVERGED;
        weights = next;
    }
    turn(model, items, &mut weights);
    let crossed = crossed(model, items, &weights);
    let scores = scores(model, &crossed, &weights);
    let mut loadings = vec![0.0; items.rows];
    for (at, block) in model.blocks.iter().enumerate() {
        for item in &block.items {
            loadings[*item] = crossed.at(*item, at) / items.at(*item, *item).sqrt();
        }
    }
    let mut paths = vec![0.0; model.edges.len()];
    let mut r2 = vec![None; model.blocks.len()];
    for block in 0..model.blocks.len() {
        let causes = model.causes(block);
        if causes.is_empty() {
            continue;
        }
        let coefficients = regress(&scores, block, &causes)?;
        let explained = causes
            .iter()
            .zip(&coefficients)
            .map(|(cause, b)| b * scores.at(block, *cause));
        r2[block] = Some(explained.sum());
        for (cause, coefficient) in causes.iter().zip(&coefficients) {
            if let Some(edge) = model.edges.iter().position(|edge| *edge == (*cause, block)) {
                paths[edge] = *coefficient;
            }
        }
    }
    Ok(Fit {
        weights,
        loadings,
        paths,
        r2,
        iterations,
        converged,
    })
}

/// Covariances of items (rows) with scores of blocks (columns).
fn crossed(model: &Model, items: &Matrix, weights: &[f64]) -> Matrix {
    let mut crossed = Matrix::zeros(items.rows, model.blocks.len());
    for row in 0..items.rows {
        for (at, block) in model.blocks.iter().enumerate() {
            let sum = block
                .items
                .iter()
                .map(|item| items.at(row, *item) * weights[*item])
                .sum();
            crossed.set(row, at, sum);
        }
    }
    crossed
}

/// Covariances, and so correlations, of the scores.
fn scores(model: &Model, crossed: &Matrix, weights: &[f64]) -> Matrix {
    let count = model.blocks.len();
    let mut scores = Matrix::zeros(count, count);
    for (at, block) in model.blocks.iter().enumerate() {
        for other in 0..count {
            scores.set(
                at,
                other,
                block
                    .items
                    .iter()
                    .map(|item| weights[*item] * crossed.at(*item, other))
                    .sum(),
            );
        }
    }
    scores
}

/// Scales the weights of every block so that its score has variance 1.
fn normalise(model: &Model, items: &Matrix, weights: &mut [f64]) {
    for block in &model.blocks {
        let pairs = block
            .items
            .iter()
            .flat_map(|i| block.items.iter().map(move |j| (*i, *j)));
        let variance: f64 = pairs
            .map(|(i, j)| weights[i] * items.at(i, j) * weights[j])
            .sum();
        for item in &block.items {
            weights[*item] /= variance.sqrt();
        }
    }
}

/// Turns blocks whose score runs against most of their items.
fn turn(model: &Model, items: &Matrix, weights: &mut [f64]) {
    let crossed = crossed(model, items, weights);
    for (at, block) in model.blocks.iter().enumerate() {
        let sense: f64 = block
            .items
            .iter()
            .map(|item| crossed.at(*item, at).signum())
            .sum();
        if sense < 0.0 {
            block
                .items
                .iter()
                .for_each(|item| weights[*item] = -weights[*item]);
        }
    }
}

fn inner_weights(model: &Model, scores: &Matrix) -> Result<Matrix, MethodError> {
    let count = model.blocks.len();
    let mut inner = Matrix::zeros(count, count);
    for (from, to) in &model.edges {
        let correlation = scores.at(*from, *to);
        let weight = if model.scheme == Scheme::Centroid {
            correlation.signum()
        } else {
            correlation
        };
        inner.set(*from, *to, weight);
        inner.set(*to, *from, weight);
    }
    if model.scheme == Scheme::Path {
        for block in 0..count {
            let causes = model.causes(block);
            for (cause, coefficient) in causes.iter().zip(regress(scores, block, &causes)?) {
                inner.set(block, *cause, coefficient);
            }
        }
    }
    Ok(inner)
}

/// Coefficients of a block's score on those of its causes.
fn regress(scores: &Matrix, block: usize, causes: &[usize]) -> Result<Vec<f64>, MethodError> {
    let mut left = Matrix::zeros(causes.len(), causes.len());
    for (i, a) in causes.iter().enumerate() {
        for (j, b) in causes.iter().enumerate() {
            left.set(i, j, scores.at(*a, *b));
        }
    }
    let right: Vec<f64> = causes
        .iter()
        .map(|cause| scores.at(block, *cause))
        .collect();
    let lower = cholesky(&left).ok_or_else(|| {
        MethodError::Singular(
            "two causes of one block are the same: their answers never differ".into(),
        )
    })?;
    Ok(cholesky_solve(&lower, &right))
}
