//! Every word is there in every language: the files of a `lang` folder hold
//! the same keys, and none is empty.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::tree::Tree;

const REQUIRED: &[&str] = &["zh", "en"];

type Keys = BTreeSet<String>;

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // folder -> language -> keys
    let mut folders: BTreeMap<&str, BTreeMap<&str, Keys>> = BTreeMap::new();
    for (path, text) in tree.files() {
        let Some((folder, language, rest)) = place(path) else {
            continue;
        };
        let (keys, faults) = match path.rsplit('.').next() {
            Some("toml") => of_toml(text),
            Some("ftl") => of_fluent(text),
            _ => continue,
        };
        findings.extend(
            faults
                .into_iter()
                .map(|fault| Finding::wrong(path, 0, fault)),
        );
        let all = folders
            .entry(folder)
            .or_default()
            .entry(language)
            .or_default();
        all.extend(keys.into_iter().map(|key| format!("{rest}{key}")));
    }
    for (folder, languages) in &folders {
        findings.extend(compare(folder, languages));
    }
    findings
}

fn compare(folder: &str, languages: &BTreeMap<&str, Keys>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for language in REQUIRED {
        if !languages.contains_key(language) {
            findings.push(Finding::wrong(folder, 0, format!("has no `{language}`")));
        }
    }
    let all: Keys = languages.values().flatten().cloned().collect();
    for (language, keys) in languages {
        let missing: Vec<_> = all.difference(keys).map(String::as_str).collect();
        if !missing.is_empty() {
            let message = format!(
                "`{language}` lacks {}: {}",
                missing.len(),
                missing.join(", ")
            );
            findings.push(Finding::wrong(folder, 0, message));
        }
    }
    findings
}

/// `…/lang/zh.toml` and `…/lang/zh/page.ftl` → (folder, language, file within
/// the language).
fn place(path: &str) -> Option<(&str, &str, &str)> {
    let at = path.find("/lang/")?;
    if !path.starts_with("packs/") && !path.starts_with("crates/") {
        return None;
    }
    let (folder, rest) = (&path[..at + 5], &path[at + 6..]);
    match rest.split_once('/') {
        Some((language, file)) => Some((folder, language, file)),
        None => Some((folder, rest.split('.').next()?, "")),
    }
}

fn of_toml(text: &str) -> (Keys, Vec<String>) {
    let mut keys = Keys::new();
    let mut faults = Vec::new();
    match text.parse::<toml::Table>() {
        Ok(table) => flatten("", &table, &mut keys, &mut faults),
        Err(error) => faults.push(error.message().to_string()),
    }
    (keys, faults)
}

fn flatten(above: &str, table: &toml::Table, keys: &mut Keys, faults: &mut Vec<String>) {
    for (name, value) in table {
        let key = format!("{above}{name}");
        match value {
            toml::Value::Table(inner) => flatten(&format!("{key}."), inner, keys, faults),
            toml::Value::String(text) if text.trim().is_empty() => {
                faults.push(format!("`{key}` is empty"))
            }
            _ => drop(keys.insert(key)),
        }
    }
}

/// Messages and their attributes: `key = …` and, indented, `.attribute = …`.
fn of_fluent(text: &str) -> (Keys, Vec<String>) {
    let mut keys = Keys::new();
    let mut faults = Vec::new();
    let mut message = String::new();
    for line in text.lines() {
        let Some((left, _)) = line.split_once('=') else {
            continue;
        };
        let left_trimmed = left.trim();
        let is_name = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-')
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        let key = if !left.starts_with([' ', '\t']) && is_name(left_trimmed) {
            message = left_trimmed.to_string();
            message.clone()
        } else if let Some(attribute) = left_trimmed.strip_prefix('.').filter(|name| is_name(name))
        {
            format!("{message}.{attribute}")
        } else {
            continue;
        };
        if !keys.insert(key.clone()) {
            faults.push(format!("`{key}` is there twice"));
        }
    }
    (keys, faults)
}

#[cfg(test)]
mod tests {
    use super::super::wrongs;
    use super::*;

    #[test]
    fn toml_in_both_languages() {
        let files = |zh, en| {
            [
                ("packs/core/lang/zh.toml", zh),
                ("packs/core/lang/en.toml", en),
            ]
        };
        assert!(wrongs(check, &files("[a]\nb = \"乙\"", "a.b = \"B\"")).is_empty());
        assert_eq!(wrongs(check, &files("[a]\nb = \"乙\"", "")).len(), 1);
        assert_eq!(wrongs(check, &files("b = \"\"", "b = \"B\"")).len(), 2);
        assert_eq!(wrongs(check, &files("b = 乙", "")).len(), 1);
        assert_eq!(wrongs(check, &files("", "")[..1]).len(), 1);
    }

    #[test]
    fn fluent_in_both_languages() {
        let zh = "# 说明\nsave = 保存\n    .title = 保存\ncount = { $n ->\n    [one] 一\n   *[other] { $n }\n}\n";
        let files = |en| {
            [
                ("crates/web/lang/zh/page.ftl", zh),
                ("crates/web/lang/en/page.ftl", en),
            ]
        };
        let en = "save = Save\n    .title = Save\ncount = { $n } items\n";
        assert!(wrongs(check, &files(en)).is_empty());
        assert_eq!(wrongs(check, &files("save = Save\ncount = x\n")).len(), 1);
        let twice = format!("{en}save = Again\n");
        assert_eq!(wrongs(check, &files(&twice)).len(), 1);
    }
}
