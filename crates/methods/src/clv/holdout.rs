//! How well what was expected came true in a later time that the fit did not see.

use crate::math::describe::correlation;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HoldOut {
    pub customers: usize,
    pub actual_orders: f64,
    pub expected_orders: f64,
    /// Mean absolute error, and root of the mean squared error, of a customer's number of orders.
    pub mae: f64,
    pub rmse: f64,
    pub correlation: f64,
    /// By repeat orders in the time of the fit; the last class holds all above.
    pub by_x: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    pub x: String,
    pub n: usize,
    /// Mean orders of a customer.
    pub actual: f64,
    pub expected: f64,
}

/// Repeat orders from which on customers are one class.
const LAST_CLASS: usize = 7;

pub fn compare(x: &[f64], actual: &[f64], expected: &[f64]) -> HoldOut {
    let n = x.len() as f64;
    let errors = || actual.iter().zip(expected).map(|(a, e)| a - e);
    let by_x = (0..=LAST_CLASS).filter_map(|class| {
        let of_class = |row: &usize| (x[*row] as usize).min(LAST_CLASS) == class;
        let rows: Vec<usize> = (0..x.len()).filter(of_class).collect();
        let mean =
            |values: &[f64]| rows.iter().map(|row| values[*row]).sum::<f64>() / rows.len() as f64;
        (!rows.is_empty()).then(|| Group {
            x: if class == LAST_CLASS {
                format!("{class}+")
            } else {
                class.to_string()
            },
            n: rows.len(),
            actual: mean(actual),
            expected: mean(expected),
        })
    });
    HoldOut {
        customers: x.len(),
        actual_orders: actual.iter().sum(),
        expected_orders: expected.iter().sum(),
        mae: errors().map(f64::abs).sum::<f64>() / n,
        rmse: (errors().map(|e| e * e).sum::<f64>() / n).sqrt(),
        correlation: correlation(actual, expected),
        by_x: by_x.collect(),
    }
}
