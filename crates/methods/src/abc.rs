//! ABC analysis: the few that make most of the total, and the many that make the rest.
//!
//! Source: H. F. Dickie, "ABC Inventory Analysis Shoots for Dollars, not Pennies" (1951), after Pareto. Items are
//! ranked by their total, equal totals by their id in code points; an item is A while the share *before* it is under
//! the first limit, B while it is under the second, else C. Items without a positive total take no part.

use crate::columns::Names;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Class {
    A,
    B,
    C,
}

/// Shares of the total at which A and B end; usually .8 and .95.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub a: f64,
    pub b: f64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { a: 0.8, b: 0.95 }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Code among the names.
    #[serde(skip)]
    pub item: u32,
    pub amount: f64,
    pub share: f64,
    /// Share of the total up to and with this item.
    pub cumulative: f64,
    pub class: Class,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassTotal {
    pub class: Class,
    pub count: usize,
    pub amount: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Falling by amount.
    pub items: Vec<Item>,
    pub classes: Vec<ClassTotal>,
    pub total: f64,
    /// Items whose total is zero or negative.
    pub excluded: usize,
    /// Gini's coefficient of the totals: 0 where all are equal, towards 1 where one has everything.
    pub gini: f64,
    /// Share of the best fifth of the items, rounded up.
    pub top_fifth_share: f64,
}

/// `totals` are by item code.
pub fn classify(totals: &[f64], names: &Names, limits: Limits) -> Contribution {
    let rounded: Vec<f64> = totals
        .iter()
        .map(|total| (total * 1e6).round() / 1e6)
        .collect();
    let mut order: Vec<u32> = (0..totals.len() as u32)
        .filter(|item| rounded[*item as usize] > 0.0)
        .collect();
    order.sort_by(|a, b| {
        let by_amount = rounded[*b as usize].total_cmp(&rounded[*a as usize]);
        by_amount.then_with(|| names.get(*a).cmp(names.get(*b)))
    });
    let total: f64 = order.iter().map(|item| rounded[*item as usize]).sum();
    let mut before = 0.0;
    let mut items = Vec::with_capacity(order.len());
    for item in &order {
        let amount = rounded[*item as usize];
        let share_before = before / total;
        let class = match share_before {
            share if share < limits.a => Class::A,
            share if share < limits.b => Class::B,
            _ => Class::C,
        };
        before += amount;
        items.push(Item {
            item: *item,
            amount,
            share: amount / total,
            cumulative: before / total,
            class,
        });
    }
    let classes = [Class::A, Class::B, Class::C].map(|class| {
        let of_class = items.iter().filter(|item| item.class == class);
        ClassTotal {
            class,
            count: of_class.clone().count(),
            amount: of_class.map(|item| item.amount).sum(),
        }
    });
    let fifth = (0.2 * items.len() as f64).ceil() as usize;
    Contribution {
        classes: classes.into(),
        total,
        excluded: totals.len() - items.len(),
        gini: gini(&items, total),
        top_fifth_share: fifth
            .checked_sub(1)
            .map_or(0.0, |last| items[last].cumulative),
        items,
    }
}

/// From items in falling order.
fn gini(items: &[Item], total: f64) -> f64 {
    let n = items.len() as f64;
    let weighted = items
        .iter()
        .enumerate()
        .map(|(at, item)| (n - 1.0 - 2.0 * at as f64) * item.amount);
    if items.is_empty() {
        0.0
    } else {
        weighted.sum::<f64>() / (n * total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(totals: &[f64], ids: &[&str]) -> Vec<(u32, Class)> {
        let names: Names = ids.iter().collect();
        let found = classify(totals, &names, Limits::default());
        found
            .items
            .iter()
            .map(|item| (item.item, item.class))
            .collect()
    }

    #[test]
    fn the_item_that_crosses_a_limit_still_belongs_to_the_class() {
        use Class::*;
        assert_eq!(
            classes(&[10.0, 70.0, 20.0, -5.0, 0.0], &["a", "b", "c", "d", "e"]),
            [(1, A), (2, A), (0, B)]
        );
    }

    #[test]
    fn equal_totals_stand_by_id() {
        let order: Vec<u32> = classes(&[1.0, 1.0, 1.0], &["b", "a", "10"])
            .iter()
            .map(|(item, _)| *item)
            .collect();
        assert_eq!(order, [2, 1, 0]);
    }

    #[test]
    fn gini_by_hand() {
        let names: Names = ["a", "b"].iter().collect();
        let found = classify(&[1.0, 3.0], &names, Limits::default());
        assert!((found.gini - 0.25).abs() < 1e-12);
        assert_eq!(
            classify(&[], &Names::default(), Limits::default()).gini,
            0.0
        );
    }
}
