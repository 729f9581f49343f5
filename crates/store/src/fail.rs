//! Places where the crash suite lets the process die.
//!
//! `GUANXI_FAIL=name:count` aborts the process when the point `name` is passed for the `count`-th time (from 1). A
//! release build has no such places: nobody can end a product from outside by its environment.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that arms one point.
pub const VARIABLE: &str = "GUANXI_FAIL";

/// Whether this build has the places.
pub const IS_ARMABLE: bool = cfg!(debug_assertions);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// All is written, nothing is durable.
    BeforeCommit,
    /// Durable, but the caller has not heard.
    AfterCommit,
    /// Between two batches of the search index.
    SearchBatch,
    /// After each step that makes tables and indexes.
    Ddl,
    /// The write-ahead log was copied into the database file.
    Checkpoint,
    /// The bytes of an attachment are on the disk, its row is not.
    FileWritten,
    /// The file of an import is on the disk, its row is not.
    ImportReceived,
    /// A piece of an import is durable, the next is not begun.
    ImportPiece,
    /// The same of taking an import back.
    UndoPiece,
    /// After each step of a change of declarations, before its version is flipped.
    PublishStep,
    /// The version is flipped, and what is no longer wanted still there.
    PublishFlip,
}

impl Point {
    /// As the variable names it. The crash suite reads its list here.
    pub fn name(self) -> &'static str {
        match self {
            Point::BeforeCommit => "before_commit",
            Point::AfterCommit => "after_commit",
            Point::SearchBatch => "search_batch",
            Point::Ddl => "ddl",
            Point::Checkpoint => "checkpoint",
            Point::FileWritten => "file_written",
            Point::ImportReceived => "import_received",
            Point::ImportPiece => "import_piece",
            Point::UndoPiece => "undo_piece",
            Point::PublishStep => "publish_step",
            Point::PublishFlip => "publish_flip",
        }
    }
}

struct Armed {
    name: String,
    left: AtomicU64,
}

/// Passes a point; aborts the process when it is armed and its count has come.
#[inline]
pub fn point(point: Point) {
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    if !IS_ARMABLE {
        return;
    }
    if let Some(armed) = ARMED.get_or_init(|| parse(&std::env::var(VARIABLE).ok()?)) {
        pass(armed, point.name());
    }
}

fn parse(setting: &str) -> Option<Armed> {
    let (name, count) = setting.split_once(':').unwrap_or((setting, "1"));
    let count: u64 = count.parse().ok().filter(|&count| count > 0)?;
    Some(Armed {
        name: name.to_owned(),
        left: AtomicU64::new(count),
    })
}

#[cold]
fn pass(armed: &Armed, name: &str) {
    if armed.name == name && armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::sync::atomic::Ordering;

    #[test]
    fn a_setting_names_a_point_and_its_count() {
        let read = |text| parse(text).map(|armed| (armed.name, armed.left.load(Ordering::SeqCst)));
        assert_eq!(read("ddl:3"), Some(("ddl".to_owned(), 3)));
        assert_eq!(read("ddl"), Some(("ddl".to_owned(), 1)));
        assert_eq!(read("ddl:0"), None);
        assert_eq!(read("ddl:x"), None);
    }
}
