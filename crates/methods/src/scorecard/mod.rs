//! Scorecards: a rating that adds up points, one bin of every variable.
//!
//! Source: N. Siddiqi, Credit Risk Scorecards (2006). The weight of evidence of a bin is ln of (its share of the bad /
//! its share of the good), so that high means risky; the information value of a variable is Σ (share of bad − share of
//! good) · WoE. A logistic regression on the weights of evidence gives the score; it falls with risk. Points are scaled
//! so that a score of `base` means odds of `odds` bad to one good, and `double` points more halve them.

mod binning;
pub mod rating;

pub use binning::{Bin, Binning, bin};

use crate::MethodError;
use crate::logit::{self, Column, Logit};
use crate::math::linear::Matrix;
use serde::Serialize;

/// The scale of the points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scale {
    pub base: f64,
    /// Bad to good at the base score.
    pub odds: f64,
    /// Points that halve the odds.
    pub double: f64,
}

impl Default for Scale {
    fn default() -> Scale {
        Scale {
            base: 600.0,
            odds: 1.0 / 19.0,
            double: 50.0,
        }
    }
}

impl Scale {
    /// Score = A − B · log-odds of being bad.
    pub fn factors(&self) -> (f64, f64) {
        let b = self.double / std::f64::consts::LN_2;
        (self.base + b * self.odds.ln(), b)
    }
}

/// A variable with its bins and what each is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    pub name: String,
    pub binning: Binning,
    /// By bin.
    pub points: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    pub variables: Vec<Variable>,
    /// Points that everybody has.
    pub base_points: f64,
    pub fit: Logit,
    pub scale: Scale,
}

/// Cut points of a number that are given instead of found.
pub type Cuts = std::collections::BTreeMap<String, Vec<f64>>;

/// Bins every column, drops those that tell nothing, and weighs the others. `bad` is what the score warns of.
pub fn fit(
    columns: &[(String, Column)],
    bad: &[bool],
    cuts: &Cuts,
    scale: Scale,
) -> Result<Scorecard, MethodError> {
    let bads = bad.iter().filter(|is| **is).count();
    MethodError::unless_enough("scorecard", "bad cases", 1, bads)?;
    MethodError::unless_enough("scorecard", "good cases", 1, bad.len() - bads)?;
    let binned = columns.iter().map(|(name, column)| {
        let given = cuts.get(name).map(Vec::as_slice);
        (name.clone(), bin(column, bad, given))
    });
    let binned: Vec<(String, Binning)> = binned.collect();
    let telling: Vec<usize> = (0..binned.len())
        .filter(|at| binned[*at].1.bins.len() > 1)
        .collect();
    MethodError::unless_enough(
        "scorecard",
        "columns that tell good from bad",
        1,
        telling.len(),
    )?;
    let binnings: Vec<(&Binning, &Column)> = telling
        .iter()
        .map(|at| (&binned[*at].1, &columns[*at].1))
        .collect();
    let x = design(&binnings, bad.len());
    let names = std::iter::once("(intercept)".to_owned())
        .chain(telling.iter().map(|at| binned[*at].0.clone()));
    let fit = logit::fit(&names.collect::<Vec<_>>(), &x, bad, 0.0)?;
    let (a, b) = scale.factors();
    let mut coefficients = fit.coefficients.iter().map(|one| one.value);
    let base_points = a - b * coefficients.next().unwrap_or(0.0);
    let weights: Vec<f64> = coefficients.collect();
    let weight = |at: usize| {
        telling
            .iter()
            .position(|one| *one == at)
            .map_or(0.0, |place| weights[place])
    };
    let variables = binned
        .iter()
        .enumerate()
        .map(|(at, (name, binning))| Variable {
            name: name.clone(),
            points: binning
                .bins
                .iter()
                .map(|bin| -b * weight(at) * bin.woe)
                .collect(),
            binning: binning.clone(),
        });
    Ok(Scorecard {
        variables: variables.collect(),
        base_points,
        fit,
        scale,
    })
}

/// 1 and the weights of evidence, one row a case.
fn design(binnings: &[(&Binning, &Column)], rows: usize) -> Matrix {
    let mut x = Matrix::zeros(rows, binnings.len() + 1);
    for (at, (binning, column)) in binnings.iter().enumerate() {
        for (row, place) in binning.places(column).into_iter().enumerate() {
            x.set(
                row,
                at + 1,
                place.map_or(0.0, |place| binning.bins[place].woe),
            );
        }
    }
    for row in 0..rows {
        x.set(row, 0, 1.0);
    }
    x
}

impl Scorecard {
    /// The score of every row; a value that no bin knows counts as neither good nor bad.
    pub fn scores(&self, columns: &[(String, Column)]) -> Vec<f64> {
        let rows = columns.first().map_or(0, |(_, column)| column.len());
        let mut scores = vec![self.base_points; rows];
        for (variable, (_, column)) in self.variables.iter().zip(columns) {
            for (row, place) in variable.binning.places(column).into_iter().enumerate() {
                scores[row] += place.map_or(0.0, |place| variable.points[place]);
            }
        }
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_score_has_the_base_odds() {
        let (a, b) = Scale::default().factors();
        let score = |odds: f64| a - b * odds.ln();
        assert!((score(1.0 / 19.0) - 600.0).abs() < 1e-9);
        assert!((score(1.0 / 38.0) - 650.0).abs() < 1e-9);
    }

    #[test]
    fn points_of_a_row_add_up_to_its_score() {
        let x: Vec<f64> = (0..400).map(|at| f64::from(at % 40)).collect();
        let bad: Vec<bool> = (0..400)
            .map(|at| (at % 40) * 7 % 40 < 20 - (at % 40) / 3)
            .collect();
        let columns = vec![("x".to_owned(), Column::Numbers(x))];
        let card = fit(&columns, &bad, &Cuts::new(), Scale::default()).unwrap();
        let scores = card.scores(&columns);
        let variable = &card.variables[0];
        let place = variable.binning.places(&columns[0].1)[7].unwrap();
        assert!((scores[7] - card.base_points - variable.points[place]).abs() < 1e-9);
    }
}
