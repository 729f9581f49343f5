//! The tables that a catalogue needs. Pure descriptions: only `store` turns them into SQL.

use uuid::Uuid;

/// The smallest thing that a database column holds. Every kind expands into one or more of these.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Cell {
    #[default]
    Null,
    /// Numbers, scaled decimals, booleans (0, 1), days and microseconds since 1970.
    Int(i64),
    Text(String),
    /// Sort keys and other byte strings, compared byte by byte.
    Bytes(Vec<u8>),
    Id(Uuid),
}

impl Cell {
    pub fn int(&self) -> Option<i64> {
        match self {
            Cell::Int(value) => Some(*value),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(value) => Some(value),
            _ => None,
        }
    }

    pub fn id(&self) -> Option<Uuid> {
        match self {
            Cell::Id(value) => Some(*value),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Cell::Null)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Cell {
        Cell::Int(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Cell {
        Cell::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Cell {
        Cell::Text(value)
    }
}

impl From<Uuid> for Cell {
    fn from(value: Uuid) -> Cell {
        Cell::Id(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    Int,
    Text,
    Bytes,
    Id,
}

/// One column. `NOT NULL` columns have a default, so that adding one never rewrites or fails on existing rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    pub name: String,
    pub ty: ColumnType,
    /// `Some(d)`: not null with this default. `None`: may be null.
    pub default: Option<i64>,
}

impl ColumnSpec {
    pub fn new(name: impl Into<String>, ty: ColumnType) -> ColumnSpec {
        ColumnSpec {
            name: name.into(),
            ty,
            default: None,
        }
    }

    #[must_use]
    pub fn default(mut self, value: i64) -> ColumnSpec {
        self.default = Some(value);
        self
    }
}

/// An index over columns, ascending. Its name derives from the table and the columns, so a plan is a set difference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexSpec {
    pub columns: Vec<String>,
    pub uniqueness: Uniqueness,
    pub rows: Rows,
}

impl IndexSpec {
    /// Of all rows, for finding.
    pub fn new(columns: Vec<String>) -> IndexSpec {
        IndexSpec {
            columns,
            uniqueness: Uniqueness::Any,
            rows: Rows::All,
        }
    }

    #[must_use]
    pub fn unique(mut self) -> IndexSpec {
        self.uniqueness = Uniqueness::Unique;
        self
    }

    /// Of the rows that are not deleted. What counts them need not look at the rows themselves, and a unique value is
    /// free again when its record is removed.
    #[must_use]
    pub fn live(mut self) -> IndexSpec {
        self.rows = Rows::Live;
        self
    }
}

/// Which rows of its table an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rows {
    All,
    /// Whose `deleted_at` is null.
    Live,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Uniqueness {
    Any,
    Unique,
}

/// A table. Every table has `seq`, an explicit integer primary key that the database counts up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    pub name: String,
    /// Without `seq`.
    pub columns: Vec<ColumnSpec>,
    pub indexes: Vec<IndexSpec>,
}

impl TableSpec {
    pub fn new(name: &str, columns: Vec<ColumnSpec>) -> TableSpec {
        TableSpec {
            name: name.to_owned(),
            columns,
            indexes: Vec::new(),
        }
    }

    #[must_use]
    pub fn index(mut self, columns: &[&str]) -> TableSpec {
        self.indexes.push(IndexSpec::new(owned(columns)));
        self
    }

    /// For tables with a `deleted_at`.
    #[must_use]
    pub fn live_index(mut self, columns: &[&str]) -> TableSpec {
        self.indexes.push(IndexSpec::new(owned(columns)).live());
        self
    }

    #[must_use]
    pub fn unique(mut self, columns: &[&str]) -> TableSpec {
        self.indexes.push(IndexSpec::new(owned(columns)).unique());
        self
    }

    /// Derived from table and columns; a long one ends in a hash of the whole, since PostgreSQL cuts names at 63
    /// bytes and two that begin alike would become one.
    pub fn index_name(&self, index: &IndexSpec) -> String {
        const MAX_BYTES: usize = 63;
        let name = format!("ix_{}_{}", self.name, index.columns.join("_"));
        if name.len() <= MAX_BYTES {
            return name;
        }
        // FNV-1a, 64 bits: the same on every machine and in every version of this program.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let start: String = name.chars().take(MAX_BYTES - 17).collect();
        format!("{start}_{hash:016x}")
    }
}

fn owned(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|&column| column.to_owned()).collect()
}
