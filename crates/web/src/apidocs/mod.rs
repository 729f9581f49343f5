//! `/docs`: the API to read and to try, from the same document that programs read. It uses no session: whoever has a
//! token enters it, and the page keeps it nowhere.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'none'";

/// What the page is made of.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/docs",
            get(|| async { file("text/html; charset=utf-8", include_str!("page.html")) }),
        )
        .route(
            "/docs/docs.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("docs.js")) }),
        )
        .route(
            "/docs/docs.css",
            get(|| async { file("text/css; charset=utf-8", include_str!("docs.css")) }),
        )
}

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
