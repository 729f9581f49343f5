//! A text as a row of cells: the folded characters that count, each with its place in the original.
//!
//! Indexing and verifying read the same cells, so what one offers the other accepts.

use super::fold::{fold_fully, fold_simple};
use super::han::{self, Entry};
use unicode_normalization::char::is_combining_mark;

/// Characters of one text that are indexed and searched; a longer text is found by its beginning.
pub(super) const CELLS_LIMIT: usize = 2_000;

/// One letter, digit or ideograph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// The folded character.
    pub c: char,
    pub kind: Kind,
    pub gap: Gap,
    /// Whether a word, or the digits or letters within it, begin here.
    pub word_start: bool,
    /// Bytes of the original text.
    pub from: u32,
    pub to: u32,
    pub han: Option<&'static Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Letter,
    Digit,
    /// Found by every substring: Han, any other script than Latin, and pictures.
    Gram,
}

/// What was left out before a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    /// One or two of the marks with which people group the digits of a number.
    Number,
    Other,
}

/// Cuts a text into cells.
pub(super) fn cells(text: &str) -> Vec<Cell> {
    let mut row = Row {
        cells: Vec::with_capacity(text.len() / 2 + 4),
        gap: Gap::None,
        marks: 0,
    };
    let mut rest = text.char_indices().peekable();
    while let Some((from, c)) = rest.next() {
        if row.cells.len() >= CELLS_LIMIT {
            break;
        }
        // A mark after the character (never below U+0300) makes one cluster of both.
        let marked = rest
            .peek()
            .is_some_and(|(_, next)| *next >= '\u{300}' && is_mark(*next));
        if !marked && let Some(simple) = fold_simple(c) {
            row.push(simple, from, from + c.len_utf8());
            continue;
        }
        let mut to = from + c.len_utf8();
        while let Some((at, mark)) = rest.next_if(|(_, next)| is_mark(*next)) {
            to = at + mark.len_utf8();
        }
        for folded in fold_fully(&text[from..to]).chars() {
            row.push(folded, from, to);
        }
    }
    row.cells
}

#[inline]
fn is_mark(c: char) -> bool {
    fold_simple(c).is_none() && is_combining_mark(c)
}

struct Row {
    cells: Vec<Cell>,
    gap: Gap,
    marks: u8,
}

impl Row {
    #[inline]
    fn push(&mut self, c: char, from: usize, to: usize) {
        let han = han::entry(c);
        let kind = match c {
            'a'..='z' => Kind::Letter,
            '0'..='9' => Kind::Digit,
            _ if han.is_some() || c.is_alphanumeric() || is_picture(c) => Kind::Gram,
            _ => return self.leave_out(c),
        };
        let gap = self.gap;
        let word_start = kind != Kind::Gram
            && (gap != Gap::None || self.cells.last().is_none_or(|last| last.kind != kind));
        let (from, to) = (offset(from), offset(to));
        self.cells.push(Cell {
            c,
            kind,
            gap,
            word_start,
            from,
            to,
            han,
        });
        self.gap = Gap::None;
        self.marks = 0;
    }

    fn leave_out(&mut self, c: char) {
        self.marks = self.marks.saturating_add(1);
        let groups = matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '+' | '‐' | '–' | '—');
        self.gap = if groups && self.gap != Gap::Other && self.marks <= 2 {
            Gap::Number
        } else {
            Gap::Other
        };
    }
}

/// Whether the character is one of the signs that people put into names: ★ ☎ 😀.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{2b50}'..='\u{2b55}' | '\u{1f000}'..='\u{1faff}')
}

/// Texts are far below 4 GiB; an offset beyond only makes the excerpt wrong, never the answer.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// One number of a text: digits with nothing but grouping marks between them.
pub(super) struct Number {
    pub digits: String,
    /// Index of the first cell; the number takes `digits.len()` cells.
    pub first: usize,
}

/// The numbers of at least three digits, in order.
pub(super) fn numbers(cells: &[Cell]) -> Vec<Number> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < cells.len() {
        if cells[index].kind != Kind::Digit {
            index += 1;
            continue;
        }
        let count = 1 + cells[index + 1..]
            .iter()
            .take_while(|cell| cell.kind == Kind::Digit && cell.gap != Gap::Other)
            .count();
        if count >= 3 {
            let digits = cells[index..index + count]
                .iter()
                .map(|cell| cell.c)
                .collect();
            found.push(Number {
                digits,
                first: index,
            });
        }
        index += count;
    }
    found
}
