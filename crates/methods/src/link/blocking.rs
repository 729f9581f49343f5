//! Pairs that are worth comparing: those that share a key.
//!
//! Every field gives keys that survive its usual slips. A key that few records share proposes all pairs of them; where
//! many share it, it proposes those that share a second field too. How many is few follows from a budget of pairs a
//! record, so that a million records cost a hundred times ten thousand.

use super::compare::Comparison;
use super::prepare::Value;
use super::{Kind, Scope};
use crate::columns::key;
use crate::math::parallel;

/// Pairs that may be proposed, a record.
const BUDGET: usize = 24;
/// Records that share a key, at most and at least.
const LARGEST: usize = 250;
const SMALLEST: usize = 8;

/// No key.
const NONE: u64 = 0;

/// By record, one key of one way of making keys.
type Keys = Vec<u64>;

/// Distinct pairs that the scope admits, in order, with a < b.
pub fn candidates(comparisons: &[Comparison], records: usize, scope: Scope) -> Vec<(u32, u32)> {
    let makers: Vec<(usize, usize)> = comparisons
        .iter()
        .enumerate()
        .flat_map(|(at, comparison)| (0..ways(comparison.kind)).map(move |way| (at, way)))
        .collect();
    let keys: Vec<Keys> = parallel::map(&makers, |(at, way)| {
        let comparison = &comparisons[*at];
        let by_value: Vec<u64> = comparison
            .values
            .iter()
            .map(|value| of_value(comparison.kind, value, *way))
            .collect();
        comparison
            .codes
            .iter()
            .map(|code| by_value.get(*code as usize).copied().unwrap_or(NONE))
            .collect()
    });
    let groups: Vec<Groups> = parallel::map(&keys, |keys| Groups::of(keys, records));
    let most = largest(&groups, records);
    // Where a key of a field is shared by too many, it counts together with a key of another field.
    let mut combined: Vec<(usize, usize)> = Vec::new();
    for (i, (field, _)) in makers.iter().enumerate() {
        for (j, (other, _)) in makers.iter().enumerate().skip(i + 1) {
            if field != other && groups[i].has_larger(most) && groups[j].has_larger(most) {
                combined.push((i, j));
            }
        }
    }
    let mut pairs: Vec<u64> = parallel::map(&groups, |groups| groups.pairs(most, scope)).concat();
    let more = parallel::map(&combined, |(i, j)| {
        let (too_many_i, too_many_j) = (
            groups[*i].too_many(most, records),
            groups[*j].too_many(most, records),
        );
        let both: Keys = (0..records)
            .map(|record| match (keys[*i][record], keys[*j][record]) {
                (a, b) if too_many_i[record] && too_many_j[record] => (a.rotate_left(17) ^ b)
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .max(1),
                _ => NONE,
            })
            .collect();
        Groups::of(&both, records).pairs(most, scope)
    });
    pairs.extend(more.into_iter().flatten());
    pairs.sort_unstable();
    pairs.dedup();
    pairs
        .into_iter()
        .map(|pair| ((pair >> 32) as u32, pair as u32))
        .collect()
}

/// Ways of making keys of a kind.
fn ways(kind: Kind) -> usize {
    match kind {
        Kind::Phone => 3,
        Kind::Name | Kind::Address | Kind::Code => 2,
        Kind::Email | Kind::Date | Kind::Text | Kind::Category => 1,
    }
}

fn of_value(kind: Kind, value: &Value, way: usize) -> u64 {
    let text = value.text.as_str();
    if text.is_empty() {
        return NONE;
    }
    let head = |count: usize| {
        text.char_indices()
            .nth(count)
            .map_or(text, |(at, _)| &text[..at])
    };
    let tail = |count: usize| {
        let from = text.chars().count().saturating_sub(count);
        text.char_indices()
            .nth(from)
            .map_or(text, |(at, _)| &text[at..])
    };
    let of = |part: &str| key(part.as_bytes()).rotate_left(way as u32 * 7).max(1);
    match (kind, way) {
        (Kind::Name, 0) if !value.sorted.is_empty() => {
            let mix = |hash: u64, token: &u32| {
                (hash.rotate_left(5) ^ u64::from(*token)).wrapping_mul(0x517c_c1b7_2722_0a95)
            };
            value.sorted.iter().fold(1, mix).max(1)
        }
        (Kind::Name, 1) => match value.tokens[..] {
            [a, b, _, ..] if value.is_han => (u64::from(a) << 32 | u64::from(b)).max(1),
            _ => of(head(4)),
        },
        (Kind::Phone, 1) if text.len() > 7 => of(tail(6)),
        (Kind::Phone, 2) if text.len() > 7 => of(head(text.len() - 4)),
        (Kind::Address, 0) => of(tail(8)),
        (Kind::Address, 1) if value.numbers.len() > 1 => value
            .numbers
            .iter()
            .fold(7, |hash: u64, n| {
                (hash.rotate_left(9) ^ u64::from(*n)).wrapping_mul(0x517c_c1b7_2722_0a95)
            })
            .max(1),
        (Kind::Address, 1) => of(head(8)),
        (Kind::Code, 1) if text.len() > 7 => of(head(text.len() / 2)),
        (_, 0) => of(text),
        _ => NONE,
    }
}

/// Records by key: those of one key stand together.
struct Groups {
    records: Vec<u32>,
    /// Ends of the groups of two and more.
    bounds: Vec<(u32, u32)>,
}

impl Groups {
    fn of(keys: &Keys, records: usize) -> Groups {
        let mut order: Vec<(u64, u32)> = (0..records)
            .filter(|record| keys[*record] != NONE)
            .map(|record| (keys[record], record as u32))
            .collect();
        order.sort_unstable();
        let mut bounds = Vec::new();
        let mut at = 0;
        for group in order.chunk_by(|a, b| a.0 == b.0) {
            if group.len() > 1 {
                bounds.push((at as u32, (at + group.len()) as u32));
            }
            at += group.len();
        }
        Groups {
            records: order.into_iter().map(|(_, record)| record).collect(),
            bounds,
        }
    }

    fn groups(&self) -> impl Iterator<Item = &[u32]> {
        self.bounds
            .iter()
            .map(|(from, until)| &self.records[*from as usize..*until as usize])
    }

    fn has_larger(&self, most: usize) -> bool {
        self.groups().any(|group| group.len() > most)
    }

    /// By record: whether too many share its key.
    fn too_many(&self, most: usize, records: usize) -> Vec<bool> {
        let mut marks = vec![false; records];
        for record in self.groups().filter(|group| group.len() > most).flatten() {
            marks[*record as usize] = true;
        }
        marks
    }

    fn pairs(&self, most: usize, scope: Scope) -> Vec<u64> {
        let mut pairs = Vec::new();
        for group in self.groups().filter(|group| group.len() <= most) {
            for (at, a) in group.iter().enumerate() {
                for b in &group[at + 1..] {
                    let (a, b) = (*a.min(b), *a.max(b));
                    if scope.admits(a, b) {
                        pairs.push(u64::from(a) << 32 | u64::from(b));
                    }
                }
            }
        }
        pairs
    }
}

/// The largest group that still proposes all its pairs, so that the budget is kept.
fn largest(groups: &[Groups], records: usize) -> usize {
    let mut by_size = vec![0usize; LARGEST + 1];
    for group in groups
        .iter()
        .flat_map(Groups::groups)
        .filter(|group| group.len() <= LARGEST)
    {
        by_size[group.len()] += group.len() * (group.len() - 1) / 2;
    }
    let mut sum = 0;
    for (size, pairs) in by_size.iter().enumerate() {
        sum += pairs;
        if sum > BUDGET * records.max(20_000) {
            return size.saturating_sub(1).max(SMALLEST);
        }
    }
    LARGEST
}
