//! The rows of one copy: which there are, and the columns that were asked for.

use crate::column::{Column, Form, Need};
use crate::ints::{put_in, retain};
use guanxi_meta::Cell;
use guanxi_store::Row;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows ascend by `seq`; every column has one value per row.
#[derive(Debug, Default)]
pub(crate) struct Data {
    pub seqs: Vec<u32>,
    pub held: HashMap<Need, Held>,
    /// Set while rows change: a panic in between leaves it set, and then the copy is thrown away.
    pub broken: bool,
}

#[derive(Debug)]
pub(crate) struct Held {
    pub column: Column,
    /// Milliseconds on the clock of `Columns`.
    pub used_at: AtomicU64,
}

impl Held {
    pub fn new(column: Column, now: u64) -> Held {
        Held {
            column,
            used_at: AtomicU64::new(now),
        }
    }
}

/// The copy cannot hold the table: too many bytes of texts, or numbers that are out of its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unfit;

impl Data {
    pub fn column(&self, need: &Need) -> Option<&Column> {
        self.held.get(need).map(|held| &held.column)
    }

    pub fn has(&self, needs: &[Need]) -> bool {
        needs.iter().all(|need| self.held.contains_key(need))
    }

    pub fn touch(&self, needs: &[Need], now: u64) {
        for held in needs.iter().filter_map(|need| self.held.get(need)) {
            held.used_at.store(now, Ordering::Relaxed);
        }
    }

    pub fn bytes(&self) -> usize {
        let columns: usize = self.held.values().map(|held| held.column.bytes()).sum();
        columns + self.seqs.capacity() * 4
    }

    pub fn position(&self, seq: i64) -> Option<u32> {
        let seq = u32::try_from(seq).ok()?;
        self.seqs.binary_search(&seq).ok().map(|at| at as u32)
    }

    /// The names of the database's columns that are held, each once.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.held.keys().map(|need| need.column.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Brings rows up to date, with cells in the order of `names`, and removes those that are gone.
    pub fn patch(&mut self, names: &[String], rows: &[Row], gone: &[i64]) -> Result<(), Unfit> {
        self.broken = true;
        let source: HashMap<&str, usize> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.as_str(), at))
            .collect();
        for row in rows {
            let seq = u32::try_from(row.seq).map_err(|_| Unfit)?;
            let place = self.seqs.binary_search(&seq);
            if let Err(at) = place {
                put_in(&mut self.seqs, at, seq);
            }
            for (need, held) in &mut self.held {
                let cell = source
                    .get(need.column.as_str())
                    .map(|at| &row.cells[*at])
                    .ok_or(Unfit)?;
                if !held.column.has_room(length(cell)) {
                    return Err(Unfit);
                }
                match place {
                    Ok(at) => held.column.set(at, cell),
                    Err(at) => held.column.insert(at, cell),
                }
            }
        }
        self.remove(gone);
        for held in self.held.values_mut() {
            held.column.tidy();
        }
        self.broken = false;
        Ok(())
    }

    fn remove(&mut self, gone: &[i64]) {
        let places: Vec<u32> = gone.iter().filter_map(|seq| self.position(*seq)).collect();
        if places.is_empty() {
            return;
        }
        let mut keep = vec![true; self.seqs.len()];
        for at in places {
            keep[at as usize] = false;
        }
        retain(&mut self.seqs, &keep);
        for held in self.held.values_mut() {
            held.column.retain(&keep);
        }
    }

    /// Takes columns that were read beside the ones that are held. Rows that only one side knows have changed
    /// since, so the caller marks them to be read again; until then they are null.
    pub fn install(&mut self, loaded: Loaded, now: u64) {
        self.broken = true;
        if self.held.is_empty() {
            self.seqs = loaded.seqs;
            self.held = loaded
                .columns
                .into_iter()
                .map(|(need, column)| (need, Held::new(column, now)))
                .collect();
        } else {
            let places = (self.seqs != loaded.seqs).then(|| places(&self.seqs, &loaded.seqs));
            for (need, column) in loaded.columns {
                let column = match &places {
                    Some(places) => column.rearranged(places),
                    None => column,
                };
                self.held.insert(need, Held::new(column, now));
            }
        }
        self.broken = false;
    }
}

/// Where each of `wanted` stands in `found`; both ascend.
fn places(wanted: &[u32], found: &[u32]) -> Vec<Option<u32>> {
    let mut next = 0;
    let place = |seq: &u32| {
        while next < found.len() && found[next] < *seq {
            next += 1;
        }
        (found.get(next) == Some(seq)).then_some(next as u32)
    };
    wanted.iter().map(place).collect()
}

/// Bytes that a cell may take in a column; folding can make a text longer.
fn length(cell: &Cell) -> usize {
    const FOLDED: usize = 18;
    crate::column::bytes_of(cell).map_or(0, |bytes| bytes.len() * FOLDED)
}

/// Columns on their way into a copy.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub seqs: Vec<u32>,
    pub columns: Vec<(Need, Column)>,
    /// The cell of a row from which each column is filled.
    sources: Vec<usize>,
}

impl Loaded {
    /// Columns to be filled from rows whose cells are those of `names`.
    pub fn new(needs: &[(Need, guanxi_meta::ColumnType)], names: &[String]) -> Loaded {
        let source = |need: &Need| {
            names
                .iter()
                .position(|name| *name == need.column)
                .unwrap_or_default()
        };
        Loaded {
            seqs: Vec::new(),
            columns: needs
                .iter()
                .map(|(need, ty)| (need.clone(), Column::new(*ty, need.form)))
                .collect(),
            sources: needs.iter().map(|(need, _)| source(need)).collect(),
        }
    }

    pub fn push(&mut self, rows: &[Row]) -> Result<(), Unfit> {
        for row in rows {
            let at = self.seqs.len();
            let seq = u32::try_from(row.seq).map_err(|_| Unfit)?;
            put_in(&mut self.seqs, at, seq);
            for ((_, column), source) in self.columns.iter_mut().zip(&self.sources) {
                let cell = &row.cells[*source];
                if !column.has_room(length(cell)) {
                    return Err(Unfit);
                }
                column.insert(at, cell);
            }
        }
        Ok(())
    }

    pub fn bytes(&self) -> usize {
        self.columns
            .iter()
            .map(|(_, column)| column.bytes())
            .sum::<usize>()
            + self.seqs.capacity() * 4
    }

    pub fn shrink(&mut self) {
        self.seqs.shrink_to_fit();
        for (_, column) in &mut self.columns {
            column.shrink();
        }
    }
}

/// The form in which a condition over texts is asked decides what is kept of them.
pub(crate) fn forms_of(ty: guanxi_meta::ColumnType, form: Form) -> Option<Form> {
    match (ty, form) {
        (guanxi_meta::ColumnType::Text, form) => Some(form),
        (_, Form::Exact) => Some(Form::Exact),
        (_, Form::Folded) => None,
    }
}
