//! Records cut into fields (RFC 4180), without copying.

use super::Dialect;

/// Where a record's value stands in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub start: usize,
    pub end: usize,
    /// Holds doubled quotes, which stand for one.
    pub has_quotes: bool,
}

/// The end of the first record, behind its line break; `None` where it goes on.
pub fn end_of_record(bytes: &[u8]) -> Option<usize> {
    ends(bytes).next()
}

/// The end of the last whole record.
pub fn last_end_of_record(bytes: &[u8]) -> Option<usize> {
    if memchr::memchr(b'"', bytes).is_none() {
        return memchr::memrchr(b'\n', bytes).map(|at| at + 1);
    }
    ends(bytes).last()
}

fn ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut is_quoted = false;
    memchr::memchr2_iter(b'"', b'\n', bytes).filter_map(move |at| {
        if bytes[at] == b'"' {
            is_quoted = !is_quoted;
            return None;
        }
        (!is_quoted).then_some(at + 1)
    })
}

/// Cuts the record at `at` into fields and gives the place behind it. Fields after the first `wanted` are passed over.
pub fn cut(
    bytes: &[u8],
    mut at: usize,
    dialect: Dialect,
    wanted: usize,
    fields: &mut Vec<Field>,
) -> usize {
    fields.clear();
    loop {
        let field = one(bytes, at, dialect);
        at = field.1;
        fields.push(field.0);
        match bytes.get(at) {
            Some(byte) if *byte == dialect.delimiter => at += 1,
            Some(_) => return at + 1,
            None => return at,
        }
        if fields.len() == wanted {
            return at + end_of_record(&bytes[at..]).unwrap_or(bytes.len() - at);
        }
    }
}

/// One field and the place of the delimiter or line break that ends it.
fn one(bytes: &[u8], at: usize, dialect: Dialect) -> (Field, usize) {
    let mut start = at;
    if bytes.get(at) == Some(&b' ') {
        let blanks = bytes[at..].iter().take_while(|byte| **byte == b' ').count();
        if dialect.is_padded || bytes.get(at + blanks) == Some(&b'"') {
            start = at + blanks;
        }
    }
    if bytes.get(start) == Some(&b'"') {
        return quoted(bytes, start, dialect);
    }
    let mut end = start;
    while end < bytes.len() && bytes[end] != dialect.delimiter && bytes[end] != b'\n' {
        end += 1;
    }
    (
        Field {
            start,
            end: without_return(bytes, start, end),
            has_quotes: false,
        },
        end,
    )
}

fn quoted(bytes: &[u8], opening: usize, dialect: Dialect) -> (Field, usize) {
    let start = opening + 1;
    let mut at = start;
    let mut has_quotes = false;
    let end = loop {
        match memchr::memchr(b'"', &bytes[at..]) {
            None => break bytes.len(),
            Some(offset) if bytes.get(at + offset + 1) == Some(&b'"') => {
                has_quotes = true;
                at += offset + 2;
            }
            Some(offset) => break at + offset,
        }
    };
    let rest = &bytes[(end + 1).min(bytes.len())..];
    let after = memchr::memchr2(dialect.delimiter, b'\n', rest);
    let behind = after.map_or(bytes.len(), |offset| end + 1 + offset);
    (
        Field {
            start,
            end,
            has_quotes,
        },
        behind,
    )
}

fn without_return(bytes: &[u8], start: usize, end: usize) -> usize {
    if end > start && bytes[end - 1] == b'\r' && matches!(bytes.get(end), None | Some(b'\n')) {
        end - 1
    } else {
        end
    }
}

/// The value of a field with doubled quotes made single.
pub fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        value.push(bytes[at]);
        at += if bytes[at..].starts_with(b"\"\"") {
            2
        } else {
            1
        };
    }
    value
}

/// All values of one record as texts.
pub fn texts(line: &[u8], dialect: Dialect) -> Vec<String> {
    let mut fields = Vec::new();
    cut(line, 0, dialect, usize::MAX, &mut fields);
    let text = |field: &Field| {
        let bytes = &line[field.start..field.end];
        let value = if field.has_quotes {
            unescaped(bytes)
        } else {
            bytes.to_vec()
        };
        String::from_utf8_lossy(&value).into_owned()
    };
    fields.iter().map(text).collect()
}
