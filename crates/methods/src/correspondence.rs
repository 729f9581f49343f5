//! Correspondence analysis: which kinds of customers go with which products, as a map of a table of counts.
//!
//! Source: M. Greenacre, Theory and Applications of Correspondence Analysis (1984). Rows and columns are given in
//! principal coordinates: distances between rows, and between columns, are chi-square distances. Assumes counts.

use crate::MethodError;
use crate::math::linear::{Matrix, symmetric_eigen};
use crate::math::special::chi_square_tail;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Map {
    /// Of the axes, falling; their sum is χ² / n.
    pub inertia: Vec<f64>,
    /// Share of the whole inertia, by axis.
    pub explained: Vec<f64>,
    pub chi_square: f64,
    pub freedom: usize,
    pub p_value: f64,
    pub rows: Vec<Place>,
    pub columns: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    pub mass: f64,
    /// By axis.
    pub coordinates: Vec<f64>,
    /// Share in the inertia of every axis.
    pub contributions: Vec<f64>,
}

/// From counts, row after row; every row and column has to have some. At most `axes` axes.
pub fn map(counts: &Matrix, axes: usize) -> Result<Map, MethodError> {
    let (rows, columns) = (counts.rows, counts.columns);
    MethodError::unless_enough("correspondence", "rows of the table", 2, rows)?;
    MethodError::unless_enough("correspondence", "columns of the table", 2, columns)?;
    let total: f64 = counts.values.iter().sum();
    let row_mass: Vec<f64> = (0..rows)
        .map(|i| counts.row(i).iter().sum::<f64>() / total)
        .collect();
    let column_mass: Vec<f64> = (0..columns)
        .map(|j| (0..rows).map(|i| counts.at(i, j)).sum::<f64>() / total)
        .collect();
    if counts.values.iter().any(|count| *count < 0.0)
        || row_mass.iter().chain(&column_mass).any(|mass| *mass <= 0.0)
    {
        return Err(MethodError::argument(
            "the table holds counts, and some in every row and column",
        ));
    }
    let mut residuals = Matrix::zeros(rows, columns);
    for i in 0..rows {
        for j in 0..columns {
            let expected = row_mass[i] * column_mass[j];
            residuals.set(i, j, (counts.at(i, j) / total - expected) / expected.sqrt());
        }
    }
    let mut products = Matrix::zeros(columns, columns);
    for a in 0..columns {
        for b in 0..columns {
            products.set(
                a,
                b,
                (0..rows)
                    .map(|i| residuals.at(i, a) * residuals.at(i, b))
                    .sum(),
            );
        }
    }
    let (values, vectors) = symmetric_eigen(&products);
    let whole: f64 = values.iter().map(|value| value.max(0.0)).sum();
    let axes = axes.min(rows.min(columns) - 1).max(1);
    // Column axes v with S v = √λ u.
    let column_axis = |axis: usize| vectors.row(axis);
    let row_axis = |axis: usize| -> Vec<f64> {
        let project = |i: usize| crate::math::linear::dot(residuals.row(i), column_axis(axis));
        (0..rows).map(project).collect()
    };
    let row_axes: Vec<Vec<f64>> = (0..axes).map(row_axis).collect();
    let place = |mass: f64, coordinates: Vec<f64>| {
        let shares = coordinates
            .iter()
            .zip(&values)
            .map(|(x, value)| mass * x * x / value.max(1e-300));
        Place {
            mass,
            contributions: shares.collect(),
            coordinates,
        }
    };
    let chi_square = whole * total;
    let freedom = (rows - 1) * (columns - 1);
    Ok(Map {
        rows: (0..rows)
            .map(|i| {
                place(
                    row_mass[i],
                    row_axes
                        .iter()
                        .map(|axis| axis[i] / row_mass[i].sqrt())
                        .collect(),
                )
            })
            .collect(),
        columns: (0..columns)
            .map(|j| {
                let at = |axis: usize| {
                    column_axis(axis)[j] * values[axis].max(0.0).sqrt() / column_mass[j].sqrt()
                };
                place(column_mass[j], (0..axes).map(at).collect())
            })
            .collect(),
        explained: values[..axes].iter().map(|value| value / whole).collect(),
        inertia: values[..axes].to_vec(),
        chi_square,
        freedom,
        p_value: chi_square_tail(chi_square, freedom as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smokers_as_published() {
        // Greenacre's staff groups by smoking habit: inertia .0852, axes .0748 and .0100.
        let counts = [
            4, 2, 3, 2, 4, 3, 7, 4, 25, 10, 12, 4, 18, 24, 33, 13, 10, 6, 7, 2,
        ]
        .map(f64::from);
        let table = Matrix {
            rows: 5,
            columns: 4,
            values: counts.to_vec(),
        };
        let found = map(&table, 2).unwrap();
        assert!(
            (found.chi_square - 16.44).abs() < 5e-3,
            "{}",
            found.chi_square
        );
        assert!(
            (found.inertia[0] - 0.07476).abs() < 5e-6 && (found.inertia[1] - 0.01002).abs() < 5e-6
        );
        assert!((found.explained[0] - 0.878).abs() < 5e-4);
        assert!((found.rows[0].coordinates[0].abs() - 0.0658).abs() < 5e-5);
        for axis in 0..2 {
            let sum: f64 = found.rows.iter().map(|row| row.contributions[axis]).sum();
            assert!((sum - 1.0).abs() < 1e-9);
            let centre: f64 = found
                .columns
                .iter()
                .map(|one| one.mass * one.coordinates[axis])
                .sum();
            assert!(centre.abs() < 1e-9);
        }
    }

    #[test]
    fn empty_rows_are_refused() {
        assert!(
            map(
                &Matrix {
                    rows: 2,
                    columns: 2,
                    values: vec![0.0, 0.0, 1.0, 2.0]
                },
                2
            )
            .is_err()
        );
    }
}
