//! Descriptive statistics. Slices of finite numbers unless a function says otherwise.

/// NaN on an empty slice.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean and population variance (divided by n), in two passes.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let mean = mean(values);
    let squares = values.iter().map(|x| (x - mean) * (x - mean));
    (mean, squares.sum::<f64>() / values.len() as f64)
}

/// Population standard deviation.
pub fn deviation(values: &[f64]) -> f64 {
    moments(values).1.sqrt()
}

/// Sample variance (divided by n − 1).
pub fn sample_variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    moments(values).1 * n / (n - 1.0)
}

/// Pearson's correlation; NaN where a side does not vary.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, variance_a) = moments(a);
    let (mean_b, variance_b) = moments(b);
    let products = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b));
    products.sum::<f64>() / a.len() as f64 / (variance_a * variance_b).sqrt()
}

/// Quantile of rising values with linear interpolation (definition 7 of Hyndman and Fan, 1996); NaN on none.
pub fn quantile_of_sorted(sorted: &[f64], share: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let at = share * (sorted.len() - 1) as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
}

pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

pub fn median(values: &[f64]) -> f64 {
    quantile_of_sorted(&sorted(values), 0.5)
}

/// Median, and 1.4826 × the median distance from it, which estimates the standard deviation of a normal.
pub fn robust_scale(values: &[f64]) -> (f64, f64) {
    let middle = median(values);
    let distances: Vec<f64> = values.iter().map(|x| (x - middle).abs()).collect();
    (middle, 1.4826 * median(&distances))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile_of_sorted(&sorted, 0.0), 1.0);
        assert_eq!(quantile_of_sorted(&sorted, 0.5), 2.5);
        assert!((quantile_of_sorted(&sorted, 0.2) - 1.6).abs() < 1e-12);
        assert_eq!(quantile_of_sorted(&sorted, 1.0), 4.0);
        assert!(quantile_of_sorted(&[], 0.5).is_nan());
    }

    #[test]
    fn moments_by_hand() {
        assert_eq!(
            moments(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]),
            (5.0, 4.0)
        );
        assert!((correlation(&[1.0, 2.0, 3.0], &[6.0, 4.0, 2.0]) + 1.0).abs() < 1e-12);
        assert_eq!(robust_scale(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]).0, 2.0);
    }
}
