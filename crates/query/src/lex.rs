//! A text in words: names, literals and signs, each with its place.
//!
//! Signs that Chinese keyboards give (`（），＝“”` …) count as their Latin forms.

use crate::ast::Length;
use crate::error::{QueryError, Span};
use rust_decimal::Decimal;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name or a keyword.
    Name(String),
    /// A name in back quotes: never a keyword.
    Quoted(String),
    Text(String),
    Number(Decimal),
    Duration(Length),
    /// `$me`.
    Me,
    Sign(&'static str),
    End,
}

#[derive(Debug, Clone)]
pub(crate) struct Lexeme {
    pub token: Token,
    pub span: Span,
}

/// Bytes of a text.
pub const TEXT_LIMIT: usize = 16 * 1024;

/// Digits of a number that a decimal keeps, wherever the point stands.
const MOST_DIGITS: usize = 28;

/// The longer ones first, so that the first that fits is the longest.
const SIGNS: [&str; 19] = [
    "!=", "<>", "<=", ">=", "==", "^=", "!~", "=", "<", ">", "~", "+", "-", "*", "/", "(", ")",
    ",", ".",
];

/// The words of `text`, the last of which is `End`.
pub(crate) fn lex(text: &str) -> Result<Vec<Lexeme>, QueryError> {
    if text.len() > TEXT_LIMIT {
        return Err(QueryError::at(Span::new(0, 0), "too_long").with("limit", TEXT_LIMIT));
    }
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
    };
    let mut lexemes = Vec::new();
    loop {
        lexer.skip_blanks();
        let start = lexer.at;
        let token = lexer.token()?;
        let end = token == Token::End;
        lexemes.push(Lexeme {
            token,
            span: Span::new(start, lexer.at - start),
        });
        if end {
            return Ok(lexemes);
        }
    }
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

impl Lexer {
    fn token(&mut self) -> Result<Token, QueryError> {
        let Some(first) = self.peek() else {
            return Ok(Token::End);
        };
        match first {
            '"' | '\'' | '“' | '‘' => self.text(first),
            '`' => self.quoted(),
            '$' => self.me(),
            _ if first.is_ascii_digit() => self.number(),
            _ if first.is_alphabetic() || first == '_' => Ok(Token::Name(self.word())),
            _ => self.sign(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    fn text(&mut self, opening: char) -> Result<Token, QueryError> {
        let start = self.at;
        let closing = match opening {
            '“' => '”',
            '‘' => '’',
            same => same,
        };
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(
                    QueryError::at(Span::new(start, self.at - start), "open_quote")
                        .with("quote", closing),
                );
            };
            self.at += 1;
            match c {
                _ if c == closing => return Ok(Token::Text(text)),
                '\\' => text.push(self.escape()?),
                // PostgreSQL keeps no such character in a text.
                '\0' => return Err(QueryError::at(Span::new(self.at - 1, 1), "bad_escape")),
                _ => text.push(c),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, QueryError> {
        let start = self.at - 1;
        let c = self.peek();
        self.at += usize::from(c.is_some());
        match c {
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            Some('r') => Ok('\r'),
            Some(c @ ('\\' | '"' | '\'' | '”' | '’')) => Ok(c),
            Some('u') => self.code_point(start),
            _ => Err(QueryError::at(
                Span::new(start, self.at - start),
                "bad_escape",
            )),
        }
    }

    /// `{1F600}` after `\u`.
    fn code_point(&mut self, start: usize) -> Result<char, QueryError> {
        let rest = &self.chars[self.at..];
        let length = rest
            .iter()
            .take(9)
            .position(|&c| c == '}')
            .map_or(0, |end| end + 1);
        let digits: String = rest
            .iter()
            .take(length)
            .filter(|c| c.is_ascii_hexdigit())
            .collect();
        self.at += length;
        let whole = rest.first() == Some(&'{') && digits.len() + 2 == length;
        let point = u32::from_str_radix(&digits, 16)
            .ok()
            .filter(|&point| whole && point != 0);
        point
            .and_then(char::from_u32)
            .ok_or_else(|| QueryError::at(Span::new(start, self.at - start), "bad_escape"))
    }

    fn quoted(&mut self) -> Result<Token, QueryError> {
        let start = self.at;
        self.at += 1;
        let bare = self.peek().is_some_and(|c| c.is_alphabetic() || c == '_');
        let name = self.word();
        if !bare || self.peek() != Some('`') {
            return Err(
                QueryError::at(Span::new(start, self.at - start), "open_quote").with("quote", '`'),
            );
        }
        self.at += 1;
        Ok(Token::Quoted(name))
    }

    fn me(&mut self) -> Result<Token, QueryError> {
        let start = self.at;
        self.at += 1;
        let word = self.word();
        if word == "me" {
            return Ok(Token::Me);
        }
        let span = Span::new(start, self.at - start);
        let found = format!("${word}");
        Err(QueryError::at(span, "unexpected")
            .with("found", found)
            .suggest(Some("$me".to_owned())))
    }

    fn digits(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// A number, or a length of time: `30d`, `1y6m`, `1h30min`.
    fn number(&mut self) -> Result<Token, QueryError> {
        let start = self.at;
        let mut digits = self.digits();
        let fraction = self.peek() == Some('.')
            && self
                .chars
                .get(self.at + 1)
                .is_some_and(char::is_ascii_digit);
        if fraction {
            self.at += 1;
            digits = format!("{digits}.{}", self.digits());
        }
        if self.peek().is_some_and(|c| c.is_alphabetic() || c == '_') {
            return self.duration(start, &digits);
        }
        // More digits than a decimal keeps would be rounded silently, and another number compared.
        let kept = digits.bytes().filter(u8::is_ascii_digit).count() <= MOST_DIGITS;
        let number = Decimal::from_str(&digits)
            .ok()
            .filter(|_| kept)
            .map(Token::Number);
        number.ok_or_else(|| QueryError::at(Span::new(start, self.at - start), "too_many_digits"))
    }

    fn duration(&mut self, start: usize, first: &str) -> Result<Token, QueryError> {
        let mut total = Length::default();
        let mut digits = first.to_owned();
        loop {
            let from = self.at;
            while self.peek().is_some_and(|c| c.is_alphabetic() || c == '_') {
                self.at += 1;
            }
            let unit: String = self.chars[from..self.at].iter().collect();
            let span = Span::new(start, self.at - start);
            let count: i64 = digits
                .parse()
                .map_err(|_| QueryError::at(span, "bad_duration").with("unit", &unit))?;
            let part = unit_length(&unit, count)
                .ok_or_else(|| QueryError::at(span, "bad_duration").with("unit", &unit))?;
            total = total
                .plus(part)
                .ok_or_else(|| QueryError::at(span, "bad_duration").with("unit", &unit))?;
            if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
                return Ok(Token::Duration(total));
            }
            digits = self.digits();
        }
    }

    fn sign(&mut self) -> Result<Token, QueryError> {
        let ahead: String = self.chars[self.at..]
            .iter()
            .take(2)
            .map(|&c| narrow(c))
            .collect();
        if let Some(sign) = SIGNS.iter().find(|sign| ahead.starts_with(**sign)) {
            self.at += sign.len();
            return Ok(Token::Sign(match *sign {
                "<>" => "!=",
                "==" => "=",
                sign => sign,
            }));
        }
        let found = self.chars[self.at];
        self.at += 1;
        Err(QueryError::at(Span::new(self.at - 1, 1), "unexpected").with("found", found))
    }
}

/// `count` of a unit of time; `None` for an unknown unit or one too many.
pub(crate) fn unit_length(unit: &str, count: i64) -> Option<Length> {
    let mut length = Length::default();
    match unit.to_ascii_lowercase().as_str() {
        "y" | "year" | "years" => length.months = count.checked_mul(12)?,
        "m" | "mo" | "month" | "months" => length.months = count,
        "w" | "week" | "weeks" => length.days = count.checked_mul(7)?,
        "d" | "day" | "days" => length.days = count,
        "h" | "hour" | "hours" => length.micros = count.checked_mul(3_600_000_000)?,
        "min" | "minute" | "minutes" => length.micros = count.checked_mul(60_000_000)?,
        _ => return None,
    }
    Some(length)
}

/// The Latin form of a wide sign.
fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '、' => ',',
        c => c,
    }
}
