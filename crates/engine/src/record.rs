//! A record: one row of any object, with typed values.

use crate::context::Context;
use guanxi_access::{Grant, Standing};
use guanxi_meta::{Cell, Object, Value, text};
use guanxi_query::Fields;
use guanxi_store::Row;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Record {
    pub object: Arc<Object>,
    /// 0 until it is written.
    pub seq: i64,
    pub id: Uuid,
    pub version: i64,
    /// Microseconds since 1970, as all instants at rest.
    pub created_at: i64,
    pub updated_at: i64,
    /// `seq` of users; 0 is the system.
    pub created_by: i64,
    pub updated_by: i64,
    /// `seq` of the user; 0 is the pool.
    pub owner: i64,
    pub department: i64,
    pub deleted_at: Option<i64>,
    /// In the order of the object's fields.
    pub values: Vec<Value>,
}

impl Record {
    pub fn blank(object: &Arc<Object>, id: Uuid) -> Record {
        Record {
            object: object.clone(),
            seq: 0,
            id,
            version: 1,
            created_at: 0,
            updated_at: 0,
            created_by: 0,
            updated_by: 0,
            owner: 0,
            department: 0,
            deleted_at: None,
            values: vec![Value::Null; object.fields.len()],
        }
    }

    /// From a row of `object.columns()`.
    pub fn from_row(object: &Arc<Object>, row: &Row) -> Record {
        let int = |at: usize| row.cells[at].int().unwrap_or(0);
        let values = object
            .fields
            .iter()
            .enumerate()
            .map(|(at, field)| field.kind.load(field, &row.cells[object.cells(at)]))
            .collect();
        Record {
            object: object.clone(),
            seq: row.seq,
            id: row.cells[0].id().unwrap_or_default(),
            version: int(1),
            created_at: int(2),
            updated_at: int(3),
            created_by: int(4),
            updated_by: int(5),
            owner: int(6),
            department: int(7),
            deleted_at: row.cells[8].int(),
            values,
        }
    }

    /// The cells of `object.columns()`, then the sort key of the title.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![
            Cell::Id(self.id),
            Cell::Int(self.version),
            Cell::Int(self.created_at),
            Cell::Int(self.updated_at),
            Cell::Int(self.created_by),
            Cell::Int(self.updated_by),
            Cell::Int(self.owner),
            Cell::Int(self.department),
            Cell::from(self.deleted_at),
        ];
        for (field, value) in self.object.fields.iter().zip(&self.values) {
            field.kind.store(field, value, &mut cells);
        }
        cells.push(Cell::Bytes(text::sort_key(&self.title())));
        cells
    }

    pub fn standing(&self) -> Standing {
        Standing {
            owner: self.owner,
            department: self.department,
        }
    }

    pub fn get(&self, field: &str) -> &Value {
        self.object
            .position(field)
            .map_or(&Value::Null, |at| &self.values[at])
    }

    /// Sets a declared field; a name that the object lacks is passed over, so that capabilities work on any object.
    pub fn set(&mut self, field: &str, value: Value) {
        if let Some(at) = self.object.position(field) {
            self.values[at] = value;
        }
    }

    /// As whoever holds this grant sees it: a name that it may not read is not in the record, so that nothing shows it.
    #[must_use]
    pub fn seen_by(mut self, grant: &Grant) -> Record {
        let at = self.object.title;
        if !grant.may_read(at)
            && let Some(title) = self.values.get_mut(at)
        {
            *title = Value::Null;
        }
        self
    }

    /// What people call it.
    pub fn title(&self) -> String {
        let at = self.object.title;
        self.object
            .fields
            .get(at)
            .map(|field| field.kind.to_text(field, &self.values[at]))
            .unwrap_or_default()
    }

    /// As `field_json`; a sum of money, which is kept as a number, is in the organisation's currency.
    fn shown(&self, ctx: &Context, at: usize) -> Json {
        let mut json = self.field_json(at);
        if json.get("currency").is_some_and(|currency| currency == "") {
            json["currency"] = json!(ctx.engine.settings().currency);
        }
        json
    }

    /// The value of one field as the API shows it.
    pub fn field_json(&self, at: usize) -> Json {
        let field = &self.object.fields[at];
        match &self.values[at] {
            Value::Null => Json::Null,
            value => field.kind.to_json(field, value),
        }
    }

    /// The value of one field as the change log keeps it: whole, where the API shows the first of several.
    pub fn kept_json(&self, at: usize) -> Json {
        let field = &self.object.fields[at];
        match &self.values[at] {
            several @ Value::List(_) if !field.kind.aliases(field).is_empty() => {
                let members = field.kind.extra_json(field, several);
                members
                    .into_iter()
                    .map(|(_, json)| json)
                    .find(Json::is_array)
                    .unwrap_or_default()
            }
            _ => self.field_json(at),
        }
    }

    /// The flat object of the API: system members, then the fields that the grant lets the caller read.
    pub fn to_json(&self, ctx: &Context, grant: &Grant, only: Option<&[String]>) -> Json {
        let mut out = Map::with_capacity(SYSTEM_MEMBERS + self.object.fields.len());
        out.insert("id".into(), json!(self.id));
        out.insert("version".into(), json!(self.version));
        let wanted = |name: &str| only.is_none_or(|names| names.iter().any(|n| n == name));
        let mut put = |name: &str, value: Json| {
            if wanted(name) {
                out.insert(name.to_owned(), value);
            }
        };
        put("created_at", instant(self.created_at));
        put("updated_at", instant(self.updated_at));
        put("created_by", ctx.user_json(self.created_by));
        put("updated_by", ctx.user_json(self.updated_by));
        put("owner", ctx.user_json(self.owner));
        put("department", ctx.department_json(self.department));
        for (at, field) in self.object.fields.iter().enumerate() {
            if !grant.may_read(at) || !wanted(&field.name) {
                continue;
            }
            out.insert(field.name.clone(), self.shown(ctx, at));
            for (suffix, value) in field.kind.extra_json(field, &self.values[at]) {
                out.insert(format!("{}{suffix}", field.name), value);
            }
        }
        if let Some(at) = self.deleted_at {
            out.insert("deleted_at".into(), instant(at));
        }
        Json::Object(out)
    }

    /// Name and text of each field that search looks into.
    pub fn searched(&self) -> Vec<(&str, String)> {
        use guanxi_meta::catalog::Searched;
        let fields = self.object.fields.iter().zip(&self.values);
        fields
            .filter(|(field, value)| field.searched == Searched::Yes && !value.is_null())
            .map(|(field, value)| (field.name.as_str(), field.kind.to_text(field, value)))
            .collect()
    }
}

/// Members of the flat object that no field declares, about.
const SYSTEM_MEMBERS: usize = 12;

/// RFC 3339 in UTC, to the microsecond.
pub fn instant(micros: i64) -> Json {
    Timestamp::from_microsecond(micros).map_or(Json::Null, |at| Json::String(at.to_string()))
}

impl Fields for Record {
    fn get(&self, path: &[&str]) -> Value {
        match path {
            ["id"] => Value::Id(self.id),
            ["version"] => Value::Int(self.version),
            ["created_at"] => {
                Timestamp::from_microsecond(self.created_at).map_or(Value::Null, Value::Instant)
            }
            ["updated_at"] => {
                Timestamp::from_microsecond(self.updated_at).map_or(Value::Null, Value::Instant)
            }
            ["owner"] => Value::Int(self.owner),
            ["department"] => Value::Int(self.department),
            ["created_by"] => Value::Int(self.created_by),
            ["updated_by"] => Value::Int(self.updated_by),
            [name] => Record::get(self, name).clone(),
            _ => Value::Null,
        }
    }
}
