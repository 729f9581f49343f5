//! Departments, users and customers as rows of cells, and a caller among them.

use super::naive::holds;
use crate::cond::{Cond, Op};
use crate::{Env, Fields, Me};
use guanxi_meta::catalog::{Access, Choice, Layout, ObjectParts, Pipeline, Stage};
use guanxi_meta::{Catalog, Cell, Field, Label, Object, Value, kind};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// A row by column; `seq` among them.
pub type Row = HashMap<String, Cell>;

pub struct World {
    pub catalog: Catalog,
    pub tables: HashMap<String, Vec<Row>>,
    pub zone: TimeZone,
    pub now: Timestamp,
    /// Fields that the caller may not read.
    pub hidden: Vec<&'static str>,
}

fn field(name: &str, kind: &str, set: impl FnOnce(&mut Field)) -> Field {
    let mut field = Field::new(name, kind::lookup(kind).unwrap());
    field.column = format!("f_{name}");
    set(&mut field);
    field
}

fn to(object: &'static str) -> impl FnOnce(&mut Field) {
    move |field| field.options.to = Some(object.to_owned())
}

fn choices(values: &'static [&'static str]) -> impl FnOnce(&mut Field) {
    move |field| {
        field.options.choices = values
            .iter()
            .map(|value| Choice {
                value: (*value).to_owned(),
                ..Choice::default()
            })
            .collect();
    }
}

fn object(name: &str, fields: Vec<Field>) -> Arc<Object> {
    let stages = ["first", "won"]
        .map(|name| Stage {
            name: name.to_owned(),
            ..Stage::default()
        })
        .to_vec();
    Arc::new(Object::new(ObjectParts {
        name: name.to_owned(),
        table: format!("t_{name}"),
        label: Label::default(),
        plural: Label::default(),
        icon: String::new(),
        area: String::new(),
        fields,
        access: Access::Own,
        capabilities: Vec::new(),
        pipelines: vec![Pipeline {
            name: "direct".to_owned(),
            label: Label::default(),
            stages,
        }],
        views: Vec::new(),
        layout: Layout::default(),
        origin: String::new(),
    }))
}

pub fn catalog() -> Catalog {
    let plain = |name: &str, kind: &str| field(name, kind, |_| {});
    let customer = vec![
        plain("name", "text"),
        field("status", "choice", |field| {
            choices(&["new", "won", "lost"])(field);
            field.label = Label::new("状态", "State");
        }),
        field("region", "choice", |field| {
            choices(&["north"])(field);
            field.options.open = true;
        }),
        plain("amount", "money"),
        field("score", "decimal", |field| field.options.scale = Some(2)),
        plain("qty", "integer"),
        plain("flag", "bool"),
        plain("born", "date"),
        plain("met", "instant"),
        plain("took", "duration"),
        field("tags", "multi_choice", |field| field.options.open = true),
        field("parent", "link", to("customer")),
        field("manager", "link", to("user")),
        field("unit", "link", to("department")),
        field("about", "link", to("*")),
        plain("note", "long_text"),
        plain("email", "email"),
        plain("under", "text"),
        plain("salary", "integer"),
        plain("extra", "json"),
    ];
    let objects = vec![
        object("customer", customer),
        object("user", vec![plain("name", "text")]),
        object("department", vec![plain("name", "text")]),
    ];
    Catalog::new(1, objects, BTreeMap::new())
}

/// The `n`th id of the world.
pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

/// The row of a record with these values; what is not named is null.
pub fn row(object: &Object, seq: i64, system: &[(&str, i64)], values: &[(&str, Value)]) -> Row {
    let mut row: Row = Object::SYSTEM
        .iter()
        .map(|(name, _, default)| ((*name).to_owned(), default.map_or(Cell::Null, Cell::Int)))
        .collect();
    row.insert("seq".to_owned(), seq.into());
    row.extend(
        system
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Cell::Int(*value))),
    );
    for field in &object.fields {
        let value = values
            .iter()
            .find(|(name, _)| *name == field.name)
            .map_or(Value::Null, |(_, value)| value.clone());
        let mut cells = Vec::new();
        field.kind.store(field, &value, &mut cells);
        let columns = field.kind.columns(field);
        assert_eq!(columns.len(), cells.len(), "{}", field.name);
        row.extend(columns.into_iter().map(|column| column.name).zip(cells));
    }
    row
}

impl World {
    /// Departments 1 over 2, and 3 apart; users 1, 2, 3 in them; no customers.
    pub fn new() -> World {
        let catalog = catalog();
        let mut tables = HashMap::from([("t_customer".to_owned(), Vec::new())]);
        for (name, first) in [("department", 100), ("user", 200)] {
            let object = catalog.object(name).unwrap();
            let rows = (1..=3).map(|seq| {
                let title = Value::from(["", "北区", "Ann", "East"][seq as usize]);
                let mut row = row(
                    object,
                    seq,
                    &[("department", seq), ("owner", seq % 2)],
                    &[("name", title)],
                );
                row.insert("id".to_owned(), id(first + seq as u128).into());
                row
            });
            tables.insert(object.table.clone(), rows.collect());
        }
        // An hour is repeated on 27 October and skipped on 31 March, at 02:00 of the clock.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        World {
            catalog,
            tables,
            zone,
            now: "2024-04-01T00:30:00Z".parse().unwrap(),
            hidden: vec!["salary"],
        }
    }

    pub fn customer(&self) -> &Arc<Object> {
        self.catalog.object("customer").unwrap()
    }

    pub fn add(&mut self, system: &[(&str, i64)], values: &[(&str, Value)]) {
        let customer = self.customer().clone();
        let rows = self.tables.get_mut("t_customer").unwrap();
        let seq = rows.len() as i64 + 1;
        let mut row = row(&customer, seq, system, values);
        row.insert("id".to_owned(), id(seq as u128).into());
        rows.push(row);
    }

    pub fn customers(&self) -> &[Row] {
        &self.tables["t_customer"]
    }
}

impl Env for World {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn zone(&self) -> TimeZone {
        self.zone.clone()
    }

    fn me(&self) -> Me {
        Me {
            seq: 1,
            id: id(201),
            department: 1,
        }
    }

    fn currency(&self) -> &str {
        "CNY"
    }

    fn user_seq(&self, id: Uuid) -> Option<i64> {
        (1..=3).find(|&seq| self::id(200 + seq as u128) == id)
    }

    fn department_seq(&self, id: Uuid) -> Option<i64> {
        (1..=3).find(|&seq| self::id(100 + seq as u128) == id)
    }

    fn department_below(&self, department: i64) -> Vec<i64> {
        if department == 1 {
            vec![1, 2]
        } else {
            vec![department]
        }
    }

    fn may_read(&self, _: &str, field: &str) -> bool {
        !self.hidden.contains(&field)
    }

    /// Customers of version 3 are not seen.
    fn rows(&self, object: &str) -> Cond {
        match object {
            "customer" => Cond::compare("version", Op::Less, 3),
            _ => Cond::True,
        }
    }
}

/// A record of the world, read through its links as the caller may.
pub struct Record<'a> {
    pub world: &'a World,
    pub object: &'a Object,
    pub row: &'a Row,
}

impl Fields for Record<'_> {
    fn get(&self, path: &[&str]) -> Value {
        let (name, rest) = (path[0], &path[1..]);
        let target = match name {
            "owner" | "created_by" | "updated_by" => Some(("user", "seq", &self.row[name])),
            "department" => Some(("department", "seq", &self.row[name])),
            "id" => Some((self.object.name.as_str(), "id", &self.row[name])),
            _ => self.object.field(name).and_then(|field| {
                Some((field.options.to.as_deref()?, "id", &self.row[&field.column]))
            }),
        };
        if rest.is_empty() {
            return self.own(name);
        }
        let Some((object, select, cell)) = target else {
            return Value::Null;
        };
        let Some(object) = self.world.catalog.object(object) else {
            return Value::Null;
        };
        let rows = &self.world.tables[&object.table];
        let found = rows
            .iter()
            .find(|row| !cell.is_null() && row[select] == *cell);
        let seen = found.filter(|row| holds(&self.world.rows(&object.name), row, self.world));
        seen.map_or(Value::Null, |row| {
            Record {
                world: self.world,
                object,
                row,
            }
            .get(rest)
        })
    }
}

impl Record<'_> {
    fn own(&self, name: &str) -> Value {
        match (name, &self.row.get(name)) {
            ("id", Some(Cell::Id(id))) => Value::Id(*id),
            ("created_at" | "updated_at", Some(Cell::Int(micros))) => {
                Value::Instant(Timestamp::from_microsecond(*micros).unwrap())
            }
            (
                "version" | "owner" | "department" | "created_by" | "updated_by",
                Some(Cell::Int(value)),
            ) => Value::Int(*value),
            _ => {
                let field = self.object.field(name).unwrap();
                let columns = field.kind.columns(field);
                let cells: Vec<Cell> = columns
                    .iter()
                    .map(|column| self.row[&column.name].clone())
                    .collect();
                field.kind.load(field, &cells)
            }
        }
    }
}
