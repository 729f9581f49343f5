//! Texts, byte keys and ids: each different one is kept once, rows hold its number. Where nearly every row has one
//! of its own, looking for equal ones would cost more than it saves, so none is looked for.

use crate::ints::{Lane, put_in, retain};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// The numbers of the rows' entries, as wide as they need to be.
#[derive(Debug, Clone)]
pub(crate) enum Codes {
    B8(Vec<u8>),
    B16(Vec<u16>),
    B32(Vec<u32>),
}

/// A column of byte strings that may be null.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    codes: Codes,
    entries: Entries,
    /// None where entries are not looked for: then two entries may be equal.
    index: Option<Index>,
    /// Entries that a tidying up counted or would not have counted: past twice this, the unused are thrown out.
    tidy_at: usize,
}

/// From here on a column is looked at whether its texts repeat at all.
const MANY: usize = 32_768;

impl Texts {
    pub fn new() -> Texts {
        Texts {
            codes: Codes::B8(Vec::new()),
            entries: Entries::default(),
            index: Some(Index::default()),
            tidy_at: MANY,
        }
    }

    pub fn len(&self) -> usize {
        match &self.codes {
            Codes::B8(list) => list.len(),
            Codes::B16(list) => list.len(),
            Codes::B32(list) => list.len(),
        }
    }

    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    pub fn bytes(&self) -> usize {
        let codes = match &self.codes {
            Codes::B8(list) => list.capacity(),
            Codes::B16(list) => list.capacity() * 2,
            Codes::B32(list) => list.capacity() * 4,
        };
        let index = self
            .index
            .as_ref()
            .map_or(0, |index| index.slots.capacity() * 4);
        codes + index + self.entries.bytes()
    }

    /// The number of the row's entry; `None` for null.
    pub fn code(&self, at: usize) -> Option<u32> {
        match &self.codes {
            Codes::B8(list) => (list[at] != u8::NULL).then(|| u32::from(list[at])),
            Codes::B16(list) => (list[at] != u16::NULL).then(|| u32::from(list[at])),
            Codes::B32(list) => (list[at] != u32::NULL).then_some(list[at]),
        }
    }

    pub fn get(&self, at: usize) -> Option<&[u8]> {
        self.code(at).map(|code| self.entries.get(code))
    }

    pub fn insert(&mut self, at: usize, value: Option<&[u8]>) {
        let code = self.room_for(value);
        match &mut self.codes {
            Codes::B8(list) => put_in(list, at, code.map_or(u8::NULL, |code| code as u8)),
            Codes::B16(list) => put_in(list, at, code.map_or(u16::NULL, |code| code as u16)),
            Codes::B32(list) => put_in(list, at, code.unwrap_or(u32::NULL)),
        }
    }

    pub fn set(&mut self, at: usize, value: Option<&[u8]>) {
        if self.get(at) == value {
            return;
        }
        let code = self.room_for(value);
        match &mut self.codes {
            Codes::B8(list) => list[at] = code.map_or(u8::NULL, |code| code as u8),
            Codes::B16(list) => list[at] = code.map_or(u16::NULL, |code| code as u16),
            Codes::B32(list) => list[at] = code.unwrap_or(u32::NULL),
        }
    }

    /// Keeps the rows for which `keep` says so.
    pub fn retain(&mut self, keep: &[bool]) {
        match &mut self.codes {
            Codes::B8(list) => retain(list, keep),
            Codes::B16(list) => retain(list, keep),
            Codes::B32(list) => retain(list, keep),
        }
    }

    /// The rows in these places of the old column; none is null.
    pub fn rearranged(self, places: &[Option<u32>]) -> Texts {
        fn pick<T: Lane>(list: &[T], places: &[Option<u32>]) -> Vec<T> {
            places
                .iter()
                .map(|place| place.map_or(T::NULL, |at| list[at as usize]))
                .collect()
        }
        let codes = match &self.codes {
            Codes::B8(list) => Codes::B8(pick(list, places)),
            Codes::B16(list) => Codes::B16(pick(list, places)),
            Codes::B32(list) => Codes::B32(pick(list, places)),
        };
        Texts { codes, ..self }
    }

    pub fn shrink(&mut self) {
        match &mut self.codes {
            Codes::B8(list) => list.shrink_to_fit(),
            Codes::B16(list) => list.shrink_to_fit(),
            Codes::B32(list) => list.shrink_to_fit(),
        }
        self.entries.bytes.shrink_to_fit();
        self.entries.ends.shrink_to_fit();
    }

    /// Throws out entries that no row has any more, when at least half may be such.
    pub fn tidy(&mut self) {
        if self.entries.len() < self.tidy_at.saturating_mul(2) {
            return;
        }
        let mut used = vec![false; self.entries.len()];
        for at in 0..self.len() {
            if let Some(code) = self.code(at) {
                used[code as usize] = true;
            }
        }
        let alive = used.iter().filter(|used| **used).count();
        self.tidy_at = alive.max(MANY);
        if alive * 2 > used.len() {
            return;
        }
        let mut anew = Texts {
            tidy_at: self.tidy_at,
            ..Texts::new()
        };
        for at in 0..self.len() {
            anew.insert(at, self.get(at));
        }
        anew.shrink();
        *self = anew;
    }

    /// The number of the entry for this value, after the codes were widened if they had to be.
    fn room_for(&mut self, value: Option<&[u8]>) -> Option<u32> {
        let value = value?;
        let known = match &self.index {
            Some(index) => index.lookup(&self.entries, value),
            None => None,
        };
        if let Some(code) = known {
            return Some(code);
        }
        let code = self.entries.push(value);
        if let Some(index) = &mut self.index {
            index.insert(&self.entries, code);
            if self.entries.len() >= MANY && self.entries.len() * 2 > self.len() {
                self.index = None;
            }
        }
        match &self.codes {
            Codes::B8(list) if code >= u32::from(u8::NULL) => {
                let wide = |code: &u8| {
                    if *code == u8::NULL {
                        u16::NULL
                    } else {
                        u16::from(*code)
                    }
                };
                self.codes = Codes::B16(list.iter().map(wide).collect());
            }
            Codes::B16(list) if code >= u32::from(u16::NULL) => {
                let wide = |code: &u16| {
                    if *code == u16::NULL {
                        u32::NULL
                    } else {
                        u32::from(*code)
                    }
                };
                self.codes = Codes::B32(list.iter().map(wide).collect());
            }
            _ => {}
        }
        Some(code)
    }
}

/// The different byte strings, one behind the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    /// Each followed by [`SEPARATOR`], which no UTF-8 text contains.
    bytes: Vec<u8>,
    /// Where the separator of each stands.
    ends: Vec<u32>,
    /// The first eight bytes of each, once an order was asked for: mostly they decide, and lie close together.
    heads: OnceLock<Vec<u64>>,
}

/// The first eight bytes as a number that compares as they do; what they leave open the rest decides.
pub(crate) fn head(text: &[u8]) -> u64 {
    let mut first = [0; 8];
    let bytes = text.len().min(first.len());
    first[..bytes].copy_from_slice(&text[..bytes]);
    u64::from_be_bytes(first)
}

const SEPARATOR: u8 = 0xff;

impl Entries {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, code: u32) -> &[u8] {
        let at = code as usize;
        &self.bytes[self.start(at)..self.ends[at] as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|at| self.get(at as u32))
    }

    /// The first eight bytes of each entry, by its number.
    pub fn heads(&self) -> &[u64] {
        self.heads.get_or_init(|| self.iter().map(head).collect())
    }

    /// Which texts contain `part`, told to `found`; a text may be told more than once.
    pub fn find(&self, part: &[u8], mut found: impl FnMut(usize)) {
        const NEAR: usize = 12;
        let mut entry = 0;
        for place in memchr::memmem::find_iter(&self.bytes, part) {
            // Hits come in order: mostly the entry is among the next few, else it is looked for in growing steps.
            let near = (entry + NEAR).min(self.ends.len());
            let among = self.ends[entry..near]
                .iter()
                .position(|end| *end as usize >= place);
            entry = match among {
                Some(steps) => entry + steps,
                None => self.gallop(near, place),
            };
            found(entry);
        }
    }

    /// The first entry from `entry` on that ends at `place` or behind it.
    fn gallop(&self, mut entry: usize, place: usize) -> usize {
        let mut step = 1;
        while entry + step < self.ends.len() && (self.ends[entry + step] as usize) < place {
            entry += step;
            step *= 2;
        }
        let end = (entry + step + 1).min(self.ends.len());
        entry + self.ends[entry..end].partition_point(|end| (*end as usize) < place)
    }

    /// Whether another entry of this many bytes still has room.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.bytes.len() + bytes < u32::MAX as usize && self.ends.len() + 1 < u32::MAX as usize
    }

    fn bytes(&self) -> usize {
        let heads = self.heads.get().map_or(0, Vec::capacity);
        self.bytes.capacity() + self.ends.capacity() * 4 + heads * 8
    }

    fn start(&self, at: usize) -> usize {
        if at == 0 {
            0
        } else {
            self.ends[at - 1] as usize + 1
        }
    }

    fn push(&mut self, value: &[u8]) -> u32 {
        let need = value.len() + 1;
        if self.bytes.capacity() - self.bytes.len() < need {
            self.bytes
                .reserve_exact(need + self.bytes.len() / 8 + 1_024);
        }
        self.bytes.extend_from_slice(value);
        let end = self.bytes.len() as u32;
        self.bytes.push(SEPARATOR);
        let at = self.ends.len();
        put_in(&mut self.ends, at, end);
        if let Some(heads) = self.heads.get_mut() {
            put_in(heads, at, head(value));
        }
        at as u32
    }
}

/// From a byte string to its number: open addressing over numbers alone.
#[derive(Debug, Clone, Default)]
struct Index {
    slots: Vec<u32>,
    used: usize,
    // Seeded at random, so that nobody can choose texts that all fall into one slot.
    hasher: RandomState,
}

impl Index {
    const EMPTY: u32 = u32::MAX;

    fn lookup(&self, entries: &Entries, value: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.slot(value);
        while self.slots[slot] != Self::EMPTY {
            if entries.get(self.slots[slot]) == value {
                return Some(self.slots[slot]);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        None
    }

    fn insert(&mut self, entries: &Entries, code: u32) {
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            let size = (self.slots.len() * 2).max(64);
            let old = std::mem::replace(&mut self.slots, vec![Self::EMPTY; size]);
            for code in old.into_iter().filter(|code| *code != Self::EMPTY) {
                self.place(entries, code);
            }
        }
        self.place(entries, code);
        self.used += 1;
    }

    fn place(&mut self, entries: &Entries, code: u32) {
        let mut slot = self.slot(entries.get(code));
        while self.slots[slot] != Self::EMPTY {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = code;
    }

    fn slot(&self, value: &[u8]) -> usize {
        self.hasher.hash_one(value) as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{MANY, Texts};

    #[test]
    fn texts_outlive_every_widening_and_tidying() {
        let mut texts = Texts::new();
        let rows = 3 * MANY;
        let text =
            |at: usize, round: usize| (!at.is_multiple_of(5)).then(|| format!("{round}-{at}"));
        for at in 0..rows {
            texts.insert(at, text(at, 0).as_deref().map(str::as_bytes));
        }
        for round in 1..4 {
            for at in 0..rows {
                texts.set(at, text(at, round).as_deref().map(str::as_bytes));
            }
            texts.tidy();
            for at in 0..rows {
                assert_eq!(texts.get(at), text(at, round).as_deref().map(str::as_bytes));
            }
        }
        assert!(texts.entries().len() < rows * 2);
    }

    #[test]
    fn each_hit_is_told_with_its_entry() {
        let mut texts = Texts::new();
        let words: Vec<String> = (0..5_000).map(|n| format!("w{n}x")).collect();
        for (at, word) in words.iter().enumerate() {
            texts.insert(at, Some(word.as_bytes()));
        }
        for part in ["7", "w1", "99x", "x", "4999", "w0x", "none"] {
            let mut found = vec![false; words.len()];
            texts
                .entries()
                .find(part.as_bytes(), |entry| found[entry] = true);
            let expected: Vec<bool> = words.iter().map(|word| word.contains(part)).collect();
            assert_eq!(found, expected, "{part}");
        }
    }
}
