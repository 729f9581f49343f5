//! Dense linear algebra for the small systems of the methods.

/// A matrix, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

impl Matrix {
    pub fn zeros(rows: usize, columns: usize) -> Matrix {
        Matrix {
            rows,
            columns,
            values: vec![0.0; rows * columns],
        }
    }

    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    pub fn set(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.columns + column] = value;
    }

    pub fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.columns + column] += value;
    }

    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// Fills the part above the diagonal from the part below it.
    pub fn mirror(&mut self) {
        for row in 0..self.rows {
            for column in 0..row {
                let value = self.at(row, column);
                self.set(column, row, value);
            }
        }
    }
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The lower triangle L with L Lᵀ = A, of which only the lower triangle is read; `None` unless A is positive definite.
pub fn cholesky(a: &Matrix) -> Option<Matrix> {
    let n = a.rows;
    let mut lower = Matrix::zeros(n, n);
    for row in 0..n {
        for column in 0..=row {
            let inner = dot(&lower.row(row)[..column], &lower.row(column)[..column]);
            let rest = a.at(row, column) - inner;
            if row == column {
                // Below this, what is left of the pivot is rounding.
                if rest <= 1e-13 * a.at(row, row).abs() || !rest.is_finite() {
                    return None;
                }
                lower.set(row, row, rest.sqrt());
            } else {
                lower.set(row, column, rest / lower.at(column, column));
            }
        }
    }
    Some(lower)
}

/// Solves L Lᵀ x = b.
pub fn cholesky_solve(lower: &Matrix, b: &[f64]) -> Vec<f64> {
    let n = lower.rows;
    let mut x = b.to_vec();
    for row in 0..n {
        let inner = dot(&lower.row(row)[..row], &x[..row]);
        x[row] = (x[row] - inner) / lower.at(row, row);
    }
    for row in (0..n).rev() {
        let inner: f64 = (row + 1..n)
            .map(|below| lower.at(below, row) * x[below])
            .sum();
        x[row] = (x[row] - inner) / lower.at(row, row);
    }
    x
}

/// The inverse of L Lᵀ.
pub fn cholesky_inverse(lower: &Matrix) -> Matrix {
    let n = lower.rows;
    let mut inverse = Matrix::zeros(n, n);
    for column in 0..n {
        let mut unit = vec![0.0; n];
        unit[column] = 1.0;
        for (row, value) in cholesky_solve(lower, &unit).into_iter().enumerate() {
            inverse.set(row, column, value);
        }
    }
    inverse
}

/// Solves A x = b by elimination with pivots; `None` where A is singular.
pub fn solve(a: &Matrix, b: &[f64]) -> Option<Vec<f64>> {
    let n = a.rows;
    let mut a = a.clone();
    let mut x = b.to_vec();
    for step in 0..n {
        let pivot =
            (step..n).max_by(|i, j| a.at(*i, step).abs().total_cmp(&a.at(*j, step).abs()))?;
        if a.at(pivot, step).abs() < 1e-300 {
            return None;
        }
        if pivot != step {
            for column in 0..n {
                a.values.swap(step * n + column, pivot * n + column);
            }
            x.swap(step, pivot);
        }
        for row in step + 1..n {
            let factor = a.at(row, step) / a.at(step, step);
            if factor == 0.0 {
                continue;
            }
            for column in step..n {
                let value = a.at(step, column);
                a.add(row, column, -factor * value);
            }
            x[row] -= factor * x[step];
        }
    }
    for row in (0..n).rev() {
        let inner = dot(&a.row(row)[row + 1..], &x[row + 1..]);
        x[row] = (x[row] - inner) / a.at(row, row);
    }
    x.iter().all(|value| value.is_finite()).then_some(x)
}

/// Least squares: the coefficients of `columns` (each as long as `y`) that fit `y`, by the normal equations.
pub fn regress(columns: &[&[f64]], y: &[f64]) -> Option<Vec<f64>> {
    let n = columns.len();
    let mut products = Matrix::zeros(n, n);
    let mut right = vec![0.0; n];
    for i in 0..n {
        for j in 0..=i {
            products.set(i, j, dot(columns[i], columns[j]));
        }
        right[i] = dot(columns[i], y);
    }
    Some(cholesky_solve(&cholesky(&products)?, &right))
}

/// Eigenvalues, falling, and their eigenvectors (one a row) of a symmetric matrix, by Jacobi's rotations.
pub fn symmetric_eigen(a: &Matrix) -> (Vec<f64>, Matrix) {
    let n = a.rows;
    let mut a = a.clone();
    let mut vectors = Matrix::zeros(n, n);
    for i in 0..n {
        vectors.set(i, i, 1.0);
    }
    for _sweep in 0..100 {
        let off: f64 = (0..n)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| a.at(i, j).powi(2))
            .sum();
        let on: f64 = (0..n).map(|i| a.at(i, i).powi(2)).sum();
        if off <= 1e-32 * on {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| a.at(*j, *j).total_cmp(&a.at(*i, *i)));
    let values = order.iter().map(|i| a.at(*i, *i)).collect();
    let mut sorted = Matrix::zeros(n, n);
    for (row, from) in order.into_iter().enumerate() {
        for column in 0..n {
            sorted.set(row, column, vectors.at(from, column));
        }
    }
    (values, sorted)
}

/// One rotation that makes a(p, q) zero; eigenvectors are rows.
fn rotate(a: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    let apq = a.at(p, q);
    if apq == 0.0 {
        return;
    }
    let theta = (a.at(q, q) - a.at(p, p)) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let t = if theta == 0.0 { 1.0 } else { t };
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for k in 0..a.rows {
        let (akp, akq) = (a.at(k, p), a.at(k, q));
        a.set(k, p, c * akp - s * akq);
        a.set(k, q, s * akp + c * akq);
    }
    for k in 0..a.rows {
        let (apk, aqk) = (a.at(p, k), a.at(q, k));
        a.set(p, k, c * apk - s * aqk);
        a.set(q, k, s * apk + c * aqk);
        let (vpk, vqk) = (vectors.at(p, k), vectors.at(q, k));
        vectors.set(p, k, c * vpk - s * vqk);
        vectors.set(q, k, s * vpk + c * vqk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn positive(n: usize) -> Matrix {
        let mut random = Random::new(3);
        let factors: Vec<f64> = (0..n * n).map(|_| random.normal()).collect();
        let mut a = Matrix::zeros(n, n);
        for i in 0..n {
            for j in 0..n {
                a.set(
                    i,
                    j,
                    (0..n)
                        .map(|k| factors[i * n + k] * factors[j * n + k])
                        .sum(),
                );
            }
        }
        a
    }

    #[test]
    fn solutions_satisfy_their_equations() {
        let a = positive(7);
        let b: Vec<f64> = (0..7).map(f64::from).collect();
        let lower = cholesky(&a).unwrap();
        for x in [cholesky_solve(&lower, &b), solve(&a, &b).unwrap()] {
            assert!((0..7).all(|i| (dot(a.row(i), &x) - b[i]).abs() < 1e-9));
        }
        let inverse = cholesky_inverse(&lower);
        assert!((dot(a.row(2), inverse.row(2)) - 1.0).abs() < 1e-9);
        let singular = Matrix {
            rows: 2,
            columns: 2,
            values: vec![1.0, 1.0, 1.0, 1.0],
        };
        assert!(cholesky(&singular).is_none());
        assert!(solve(&singular, &[1.0, 2.0]).is_none());
    }

    #[test]
    fn eigenvectors_are_stretched_by_their_eigenvalues() {
        let a = positive(6);
        let (values, vectors) = symmetric_eigen(&a);
        assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        for (k, value) in values.iter().enumerate() {
            let v = vectors.row(k);
            assert!((0..6).all(|i| (dot(a.row(i), v) - value * v[i]).abs() < 1e-9));
        }
    }

    #[test]
    fn a_line_is_found() {
        let x = [0.0, 1.0, 2.0, 3.0];
        let fit = regress(&[&[1.0; 4], &x], &[1.0, 3.0, 5.0, 7.0]).unwrap();
        assert!((fit[0] - 1.0).abs() < 1e-12 && (fit[1] - 2.0).abs() < 1e-12);
    }
}
