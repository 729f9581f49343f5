//! The project's text files, read once.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

/// Folders that hold what is made or fetched, not what is written.
const SKIPPED: &[&str] = &[".git", "target", "node_modules", "dist", "guanxi-demo"];

/// The files by their path from the root, with `/`, in order of path. Files
/// that are no text are there with an empty text.
pub struct Tree(BTreeMap<String, String>);

impl Tree {
    pub fn read(root: &Path) -> Result<Tree> {
        let mut files = BTreeMap::new();
        gather(root, "", &mut files)?;
        Ok(Tree(files))
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Tree {
        let files = files
            .iter()
            .map(|(path, text)| (path.to_string(), text.to_string()));
        Tree(files.collect())
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether there is a file or a folder of this path.
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.0.contains_key(path) || self.0.keys().any(|file| file.starts_with(&folder))
    }

    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose name ends so, for instance `.rs`.
    pub fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files().filter(move |(path, _)| path.ends_with(ending))
    }

    /// The Rust files that go into the product: no tests, benches or chores.
    pub fn product(&self) -> impl Iterator<Item = (&str, &str)> {
        let tests: Vec<String> = self
            .ending(".rs")
            .flat_map(|(path, text)| test_modules(path, text))
            .collect();
        let product = move |path: &str| {
            let inside = path
                .strip_prefix("crates/")
                .and_then(|rest| rest.split_once('/'));
            inside.is_some_and(|(_, rest)| rest.starts_with("src/") || rest == "build.rs")
                && !tests.iter().any(|module| {
                    let rest = path.strip_prefix(module.as_str());
                    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
                })
        };
        self.ending(".rs").filter(move |(path, _)| product(path))
    }

    /// The crates' folders under `crates/`, by their manifests.
    pub fn crates(&self) -> Vec<&str> {
        self.folders("crates/", "/Cargo.toml")
    }

    /// The packs' folders under `packs/`.
    pub fn packs(&self) -> Vec<&str> {
        self.folders("packs/", "/pack.toml")
    }

    fn folders(&self, above: &str, manifest: &str) -> Vec<&str> {
        let paths = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(above)?.strip_suffix(manifest));
        paths.filter(|name| !name.contains('/')).collect()
    }
}

/// The crate of a path under `crates/`.
pub fn crate_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("crates/")?;
    rest.split_once('/').map(|(name, _)| name)
}

/// The modules that a file declares as `#[cfg(test)] mod name;`: their paths
/// without the ending.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = match file {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_string(),
        _ => path.trim_end_matches(".rs").to_string(),
    };
    let marks = text.match_indices("#[cfg(test)]");
    let names = marks.filter_map(|(at, mark)| {
        let words = text[at + mark.len()..].trim_start().strip_prefix("mod ")?;
        words.split_once(';').map(|(name, _)| name.trim())
    });
    let names = names.filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    names.map(|name| format!("{folder}/{name}")).collect()
}

fn gather(folder: &Path, above: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{above}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path())?;
            files.insert(path, String::from_utf8(bytes).unwrap_or_default());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_tests_are_no_product() {
        let tree = Tree::of(&[
            (
                "crates/a/src/lib.rs",
                "mod one;\n#[cfg(test)]\nmod laws;\n#[cfg(test)]\nmod x { mod y; }\n",
            ),
            ("crates/a/src/one.rs", "#[cfg(test)]\nmod two;\n"),
            ("crates/a/src/one/two.rs", ""),
            ("crates/a/src/laws.rs", ""),
            ("crates/a/src/lawsuit.rs", ""),
            ("crates/a/tests/all.rs", ""),
        ]);
        let product: Vec<_> = tree.product().map(|(path, _)| path).collect();
        assert_eq!(
            product,
            [
                "crates/a/src/lawsuit.rs",
                "crates/a/src/lib.rs",
                "crates/a/src/one.rs"
            ]
        );
    }
}
