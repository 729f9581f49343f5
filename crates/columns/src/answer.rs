//! What is asked of a copy: counts, pages, groups, and which of some rows are within a condition.

use crate::column::{Column, Need, Values, suits};
use crate::data::Data;
use crate::eval::{BLOCK, each_row, each_row_back, ones};
use crate::ints::{Ints, ZONE, Zone};
use crate::plan::{Node, SEQ};
use crate::texts::{Texts, head};
use guanxi_meta::Cell;
use guanxi_query::cond::{Direction, Order};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::LazyLock;

/// Below that another thread costs more than it saves: it takes some 30 µs to begin. Tests are to meet several parts.
const ROWS_OF_A_PART: usize = if cfg!(debug_assertions) {
    BLOCK
} else {
    200_000
};

static PROCESSORS: LazyLock<usize> = LazyLock::new(|| {
    const MOST: usize = 8;
    std::thread::available_parallelism().map_or(1, |count| count.get().min(MOST))
});

impl Data {
    /// Calls `body` with the first row and the mask of each block that has rows within the condition.
    pub fn blocks(&self, node: &Node<'_>, body: impl FnMut(usize, &[u8])) {
        self.blocks_of(0..self.seqs.len(), node, body);
    }

    fn blocks_of(&self, rows: Range<usize>, node: &Node<'_>, mut body: impl FnMut(usize, &[u8])) {
        let mut mask = [0; BLOCK];
        for start in rows.step_by(BLOCK) {
            self.block(node, start, &mut mask, &mut body);
        }
    }

    /// What `work` makes of each part of the rows, one part a processor, in the order of the rows. A part begins with
    /// a block.
    fn across<T: Send>(&self, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
        let rows = self.seqs.len();
        let parts = (rows / ROWS_OF_A_PART).clamp(1, *PROCESSORS);
        let size = rows.div_ceil(parts).next_multiple_of(BLOCK);
        let part = |at: usize| (at * size).min(rows)..((at + 1) * size).min(rows);
        std::thread::scope(|scope| {
            let work = &work;
            let others: Vec<_> = (1..parts)
                .map(|at| scope.spawn(move || work(part(at))))
                .collect();
            let mut done = vec![work(part(0))];
            for other in others {
                match other.join() {
                    Ok(one) => done.push(one),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        })
    }

    /// Every row within the condition that may still be among the first. From the end where the greatest are wanted:
    /// numbers and instants mostly ascend with the rows, so that soon whole blocks lie beyond the last of the first,
    /// which their zones tell.
    fn offer_all(&self, rows: Range<usize>, node: &Node<'_>, first: &mut First<'_>) {
        let direction = first.sorting.direction();
        let mut mask = [0; BLOCK];
        let mut step = |start: usize| {
            if first.is_all_beyond(start) {
                return;
            }
            let mask = &mut mask[..BLOCK.min(self.seqs.len() - start)];
            node.eval(start, mask);
            match direction {
                Direction::Ascending => each_row(mask, start, |row| first.offer(row)),
                Direction::Descending => each_row_back(mask, start, |row| first.offer(row)),
            }
        };
        let starts = rows.step_by(BLOCK);
        match direction {
            Direction::Ascending => starts.for_each(&mut step),
            Direction::Descending => starts.rev().for_each(&mut step),
        }
    }

    fn block(
        &self,
        node: &Node<'_>,
        start: usize,
        mask: &mut [u8; BLOCK],
        body: &mut impl FnMut(usize, &[u8]),
    ) {
        let mask = &mut mask[..BLOCK.min(self.seqs.len() - start)];
        node.eval(start, mask);
        if mask.contains(&1) {
            body(start, mask);
        }
    }

    pub fn count(&self, node: &Node<'_>) -> u64 {
        let of_part = |rows| {
            let mut count = 0;
            self.blocks_of(rows, node, |_, mask| count += ones(mask));
            count
        };
        self.across(of_part).into_iter().sum()
    }

    /// Of these rows those within the condition, in their order.
    pub fn standing(&self, node: &Node<'_>, seqs: &[i64]) -> Vec<i64> {
        let holds = |seq: &&i64| {
            self.position(**seq)
                .is_some_and(|at| node.holds(at as usize))
        };
        seqs.iter().filter(holds).copied().collect()
    }

    /// The first rows in an order, as the store gives them: nulls last, then by `seq` in the direction of the first
    /// key. `None` where the last row of the page before is not one of such keys.
    pub fn page(&self, node: &Node<'_>, order: &[Order], from: &From<'_>) -> Option<Vec<i64>> {
        let sorting = Sorting::new(self, order, from.after)?;
        let of_part = |rows| {
            let mut first = First::new(&sorting, from.limit);
            self.offer_all(rows, node, &mut first);
            first.kept
        };
        let mut first = First::new(&sorting, from.limit);
        first.kept = self.across(of_part).concat();
        let kept = first.finish();
        Some(
            kept.into_iter()
                .take(from.limit)
                .map(|row| i64::from(self.seqs[row as usize]))
                .collect(),
        )
    }
}

/// Where a page begins and how long it is.
#[derive(Debug, Clone, Copy)]
pub struct From<'a> {
    /// The last row of the page before: one cell per key of the order, then its `seq`.
    pub after: Option<(&'a [Cell], i64)>,
    pub limit: usize,
}

/// An order over the rows of a copy.
struct Sorting<'a> {
    keys: Vec<(&'a Column, Direction)>,
    seqs: &'a [u32],
    seq: Direction,
    after: Option<(&'a [Cell], i64)>,
}

impl<'a> Sorting<'a> {
    fn new(
        data: &'a Data,
        order: &[Order],
        after: Option<(&'a [Cell], i64)>,
    ) -> Option<Sorting<'a>> {
        let mut keys = Vec::with_capacity(order.len());
        let mut seq = order
            .first()
            .map_or(Direction::Descending, |order| order.direction);
        for order in order {
            if order.column == SEQ {
                // Nothing behind it decides.
                seq = order.direction;
                break;
            }
            keys.push((data.column(&Need::exact(&order.column))?, order.direction));
        }
        let fits = |cells: &[Cell]| {
            cells.len() >= keys.len()
                && keys
                    .iter()
                    .zip(cells)
                    .all(|((column, _), cell)| suits(column.ty, cell))
        };
        let odd = |column: &Column| matches!(&column.values, Values::Ints(ints) if ints.is_odd());
        let sound = after.is_none_or(|(cells, _)| fits(cells))
            && !keys.iter().any(|(column, _)| odd(column));
        sound.then_some(Sorting {
            keys,
            seqs: &data.seqs,
            seq,
            after,
        })
    }

    /// Which way most of the work goes.
    fn direction(&self) -> Direction {
        self.keys
            .first()
            .map_or(self.seq, |(_, direction)| *direction)
    }

    fn compare(&self, left: u32, right: u32) -> Ordering {
        let (one, other) = (left as usize, right as usize);
        for (column, direction) in &self.keys {
            let nulls = column.is_null(one) || column.is_null(other);
            let ordering = directed(column.compare(one, other), *direction, nulls);
            if ordering.is_ne() {
                return ordering;
            }
        }
        // Rows ascend by `seq`.
        directed(left.cmp(&right), self.seq, false)
    }

    /// The row's first key, unless it is null.
    fn bound(&self, row: u32) -> Option<Bound<'a>> {
        Some(match &self.keys.first()?.0.values {
            Values::Ints(ints) => Bound::Number(ints, ints.get(row as usize)?),
            Values::Texts(texts) => {
                let text = texts.get(row as usize)?;
                Bound::Text(texts, head(text), text)
            }
        })
    }

    fn is_after(&self, row: u32) -> bool {
        let Some((cells, seq)) = self.after else {
            return true;
        };
        for ((column, direction), cell) in self.keys.iter().zip(cells) {
            let nulls = cell.is_null() || column.is_null(row as usize);
            let ordering = directed(column.compare_cell(row as usize, cell), *direction, nulls);
            if ordering.is_ne() {
                return ordering.is_gt();
            }
        }
        directed(
            i64::from(self.seqs[row as usize]).cmp(&seq),
            self.seq,
            false,
        )
        .is_gt()
    }
}

/// Nulls are last in either direction.
fn directed(ordering: Ordering, direction: Direction, nulls: bool) -> Ordering {
    match direction {
        Direction::Descending if !nulls => ordering.reverse(),
        _ => ordering,
    }
}

#[derive(Clone, Copy)]
enum Bound<'a> {
    Number(&'a Ints, i64),
    /// With the head of the text.
    Text(&'a Texts, u64, &'a [u8]),
}

/// The first rows of all that were offered.
struct First<'a> {
    sorting: &'a Sorting<'a>,
    most: usize,
    kept: Vec<u32>,
    /// Once enough were offered: the last that would be among the first of them.
    last: Option<u32>,
    /// Its first key, unless that is null: most rows are told by it alone.
    bound: Option<Bound<'a>>,
}

impl<'a> First<'a> {
    fn new(sorting: &'a Sorting<'a>, limit: usize) -> First<'a> {
        First {
            sorting,
            most: limit.max(1),
            kept: Vec::new(),
            last: None,
            bound: None,
        }
    }

    fn offer(&mut self, row: u32) {
        if self.is_beyond(row) {
            return;
        }
        if self
            .last
            .is_some_and(|last| self.sorting.compare(row, last).is_gt())
            || !self.sorting.is_after(row)
        {
            return;
        }
        self.kept.push(row);
        if self.kept.len() >= self.most * 2 + 64 {
            let sorting = self.sorting;
            self.kept
                .select_nth_unstable_by(self.most - 1, |left, right| {
                    sorting.compare(*left, *right)
                });
            self.kept.truncate(self.most);
            self.last = self.kept.last().copied();
            self.bound = self.last.and_then(|last| sorting.bound(last));
        }
    }

    /// Whether no row of a block can be among the first any more, told by the zones of the first key.
    fn is_all_beyond(&self, start: usize) -> bool {
        let Some(Bound::Number(ints, bound)) = self.bound else {
            return false;
        };
        let zones = &ints.zones()[start / ZONE..];
        zones[..zones.len().min(BLOCK / ZONE)]
            .iter()
            .all(|zone| self.is_zone_beyond(*zone, bound))
    }

    fn is_zone_beyond(&self, zone: Zone, bound: i64) -> bool {
        match self.sorting.direction() {
            Direction::Ascending => zone.low > bound,
            Direction::Descending => zone.high < bound,
        }
    }

    #[inline]
    fn is_beyond(&self, row: u32) -> bool {
        let ordering = match self.bound {
            None => return false,
            Some(Bound::Number(ints, bound)) => {
                // The zones are small enough to stay near; the numbers themselves are not.
                if self.is_zone_beyond(ints.zones()[row as usize / ZONE], bound) {
                    return true;
                }
                ints.get(row as usize).map(|value| value.cmp(&bound))
            }
            Some(Bound::Text(texts, first, bound)) => texts.code(row as usize).map(|code| {
                let entries = texts.entries();
                let by_head = entries.heads()[code as usize].cmp(&first);
                by_head.then_with(|| entries.get(code).cmp(bound))
            }),
        };
        // Nulls are behind everything.
        ordering.is_none_or(|ordering| directed(ordering, self.sorting.direction(), false).is_gt())
    }

    fn finish(mut self) -> Vec<u32> {
        let sorting = self.sorting;
        self.kept
            .sort_unstable_by(|left, right| sorting.compare(*left, *right));
        self.kept.truncate(self.most);
        self.kept
    }
}
