//! Reading JSON bodies.

use crate::problem::respond_problem;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::Response;
use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::fault::Fault;
use serde_json::{Map, Value as Json};

/// The bytes of a body; one that is too large is refused in the words of the house.
pub struct Raw(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, state: &S) -> Result<Raw, Response<Body>> {
        let lang = crate::run::language(request.headers()).unwrap_or_default();
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Raw(bytes.into())),
            Err(_) => Err(respond_problem(&EngineError::TooLarge(Fault::new("body_too_large")), lang)),
        }
    }
}

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
