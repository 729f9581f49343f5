//! One column of a copy.

use crate::ints::Ints;
use crate::texts::Texts;
use guanxi_meta::{Cell, ColumnType, text};
use std::cmp::Ordering;
use uuid::Uuid;

/// What a question reads: a column as it is, or its texts folded, in which pieces are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Need {
    pub column: String,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Form {
    Exact,
    Folded,
}

impl Need {
    pub fn exact(column: &str) -> Need {
        Need {
            column: column.to_owned(),
            form: Form::Exact,
        }
    }

    pub fn folded(column: &str) -> Need {
        Need {
            column: column.to_owned(),
            form: Form::Folded,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub ty: ColumnType,
    pub form: Form,
    pub values: Values,
}

#[derive(Debug, Clone)]
pub(crate) enum Values {
    Ints(Ints),
    Texts(Texts),
}

impl Column {
    pub fn new(ty: ColumnType, form: Form) -> Column {
        let values = match ty {
            ColumnType::Int => Values::Ints(Ints::new()),
            _ => Values::Texts(Texts::new()),
        };
        Column { ty, form, values }
    }

    pub fn bytes(&self) -> usize {
        match &self.values {
            Values::Ints(ints) => ints.bytes(),
            Values::Texts(texts) => texts.bytes(),
        }
    }

    pub fn insert(&mut self, at: usize, cell: &Cell) {
        let form = self.form;
        match &mut self.values {
            Values::Ints(ints) => ints.insert(at, cell.int()),
            Values::Texts(texts) => with_bytes(form, cell, |bytes| texts.insert(at, bytes)),
        }
    }

    pub fn set(&mut self, at: usize, cell: &Cell) {
        let form = self.form;
        match &mut self.values {
            Values::Ints(ints) => ints.set(at, cell.int()),
            Values::Texts(texts) => with_bytes(form, cell, |bytes| texts.set(at, bytes)),
        }
    }

    pub fn retain(&mut self, keep: &[bool]) {
        match &mut self.values {
            Values::Ints(ints) => ints.retain(keep),
            Values::Texts(texts) => texts.retain(keep),
        }
    }

    pub fn rearranged(self, places: &[Option<u32>]) -> Column {
        let values = match self.values {
            Values::Ints(ints) => Values::Ints(ints.rearranged(places)),
            Values::Texts(texts) => Values::Texts(texts.rearranged(places)),
        };
        Column { values, ..self }
    }

    pub fn tidy(&mut self) {
        if let Values::Texts(texts) = &mut self.values {
            texts.tidy();
        }
    }

    pub fn shrink(&mut self) {
        match &mut self.values {
            Values::Ints(ints) => ints.shrink(),
            Values::Texts(texts) => texts.shrink(),
        }
    }

    /// Whether the column is sound and can take another value of this many bytes.
    pub fn has_room(&self, bytes: usize) -> bool {
        match &self.values {
            Values::Ints(ints) => !ints.is_odd(),
            Values::Texts(texts) => texts.entries().has_room(bytes),
        }
    }

    pub fn cell(&self, at: usize) -> Cell {
        match &self.values {
            Values::Ints(ints) => ints.get(at).into(),
            Values::Texts(texts) => texts
                .get(at)
                .map_or(Cell::Null, |bytes| self.cell_of(bytes)),
        }
    }

    /// The cell of bytes as they are kept; every text came in as one.
    pub fn cell_of(&self, bytes: &[u8]) -> Cell {
        match self.ty {
            ColumnType::Id => Uuid::from_slice(bytes).map_or(Cell::Null, Cell::Id),
            ColumnType::Bytes => Cell::Bytes(bytes.to_vec()),
            _ => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
        }
    }

    /// Two rows in ascending order, nulls last.
    pub fn compare(&self, left: usize, right: usize) -> Ordering {
        match &self.values {
            Values::Ints(ints) => nulls_last(ints.get(left), ints.get(right)),
            Values::Texts(texts) => {
                let (left, right) = (texts.code(left), texts.code(right));
                if left == right {
                    return Ordering::Equal;
                }
                let bytes = |code: Option<u32>| code.map(|code| texts.entries().get(code));
                nulls_last(bytes(left), bytes(right))
            }
        }
    }

    /// A row and a cell in ascending order, nulls last; the cell is null or of the column's type.
    pub fn compare_cell(&self, at: usize, cell: &Cell) -> Ordering {
        match &self.values {
            Values::Ints(ints) => nulls_last(ints.get(at), cell.int()),
            Values::Texts(texts) => nulls_last(texts.get(at), bytes_of(cell)),
        }
    }

    pub fn is_null(&self, at: usize) -> bool {
        match &self.values {
            Values::Ints(ints) => ints.get(at).is_none(),
            Values::Texts(texts) => texts.code(at).is_none(),
        }
    }
}

/// Whether a column of this type can hold the cell.
pub(crate) fn suits(ty: ColumnType, cell: &Cell) -> bool {
    matches!(
        (ty, cell),
        (_, Cell::Null)
            | (ColumnType::Int, Cell::Int(_))
            | (ColumnType::Text, Cell::Text(_))
            | (ColumnType::Bytes, Cell::Bytes(_))
            | (ColumnType::Id, Cell::Id(_))
    )
}

pub(crate) fn bytes_of(cell: &Cell) -> Option<&[u8]> {
    match cell {
        Cell::Text(text) => Some(text.as_bytes()),
        Cell::Bytes(bytes) => Some(bytes),
        Cell::Id(id) => Some(id.as_bytes()),
        Cell::Null | Cell::Int(_) => None,
    }
}

fn with_bytes(form: Form, cell: &Cell, body: impl FnOnce(Option<&[u8]>)) {
    match (form, cell) {
        (Form::Folded, Cell::Text(text)) => body(Some(text::fold(text).as_bytes())),
        _ => body(bytes_of(cell)),
    }
}

fn nulls_last<T: Ord>(left: Option<T>, right: Option<T>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}
