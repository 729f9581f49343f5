//! Many columns as few: principal components, and factors that explain what columns share.
//!
//! Sources: H. Hotelling, "Analysis of a Complex of Statistical Variables into Principal Components" (1933); principal
//! axis factoring with iterated communalities; H. F. Kaiser's varimax rotation (Psychometrika 23, 1958). Columns are
//! standardised; the factors of the second method assume that what columns do not share is theirs alone.

use crate::MethodError;
use crate::math::describe::{correlation, moments};
use crate::math::linear::{Matrix, cholesky, cholesky_inverse, symmetric_eigen};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Components,
    /// Varimax-rotated.
    Factors,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Factors {
    /// Of the correlation matrix, falling.
    pub eigenvalues: Vec<f64>,
    /// One list a factor: its correlation with every column.
    pub loadings: Vec<Vec<f64>>,
    /// Share of the whole variance, by factor.
    pub explained: Vec<f64>,
    /// By column: the share of its variance that the factors explain.
    pub communalities: Vec<f64>,
    /// One list a row: its place on every factor, with variance 1 for components.
    #[serde(skip)]
    pub scores: Vec<Vec<f64>>,
}

/// `count` factors, or as many as have an eigenvalue above 1 (Kaiser's rule).
pub fn factors(
    columns: &[Vec<f64>],
    method: Method,
    count: Option<usize>,
) -> Result<Factors, MethodError> {
    let k = columns.len();
    MethodError::unless_enough("factor", "columns", 2, k)?;
    let rows = columns[0].len();
    MethodError::unless_enough("factor", "rows", k + 1, rows)?;
    for (at, column) in columns.iter().enumerate() {
        if let Some(row) = column.iter().position(|value| !value.is_finite()) {
            return Err(MethodError::Value {
                row,
                reason: "every column has to hold a number".into(),
            });
        }
        if moments(column).1 <= 0.0 {
            return Err(MethodError::Singular(format!(
                "the column in place {} never varies",
                at + 1
            )));
        }
    }
    let mut matrix = Matrix::zeros(k, k);
    for i in 0..k {
        for j in 0..k {
            matrix.set(
                i,
                j,
                if i == j {
                    1.0
                } else {
                    correlation(&columns[i], &columns[j])
                },
            );
        }
    }
    let (eigenvalues, vectors) = symmetric_eigen(&matrix);
    let usual = eigenvalues
        .iter()
        .filter(|value| **value > 1.0)
        .count()
        .max(1);
    let count = count.unwrap_or(usual).clamp(1, k);
    let loadings = match method {
        Method::Components => loadings(&eigenvalues, &vectors, count),
        Method::Factors => varimax(principal_axes(&matrix, count)),
    };
    let weights = match method {
        // Loading / eigenvalue.
        Method::Components => (0..count)
            .map(|f| loadings[f].iter().map(|l| l / eigenvalues[f]).collect())
            .collect(),
        Method::Factors => regression_weights(&matrix, &loadings)?,
    };
    let communality = |column: usize| loadings.iter().map(|factor| factor[column].powi(2)).sum();
    Ok(Factors {
        explained: loadings
            .iter()
            .map(|factor| factor.iter().map(|l| l * l).sum::<f64>() / k as f64)
            .collect(),
        communalities: (0..k).map(communality).collect(),
        scores: scores(columns, &weights),
        eigenvalues,
        loadings,
    })
}

/// Columns turned so that each factor is positive in most of its weight.
fn loadings(values: &[f64], vectors: &Matrix, count: usize) -> Vec<Vec<f64>> {
    let of = |f: usize| {
        let sense = vectors.row(f).iter().sum::<f64>();
        let scale = values[f].max(0.0).sqrt() * if sense < 0.0 { -1.0 } else { 1.0 };
        vectors.row(f).iter().map(|v| v * scale).collect()
    };
    (0..count).map(of).collect()
}

/// Starts from squared multiple correlations and iterates.
fn principal_axes(matrix: &Matrix, count: usize) -> Vec<Vec<f64>> {
    let k = matrix.rows;
    let mut communalities: Vec<f64> = match cholesky(matrix).map(|lower| cholesky_inverse(&lower)) {
        Some(inverse) => (0..k).map(|i| 1.0 - 1.0 / inverse.at(i, i)).collect(),
        None => vec![0.5; k],
    };
    let mut found = Vec::new();
    for _ in 0..500 {
        let mut reduced = matrix.clone();
        for (i, one) in communalities.iter().enumerate() {
            reduced.set(i, i, *one);
        }
        let (values, vectors) = symmetric_eigen(&reduced);
        found = loadings(&values, &vectors, count);
        let next: Vec<f64> = (0..k)
            .map(|i| found.iter().map(|f| f[i].powi(2)).sum::<f64>().min(0.995))
            .collect();
        let change = next
            .iter()
            .zip(&communalities)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        communalities = next;
        if change < 1e-8 {
            break;
        }
    }
    found
}

/// Rotates pairs of factors until every column loads on few (with Kaiser's normalisation).
fn varimax(mut loadings: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let (count, k) = (loadings.len(), loadings[0].len());
    let lengths: Vec<f64> = (0..k)
        .map(|i| {
            loadings
                .iter()
                .map(|f| f[i].powi(2))
                .sum::<f64>()
                .sqrt()
                .max(1e-12)
        })
        .collect();
    for factor in &mut loadings {
        factor
            .iter_mut()
            .zip(&lengths)
            .for_each(|(l, length)| *l /= length);
    }
    for _ in 0..200 {
        let mut turned = 0f64;
        for a in 0..count {
            for b in a + 1..count {
                turned = turned.max(rotate_pair(&mut loadings, a, b));
            }
        }
        if turned < 1e-9 {
            break;
        }
    }
    for factor in &mut loadings {
        factor
            .iter_mut()
            .zip(&lengths)
            .for_each(|(l, length)| *l *= length);
        if factor.iter().sum::<f64>() < 0.0 {
            factor.iter_mut().for_each(|l| *l = -*l);
        }
    }
    loadings.sort_by(|a, b| {
        let weight = |f: &[f64]| f.iter().map(|l| l * l).sum::<f64>();
        weight(b).total_cmp(&weight(a))
    });
    loadings
}

fn rotate_pair(loadings: &mut [Vec<f64>], a: usize, b: usize) -> f64 {
    let k = loadings[0].len() as f64;
    let (mut su, mut sv, mut suv, mut sq) = (0.0, 0.0, 0.0, 0.0);
    for (x, y) in loadings[a].iter().zip(&loadings[b]) {
        let (u, v) = (x * x - y * y, 2.0 * x * y);
        su += u;
        sv += v;
        suv += u * v;
        sq += u * u - v * v;
    }
    let angle = 0.25 * (2.0 * (suv - su * sv / k)).atan2(sq - (su * su - sv * sv) / k);
    let (sin, cos) = angle.sin_cos();
    for i in 0..loadings[0].len() {
        let (x, y) = (loadings[a][i], loadings[b][i]);
        loadings[a][i] = cos * x + sin * y;
        loadings[b][i] = cos * y - sin * x;
    }
    angle.abs()
}

/// Thomson's: R⁻¹ Λ.
fn regression_weights(
    matrix: &Matrix,
    loadings: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>, MethodError> {
    let lower = cholesky(matrix).ok_or_else(|| {
        MethodError::Singular("two columns say the same: leave one of them out".into())
    })?;
    Ok(loadings
        .iter()
        .map(|factor| crate::math::linear::cholesky_solve(&lower, factor))
        .collect())
}

fn scores(columns: &[Vec<f64>], weights: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let statistics: Vec<(f64, f64)> = columns.iter().map(|column| moments(column)).collect();
    let score = |row: usize, weights: &Vec<f64>| {
        let parts = columns.iter().zip(&statistics).zip(weights);
        parts
            .map(|((column, (mean, variance)), weight)| {
                weight * (column[row] - mean) / variance.sqrt()
            })
            .sum()
    };
    (0..columns[0].len())
        .map(|row| weights.iter().map(|factor| score(row, factor)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Two causes, three columns each.
    fn columns() -> Vec<Vec<f64>> {
        let mut random = Random::new(11);
        let mut columns = vec![Vec::new(); 6];
        for _ in 0..800 {
            let causes = [random.normal(), random.normal()];
            for (at, column) in columns.iter_mut().enumerate() {
                column.push(0.9 * causes[at / 3] + 0.4 * random.normal());
            }
        }
        columns
    }

    #[test]
    fn two_causes_are_two_factors() {
        for method in [Method::Components, Method::Factors] {
            let found = factors(&columns(), method, None).unwrap();
            assert_eq!(found.loadings.len(), 2);
            assert!((found.eigenvalues.iter().sum::<f64>() - 6.0).abs() < 1e-9);
        }
        let rotated = factors(&columns(), Method::Factors, None).unwrap();
        for factor in &rotated.loadings {
            let strong = factor.iter().filter(|l| l.abs() > 0.8).count();
            let weak = factor.iter().filter(|l| l.abs() < 0.15).count();
            assert_eq!((strong, weak), (3, 3), "{factor:?}");
        }
    }

    #[test]
    fn component_scores_are_uncorrelated_with_variance_1() {
        let found = factors(&columns(), Method::Components, Some(2)).unwrap();
        let score = |f: usize| -> Vec<f64> { found.scores.iter().map(|row| row[f]).collect() };
        assert!(correlation(&score(0), &score(1)).abs() < 1e-9);
        assert!((moments(&score(0)).1 - 1.0).abs() < 1e-9);
        assert!(factors(&[vec![1.0; 9], vec![2.0; 9]], Method::Components, None).is_err());
    }
}
