//! From a URL to a store.

use crate::error::{StoreError, StoreResult};
use crate::postgres::PostgresStore;
use crate::sqlite::SqliteStore;
use crate::traits::Store;
use std::path::Path;
use std::sync::Arc;

/// Opens `sqlite:PATH` or `postgres://…`; in the latter `?schema=` names the schema (default `guanxi`) and `sslmode=`
/// what is asked of the connection (`postgres::tls`). What does not exist yet is created: file, folders, schema, log.
pub fn open(url: &str) -> StoreResult<Arc<dyn Store>> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return Ok(Arc::new(SqliteStore::open(Path::new(path))?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let (url, schema) = split_schema(url);
        return Ok(Arc::new(PostgresStore::open(&url, &schema)?));
    }
    Err(StoreError::Unavailable(
        "a database is given as sqlite:PATH or postgres://USER@HOST/NAME?schema=SCHEMA".to_owned(),
    ))
}

/// Takes `schema=` out of the query, since the driver would refuse it.
pub(crate) fn split_schema(url: &str) -> (String, String) {
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), DEFAULT_SCHEMA.to_owned());
    };
    let mut schema = DEFAULT_SCHEMA;
    let mut rest = Vec::new();
    for part in query.split('&') {
        match part.strip_prefix("schema=") {
            Some(name) if !name.is_empty() => schema = name,
            Some(_) => {}
            None => rest.push(part),
        }
    }
    let rest = rest.join("&");
    let url = if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{rest}")
    };
    (url, schema.to_owned())
}

const DEFAULT_SCHEMA: &str = "guanxi";

/// The URL as messages and reports may show it: without a password, wherever it stands.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // A password may hold an `@` or a `/` that nobody encoded: everything before the last `@` is the person's.
    let (authority, path) = match rest.rfind('@').filter(|at| *at >= authority.len()) {
        Some(at) if !rest[..at].contains('?') => {
            rest.split_at(at + rest[at..].find(['/', '?']).unwrap_or(rest.len() - at))
        }
        _ => (authority, path),
    };
    let authority = match authority.rsplit_once('@') {
        Some((person, host)) => match person.split_once(':') {
            Some((name, _)) => format!("{name}:…@{host}"),
            None => authority.to_owned(),
        },
        None => authority.to_owned(),
    };
    let Some((path, query)) = path.split_once('?') else {
        return format!("{scheme}://{authority}{path}");
    };
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=…"),
        _ => part.to_owned(),
    });
    let query = parts.collect::<Vec<_>>().join("&");
    format!("{scheme}://{authority}{path}?{query}")
}

#[cfg(test)]
mod tests {
    use super::{shown, split_schema};

    #[test]
    fn a_password_is_never_shown() {
        for (url, wanted) in [
            ("sqlite:a.db", "sqlite:a.db"),
            ("postgres://ann@h/d", "postgres://ann@h/d"),
            (
                "postgres://ann:secret@h:1/d?schema=a",
                "postgres://ann:…@h:1/d?schema=a",
            ),
            ("postgres://ann:se@cret@h/d", "postgres://ann:…@h/d"),
            ("postgres://ann:se/cr@et@h/d", "postgres://ann:…@h/d"),
            (
                "postgres://h/d?user=a&password=secret",
                "postgres://h/d?user=a&password=…",
            ),
            ("postgres://h?password=secret", "postgres://h?password=…"),
        ] {
            assert_eq!(shown(url), wanted);
        }
    }

    #[test]
    fn the_schema_is_taken_out_of_the_url() {
        let both = |url: &str| split_schema(url);
        assert_eq!(
            both("postgres://h/d"),
            ("postgres://h/d".to_owned(), "guanxi".to_owned())
        );
        assert_eq!(
            both("postgres://h/d?schema=a&connect_timeout=3"),
            (
                "postgres://h/d?connect_timeout=3".to_owned(),
                "a".to_owned()
            )
        );
    }
}
