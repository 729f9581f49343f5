//! The copy of one table, and how the log keeps it up to date.

use crate::data::{Data, Unfit};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, Store, StoreError, StoreExt};
use parking_lot::{Mutex, RwLock};
use std::collections::HashSet;

/// Rows that are read and patched together; readers wait for no more than one such batch.
const BATCH: usize = 4_000;
/// Where changed rows lie this close together, the range is read instead of each.
const CLOSE: i64 = 3;

#[derive(Debug)]
pub(crate) struct Copy {
    pub table: String,
    pub data: RwLock<Data>,
    /// Held by whoever brings rows up to date, adds or drops columns.
    pub changing: Mutex<()>,
    pub marks: Mutex<Marks>,
}

/// Rows that the log named since they were read.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub changed: HashSet<i64>,
    /// The same since the columns that are on their way began to be read.
    pub loading: Option<HashSet<i64>>,
}

impl Marks {
    pub fn mark(&mut self, seq: i64) {
        self.changed.insert(seq);
        if let Some(loading) = &mut self.loading {
            loading.insert(seq);
        }
    }
}

/// Whether a copy can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fitness {
    Sound,
    /// To be thrown away and read anew when it is asked for.
    Lost,
}

impl Copy {
    pub fn new(table: &str) -> Copy {
        Copy {
            table: table.to_owned(),
            data: RwLock::default(),
            changing: Mutex::default(),
            marks: Mutex::default(),
        }
    }

    /// Reads the rows again that were marked.
    pub fn follow(&self, store: &dyn Store) -> Result<Fitness, StoreError> {
        let _alone = self.changing.lock();
        if self.data.read().broken {
            return Ok(Fitness::Lost);
        }
        let mut changed: Vec<i64> = std::mem::take(&mut self.marks.lock().changed)
            .into_iter()
            .collect();
        if changed.is_empty() {
            return Ok(Fitness::Sound);
        }
        changed.sort_unstable();
        let names = self.data.read().names();
        for (done, batch) in changed.chunks(BATCH).enumerate() {
            let read = read(store, &self.table, &names, batch);
            let rows = match read {
                Ok(rows) => rows,
                Err(error) => {
                    // Whoever asks next tries again.
                    self.marks.lock().changed.extend(&changed[done * BATCH..]);
                    return Err(error);
                }
            };
            let found: HashSet<i64> = rows.iter().map(|row| row.seq).collect();
            let gone: Vec<i64> = batch
                .iter()
                .filter(|seq| !found.contains(seq))
                .copied()
                .collect();
            if self.data.write().patch(&names, &rows, &gone) == Err(Unfit) {
                return Ok(Fitness::Lost);
            }
        }
        Ok(Fitness::Sound)
    }
}

fn read(
    store: &dyn Store,
    table: &str,
    names: &[String],
    seqs: &[i64],
) -> Result<Vec<Row>, StoreError> {
    let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else {
        return Ok(Vec::new());
    };
    let mut select = Select::from(table, names.to_vec());
    if last - first < seqs.len() as i64 * CLOSE {
        let range = Cond::compare("seq", Op::GreaterOrEqual, *first).and(Cond::compare(
            "seq",
            Op::LessOrEqual,
            *last,
        ));
        select = select.filter(range).order("seq", Direction::Ascending);
    } else {
        select = select.filter(Cond::among(
            "seq",
            seqs.iter().map(|seq| (*seq).into()).collect(),
        ));
    }
    store.look(|view| view.select(&select))
}
