//! The pure crates read no clock and no random numbers: both are arguments.

use super::Finding;
use super::rust::Source;
use super::tree::{Tree, crate_of};

const PURE: &[&str] = &["meta", "query", "access", "methods"];
const AMBIENT: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "rand::rng",
    "getrandom::",
    "std::fs::",
    "TcpStream",
    "UdpSocket",
    "ToSocketAddrs",
    "std::env::var",
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let pure = tree.product().filter(|(path, _)| {
        crate_of(path).is_some_and(|name| PURE.contains(&name)) && !path.ends_with("/build.rs")
    });
    let findings = pure.flat_map(|(path, text)| {
        let source = Source::parse_product(text);
        let found = source.lines().filter_map(|(line, code)| {
            let ambient = AMBIENT.iter().find(|ambient| code.contains(**ambient))?;
            let message = format!("`{ambient}` in a pure crate: hand it in");
            Some(Finding::wrong(path, line, message))
        });
        found.collect::<Vec<_>>()
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn pure_crates_ask_nobody() {
        let found = |path: &str, text: &str| wrongs(check, &[(path, text)]).len();
        let text = "fn f() { jiff::Timestamp::now() }";
        assert_eq!(found("crates/query/src/a.rs", text), 1);
        assert_eq!(found("crates/engine/src/a.rs", text), 0);
        let tested = format!("#[cfg(test)]\nmod tests {{ {text} }}\n");
        assert_eq!(found("crates/meta/src/a.rs", &tested), 0);
    }
}
