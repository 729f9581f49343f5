//! Reading JSON bodies.

use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::fault::Fault;
use serde_json::{Map, Value as Json};

/// A JSON object; anything else is a bad request that says where it stops making sense.
pub fn object(bytes: &[u8]) -> EngineResult<Map<String, Json>> {
    match json(bytes)? {
        Json::Object(members) => Ok(members),
        _ => Err(EngineError::bad("not_an_object")),
    }
}

/// The same, where no body at all means no members.
pub fn object_or_empty(bytes: &[u8]) -> EngineResult<Map<String, Json>> {
    if bytes.iter().all(u8::is_ascii_whitespace) { Ok(Map::new()) } else { object(bytes) }
}

pub fn json(bytes: &[u8]) -> EngineResult<Json> {
    serde_json::from_slice(bytes).map_err(|error| {
        let fault = Fault::new("bad_json").with("line", error.line()).with("column", error.column());
        EngineError::BadRequest(fault)
    })
}
