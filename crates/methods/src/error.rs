//! Why a method can't answer.

use thiserror::Error;

/// Each variant reads as one sentence for the person who handed the columns in.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MethodError {
    /// The columns hold less than the method needs.
    #[error("{method} needs at least {needed} {what}, and there are {found}")]
    TooFew {
        method: &'static str,
        what: &'static str,
        needed: usize,
        found: usize,
    },
    /// A value that the method can't take; `row` counts from 0.
    #[error("row {}: {reason}", row + 1)]
    Value { row: usize, reason: String },
    /// An argument outside what it may be.
    #[error("{0}")]
    Argument(String),
    /// The equations have no unique answer on these columns.
    #[error("{0}")]
    Singular(String),
}

impl MethodError {
    pub fn argument(text: impl Into<String>) -> MethodError {
        MethodError::Argument(text.into())
    }

    /// Checks that there are at least `needed` of `what`.
    pub fn unless_enough(
        method: &'static str,
        what: &'static str,
        needed: usize,
        found: usize,
    ) -> Result<(), MethodError> {
        if found >= needed {
            return Ok(());
        }
        Err(MethodError::TooFew {
            method,
            what,
            needed,
            found,
        })
    }
}
