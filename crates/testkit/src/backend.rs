//! Where a test keeps its rows: a new SQLite file, or a new schema of a PostgreSQL that the environment names.

use guanxi_store::Store;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// The variable with the URL of a PostgreSQL in which tests may make schemas.
pub const POSTGRES: &str = "GUANXI_TEST_PG";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    /// SQLite, and PostgreSQL where there is one.
    pub fn all() -> Vec<Backend> {
        let mut all = vec![Backend::Sqlite];
        if postgres().is_some() {
            all.push(Backend::Postgres);
        }
        all
    }

    /// A URL of nothing yet, in `folder` if it is a file.
    pub fn url(self, folder: &Path) -> String {
        match self {
            Backend::Sqlite => format!("sqlite:{}", folder.join("test.db").display()),
            Backend::Postgres => {
                let url = postgres().unwrap_or_default();
                let mark = if url.contains('?') { '&' } else { '?' };
                // Tests run beside each other, in processes of their own.
                format!("{url}{mark}schema=t{}", Uuid::now_v7().simple())
            }
        }
    }

    pub fn open(self, folder: &Path) -> Arc<dyn Store> {
        open(&self.url(folder))
    }
}

pub(crate) fn open(url: &str) -> Arc<dyn Store> {
    guanxi_store::open(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// Drops a schema that [`Backend::url`] named, when the test that had it ends.
pub struct Leftover(String);

impl Leftover {
    pub fn of(url: &str) -> Leftover {
        Leftover(url.to_owned())
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        if !self.0.contains("schema=") {
            return;
        }
        let url = self.0.clone();
        // A thread of its own, since a test may end inside a runtime. What can't be dropped stays: no test fails by it.
        let dropping = std::thread::spawn(move || guanxi_store::postgres::drop_schema(&url));
        let _ended = dropping.join();
    }
}

fn postgres() -> Option<String> {
    std::env::var(POSTGRES).ok().filter(|url| !url.is_empty())
}
