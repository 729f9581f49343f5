//! A whole organisation from one database into another, of either kind, proven by checksums: what backups of PostgreSQL
//! and restoring into it are made of. Cells mean the same on both, so a sum over them does too.

use crate::engine::Engine;
use crate::error::{EngineError, EngineResult};
use guanxi_meta::{Cell, ColumnSpec, TableSpec};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, Store, StoreExt, View, Weight, log};
use sha2::{Digest, Sha256};

/// Rows that are read and written together.
const ROWS: u32 = 2_000;

/// What a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    pub rows: u64,
    /// SHA-256 over every cell of every table, in hexadecimal digits.
    pub checksum: String,
}

/// Of everything that the database holds, the change log included, as of one moment.
pub fn checksum(store: &dyn Store) -> EngineResult<Sums> {
    let tables = everything(store)?;
    store.look(|view| {
        let mut sum = Sum::default();
        for table in &tables {
            sum.begin(table);
            each_page(view, table, &mut |rows| {
                rows.iter().for_each(|row| sum.add(row));
                Ok(())
            })?;
        }
        Ok(sum.finish())
    })
}

/// Copies everything as of one moment while others work; `to` must be empty. Answers the sums, which are the same of
/// both. `tell` hears how many rows have been copied.
pub fn copy(from: &dyn Store, to: &dyn Store, tell: &mut dyn FnMut(u64)) -> EngineResult<Sums> {
    if !to.tables()?.is_empty() {
        return Err(EngineError::Broken(
            "there is something in the database already: a copy goes into an empty one".to_owned(),
        ));
    }
    let tables = everything(from)?;
    let mut begun = false;
    let sums = from.look(|view| {
        // A second run, after a lost connection, would find the rows of the first.
        if std::mem::replace(&mut begun, true) {
            let text = "the connection was lost while copying: begin anew with an empty database";
            return Err(EngineError::Broken(text.to_owned()));
        }
        let mut sum = Sum::default();
        for table in &tables {
            to.create_table(table)?;
            let names: Vec<String> = std::iter::once("seq".to_owned())
                .chain(table.columns.iter().map(|column| column.name.clone()))
                .collect();
            sum.begin(table);
            each_page(view, table, &mut |rows| {
                rows.iter().for_each(|row| sum.add(row));
                write(to, (&table.name, &names), rows)?;
                tell(sum.rows);
                Ok(())
            })?;
        }
        Ok(sum.finish())
    })?;
    for table in &tables {
        for index in &table.indexes {
            to.create_index(table, index)?;
        }
    }
    let copied = checksum(to)?;
    if copied != sums {
        return Err(EngineError::Broken(format!(
            "the copy holds {} rows of checksum {}, its source {} of {}",
            copied.rows, copied.checksum, sums.rows, sums.checksum
        )));
    }
    Ok(sums)
}

/// Where search text is written with each change, a copy has none yet: it is made of the rows.
pub fn index(engine: &Engine) -> EngineResult<()> {
    use crate::record::Record;
    use crate::search::{is_searched, tokens};
    if engine.store().search_feed() == guanxi_store::SearchFeed::FromLog {
        return crate::search::index_all(engine);
    }
    for object in &engine.catalog().objects {
        if !is_searched(object) {
            continue;
        }
        let mut after = 0;
        loop {
            let select = Select::from(&object.table, object.columns())
                .filter(Cond::compare("seq", Op::Greater, after))
                .order("seq", Direction::Ascending)
                .limit(ROWS);
            let rows = engine.store().look(|view| view.select(&select))?;
            let Some(last) = rows.last() else { break };
            after = last.seq;
            let documents: Vec<_> = rows
                .iter()
                .map(|row| (row.seq, tokens(&Record::from_row(object, row))))
                .collect();
            let table = object.table.clone();
            engine.store().change(Weight::Bulk, move |tx| {
                tx.index(&table, &documents)?;
                Ok::<_, EngineError>(())
            })?;
        }
    }
    Ok(())
}

/// The tables with their columns in one order on both databases, and the log.
fn everything(store: &dyn Store) -> EngineResult<Vec<TableSpec>> {
    let mut tables = store.tables()?;
    tables.push(log::spec());
    for table in &mut tables {
        table
            .columns
            .sort_by(|left: &ColumnSpec, right| left.name.cmp(&right.name));
    }
    tables.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(tables)
}

fn each_page(
    view: &mut dyn View,
    table: &TableSpec,
    look: &mut dyn FnMut(Vec<Row>) -> EngineResult<()>,
) -> EngineResult<()> {
    let names = table.columns.iter().map(|column| column.name.clone());
    let select = Select::from(&table.name, names.collect())
        .order("seq", Direction::Ascending)
        .limit(ROWS);
    let mut after = i64::MIN;
    loop {
        let page = select
            .clone()
            .filter(Cond::compare("seq", Op::Greater, after));
        let rows = view.select(&page)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.seq;
        look(rows)?;
    }
}

fn write(to: &dyn Store, (table, names): (&str, &[String]), rows: Vec<Row>) -> EngineResult<()> {
    let cells = |row: Row| {
        std::iter::once(Cell::Int(row.seq))
            .chain(row.cells)
            .collect()
    };
    let rows: Vec<Vec<Cell>> = rows.into_iter().map(cells).collect();
    let (table, names) = (table.to_owned(), names.to_vec());
    to.change(Weight::Bulk, move |tx| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        tx.insert(&table, &names, rows.clone())?;
        Ok::<_, EngineError>(())
    })
}

#[derive(Default)]
struct Sum {
    digest: Sha256,
    rows: u64,
}

impl Sum {
    fn begin(&mut self, table: &TableSpec) {
        self.text(&table.name);
        for column in &table.columns {
            self.text(&column.name);
        }
    }

    fn add(&mut self, row: &Row) {
        self.rows += 1;
        self.digest.update(row.seq.to_be_bytes());
        for cell in &row.cells {
            match cell {
                Cell::Null => self.digest.update([0]),
                Cell::Int(number) => {
                    self.digest.update([1]);
                    self.digest.update(number.to_be_bytes());
                }
                Cell::Text(text) => {
                    self.digest.update([2]);
                    self.text(text);
                }
                Cell::Bytes(bytes) => {
                    self.digest.update([3]);
                    self.digest.update((bytes.len() as u64).to_be_bytes());
                    self.digest.update(bytes);
                }
                Cell::Id(id) => {
                    self.digest.update([4]);
                    self.digest.update(id.as_bytes());
                }
            }
        }
    }

    /// With its length, so that two texts beside each other are not one.
    fn text(&mut self, text: &str) {
        self.digest.update((text.len() as u64).to_be_bytes());
        self.digest.update(text);
    }

    fn finish(self) -> Sums {
        let digits = self.digest.finalize();
        Sums {
            rows: self.rows,
            checksum: digits.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}
