//! The packs that the program carries, and packs from folders.

use anyhow::{Context as _, bail};
use guanxi_meta::declare::{Declarations, PackSource, Source, load};
use rust_embed::RustEmbed;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(RustEmbed)]
#[folder = "../../packs"]
#[include = "*.toml"]
struct Embedded;

/// What every organisation has.
pub const CORE: &str = "core";

/// Names of the packs that the program carries.
pub fn names() -> Vec<String> {
    let names: BTreeSet<String> = Embedded::iter()
        .filter_map(|path| path.split('/').next().map(str::to_owned))
        .collect();
    names.into_iter().collect()
}

/// The core and the named packs, resolved together.
pub fn declarations(named: &[String]) -> anyhow::Result<Declarations> {
    let mut sources = vec![embedded(CORE)?];
    for name in named.iter().filter(|name| *name != CORE) {
        sources.push(embedded(name)?);
    }
    read(&sources)
}

/// A pack of the program.
fn embedded(name: &str) -> anyhow::Result<PackSource> {
    let inside = format!("{name}/");
    let mut files: Vec<Source> = Vec::new();
    for path in Embedded::iter().filter(|path| path.starts_with(&inside)) {
        let file = Embedded::get(&path).context("an embedded file")?;
        let text = String::from_utf8(file.data.into_owned())
            .with_context(|| format!("{path} is not UTF-8"))?;
        files.push(Source {
            path: path[inside.len()..].to_owned(),
            text,
        });
    }
    if files.is_empty() {
        bail!(
            "There is no pack {name:?}. Packs of this program: {}.",
            names().join(", ")
        );
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(PackSource {
        folder: format!("packs/{name}"),
        files,
    })
}

/// A pack from a folder of declarations.
pub fn folder(path: &Path) -> anyhow::Result<PackSource> {
    let mut files = Vec::new();
    collect(path, path, &mut files)?;
    files.sort_by(|a: &Source, b: &Source| a.path.cmp(&b.path));
    Ok(PackSource {
        folder: path.display().to_string(),
        files,
    })
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<Source>) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|end| end == "toml") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{} can't be read", path.display()))?;
            let inside = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            files.push(Source { path: inside, text });
        }
    }
    Ok(())
}

/// Resolves packs; every error with its place, all at once.
pub fn read(sources: &[PackSource]) -> anyhow::Result<Declarations> {
    load(sources).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| error.to_string()).collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })
}

/// The core together with a pack from a folder, to check the latter.
pub fn with_core(pack: PackSource) -> anyhow::Result<Declarations> {
    let declares_core = pack
        .files
        .iter()
        .any(|file| file.path == "pack.toml" && file.text.contains("name = \"core\""));
    if declares_core {
        return read(&[pack]);
    }
    read(&[embedded(CORE)?, pack])
}
