//! From a condition to what is done to blocks of rows: ranges of raw numbers, and one truth per different text.

use crate::column::{Column, Form, Need, Values, bytes_of, suits};
use crate::data::Data;
use crate::ints::{Ints, Lane, Raw};
use crate::texts::{Codes, Texts};
use guanxi_meta::{Cell, ColumnType};
use guanxi_query::cond::{Cond, Op, Operand};
use std::cmp::Ordering;
use std::collections::HashSet;

/// A condition over the rows of one copy.
pub(crate) enum Node<'a> {
    Const(bool),
    All(Vec<Node<'a>>),
    Any(Vec<Node<'a>>),
    Not(Box<Node<'a>>),
    Range8(Range<'a, u8>),
    Range16(Range<'a, u16>),
    Range32(Range<'a, u32>),
    Range64(Range<'a, i64>),
    /// One truth per number; the last is that of null.
    Table8(&'a [u8], Vec<u8>),
    Table16(&'a [u16], Vec<u8>),
    Table32(&'a [u32], Vec<u8>),
    Set32(&'a [u32], HashSet<u32>),
    Set64(&'a [i64], HashSet<i64>),
    /// Rows by their places, ascending.
    Places(Vec<u32>),
    Pair(&'a Column, &'a Column, Op),
}

/// Raw values from `low` to `low + span`.
pub(crate) struct Range<'a, T> {
    pub raw: &'a [T],
    pub low: T,
    pub span: T,
}

/// The `seq` of a row, which every table has beside its columns.
pub(crate) const SEQ: &str = "seq";

/// Values that are compared one by one; more are looked up.
const FEW: usize = 4;

/// The columns that the condition reads, in the form in which it does.
pub(crate) fn needs(cond: &Cond, out: &mut Vec<Need>) {
    let mut need = |need: Need| {
        if need.column != SEQ && !out.contains(&need) {
            out.push(need);
        }
    };
    match cond {
        Cond::True | Cond::False | Cond::Among { .. } => {}
        Cond::All(parts) | Cond::Any(parts) => parts.iter().for_each(|part| needs(part, out)),
        Cond::Not(inner) => needs(inner, out),
        Cond::Compare { column, with, .. } => {
            need(Need::exact(column));
            if let Operand::Column(other) = with {
                need(Need::exact(other));
            }
        }
        Cond::In { column, .. } | Cond::Null { column } | Cond::ListHas { column, .. } => {
            need(Need::exact(column))
        }
        Cond::Contains { column, .. } | Cond::StartsWith { column, .. } => {
            need(Need::folded(column))
        }
    }
}

impl Data {
    /// The condition over these rows; `None` where only the database knows the answer.
    pub fn plan<'a>(&'a self, cond: &Cond) -> Option<Node<'a>> {
        Some(match cond {
            Cond::True => Node::Const(true),
            Cond::False => Node::Const(false),
            Cond::All(parts) => Node::All(self.plans(parts)?),
            Cond::Any(parts) => Node::Any(self.plans(parts)?),
            Cond::Not(inner) => Node::Not(Box::new(self.plan(inner)?)),
            Cond::Among { .. } => return None,
            Cond::Compare {
                column,
                op,
                with: Operand::Cell(cell),
            } => self.compare(column, *op, cell)?,
            Cond::Compare {
                column,
                op,
                with: Operand::Column(other),
            } => {
                let (left, right) = (self.exact(column)?, self.exact(other)?);
                (left.ty == right.ty).then_some(Node::Pair(left, right, *op))?
            }
            Cond::In { column, cells } => self.among(column, cells)?,
            Cond::Null { column } if column == SEQ => Node::Const(false),
            Cond::Null { column } => null(self.exact(column)?),
            Cond::Contains { column, folded } => self.contains(column, folded)?,
            Cond::StartsWith { column, folded } => {
                let texts = self.folded(column)?;
                truths(
                    texts,
                    texts
                        .entries()
                        .iter()
                        .map(|text| text.starts_with(folded.as_bytes())),
                )
            }
            Cond::ListHas { column, item } => {
                let texts = texts_of(self.exact(column)?)?;
                truths(
                    texts,
                    texts.entries().iter().map(|text| list_has(text, item)),
                )
            }
        })
    }

    fn plans<'a>(&'a self, parts: &[Cond]) -> Option<Vec<Node<'a>>> {
        parts.iter().map(|part| self.plan(part)).collect()
    }

    fn exact(&self, column: &str) -> Option<&Column> {
        self.column(&Need::exact(column))
            .filter(|column| column.has_room(0))
    }

    fn folded(&self, column: &str) -> Option<&Texts> {
        self.column(&Need::folded(column))
            .filter(|column| column.form == Form::Folded)
            .and_then(texts_of)
    }

    fn compare<'a>(&'a self, column: &str, op: Op, cell: &Cell) -> Option<Node<'a>> {
        if cell.is_null() {
            return Some(Node::Const(false));
        }
        if column == SEQ {
            let (low, high) = bounds(op, cell.int()?);
            return Some(seq_range(&self.seqs, low, high));
        }
        let column = self.exact(column)?;
        if !suits(column.ty, cell) {
            return None;
        }
        Some(match &column.values {
            Values::Ints(ints) => {
                let (low, high) = bounds(op, cell.int()?);
                range(ints, low, high)
            }
            Values::Texts(texts) => {
                let value = bytes_of(cell)?;
                truths(
                    texts,
                    texts
                        .entries()
                        .iter()
                        .map(|text| holds(op, text.cmp(value))),
                )
            }
        })
    }

    fn among<'a>(&'a self, column: &str, cells: &[Cell]) -> Option<Node<'a>> {
        if column == SEQ {
            let mut places: Vec<u32> = cells
                .iter()
                .filter_map(Cell::int)
                .filter_map(|seq| self.position(seq))
                .collect();
            places.sort_unstable();
            places.dedup();
            return Some(Node::Places(places));
        }
        let column = self.exact(column)?;
        // The databases have rules of their own for lists of several types.
        if !cells.iter().all(|cell| suits(column.ty, cell)) {
            return None;
        }
        Some(match &column.values {
            Values::Ints(ints) => int_among(ints, cells.iter().filter_map(Cell::int).collect()),
            Values::Texts(texts) => {
                let wanted: HashSet<&[u8]> = cells.iter().filter_map(bytes_of).collect();
                truths(
                    texts,
                    texts.entries().iter().map(|text| wanted.contains(text)),
                )
            }
        })
    }

    fn contains<'a>(&'a self, column: &str, folded: &str) -> Option<Node<'a>> {
        let texts = self.folded(column)?;
        if folded.is_empty() {
            return Some(truths(texts, texts.entries().iter().map(|_| true)));
        }
        let mut truth = vec![0; texts.entries().len() + 1];
        texts
            .entries()
            .find(folded.as_bytes(), |entry| truth[entry] = 1);
        Some(by_truth(texts, truth))
    }
}

fn texts_of(column: &Column) -> Option<&Texts> {
    match &column.values {
        Values::Texts(texts) if column.ty == ColumnType::Text => Some(texts),
        _ => None,
    }
}

pub(crate) fn holds(op: Op, ordering: Ordering) -> bool {
    match op {
        Op::Equal => ordering.is_eq(),
        Op::Less => ordering.is_lt(),
        Op::LessOrEqual => ordering.is_le(),
        Op::Greater => ordering.is_gt(),
        Op::GreaterOrEqual => ordering.is_ge(),
    }
}

/// The least and the greatest number for which the comparison holds; the first above the second when none does.
fn bounds(op: Op, value: i64) -> (i64, i64) {
    match op {
        Op::Equal => (value, value),
        Op::Less => value.checked_sub(1).map_or((1, 0), |high| (i64::MIN, high)),
        Op::LessOrEqual => (i64::MIN, value),
        Op::Greater => value.checked_add(1).map_or((1, 0), |low| (low, i64::MAX)),
        Op::GreaterOrEqual => (value, i64::MAX),
    }
}

fn seq_range(seqs: &[u32], low: i64, high: i64) -> Node<'_> {
    let low = low.max(0);
    let high = high.min(i64::from(u32::MAX));
    if low > high {
        return Node::Const(false);
    }
    Node::Range32(Range {
        raw: seqs,
        low: low as u32,
        span: (high - low) as u32,
    })
}

fn range(ints: &Ints, low: i64, high: i64) -> Node<'_> {
    let Some((low, span)) = ints.window(low, high).filter(|_| low <= high) else {
        return Node::Const(false);
    };
    match ints.raw() {
        Raw::B8(raw) => Node::Range8(Range {
            raw,
            low: low as u8,
            span: span as u8,
        }),
        Raw::B16(raw) => Node::Range16(Range {
            raw,
            low: low as u16,
            span: span as u16,
        }),
        Raw::B32(raw) => Node::Range32(Range {
            raw,
            low: low as u32,
            span: span as u32,
        }),
        Raw::B64(raw) => Node::Range64(Range { raw, low, span }),
    }
}

fn null(column: &Column) -> Node<'_> {
    match &column.values {
        Values::Ints(ints) => match ints.raw() {
            Raw::B8(raw) => Node::Range8(exactly(raw, u8::NULL, 0)),
            Raw::B16(raw) => Node::Range16(exactly(raw, u16::NULL, 0)),
            Raw::B32(raw) => Node::Range32(exactly(raw, u32::NULL, 0)),
            Raw::B64(raw) => Node::Range64(exactly(raw, i64::NULL, 0)),
        },
        Values::Texts(texts) => match texts.codes() {
            Codes::B8(raw) => Node::Range8(exactly(raw, u8::NULL, 0)),
            Codes::B16(raw) => Node::Range16(exactly(raw, u16::NULL, 0)),
            Codes::B32(raw) => Node::Range32(exactly(raw, u32::NULL, 0)),
        },
    }
}

fn exactly<T>(raw: &[T], low: T, span: T) -> Range<'_, T> {
    Range { raw, low, span }
}

fn int_among(ints: &Ints, mut wanted: Vec<i64>) -> Node<'_> {
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.len() <= FEW {
        return any(wanted.into_iter().map(|value| range(ints, value, value)));
    }
    let raws = wanted
        .into_iter()
        .filter_map(|value| ints.window(value, value))
        .map(|(raw, _)| raw);
    match ints.raw() {
        Raw::B8(raw) => Node::Table8(raw, table(raws, usize::from(u8::MAX) + 1)),
        Raw::B16(raw) => Node::Table16(raw, table(raws, usize::from(u16::MAX) + 1)),
        Raw::B32(raw) => Node::Set32(raw, raws.map(|raw| raw as u32).collect()),
        Raw::B64(raw) => Node::Set64(raw, raws.collect()),
    }
}

fn any<'a>(nodes: impl Iterator<Item = Node<'a>>) -> Node<'a> {
    let mut nodes: Vec<Node<'a>> = nodes
        .filter(|node| !matches!(node, Node::Const(false)))
        .collect();
    match nodes.len() {
        0 => Node::Const(false),
        1 => nodes.swap_remove(0),
        _ => Node::Any(nodes),
    }
}

fn table(raws: impl Iterator<Item = i64>, size: usize) -> Vec<u8> {
    let mut table = vec![0; size];
    for raw in raws {
        table[raw as usize] = 1;
    }
    table
}

/// Where the row's text is one for which `truth` holds.
fn truths<'a>(texts: &'a Texts, truth: impl Iterator<Item = bool>) -> Node<'a> {
    by_truth(texts, truth.map(u8::from).chain([0]).collect())
}

/// One truth per entry, then that of null.
fn by_truth(texts: &Texts, mut truth: Vec<u8>) -> Node<'_> {
    let held: Vec<usize> = truth
        .iter()
        .enumerate()
        .filter(|(_, truth)| **truth == 1)
        .map(|(code, _)| code)
        .take(FEW + 1)
        .collect();
    if held.len() <= FEW {
        return any(held.into_iter().map(|code| match texts.codes() {
            Codes::B8(raw) => Node::Range8(exactly(raw, code as u8, 0)),
            Codes::B16(raw) => Node::Range16(exactly(raw, code as u16, 0)),
            Codes::B32(raw) => Node::Range32(exactly(raw, code as u32, 0)),
        }));
    }
    match texts.codes() {
        Codes::B8(raw) => {
            truth.resize(usize::from(u8::MAX) + 1, 0);
            Node::Table8(raw, truth)
        }
        Codes::B16(raw) => {
            truth.resize(usize::from(u16::MAX) + 1, 0);
            Node::Table16(raw, truth)
        }
        Codes::B32(raw) => Node::Table32(raw, truth),
    }
}

/// Whether a JSON array of strings has this one.
fn list_has(text: &[u8], item: &str) -> bool {
    // Most lists do not have it, and most are written without escapes: then one look is enough.
    let plain = !text.contains(&b'\\')
        && !item.contains(['"', '\\'])
        && !item.chars().any(char::is_control);
    if plain && memchr::memmem::find(text, item.as_bytes()).is_none() {
        return false;
    }
    let items: Result<Vec<serde_json::Value>, _> = serde_json::from_slice(text);
    items.is_ok_and(|items| items.iter().any(|one| one.as_str() == Some(item)))
}
