//! How letters that a user typed may be read as pinyin.
//!
//! A run of letters stands for neighbouring characters, one *unit* each: a whole syllable, or the
//! initial alone (one letter, or zh ch sh); the last unit may be an unfinished syllable. Whole
//! syllables and initials may be mixed with one change between them: `hefei` `hefeigl` `hfguolu`.

use super::han;

/// What the units so far were; decides which may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Begin,
    Whole,
    Initials,
    WholeThenInitials,
    InitialsThenWhole,
}

impl Manner {
    /// After a whole syllable, or an unfinished one at the end.
    pub fn whole(self) -> Option<Manner> {
        match self {
            Manner::Begin | Manner::Whole => Some(Manner::Whole),
            Manner::Initials | Manner::InitialsThenWhole => Some(Manner::InitialsThenWhole),
            Manner::WholeThenInitials => None,
        }
    }

    /// After an initial.
    pub fn initial(self) -> Option<Manner> {
        match self {
            Manner::Begin | Manner::Initials => Some(Manner::Initials),
            Manner::Whole | Manner::WholeThenInitials => Some(Manner::WholeThenInitials),
            Manner::InitialsThenWhole => None,
        }
    }
}

/// Length of the initial at the start of the letters: 1, and 2 as well for zh, ch, sh.
pub(super) fn initial_lengths(letters: &str) -> std::ops::RangeInclusive<usize> {
    let double = ["zh", "ch", "sh"]
        .iter()
        .any(|initial| letters.starts_with(initial));
    1..=if double { 2 } else { 1 }
}

/// One way, or the beginning of one way, to read the letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// First letter of each unit.
    pub initials: String,
    /// The whole syllables among the units, but for the last unit.
    pub syllables: Vec<String>,
    /// The letters of a last unit that is a whole or unfinished syllable, else empty.
    pub tail: String,
    manner: Manner,
    used: usize,
}

/// More ways than this are not told apart; two units never make more (6 × 6).
const WAYS_LIMIT: usize = 40;
/// Units that a proposal looks at; the rest is left to verification.
const UNITS_LIMIT: usize = 8;
const SYLLABLE_LETTERS: usize = 6;

/// All ways to read the letters as two units or more.
///
/// Where there are too many, only the first units of each way are given: every reading of the
/// letters begins with one of them, so they still propose a superset.
pub(super) fn readings(letters: &str) -> Vec<Reading> {
    let begin = Reading {
        initials: String::new(),
        syllables: Vec::new(),
        tail: String::new(),
        manner: Manner::Begin,
        used: 0,
    };
    let mut ways = vec![begin];
    for _ in 0..UNITS_LIMIT {
        let mut next = Vec::new();
        for way in &ways {
            if way.used == letters.len() {
                next.push(way.clone());
            } else {
                continue_reading(way, letters, &mut next);
            }
        }
        if next.len() > WAYS_LIMIT || next == ways {
            break;
        }
        ways = next;
    }
    let mut distinct: Vec<Reading> = Vec::with_capacity(ways.len());
    for way in ways {
        let same = |d: &Reading| {
            d.initials == way.initials && d.syllables == way.syllables && d.tail == way.tail
        };
        let known = distinct.iter().any(same);
        if way.initials.len() >= 2 && !known {
            distinct.push(way);
        }
    }
    distinct
}

fn continue_reading(way: &Reading, letters: &str, next: &mut Vec<Reading>) {
    let rest = &letters[way.used..];
    if let Some(manner) = way.manner.whole() {
        for length in 1..rest.len().min(SYLLABLE_LETTERS + 1) {
            if han::is_syllable(&rest[..length]) {
                let mut longer = way.longer_by(&rest[..length], manner);
                longer.syllables.push(rest[..length].to_owned());
                next.push(longer);
            }
        }
        if !han::syllables_from(rest).is_empty() {
            let mut longer = way.longer_by(rest, manner);
            longer.tail.push_str(rest);
            next.push(longer);
        }
    }
    if let Some(manner) = way.manner.initial()
        && !han::syllables_from(&rest[..1]).is_empty()
    {
        for length in initial_lengths(rest) {
            next.push(way.longer_by(&rest[..length], manner));
        }
    }
}

impl Reading {
    fn longer_by(&self, unit: &str, manner: Manner) -> Reading {
        let mut longer = self.clone();
        longer.initials.push_str(&unit[..1]);
        longer.manner = manner;
        longer.used += unit.len();
        longer
    }
}

#[cfg(test)]
mod tests {
    use super::readings;

    fn ways(letters: &str) -> Vec<String> {
        readings(letters)
            .iter()
            .map(|w| format!("{} {}-{}", w.initials, w.syllables.join("'"), w.tail))
            .collect()
    }

    #[test]
    fn letters_are_read_in_every_way() {
        assert!(ways("hfgl").contains(&"hfgl -".to_owned()));
        assert!(ways("hefeigl").contains(&"hfgl he'fei-".to_owned()));
        assert!(ways("hfguolu").contains(&"hfgl guo-lu".to_owned()));
        assert!(ways("xian").contains(&"xa xi-an".to_owned()));
        assert!(ways("hefeigu").contains(&"hfg he'fei-gu".to_owned()));
        assert!(ways("international").is_empty());
        assert!(
            readings(&"xian".repeat(40))
                .iter()
                .all(|w| w.initials.len() >= 2)
        );
        assert!(readings(&"zhuang".repeat(40)).len() <= super::WAYS_LIMIT);
        assert!(!readings(&"zhuang".repeat(40)).is_empty());
    }
}
