//! Churn: who is falling silent, measured against their own rhythm, and how likely they are gone.
//!
//! Sources: the risk is 1 − P(alive) of the Pareto/NBD model ([`crate::clv::pareto_nbd`]), which knows every customer's
//! rate and recency; where it is not identified, the share of all finished pauses that were shorter than this silence,
//! both in units of the customer's own rhythm, times 1 − (rhythm / silence)², so that to be a day late is no loss. The survival curve is that of Kaplan and Meier (Journal of the American
//! Statistical Association 53, 1958) over pauses between orders, the present silences being censored.
//!
//! Assumes orders without a contract. Times are days; several orders of a day count as one.

use crate::MethodError;
use crate::clv::pareto_nbd::{self, Rules};
use crate::clv::{Fit, of_orders};
use crate::math::describe::median;
use crate::math::parallel;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// One order, and not yet due for a second.
    New,
    Active,
    /// Later than usual.
    Slowing,
    Sleeping,
    Lost,
    /// One order, and the usual pause has long passed.
    OneTime,
}

impl Stage {
    pub const ALL: [Stage; 6] = [
        Stage::New,
        Stage::Active,
        Stage::Slowing,
        Stage::Sleeping,
        Stage::Lost,
        Stage::OneTime,
    ];

    /// By the silence in units of the rhythm.
    fn of(repeats: f64, pauses: f64) -> Stage {
        match (repeats > 0.0, pauses) {
            (false, ..=ON_TIME) => Stage::New,
            (false, _) => Stage::OneTime,
            (true, ..=ON_TIME) => Stage::Active,
            (true, ..=LATE) => Stage::Slowing,
            (true, ..=VERY_LATE) => Stage::Sleeping,
            (true, _) => Stage::Lost,
        }
    }
}

const ON_TIME: f64 = 1.5;
const LATE: f64 = 3.0;
const VERY_LATE: f64 = 6.0;
/// The last pause against the mean of those before, from which on somebody is said to slow down.
const SLOWER: f64 = 1.5;
/// Pauses of the usual customer that are added to everybody's own, so that two orders do not make a rhythm.
const PRIOR: f64 = 1.0;

/// Why somebody is at risk: what was observed, and what is usual for them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reason {
    pub code: &'static str,
    pub value: f64,
    pub usual: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtRisk {
    #[serde(skip)]
    pub customer: u32,
    pub stage: Stage,
    /// Probability that there will be no further order.
    pub risk: f64,
    pub orders: u32,
    pub days_silent: f64,
    /// Usual pause between orders, in days.
    pub rhythm_days: f64,
    pub reasons: Vec<Reason>,
}

/// A point of the survival curve: the share of pauses that last longer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Survival {
    pub days: f64,
    pub share: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Churn {
    /// By customer code.
    pub customers: Vec<AtRisk>,
    pub survival: Vec<Survival>,
    /// The fit behind the risks, if it holds.
    pub fit: Option<Fit>,
}

/// `orders` are (customer, day, anything); `as_of` is the day of observation.
pub fn churn(orders: &mut Vec<(u32, i32, f64)>, as_of: i32) -> Result<Churn, MethodError> {
    orders.retain(|(_, day, _)| *day <= as_of);
    MethodError::unless_enough("churn", "orders", 1, orders.len())?;
    let (codes, history) = of_orders(orders, as_of, 1.0);
    let mut pauses: Vec<(f64, f64)> = Vec::with_capacity(codes.len());
    let mut all_pauses = Vec::new();
    for of_one in orders.chunk_by(|a, b| a.0 == b.0) {
        let gaps = || {
            of_one
                .windows(2)
                .map(|pair| f64::from(pair[1].1 - pair[0].1))
                .filter(|gap| *gap > 0.0)
        };
        let last = gaps().next_back().unwrap_or(0.0);
        pauses.push((last, gaps().sum::<f64>()));
        all_pauses.extend(gaps());
    }
    let observed = history.t.iter().fold(1.0, |most: f64, t| most.max(*t));
    let usual = if all_pauses.is_empty() {
        observed / 2.0
    } else {
        median(&all_pauses).max(1.0)
    };
    let rhythm = |row: usize| (pauses[row].1 + PRIOR * usual) / (history.x[row] + PRIOR);
    let silence = |row: usize| history.t[row] - history.t_x[row];
    let fitted = pareto_nbd::fit(&history)
        .ok()
        .filter(|(_, fit)| fit.identified);
    // Finished pauses in units of the rhythm of who made them.
    let mut finished: Vec<f64> = Vec::new();
    if fitted.is_none() {
        for (row, of_one) in orders.chunk_by(|a, b| a.0 == b.0).enumerate() {
            finished.extend(
                of_one
                    .windows(2)
                    .map(|pair| f64::from(pair[1].1 - pair[0].1) / rhythm(row)),
            );
        }
        finished.sort_unstable_by(f64::total_cmp);
    }
    let rules = Rules::default();
    let rows: Vec<usize> = (0..codes.len()).collect();
    let customers = parallel::map(&rows, |row| {
        let row = *row;
        let ratio = silence(row) / rhythm(row);
        let risk = match &fitted {
            Some((model, _)) => {
                1.0 - model.p_alive(history.x[row], history.t_x[row], history.t[row], &rules)
            }
            None => {
                let shorter = finished.partition_point(|pause| *pause < ratio) as f64;
                let share = (shorter + 0.5) / (finished.len() as f64 + 1.0);
                share * (1.0 - ratio.max(1.0).powi(-2))
            }
        };
        AtRisk {
            customer: codes[row],
            stage: Stage::of(history.x[row], ratio),
            risk,
            orders: history.x[row] as u32 + 1,
            days_silent: silence(row),
            rhythm_days: rhythm(row),
            reasons: reasons(history.x[row], silence(row), rhythm(row), pauses[row]),
        }
    });
    let silences: Vec<f64> = rows.iter().map(|row| silence(*row)).collect();
    Ok(Churn {
        customers,
        survival: survival(&all_pauses, &silences),
        fit: fitted.map(|(_, fit)| fit),
    })
}

fn reasons(repeats: f64, silence: f64, rhythm: f64, (last, sum): (f64, f64)) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if silence > rhythm {
        reasons.push(Reason {
            code: "silent_longer_than_usual",
            value: silence,
            usual: rhythm,
        });
    }
    if repeats == 0.0 {
        reasons.push(Reason {
            code: "ordered_once",
            value: 1.0,
            usual: 2.0,
        });
    }
    if repeats > 1.0 {
        let before = (sum - last) / (repeats - 1.0);
        if last > SLOWER * before {
            reasons.push(Reason {
                code: "last_pause_longer",
                value: last,
                usual: before,
            });
        }
    }
    reasons
}

/// Points of the curve that are kept.
const POINTS: usize = 200;

fn survival(pauses: &[f64], silences: &[f64]) -> Vec<Survival> {
    let mut times: Vec<(f64, bool)> = pauses.iter().map(|days| (*days, true)).collect();
    times.extend(silences.iter().map(|days| (*days, false)));
    times.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut at_risk = times.len() as f64;
    let mut share = 1.0;
    let mut curve = Vec::new();
    for at_once in times.chunk_by(|a, b| a.0 == b.0) {
        let ended = at_once.iter().filter(|(_, has_ended)| *has_ended).count() as f64;
        if ended > 0.0 {
            share *= 1.0 - ended / at_risk;
            curve.push(Survival {
                days: at_once[0].0,
                share,
            });
        }
        at_risk -= at_once.len() as f64;
    }
    let step = curve.len().div_ceil(POINTS).max(1);
    curve.into_iter().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_follow_the_rhythm() {
        let stage = |x, pauses| Stage::of(x, pauses);
        assert_eq!(stage(0.0, 1.0), Stage::New);
        assert_eq!(stage(0.0, 2.0), Stage::OneTime);
        assert_eq!(
            [1.0, 2.0, 5.0, 9.0].map(|pauses| stage(3.0, pauses)),
            [Stage::Active, Stage::Slowing, Stage::Sleeping, Stage::Lost]
        );
    }

    #[test]
    fn kaplan_and_meier_by_hand() {
        let curve = survival(&[1.0, 3.0], &[2.0]);
        assert_eq!(curve.len(), 2);
        assert!((curve[0].share - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(curve[1].share, 0.0);
    }

    #[test]
    fn one_who_keeps_the_rhythm_is_at_less_risk_than_one_who_broke_it() {
        let mut orders = Vec::new();
        for customer in 0..40u32 {
            let pause = 7 + (customer % 5) as i32;
            let last = if customer % 2 == 0 { 360 } else { 180 };
            orders.extend(
                (0..)
                    .map(|k| k * pause)
                    .take_while(|day| *day <= last)
                    .map(|day| (customer, day, 0.0)),
            );
        }
        let found = churn(&mut orders, 365).unwrap();
        assert_eq!(found.customers.len(), 40);
        for pair in found.customers.chunks(2) {
            assert!(pair[0].risk < pair[1].risk, "{pair:?}");
            assert_eq!(pair[0].stage, Stage::Active);
            assert_eq!(pair[1].stage, Stage::Lost);
            assert_eq!(pair[1].reasons[0].code, "silent_longer_than_usual");
        }
        assert!(churn(&mut vec![(0, 10, 0.0)], 5).is_err());
    }
}
