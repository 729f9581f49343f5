//! What a database or the columnar copy is asked for: conditions over physical columns, and selections by them.
//!
//! Logic is two-valued: a comparison with null is false, and `Not` of it is true. Identifiers come from the
//! catalogue or from constants of this program, values are cells and end as bound parameters.

use guanxi_meta::{Cell, links};

#[derive(Debug, Clone, PartialEq)]
pub enum Cond {
    True,
    False,
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
    Compare {
        column: String,
        op: Op,
        with: Operand,
    },
    In {
        column: String,
        cells: Vec<Cell>,
    },
    Null {
        column: String,
    },
    /// The text, folded as `text::fold` folds it, contains this folded text.
    Contains {
        column: String,
        folded: String,
    },
    StartsWith {
        column: String,
        folded: String,
    },
    /// A text column that holds a JSON array of strings has this one.
    ListHas {
        column: String,
        item: String,
    },
    /// `column IN (SELECT select FROM table WHERE cond)`: following a link, or a share.
    Among {
        column: String,
        table: String,
        select: String,
        cond: Box<Cond>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Cell(Cell),
    Column(String),
}

impl Cond {
    pub fn equal(column: &str, cell: impl Into<Cell>) -> Cond {
        Cond::compare(column, Op::Equal, cell)
    }

    pub fn compare(column: &str, op: Op, cell: impl Into<Cell>) -> Cond {
        Cond::Compare {
            column: column.to_owned(),
            op,
            with: Operand::Cell(cell.into()),
        }
    }

    pub fn null(column: &str) -> Cond {
        Cond::Null {
            column: column.to_owned(),
        }
    }

    pub fn among(column: &str, cells: Vec<Cell>) -> Cond {
        Cond::In {
            column: column.to_owned(),
            cells,
        }
    }

    /// That a field which leads to several records, by `links::key`, leads to one of these.
    pub fn linked(key: &str, targets: Vec<Cell>) -> Cond {
        let these = match <[Cell; 1]>::try_from(targets) {
            Ok([one]) => Cond::equal(links::TARGET, one),
            Err(targets) => Cond::among(links::TARGET, targets),
        };
        Cond::Among {
            column: "seq".to_owned(),
            table: links::TABLE.to_owned(),
            select: links::RECORD.to_owned(),
            cond: Box::new(Cond::equal(links::FIELD, key).and(these)),
        }
    }

    #[must_use]
    pub fn and(self, other: Cond) -> Cond {
        match (self, other) {
            (Cond::True, cond) | (cond, Cond::True) => cond,
            (Cond::False, _) | (_, Cond::False) => Cond::False,
            (Cond::All(mut left), Cond::All(right)) => {
                left.extend(right);
                Cond::All(left)
            }
            (Cond::All(mut left), right) => {
                left.push(right);
                Cond::All(left)
            }
            (left, right) => Cond::All(vec![left, right]),
        }
    }

    #[must_use]
    pub fn or(self, other: Cond) -> Cond {
        match (self, other) {
            (Cond::False, cond) | (cond, Cond::False) => cond,
            (Cond::True, _) | (_, Cond::True) => Cond::True,
            (Cond::Any(mut left), right) => {
                left.push(right);
                Cond::Any(left)
            }
            (left, right) => Cond::Any(vec![left, right]),
        }
    }
}

impl std::ops::Not for Cond {
    type Output = Cond;

    fn not(self) -> Cond {
        match self {
            Cond::True => Cond::False,
            Cond::False => Cond::True,
            Cond::Not(inner) => *inner,
            cond => Cond::Not(Box::new(cond)),
        }
    }
}

/// Rows of one table in an order. `branches` is how a grant is asked for without a slow `OR`: each branch is one
/// limited stream that an index serves in order, the streams are merged. Branches must not overlap.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    pub table: String,
    pub columns: Vec<String>,
    /// No branch: every row; the empty grant is `vec![Cond::False]`.
    pub branches: Vec<Cond>,
    pub cond: Cond,
    /// `seq` is always the last key, in the direction of the first; it need not be named.
    pub order: Vec<Order>,
    /// The last row of the page before: one cell per key of `order`, then its `seq`.
    pub after: Option<(Vec<Cell>, i64)>,
    pub limit: Option<u32>,
    pub lock: Lock,
}

impl Select {
    pub fn from(table: &str, columns: Vec<String>) -> Select {
        Select {
            table: table.to_owned(),
            columns,
            branches: Vec::new(),
            cond: Cond::True,
            order: Vec::new(),
            after: None,
            limit: None,
            lock: Lock::None,
        }
    }

    /// The same with static names.
    pub fn of(table: &str, columns: &[&str]) -> Select {
        Select::from(table, columns.iter().map(|&name| name.to_owned()).collect())
    }

    #[must_use]
    pub fn filter(mut self, cond: Cond) -> Select {
        self.cond = self.cond.and(cond);
        self
    }

    #[must_use]
    pub fn order(mut self, column: &str, direction: Direction) -> Select {
        self.order.push(Order {
            column: column.to_owned(),
            direction,
        });
        self
    }

    #[must_use]
    pub fn limit(mut self, rows: u32) -> Select {
        self.limit = Some(rows);
        self
    }

    #[must_use]
    pub fn locked(mut self) -> Select {
        self.lock = Lock::ForUpdate;
        self
    }

    #[must_use]
    pub fn shared(mut self) -> Select {
        self.lock = Lock::ForShare;
        self
    }

    #[must_use]
    pub fn locked_free(mut self) -> Select {
        self.lock = Lock::ForUpdateOfFree;
        self
    }
}

/// One sort key; nulls come last in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub column: String,
    pub direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    None,
    /// Rows stay as they are until the transaction ends (SQLite: its one writer sees to that).
    ForUpdate,
    /// Rows stay as they are, and others may see to the same.
    ForShare,
    /// As `ForUpdate`, passing over rows that another transaction has locked: how workers share what is to be done.
    ForUpdateOfFree,
}

/// Groups of rows with measures over them.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub table: String,
    pub branches: Vec<Cond>,
    pub cond: Cond,
    pub group: Vec<String>,
    pub measures: Vec<Measure>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    Count,
    Sum(String),
    Min(String),
    Max(String),
}
