//! Gauss-Legendre quadrature.

/// Nodes and weights on [0, 1], by Newton's method on the Legendre polynomials (Press et al., Numerical Recipes, 4.6).
pub fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let count = n as f64;
    let node = |at: usize| {
        let mut x = (std::f64::consts::PI * (at as f64 + 0.75) / (count + 0.5)).cos();
        loop {
            let (mut previous, mut current) = (0.0, 1.0);
            for k in 0..n {
                let k = k as f64;
                let next = ((2.0 * k + 1.0) * x * current - k * previous) / (k + 1.0);
                previous = current;
                current = next;
            }
            let slope = count * (x * current - previous) / (x * x - 1.0);
            let step = current / slope;
            x -= step;
            if step.abs() < 1e-15 {
                let weight = 1.0 / ((1.0 - x * x) * slope * slope);
                return (0.5 * (1.0 - x), weight);
            }
        }
    };
    (0..n).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_up_to_degree_2n_minus_1_are_exact() {
        for n in [1, 2, 5, 16, 32] {
            let rule = gauss_legendre(n);
            for degree in 0..2 * n {
                let sum: f64 = rule.iter().map(|(x, w)| w * x.powi(degree as i32)).sum();
                assert!((sum - 1.0 / (degree + 1) as f64).abs() < 1e-14);
            }
        }
    }
}
