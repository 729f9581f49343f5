//! A field of a record as pages see it: declared ones, and those that every record has.

use super::desk::Desk;
use guanxi_access::{Action, Grant};
use guanxi_engine::capability::NounInput;
use guanxi_engine::{Context, Record};
use guanxi_meta::describe::system_label;
use guanxi_meta::kind::{self, Writable};
use guanxi_meta::{Field, Object, Value};
use jiff::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

pub struct Slot {
    pub name: String,
    pub label: String,
    pub field: Field,
    /// Position among the declared fields; `None` for what every record has.
    pub at: Option<usize>,
    /// Where the values of an open list are searched.
    pub open: Option<String>,
}

/// Fields of every record: name, kind, where links lead.
const SYSTEM: [(&str, &str, &str); 6] = [
    ("owner", "link", "user"),
    ("department", "link", "department"),
    ("created_at", "instant", ""),
    ("updated_at", "instant", ""),
    ("created_by", "link", "user"),
    ("updated_by", "link", "user"),
];

/// The slot of that name, if the reader may read it.
pub fn slot(desk: &Desk<'_>, object: &Arc<Object>, name: &str) -> Option<Slot> {
    if let Some(at) = object.position(name) {
        let field = &object.fields[at];
        let label = desk.label(&field.label, name);
        let readable = desk.ctx.grant(object, Action::Read).may_read(at);
        let open = is_open(field).then(|| format!("/{}/options?field={name}", object.name));
        return readable.then(|| Slot {
            name: name.to_owned(),
            label,
            field: field.clone(),
            at: Some(at),
            open,
        });
    }
    let (_, kind, to) = SYSTEM.iter().find(|(system, _, _)| *system == name)?;
    let mut field = Field::new(name, kind::lookup(kind)?);
    field.options.to = (!to.is_empty()).then(|| (*to).to_owned());
    Some(Slot {
        name: name.to_owned(),
        label: desk.label(&system_label(name), name),
        field,
        at: None,
        open: None,
    })
}

/// An input of a noun, which forms show like a field.
pub fn input(desk: &Desk<'_>, object: &Object, noun: &str, input: &NounInput) -> Option<Slot> {
    let field = input.field()?;
    let open = is_open(&field)
        .then(|| format!("/{}/options?noun={noun}&field={}", object.name, input.name));
    let label = desk.label(&input.label, input.name);
    Some(Slot {
        name: input.name.to_owned(),
        label,
        field,
        at: None,
        open,
    })
}

/// Whether values are taken that nobody listed.
pub fn is_open(field: &Field) -> bool {
    field.options.open && matches!(field.kind.name(), "choice" | "multi_choice")
}

/// The slots of those names that the reader may read.
pub fn slots<'n>(
    desk: &Desk<'_>,
    object: &Arc<Object>,
    names: impl IntoIterator<Item = &'n String>,
) -> Vec<Slot> {
    names
        .into_iter()
        .filter_map(|name| slot(desk, object, name))
        .collect()
}

impl Slot {
    pub fn value(&self, ctx: &Context, record: &Record) -> Value {
        let id = |found: Option<Uuid>| found.map_or(Value::Null, Value::Id);
        let user = |seq: i64| id(ctx.directory.user(seq).map(|user| user.id));
        let instant =
            |micros: i64| Timestamp::from_microsecond(micros).map_or(Value::Null, Value::Instant);
        if let Some(at) = self.at {
            return record.values[at].clone();
        }
        match self.name.as_str() {
            "owner" => user(record.owner),
            "created_by" => user(record.created_by),
            "updated_by" => user(record.updated_by),
            "department" => id(ctx
                .directory
                .department(record.department)
                .map(|department| department.id)),
            "created_at" => instant(record.created_at),
            _ => instant(record.updated_at),
        }
    }

    /// Whether people write it at all, and this reader with this grant.
    pub fn is_writable(&self, grant: &Grant) -> bool {
        match self.at {
            Some(at) => self.field.kind.writable() == Writable::ByCaller && grant.may_write(at),
            None => matches!(self.name.as_str(), "owner" | "department"),
        }
    }

    /// The object that links lead to; `*` for any.
    pub fn to(&self) -> &str {
        self.field.options.to.as_deref().unwrap_or_default()
    }

    pub fn kind(&self) -> &'static str {
        self.field.kind.name()
    }

    /// What it holds, for formulas and roll-ups the kind of their result.
    pub fn shape(&self) -> &str {
        match self.kind() {
            "formula" | "roll_up" => self.field.options.result.as_deref().unwrap_or("text"),
            kind => kind,
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(self.shape(), "integer" | "decimal" | "money")
    }
}
