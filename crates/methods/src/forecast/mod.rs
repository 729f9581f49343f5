//! Forecasts of a series at even distances, with intervals, and the choice between models out of sample.
//!
//! Sources: Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing (2008), for [`ets`]; Hyndman and
//! Khandakar, "Automatic Time Series Forecasting", Journal of Statistical Software 27(3), 2008, for the choice of
//! orders; Brockwell and Davis, Time Series: Theory and Methods (1991), for the exact likelihood of [`arima`];
//! Assimakopoulos and Nikolopoulos, "The Theta Model", International Journal of Forecasting 16, 2000, for [`theta`].
//!
//! Assumes that the future behaves as the past did, and that errors are normal, which the intervals take for granted.
//! Values are in the caller's unit; `season` is the number of values in a cycle, 1 where there is none.

pub mod arima;
mod arma;
pub mod decompose;
pub mod ets;
pub mod naive;
mod stationary;
pub mod theta;

use crate::MethodError;
use crate::math::parallel;
use crate::math::special::normal_quantile;
use serde::Serialize;

/// One value ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    pub mean: f64,
    pub lo80: f64,
    pub hi80: f64,
    pub lo95: f64,
    pub hi95: f64,
}

impl Point {
    /// With normal errors of this standard deviation.
    fn normal(mean: f64, deviation: f64) -> Point {
        let (z80, z95) = (normal_quantile(0.9), normal_quantile(0.975));
        Point {
            mean,
            lo80: mean - z80 * deviation,
            hi80: mean + z80 * deviation,
            lo95: mean - z95 * deviation,
            hi95: mean + z95 * deviation,
        }
    }

    /// Every bound through a rising function.
    fn map(self, f: impl Fn(f64) -> f64) -> Point {
        let Point {
            mean,
            lo80,
            hi80,
            lo95,
            hi95,
        } = self;
        Point {
            mean: f(mean),
            lo80: f(lo80),
            hi80: f(hi80),
            lo95: f(lo95),
            hi95: f(hi95),
        }
    }
}

/// A forecast with how it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// As the field writes it: `ETS(M,Ad,M)`, `ARIMA(0,1,1)(0,1,1)[12]`.
    pub model: String,
    /// Corrected information criterion by the convention of the model's source; comparable within a family only.
    pub aicc: Option<f64>,
    pub points: Vec<Point>,
    /// Parameters by name.
    pub parameters: Vec<(String, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Naive,
    Snaive,
    Theta,
    Ets,
    Arima,
}

/// A family with what is settled about it: the structure that was chosen on an earlier part of the series.
#[derive(Debug, Clone, PartialEq)]
enum Chosen {
    Naive,
    Snaive,
    Theta,
    Ets(ets::Structure),
    Arima(arima::Order),
}

/// Share of another's error that a naive forecast has to stay below.
const HANDICAP: f64 = 0.95;

/// Fewest values that every model can be fitted on.
pub const FEWEST: usize = 4;

fn check(y: &[f64], season: usize, horizon: usize) -> Result<(), MethodError> {
    MethodError::unless_enough("forecast", "values", FEWEST, y.len())?;
    if season == 0 || horizon == 0 {
        return Err(MethodError::argument("season and horizon are at least 1"));
    }
    if horizon > 100_000 {
        return Err(MethodError::argument("the horizon is at most 100000"));
    }
    match y.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => Err(MethodError::Value {
            row,
            reason: "every date has to have a value".into(),
        }),
    }
}

/// By one family. A season of which the series does not hold two cycles is left out of account.
pub fn forecast(
    family: Family,
    y: &[f64],
    season: usize,
    horizon: usize,
) -> Result<Forecast, MethodError> {
    check(y, season, horizon)?;
    let season = usable(season, y.len());
    Ok(run(
        &choose_structure(family, y, season),
        y,
        season,
        horizon,
    ))
}

fn usable(season: usize, length: usize) -> usize {
    if length < 2 * season + 2 { 1 } else { season }
}

fn choose_structure(family: Family, y: &[f64], season: usize) -> Chosen {
    match family {
        Family::Naive => Chosen::Naive,
        Family::Snaive => Chosen::Snaive,
        Family::Theta => Chosen::Theta,
        Family::Ets => Chosen::Ets(ets::choose(y, season).structure),
        Family::Arima => Chosen::Arima(arima::choose(y, season).order),
    }
}

fn run(chosen: &Chosen, y: &[f64], season: usize, horizon: usize) -> Forecast {
    match chosen {
        Chosen::Naive => naive::forecast(y, 1, horizon),
        Chosen::Snaive => naive::forecast(y, season, horizon),
        Chosen::Theta => theta::forecast(y, season, horizon),
        Chosen::Ets(structure) => ets::fit(y, season, *structure).forecast(horizon),
        Chosen::Arima(order) => arima::fit(y, *order).forecast(horizon),
    }
}

/// How a family did on values that it had not seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    pub family: Family,
    pub mae: f64,
    /// Against the seasonal naive forecast within the first part: below 1 is better than it.
    pub mase: f64,
}

/// The best of all families by rolling origin: each is chosen on the first part of the series, and forecasts the next
/// values from up to three origins with its parameters fitted anew. The winner is then chosen on the whole series.
pub fn choose(
    y: &[f64],
    season: usize,
    horizon: usize,
) -> Result<(Forecast, Vec<Trial>), MethodError> {
    check(y, season, horizon)?;
    let season = usable(season, y.len());
    let ahead = horizon.min(y.len() / 4).max(1);
    let origins = (1..=3usize)
        .rev()
        .map(|back| y.len().saturating_sub(back * ahead.div_ceil(2) + ahead / 2));
    let least = (2 * season + 2).max(FEWEST).max(y.len() / 2);
    let mut origins: Vec<usize> = origins
        .filter(|origin| *origin >= least && *origin < y.len())
        .collect();
    origins.dedup();
    if origins.is_empty() {
        let family = if season > 1 {
            Family::Snaive
        } else {
            Family::Ets
        };
        return Ok((forecast(family, y, season, horizon)?, Vec::new()));
    }
    let families = [
        Family::Naive,
        Family::Snaive,
        Family::Theta,
        Family::Ets,
        Family::Arima,
    ];
    let scale = naive::mean_step(&y[..origins[0]], season);
    let trials = parallel::map(&families, |family| {
        let chosen = choose_structure(*family, &y[..origins[0]], season);
        let (mut errors, mut count) = (0.0, 0.0);
        for origin in &origins {
            let actual = &y[*origin..(*origin + ahead).min(y.len())];
            let ahead = run(&chosen, &y[..*origin], season, actual.len());
            errors += ahead
                .points
                .iter()
                .zip(actual)
                .map(|(point, value)| (point.mean - value).abs())
                .sum::<f64>();
            count += actual.len() as f64;
        }
        let mae = errors / count;
        Trial {
            family: *family,
            mae,
            mase: mae / scale,
        }
    });
    // What learns nothing has to be clearly better than what does.
    let judged = |trial: &Trial| match trial.family {
        Family::Naive | Family::Snaive => trial.mae / HANDICAP,
        _ => trial.mae,
    };
    let sound = trials.iter().filter(|trial| trial.mae.is_finite());
    let best = sound.min_by(|a, b| judged(a).total_cmp(&judged(b)));
    let family = best.map_or(Family::Snaive, |trial| trial.family);
    Ok((forecast(family, y, season, horizon)?, trials))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trend, season of four, and a little noise.
    fn wave(n: usize) -> Vec<f64> {
        let mut random = crate::random::Random::new(2);
        (0..n)
            .map(|t| 100.0 + t as f64 + 20.0 * [1.0, -1.0, 2.0, -2.0][t % 4] + random.normal())
            .collect()
    }

    #[test]
    fn a_regular_wave_is_continued() {
        let y = wave(64);
        let (train, future) = y.split_at(56);
        for family in [Family::Snaive, Family::Ets, Family::Arima, Family::Theta] {
            let found = forecast(family, train, 4, 8).unwrap();
            let error = found
                .points
                .iter()
                .zip(future)
                .map(|(p, y)| (p.mean - y).abs())
                .sum::<f64>()
                / 8.0;
            // The naive forecast has no trend, and Theta half of it.
            let most = if matches!(family, Family::Snaive | Family::Theta) {
                12.0
            } else {
                4.0
            };
            assert!(error < most, "{}: {error}", found.model);
            for point in &found.points {
                assert!(
                    point.lo95 <= point.lo80 && point.lo80 <= point.mean,
                    "{point:?}"
                );
                assert!(
                    point.mean <= point.hi80 && point.hi80 <= point.hi95,
                    "{point:?}"
                );
            }
        }
    }

    #[test]
    fn the_choice_is_better_than_the_naive() {
        let (found, trials) = choose(&wave(60), 4, 4).unwrap();
        assert!(found.model != "naive", "{trials:?}");
        assert!(trials.iter().any(|trial| trial.mase < 0.5), "{trials:?}");
    }

    #[test]
    fn odd_series_do_not_fail() {
        for y in [
            vec![5.0; 30],
            vec![0.0; 30],
            (0..30).map(|t| f64::from(t % 2) * 1e9).collect(),
            vec![1.0, 2.0, 4.0, 3.0],
        ] {
            for season in [1, 4] {
                let (found, _) = choose(&y, season, 5).unwrap();
                assert!(
                    found.points.iter().all(|point| point.mean.is_finite()),
                    "{y:?} {found:?}"
                );
            }
        }
        assert!(choose(&[1.0, 2.0], 1, 1).is_err());
        assert!(forecast(Family::Ets, &[1.0, f64::NAN, 2.0, 3.0], 1, 1).is_err());
    }
}
