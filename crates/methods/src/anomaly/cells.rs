//! A series cut into cells.

use crate::math::describe::median;

/// A value below this share of the series' mean counts as zero.
const ZERO: f64 = 0.02;

/// Values to a cell: seven where there is one nearly every day, else one.
pub fn width(days: &[i32]) -> usize {
    let span = days
        .last()
        .zip(days.first())
        .map_or(0, |(last, first)| last - first + 1);
    if days.len() >= 56 && f64::from(span) < 2.0 * days.len() as f64 {
        7
    } else {
        1
    }
}

pub struct Cells {
    /// Median logarithm of the values that are not zero; NaN where there are few.
    pub level: Vec<f64>,
    /// Share of zeros among the readings; NaN where there are none.
    pub zeros: Vec<f64>,
    /// Median distance of logarithms to those a cell before; NaN where there are few.
    pub noise: Vec<f64>,
    /// The series' own level: the median of all its logarithms.
    pub middle: f64,
}

impl Cells {
    pub fn of(values: &[f64], days: &[i32], width: usize) -> Cells {
        let positive: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| *value > 0.0)
            .collect();
        let mean = positive.iter().sum::<f64>() / positive.len().max(1) as f64;
        let zero = ZERO * mean;
        let logs: Vec<f64> = values
            .iter()
            .map(|value| if *value > zero { value.ln() } else { f64::NAN })
            .collect();
        let fewest = width.div_ceil(2).min(3);
        let middle_of = |values: Vec<f64>| {
            if values.len() >= fewest {
                median(&values)
            } else {
                f64::NAN
            }
        };
        let count = days.len() / width;
        let cell = |at: usize| at * width..(at + 1) * width;
        let known = |at: usize| {
            logs[cell(at)]
                .iter()
                .copied()
                .filter(|log| log.is_finite())
                .collect()
        };
        let zeros = |at: usize| {
            let readings: Vec<f64> = values[cell(at)]
                .iter()
                .copied()
                .filter(|value| !value.is_nan())
                .collect();
            readings.iter().filter(|value| **value <= zero).count() as f64 / readings.len() as f64
        };
        let noise = |at: usize| {
            let steps = cell(at)
                .filter(|day| *day >= width)
                .map(|day| (logs[day] - logs[day - width]).abs());
            steps.filter(|step| step.is_finite()).collect()
        };
        let all: Vec<f64> = logs.iter().copied().filter(|log| log.is_finite()).collect();
        Cells {
            level: (0..count).map(|at| middle_of(known(at))).collect(),
            zeros: (0..count).map(zeros).collect(),
            noise: (0..count).map(|at| middle_of(noise(at))).collect(),
            middle: if all.is_empty() {
                f64::NAN
            } else {
                median(&all)
            },
        }
    }

    /// Means over windows of this many cells, unknown ones left out.
    pub fn windows(&self, values: &[f64], length: usize) -> Vec<f64> {
        let mean = |window: &[f64]| {
            let known: Vec<f64> = window
                .iter()
                .copied()
                .filter(|value| value.is_finite())
                .collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        values.windows(length.max(1)).filter_map(mean).collect()
    }

    /// Medians over windows, where at least half of the cells are known.
    pub fn window_medians(&self, values: &[f64], length: usize) -> Vec<f64> {
        let middle = |window: &[f64]| {
            let known: Vec<f64> = window
                .iter()
                .copied()
                .filter(|value| value.is_finite())
                .collect();
            (2 * known.len() >= window.len()).then(|| median(&known))
        };
        values
            .windows(length.max(1))
            .step_by(2)
            .filter_map(middle)
            .collect()
    }
}
