//! A file as blocks of whole records.

use super::fields;
use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Large enough that handing one over costs nothing, small enough for the cache.
const BLOCK: usize = 1 << 20;
/// A single record beyond this is a quote that was never closed.
const MOST: usize = 1 << 26;

/// Reads a file, unpacking `.gz`; every block ends where a record ends.
pub struct Blocks {
    path: PathBuf,
    input: Box<dyn Read + Send>,
    carried: Vec<u8>,
    is_done: bool,
}

/// Counts the bytes that were taken from the disk.
struct Counted {
    file: File,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(into)?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Blocks {
    pub fn open(path: &Path) -> anyhow::Result<Blocks> {
        Blocks::counting(path, Arc::default())
    }

    /// Counts what it takes from the disk in `taken`.
    pub fn counting(path: &Path, taken: Arc<AtomicU64>) -> anyhow::Result<Blocks> {
        let failed = || format!("{} can't be read.", path.display());
        let file = File::open(path).with_context(failed)?;
        let about = file.metadata().with_context(failed)?;
        if about.is_dir() {
            bail!("{} is a folder: name a CSV file.", path.display());
        }
        let counted = Counted { file, taken };
        let is_packed = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
        let input: Box<dyn Read + Send> = if is_packed {
            Box::new(MultiGzDecoder::new(counted))
        } else {
            Box::new(counted)
        };
        Ok(Blocks {
            path: path.to_owned(),
            input,
            carried: Vec::new(),
            is_done: false,
        })
    }

    /// The next block, or `None` at the end.
    pub fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        if self.is_done {
            return Ok(None);
        }
        let mut block = std::mem::take(&mut self.carried);
        loop {
            let had = block.len();
            block.resize(had.max(BLOCK / 2) + BLOCK, 0);
            let filled = self.fill(&mut block, had)?;
            let is_full = filled == block.len();
            block.truncate(filled);
            if !is_full {
                self.is_done = true;
                return Ok((!block.is_empty()).then_some(block));
            }
            if let Some(end) = fields::last_end_of_record(&block) {
                self.carried = block[end..].to_vec();
                block.truncate(end);
                return Ok(Some(block));
            }
            if block.len() > MOST {
                bail!(
                    "{}: a quote is opened and never closed.",
                    self.path.display()
                );
            }
        }
    }

    fn fill(&mut self, block: &mut [u8], mut at: usize) -> anyhow::Result<usize> {
        while at < block.len() {
            let count = self.input.read(&mut block[at..]);
            let count =
                count.with_context(|| format!("{} can't be read on.", self.path.display()))?;
            if count == 0 {
                break;
            }
            at += count;
        }
        Ok(at)
    }
}
