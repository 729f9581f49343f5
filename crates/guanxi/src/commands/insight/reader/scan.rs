//! One pass over the files, block by block: cut and parsed on every processor, handed on in order.

use super::blocks::Blocks;
use super::fields::{self, Field};
use super::{Dialect, Head, Source, cells, head};
use crate::terminal::Progress;
use anyhow::{anyhow, bail};
use guanxi_methods::columns::{Coded, Interner, Names, key};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// Seconds since 1970 of the clock on the wall.
    Instant,
}

/// Whether every row has to have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
}

/// A column that is read.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    pub name: &'a str,
    pub kind: Kind,
    pub need: Need,
}

impl<'a> Want<'a> {
    pub fn required(name: &'a str, kind: Kind) -> Want<'a> {
        Want {
            name,
            kind,
            need: Need::Required,
        }
    }

    pub fn optional(name: &'a str, kind: Kind) -> Want<'a> {
        Want {
            name,
            kind,
            need: Need::Optional,
        }
    }
}

/// Rows that follow each other; columns in the order in which they were wanted.
pub struct Batch {
    pub rows: usize,
    pub columns: Vec<Cells>,
}

pub enum Cells {
    /// Codes of the column's names; [`Coded::MISSING`] where empty.
    Texts(Vec<u32>),
    /// NaN where empty.
    Numbers(Vec<f64>),
    /// `i64::MIN` where empty.
    Instants(Vec<i64>),
}

/// What is known when the pass is over.
pub struct Scanned {
    pub rows: usize,
    /// By wanted column; none but for texts.
    pub names: Vec<Names>,
}

/// A block on its way to a worker.
struct Job {
    order: usize,
    layout: Arc<Layout>,
    bytes: Vec<u8>,
    start: usize,
}

/// A file's head with the places of the wanted columns.
struct Layout {
    path: PathBuf,
    head: Head,
    places: Vec<usize>,
    /// Blocks of this file before which rows are counted anew.
    is_first: bool,
}

/// A block on its way back.
struct Parsed {
    layout: Arc<Layout>,
    is_first: bool,
    rows: usize,
    bytes: Vec<u8>,
    columns: Vec<Column>,
    fault: Option<Fault>,
}

enum Column {
    /// Key, start and end of every text.
    Texts(Vec<(u64, u32, u32)>),
    Numbers(Vec<f64>),
    Instants(Vec<i64>),
}

/// What is wrong with a row, counted within its block.
struct Fault {
    row: usize,
    reason: String,
}

/// Reads the wanted columns of all files and gives them, batch after batch, to `each`.
pub fn scan(
    source: &Source,
    wants: &[Want],
    mut each: impl FnMut(&Batch) -> anyhow::Result<()>,
) -> anyhow::Result<Scanned> {
    let workers = guanxi_methods::math::parallel::threads();
    let taken = Arc::new(AtomicU64::new(0));
    let size = source
        .files
        .iter()
        .filter_map(|file| file.metadata().ok())
        .map(|about| about.len())
        .sum();
    let mut progress = Progress::new(size, Arc::clone(&taken));
    let (to_workers, jobs) = sync_channel::<Job>(2 * workers);
    let (to_consumer, parsed) = sync_channel::<(usize, anyhow::Result<Parsed>)>(2 * workers);
    let jobs = Arc::new(Mutex::new(jobs));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (jobs, to_consumer) = (Arc::clone(&jobs), to_consumer.clone());
            scope.spawn(move || work(&jobs, wants, source, &to_consumer));
        }
        drop(jobs);
        let reader = scope.spawn(move || {
            let mut order = 0;
            let result = read(source, wants, &taken, &to_workers, &mut order);
            drop(to_workers);
            if let Err(error) = result {
                let _gone = to_consumer.send((order, Err(error)));
            }
        });
        let mut consumer = Consumer::new(wants);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        let mut outcome = Ok(());
        for (order, block) in parsed.iter() {
            waiting.insert(order, block);
            while let Some(block) = waiting.remove(&next) {
                next += 1;
                progress.tick();
                outcome = block.and_then(|block| each(&consumer.take(block)?));
                if outcome.is_err() {
                    break;
                }
            }
            if outcome.is_err() {
                break;
            }
        }
        // Whoever still sends finds nobody, and ends.
        drop(parsed);
        let _ended = reader.join();
        progress.finish();
        outcome.map(|()| consumer.finish())
    })
}

/// Cuts the files into blocks.
fn read(
    source: &Source,
    wants: &[Want],
    taken: &Arc<AtomicU64>,
    to_workers: &SyncSender<Job>,
    order: &mut usize,
) -> anyhow::Result<()> {
    for path in &source.files {
        let mut blocks = Blocks::counting(path, Arc::clone(taken))?;
        let mut bytes = blocks.next()?.unwrap_or_default();
        let head = head(path, &bytes)?;
        let places = wants
            .iter()
            .map(|want| head.place(path, want.name))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut start = head.length;
        let mut layout = Arc::new(Layout {
            path: path.clone(),
            head: head.clone(),
            places: places.clone(),
            is_first: true,
        });
        loop {
            let job = Job {
                order: *order,
                layout: Arc::clone(&layout),
                bytes,
                start,
            };
            if to_workers.send(job).is_err() {
                return Ok(());
            }
            *order += 1;
            start = 0;
            if layout.is_first {
                layout = Arc::new(Layout {
                    path: path.clone(),
                    head: head.clone(),
                    places: places.clone(),
                    is_first: false,
                });
            }
            match blocks.next()? {
                Some(next) => bytes = next,
                None => break,
            }
        }
    }
    Ok(())
}

fn work(
    jobs: &Mutex<Receiver<Job>>,
    wants: &[Want],
    source: &Source,
    to_consumer: &SyncSender<(usize, anyhow::Result<Parsed>)>,
) {
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        let Ok(job) = job else {
            return;
        };
        let order = job.order;
        if to_consumer
            .send((order, Ok(parse(job, wants, source))))
            .is_err()
        {
            return;
        }
    }
}

/// Cuts a block into records and parses the wanted fields, up to the first that can't be.
fn parse(job: Job, wants: &[Want], source: &Source) -> Parsed {
    let Job {
        layout,
        mut bytes,
        start,
        ..
    } = job;
    let guess = bytes.len() / 24;
    let mut columns: Vec<Column> = wants
        .iter()
        .map(|want| match want.kind {
            Kind::Text => Column::Texts(Vec::with_capacity(guess)),
            Kind::Number => Column::Numbers(Vec::with_capacity(guess)),
            Kind::Instant => Column::Instants(Vec::with_capacity(guess)),
        })
        .collect();
    let wanted = layout.places.iter().max().map_or(1, |last| last + 1);
    let mut fields: Vec<Field> = Vec::new();
    // Values whose quotes were undone; they come to stand behind the block.
    let mut undone: Vec<u8> = Vec::new();
    let (mut at, mut rows, mut fault) = (start, 0, None);
    let end = bytes.len();
    while at < end && fault.is_none() {
        at = fields::cut(&bytes, at, layout.head.dialect, wanted, &mut fields);
        if fields.len() == 1 && fields[0].start == fields[0].end && layout.head.names.len() > 1 {
            continue;
        }
        for ((want, place), column) in wants.iter().zip(&layout.places).zip(&mut columns) {
            let Some(field) = fields.get(*place) else {
                fault = Some(too_few(rows, fields.len(), want.name));
                break;
            };
            let cell = cell(&bytes, *field, (end, &mut undone), (want, source), column);
            if let Err(reason) = cell {
                fault = Some(Fault {
                    row: rows,
                    reason: format!("the column `{}` {reason}", want.name),
                });
                break;
            }
        }
        rows += 1;
    }
    if fault.is_none() && std::str::from_utf8(&bytes).is_err() {
        fault = Some(not_utf8(&bytes, start, layout.head.dialect));
    }
    bytes.extend_from_slice(&undone);
    let is_first = layout.is_first;
    Parsed {
        layout,
        is_first,
        rows,
        bytes,
        columns,
        fault,
    }
}

/// Adds one value to its column, or says what is wrong with it.
fn cell(
    bytes: &[u8],
    field: Field,
    (end, undone): (usize, &mut Vec<u8>),
    (want, source): (&Want, &Source),
    column: &mut Column,
) -> Result<(), String> {
    let value = &bytes[field.start..field.end];
    let text = || String::from_utf8_lossy(value).into_owned();
    let is_absent = if want.kind == Kind::Text {
        value.is_empty()
    } else {
        cells::is_none(value)
    };
    if is_absent && want.need == Need::Required {
        return Err("is empty: fill it in, or leave the row out".to_owned());
    }
    match column {
        Column::Texts(texts) if field.has_quotes => {
            let whole = fields::unescaped(value);
            let start = (end + undone.len()) as u32;
            undone.extend_from_slice(&whole);
            texts.push((key(&whole), start, start + whole.len() as u32));
        }
        Column::Texts(texts) => texts.push((key(value), field.start as u32, field.end as u32)),
        Column::Numbers(_) | Column::Instants(_) if std::str::from_utf8(value).is_err() => {
            return Err("holds something that is not UTF-8: save the file as UTF-8".to_owned());
        }
        Column::Numbers(numbers) if is_absent => numbers.push(f64::NAN),
        Column::Numbers(numbers) => numbers.push(cells::number(value).ok_or_else(|| {
            format!(
                "holds `{}`, which is no number: write it like 1234.5",
                text()
            )
        })?),
        Column::Instants(instants) if is_absent => instants.push(i64::MIN),
        Column::Instants(instants) => {
            instants.push(cells::instant(value, source.days).ok_or_else(|| {
                format!(
                    "holds `{}`, which is no date: write it like 2026-01-31 (YYYY-MM-DD)",
                    text()
                )
            })?)
        }
    }
    Ok(())
}

fn too_few(row: usize, found: usize, column: &str) -> Fault {
    let values = if found == 1 { "value" } else { "values" };
    let reason = format!(
        "has {found} {values}, too few for the column `{column}`: complete the row, or leave it out"
    );
    Fault { row, reason }
}

fn not_utf8(bytes: &[u8], start: usize, dialect: Dialect) -> Fault {
    let (mut at, mut row, mut fields) = (start, 0, Vec::new());
    while at < bytes.len() {
        let next = fields::cut(bytes, at, dialect, usize::MAX, &mut fields);
        if std::str::from_utf8(&bytes[at..next]).is_err() {
            break;
        }
        (at, row) = (next, row + 1);
    }
    Fault {
        row,
        reason: "is not in UTF-8: save the file as CSV in UTF-8".to_owned(),
    }
}

/// Puts blocks in order and texts into codes.
struct Consumer {
    interners: Vec<Interner>,
    /// Rows of the file so far, its head counted, and of all files.
    row: usize,
    rows: usize,
}

impl Consumer {
    fn new(wants: &[Want]) -> Consumer {
        Consumer {
            interners: wants.iter().map(|_| Interner::default()).collect(),
            row: 1,
            rows: 0,
        }
    }

    fn take(&mut self, block: Parsed) -> anyhow::Result<Batch> {
        if block.is_first {
            self.row = 1;
        }
        if let Some(fault) = block.fault {
            // Rows as a spreadsheet counts them: the head is row 1.
            let row = self.row + fault.row + 1;
            return Err(anyhow!(
                "{}, row {row}: {}.",
                block.layout.path.display(),
                fault.reason
            ));
        }
        if u32::try_from(self.rows + block.rows).is_err() {
            bail!(
                "{} goes beyond four billion rows: give fewer files at once.",
                block.layout.path.display()
            );
        }
        self.row += block.rows;
        self.rows += block.rows;
        let bytes = &block.bytes;
        let columns = block.columns.into_iter().zip(&mut self.interners).map(
            |(column, interner)| match column {
                Column::Numbers(numbers) => Cells::Numbers(numbers),
                Column::Instants(instants) => Cells::Instants(instants),
                Column::Texts(texts) => {
                    let code = |(key, start, end): &(u64, u32, u32)| {
                        if start == end {
                            Coded::MISSING
                        } else {
                            interner.code_of_key(*key, &bytes[*start as usize..*end as usize])
                        }
                    };
                    Cells::Texts(texts.iter().map(code).collect())
                }
            },
        );
        Ok(Batch {
            rows: block.rows,
            columns: columns.collect(),
        })
    }

    fn finish(self) -> Scanned {
        Scanned {
            rows: self.rows,
            names: self
                .interners
                .into_iter()
                .map(Interner::into_names)
                .collect(),
        }
    }
}
