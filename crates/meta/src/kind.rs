//! What a kind of field must be able to do. Each kind is one file in `kinds/` that registers itself.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::table::{Cell, ColumnSpec};
use crate::value::Value;
use serde_json::Value as Json;

/// A kind of field: how it is written by people and programs, and how it rests in columns.
pub trait Kind: Send + Sync {
    /// As in declarations: `text`, `money`, `link` …
    fn name(&self) -> &'static str;

    /// The keys that a declaration of this kind may have beside those that every field has.
    fn options(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the kind is in the filter and formula language.
    fn ty(&self, field: &Field) -> Ty;

    /// The columns of a field of this kind; the first is the one that filters and sorts compare.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec>;

    /// Reads the JSON of the API. Never called with JSON null, which is `Value::Null` for every kind.
    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault>;

    /// Reads what a person typed or a file holds, trimmed and not empty.
    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        self.parse(field, &Json::String(text.to_owned()))
    }

    /// The value under the field's name in the API's flat object.
    fn to_json(&self, field: &Field, value: &Value) -> Json;

    /// Further members of the API's flat object, such as `phones` beside `phone`: suffix to the field's name, value.
    fn extra_json(&self, _field: &Field, _value: &Value) -> Vec<(&'static str, Json)> {
        Vec::new()
    }

    /// One line of text, for CSV, messages and search; `read` gives the value back. Empty for `Null`.
    fn to_text(&self, field: &Field, value: &Value) -> String;

    /// Appends as many cells as `columns` has.
    fn store(&self, field: &Field, value: &Value, cells: &mut Vec<Cell>);

    /// The value from as many cells as `columns` has.
    fn load(&self, field: &Field, cells: &[Cell]) -> Value;

    /// Whether people and programs may write it; formulas, roll-ups and business numbers are the engine's.
    fn writable(&self) -> Writable {
        Writable::ByCaller
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writable {
    ByCaller,
    ByEngine,
}

/// Types of the filter and formula language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    Bool,
    /// Integers and decimals: `scale` is how many decimal places its column keeps.
    Number { scale: u32 },
    Money,
    Text,
    Date,
    Instant,
    Duration,
    /// A link: the object it leads to, `*` for any.
    Link(String),
    /// Several of the inner type, kept as a JSON array of strings in a text column.
    List(Box<Ty>),
    /// Comparable with null alone.
    Opaque,
}

/// The registration that each file in `kinds/` submits.
pub struct Registered(pub &'static dyn Kind);
inventory::collect!(Registered);

/// The kind of that name.
pub fn lookup(name: &str) -> Option<&'static dyn Kind> {
    all().find(|kind| kind.name() == name)
}

/// Every kind, in no order.
pub fn all() -> impl Iterator<Item = &'static dyn Kind> {
    inventory::iter::<Registered>.into_iter().map(|registered| registered.0)
}
