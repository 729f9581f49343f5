//! Frequent sets by FP-growth: baskets become a tree of shared prefixes, and every item's paths a smaller tree.

use super::Baskets;
use crate::MethodError;
use crate::math::parallel;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Frequent sets with their counts, flat. The items of a set rise by code.
#[derive(Debug, Clone, Default)]
pub struct Itemsets {
    items: Vec<u32>,
    ends: Vec<usize>,
    counts: Vec<u32>,
}

impl Itemsets {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&[u32], u32)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let sets = starts
            .zip(&self.ends)
            .map(|(start, end)| &self.items[start..*end]);
        sets.zip(self.counts.iter().copied())
    }

    /// How many sets there are of every size, from one item up.
    pub fn by_size(&self) -> Vec<usize> {
        let mut sizes = Vec::new();
        for (items, _) in self.iter() {
            sizes.resize(sizes.len().max(items.len()), 0);
            sizes[items.len() - 1] += 1;
        }
        sizes
    }

    fn push(&mut self, items: &[u32], count: u32) {
        let start = self.items.len();
        self.items.extend_from_slice(items);
        self.items[start..].sort_unstable();
        self.ends.push(self.items.len());
        self.counts.push(count);
    }

    fn append(&mut self, other: &Itemsets) {
        for (items, count) in other.iter() {
            self.items.extend_from_slice(items);
            self.ends.push(self.items.len());
            self.counts.push(count);
        }
    }
}

const NONE: u32 = u32::MAX;
const ROOT: u32 = 0;

/// A prefix tree over ranks of items; the most frequent item has rank 0 and stands next to the root.
struct Tree {
    rank: Vec<u32>,
    count: Vec<u32>,
    parent: Vec<u32>,
    child: Vec<u32>,
    sibling: Vec<u32>,
    /// The next node of the same rank.
    next: Vec<u32>,
    /// By rank: the first node, and the count of all.
    heads: Vec<u32>,
    totals: Vec<u32>,
    /// Children of the root by rank, where a list would be long.
    first: Vec<u32>,
}

impl Tree {
    fn new(ranks: usize) -> Tree {
        Tree {
            rank: vec![NONE],
            count: vec![0],
            parent: vec![NONE],
            child: vec![NONE],
            sibling: vec![NONE],
            next: vec![NONE],
            heads: vec![NONE; ranks],
            totals: vec![0; ranks],
            first: vec![NONE; ranks],
        }
    }

    /// Adds a path of rising ranks.
    fn insert(&mut self, path: &[u32], count: u32) {
        let mut at = ROOT;
        for rank in path {
            self.totals[*rank as usize] += count;
            at = self.child_of(at, *rank);
            self.count[at as usize] += count;
        }
    }

    fn child_of(&mut self, parent: u32, rank: u32) -> u32 {
        let mut child = if parent == ROOT {
            self.first[rank as usize]
        } else {
            self.child[parent as usize]
        };
        while child != NONE && self.rank[child as usize] != rank {
            child = self.sibling[child as usize];
        }
        if child != NONE {
            return child;
        }
        let node = self.rank.len() as u32;
        self.rank.push(rank);
        self.count.push(0);
        self.parent.push(parent);
        self.child.push(NONE);
        self.next
            .push(std::mem::replace(&mut self.heads[rank as usize], node));
        if parent == ROOT {
            self.sibling.push(NONE);
            self.first[rank as usize] = node;
        } else {
            self.sibling
                .push(std::mem::replace(&mut self.child[parent as usize], node));
        }
        node
    }

    /// The tree of what stands above `rank`, of the items that are frequent there.
    fn conditional(&self, rank: u32, min_count: u32) -> Option<Tree> {
        let mut totals = vec![0; rank as usize];
        self.for_each_path(rank, |item, count| totals[item as usize] += count, |_| {});
        if totals.iter().all(|total| *total < min_count) {
            return None;
        }
        let mut tree = Tree::new(rank as usize);
        let mut path = Vec::new();
        let path = std::cell::RefCell::new(&mut path);
        self.for_each_path(
            rank,
            |item, _| {
                if totals[item as usize] >= min_count {
                    path.borrow_mut().push(item);
                }
            },
            |count| {
                let mut path = path.borrow_mut();
                path.reverse();
                tree.insert(&path, count);
                path.clear();
            },
        );
        Some(tree)
    }

    fn for_each_path(&self, rank: u32, mut item: impl FnMut(u32, u32), mut end: impl FnMut(u32)) {
        let mut node = self.heads[rank as usize];
        while node != NONE {
            let count = self.count[node as usize];
            let mut above = self.parent[node as usize];
            while above != ROOT {
                item(self.rank[above as usize], count);
                above = self.parent[above as usize];
            }
            end(count);
            node = self.next[node as usize];
        }
    }
}

/// All sets of items that stand together in at least `min_count` baskets; an error where there are more than `most`.
pub fn frequent(baskets: &Baskets, min_count: u32, most: usize) -> Result<Itemsets, MethodError> {
    let min_count = min_count.max(1);
    let items = baskets
        .iter()
        .flatten()
        .max()
        .map_or(0, |most| *most as usize + 1);
    let mut counts = vec![0u32; items];
    for item in baskets.iter().flatten() {
        counts[*item as usize] += 1;
    }
    let mut by_rank: Vec<u32> = (0..items as u32)
        .filter(|item| counts[*item as usize] >= min_count)
        .collect();
    by_rank.sort_by_key(|item| (std::cmp::Reverse(counts[*item as usize]), *item));
    let mut rank_of = vec![NONE; items];
    for (rank, item) in by_rank.iter().enumerate() {
        rank_of[*item as usize] = rank as u32;
    }
    let mut tree = Tree::new(by_rank.len());
    let mut path = Vec::new();
    for basket in baskets.iter() {
        path.clear();
        path.extend(
            basket
                .iter()
                .map(|item| rank_of[*item as usize])
                .filter(|rank| *rank != NONE),
        );
        path.sort_unstable();
        tree.insert(&path, 1);
    }
    let found = AtomicUsize::new(0);
    let miner = Miner {
        by_rank: &by_rank,
        min_count,
        most,
        found: &found,
    };
    // The rarest first: they have the deepest trees.
    let ranks: Vec<u32> = (0..by_rank.len() as u32).rev().collect();
    let parts = parallel::map(&ranks, |rank| {
        let mut sets = Itemsets::default();
        miner.grow(&tree, *rank, &mut Vec::new(), &mut sets);
        sets
    });
    if found.load(Ordering::Relaxed) > most {
        return Err(MethodError::argument(format!(
            "there are more than {most} frequent sets: raise the minimum support"
        )));
    }
    let mut all = Itemsets::default();
    for part in &parts {
        all.append(part);
    }
    Ok(all)
}

struct Miner<'a> {
    by_rank: &'a [u32],
    min_count: u32,
    most: usize,
    found: &'a AtomicUsize,
}

impl Miner<'_> {
    /// The sets of `suffix`, the item of `rank`, and what stands above it.
    fn grow(&self, tree: &Tree, rank: u32, suffix: &mut Vec<u32>, sets: &mut Itemsets) {
        let total = tree.totals[rank as usize];
        if total < self.min_count || self.found.fetch_add(1, Ordering::Relaxed) >= self.most {
            return;
        }
        suffix.push(self.by_rank[rank as usize]);
        sets.push(suffix, total);
        if let Some(above) = tree.conditional(rank, self.min_count) {
            for rank in (0..rank).rev() {
                self.grow(&above, rank, suffix, sets);
            }
        }
        suffix.pop();
    }
}
