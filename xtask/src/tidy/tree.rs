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
        let product = |path: &str| {
            let inside = path
                .strip_prefix("crates/")
                .and_then(|rest| rest.split_once('/'));
            inside.is_some_and(|(_, rest)| rest.starts_with("src/") || rest == "build.rs")
                && !path.ends_with("/tests.rs")
                && !path.contains("/tests/")
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
