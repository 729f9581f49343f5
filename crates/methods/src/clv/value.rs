//! What every customer is worth: orders, their amounts, and both discounted.

use super::History;
use super::bg_nbd::BgNbd;
use super::gamma_gamma::GammaGamma;
use crate::math::parallel;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Value {
    pub p_alive: f64,
    /// Orders within the horizon.
    pub expected_orders: f64,
    /// Mean amount of such an order; null where amounts are not known.
    pub expected_amount: f64,
    /// Orders × amount.
    pub expected_value: f64,
    /// The same with every unit of time discounted: Σ (E[orders until w] − E[until w − 1]) · amount / (1 + d)^w.
    pub clv: f64,
}

/// The time ahead, in units of the history, and the rate d at which a unit of it is discounted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    pub units: f64,
    pub discount: f64,
}

impl Horizon {
    /// From a yearly rate: (1 + rate)^(1 / units of a year) − 1.
    pub fn with_yearly_rate(units: f64, rate: f64, units_of_year: f64) -> Horizon {
        Horizon {
            units,
            discount: (1.0 + rate).powf(1.0 / units_of_year) - 1.0,
        }
    }
}

/// One value a row of the history.
pub fn value(
    history: &History,
    orders: &BgNbd,
    amounts: Option<&GammaGamma>,
    horizon: Horizon,
) -> Vec<Value> {
    let parts = parallel::map_ranges(history.len(), 256, |range| {
        range
            .map(|row| of_one(history, row, (orders, amounts), horizon))
            .collect::<Vec<Value>>()
    });
    parts.concat()
}

fn of_one(
    history: &History,
    row: usize,
    models: (&BgNbd, Option<&GammaGamma>),
    horizon: Horizon,
) -> Value {
    let (x, t_x, t) = (history.x[row], history.t_x[row], history.t[row]);
    let (orders, amounts) = models;
    let until = |ahead: f64| orders.expected_orders(x, t_x, t, ahead);
    let expected_orders = until(horizon.units);
    let expected_amount = match amounts {
        Some(model) => model.expected_amount(x, history.mean_amount[row]),
        None => f64::NAN,
    };
    let mut discounted = 0.0;
    if amounts.is_some() {
        let (mut before, mut at) = (0.0, 0.0);
        while at < horizon.units {
            at = (at + 1.0).min(horizon.units);
            let now = if at < horizon.units {
                until(at)
            } else {
                expected_orders
            };
            discounted += (now - before) / (1.0 + horizon.discount).powf(at);
            before = now;
        }
    }
    Value {
        p_alive: orders.p_alive(x, t_x, t),
        expected_orders,
        expected_amount,
        expected_value: expected_orders * expected_amount,
        clv: discounted * expected_amount,
    }
}
