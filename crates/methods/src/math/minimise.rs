//! Minimisation of smooth functions without bounds: BFGS, and Nelder-Mead where gradients can't be trusted.

use super::linear::{Matrix, dot};

/// Where a minimisation ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    pub at: Vec<f64>,
    pub value: f64,
    pub gradient: Vec<f64>,
    pub iterations: usize,
    pub converged: bool,
}

/// When BFGS stops.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    pub most_iterations: usize,
    /// The largest component of the gradient, relative to max(1, |value|).
    pub gradient: f64,
    /// The relative improvement of the value, twice in a row.
    pub value: f64,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop {
            most_iterations: 500,
            gradient: 1e-9,
            value: 1e-14,
        }
    }
}

/// BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, 3.5 and 6.1).
///
/// `f` gives value and gradient; a value that is not finite is a wall. `at` is where the search begins.
pub fn bfgs(mut f: impl FnMut(&[f64]) -> (f64, Vec<f64>), at: &[f64], stop: Stop) -> Minimum {
    let n = at.len();
    let (value, gradient) = f(at);
    let mut here = Minimum {
        at: at.to_vec(),
        value,
        gradient,
        iterations: 0,
        converged: false,
    };
    let mut inverse = identity(n);
    let (mut is_first, mut idle) = (true, 0);
    while here.iterations < stop.most_iterations {
        let steepness = here.gradient.iter().fold(0f64, |most, g| most.max(g.abs()));
        if steepness <= stop.gradient * here.value.abs().max(1.0) {
            here.converged = true;
            break;
        }
        let mut direction: Vec<f64> = (0..n)
            .map(|i| -dot(inverse.row(i), &here.gradient))
            .collect();
        if dot(&direction, &here.gradient) >= 0.0 {
            inverse = identity(n);
            direction = here.gradient.iter().map(|g| -g).collect();
            is_first = true;
        }
        let length = dot(&direction, &direction).sqrt();
        let first_step = if is_first {
            (1.0 / length).min(1.0)
        } else {
            1.0
        };
        let Some((value, next, gradient)) = line_search(&mut f, &here, &direction, first_step)
        else {
            if is_first {
                // No way down even along the gradient: this is as low as the numbers can tell.
                here.converged = steepness <= 1e-5 * here.value.abs().max(1.0);
                break;
            }
            inverse = identity(n);
            is_first = true;
            continue;
        };
        let s: Vec<f64> = next.iter().zip(&here.at).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = gradient
            .iter()
            .zip(&here.gradient)
            .map(|(a, b)| a - b)
            .collect();
        update(&mut inverse, &s, &y, is_first);
        is_first = false;
        let improvement = (here.value - value).abs() / here.value.abs().max(1.0);
        idle = if improvement <= stop.value {
            idle + 1
        } else {
            0
        };
        here = Minimum {
            at: next,
            value,
            gradient,
            iterations: here.iterations + 1,
            converged: idle >= 2,
        };
        if here.converged {
            break;
        }
    }
    here
}

fn identity(n: usize) -> Matrix {
    let mut matrix = Matrix::zeros(n, n);
    for i in 0..n {
        matrix.set(i, i, 1.0);
    }
    matrix
}

/// The BFGS update of the inverse Hessian; skipped where the curvature along the step is not positive.
fn update(inverse: &mut Matrix, s: &[f64], y: &[f64], is_first: bool) {
    let n = s.len();
    let curvature = dot(s, y);
    if curvature <= 1e-14 * (dot(s, s) * dot(y, y)).sqrt() {
        return;
    }
    if is_first {
        let scale = curvature / dot(y, y);
        for i in 0..n {
            inverse.set(i, i, scale);
        }
    }
    let hy: Vec<f64> = (0..n).map(|i| dot(inverse.row(i), y)).collect();
    let factor = (1.0 + dot(y, &hy) / curvature) / curvature;
    for i in 0..n {
        for j in 0..n {
            inverse.add(
                i,
                j,
                factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / curvature,
            );
        }
    }
}

type Point = (f64, Vec<f64>, Vec<f64>);

/// A step along `direction` that satisfies the strong Wolfe conditions, or at least goes down.
fn line_search(
    f: &mut impl FnMut(&[f64]) -> (f64, Vec<f64>),
    here: &Minimum,
    direction: &[f64],
    first_step: f64,
) -> Option<Point> {
    const DECREASE: f64 = 1e-4;
    const CURVATURE: f64 = 0.9;
    let slope = dot(&here.gradient, direction);
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut low_value = here.value;
    let mut step = first_step;
    let mut best: Option<Point> = None;
    for _ in 0..50 {
        let at: Vec<f64> = here
            .at
            .iter()
            .zip(direction)
            .map(|(x, d)| x + step * d)
            .collect();
        let (value, gradient) = f(&at);
        let is_sound = value.is_finite() && gradient.iter().all(|g| g.is_finite());
        if !is_sound || value > here.value + DECREASE * step * slope || value > low_value {
            high = step;
        } else {
            let slope_there = dot(&gradient, direction);
            if best.as_ref().is_none_or(|best| value <= best.0) {
                best = Some((value, at, gradient));
            }
            if slope_there.abs() <= -CURVATURE * slope {
                return best;
            }
            if slope_there > 0.0 {
                high = step;
            } else {
                low = step;
                low_value = value;
            }
        }
        step = if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * step
        };
        if high.is_finite() && (high - low) < 1e-14 * high {
            break;
        }
    }
    best.filter(|best| best.0 < here.value)
}

/// Value and gradient by central differences with a step of the cube root of the rounding error.
pub fn with_differences<'a>(
    f: impl Fn(&[f64]) -> f64 + 'a,
) -> impl FnMut(&[f64]) -> (f64, Vec<f64>) + 'a {
    move |at| {
        let mut moved = at.to_vec();
        let gradient = (0..at.len()).map(|i| {
            let step = 6e-6 * at[i].abs().max(1.0);
            moved[i] = at[i] + step;
            let up = f(&moved);
            moved[i] = at[i] - step;
            let down = f(&moved);
            moved[i] = at[i];
            (up - down) / (2.0 * step)
        });
        let gradient = gradient.collect();
        (f(at), gradient)
    }
}

/// Nelder and Mead's simplex (1965), with the adaptive parameters of Gao and Han (2012).
pub fn nelder_mead(f: impl Fn(&[f64]) -> f64, at: &[f64], size: f64, most: usize) -> Minimum {
    let n = at.len();
    let dimension = n.max(2) as f64;
    let (expansion, contraction) = (1.0 + 2.0 / dimension, 0.75 - 0.5 / dimension);
    let shrinkage = 1.0 - 1.0 / dimension;
    let worth = |x: &[f64]| {
        let value = f(x);
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let mut simplex: Vec<(f64, Vec<f64>)> = vec![(worth(at), at.to_vec())];
    for i in 0..n {
        let mut corner = at.to_vec();
        corner[i] += size * corner[i].abs().max(1.0);
        simplex.push((worth(&corner), corner));
    }
    let mut iterations = 0;
    let mut converged = false;
    while iterations < most {
        iterations += 1;
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (best, worst) = (simplex[0].0, simplex[n].0);
        if (worst - best).abs() <= 1e-12 * best.abs().max(1e-12) {
            converged = true;
            break;
        }
        let centre: Vec<f64> = (0..n)
            .map(|i| simplex[..n].iter().map(|(_, x)| x[i]).sum::<f64>() / n as f64)
            .collect();
        let towards = |factor: f64| {
            let x: Vec<f64> = centre
                .iter()
                .zip(&simplex[n].1)
                .map(|(c, w)| c + factor * (c - w))
                .collect();
            (worth(&x), x)
        };
        let reflected = towards(1.0);
        let replacement = if reflected.0 < best {
            let expanded = towards(expansion);
            Some(if expanded.0 < reflected.0 {
                expanded
            } else {
                reflected
            })
        } else if reflected.0 < simplex[n - 1].0 {
            Some(reflected)
        } else {
            let is_outside = reflected.0 < worst;
            let contracted = towards(if is_outside {
                contraction
            } else {
                -contraction
            });
            (contracted.0 < reflected.0.min(worst)).then_some(contracted)
        };
        match replacement {
            Some(point) => simplex[n] = point,
            None => {
                let origin = simplex[0].1.clone();
                for (value, x) in &mut simplex[1..] {
                    for (xi, oi) in x.iter_mut().zip(&origin) {
                        *xi = oi + shrinkage * (*xi - oi);
                    }
                    *value = worth(x);
                }
            }
        }
    }
    simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (value, at) = simplex.swap_remove(0);
    Minimum {
        gradient: vec![f64::NAN; n],
        at,
        value,
        iterations,
        converged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock(x: &[f64]) -> f64 {
        x.windows(2)
            .map(|p| 100.0 * (p[1] - p[0] * p[0]).powi(2) + (1.0 - p[0]).powi(2))
            .sum()
    }

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        let start = [-1.2, 1.0, -0.5, 2.0];
        let by_slope = bfgs(with_differences(rosenbrock), &start, Stop::default());
        assert!(
            by_slope.at.iter().all(|x| (x - 1.0).abs() < 1e-5),
            "{by_slope:?}"
        );
        let by_simplex = nelder_mead(rosenbrock, &start, 0.1, 5000);
        assert!(
            by_simplex.at.iter().all(|x| (x - 1.0).abs() < 1e-3),
            "{by_simplex:?}"
        );
    }

    #[test]
    fn a_wall_is_not_crossed() {
        let f = |x: &[f64]| {
            if x[0] <= 0.0 {
                f64::NAN
            } else {
                x[0] - x[0].ln()
            }
        };
        let end = bfgs(with_differences(f), &[20.0], Stop::default());
        assert!((end.at[0] - 1.0).abs() < 1e-5);
    }
}
