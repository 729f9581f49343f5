//! Only `web` and `api` know HTTP; the binary and the test kit join them.

use super::Finding;
use super::rust::{Source, words};
use super::tree::{Tree, crate_of};

const KNOWING: &[&str] = &["web", "api", "guanxi", "testkit"];
/// Adapters speak HTTP as clients, never as a server.
const SERVING: &[&str] = &["axum", "tower_http", "hyper"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let knows = |path: &str| crate_of(path).is_some_and(|name| KNOWING.contains(&name));
    let mut findings = Vec::new();
    for (path, text) in tree.product().filter(|(path, _)| !knows(path)) {
        let source = Source::parse_product(text);
        for (line, code) in source.lines() {
            if let Some((_, word)) = words(code).find(|(_, word)| SERVING.contains(word)) {
                findings.push(Finding::wrong(
                    path,
                    line,
                    format!("`{word}` outside web and api"),
                ));
            }
        }
    }
    for (path, text) in tree
        .ending("/Cargo.toml")
        .filter(|(path, _)| path.starts_with("crates/") && !knows(path))
    {
        let lines = text.lines().enumerate();
        let serving = lines.filter(|(_, line)| {
            SERVING
                .iter()
                .any(|name| line.starts_with(&name.replace('_', "-")))
        });
        findings.extend(
            serving.map(|(at, _)| Finding::wrong(path, at + 1, "HTTP outside web and api")),
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn http_stays_in_its_crates() {
        let found = |path: &str, text: &str| wrongs(check, &[(path, text)]).len();
        assert_eq!(found("crates/engine/src/a.rs", "use axum::Router;\n"), 1);
        assert_eq!(found("crates/web/src/a.rs", "use axum::Router;\n"), 0);
        assert_eq!(found("crates/engine/src/a.rs", "// as axum does\n"), 0);
        assert_eq!(
            found(
                "crates/store/Cargo.toml",
                "[dependencies]\ntower-http.workspace = true\n"
            ),
            1
        );
    }
}
