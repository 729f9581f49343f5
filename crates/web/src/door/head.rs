//! What of a request's head matters to handlers.

use super::cookies;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderMap, Method, header};
use guanxi_meta::Lang;
use std::net::{IpAddr, SocketAddr};

#[derive(Clone, Debug)]
pub struct Head {
    pub method: Method,
    /// Path with query, as it was asked for.
    pub path: String,
    params: Vec<(String, String)>,
    query: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
    /// Of the cookie, else of `Accept-Language`.
    pub lang: Option<Lang>,
    /// What this browser was told to speak, before what its person speaks elsewhere.
    pub picked: Option<Lang>,
    pub if_match: Option<String>,
    /// A script asks for a fragment.
    pub is_fragment: bool,
    /// The address of the page on which a script asked.
    pub current: Option<String>,
    pub csrf: Option<String>,
    pub agent: String,
    /// Where the request comes from, for throttling.
    pub address: String,
    /// It came by https, at the latest from the proxy before this program.
    pub is_secure: bool,
    /// `Origin` is another site's.
    pub is_foreign: bool,
}

impl Head {
    pub fn read(request: &Request, params: &RawPathParams) -> Head {
        let headers = request.headers();
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let cookies = cookies::read(headers);
        let uri = request.uri();
        let query: Vec<(String, String)> =
            serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default();
        let pairs = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Head {
            method: request.method().clone(),
            path: uri
                .path_and_query()
                .map_or("/", |whole| whole.as_str())
                .to_owned(),
            params: params.iter().map(pairs).collect(),
            picked: picked(&cookies, &query),
            lang: language(headers, &cookies, &query),
            query,
            if_match: text("if-match"),
            is_fragment: text("hx-request").is_some_and(|value| value == "true"),
            current: text("hx-current-url").and_then(|address| local_part(&address)),
            csrf: text("x-csrf-token"),
            agent: text("user-agent").unwrap_or_default(),
            address: address(request),
            is_secure: uri.scheme_str() == Some("https")
                || text("x-forwarded-proto")
                    .is_some_and(|list| list.split(',').next().is_some_and(is_https)),
            is_foreign: is_foreign(headers),
            cookies,
        }
    }

    /// A part of the address, as the route names it; empty when it has none of that name.
    pub fn param(&self, name: &str) -> &str {
        find(&self.params, name).unwrap_or_default()
    }

    /// A parameter of the query; empty when it is missing.
    pub fn query(&self, name: &str) -> &str {
        self.asked(name).unwrap_or_default()
    }

    /// The same, telling "missing" from "empty".
    pub fn asked(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    pub fn queries(&self) -> &[(String, String)] {
        &self.query
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        find(&self.cookies, name)
    }

    /// The method changes nothing.
    pub fn is_safe(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }
}

fn find<'a>(list: &'a [(String, String)], name: &str) -> Option<&'a str> {
    list.iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

fn is_https(scheme: &str) -> bool {
    scheme.trim().eq_ignore_ascii_case("https")
}

fn language(
    headers: &HeaderMap,
    cookies: &[(String, String)],
    query: &[(String, String)],
) -> Option<Lang> {
    let spoken = || {
        headers
            .get(header::ACCEPT_LANGUAGE)?
            .to_str()
            .ok()
            .and_then(Lang::negotiate)
    };
    picked(cookies, query).or_else(spoken)
}

fn picked(cookies: &[(String, String)], query: &[(String, String)]) -> Option<Lang> {
    let asked = find(query, "language").and_then(Lang::parse);
    asked.or_else(|| find(cookies, "gx_lang").and_then(Lang::parse))
}

/// A script of another site can't forge `Origin`; a browser that sends none is not asked for one.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else {
        return false;
    };
    origin
        .split_once("://")
        .is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host))
}

/// The peer; behind a proxy on this machine, whom the proxy names last, since what stands before it may be made up.
fn address(request: &Request) -> String {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let forwarded = || {
        let list = request.headers().get("x-forwarded-for")?.to_str().ok()?;
        list.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let origin = match peer {
        Some(ip) if ip.is_loopback() => forwarded().or(peer),
        other => other,
    };
    origin.map(|ip| ip.to_string()).unwrap_or_default()
}

/// Path and query of an address of this site; whoever names another host gets nothing.
fn local_part(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let path = &rest[rest.find('/')?..];
    Some(local(path).to_owned())
}

/// The path if it is one of this site, else the first page: `//host`, `/\host` and schemes lead elsewhere.
pub fn local(path: &str) -> &str {
    let second = path.as_bytes().get(1);
    let leads_away =
        matches!(second, Some(b'/' | b'\\')) || path.chars().any(|c| c.is_control() || c == '\\');
    if path.starts_with('/') && !leads_away {
        path
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for path in ["/", "/customer?view=mine", "/customer/1#x"] {
            assert_eq!(local(path), path);
        }
        for path in [
            "",
            "//evil",
            "/\\evil",
            "https://evil",
            "javascript:alert(1)",
            "/a\nb",
            "/\t/evil",
            "customer",
        ] {
            assert_eq!(local(path), "/", "{path:?}");
        }
    }
}
