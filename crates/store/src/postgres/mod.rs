//! PostgreSQL: a pool per server, a schema per organisation, the same trait.
//!
//! The trait is synchronous: the driver's tasks run on a small runtime of their own, and callers wait on their own
//! threads (never call a store from an asynchronous task; go through `spawn_blocking`).

mod ddl;
mod errors;
mod horizon;
mod params;
mod server;
mod session;
mod tls;

use crate::error::{StoreError, StoreResult, panicked};
use crate::log::LogRow;
use crate::render::Target;
use crate::search::{SearchFeed, Tokens};
use crate::traits::{Body, Outcome, Store, View, Weight};
use crate::{fail, log};
use errors::Trouble;
use guanxi_meta::{IndexSpec, TableSpec};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use horizon::Horizon;
use server::Server;
use session::{Session, Types};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How often a body runs again after meeting another transaction.
const MOST_TRIES: u32 = 10;

/// Removes the schema that a URL names, with all that is in it: what tests and the bench do with what they made.
pub fn drop_schema(url: &str) -> StoreResult<()> {
    let (url, schema) = crate::open::split_schema(url);
    ddl::drop_schema(&*Server::shared(&url)?, &schema)
}

/// One organisation's schema.
pub struct PostgresStore {
    server: Arc<Server>,
    schema: String,
    target: Target,
    types: Types,
    horizon: Horizon,
    /// Transactions of this process that write.
    writing: AtomicUsize,
}

impl PostgresStore {
    /// Opens a schema of a database, and creates it with the log when it is missing. Stores of the same URL share
    /// one pool.
    pub fn open(url: &str, schema: &str) -> StoreResult<PostgresStore> {
        let server = Server::shared(url)?;
        let target = Target::Postgres {
            schema: schema.to_owned(),
            lower: server.lower.clone(),
        };
        ddl::prepare(&server, schema)?;
        Ok(PostgresStore {
            server,
            schema: schema.to_owned(),
            target,
            types: Types::default(),
            horizon: Horizon::default(),
            writing: AtomicUsize::new(0),
        })
    }

    /// Where one connection was lost, those that lie idle are most likely lost too.
    fn renew(&self, trouble: &Trouble) {
        if matches!(trouble, Trouble::Lost(_)) {
            self.server.forget_idle();
        }
    }

    /// One try of a body: commits, or rolls back and says why.
    fn attempt(&self, body: &mut Body) -> Result<(), Trouble> {
        let client = self.server.client().map_err(Trouble::Final)?;
        let mut session = Session::begin(self, &client, "BEGIN")?;
        let result = catch_unwind(AssertUnwindSafe(|| body(&mut session)))
            .unwrap_or_else(|panic| Err(StoreError::Broken(panicked(&*panic))));
        let trouble = session.trouble.take();
        if session.is_failed && trouble.is_none() && matches!(result, Ok(Outcome::Commit)) {
            self.server.roll_back(client);
            let text = "a statement failed outside a savepoint, and its error was passed over";
            return Err(Trouble::Final(StoreError::Broken(text.to_owned())));
        }
        if trouble.is_none() && matches!(result, Ok(Outcome::Commit)) {
            fail::point(fail::Point::BeforeCommit);
            let committed = self.server.run(&client, "COMMIT");
            fail::point(fail::Point::AfterCommit);
            return match committed {
                // Nobody knows whether it was committed, so it does not run again.
                Err(Trouble::Lost(text)) => Err(Trouble::Final(StoreError::Unavailable(text))),
                Err(trouble) => {
                    self.server.roll_back(client);
                    Err(trouble)
                }
                Ok(()) => Ok(()),
            };
        }
        self.server.roll_back(client);
        match trouble {
            Some(trouble) => Err(trouble),
            None => result.map(drop).map_err(Trouble::Final),
        }
    }

    fn look_once(
        &self,
        limit: Option<Duration>,
        body: &mut dyn FnMut(&mut dyn View) -> StoreResult<()>,
    ) -> Result<(), Trouble> {
        let client = self.server.client().map_err(Trouble::Final)?;
        let mut begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned();
        if let Some(limit) = limit {
            begin.push_str(&format!(
                "; SET LOCAL statement_timeout = {}",
                limit.as_millis().max(1)
            ));
        }
        let mut session = Session::begin(self, &client, &begin)?;
        let result = catch_unwind(AssertUnwindSafe(|| body(&mut session)));
        let trouble = session.trouble.take();
        self.server.roll_back(client);
        match (result, trouble) {
            (Err(panic), _) => std::panic::resume_unwind(panic),
            (_, Some(trouble)) => Err(trouble),
            (Ok(result), None) => result.map_err(Trouble::Final),
        }
    }
}

/// Counts a writing transaction for as long as it lives.
struct Writing<'a>(&'a AtomicUsize);

impl Writing<'_> {
    fn new(count: &AtomicUsize) -> Writing<'_> {
        count.fetch_add(1, Ordering::Relaxed);
        Writing(count)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Store for PostgresStore {
    fn kind(&self) -> &'static str {
        "postgres"
    }

    /// A lost connection or a stale plan is tried once more.
    fn view(
        &self,
        limit: Option<Duration>,
        body: &mut dyn FnMut(&mut dyn View) -> StoreResult<()>,
    ) -> StoreResult<()> {
        match self.look_once(limit, body) {
            Err(Trouble::Final(error)) => Err(error),
            Err(trouble) => {
                self.renew(&trouble);
                self.look_once(limit, body).map_err(Trouble::last)
            }
            Ok(()) => Ok(()),
        }
    }

    fn transact(&self, _weight: Weight, mut body: Body) -> StoreResult<()> {
        let _writing = Writing::new(&self.writing);
        let mut tries = 0;
        loop {
            let trouble = match self.attempt(&mut body) {
                Ok(()) => return Ok(()),
                Err(trouble) => trouble,
            };
            tries += 1;
            self.renew(&trouble);
            let most = if matches!(trouble, Trouble::Conflict) {
                MOST_TRIES
            } else {
                2
            };
            if tries >= most || matches!(trouble, Trouble::Final(_)) {
                return Err(trouble.last());
            }
            std::thread::sleep(pause(tries));
        }
    }

    fn tables(&self) -> StoreResult<Vec<TableSpec>> {
        ddl::tables(&self.server, &self.schema)
    }

    fn create_table(&self, table: &TableSpec) -> StoreResult<()> {
        ddl::create_table(&self.server, &self.schema, table)
    }

    fn create_index(&self, table: &TableSpec, index: &IndexSpec) -> StoreResult<()> {
        ddl::create_index(&self.server, &self.schema, table, index)
    }

    fn drop_index(&self, table: &TableSpec, index: &IndexSpec) -> StoreResult<()> {
        ddl::drop_index(&self.server, &self.schema, table, index)
    }

    fn log_after(&self, position: i64, limit: u32) -> StoreResult<Vec<LogRow>> {
        let head = self.horizon.settle(&self.server, &self.schema)?;
        if head <= position {
            return Ok(Vec::new());
        }
        let question = Select::of(log::TABLE, &log::COLUMNS)
            .filter(Cond::compare("seq", Op::Greater, position))
            .filter(Cond::compare("seq", Op::LessOrEqual, head))
            .order("seq", Direction::Ascending)
            .limit(limit);
        let mut rows = Vec::new();
        self.view(None, &mut |view| {
            rows = view.select(&question)?;
            Ok(())
        })?;
        Ok(rows
            .into_iter()
            .map(|row| LogRow::from_cells(row.seq, row.cells))
            .collect())
    }

    fn log_head(&self) -> StoreResult<i64> {
        self.horizon.settle(&self.server, &self.schema)
    }

    fn log_is_whole(&self) -> StoreResult<bool> {
        let head = self.horizon.settle(&self.server, &self.schema)?;
        let newer = Cond::compare("seq", Op::Greater, head);
        let mut held_back = 0;
        self.view(None, &mut |view| {
            held_back = view.count(log::TABLE, &[], &newer, Some(1))?;
            Ok(())
        })?;
        Ok(held_back == 0)
    }

    fn search_feed(&self) -> SearchFeed {
        SearchFeed::InTransaction
    }

    fn index(&self, _: &str, _: &[(i64, Option<Tokens>)], _: Option<i64>) -> StoreResult<()> {
        Err(StoreError::Broken(
            "on PostgreSQL tokens are written in the transaction of the change".to_owned(),
        ))
    }

    fn postings(&self, table: &str, look: &mut dyn FnMut(i64, &str)) -> StoreResult<()> {
        session::postings(&self.server, &self.schema, table, look)
    }

    /// The tokens are written with the rows, so the index is where the log is.
    fn indexed_to(&self) -> StoreResult<i64> {
        self.log_head()
    }

    fn optimise(&self) -> StoreResult<()> {
        ddl::optimise(&self.server, &self.schema)
    }

    fn backup(&self, _to: &Path) -> StoreResult<()> {
        Err(StoreError::Unavailable(format!(
            "PostgreSQL makes its own copies: pg_dump --format=custom --schema={} for one organisation, \
             pg_basebackup for the whole server",
            self.schema
        )))
    }

    fn damage(&self) -> StoreResult<Vec<String>> {
        Ok(Vec::new())
    }

    fn size(&self) -> StoreResult<u64> {
        ddl::size(&self.server, &self.schema)
    }
}

/// 1 ms, 2 ms, 4 ms … to 64 ms, each with as much again at random.
fn pause(tries: u32) -> Duration {
    let micros = 1_000_u64 << tries.min(7).saturating_sub(1);
    let random = RandomState::new().hash_one(tries);
    Duration::from_micros(micros + random % micros)
}
