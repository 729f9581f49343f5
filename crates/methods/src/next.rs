//! Next best product: what a customer does not have yet, and others like them do.
//!
//! Source: Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms", ACM Transactions on Information Systems
//! 22(1), 2004: every product that a customer has votes for the others by the cosine of their buyers, and the votes are
//! added. Assumes that to have a product is all or nothing, and that one more of the same is not what is sought.

use crate::basket::Baskets;
use crate::math::parallel;
use rustc_hash::FxHashMap;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggestion {
    /// Codes among the items.
    pub item: u32,
    /// The product that speaks most for it.
    pub because: u32,
    /// Sum of votes: orders suggestions of one customer.
    pub score: f64,
    /// Share of those who have `because` that have `item`.
    pub confidence: f64,
    /// `confidence` against the share of all.
    pub lift: f64,
}

/// Products of one customer that are paired; a customer with more is a reseller, whose pairs say nothing.
const MOST_ITEMS: usize = 200;
/// Added to the number of buyers, so that a pair of single buyers is not a certainty.
const PRIOR: f64 = 3.0;

/// Which products go with which.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    customers: f64,
    counts: Vec<f64>,
    /// By item: the other and the customers with both, most first.
    pairs: Vec<Vec<(u32, u32)>>,
}

/// Neighbours of an item that vote.
const MOST_NEIGHBOURS: usize = 100;

impl Neighbours {
    /// One basket a customer: all that they have.
    pub fn of(owned: &Baskets) -> Neighbours {
        let items = owned
            .iter()
            .flatten()
            .max()
            .map_or(0, |most| *most as usize + 1);
        let mut counts = vec![0.0; items];
        let mut together: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        for basket in owned.iter() {
            for item in basket {
                counts[*item as usize] += 1.0;
            }
            if basket.len() > MOST_ITEMS {
                continue;
            }
            for (at, a) in basket.iter().enumerate() {
                for b in &basket[at + 1..] {
                    *together.entry((*a, *b)).or_default() += 1;
                }
            }
        }
        let mut pairs = vec![Vec::new(); items];
        for ((a, b), count) in together {
            pairs[a as usize].push((b, count));
            pairs[b as usize].push((a, count));
        }
        let cosine = |a: usize, (b, count): &(u32, u32)| {
            f64::from(*count) / ((counts[a] + PRIOR) * (counts[*b as usize] + PRIOR)).sqrt()
        };
        for (a, list) in pairs.iter_mut().enumerate() {
            list.sort_by(|x, y| cosine(a, y).total_cmp(&cosine(a, x)).then(x.0.cmp(&y.0)));
            list.truncate(MOST_NEIGHBOURS);
        }
        Neighbours {
            customers: owned.len() as f64,
            counts,
            pairs,
        }
    }

    /// The best `top` products for every customer, best first.
    pub fn suggest(&self, owned: &Baskets, top: usize) -> Vec<Vec<Suggestion>> {
        let baskets: Vec<&[u32]> = owned.iter().collect();
        parallel::map(&baskets, |basket| self.suggest_to(basket, top))
    }

    fn suggest_to(&self, basket: &[u32], top: usize) -> Vec<Suggestion> {
        let mut votes: FxHashMap<u32, (f64, f64, u32, u32)> = FxHashMap::default();
        for have in basket {
            for (other, count) in &self.pairs[*have as usize] {
                if basket.binary_search(other).is_ok() {
                    continue;
                }
                let buyers =
                    (self.counts[*have as usize] + PRIOR) * (self.counts[*other as usize] + PRIOR);
                let vote = f64::from(*count) / buyers.sqrt();
                let (sum, most, because, together) =
                    votes.entry(*other).or_insert((0.0, 0.0, *have, 0));
                *sum += vote;
                if vote > *most {
                    (*most, *because, *together) = (vote, *have, *count);
                }
            }
        }
        let mut list: Vec<Suggestion> = votes
            .into_iter()
            .map(|(item, (score, _, because, together))| {
                let confidence = f64::from(together) / self.counts[because as usize];
                let lift = confidence / (self.counts[item as usize] / self.customers);
                Suggestion {
                    item,
                    because,
                    score,
                    confidence,
                    lift,
                }
            })
            .collect();
        list.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.item.cmp(&b.item)));
        list.truncate(top);
        list
    }
}

/// How often what customers really took next was among the suggestions: leave one product out, and look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HitRate {
    pub customers: usize,
    pub hits: f64,
    /// The same for the most popular products, which any method has to beat.
    pub popular: f64,
}

/// One customer in so many is asked; the others are learned from in full.
const ASKED: usize = 5;

/// Hides an item of every fifth customer that has two, learns from the rest, and looks for it.
pub fn hit_rate(owned: &Baskets, top: usize) -> HitRate {
    let mut rest = Baskets::default();
    let mut hidden = Vec::new();
    for (at, basket) in owned.iter().enumerate() {
        if basket.len() < 2 || at % ASKED != 0 {
            rest.push(basket.iter().copied());
            hidden.push(None);
            continue;
        }
        let left_out = basket[at / ASKED % basket.len()];
        rest.push(basket.iter().copied().filter(|item| *item != left_out));
        hidden.push(Some(left_out));
    }
    let neighbours = Neighbours::of(&rest);
    let mut popular: Vec<u32> = (0..neighbours.counts.len() as u32).collect();
    popular
        .sort_by(|a, b| neighbours.counts[*b as usize].total_cmp(&neighbours.counts[*a as usize]));
    let (mut customers, mut hits, mut by_popularity) = (0, 0.0, 0.0);
    for ((basket, wanted), suggested) in
        rest.iter().zip(&hidden).zip(neighbours.suggest(&rest, top))
    {
        let Some(wanted) = wanted else {
            continue;
        };
        customers += 1;
        hits += f64::from(u8::from(suggested.iter().any(|one| one.item == *wanted)));
        let mut best = popular
            .iter()
            .filter(|item| basket.binary_search(item).is_err())
            .take(top);
        by_popularity += f64::from(u8::from(best.any(|item| item == wanted)));
    }
    let n = f64::max(customers as f64, 1.0);
    HitRate {
        customers,
        hits: hits / n,
        popular: by_popularity / n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_with_what_one_has_is_suggested() {
        let mut owned = Baskets::default();
        for _ in 0..20 {
            owned.push([0, 1]);
            owned.push([2, 3]);
            owned.push([4]);
        }
        owned.push([0]);
        owned.push([2, 4]);
        let neighbours = Neighbours::of(&owned);
        let found = neighbours.suggest(&owned, 2);
        assert_eq!(found[60].len(), 1);
        assert_eq!((found[60][0].item, found[60][0].because), (1, 0));
        assert!((found[60][0].confidence - 20.0 / 21.0).abs() < 1e-12);
        assert_eq!(found[61][0].item, 3);
        assert!(found[2].iter().all(|one| one.item == 2));
        assert!(found[0].is_empty());
        let rate = hit_rate(&owned, 1);
        assert!(rate.hits > rate.popular, "{rate:?}");
    }
}
