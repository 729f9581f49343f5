//! What the models need of a customer's past.

use crate::MethodError;

/// One row a customer; times in one unit, counted from the customer's first order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Repeat orders: those after the first.
    pub x: Vec<f64>,
    /// Time of the last repeat order; 0 where there is none.
    pub t_x: Vec<f64>,
    /// Time from the first order to the end of observation.
    pub t: Vec<f64>,
    /// Mean amount of the repeat orders; 0 where there is none or amounts are not known.
    pub mean_amount: Vec<f64>,
}

impl History {
    pub fn len(&self) -> usize {
        self.x.len()
    }

    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }

    /// Whether every row can be: whole x ≥ 0, 0 ≤ t_x ≤ T, and t_x = 0 where x = 0.
    pub fn check(&self) -> Result<(), MethodError> {
        MethodError::unless_enough("clv", "customers", 2, self.len())?;
        for row in 0..self.len() {
            let (x, t_x, t) = (self.x[row], self.t_x[row], self.t[row]);
            let amount = self.mean_amount[row];
            let reason = if !(x >= 0.0 && x.fract() == 0.0 && x < 1e7) {
                "x is the number of repeat orders: a whole number from 0"
            } else if !(t_x >= 0.0 && t_x <= t && t.is_finite()) {
                "t_x lies between 0 and T"
            } else if x == 0.0 && t_x != 0.0 {
                "t_x is 0 where x is 0"
            } else if !(amount >= 0.0 && amount.is_finite()) {
                "the mean amount is a number from 0"
            } else {
                continue;
            };
            return Err(MethodError::Value {
                row,
                reason: reason.to_owned(),
            });
        }
        MethodError::unless_enough("clv", "customers with a repeat order", 1, self.repeaters())
    }

    pub fn repeaters(&self) -> usize {
        self.x.iter().filter(|x| **x > 0.0).count()
    }
}

/// Orders up to and with the day `until` become a history by customer code; orders of one day count as one.
///
/// `unit_days` is the unit of time in days (7 for weeks). Customers whose first order is later than `until` have
/// T < 0 and are left out by the returned list of codes, which has one entry a row.
pub fn of_orders(
    orders: &mut [(u32, i32, f64)],
    until: i32,
    unit_days: f64,
) -> (Vec<u32>, History) {
    orders.sort_unstable_by_key(|(customer, day, _)| (*customer, *day));
    let mut history = History::default();
    let mut codes = Vec::new();
    for of_one in orders.chunk_by(|a, b| a.0 == b.0) {
        let known = &of_one[..of_one.partition_point(|(_, day, _)| *day <= until)];
        let Some((customer, first, _)) = known.first() else {
            continue;
        };
        let (mut x, mut amount, mut last) = (0.0, 0.0, *first);
        for (_, day, value) in known.iter().filter(|(_, day, _)| day > first) {
            x += f64::from(u8::from(*day != last));
            amount += value;
            last = *day;
        }
        codes.push(*customer);
        history.x.push(x);
        history.t_x.push(f64::from(last - first) / unit_days);
        history.t.push(f64::from(until - first) / unit_days);
        history
            .mean_amount
            .push(if x > 0.0 { (amount / x).max(0.0) } else { 0.0 });
    }
    (codes, history)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_a_day_are_one_and_the_first_is_no_repeat() {
        let mut orders = vec![
            (1, 0, 9.0),
            (0, 7, 5.0),
            (1, 14, 2.0),
            (1, 14, 4.0),
            (1, 21, 2.0),
            (1, 99, 8.0),
            (2, 90, 1.0),
        ];
        let (codes, history) = of_orders(&mut orders, 28, 7.0);
        assert_eq!(codes, [0, 1]);
        assert_eq!(history.x, [0.0, 2.0]);
        assert_eq!(history.t_x, [0.0, 3.0]);
        assert_eq!(history.t, [3.0, 4.0]);
        assert_eq!(history.mean_amount, [0.0, 4.0]);
    }

    #[test]
    fn impossible_rows_are_named() {
        let mut history = History {
            x: vec![1.0; 2],
            t_x: vec![2.0; 2],
            t: vec![3.0, 1.0],
            mean_amount: vec![0.0; 2],
        };
        assert!(matches!(
            history.check(),
            Err(MethodError::Value { row: 1, .. })
        ));
        history.t[1] = 2.0;
        assert!(history.check().is_ok());
        history.x[0] = 1.5;
        assert!(matches!(
            history.check(),
            Err(MethodError::Value { row: 0, .. })
        ));
    }
}
