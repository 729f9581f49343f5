//! Association rules from frequent sets.

use super::Itemsets;
use rustc_hash::FxHashMap;

/// `antecedent → consequent`, items by rising code.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub antecedent: Vec<u32>,
    pub consequent: Vec<u32>,
    /// Baskets that hold both.
    pub count: u32,
    /// P(both)
    pub support: f64,
    /// P(consequent | antecedent)
    pub confidence: f64,
    /// confidence / P(consequent): 1 where they have nothing to do with each other.
    pub lift: f64,
    /// P(both) − P(antecedent) P(consequent)
    pub leverage: f64,
    /// (1 − P(consequent)) / (1 − confidence); infinite where the rule never fails.
    pub conviction: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequents {
    /// Rules that conclude one item.
    Single,
    Any,
}

/// All rules with at least `min_confidence`, by falling lift, then confidence, then count.
pub fn rules(
    sets: &Itemsets,
    baskets: usize,
    min_confidence: f64,
    consequents: Consequents,
) -> Vec<Rule> {
    let counts: FxHashMap<&[u32], u32> = sets.iter().collect();
    let mut maker = Maker {
        counts,
        baskets: baskets as f64,
        min_confidence,
        consequents,
        rules: Vec::new(),
    };
    for (items, count) in sets.iter().filter(|(items, _)| items.len() > 1) {
        maker.conclude((items, count), 0, &mut vec![false; items.len()]);
    }
    let mut rules = maker.rules;
    rules.sort_by(|a, b| {
        let by_lift = b
            .lift
            .total_cmp(&a.lift)
            .then(b.confidence.total_cmp(&a.confidence));
        by_lift
            .then(b.count.cmp(&a.count))
            .then_with(|| a.antecedent.cmp(&b.antecedent))
    });
    rules
}

struct Maker<'a> {
    counts: FxHashMap<&'a [u32], u32>,
    baskets: f64,
    min_confidence: f64,
    consequents: Consequents,
    rules: Vec<Rule>,
}

impl Maker<'_> {
    /// Rules of one set. A consequent only grows where it was confident: a larger one is never more so.
    fn conclude(&mut self, set: (&[u32], u32), from: usize, is_concluded: &mut Vec<bool>) {
        let (items, count) = set;
        let concluded = is_concluded.iter().filter(|is| **is).count();
        if concluded + 1 == items.len()
            || (concluded == 1 && self.consequents == Consequents::Single)
        {
            return;
        }
        for at in from..items.len() {
            is_concluded[at] = true;
            let part = |side: bool| -> Vec<u32> {
                items
                    .iter()
                    .zip(is_concluded.iter())
                    .filter(|(_, is)| **is == side)
                    .map(|(item, _)| *item)
                    .collect()
            };
            if let Some(rule) = self.rule(part(false), part(true), count) {
                self.rules.push(rule);
                self.conclude(set, at + 1, is_concluded);
            }
            is_concluded[at] = false;
        }
    }

    fn rule(&self, antecedent: Vec<u32>, consequent: Vec<u32>, count: u32) -> Option<Rule> {
        // Every part of a frequent set is frequent, and so has its count.
        let of_antecedent = f64::from(*self.counts.get(antecedent.as_slice())?);
        let confidence = f64::from(count) / of_antecedent;
        if confidence < self.min_confidence {
            return None;
        }
        let of_consequent = f64::from(*self.counts.get(consequent.as_slice())?) / self.baskets;
        let support = f64::from(count) / self.baskets;
        Some(Rule {
            antecedent,
            consequent,
            count,
            support,
            confidence,
            lift: confidence / of_consequent,
            leverage: support - of_antecedent / self.baskets * of_consequent,
            conviction: if confidence == 1.0 {
                f64::INFINITY
            } else {
                (1.0 - of_consequent) / (1.0 - confidence)
            },
        })
    }
}
