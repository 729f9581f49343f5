//! A pivot: measures by rows and columns, with totals.
//!
//! Source: Gray and others, "Data Cube: A Relational Aggregation Operator", ICDE 1996: every combination of values, and
//! every combination with some of them summed over. Facts come as columns of codes and numbers; one pass groups them by
//! packed keys, the totals are made from the groups and not from the facts, except where a measure needs the facts.
//!
//! Numbers that are missing take no part in a measure, as in SQL; `count()` counts facts.

mod measure;

pub use measure::{Function, Measure, parse_measures};

use crate::MethodError;
use crate::math::describe::{quantile_of_sorted, sorted};
use rustc_hash::{FxHashMap, FxHashSet};

/// Facts, column by column.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    pub rows: usize,
    /// Codes of every dimension; [`MISSING`] stands for nothing, which is a value of its own.
    pub dimensions: Vec<&'a [u32]>,
    /// By measure: numbers, or the codes of a text whose distinct values are counted; none for `count()`.
    pub inputs: Vec<Input<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    None,
    Numbers(&'a [f64]),
    /// Of a ratio: above and below.
    Ratio(&'a [f64], &'a [f64]),
    Codes(&'a [u32]),
}

pub const MISSING: u32 = u32::MAX;

/// One cell: the value of every dimension (none where it is summed over), and every measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub key: Vec<Option<u32>>,
    pub values: Vec<Option<f64>>,
}

/// What is kept of a group while facts go by.
#[derive(Debug, Clone, Default)]
struct Tally {
    facts: u64,
    known: u64,
    sum: f64,
    below: f64,
    least: f64,
    most: f64,
    /// For the median and distinct counts only.
    values: Vec<f64>,
    distinct: FxHashSet<u32>,
}

impl Tally {
    fn new() -> Tally {
        Tally {
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            ..Tally::default()
        }
    }

    fn add(&mut self, function: Function, input: Input, row: usize) {
        self.facts += 1;
        let value = match input {
            Input::None => return,
            Input::Codes(codes) => {
                if codes[row] != MISSING {
                    self.distinct.insert(codes[row]);
                }
                return;
            }
            Input::Numbers(numbers) => numbers[row],
            Input::Ratio(above, below) => {
                if !below[row].is_nan() {
                    self.below += below[row];
                }
                above[row]
            }
        };
        if value.is_nan() {
            return;
        }
        self.known += 1;
        self.sum += value;
        self.least = self.least.min(value);
        self.most = self.most.max(value);
        if function == Function::Median {
            self.values.push(value);
        }
    }

    fn merge(&mut self, other: &Tally) {
        self.facts += other.facts;
        self.known += other.known;
        self.sum += other.sum;
        self.below += other.below;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
        self.values.extend_from_slice(&other.values);
        self.distinct.extend(&other.distinct);
    }

    fn result(&self, function: Function) -> Option<f64> {
        let is_known = self.known > 0;
        match function {
            Function::Count => Some(self.facts as f64),
            Function::CountOf => Some(self.known as f64),
            Function::Distinct => Some(self.distinct.len() as f64),
            Function::Sum => is_known.then_some(self.sum),
            Function::Average => is_known.then(|| self.sum / self.known as f64),
            Function::Least => is_known.then_some(self.least),
            Function::Most => is_known.then_some(self.most),
            Function::Median => is_known.then(|| quantile_of_sorted(&sorted(&self.values), 0.5)),
            Function::Ratio => (self.below != 0.0).then(|| self.sum / self.below),
        }
    }
}

/// Cells beyond which a pivot is refused: nobody reads them, and they fill the memory.
pub const MOST_CELLS: usize = 2_000_000;

/// Facts that go by between looks at the number of groups.
const BETWEEN_LOOKS: usize = 65_536;

/// All cells of the facts that `keeps`, for every combination of dimensions that is summed over: from none to all.
///
/// The order is that of the keys, summed-over values last.
pub fn cube(
    facts: &Facts,
    functions: &[Function],
    keeps: impl Fn(usize) -> bool,
) -> Result<Vec<Cell>, MethodError> {
    let dimensions = facts.dimensions.len();
    if dimensions > 8 {
        return Err(MethodError::argument("a pivot has at most 8 dimensions"));
    }
    let mut groups: FxHashMap<Vec<u32>, Vec<Tally>> = FxHashMap::default();
    let mut key = vec![0; dimensions];
    let fresh = || vec![Tally::new(); functions.len()];
    for row in 0..facts.rows {
        if !keeps(row) {
            continue;
        }
        for (part, codes) in key.iter_mut().zip(&facts.dimensions) {
            *part = codes[row];
        }
        // Looked up by the slice first: most facts fall into a group that is there.
        let tallies = match groups.get_mut(key.as_slice()) {
            Some(tallies) => tallies,
            None => groups.entry(key.clone()).or_insert_with(fresh),
        };
        for ((tally, function), input) in tallies.iter_mut().zip(functions).zip(&facts.inputs) {
            tally.add(*function, *input, row);
        }
        if row % BETWEEN_LOOKS == 0 {
            check(groups.len())?;
        }
    }
    check(groups.len() << dimensions.min(3))?;
    let mut cells = Vec::new();
    for mask in 0u32..1 << dimensions {
        let is_summed = |at: usize| mask >> at & 1 == 1;
        let mut totals: FxHashMap<Vec<Option<u32>>, Vec<Tally>> = FxHashMap::default();
        for (key, tallies) in &groups {
            let key = key
                .iter()
                .enumerate()
                .map(|(at, code)| (!is_summed(at)).then_some(*code));
            let into = totals.entry(key.collect()).or_insert_with(fresh);
            for (sum, tally) in into.iter_mut().zip(tallies) {
                sum.merge(tally);
            }
        }
        cells.extend(totals.into_iter().map(|(key, tallies)| {
            Cell {
                key,
                values: tallies
                    .iter()
                    .zip(functions)
                    .map(|(tally, function)| tally.result(*function))
                    .collect(),
            }
        }));
    }
    let place = |key: &[Option<u32>]| -> Vec<u64> {
        key.iter()
            .map(|code| code.map_or(u64::MAX, u64::from))
            .collect()
    };
    cells.sort_by_cached_key(|cell| place(&cell.key));
    Ok(cells)
}

fn check(cells: usize) -> Result<(), MethodError> {
    if cells <= MOST_CELLS {
        return Ok(());
    }
    Err(MethodError::argument(format!(
        "the pivot has more than {MOST_CELLS} cells: leave a dimension out, or take a coarser grain"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_function_by_hand() {
        let (a, x, y) = (
            [0, 0, 1, 0],
            [1.0, 3.0, f64::NAN, 8.0],
            [2.0, 2.0, 2.0, 4.0],
        );
        let codes = [5, 5, MISSING, 6];
        use Function::*;
        let functions = [
            Count, CountOf, Sum, Average, Least, Most, Median, Ratio, Distinct,
        ];
        let numbers = Input::Numbers(&x);
        let facts = Facts {
            rows: 4,
            dimensions: vec![&a],
            inputs: vec![
                Input::None,
                numbers,
                numbers,
                numbers,
                numbers,
                numbers,
                numbers,
                Input::Ratio(&x, &y),
                Input::Codes(&codes),
            ],
        };
        let cells = cube(&facts, &functions, |_| true).unwrap();
        assert_eq!(cells.len(), 3);
        let some = |values: &[f64]| values.iter().map(|value| Some(*value)).collect::<Vec<_>>();
        assert_eq!(
            cells[0].values,
            some(&[3.0, 3.0, 12.0, 4.0, 1.0, 8.0, 3.0, 1.5, 2.0])
        );
        let none = None;
        assert_eq!(
            cells[1].values,
            [
                Some(1.0),
                Some(0.0),
                none,
                none,
                none,
                none,
                none,
                Some(0.0),
                Some(0.0)
            ]
        );
        assert_eq!(
            (&cells[2].key[..], cells[2].values[0]),
            (&[None][..], Some(4.0))
        );
        assert_eq!(cube(&facts, &functions, |row| row == 2).unwrap().len(), 2);
    }

    proptest! {
        #[test]
        fn totals_are_the_sums_of_their_cells(
            rows in prop::collection::vec((0u32..4, 0u32..3, -100i32..100), 1..80),
        ) {
            let a: Vec<u32> = rows.iter().map(|row| row.0).collect();
            let b: Vec<u32> = rows.iter().map(|row| row.1).collect();
            let x: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            let facts = Facts { rows: rows.len(), dimensions: vec![&a, &b], inputs: vec![Input::Numbers(&x)] };
            let cells = cube(&facts, &[Function::Sum], |_| true).unwrap();
            let sum = |summed: [bool; 2]| -> f64 {
                let same = |cell: &&Cell| cell.key.iter().zip(summed).all(|(part, is)| part.is_none() == is);
                cells.iter().filter(same).filter_map(|cell| cell.values[0]).sum()
            };
            let whole: f64 = x.iter().sum();
            for summed in [[false, false], [true, false], [false, true], [true, true]] {
                prop_assert!((sum(summed) - whole).abs() < 1e-9);
            }
        }
    }
}
