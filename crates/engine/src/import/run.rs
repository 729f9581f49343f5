//! An import at work: pieces of the file in large transactions, each with its own counts and position, so that a
//! crash loses nothing and doubles nothing.

use super::piece::{Care, Halt, Piece, Tally};
use super::plan::Plan;
use super::read::{RowReader, Typed, missing_paths};
use super::resolve::Names;
use super::source::{Raw, Rows, Staged};
use super::state::{self, MOST_ERRORS, State, Status};
use super::{folder, source};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::jobs::Lease;
use crate::system;
use crate::write::{self, Change};
use guanxi_meta::Cell;
use guanxi_store::{StoreError, StoreExt, Transaction, Weight, fail};
use parking_lot::Mutex;
use serde_json::{Map, json};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// Rows of the first transaction, and of one at most: at a million rows each transaction touches most pages of the
/// indexes, so that twice as many rows cost hardly more writing.
const FEW: usize = 1_000;
const MANY: usize = 50_000;
/// How long a transaction may take while others wait for it, and at most.
const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(5);
/// Rows that are read, resolved and inserted together.
const PIECE: usize = 500;
/// Pieces that are read ahead of the writer.
const AHEAD: usize = 4;

/// What it takes to go on with an import, whoever began it.
pub struct Work {
    pub engine: Engine,
    pub status: Status,
    pub lease: Lease,
    staged: Staged,
    names: Arc<Mutex<Names>>,
    /// Rows that are read and not yet behind us.
    waiting: Vec<Raw>,
    rows: usize,
    care: Care,
}

const NOTICE_COLUMNS: [&str; 5] = ["id", "person", "code", "args", "at"];

impl Work {
    pub fn new(engine: &Engine, status: Status, lease: Lease) -> EngineResult<Work> {
        // Going back goes along the log: the file may have been swept away by then.
        let staged = match status.state {
            State::Undoing => Staged::default(),
            _ => {
                let sheet = status.options.mapping.sheet.as_deref();
                source::stage(&folder(engine, status.id), sheet)?
            }
        };
        let (names, waiting) = (Arc::default(), Vec::new());
        Ok(Work {
            engine: engine.clone(),
            status,
            lease,
            staged,
            names,
            waiting,
            rows: FEW,
            care: Care::Trusting,
        })
    }

    /// From where the import stands in the database, after a try that failed.
    pub fn begin_anew(&mut self) -> EngineResult<()> {
        let id = self.status.id;
        let status = self.engine.store().look(|view| state::load(view, id))?;
        *self = Work::new(&self.engine, status, self.lease)?;
        Ok(())
    }

    /// Goes on to the end of the file. `tell` hears of each transaction.
    pub fn run(&mut self, tell: &mut dyn FnMut(&Status)) -> EngineResult<()> {
        let mut rows = Rows::open(&self.staged, self.status.outcome.position)?;
        self.status.outcome.size = self.staged.size;
        loop {
            while self.waiting.len() < self.rows {
                match rows.next_row()? {
                    Some(raw) => self.waiting.push(raw),
                    None => break,
                }
            }
            if self.waiting.is_empty() {
                return self.finish(State::Done, None);
            }
            self.transaction()?;
            fail::point(fail::Point::ImportPiece);
            tell(&self.status);
        }
    }

    /// The end, whichever it is; what was written stays.
    pub fn finish(&mut self, state: State, message: Option<String>) -> EngineResult<()> {
        self.status.state = state;
        self.status.outcome.message = message;
        self.status.finished_at = Some(self.engine.clock().now().as_microsecond());
        let (status, lease, engine) = (self.status.clone(), self.lease, self.engine.clone());
        let notice = self.notice();
        self.engine.store().change(Weight::Light, move |tx| {
            lease.hold(tx, &engine)?;
            state::keep(tx, &status)?;
            if let Some(row) = &notice {
                tx.insert(system::NOTICE, &NOTICE_COLUMNS, vec![row.clone()])?;
            }
            lease.end(tx, &engine)
        })?;
        self.engine.announce();
        Ok(())
    }

    /// Whoever left the page is told; a trial and the system's own imports end silently.
    fn notice(&self) -> Option<Vec<Cell>> {
        let status = &self.status;
        let args = serde_json::json!({
            "name": status.file_name,
            "count": status.rows,
            "failed": status.failed,
            "href": format!("/import/{}", status.id),
        });
        let code = match status.state {
            State::Failed => "import_failed",
            State::Undone => "import_undone",
            _ => "import_done",
        };
        (status.person != 0 && !status.options.dry_run).then(|| {
            vec![
                Cell::Id(self.engine.ids().next()),
                Cell::Int(status.person),
                Cell::from(code),
                Cell::from(args.to_string()),
                Cell::Int(self.engine.clock().now().as_microsecond()),
            ]
        })
    }

    /// The caller's rights and the catalogue as they are now, not as they were when the import began.
    fn context(&self) -> EngineResult<Context> {
        let via = format!("import:{}", self.status.id);
        let ctx = match self.status.person {
            0 => self.engine.system(&via)?,
            person => self.engine.context(person, &via)?,
        };
        Ok(ctx.speaking(self.status.lang()).remembering_links())
    }

    fn plan(&self, ctx: &Context) -> EngineResult<Plan> {
        let object = ctx.object(&self.status.object)?;
        let mut mapping = self.status.options.mapping.clone();
        mapping.mode = Some(self.status.options.mode);
        Plan::new(ctx, &object, &mapping, &self.staged.header)
    }

    fn transaction(&mut self) -> EngineResult<()> {
        let mut ctx = self.context()?;
        let mut plan = self.plan(&ctx)?;
        let raws = std::mem::take(&mut self.waiting);
        if self.make_departments(&ctx, &plan, &raws)? {
            ctx = self.context()?;
            plan = self.plan(&ctx)?;
        }
        let raws = Arc::new(raws);
        let job = (ctx, plan, raws.clone(), self.status.clone());
        let (columns, lease, names) = (self.staged.header.len(), self.lease, self.names.clone());
        let care = self.care;
        let outcome = job.0.clone().change(Weight::Bulk, move |tx| {
            let (ctx, plan, raws, status) = &job;
            lease.hold(tx, &ctx.engine)?;
            let mut tally = pieces(tx, (ctx, plan, raws, columns), &names.lock(), care)?;
            let mut status = status.clone();
            count(&mut status, &mut tally, raws);
            if status.options.dry_run {
                return Err(End::Dry(Box::new((status, tally))));
            }
            fail(tx, &status, &tally)?;
            state::keep(tx, &status)?;
            Ok((status, tally))
        });
        self.engine.announce();
        let (status, consumed) = match outcome {
            Ok((status, tally)) => {
                self.names.lock().keep(tally.fresh);
                (status, tally.consumed)
            }
            Err(End::Dry(done)) => self.keep_dry(*done)?,
            // Declarations were published meanwhile: the same rows under the new ones.
            Err(End::Engine(EngineError::Outdated)) => (self.status.clone(), 0),
            Err(End::Engine(error)) => return Err(error),
            Err(End::Refused) => {
                // Nothing of it was kept: the same rows once more.
                self.care = Care::Careful;
                self.waiting = raws.to_vec();
                return Ok(());
            }
        };
        self.status = status;
        // Where the time was up, the rest is for the next transaction, which takes hardly more than this one could.
        self.rows = if consumed < raws.len() {
            (consumed + consumed / 8).max(FEW)
        } else {
            (self.rows * 2).min(MANY)
        };
        let mut rest = Arc::try_unwrap(raws).unwrap_or_else(|shared| shared.to_vec());
        rest.drain(..consumed);
        self.waiting = rest;
        Ok(())
    }

    /// What a trial found is kept, though nothing that it did is.
    fn keep_dry(&self, (status, tally): (Status, Tally)) -> EngineResult<(Status, usize)> {
        let (lease, engine) = (self.lease, self.engine.clone());
        let (kept, consumed) = (status.clone(), tally.consumed);
        self.engine.store().change(Weight::Bulk, move |tx| {
            lease.hold(tx, &engine)?;
            fail(tx, &kept, &tally)?;
            state::keep(tx, &kept)
        })?;
        Ok((status, consumed))
    }

    /// Departments that the rows name by path, part by part, before the rows themselves: the directory that
    /// grants and owners are looked up in is read anew afterwards. `true` if any was made.
    fn make_departments(&self, ctx: &Context, plan: &Plan, raws: &[Raw]) -> EngineResult<bool> {
        let paths = missing_paths(ctx, plan, raws);
        if paths.is_empty() || self.status.options.dry_run {
            return Ok(false);
        }
        let Ok(object) = ctx.object("department") else {
            return Ok(false);
        };
        let mut ctx = ctx.clone();
        for path in paths {
            let mut above = String::new();
            for part in path
                .split('/')
                .map(str::trim)
                .filter(|part| !part.is_empty())
            {
                let parent = super::people::department(&ctx, &above)
                    .and_then(|seq| ctx.directory.department(seq));
                let here = if above.is_empty() {
                    part.to_owned()
                } else {
                    format!("{above}/{part}")
                };
                let exists = ctx
                    .directory
                    .departments()
                    .any(|d| ctx.directory.path(d.seq) == here);
                if !exists {
                    let mut fields = Map::new();
                    fields.insert("name".into(), json!(part));
                    if let Some(parent) = parent.filter(|_| !above.is_empty()) {
                        fields.insert("parent".into(), json!(parent.id));
                    }
                    match write::save(&ctx, Change::create(&object, fields)) {
                        Ok(_) => {}
                        Err(EngineError::Store(error)) => return Err(EngineError::Store(error)),
                        // The rows that name it will say that it is not found.
                        Err(_) => break,
                    }
                    ctx = self.context()?;
                }
                above = here;
            }
        }
        Ok(true)
    }
}

/// How a transaction of an import ends without a commit.
enum End {
    Dry(Box<(Status, Tally)>),
    Engine(EngineError),
    Refused,
}

impl From<Halt> for End {
    fn from(halt: Halt) -> End {
        match halt {
            Halt::Engine(error) => End::Engine(error),
            Halt::Refused => End::Refused,
        }
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> End {
        End::Engine(EngineError::Store(error))
    }
}

impl From<EngineError> for End {
    fn from(error: EngineError) -> End {
        End::Engine(error)
    }
}

/// Reads rows on a thread beside the one that writes them, until they end or the time is up; it is up soon where
/// somebody waits.
fn pieces(
    tx: &mut dyn Transaction,
    (ctx, plan, raws, columns): (&Context, &Plan, &[Raw], usize),
    names: &Names,
    care: Care,
) -> Result<Tally, Halt> {
    // A row may lead to the one before it.
    let size = if plan.leads_to_itself() { 1 } else { PIECE };
    let start = Instant::now();
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Vec<Option<Typed>>>(AHEAD);
        scope.spawn(move || {
            let mut reader = RowReader::new(ctx, plan, columns);
            for chunk in raws.chunks(size) {
                // The writer has stopped: its time was up, or it failed.
                if send
                    .send(chunk.iter().map(|raw| reader.read(raw)).collect())
                    .is_err()
                {
                    break;
                }
            }
        });
        let mut piece = Piece::new(ctx, plan, raws, names).with(care);
        for rows in receive {
            piece.write(tx, rows)?;
            let limit = if tx.is_awaited() { SHORT } else { LONG };
            if start.elapsed() > limit {
                break;
            }
        }
        Ok(piece.finish())
    })
}

/// Carries a transaction's counts into those of the import.
fn count(status: &mut Status, tally: &mut Tally, raws: &[Raw]) {
    status.rows += tally.rows;
    status.created += tally.created;
    status.updated += tally.updated;
    status.failed += tally.failures.len() as u64;
    let outcome = &mut status.outcome;
    outcome.skipped += tally.skipped;
    outcome.duplicates += tally.duplicates;
    let left = MOST_ERRORS.saturating_sub(outcome.duplicate_lines.len());
    outcome
        .duplicate_lines
        .extend(tally.duplicate_lines.iter().take(left));
    for failure in &tally.failures {
        for error in &failure.errors {
            if outcome.errors.len() < MOST_ERRORS {
                outcome.errors.push(error.clone());
            }
        }
    }
    if let Some(last) = tally.consumed.checked_sub(1).and_then(|at| raws.get(at)) {
        outcome.position = Some(last.end);
    }
}

/// The failed rows, as the file that is offered for mending shows them.
fn fail(tx: &mut dyn Transaction, status: &Status, tally: &Tally) -> EngineResult<()> {
    if tally.failures.is_empty() {
        return Ok(());
    }
    let json = |value: Result<String, serde_json::Error>| {
        value.map_err(|e| EngineError::Broken(e.to_string()))
    };
    let rows: EngineResult<Vec<Vec<Cell>>> = tally
        .failures
        .iter()
        .map(|failure| {
            let cells: Vec<&str> = failure.cells.iter().collect();
            Ok(vec![
                Cell::Int(status.seq),
                Cell::Int(i64::try_from(failure.line).unwrap_or(i64::MAX)),
                Cell::from("fail"),
                Cell::from(json(serde_json::to_string(&cells))?),
                Cell::from(json(serde_json::to_string(&failure.errors))?),
            ])
        })
        .collect();
    tx.insert(
        system::IMPORT_ROW,
        &["import", "line", "act", "old", "new"],
        rows?,
    )?;
    Ok(())
}
