//! Every dependency has its reason in `docs/decisions/dependencies.md`, is
//! declared once in the workspace, and no reason outlives its dependency.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

const REASONS: &str = "docs/decisions/dependencies.md";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = undeclared(tree);
    let Some(reasons) = tree.text(REASONS) else {
        findings.push(Finding::wrong(REASONS, 0, "is missing"));
        return findings;
    };
    let declared = declared(tree);
    for (path, name) in &declared {
        if !reasons.contains(&format!("`{name}`")) {
            let message = format!("`{name}` has no reason in {REASONS}");
            findings.push(Finding::wrong(path, 0, message));
        }
    }
    let names: BTreeSet<_> = declared.iter().map(|(_, name)| name.as_str()).collect();
    for (line, name) in rows(reasons) {
        if !names.contains(name) {
            let message = format!("`{name}` is no dependency any more");
            findings.push(Finding::wrong(REASONS, line, message));
        }
    }
    findings
}

/// The dependencies of the workspace and of the npm packages, without ours.
fn declared(tree: &Tree) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let root = tree
        .text("Cargo.toml")
        .and_then(|text| text.parse::<toml::Table>().ok());
    let table = root
        .as_ref()
        .and_then(|root| root.get("workspace")?.get("dependencies")?.as_table());
    for (name, value) in table.into_iter().flatten() {
        if value.get("path").is_none() {
            found.push(("Cargo.toml".to_string(), name.clone()));
        }
    }
    for (path, text) in tree.ending("package.json") {
        let manifest: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        for section in ["dependencies", "devDependencies"] {
            let names = manifest[section]
                .as_object()
                .into_iter()
                .flat_map(serde_json::Map::keys);
            found.extend(names.map(|name| (path.to_string(), name.clone())));
        }
    }
    found
}

/// Dependencies that a crate declares for itself instead of the workspace.
fn undeclared(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending("/Cargo.toml") {
        let Ok(manifest) = text.parse::<toml::Table>() else {
            continue;
        };
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(section).and_then(toml::Value::as_table);
            for (name, value) in table.into_iter().flatten() {
                let is_itself = value.get("path").and_then(toml::Value::as_str) == Some(".");
                if value.get("workspace").is_none() && !is_itself {
                    let message = format!("`{name}` should be `.workspace = true`");
                    findings.push(Finding::wrong(path, 0, message));
                }
            }
        }
    }
    findings
}

/// The names in the first column of the tables, each with its line.
fn rows(reasons: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = reasons
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("| `"));
    lines.flat_map(|(at, line)| {
        let cell = line[1..].split('|').next().unwrap_or_default();
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(move |name| (at + 1, name))
    })
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    const ROOT: &str =
        "[workspace.dependencies]\nours = { path = \"crates/ours\" }\nserde = \"1\"\n";

    #[test]
    fn a_dependency_needs_its_reason() {
        let good = [("Cargo.toml", ROOT), (REASONS, "| `serde` | types |\n")];
        assert!(wrongs(check, &good).is_empty());
        let silent = [("Cargo.toml", ROOT), (REASONS, "nothing")];
        assert_eq!(wrongs(check, &silent).len(), 1);
        let npm = [
            ("ui/package.json", r#"{"dependencies": {"htmx.org": "2"}}"#),
            (REASONS, ""),
        ];
        assert_eq!(wrongs(check, &npm).len(), 1);
    }

    #[test]
    fn a_reason_needs_its_dependency() {
        let stale = [
            ("Cargo.toml", ROOT),
            (REASONS, "| `serde` |\n| `left`, `over` |\n"),
        ];
        assert_eq!(wrongs(check, &stale).len(), 2);
    }

    #[test]
    fn versions_stand_in_the_workspace_alone() {
        let own = [
            ("crates/a/Cargo.toml", "[dependencies]\nserde = \"1\"\n"),
            (REASONS, ""),
        ];
        assert_eq!(wrongs(check, &own).len(), 1);
    }
}
