//! The file that an export writes.

use super::cells::{self, Layout, Names, Source, Way};
use super::parquet::Table;
use super::{Format, Mark, Request};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::import::source::broken;
use guanxi_meta::fault::Fault;
use guanxi_meta::{Cell, Object};
use guanxi_store::Row;
use rust_xlsxwriter::Workbook;
use serde_json::{Map, Value as Json};
use std::io::{BufWriter, Write};

pub struct Sink<'a> {
    layout: &'a Layout,
    names: Names,
    /// Of one cell, used again and again.
    text: String,
    to: To<'a>,
}

enum To<'a> {
    Csv(Box<csv::Writer<&'a mut (dyn Write + Send)>>),
    Xlsx {
        book: Box<Workbook>,
        row: u32,
        out: &'a mut (dyn Write + Send),
    },
    Parquet(Box<Table<'a>>),
    Json {
        out: BufWriter<&'a mut (dyn Write + Send)>,
        first: bool,
    },
}

/// Rows of a sheet, by the format.
const SHEET_ROWS: u32 = 1_048_576;
/// Characters of a cell of a sheet, by the format.
const SHEET_CHARS: usize = 32_767;

impl<'a> Sink<'a> {
    pub fn new(
        ctx: &Context,
        object: &Object,
        request: &Request,
        (layout, out): (&'a Layout, &'a mut (dyn Write + Send)),
    ) -> EngineResult<Sink<'a>> {
        let headings = layout.outputs.iter().map(|output| output.heading.as_str());
        let to = match request.format {
            Format::Csv => {
                if request.mark == Mark::Utf8 {
                    out.write_all("\u{feff}".as_bytes()).map_err(broken)?;
                }
                let mut writer = csv::WriterBuilder::new()
                    .buffer_capacity(256 << 10)
                    .from_writer(out);
                for heading in headings {
                    writer
                        .write_field(super::safe::encoded(heading).as_bytes())
                        .map_err(unwritable)?;
                }
                writer.write_record(None::<&[u8]>).map_err(unwritable)?;
                To::Csv(Box::new(writer))
            }
            Format::Xlsx => {
                let mut book = Workbook::new();
                let sheet = book
                    .add_worksheet_with_constant_memory()
                    .map_err(sheet_error)?;
                let name: String = object
                    .label
                    .get(ctx.lang, &object.name)
                    .chars()
                    .filter(|c| !"[]:*?/\\".contains(*c))
                    .take(31)
                    .collect();
                sheet
                    .set_name(if name.is_empty() { &object.name } else { &name })
                    .map_err(sheet_error)?;
                for (column, heading) in (0..).zip(headings) {
                    sheet
                        .write_string(0, column, heading)
                        .map_err(sheet_error)?;
                }
                To::Xlsx {
                    book: Box::new(book),
                    row: 1,
                    out,
                }
            }
            Format::Parquet => To::Parquet(Box::new(Table::new(layout, out)?)),
            Format::Json => {
                let mut out = BufWriter::with_capacity(256 << 10, out);
                out.write_all(b"[").map_err(broken)?;
                To::Json { out, first: true }
            }
        };
        Ok(Sink {
            layout,
            names: Names::default(),
            text: String::new(),
            to,
        })
    }

    pub fn put(&mut self, ctx: &Context, rows: &[Row]) -> EngineResult<()> {
        if !matches!(self.to, To::Json { .. }) {
            self.names.gather(ctx, self.layout, rows)?;
        }
        let Sink {
            layout,
            names,
            text,
            to,
        } = self;
        match to {
            To::Csv(writer) => {
                for row in rows {
                    for output in &layout.outputs {
                        text.clear();
                        let danger = cells::write(ctx, layout, names, (output, row), text);
                        writer
                            .write_field(cells::defused(text, danger).as_bytes())
                            .map_err(unwritable)?;
                    }
                    writer.write_record(None::<&[u8]>).map_err(unwritable)?;
                }
            }
            To::Xlsx { book, row: at, .. } => {
                let sheet = book.worksheet_from_index(0).map_err(sheet_error)?;
                for row in rows {
                    if *at >= SHEET_ROWS {
                        let fault =
                            Fault::new("too_many_rows_for_sheet").with("most", SHEET_ROWS - 1);
                        return Err(EngineError::TooLarge(fault));
                    }
                    for (column, output) in (0..).zip(&layout.outputs) {
                        text.clear();
                        cells::write(ctx, layout, names, (output, row), text);
                        if text.is_empty() {
                            continue;
                        }
                        // An apostrophe that is the text's own has to survive the import's taking one off.
                        if text.starts_with('\'') {
                            *text = super::safe::encoded(text).into_owned();
                        }
                        // A number is a number; every other cell is a string, which a spreadsheet never runs.
                        match number(&output.source, row) {
                            Some(number) => sheet
                                .write_number(*at, column, number)
                                .map_err(sheet_error)?,
                            None if text.chars().count() > SHEET_CHARS => {
                                let cut: String = text.chars().take(SHEET_CHARS).collect();
                                sheet.write_string(*at, column, cut).map_err(sheet_error)?
                            }
                            None => sheet
                                .write_string(*at, column, text.as_str())
                                .map_err(sheet_error)?,
                        };
                    }
                    *at += 1;
                }
            }
            To::Parquet(table) => {
                for row in rows {
                    table.put(ctx, (layout, names), row)?;
                }
            }
            To::Json { out, first } => {
                for row in rows {
                    let start: &[u8] = if *first { b"\n" } else { b",\n" };
                    *first = false;
                    out.write_all(start).map_err(broken)?;
                    let json = Json::Object(flat(ctx, layout, row));
                    serde_json::to_writer(&mut *out, &json).map_err(|e| broken(e.into()))?;
                }
            }
        }
        Ok(())
    }

    pub fn finish(self) -> EngineResult<()> {
        match self.to {
            To::Csv(mut writer) => writer.flush().map_err(broken),
            To::Xlsx { mut book, out, .. } => {
                let bytes = book.save_to_buffer().map_err(sheet_error)?;
                out.write_all(&bytes)
                    .and_then(|()| out.flush())
                    .map_err(broken)
            }
            To::Parquet(table) => table.finish(),
            To::Json { mut out, .. } => out
                .write_all(b"\n]\n")
                .and_then(|()| out.flush())
                .map_err(broken),
        }
    }
}

/// A whole number that a sheet's binary float holds exactly.
fn number(source: &Source, row: &Row) -> Option<f64> {
    /// 2^53.
    const EXACT: i64 = 1 << 53;
    match source {
        Source::Field {
            at, way: Way::Int, ..
        }
        | Source::Version(at) => row.cells[*at]
            .int()
            .filter(|number| number.abs() <= EXACT)
            .map(|number| number as f64),
        _ => None,
    }
}

/// As the API shows it.
fn flat(ctx: &Context, layout: &Layout, row: &Row) -> Map<String, Json> {
    let mut json = Map::new();
    let int = |at: usize| row.cells[at].int().unwrap_or(0);
    for output in &layout.outputs {
        let value = match &output.source {
            Source::Id(at) => row.cells[*at]
                .id()
                .map_or(Json::Null, |id| Json::from(id.to_string())),
            Source::Version(at) => Json::from(int(*at)),
            Source::Instant(at) => crate::record::instant(int(*at)),
            Source::User(at) => ctx.user_json(int(*at)),
            Source::Department(at) => ctx.department_json(int(*at)),
            Source::Field {
                field, at, width, ..
            } => {
                let held = &row.cells[*at..at + width];
                if held.iter().all(Cell::is_null) {
                    Json::Null
                } else {
                    let value = field.kind.load(field, held);
                    for (suffix, more) in field.kind.extra_json(field, &value) {
                        json.insert(format!("{}{suffix}", output.name), more);
                    }
                    if value.is_null() {
                        Json::Null
                    } else {
                        field.kind.to_json(field, &value)
                    }
                }
            }
        };
        json.insert(output.name.clone(), value);
    }
    json
}

fn sheet_error(error: rust_xlsxwriter::XlsxError) -> EngineError {
    match error {
        rust_xlsxwriter::XlsxError::IoError(error) => broken(error),
        other => EngineError::Broken(other.to_string()),
    }
}

fn unwritable(error: csv::Error) -> EngineError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => broken(error),
        other => EngineError::Broken(format!("{other:?}")),
    }
}
