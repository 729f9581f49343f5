//! Pairs become groups: everything that hangs together is one.

use super::Pair;

/// Groups of two and more records, each rising, in the order of their first record.
pub fn clusters(pairs: &[Pair], records: usize) -> Vec<Vec<u32>> {
    let mut parent: Vec<u32> = (0..records as u32).collect();
    for pair in pairs {
        let (a, b) = (root(&mut parent, pair.a), root(&mut parent, pair.b));
        // The smaller is the root, so that the order of the pairs does not matter.
        parent[a.max(b) as usize] = a.min(b);
    }
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); records];
    for record in 0..records as u32 {
        let root = root(&mut parent, record);
        groups[root as usize].push(record);
    }
    groups.retain(|group| group.len() > 1);
    groups
}

fn root(parent: &mut [u32], mut record: u32) -> u32 {
    while parent[record as usize] != record {
        let above = parent[parent[record as usize] as usize];
        parent[record as usize] = above;
        record = above;
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_one_group() {
        let pair = |a, b| Pair {
            a,
            b,
            probability: 1.0,
        };
        assert_eq!(
            clusters(&[pair(4, 5), pair(1, 2), pair(2, 5)], 7),
            [vec![1, 2, 4, 5]]
        );
        assert!(clusters(&[], 3).is_empty());
    }
}
