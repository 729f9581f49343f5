//! Record linkage: which records are the same person or company.
//!
//! Sources: Fellegi and Sunter, "A Theory for Record Linkage", Journal of the American Statistical Association 64, 1969;
//! Winkler, "Using the EM Algorithm for Weight Computation in the Fellegi-Sunter Model" (1988), and his adjustment for
//! the frequency of values. Pairs are proposed by shared keys ([`blocking`]), compared field by field in levels
//! ([`compare`]), and weighed by the EM algorithm ([`em`]) without a labelled pair. Beside matches and strangers there is
//! a third class, people who share a place and are not the same: they agree on address and telephone, and by chance on
//! what names a person. Without it a household would be one person.
//!
//! Assumes that fields err independently within a class. Probabilities are those of a pair being a match, among all
//! pairs there are.

mod blocking;
mod cluster;
mod compare;
mod em;
mod field;
mod prepare;

pub use cluster::clusters;
pub use em::{FieldWeights, Weights};
pub use field::{Kind, guess};

use crate::MethodError;
use crate::columns::Coded;
use crate::math::parallel;
use crate::random::Random;
use compare::Comparison;

/// A column by which records are compared.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub values: Coded,
}

/// What is compared with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every record with every other.
    Within,
    /// Those before this place with those from it on.
    Across(usize),
}

impl Scope {
    fn pairs(self, records: usize) -> f64 {
        match self {
            Scope::Within => records as f64 * (records as f64 - 1.0) / 2.0,
            Scope::Across(split) => split as f64 * (records - split) as f64,
        }
    }

    fn admits(self, a: u32, b: u32) -> bool {
        match self {
            Scope::Within => a != b,
            Scope::Across(split) => (a as usize) < split && b as usize >= split,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub a: u32,
    pub b: u32,
    pub probability: f64,
}

/// What was found, and by which weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Linkage {
    /// At least as probable as was asked for, falling; `a` < `b`.
    pub pairs: Vec<Pair>,
    pub compared: usize,
    pub weights: Weights,
}

/// Finds all pairs that are probable enough.
pub fn link(
    fields: &[Field],
    scope: Scope,
    threshold: f64,
    seed: u64,
) -> Result<Linkage, MethodError> {
    let records = fields.first().map_or(0, |field| field.values.len());
    MethodError::unless_enough("link", "fields", 1, fields.len())?;
    MethodError::unless_enough("link", "records", 2, records)?;
    if fields.len() > MOST_FIELDS {
        return Err(MethodError::argument(format!(
            "at most {MOST_FIELDS} fields are compared at once"
        )));
    }
    if scope.pairs(records) < 1.0 {
        return Err(MethodError::argument(
            "each of the two files has to hold a record",
        ));
    }
    let comparisons: Vec<Comparison> = parallel::map(fields, Comparison::of);
    let candidates = blocking::candidates(&comparisons, records, scope);
    let patterns = parallel::map_ranges(candidates.len(), 1 << 13, |range| {
        candidates[range]
            .iter()
            .map(|pair| pattern(&comparisons, *pair))
            .collect::<Vec<u64>>()
    });
    let patterns: Vec<u64> = patterns.concat();
    let totals = totals(&comparisons, records, scope, seed);
    let weights = em::estimate(&comparisons, &patterns, &totals, scope.pairs(records));
    let scored = parallel::map_ranges(candidates.len(), 1 << 13, |range| {
        let mut found = Vec::new();
        for at in range {
            let (a, b) = candidates[at];
            let rarity = rarity(&comparisons, patterns[at], a);
            let probability = weights.probability(patterns[at], rarity);
            if probability >= threshold {
                found.push(Pair { a, b, probability });
            }
        }
        found
    });
    let mut pairs = scored.concat();
    pairs.sort_by(|x, y| {
        y.probability
            .total_cmp(&x.probability)
            .then((x.a, x.b).cmp(&(y.a, y.b)))
    });
    Ok(Linkage {
        pairs,
        compared: candidates.len(),
        weights,
    })
}

/// A pattern holds four bits a field.
const MOST_FIELDS: usize = 16;
/// The bits of a field that one of the two records does not have.
const MISSING: u64 = 15;

fn pattern(comparisons: &[Comparison], (a, b): (u32, u32)) -> u64 {
    let with = |pattern: u64, (at, comparison): (usize, &Comparison)| {
        let level = comparison.level(a, b).map_or(MISSING, |level| level as u64);
        pattern | level << (4 * at)
    };
    comparisons.iter().enumerate().fold(0, with)
}

fn level_of(pattern: u64, field: usize) -> Option<usize> {
    let bits = pattern >> (4 * field) & 15;
    (bits != MISSING).then_some(bits as usize)
}

/// ln of how much rarer the shared values are than shared values usually.
fn rarity(comparisons: &[Comparison], pattern: u64, record: u32) -> f64 {
    let of = |(at, comparison): (usize, &Comparison)| match level_of(pattern, at) {
        Some(level) if comparison.kind.counts_rarity() && comparison.is_same(level) => {
            comparison.rarity(record)
        }
        _ => 0.0,
    };
    comparisons.iter().enumerate().map(of).sum()
}

/// Pairs of records that are drawn to see how often strangers agree.
const DRAWN: usize = 200_000;

/// How many of all pairs are on every level of every field, missing ones left out: counted for equality, drawn for the
/// others.
fn totals(comparisons: &[Comparison], records: usize, scope: Scope, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Random::new(seed);
    let drawn: Vec<(u32, u32)> = (0..4 * DRAWN)
        .map(|_| (random.below(records) as u32, random.below(records) as u32))
        .filter(|(a, b)| scope.admits(*a, *b))
        .take(DRAWN)
        .collect();
    let all = scope.pairs(records);
    parallel::map(comparisons, |comparison| {
        let mut counts = vec![0.0; comparison.levels()];
        for (a, b) in &drawn {
            if let Some(level) = comparison.level(*a, *b) {
                counts[level] += 1.0;
            }
        }
        let scale = all / drawn.len().max(1) as f64;
        counts.iter_mut().for_each(|count| *count *= scale);
        counts[comparison.levels() - 1] = comparison.equal_pairs(scope);
        counts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: Kind, values: &[&str]) -> Field {
        Field {
            name: name.to_owned(),
            kind,
            values: Coded::of(values),
        }
    }

    /// Two hundred people, every fourth of them twice with a slip; neighbours share an address.
    fn people() -> (Vec<Field>, Vec<(u32, u32)>) {
        let (surnames, given) = (
            ["王", "李", "张", "刘", "陈", "杨", "赵"],
            ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "勇"],
        );
        let (mut names, mut phones, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        let mut truth = Vec::new();
        for at in 0..200usize {
            let name = format!(
                "{}{}{}",
                surnames[at % 7],
                given[at / 7 % 10],
                given[at * 3 % 10]
            );
            let phone = format!("13{:09}", at * 7_919_123 % 1_000_000_000);
            let address = format!("合肥市蜀山区望江路{}号{}室", at / 2, 101 + at / 20);
            if at % 4 == 0 {
                truth.push((names.len() as u32, names.len() as u32 + 1));
                names.push(name.clone());
                phones.push(format!("+86 {phone}"));
                addresses.push(format!("安徽省{address}"));
            }
            names.push(name);
            phones.push(phone);
            addresses.push(address);
        }
        let texts = |list: &[String]| Coded::of(list);
        let fields = vec![
            Field {
                name: "name".into(),
                kind: Kind::Name,
                values: texts(&names),
            },
            Field {
                name: "phone".into(),
                kind: Kind::Phone,
                values: texts(&phones),
            },
            Field {
                name: "address".into(),
                kind: Kind::Address,
                values: texts(&addresses),
            },
        ];
        (fields, truth)
    }

    #[test]
    fn the_same_people_are_found_and_their_neighbours_are_not() {
        let (fields, truth) = people();
        let found = link(&fields, Scope::Within, 0.5, 1).unwrap();
        let mut pairs: Vec<(u32, u32)> = found.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
        pairs.sort_unstable();
        assert_eq!(pairs, truth);
    }

    #[test]
    fn two_files_are_linked_across_only() {
        let names = [
            "anna smith",
            "bert jones",
            "cora miller",
            "dora king",
            "anna smith",
            "dora king",
            "emil fox",
        ];
        let mails = [
            "a@x.de", "b@x.de", "c@x.de", "d@x.de", "a@x.de", "d@x.de", "e@x.de",
        ];
        let fields = [
            field("name", Kind::Name, &names),
            field("email", Kind::Email, &mails),
        ];
        let found = link(&fields, Scope::Across(4), 0.5, 1).unwrap();
        let mut pairs: Vec<(u32, u32)> = found.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
        pairs.sort_unstable();
        assert_eq!(pairs, [(0, 4), (3, 5)]);
        assert!(link(&fields, Scope::Across(7), 0.5, 1).is_err());
        assert!(link(&[], Scope::Within, 0.5, 1).is_err());
    }
}
