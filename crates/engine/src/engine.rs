//! One organisation at work: its store, its catalogue, its people, what it can do.

use crate::capability::Capabilities;
use crate::context::{Actor, Context};
use crate::error::{EngineError, EngineResult};
use crate::events::Listeners;
use crate::formulas::Formulas;
use crate::jobs::Handlers;
use crate::outbox::Channels;
use crate::publishing::{self, Process};
use crate::system;
use guanxi_access::{Department, Directory, User};
use guanxi_columns::{Columns, Limits};
use guanxi_meta::ambient::{Clock, Ids};
use guanxi_meta::declare::Declarations;
use guanxi_meta::overlay::Overlay;
use guanxi_meta::{Catalog, Cell, Object, Value};
use guanxi_query::cond::{Cond, Direction, Select};
use guanxi_store::{Set, Store, StoreExt, View, Weight};
use jiff::tz::TimeZone;
use parking_lot::{Condvar, Mutex, RwLock};
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;

use crate::record::Record;

/// Cheap to clone; all clones are the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

/// What the program hands in.
pub struct Parts {
    pub store: Arc<dyn Store>,
    /// The packs, before the organisation's own changes.
    pub declarations: Declarations,
    pub capabilities: Capabilities,
    /// Ways out of the house.
    pub channels: Channels,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Where uploaded files rest.
    pub files: PathBuf,
    pub settings: Settings,
}

/// What an organisation is set to, unless it says otherwise on screen.
#[derive(Debug, Clone)]
pub struct Settings {
    pub organisation: String,
    /// ISO 4217.
    pub currency: String,
    pub zone: TimeZone,
    /// Memory of the columnar copy.
    pub columns: Limits,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            organisation: "Guanxi".to_owned(),
            currency: "CNY".to_owned(),
            zone: TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC),
            columns: Limits::default(),
        }
    }
}

struct Inner {
    parts: Parts,
    known: RwLock<Known>,
    /// Counts commits of this process, so that whoever follows the log wakes at once.
    commits: Mutex<u64>,
    committed: Condvar,
    indexing: Mutex<()>,
    process: Process,
    listeners: Listeners,
    handlers: Handlers,
    in_flight: Mutex<HashMap<(i64, String), Vec<u8>>>,
    columns: Columns,
}

/// What was read of the database, at these versions.
#[derive(Default)]
pub struct Known {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) formulas: Arc<Formulas>,
    /// Units of the organisation's currency for one unit of another.
    pub(crate) rates: Arc<HashMap<String, Decimal>>,
}

/// The versions that every cache is keyed by: one row, read with each request, so that another process's
/// change is seen at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    pub catalogue: i64,
    pub access: i64,
}

impl Engine {
    /// Opens the organisation: makes or completes its tables, loads catalogue and people.
    pub fn open(parts: Parts) -> EngineResult<Engine> {
        for table in system::tables() {
            parts.store.create_table(&table)?;
            for index in &table.indexes {
                parts.store.create_index(&table, index)?;
            }
        }
        let columns = Columns::new(parts.store.clone(), parts.settings.columns);
        let process = parts.ids.next();
        let mut handlers = crate::jobs::own();
        handlers.extend(parts.capabilities.all().flat_map(|one| one.jobs()));
        let inner = Inner {
            handlers: Handlers::new(handlers),
            parts,
            known: RwLock::default(),
            commits: Mutex::new(0),
            committed: Condvar::new(),
            indexing: Mutex::new(()),
            process: Process::new(process),
            listeners: Listeners::default(),
            in_flight: Mutex::default(),
            columns,
        };
        let engine = Engine(Arc::new(inner));
        engine.first_versions()?;
        let catalog = engine.load_catalog()?;
        let is_loose = publishing::add(&engine, &catalog)?;
        engine.know_catalog(catalog);
        engine.refresh()?;
        if is_loose {
            engine
                .store()
                .change(Weight::Light, |tx| publishing::note_loose(tx))?;
        }
        publishing::tighten(&engine)?;
        crate::formulas::settle_at_start(&engine)?;
        Ok(engine)
    }

    pub fn store(&self) -> &dyn Store {
        &*self.0.parts.store
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.0.parts.clock
    }

    pub fn ids(&self) -> &dyn Ids {
        &*self.0.parts.ids
    }

    pub fn capabilities(&self) -> &Capabilities {
        &self.0.parts.capabilities
    }

    pub fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }

    pub fn files(&self) -> &std::path::Path {
        &self.0.parts.files
    }

    pub fn zone(&self) -> TimeZone {
        self.0.parts.settings.zone.clone()
    }

    /// Idempotency keys, by person, that this process is at work for, with the digest of the request.
    pub(crate) fn in_flight(&self) -> &Mutex<HashMap<(i64, String), Vec<u8>>> {
        &self.0.in_flight
    }

    pub fn channels(&self) -> &Channels {
        &self.0.parts.channels
    }

    /// Who does which kind of job.
    pub fn handlers(&self) -> &Handlers {
        &self.0.handlers
    }

    pub fn listeners(&self) -> &Listeners {
        &self.0.listeners
    }

    /// The columnar copy of this organisation's tables.
    pub fn columns(&self) -> &Columns {
        &self.0.columns
    }

    /// This process among those that work on the same database.
    pub(crate) fn process(&self) -> &Process {
        &self.0.process
    }

    pub(crate) fn indexing(&self) -> &Mutex<()> {
        &self.0.indexing
    }

    /// A context for the system itself: set-up, demonstration data, jobs for nobody.
    pub fn system(&self, via: &str) -> EngineResult<Context> {
        self.refresh()?;
        let known = self.0.known.read();
        Ok(Context::new(self.clone(), &known, Actor::System, via))
    }

    /// A context for the person with this `seq`; a person who is not active has none.
    pub fn context(&self, person: i64, via: &str) -> EngineResult<Context> {
        self.refresh()?;
        let known = self.0.known.read();
        let user = known
            .directory
            .user(person)
            .filter(|user| user.active)
            .ok_or(EngineError::Unauthorized)?;
        Ok(Context::new(
            self.clone(),
            &known,
            Actor::Person(user.clone()),
            via,
        ))
    }

    /// The same caller with what is known now: after people or departments changed under way.
    pub fn again(&self, ctx: &Context) -> EngineResult<Context> {
        self.refresh()?;
        let known = self.0.known.read();
        let actor = match &*ctx.actor {
            Actor::System => Actor::System,
            Actor::Person(user) => Actor::Person(
                known
                    .directory
                    .user(user.seq)
                    .ok_or(EngineError::Unauthorized)?
                    .clone(),
            ),
        };
        Ok(Context::new(self.clone(), &known, actor, &ctx.via).speaking(ctx.lang))
    }

    /// Reads the versions and loads what is newer than what is known.
    pub fn refresh(&self) -> EngineResult<()> {
        let now = self.store().look(versions)?;
        let (catalogue, access) = {
            let known = self.0.known.read();
            (
                known.catalog.version == now.catalogue,
                known.directory.version == now.access,
            )
        };
        if !catalogue {
            self.know_catalog(self.load_catalog()?);
        }
        if !access {
            let catalog = self.0.known.read().catalog.clone();
            let (directory, rates) = self.store().look(|view| {
                Ok::<_, EngineError>((directory(view, &catalog, now.access)?, rates(view)?))
            })?;
            let mut known = self.0.known.write();
            known.directory = Arc::new(directory);
            known.rates = Arc::new(rates);
        }
        Ok(())
    }

    fn know_catalog(&self, catalog: Catalog) {
        let formulas = Arc::new(Formulas::compile(&catalog));
        let mut known = self.0.known.write();
        known.catalog = Arc::new(catalog);
        known.formulas = formulas;
    }

    pub fn catalog(&self) -> Arc<Catalog> {
        self.0.known.read().catalog.clone()
    }

    /// The packs with the organisation's changes so far, and the version that this makes.
    pub fn declarations(&self) -> EngineResult<(Declarations, i64)> {
        let (version, overlays) = self.store().look(|view| {
            let version = versions(view)?.catalogue;
            let select =
                Select::of(system::OVERLAY, &["change"]).order("seq", Direction::Ascending);
            Ok::<_, EngineError>((version, view.select(&select)?))
        })?;
        let mut declarations = self.0.parts.declarations.clone();
        for row in overlays {
            let text = row.cells[0].text().unwrap_or_default();
            let change: Overlay =
                serde_json::from_str(text).map_err(|e| EngineError::Broken(e.to_string()))?;
            // A change that a newer pack made pointless must not keep the house from opening.
            if let Err(errors) = declarations.apply(&change) {
                tracing::warn!(
                    ?errors,
                    "an earlier change of the declarations no longer applies"
                );
            }
        }
        Ok((declarations, version))
    }

    fn load_catalog(&self) -> EngineResult<Catalog> {
        let (declarations, version) = self.declarations()?;
        declarations
            .catalog(version, &crate::formulas::check)
            .map_err(|errors| {
                EngineError::Broken(
                    errors
                        .iter()
                        .map(|e| e.to_string())
                        .collect::<Vec<_>>()
                        .join("\n"),
                )
            })
    }

    fn first_versions(&self) -> EngineResult<()> {
        let ids = self
            .store()
            .look(|view| view.count(system::VERSION, &[], &Cond::True, Some(1)))?;
        if ids == 0 {
            self.store().change(Weight::Light, |tx| {
                if tx.count(system::VERSION, &[], &Cond::True, Some(1))? == 0 {
                    tx.insert(
                        system::VERSION,
                        &["catalogue", "access"],
                        vec![vec![Cell::Int(1), Cell::Int(1)]],
                    )?;
                }
                Ok::<_, EngineError>(())
            })?;
        }
        Ok(())
    }

    /// Tells whoever follows the log in this process that there is something new.
    pub fn announce(&self) {
        *self.0.commits.lock() += 1;
        self.0.committed.notify_all();
    }

    /// Waits until this process committed something after `seen`, at most `for_ms`; answers the count to wait from next.
    pub fn wait_commit(&self, seen: u64, for_ms: u64) -> u64 {
        let mut commits = self.0.commits.lock();
        if *commits == seen {
            let _timed_out = self
                .0
                .committed
                .wait_for(&mut commits, std::time::Duration::from_millis(for_ms));
        }
        *commits
    }
}

/// The one row of versions.
pub fn versions(view: &mut dyn View) -> EngineResult<Versions> {
    let rows = view.select(&Select::of(system::VERSION, &["catalogue", "access"]).limit(1))?;
    let row = rows.first();
    let int = |at: usize| row.and_then(|row| row.cells[at].int()).unwrap_or(0);
    Ok(Versions {
        catalogue: int(0),
        access: int(1),
    })
}

/// In the transaction of a change of people, departments, roles or shares: every process loads them anew.
pub fn touch_access(tx: &mut dyn guanxi_store::Transaction) -> EngineResult<()> {
    tx.update(system::VERSION, &[("access", Set::Add(1))], &Cond::True)?;
    Ok(())
}

/// In the transaction of a change of declarations.
pub fn touch_catalogue(tx: &mut dyn guanxi_store::Transaction) -> EngineResult<()> {
    tx.update(system::VERSION, &[("catalogue", Set::Add(1))], &Cond::True)?;
    Ok(())
}

fn directory(view: &mut dyn View, catalog: &Catalog, version: i64) -> EngineResult<Directory> {
    let users = everything(view, catalog, "user")?
        .iter()
        .map(user)
        .collect();
    let departments = everything(view, catalog, "department")?
        .iter()
        .map(department)
        .collect();
    Ok(Directory::new(version, users, departments))
}

fn everything(view: &mut dyn View, catalog: &Catalog, object: &str) -> EngineResult<Vec<Record>> {
    let Some(object) = catalog.object(object) else {
        return Ok(Vec::new());
    };
    let select = Select::from(&object.table, object.columns()).filter(Cond::null("deleted_at"));
    Ok(view
        .select(&select)?
        .iter()
        .map(|row| Record::from_row(object, row))
        .collect())
}

fn text(record: &Record, field: &str) -> String {
    record.get(field).text().unwrap_or_default().to_owned()
}

fn user(record: &Record) -> User {
    let roles = record
        .get("roles")
        .list()
        .iter()
        .filter_map(|role| role.text().map(str::to_owned))
        .collect();
    let optional = |field: &str| record.get(field).text().map(str::to_owned);
    User {
        seq: record.seq,
        id: record.id,
        name: text(record, "name"),
        email: text(record, "email"),
        department: record.department,
        roles,
        active: *record.get("active") != Value::Bool(false),
        language: optional("language"),
        time_zone: optional("time_zone"),
    }
}

fn department(record: &Record) -> Department {
    Department {
        seq: record.seq,
        id: record.id,
        name: text(record, "name"),
        parent: record.get("parent").id(),
        region: *record.get("region") == Value::Bool(true),
    }
}

/// Rates that an administrator set: the setting `rate:USD` holds a decimal.
fn rates(view: &mut dyn View) -> EngineResult<HashMap<String, Decimal>> {
    let rows = view.select(&Select::of(system::SETTING, &["name", "value"]))?;
    let rate = |row: &guanxi_store::Row| {
        let currency = row.cells[0].text()?.strip_prefix("rate:")?.to_owned();
        Some((currency, row.cells[1].text()?.parse().ok()?))
    };
    Ok(rows.iter().filter_map(rate).collect())
}

/// The object's row by id, whatever its standing: the caller applies a grant.
pub fn row_by_id(
    view: &mut dyn View,
    object: &Arc<Object>,
    id: Uuid,
) -> EngineResult<Option<Record>> {
    let select = Select::from(&object.table, object.columns())
        .filter(Cond::equal("id", id))
        .limit(1);
    Ok(view
        .select(&select)?
        .first()
        .map(|row| Record::from_row(object, row)))
}
