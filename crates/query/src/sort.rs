//! Sort orders: `-created_at,name`.

use crate::check::MayRead;
use crate::cond::{Direction, Order};
use crate::env::Env;
use crate::error::{QueryError, Span};
use crate::functions::is_ordered;
use crate::names::{lookup, nearest_field};
use crate::typed::Type;
use guanxi_meta::Object;

/// Keys of one order.
pub const KEY_LIMIT: usize = 3;

/// One key of an order: a field by name, and the column that the database orders by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// A declared field, or one that every record has.
    pub field: String,
    /// The title's is its stored sort key.
    pub column: String,
    pub direction: Direction,
}

impl SortKey {
    pub fn order(&self) -> Order {
        Order {
            column: self.column.clone(),
            direction: self.direction,
        }
    }
}

/// An order: the first key decides, the others where it is equal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sort {
    pub keys: Vec<SortKey>,
}

impl Sort {
    /// The order that `text` names; a blank text names none. A field that the caller may not read is unknown: an
    /// order by it would tell its values.
    pub fn parse(object: &Object, text: &str, env: &dyn Env) -> Result<Sort, QueryError> {
        let keys = keys(object, text, &|object, field| env.may_read(object, field))?;
        Ok(Sort { keys })
    }

    pub fn orders(&self) -> Vec<Order> {
        self.keys.iter().map(SortKey::order).collect()
    }

    /// The text that gives this order again.
    pub fn to_text(&self) -> String {
        let written = self.keys.iter().map(|key| match key.direction {
            Direction::Ascending => key.field.clone(),
            Direction::Descending => format!("-{}", key.field),
        });
        written.collect::<Vec<_>>().join(",")
    }
}

fn keys(object: &Object, text: &str, may_read: MayRead<'_>) -> Result<Vec<SortKey>, QueryError> {
    let mut keys: Vec<SortKey> = Vec::new();
    if text.trim().is_empty() {
        return Ok(keys);
    }
    let mut position = 0;
    for piece in text.split(',') {
        let (start, length) = (position, piece.chars().count());
        position += length + 1;
        let blank = piece.chars().take_while(|c| c.is_whitespace()).count();
        let word = piece.trim();
        let span = Span::new(start + blank, word.chars().count());
        if keys.len() == KEY_LIMIT {
            return Err(QueryError::at(span, "too_many_keys").with("limit", KEY_LIMIT));
        }
        let (name, direction) = match word.strip_prefix('-') {
            Some(name) => (name.trim_start(), Direction::Descending),
            None => (word, Direction::Ascending),
        };
        let key = key(object, (name, span), direction, may_read)?;
        if keys.iter().any(|known| known.field == key.field) {
            return Err(QueryError::at(span, "repeated_key").with("field", name));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn key(
    object: &Object,
    (name, span): (&str, Span),
    direction: Direction,
    may_read: MayRead<'_>,
) -> Result<SortKey, QueryError> {
    let Some(found) = lookup(object, name).filter(|_| may_read(&object.name, name)) else {
        return Err(QueryError::at(span, "unknown_field")
            .with("field", name)
            .with("object", &object.name)
            .suggest(nearest_field(object, name, may_read)));
    };
    // Ids of version 7 are in the order of their making; other links have no order that means anything.
    if !is_ordered(&found.ty) && found.ty != Type::Bool && name != "id" {
        return Err(QueryError::at(span, "not_sortable")
            .with("field", name)
            .with("type", found.ty.name()));
    }
    let titled = object
        .fields
        .get(object.title)
        .is_some_and(|title| title.name == name);
    let column = if titled {
        Object::TITLE_KEY.to_owned()
    } else {
        found.column
    };
    Ok(SortKey {
        field: name.to_owned(),
        column,
        direction,
    })
}
