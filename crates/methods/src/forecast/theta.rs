//! The Theta method: simple exponential smoothing of the series without its season, with half of its linear trend as
//! drift (in the form of Hyndman and Billah, 2003).

use super::decompose::{Kind, autocorrelations, decompose};
use super::{Forecast, Point, ets};
use crate::math::linear::regress;

pub fn forecast(y: &[f64], season: usize, horizon: usize) -> Forecast {
    let n = y.len();
    let figure = is_seasonal(y, season).then(|| {
        let is_positive = y.iter().all(|value| *value > 0.0);
        let kind = if is_positive {
            Kind::Multiplicative
        } else {
            Kind::Additive
        };
        (kind, decompose(y, season, kind).figure)
    });
    let adjusted: Vec<f64> = (0..n)
        .map(|t| match &figure {
            None => y[t],
            Some((Kind::Additive, figure)) => y[t] - figure[t % season],
            Some((Kind::Multiplicative, figure)) => y[t] / figure[t % season],
        })
        .collect();
    let smooth = ets::fit(&adjusted, 1, ets::Structure::SIMPLE);
    let (alpha, level) = (smooth.alpha().max(1e-10), smooth.last_level());
    let time: Vec<f64> = (0..n).map(|t| t as f64).collect();
    let slope = regress(&[&vec![1.0; n], &time], &adjusted).map_or(0.0, |line| line[1]);
    let drift = 0.5 * slope;
    let deviation = smooth.deviation();
    let points = (0..horizon).map(|step| {
        let h = step as f64;
        let mean = level + drift * (h + (1.0 - (1.0 - alpha).powi(n as i32)) / alpha);
        let point = Point::normal(mean, deviation * (1.0 + h * alpha * alpha).sqrt());
        match &figure {
            None => point,
            Some((Kind::Additive, figure)) => {
                point.map(|value| value + figure[(n + step) % season])
            }
            Some((Kind::Multiplicative, figure)) => {
                point.map(|value| value * figure[(n + step) % season])
            }
        }
    });
    Forecast {
        model: "Theta".to_owned(),
        aicc: None,
        points: points.collect(),
        parameters: vec![("alpha".to_owned(), alpha), ("drift".to_owned(), drift)],
    }
}

/// Whether the autocorrelation at the season stands out at 90 %.
fn is_seasonal(y: &[f64], season: usize) -> bool {
    if season < 2 || y.len() < 2 * season + 1 {
        return false;
    }
    let r = autocorrelations(y, season);
    let before: f64 = r[..season - 1].iter().map(|r| r * r).sum();
    r[season - 1].abs() > 1.645 * ((1.0 + 2.0 * before) / y.len() as f64).sqrt()
}
