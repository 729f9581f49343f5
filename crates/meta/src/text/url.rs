//! Web addresses: http and https only, so that a stored link can be shown as a link.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::email::is_host;

/// Why a text is not a web address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("a web address begins with http:// or https://")]
    Scheme,
    #[error("a web address has at most 2048 bytes")]
    TooLong,
    #[error(
        "a web address has no white space, control characters, quotes, brackets or backslashes"
    )]
    Character,
    #[error("a name or password before the host is not allowed")]
    Login,
    #[error("the host is not the name or number of a host")]
    Host,
    #[error("a port is a number from 1 to 65535")]
    Port,
}

/// Checks an absolute address; white space around it does not matter.
///
/// # Errors
/// Says which part is wrong. A login before the host is refused, since it makes the host look like another.
pub fn check(text: &str) -> Result<(), UrlError> {
    let text = text.trim();
    if text.len() > 2048 {
        return Err(UrlError::TooLong);
    }
    let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(UrlError::Scheme);
    }
    if rest
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c))
    {
        return Err(UrlError::Character);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(UrlError::Login);
    }
    check_authority(authority)
}

fn check_authority(authority: &str) -> Result<(), UrlError> {
    let (host, port) = match authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((address, rest)) => {
            address.parse::<Ipv6Addr>().map_err(|_| UrlError::Host)?;
            let port = rest.strip_prefix(':');
            if port.is_none() && !rest.is_empty() {
                return Err(UrlError::Host);
            }
            (None, port)
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(authority), None),
        },
    };
    if host.is_some_and(|host| !is_host(host) && host.parse::<Ipv4Addr>().is_err()) {
        return Err(UrlError::Host);
    }
    match port.map(str::parse::<u16>) {
        None | Some(Ok(1..)) => Ok(()),
        Some(_) => Err(UrlError::Port),
    }
}

#[cfg(test)]
mod tests {
    use super::{UrlError, check};

    #[test]
    fn only_plain_web_addresses_pass() {
        for text in [
            "https://example.com",
            " HTTP://例子.中国/路径?q=1#a ",
            "http://127.0.0.1:8080/",
            "http://[::1]:80/x",
            "http://localhost",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, error) in [
            ("example.com", UrlError::Scheme),
            ("javascript://alert(1)", UrlError::Scheme),
            ("ftp://example.com", UrlError::Scheme),
            ("https://a b.com", UrlError::Character),
            ("https://bank.cn@evil.cn/", UrlError::Login),
            ("https:///x", UrlError::Host),
            ("https://300.1.1.1", UrlError::Host),
            ("https://[::g]/", UrlError::Host),
            ("https://a.cn:0/", UrlError::Port),
            ("https://a.cn:99999/", UrlError::Port),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
    }
}
