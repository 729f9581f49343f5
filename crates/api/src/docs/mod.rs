//! `/docs`: the API to read and to try, from the same document that programs read.

use crate::answer::respond;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

pub async fn page() -> Response<Body> {
    let mut response = respond(StatusCode::OK, include_str!("page.txt").to_owned(), "text/html; charset=utf-8", []);
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

pub async fn script() -> Response<Body> {
    respond(StatusCode::OK, include_str!("docs.js").to_owned(), "text/javascript; charset=utf-8", [])
}

pub async fn style() -> Response<Body> {
    respond(StatusCode::OK, include_str!("docs.css").to_owned(), "text/css; charset=utf-8", [])
}
