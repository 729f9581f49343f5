//! Exponential smoothing in state space: error, trend and season, each absent, additive, multiplicative or damped.
//!
//! The likelihood is R's: −½ (n ln Σe² + 2 Σ ln |ŷ|, the last for multiplicative errors), without the constant, so that
//! AICc compares with `forecast::ets` of R, whose parameter space is taken over too: 0 < β < α, 0 < γ < 1 − α,
//! .8 ≤ φ ≤ .98. Initial states are estimated with the rest. Multiplicative trends, and additive errors with a
//! multiplicative season, whose variance may be infinite, are not tried.

use super::decompose::{self, decompose};
use super::{Forecast, Point};
use crate::math::describe::{deviation, quantile_of_sorted};
use crate::math::linear::regress;
use crate::math::minimise::{Stop, bfgs, nelder_mead, with_differences};
use crate::math::parallel;
use crate::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    Additive,
    Multiplicative,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    None,
    Additive,
    Damped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    None,
    Additive,
    Multiplicative,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Structure {
    pub error: Error,
    pub trend: Trend,
    pub season: Season,
}

impl Structure {
    /// ETS(A,N,N): simple exponential smoothing.
    pub const SIMPLE: Structure = Structure {
        error: Error::Additive,
        trend: Trend::None,
        season: Season::None,
    };

    /// `ETS(M,Ad,M)`
    pub fn name(self) -> String {
        let error = if self.error == Error::Additive {
            "A"
        } else {
            "M"
        };
        let trend = match self.trend {
            Trend::None => "N",
            Trend::Additive => "A",
            Trend::Damped => "Ad",
        };
        let season = match self.season {
            Season::None => "N",
            Season::Additive => "A",
            Season::Multiplicative => "M",
        };
        format!("ETS({error},{trend},{season})")
    }

    /// Those that are tried on a series.
    fn candidates(y: &[f64], season: usize) -> Vec<Structure> {
        let is_positive = y.iter().all(|value| *value > 0.0);
        let errors: &[Error] = if is_positive {
            &[Error::Additive, Error::Multiplicative]
        } else {
            &[Error::Additive]
        };
        let seasons: &[Season] = match season {
            1 => &[Season::None],
            _ if is_positive => &[Season::None, Season::Additive, Season::Multiplicative],
            _ => &[Season::None, Season::Additive],
        };
        let mut list = Vec::new();
        for error in errors {
            for trend in [Trend::None, Trend::Additive, Trend::Damped] {
                for season in seasons {
                    if *season != Season::Multiplicative || *error == Error::Multiplicative {
                        list.push(Structure {
                            error: *error,
                            trend,
                            season: *season,
                        });
                    }
                }
            }
        }
        list
    }

    /// Smoothing parameters and states before the first value.
    fn free(self, season: usize) -> usize {
        let of_trend = match self.trend {
            Trend::None => 0,
            Trend::Additive => 2,
            Trend::Damped => 3,
        };
        let of_season = if self.season == Season::None {
            0
        } else {
            season
        };
        2 + of_trend + of_season
    }
}

/// A fitted model, with the states after the last value.
#[derive(Debug, Clone, PartialEq)]
pub struct Ets {
    pub structure: Structure,
    pub season: usize,
    pub log_likelihood: f64,
    pub aic: f64,
    pub aicc: f64,
    parameters: Parameters,
    last: States,
    /// Of the errors, relative where they are multiplicative.
    sigma: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Parameters {
    alpha: f64,
    beta: f64,
    gamma: f64,
    phi: f64,
}

/// Level, slope, and the seasons in the order in which they come next.
#[derive(Debug, Clone, PartialEq)]
struct States {
    level: f64,
    slope: f64,
    seasons: Vec<f64>,
    /// The place of the next season.
    at: usize,
}

/// The structure with the lowest AICc.
pub fn choose(y: &[f64], season: usize) -> Ets {
    let candidates = Structure::candidates(y, season);
    // A structure that has more parameters than the series can bear is left out.
    let bearable: Vec<Structure> = candidates
        .iter()
        .copied()
        .filter(|one| one.free(season) + 3 < y.len())
        .collect();
    let fits = parallel::map(&bearable, |structure| fit(y, season, *structure));
    let best = fits
        .into_iter()
        .filter(|fit| !fit.aicc.is_nan())
        .min_by(|a, b| a.aicc.total_cmp(&b.aicc));
    best.unwrap_or_else(|| fit(y, 1, Structure::SIMPLE))
}

const LEAST: f64 = 1e-4;
const MOST: f64 = 0.9999;
const PHI: (f64, f64) = (0.8, 0.98);

/// Starting values of α, β / α, γ / (1 − α).
const STARTS: [[f64; 3]; 4] = [
    [0.5, 0.1, 0.1],
    [0.15, 0.05, 0.3],
    [0.85, 0.02, 0.02],
    [0.35, 0.01, 0.8],
];

pub fn fit(y: &[f64], season: usize, structure: Structure) -> Ets {
    let problem = Problem::new(y, season, structure);
    let stop = Stop {
        most_iterations: 300,
        gradient: 1e-7,
        value: 1e-11,
    };
    let ends = STARTS.iter().map(|start| {
        let at = problem.start(*start);
        let end = bfgs(with_differences(|x| problem.cost(x)), &at, stop);
        if end.converged {
            end
        } else {
            nelder_mead(|x| problem.cost(x), &end.at, 0.05, 400)
        }
    });
    let best = ends.min_by(|a, b| a.value.total_cmp(&b.value));
    let at = best.map_or_else(|| problem.start(STARTS[0]), |best| best.at);
    // Once more from where the best ended, with a fresh picture of the curvature.
    let at = bfgs(
        with_differences(|x| problem.cost(x)),
        &at,
        Stop {
            gradient: 1e-9,
            value: 1e-14,
            ..stop
        },
    )
    .at;
    problem.finish(&at)
}

/// A series with a structure, over unbounded coordinates.
struct Problem<'a> {
    y: &'a [f64],
    season: usize,
    structure: Structure,
    /// Guesses of the first states, and the units in which they move.
    first: States,
    unit: f64,
    season_unit: f64,
}

fn squeeze(x: f64, low: f64, high: f64) -> f64 {
    low + (high - low) / (1.0 + (-x).exp())
}

fn stretch(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

impl<'a> Problem<'a> {
    fn new(y: &'a [f64], season: usize, structure: Structure) -> Problem<'a> {
        let kind = match structure.season {
            Season::Multiplicative => decompose::Kind::Multiplicative,
            _ => decompose::Kind::Additive,
        };
        let figure = if structure.season == Season::None {
            Vec::new()
        } else {
            decompose(y, season, kind).figure
        };
        let adjusted: Vec<f64> = (0..y.len().min(2 * season + 10))
            .map(|t| match structure.season {
                Season::None => y[t],
                Season::Additive => y[t] - figure[t % season],
                Season::Multiplicative => y[t] / figure[t % season].max(1e-3),
            })
            .collect();
        let time: Vec<f64> = (1..=adjusted.len()).map(|t| t as f64).collect();
        let line = regress(&[&vec![1.0; time.len()], &time], &adjusted)
            .unwrap_or_else(|| vec![adjusted[0], 0.0]);
        let unit = deviation(&adjusted).max(1e-6 * y[0].abs()).max(1e-9);
        let level = if structure.trend == Trend::None {
            adjusted[0]
        } else {
            line[0]
        };
        Problem {
            y,
            season,
            structure,
            first: States {
                level,
                slope: line[1],
                seasons: figure,
                at: 0,
            },
            unit,
            season_unit: if structure.season == Season::Multiplicative {
                0.1
            } else {
                unit
            },
        }
    }

    fn start(&self, [alpha, beta, gamma]: [f64; 3]) -> Vec<f64> {
        let mut x = vec![stretch(alpha)];
        if self.structure.trend != Trend::None {
            x.push(stretch(beta));
        }
        if self.structure.season != Season::None {
            x.push(stretch(gamma));
        }
        if self.structure.trend == Trend::Damped {
            x.push(1.5);
        }
        x.resize(x.len() + self.states(), 0.0);
        x
    }

    /// How many first states are free.
    fn states(&self) -> usize {
        let slope = usize::from(self.structure.trend != Trend::None);
        let seasons = if self.structure.season == Season::None {
            0
        } else {
            self.season - 1
        };
        1 + slope + seasons
    }

    fn unpack(&self, x: &[f64]) -> (Parameters, States) {
        let mut x = x.iter().copied();
        let mut next = || x.next().unwrap_or(0.0);
        let alpha = squeeze(next(), LEAST, MOST);
        let has_trend = self.structure.trend != Trend::None;
        let has_season = self.structure.season != Season::None;
        let beta = if has_trend {
            squeeze(next(), LEAST.min(alpha), alpha)
        } else {
            0.0
        };
        let gamma = if has_season {
            squeeze(next(), LEAST.min(1.0 - alpha), 1.0 - alpha)
        } else {
            0.0
        };
        let phi = if self.structure.trend == Trend::Damped {
            squeeze(next(), PHI.0, PHI.1)
        } else {
            1.0
        };
        let mut first = self.first.clone();
        first.level += self.unit * next();
        first.slope = if has_trend {
            first.slope + 0.1 * self.unit * next()
        } else {
            0.0
        };
        if has_season {
            let last = self.season - 1;
            for one in &mut first.seasons[..last] {
                *one += self.season_unit * next();
            }
            let whole = if self.structure.season == Season::Multiplicative {
                self.season as f64
            } else {
                0.0
            };
            first.seasons[last] = whole - first.seasons[..last].iter().sum::<f64>();
        }
        (
            Parameters {
                alpha,
                beta,
                gamma,
                phi,
            },
            first,
        )
    }

    /// −2/n of the log-likelihood, infinite where a state can't be.
    fn cost(&self, x: &[f64]) -> f64 {
        let (parameters, mut states) = self.unpack(x);
        if self.structure.season == Season::Multiplicative
            && states.seasons.iter().any(|one| *one <= 0.0)
        {
            return f64::INFINITY;
        }
        let n = self.y.len() as f64;
        let (squares, logs) = self.run(parameters, &mut states);
        // A perfect fit has no likelihood; below rounding it is as good as any.
        let floor = 1e-20 * self.y.iter().map(|y| y * y).sum::<f64>().max(1e-300);
        let squares = if self.structure.error == Error::Multiplicative {
            squares.max(1e-20)
        } else {
            squares.max(floor)
        };
        squares.ln() + 2.0 * logs / n
    }

    /// Runs the states through the series: Σe² and, for multiplicative errors, Σ ln |ŷ|.
    fn run(&self, p: Parameters, states: &mut States) -> (f64, f64) {
        let (mut squares, mut logs, mut product) = (0.0, 0.0, 1.0f64);
        for (t, y) in self.y.iter().enumerate() {
            let fitted = self.structure.expect(p, states);
            let mut error = y - fitted;
            if self.structure.error == Error::Multiplicative {
                if fitted <= 0.0 {
                    return (f64::INFINITY, 0.0);
                }
                error /= fitted;
                product *= fitted;
                // One logarithm for several factors.
                if t % 8 == 7 {
                    logs += product.ln();
                    product = 1.0;
                }
            }
            squares += error * error;
            self.structure.step(p, states, *y);
        }
        (squares, logs + product.ln())
    }

    fn finish(&self, x: &[f64]) -> Ets {
        let (parameters, mut last) = self.unpack(x);
        let n = self.y.len() as f64;
        let cost = n * self.cost(x);
        let (squares, _) = self.run(parameters, &mut last);
        let free = self.structure.free(self.season) as f64;
        // With the variance.
        let counted = free + 1.0;
        let aic = cost + 2.0 * counted;
        Ets {
            structure: self.structure,
            season: self.season,
            log_likelihood: -0.5 * cost,
            aic,
            aicc: aic + 2.0 * counted * (counted + 1.0) / (n - counted - 1.0),
            parameters,
            last,
            sigma: (squares / (n - free).max(1.0)).sqrt(),
        }
    }
}

impl Structure {
    fn expect(self, p: Parameters, states: &States) -> f64 {
        let base = states.level + p.phi * states.slope;
        match self.season {
            Season::None => base,
            Season::Additive => base + states.seasons[states.at],
            Season::Multiplicative => base * states.seasons[states.at],
        }
    }

    fn step(self, p: Parameters, states: &mut States, y: f64) {
        let base = states.level + p.phi * states.slope;
        let adjusted = match self.season {
            Season::None => y,
            Season::Additive => y - states.seasons[states.at],
            Season::Multiplicative => y / states.seasons[states.at],
        };
        let level = base + p.alpha * (adjusted - base);
        if self.trend != Trend::None {
            let rise = level - states.level;
            states.slope = p.phi * states.slope + p.beta / p.alpha * (rise - p.phi * states.slope);
        }
        states.level = level;
        if self.season != Season::None {
            let here = match self.season {
                Season::Multiplicative => y / base,
                _ => y - base,
            };
            let old = &mut states.seasons[states.at];
            *old += p.gamma * (here - *old);
            states.at = (states.at + 1) % states.seasons.len();
        }
    }
}

/// Paths from which the intervals of multiplicative models are read.
const PATHS: usize = 4000;

impl Ets {
    pub fn alpha(&self) -> f64 {
        self.parameters.alpha
    }

    pub fn last_level(&self) -> f64 {
        self.last.level
    }

    pub fn deviation(&self) -> f64 {
        self.sigma
    }

    pub fn forecast(&self, horizon: usize) -> Forecast {
        let p = self.parameters;
        let mut damping = 0.0;
        let means: Vec<f64> = (0..horizon)
            .map(|step| {
                damping += p.phi.powi(step as i32 + 1);
                let base = self.last.level + damping * self.last.slope;
                let season = || self.last.seasons[(self.last.at + step) % self.last.seasons.len()];
                match self.structure.season {
                    Season::None => base,
                    Season::Additive => base + season(),
                    Season::Multiplicative => base * season(),
                }
            })
            .collect();
        let points = if self.structure.error == Error::Additive {
            self.analytic(&means)
        } else {
            self.simulated(&means)
        };
        let mut parameters = vec![("alpha".to_owned(), p.alpha)];
        if self.structure.trend != Trend::None {
            parameters.push(("beta".to_owned(), p.beta));
        }
        if self.structure.season != Season::None {
            parameters.push(("gamma".to_owned(), p.gamma));
        }
        if self.structure.trend == Trend::Damped {
            parameters.push(("phi".to_owned(), p.phi));
        }
        parameters.push(("sigma".to_owned(), self.sigma));
        Forecast {
            model: self.structure.name(),
            aicc: Some(self.aicc),
            points,
            parameters,
        }
    }

    /// Linear models: an error moves what comes j steps later by α + β (φ + … + φ^j), and by γ in its own season.
    fn analytic(&self, means: &[f64]) -> Vec<Point> {
        let p = self.parameters;
        let (mut variance, mut damping) = (1.0, 0.0);
        let with = |(step, mean): (usize, &f64)| {
            if step > 0 {
                damping += p.phi.powi(step as i32);
                let in_season = self.structure.season != Season::None && step % self.season == 0;
                let weight = p.alpha + p.beta * damping + if in_season { p.gamma } else { 0.0 };
                variance += weight * weight;
            }
            Point::normal(*mean, self.sigma * variance.sqrt())
        };
        means.iter().enumerate().map(with).collect()
    }

    fn simulated(&self, means: &[f64]) -> Vec<Point> {
        let mut random = Random::new(1);
        let mut paths = vec![Vec::with_capacity(PATHS); means.len()];
        for _ in 0..PATHS {
            let mut states = self.last.clone();
            for of_step in &mut paths {
                let fitted = self.structure.expect(self.parameters, &states);
                let y = fitted * (1.0 + self.sigma * random.normal());
                of_step.push(y);
                self.structure.step(self.parameters, &mut states, y);
            }
        }
        let point = |(mean, mut values): (&f64, Vec<f64>)| {
            values.sort_unstable_by(f64::total_cmp);
            let at = |share| quantile_of_sorted(&values, share);
            let (low, high) = (|x: f64| x.min(*mean), |x: f64| x.max(*mean));
            Point {
                mean: *mean,
                lo80: low(at(0.1)),
                hi80: high(at(0.9)),
                lo95: low(at(0.025)),
                hi95: high(at(0.975)),
            }
        };
        means.iter().zip(paths).map(point).collect()
    }
}
