//! Which crate may use which: the arrows of the design, all pointing down.

use super::Finding;
use super::tree::Tree;

const CORE: &[&str] = &[
    "meta",
    "query",
    "access",
    "store",
    "columns",
    "engine",
    "capabilities",
];

/// What a crate may depend on, or `None` if it has no place yet.
fn below(name: &str) -> Option<Vec<&'static str>> {
    let core = |count: usize| CORE[..count].to_vec();
    let with = |mut list: Vec<&'static str>, more: &[&'static str]| {
        list.extend(more);
        list
    };
    Some(match name {
        "methods" | "xtask" => core(0),
        // On the copy and the statistics; records change and are read elsewhere.
        "insight" => with(core(5), &["methods"]),
        "channels" => core(CORE.len()),
        "web" | "api" => with(core(CORE.len()), &["methods", "insight"]),
        "guanxi" | "testkit" => with(
            core(CORE.len()),
            &["methods", "insight", "channels", "web", "api"],
        ),
        _ => core(CORE.iter().position(|one| *one == name)?),
    })
}

/// Crates whose tests may use the test kit: those above what it stands on.
const TESTED_WITH_KIT: &[&str] = &[
    "engine",
    "capabilities",
    "insight",
    "channels",
    "web",
    "api",
    "guanxi",
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let crates = tree.crates().into_iter();
    let mut manifests: Vec<_> = crates
        .map(|name| (name, format!("crates/{name}/Cargo.toml")))
        .collect();
    manifests.push(("xtask", "xtask/Cargo.toml".to_string()));
    let findings = manifests.iter().flat_map(|(name, path)| {
        let text = tree.text(path).unwrap_or_default();
        check_manifest(name, path, text)
    });
    findings.collect()
}

fn check_manifest(name: &str, path: &str, text: &str) -> Vec<Finding> {
    let Some(below) = below(name) else {
        let message =
            format!("the crate `{name}` has no place among the arrows in xtask/src/tidy/arrows.rs");
        return vec![Finding::wrong(path, 0, message)];
    };
    let mut findings = Vec::new();
    for (section, used) in uses(text) {
        // Tests may turn on a feature of their own crate, by naming it.
        let in_tests = match used.as_str() {
            _ if section != "dev-dependencies" => false,
            "testkit" => TESTED_WITH_KIT.contains(&name),
            used => used == name,
        };
        let permitted = in_tests || below.contains(&used.as_str());
        if !permitted {
            let message = format!("`{name}` may not use `{used}`: a new arrow");
            findings.push(Finding::wrong(path, line_of(text, &used), message));
        }
    }
    findings
}

/// Our own crates that a manifest names: (section, crate without prefix).
fn uses(text: &str) -> Vec<(String, String)> {
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let table = manifest.get(section).and_then(toml::Value::as_table);
        for name in table.into_iter().flat_map(toml::Table::keys) {
            let own = name.strip_prefix("guanxi-");
            let own = own.or((name == "xtask" || name == "guanxi").then_some(name.as_str()));
            found.extend(own.map(|own| (section.to_string(), own.to_string())));
        }
    }
    found
}

fn line_of(text: &str, used: &str) -> usize {
    let line = text
        .lines()
        .position(|line| line.starts_with(&format!("guanxi-{used}")));
    line.map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    fn manifest(section: &str, used: &str) -> String {
        format!("[package]\nname = \"x\"\n[{section}]\n{used}.workspace = true\n")
    }

    fn verdict(name: &str, section: &str, used: &str) -> bool {
        let path = format!("crates/{name}/Cargo.toml");
        wrongs(check, &[(&path, &manifest(section, used))]).is_empty()
    }

    #[test]
    fn arrows_go_down_only() {
        assert!(verdict("query", "dependencies", "guanxi-meta"));
        assert!(!verdict("meta", "dependencies", "guanxi-query"));
        assert!(!verdict("store", "dev-dependencies", "guanxi-engine"));
        assert!(verdict("guanxi", "dependencies", "guanxi-web"));
        assert!(!verdict("web", "dependencies", "guanxi-api"));
        assert!(!verdict("methods", "dependencies", "guanxi-store"));
        assert!(!verdict("insight", "dependencies", "guanxi-engine"));
    }

    #[test]
    fn the_kit_is_for_tests_alone() {
        assert!(verdict("web", "dev-dependencies", "guanxi-testkit"));
        assert!(!verdict("web", "dependencies", "guanxi-testkit"));
        assert!(!verdict("meta", "dev-dependencies", "guanxi-testkit"));
        assert!(verdict("store", "dev-dependencies", "guanxi-store"));
    }

    #[test]
    fn a_crate_without_a_place_is_reported() {
        assert!(!verdict("novelty", "dependencies", "serde"));
    }
}
