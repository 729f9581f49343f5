//! Reading roles: `roles.toml` of a pack and of an object, and the body of `PUT /meta/roles/{role}`.

use super::check::unknown_field;
use super::names::{Naming, check_name};
use super::node::{Entry, Node};
use super::reader::{Errors, Table, one_of};
use super::{Declarations, ObjectDecl};
use crate::fault::Fault;
use crate::kind::nearest;
use crate::role::{FieldRight, Rights, Role, Scope};

const SCOPES: [(&str, Scope); 6] = [
    ("none", Scope::None),
    ("own", Scope::Own),
    ("team", Scope::Team),
    ("below", Scope::Below),
    ("region", Scope::Region),
    ("all", Scope::All),
];

const RIGHTS: [(&str, FieldRight); 3] = [
    ("none", FieldRight::None),
    ("read", FieldRight::Read),
    ("write", FieldRight::Write),
];

/// Reads a pack's `roles.toml`, one table a role.
pub(crate) fn read_file(declarations: &mut Declarations, node: &Node, errors: &Errors) {
    for entry in Table::of(node, errors).entries() {
        if let Err(fault) = check_name(&entry.name, Naming::Other) {
            errors.add(&entry.at, fault);
        }
        if declarations.roles.contains_key(&entry.name) {
            errors.add(
                &entry.at,
                Fault::new("duplicate_name").with("name", &entry.name),
            );
        }
        let role = read_role(declarations, &entry.name, &entry.node, errors);
        declarations.roles.insert(entry.name.clone(), role);
    }
}

/// Reads one role. A field that no object has any more is an error, so that a right never hangs in the air.
pub(crate) fn read_role(
    declarations: &Declarations,
    name: &str,
    node: &Node,
    errors: &Errors,
) -> Role {
    let table = Table::of(node, errors);
    let mut role = Role {
        name: name.to_owned(),
        label: table.label("label").unwrap_or_default(),
        default: table
            .get("default")
            .map(|node| rights(node, errors))
            .unwrap_or_default(),
        pool: table.flag("pool").unwrap_or_default(),
        administer: table.flag("administer").unwrap_or_default(),
        ..Role::default()
    };
    for entry in entries(&table, "objects") {
        if declarations.object(&entry.name).is_none() {
            let near = nearest(&entry.name, declarations.names());
            errors.add(
                &entry.at,
                Fault::new("unknown_object")
                    .with("name", &entry.name)
                    .near(near),
            );
        }
        role.objects
            .insert(entry.name.clone(), rights(&entry.node, errors));
    }
    for entry in entries(&table, "fields") {
        let known = entry.name.split_once('.').and_then(|(object, field)| {
            let object = declarations.object(object)?;
            object.names().contains(&field).then_some(())
        });
        if known.is_none() {
            errors.add(
                &entry.at,
                Fault::new("unknown_field").with("name", &entry.name),
            );
        }
        if let Some(right) = field_right(&entry.node, errors) {
            role.fields.insert(entry.name.clone(), right);
        }
    }
    table.finish();
    role
}

/// Reads an object's `roles.toml`: what each role may do with its records and their fields.
pub(crate) fn read_object_file(
    declarations: &mut Declarations,
    object: &str,
    node: &Node,
    errors: &Errors,
) {
    for entry in Table::of(node, errors).entries() {
        let Some(decl) = declarations.object(object) else {
            return;
        };
        let rights = rights_and_fields(decl, &entry.node, errors);
        let near =
            nearest(&entry.name, declarations.roles.keys().map(String::as_str)).map(str::to_owned);
        let Some(role) = declarations.roles.get_mut(&entry.name) else {
            errors.add(
                &entry.at,
                Fault::new("unknown_role")
                    .with("name", &entry.name)
                    .near(near.as_deref()),
            );
            continue;
        };
        role.objects.insert(object.to_owned(), rights.0);
        role.fields.extend(
            rights
                .1
                .into_iter()
                .map(|(field, right)| (format!("{object}.{field}"), right)),
        );
    }
}

fn rights_and_fields(
    object: &ObjectDecl,
    node: &Node,
    errors: &Errors,
) -> (Rights, Vec<(String, FieldRight)>) {
    let table = Table::of(node, errors);
    let mut fields = Vec::new();
    for entry in entries(&table, "fields") {
        if !object.names().contains(&entry.name.as_str()) {
            errors.add(&entry.at, unknown_field(&entry.name, object));
        }
        if let Some(right) = field_right(&entry.node, errors) {
            fields.push((entry.name.clone(), right));
        }
    }
    let rights = scopes(&table);
    table.finish();
    (rights, fields)
}

fn rights(node: &Node, errors: &Errors) -> Rights {
    let table = Table::of(node, errors);
    let rights = scopes(&table);
    table.finish();
    rights
}

fn scopes(table: &Table<'_>) -> Rights {
    let scope = |name: &'static str| {
        let word = table.one_of(name, &SCOPES.map(|(word, _)| word));
        SCOPES
            .iter()
            .find(|(known, _)| Some(*known) == word)
            .map_or(Scope::None, |(_, scope)| *scope)
    };
    Rights {
        read: scope("read"),
        create: scope("create"),
        update: scope("update"),
        delete: scope("delete"),
        export: scope("export"),
    }
}

fn field_right(node: &Node, errors: &Errors) -> Option<FieldRight> {
    let word = one_of(node, &RIGHTS.map(|(word, _)| word), errors)?;
    RIGHTS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, right)| *right)
}

fn entries<'a>(table: &Table<'a>, name: &'static str) -> &'a [Entry] {
    table
        .get(name)
        .map(|node| Table::of(node, table.errors).entries())
        .unwrap_or_default()
}
