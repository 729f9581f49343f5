//! Market baskets: which things are bought together, and what follows from what.
//!
//! Sources: Agrawal, Imieliński and Swami, "Mining Association Rules between Sets of Items in Large Databases", SIGMOD
//! 1993; Han, Pei and Yin, "Mining Frequent Patterns without Candidate Generation", SIGMOD 2000 (FP-growth). A basket is
//! a set: an item counts once in it. Thresholds are inclusive, and compared as quotients of counts, so that a rule whose
//! confidence equals the threshold is found.

mod fp_growth;
mod rules;

pub use fp_growth::{Itemsets, frequent};
pub use rules::{Consequents, Rule, rules};

use crate::MethodError;

/// Baskets, one after another: the items of basket `i` are `items[ends[i-1]..ends[i]]`.
#[derive(Debug, Clone, Default)]
pub struct Baskets {
    items: Vec<u32>,
    ends: Vec<usize>,
}

impl Baskets {
    pub fn push(&mut self, items: impl IntoIterator<Item = u32>) {
        let start = self.items.len();
        self.items.extend(items);
        self.items[start..].sort_unstable();
        let mut kept = start;
        for at in start..self.items.len() {
            if at == start || self.items[at] != self.items[kept - 1] {
                self.items[kept] = self.items[at];
                kept += 1;
            }
        }
        self.items.truncate(kept);
        self.ends.push(kept);
    }

    /// From rows of (basket, item).
    pub fn of_rows(mut rows: Vec<(u32, u32)>) -> Baskets {
        rows.sort_unstable();
        let mut baskets = Baskets::default();
        for of_one in rows.chunk_by(|a, b| a.0 == b.0) {
            baskets.push(of_one.iter().map(|(_, item)| *item));
        }
        baskets
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.items[start..*end])
    }

    /// The smallest count whose share of the baskets is not below `min_support`.
    pub fn min_count(&self, min_support: f64) -> Result<u32, MethodError> {
        if !(min_support > 0.0 && min_support <= 1.0) {
            return Err(MethodError::argument(
                "the minimum support is a share above 0 and at most 1",
            ));
        }
        let n = self.len() as f64;
        let mut count = (min_support * n).floor().max(1.0);
        while count / n < min_support {
            count += 1.0;
        }
        Ok(count as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn baskets(list: &[&[u32]]) -> Baskets {
        let mut baskets = Baskets::default();
        for one in list {
            baskets.push(one.iter().copied());
        }
        baskets
    }

    #[test]
    fn an_item_counts_once_in_a_basket() {
        let both = [
            baskets(&[&[2, 1, 2], &[1]]),
            Baskets::of_rows(vec![(7, 2), (9, 1), (7, 1), (7, 2)]),
        ];
        for baskets in both {
            assert_eq!(baskets.iter().collect::<Vec<_>>(), [&[1, 2][..], &[1][..]]);
        }
    }

    #[test]
    fn thresholds_are_inclusive() {
        let ten = baskets(&[&[1u32][..]; 10]);
        for (support, count) in [
            (0.1, 1),
            (0.3, 3),
            (0.7, 7),
            (0.71, 8),
            (1.0, 10),
            (0.001, 1),
        ] {
            assert_eq!(ten.min_count(support), Ok(count));
        }
        assert!(ten.min_count(0.0).is_err() && ten.min_count(1.1).is_err());
        let groceries = Baskets {
            items: vec![],
            ends: vec![0; 9835],
        };
        assert_eq!(groceries.min_count(0.01), Ok(99));
    }

    #[test]
    fn a_rule_at_the_threshold_is_found() {
        let list = baskets(&[&[1, 2], &[1], &[1, 2], &[1]]);
        let sets = frequent(&list, 1, 1000).unwrap();
        let found = rules(&sets, list.len(), 0.5, Consequents::Any);
        let one = found.iter().find(|rule| rule.antecedent == [1]).unwrap();
        assert_eq!((one.confidence, one.lift, one.count), (0.5, 1.0, 2));
        assert_eq!(one.conviction, 1.0);
        let back = found.iter().find(|rule| rule.antecedent == [2]).unwrap();
        assert_eq!((back.confidence, back.conviction), (1.0, f64::INFINITY));
    }

    /// What counting every subset of every basket gives.
    fn by_counting(list: &Baskets, min_count: u32) -> Vec<(Vec<u32>, u32)> {
        let mut counts = std::collections::BTreeMap::new();
        for basket in list.iter() {
            for mask in 1u32..1 << basket.len() {
                let set = (0..basket.len())
                    .filter(|at| mask >> at & 1 == 1)
                    .map(|at| basket[at]);
                *counts.entry(set.collect::<Vec<u32>>()).or_insert(0) += 1;
            }
        }
        counts
            .into_iter()
            .filter(|(_, count)| *count >= min_count)
            .collect()
    }

    proptest! {
        #[test]
        fn fp_growth_finds_what_counting_finds(
            list in prop::collection::vec(prop::collection::vec(0u32..8, 0..7), 1..40),
            min_count in 1u32..6,
        ) {
            let list = baskets(&list.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let sets = frequent(&list, min_count, 100_000).unwrap();
            let mut found: Vec<(Vec<u32>, u32)> =
                sets.iter().map(|(items, count)| (items.to_vec(), count)).collect();
            found.sort();
            prop_assert_eq!(found, by_counting(&list, min_count));
        }
    }
}
