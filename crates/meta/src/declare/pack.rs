//! Reading packs: which file means what, and in which order.

use super::names::{Naming, check_name};
use super::node::{Content, Node};
use super::reader::{Errors, Table};
use super::{
    Area, Declarations, DeclareError, Pack, PackSource, Place, check_object, layout, object, roles,
    words,
};
use crate::fault::Fault;
use crate::kind::nearest;
use crate::label::Lang;

/// The area of users, departments and whatever else administrators keep; always there.
const SETTINGS: &str = "settings";

/// A pack with its files read into trees.
struct Read {
    pack: Pack,
    areas: Vec<Area>,
    order: Vec<String>,
    files: Vec<(String, Node)>,
    at: Place,
}

/// Reads the packs into `declarations`: first all objects of all packs, then what refers to them.
pub(crate) fn load_into(declarations: &mut Declarations, packs: &[PackSource], errors: &Errors) {
    let packs: Vec<Read> = packs.iter().map(|pack| read_pack(pack, errors)).collect();
    let packs = in_order(packs, errors);
    for read in &packs {
        declarations.packs.push(read.pack.clone());
        for area in &read.areas {
            if !declarations
                .areas
                .iter()
                .any(|other| other.name == area.name)
            {
                declarations.areas.push(area.clone());
            }
        }
    }
    for read in &packs {
        for (folder, node) in read.objects() {
            object::read_object(declarations, node, &read.pack.name, errors);
            check_folder(&folder, node, errors);
        }
    }
    let snapshot = declarations.clone();
    for object in &snapshot.objects {
        check_object(&snapshot, object, errors);
        check_area(&snapshot, &object.area, &object.place, errors);
    }
    for read in &packs {
        for (name, node) in read.named("layout.toml") {
            read_layout(declarations, &name, node, errors);
        }
        for node in read
            .files
            .iter()
            .filter(|(path, _)| path == "roles.toml")
            .map(|(_, node)| node)
        {
            roles::read_file(declarations, node, errors);
        }
    }
    for read in &packs {
        for (name, node) in read.named("roles.toml") {
            roles::read_object_file(declarations, &name, node, errors);
        }
    }
    for read in &packs {
        for (lang, node) in read.languages() {
            words::read_file(declarations, lang, node, errors);
        }
    }
}

fn read_pack(source: &PackSource, errors: &Errors) -> Read {
    let mut files = Vec::new();
    for file in &source.files {
        let wanted = file.path.ends_with(".toml")
            && (["pack.toml", "roles.toml"].contains(&file.path.as_str())
                || file.path.starts_with("objects/")
                || file.path.starts_with("lang/"));
        if wanted {
            let (node, found) = Node::toml(&format!("{}/{}", source.folder, file.path), &file.text);
            errors.extend(found);
            files.push((file.path.clone(), node));
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, node) in &files {
        check_path(path, node, errors);
    }
    let start = Place {
        file: format!("{}/pack.toml", source.folder).into(),
        line: 1,
        column: 1,
        key: String::new(),
    };
    let mut read = Read {
        pack: Pack {
            name: source
                .folder
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
            version: String::new(),
            label: Default::default(),
            requires: Vec::new(),
        },
        areas: Vec::new(),
        order: Vec::new(),
        files,
        at: start,
    };
    match read.files.iter().position(|(path, _)| path == "pack.toml") {
        Some(at) => {
            let (_, node) = read.files.remove(at);
            read_head(&mut read, &node, errors);
        }
        None => errors.add(&read.at, Fault::new("no_pack_file")),
    }
    read
}

/// Holds that a file below `objects/` or `lang/` is one that somebody reads.
fn check_path(path: &str, node: &Node, errors: &Errors) {
    let pieces: Vec<&str> = path.split('/').collect();
    let known = match pieces[..] {
        ["objects", _, file] => ["object.toml", "layout.toml", "roles.toml"].contains(&file),
        ["lang", file] => Lang::ALL
            .iter()
            .any(|lang| file == format!("{}.toml", lang.code())),
        [_] => true,
        _ => false,
    };
    if !known {
        errors.add(&node.at, Fault::new("unknown_file").with("name", path));
    }
}

fn read_head(read: &mut Read, node: &Node, errors: &Errors) {
    let table = Table::of(node, errors);
    let name = table.needed("name");
    if let Some(Err(fault)) = (!name.is_empty()).then(|| check_name(name, Naming::Other)) {
        errors.add(table.get("name").map_or(table.at, |node| &node.at), fault);
    }
    read.at = node.at.clone();
    read.pack = Pack {
        name: name.to_owned(),
        version: table.needed("version").to_owned(),
        label: table.label("label").unwrap_or_default(),
        requires: owned(table.texts("requires")),
    };
    if let Some(node) = table.get("order") {
        let order = Table::of(node, errors);
        read.order = owned(order.texts("objects"));
        order.finish();
    }
    for node in table.list("area", "areas").unwrap_or_default() {
        let area = Table::of(node, errors);
        let name = area.needed("name").to_owned();
        if let Some(Err(fault)) = (!name.is_empty()).then(|| check_name(&name, Naming::Other)) {
            errors.add(area.at, fault);
        }
        let label = area.label("label").unwrap_or_default();
        read.areas.push(Area {
            name,
            label,
            icon: area.text("icon").unwrap_or("box").to_owned(),
        });
        area.finish();
    }
    table.finish();
}

fn owned(texts: Option<Vec<(&str, &Place)>>) -> Vec<String> {
    texts
        .unwrap_or_default()
        .into_iter()
        .map(|(text, _)| text.to_owned())
        .collect()
}

/// Each pack after those that it requires, else in the order in which they came.
fn in_order(mut left: Vec<Read>, errors: &Errors) -> Vec<Read> {
    let mut sorted: Vec<Read> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    left.retain(|read| {
        let double = seen.contains(&read.pack.name);
        if double {
            errors.add(
                &read.at,
                Fault::new("duplicate_name").with("name", &read.pack.name),
            );
        }
        seen.push(read.pack.name.clone());
        !double
    });
    for read in &left {
        for name in read
            .pack
            .requires
            .iter()
            .filter(|name| !seen.contains(name))
        {
            let near = nearest(name, seen.iter().map(String::as_str));
            errors.add(
                &read.at,
                Fault::new("unknown_pack").with("name", name).near(near),
            );
        }
    }
    while !left.is_empty() {
        let ready = left.iter().position(|read| {
            let waits = |name: &String| left.iter().any(|other| other.pack.name == *name);
            !read.pack.requires.iter().any(waits)
        });
        if ready.is_none() {
            errors.add(
                &left[0].at,
                Fault::new("requires_circle").with("name", &left[0].pack.name),
            );
        }
        sorted.push(left.remove(ready.unwrap_or(0)));
    }
    sorted
}

fn check_area(declarations: &Declarations, area: &str, place: &Place, errors: &Errors) {
    let names = || {
        declarations
            .areas
            .iter()
            .map(|area| area.name.as_str())
            .chain([SETTINGS])
    };
    if area.is_empty() {
        errors.add(place, Fault::new("missing_key").with("name", "area"));
    } else if !names().any(|name| name == area) {
        errors.add(
            place,
            Fault::new("unknown_area")
                .with("name", area)
                .near(nearest(area, names())),
        );
    }
}

/// The folder of an object is called as the object is: what stands in other files finds it by that.
fn check_folder(folder: &str, node: &Node, errors: &Errors) {
    let Content::Table(entries) = &node.content else {
        return;
    };
    let names = entries
        .iter()
        .filter(|entry| ["name", "extends"].contains(&entry.name.as_str()));
    for entry in names {
        if let Content::Text(name) = &entry.node.content
            && name != folder
        {
            errors.add(
                &entry.node.at,
                Fault::new("other_folder")
                    .with("name", name)
                    .with("folder", folder),
            );
        }
    }
}

/// A later pack's layout of an earlier pack's object adds its sections, views and related lists.
fn read_layout(declarations: &mut Declarations, name: &str, node: &Node, errors: &Errors) {
    let Some(at) = declarations
        .objects
        .iter()
        .position(|object| object.name == name)
    else {
        let near = nearest(name, declarations.names());
        return errors.add(
            &node.at,
            Fault::new("unknown_object").with("name", name).near(near),
        );
    };
    let (layout, views) = layout::read_file(declarations, &declarations.objects[at], node, errors);
    let object = &mut declarations.objects[at];
    for view in views {
        object.views.retain(|other| other.name != view.name);
        object.views.push(view);
    }
    for section in layout.sections {
        match object
            .layout
            .sections
            .iter_mut()
            .find(|other| other.name == section.name)
        {
            Some(other) => other.fields.extend(section.fields),
            None => object.layout.sections.push(section),
        }
    }
    for path in layout.related {
        if !object.layout.related.contains(&path) {
            object.layout.related.push(path);
        }
    }
    if !layout.quick.is_empty() {
        object.layout.quick = layout.quick;
    }
}

impl Read {
    /// The trees of `object.toml`, in the declared order, then by name.
    fn objects(&self) -> Vec<(String, &Node)> {
        let mut objects = self.named("object.toml");
        let rank = |name: &str| {
            self.order
                .iter()
                .position(|other| other == name)
                .unwrap_or(usize::MAX)
        };
        objects.sort_by(|a, b| (rank(&a.0), &a.0).cmp(&(rank(&b.0), &b.0)));
        objects
    }

    /// The trees of one file of every object, with the folder's name, which is the object's.
    fn named(&self, file: &str) -> Vec<(String, &Node)> {
        let folder = |path: &str| {
            Some(
                path.strip_prefix("objects/")?
                    .strip_suffix(file)?
                    .strip_suffix('/')?
                    .to_owned(),
            )
        };
        self.files
            .iter()
            .filter_map(|(path, node)| Some((folder(path)?, node)))
            .collect()
    }

    fn languages(&self) -> Vec<(Lang, &Node)> {
        let lang = |path: &str| {
            let code = path.strip_prefix("lang/")?.strip_suffix(".toml")?;
            Lang::ALL.into_iter().find(|lang| lang.code() == code)
        };
        self.files
            .iter()
            .filter_map(|(path, node)| Some((lang(path)?, node)))
            .collect()
    }
}

/// What is not labelled in some language, as `customer.name zh`: for a pack's own tests and `pack check`.
pub fn unlabelled(declarations: &Declarations) -> Vec<String> {
    let mut missing = Vec::new();
    let mut need = |what: String, label: &crate::label::Label| {
        for lang in Lang::ALL
            .into_iter()
            .filter(|lang| !label.0.contains_key(lang.code()))
        {
            missing.push(format!("{what} {}", lang.code()));
        }
    };
    for role in declarations.roles.values() {
        need(format!("roles.{}", role.name), &role.label);
    }
    for area in &declarations.areas {
        need(format!("areas.{}", area.name), &area.label);
    }
    for object in declarations.present() {
        let name = &object.name;
        need(name.clone(), &object.label);
        need(format!("{name} plural"), &object.plural);
        for decl in object.present() {
            need(format!("{name}.{}", decl.field.name), &decl.field.label);
            for choice in &decl.field.options.choices {
                need(
                    format!("{name}.{}.{}", decl.field.name, choice.value),
                    &choice.label,
                );
            }
        }
        for pipeline in &object.pipelines {
            need(
                format!("{name} pipeline {}", pipeline.name),
                &pipeline.label,
            );
            for stage in &pipeline.stages {
                need(
                    format!("{name} stage {}.{}", pipeline.name, stage.name),
                    &stage.label,
                );
            }
        }
        for view in &object.views {
            need(format!("{name} view {}", view.name), &view.label);
        }
        for section in &object.layout.sections {
            need(format!("{name} section {}", section.name), &section.label);
        }
    }
    missing
}

/// Everything wrong, as one text with a line each, for a person at a terminal.
pub fn report(errors: &[DeclareError], lang: Lang) -> String {
    errors
        .iter()
        .map(|error| error.message(lang) + "\n")
        .collect()
}
