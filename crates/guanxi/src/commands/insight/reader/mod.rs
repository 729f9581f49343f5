//! Columns from CSV files: one pass, in blocks, parsed on every processor, in the order of the files.
//!
//! A block ends where a record ends, so that workers parse them independently; what they give is put back in order and
//! handed on, and only that is kept. Ids are taken as they stand, numbers and dates are parsed at once, and what can't
//! be is an error that names column, row, reason and remedy.

mod blocks;
mod cells;
mod fields;
mod lines;
mod scan;
mod table;

pub use cells::{instant, number};
pub use lines::lines;
pub use scan::{Cells, Kind, Want, scan};
pub use table::{Column, Table, numbers_of};

use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// What is read: files one after another, as if they were one.
#[derive(Debug, Clone)]
pub struct Source {
    pub files: Vec<PathBuf>,
    pub days: Days,
}

/// How `3/4/2026` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    MonthFirst,
    DayFirst,
}

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    pub delimiter: u8,
    /// Every delimiter is followed by a blank that is not part of the value.
    pub is_padded: bool,
}

/// The head of a file: how it is written, what its columns are called, and where its rows begin.
#[derive(Debug, Clone)]
pub struct Head {
    pub dialect: Dialect,
    pub names: Vec<String>,
    /// Bytes before the first row.
    pub length: usize,
}

/// Of the start of a file, which has to hold its first line.
fn head(path: &Path, start: &[u8]) -> anyhow::Result<Head> {
    let mark = if start.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let end = fields::end_of_record(&start[mark..]).map_or(start.len(), |end| mark + end);
    let line = &start[mark..end];
    if line.iter().all(u8::is_ascii_whitespace) {
        bail!(
            "{} is empty: its first line has to name the columns.",
            path.display()
        );
    }
    if line.contains(&0) {
        bail!(
            "{} is no text file: save the sheet as CSV in UTF-8.",
            path.display()
        );
    }
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    let delimiter = [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|one| (count(*one), *one == b','))
        .unwrap_or(b',');
    let plain = Dialect {
        delimiter,
        is_padded: false,
    };
    let names = fields::texts(line, plain);
    let is_padded = names.len() > 1 && names[1..].iter().all(|name| name.starts_with(' '));
    let names = names
        .into_iter()
        .map(|name| name.trim().to_owned())
        .collect();
    Ok(Head {
        dialect: Dialect {
            delimiter,
            is_padded,
        },
        names,
        length: end,
    })
}

impl Head {
    /// The place of a column, or an error that lists those there are.
    fn place(&self, path: &Path, name: &str) -> anyhow::Result<usize> {
        let exact = self.names.iter().position(|one| one == name);
        exact.with_context(|| {
            let near = self.names.iter().find(|one| one.eq_ignore_ascii_case(name));
            let hint = near.map_or(String::new(), |near| format!(" Do you mean `{near}`?"));
            format!(
                "{} has no column `{name}`.{hint} Its columns: {}.",
                path.display(),
                self.names.join(", ")
            )
        })
    }
}

/// The columns of a file, without its rows.
pub fn header(path: &Path) -> anyhow::Result<Vec<String>> {
    let mut blocks = blocks::Blocks::open(path)?;
    let start = blocks.next()?.unwrap_or_default();
    Ok(head(path, &start)?.names)
}

#[cfg(test)]
mod tests {
    use super::scan::Need;
    use super::*;
    use std::io::Write;

    fn file(name: &str, bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(name).tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn read(name: &str, bytes: &[u8], wants: &[Want]) -> anyhow::Result<Table> {
        let file = file(name, bytes);
        let source = Source {
            files: vec![file.path().to_owned()],
            days: Days::MonthFirst,
        };
        Table::read(&source, wants)
    }

    fn texts(table: &Table, at: usize) -> Vec<Option<&str>> {
        let column = table.columns[at].texts();
        (0..column.len()).map(|row| column.get(row)).collect()
    }

    const TEXT: &[Want] = &[
        Want {
            name: "a",
            kind: Kind::Text,
            need: Need::Optional,
        },
        Want {
            name: "b",
            kind: Kind::Text,
            need: Need::Optional,
        },
    ];

    #[test]
    fn quotes_line_ends_and_blanks() {
        let cases: [(&[u8], [Option<&str>; 4]); 6] = [
            (
                b"a,b\n1,2\n3,4\n",
                [Some("1"), Some("2"), Some("3"), Some("4")],
            ),
            (
                b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4",
                [Some("1"), Some("2"), Some("3"), Some("4")],
            ),
            (
                b"b,x,a\n\"q\"\"q\",,1\n\"l\n,l\",0,\n",
                [Some("1"), Some("q\"q"), None, Some("l\n,l")],
            ),
            (
                b"a;b\n1,5;2\n\n ;4\n",
                [Some("1,5"), Some("2"), Some(" "), Some("4")],
            ),
            (
                b"a, b\n1, x y\n3, \"p, q\"\n",
                [Some("1"), Some("x y"), Some("3"), Some("p, q")],
            ),
            (
                b"a,b\n\"1\", \"x, y\"\n3, z\n",
                [Some("1"), Some("x, y"), Some("3"), Some(" z")],
            ),
        ];
        for (bytes, [a0, b0, a1, b1]) in cases {
            let table = read(".csv", bytes, TEXT).unwrap();
            assert_eq!(
                (texts(&table, 0), texts(&table, 1)),
                (vec![a0, a1], vec![b0, b1])
            );
        }
    }

    #[test]
    fn packed_files_and_several_files_are_one() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"a,b\nx,1\n").unwrap();
        let first = file(".csv.gz", &packed.finish().unwrap());
        let second = file(".csv", b"b,a\n2,y\n");
        let files = vec![first.path().to_owned(), second.path().to_owned()];
        let table = Table::read(
            &Source {
                files,
                days: Days::MonthFirst,
            },
            TEXT,
        )
        .unwrap();
        assert_eq!(texts(&table, 0), [Some("x"), Some("y")]);
        assert_eq!(texts(&table, 1), [Some("1"), Some("2")]);
    }

    #[test]
    fn many_blocks_keep_their_order() {
        let mut text = String::from("a,b\n");
        for row in 0..400_000 {
            text += &format!("{row},\"{}\"\n", row % 7);
        }
        let wants = [
            Want {
                name: "a",
                kind: Kind::Number,
                need: Need::Required,
            },
            TEXT[1],
        ];
        let table = read(".csv", text.as_bytes(), &wants).unwrap();
        let numbers = table.columns[0].numbers();
        assert_eq!(numbers.len(), 400_000);
        assert!(
            numbers
                .iter()
                .enumerate()
                .all(|(row, value)| *value == row as f64)
        );
        assert_eq!(table.columns[1].texts().get(399_999), Some("5"));
    }

    #[test]
    fn errors_name_column_row_reason_and_remedy() {
        let number = [Want {
            name: "b",
            kind: Kind::Number,
            need: Need::Required,
        }];
        let instant = [Want {
            name: "b",
            kind: Kind::Instant,
            need: Need::Required,
        }];
        let cases: [(&[Want], &[u8], &[&str]); 7] = [
            (
                &number,
                b"a,b\n1,2\n3,x4\n",
                &["row 3", "`b`", "x4", "is no number"],
            ),
            (&number, b"a,b\n1,\n", &["row 2", "`b`", "empty"]),
            (
                &instant,
                b"a,b\n1,2026-02-30\n",
                &["row 2", "`b`", "2026-02-30", "YYYY-MM-DD"],
            ),
            (&number, b"a,b\n1,2\n3\n", &["row 3", "1 value", "`b`"]),
            (&number, b"a,c\n1,2\n", &["no column `b`", "a, c"]),
            (&number, b"", &["is empty"]),
            (&number, b"a,b\n1,\xff\n", &["row 2", "UTF-8"]),
        ];
        for (wants, bytes, parts) in cases {
            let message = format!("{:#}", read(".csv", bytes, wants).unwrap_err());
            for part in parts {
                assert!(message.contains(part), "`{part}` is not in: {message}");
            }
        }
    }
}
