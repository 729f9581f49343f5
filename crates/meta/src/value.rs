//! A value of a field, whatever its kind.

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use uuid::Uuid;

/// What a field holds. Kinds decide which variant is theirs; `Null` is every kind's empty value.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Decimal(Decimal),
    Text(String),
    Date(Date),
    Instant(Timestamp),
    /// Whole microseconds.
    Duration(i64),
    Money(Money),
    Id(Uuid),
    /// A record of any object: `about`.
    Reference {
        object: String,
        id: Uuid,
    },
    /// Several of one kind: choices, links, phones.
    List(Vec<Value>),
    Json(serde_json::Value),
    /// A text that is made of parts: an address, a person's name.
    Parts {
        text: String,
        parts: serde_json::Map<String, serde_json::Value>,
    },
    /// A stored file: its id and the name that people gave it.
    File {
        id: Uuid,
        name: String,
    },
}

/// An amount with its currency and, once the engine has filled it, the amount in the organisation's currency:
/// the last is what is compared and summed.
#[derive(Debug, Clone, PartialEq)]
pub struct Money {
    pub amount: Decimal,
    /// ISO 4217, three capital letters.
    pub currency: String,
    pub base: Option<Decimal>,
}

impl Money {
    /// Decimal places kept at rest.
    pub const SCALE: u32 = 4;
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Parts { text, .. } => Some(text),
            _ => None,
        }
    }

    pub fn id(&self) -> Option<Uuid> {
        match self {
            Value::Id(id) | Value::Reference { id, .. } | Value::File { id, .. } => Some(*id),
            _ => None,
        }
    }

    pub fn list(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}
