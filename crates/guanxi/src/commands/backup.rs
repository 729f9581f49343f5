//! `backup` and `restore`.

use super::engine;
use crate::cli::BackupFile;
use crate::house::Configuration;
use crate::terminal;
use anyhow::{Context as _, bail};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub fn backup(arguments: BackupFile) -> anyhow::Result<ExitCode> {
    let engine = engine(arguments.database.db.as_deref())?;
    engine.store().backup(&arguments.file)?;
    let size = std::fs::metadata(&arguments.file)?.len();
    report(
        &arguments,
        json!({"file": arguments.file, "bytes": size}),
        "The copy is complete.",
    );
    Ok(ExitCode::SUCCESS)
}

/// The copy is opened and checked before anything is replaced; what stood there is kept beside it.
pub fn restore(arguments: BackupFile) -> anyhow::Result<ExitCode> {
    let configuration = Configuration::load()?;
    let url = configuration.database(arguments.database.db.as_deref())?;
    let Some(path) = url.strip_prefix("sqlite:") else {
        bail!(
            "restore works on sqlite:PATH. For PostgreSQL use pg_restore, then start guanxi on that database."
        );
    };
    let path = Path::new(path);
    let beside = path.with_extension("restoring");
    std::fs::copy(&arguments.file, &beside)
        .with_context(|| format!("{} can't be read.", arguments.file.display()))?;
    crate::house::open(&format!("sqlite:{}", beside.display()), &configuration).with_context(
        || {
            format!(
                "{} is no copy of a Guanxi database.",
                arguments.file.display()
            )
        },
    )?;
    remove_companions(&beside)?;
    let kept = keep(path)?;
    std::fs::rename(&beside, path)?;
    let text = match &kept {
        Some(kept) => format!("Restored. What stood there before is {}.", kept.display()),
        None => "Restored.".to_owned(),
    };
    report(&arguments, json!({"db": url, "kept": kept}), &text);
    Ok(ExitCode::SUCCESS)
}

/// Moves the database and its companion files aside; a running server must be stopped before.
fn keep(path: &Path) -> anyhow::Result<Option<PathBuf>> {
    if !path.exists() {
        return Ok(None);
    }
    let stamp = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
    let kept = PathBuf::from(format!("{}.before-{stamp}", path.display()));
    for end in ["", "-wal", "-shm"] {
        let from = PathBuf::from(format!("{}{end}", path.display()));
        if from.exists() {
            std::fs::rename(&from, format!("{}{end}", kept.display()))?;
        }
    }
    remove_companions(path)?;
    Ok(Some(kept))
}

/// The search file belongs to the database that it was made of; it is made anew.
fn remove_companions(path: &Path) -> anyhow::Result<()> {
    for end in [".search", ".search-wal", ".search-shm", "-wal", "-shm"] {
        let companion = PathBuf::from(format!("{}{end}", path.display()));
        if companion.exists() {
            std::fs::remove_file(companion)?;
        }
    }
    Ok(())
}

fn report(arguments: &BackupFile, document: serde_json::Value, words: &str) {
    if arguments.json {
        terminal::json(&document);
    } else {
        eprintln!("{words}");
    }
}
