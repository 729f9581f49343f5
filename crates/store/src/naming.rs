//! Names of what the store makes for itself. They begin with `_`, which no object's name can.

use guanxi_meta::table::Rows;
use guanxi_meta::{IndexSpec, TableSpec};

/// Bookkeeping: one row per fact, `key` and `value`.
pub const FACTS: &str = "_facts";

/// PostgreSQL cuts names after 63 bytes; a cut name could meet another.
const LONGEST: usize = 60;

/// The name of an index, the same on both databases.
pub fn index_name(table: &TableSpec, index: &IndexSpec) -> String {
    shorten(table.index_name(index))
}

/// The rows that an index is over, as the end of its definition.
pub fn which_rows(index: &IndexSpec) -> &'static str {
    match index.rows {
        Rows::Live => " WHERE \"deleted_at\" IS NULL",
        Rows::All => "",
    }
}

/// The table of search tokens beside a table.
pub fn search_table(table: &str) -> String {
    shorten(format!("_search_{table}"))
}

pub fn is_internal(name: &str) -> bool {
    name.starts_with('_') || name.starts_with("sqlite_")
}

/// Keeps the beginning of a long name and marks it with a hash of the whole (FNV-1a, 64 bits).
fn shorten(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let cut = name.floor_char_boundary(LONGEST - 17);
    format!("{}_{hash:016x}", &name[..cut])
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn long_names_stay_apart() {
        let long = "ix_".to_owned() + &"a".repeat(80);
        let other = long.clone() + "b";
        assert_eq!(shorten("ix_customer_name".to_owned()), "ix_customer_name");
        assert!(shorten(long.clone()).len() <= 60);
        assert_ne!(shorten(long), shorten(other));
    }
}
