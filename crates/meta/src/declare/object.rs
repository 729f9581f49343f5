//! Reading one object: `object.toml`, or the body of `POST /meta/objects`.

use super::field::{FieldRead, read_choices, read_field};
use super::names::{Naming, allocate_table, check_name};
use super::node::Node;
use super::reader::{Errors, Table};
use super::{Declarations, FieldDecl, ObjectDecl, Presence, allocate_column, not_among, taken_by};
use crate::catalog::{Access, Field, Layout, Outcome, Pipeline, Required, Searched, Stage};
use crate::fault::Fault;
use crate::kind::{lookup, nearest};
use crate::label::Label;

/// Adds the object that the node declares, or adds to the one that it `extends`.
pub(crate) fn read_object(
    declarations: &mut Declarations,
    node: &Node,
    origin: &str,
    errors: &Errors,
) {
    let table = Table::of(node, errors);
    if let Some(name) = table
        .get("extends")
        .and_then(|node| super::reader::text(node, errors))
    {
        return extend(declarations, &table, name, origin);
    }
    let name = table.needed("name");
    let place = table.get("name").map_or(table.at, |node| &node.at);
    if !name.is_empty()
        && let Err(fault) = check_name(name, Naming::Object)
    {
        errors.add(place, fault);
    }
    if declarations.object(name).is_some() {
        errors.add(place, Fault::new("duplicate_object").with("name", name));
    }
    let mut object = ObjectDecl {
        name: name.to_owned(),
        table: allocate_table(&declarations.objects, name),
        label: table.label("label").unwrap_or_default(),
        plural: table.label("plural").unwrap_or_default(),
        icon: table.text("icon").unwrap_or("box").to_owned(),
        area: table
            .text("area")
            .unwrap_or(if origin == super::CUSTOM {
                super::CUSTOM
            } else {
                ""
            })
            .to_owned(),
        fields: Vec::new(),
        access: read_access(&table),
        capabilities: read_capabilities(&table),
        pipelines: Vec::new(),
        views: Vec::new(),
        layout: Layout::default(),
        origin: origin.to_owned(),
        presence: Presence::Present,
        place: node.at.clone(),
    };
    add_fields(&mut object, &table, origin);
    add_pipelines(&mut object, &table);
    add_title(&mut object, &table);
    table.finish();
    if !name.is_empty() {
        declarations.objects.push(object);
    }
}

/// A pack adds fields, choices, pipelines and capabilities to another's object.
fn extend(declarations: &mut Declarations, table: &Table<'_>, name: &str, origin: &str) {
    let near = nearest(name, declarations.names()).map(str::to_owned);
    let object = declarations
        .objects
        .iter_mut()
        .find(|object| object.is_present() && object.name == name);
    let Some(object) = object else {
        let place = table.get("extends").map_or(table.at, |node| &node.at);
        return table.errors.add(
            place,
            Fault::new("unknown_object")
                .with("name", name)
                .near(near.as_deref()),
        );
    };
    add_fields(object, table, origin);
    add_pipelines(object, table);
    for capability in read_capabilities(table) {
        if !object.capabilities.contains(&capability) {
            object.capabilities.push(capability);
        }
    }
    for node in table.list("add_choices", "add_choices").unwrap_or_default() {
        add_choices(object, node, table.errors);
    }
    // A file that extends may name its object too.
    if let Some(node) = table
        .get("name")
        .filter(|node| super::reader::text(node, table.errors) != Some(name))
    {
        table
            .errors
            .add(&node.at, Fault::new("fixed").with("name", "name"));
    }
    for key in known_only(table) {
        table.errors.add(
            &key.at,
            Fault::new("unknown_key")
                .with("name", &key.name)
                .with("known", EXTENSION.join(", ")),
        );
    }
}

/// What a file that extends may have.
const EXTENSION: [&str; 8] = [
    "extends",
    "name",
    "field",
    "fields",
    "pipeline",
    "pipelines",
    "capabilities",
    "add_choices",
];

fn known_only<'a>(table: &Table<'a>) -> impl Iterator<Item = &'a super::node::Entry> {
    table
        .entries()
        .iter()
        .filter(|entry| !EXTENSION.contains(&entry.name.as_str()))
}

fn add_choices(object: &mut ObjectDecl, node: &Node, errors: &Errors) {
    let table = Table::of(node, errors);
    let name = table.needed("field").to_owned();
    let choices = read_choices(table.list("choices", "choices").unwrap_or_default(), errors);
    table.finish();
    let near = nearest(&name, object.names()).map(str::to_owned);
    let decl = object
        .fields
        .iter_mut()
        .find(|decl| decl.presence == Presence::Present && decl.field.name == name);
    match decl {
        Some(decl) => decl.field.options.choices.extend(choices),
        None => errors.add(
            &node.at,
            Fault::new("unknown_field")
                .with("name", name)
                .near(near.as_deref()),
        ),
    }
}

fn read_access(table: &Table<'_>) -> Access {
    let Some(node) = table.get("access") else {
        return Access::Own;
    };
    let word = super::reader::text(node, table.errors).unwrap_or("own");
    match (word, word.strip_prefix("parent:")) {
        ("own", _) => Access::Own,
        (_, Some(field)) => Access::Parent(field.to_owned()),
        _ => {
            table
                .errors
                .add(&node.at, not_among(word, ["own", "parent:<link>"]));
            Access::Own
        }
    }
}

fn read_capabilities(table: &Table<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, place) in table.texts("capabilities").unwrap_or_default() {
        match check_name(name, Naming::Other) {
            Ok(()) if names.iter().any(|other| other == name) => {
                table
                    .errors
                    .add(place, Fault::new("duplicate_name").with("name", name));
            }
            Ok(()) => names.push(name.to_owned()),
            Err(fault) => table.errors.add(place, fault),
        }
    }
    names
}

fn add_fields(object: &mut ObjectDecl, table: &Table<'_>, origin: &str) {
    for node in table.list("field", "fields").unwrap_or_default() {
        if let Some(read) = read_field(node, origin, table.errors) {
            add_field(object, read, table.errors);
        }
    }
}

/// Gives the field its column and its place; a name that is taken is an error.
pub(crate) fn add_field(object: &mut ObjectDecl, read: FieldRead, errors: &Errors) {
    let FieldRead { mut decl, was } = read;
    if let Some(other) = taken_by(object, &decl.field) {
        let fault = match other == decl.field.name {
            true => Fault::new("duplicate_name").with("name", other),
            false => Fault::new("name_taken")
                .with("name", &decl.field.name)
                .with("other", other),
        };
        return errors.add(&decl.place, fault);
    }
    let first = was.unwrap_or_else(|| decl.field.name.clone());
    allocate_column(object, &mut decl.field, &first);
    // In a pack, fields may come and go before this one: a column must not hang on what stands around it.
    let prefixed = format!("f_{first}");
    if object.origin != super::CUSTOM && ![&first, &prefixed].contains(&&decl.field.column) {
        return errors.add(
            &decl.place,
            Fault::new("name_taken")
                .with("name", &first)
                .with("other", &first),
        );
    }
    object.fields.push(decl);
}

/// Every object has a `name` (activities: a `subject`), which search looks into. An administrator who declares
/// none gets one; a pack says what it means.
fn add_title(object: &mut ObjectDecl, table: &Table<'_>) {
    let title = object
        .fields
        .iter_mut()
        .find(|decl| ["name", "subject"].contains(&decl.field.name.as_str()));
    if let Some(decl) = title {
        decl.field.searched = Searched::Yes;
        return;
    }
    if object.origin != super::CUSTOM {
        return table
            .errors
            .add(table.at, Fault::new("no_title").with("name", &object.name));
    }
    let Some(text) = lookup("text") else { return };
    let mut field = Field::new("name", text);
    field.label = Label::new("名称", "Name");
    field.required = Required::Yes;
    field.searched = Searched::Yes;
    field.origin.clone_from(&object.origin);
    object.fields.insert(
        0,
        FieldDecl {
            field,
            presence: Presence::Present,
            place: table.at.clone(),
        },
    );
}

fn add_pipelines(object: &mut ObjectDecl, table: &Table<'_>) {
    for node in table.list("pipeline", "pipelines").unwrap_or_default() {
        let pipeline = read_pipeline(node, table.errors);
        if object
            .pipelines
            .iter()
            .any(|other| other.name == pipeline.name)
        {
            table.errors.add(
                &node.at,
                Fault::new("duplicate_name").with("name", &pipeline.name),
            );
        } else {
            object.pipelines.push(pipeline);
        }
    }
}

/// A pipeline has stages with names of their own, and one at least in which a record is open.
pub(crate) fn read_pipeline(node: &Node, errors: &Errors) -> Pipeline {
    let table = Table::of(node, errors);
    let name = table.needed("name").to_owned();
    if let Some(Err(fault)) = (!name.is_empty()).then(|| check_name(&name, Naming::Other)) {
        errors.add(table.at, fault);
    }
    let mut stages: Vec<Stage> = Vec::new();
    for node in table.list("stage", "stages").unwrap_or_default() {
        let stage = read_stage(node, errors);
        if stages.iter().any(|other| other.name == stage.name) {
            errors.add(
                &node.at,
                Fault::new("duplicate_name").with("name", &stage.name),
            );
        }
        stages.push(stage);
    }
    if !stages.iter().any(|stage| stage.outcome == Outcome::Open) {
        errors.add(table.at, Fault::new("no_open_stage").with("name", &name));
    }
    let label = table.label("label").unwrap_or_default();
    table.finish();
    Pipeline {
        name,
        label,
        stages,
    }
}

fn read_stage(node: &Node, errors: &Errors) -> Stage {
    let table = Table::of(node, errors);
    let name = table.needed("name").to_owned();
    if let Some(Err(fault)) = (!name.is_empty()).then(|| check_name(&name, Naming::Other)) {
        errors.add(table.at, fault);
    }
    let outcome = match table.one_of("outcome", &["open", "won", "lost"]) {
        Some("won") => Outcome::Won,
        Some("lost") => Outcome::Lost,
        _ => Outcome::Open,
    };
    let usual = match outcome {
        Outcome::Won => 100,
        Outcome::Open | Outcome::Lost => 0,
    };
    let probability = table.int("probability").unwrap_or(usual);
    if !(0..=100).contains(&probability) {
        let place = table.get("probability").map_or(table.at, |node| &node.at);
        errors.add(
            place,
            Fault::new("not_a_probability").with("value", probability),
        );
    }
    let required = table.texts("required").unwrap_or_default();
    let stage = Stage {
        name,
        label: table.label("label").unwrap_or_default(),
        probability,
        outcome,
        required: required
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect(),
    };
    table.finish();
    stage
}
