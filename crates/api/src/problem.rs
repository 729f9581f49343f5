//! The one renderer of errors: problem details (RFC 9457) in the caller's language. What is written here is all that
//! leaves the house; causes go to the log.

use crate::answer::respond;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::middleware::Next;
use guanxi_engine::{EngineError, error::Stale};
use guanxi_meta::Lang;
use guanxi_meta::fault::{Fault, FieldError, message};
use guanxi_store::StoreError;
use serde_json::{Map, Value as Json, json};

/// The problem document of an error and its status.
pub fn problem(error: &EngineError, lang: Lang) -> (StatusCode, Json) {
    let (status, code, detail) = classify(error, lang);
    let mut document = Map::new();
    document.insert("type".into(), json!(format!("urn:guanxi:problem:{code}")));
    document.insert(
        "title".into(),
        json!(message(lang, &format!("problem.{code}"), &[])),
    );
    document.insert("status".into(), json!(status.as_u16()));
    document.insert("detail".into(), json!(detail));
    match error {
        EngineError::Invalid(errors) | EngineError::Taken(_, errors) if !errors.is_empty() => {
            document.insert("errors".into(), errors_json(errors, lang));
        }
        EngineError::Query(query) => {
            document.insert("position".into(), json!(query.position));
            document.insert("length".into(), json!(query.length));
        }
        EngineError::Stale(stale) => add_stale(&mut document, stale, lang),
        _ => {}
    }
    (status, Json::Object(document))
}

pub fn respond_problem(error: &EngineError, lang: Lang) -> Response<Body> {
    if matches!(error, EngineError::Broken(_) | EngineError::Store(_)) {
        tracing::error!(%error, "a request failed");
    }
    let (status, document) = problem(error, lang);
    let retry = match error {
        EngineError::TooMany { retry_after_s } => Some(retry_after_s.to_string()),
        EngineError::Outdated
        | EngineError::Store(StoreError::Conflict | StoreError::Unavailable(_)) => {
            Some("1".to_owned())
        }
        _ => None,
    };
    let challenge = (status == StatusCode::UNAUTHORIZED).then(|| "Bearer".to_owned());
    let headers = [
        (header::RETRY_AFTER, retry),
        (header::WWW_AUTHENTICATE, challenge),
    ];
    respond(
        status,
        document.to_string(),
        "application/problem+json",
        headers,
    )
}

/// The same to a request whose body was not read to its end: the next one can't come on this connection.
pub fn hang_up(error: &EngineError, lang: Lang) -> Response<Body> {
    let mut response = respond_problem(error, lang);
    let close = axum::http::HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Status, stable code, and the sentence that a person reads.
fn classify(error: &EngineError, lang: Lang) -> (StatusCode, &'static str, String) {
    let say = |code: &'static str| message(lang, &format!("problem.{code}.detail"), &[]);
    match error {
        EngineError::NotFound => (StatusCode::NOT_FOUND, "not_found", say("not_found")),
        EngineError::Unauthorized => (
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            say("unauthorized"),
        ),
        EngineError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", say("forbidden")),
        EngineError::BadRequest(fault) => {
            (StatusCode::BAD_REQUEST, "bad_request", fault.message(lang))
        }
        EngineError::Query(query) => (StatusCode::BAD_REQUEST, "bad_query", query.message(lang)),
        EngineError::Invalid(errors) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            sentences(errors, lang),
        ),
        EngineError::Stale(_) => (StatusCode::PRECONDITION_FAILED, "stale", say("stale")),
        EngineError::Taken(fault, errors) if errors.is_empty() => {
            (StatusCode::CONFLICT, "conflict", fault.message(lang))
        }
        EngineError::Taken(_, errors) => {
            (StatusCode::CONFLICT, "conflict", sentences(errors, lang))
        }
        EngineError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many", say("too_many")),
        EngineError::TooLarge(fault) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            fault.message(lang),
        ),
        EngineError::Store(StoreError::Full) => {
            (StatusCode::INSUFFICIENT_STORAGE, "full", say("full"))
        }
        EngineError::Outdated
        | EngineError::Store(StoreError::Conflict | StoreError::Unavailable(_)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            say("unavailable"),
        ),
        EngineError::Store(StoreError::TooSlow) => (
            StatusCode::BAD_REQUEST,
            "bad_request",
            Fault::new("too_slow").message(lang),
        ),
        EngineError::Store(_) | EngineError::Broken(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            say("internal"),
        ),
    }
}

fn sentences(errors: &[FieldError], lang: Lang) -> String {
    let each = errors
        .iter()
        .map(|error| format!("{}: {}", error.field, error.fault.message(lang)));
    each.collect::<Vec<_>>().join(" ")
}

/// `errors: [{field, code, message}]`, all of them.
pub fn errors_json(errors: &[FieldError], lang: Lang) -> Json {
    errors
        .iter()
        .map(|error| json!({"field": error.field, "code": error.fault.code, "message": error.fault.message(lang)}))
        .collect()
}

fn add_stale(document: &mut Map<String, Json>, stale: &Stale, lang: Lang) {
    document.insert("version".into(), json!(stale.version));
    let message = Fault::new("stale_field").message(lang);
    let conflicts = stale.conflicts.iter().map(|conflict| {
        json!({"field": conflict.field, "yours": conflict.yours, "theirs": conflict.theirs,
               "code": "stale_field", "message": message})
    });
    document.insert("conflicts".into(), conflicts.collect());
    // The same fields where a form looks for what is wrong with it.
    let errors = stale.conflicts.iter().map(
        |conflict| json!({"field": conflict.field, "code": "stale_field", "message": message}),
    );
    document.insert("errors".into(), errors.collect());
}

/// Pieces of an address are text, or there is no such address: asked before any handler takes them apart.
pub async fn only_text(request: Request, next: Next) -> Response<Body> {
    if is_text(request.uri().path()) {
        return next.run(request).await;
    }
    no_such_address(request.headers().clone()).await
}

/// Whether what is percent-encoded is UTF-8.
fn is_text(path: &str) -> bool {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let encoded = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match encoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).is_ok()
}

pub async fn no_such_address(headers: HeaderMap) -> Response<Body> {
    respond_problem(
        &EngineError::NotFound,
        crate::run::language(&headers).unwrap_or_default(),
    )
}

pub async fn method_not_allowed(headers: HeaderMap) -> Response<Body> {
    let lang = crate::run::language(&headers).unwrap_or_default();
    let document = json!({
        "type": "urn:guanxi:problem:method",
        "title": message(lang, "problem.method", &[]),
        "status": 405,
        "detail": message(lang, "problem.method.detail", &[]),
    });
    respond(
        StatusCode::METHOD_NOT_ALLOWED,
        document.to_string(),
        "application/problem+json",
        [],
    )
}
