//! Parquet: every field as a column of its own type, so that other engines sum and compare without reading texts.
//!
//! Numbers rest as the database keeps them: whole, or decimals of eighteen digits. Money is two columns, the amount and
//! `…_currency`; a duration is its microseconds; what has no type there is the text that a CSV file would hold. Format:
//! <https://parquet.apache.org/docs/file-format/>.

use super::cells::{self, Layout, Names, Source};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::import::source::broken;
use guanxi_meta::kind::Ty;
use guanxi_meta::{Cell, Money};
use guanxi_store::Row;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::io::Write;
use std::sync::Arc;

/// Rows of a group: so many are held in memory.
const GROUP: usize = 20_000;
/// Digits of a decimal that rests in 64 bits.
const DIGITS: i32 = 18;

pub struct Table<'a> {
    writer: SerializedFileWriter<&'a mut (dyn Write + Send)>,
    columns: Vec<Column>,
    /// In the group under way.
    rows: usize,
}

struct Column {
    /// The position of the output that it comes from.
    output: usize,
    from: From,
    held: Held,
    /// Per row of the group: 1 where there is a value.
    levels: Vec<i16>,
}

#[derive(Clone, Copy)]
enum From {
    /// As a CSV file shows the output.
    Text,
    /// The cell at this place, and where that is empty the one at the other.
    Cell(usize, usize),
}

enum Held {
    Bools(Vec<bool>),
    Days(Vec<i32>),
    Whole(Vec<i64>),
    Texts(Vec<ByteArray>),
}

impl<'a> Table<'a> {
    pub fn new(layout: &Layout, out: &'a mut (dyn Write + Send)) -> EngineResult<Table<'a>> {
        let (mut columns, mut types) = (Vec::new(), Vec::new());
        for (at, output) in layout.outputs.iter().enumerate() {
            for (suffix, from, stored) in shape(&output.source) {
                let name = format!("{}{suffix}", output.heading);
                types.push(Arc::new(declared(&name, &stored)?));
                columns.push(Column {
                    output: at,
                    from,
                    held: Held::of(&stored),
                    levels: Vec::with_capacity(GROUP),
                });
            }
        }
        let schema = Type::group_type_builder("rows").with_fields(types).build();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("guanxi ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let schema = Arc::new(schema.map_err(unwritable)?);
        let writer = SerializedFileWriter::new(out, schema, Arc::new(properties));
        Ok(Table {
            writer: writer.map_err(unwritable)?,
            columns,
            rows: 0,
        })
    }

    pub fn put(
        &mut self,
        ctx: &Context,
        (layout, names): (&Layout, &mut Names),
        row: &Row,
    ) -> EngineResult<()> {
        let mut text = String::new();
        for column in &mut self.columns {
            let output = &layout.outputs[column.output];
            match column.from {
                From::Text => {
                    text.clear();
                    cells::write(ctx, layout, names, (output, row), &mut text);
                    column.text(&text);
                }
                From::Cell(first, second) => match (&row.cells[first], &row.cells[second]) {
                    (Cell::Null, cell) | (cell, _) => column.cell(cell),
                },
            }
        }
        self.rows += 1;
        if self.rows == GROUP {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> EngineResult<()> {
        self.rows = 0;
        let mut group = self.writer.next_row_group().map_err(unwritable)?;
        for column in &mut self.columns {
            let Some(mut out) = group.next_column().map_err(unwritable)? else {
                break;
            };
            let levels = Some(column.levels.as_slice());
            match &mut column.held {
                Held::Bools(values) => out.typed::<BoolType>().write_batch(values, levels, None),
                Held::Days(values) => out.typed::<Int32Type>().write_batch(values, levels, None),
                Held::Whole(values) => out.typed::<Int64Type>().write_batch(values, levels, None),
                Held::Texts(values) => {
                    let out = out.typed::<ByteArrayType>();
                    out.write_batch(values, levels, None)
                }
            }
            .map_err(unwritable)?;
            out.close().map_err(unwritable)?;
            column.clear();
        }
        group.close().map_err(unwritable)?;
        Ok(())
    }

    pub fn finish(mut self) -> EngineResult<()> {
        if self.rows > 0 {
            self.flush()?;
        }
        self.writer.close().map_err(unwritable)?;
        Ok(())
    }
}

impl Column {
    fn text(&mut self, text: &str) {
        let is_there = !text.is_empty();
        self.levels.push(i16::from(is_there));
        if let Held::Texts(values) = &mut self.held
            && is_there
        {
            values.push(ByteArray::from(text));
        }
    }

    fn cell(&mut self, cell: &Cell) {
        let whole = cell.int();
        let is_there = match &mut self.held {
            Held::Texts(_) => return self.text(cell.text().unwrap_or_default()),
            Held::Whole(values) => whole.map(|whole| values.push(whole)),
            Held::Bools(values) => whole.map(|whole| values.push(whole != 0)),
            Held::Days(values) => whole
                .and_then(|day| i32::try_from(day).ok())
                .map(|day| values.push(day)),
        };
        self.levels.push(i16::from(is_there.is_some()));
    }

    fn clear(&mut self) {
        self.levels.clear();
        match &mut self.held {
            Held::Bools(values) => values.clear(),
            Held::Days(values) => values.clear(),
            Held::Whole(values) => values.clear(),
            Held::Texts(values) => values.clear(),
        }
    }
}

/// How a column rests in the file.
enum Stored {
    Text,
    Bool,
    Whole,
    Decimal(u32),
    Date,
    Instant,
}

impl Held {
    fn of(stored: &Stored) -> Held {
        match stored {
            Stored::Text => Held::Texts(Vec::new()),
            Stored::Bool => Held::Bools(Vec::new()),
            Stored::Date => Held::Days(Vec::new()),
            Stored::Whole | Stored::Decimal(_) | Stored::Instant => Held::Whole(Vec::new()),
        }
    }
}

/// The columns of an output: what is added to its name, where the values are, how they rest.
fn shape(source: &Source) -> Vec<(&'static str, From, Stored)> {
    let of = |at: usize, stored| vec![("", From::Cell(at, at), stored)];
    match source {
        Source::Version(at) => of(*at, Stored::Whole),
        Source::Instant(at) => of(*at, Stored::Instant),
        Source::Field { field, at, .. } => match field.kind.ty(field) {
            Ty::Bool => of(*at, Stored::Bool),
            Ty::Number { scale: 0 } | Ty::Duration => of(*at, Stored::Whole),
            Ty::Number { scale } => of(*at, Stored::Decimal(scale)),
            Ty::Date => of(*at, Stored::Date),
            Ty::Instant => of(*at, Stored::Instant),
            // A roll-up keeps the organisation's amount alone.
            Ty::Money => vec![
                ("", From::Cell(at + 1, *at), Stored::Decimal(Money::SCALE)),
                ("_currency", From::Cell(at + 2, at + 2), Stored::Text),
            ],
            Ty::Text | Ty::Link(_) | Ty::List(_) | Ty::Opaque => {
                vec![("", From::Text, Stored::Text)]
            }
        },
        Source::Id(_) | Source::User(_) | Source::Department(_) => {
            vec![("", From::Text, Stored::Text)]
        }
    }
}

fn declared(name: &str, stored: &Stored) -> EngineResult<Type> {
    let (physical, logical) = match stored {
        Stored::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Stored::Bool => (Physical::BOOLEAN, None),
        Stored::Whole => (Physical::INT64, None),
        Stored::Decimal(scale) => {
            let decimal = LogicalType::decimal(i32::try_from(*scale).unwrap_or(0), DIGITS);
            (Physical::INT64, Some(decimal))
        }
        Stored::Date => (Physical::INT32, Some(LogicalType::Date)),
        Stored::Instant => {
            let instant = LogicalType::timestamp(true, TimeUnit::MICROS);
            (Physical::INT64, Some(instant))
        }
    };
    let mut builder = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    if let Stored::Decimal(scale) = stored {
        let scale = i32::try_from(*scale).unwrap_or(0);
        builder = builder.with_precision(DIGITS).with_scale(scale);
    }
    builder.build().map_err(unwritable)
}

fn unwritable(error: ParquetError) -> EngineError {
    match error {
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(cause) => broken(*cause),
            Err(cause) => EngineError::Broken(cause.to_string()),
        },
        other => EngineError::Broken(other.to_string()),
    }
}
