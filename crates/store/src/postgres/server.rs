//! The pool of one database server, and the runtime that drives all pools.

use super::errors::{Trouble, convert};
use super::tls::Wanted;
use crate::error::{StoreError, StoreResult};
use deadpool_postgres::tokio_postgres::{Config, NoTls, Row};
use deadpool_postgres::{
    Client, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::runtime;

/// Connections of one process to one server.
const MOST_CONNECTIONS: usize = 32;

/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Collations that know the case of all scripts, the surest first.
const LOWER: [&str; 5] = ["und-x-icu", "pg_c_utf8", "C.utf8", "C.UTF-8", "en_US.utf8"];

pub struct Server {
    pool: Pool,
    /// The collation by which texts are folded.
    pub lower: String,
}

impl Server {
    /// The server of this URL; all stores of a process share it.
    pub fn shared(url: &str) -> StoreResult<Arc<Server>> {
        static SERVERS: OnceLock<Mutex<HashMap<String, Weak<Server>>>> = OnceLock::new();
        let mut servers = SERVERS.get_or_init(Mutex::default).lock();
        if let Some(server) = servers.get(url).and_then(Weak::upgrade) {
            return Ok(server);
        }
        let server = Arc::new(Server::connect(url)?);
        servers.insert(url.to_owned(), Arc::downgrade(&server));
        Ok(server)
    }

    fn connect(url: &str) -> StoreResult<Server> {
        let unavailable =
            |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        let (url, wanted) = Wanted::split(url)?;
        let mut config: Config = url.parse().map_err(|error| unavailable(&error))?;
        if config.get_application_name().is_none() {
            config.application_name("guanxi");
        }
        let tls = wanted.tls(&mut config)?;
        let options = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match tls {
            Some(tls) => Manager::from_config(config, tls, options),
            None => Manager::from_config(config, NoTls, options),
        };
        let timeouts = Timeouts {
            wait: Some(PATIENCE),
            create: Some(PATIENCE),
            recycle: Some(PATIENCE),
        };
        let pool = Pool::builder(manager)
            .max_size(MOST_CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .timeouts(timeouts)
            .build()
            .map_err(|error| unavailable(&error))?;
        let mut server = Server {
            pool,
            lower: "default".to_owned(),
        };
        let client = server.client()?;
        let rows = server
            .ask(
                &client,
                "SELECT collname::text, current_setting('server_encoding') FROM pg_collation",
                &[],
            )
            .map_err(Trouble::last)?;
        if rows
            .first()
            .is_some_and(|row| row.get::<_, String>(1) != "UTF8")
        {
            return Err(StoreError::Unavailable(
                "the database's encoding has to be UTF8".to_owned(),
            ));
        }
        let known: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        if let Some(lower) = LOWER
            .iter()
            .find(|name| known.iter().any(|known| known == *name))
        {
            (*lower).clone_into(&mut server.lower);
        }
        Ok(server)
    }

    /// The next caller gets a connection that is made for it.
    pub fn forget_idle(&self) {
        let _forgotten = self.pool.retain(|_, _| false);
    }

    pub fn client(&self) -> StoreResult<Client> {
        wait(self.pool.get())?.map_err(|error| match error {
            PoolError::Backend(error) => match convert(&error).last() {
                StoreError::Broken(text) => StoreError::Unavailable(text),
                error => error,
            },
            error => StoreError::Unavailable(error.to_string()),
        })
    }

    /// Statements without parameters or answers.
    pub fn run(&self, client: &Client, text: &str) -> Result<(), Trouble> {
        wait(client.batch_execute(text))
            .map_err(Trouble::Final)?
            .map_err(|error| convert(&error))
    }

    /// One prepared statement.
    pub fn ask(
        &self,
        client: &Client,
        text: &str,
        params: &[super::params::Bound<'_>],
    ) -> Result<Vec<Row>, Trouble> {
        let asked = async {
            let statement = client.prepare_cached(text).await?;
            client
                .query(&statement, &super::params::pointers(params))
                .await
        };
        let result = wait(asked)
            .map_err(Trouble::Final)?
            .map_err(|error| convert(&error));
        if matches!(result, Err(Trouble::Stale(_))) {
            client.statement_cache.clear();
        }
        result
    }

    /// One prepared statement that answers how many rows it changed.
    pub fn change(
        &self,
        client: &Client,
        text: &str,
        params: &[super::params::Bound<'_>],
    ) -> Result<u64, Trouble> {
        let changed = async {
            let statement = client.prepare_cached(text).await?;
            client
                .execute(&statement, &super::params::pointers(params))
                .await
        };
        wait(changed)
            .map_err(Trouble::Final)?
            .map_err(|error| convert(&error))
    }

    /// Ends a transaction; a connection that can't is thrown away.
    pub fn roll_back(&self, client: Client) {
        if self.run(&client, "ROLLBACK").is_err() {
            drop(Object::take(client));
        }
    }
}

/// Drives a future on the caller's thread; the sockets are served by the runtime's own.
pub fn wait<F: Future>(future: F) -> StoreResult<F::Output> {
    static RUNTIME: OnceLock<Option<runtime::Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("guanxi-postgres")
            .enable_all()
            .build()
            .ok()
    });
    match runtime {
        Some(runtime) => Ok(runtime.block_on(future)),
        None => Err(StoreError::Unavailable(
            "no thread for the database's connections".to_owned(),
        )),
    }
}
