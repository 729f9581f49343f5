//! Assets over HTTP: packed, kept for ever, and under the house's headers.

#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use guanxi_web::assets;
use guanxi_web::security::{POLICY, SecurityHeaders};
use tower::ServiceExt;

async fn get(address: &str) -> Response {
    let service: Router = assets::router().layer(SecurityHeaders);
    let request = Request::get(address)
        .header(header::ACCEPT_ENCODING, "gzip")
        .body(Body::empty())
        .unwrap();
    service.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_hashed_name_is_packed_and_kept() {
    let answer = get(&assets::manifest().address("app.css")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(
        answer.headers()[header::CONTENT_TYPE],
        "text/css; charset=utf-8"
    );
    assert!(
        answer.headers()[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .ends_with("immutable")
    );
    assert_eq!(answer.headers()["content-security-policy"], POLICY);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn what_is_not_an_asset_is_not_served() {
    for address in [
        "/assets/manifest.json",
        "/assets/none.js",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2fetc%2fpasswd",
    ] {
        let answer = get(address).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{address}");
        assert_eq!(answer.headers()["content-security-policy"], POLICY);
    }
}

#[test]
fn the_policy_allows_nothing_inline() {
    assert!(!POLICY.contains("unsafe"));
    assert!(POLICY.contains("default-src 'none'") && POLICY.contains("frame-ancestors 'none'"));
}
