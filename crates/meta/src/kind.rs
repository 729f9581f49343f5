//! What a kind of field must be able to do. Each kind is one file in `kinds/` that registers itself.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::table::{Cell, ColumnSpec};
use crate::value::Value;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::LazyLock;

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

    /// As `read`; a wall-clock time that names no zone is taken in `zone`, the caller's.
    fn read_in(&self, field: &Field, text: &str, _zone: &TimeZone) -> Result<Value, Fault> {
        self.read(field, text)
    }

    /// What a write of `new` under the field's own name makes of the value that stands there: a phone that has
    /// several numbers keeps the others when its first is written. Not called for a JSON array or an alias,
    /// which name all of them, nor for null, which empties the field.
    fn amend(&self, _field: &Field, _old: &Value, new: Value) -> Value {
        new
    }

    /// Further names under which the API takes this field, read by `parse` too: `phones` for `phone`. Where a
    /// request has both, the alias decides, since it names all values.
    fn aliases(&self, _field: &Field) -> Vec<String> {
        Vec::new()
    }

    /// The value under the field's name in the API's flat object.
    fn to_json(&self, field: &Field, value: &Value) -> Json;

    /// Further members of the API's flat object, such as `phones` beside `phone`: suffix to the field's name, value.
    fn extra_json(&self, _field: &Field, _value: &Value) -> Vec<(&'static str, Json)> {
        Vec::new()
    }

    /// Text for CSV, messages and search, of as many lines as `lines` says; `read` gives the value back.
    /// Empty for `Null`.
    fn to_text(&self, field: &Field, value: &Value) -> String;

    /// Appends as many cells as `columns` has.
    fn store(&self, field: &Field, value: &Value, cells: &mut Vec<Cell>);

    /// The value from as many cells as `columns` has.
    fn load(&self, field: &Field, cells: &[Cell]) -> Value;

    /// Appends what `to_text` makes of what `load` reads. A kind may go from cells to text without a value between:
    /// an export writes them by the million.
    fn write_text(&self, field: &Field, cells: &[Cell], out: &mut String) {
        out.push_str(&self.to_text(field, &self.load(field, cells)));
    }

    /// Whether people and programs may write it; formulas, roll-ups and business numbers are the engine's.
    fn writable(&self) -> Writable {
        Writable::ByCaller
    }

    /// The columns that the index of a unique or indexed field is on.
    fn keys(&self, field: &Field) -> Vec<String> {
        vec![field.column.clone()]
    }

    /// A text operand of the filter language as the first column holds it: an e-mail address in small letters.
    fn operand(&self, _field: &Field, text: &str) -> String {
        text.to_owned()
    }

    /// Whether `to_text` may have line breaks.
    fn lines(&self) -> Lines {
        Lines::One
    }

    /// The widget that a form shows, a template of that name.
    fn form(&self) -> &'static str {
        self.name()
    }

    /// The JSON Schema (2020-12) of `to_json`, for the API's description.
    fn schema(&self, _field: &Field) -> Json {
        serde_json::json!({ "type": "string" })
    }

    /// Whether the declaration makes sense for this kind: a link has a `to`, a numbering has a counter.
    fn check(&self, _field: &Field) -> Result<(), Fault> {
        Ok(())
    }

    /// Values as the API takes them, for the API's description and for tests. The first is the plainest.
    fn examples(&self) -> Vec<Json>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    One,
    Many,
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
    Number {
        scale: u32,
    },
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

/// The name that is most like `wanted`, if any is like it at all.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Swapped and missing letters count by the first measure, a common beginning by the second.
    let likeness = |name: &str| {
        (strsim::normalized_damerau_levenshtein(wanted, name) + strsim::jaro_winkler(wanted, name))
            / 2.0
    };
    names
        .into_iter()
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness > 0.62)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// The kind of that name.
pub fn lookup(name: &str) -> Option<&'static dyn Kind> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static dyn Kind>> =
        LazyLock::new(|| all().map(|kind| (kind.name(), kind)).collect());
    BY_NAME.get(name).copied()
}

/// Every kind, in no order.
pub fn all() -> impl Iterator<Item = &'static dyn Kind> {
    inventory::iter::<Registered>
        .into_iter()
        .map(|registered| registered.0)
}
