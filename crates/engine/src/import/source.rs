//! Files as people send them, made into one form: UTF-8 rows that can be read from any position again. A text in a
//! Chinese encoding, a workbook or another separator ends here; all that follows sees a CSV file.

use crate::error::{EngineError, EngineResult};
use calamine::{DataRef, Reader as _, Xlsx};
use encoding_rs::{Encoding, GB18030, UTF_8};
use guanxi_meta::fault::Fault;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// A file that was made readable; kept as JSON beside its rows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Staged {
    /// One byte: `,`, `;` or a tab.
    pub delimiter: u8,
    pub header: Vec<String>,
    /// Of a workbook.
    pub sheet: Option<String>,
    pub sheets: Vec<String>,
    /// Bytes of the rows, header included.
    pub size: u64,
    #[serde(skip)]
    pub rows: PathBuf,
}

/// Bytes of an uploaded file.
pub const MOST_BYTES: u64 = 2 << 30;
/// Bytes that a workbook may unpack to.
const MOST_UNPACKED: u64 = 2 << 30;
/// Bytes of a workbook's shared strings, which are held in memory.
const MOST_STRINGS: u64 = 256 << 20;
/// Parts of a workbook.
const MOST_PARTS: usize = 10_000;
pub const MOST_ROWS: u64 = 10_000_000;
pub const MOST_COLUMNS: usize = 500;
/// Bytes of one row: a quote that is never closed must not swallow the file.
const MOST_ROW_BYTES: usize = 4 << 20;
/// Bytes in which separator and encoding are looked for.
const HEAD_BYTES: usize = 64 << 10;

const SOURCE: &str = "source";
const ROWS: &str = "rows.csv";
const STAGED: &str = "staged.json";

/// Takes the upload into `folder`; too much of it is refused, and nothing of it stays.
pub fn receive(folder: &Path, from: &mut dyn Read) -> EngineResult<u64> {
    let taken = take(folder, from);
    if taken.is_err() {
        let _ = std::fs::remove_dir_all(folder);
    }
    taken
}

fn take(folder: &Path, from: &mut dyn Read) -> EngineResult<u64> {
    std::fs::create_dir_all(folder).map_err(broken)?;
    let mut file = File::create(folder.join(SOURCE)).map_err(broken)?;
    let size = std::io::copy(&mut from.take(MOST_BYTES + 1), &mut file).map_err(broken)?;
    if size > MOST_BYTES {
        return Err(EngineError::TooLarge(
            Fault::new("file_too_large").with("most", MOST_BYTES >> 20),
        ));
    }
    file.sync_all().map_err(broken)?;
    // The names of file and folder are durable only with the folders that hold them.
    for place in [Some(folder), folder.parent()].into_iter().flatten() {
        File::open(place)
            .and_then(|place| place.sync_all())
            .map_err(broken)?;
    }
    Ok(size)
}

/// What `receive` took, as it came.
pub fn received(folder: &Path) -> EngineResult<File> {
    File::open(folder.join(SOURCE)).map_err(|_| EngineError::NotFound)
}

/// The rows of what `receive` took. The same sheet is made ready only once.
pub fn stage(folder: &Path, sheet: Option<&str>) -> EngineResult<Staged> {
    if let Some(staged) = known(folder, sheet) {
        return Ok(staged);
    }
    let source = folder.join(SOURCE);
    let mut head = vec![0; HEAD_BYTES];
    let length = read_up_to(
        &mut File::open(&source).map_err(|_| EngineError::NotFound)?,
        &mut head,
    )?;
    head.truncate(length);
    let rows = folder.join(ROWS);
    let (delimiter, sheet, sheets) = if head.starts_with(b"PK\x03\x04") {
        let (sheet, sheets) = workbook(&source, &rows, sheet)?;
        (b',', Some(sheet), sheets)
    } else {
        (text(&source, &rows)?, None, Vec::new())
    };
    let header = header(&rows, delimiter)?;
    let size = rows.metadata().map_err(broken)?.len();
    let staged = Staged {
        delimiter,
        header,
        sheet,
        sheets,
        size,
        rows,
    };
    let json = serde_json::to_vec(&staged).map_err(|e| EngineError::Broken(e.to_string()))?;
    std::fs::write(folder.join(STAGED), json).map_err(broken)?;
    Ok(staged)
}

/// Rows from a position on.
pub struct Rows {
    reader: csv::Reader<File>,
    pub columns: usize,
}

/// Where reading goes on, as `gx_import` keeps it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Position {
    pub byte: u64,
    /// Of the file, from 1.
    pub line: u64,
    /// Rows before this, the header among them.
    pub record: u64,
}

/// One row as it stands in the file.
#[derive(Debug, Clone)]
pub struct Raw {
    pub line: u64,
    pub cells: csv::StringRecord,
    /// Where reading goes on behind it.
    pub end: Position,
}

impl Rows {
    /// From `position`, or from the first row below the header.
    pub fn open(staged: &Staged, position: Option<Position>) -> EngineResult<Rows> {
        let file = File::open(&staged.rows).map_err(broken)?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(staged.delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(256 << 10)
            .from_reader(file);
        match position {
            Some(at) if at.byte > 0 => {
                let mut seek = csv::Position::new();
                seek.set_byte(at.byte)
                    .set_line(at.line)
                    .set_record(at.record);
                reader.seek(seek).map_err(unreadable)?;
            }
            _ => {
                reader
                    .read_record(&mut csv::StringRecord::new())
                    .map_err(unreadable)?;
            }
        }
        Ok(Rows {
            reader,
            columns: staged.header.len(),
        })
    }

    pub fn position(&self) -> Position {
        let at = self.reader.position();
        Position {
            byte: at.byte(),
            line: at.line(),
            record: at.record(),
        }
    }

    pub fn next_row(&mut self) -> EngineResult<Option<Raw>> {
        let line = self.reader.position().line();
        let mut cells = csv::StringRecord::new();
        if !self.reader.read_record(&mut cells).map_err(unreadable)? {
            return Ok(None);
        }
        if self.reader.position().record() > MOST_ROWS {
            return Err(EngineError::TooLarge(
                Fault::new("too_many_rows").with("most", MOST_ROWS),
            ));
        }
        let line = cells.position().map_or(line, csv::Position::line);
        Ok(Some(Raw {
            line,
            cells,
            end: self.position(),
        }))
    }
}

fn known(folder: &Path, sheet: Option<&str>) -> Option<Staged> {
    let json = std::fs::read(folder.join(STAGED)).ok()?;
    let mut staged: Staged = serde_json::from_slice(&json).ok()?;
    staged.rows = folder.join(ROWS);
    let same = sheet.is_none() || staged.sheet.as_deref() == sheet;
    (same && staged.rows.metadata().ok()?.len() == staged.size).then_some(staged)
}

fn header(rows: &Path, delimiter: u8) -> EngineResult<Vec<String>> {
    let file = File::open(rows).map_err(broken)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(file);
    let mut first = csv::StringRecord::new();
    if !reader.read_record(&mut first).map_err(unreadable)? {
        return Err(refused("empty_file"));
    }
    if first.len() > MOST_COLUMNS {
        return Err(EngineError::TooLarge(
            Fault::new("too_many_columns").with("most", MOST_COLUMNS),
        ));
    }
    Ok(first.iter().map(|cell| cell.trim().to_owned()).collect())
}

/// Writes the text as UTF-8 without a mark; answers its separator.
fn text(source: &Path, rows: &Path) -> EngineResult<u8> {
    let encoding = encoding(source)?;
    let mut from = BufReader::with_capacity(HEAD_BYTES, File::open(source).map_err(broken)?);
    let mut to = BufWriter::with_capacity(HEAD_BYTES, File::create(rows).map_err(broken)?);
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut guard = RowGuard::default();
    let (mut input, mut output) = (vec![0; HEAD_BYTES], String::with_capacity(HEAD_BYTES * 3));
    let mut delimiter = None;
    loop {
        let length = read_up_to(&mut from, &mut input)?;
        output.clear();
        let (_, _, bad) = decoder.decode_to_string(&input[..length], &mut output, length == 0);
        if bad {
            return Err(refused("unknown_encoding"));
        }
        if delimiter.is_none() {
            delimiter = Some(sniff(&output));
        }
        guard.pass(output.as_bytes())?;
        to.write_all(output.as_bytes()).map_err(broken)?;
        if length == 0 {
            break;
        }
    }
    to.into_inner()
        .map_err(|e| broken(e.into_error()))?
        .sync_all()
        .map_err(broken)?;
    Ok(delimiter.unwrap_or(b','))
}

/// UTF-8 where every byte of the file is; by its mark UTF-16; else GB18030, of which GBK and GB2312 are parts.
fn encoding(source: &Path) -> EngineResult<&'static Encoding> {
    let mut file = File::open(source).map_err(broken)?;
    let mut buffer = vec![0; HEAD_BYTES];
    let mut kept = 0;
    let mut first = true;
    loop {
        let length = kept + read_up_to(&mut file, &mut buffer[kept..])?;
        if first {
            if let Some((encoding, _)) = Encoding::for_bom(&buffer[..length]) {
                return Ok(encoding);
            }
            first = false;
        }
        match std::str::from_utf8(&buffer[..length]) {
            Ok(_) if length == kept => return Ok(UTF_8),
            Ok(_) => kept = 0,
            Err(error) if error.error_len().is_none() && length > kept => {
                let valid = error.valid_up_to();
                buffer.copy_within(valid..length, 0);
                kept = length - valid;
            }
            Err(_) => return Ok(GB18030),
        }
    }
}

/// The separator that cuts the first rows into the most columns, as many in each.
fn sniff(head: &str) -> u8 {
    let score = |delimiter: &u8| {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(*delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(head.as_bytes());
        let widths: Vec<usize> = reader
            .records()
            .take(20)
            .filter_map(Result::ok)
            .map(|row| row.len())
            .collect();
        let first = widths.first().copied().unwrap_or(0);
        let alike = widths.iter().filter(|width| **width == first).count();
        (first > 1, alike * first, first)
    };
    // Of equals the last wins with `max_by_key`, so the comma stands last.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(score)
        .unwrap_or(b',')
}

/// Refuses bytes that no table has, and rows without an end.
#[derive(Default)]
struct RowGuard {
    length: usize,
    quoted: bool,
}

impl RowGuard {
    fn pass(&mut self, bytes: &[u8]) -> EngineResult<()> {
        for byte in bytes {
            self.length += 1;
            match byte {
                b'"' => self.quoted = !self.quoted,
                b'\n' if !self.quoted => self.length = 0,
                0 => return Err(refused("not_a_table")),
                _ => {}
            }
            if self.length > MOST_ROW_BYTES {
                return Err(EngineError::TooLarge(
                    Fault::new("row_too_long").with("most", MOST_ROW_BYTES >> 20),
                ));
            }
        }
        Ok(())
    }
}

/// Writes the rows of a sheet, the first if none is named; answers its name and all names.
fn workbook(
    source: &Path,
    rows: &Path,
    sheet: Option<&str>,
) -> EngineResult<(String, Vec<String>)> {
    weigh(source)?;
    let bad = |_: calamine::XlsxError| refused("not_a_workbook");
    let file = BufReader::new(File::open(source).map_err(broken)?);
    let mut book: Xlsx<_> = Xlsx::new(file).map_err(bad)?;
    let sheets = book.sheet_names();
    let name = match sheet {
        Some(name) => sheets.iter().find(|known| *known == name).cloned(),
        None => sheets.first().cloned(),
    };
    let name = name.ok_or_else(|| refused("no_such_sheet"))?;
    let mut to = csv::Writer::from_writer(BufWriter::new(File::create(rows).map_err(broken)?));
    let mut cells = book.worksheet_cells_reader(&name).map_err(bad)?;
    let mut row: Vec<String> = Vec::new();
    let (mut at, mut width) = (0_u32, 0_usize);
    while let Some(cell) = cells.next_cell().map_err(bad)? {
        let (line, column) = cell.get_position();
        let text = cell_text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if u64::from(line) > MOST_ROWS || column as usize >= MOST_COLUMNS {
            let fault = Fault::new("sheet_too_large")
                .with("rows", MOST_ROWS)
                .with("columns", MOST_COLUMNS);
            return Err(EngineError::TooLarge(fault));
        }
        while at < line {
            put(&mut to, &mut row, &mut width)?;
            at += 1;
        }
        row.resize((column as usize).max(row.len()), String::new());
        row.push(text);
    }
    put(&mut to, &mut row, &mut width)?;
    let file = to
        .into_inner()
        .map_err(|e| EngineError::Broken(e.to_string()))?;
    file.into_inner()
        .map_err(|e| broken(e.into_error()))?
        .sync_all()
        .map_err(broken)?;
    Ok((name, sheets))
}

/// A row as wide as the header, so that an empty one stays a row and lines keep their numbers.
fn put(
    to: &mut csv::Writer<BufWriter<File>>,
    row: &mut Vec<String>,
    width: &mut usize,
) -> EngineResult<()> {
    if *width == 0 {
        // Rows above the header are no table.
        if row.is_empty() {
            return Ok(());
        }
        *width = row.len();
    }
    if row.len() < *width {
        row.resize(*width, String::new());
    }
    to.write_record(&*row).map_err(unreadable)?;
    row.clear();
    Ok(())
}

/// Unpacks every part into nothing and counts: what a packed file says of its own size is not believed.
fn weigh(source: &Path) -> EngineResult<()> {
    let large =
        || EngineError::TooLarge(Fault::new("unpacks_too_large").with("most", MOST_UNPACKED >> 20));
    let mut archive = zip::ZipArchive::new(BufReader::new(File::open(source).map_err(broken)?))
        .map_err(|_| refused("not_a_workbook"))?;
    if archive.len() > MOST_PARTS {
        return Err(large());
    }
    let mut left = MOST_UNPACKED;
    for at in 0..archive.len() {
        let part = archive
            .by_index(at)
            .map_err(|_| refused("not_a_workbook"))?;
        let strings = part
            .name()
            .is_ok_and(|name| name.ends_with("sharedStrings.xml"));
        let most = if strings {
            left.min(MOST_STRINGS)
        } else {
            left
        };
        let size = std::io::copy(&mut part.take(most + 1), &mut std::io::sink())
            .map_err(|_| refused("not_a_workbook"))?;
        if size > most {
            return Err(large());
        }
        left -= size;
    }
    Ok(())
}

/// The value as kinds read it: plain digits, ISO 8601 for days and times.
fn cell_text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        // Whole numbers are shown without a point, as the sheet shows them.
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            match (hour, minute, second) {
                (0, 0, 0) => date,
                _ => format!("{date} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// Fills the buffer as far as there is something.
fn read_up_to(from: &mut dyn Read, buffer: &mut [u8]) -> EngineResult<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match from.read(&mut buffer[length..]).map_err(broken)? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

fn refused(code: &'static str) -> EngineError {
    EngineError::Invalid(vec![Fault::new(code).at("file")])
}

fn unreadable(error: csv::Error) -> EngineError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => broken(error),
        _ => refused("not_a_table"),
    }
}

pub(crate) fn broken(error: std::io::Error) -> EngineError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => EngineError::Store(guanxi_store::StoreError::Full),
        _ => EngineError::Broken(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn staged(bytes: &[u8]) -> EngineResult<(tempfile::TempDir, Staged)> {
        let folder = tempfile::tempdir().unwrap();
        receive(folder.path(), &mut &bytes[..])?;
        let staged = stage(folder.path(), None)?;
        Ok((folder, staged))
    }

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        let (_folder, staged) = staged(bytes).unwrap();
        let mut rows = Rows::open(&staged, None).unwrap();
        let mut found = vec![staged.header.clone()];
        while let Some(raw) = rows.next_row().unwrap() {
            found.push(raw.cells.iter().map(str::to_owned).collect());
        }
        found
    }

    #[test]
    fn separators_and_encodings_are_found() {
        let wanted = [["名称", "电话"], ["合肥,锅炉", "1"]]
            .map(|row| row.map(str::to_owned).to_vec())
            .to_vec();
        let text = "名称;电话\n合肥,锅炉;1\n";
        assert_eq!(cells(text.as_bytes()), wanted);
        assert_eq!(cells(format!("\u{feff}{text}").as_bytes()), wanted);
        assert_eq!(cells(&GB18030.encode(text).0), wanted);
        assert_eq!(
            cells("名称\t电话\r\n\"合肥,锅炉\"\t1\r\n".as_bytes()),
            wanted
        );
    }

    #[test]
    fn a_quoted_line_break_stays_in_its_cell_and_reading_goes_on_from_any_row() {
        let (_folder, staged) = staged(b"a,b\n\"x\ny\",1\nz,2\n").unwrap();
        let mut rows = Rows::open(&staged, None).unwrap();
        assert_eq!(&rows.next_row().unwrap().unwrap().cells[0], "x\ny");
        let mut again = Rows::open(&staged, Some(rows.position())).unwrap();
        let raw = again.next_row().unwrap().unwrap();
        assert_eq!((&raw.cells[0], raw.line), ("z", 4));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bytes in [&b""[..], b"a\0b,c\n", b"PK\x03\x04 no workbook"] {
            assert!(matches!(staged(bytes), Err(EngineError::Invalid(_))));
        }
        let endless = [b"a,b\n\"".to_vec(), vec![b'x'; MOST_ROW_BYTES + 1]].concat();
        assert!(matches!(staged(&endless), Err(EngineError::TooLarge(_))));
    }
}
