//! A mapping, checked against a file's header, the catalogue and the caller's rights: everything that can be wrong
//! with it is told at once, before the first row is read.

use super::mapping::{ColumnMap, DecimalMark, Duplicates, FieldMap, Mapping, Missing, Mode};
use super::people::{department, person};
use super::template::Template;
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use guanxi_access::Action;
use guanxi_meta::catalog::{Indexed, Required};
use guanxi_meta::fault::{Fault, FieldError};
use guanxi_meta::kind::{Writable, nearest};
use guanxi_meta::table::Uniqueness;
use guanxi_meta::{Field, Object, Value};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Plan {
    pub object: Arc<Object>,
    pub mode: Mode,
    /// By what a record is found; the first has an index.
    pub matches: Vec<Key>,
    /// A row in which one of these columns is empty is passed over.
    pub needed: Vec<usize>,
    pub inputs: Vec<Input>,
    pub constants: Constants,
    pub lookups: Vec<Lookup>,
    pub duplicates: Duplicates,
}

/// What tells which record a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Id,
    /// The position of a field.
    Field(usize),
}

/// One column, or a template of several, and what it fills.
#[derive(Debug, Clone)]
pub struct Input {
    /// The heading, or the field's name for a template: where errors stand.
    pub name: String,
    pub from: From,
    pub values: HashMap<String, String>,
    pub to: Vec<Slot>,
}

#[derive(Debug, Clone)]
pub enum From {
    Column(usize),
    Template(Template),
}

#[derive(Debug, Clone)]
pub enum Slot {
    Field {
        at: usize,
        reading: Reading,
    },
    Link {
        at: usize,
        lookup: usize,
        shape: Shape,
    },
    /// It says which record the row is, and is not written: nobody gives a record its id or number.
    Key(Key),
    Owner(Missing),
    Department(Missing),
    CreatedAt(Reading),
    CreatedBy(Missing),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    One,
    Many,
}

/// How a cell is read before its kind reads it.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    pub date_format: Option<String>,
    pub factor: Option<Decimal>,
    pub comma: bool,
    /// Of money that names none.
    pub currency: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Lookup {
    pub target: Arc<Object>,
    pub by: By,
    pub missing: Missing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Id,
    Title,
    Field(usize),
    /// Users: name, e-mail or `Name <e-mail>`, as the directory knows them.
    Person,
    /// Departments: `Sales/East`.
    Path,
}

#[derive(Debug, Clone, Default)]
pub struct Constants {
    pub values: Vec<(usize, Value)>,
    pub owner: Option<i64>,
    pub department: Option<i64>,
}

impl Plan {
    /// Checks the mapping; `headings` are the file's. All faults at once, each at the mapping's key; 403 where the
    /// caller may do none of it.
    pub fn new(
        ctx: &Context,
        object: &Arc<Object>,
        mapping: &Mapping,
        headings: &[String],
    ) -> EngineResult<Plan> {
        rights(ctx, object, mapping.mode.unwrap_or_default())?;
        let mut builder = Builder::new(ctx, object, mapping, headings);
        builder.read();
        let Builder { plan, errors, .. } = builder;
        if errors.is_empty() {
            Ok(plan)
        } else {
            Err(EngineError::Invalid(errors))
        }
    }

    /// Whether a new record can't be given what its row is matched by: the row then means one that is there.
    pub fn means_existing(&self) -> bool {
        self.matches.iter().any(|key| match key {
            Key::Id => true,
            Key::Field(at) => self.object.fields[*at].kind.writable() == Writable::ByEngine,
        })
    }

    /// The name of what rows are matched by first; empty where they are not.
    pub fn match_name(&self) -> &str {
        match self.matches.first() {
            Some(Key::Id) => "id",
            Some(Key::Field(at)) => &self.object.fields[*at].name,
            None => "",
        }
    }

    /// Whether a row may lead to another record of the same object that an earlier row made.
    pub fn leads_to_itself(&self) -> bool {
        self.lookups
            .iter()
            .any(|lookup| lookup.target.name == self.object.name && lookup.by != By::Path)
    }
}

struct Builder<'a> {
    ctx: &'a Context,
    mapping: &'a Mapping,
    columns: HashMap<String, usize>,
    plan: Plan,
    filled: HashSet<String>,
    errors: Vec<FieldError>,
}

impl<'a> Builder<'a> {
    fn new(
        ctx: &'a Context,
        object: &Arc<Object>,
        mapping: &'a Mapping,
        headings: &[String],
    ) -> Builder<'a> {
        let mut columns = HashMap::new();
        for (at, name) in headings.iter().enumerate() {
            columns.entry(name.clone()).or_insert(at);
        }
        // Nobody looks, unless somebody asked for it, where the mode finds existing records itself.
        let quiet = mapping.mode == Some(Mode::Update) || !object.has("identity");
        let duplicates = mapping.duplicates.unwrap_or(if quiet {
            Duplicates::Create
        } else {
            Duplicates::Report
        });
        let plan = Plan {
            object: object.clone(),
            mode: mapping.mode.unwrap_or_default(),
            matches: Vec::new(),
            needed: Vec::new(),
            inputs: Vec::new(),
            constants: Constants::default(),
            lookups: Vec::new(),
            duplicates,
        };
        Builder {
            ctx,
            mapping,
            columns,
            plan,
            filled: HashSet::new(),
            errors: Vec::new(),
        }
    }

    fn fail(&mut self, at: impl Into<String>, fault: Fault) {
        self.errors.push(fault.at(at));
    }

    fn read(&mut self) {
        let mapping = self.mapping;
        if let Some(other) = mapping
            .object
            .as_deref()
            .filter(|name| *name != self.plan.object.name)
        {
            self.fail(
                "object",
                Fault::new("mapping_of_another_object").with("object", other),
            );
        }
        for (name, column) in &mapping.columns {
            self.column(name, column);
        }
        for (name, field) in &mapping.fields {
            self.made(name, field);
        }
        for (name, json) in &mapping.set {
            self.constant(name, json);
        }
        for name in &mapping.skip_rows_without {
            let needed = self.heading("skip_rows_without", name);
            self.plan.needed.extend(needed);
        }
        self.unnamed();
        self.matches();
        self.required();
    }

    fn heading(&mut self, at: &str, name: &str) -> Option<usize> {
        let folded = name.trim().to_lowercase();
        let like = || {
            self.columns
                .iter()
                .find(|(known, _)| known.to_lowercase() == folded)
                .map(|(_, at)| *at)
        };
        let found = self.columns.get(name).copied().or_else(like);
        if found.is_none() {
            let near = nearest(name, self.columns.keys().map(String::as_str)).map(str::to_owned);
            self.fail(
                at,
                Fault::new("unknown_column")
                    .with("column", name)
                    .near(near.as_deref()),
            );
        }
        found
    }

    /// Nothing is lost by a misspelt heading: each column is named, if only to leave it out.
    fn unnamed(&mut self) {
        let folded: HashSet<String> = self
            .mapping
            .columns
            .keys()
            .map(|name| name.trim().to_lowercase())
            .collect();
        let mut names: Vec<&String> = self
            .columns
            .keys()
            .filter(|name| !name.is_empty())
            .collect();
        names.sort_unstable();
        let unnamed = names
            .into_iter()
            .filter(|name| !folded.contains(&name.to_lowercase()));
        let errors = unnamed.map(|name| {
            Fault::new("column_not_named")
                .with("column", name)
                .at(format!("columns.{name}"))
        });
        self.errors.extend(errors);
    }

    fn column(&mut self, name: &str, column: &ColumnMap) {
        let path = format!("columns.{name}");
        let Some(position) = self.heading(&path, name) else {
            return;
        };
        let Some(fields) = &column.field else {
            if !column.skip {
                self.fail(path, Fault::new("column_without_field"));
            }
            return;
        };
        let factor = column
            .factor
            .as_ref()
            .map(|number| number.to_string().parse::<Decimal>());
        if let Some(Err(_)) = factor {
            self.fail(&path, Fault::new("not_a_number"));
        }
        let reading = Reading {
            date_format: column
                .date_format
                .clone()
                .or_else(|| self.mapping.date_format.clone()),
            factor: factor.and_then(Result::ok),
            comma: column.decimal.or(self.mapping.decimal) == Some(DecimalMark::Comma),
            currency: None,
        };
        let reading = match column.currency.as_deref().map(guanxi_meta::currency::parse) {
            Some(Ok(currency)) => Reading {
                currency: Some(currency),
                ..reading
            },
            Some(Err(fault)) => {
                self.fail(&path, fault);
                reading
            }
            None => reading,
        };
        self.format(&path, reading.date_format.as_deref());
        let mut to = Vec::new();
        for field in fields.names() {
            let by = column
                .by
                .as_ref()
                .and_then(|by| by.of(field))
                .map(String::as_str);
            let missing = column
                .missing
                .as_ref()
                .and_then(|missing| missing.of(field))
                .copied();
            to.extend(self.slot(&path, field, (by, missing), &reading));
        }
        let from = From::Column(position);
        self.plan.inputs.push(Input {
            name: name.to_owned(),
            from,
            values: values(&column.values),
            to,
        });
    }

    fn made(&mut self, name: &str, field: &FieldMap) {
        let path = format!("fields.{name}");
        let reading = Reading {
            date_format: field
                .date_format
                .clone()
                .or_else(|| self.mapping.date_format.clone()),
            ..Reading::default()
        };
        self.format(&path, field.date_format.as_deref());
        match Template::parse(&field.template, &self.columns) {
            Err(fault) => self.fail(path, fault),
            Ok(template) => {
                let slot = self.slot(&path, name, (field.by.as_deref(), field.missing), &reading);
                let from = From::Template(template);
                let to = slot.into_iter().collect();
                self.plan.inputs.push(Input {
                    name: name.to_owned(),
                    from,
                    values: values(&field.values),
                    to,
                });
            }
        }
    }

    fn format(&mut self, path: &str, format: Option<&str>) {
        let day = jiff::civil::date(2024, 1, 5).at(1, 2, 3, 0);
        if let Some(format) = format
            && jiff::fmt::strtime::format(format, day).is_err()
        {
            self.fail(path, Fault::new("bad_date_format").with("format", format));
        }
    }

    /// What a field's cell becomes; a fault and `None` if the caller may not write it, or nobody may.
    fn slot(
        &mut self,
        path: &str,
        name: &str,
        link: (Option<&str>, Option<Missing>),
        reading: &Reading,
    ) -> Option<Slot> {
        if !self.filled.insert(name.to_owned()) {
            self.fail(path, Fault::new("field_twice").with("field", name));
            return None;
        }
        let missing = link.1.unwrap_or_default();
        let is_match = self.mapping.match_fields.iter().any(|field| field == name);
        match name {
            "id" if is_match => return Some(Slot::Key(Key::Id)),
            "owner" => return Some(Slot::Owner(missing)),
            "department" if self.plan.object.position(name).is_none() => {
                return Some(Slot::Department(missing));
            }
            "created_at" | "created_by" => {
                // Nobody signs with another's name or date but those who answer for the house.
                if !self.ctx.administers() {
                    self.fail(path, Fault::new("read_only").with("field", name));
                }
                return Some(match name {
                    "created_at" => Slot::CreatedAt(reading.clone()),
                    _ => Slot::CreatedBy(missing),
                });
            }
            _ => {}
        }
        if let Some(at) = self.key(name).filter(|_| is_match) {
            return Some(Slot::Key(Key::Field(at)));
        }
        let at = self.writable(path, name)?;
        let field = self.plan.object.fields[at].clone();
        let shape = match field.kind.name() {
            "link" => Shape::One,
            "many_links" => Shape::Many,
            _ if link.0.is_some() || link.1.is_some() => {
                self.fail(path, Fault::new("not_a_link").with("field", name));
                return None;
            }
            _ => {
                return Some(Slot::Field {
                    at,
                    reading: reading.clone(),
                });
            }
        };
        if field.options.to.as_deref() == Some("*") {
            return Some(Slot::Field {
                at,
                reading: Reading::default(),
            });
        }
        let lookup = self.lookup(path, &field, link.0, missing)?;
        Some(Slot::Link { at, lookup, shape })
    }

    /// The position of a field that the engine keeps and the caller may read: by it a record is found.
    fn key(&self, name: &str) -> Option<usize> {
        let object = &self.plan.object;
        let kept = |at: &usize| object.fields[*at].kind.writable() == Writable::ByEngine;
        let read = self.ctx.grant(object, Action::Read);
        object
            .position(name)
            .filter(|at| kept(at) && read.may_read(*at))
    }

    fn writable(&mut self, path: &str, name: &str) -> Option<usize> {
        let object = self.plan.object.clone();
        let alias = |field: &Field| field.kind.aliases(field).iter().any(|alias| alias == name);
        let found = object
            .position(name)
            .or_else(|| object.fields.iter().position(alias));
        let read = self.ctx.grant(&object, Action::Read);
        let Some(at) = found.filter(|at| read.may_read(*at)) else {
            let names = (0..object.fields.len())
                .filter(|at| read.may_read(*at))
                .map(|at| object.fields[at].name.as_str());
            let near = nearest(
                name,
                names.chain(["owner", "department", "created_at", "created_by"]),
            )
            .map(str::to_owned);
            let fault = Fault::new("unknown_field")
                .with("name", name)
                .with("object", &object.name);
            self.fail(path, fault.near(near.as_deref()));
            return None;
        };
        let kept = object.fields[at].kind.writable() == Writable::ByEngine;
        if kept || !self.ctx.grant(&object, Action::Update).may_write(at) {
            self.fail(path, Fault::new("read_only").with("field", name));
            return None;
        }
        Some(at)
    }

    fn lookup(
        &mut self,
        path: &str,
        field: &Field,
        by: Option<&str>,
        missing: Missing,
    ) -> Option<usize> {
        let to = field.options.to.as_deref().unwrap_or_default();
        let Ok(target) = self.ctx.object(to) else {
            self.fail(path, Fault::new("not_found").with("field", &field.name));
            return None;
        };
        let title = target.title().name.clone();
        let by = match (to, by.unwrap_or(&title)) {
            (_, "id") => By::Id,
            ("user", "name" | "email") => By::Person,
            ("department", "path" | "name") => By::Path,
            (_, name) if name == title => By::Title,
            (_, name) => {
                let read = self.ctx.grant(&target, Action::Read);
                let Some(at) = target.position(name).filter(|at| read.may_read(*at)) else {
                    let fault = Fault::new("unknown_field")
                        .with("name", name)
                        .with("object", to);
                    self.fail(
                        path,
                        fault.near(nearest(name, target.fields.iter().map(|f| f.name.as_str()))),
                    );
                    return None;
                };
                if !is_indexed(&target, at) {
                    self.fail(
                        path,
                        Fault::new("not_indexed")
                            .with("field", name)
                            .with("object", to),
                    );
                    return None;
                }
                By::Field(at)
            }
        };
        let makes = missing == Missing::Create && by != By::Path;
        if makes
            && (matches!(by, By::Id | By::Person)
                || self.ctx.grant(&target, Action::Create).is_empty())
        {
            self.fail(path, Fault::new("cannot_create").with("object", to));
        }
        self.plan.lookups.push(Lookup {
            target,
            by,
            missing,
        });
        Some(self.plan.lookups.len() - 1)
    }

    fn constant(&mut self, name: &str, json: &Json) {
        let path = format!("set.{name}");
        if !self.filled.insert(name.to_owned()) {
            return self.fail(path, Fault::new("field_twice").with("field", name));
        }
        let text = json.as_str().unwrap_or_default();
        match name {
            "owner" => match person(self.ctx, text) {
                Ok(seq) => self.plan.constants.owner = Some(seq),
                Err(fault) => self.fail(path, fault),
            },
            "department" if self.plan.object.position(name).is_none() => {
                match department(self.ctx, text) {
                    Some(seq) => self.plan.constants.department = Some(seq),
                    None => self.fail(path, Fault::new("not_found")),
                }
            }
            _ => {
                let Some(at) = self.writable(&path, name) else {
                    return;
                };
                let field = &self.plan.object.fields[at];
                let value = match json {
                    Json::String(text) => field
                        .kind
                        .parse(field, json)
                        .or_else(|_| field.kind.read_in(field, text.trim(), &self.ctx.zone)),
                    json => field.kind.parse(field, json),
                };
                match value {
                    Ok(value) => self.plan.constants.values.push((at, value)),
                    Err(fault) => self.fail(path, fault),
                }
            }
        }
    }

    fn matches(&mut self) {
        let object = self.plan.object.clone();
        if self.mapping.match_fields.is_empty() {
            if self.plan.mode != Mode::Create {
                self.fail("match", Fault::new("match_missing"));
            }
            return;
        }
        for name in &self.mapping.match_fields {
            if !self.filled.contains(name) {
                self.fail("match", Fault::new("match_not_mapped").with("field", name));
            }
            if name == "id" {
                self.plan.matches.push(Key::Id);
                continue;
            }
            let Some(at) = object.position(name) else {
                let near = nearest(name, object.fields.iter().map(|field| field.name.as_str()));
                let fault = Fault::new("unknown_field")
                    .with("name", name)
                    .with("object", &object.name);
                self.fail("match", fault.near(near));
                continue;
            };
            self.plan.matches.push(Key::Field(at));
        }
        let is_quick = |key: &Key| match key {
            Key::Id => true,
            Key::Field(at) => is_indexed(&object, *at),
        };
        self.plan.matches.sort_by_key(|key| !is_quick(key));
        let quick = self.plan.matches.first().is_none_or(is_quick);
        if !quick {
            let names = self.mapping.match_fields.join(", ");
            self.fail(
                "match",
                Fault::new("not_indexed")
                    .with("field", names)
                    .with("object", &object.name),
            );
        }
    }

    /// What a new record needs and no column brings would fail every row.
    fn required(&mut self) {
        if self.plan.mode == Mode::Update {
            return;
        }
        let object = self.plan.object.clone();
        for field in &object.fields {
            let wanted =
                field.required == Required::Yes && field.kind.writable() == Writable::ByCaller;
            if wanted && field.default.is_none() && !self.filled.contains(&field.name) {
                self.fail(
                    "columns",
                    Fault::new("required_not_mapped").with("field", &field.name),
                );
            }
        }
    }
}

fn rights(ctx: &Context, object: &Arc<Object>, mode: Mode) -> EngineResult<()> {
    let needs: &[Action] = match mode {
        Mode::Create => &[Action::Create],
        Mode::Update => &[Action::Update],
        Mode::Upsert => &[Action::Create, Action::Update],
    };
    match needs
        .iter()
        .find(|action| ctx.grant(object, **action).is_empty())
    {
        Some(missing) => Err(EngineError::Forbidden(missing.name())),
        None => Ok(()),
    }
}

fn values(map: &BTreeMap<String, String>) -> HashMap<String, String> {
    map.iter()
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect()
}

/// Whether a record is found by the field without walking through all of them.
pub fn is_indexed(object: &Object, at: usize) -> bool {
    let field = &object.fields[at];
    at == object.title
        || field.indexed == Indexed::Yes
        || field.uniqueness == Uniqueness::Unique
        || field.kind.name() == "link"
}
