//! Cookies, in and out.

use axum::http::{HeaderMap, HeaderValue, header};

/// The request's cookies; of two of one name the first, which is the one with the longest path (RFC 6265, 5.4).
pub fn read(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

/// A cookie for the whole site that no script reads. `age_s` of 0 takes it away. The value must be of letters that
/// cookies hold.
pub fn set(name: &str, value: &str, age_s: i64, is_secure: bool) -> HeaderValue {
    let mut line = format!("{name}={value}; Path=/; SameSite=Lax; Max-Age={age_s}; HttpOnly");
    if is_secure {
        line.push_str("; Secure");
    }
    HeaderValue::from_str(&line).unwrap_or(HeaderValue::from_static("gx_none=; Max-Age=0"))
}
