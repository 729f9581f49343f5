//! `backup` and `restore`. A copy is a database of its own, in one file, whichever database it was made of; both ways
//! are proven by comparing checksums.

use super::engine;
use crate::cli::{BackupFile, Restore};
use crate::house::{self, Configuration};
use crate::terminal;
use anyhow::{Context as _, bail};
use guanxi_engine::Engine;
use guanxi_engine::copying::{self, Sums};
use guanxi_store::{Store, shown};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

pub fn backup(arguments: BackupFile) -> anyhow::Result<ExitCode> {
    let engine = engine(arguments.database.db.as_deref())?;
    let file = &arguments.file;
    let sums = match engine.store().kind() {
        "sqlite" => {
            engine.store().backup(file)?;
            let store = opened(file)?;
            let damage = store.damage()?;
            if let Some(damage) = damage.first() {
                bail!("The copy is damaged: {damage}. Check the disk, and `guanxi doctor --deep`.");
            }
            copying::checksum(&*store)?
        }
        _ => into_file(&engine, file)?,
    };
    remove_companions(file)?;
    let size = std::fs::metadata(file)?.len();
    if arguments.json {
        let (rows, checksum) = (sums.rows, sums.checksum);
        terminal::json(&json!({"file": file, "bytes": size, "rows": rows, "checksum": checksum}));
    } else {
        eprintln!(
            "The copy is complete: {} rows, checksum {}. Attachments lie in {}: copy that folder too.",
            sums.rows,
            sums.checksum,
            engine.files().display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Row by row, to a neighbour first, so that the file is either whole or absent.
fn into_file(engine: &Engine, file: &Path) -> anyhow::Result<Sums> {
    let part = PathBuf::from(format!("{}.part", file.display()));
    for stale in [&part, &PathBuf::from(format!("{}-wal", part.display()))] {
        if stale.exists() {
            std::fs::remove_file(stale)?;
        }
    }
    let sums = {
        let store = opened(&part)?;
        copied(engine.store(), &*store)?
    };
    remove_companions(&part)?;
    remove_lock(&part)?;
    std::fs::File::open(&part)?.sync_all()?;
    std::fs::rename(&part, file)?;
    Ok(sums)
}

fn copied(from: &dyn Store, to: &dyn Store) -> anyhow::Result<Sums> {
    let progress = terminal::spinner("copying");
    let sums = copying::copy(from, to, &mut |rows| progress.set_position(rows))?;
    progress.finish_and_clear();
    Ok(sums)
}

fn opened(file: &Path) -> anyhow::Result<Arc<dyn Store>> {
    let closed = || format!("{} can't be opened.", file.display());
    guanxi_store::open(&format!("sqlite:{}", file.display())).with_context(closed)
}

/// The copy is opened and checked before anything is replaced.
pub fn restore(arguments: Restore) -> anyhow::Result<ExitCode> {
    let configuration = Configuration::load()?;
    let url = configuration.database(arguments.database.db.as_deref())?;
    if !arguments.file.is_file() {
        bail!("{} is no file.", arguments.file.display());
    }
    let (sums, kept) = match url.strip_prefix("sqlite:") {
        Some(path) => into_sqlite(&arguments, Path::new(path), &configuration)?,
        None => (into_postgres(&arguments, &url, &configuration)?, None),
    };
    if arguments.json {
        let (rows, checksum) = (sums.rows, sums.checksum);
        let db = shown(&url);
        terminal::json(&json!({"db": db, "kept": kept, "rows": rows, "checksum": checksum}));
        return Ok(ExitCode::SUCCESS);
    }
    let (rows, checksum) = (sums.rows, sums.checksum);
    eprintln!("Restored: {rows} rows, checksum {checksum}.");
    if let Some(kept) = &kept {
        eprintln!("What stood there before is {}.", kept.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn into_sqlite(
    arguments: &Restore,
    path: &Path,
    configuration: &Configuration,
) -> anyhow::Result<(Sums, Option<PathBuf>)> {
    if path.exists() && !arguments.replace {
        bail!(
            "{} is there already. Restore into a new place, or stop the server and give --replace, which keeps what is \
             there beside it.",
            path.display()
        );
    }
    let busy = || {
        format!(
            "{} is in use: stop the server, and whatever else works on it.",
            path.display()
        )
    };
    let claim = match path.exists() {
        true => Some(guanxi_store::sqlite::claim(path)?.with_context(busy)?),
        false => None,
    };
    let beside = path.with_extension("restoring");
    remove_companions(&beside)?;
    std::fs::copy(&arguments.file, &beside)
        .with_context(|| format!("{} can't be read.", arguments.file.display()))?;
    let checked = check(&arguments.file, &beside, configuration);
    remove_companions(&beside)?;
    remove_lock(&beside)?;
    if checked.is_err() {
        std::fs::remove_file(&beside)?;
    }
    let sums = checked?;
    std::fs::File::open(&beside)?.sync_all()?;
    let kept = keep(path)?;
    std::fs::rename(&beside, path)?;
    drop(claim);
    Ok((sums, kept))
}

/// It is a copy of a Guanxi database, undamaged, and holds what the file holds.
fn check(file: &Path, beside: &Path, configuration: &Configuration) -> anyhow::Result<Sums> {
    let no_copy = || format!("{} is no copy of a Guanxi database.", file.display());
    let sums = {
        let store = opened(beside).with_context(no_copy)?;
        if store.tables().with_context(no_copy)?.is_empty() {
            bail!(no_copy());
        }
        if let Some(damage) = store.damage()?.first() {
            bail!("{} is damaged: {damage}.", file.display());
        }
        copying::checksum(&*store)?
    };
    house::open(&format!("sqlite:{}", beside.display()), configuration).with_context(no_copy)?;
    Ok(sums)
}

fn into_postgres(
    arguments: &Restore,
    url: &str,
    configuration: &Configuration,
) -> anyhow::Result<Sums> {
    let folder = std::env::temp_dir().join(format!("guanxi-restore-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let copy = folder.join("copy.db");
    // Opening writes a little, and the file is to stay as it is.
    let sums = std::fs::copy(&arguments.file, &copy)
        .with_context(|| format!("{} can't be read.", arguments.file.display()))
        .and_then(|_| {
            check(&arguments.file, &copy, configuration)?;
            let to = guanxi_store::open(url)
                .with_context(|| format!("The database {} can't be opened.", shown(url)))?;
            if !to.tables()?.is_empty() {
                bail!(
                    "There is something in {} already. Name a schema that is new: ?schema=NAME.",
                    shown(url)
                );
            }
            copied(&*opened(&copy)?, &*to)
        });
    std::fs::remove_dir_all(&folder)?;
    let sums = sums?;
    copying::index(&house::open(url, configuration)?)?;
    Ok(sums)
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

/// Of a file that nobody but this process has opened.
fn remove_lock(path: &Path) -> anyhow::Result<()> {
    let lock = PathBuf::from(format!("{}.lock", path.display()));
    if lock.exists() {
        std::fs::remove_file(lock)?;
    }
    Ok(())
}
