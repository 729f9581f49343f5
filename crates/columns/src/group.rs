//! Groups of rows with measures over them.

use crate::column::{Column, Need, Values};
use crate::data::Data;
use crate::eval::each_row;
use crate::plan::Node;
use guanxi_meta::Cell;
use guanxi_query::cond::Measure;
use guanxi_store::Row;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Groups that are kept in a plain table; more go through a map.
const MOST_DENSE: usize = 1 << 20;
/// Groups that one question may answer; beyond, the database is asked.
const MOST_GROUPS: usize = 200_000;

impl Data {
    /// As the store's `aggregate`: the cells of the group, then one per measure, in the order of the groups with
    /// nulls last. `None` for measures that only the database takes and for sums beyond 64 bits.
    pub fn group(
        &self,
        node: &Node<'_>,
        group: &[String],
        measures: &[Measure],
    ) -> Option<Vec<Row>> {
        let columns: Vec<&Column> = group
            .iter()
            .map(|name| self.column(&Need::exact(name)))
            .collect::<Option<_>>()?;
        let measured: Vec<Measured<'_>> = measures
            .iter()
            .map(|measure| self.measured(measure))
            .collect::<Option<_>>()?;
        let coded: Vec<Coded<'_>> = columns.iter().map(|column| Coded::new(column)).collect();
        let sizes: Vec<usize> = coded.iter().map(Coded::size).collect();
        let product = sizes
            .iter()
            .try_fold(1_usize, |all, size| all.checked_mul(*size))?;
        let mut groups = Groups {
            dense: Vec::new(),
            sparse: HashMap::new(),
            first: Vec::new(),
            sums: Vec::new(),
        };
        if product <= MOST_DENSE {
            groups.dense = vec![u32::MAX; product];
        }
        let fresh: Vec<Sum> = measured.iter().map(|_| Sum::default()).collect();
        let mut within = true;
        self.blocks(node, |start, mask| {
            within = within && groups.first.len() <= MOST_GROUPS;
            if !within {
                return;
            }
            each_row(mask, start, |row| {
                let code = coded.iter().zip(&sizes).fold(0, |code, (coded, size)| {
                    code * size + coded.code(row as usize)
                });
                let at = groups.of(code, row, &fresh);
                for (sum, measured) in groups.sums[at * fresh.len()..].iter_mut().zip(&measured) {
                    sum.add(measured, row as usize);
                }
            });
        });
        if group.is_empty() && groups.first.is_empty() {
            // Without a group there is one row, whatever it measures.
            groups.first.push(0);
            groups.sums.extend(fresh.iter().cloned());
        }
        if !within {
            return None;
        }
        self.answered(&columns, &measured, groups)
    }

    fn measured(&self, measure: &Measure) -> Option<Measured<'_>> {
        let column = |name: &str| match &self.column(&Need::exact(name))?.values {
            Values::Ints(ints) if !ints.is_odd() => Some(ints),
            _ => None,
        };
        Some(match measure {
            Measure::Count => Measured::Count,
            Measure::Sum(name) => Measured::Sum(column(name)?),
            Measure::Min(name) => Measured::Min(column(name)?),
            Measure::Max(name) => Measured::Max(column(name)?),
        })
    }

    /// Joins groups whose texts are equal though they were kept apart, and puts all in order.
    fn answered(
        &self,
        columns: &[&Column],
        measured: &[Measured<'_>],
        groups: Groups,
    ) -> Option<Vec<Row>> {
        let width = measured.len();
        let compare = |left: usize, right: usize| {
            let by = |column: &&Column| {
                column.compare(groups.first[left] as usize, groups.first[right] as usize)
            };
            columns
                .iter()
                .map(by)
                .find(|ordering| ordering.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        let mut order: Vec<usize> = (0..groups.first.len()).collect();
        order.sort_unstable_by(|left, right| compare(*left, *right));
        let mut rows: Vec<Row> = Vec::new();
        for run in order.chunk_by(|left, right| compare(*left, *right).is_eq()) {
            let mut sums: Vec<Sum> = groups.sums[run[0] * width..][..width].to_vec();
            for other in &run[1..] {
                for (sum, other) in sums.iter_mut().zip(&groups.sums[other * width..]) {
                    sum.join(other);
                }
            }
            let first = groups.first[run[0]] as usize;
            let mut cells: Vec<Cell> = columns.iter().map(|column| column.cell(first)).collect();
            for (sum, measured) in sums.iter().zip(measured) {
                cells.push(sum.cell(measured)?);
            }
            rows.push(Row { seq: 0, cells });
        }
        Some(rows)
    }
}

enum Measured<'a> {
    Count,
    Sum(&'a crate::ints::Ints),
    Min(&'a crate::ints::Ints),
    Max(&'a crate::ints::Ints),
}

/// A count, a sum and the extremes of what was not null.
#[derive(Debug, Clone)]
struct Sum {
    count: i64,
    sum: i128,
    low: i64,
    high: i64,
}

impl Default for Sum {
    fn default() -> Sum {
        Sum {
            count: 0,
            sum: 0,
            low: i64::MAX,
            high: i64::MIN,
        }
    }
}

impl Sum {
    #[inline]
    fn add(&mut self, measured: &Measured<'_>, row: usize) {
        let value = match measured {
            Measured::Count => Some(0),
            Measured::Sum(ints) | Measured::Min(ints) | Measured::Max(ints) => ints.get(row),
        };
        if let Some(value) = value {
            self.count += 1;
            self.sum += i128::from(value);
            self.low = self.low.min(value);
            self.high = self.high.max(value);
        }
    }

    fn join(&mut self, other: &Sum) {
        self.count += other.count;
        self.sum += other.sum;
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
    }

    fn cell(&self, measured: &Measured<'_>) -> Option<Cell> {
        Some(match measured {
            Measured::Count => Cell::Int(self.count),
            _ if self.count == 0 => Cell::Null,
            Measured::Sum(_) => Cell::Int(i64::try_from(self.sum).ok()?),
            Measured::Min(_) => Cell::Int(self.low),
            Measured::Max(_) => Cell::Int(self.high),
        })
    }
}

/// The groups that were met.
struct Groups {
    /// From a code to the group, where codes are few; `u32::MAX` was not met.
    dense: Vec<u32>,
    sparse: HashMap<usize, u32>,
    /// A row of each.
    first: Vec<u32>,
    /// The measures of each.
    sums: Vec<Sum>,
}

impl Groups {
    #[inline]
    fn of(&mut self, code: usize, row: u32, fresh: &[Sum]) -> usize {
        let next = self.first.len() as u32;
        let at = match self.dense.get_mut(code) {
            Some(at) => {
                if *at == u32::MAX {
                    *at = next;
                }
                *at
            }
            None => *self.sparse.entry(code).or_insert(next),
        };
        if at == next {
            self.first.push(row);
            self.sums.extend_from_slice(fresh);
        }
        at as usize
    }
}

/// A number for each value of a column: equal numbers, equal values.
enum Coded<'a> {
    Column(&'a Column, usize),
    /// Wide integers are numbered beforehand: one number per row, and how many there are.
    Numbered(Vec<u32>, usize),
}

impl Coded<'_> {
    fn new(column: &Column) -> Coded<'_> {
        match &column.values {
            Values::Texts(texts) => Coded::Column(column, texts.entries().len() + 1),
            Values::Ints(ints) if ints.codes() <= MOST_DENSE => Coded::Column(column, ints.codes()),
            Values::Ints(ints) => {
                let mut numbers: HashMap<Option<i64>, u32> = HashMap::new();
                let number = |at| {
                    let next = numbers.len() as u32;
                    *numbers.entry(ints.get(at)).or_insert(next)
                };
                let list: Vec<u32> = (0..ints.len()).map(number).collect();
                Coded::Numbered(list, numbers.len().max(1))
            }
        }
    }

    fn size(&self) -> usize {
        match self {
            Coded::Column(_, size) | Coded::Numbered(_, size) => *size,
        }
    }

    #[inline]
    fn code(&self, row: usize) -> usize {
        match self {
            Coded::Column(column, size) => match &column.values {
                Values::Texts(texts) => texts.code(row).map_or(size - 1, |code| code as usize),
                Values::Ints(ints) => ints.code(row),
            },
            Coded::Numbered(list, _) => list[row] as usize,
        }
    }
}
