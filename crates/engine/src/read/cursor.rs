//! Where a list goes on: the keys of its last row, bound to the question that was asked.

use crate::error::{EngineError, EngineResult};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guanxi_meta::{Cell, ColumnType};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
struct Position {
    /// Digest of the question: a cursor of another list is refused.
    of: u32,
    keys: Vec<Key>,
    seq: i64,
}

#[derive(Serialize, Deserialize)]
enum Key {
    N,
    I(i64),
    T(String),
    B(String),
    U(Uuid),
}

/// A short digest of what a list was asked: object, filter, sort.
pub fn question(parts: &[&str]) -> u32 {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    let bytes = digest.finalize();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

pub fn write(question: u32, keys: &[Cell], seq: i64) -> String {
    let keys = keys
        .iter()
        .map(|cell| match cell {
            Cell::Null => Key::N,
            Cell::Int(value) => Key::I(*value),
            Cell::Text(value) => Key::T(value.clone()),
            Cell::Bytes(value) => Key::B(URL_SAFE_NO_PAD.encode(value)),
            Cell::Id(value) => Key::U(*value),
        })
        .collect();
    let json = serde_json::to_vec(&Position {
        of: question,
        keys,
        seq,
    })
    .unwrap_or_default();
    URL_SAFE_NO_PAD.encode(json)
}

/// The keys, of these types, and `seq`; a cursor that is malformed or of another question is a bad request.
pub fn read(cursor: &str, of: u32, keys: &[ColumnType]) -> EngineResult<(Vec<Cell>, i64)> {
    let bad = || EngineError::bad("bad_cursor");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let position: Position = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    if position.of != of || position.keys.len() != keys.len() {
        return Err(bad());
    }
    let cells = position
        .keys
        .into_iter()
        .map(|key| {
            Ok(match key {
                Key::N => Cell::Null,
                Key::I(value) => Cell::Int(value),
                Key::T(value) => Cell::Text(value),
                Key::B(value) => Cell::Bytes(URL_SAFE_NO_PAD.decode(value).map_err(|_| bad())?),
                Key::U(value) => Cell::Id(value),
            })
        })
        .collect::<EngineResult<Vec<Cell>>>()?;
    // Whoever rewrote it must not reach the database with a value that the column can't hold.
    if cells.iter().zip(keys).all(|(cell, ty)| fits(cell, *ty)) {
        Ok((cells, position.seq))
    } else {
        Err(bad())
    }
}

fn fits(cell: &Cell, ty: ColumnType) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Int(_) => ty == ColumnType::Int,
        Cell::Text(text) => ty == ColumnType::Text && !text.contains('\0'),
        Cell::Bytes(_) => ty == ColumnType::Bytes,
        Cell::Id(_) => ty == ColumnType::Id,
    }
}
