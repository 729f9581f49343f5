//! From a row's cells to the text of each exported column.

use super::{Heading, Links, Request, safe};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::read::unknown_field;
use guanxi_access::Action;
use guanxi_meta::describe::system_label;
use guanxi_meta::{Cell, Field, Object, Value};
use guanxi_query::cond::{Cond, Select};
use guanxi_store::{Row, StoreExt};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;

/// The columns of the file, and the cells of a row that each is made of.
pub struct Layout {
    pub outputs: Vec<Output>,
    columns: Vec<String>,
    links: Links,
}

pub struct Output {
    pub heading: String,
    pub name: String,
    pub source: Source,
}

pub enum Source {
    Id(usize),
    Version(usize),
    Instant(usize),
    User(usize),
    Department(usize),
    Field {
        field: Box<Field>,
        at: usize,
        width: usize,
        way: Way,
    },
}

/// How a field's cells become text. The first two spare the way over a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One cell that holds the text itself.
    Text,
    /// One cell that holds the whole number itself.
    Int,
    Link,
    Links,
    /// By its kind; digits, days and the like need no defusing.
    Plain,
    Kind,
}

const SYSTEM: [&str; 8] = [
    "id",
    "owner",
    "department",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "version",
];
/// Of these the ones that are written when nobody names fields.
const USUAL: [&str; 3] = ["id", "owner", "created_at"];

impl Layout {
    pub fn new(ctx: &Context, object: &Arc<Object>, request: &Request) -> EngineResult<Layout> {
        let grant = ctx.grant(object, Action::Read);
        let mut layout = Layout {
            outputs: Vec::new(),
            columns: Vec::new(),
            links: request.links,
        };
        let mut names: Vec<String> = request.fields.clone();
        if names.is_empty() {
            names.extend(USUAL[..1].iter().map(|name| (*name).to_owned()));
            let readable = (0..object.fields.len()).filter(|at| grant.may_read(*at));
            names.extend(readable.map(|at| object.fields[at].name.clone()));
            names.extend(USUAL[1..].iter().map(|name| (*name).to_owned()));
        }
        for name in names {
            let at = object.position(&name).filter(|at| grant.may_read(*at));
            match at {
                Some(at) => layout.field(ctx, &object.fields[at], request.heading),
                None if SYSTEM.contains(&name.as_str()) => {
                    layout.system(ctx, &name, request.heading)
                }
                None => return Err(unknown_field(ctx, object, &name)),
            }
        }
        Ok(layout)
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    fn system(&mut self, ctx: &Context, name: &str, heading: Heading) {
        let at = self.columns.len();
        self.columns.push(name.to_owned());
        let source = match name {
            "id" => Source::Id(at),
            "version" => Source::Version(at),
            "created_at" | "updated_at" => Source::Instant(at),
            "department" => Source::Department(at),
            _ => Source::User(at),
        };
        let heading = match heading {
            Heading::Label => system_label(name).get(ctx.lang, name).to_owned(),
            Heading::Name => name.to_owned(),
        };
        self.outputs.push(Output {
            heading,
            name: name.to_owned(),
            source,
        });
    }

    fn field(&mut self, ctx: &Context, field: &Field, heading: Heading) {
        let specs = field.kind.columns(field);
        let (at, width) = (self.columns.len(), specs.len());
        self.columns.extend(specs.into_iter().map(|spec| spec.name));
        let any = field.options.to.as_deref() == Some("*");
        let way = match field.kind.name() {
            "text" | "long_text" | "choice" | "number" | "url" if width == 1 => Way::Text,
            "integer" | "rating" if width == 1 => Way::Int,
            "link" if !any => Way::Link,
            "many_links" => Way::Links,
            "integer" | "decimal" | "money" | "percent" | "date" | "instant" | "bool"
            | "duration" | "rating" => Way::Plain,
            _ => Way::Kind,
        };
        let heading = match heading {
            Heading::Name => field.name.clone(),
            Heading::Label => field.label.get(ctx.lang, &field.name).to_owned(),
        };
        let source = Source::Field {
            field: Box::new(field.clone()),
            at,
            width,
            way,
        };
        self.outputs.push(Output {
            heading,
            name: field.name.clone(),
            source,
        });
    }
}

/// Names of what links lead to, gathered a piece of rows at a time.
#[derive(Default)]
pub struct Names {
    by_id: HashMap<Uuid, String>,
    people: HashMap<i64, String>,
}

impl Names {
    /// Names kept; past that the memory starts anew.
    const MOST: usize = 200_000;

    /// Reads the names that these rows need; what the caller may not see has none.
    pub fn gather(&mut self, ctx: &Context, layout: &Layout, rows: &[Row]) -> EngineResult<()> {
        if layout.links == Links::Ids {
            return Ok(());
        }
        if self.by_id.len() > Names::MOST {
            self.by_id.clear();
        }
        for output in &layout.outputs {
            let Source::Field {
                field,
                at,
                way: way @ (Way::Link | Way::Links),
                width,
            } = &output.source
            else {
                continue;
            };
            let Some(target) = field
                .options
                .to
                .as_deref()
                .and_then(|to| ctx.catalog.object(to))
            else {
                continue;
            };
            let mut wanted: HashSet<Uuid> = HashSet::new();
            for row in rows {
                match way {
                    Way::Link => wanted.extend(row.cells[*at].id()),
                    _ if row.cells[*at].is_null() => {}
                    _ => wanted.extend(
                        field
                            .kind
                            .load(field, &row.cells[*at..at + width])
                            .list()
                            .iter()
                            .filter_map(Value::id),
                    ),
                }
            }
            wanted.retain(|id| !self.by_id.contains_key(id));
            self.fetch(ctx, target, wanted.into_iter().collect())?;
        }
        Ok(())
    }

    fn fetch(&mut self, ctx: &Context, target: &Arc<Object>, ids: Vec<Uuid>) -> EngineResult<()> {
        /// Keys of one list.
        const KEYS: usize = 500;
        let grant = ctx.grant(target, Action::Read);
        let field = target.title();
        let columns: Vec<String> = std::iter::once("id".to_owned())
            .chain(field.kind.columns(field).into_iter().map(|c| c.name))
            .collect();
        for chunk in ids.chunks(KEYS) {
            let among = Cond::among("id", chunk.iter().copied().map(Cell::Id).collect());
            let select = Select::from(&target.table, columns.clone())
                .filter(among.and(Cond::null("deleted_at")).and(grant.cond()));
            let rows = ctx
                .engine
                .store()
                .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
            self.by_id
                .extend(chunk.iter().map(|id| (*id, String::new())));
            if !grant.may_read(target.title) {
                continue;
            }
            for row in rows {
                let value = field.kind.load(field, &row.cells[1..]);
                if let Some(id) = row.cells[0].id() {
                    self.by_id.insert(id, field.kind.to_text(field, &value));
                }
            }
        }
        Ok(())
    }

    fn person(&mut self, ctx: &Context, seq: i64) -> &str {
        self.people.entry(seq).or_insert_with(|| {
            let Some(user) = ctx.directory.user(seq) else {
                return String::new();
            };
            // Two of the same name are told apart as mail does it; the importer reads both forms.
            match ctx
                .directory
                .users()
                .filter(|other| other.name == user.name)
                .count()
            {
                0 | 1 => user.name.clone(),
                _ => format!("{} <{}>", user.name, user.email),
            }
        })
    }
}

/// The text of one output of one row, into `text`, which is empty; answers whether it can need defusing.
pub fn write(
    ctx: &Context,
    layout: &Layout,
    names: &mut Names,
    (output, row): (&Output, &Row),
    text: &mut String,
) -> Danger {
    match &output.source {
        Source::Id(at) => {
            if let Some(id) = row.cells[*at].id() {
                let _ = write!(text, "{id}");
            }
            Danger::None
        }
        Source::Version(at) => int(&row.cells[*at], text),
        Source::Instant(at) => {
            let at = row.cells[*at]
                .int()
                .and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
            if let Some(at) = at {
                let _ = write!(text, "{at}");
            }
            Danger::None
        }
        Source::User(at) => {
            let seq = row.cells[*at].int().unwrap_or(0);
            match layout.links {
                Links::Names => text.push_str(names.person(ctx, seq)),
                Links::Ids => text.push_str(ctx.user_json(seq).as_str().unwrap_or_default()),
            }
            Danger::Possible
        }
        Source::Department(at) => {
            let seq = row.cells[*at].int().unwrap_or(0);
            match layout.links {
                Links::Names if seq != 0 => text.push_str(&ctx.directory.path(seq)),
                Links::Names => {}
                Links::Ids => text.push_str(ctx.department_json(seq).as_str().unwrap_or_default()),
            }
            Danger::Possible
        }
        Source::Field {
            field,
            at,
            width,
            way,
        } => value(
            layout,
            names,
            (field, &row.cells[*at..at + width], *way),
            text,
        ),
    }
}

fn value(
    layout: &Layout,
    names: &Names,
    (field, cells, way): (&Field, &[Cell], Way),
    text: &mut String,
) -> Danger {
    if cells.iter().all(Cell::is_null) {
        return Danger::None;
    }
    let named = |id: Uuid| names.by_id.get(&id).map(String::as_str).unwrap_or_default();
    match (way, &cells[0]) {
        (Way::Text, Cell::Text(held)) => {
            text.push_str(held);
            return Danger::Possible;
        }
        (Way::Int, cell) => return int(cell, text),
        (Way::Link, Cell::Id(id)) if layout.links == Links::Names => {
            text.push_str(named(*id));
            return Danger::Possible;
        }
        _ => {}
    }
    if way == Way::Links && layout.links == Links::Names {
        let value = field.kind.load(field, cells);
        let found: Vec<&str> = value
            .list()
            .iter()
            .filter_map(Value::id)
            .map(named)
            .filter(|name| !name.is_empty())
            .collect();
        if found
            .iter()
            .any(|name| name.contains([',', ';', '，', '；', '、', '\n']) || name.starts_with('['))
        {
            text.push_str(&serde_json::Value::from(found).to_string());
        } else {
            text.push_str(&found.join(", "));
        }
        return Danger::Possible;
    }
    field.kind.write_text(field, cells, text);
    if way == Way::Plain {
        Danger::None
    } else {
        Danger::Possible
    }
}

fn int(cell: &Cell, text: &mut String) -> Danger {
    if let Some(number) = cell.int() {
        let _ = write!(text, "{number}");
    }
    Danger::None
}

/// Whether a spreadsheet might take the text for a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    None,
    Possible,
}

/// The cell as a CSV file may hold it.
pub fn defused(text: &str, danger: Danger) -> std::borrow::Cow<'_, str> {
    match danger {
        Danger::None => text.into(),
        Danger::Possible => safe::encoded(text),
    }
}
