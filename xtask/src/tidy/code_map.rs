//! The code map in ARCHITECTURE.md names every crate and pack, and no other.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

const MAP: &str = "ARCHITECTURE.md";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.text(MAP) else {
        return vec![Finding::wrong(MAP, 0, "is missing: it holds the code map")];
    };
    let crates = tree
        .crates()
        .into_iter()
        .map(|name| format!("crates/{name}"));
    let packs = tree.packs().into_iter().map(|name| format!("packs/{name}"));
    let present: BTreeSet<_> = crates.chain(packs).collect();
    let named: Vec<_> = names(text).collect();
    let absent = present
        .iter()
        .filter(|folder| !named.iter().any(|(_, name)| name == *folder));
    let absent = absent.map(|folder| Finding::wrong(MAP, 0, format!("does not name `{folder}`")));
    let gone = named.iter().filter(|(_, name)| !present.contains(name));
    let gone = gone.map(|(line, name)| {
        Finding::wrong(MAP, *line, format!("names `{name}`, which is not there"))
    });
    absent.chain(gone).collect()
}

/// Every `crates/NAME` and `packs/NAME`, with its line.
fn names(text: &str) -> impl Iterator<Item = (usize, String)> {
    text.lines().enumerate().flat_map(|(at, line)| {
        let kinds = ["crates/", "packs/"].into_iter();
        kinds.flat_map(move |kind| {
            let starts = line.match_indices(kind);
            starts.filter_map(move |(start, _)| {
                let rest = &line[start + kind.len()..];
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
                let name = &rest[..end.unwrap_or(rest.len())];
                (!name.is_empty()).then(|| (at + 1, format!("{kind}{name}")))
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn the_map_and_the_tree_agree() {
        let files = |map| {
            [
                (MAP, map),
                ("crates/meta/Cargo.toml", ""),
                ("packs/core/pack.toml", ""),
            ]
        };
        assert!(wrongs(check, &files("`crates/meta/` what exists\n`packs/core`")).is_empty());
        assert_eq!(
            wrongs(check, &files("`crates/meta`")),
            [format!("{MAP}:0 does not name `packs/core`")]
        );
        let gone = wrongs(check, &files("`crates/meta`\n`packs/core`\n`crates/old`"));
        assert_eq!(
            gone,
            [format!("{MAP}:3 names `crates/old`, which is not there")]
        );
        assert_eq!(wrongs(check, &[]).len(), 1);
    }
}
