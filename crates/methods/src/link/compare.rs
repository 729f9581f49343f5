//! Two values of a field on a scale of levels: 0 is disagreement, the highest is equality.

use super::prepare::{Value, prepare};
use super::{Field, Kind, Scope};
use crate::columns::Coded;

/// A field ready to be compared.
pub struct Comparison {
    pub name: String,
    pub kind: Kind,
    /// By record, codes into `values`; [`Coded::MISSING`] where there is nothing.
    pub codes: Vec<u32>,
    pub values: Vec<Value>,
    /// By code: the number of the form in which values count as equal, and by that number how many records have it.
    pub form: Vec<u32>,
    counts: Vec<u32>,
    records: f64,
    /// The chance that two records agree.
    usual: f64,
}

impl Comparison {
    pub fn of(field: &Field) -> Comparison {
        let values: Vec<Value> = field
            .values
            .names
            .iter()
            .map(|text| prepare(field.kind, text))
            .collect();
        let codes: Vec<u32> = field
            .values
            .codes
            .iter()
            .map(|code| match values.get(*code as usize) {
                Some(value) if !value.text.is_empty() => *code,
                _ => Coded::MISSING,
            })
            .collect();
        let forms = Coded::of(
            &values
                .iter()
                .map(|value| value.text.as_str())
                .collect::<Vec<_>>(),
        );
        let mut counts = vec![0; forms.names.len()];
        for code in codes.iter().filter(|code| **code != Coded::MISSING) {
            counts[forms.codes[*code as usize] as usize] += 1;
        }
        let records: f64 = counts.iter().map(|count| f64::from(*count)).sum();
        let pairs: f64 = counts
            .iter()
            .map(|n| f64::from(*n) * (f64::from(*n) - 1.0))
            .sum();
        let usual = (pairs / (records * records).max(1.0)).max(0.5 / (records * records).max(1.0));
        Comparison {
            name: field.name.clone(),
            kind: field.kind,
            codes,
            values,
            form: forms.codes,
            counts,
            records,
            usual,
        }
    }

    pub fn levels(&self) -> usize {
        self.labels().len()
    }

    pub fn labels(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Name => &[
                "different",
                "similar",
                "very similar",
                "same sound or words",
                "equal",
            ],
            Kind::Text => &[
                "different",
                "similar",
                "very similar",
                "same words",
                "equal",
            ],
            Kind::Address => &[
                "different",
                "similar",
                "same numbers",
                "same numbers and nearly all",
                "equal",
            ],
            Kind::Phone => &["different", "two slips", "one slip", "equal"],
            Kind::Date => &["different", "same year", "one slip", "equal"],
            Kind::Code => &["different", "one slip", "equal"],
            Kind::Email => &["different", "similar", "equal"],
            Kind::Category => &["different", "equal"],
        }
    }

    /// Whether values on this level are the same but for their writing.
    pub fn is_same(&self, level: usize) -> bool {
        level + 1 == self.levels() || (level == 3 && matches!(self.kind, Kind::Name | Kind::Text))
    }

    /// `None` where one of the two has nothing.
    pub fn level(&self, a: u32, b: u32) -> Option<usize> {
        let (code_a, code_b) = (self.codes[a as usize], self.codes[b as usize]);
        if code_a == Coded::MISSING || code_b == Coded::MISSING {
            return None;
        }
        let top = self.levels() - 1;
        if self.form[code_a as usize] == self.form[code_b as usize] {
            return Some(top);
        }
        let (a, b) = (&self.values[code_a as usize], &self.values[code_b as usize]);
        Some(match self.kind {
            Kind::Name | Kind::Text => names(a, b),
            Kind::Address => addresses(a, b),
            Kind::Phone => match slips(a.text.as_bytes(), b.text.as_bytes()) {
                1 => 2,
                2 => 1,
                _ => 0,
            },
            Kind::Date => match slips(a.text.as_bytes(), b.text.as_bytes()) {
                1 => 2,
                _ if a.text.len() == 8 && a.text.get(..4) == b.text.get(..4) => 1,
                _ => 0,
            },
            Kind::Code => {
                usize::from(a.text.len() > 4 && slips(a.text.as_bytes(), b.text.as_bytes()) == 1)
            }
            Kind::Email => usize::from(jaro_winkler(a.text.as_bytes(), b.text.as_bytes()) >= 0.95),
            Kind::Category => 0,
        })
    }

    /// How many pairs of records agree in their form.
    pub fn equal_pairs(&self, scope: Scope) -> f64 {
        match scope {
            Scope::Within => self
                .counts
                .iter()
                .map(|n| f64::from(*n) * (f64::from(*n) - 1.0) / 2.0)
                .sum(),
            Scope::Across(split) => {
                let mut before = vec![0u32; self.counts.len()];
                for code in self.codes[..split]
                    .iter()
                    .filter(|code| **code != Coded::MISSING)
                {
                    before[self.form[*code as usize] as usize] += 1;
                }
                before
                    .iter()
                    .zip(&self.counts)
                    .map(|(a, all)| f64::from(*a) * f64::from(all - a))
                    .sum()
            }
        }
    }

    /// ln of (usual chance to agree / chance to agree on this value), within bounds.
    ///
    /// Both count the doubles that are sought; the pair itself is taken off, so that a value of two records alone is
    /// rare and not twice as frequent as one of a single record.
    pub fn rarity(&self, record: u32) -> f64 {
        let code = self.codes[record as usize];
        if code == Coded::MISSING {
            return 0.0;
        }
        let others = (f64::from(self.counts[self.form[code as usize] as usize]) - 2.0).max(0.5);
        (self.usual * self.records / others).ln().clamp(-5.0, 5.0)
    }
}

fn names(a: &Value, b: &Value) -> usize {
    if a.sorted == b.sorted {
        return 3;
    }
    if !a.is_han && !b.is_han {
        let similarity = jaro_winkler(a.text.as_bytes(), b.text.as_bytes());
        return if similarity >= 0.92 {
            2
        } else {
            usize::from(similarity >= 0.84)
        };
    }
    if a.is_han != b.is_han && joined(a, b) {
        return 3;
    }
    let common = common_in_order(&a.tokens, &b.tokens) as f64;
    let (short, long) = (
        a.tokens.len().min(b.tokens.len()) as f64,
        a.tokens.len().max(b.tokens.len()) as f64,
    );
    let likeness = 2.0 * common / (short + long);
    // A name of three syllables with another in the middle is two thirds the same, a sibling's at most a third.
    if likeness >= 0.84 || (common == short && short >= 4.0) {
        2
    } else {
        usize::from(likeness >= 0.6)
    }
}

/// Whether syllables written together are the syllables of the characters: `Jilancheng` and 纪兰成.
fn joined(a: &Value, b: &Value) -> bool {
    let (han, latin) = if a.is_han { (a, b) } else { (b, a) };
    let mut rest = latin.text.as_str();
    for c in han.text.chars() {
        let Some(reading) = pinyin::ToPinyin::to_pinyin(&c) else {
            return false;
        };
        match rest.strip_prefix(reading.plain()) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

fn addresses(a: &Value, b: &Value) -> usize {
    let common = common_of_sorted(&a.grams, &b.grams) as f64;
    let overlap = common / a.grams.len().min(b.grams.len()).max(1) as f64;
    let likeness = common / (a.grams.len() + b.grams.len()).max(1) as f64 * 2.0;
    let same_numbers = a.numbers == b.numbers;
    match () {
        () if same_numbers && (likeness >= 0.8 || overlap >= 0.85) => 3,
        () if same_numbers && overlap >= 0.5 => 2,
        () if likeness >= 0.65 => 1,
        () => 0,
    }
}

fn common_of_sorted(a: &[u32], b: &[u32]) -> usize {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    common
}

/// Longest common subsequence; only the first 64 tokens count.
fn common_in_order(a: &[u32], b: &[u32]) -> usize {
    let (a, b) = (&a[..a.len().min(64)], &b[..b.len().min(64)]);
    let mut row = [0u8; 65];
    for x in a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y {
                diagonal + 1
            } else {
                above.max(row[at])
            };
            diagonal = above;
        }
    }
    usize::from(row[b.len()])
}

/// Insertions, deletions, changes and swaps of neighbours between two codes, 3 where there are more (Damerau 1964).
fn slips(a: &[u8], b: &[u8]) -> usize {
    const MOST: usize = 40;
    if a.len().abs_diff(b.len()) > 2 || a.len() > MOST || b.len() > MOST {
        return 3;
    }
    let mut rows = [[0u8; MOST + 1]; 3];
    for (at, cell) in rows[0].iter_mut().enumerate() {
        *cell = at as u8;
    }
    for i in 1..=a.len() {
        let (now, before, earlier) = (i % 3, (i + 2) % 3, (i + 1) % 3);
        rows[now][0] = i as u8;
        for j in 1..=b.len() {
            let change = rows[before][j - 1] + u8::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[before][j] + 1).min(rows[now][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[earlier][j - 2] + 1);
            }
            rows[now][j] = least;
        }
    }
    usize::from(rows[a.len() % 3][b.len()]).min(3)
}

/// Winkler's form of Jaro's similarity, over bytes; only the first 64 count.
pub fn jaro_winkler(a: &[u8], b: &[u8]) -> f64 {
    let (a, b) = (&a[..a.len().min(64)], &b[..b.len().min(64)]);
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let window = (a.len().max(b.len()) / 2).saturating_sub(1);
    let (mut taken_a, mut taken_b, mut matches) = (0u64, 0u64, 0usize);
    for (i, byte) in a.iter().enumerate() {
        let from = i.saturating_sub(window);
        let until = (i + window + 1).min(b.len());
        for j in from..until {
            if taken_b >> j & 1 == 0 && b[j] == *byte {
                taken_a |= 1 << i;
                taken_b |= 1 << j;
                matches += 1;
                break;
            }
        }
    }
    if matches == 0 {
        return 0.0;
    }
    let mut j = 0;
    let mut moved = 0;
    for (i, byte) in a.iter().enumerate() {
        if taken_a >> i & 1 == 0 {
            continue;
        }
        while taken_b >> j & 1 == 0 {
            j += 1;
        }
        moved += usize::from(*byte != b[j]);
        j += 1;
    }
    let m = matches as f64;
    let jaro = (m / a.len() as f64 + m / b.len() as f64 + (m - (moved / 2) as f64) / m) / 3.0;
    let prefix = a.iter().zip(b).take(4).take_while(|(x, y)| x == y).count();
    jaro + 0.1 * prefix as f64 * (1.0 - jaro)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jaro_and_winkler_as_published() {
        for (a, b, expected) in [
            ("martha", "marhta", 0.9611),
            ("dwayne", "duane", 0.84),
            ("dixon", "dicksonx", 0.8133),
            ("abc", "xyz", 0.0),
        ] {
            assert!(
                (jaro_winkler(a.as_bytes(), b.as_bytes()) - expected).abs() < 1e-4,
                "{a} {b}"
            );
        }
    }

    #[test]
    fn slips_by_hand() {
        for (a, b, expected) in [
            ("18349737942", "18439737942", 1),
            ("123", "123", 0),
            ("123", "1234", 1),
            ("abcd", "badc", 2),
            ("abc", "xyz", 3),
            ("1", "12345", 3),
        ] {
            assert_eq!(slips(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        }
    }

    fn level(kind: Kind, a: &str, b: &str) -> usize {
        let field = Field {
            name: String::new(),
            kind,
            values: Coded::of(&[a, b]),
        };
        Comparison::of(&field).level(0, 1).unwrap()
    }

    #[test]
    fn names_in_both_scripts() {
        for (a, b, expected) in [
            ("纪兰成", "纪 兰成", 4),
            ("纪兰成", "紀蘭成", 3),
            ("纪兰成", "Ji Lan Cheng", 3),
            ("纪兰成", "jilancheng", 3),
            ("李文金", "李东健", 0),
            (
                "营口越来越顺酒店集团有限公司",
                "英口越来越顺酒店集团有限公司",
                3,
            ),
            ("南平市睿然商贸经营部", "睿然商贸经营部", 2),
            ("smith john", "john smith", 3),
            ("jonathon", "jonathan", 2),
        ] {
            assert_eq!(level(Kind::Name, a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn addresses_agree_in_their_numbers() {
        let home = "广东省广州市白云区金金大道41号21栋1单元1005室";
        assert_eq!(
            level(
                Kind::Address,
                home,
                "广州市白云区金金大道４１号２１幢１单元１００５室"
            ),
            3
        );
        assert_eq!(
            level(
                Kind::Address,
                home,
                "广东省广州市白云区金金大道41号21栋1单元1006室"
            ),
            1
        );
        assert_eq!(
            level(Kind::Address, home, "河南省商丘市虞城县霞佳街180号"),
            0
        );
    }
}
