//! The catalogue: everything that is declared, resolved and checked. One immutable version serves a request.

use crate::declare::Area;
use crate::kind::Kind;
use crate::label::Label;
use crate::role::Role;
use crate::table::{ColumnSpec, ColumnType, IndexSpec, TableSpec, Uniqueness};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// All declarations of an organisation at one version.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub version: i64,
    /// In the order of their declaration.
    pub objects: Vec<Arc<Object>>,
    pub roles: BTreeMap<String, Role>,
    /// The parts of the side bar, in order.
    pub areas: Vec<Area>,
    by_name: HashMap<String, usize>,
}

impl Catalog {
    pub fn new(version: i64, objects: Vec<Arc<Object>>, roles: BTreeMap<String, Role>) -> Catalog {
        let by_name = objects
            .iter()
            .enumerate()
            .map(|(at, object)| (object.name.clone(), at))
            .collect();
        Catalog {
            version,
            objects,
            roles,
            areas: Vec::new(),
            by_name,
        }
    }

    /// The object that this was in an earlier catalogue, by what never changes.
    pub fn now(&self, earlier: &Object) -> Option<&Arc<Object>> {
        self.objects
            .iter()
            .find(|object| object.table == earlier.table)
    }

    /// Whether this object is this catalogue's own, and no earlier one's.
    pub fn knows(&self, object: &Arc<Object>) -> bool {
        self.objects.iter().any(|own| Arc::ptr_eq(own, object))
    }

    pub fn object(&self, name: &str) -> Option<&Arc<Object>> {
        self.by_name.get(name).map(|&at| &self.objects[at])
    }

    /// The objects with a link field to `name`, with that field.
    pub fn links_to<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = (&'a Arc<Object>, &'a Field)> + 'a {
        self.objects.iter().flat_map(move |object| {
            object
                .fields
                .iter()
                .filter(move |field| {
                    field.kind.name() == "link" && field.options.to.as_deref() == Some(name)
                })
                .map(move |field| (object, field))
        })
    }
}

/// One object: customer, opportunity, task, or whatever a pack or an administrator declared.
#[derive(Debug, Clone)]
pub struct Object {
    /// `[a-z][a-z0-9_]{0,40}`, the address and the name in the API.
    pub name: String,
    /// The table; permanent, whatever the name becomes.
    pub table: String,
    pub label: Label,
    pub plural: Label,
    /// A name of the icon sprite.
    pub icon: String,
    /// Where it stands in the side bar: `sales`, `service`, `settings` …
    pub area: String,
    pub fields: Vec<Field>,
    /// Position in `fields` of the one that names a record: `name`, for activities `subject`.
    pub title: usize,
    pub access: Access,
    pub capabilities: Vec<String>,
    pub pipelines: Vec<Pipeline>,
    pub views: Vec<View>,
    pub layout: Layout,
    /// Which pack declared it, `custom` for an administrator's.
    pub origin: String,
    by_name: HashMap<String, usize>,
    /// First cell of each field in a row of `columns()`.
    offsets: Vec<usize>,
}

/// Whose the rows of an object are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Each row has an owner and a department of its own.
    Own,
    /// Each row carries the owner and department of the record that this link field names.
    Parent(String),
}

#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    /// The first column's name; permanent, whatever the name becomes.
    pub column: String,
    pub label: Label,
    pub help: Label,
    pub kind: &'static dyn Kind,
    pub required: Required,
    pub uniqueness: Uniqueness,
    /// Whether the database keeps an index on it.
    pub indexed: Indexed,
    /// Whether search and duplicate matching look into it.
    pub searched: Searched,
    pub default: Option<serde_json::Value>,
    pub options: Options,
    pub origin: String,
}

impl Field {
    /// A field of which nothing but name and kind is known: nothing required, nothing unique.
    pub fn new(name: &str, kind: &'static dyn Kind) -> Field {
        Field {
            name: name.to_owned(),
            column: name.to_owned(),
            label: Label::default(),
            help: Label::default(),
            kind,
            required: Required::No,
            uniqueness: Uniqueness::Any,
            indexed: Indexed::No,
            searched: Searched::No,
            default: None,
            options: Options::default(),
            origin: String::new(),
        }
    }
}

impl std::fmt::Debug for dyn Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searched {
    Yes,
    No,
}

/// What kinds may be told beyond what every field is; `Kind::options` says which of these a kind reads.
/// The same keys in TOML and in `/meta`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Decimal places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// The object that a link leads to; `*` for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Whether a value that is not among the choices is taken.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// Several values, as phones and e-mails may have.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub several: bool,
    /// Formula, or the condition of a roll-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Roll-up: `count`, `sum`, `min`, `max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// Roll-up: the object that is counted, the link in it that leads here, the field that is summed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Business numbering: `C-{yyyy}{mm}-{0000}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Kind of a formula's result, found when the catalogue is checked or declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    #[serde(skip_serializing_if = "Label::is_empty")]
    pub label: Label,
    /// `jade sky gold rose grey`: how the tag looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tone: Option<String>,
}

/// A way that records go: its stages in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    pub name: String,
    #[serde(default)]
    pub label: Label,
    pub stages: Vec<Stage>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub name: String,
    #[serde(default)]
    pub label: Label,
    /// Percent.
    #[serde(default)]
    pub probability: i64,
    #[serde(default)]
    pub outcome: Outcome,
    /// Fields that must be filled before a record enters.
    #[serde(default)]
    pub required: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Open,
    Won,
    Lost,
}

/// A saved view: a filter with a name. `/{object}?view=…&filter=…` is the same thing as an address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    pub name: String,
    pub label: Label,
    /// `table board calendar chart`.
    pub shape: String,
    pub filter: String,
    pub sort: String,
    pub columns: Vec<String>,
    /// Board: the field whose values are the lanes.
    pub lanes: Option<String>,
}

/// How a record's page and form are laid out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layout {
    pub sections: Vec<Section>,
    /// Related lists: `object.link_field`, in order.
    pub related: Vec<String>,
    /// Fields of the quick-create form.
    pub quick: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Section {
    pub name: String,
    pub label: Label,
    pub fields: Vec<String>,
}

/// What declares an object, before it is resolved.
#[derive(Debug, Clone)]
pub struct ObjectParts {
    pub name: String,
    pub table: String,
    pub label: Label,
    pub plural: Label,
    pub icon: String,
    pub area: String,
    pub fields: Vec<Field>,
    pub access: Access,
    pub capabilities: Vec<String>,
    pub pipelines: Vec<Pipeline>,
    pub views: Vec<View>,
    pub layout: Layout,
    pub origin: String,
}

impl Object {
    /// The columns that every object's table has before those of its fields.
    pub const SYSTEM: [(&'static str, ColumnType, Option<i64>); 9] = [
        ("id", ColumnType::Id, None),
        ("version", ColumnType::Int, Some(1)),
        ("created_at", ColumnType::Int, Some(0)),
        ("updated_at", ColumnType::Int, Some(0)),
        ("created_by", ColumnType::Int, Some(0)),
        ("updated_by", ColumnType::Int, Some(0)),
        // The `seq` of the user and of the department; 0 is nobody: the pool.
        ("owner", ColumnType::Int, Some(0)),
        ("department", ColumnType::Int, Some(0)),
        ("deleted_at", ColumnType::Int, None),
    ];

    /// The title is `name`, else `subject`, else the first field.
    pub fn new(parts: ObjectParts) -> Object {
        let fields = parts.fields;
        let title = ["name", "subject"]
            .iter()
            .find_map(|wanted| fields.iter().position(|field| field.name == *wanted))
            .unwrap_or(0);
        let by_name = fields
            .iter()
            .enumerate()
            .map(|(at, field)| (field.name.clone(), at))
            .collect();
        let mut offsets = Vec::with_capacity(fields.len());
        let mut offset = Object::SYSTEM.len();
        for field in &fields {
            offsets.push(offset);
            offset += field.kind.columns(field).len();
        }
        Object {
            name: parts.name,
            table: parts.table,
            label: parts.label,
            plural: parts.plural,
            icon: parts.icon,
            area: parts.area,
            fields,
            title,
            access: parts.access,
            capabilities: parts.capabilities,
            pipelines: parts.pipelines,
            views: parts.views,
            layout: parts.layout,
            origin: parts.origin,
            by_name,
            offsets,
        }
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).map(|&at| &self.fields[at])
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub fn title(&self) -> &Field {
        &self.fields[self.title]
    }

    /// The stage in which a record of that pipeline begins: its first open one.
    pub fn first_stage(&self, pipeline: &str) -> Option<&Stage> {
        let pipeline = self.pipelines.iter().find(|one| one.name == pipeline)?;
        pipeline
            .stages
            .iter()
            .find(|stage| stage.outcome == Outcome::Open)
    }

    pub fn stage(&self, pipeline: &str, stage: &str) -> Option<&Stage> {
        let pipeline = self.pipelines.iter().find(|one| one.name == pipeline)?;
        pipeline.stages.iter().find(|one| one.name == stage)
    }

    pub fn has(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|name| name == capability)
    }

    /// Whether records stand in timelines: they have a subject.
    pub fn is_activity(&self) -> bool {
        self.has("activity")
    }

    /// Names of all columns of a row but `seq` and the sort key, in the order in which `load` reads them.
    pub fn columns(&self) -> Vec<String> {
        let system = Object::SYSTEM.iter().map(|(name, _, _)| (*name).to_owned());
        let own = self
            .fields
            .iter()
            .flat_map(|field| field.kind.columns(field))
            .map(|column| column.name);
        system.chain(own).collect()
    }

    /// The range of cells of field `at` in a row of `columns()`.
    pub fn cells(&self, at: usize) -> std::ops::Range<usize> {
        let end = self.offsets.get(at + 1).copied();
        let start = self.offsets[at];
        start..end.unwrap_or_else(|| start + self.fields[at].kind.columns(&self.fields[at]).len())
    }

    /// The stored sort key of the title, made by `text::sort_key`.
    pub const TITLE_KEY: &'static str = "title_key";

    /// The table that this object needs, with the indexes that ordered reading in every scope needs.
    pub fn table_spec(&self) -> TableSpec {
        let mut columns: Vec<ColumnSpec> = Object::SYSTEM
            .iter()
            .map(|(name, ty, default)| ColumnSpec {
                name: (*name).to_owned(),
                ty: *ty,
                default: *default,
            })
            .collect();
        columns.push(ColumnSpec::new(Object::TITLE_KEY, ColumnType::Bytes));
        columns.extend(
            self.fields
                .iter()
                .flat_map(|field| field.kind.columns(field)),
        );
        let mut spec = TableSpec::new(&self.table, columns).unique(&["id"]);
        for key in [Object::TITLE_KEY, "created_at"] {
            spec = spec
                .live_index(&["owner", key])
                .live_index(&["department", key])
                .live_index(&[key]);
        }
        for field in &self.fields {
            let found = IndexSpec::new(field.kind.keys(field));
            // Business numbers are never given twice; any other value is free again when its record is removed.
            let index = match field.uniqueness {
                Uniqueness::Unique if field.kind.name() == "number" => found.unique(),
                Uniqueness::Unique => found.unique().live(),
                Uniqueness::Any => found,
            };
            if field.uniqueness == Uniqueness::Unique
                || field.indexed == Indexed::Yes
                || field.kind.name() == "link"
            {
                spec.indexes.push(index);
            }
        }
        spec
    }
}
