//! Licences, banned and duplicate crates, and where crates come from, as
//! `deny.toml` has it.
//!
//! `cargo deny` does the work where it is installed. Where it is not, the
//! same file is read here, since building that tool takes longer than building
//! the product. The advisory database needs the network and is left out of
//! both.

mod licence;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell;

pub fn run() -> Result<()> {
    if shell::find("cargo-deny").is_some() {
        let mut command = shell::cargo();
        command.args(["deny", "--offline", "check", "licenses", "bans", "sources"]);
        return shell::run(&mut command);
    }
    eprintln!("  cargo-deny is absent: deny.toml is checked by xtask itself");
    let policy = Policy::read(&std::fs::read_to_string("deny.toml")?)?;
    let mut command = shell::cargo();
    let metadata = shell::read(command.args(["metadata", "--format-version=1", "--locked"]))?;
    let crates = crates(&serde_json::from_str(&metadata)?);
    let (wrong, remarks) = policy.check(&crates);
    for remark in &remarks {
        eprintln!("  note: {remark}");
    }
    for one in &wrong {
        eprintln!("  {one}");
    }
    if !wrong.is_empty() {
        bail!("{} crates break deny.toml", wrong.len());
    }
    eprintln!("  {} crates follow deny.toml", crates.len());
    Ok(())
}

/// A crate in the graph.
#[derive(Default, Clone)]
struct Crate {
    name: String,
    version: String,
    /// An SPDX expression, as its manifest has it.
    licence: String,
    /// `None` for our own.
    source: Option<String>,
}

/// What `deny.toml` says, as far as it is used here.
struct Policy {
    allowed: BTreeSet<String>,
    exceptions: BTreeMap<String, BTreeSet<String>>,
    banned: BTreeMap<String, String>,
    skipped: BTreeSet<String>,
    duplicates_fail: bool,
}

impl Policy {
    fn read(text: &str) -> Result<Policy> {
        let file: toml::Table = text.parse().context("deny.toml")?;
        let part = |name: &str| file.get(name).and_then(toml::Value::as_table);
        let licences = part("licenses").context("deny.toml has no [licenses]")?;
        let bans = part("bans").context("deny.toml has no [bans]")?;
        let exceptions =
            tables(licences, "exceptions").map(|one| (text_of(one, "crate"), words(one, "allow")));
        let banned =
            tables(bans, "deny").map(|one| (text_of(one, "crate"), text_of(one, "reason")));
        Ok(Policy {
            allowed: words(licences, "allow"),
            exceptions: exceptions.collect(),
            banned: banned.collect(),
            skipped: tables(bans, "skip")
                .map(|one| text_of(one, "crate"))
                .collect(),
            duplicates_fail: text_of(bans, "multiple-versions") == "deny",
        })
    }

    /// What is wrong, and what is only worth a note.
    fn check(&self, crates: &[Crate]) -> (Vec<String>, Vec<String>) {
        let mut wrong = Vec::new();
        let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for one in crates.iter().filter(|one| one.source.is_some()) {
            let name = format!("{} {}", one.name, one.version);
            if let Some(reason) = self.banned.get(&one.name) {
                wrong.push(format!("{name} is banned: {reason}"));
            }
            if !self.permits(one) {
                wrong.push(format!("{name} has the licence `{}`", one.licence));
            }
            if !is_registry(one) {
                wrong.push(format!("{name} comes from outside the registry"));
            }
            versions.entry(&one.name).or_default().insert(&one.version);
        }
        let twice = versions
            .into_iter()
            .filter(|(name, versions)| versions.len() > 1 && !self.skipped.contains(*name));
        let twice = twice.map(|(name, versions)| {
            let versions: Vec<_> = versions.into_iter().collect();
            format!(
                "{name} is there in several versions: {}",
                versions.join(", ")
            )
        });
        let twice: Vec<_> = twice.collect();
        if self.duplicates_fail {
            wrong.extend(twice);
            return (wrong, Vec::new());
        }
        (wrong, twice)
    }

    fn permits(&self, one: &Crate) -> bool {
        let own = self.exceptions.get(&one.name);
        licence::permits(&one.licence, |name| {
            self.allowed.contains(name) || own.is_some_and(|own| own.contains(name))
        })
    }
}

fn is_registry(one: &Crate) -> bool {
    one.source
        .as_deref()
        .is_some_and(|source| source.starts_with("registry+"))
}

/// The crates that the build can reach, on any kind of machine. The list of
/// packages alone holds more: what a feature would bring that nobody turned on.
fn crates(metadata: &Value) -> Vec<Crate> {
    let reached = reached(metadata);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let packages = array(&metadata["packages"]);
    let packages =
        packages.filter(|package| reached.contains(package["id"].as_str().unwrap_or_default()));
    let crates = packages.map(|package| Crate {
        name: text(&package["name"]),
        version: text(&package["version"]),
        licence: text(&package["license"]),
        source: package["source"].as_str().map(str::to_string),
    });
    crates.collect()
}

fn reached(metadata: &Value) -> BTreeSet<&str> {
    let nodes = array(&metadata["resolve"]["nodes"]);
    let edges: BTreeMap<_, _> = nodes
        .map(|node| (node["id"].as_str(), &node["dependencies"]))
        .collect();
    let mut open: Vec<_> = array(&metadata["workspace_members"])
        .filter_map(Value::as_str)
        .collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            let below = edges.get(&Some(id)).map(|below| array(below));
            open.extend(below.into_iter().flatten().filter_map(Value::as_str));
        }
    }
    reached
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn tables<'a>(table: &'a toml::Table, name: &str) -> impl Iterator<Item = &'a toml::Table> {
    let list = table.get(name).and_then(toml::Value::as_array);
    list.into_iter().flatten().filter_map(toml::Value::as_table)
}

fn text_of(table: &toml::Table, name: &str) -> String {
    let text = table.get(name).and_then(toml::Value::as_str);
    text.unwrap_or_default().to_string()
}

fn words(table: &toml::Table, name: &str) -> BTreeSet<String> {
    let list = table.get(name).and_then(toml::Value::as_array);
    let words = list.into_iter().flatten().filter_map(toml::Value::as_str);
    words.map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const POLICY: &str = r#"
        [licenses]
        allow = ["MIT"]
        exceptions = [{ crate = "odd", allow = ["Zlib"] }]
        [bans]
        multiple-versions = "warn"
        deny = [{ crate = "openssl", reason = "one TLS stack" }]
    "#;

    fn foreign(name: &str, licence: &str) -> Crate {
        Crate {
            name: name.into(),
            version: "1.0.0".into(),
            licence: licence.into(),
            source: Some("registry+somewhere".into()),
        }
    }

    #[test]
    fn each_rule_can_fail() {
        let policy = Policy::read(POLICY).unwrap();
        let fails = |one: Crate| !policy.check(&[one]).0.is_empty();
        assert!(!fails(foreign("good", "MIT OR Apache-2.0")));
        assert!(fails(foreign("openssl", "MIT")));
        assert!(fails(foreign("viral", "SSPL-1.0")));
        assert!(!fails(foreign("odd", "Zlib")) && fails(foreign("even", "Zlib")));
        let mut copied = foreign("copied", "MIT");
        copied.source = Some("git+somewhere".into());
        assert!(fails(copied));
    }

    #[test]
    fn two_versions_are_a_note_or_a_failure() {
        let mut newer = foreign("twin", "MIT");
        newer.version = "2.0.0".into();
        let pair = [foreign("twin", "MIT"), newer];
        let (wrong, notes) = Policy::read(POLICY).unwrap().check(&pair);
        assert_eq!((wrong.len(), notes.len()), (0, 1));
        let strict = POLICY.replace("\"warn\"", "\"deny\"");
        let (wrong, _) = Policy::read(&strict).unwrap().check(&pair);
        assert_eq!(wrong.len(), 1);
    }

    #[test]
    fn only_what_the_build_reaches_counts() {
        let metadata = serde_json::json!({
            "workspace_members": ["ours"],
            "packages": [{"id": "ours", "name": "ours"}, {"id": "used", "name": "used"}, {"id": "idle", "name": "idle"}],
            "resolve": {"nodes": [{"id": "ours", "dependencies": ["used"]}, {"id": "used", "dependencies": []}]},
        });
        let names: Vec<_> = crates(&metadata).into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["ours", "used"]);
    }
}
