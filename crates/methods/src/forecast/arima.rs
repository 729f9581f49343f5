//! Seasonal ARIMA by exact maximum likelihood, with orders chosen by AICc.
//!
//! Differences are chosen first: a seasonal one where the season is strong, ordinary ones until the KPSS test accepts
//! the rest as stationary. Then orders are varied one and two at a time from several starts for as long as AICc falls.
//! Parameters stay stationary and invertible by being partial autocorrelations within (−1, 1) (Monahan 1984).

use super::arma::Arma;
use super::stationary::{difference, differences};
use super::{Forecast, Point};
use crate::math::describe::{deviation, mean};
use crate::math::minimise::{Stop, bfgs, with_differences};
use crate::math::parallel;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order {
    pub p: usize,
    pub d: usize,
    pub q: usize,
    /// Of the season.
    pub sp: usize,
    pub sd: usize,
    pub sq: usize,
    pub season: usize,
    /// A mean, or a drift where there is one difference.
    pub has_constant: bool,
}

impl Order {
    pub fn name(&self) -> String {
        let Order {
            p,
            d,
            q,
            sp,
            sd,
            sq,
            season,
            ..
        } = *self;
        let seasonal = if season > 1 {
            format!("({sp},{sd},{sq})[{season}]")
        } else {
            String::new()
        };
        let constant = match (self.has_constant, d + sd) {
            (false, _) => "",
            (true, 0) => " with mean",
            (true, _) => " with drift",
        };
        format!("ARIMA({p},{d},{q}){seasonal}{constant}")
    }

    fn coefficients(&self) -> usize {
        self.p + self.q + self.sp + self.sq + usize::from(self.has_constant)
    }

    fn is_permitted(&self) -> bool {
        self.p <= 5
            && self.q <= 5
            && self.sp <= 2
            && self.sq <= 2
            && (self.season > 1 || self.sp + self.sq == 0)
    }
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Arima {
    pub order: Order,
    pub log_likelihood: f64,
    pub aicc: f64,
    /// Of the errors, with the coefficients taken off the degrees of freedom.
    pub sigma: f64,
    coefficients: Coefficients,
    y: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
struct Coefficients {
    ar: Vec<f64>,
    ma: Vec<f64>,
    seasonal_ar: Vec<f64>,
    seasonal_ma: Vec<f64>,
    constant: f64,
}

/// Orders that were ever fitted in one search.
const MOST_FITS: usize = 120;

pub fn choose(y: &[f64], season: usize) -> Arima {
    let (d, sd) = differences(y, season);
    let base = Order {
        p: 0,
        d,
        q: 0,
        sp: 0,
        sd,
        sq: 0,
        season,
        has_constant: d + sd < 2,
    };
    let s = usize::from(season > 1);
    let starts = [
        (2, 2, s, s),
        (0, 0, 0, 0),
        (1, 0, s, 0),
        (0, 1, 0, s),
        (2, 1, 0, 0),
        (1, 1, s, s),
    ];
    let mut known: BTreeMap<Order, Arima> = BTreeMap::new();
    let mut wanted: Vec<Order> = starts
        .iter()
        .map(|(p, q, sp, sq)| Order {
            p: *p,
            q: *q,
            sp: *sp,
            sq: *sq,
            ..base
        })
        .collect();
    if base.has_constant {
        wanted.push(Order {
            has_constant: false,
            ..base
        });
    }
    loop {
        wanted.sort();
        wanted.dedup();
        wanted.retain(|order| {
            let length = y.len().saturating_sub(d + sd * season);
            order.is_permitted() && order.coefficients() + 3 < length && !known.contains_key(order)
        });
        if wanted.is_empty() || known.len() > MOST_FITS {
            break;
        }
        let fits = parallel::map(&wanted, |order| fit(y, *order));
        known.extend(fits.into_iter().map(|fit| (fit.order, fit)));
        let best = known
            .values()
            .filter(|fit| !fit.aicc.is_nan())
            .min_by(|a, b| a.aicc.total_cmp(&b.aicc));
        let Some(best) = best else {
            break;
        };
        wanted = neighbours(best.order);
    }
    let best = known
        .into_values()
        .filter(|fit| !fit.aicc.is_nan())
        .min_by(|a, b| a.aicc.total_cmp(&b.aicc));
    best.unwrap_or_else(|| {
        fit(
            y,
            Order {
                d: 0,
                sd: 0,
                season: 1,
                has_constant: true,
                ..base
            },
        )
    })
}

/// Orders that differ by one in one or two places, or in the constant.
fn neighbours(order: Order) -> Vec<Order> {
    let mut list = Vec::new();
    let move_by = |value: usize, step: i32| value.checked_add_signed(step as isize);
    let mut push = |(p, q, sp, sq): (i32, i32, i32, i32)| {
        let moved = (
            move_by(order.p, p),
            move_by(order.q, q),
            move_by(order.sp, sp),
            move_by(order.sq, sq),
        );
        if let (Some(p), Some(q), Some(sp), Some(sq)) = moved {
            list.push(Order {
                p,
                q,
                sp,
                sq,
                ..order
            });
        }
    };
    for step in [-1, 1] {
        for one in [
            (step, 0, 0, 0),
            (0, step, 0, 0),
            (0, 0, step, 0),
            (0, 0, 0, step),
        ] {
            push(one);
        }
        for two in [
            (step, step, 0, 0),
            (step, -step, 0, 0),
            (0, 0, step, step),
            (0, 0, step, -step),
        ] {
            push(two);
        }
    }
    if order.d + order.sd < 2 {
        list.push(Order {
            has_constant: !order.has_constant,
            ..order
        });
    }
    list
}

/// Partial autocorrelations, squeezed into (−1, 1), become coefficients of a stationary process.
fn stationary(x: &[f64]) -> Vec<f64> {
    let mut phi: Vec<f64> = Vec::with_capacity(x.len());
    for (k, x) in x.iter().enumerate() {
        let r = x.tanh();
        let before = phi.clone();
        for j in 0..k {
            phi[j] = before[j] - r * before[k - 1 - j];
        }
        phi.push(r);
    }
    phi
}

impl Coefficients {
    fn unpack(order: &Order, x: &[f64], unit: f64) -> Coefficients {
        let (ar, rest) = x.split_at(order.p);
        let (ma, rest) = rest.split_at(order.q);
        let (seasonal_ar, rest) = rest.split_at(order.sp);
        let (seasonal_ma, rest) = rest.split_at(order.sq);
        let negative = |list: Vec<f64>| list.into_iter().map(|value| -value).collect();
        Coefficients {
            ar: stationary(ar),
            ma: negative(stationary(ma)),
            seasonal_ar: stationary(seasonal_ar),
            seasonal_ma: negative(stationary(seasonal_ma)),
            constant: rest.first().map_or(0.0, |value| value * unit),
        }
    }

    /// Both polynomials multiplied out.
    fn arma(&self, season: usize) -> Arma {
        Arma {
            ar: expand(&self.ar, &self.seasonal_ar, season, -1.0),
            ma: expand(&self.ma, &self.seasonal_ma, season, 1.0),
        }
    }
}

/// (1 + s Σ a_i B^i)(1 + s Σ b_j B^(mj)) without its 1, times s.
fn expand(short: &[f64], long: &[f64], season: usize, sign: f64) -> Vec<f64> {
    let mut product = vec![0.0; short.len() + season * long.len()];
    for (i, a) in short.iter().enumerate() {
        product[i] += a;
    }
    for (j, b) in long.iter().enumerate() {
        let at = season * (j + 1);
        product[at - 1] += b;
        for (i, a) in short.iter().enumerate() {
            product[at + i] += sign * a * b;
        }
    }
    product
}

/// The series with its differences taken.
fn differenced(y: &[f64], order: &Order) -> Vec<f64> {
    let mut w = y.to_vec();
    for _ in 0..order.sd {
        w = difference(&w, order.season);
    }
    for _ in 0..order.d {
        w = difference(&w, 1);
    }
    w
}

/// Maximises the exact likelihood of one order.
pub fn fit(y: &[f64], order: Order) -> Arima {
    let w = differenced(y, &order);
    let n = w.len() as f64;
    let centre = if order.has_constant { mean(&w) } else { 0.0 };
    let unit = deviation(&w).max(1e-9 * centre.abs()).max(1e-12);
    let scaled: Vec<f64> = w.iter().map(|value| (value - centre) / unit).collect();
    let cost = |x: &[f64]| {
        let coefficients = Coefficients::unpack(&order, x, 1.0);
        let shifted: Vec<f64> = scaled
            .iter()
            .map(|value| value - coefficients.constant)
            .collect();
        let run = coefficients.arma(order.season).innovations(&shifted, 0);
        run.map_or(f64::INFINITY, |run| -run.log_likelihood() / n)
    };
    let free = order.coefficients();
    let stop = Stop {
        most_iterations: 150,
        gradient: 1e-7,
        value: 1e-11,
    };
    let mut start = vec![0.0; free];
    let mut best = bfgs(with_differences(cost), &start, stop);
    // A second start, for likelihoods with several peaks: some autoregression against some moving average.
    if order.p + order.sp > 0 && order.q + order.sq > 0 {
        let constants = free - usize::from(order.has_constant);
        for (at, value) in start[..constants].iter_mut().enumerate() {
            let is_ar =
                at < order.p || (order.p + order.q..order.p + order.q + order.sp).contains(&at);
            *value = if is_ar { 0.5 } else { 0.9 };
        }
        let other = bfgs(with_differences(cost), &start, stop);
        if other.value < best.value {
            best = other;
        }
    }
    let mut coefficients = Coefficients::unpack(&order, &best.at, unit);
    coefficients.constant += centre;
    let log_likelihood = -best.value * n - n * unit.ln();
    let counted = free as f64 + 1.0;
    let run = {
        let shifted: Vec<f64> = w
            .iter()
            .map(|value| value - coefficients.constant)
            .collect();
        coefficients.arma(order.season).innovations(&shifted, 0)
    };
    let squares = run.map_or(f64::NAN, |run| run.squares);
    Arima {
        order,
        log_likelihood,
        aicc: -2.0 * log_likelihood
            + 2.0 * counted
            + 2.0 * counted * (counted + 1.0) / (n - counted - 1.0),
        sigma: (squares / (n - free as f64).max(1.0)).sqrt(),
        coefficients,
        y: y.to_vec(),
    }
}

impl Arima {
    pub fn forecast(&self, horizon: usize) -> Forecast {
        let order = &self.order;
        let arma = self.coefficients.arma(order.season);
        let w = differenced(&self.y, order);
        let shifted: Vec<f64> = w
            .iter()
            .map(|value| value - self.coefficients.constant)
            .collect();
        let run = arma.innovations(&shifted, horizon);
        let ahead = run.map_or_else(|| vec![0.0; horizon], |run| run.ahead);
        let mut series = self.y.clone();
        let integration = self.integration();
        for step in ahead {
            let past = integration
                .iter()
                .enumerate()
                .map(|(at, weight)| weight * series[series.len() - 1 - at]);
            let next = step + self.coefficients.constant + past.sum::<f64>();
            series.push(next);
        }
        let mut variance = 0.0;
        let psi = self.psi(&arma, &integration, horizon);
        let points = series[self.y.len()..].iter().zip(psi).map(|(mean, psi)| {
            variance += psi * psi;
            Point::normal(*mean, self.sigma * variance.sqrt())
        });
        Forecast {
            model: order.name(),
            aicc: Some(self.aicc),
            points: points.collect(),
            parameters: self.named(),
        }
    }

    /// y_t = w_t + Σ weight_i y_(t−i): what undoes the differences.
    fn integration(&self) -> Vec<f64> {
        let mut polynomial = vec![1.0];
        let times = |polynomial: &mut Vec<f64>, lag: usize| {
            let old = polynomial.clone();
            polynomial.resize(old.len() + lag, 0.0);
            for (at, value) in old.iter().enumerate() {
                polynomial[at + lag] -= value;
            }
        };
        (0..self.order.d).for_each(|_| times(&mut polynomial, 1));
        (0..self.order.sd).for_each(|_| times(&mut polynomial, self.order.season));
        polynomial[1..].iter().map(|value| -value).collect()
    }

    /// How an error moves the values after it.
    fn psi(&self, arma: &Arma, integration: &[f64], horizon: usize) -> Vec<f64> {
        // (1 − Σ ar B^i)(1 − Σ integration B^j) as 1 − Σ whole B^k.
        let mut whole = vec![0.0; arma.ar.len() + integration.len()];
        for (i, a) in arma.ar.iter().enumerate() {
            whole[i] += a;
            for (j, b) in integration.iter().enumerate() {
                whole[i + j + 1] -= a * b;
            }
        }
        for (j, b) in integration.iter().enumerate() {
            whole[j] += b;
        }
        let mut psi: Vec<f64> = Vec::with_capacity(horizon);
        for step in 0..horizon {
            let own = match step {
                0 => 1.0,
                _ => arma.ma.get(step - 1).copied().unwrap_or(0.0),
            };
            let past: f64 = whole
                .iter()
                .take(step)
                .enumerate()
                .map(|(at, weight)| weight * psi[step - 1 - at])
                .sum();
            psi.push(own + past);
        }
        psi
    }

    fn named(&self) -> Vec<(String, f64)> {
        let c = &self.coefficients;
        let list = |prefix: &'static str, values: &[f64]| -> Vec<(String, f64)> {
            values
                .iter()
                .enumerate()
                .map(|(at, value)| (format!("{prefix}{}", at + 1), *value))
                .collect()
        };
        let mut named = [
            list("ar", &c.ar),
            list("ma", &c.ma),
            list("sar", &c.seasonal_ar),
            list("sma", &c.seasonal_ma),
        ]
        .concat();
        if self.order.has_constant {
            let name = if self.order.d + self.order.sd == 0 {
                "mean"
            } else {
                "drift"
            };
            // A drift is told per step.
            let steps = if self.order.sd > 0 {
                self.order.season as f64
            } else {
                1.0
            };
            named.push((name.to_owned(), c.constant / steps));
        }
        named.push(("sigma".to_owned(), self.sigma));
        named
    }
}
