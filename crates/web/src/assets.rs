//! The files that `ui/` builds: hashed names, kept by browsers for ever, packed at build time.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{Embed, EmbeddedFile};
use serde::Deserialize;

/// Where assets are served.
pub const PREFIX: &str = "/assets/";

#[derive(Embed)]
#[folder = "../../ui/dist"]
struct Dist;

/// Plain names to hashed names, as the build wrote them.
#[derive(Debug, Default, Deserialize)]
pub struct Manifest {
    names: BTreeMap<String, String>,
    preload: Vec<String>,
}

impl Manifest {
    /// The address of an asset by its plain name (`app.css`); an unknown name is returned under the prefix,
    /// where it answers 404.
    pub fn address(&self, name: &str) -> String {
        format!(
            "{PREFIX}{}",
            self.names.get(name).map_or(name, String::as_str)
        )
    }

    /// Addresses of the script chunks that the first page needs.
    pub fn preload(&self) -> Vec<String> {
        self.preload
            .iter()
            .map(|name| format!("{PREFIX}{name}"))
            .collect()
    }
}

/// The manifest of this build; read from disk again each time in a development build.
pub fn manifest() -> Manifest {
    static KEPT: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = if cfg!(debug_assertions) {
        read()
    } else {
        KEPT.get_or_init(read).clone()
    };
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn read() -> Vec<u8> {
    Dist::get("manifest.json")
        .map(|file| file.data.into_owned())
        .unwrap_or_default()
}

/// Every built file with its bytes, for writing pages to disk.
pub fn files() -> impl Iterator<Item = (String, Vec<u8>)> {
    Dist::iter()
        .filter_map(|name| Dist::get(&name).map(|file| (name.into_owned(), file.data.into_owned())))
}

/// `GET /assets/{name}`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let manifest = manifest();
    let hashed = manifest.names.get(&name);
    let file_name = hashed.unwrap_or(&name);
    if file_name == "manifest.json" || file_name.ends_with(".gz") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let packed = takes_gzip(&headers)
        .then(|| Dist::get(&format!("{file_name}.gz")))
        .flatten();
    let is_packed = packed.is_some();
    let Some(file) = packed.or_else(|| Dist::get(file_name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut answer = answer(file);
    let set = answer.headers_mut();
    set.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(file_name)),
    );
    set.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    // A plain name may mean another file after an upgrade, so it is kept for an hour only.
    let keep = if hashed.is_some() {
        "public, max-age=3600"
    } else {
        "public, max-age=31536000, immutable"
    };
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if is_packed {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn answer(file: EmbeddedFile) -> Response {
    match file.data {
        std::borrow::Cow::Borrowed(bytes) => Response::new(Body::from(bytes)),
        std::borrow::Cow::Owned(bytes) => Response::new(Body::from(bytes)),
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            name.trim().eq_ignore_ascii_case("gzip")
                && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn manifest_names_what_the_layout_needs() {
        let manifest = manifest();
        for name in [
            "app.css",
            "app.js",
            "icons.svg",
            "mark.svg",
            "app.webmanifest",
        ] {
            let address = manifest.address(name);
            assert!(
                Dist::get(address.strip_prefix(PREFIX).unwrap()).is_some(),
                "{name} -> {address}"
            );
        }
    }

    #[test]
    fn gzip_is_taken_only_when_offered() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            takes_gzip(&headers)
        };
        assert!(with("br, gzip"));
        assert!(with("gzip;q=0.8"));
        assert!(!with("gzip;q=0"));
        assert!(!with("br"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
