//! Places where the crash suite lets the process die.
//!
//! `GUANXI_FAIL=name:count` aborts the process when the point `name` is passed for the `count`-th time (from 1).
//! Unset, a point costs one load of an initialised cell. The names: `before_commit`, `after_commit` (durable, but
//! the caller has not heard), `search_batch` (between two batches of the search index), `ddl` (after each step).

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that arms one point.
pub const VARIABLE: &str = "GUANXI_FAIL";

struct Armed {
    name: String,
    left: AtomicU64,
}

/// Passes a point; aborts the process when it is armed and its count has come.
#[inline]
pub fn point(name: &str) {
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    if let Some(armed) = ARMED.get_or_init(|| parse(&std::env::var(VARIABLE).ok()?)) {
        pass(armed, name);
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
