//! The readings and the rank of every Han character, in tables that are built once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pinyin::{Pinyin, ToPinyinMulti};

/// What is known of one Han character.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    /// Position among all characters by pinyin, tone, code point. 0: no reading known.
    pub rank: u16,
    /// The same for the first character of a text, where surnames and places have readings of their own.
    pub rank_first: u16,
    /// Bit n: some reading begins with the n-th letter of the alphabet.
    pub initials: u32,
    start: u32,
    count: u16,
}

/// The largest rank stays below this; 41,923 characters have a reading.
pub(super) const RANK_LIMIT: u16 = 0xb000;

const MAIN_FIRST: u32 = 0x3400;
const MAIN_LAST: u32 = 0x9fff;

struct Tables {
    /// By code point from `MAIN_FIRST` on.
    main: Vec<Entry>,
    /// The other planes and blocks, by code point.
    rare: BTreeMap<char, Entry>,
    /// The readings of all characters, `Entry::start` points into it.
    readings: Vec<u16>,
    /// Every syllable, sorted; a reading is an index into it.
    syllables: Vec<&'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(build);

/// What is known of a character; `None` when it has no Chinese reading.
#[inline]
pub(super) fn entry(c: char) -> Option<&'static Entry> {
    let tables = &*TABLES;
    let code = u32::from(c);
    let found = if (MAIN_FIRST..=MAIN_LAST).contains(&code) {
        tables.main.get((code - MAIN_FIRST) as usize)
    } else if code < MAIN_FIRST && c != '〇' {
        None
    } else {
        tables.rare.get(&c)
    };
    found.filter(|entry| entry.rank != 0)
}

impl Entry {
    /// Indexes of the readings, without tone, each once: for [`syllable`].
    #[inline]
    pub fn readings(&self) -> &'static [u16] {
        let start = self.start as usize;
        &TABLES.readings[start..start + usize::from(self.count)]
    }
}

/// The letters of a syllable (`a`–`z`; ü is written v, and also u and yu).
#[inline]
pub(super) fn syllable(index: u16) -> &'static str {
    TABLES.syllables[usize::from(index)]
}

/// Whether some character is read so.
pub(super) fn is_syllable(letters: &str) -> bool {
    TABLES.syllables.binary_search(&letters).is_ok()
}

/// Every syllable that begins with these letters, itself included.
pub(super) fn syllables_from(prefix: &str) -> &'static [&'static str] {
    let all = &TABLES.syllables;
    let start = all.partition_point(|s| *s < prefix);
    let count = all[start..].partition_point(|s| s.starts_with(prefix));
    &all[start..start + count]
}

/// Whether a character is Han, with or without a known reading.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Where the first reading of the dictionary is not the one that business names use.
const USUAL: [(char, &str); 3] = [('佛', "fo2"), ('卜', "bu3"), ('晟', "sheng4")];

/// Surnames and places whose reading at the head of a name differs from the usual one.
const AT_THE_HEAD: [(char, &str); 23] = [
    ('曾', "zeng1"),
    ('单', "shan4"),
    ('解', "xie4"),
    ('仇', "qiu2"),
    ('查', "zha1"),
    ('朴', "piao2"),
    ('区', "ou1"),
    ('翟', "zhai2"),
    ('覃', "qin2"),
    ('任', "ren2"),
    ('葛', "ge3"),
    ('缪', "miao4"),
    ('隗', "wei3"),
    ('燕', "yan1"),
    ('纪', "ji3"),
    ('谌', "chen2"),
    ('重', "chong2"),
    ('长', "chang2"),
    ('厦', "xia4"),
    ('蚌', "beng4"),
    ('都', "du1"),
    ('番', "pan1"),
    ('什', "shi2"),
];

fn characters() -> impl Iterator<Item = char> {
    std::iter::once('〇')
        .chain('\u{3400}'..='\u{9fff}')
        .chain('\u{f900}'..='\u{faff}')
        .chain('\u{20000}'..='\u{3ffff}')
}

fn build() -> Tables {
    let spoken: Vec<(char, Vec<Pinyin>)> = characters()
        .filter_map(|c| Some((c, c.to_pinyin_multi()?.into_iter().collect())))
        .collect();
    let mut syllables: Vec<&'static str> = spoken
        .iter()
        .flat_map(|(_, all)| all)
        .flat_map(|p| spellings(p.plain()))
        .collect();
    syllables.sort_unstable();
    syllables.dedup();
    let ranks = ranks(&spoken);
    let mut tables = Tables {
        main: vec![Entry::default(); (MAIN_LAST - MAIN_FIRST + 1) as usize],
        rare: BTreeMap::new(),
        readings: Vec::with_capacity(spoken.len() * 2),
        syllables,
    };
    for (c, all) in &spoken {
        let (rank, rank_first) = ranks.get(c).copied().unwrap_or_default();
        let entry = tables.add_readings(
            all,
            Entry {
                rank,
                rank_first,
                ..Entry::default()
            },
        );
        let code = u32::from(*c);
        if (MAIN_FIRST..=MAIN_LAST).contains(&code) {
            tables.main[(code - MAIN_FIRST) as usize] = entry;
        } else {
            tables.rare.insert(*c, entry);
        }
    }
    tables
}

impl Tables {
    fn add_readings(&mut self, all: &[Pinyin], mut entry: Entry) -> Entry {
        let start = self.readings.len();
        for letters in all.iter().flat_map(|p| spellings(p.plain())) {
            let Ok(index) = self.syllables.binary_search(&letters) else {
                continue;
            };
            let index = u16::try_from(index).unwrap_or_default();
            if !self.readings[start..].contains(&index) {
                self.readings.push(index);
                entry.initials |= 1 << (letters.as_bytes()[0] - b'a');
            }
        }
        entry.start = u32::try_from(start).unwrap_or_default();
        entry.count = u16::try_from(self.readings.len() - start).unwrap_or_default();
        entry
    }
}

/// Ranks from 1 on, by pinyin, tone, code point; for any place and for the head of a text.
fn ranks(spoken: &[(char, Vec<Pinyin>)]) -> BTreeMap<char, (u16, u16)> {
    let mut order: Vec<(&str, u8, char, bool)> = Vec::with_capacity(spoken.len() + 32);
    for (c, all) in spoken {
        let usual = chosen(&USUAL, *c, all).unwrap_or(all[0]);
        order.push((sound(usual), tone(usual), *c, false));
        if let Some(head) = chosen(&AT_THE_HEAD, *c, all).filter(|p| *p != usual) {
            order.push((sound(head), tone(head), *c, true));
        }
    }
    order.sort_unstable();
    let mut ranks = BTreeMap::new();
    for (index, (_, _, c, at_the_head)) in order.iter().enumerate() {
        let rank = u16::try_from(index + 1)
            .unwrap_or(RANK_LIMIT)
            .min(RANK_LIMIT);
        let pair: &mut (u16, u16) = ranks.entry(*c).or_default();
        if *at_the_head {
            pair.1 = rank
        } else {
            pair.0 = rank
        }
    }
    for pair in ranks.values_mut() {
        if pair.1 == 0 {
            pair.1 = pair.0;
        }
    }
    ranks
}

fn chosen(table: &[(char, &str)], c: char, all: &[Pinyin]) -> Option<Pinyin> {
    let (_, wanted) = table.iter().find(|(listed, _)| *listed == c)?;
    all.iter()
        .copied()
        .find(|p| p.with_tone_num_end() == *wanted)
}

/// Letters for the order: ü comes after u, as in a dictionary.
fn sound(reading: Pinyin) -> &'static str {
    match reading.plain() {
        "lü" => "lv",
        "lüe" => "lve",
        "nü" => "nv",
        "nüe" => "nve",
        "ê" => "e",
        plain => plain,
    }
}

/// 1 to 4, 5 for the neutral tone.
fn tone(reading: Pinyin) -> u8 {
    match reading.with_tone_num_end().as_bytes().last() {
        Some(digit @ b'1'..=b'4') => digit - b'0',
        _ => 5,
    }
}

/// How people type a syllable. Interjections without a vowel (m, ng, hm) are left out: nobody
/// searches for them, and they would make every `n` and `ng` ambiguous.
fn spellings(plain: &'static str) -> impl Iterator<Item = &'static str> {
    let typed = match plain {
        "lü" => ["lv", "lu", "lyu"],
        "lüe" => ["lve", "lue", "lyue"],
        "nü" => ["nv", "nu", "nyu"],
        "nüe" => ["nve", "nue", "nyue"],
        "ê" => ["e", "", ""],
        "m" | "n" | "ng" | "hm" | "hng" => ["", "", ""],
        _ => [plain, "", ""],
    };
    typed.into_iter().filter(|letters| !letters.is_empty())
}
