//! That a write was meant: the page's token, which only pages of this session carry, comes back with it.

use super::head::Head;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The token of a secret that only the browser's cookie holds.
pub fn of(secret: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(b"guanxi csrf\0");
    digest.update(secret.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

/// Whether the request carries the token, in the header or in the form, and comes from a page of this site.
pub fn is_meant(head: &Head, posted: Option<&str>, wanted: &str) -> bool {
    let said = head.csrf.as_deref().or(posted).unwrap_or_default();
    !head.is_foreign && same(said.as_bytes(), wanted.as_bytes())
}

/// Takes as long wherever the first difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}
