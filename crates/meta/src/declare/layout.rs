//! Reading pages and views: `layout.toml`, and the same keys from the API.

use super::check::unknown_field;
use super::names::{Naming, check_name};
use super::node::Node;
use super::reader::{Errors, Table};
use super::{Declarations, ObjectDecl, Place};
use crate::catalog::{Layout, Section, View};
use crate::fault::Fault;
use crate::kind::nearest;

/// What a view may be shown as.
const SHAPES: [&str; 4] = ["table", "board", "calendar", "chart"];

/// Whether a name, or names with dots between them, leads through links to a field.
pub(crate) fn is_path(declarations: &Declarations, object: &ObjectDecl, path: &str) -> bool {
    match path.split_once('.') {
        None => object.names().contains(&path),
        Some((link, rest)) => {
            let to = match link {
                "owner" | "created_by" | "updated_by" => Some("user"),
                "department" => Some("department"),
                _ => object
                    .field(link)
                    .and_then(|decl| decl.field.options.to.as_deref()),
            };
            to.and_then(|to| declarations.object(to))
                .is_some_and(|target| is_path(declarations, target, rest))
        }
    }
}

/// Reads `layout.toml`: the layout, and the views that stand beside it.
pub(crate) fn read_file(
    declarations: &Declarations,
    object: &ObjectDecl,
    node: &Node,
    errors: &Errors,
) -> (Layout, Vec<View>) {
    let table = Table::of(node, errors);
    let mut views: Vec<View> = Vec::new();
    for node in table.list("view", "views").unwrap_or_default() {
        let view = read_view(declarations, object, node, errors);
        if views.iter().any(|other| other.name == view.name) {
            errors.add(
                &node.at,
                Fault::new("duplicate_name").with("name", &view.name),
            );
        }
        views.push(view);
    }
    let layout = layout(declarations, object, &table);
    table.finish();
    (layout, views)
}

pub(crate) fn read_layout(
    declarations: &Declarations,
    object: &ObjectDecl,
    node: &Node,
    errors: &Errors,
) -> Layout {
    let table = Table::of(node, errors);
    let layout = layout(declarations, object, &table);
    table.finish();
    layout
}

fn layout(declarations: &Declarations, object: &ObjectDecl, table: &Table<'_>) -> Layout {
    let mut sections: Vec<Section> = Vec::new();
    let mut placed: Vec<String> = Vec::new();
    for node in table.list("section", "sections").unwrap_or_default() {
        let section = section(object, node, table.errors);
        if sections.iter().any(|other| other.name == section.name) {
            table.errors.add(
                &node.at,
                Fault::new("duplicate_name").with("name", &section.name),
            );
        }
        for field in &section.fields {
            if placed.contains(field) {
                table
                    .errors
                    .add(&node.at, Fault::new("duplicate_name").with("name", field));
            }
            placed.push(field.clone());
        }
        sections.push(section);
    }
    let mut related = Vec::new();
    for (path, place) in table.texts("related").unwrap_or_default() {
        match check_related(declarations, object, path) {
            Ok(()) => related.push(path.to_owned()),
            Err(fault) => table.errors.add(place, fault),
        }
    }
    let quick = fields(
        object,
        table.texts("quick").unwrap_or_default(),
        table.errors,
    );
    Layout {
        sections,
        related,
        quick,
    }
}

fn section(object: &ObjectDecl, node: &Node, errors: &Errors) -> Section {
    let table = Table::of(node, errors);
    let name = table.needed("name").to_owned();
    if let Some(Err(fault)) = (!name.is_empty()).then(|| check_name(&name, Naming::Other)) {
        errors.add(table.at, fault);
    }
    let label = table.label("label").unwrap_or_default();
    let fields = fields(object, table.texts("fields").unwrap_or_default(), errors);
    table.finish();
    Section {
        name,
        label,
        fields,
    }
}

fn fields(object: &ObjectDecl, texts: Vec<(&str, &Place)>, errors: &Errors) -> Vec<String> {
    for (name, place) in &texts {
        if !object.names().contains(name) {
            errors.add(place, unknown_field(name, object));
        }
    }
    texts.into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// `object.link`: a link of that object that leads here, or anywhere.
fn check_related(
    declarations: &Declarations,
    object: &ObjectDecl,
    path: &str,
) -> Result<(), Fault> {
    let (other, link) = path
        .split_once('.')
        .ok_or_else(|| Fault::new("not_related").with("value", path))?;
    let unknown = || {
        Fault::new("unknown_object")
            .with("name", other)
            .near(nearest(other, declarations.names()))
    };
    let other = declarations.object(other).ok_or_else(unknown)?;
    let decl = other
        .field(link)
        .ok_or_else(|| unknown_field(link, other))?;
    let to = decl.field.options.to.as_deref();
    let link = matches!(decl.field.kind.name(), "link" | "many_links");
    match link && (to == Some("*") || to == Some(object.name.as_str())) {
        true => Ok(()),
        false => Err(Fault::new("not_related").with("value", path)),
    }
}

/// Reads one view. That the filter means something is the query language's question.
pub(crate) fn read_view(
    declarations: &Declarations,
    object: &ObjectDecl,
    node: &Node,
    errors: &Errors,
) -> View {
    let table = Table::of(node, errors);
    let name = table.needed("name").to_owned();
    if let Some(Err(fault)) = (!name.is_empty()).then(|| check_name(&name, Naming::Other)) {
        errors.add(table.at, fault);
    }
    let check = |path: &str, place: &Place| {
        if !is_path(declarations, object, path) {
            errors.add(place, unknown_field(path, object));
        }
    };
    let columns = table.texts("columns").unwrap_or_default();
    for (path, place) in &columns {
        check(path, place);
    }
    let sort = table.text("sort").unwrap_or_default();
    for key in sort
        .split(',')
        .map(|key| key.trim().trim_start_matches('-'))
        .filter(|key| !key.is_empty())
    {
        check(key, table.get("sort").map_or(table.at, |node| &node.at));
    }
    let lanes = table.text("lanes");
    if let (Some(lanes), Some(node)) = (lanes, table.get("lanes")) {
        check(lanes, &node.at);
    }
    let shape = table.one_of("shape", &SHAPES).unwrap_or("table");
    if shape == "board" && lanes.is_none() {
        errors.add(table.at, Fault::new("missing_key").with("name", "lanes"));
    }
    let view = View {
        name,
        label: table.label("label").unwrap_or_default(),
        shape: shape.to_owned(),
        filter: table.text("filter").unwrap_or_default().to_owned(),
        sort: sort.to_owned(),
        columns: columns
            .into_iter()
            .map(|(path, _)| path.to_owned())
            .collect(),
        lanes: lanes.map(str::to_owned),
    };
    table.finish();
    view
}
