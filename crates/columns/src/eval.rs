//! Conditions over blocks of rows, as one byte of truth per row: loops without branches, which the compiler makes
//! wide ones of.

use crate::ints::Lane;
use crate::plan::{Node, Range, holds};

/// Rows that are looked at together: masks of a few levels stay in the nearest cache.
pub(crate) const BLOCK: usize = 2_048;

impl Node<'_> {
    /// The truth of the rows from `start` on, as many as `out` is long; each is 0 or 1.
    pub fn eval(&self, start: usize, out: &mut [u8]) {
        let end = start + out.len();
        match self {
            Node::Const(truth) => out.fill(u8::from(*truth)),
            Node::All(parts) => all(parts, start, out),
            Node::Any(parts) => any(parts, start, out),
            Node::Not(inner) => {
                inner.eval(start, out);
                out.iter_mut().for_each(|truth| *truth ^= 1);
            }
            Node::Range8(range) => within(range, start, out),
            Node::Range16(range) => within(range, start, out),
            Node::Range32(range) => within(range, start, out),
            Node::Range64(range) => within(range, start, out),
            Node::Table8(raw, table) => {
                look_up(&raw[start..end], out, |raw| table[usize::from(raw)])
            }
            Node::Table16(raw, table) => {
                look_up(&raw[start..end], out, |raw| table[usize::from(raw)])
            }
            Node::Table32(raw, table) => {
                let null = table.len() - 1;
                look_up(&raw[start..end], out, |raw| table[(raw as usize).min(null)]);
            }
            Node::Set32(raw, set) => {
                look_up(&raw[start..end], out, |raw| u8::from(set.contains(&raw)))
            }
            Node::Set64(raw, set) => {
                look_up(&raw[start..end], out, |raw| u8::from(set.contains(&raw)))
            }
            Node::Places(places) => {
                out.fill(0);
                let first = places.partition_point(|at| (*at as usize) < start);
                for at in places[first..]
                    .iter()
                    .take_while(|at| (**at as usize) < end)
                {
                    out[*at as usize - start] = 1;
                }
            }
            Node::Pair(left, right, op) => {
                for (at, truth) in (start..).zip(out.iter_mut()) {
                    let filled = !left.is_null(at) && !right.is_null(at);
                    *truth = u8::from(filled && holds(*op, left.compare_cell(at, &right.cell(at))));
                }
            }
        }
    }

    /// The truth of one row.
    pub fn holds(&self, at: usize) -> bool {
        let mut truth = [0];
        self.eval(at, &mut truth);
        truth[0] == 1
    }
}

fn within<T: Lane>(range: &Range<'_, T>, start: usize, out: &mut [u8]) {
    let (low, span) = (range.low, range.span);
    look_up(&range.raw[start..start + out.len()], out, |raw| {
        u8::from(raw.within(low, span))
    });
}

#[inline(always)]
fn look_up<T: Copy>(raw: &[T], out: &mut [u8], truth: impl Fn(T) -> u8) {
    for (raw, out) in raw.iter().zip(out) {
        *out = truth(*raw);
    }
}

fn all(parts: &[Node<'_>], start: usize, out: &mut [u8]) {
    let Some((first, rest)) = parts.split_first() else {
        return out.fill(1);
    };
    first.eval(start, out);
    let mut other = [0; BLOCK];
    let other = &mut other[..out.len()];
    for part in rest {
        if !out.contains(&1) {
            return;
        }
        part.eval(start, other);
        out.iter_mut()
            .zip(&*other)
            .for_each(|(truth, other)| *truth &= other);
    }
}

fn any(parts: &[Node<'_>], start: usize, out: &mut [u8]) {
    let Some((first, rest)) = parts.split_first() else {
        return out.fill(0);
    };
    first.eval(start, out);
    let mut other = [0; BLOCK];
    let other = &mut other[..out.len()];
    for part in rest {
        part.eval(start, other);
        out.iter_mut()
            .zip(&*other)
            .for_each(|(truth, other)| *truth |= other);
    }
}

/// How many bytes of a mask are 1.
pub(crate) fn ones(mask: &[u8]) -> u64 {
    // In pieces whose sum fits a byte, so that 16 of them are added at a time.
    mask.chunks(255 * 16)
        .map(|piece| {
            let mut sums = [0_u8; 16];
            let mut lanes = piece.chunks_exact(16);
            for lane in &mut lanes {
                sums.iter_mut()
                    .zip(lane)
                    .for_each(|(sum, truth)| *sum += truth);
            }
            let rest: u64 = lanes
                .remainder()
                .iter()
                .map(|truth| u64::from(*truth))
                .sum();
            rest + sums.iter().map(|sum| u64::from(*sum)).sum::<u64>()
        })
        .sum()
}

/// Calls `body` with the rows of a mask that are 1, ascending.
#[inline]
pub(crate) fn each_row(mask: &[u8], start: usize, mut body: impl FnMut(u32)) {
    // Eight at a time: mostly none of them is 1.
    let (words, rest) = mask.as_chunks::<8>();
    for (word, at) in words.iter().zip(0_u32..) {
        let mut left = u64::from_le_bytes(*word);
        while left != 0 {
            body(start as u32 + at * 8 + left.trailing_zeros() / 8);
            left &= left - 1;
        }
    }
    let first = start + mask.len() - rest.len();
    for (truth, place) in rest.iter().zip(first as u32..) {
        if *truth == 1 {
            body(place);
        }
    }
}

/// The same, descending.
#[inline]
pub(crate) fn each_row_back(mask: &[u8], start: usize, mut body: impl FnMut(u32)) {
    let (words, rest) = mask.as_chunks::<8>();
    let first = (start + mask.len() - rest.len()) as u32;
    for (place, truth) in rest.iter().enumerate().rev() {
        if *truth == 1 {
            body(first + place as u32);
        }
    }
    for (at, word) in words.iter().enumerate().rev() {
        let mut left = u64::from_le_bytes(*word);
        while left != 0 {
            let highest = 63 - left.leading_zeros();
            body((start + at * 8) as u32 + highest / 8);
            left ^= 1 << highest;
        }
    }
}
