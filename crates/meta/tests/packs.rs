//! The packs of this repository, as declarations: each loads, on the core, without an error and with every word
//! in every language.

#![allow(clippy::unwrap_used)]

use guanxi_meta::declare::{load, report, unlabelled};
use guanxi_meta::{Declarations, Lang, PackSource, Source};
use std::path::{Path, PathBuf};

fn packs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.retain(|folder| folder.join("pack.toml").exists());
    folders.sort();
    assert!(
        folders.iter().any(|folder| folder.ends_with("core")),
        "the core pack is there"
    );
    folders
}

fn read(folder: &Path) -> PackSource {
    let mut source = PackSource {
        folder: format!("packs/{}", folder.file_name().unwrap().to_string_lossy()),
        files: Vec::new(),
    };
    collect(folder, folder, &mut source.files);
    source
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            files.push(Source {
                path: name,
                text: std::fs::read_to_string(&path).unwrap(),
            });
        }
    }
}

fn loaded(folders: &[PathBuf]) -> Declarations {
    let sources: Vec<PackSource> = folders.iter().map(|folder| read(folder)).collect();
    match load(&sources) {
        Ok(declarations) => declarations,
        Err(errors) => panic!("{} errors\n{}", errors.len(), report(&errors, Lang::En)),
    }
}

#[test]
fn all_packs_load_together() {
    loaded(&packs());
}

#[test]
fn every_word_is_there_in_every_language() {
    let missing = unlabelled(&loaded(&packs()));
    assert!(
        missing.is_empty(),
        "{} words are missing: {missing:#?}",
        missing.len()
    );
}
