//! The forecasts that every other has to beat: the last value, or the last value of the same season.

use super::{Forecast, Point};

/// `season` 1 gives the naive forecast. Intervals follow a random walk whose steps are the seasonal differences.
pub fn forecast(y: &[f64], season: usize, horizon: usize) -> Forecast {
    let n = y.len();
    let season = season.min(n - 1).max(1);
    let squares = (season..n)
        .map(|t| (y[t] - y[t - season]).powi(2))
        .sum::<f64>();
    let deviation = (squares / (n - season) as f64).sqrt();
    let points = (0..horizon).map(|step| {
        let cycles = (step / season + 1) as f64;
        Point::normal(y[n - season + step % season], deviation * cycles.sqrt())
    });
    Forecast {
        model: if season == 1 {
            "naive".to_owned()
        } else {
            format!("snaive[{season}]")
        },
        aicc: None,
        points: points.collect(),
        parameters: vec![("sigma".to_owned(), deviation)],
    }
}

/// Mean absolute difference to the value a season before: the unit of the mean absolute scaled error.
pub fn mean_step(y: &[f64], season: usize) -> f64 {
    let steps = (season..y.len()).map(|t| (y[t] - y[t - season]).abs());
    (steps.sum::<f64>() / (y.len() - season) as f64).max(1e-300)
}
