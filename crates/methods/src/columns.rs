//! Columns as methods take them: numbers as slices of `f64`, texts as codes into a list of distinct names.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::cmp::Ordering;
use std::hash::Hasher;

/// Distinct texts in the order of their first appearance, in one allocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    text: String,
    ends: Vec<usize>,
}

impl Names {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a code that came from these names.
    pub fn get(&self, code: u32) -> &str {
        let code = code as usize;
        let start = code.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[code]]
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|code| self.get(code))
    }

    fn push(&mut self, text: &str) -> u32 {
        self.text.push_str(text);
        self.ends.push(self.text.len());
        (self.ends.len() - 1) as u32
    }

    /// Codes in the order of people: by value where all names are whole numbers, else by code point.
    ///
    /// This is the tie rule of every ranking here, so that two runs and two tools give the same answer.
    pub fn order(&self) -> Vec<u32> {
        let mut codes: Vec<u32> = (0..self.len() as u32).collect();
        let numbers: Option<Vec<i64>> = self.iter().map(|name| name.parse().ok()).collect();
        match numbers {
            Some(numbers) => codes.sort_by_key(|code| numbers[*code as usize]),
            None => codes.sort_by(|a, b| self.get(*a).cmp(self.get(*b))),
        }
        codes
    }

    /// For every code its place in [`Names::order`].
    pub fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0; self.len()];
        for (rank, code) in self.order().into_iter().enumerate() {
            ranks[code as usize] = rank as u32;
        }
        ranks
    }
}

impl<T: AsRef<str>> FromIterator<T> for Names {
    /// Takes the texts as they come; they should be distinct.
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Names {
        let mut names = Names::default();
        for text in texts {
            names.push(text.as_ref());
        }
        names
    }
}

/// A column of texts: one code a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coded {
    pub codes: Vec<u32>,
    pub names: Names,
}

impl Coded {
    /// The code of a row without a text.
    pub const MISSING: u32 = u32::MAX;

    pub fn of<T: AsRef<str>>(texts: &[T]) -> Coded {
        let mut interner = Interner::default();
        let codes = texts.iter().map(|text| interner.code(text.as_ref()));
        let codes = codes.collect();
        let names = interner.into_names();
        Coded { codes, names }
    }

    pub fn len(&self) -> usize {
        self.codes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    pub fn get(&self, row: usize) -> Option<&str> {
        let code = self.codes[row];
        (code != Coded::MISSING).then(|| self.names.get(code))
    }
}

/// Gives every distinct text a code.
///
/// A text of up to seven bytes is its own key, so that the usual customer number is compared without looking at the
/// names; a longer one is keyed by its hash and compared.
#[derive(Debug, Default)]
pub struct Interner {
    names: Names,
    table: HashTable<(u64, u32)>,
}

/// Marks a key that is a hash; a text that is its own key has its length, at most seven, in the highest byte.
const HASHED: u64 = 1 << 63;

/// The key under which an [`Interner`] looks a text up; may be computed on another thread.
pub fn key(text: &[u8]) -> u64 {
    if text.len() <= 7 {
        let mut bytes = [0u8; 8];
        bytes[..text.len()].copy_from_slice(text);
        bytes[7] = text.len() as u8;
        u64::from_le_bytes(bytes)
    } else {
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(text);
        hasher.finish() | HASHED
    }
}

/// Spreads a key over all bits.
fn spread(key: u64) -> u64 {
    let mixed = (key ^ (key >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

impl Interner {
    pub fn code(&mut self, text: &str) -> u32 {
        self.code_of_key(key(text.as_bytes()), text.as_bytes())
    }

    /// As [`Interner::code`], with the text's [`key`] already known. Bytes that are no UTF-8 are replaced.
    pub fn code_of_key(&mut self, key: u64, text: &[u8]) -> u32 {
        let names = &self.names;
        let same = |&(other, code): &(u64, u32)| {
            other == key && (key & HASHED == 0 || names.get(code).as_bytes() == text)
        };
        match self.table.entry(spread(key), same, |(key, _)| spread(*key)) {
            Entry::Occupied(entry) => entry.get().1,
            Entry::Vacant(entry) => {
                let code = self.names.push(&String::from_utf8_lossy(text));
                entry.insert((key, code));
                code
            }
        }
    }

    pub fn names(&self) -> &Names {
        &self.names
    }

    pub fn into_names(self) -> Names {
        self.names
    }
}

/// Orders numbers with the missing ones last.
pub fn number_order(a: f64, b: f64) -> Ordering {
    a.is_nan().cmp(&b.is_nan()).then(a.total_cmp(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_code() {
        let texts = [
            "b",
            "",
            "a-long-name-1",
            "b",
            "a-long-name-2",
            "a-long-name-1",
            "1234567",
            "\0",
        ];
        let column = Coded::of(&texts);
        assert_eq!(column.codes, [0, 1, 2, 0, 3, 2, 4, 5]);
        for (row, text) in texts.iter().enumerate() {
            assert_eq!(column.get(row), Some(*text));
        }
    }

    #[test]
    fn whole_numbers_are_ordered_by_value_and_others_by_code_point() {
        let order = |texts: &[&str]| -> Vec<String> {
            let names: Names = texts.iter().collect();
            names
                .order()
                .iter()
                .map(|code| names.get(*code).to_owned())
                .collect()
        };
        assert_eq!(order(&["10", "9", "100"]), ["9", "10", "100"]);
        assert_eq!(order(&["10", "9", "x"]), ["10", "9", "x"]);
    }
}
