//! The front: what callers ask, the memory that is allowed, and the thread that reads columns.

use crate::answer::From;
use crate::column::Need;
use crate::copy::{Copy, Fitness};
use crate::data::Data;
use crate::load::{Ended, Wish, wish};
use crate::plan::{Node, SEQ, needs};
use guanxi_meta::{Cell, ColumnType, TableSpec};
use guanxi_query::cond::{Cond, Measure, Operand, Order, Select};
use guanxi_store::{Row, Store, StoreError, StoreExt, StoreResult};
use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// Cheap to clone; all clones are the same copies. One per store and process.
#[derive(Clone)]
pub struct Columns(Arc<Inner>);

/// What the copies of one process may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of all columns together.
    pub memory_bytes: usize,
    /// A column that nobody asked for so long is dropped.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory_bytes: 160 << 20,
            idle: Duration::from_secs(180),
        }
    }
}

/// A question to one table: its declaration (columns that it lacks are never answered), a condition, and how long
/// the caller waits for columns that are not in memory yet.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub table: &'a TableSpec,
    pub cond: &'a Cond,
    pub patience: Duration,
}

/// Rows that a link or a share may lead to; beyond, the database is asked.
const MOST_LINKED: u32 = 50_000;
/// How long the database may take to tell them.
const LINKED_WITHIN: Duration = Duration::from_secs(2);
/// Changes of the log that are read together.
const LOG_PIECE: u32 = 5_000;
/// So far behind the log, reading the columns anew is quicker than following it.
const MOST_BEHIND: i64 = 500_000;
/// How often the thread looks for idle columns.
const LOOK_EVERY: Duration = Duration::from_secs(20);

pub(crate) struct Inner {
    store: Arc<dyn Store>,
    limits: Limits,
    start: Instant,
    copies: Mutex<HashMap<String, Arc<Copy>>>,
    /// How far the log was read; none while there is no copy.
    position: Mutex<Option<i64>>,
    refused: Mutex<Vec<(Wish, Instant)>>,
    work: Arc<Work>,
}

/// What the reading thread shares with those who wait; it holds no copy alive.
#[derive(Default)]
struct Work {
    queue: Mutex<Queue>,
    /// There is a wish, or nobody is left.
    wished: Condvar,
    /// A wish ended.
    ended: Condvar,
}

#[derive(Default)]
struct Queue {
    /// The first is the one that is read.
    wishes: VecDeque<Wish>,
    running: bool,
    closed: bool,
}

impl Columns {
    pub fn new(store: Arc<dyn Store>, limits: Limits) -> Columns {
        Columns(Arc::new(Inner {
            store,
            limits,
            start: Instant::now(),
            copies: Mutex::default(),
            position: Mutex::default(),
            refused: Mutex::default(),
            work: Arc::default(),
        }))
    }

    /// How many rows match, exactly. Like every answer here: `None` where only the database can tell.
    pub fn count(&self, ask: Ask<'_>) -> StoreResult<Option<u64>> {
        self.answer(ask, Vec::new(), |data, node| Some(data.count(node)))
    }

    /// The `seq` of the first rows in an order, after a row: what `Select` with these would answer.
    pub fn page(
        &self,
        ask: Ask<'_>,
        order: &[Order],
        from: From<'_>,
    ) -> StoreResult<Option<Vec<i64>>> {
        let keys = order.iter().take_while(|order| order.column != SEQ);
        let keys = keys.map(|order| Need::exact(&order.column)).collect();
        self.answer(ask, keys, |data, node| data.page(node, order, &from))
    }

    /// How often each value of a column comes, in the order of the values, null last.
    pub fn facet(&self, ask: Ask<'_>, column: &str) -> StoreResult<Option<Vec<(Cell, u64)>>> {
        let rows = self.group(ask, &[column.to_owned()], &[Measure::Count])?;
        let pair = |row: Row| {
            let mut cells = row.cells.into_iter();
            let cell = cells.next().unwrap_or_default();
            (
                cell,
                cells
                    .next()
                    .and_then(|count| count.int())
                    .unwrap_or_default()
                    .unsigned_abs(),
            )
        };
        Ok(rows.map(|rows| rows.into_iter().map(pair).collect()))
    }

    /// What `Aggregate` with these would answer.
    pub fn group(
        &self,
        ask: Ask<'_>,
        group: &[String],
        measures: &[Measure],
    ) -> StoreResult<Option<Vec<Row>>> {
        let mut columns: Vec<Need> = group.iter().map(|name| Need::exact(name)).collect();
        for measure in measures {
            if let Measure::Sum(name) | Measure::Min(name) | Measure::Max(name) = measure {
                columns.push(Need::exact(name));
            }
        }
        self.answer(ask, columns, |data, node| data.group(node, group, measures))
    }

    /// Of these rows those that match, in their order.
    pub fn standing(&self, ask: Ask<'_>, seqs: &[i64]) -> StoreResult<Option<Vec<i64>>> {
        self.answer(ask, Vec::new(), |data, node| {
            Some(data.standing(node, seqs))
        })
    }

    /// Bytes that all copies take.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// Drops the copy of a table that is no longer what it was.
    pub fn forget(&self, table: &str) {
        self.0.copies.lock().remove(table);
    }

    /// Drops what nobody asked for in a while. The thread that reads columns does so too.
    pub fn tidy(&self) {
        self.0.tidy();
    }

    fn answer<T>(
        &self,
        ask: Ask<'_>,
        more: Vec<Need>,
        body: impl Fn(&Data, &Node<'_>) -> Option<T>,
    ) -> StoreResult<Option<T>> {
        /// A column may be dropped between being read and being asked.
        const TRIES: usize = 3;
        let inner = &self.0;
        // A question that no copy can answer must not cost the database anything.
        if !known(ask.table, ask.cond, &more) {
            return Ok(None);
        }
        let Some(cond) = inner.resolve(ask.table, ask.cond)? else {
            return Ok(None);
        };
        let mut wanted = more;
        needs(&cond, &mut wanted);
        if wanted.is_empty() {
            // Which rows there are is known by any column.
            wanted.extend(narrowest(ask.table));
        }
        wanted.sort();
        wanted.dedup();
        let Some(wish) = wish(ask.table, &wanted) else {
            return Ok(None);
        };
        let deadline = Instant::now() + ask.patience;
        for _ in 0..TRIES {
            if !self.hold(&wish, deadline)? {
                return Ok(None);
            }
            // What is committed but can't be followed yet is known to the database alone. Asked first: the head that
            // is caught up with afterwards lies no lower.
            if !inner.store.log_is_whole()? {
                return Ok(None);
            }
            inner.catch_up()?;
            let copy = inner.copy(&wish.table);
            if copy.follow(&*inner.store)? == Fitness::Lost {
                self.forget(&wish.table);
                continue;
            }
            let data = copy.data.read();
            if data.has(&wanted) && !data.broken {
                data.touch(&wanted, inner.now());
                return Ok(data.plan(&cond).and_then(|node| body(&data, &node)));
            }
        }
        Ok(None)
    }

    /// Waits until the columns are in memory; `false` when they are not in time, or never will be.
    fn hold(&self, wish: &Wish, deadline: Instant) -> StoreResult<bool> {
        let inner = &self.0;
        let is_held = || inner.held(wish) == Some(true);
        if is_held() {
            return Ok(true);
        }
        if inner.held(wish).is_none() {
            // A column of another type than it was: the table was replaced.
            self.forget(&wish.table);
        }
        if inner.is_refused(wish) {
            return Ok(false);
        }
        let mut queue = inner.work.queue.lock();
        if !queue.wishes.contains(wish) {
            queue.wishes.push_back(wish.clone());
        }
        if !queue.running {
            queue.running = true;
            let (weak, work) = (Arc::downgrade(inner), inner.work.clone());
            let spawned = std::thread::Builder::new()
                .name("columns".to_owned())
                .spawn(move || run(&weak, &work));
            if spawned.is_err() {
                queue.running = false;
                queue.wishes.clear();
                return Ok(false);
            }
        }
        inner.work.wished.notify_all();
        while queue.wishes.contains(wish) {
            if inner
                .work
                .ended
                .wait_until(&mut queue, deadline)
                .timed_out()
            {
                return Ok(false);
            }
        }
        drop(queue);
        Ok(is_held())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.work.queue.lock().closed = true;
        self.work.wished.notify_all();
    }
}

/// The thread: reads what is wished for, one after another, and ends when nothing is held any more.
fn run(inner: &Weak<Inner>, work: &Work) {
    loop {
        let wish = {
            let mut queue = work.queue.lock();
            while queue.wishes.is_empty() && !queue.closed {
                if work.wished.wait_for(&mut queue, LOOK_EVERY).timed_out() {
                    break;
                }
            }
            queue.wishes.front().cloned()
        };
        let Some(inner) = inner.upgrade() else { return };
        let Some(wish) = wish else {
            inner.tidy();
            let mut queue = work.queue.lock();
            if queue.wishes.is_empty() && inner.copies.lock().is_empty() {
                queue.running = false;
                return;
            }
            continue;
        };
        // A defect in reading must not leave everybody waiting.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| inner.load(&wish)));
        if !matches!(done, Ok(Ok(Ended::Held))) {
            tracing::debug!(table = %wish.table, ?done, "columns were not read");
        }
        work.queue.lock().wishes.pop_front();
        work.ended.notify_all();
    }
}

impl Inner {
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub fn refused(&self) -> &Mutex<Vec<(Wish, Instant)>> {
        &self.refused
    }

    pub fn is_closed(&self) -> bool {
        self.work.queue.lock().closed
    }

    /// Milliseconds since the start.
    pub fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub fn copy(&self, table: &str) -> Arc<Copy> {
        let mut copies = self.copies.lock();
        copies
            .entry(table.to_owned())
            .or_insert_with(|| Arc::new(Copy::new(table)))
            .clone()
    }

    /// Whether the columns are there; `None` when one is there with another type.
    fn held(&self, wish: &Wish) -> Option<bool> {
        let Some(copy) = self.copies.lock().get(&wish.table).cloned() else {
            return Some(false);
        };
        let data = copy.data.read();
        let mut all = !data.held.is_empty();
        for (need, ty) in &wish.needs {
            match data.column(need) {
                Some(column) if column.ty != *ty => return None,
                Some(_) => {}
                None => all = false,
            }
        }
        Some(all)
    }

    fn bytes(&self) -> usize {
        let copies: Vec<Arc<Copy>> = self.copies.lock().values().cloned().collect();
        copies.iter().map(|copy| copy.data.read().bytes()).sum()
    }

    /// From here on the log is followed; columns are read after this.
    pub fn begin_following(&self) -> StoreResult<()> {
        let mut position = self.position.lock();
        if position.is_none() {
            *position = Some(self.store.log_head()?);
        }
        Ok(())
    }

    /// Marks the rows that the log names, up to its head.
    fn catch_up(&self) -> StoreResult<()> {
        let head = self.store.log_head()?;
        let mut position = self.position.lock();
        let Some(mut at) = *position else {
            return Ok(());
        };
        if head < at || head - at > MOST_BEHIND {
            // Another database in this place, or one that ran far ahead.
            self.copies.lock().clear();
            *position = None;
            return Ok(());
        }
        while at < head {
            let rows = self.store.log_after(at, LOG_PIECE)?;
            let Some(last) = rows.last() else { break };
            at = last.position;
            let copies = self.copies.lock().clone();
            let mut by_table: HashMap<&str, Vec<i64>> = HashMap::new();
            for row in &rows {
                if copies.contains_key(&row.entry.object) {
                    by_table
                        .entry(&row.entry.object)
                        .or_default()
                        .push(row.entry.seq);
                }
            }
            for (table, seqs) in by_table {
                if let Some(copy) = copies.get(table) {
                    let mut marks = copy.marks.lock();
                    seqs.into_iter().for_each(|seq| marks.mark(seq));
                }
            }
            *position = Some(at);
        }
        Ok(())
    }

    /// The condition with links and shares followed, and ids as the rows that they name: both are asked of the
    /// database, so that no column of ids must be held. `None` where they lead to too many rows.
    fn resolve(&self, table: &TableSpec, cond: &Cond) -> StoreResult<Option<Cond>> {
        Ok(Some(match cond {
            Cond::All(parts) => match self.resolve_all(table, parts)? {
                Some(parts) => Cond::All(parts),
                None => return Ok(None),
            },
            Cond::Any(parts) => match self.resolve_all(table, parts)? {
                Some(parts) => Cond::Any(parts),
                None => return Ok(None),
            },
            Cond::Not(inner) => match self.resolve(table, inner)? {
                Some(inner) => Cond::Not(Box::new(inner)),
                None => return Ok(None),
            },
            Cond::Among {
                column,
                table: other,
                select,
                cond,
            } => {
                let Some(cells) = self.linked(other, select, cond)? else {
                    return Ok(None);
                };
                let cond = Cond::In {
                    column: column.clone(),
                    cells,
                };
                return if column == ID {
                    self.by_id(table, &cond)
                } else {
                    Ok(Some(cond))
                };
            }
            Cond::In { column, .. } if column == ID => return self.by_id(table, cond),
            Cond::Compare {
                column,
                op: guanxi_query::cond::Op::Equal,
                with: Operand::Cell(_),
            } if column == ID => {
                return self.by_id(table, cond);
            }
            other => other.clone(),
        }))
    }

    fn resolve_all(&self, table: &TableSpec, parts: &[Cond]) -> StoreResult<Option<Vec<Cond>>> {
        let mut resolved = Vec::with_capacity(parts.len());
        for part in parts {
            match self.resolve(table, part)? {
                Some(part) => resolved.push(part),
                None => return Ok(None),
            }
        }
        Ok(Some(resolved))
    }

    /// The different cells that a link may lead to.
    fn linked(&self, table: &str, select: &str, cond: &Cond) -> StoreResult<Option<Vec<Cell>>> {
        if *cond == Cond::False {
            return Ok(Some(Vec::new()));
        }
        let columns = if select == SEQ {
            Vec::new()
        } else {
            vec![select.to_owned()]
        };
        let select = Select::from(table, columns)
            .filter(cond.clone())
            .limit(MOST_LINKED + 1);
        let rows = match self
            .store
            .look_within(LINKED_WITHIN, |view| view.select(&select))
        {
            Err(StoreError::TooSlow) => return Ok(None),
            rows => rows?,
        };
        if rows.len() > MOST_LINKED as usize {
            return Ok(None);
        }
        let cell = |row: Row| row.cells.into_iter().next().unwrap_or(Cell::Int(row.seq));
        let mut cells: Vec<Cell> = rows
            .into_iter()
            .map(cell)
            .filter(|cell| !cell.is_null())
            .collect();
        cells.sort();
        cells.dedup();
        Ok(Some(cells))
    }

    /// The rows that a condition on the id names, by its unique index.
    fn by_id(&self, table: &TableSpec, cond: &Cond) -> StoreResult<Option<Cond>> {
        if matches!(cond, Cond::In { cells, .. } if cells.is_empty()) {
            return Ok(Some(Cond::False));
        }
        let select = Select::from(&table.name, Vec::new())
            .filter(cond.clone())
            .limit(MOST_LINKED + 1);
        let rows = self.store.look(|view| view.select(&select))?;
        let cells = rows.iter().map(|row| Cell::Int(row.seq)).collect();
        Ok((rows.len() <= MOST_LINKED as usize).then_some(Cond::In {
            column: SEQ.to_owned(),
            cells,
        }))
    }

    /// Drops the columns that were not asked for longest, until `coming` more bytes fit; never those of `keep`.
    pub fn make_room(
        &self,
        coming: usize,
        keep: (&str, &[Need]),
    ) -> Result<(), crate::data::Unfit> {
        let most = self.limits.memory_bytes;
        let mut held = self.bytes();
        if held + coming <= most {
            return Ok(());
        }
        let mut columns = self.ages();
        columns.retain(|(_, table, need)| !(table == keep.0 && keep.1.contains(need)));
        columns.sort();
        for (_, table, need) in columns {
            self.drop_column(&table, &need);
            held = self.bytes();
            if held + coming <= most {
                return Ok(());
            }
        }
        Err(crate::data::Unfit)
    }

    fn tidy(&self) {
        let now = self.now();
        let idle = u64::try_from(self.limits.idle.as_millis()).unwrap_or(u64::MAX);
        for (used_at, table, need) in self.ages() {
            if now.saturating_sub(used_at) > idle {
                self.drop_column(&table, &need);
            }
        }
        let mut copies = self.copies.lock();
        // A copy that is being read has no columns yet.
        copies.retain(|_, copy| {
            !copy.data.read().held.is_empty() || copy.marks.lock().loading.is_some()
        });
        if copies.is_empty() && self.work.queue.lock().wishes.is_empty() {
            drop(copies);
            *self.position.lock() = None;
        }
    }

    /// When each column was asked for last.
    fn ages(&self) -> Vec<(u64, String, Need)> {
        let copies: Vec<Arc<Copy>> = self.copies.lock().values().cloned().collect();
        let mut ages = Vec::new();
        for copy in copies {
            for (need, held) in &copy.data.read().held {
                let used_at = held.used_at.load(std::sync::atomic::Ordering::Relaxed);
                ages.push((used_at, copy.table.clone(), need.clone()));
            }
        }
        ages
    }

    fn drop_column(&self, table: &str, need: &Need) {
        let Some(copy) = self.copies.lock().get(table).cloned() else {
            return;
        };
        let _alone = copy.changing.lock();
        let mut data = copy.data.write();
        data.held.remove(need);
        if data.held.is_empty() {
            data.seqs = Vec::new();
        }
    }
}

fn narrowest(table: &TableSpec) -> Option<Need> {
    let int = table
        .columns
        .iter()
        .find(|column| column.ty == ColumnType::Int);
    int.or(table.columns.first())
        .map(|column| Need::exact(&column.name))
}

/// The column that a unique index serves.
const ID: &str = "id";

/// Whether the table has every column that is asked of.
fn known(table: &TableSpec, cond: &Cond, more: &[Need]) -> bool {
    let mut wanted = more.to_vec();
    needs(cond, &mut wanted);
    wanted.iter().all(|need| {
        table
            .columns
            .iter()
            .any(|column| column.name == need.column)
    })
}
