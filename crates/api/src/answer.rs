//! Answers: a status, a JSON document, and the headers that belong to it.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value as Json;

/// What a handler answers, before it is HTTP: so that it can be kept for an Idempotency-Key.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub json: Option<Json>,
    pub etag: Option<i64>,
    pub location: Option<String>,
}

impl Answer {
    pub fn ok(json: Json) -> Answer {
        Answer {
            status: StatusCode::OK,
            json: Some(json),
            etag: None,
            location: None,
        }
    }

    pub fn created(json: Json, location: String) -> Answer {
        Answer {
            status: StatusCode::CREATED,
            json: Some(json),
            etag: None,
            location: Some(location),
        }
    }

    pub fn nothing() -> Answer {
        Answer {
            status: StatusCode::NO_CONTENT,
            json: None,
            etag: None,
            location: None,
        }
    }

    /// With the record's version as its ETag.
    #[must_use]
    pub fn version(mut self, version: i64) -> Answer {
        self.etag = Some(version);
        self
    }

    pub fn body(&self) -> String {
        self.json.as_ref().map(Json::to_string).unwrap_or_default()
    }

    pub fn into_response(self) -> Response<Body> {
        let body = self.body();
        let headers = [
            (
                header::ETAG,
                self.etag.map(|version| format!("\"{version}\"")),
            ),
            (header::LOCATION, self.location),
        ];
        let is_problem = self.status.is_client_error() || self.status.is_server_error();
        let media_type = if is_problem {
            "application/problem+json"
        } else {
            "application/json"
        };
        respond(self.status, body, media_type, headers)
    }
}

/// A response with a body of text; a header whose value HTTP can't carry is left out.
pub fn respond<const N: usize>(
    status: StatusCode,
    body: String,
    media_type: &'static str,
    headers: [(header::HeaderName, Option<String>); N],
) -> Response<Body> {
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let map = response.headers_mut();
    if !empty {
        map.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    map.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    map.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            map.insert(name, value);
        }
    }
    response
}
