//! The places where the program can be told to die, and what leads to each.

use super::ledger::Kind;

/// The file that has the list: a new point is armed without a change here.
const SOURCE: &str = include_str!("../../../crates/store/src/fail.rs");

/// The environment variable that arms one point.
pub const VARIABLE: &str = "GUANXI_FAIL";

/// The kind of write that a worker prefers.
#[derive(Clone, Copy, Default)]
pub struct Lead(pub Option<Kind>);

/// The names of all points.
pub fn all() -> Vec<&'static str> {
    let arms = SOURCE.lines().filter_map(|line| line.split_once("=> \""));
    arms.filter_map(|(_, rest)| Some(rest.split_once('"')?.0))
        .collect()
}

/// What passes this point.
pub fn lead(point: &str) -> Lead {
    let kind = match point {
        "file_written" => Kind::Upload,
        "import_received" | "import_piece" => Kind::Import,
        "undo_piece" => Kind::Undo,
        "publish_step" => Kind::Field,
        "publish_flip" => Kind::Role,
        _ => return Lead(None),
    };
    Lead(Some(kind))
}

/// Points that are passed again and again in a round; the others once or
/// twice.
pub fn is_frequent(point: &str) -> bool {
    matches!(
        point,
        "before_commit" | "after_commit" | "search_batch" | "ddl" | "file_written"
    )
}

/// Points that one of the databases does not have: the search index and the
/// write-ahead log of PostgreSQL are its own.
pub fn is_of_sqlite(point: &str) -> bool {
    matches!(point, "search_batch" | "checkpoint")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_points_are_those_of_the_store() {
        let all = all();
        assert!(all.contains(&"before_commit") && all.contains(&"undo_piece"));
        assert!(all.iter().any(|point| lead(point).0.is_some()));
        let read = SOURCE.matches("Point::").count();
        assert!(read >= all.len() && all.len() > 8, "{all:?}");
    }
}
