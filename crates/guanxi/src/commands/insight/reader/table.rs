//! Whole columns in memory.

use super::scan::{Cells, Kind, Want, scan};
use super::{Source, cells};
use guanxi_methods::columns::Coded;

/// A column in memory.
#[derive(Debug)]
pub enum Column {
    Texts(Coded),
    Numbers(Vec<f64>),
    Instants(Vec<i64>),
}

impl Column {
    fn new(kind: Kind) -> Column {
        match kind {
            Kind::Text => Column::Texts(Coded::default()),
            Kind::Number => Column::Numbers(Vec::new()),
            Kind::Instant => Column::Instants(Vec::new()),
        }
    }

    /// Of a column that was wanted as texts.
    pub fn texts(&self) -> &Coded {
        match self {
            Column::Texts(texts) => texts,
            _ => unreachable!("the column was not wanted as texts"),
        }
    }

    pub fn numbers(&self) -> &[f64] {
        match self {
            Column::Numbers(numbers) => numbers,
            _ => unreachable!("the column was not wanted as numbers"),
        }
    }

    pub fn instants(&self) -> &[i64] {
        match self {
            Column::Instants(instants) => instants,
            _ => unreachable!("the column was not wanted as instants"),
        }
    }
}

#[derive(Debug)]
pub struct Table {
    pub rows: usize,
    /// In the order in which they were wanted.
    pub columns: Vec<Column>,
}

impl Table {
    pub fn read(source: &Source, wants: &[Want]) -> anyhow::Result<Table> {
        let mut columns: Vec<Column> = wants.iter().map(|want| Column::new(want.kind)).collect();
        let scanned = scan(source, wants, |batch| {
            for (column, cells) in columns.iter_mut().zip(&batch.columns) {
                match (column, cells) {
                    (Column::Texts(texts), Cells::Texts(more)) => {
                        texts.codes.extend_from_slice(more)
                    }
                    (Column::Numbers(numbers), Cells::Numbers(more)) => {
                        numbers.extend_from_slice(more)
                    }
                    (Column::Instants(instants), Cells::Instants(more)) => {
                        instants.extend_from_slice(more)
                    }
                    _ => unreachable!("batches have the kinds that were wanted"),
                }
            }
            Ok(())
        })?;
        for (column, names) in columns.iter_mut().zip(scanned.names) {
            if let Column::Texts(texts) = column {
                texts.names = names;
            }
        }
        Ok(Table {
            rows: scanned.rows,
            columns,
        })
    }
}

/// The column as numbers where every text in it is one (NaN where empty); else `None`.
pub fn numbers_of(texts: &Coded) -> Option<Vec<f64>> {
    let number = |name: &str| match name.as_bytes() {
        none if cells::is_none(none) => Some(f64::NAN),
        bytes => cells::number(bytes),
    };
    let values: Vec<f64> = texts.names.iter().map(number).collect::<Option<_>>()?;
    if values.iter().all(|value| value.is_nan()) {
        return None;
    }
    Some(
        texts
            .codes
            .iter()
            .map(|code| values.get(*code as usize).copied().unwrap_or(f64::NAN))
            .collect(),
    )
}
