//! Recency, frequency, monetary value: who bought lately, often, and for how much.
//!
//! Source: A. M. Hughes, Strategic Database Marketing (1994), for the three scores; the ten named segments are the
//! usual map over recency and frequency. Recency is whole days from the last order to the day of observation,
//! frequency a number of orders, monetary value the sum of their amounts.
//!
//! Assumes that every row is an order, or that orders are told apart by an order number, and that amounts are in one
//! currency. Sums are rounded to a millionth, so that sums of equal prices tie as they do on paper.

use crate::MethodError;
use crate::columns::Names;
use crate::math::describe::quantile_of_sorted;
use crate::math::parallel;
use serde::Serialize;

/// What is known of every customer, by customer code; gathered row by row, so that memory grows with customers alone.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Day of the last order; `i32::MIN` where a customer has none.
    pub last_day: Vec<i32>,
    pub orders: Vec<u32>,
    pub amount: Vec<f64>,
}

impl Summary {
    pub fn add(&mut self, customer: u32, day: i32, amount: f64) {
        self.add_line(customer, day, amount);
        self.orders[customer as usize] += 1;
    }

    /// A further line of an order that was counted already.
    pub fn add_line(&mut self, customer: u32, day: i32, amount: f64) {
        let customer = customer as usize;
        if customer >= self.orders.len() {
            self.last_day.resize(customer + 1, i32::MIN);
            self.orders.resize(customer + 1, 0);
            self.amount.resize(customer + 1, 0.0);
        }
        self.last_day[customer] = self.last_day[customer].max(day);
        self.amount[customer] += amount;
    }

    pub fn newest_day(&self) -> Option<i32> {
        self.last_day.iter().copied().max()
    }
}

/// How a value becomes a score from 1 to 5, 5 being best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scoring {
    /// Five groups of equal size, the first ones larger by one where the count does not divide (SQL's `NTILE`). Equal
    /// values are told apart by the customer's id: in the order of numbers where all ids are whole numbers, else by
    /// code point.
    Quintile,
    /// Edges at the 20th, 40th, 60th and 80th percentile (linear interpolation); the score is one more than the number
    /// of edges strictly below the value, so that equal values score the same.
    Value,
    /// As [`Scoring::Value`] with edges that are given, so that scores of different months compare.
    Fixed(Edges),
}

/// Four rising edges for each of the three values: days, orders, money.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Edges {
    pub recency: [f64; 4],
    pub frequency: [f64; 4],
    pub monetary: [f64; 4],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Segment {
    Champions,
    Loyal,
    #[serde(rename = "Potential loyalist")]
    PotentialLoyalist,
    New,
    Promising,
    #[serde(rename = "Need attention")]
    NeedAttention,
    #[serde(rename = "About to sleep")]
    AboutToSleep,
    #[serde(rename = "At risk")]
    AtRisk,
    #[serde(rename = "Can't lose")]
    CantLose,
    Hibernating,
}

impl Segment {
    pub const ALL: [Segment; 10] = [
        Segment::Champions,
        Segment::Loyal,
        Segment::PotentialLoyalist,
        Segment::New,
        Segment::Promising,
        Segment::NeedAttention,
        Segment::AboutToSleep,
        Segment::AtRisk,
        Segment::CantLose,
        Segment::Hibernating,
    ];

    /// The segment of a recency and a frequency score.
    pub fn of(r: u8, f: u8) -> Segment {
        match (r, f) {
            (..=2, ..=2) => Segment::Hibernating,
            (..=2, 3..=4) => Segment::AtRisk,
            (..=2, _) => Segment::CantLose,
            (3, ..=2) => Segment::AboutToSleep,
            (3, 3) => Segment::NeedAttention,
            (3..=4, 4..) => Segment::Loyal,
            (4, ..=1) => Segment::Promising,
            (_, ..=1) => Segment::New,
            (_, 2) | (4.., 3) => Segment::PotentialLoyalist,
            _ => Segment::Champions,
        }
    }
}

/// One customer's three values, scores and segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// Code among the names.
    #[serde(skip)]
    pub customer: u32,
    pub recency_days: i32,
    pub frequency: u32,
    pub monetary: f64,
    pub r: u8,
    pub f: u8,
    pub m: u8,
    pub segment: Segment,
}

/// Scores customers that have an order, in the order of their ids. `as_of` is the day of observation.
pub fn score(
    summary: &Summary,
    names: &Names,
    as_of: i32,
    scoring: Scoring,
) -> Result<Vec<Scored>, MethodError> {
    let mut customers = names.order();
    customers.retain(|code| {
        summary
            .orders
            .get(*code as usize)
            .is_some_and(|orders| *orders > 0)
    });
    MethodError::unless_enough("rfm", "customers with an order", 1, customers.len())?;
    let of = |code: &u32| *code as usize;
    let recency: Vec<f64> = customers
        .iter()
        .map(|code| f64::from(as_of) - f64::from(summary.last_day[of(code)]))
        .collect();
    if let Some(at) = recency.iter().position(|days| *days < 0.0) {
        let id = names.get(customers[at]);
        return Err(MethodError::argument(format!(
            "the customer {id} ordered after the day of observation: leave later rows out, or give a later day"
        )));
    }
    let frequency: Vec<f64> = customers
        .iter()
        .map(|code| f64::from(summary.orders[of(code)]))
        .collect();
    let monetary: Vec<f64> = customers
        .iter()
        .map(|code| round(summary.amount[of(code)]))
        .collect();
    // Few days are best: their negative makes high good everywhere but in fixed edges, which are in days.
    let jobs: [(&[f64], Good); 3] = [
        (&recency, Good::Low),
        (&frequency, Good::High),
        (&monetary, Good::High),
    ];
    let jobs: Vec<_> = jobs.into_iter().enumerate().collect();
    let scores = parallel::map(&jobs, |(at, (values, good))| match scoring {
        Scoring::Quintile => quintiles(values, *good),
        Scoring::Value => by_edges(values, &percentile_edges(values), *good),
        Scoring::Fixed(edges) => by_edges(
            values,
            [&edges.recency, &edges.frequency, &edges.monetary][*at],
            *good,
        ),
    });
    let scored = customers.iter().enumerate().map(|(at, code)| {
        let [r, f, m] = [scores[0][at], scores[1][at], scores[2][at]];
        Scored {
            customer: *code,
            recency_days: recency[at] as i32,
            frequency: frequency[at] as u32,
            monetary: monetary[at],
            r,
            f,
            m,
            segment: Segment::of(r, f),
        }
    });
    Ok(scored.collect())
}

/// The edges that [`Scoring::Value`] would use.
pub fn percentile_edges(values: &[f64]) -> [f64; 4] {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    [0.2, 0.4, 0.6, 0.8].map(|share| quantile_of_sorted(&sorted, share))
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Good {
    Low,
    High,
}

fn round(amount: f64) -> f64 {
    (amount * 1e6).round() / 1e6
}

/// `NTILE(5)` over values that stand in the order of ids.
fn quintiles(values: &[f64], good: Good) -> Vec<u8> {
    let n = values.len();
    let mut order: Vec<u32> = (0..n as u32).collect();
    let value = |at: &u32| values[*at as usize];
    match good {
        Good::Low => order.sort_by(|a, b| value(b).total_cmp(&value(a))),
        Good::High => order.sort_by(|a, b| value(a).total_cmp(&value(b))),
    }
    let mut scores = vec![0; n];
    let (size, larger) = (n / 5, n % 5);
    let mut rest = order.as_slice();
    for score in 1..=5u8 {
        let take = size + usize::from(usize::from(score) <= larger);
        let (group, after) = rest.split_at(take);
        for at in group {
            scores[*at as usize] = score;
        }
        rest = after;
    }
    scores
}

fn by_edges(values: &[f64], edges: &[f64; 4], good: Good) -> Vec<u8> {
    let score = |value: &f64| {
        let below = edges.iter().filter(|edge| *edge < value).count() as u8;
        if good == Good::High {
            1 + below
        } else {
            5 - below
        }
    };
    values.iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_pair_of_scores_has_its_segment() {
        let row = |r| (1..=5).map(|f| Segment::of(r, f)).collect::<Vec<_>>();
        use Segment::*;
        assert_eq!(row(1), [Hibernating, Hibernating, AtRisk, AtRisk, CantLose]);
        assert_eq!(row(2), row(1));
        assert_eq!(
            row(3),
            [AboutToSleep, AboutToSleep, NeedAttention, Loyal, Loyal]
        );
        assert_eq!(
            row(4),
            [
                Promising,
                PotentialLoyalist,
                PotentialLoyalist,
                Loyal,
                Loyal
            ]
        );
        assert_eq!(
            row(5),
            [
                New,
                PotentialLoyalist,
                PotentialLoyalist,
                Champions,
                Champions
            ]
        );
    }

    #[test]
    fn seven_make_quintiles_of_two_two_one_one_one() {
        assert_eq!(
            quintiles(&[1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0], Good::High),
            [1, 1, 2, 2, 3, 4, 5]
        );
        assert_eq!(
            quintiles(&[1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0], Good::Low),
            [2, 2, 3, 4, 5, 1, 1]
        );
    }

    #[test]
    fn fixed_edges_score_alike_whatever_the_others_do() {
        let edges = [30.0, 90.0, 180.0, 365.0];
        assert_eq!(
            by_edges(&[0.0, 30.0, 31.0, 365.0, 366.0], &edges, Good::Low),
            [5, 5, 4, 2, 1]
        );
        assert_eq!(
            by_edges(&[30.0, 31.0, 400.0], &edges, Good::High),
            [1, 2, 5]
        );
    }

    #[test]
    fn an_order_after_the_day_of_observation_is_refused() {
        let mut summary = Summary::default();
        summary.add(0, 10, 1.0);
        let names: Names = ["a"].iter().collect();
        assert!(score(&summary, &names, 9, Scoring::Quintile).is_err());
        assert!(score(&Summary::default(), &names, 9, Scoring::Quintile).is_err());
    }

    proptest! {
        #[test]
        fn better_values_never_score_less(values in prop::collection::vec(0u32..50, 1..200)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            for scores in [
                quintiles(&values, Good::High),
                by_edges(&values, &percentile_edges(&values), Good::High),
            ] {
                for a in 0..values.len() {
                    for b in 0..values.len() {
                        prop_assert!(values[a] <= values[b] || scores[a] >= scores[b]);
                    }
                }
            }
        }
    }
}
