//! Cells as PostgreSQL's values, and back.

use crate::error::{StoreError, StoreResult};
use crate::render::Param;
use deadpool_postgres::tokio_postgres::Row;
use deadpool_postgres::tokio_postgres::types::private::BytesMut;
use deadpool_postgres::tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};
use guanxi_meta::Cell;
use std::error::Error;
use uuid::Uuid;

/// A parameter on its way.
#[derive(Debug)]
pub enum Bound<'a> {
    Param(&'a Param),
    Cell(&'a Cell),
    /// One column of several rows.
    Column(Vec<&'a Cell>),
    Text(&'a str),
    Int(i64),
}

type Encoded = Result<IsNull, Box<dyn Error + Sync + Send>>;

impl ToSql for Bound<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        match self {
            Bound::Param(Param::Cell(cell)) => encode(cell, ty, out),
            Bound::Cell(cell) => encode(cell, ty, out),
            Bound::Param(Param::Cells(cells)) => {
                encode_all(&cells.iter().collect::<Vec<_>>(), ty, out)
            }
            Bound::Column(cells) => encode_all(cells, ty, out),
            Bound::Text(text) => text.to_sql(ty, out),
            Bound::Int(number) => number.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

pub fn pointers<'p>(params: &'p [Bound<'p>]) -> Vec<&'p (dyn ToSql + Sync)> {
    params
        .iter()
        .map(|param| param as &(dyn ToSql + Sync))
        .collect()
}

fn encode(cell: &Cell, ty: &Type, out: &mut BytesMut) -> Encoded {
    match cell {
        Cell::Null => Ok(IsNull::Yes),
        Cell::Int(number) if <i64 as ToSql>::accepts(ty) => number.to_sql(ty, out),
        Cell::Text(text) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
        Cell::Bytes(bytes) if <&[u8] as ToSql>::accepts(ty) => bytes.to_sql(ty, out),
        Cell::Id(id) if <Uuid as ToSql>::accepts(ty) => id.to_sql(ty, out),
        _ => Err(format!("a {ty} can't hold {cell:?}").into()),
    }
}

/// An array's elements carry their own length, so each is encoded as if alone.
fn encode_all(cells: &[&Cell], ty: &Type, out: &mut BytesMut) -> Encoded {
    let Kind::Array(_) = ty.kind() else {
        return Err(format!("a {ty} can't hold a list").into());
    };
    cells
        .iter()
        .map(|cell| Element(cell))
        .collect::<Vec<_>>()
        .to_sql(ty, out)
}

#[derive(Debug)]
struct Element<'a>(&'a Cell);

impl ToSql for Element<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        encode(self.0, ty, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The cell in one place of a row.
pub fn decode(row: &Row, index: usize) -> StoreResult<Cell> {
    let ty = row.columns()[index].type_();
    let cell = match *ty {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map(Cell::from),
        Type::TEXT => row.try_get::<_, Option<String>>(index).map(Cell::from),
        Type::BYTEA => row
            .try_get::<_, Option<Vec<u8>>>(index)
            .map(|bytes| bytes.map_or(Cell::Null, Cell::Bytes)),
        Type::UUID => row.try_get::<_, Option<Uuid>>(index).map(Cell::from),
        _ => {
            return Err(StoreError::Broken(format!(
                "a column of type {ty} is not one of the store's"
            )));
        }
    };
    cell.map_err(|error| StoreError::Broken(error.to_string()))
}
