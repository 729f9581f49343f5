//! What a user typed into the search box: proposed by tokens, decided on the text.

use std::ops::Range;

use super::cells::{Cell, Gap, Kind, cells, numbers};
use super::matching::{By, Found, Segment, find};
use super::tokens::{BEGINNINGS, push_hex};
use super::{han, phone, syllables};

/// Characters of a query that count.
const QUERY_CHARS: usize = 200;
/// Words of a query that count.
const WORDS_LIMIT: usize = 16;
/// Pairs and pieces of one term that propose; more would not narrow further.
const PROPOSED_LIMIT: usize = 12;
/// Completions of an unfinished syllable that are proposed one by one.
const TAILS_LIMIT: usize = 8;
const EXCERPT_BEFORE: usize = 12;
const EXCERPT_CHARS: usize = 60;

/// A parsed query: several words, all of which must be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    words: Vec<Word>,
    /// Everything typed, without marks: for exact names and beginnings.
    plain: Vec<char>,
}

/// An expression over index tokens, to be written in the database's own query language.
///
/// Tokens consist of `[a-z0-9]` only, so they need no quoting. `All` and `Any` are never empty,
/// except that `All(vec![])` stands for a query without a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenExpr {
    Token(String),
    All(Vec<TokenExpr>),
    Any(Vec<TokenExpr>),
}

/// Why a record was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    pub field: &'a str,
    /// The matched text, cut to about 60 characters around the place, with `…` where it was cut.
    pub text: String,
    /// The matched bytes of `text`.
    pub mark: Range<usize>,
    pub rank: Rank,
    /// Orders hits of one rank: characters before the place, then the length of the text; small is better.
    pub distance: u32,
}

/// How good a hit is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    ExactName,
    NameStarts,
    /// Pinyin or initials of the name.
    NameSounds,
    NameContains,
    OtherField,
}

/// The ways to take one word; each is a list of terms that must all be found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    ways: Vec<Vec<Term>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    /// Runs that follow each other.
    Run(Vec<Segment>),
    /// A number as it would stand behind country code and grouping.
    Number(String),
}

impl Query {
    /// Reads a query; never fails. Words are separated by white space and other marks; the first
    /// 200 characters and 16 words count. What looks like one telephone number is one word.
    pub fn parse(typed: &str) -> Query {
        let end = typed
            .char_indices()
            .nth(QUERY_CHARS)
            .map_or(typed.len(), |(at, _)| at);
        let typed = &typed[..end];
        let whole = word(typed);
        let words = match whole.ways.len() {
            2 => vec![whole],
            _ => typed
                .split_whitespace()
                .map(word)
                .filter(|w| !w.ways.is_empty())
                .take(WORDS_LIMIT)
                .collect(),
        };
        Query {
            words,
            plain: cells(typed).iter().map(|cell| cell.c).collect(),
        }
    }

    /// Whether nothing that could be searched for was typed.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether only digits were typed: what is then found stands in numbers of any field, none better than another.
    pub fn is_number(&self) -> bool {
        let number = |term: &Term| matches!(term, Term::Number(_));
        self.words
            .iter()
            .all(|word| word.ways.iter().flatten().all(number))
    }

    /// The tokens that every matching record has: proposes a superset of the answer.
    pub fn tokens(&self) -> TokenExpr {
        all(self
            .words
            .iter()
            .map(|word| any(word.ways.iter().map(|way| all(way.iter().map(propose))))))
    }

    /// Decides whether a record matches, and says why.
    ///
    /// `fields` are the record's searchable texts as (field, text), those that the caller may read;
    /// the first is the record's name. A field with several values comes several times. Each word
    /// must be found somewhere; the reason is the word whose place is the least obvious.
    pub fn verify<'a>(&self, fields: &[(&'a str, &'a str)]) -> Option<Hit<'a>> {
        let texts: Vec<Vec<Cell>> = fields.iter().map(|(_, text)| cells(text)).collect();
        let mut worst: Option<Place> = None;
        for word in &self.words {
            let best = word
                .ways
                .iter()
                .filter_map(|way| worst_of(way, &texts))
                .min()?;
            worst = worst.max(Some(best));
        }
        let mut place = worst?;
        let name = &texts[0];
        if starts_with(name, &self.plain) {
            let rank = if name.len() == self.plain.len() {
                Rank::ExactName
            } else {
                Rank::NameStarts
            };
            place = Place {
                rank,
                distance: distance(0, name),
                field: 0,
                first: 0,
                end: self.plain.len(),
            };
        }
        let (field, text) = fields[place.field];
        let cells = &texts[place.field];
        let (text, mark) = excerpt(text, cells[place.first].from..cells[place.end - 1].to);
        Some(Hit {
            field,
            text,
            mark,
            rank: place.rank,
            distance: place.distance,
        })
    }
}

/// Where a term stands; orders by rank, then distance, then field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    rank: Rank,
    distance: u32,
    field: usize,
    first: usize,
    end: usize,
}

fn worst_of(way: &[Term], texts: &[Vec<Cell>]) -> Option<Place> {
    let mut worst = None;
    for term in way {
        let places = texts.iter().enumerate().filter_map(|(field, cells)| {
            let found = find_term(term, cells)?;
            let rank = rank(field, found);
            Some(Place {
                rank,
                distance: distance(found.first, cells),
                field,
                first: found.first,
                end: found.end,
            })
        });
        worst = worst.max(Some(places.min()?));
    }
    worst
}

fn rank(field: usize, found: Found) -> Rank {
    match (field, found.by, found.first) {
        (0, By::Letter, 0) => Rank::NameStarts,
        (0, By::Letter, _) => Rank::NameContains,
        (0, By::Sound, _) => Rank::NameSounds,
        _ => Rank::OtherField,
    }
}

fn distance(first: usize, cells: &[Cell]) -> u32 {
    u32::try_from(first * 10_000 + cells.len()).unwrap_or(u32::MAX)
}

fn starts_with(cells: &[Cell], plain: &[char]) -> bool {
    cells.len() >= plain.len() && cells.iter().zip(plain).all(|(cell, c)| cell.c == *c)
}

fn find_term(term: &Term, cells: &[Cell]) -> Option<Found> {
    match term {
        Term::Run(segments) => find(segments, cells),
        Term::Number(digits) => find_number(digits, cells),
    }
}

/// A number as written, or in one of its other forms (then all of it is the place).
fn find_number(digits: &str, cells: &[Cell]) -> Option<Found> {
    for number in numbers(cells) {
        if let Some(at) = number.digits.find(digits) {
            let first = number.first + at;
            return Some(Found {
                first,
                end: first + digits.len(),
                by: By::Letter,
            });
        }
        if phone::other_forms(&number.digits)
            .iter()
            .any(|form| form.contains(digits))
        {
            let end = number.first + number.digits.len();
            return Some(Found {
                first: number.first,
                end,
                by: By::Letter,
            });
        }
    }
    None
}

/// Takes one word; two ways when it looks like a telephone number, none when it has no letter.
fn word(typed: &str) -> Word {
    let cells = cells(typed);
    let terms = terms(&cells);
    if terms.is_empty() {
        return Word { ways: Vec::new() };
    }
    let single = matches!(terms[..], [Term::Number(_)]);
    let phone_like = numbers(&cells)
        .first()
        .is_some_and(|n| n.digits.len() == cells.len());
    let mut ways = vec![terms];
    if phone_like && !single {
        let digits: String = cells.iter().map(|cell| cell.c).collect();
        ways.push(vec![Term::Number(phone::search_digits(&digits))]);
    }
    Word { ways }
}

fn terms(cells: &[Cell]) -> Vec<Term> {
    cells
        .chunk_by(|_, next| next.gap == Gap::None)
        .map(term)
        .collect()
}

fn term(cells: &[Cell]) -> Term {
    let segments: Vec<Segment> = cells
        .chunk_by(|a, b| (a.kind == Kind::Gram) == (b.kind == Kind::Gram))
        .map(segment)
        .collect();
    match &segments[..] {
        [Segment::Digits(digits)] => Term::Number(phone::search_digits(digits)),
        _ => Term::Run(segments),
    }
}

fn segment(cells: &[Cell]) -> Segment {
    let text = || cells.iter().map(|cell| cell.c).collect();
    if cells[0].kind == Kind::Gram {
        Segment::Grams(cells.iter().map(|cell| cell.c).collect())
    } else if cells.iter().all(|cell| cell.kind == Kind::Letter) {
        Segment::Letters(text())
    } else if cells.len() >= 3 && cells.iter().all(|cell| cell.kind == Kind::Digit) {
        Segment::Digits(text())
    } else {
        Segment::Word(text())
    }
}

fn propose(term: &Term) -> TokenExpr {
    match term {
        Term::Number(digits) => propose_digits(digits),
        Term::Run(segments) => all(segments.iter().map(|segment| match segment {
            Segment::Grams(grams) => propose_grams(grams),
            Segment::Letters(letters) => propose_letters(letters),
            Segment::Word(letters) => beginning(letters),
            Segment::Digits(digits) => propose_digits(digits),
        })),
    }
}

fn propose_grams(grams: &[char]) -> TokenExpr {
    if let [single] = grams {
        let mut token = String::from("h");
        push_hex(&mut token, *single);
        return TokenExpr::Token(token);
    }
    all(grams.windows(2).take(PROPOSED_LIMIT).map(|pair| {
        let mut token = String::from("g");
        pair.iter().for_each(|c| push_hex(&mut token, *c));
        TokenExpr::Token(token)
    }))
}

/// Pieces of four that cover the digits, or the one piece of three.
fn propose_digits(digits: &str) -> TokenExpr {
    let size = digits.len().min(4);
    let last = digits.len() - size;
    let starts = (0..last).step_by(size).take(PROPOSED_LIMIT).chain([last]);
    all(starts.map(|start| TokenExpr::Token(format!("d{}", &digits[start..start + size]))))
}

fn beginning(letters: &str) -> TokenExpr {
    let longest = BEGINNINGS
        .iter()
        .rev()
        .find(|count| **count <= letters.len());
    TokenExpr::Token(format!("w{}", &letters[..longest.copied().unwrap_or(1)]))
}

/// As a Latin word, as one (perhaps unfinished) syllable, or as several units of pinyin.
fn propose_letters(letters: &str) -> TokenExpr {
    let single = han::syllables_from(letters)
        .iter()
        .map(|s| TokenExpr::Token(format!("p{s}")));
    let several = syllables::readings(letters).into_iter().map(|reading| {
        let size = if reading.initials.len() < 4 { 2 } else { 4 };
        let grams = (0..=reading.initials.len() - size)
            .map(|at| TokenExpr::Token(format!("i{}", &reading.initials[at..at + size])));
        let whole = reading
            .syllables
            .iter()
            .map(|s| TokenExpr::Token(format!("p{s}")));
        all(whole.chain(propose_tail(&reading.tail)).chain(grams))
    });
    any([beginning(letters)]
        .into_iter()
        .chain(single)
        .chain(several))
}

/// The syllables that a last unit may become; many of them would cost more than they narrow.
fn propose_tail(tail: &str) -> Option<TokenExpr> {
    let completions = if tail.is_empty() {
        &[]
    } else {
        han::syllables_from(tail)
    };
    let few = (1..=TAILS_LIMIT).contains(&completions.len());
    few.then(|| {
        any(completions
            .iter()
            .map(|s| TokenExpr::Token(format!("p{s}"))))
    })
}

fn all(parts: impl Iterator<Item = TokenExpr>) -> TokenExpr {
    let mut kept: Vec<TokenExpr> = Vec::new();
    for part in parts {
        if !kept.contains(&part) {
            kept.push(part);
        }
    }
    single_or(kept, TokenExpr::All)
}

/// Leaves out what asks for everything that another part asks for, and for more: it adds nothing.
fn any(parts: impl Iterator<Item = TokenExpr>) -> TokenExpr {
    let mut kept: Vec<TokenExpr> = Vec::new();
    for part in parts {
        if !kept.iter().any(|wider| asks_for(&part, wider)) {
            kept.retain(|narrower| !asks_for(narrower, &part));
            kept.push(part);
        }
    }
    single_or(kept, TokenExpr::Any)
}

/// Whether a record with `part` always has `wider` too.
fn asks_for(part: &TokenExpr, wider: &TokenExpr) -> bool {
    demands(wider)
        .iter()
        .all(|demand| demands(part).contains(demand))
}

fn demands(part: &TokenExpr) -> &[TokenExpr] {
    match part {
        TokenExpr::All(parts) => parts,
        other => std::slice::from_ref(other),
    }
}

fn single_or(mut parts: Vec<TokenExpr>, join: fn(Vec<TokenExpr>) -> TokenExpr) -> TokenExpr {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

/// Cuts a long text around the marked bytes; the mark is within the result.
fn excerpt(text: &str, mark: Range<u32>) -> (String, Range<usize>) {
    let mark = mark.start as usize..mark.end as usize;
    if text.chars().nth(EXCERPT_CHARS).is_none() {
        return (text.to_owned(), mark);
    }
    let before = &text[..mark.start];
    let start = before
        .char_indices()
        .rev()
        .nth(EXCERPT_BEFORE - 1)
        .map_or(0, |(at, _)| at);
    let end = text[start..]
        .char_indices()
        .nth(EXCERPT_CHARS)
        .map_or(text.len(), |(at, _)| start + at);
    let end = end.max(mark.end);
    let mut cut = String::with_capacity(end - start + 6);
    if start > 0 {
        cut.push('…');
    }
    let shift = cut.len();
    cut.push_str(&text[start..end]);
    if end < text.len() {
        cut.push('…');
    }
    (cut, mark.start - start + shift..mark.end - start + shift)
}
