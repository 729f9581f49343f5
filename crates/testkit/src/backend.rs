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
        let url = self.url(folder);
        guanxi_store::open(&url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }
}

fn postgres() -> Option<String> {
    std::env::var(POSTGRES).ok().filter(|url| !url.is_empty())
}
