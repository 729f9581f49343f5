//! Several processes and one set of declarations.
//!
//! Publishing is held by one process at a time, by a lease in the database. What is added to the tables is there before
//! the version is flipped; what is no longer wanted goes when no process works under an older version any more, which
//! each tells by a lease of its own while it writes. Whoever writes records asks in the transaction itself whether its
//! catalogue is still the one, and else reads it anew: nobody writes rows of an old shape after the flip.

use crate::context::Context;
use crate::engine::{Engine, versions};
use crate::error::{EngineError, EngineResult};
use crate::system;
use guanxi_meta::plan::{self, Step};
use guanxi_meta::table::Uniqueness;
use guanxi_meta::{Catalog, Cell, IndexSpec, Lang, TableSpec};
use guanxi_query::cond::{Cond, Op, Select};
use guanxi_store::{Set, StoreError, StoreExt, Transaction, Weight, fail};
use parking_lot::{Condvar, Mutex};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a lease holds, in microseconds. Whoever is longer at work renews it meanwhile.
const LEASE: i64 = 10_000_000;
/// How often it is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// How long one who wants to publish waits for another who does.
const PATIENCE: Duration = Duration::from_secs(25);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often a write is begun anew under the newest catalogue.
const MOST_TRIES: usize = 5;

/// The lease of whoever publishes; those of processes are called `process:ID`.
const PUBLISHING: &str = "publishing";
const PROCESS: &str = "process:";
/// The setting that says there is something to be taken away.
const LOOSE: &str = "publishing:loose";

/// This process as others see it.
pub struct Process {
    id: Uuid,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Writes under way, by the version of the catalogue that they know.
    flights: BTreeMap<i64, usize>,
    /// What the lease in the database says: version and end.
    told: Option<(i64, i64)>,
}

impl Process {
    pub fn new(id: Uuid) -> Process {
        Process {
            id,
            state: Mutex::default(),
        }
    }
}

/// A write under way; it ends when this is dropped.
pub struct Flight<'a> {
    process: &'a Process,
    version: i64,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut state = self.process.state.lock();
        if let Some(count) = state.flights.get_mut(&self.version) {
            *count -= 1;
            if *count == 0 {
                state.flights.remove(&self.version);
            }
        }
    }
}

impl Context {
    /// Writes records in one transaction, as long as this context's catalogue is the newest; `Outdated` otherwise.
    pub fn change<T, E>(
        &self,
        weight: Weight,
        mut body: impl FnMut(&mut dyn Transaction) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + From<EngineError> + Send + 'static,
    {
        let version = self.catalog.version;
        let _flight = take_off(&self.engine, version)?;
        self.engine.store().change(weight, move |tx| {
            if versions(tx)?.catalogue != version {
                return Err(EngineError::Outdated.into());
            }
            body(tx)
        })
    }

    /// Runs `body` with this context, and again with the newest where the declarations have changed under way.
    pub fn under_newest<T>(
        &self,
        mut body: impl FnMut(&Context) -> EngineResult<T>,
    ) -> EngineResult<T> {
        let mut outcome = body(self);
        for _ in 1..MOST_TRIES {
            if !matches!(outcome, Err(EngineError::Outdated)) {
                break;
            }
            outcome = body(&self.engine.again(self)?.in_place_of(self));
        }
        outcome
    }
}

/// Tells other processes of a write under this version, unless a newer one is known already.
fn take_off(engine: &Engine, version: i64) -> EngineResult<Flight<'_>> {
    if version < engine.catalog().version {
        return Err(EngineError::Outdated);
    }
    let process = engine.process();
    let flight = {
        *process.state.lock().flights.entry(version).or_default() += 1;
        Flight { process, version }
    };
    let now = engine.clock().now().as_microsecond();
    let (oldest, told) = {
        let state = process.state.lock();
        let oldest = state.flights.keys().next().copied().unwrap_or(version);
        (oldest, state.told)
    };
    // Half of it is left for the write itself.
    if told.is_none_or(|(told, until)| told != oldest || until - now < LEASE / 2) {
        let until = now + LEASE;
        entering(|| tell(engine, (process.id, oldest, until)))?;
        process.state.lock().told = Some((oldest, until));
    }
    Ok(flight)
}

fn tell(engine: &Engine, (id, version, until): (Uuid, i64, i64)) -> EngineResult<()> {
    let name = format!("{PROCESS}{id}");
    let now = engine.clock().now().as_microsecond();
    engine.store().change(Weight::Light, move |tx| {
        let this = Cond::equal("name", name.as_str());
        let set = [
            ("catalogue", Set::To(Cell::Int(version))),
            ("until", Set::To(Cell::Int(until))),
        ];
        if tx.update(system::LEASE, &set, &this)? == 0 {
            let row = vec![
                Cell::from(name.as_str()),
                Cell::Id(id),
                Cell::Int(1),
                Cell::Int(version),
                Cell::Int(until),
            ];
            tx.insert(system::LEASE, &COLUMNS, vec![row])?;
        }
        // Leases of processes that are long gone.
        let gone = Cond::compare("until", Op::Less, now - 100 * LEASE);
        let others = !Cond::equal("name", PUBLISHING);
        tx.delete(system::LEASE, &gone.and(others))?;
        Ok(())
    })
}

/// Two that find a lease missing both enter it, and the database takes one of them: the other then finds it.
fn entering<T>(mut attempt: impl FnMut() -> EngineResult<T>) -> EngineResult<T> {
    match attempt() {
        Err(EngineError::Store(StoreError::NotUnique { .. })) => attempt(),
        outcome => outcome,
    }
}

const COLUMNS: [&str; 5] = ["name", "holder", "fence", "catalogue", "until"];

/// The right to publish, until it is dropped or its process dies.
pub struct Publishing<'a> {
    engine: &'a Engine,
    fence: i64,
    renewing: Mutex<bool>,
    over: Condvar,
}

impl Publishing<'_> {
    /// Waits until nobody else publishes; `Unavailable` where that takes too long.
    pub fn wait(engine: &Engine) -> EngineResult<Publishing<'_>> {
        let since = Instant::now();
        loop {
            if let Some(publishing) = entering(|| Publishing::attempt(engine))? {
                return Ok(publishing);
            }
            if since.elapsed() > PATIENCE {
                let text = "another process is publishing declarations".to_owned();
                return Err(EngineError::Store(StoreError::Unavailable(text)));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// `None` while somebody else publishes.
    pub fn attempt(engine: &Engine) -> EngineResult<Option<Publishing<'_>>> {
        let now = engine.clock().now().as_microsecond();
        let id = engine.process().id;
        let fence = engine.store().change(Weight::Light, move |tx| {
            let this = Cond::equal("name", PUBLISHING);
            let select = Select::of(system::LEASE, &["fence", "until"]);
            let rows = tx.select(&select.filter(this.clone()).limit(1).locked())?;
            let Some(row) = rows.first() else {
                let (name, until) = (Cell::from(PUBLISHING), Cell::Int(now + LEASE));
                let row = vec![name, Cell::Id(id), Cell::Int(1), Cell::Int(0), until];
                tx.insert(system::LEASE, &COLUMNS, vec![row])?;
                return Ok(Some(1));
            };
            let (fence, until) = (row.cells[0].int(), row.cells[1].int().unwrap_or(0));
            if until > now {
                return Ok(None);
            }
            let fence = fence.unwrap_or(0) + 1;
            let set = [
                ("holder", Set::To(Cell::Id(id))),
                ("fence", Set::To(Cell::Int(fence))),
                ("until", Set::To(Cell::Int(now + LEASE))),
            ];
            tx.update(system::LEASE, &set, &this)?;
            Ok(Some(fence))
        });
        let fence = match fence {
            // Two made the row at the same moment.
            Err(StoreError::NotUnique { .. }) => None,
            fence => fence?,
        };
        Ok(fence.map(|fence| Publishing {
            engine,
            fence,
            renewing: Mutex::new(false),
            over: Condvar::new(),
        }))
    }

    /// Runs `body` while the lease is renewed beside it.
    pub fn during<T: Send>(
        &self,
        body: impl FnOnce() -> EngineResult<T> + Send,
    ) -> EngineResult<T> {
        *self.renewing.lock() = true;
        std::thread::scope(|scope| {
            scope.spawn(|| self.renew());
            // Also when `body` panics: else the thread beside it would never end.
            let _ends = Ends(self);
            body()
        })
    }

    pub fn fence(&self) -> i64 {
        self.fence
    }

    fn renew(&self) {
        let mut renewing = self.renewing.lock();
        while *renewing {
            if !self.over.wait_for(&mut renewing, RENEW_EVERY).timed_out() {
                continue;
            }
            let until = self.engine.clock().now().as_microsecond() + LEASE;
            if let Err(error) = self.set(until) {
                tracing::warn!(%error, "the right to publish could not be renewed");
            }
        }
    }

    fn set(&self, until: i64) -> EngineResult<()> {
        let fence = self.fence;
        self.engine.store().change(Weight::Light, move |tx| {
            let set = [("until", Set::To(Cell::Int(until)))];
            tx.update(system::LEASE, &set, &mine(fence))?;
            Ok(())
        })
    }
}

impl Drop for Publishing<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.set(0) {
            tracing::warn!(%error, "the right to publish ends by its lease");
        }
    }
}

struct Ends<'a>(&'a Publishing<'a>);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        *self.0.renewing.lock() = false;
        self.0.over.notify_all();
    }
}

/// In the transaction that flips the version: nobody has taken over meanwhile.
pub fn holds(tx: &mut dyn Transaction, fence: i64) -> EngineResult<bool> {
    let select = Select::of(system::LEASE, &["fence"]).filter(mine(fence));
    Ok(!tx.select(&select.limit(1).locked())?.is_empty())
}

fn mine(fence: i64) -> Cond {
    Cond::equal("name", PUBLISHING).and(Cond::equal("fence", fence))
}

/// What is wanted of the tables, before the flip and after it.
struct Steps {
    wanted: Vec<TableSpec>,
    /// Adds, and replaces an index by a unique one. Each may be repeated.
    before: Vec<Change>,
    /// Takes away.
    after: Vec<Change>,
}

enum Change {
    Step(Step),
    /// The same columns under another rule: the two would have the same name.
    Replace {
        table: String,
        old: IndexSpec,
        new: IndexSpec,
    },
}

impl Steps {
    fn of(engine: &Engine, catalog: &Catalog) -> EngineResult<Steps> {
        let tables = catalog.objects.iter().map(|object| object.table_spec());
        let mut wanted: Vec<TableSpec> = tables.collect();
        engine
            .store()
            .look(|view| crate::view_indexes::keep(view, &mut wanted))?;
        let plan = plan::diff(&engine.store().tables()?, &wanted);
        if let Some(problem) = plan.problems.first() {
            return Err(EngineError::Broken(problem.message(Lang::En)));
        }
        let mut steps = Steps {
            wanted,
            before: Vec::new(),
            after: Vec::new(),
        };
        let mut dropped: Vec<(String, IndexSpec)> = Vec::new();
        for step in plan.steps {
            match step {
                Step::DropIndex { table, index } => dropped.push((table, index)),
                Step::CreateIndex { table, index } => {
                    let same = |(on, old): &(String, IndexSpec)| {
                        *on == table && old.columns == index.columns
                    };
                    match dropped.iter().position(same) {
                        None => steps
                            .before
                            .push(Change::Step(Step::CreateIndex { table, index })),
                        Some(at) => {
                            let (table, old) = dropped.remove(at);
                            let tightens = index.uniqueness != Uniqueness::Any;
                            let replace = Change::Replace {
                                table,
                                old,
                                new: index,
                            };
                            // Who loses a rule loses it after everybody has heard of it.
                            if tightens {
                                steps.before.push(replace);
                            } else {
                                steps.after.push(replace);
                            }
                        }
                    }
                }
                step => steps.before.push(Change::Step(step)),
            }
        }
        let dropped = dropped
            .into_iter()
            .map(|(table, index)| Change::Step(Step::DropIndex { table, index }));
        steps.after.extend(dropped);
        Ok(steps)
    }

    fn run(&self, engine: &Engine, changes: &[Change]) -> EngineResult<()> {
        let store = engine.store();
        let spec = |name: &str| {
            let found = self.wanted.iter().find(|table| table.name == name);
            found.ok_or_else(|| {
                EngineError::Broken(format!("a plan for {name}, which nobody wants"))
            })
        };
        for change in changes {
            match change {
                Change::Step(Step::CreateTable(table)) => {
                    store.create_table(table)?;
                    for index in &table.indexes {
                        store.create_index(table, index)?;
                    }
                }
                Change::Step(Step::AddColumns { table, .. }) => store.create_table(spec(table)?)?,
                Change::Step(Step::CreateIndex { table, index }) => {
                    store.create_index(spec(table)?, index)?;
                }
                Change::Step(Step::DropIndex { table, index }) => {
                    store.drop_index(spec(table)?, index)?;
                }
                Change::Replace { table, old, new } => {
                    let table = spec(table)?;
                    store.drop_index(table, old)?;
                    if let Err(error) = store.create_index(table, new) {
                        store.create_index(table, old)?;
                        return Err(error.into());
                    }
                }
            }
            fail::point(fail::Point::PublishStep);
        }
        Ok(())
    }
}

/// Makes what the catalogue needs and the database lacks, before anybody can ask for it. Nothing is taken away. Answers
/// whether something is left to be.
pub fn add(engine: &Engine, catalog: &Catalog) -> EngineResult<bool> {
    let steps = Steps::of(engine, catalog)?;
    steps.run(engine, &steps.before)?;
    crate::write::lists::fill(engine, catalog)?;
    Ok(!steps.after.is_empty())
}

/// In the transaction of the flip: something is left to be taken away.
pub fn note_loose(tx: &mut dyn Transaction) -> EngineResult<()> {
    let known = Cond::equal("name", LOOSE);
    if tx.count(system::SETTING, &[], &known, Some(1))? == 0 {
        let row = vec![Cell::from(LOOSE), Cell::from("1")];
        tx.insert(system::SETTING, &["name", "value"], vec![row])?;
    }
    Ok(())
}

/// Takes away what the newest catalogue no longer wants, once no process works under an older one. Called after
/// publishing, when a program starts, and now and then by a server. Answers whether nothing is left.
pub fn tighten(engine: &Engine) -> EngineResult<bool> {
    let known = Cond::equal("name", LOOSE);
    let is_loose = engine
        .store()
        .look(|view| view.count(system::SETTING, &[], &known, Some(1)))?
        > 0;
    if !is_loose {
        return Ok(true);
    }
    let Some(publishing) = Publishing::attempt(engine)? else {
        return Ok(false);
    };
    tighten_holding(engine, &publishing)
}

/// The same for one who publishes already.
pub fn tighten_holding(engine: &Engine, publishing: &Publishing<'_>) -> EngineResult<bool> {
    engine.refresh()?;
    let catalog = engine.catalog();
    if !is_everybody_at(engine, catalog.version)? {
        return Ok(false);
    }
    publishing.during(|| {
        let steps = Steps::of(engine, &catalog)?;
        steps.run(engine, &steps.after)?;
        engine.store().change(Weight::Light, |tx| {
            tx.delete(system::SETTING, &Cond::equal("name", LOOSE))?;
            Ok::<_, EngineError>(())
        })
    })?;
    Ok(true)
}

/// Whether no process that is at work knows less than this version.
fn is_everybody_at(engine: &Engine, version: i64) -> EngineResult<bool> {
    let process = engine.process();
    let mine = {
        let state = process.state.lock();
        state.flights.keys().next().copied()
    };
    if mine.is_some_and(|oldest| oldest < version) {
        return Ok(false);
    }
    let now = engine.clock().now().as_microsecond();
    let own = format!("{PROCESS}{}", process.id);
    let others = !Cond::among("name", vec![Cell::from(PUBLISHING), Cell::from(own)]);
    let behind = others
        .and(Cond::compare("until", Op::Greater, now))
        .and(Cond::compare("catalogue", Op::Less, version));
    let count = engine
        .store()
        .look(|view| view.count(system::LEASE, &[], &behind, Some(1)))?;
    Ok(count == 0)
}
