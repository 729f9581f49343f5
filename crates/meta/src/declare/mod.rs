//! Declarations: what packs say in TOML and administrators through the API, read into types.
//!
//! Reading goes over the whole of what it is given and reports all errors, each with file, line, column and,
//! where something looks like a slip of the pen, a suggestion. Nothing here touches a disk: the caller hands in
//! the text of the files.

mod check;
mod field;
mod layout;
pub(crate) mod names;
mod node;
mod object;
mod pack;
mod reader;
mod roles;
mod words;

#[cfg(test)]
mod tests;

use crate::catalog::{Access, Field, Layout, Pipeline, View};
use crate::fault::{Fault, FieldError};
use crate::label::{Label, Lang};
use crate::role::Role;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use check::{check_field, check_links, check_object, stages, takes_stages};
pub(crate) use field::{patch_field, read_field};
pub(crate) use layout::{read_layout, read_view};
pub(crate) use names::{allocate_column, taken_by};
pub(crate) use node::Node;
pub(crate) use object::{read_object, read_pipeline};
pub(crate) use pack::load_into;
pub use pack::{report, unlabelled};
pub(crate) use reader::{Errors, Table, not_among};
pub(crate) use roles::read_role;

/// One file of a pack.
#[derive(Debug, Clone)]
pub struct Source {
    /// Inside the pack's folder, with `/` between names: `objects/customer/object.toml`.
    pub path: String,
    pub text: String,
}

/// The files of one pack. Only `pack.toml`, `roles.toml`, `objects/` and `lang/` are read here; others belong to
/// other parts of the program.
#[derive(Debug, Clone)]
pub struct PackSource {
    /// What errors call the folder: `packs/core`.
    pub folder: String,
    pub files: Vec<Source>,
}

/// Where something was declared. Line and column count from one; both are nought for JSON, which has `key` alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: Arc<str>,
    pub line: u32,
    pub column: u32,
    /// The path of keys inside the document: `field[2].kind`.
    pub key: String,
}

impl Place {
    pub(crate) fn key(key: &str) -> Place {
        Place {
            file: Arc::from(""),
            line: 0,
            column: 0,
            key: key.to_owned(),
        }
    }
}

/// What is wrong with a declaration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclareError {
    pub place: Place,
    pub fault: Fault,
}

impl DeclareError {
    /// One line: `packs/core/objects/customer/object.toml:12:3: …`.
    pub fn message(&self, lang: Lang) -> String {
        let Place {
            file,
            line,
            column,
            key,
        } = &self.place;
        let words = self.fault.message(lang);
        match (file.is_empty(), key.is_empty()) {
            (false, _) => format!("{file}:{line}:{column}: {words}"),
            (true, false) => format!("{key}: {words}"),
            (true, true) => words,
        }
    }
}

impl std::fmt::Display for DeclareError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for DeclareError {}

impl From<DeclareError> for FieldError {
    fn from(error: DeclareError) -> FieldError {
        error.fault.at(error.place.key)
    }
}

/// Everything that is declared, in the order of its declaration.
#[derive(Debug, Clone, Default)]
pub struct Declarations {
    pub packs: Vec<Pack>,
    pub areas: Vec<Area>,
    pub objects: Vec<ObjectDecl>,
    pub roles: BTreeMap<String, Role>,
}

/// A pack's own page: `pack.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    pub name: String,
    pub version: String,
    pub label: Label,
    pub requires: Vec<String>,
}

/// A part of the side bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    pub name: String,
    pub label: Label,
    pub icon: String,
}

/// An object as declared. Removed ones keep their table and their place here, so that names of tables never
/// mean something new.
#[derive(Debug, Clone)]
pub struct ObjectDecl {
    pub name: String,
    /// Permanent.
    pub table: String,
    pub label: Label,
    pub plural: Label,
    pub icon: String,
    pub area: String,
    pub fields: Vec<FieldDecl>,
    pub access: Access,
    pub capabilities: Vec<String>,
    pub pipelines: Vec<Pipeline>,
    pub views: Vec<View>,
    pub layout: Layout,
    /// The pack that declared it, `custom` for an administrator's.
    pub origin: String,
    pub presence: Presence,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub struct FieldDecl {
    pub field: Field,
    pub presence: Presence,
    pub place: Place,
}

/// Removing is soft: tables and columns stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Present,
    Removed,
}

/// The origin of what administrators declare.
pub const CUSTOM: &str = "custom";

/// Reads packs, in an order in which each comes after those that it requires.
///
/// # Errors
/// Everything that is wrong in any of them.
pub fn load(packs: &[PackSource]) -> Result<Declarations, Vec<DeclareError>> {
    let errors = Errors::default();
    let mut declarations = Declarations::default();
    load_into(&mut declarations, packs, &errors);
    let mut errors = errors.take();
    if errors.is_empty() {
        return Ok(declarations);
    }
    errors.sort_by(|a, b| {
        let key = |error: &DeclareError| {
            (
                error.place.file.clone(),
                error.place.line,
                error.place.column,
            )
        };
        key(a).cmp(&key(b))
    });
    Err(errors)
}

impl Declarations {
    pub fn object(&self, name: &str) -> Option<&ObjectDecl> {
        self.present().find(|object| object.name == name)
    }

    /// The objects that were not removed.
    pub fn present(&self) -> impl Iterator<Item = &ObjectDecl> {
        self.objects
            .iter()
            .filter(|object| object.presence == Presence::Present)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.present().map(|object| object.name.as_str()).collect()
    }
}

impl ObjectDecl {
    pub fn field(&self, name: &str) -> Option<&FieldDecl> {
        self.present().find(|decl| decl.field.name == name)
    }

    /// The fields that were not removed.
    pub fn present(&self) -> impl Iterator<Item = &FieldDecl> {
        self.fields
            .iter()
            .filter(|decl| decl.presence == Presence::Present)
    }

    /// Names of fields, those of the system among them.
    pub(crate) fn names(&self) -> Vec<&str> {
        let own = self.present().map(|decl| decl.field.name.as_str());
        own.chain(names::SYSTEM_FIELDS).collect()
    }
}
