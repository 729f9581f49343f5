//! Only `store` contains SQL text. Tests may hold some, as attacks do.

use super::Finding;
use super::rust::Source;
use super::tree::{Tree, crate_of};

/// Beginnings of statements; every word but the last stands as it is, a `*`
/// for any one word.
const STATEMENTS: &[&str] = &[
    "SELECT * FROM",
    "INSERT INTO",
    "INSERT OR REPLACE INTO",
    "UPDATE * SET",
    "DELETE FROM",
    "CREATE TABLE",
    "CREATE INDEX",
    "CREATE UNIQUE INDEX",
    "CREATE VIRTUAL TABLE",
    "CREATE SCHEMA",
    "CREATE DATABASE",
    "ALTER TABLE",
    "DROP TABLE",
    "DROP INDEX",
    "DROP SCHEMA",
    "DROP DATABASE",
    "PRAGMA *",
    "BEGIN IMMEDIATE",
    "ORDER BY",
    "GROUP BY",
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let elsewhere = tree
        .product()
        .filter(|(path, _)| crate_of(path) != Some("store"));
    let findings = elsewhere.flat_map(|(path, text)| {
        let strings = Source::parse_product(text).strings.into_iter();
        let sql = strings.filter(|(_, text)| is_sql(text));
        sql.map(move |(line, _)| Finding::wrong(path, line, "SQL text outside `store`"))
    });
    let drivers = tree
        .crates()
        .into_iter()
        .filter(|name| *name != "store")
        .flat_map(|name| {
            let path = format!("crates/{name}/Cargo.toml");
            let text = tree.text(&path).unwrap_or_default();
            let named = [
                "rusqlite",
                "tokio-postgres",
                "deadpool-postgres",
                "sea-query",
            ];
            let used = named
                .into_iter()
                .filter(|driver| text.lines().any(|line| line.starts_with(driver)));
            let used: Vec<_> = used.collect();
            used.into_iter()
                .map(move |driver| {
                    Finding::wrong(&path, 0, format!("`{driver}` belongs to `store`"))
                })
                .collect::<Vec<_>>()
        });
    findings.chain(drivers).collect()
}

/// Whether a text is, or begins with, a statement in capitals, or is one in
/// small letters whose shape no sentence has.
fn is_sql(text: &str) -> bool {
    let words: Vec<_> = text.split_whitespace().collect();
    if STATEMENTS.iter().any(|statement| begins(&words, statement)) {
        return true;
    }
    let selects = words.first() == Some(&"SELECT") || words.first() == Some(&"select");
    let reads = words.contains(&"FROM") || (words.contains(&"from") && words.contains(&"where"));
    selects && reads
}

fn begins(words: &[&str], statement: &str) -> bool {
    let pattern: Vec<_> = statement.split(' ').collect();
    let pairs = pattern.iter().zip(words);
    words.len() >= pattern.len()
        && pairs
            .into_iter()
            .all(|(want, word)| *want == "*" || want == word)
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn statements_are_found_outside_the_store() {
        let found = |path: &str, literal: &str| {
            let text = format!("fn f() {{ g(\"{literal}\") }}");
            !wrongs(check, &[(path, &text)]).is_empty()
        };
        assert!(found(
            "crates/engine/src/a.rs",
            "SELECT id, name FROM customer"
        ));
        assert!(found("crates/web/src/a.rs", "  UPDATE {table} SET x = 1"));
        assert!(found("crates/api/src/a.rs", "select a from b where c"));
        assert!(!found("crates/store/src/a.rs", "SELECT id FROM customer"));
        assert!(!found(
            "crates/web/src/a.rs",
            "Select a customer from the list"
        ));
        assert!(!found("crates/web/tests/attacks.rs", "DROP TABLE customer"));
    }

    #[test]
    fn drivers_belong_to_the_store() {
        let manifest = "[dependencies]\nrusqlite.workspace = true\n";
        assert_eq!(
            wrongs(check, &[("crates/engine/Cargo.toml", manifest)]).len(),
            1
        );
        assert!(wrongs(check, &[("crates/store/Cargo.toml", manifest)]).is_empty());
    }
}
