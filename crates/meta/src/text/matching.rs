//! Whether a text holds a term: the exact rule behind the tokens.

use super::cells::{Cell, Gap, Kind};
use super::han;
use super::syllables::{Manner, initial_lengths};

/// One run of a term; the runs of a term follow each other without anything between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// Characters found anywhere.
    Grams(Vec<char>),
    /// `a`–`z`: a word's beginning, or pinyin.
    Letters(String),
    /// Letters with digits, or at most two digits: a word's beginning.
    Word(String),
    /// Three digits or more: any piece of a number.
    Digits(String),
}

/// Cells of a text that a term takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub first: usize,
    /// One beyond the last.
    pub end: usize,
    pub by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    Letter,
    Sound,
}

/// The best place of a term: literally before by sound, then the first.
pub(super) fn find(segments: &[Segment], cells: &[Cell]) -> Option<Found> {
    let mut by_sound = None;
    for first in 0..cells.len() {
        match fits(segments, cells, first, By::Letter) {
            Some((end, By::Letter)) => {
                return Some(Found {
                    first,
                    end,
                    by: By::Letter,
                });
            }
            Some((end, by)) if by_sound.is_none() => by_sound = Some(Found { first, end, by }),
            _ => {}
        }
    }
    by_sound
}

/// Whether the segments stand from cell `at` on; the end and the way.
fn fits(segments: &[Segment], cells: &[Cell], at: usize, by: By) -> Option<(usize, By)> {
    let Some((segment, rest)) = segments.split_first() else {
        return Some((at, by));
    };
    match segment {
        Segment::Grams(grams) => {
            let here = cells.get(at..at + grams.len())?;
            let same = here.iter().zip(grams).all(|(cell, c)| cell.c == *c);
            if same {
                fits(rest, cells, at + grams.len(), by)
            } else {
                None
            }
        }
        Segment::Word(letters) => {
            let end = literal(letters, cells, at).filter(|_| cells[at].word_start)?;
            fits(rest, cells, end, by)
        }
        Segment::Digits(digits) => {
            let end = grouped(digits, cells, at)?;
            fits(rest, cells, end, by)
        }
        Segment::Letters(letters) => {
            let end = literal(letters, cells, at).filter(|_| cells[at].word_start);
            if let Some(found) = end.and_then(|end| fits(rest, cells, end, by)) {
                return Some(found);
            }
            sounds(
                Typed {
                    letters,
                    manner: Manner::Begin,
                },
                rest,
                cells,
                at,
            )
        }
    }
}

/// The same characters without anything between.
fn literal(letters: &str, cells: &[Cell], at: usize) -> Option<usize> {
    let end = at + letters.len();
    let here = cells.get(at..end)?;
    let same = here
        .iter()
        .zip(letters.chars())
        .all(|(cell, c)| cell.c == c);
    let joined = here[1..].iter().all(|cell| cell.gap == Gap::None);
    (same && joined).then_some(end)
}

/// The same digits, with grouping marks between them at most.
fn grouped(digits: &str, cells: &[Cell], at: usize) -> Option<usize> {
    let end = at + digits.len();
    let here = cells.get(at..end)?;
    let same = here.iter().zip(digits.chars()).all(|(cell, c)| cell.c == c);
    let joined = here[1..].iter().all(|cell| cell.gap != Gap::Other);
    (same && joined).then_some(end)
}

/// Letters of a segment that are still to be read as pinyin.
#[derive(Clone, Copy)]
struct Typed<'a> {
    letters: &'a str,
    manner: Manner,
}

impl<'a> Typed<'a> {
    fn after(self, length: usize, manner: Option<Manner>) -> Option<Typed<'a>> {
        Some(Typed {
            letters: &self.letters[length..],
            manner: manner?,
        })
    }
}

fn sounds(typed: Typed, rest: &[Segment], cells: &[Cell], at: usize) -> Option<(usize, By)> {
    if typed.letters.is_empty() {
        return fits(rest, cells, at, By::Sound);
    }
    let cell = cells.get(at).filter(|cell| cell.kind == Kind::Gram)?;
    let entry = cell.han?;
    let first_letter = typed.letters.as_bytes()[0].wrapping_sub(b'a');
    if first_letter > 25 || entry.initials & (1 << first_letter) == 0 {
        return None;
    }
    for reading in entry.readings() {
        let syllable = han::syllable(*reading);
        let length = if typed.letters.starts_with(syllable) {
            syllable.len()
        } else if syllable.starts_with(typed.letters) {
            typed.letters.len()
        } else {
            continue;
        };
        let next = typed.after(length, typed.manner.whole());
        if let Some(found) = next.and_then(|next| sounds(next, rest, cells, at + 1)) {
            return Some(found);
        }
    }
    for length in initial_lengths(typed.letters) {
        let initial = &typed.letters[..length];
        let heard = entry
            .readings()
            .iter()
            .any(|r| han::syllable(*r).starts_with(initial));
        let next = typed
            .after(length, typed.manner.initial())
            .filter(|_| heard);
        if let Some(found) = next.and_then(|next| sounds(next, rest, cells, at + 1)) {
            return Some(found);
        }
    }
    None
}
