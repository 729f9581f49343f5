//! Logistic regression: what makes an outcome likely, by how much, and for each case why.
//!
//! Source: Hosmer and Lemeshow, Applied Logistic Regression; fitted by Newton's method (iteratively reweighted least
//! squares), with an optional quadratic penalty on all coefficients but the intercept.
//!
//! Numbers enter as z-scores by the mean and population deviation of the fitting rows, so that coefficients compare;
//! texts as one 0/1 column a level, levels in code-point order, the first left out. A missing number is the mean, a
//! missing text a level of its own, and a level that the fit did not see is like the first.

use crate::MethodError;
use crate::columns::Coded;
use crate::math::describe::moments;
use crate::math::linear::{Matrix, cholesky, cholesky_inverse, cholesky_solve, dot};
use crate::math::parallel;
use serde::Serialize;

/// A column by which cases are told apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// NaN where missing.
    Numbers(Vec<f64>),
    Texts(Coded),
}

impl Column {
    pub fn len(&self) -> usize {
        match self {
            Column::Numbers(values) => values.len(),
            Column::Texts(texts) => texts.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How one column becomes columns of numbers.
#[derive(Debug, Clone, PartialEq)]
enum Coding {
    Number { mean: f64, deviation: f64 },
    Levels(Vec<String>),
}

const MISSING: &str = "(missing)";

/// The coding of all columns, learned on the fitting rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    columns: Vec<(String, Coding)>,
}

impl Design {
    pub fn of(columns: &[(String, Column)], scaling: Scaling) -> Design {
        let code = |(name, column): &(String, Column)| {
            let coding = match column {
                Column::Numbers(values) => {
                    let known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
                    let (mean, variance) = if known.is_empty() {
                        (0.0, 0.0)
                    } else {
                        moments(&known)
                    };
                    match scaling {
                        Scaling::Standard => Coding::Number {
                            mean,
                            deviation: variance.sqrt(),
                        },
                        // Missing values still become the mean.
                        Scaling::Raw => Coding::Number {
                            mean,
                            deviation: f64::NAN,
                        },
                    }
                }
                Column::Texts(texts) => {
                    let mut levels: Vec<String> = texts.names.iter().map(str::to_owned).collect();
                    if texts.codes.contains(&Coded::MISSING) {
                        levels.push(MISSING.to_owned());
                    }
                    levels.sort();
                    Coding::Levels(levels)
                }
            };
            (name.clone(), coding)
        };
        Design {
            columns: columns.iter().map(code).collect(),
        }
    }

    /// Names of the coefficients: the intercept, `number`, `text=level`.
    pub fn names(&self) -> Vec<String> {
        let of_column = |(name, coding): &(String, Coding)| match coding {
            Coding::Number { .. } => vec![name.clone()],
            Coding::Levels(levels) => levels
                .iter()
                .skip(1)
                .map(|level| format!("{name}={level}"))
                .collect(),
        };
        std::iter::once("(intercept)".to_owned())
            .chain(self.columns.iter().flat_map(of_column))
            .collect()
    }

    /// One row a case: 1, then the coded columns.
    pub fn matrix(&self, columns: &[(String, Column)]) -> Matrix {
        let rows = columns.first().map_or(0, |(_, column)| column.len());
        let width = self.names().len();
        let mut matrix = Matrix::zeros(rows, width);
        for row in 0..rows {
            matrix.set(row, 0, 1.0);
        }
        let mut at = 1;
        for ((_, coding), (_, column)) in self.columns.iter().zip(columns) {
            at += fill(&mut matrix, at, coding, column);
        }
        matrix
    }

    /// For every coefficient but the intercept, the number of its column.
    fn owners(&self) -> Vec<usize> {
        let width = |coding: &Coding| match coding {
            Coding::Number { .. } => 1,
            Coding::Levels(levels) => levels.len().saturating_sub(1),
        };
        let columns = self.columns.iter().enumerate();
        columns
            .flat_map(|(at, (_, coding))| std::iter::repeat_n(at, width(coding)))
            .collect()
    }
}

/// Fills the columns from `at` on and says how many there were.
fn fill(matrix: &mut Matrix, at: usize, coding: &Coding, column: &Column) -> usize {
    match (coding, column) {
        (Coding::Number { mean, deviation }, Column::Numbers(values)) => {
            for (row, value) in values.iter().enumerate() {
                let value = if value.is_nan() { *mean } else { *value };
                let scaled = match *deviation {
                    deviation if deviation.is_nan() => value,
                    deviation if deviation > 0.0 => (value - mean) / deviation,
                    _ => 0.0,
                };
                matrix.set(row, at, scaled);
            }
            1
        }
        (Coding::Levels(levels), Column::Texts(texts)) => {
            let place = |level: &str| {
                levels
                    .binary_search_by(|one| one.as_str().cmp(level))
                    .unwrap_or(0)
            };
            let places: Vec<usize> = texts.names.iter().map(place).collect();
            let missing = place(MISSING);
            for (row, code) in texts.codes.iter().enumerate() {
                let place = places.get(*code as usize).copied().unwrap_or(missing);
                if place > 0 {
                    matrix.set(row, at + place - 1, 1.0);
                }
            }
            levels.len().saturating_sub(1)
        }
        // A column that changed its kind between fit and use says nothing.
        (Coding::Number { .. }, _) => 1,
        (Coding::Levels(levels), _) => levels.len().saturating_sub(1),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    Standard,
    Raw,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coefficient {
    pub name: String,
    pub value: f64,
    /// Standard error, from the inverse of the observed information.
    pub se: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Logit {
    pub coefficients: Vec<Coefficient>,
    pub log_likelihood: f64,
    /// Of the intercept alone.
    pub null_log_likelihood: f64,
    pub iterations: usize,
    /// False where columns separate the outcomes so well that coefficients grow without end.
    pub converged: bool,
}

const MOST_ITERATIONS: usize = 60;
const GRAIN: usize = 2048;

/// Fits `positive` on the rows of a design; `penalty` is λ in ½ λ Σ coefficient².
pub fn fit(
    names: &[String],
    x: &Matrix,
    positive: &[bool],
    penalty: f64,
) -> Result<Logit, MethodError> {
    let positives = positive.iter().filter(|is| **is).count();
    MethodError::unless_enough("logit", "positive cases", 1, positives)?;
    MethodError::unless_enough("logit", "negative cases", 1, positive.len() - positives)?;
    MethodError::unless_enough("logit", "cases", x.columns + 1, x.rows)?;
    let share = positives as f64 / positive.len() as f64;
    let mut beta = vec![0.0; x.columns];
    let mut here = Step::at(x, positive, &beta, penalty);
    let (mut iterations, mut converged) = (0, false);
    while iterations < MOST_ITERATIONS && !converged {
        iterations += 1;
        let Some(lower) = cholesky(&here.information) else {
            return Err(MethodError::Singular(
                "the columns say the same twice, or one of them never varies: leave it out, or give a penalty".into(),
            ));
        };
        let direction = cholesky_solve(&lower, &here.gradient);
        let mut length = 1.0;
        loop {
            let tried: Vec<f64> = beta
                .iter()
                .zip(&direction)
                .map(|(b, d)| b + length * d)
                .collect();
            let there = Step::at(x, positive, &tried, penalty);
            if there.objective >= here.objective - 1e-12 * here.objective.abs() || length < 1e-6 {
                let gain = there.objective - here.objective;
                converged = gain.abs() <= 1e-12 * here.objective.abs() && length >= 1e-6;
                (beta, here) = (tried, there);
                break;
            }
            length *= 0.5;
        }
    }
    let inverse = cholesky(&here.information).map(|lower| cholesky_inverse(&lower));
    let coefficients = names.iter().enumerate().map(|(at, name)| Coefficient {
        name: name.clone(),
        value: beta[at],
        se: inverse
            .as_ref()
            .map_or(f64::NAN, |inverse| inverse.at(at, at).sqrt()),
    });
    let n = positive.len() as f64;
    Ok(Logit {
        log_likelihood: here.log_likelihood,
        null_log_likelihood: n * (share * share.ln() + (1.0 - share) * (1.0 - share).ln()),
        converged: converged && beta.iter().all(|b| b.abs() < 30.0),
        iterations,
        coefficients: coefficients.collect(),
    })
}

/// The likelihood with its first two derivatives.
struct Step {
    log_likelihood: f64,
    /// With the penalty taken off.
    objective: f64,
    gradient: Vec<f64>,
    information: Matrix,
}

impl Step {
    fn at(x: &Matrix, positive: &[bool], beta: &[f64], penalty: f64) -> Step {
        let width = x.columns;
        let parts = parallel::map_ranges(x.rows, GRAIN, |range| {
            let mut log_likelihood = 0.0;
            let mut gradient = vec![0.0; width];
            let mut information = Matrix::zeros(width, width);
            for row in range {
                let cells = x.row(row);
                let score = dot(cells, beta);
                let p = logistic(score);
                let signed = if positive[row] { score } else { -score };
                log_likelihood -= (-signed.abs()).exp().ln_1p() - signed.min(0.0);
                let error = f64::from(u8::from(positive[row])) - p;
                let weight = p * (1.0 - p);
                for i in 0..width {
                    // Most cells of a coded text are zero.
                    if cells[i] == 0.0 {
                        continue;
                    }
                    gradient[i] += error * cells[i];
                    let scaled = weight * cells[i];
                    let into = &mut information.values[i * width..i * width + i + 1];
                    for (sum, cell) in into.iter_mut().zip(cells) {
                        *sum += scaled * cell;
                    }
                }
            }
            (log_likelihood, gradient, information)
        });
        let mut sum = Step {
            log_likelihood: 0.0,
            objective: 0.0,
            gradient: vec![0.0; width],
            information: Matrix::zeros(width, width),
        };
        for (log_likelihood, gradient, information) in parts {
            sum.log_likelihood += log_likelihood;
            add(&mut sum.gradient, &gradient);
            add(&mut sum.information.values, &information.values);
        }
        for i in 1..width {
            sum.gradient[i] -= penalty * beta[i];
            sum.information.add(i, i, penalty);
        }
        sum.objective = sum.log_likelihood - 0.5 * penalty * dot(&beta[1..], &beta[1..]);
        sum
    }
}

fn add(sum: &mut [f64], more: &[f64]) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        x.exp() / (1.0 + x.exp())
    }
}

impl Logit {
    /// The probability of every row of a design.
    pub fn probabilities(&self, x: &Matrix) -> Vec<f64> {
        let beta: Vec<f64> = self.coefficients.iter().map(|one| one.value).collect();
        (0..x.rows)
            .map(|row| logistic(dot(x.row(row), &beta)))
            .collect()
    }

    /// What every column adds to one row's log-odds beyond what it adds to the average row, largest first.
    pub fn reasons(&self, design: &Design, x: &Matrix, means: &[f64], row: usize) -> Vec<Reason> {
        let mut shares = vec![0.0; design.columns.len()];
        for (at, owner) in design.owners().into_iter().enumerate() {
            shares[owner] += self.coefficients[at + 1].value * (x.at(row, at + 1) - means[at + 1]);
        }
        let named = design.columns.iter().zip(shares);
        let mut reasons: Vec<Reason> = named
            .map(|((name, _), contribution)| Reason {
                name: name.clone(),
                contribution,
            })
            .collect();
        reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        reasons
    }
}

/// A column's share in one case's log-odds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    pub name: String,
    pub contribution: f64,
}

/// The means of the columns of a design.
pub fn means(x: &Matrix) -> Vec<f64> {
    let mut sums = vec![0.0; x.columns];
    for row in 0..x.rows {
        add(&mut sums, x.row(row));
    }
    sums.iter().map(|sum| sum / x.rows as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(numbers: &[f64], texts: &[&str]) -> Vec<(String, Column)> {
        vec![
            ("n".to_owned(), Column::Numbers(numbers.to_vec())),
            ("t".to_owned(), Column::Texts(Coded::of(texts))),
        ]
    }

    #[test]
    fn a_two_by_two_table_gives_its_log_odds_ratio() {
        // 10 of 30 in a, 20 of 30 in b.
        let texts: Vec<&str> = [("a", 30), ("b", 30)]
            .iter()
            .flat_map(|(t, n)| vec![*t; *n])
            .collect();
        let positive: Vec<bool> = (0..60)
            .map(|at| at < 10 || (30..50).contains(&at))
            .collect();
        let columns = vec![("t".to_owned(), Column::Texts(Coded::of(&texts)))];
        let design = Design::of(&columns, Scaling::Standard);
        let found = fit(&design.names(), &design.matrix(&columns), &positive, 0.0).unwrap();
        assert_eq!(found.coefficients[1].name, "t=b");
        assert!((found.coefficients[0].value + 2f64.ln()).abs() < 1e-9);
        assert!((found.coefficients[1].value - 4f64.ln()).abs() < 1e-9);
        let se = (1.0f64 / 10.0 + 1.0 / 20.0 + 1.0 / 20.0 + 1.0 / 10.0).sqrt();
        assert!((found.coefficients[1].se - se).abs() < 1e-8);
        assert!(found.converged);
    }

    #[test]
    fn separation_is_said() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let columns = vec![("n".to_owned(), Column::Numbers(x))];
        let design = Design::of(&columns, Scaling::Standard);
        let positive: Vec<bool> = (0..20).map(|at| at >= 10).collect();
        let found = fit(&design.names(), &design.matrix(&columns), &positive, 0.0);
        assert!(found.is_err() || found.is_ok_and(|found| !found.converged));
        let tamed = fit(&design.names(), &design.matrix(&columns), &positive, 1.0).unwrap();
        assert!(tamed.converged);
    }

    #[test]
    fn unknown_levels_and_missing_numbers_are_the_usual_case() {
        let design = Design::of(
            &columns(&[1.0, 3.0, f64::NAN], &["a", "b", "c"]),
            Scaling::Standard,
        );
        let x = design.matrix(&columns(&[f64::NAN, 3.0], &["z", "c"]));
        assert_eq!(x.row(0), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(x.row(1), [1.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn one_class_alone_is_refused() {
        let columns = columns(&[1.0, 2.0], &["a", "b"]);
        let design = Design::of(&columns, Scaling::Raw);
        assert!(
            fit(
                &design.names(),
                &design.matrix(&columns),
                &[true, true],
                0.0
            )
            .is_err()
        );
    }
}
