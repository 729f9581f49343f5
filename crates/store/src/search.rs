//! The search index: postings of opaque tokens per table. Grams propose; the engine verifies on the rows.

/// Tokens of one row as `guanxi_meta::text::index_tokens` writes them: `[a-z0-9]+`, separated by spaces. The index
/// stores and compares them, and never looks inside.
pub type Tokens = String;

/// How the index is kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchFeed {
    /// The engine calls `Transaction::index` in the transaction of the change (PostgreSQL).
    InTransaction,
    /// A thread reads the log and calls `Store::index`; a search first waits until the index has reached the log's
    /// head (SQLite: its merges stall the one writer).
    FromLog,
}

/// Which tokens a row must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchExpr {
    Token(String),
    All(Vec<SearchExpr>),
    Any(Vec<SearchExpr>),
}

/// One page of proposals, newest first.
#[derive(Debug, Clone)]
pub struct SearchPage {
    pub table: String,
    pub expr: SearchExpr,
    /// Only rows with a lower `seq`.
    pub before: Option<i64>,
    pub limit: u32,
}

impl SearchExpr {
    /// The expression in a database's words; `None` when no word is left, which finds nothing.
    pub(crate) fn written(&self, words: &Words) -> Option<String> {
        let (parts, joint) = match self {
            SearchExpr::Token(token) => {
                let safe =
                    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
                return safe.then(|| format!("{0}{token}{0}", words.quote));
            }
            SearchExpr::All(parts) => (parts, words.and),
            SearchExpr::Any(parts) => (parts, words.or),
        };
        let parts: Vec<String> = parts
            .iter()
            .filter_map(|part| part.written(words))
            .collect();
        match parts.len() {
            0 => None,
            1 => parts.into_iter().next(),
            _ => Some(format!("({})", parts.join(joint))),
        }
    }
}

/// How a database writes a search expression.
pub(crate) struct Words {
    pub quote: char,
    pub and: &'static str,
    pub or: &'static str,
}

#[cfg(test)]
mod tests {
    use super::{SearchExpr, Words};

    #[test]
    fn an_expression_is_bracketed_and_only_safe_tokens_enter() {
        let token = |text: &str| SearchExpr::Token(text.to_owned());
        let expr = SearchExpr::Any(vec![
            SearchExpr::All(vec![token("h5408"), token("wpro")]),
            token("d131"),
            token("x' | y"),
        ]);
        let words = Words {
            quote: '"',
            and: " AND ",
            or: " OR ",
        };
        assert_eq!(
            expr.written(&words).as_deref(),
            Some(r#"(("h5408" AND "wpro") OR "d131")"#)
        );
        assert_eq!(SearchExpr::All(Vec::new()).written(&words), None);
    }
}
