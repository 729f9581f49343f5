//! Reading JSON bodies.

use crate::Api;
use crate::problem::hang_up;
use crate::run::Head;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{Response, header};
use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::fault::Fault;
use serde_json::{Map, Value as Json};

/// The bytes of a body; one that is too large is refused in the words of the house.
pub struct Raw(pub Vec<u8>);

/// From here on, who calls is asked before the body is taken into memory.
const LARGE: u64 = 256 << 10;

impl FromRequest<Api> for Raw {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, api: &Api) -> Result<Raw, Response<Body>> {
        let lang = crate::run::language(request.headers()).unwrap_or_default();
        let head = Head::of(&request);
        let length = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        if !head.has_token() || length.is_none_or(|length: u64| length > LARGE) {
            let api = api.clone();
            let asked = tokio::task::spawn_blocking(move || head.context(&api).map(|_| ())).await;
            if let Ok(Err(error)) = asked {
                return Err(hang_up(&error, lang));
            }
        }
        match Bytes::from_request(request, api).await {
            Ok(bytes) => Ok(Raw(bytes.into())),
            Err(_) => Err(hang_up(
                &EngineError::TooLarge(Fault::new("body_too_large")),
                lang,
            )),
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
    if bytes.iter().all(u8::is_ascii_whitespace) {
        Ok(Map::new())
    } else {
        object(bytes)
    }
}

pub fn json(bytes: &[u8]) -> EngineResult<Json> {
    serde_json::from_slice(bytes).map_err(|error| {
        let fault = Fault::new("bad_json")
            .with("line", error.line())
            .with("column", error.column());
        EngineError::BadRequest(fault)
    })
}
