//! Selections, counts and groups.
//!
//! A selection in an order is cut into **segments** that follow one another: rows that share more of the last row's
//! keys first, a key's nulls after its values. Each segment is one range of an index in its order, which neither
//! `OR` nor `NULLS LAST` would let the databases see. The store asks them one by one until the limit is reached; the
//! first one nearly always does.

use super::{Param, Pen, Statement, Target};
use guanxi_meta::Cell;
use guanxi_query::cond::{Aggregate, Cond, Direction, Lock, Measure, Select};

/// With more branches, one `OR` of them: SQLite compounds 500 selections at most.
const MOST_STREAMS: usize = 200;

/// A part of a selection's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// So many keys are those of the last row.
    equal: usize,
    then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Every row (there is no key but `seq`).
    All,
    /// The next key has a value.
    Filled,
    /// The next key lies beyond the last row's.
    Beyond,
    /// The next key and `seq` together lie beyond the last row's.
    BeyondWithSeq,
    /// The next key is null.
    Null,
    /// `seq` lies beyond the last row's.
    Seq,
}

/// The keys before `seq`.
struct Keys<'a> {
    columns: Vec<(&'a str, Direction)>,
    seq: Direction,
}

/// The segments of a selection, in order.
pub fn segments(select: &Select) -> Vec<Segment> {
    let keys = Keys::of(select);
    let count = keys.columns.len();
    let Some((cells, _)) = &select.after else {
        return match count {
            0 => vec![Segment {
                equal: 0,
                then: Then::All,
            }],
            _ => [Then::Filled, Then::Null]
                .map(|then| Segment { equal: 0, then })
                .to_vec(),
        };
    };
    let is_null = |key: usize| cells.get(key).is_none_or(Cell::is_null);
    let pair = count > 0 && !is_null(count - 1) && keys.columns[count - 1].1 == keys.seq;
    let mut list = Vec::with_capacity(2 * count + 1);
    if !pair {
        list.push(Segment {
            equal: count,
            then: Then::Seq,
        });
    }
    for key in (0..count).rev().filter(|&key| !is_null(key)) {
        let last = pair && key == count - 1;
        let beyond = if last {
            Then::BeyondWithSeq
        } else {
            Then::Beyond
        };
        list.push(Segment {
            equal: key,
            then: beyond,
        });
        list.push(Segment {
            equal: key,
            then: Then::Null,
        });
    }
    list
}

/// One segment of a selection: `seq`, then its columns.
pub fn select(target: &Target, select: &Select, segment: Segment) -> Statement {
    let keys = Keys::of(select);
    let merged = merged_branches(&select.branches, select.lock);
    let branches: &[Cond] = merged.as_deref().unwrap_or(&select.branches);
    let part = Part {
        select,
        keys: &keys,
        segment,
    };
    let mut pen = Pen::new(target);
    if branches.len() <= 1 {
        part.stream(&mut pen, branches.first().unwrap_or(&Cond::True));
        if !target.is_sqlite() {
            pen.push(match select.lock {
                Lock::None => "",
                Lock::ForUpdate => " FOR UPDATE",
                Lock::ForShare => " FOR SHARE",
                Lock::ForUpdateOfFree => " FOR UPDATE SKIP LOCKED",
            });
        }
        return pen.finish();
    }
    part.merged(&mut pen, branches);
    pen.finish()
}

/// A count to `limit` at most: one row, one number.
pub fn count(
    target: &Target,
    table: &str,
    branches: &[Cond],
    cond: &Cond,
    limit: Option<u32>,
) -> Statement {
    let merged = merged_branches(branches, Lock::None);
    let branches = merged.as_deref().unwrap_or(branches);
    let mut pen = Pen::new(target);
    let bounded = |pen: &mut Pen<'_>| {
        if let Some(rows) = limit {
            pen.push(" LIMIT ");
            pen.text.push_str(&rows.to_string());
        }
    };
    pen.push("SELECT count(*) FROM (");
    let whole = [Cond::True];
    let streams = if branches.is_empty() {
        &whole
    } else {
        branches
    };
    for (index, branch) in streams.iter().enumerate() {
        pen.push(if index > 0 {
            " UNION ALL SELECT * FROM ("
        } else {
            "SELECT * FROM ("
        });
        pen.push("SELECT 1 AS one");
        let alias = pen.from(table);
        pen.filter(alias, branch, cond);
        bounded(&mut pen);
        pen.push(") AS b");
        pen.number(index);
    }
    bounded(&mut pen);
    pen.push(") AS merged");
    pen.finish()
}

/// One row per group: the columns of the group, then the measures. Groups come in the order of their columns.
pub fn aggregate(target: &Target, aggregate: &Aggregate) -> Statement {
    let merged = merged_branches(&aggregate.branches, Lock::None);
    let branches = merged.as_deref().unwrap_or(&aggregate.branches);
    let mut pen = Pen::new(target);
    pen.push("SELECT ");
    for index in 0..aggregate.group.len() {
        pen.comma(index);
        pen.push("g");
        pen.number(index);
    }
    for (index, measure) in aggregate.measures.iter().enumerate() {
        pen.comma(index + aggregate.group.len());
        pen.measure(measure, index);
    }
    pen.push(" FROM (");
    let whole = [Cond::True];
    let streams = if branches.is_empty() {
        &whole
    } else {
        branches
    };
    for (index, branch) in streams.iter().enumerate() {
        pen.push(if index > 0 {
            " UNION ALL SELECT "
        } else {
            "SELECT "
        });
        pen.measured(aggregate);
        let alias = pen.from(&aggregate.table);
        pen.filter(alias, branch, &aggregate.cond);
    }
    pen.push(") AS merged");
    for (clause, last) in [(" GROUP BY ", ""), (" ORDER BY ", " NULLS LAST")] {
        for index in 0..aggregate.group.len() {
            pen.push(if index > 0 { ", " } else { clause });
            pen.push("g");
            pen.number(index);
            pen.push(last);
        }
    }
    pen.finish()
}

impl Pen<'_> {
    fn filter(&mut self, alias: usize, branch: &Cond, cond: &Cond) {
        self.push(" WHERE ");
        self.cond(branch, alias);
        if *cond != Cond::True {
            self.push(" AND ");
            self.cond(cond, alias);
        }
    }

    fn measure(&mut self, measure: &Measure, index: usize) {
        let (before, after) = match measure {
            Measure::Count => return self.push("count(*)"),
            // PostgreSQL sums bigints to numeric.
            Measure::Sum(_) if self.target.is_sqlite() => ("sum(m", ")"),
            Measure::Sum(_) => ("CAST(sum(m", ") AS bigint)"),
            Measure::Min(_) => ("min(m", ")"),
            Measure::Max(_) => ("max(m", ")"),
        };
        self.push(before);
        self.number(index);
        self.push(after);
    }

    /// The columns that an aggregate reads, named `g0 … m0 …`.
    fn measured(&mut self, aggregate: &Aggregate) {
        let alias = self.aliases;
        self.push("1 AS one");
        for (index, column) in aggregate.group.iter().enumerate() {
            self.push(", ");
            self.column(alias, column);
            self.push(" AS g");
            self.number(index);
        }
        for (index, measure) in aggregate.measures.iter().enumerate() {
            if let Measure::Sum(column) | Measure::Min(column) | Measure::Max(column) = measure {
                self.push(", ");
                self.column(alias, column);
                self.push(" AS m");
                self.number(index);
            }
        }
    }
}

/// One segment of one selection.
struct Part<'a> {
    select: &'a Select,
    keys: &'a Keys<'a>,
    segment: Segment,
}

impl Part<'_> {
    /// The first rows of each branch, merged. The streams carry keys only, which an index holds; the other columns
    /// are fetched for the rows that remain.
    fn merged(&self, pen: &mut Pen<'_>, branches: &[Cond]) {
        let row = pen.aliases;
        pen.aliases += 1;
        let key = |pen: &mut Pen<'_>, key| {
            pen.push("k");
            pen.number(key);
        };
        pen.push("SELECT s");
        self.columns(pen, row);
        pen.push(" FROM (");
        if pen.target.is_sqlite() {
            self.lazy_streams(pen, branches);
        } else {
            self.limited_streams(pen, branches);
        }
        self.order(pen, key);
        self.limit(pen);
        // The order of the tables is the order of the work.
        pen.push(") AS merged CROSS JOIN ");
        pen.table(&self.select.table);
        pen.push(" AS t");
        pen.number(row);
        pen.push(" WHERE ");
        pen.column(row, "seq");
        pen.push(" = s");
        self.order(pen, key);
    }

    /// SQLite merges the parts of a compound by its own `ORDER BY`: it takes from each as many rows as it needs, and
    /// bounds each by the limit (20 branches: 0.09 ms, against 0.8 ms with a limited selection for each).
    fn lazy_streams(&self, pen: &mut Pen<'_>, branches: &[Cond]) {
        for (index, branch) in branches.iter().enumerate() {
            if index > 0 {
                pen.push(" UNION ALL ");
            }
            self.keys_of(pen, branch);
        }
    }

    /// PostgreSQL would read whole branches where it finds no merge, so each is bounded here.
    fn limited_streams(&self, pen: &mut Pen<'_>, branches: &[Cond]) {
        pen.push("SELECT * FROM (");
        for (index, branch) in branches.iter().enumerate() {
            pen.push(if index > 0 {
                " UNION ALL SELECT * FROM ("
            } else {
                "SELECT * FROM ("
            });
            let alias = self.keys_of(pen, branch);
            self.order(pen, |pen, key| pen.column(alias, self.keys.columns[key].0));
            self.limit(pen);
            pen.push(") AS b");
            pen.number(index);
        }
        pen.push(") AS streams");
    }

    /// The rows of the only branch, in order, limited.
    fn stream(&self, pen: &mut Pen<'_>, branch: &Cond) {
        let alias = pen.aliases;
        pen.push("SELECT ");
        pen.column(alias, "seq");
        pen.push(" AS s");
        self.columns(pen, alias);
        self.source(pen, branch);
        self.order(pen, |pen, key| pen.column(alias, self.keys.columns[key].0));
        self.limit(pen);
    }

    /// `seq` and keys of one branch; answers its alias.
    fn keys_of(&self, pen: &mut Pen<'_>, branch: &Cond) -> usize {
        let alias = pen.aliases;
        pen.push("SELECT ");
        pen.column(alias, "seq");
        pen.push(" AS s");
        for (index, (column, _)) in self.keys.columns.iter().enumerate() {
            pen.push(", ");
            pen.column(alias, column);
            pen.push(" AS k");
            pen.number(index);
        }
        self.source(pen, branch);
        alias
    }

    fn columns(&self, pen: &mut Pen<'_>, alias: usize) {
        for column in &self.select.columns {
            pen.push(", ");
            pen.column(alias, column);
        }
    }

    fn source(&self, pen: &mut Pen<'_>, branch: &Cond) {
        let alias = pen.from(&self.select.table);
        pen.filter(alias, branch, &self.select.cond);
        self.range(pen, alias);
    }

    fn range(&self, pen: &mut Pen<'_>, alias: usize) {
        for key in 0..self.segment.equal {
            pen.push(" AND ");
            pen.column(alias, self.keys.columns[key].0);
            match self.last(key) {
                Cell::Null => pen.push(" IS NULL"),
                cell => {
                    pen.push(" = ");
                    pen.cell(cell);
                }
            }
        }
        let key = self.segment.equal;
        let column = self.keys.columns.get(key).copied();
        match (self.segment.then, column) {
            (Then::Filled, Some((column, _))) => {
                pen.push(" AND ");
                pen.column(alias, column);
                pen.push(" IS NOT NULL");
            }
            (Then::Null, Some((column, _))) => {
                pen.push(" AND ");
                pen.column(alias, column);
                pen.push(" IS NULL");
            }
            (Then::Beyond, Some((column, direction))) => {
                pen.push(" AND ");
                pen.column(alias, column);
                pen.push(beyond(direction));
                pen.cell(self.last(key));
            }
            (Then::BeyondWithSeq, Some((column, direction))) => {
                pen.push(" AND (");
                pen.column(alias, column);
                pen.push(", ");
                pen.column(alias, "seq");
                pen.push(")");
                pen.push(beyond(direction));
                pen.push("(");
                pen.cell(self.last(key));
                pen.push(", ");
                pen.bind(self.last_seq());
                pen.push(")");
            }
            (Then::Seq, _) => {
                pen.push(" AND ");
                pen.column(alias, "seq");
                pen.push(beyond(self.keys.seq));
                pen.bind(self.last_seq());
            }
            _ => {}
        }
    }

    fn last(&self, key: usize) -> &Cell {
        let cells = self
            .select
            .after
            .as_ref()
            .map(|(cells, _)| cells.as_slice());
        cells
            .and_then(|cells| cells.get(key))
            .unwrap_or(&Cell::Null)
    }

    fn last_seq(&self) -> Param {
        Param::Cell(Cell::Int(
            self.select.after.as_ref().map_or(0, |(_, seq)| *seq),
        ))
    }

    /// Keys that are the same in the whole segment are left out, so that the plainest index serves.
    fn order(&self, pen: &mut Pen<'_>, column: impl Fn(&mut Pen<'_>, usize)) {
        let fixed = self.segment.equal + usize::from(self.segment.then == Then::Null);
        pen.push(" ORDER BY ");
        for (key, (_, direction)) in self.keys.columns.iter().enumerate().skip(fixed) {
            column(pen, key);
            // Nulls can only come in keys behind the first; each database puts them last by itself one way.
            let filled = key == self.segment.equal;
            pen.push(match (direction, filled, pen.target.is_sqlite()) {
                (Direction::Ascending, false, true) => " NULLS LAST, ",
                (Direction::Ascending, ..) => ", ",
                (Direction::Descending, false, false) => " DESC NULLS LAST, ",
                (Direction::Descending, ..) => " DESC, ",
            });
        }
        pen.push(match self.keys.seq {
            Direction::Ascending => "s",
            Direction::Descending => "s DESC",
        });
    }

    /// The limit is part of the text: with a parameter, PostgreSQL would plan for a tenth of the table.
    fn limit(&self, pen: &mut Pen<'_>) {
        if let Some(rows) = self.select.limit {
            pen.push(" LIMIT ");
            pen.text.push_str(&rows.to_string());
        }
    }
}

impl Keys<'_> {
    /// What comes behind `seq` decides nothing.
    fn of(select: &Select) -> Keys<'_> {
        let mut columns = Vec::with_capacity(select.order.len());
        for order in &select.order {
            if order.column == "seq" {
                return Keys {
                    columns,
                    seq: order.direction,
                };
            }
            columns.push((order.column.as_str(), order.direction));
        }
        let seq = columns
            .first()
            .map_or(Direction::Descending, |(_, direction)| *direction);
        Keys { columns, seq }
    }
}

fn beyond(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => " > ",
        Direction::Descending => " < ",
    }
}

/// Branches that can answer rows; as one where streams will not do.
fn merged_branches(branches: &[Cond], lock: Lock) -> Option<Vec<Cond>> {
    if branches.is_empty() {
        return None;
    }
    let mut live: Vec<Cond> = branches
        .iter()
        .filter(|cond| **cond != Cond::False)
        .cloned()
        .collect();
    // PostgreSQL does not lock through a union.
    let one = lock != Lock::None || live.len() > MOST_STREAMS;
    match live.len() {
        0 => Some(vec![Cond::False]),
        1 => Some(live),
        _ if one => Some(vec![Cond::Any(std::mem::take(&mut live))]),
        count if count == branches.len() => None,
        _ => Some(live),
    }
}
