//! Imports: a file's rows become records, through the one write path and under the caller's rights. The web wizard,
//! REST and the command line all come in here.
//!
//! `receive` takes the file, `preview` proposes a mapping, `start` or `run_now` does the work, `status` tells of it,
//! `failed_rows` gives the rows that failed, `undo` takes it back.

pub mod mapping;
mod people;
mod piece;
mod plan;
mod read;
mod resolve;
mod run;
pub mod source;
pub mod state;
pub mod suggest;
mod template;
mod undo;

pub use mapping::{Duplicates, Mapping, Missing, Mode};
pub use state::{State, Status};
pub use suggest::{Preview, preview};
pub use undo::along as undo_along;

use crate::context::Context;
use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use crate::export::safe;
use crate::idempotency::{self, Done};
use crate::jobs::{self, Handler, Job, Lease, NewJob, Outcome, Place, Turn};
use crate::search;
use crate::system;
use guanxi_meta::fault::Fault;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{SearchFeed, StoreError, StoreExt, Transaction, Weight, fail, log};
use plan::Plan;
use run::Work;
use serde_json::Value as Json;
use state::{Options, RowError, Undone};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// What is to be done with a file that was received.
#[derive(Debug, Clone)]
pub struct Request {
    pub object: String,
    /// Without any column: the one that `preview` would propose.
    pub mapping: Mapping,
    /// Before what the mapping says itself.
    pub mode: Option<Mode>,
    /// Before what the mapping says itself, if it names any.
    pub match_fields: Vec<String>,
    pub run: Run,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    Write,
    /// Everything is checked and nothing written.
    Dry,
}

/// Takes a file of any supported form; the import's id is answered. Nobody else sees it.
pub fn receive(ctx: &Context, file_name: &str, from: &mut dyn Read) -> EngineResult<Uuid> {
    let id = ctx.engine.ids().next();
    source::receive(&folder(&ctx.engine, id), from)?;
    fail::point(fail::Point::ImportReceived);
    state::insert(ctx, id, &crate::files::clean_name(file_name))?;
    Ok(id)
}

/// The same file as another import: after a dry run, the run in earnest.
pub fn again(ctx: &Context, id: Uuid) -> EngineResult<Uuid> {
    let status = status(ctx, id)?;
    let mut file = source::received(&folder(&ctx.engine, id))?;
    receive(ctx, &status.file_name, &mut file)
}

/// Checks the request as a whole and starts the work on a thread of its own; answers how it began, `status` follows it.
pub fn start(ctx: &Context, id: Uuid, request: &Request) -> EngineResult<Status> {
    in_background(&begin(ctx, id, request)?)
}

/// The same, here and now. `tell` hears of each transaction.
pub fn run_now(
    ctx: &Context,
    id: Uuid,
    request: &Request,
    tell: &mut dyn FnMut(&Status),
) -> EngineResult<Status> {
    let mut work = begin(ctx, id, request)?;
    let go_on = AtomicBool::new(true);
    std::thread::scope(|scope| {
        // Also when `tell` panics: else the follower would never end.
        let _ends = Ends(&go_on, ctx);
        // Where the search text is fed from the log, it grows beside the import instead of after it.
        if ctx.engine.store().search_feed() == SearchFeed::FromLog && request.run == Run::Write {
            scope.spawn(|| search::follow(&ctx.engine, &|| go_on.load(Ordering::Relaxed)));
        }
        finish(&mut work, tell);
    });
    if request.run == Run::Write {
        search::index_all(&ctx.engine)?;
    }
    Ok(work.status)
}

/// Tells the follower of the log that its time is over.
struct Ends<'a>(&'a AtomicBool, &'a Context);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
        self.1.engine.announce();
    }
}

/// How far it is, and what came of it.
pub fn status(ctx: &Context, id: Uuid) -> EngineResult<Status> {
    let status = ctx.engine.store().look(|view| state::load(view, id))?;
    mine(ctx, status)
}

/// The caller's imports, newest first; an administrator sees everybody's.
pub fn list(ctx: &Context, limit: u32) -> EngineResult<Vec<Status>> {
    let person = if ctx.administers() {
        None
    } else {
        Some(ctx.actor.seq())
    };
    ctx.engine
        .store()
        .look(|view| state::list(view, person, limit))
}

/// Ends an import that is at work; what it has written stays, and can be undone.
pub fn cancel(ctx: &Context, id: Uuid) -> EngineResult<Status> {
    let status = status(ctx, id)?;
    let at = ctx.now_micros();
    if status.state == State::Running {
        ctx.engine.store().change(Weight::Light, move |tx| {
            let mut now = state::load(tx, id)?;
            if now.state == State::Running {
                jobs::cancel(tx, id)?;
                now.state = State::Cancelled;
                now.finished_at = Some(at);
                state::keep(tx, &now)?;
            }
            Ok::<_, EngineError>(())
        })?;
    }
    self::status(ctx, id)
}

/// Takes back what an import did, on a thread of its own: records that it made are removed, fields that it changed
/// get back what they held, where they still hold what the import gave them. `status` follows it.
pub fn undo(ctx: &Context, id: Uuid) -> EngineResult<Status> {
    in_background(&begin_undo(ctx, id)?)
}

/// The same, here and now.
pub fn undo_now(ctx: &Context, id: Uuid, tell: &mut dyn FnMut(&Status)) -> EngineResult<Status> {
    let mut work = begin_undo(ctx, id)?;
    finish(&mut work, tell);
    if ctx.engine.store().search_feed() == SearchFeed::FromLog {
        search::index_all(&ctx.engine)?;
    }
    Ok(work.status)
}

/// An import as a job: it begins at once, in the process that has its file, and goes on in another when that died.
pub struct Importing;

pub(crate) const KIND: &str = "import";

impl Handler for Importing {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn place(&self) -> Place {
        Place::Own
    }

    fn given_up(&self, tx: &mut dyn Transaction, ctx: &Context, id: Uuid) -> EngineResult<()> {
        let mut status = state::load(tx, id)?;
        status.state = State::Failed;
        status.finished_at = Some(ctx.now_micros());
        status.outcome.message = Some(Fault::new("defect").message(status.lang()));
        state::keep(tx, &status)
    }

    fn run(&self, turn: &Turn) -> EngineResult<Outcome> {
        let (engine, id) = (turn.engine, turn.job.id);
        let status = engine.store().look(|view| state::load(view, id))?;
        if !matches!(status.state, State::Running | State::Undoing) {
            return Ok(Outcome::Done);
        }
        let mut work = Work::new(engine, status, turn.job.lease)?;
        match attempt(&mut work, &mut |_| {}) {
            // The job is tried again after a pause, from where the import stands.
            Err(error) if passes(&error) => return Err(error),
            outcome => settle(&mut work, outcome),
        }
        Ok(Outcome::Done)
    }
}

/// The rows that failed, as CSV: their cells, then what is wrong with them. To be mended and imported again.
pub fn failed_rows(ctx: &Context, id: Uuid, out: &mut dyn Write) -> EngineResult<u64> {
    /// Rows of one reading.
    const ROWS: u32 = 1_000;
    let status = status(ctx, id)?;
    let words = match ctx.lang {
        guanxi_meta::Lang::Zh => ["错误字段", "错误说明"],
        guanxi_meta::Lang::En => ["error_field", "error_message"],
    };
    let mut to = csv::Writer::from_writer(out);
    let header = status
        .options
        .header
        .iter()
        .map(|cell| safe::encoded(cell))
        .chain(words.iter().map(|word| (*word).into()));
    to.write_record(header.map(|cell: std::borrow::Cow<'_, str>| cell.into_owned()))
        .map_err(unwritable)?;
    let (mut after, mut count) = (0, 0);
    loop {
        let rest = Cond::equal("import", status.seq).and(Cond::compare("seq", Op::Greater, after));
        let select = Select::of(system::IMPORT_ROW, &["old", "new"])
            .filter(rest.and(Cond::equal("act", "fail")))
            .order("seq", Direction::Ascending)
            .limit(ROWS);
        let rows = ctx
            .engine
            .store()
            .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        for row in &rows {
            let text = |at: usize| row.cells[at].text().unwrap_or_default();
            let mut cells: Vec<String> = serde_json::from_str(text(0)).unwrap_or_default();
            cells.resize(cells.len().max(status.options.header.len()), String::new());
            let errors: Vec<RowError> = serde_json::from_str(text(1)).unwrap_or_default();
            let join =
                |of: fn(&RowError) -> &str| errors.iter().map(of).collect::<Vec<_>>().join("; ");
            cells.push(join(|error| &error.field));
            cells.push(join(|error| &error.message));
            to.write_record(cells.iter().map(|cell| safe::encoded(cell).into_owned()))
                .map_err(unwritable)?;
            count += 1;
        }
    }
    to.flush().map_err(source::broken)?;
    Ok(count)
}

/// Where an import's file rests.
pub(crate) fn folder(engine: &Engine, id: Uuid) -> PathBuf {
    engine.files().join("imports").join(id.to_string())
}

/// Removes files of imports that are over, or were never begun, a week ago: rows that failed are in the database, and
/// what an import did can still be taken back. Answers how many.
pub(crate) fn sweep(engine: &Engine) -> EngineResult<usize> {
    /// How long a file may be tried again, in microseconds.
    const KEPT: i64 = 7 * 86_400_000_000;
    let old = engine.clock().now().as_microsecond() - KEPT;
    let folders = std::fs::read_dir(engine.files().join("imports"));
    let mut swept = 0;
    for entry in folders.into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<Uuid>().ok()) else {
            continue;
        };
        let status = engine.store().look(|view| state::load(view, id));
        let is_needed = match status {
            Ok(status) => {
                let at_work = matches!(status.state, State::Running | State::Undoing);
                at_work || status.finished_at.unwrap_or(status.created_at) > old
            }
            // Its row may be on its way; its name tells when it came.
            Err(EngineError::NotFound) => {
                let made = id.get_timestamp().map_or(0, |at| at.to_unix().0);
                i64::try_from(made).unwrap_or(0) * 1_000_000 > old
            }
            Err(error) => return Err(error),
        };
        if !is_needed {
            std::fs::remove_dir_all(entry.path()).map_err(source::broken)?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Writes the failed rows beside the import's file and answers the path, for the command line.
pub fn failed_file(ctx: &Context, id: Uuid) -> EngineResult<PathBuf> {
    let path = folder(&ctx.engine, id).join("failed.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).map_err(source::broken)?);
    failed_rows(ctx, id, &mut file)?;
    file.flush().map_err(source::broken)?;
    Ok(path)
}

/// Imports are their makers' own, and administrators'.
fn mine(ctx: &Context, status: Status) -> EngineResult<Status> {
    let own = status.person == ctx.actor.seq() || ctx.administers();
    if own {
        Ok(status)
    } else {
        Err(EngineError::NotFound)
    }
}

fn begin(ctx: &Context, id: Uuid, request: &Request) -> EngineResult<Work> {
    let mut status = status(ctx, id)?;
    // After a trial the same file may be imported, or tried again.
    let tried = status.options.dry_run && status.state.is_over();
    if status.state != State::Received && !tried {
        return Err(EngineError::Taken(Fault::new("import_started"), Vec::new()));
    }
    let object = ctx.object(&request.object)?;
    let mut mapping = request.mapping.clone();
    if !request.match_fields.is_empty() {
        mapping.match_fields.clone_from(&request.match_fields);
    }
    let staged = source::stage(&folder(&ctx.engine, id), mapping.sheet.as_deref())?;
    if mapping.columns.is_empty() && mapping.fields.is_empty() {
        let proposal = suggest::proposal(ctx, &object, &staged, &mapping.match_fields)?.0;
        mapping = Mapping {
            columns: proposal.columns,
            fields: proposal.fields,
            ..mapping
        };
        if mapping.match_fields.is_empty()
            && request.mode.is_none_or(|mode| Some(mode) == proposal.mode)
        {
            mapping.match_fields = proposal.match_fields;
        }
    }
    mapping.mode = request.mode.or(mapping.mode).or(Some(Mode::Create));
    Plan::new(ctx, &object, &mapping, &staged.header)?;
    status.object.clone_from(&object.name);
    status.options = Options {
        mode: mapping.mode.unwrap_or_default(),
        mapping,
        dry_run: request.run == Run::Dry,
        header: staged.header.clone(),
        lang: ctx.lang.code().to_owned(),
    };
    status.state = State::Running;
    status.finished_at = None;
    (status.rows, status.created, status.updated, status.failed) = (0, 0, 0, 0);
    let log_from = ctx.engine.store().log_head()?;
    status.outcome = state::Outcome {
        size: staged.size,
        log_from,
        ..state::Outcome::default()
    };
    // The work is its maker's, also where an administrator starts it.
    status.person = ctx.actor.seq();
    take(ctx, status)
}

fn begin_undo(ctx: &Context, id: Uuid) -> EngineResult<Work> {
    let mut status = status(ctx, id)?;
    if !matches!(status.state, State::Done | State::Cancelled | State::Failed)
        || status.options.dry_run
    {
        return Err(EngineError::Taken(
            Fault::new("nothing_to_undo"),
            Vec::new(),
        ));
    }
    status.state = State::Undoing;
    status.outcome.undo = Some(Undone {
        position: status.outcome.log_from,
        until: newest(ctx)?,
        ..Undone::default()
    });
    take(ctx, status)
}

/// The highest position of the log, whether or not followers are told of it yet.
fn newest(ctx: &Context) -> EngineResult<i64> {
    let select = Select::of(log::TABLE, &[])
        .order("seq", Direction::Descending)
        .limit(1);
    let rows = ctx.engine.store().look(|view| view.select(&select))?;
    Ok(rows.first().map_or(0, |row| row.seq))
}

/// The lease and the new state in one commit.
fn take(ctx: &Context, status: Status) -> EngineResult<Work> {
    let (context, kept, before) = (ctx.clone(), status.clone(), status.id);
    let lease = ctx.engine.store().change(Weight::Light, move |tx| {
        let lease = Lease::begin(tx, &context, before, NewJob::new(KIND, Json::Null))
            .map_err(is_running)?;
        if kept.state == State::Running {
            // What a trial found is not what this run finds.
            tx.delete(system::IMPORT_ROW, &Cond::equal("import", kept.seq))?;
        }
        state::keep(tx, &kept)?;
        idempotency::seal(tx, &context, &Done::Begun(&kept))?;
        Ok::<_, EngineError>(lease)
    })?;
    Work::new(&ctx.engine, status, lease)
}

fn in_background(work: &Work) -> EngineResult<Status> {
    let job = Job {
        id: work.status.id,
        kind: KIND.to_owned(),
        person: work.status.person,
        input: Json::Null,
        lease: work.lease,
    };
    jobs::here(&work.engine, job)?;
    Ok(work.status.clone())
}

/// The lease is another's: said of imports.
fn is_running(error: EngineError) -> EngineError {
    match error {
        EngineError::Taken(..) => EngineError::Taken(Fault::new("import_running"), Vec::new()),
        error => error,
    }
}

/// Works to the end. What stops it is kept with the import, unless another process is at work on it by now.
fn finish(work: &mut Work, tell: &mut dyn FnMut(&Status)) {
    /// Pauses before the next try, in milliseconds.
    const PAUSES: [u64; 4] = [100, 400, 1_600, 6_400];
    let mut outcome = attempt(work, tell);
    for pause in PAUSES {
        match &outcome {
            Err(error) if passes(error) => std::thread::sleep(Duration::from_millis(pause)),
            _ => break,
        }
        outcome = work.begin_anew().and_then(|()| attempt(work, tell));
    }
    settle(work, outcome);
    tell(&work.status);
}

fn attempt(work: &mut Work, tell: &mut dyn FnMut(&Status)) -> EngineResult<()> {
    match work.status.state {
        State::Undoing => undo::run(work, tell),
        _ => work.run(tell),
    }
}

/// Whether the same may go well in a moment: others were in the way, declarations were published, or the database was
/// away.
fn passes(error: &EngineError) -> bool {
    matches!(
        error,
        EngineError::Outdated
            | EngineError::Store(StoreError::Conflict | StoreError::Unavailable(_))
    )
}

/// How it ended, as its status says it.
fn settle(work: &mut Work, outcome: EngineResult<()>) {
    match outcome {
        Ok(()) => {}
        Err(EngineError::Taken(fault, _)) if fault.code == jobs::LOST => {
            let id = work.status.id;
            if let Ok(status) = work.engine.store().look(|view| state::load(view, id)) {
                work.status = status;
            }
        }
        Err(error) => {
            tracing::warn!(import = %work.status.id, %error, "an import ended early");
            let message = words(&error, work.status.lang());
            if let Err(error) = work.finish(State::Failed, Some(message)) {
                tracing::error!(import = %work.status.id, %error, "an import's end could not be kept");
            }
        }
    }
}

/// What a person is told; the details of a defect are for the log.
fn words(error: &EngineError, lang: guanxi_meta::Lang) -> String {
    let say = |fault: &Fault| fault.message(lang);
    match error {
        EngineError::Invalid(errors) => errors
            .iter()
            .map(|error| format!("{}: {}", error.field, say(&error.fault)))
            .collect::<Vec<_>>()
            .join("; "),
        EngineError::BadRequest(fault)
        | EngineError::TooLarge(fault)
        | EngineError::Taken(fault, _) => say(fault),
        EngineError::Store(guanxi_store::StoreError::Full) => say(&Fault::new("disk_full")),
        EngineError::Unauthorized | EngineError::Forbidden(_) | EngineError::NotFound => {
            say(&Fault::new("rights_changed"))
        }
        _ => say(&Fault::new("defect")),
    }
}

fn unwritable(error: csv::Error) -> EngineError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => source::broken(error),
        other => EngineError::Broken(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by the crash suite: an import that was being taken back met a publication, and was said to have failed.
    #[test]
    fn what_others_did_meanwhile_is_no_end() {
        assert!(passes(&EngineError::Outdated));
        assert!(passes(&EngineError::Store(StoreError::Conflict)));
        assert!(!passes(&EngineError::Store(StoreError::Full)));
        assert!(!passes(&EngineError::NotFound));
    }
}
