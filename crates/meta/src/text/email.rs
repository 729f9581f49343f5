//! E-mail addresses: a practical subset of RFC 5321 and RFC 6531.

/// Why a text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    #[error("an e-mail address has one @")]
    At,
    #[error("an e-mail address has at most 254 bytes, 64 before the @")]
    TooLong,
    #[error("the part before the @ is empty or has a character or dot that does not belong there")]
    Local,
    #[error("the part behind the @ is not the name of a domain")]
    Domain,
}

/// Checks an address as typed; white space around it does not matter.
///
/// # Errors
/// Says which part is wrong. Quoted local parts and address literals are refused: no customer has one.
pub fn check(text: &str) -> Result<(), EmailError> {
    let text = text.trim();
    let (local, domain) = text.split_once('@').ok_or(EmailError::At)?;
    if domain.contains('@') {
        return Err(EmailError::At);
    }
    if text.len() > 254 || local.len() > 64 {
        return Err(EmailError::TooLong);
    }
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if local.is_empty() || dots || !local.chars().all(is_local) {
        return Err(EmailError::Local);
    }
    if domain.contains('.') && is_host(domain) {
        Ok(())
    } else {
        Err(EmailError::Domain)
    }
}

/// The one form of an address: trimmed, lower case (no provider in use tells cases apart).
///
/// # Errors
/// As [`check`].
pub fn normalize(text: &str) -> Result<String, EmailError> {
    check(text)?;
    Ok(text.trim().to_lowercase())
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

/// Whether this is the name of a host: labels of letters, digits and inner hyphens, the last not
/// all digits. Letters of any script, as in 例子.中国.
pub(super) fn is_host(host: &str) -> bool {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let last_digits = host
        .rsplit('.')
        .next()
        .is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit()));
    host.len() <= 253 && !last_digits && host.split('.').all(label_fits)
}

#[cfg(test)]
mod tests {
    use super::{EmailError, check, normalize};

    #[test]
    fn addresses_are_checked_and_take_one_form() {
        assert_eq!(
            normalize(" Li.Na+CRM@Example.COM ").as_deref(),
            Ok("li.na+crm@example.com")
        );
        assert_eq!(check("张三@例子.中国"), Ok(()));
        for (text, error) in [
            ("", EmailError::At),
            ("a@b@c.cn", EmailError::At),
            ("a b@c.cn", EmailError::Local),
            ("@c.cn", EmailError::Local),
            (".a@c.cn", EmailError::Local),
            ("a@localhost", EmailError::Domain),
            ("a@c..cn", EmailError::Domain),
            ("a@-c.cn", EmailError::Domain),
            ("a@127.0.0.1", EmailError::Domain),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
        assert_eq!(
            check(&format!("{}@c.cn", "a".repeat(65))),
            Err(EmailError::TooLong)
        );
    }
}
