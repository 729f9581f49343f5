//! What administrators change: operations kept as rows and applied, in their order, on top of what packs declare.
//! They address objects and fields by permanent ids (table, column), so that a later pack may rename what they
//! change; a core declaration itself is never edited.

use crate::catalog::{Access, Field};
use crate::declare::{
    CUSTOM, Declarations, Errors, Node, ObjectDecl, Place, Presence, Table, allocate_column,
    check_field, check_links, check_object, names, patch_field, read_field, read_layout,
    read_object, read_pipeline, read_role, read_view, taken_by,
};
use crate::fault::{Fault, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One change. The JSON inside has the keys of the TOML declarations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Overlay {
    /// `table` is filled by `Declarations::settle` before the change is kept.
    AddObject {
        #[serde(default)]
        table: Option<String>,
        object: Json,
    },
    /// `label plural icon area capabilities`.
    UpdateObject {
        table: String,
        patch: Json,
    },
    RemoveObject {
        table: String,
    },
    RestoreObject {
        table: String,
    },
    /// `column` is filled by `Declarations::settle` before the change is kept.
    AddField {
        table: String,
        #[serde(default)]
        column: Option<String>,
        field: Json,
    },
    /// Any key of a field but `kind` and `to`.
    UpdateField {
        table: String,
        column: String,
        patch: Json,
    },
    RemoveField {
        table: String,
        column: String,
    },
    RestoreField {
        table: String,
        column: String,
    },
    SetChoices {
        table: String,
        column: String,
        choices: Json,
    },
    SetView {
        table: String,
        view: Json,
    },
    RemoveView {
        table: String,
        name: String,
    },
    SetLayout {
        table: String,
        layout: Json,
    },
    SetPipeline {
        table: String,
        pipeline: Json,
    },
    RemovePipeline {
        table: String,
        name: String,
    },
    SetRole {
        name: String,
        role: Json,
    },
    RemoveRole {
        name: String,
    },
}

impl Declarations {
    /// The change with the permanent ids that it will have: keep this one, not what came in.
    #[must_use]
    pub fn settle(&self, change: Overlay) -> Overlay {
        match change {
            Overlay::AddObject {
                table: None,
                object,
            } => {
                let name = object
                    .get("name")
                    .and_then(Json::as_str)
                    .unwrap_or_default();
                Overlay::AddObject {
                    table: Some(names::allocate_table(&self.objects, name)),
                    object,
                }
            }
            Overlay::AddField {
                table,
                column: None,
                field,
            } => {
                let decl = read_field(&Node::json(&field), CUSTOM, &Errors::default());
                let object = self.objects.iter().find(|object| object.table == table);
                let column = object.zip(decl).map(|(object, mut read)| {
                    let name = read.decl.field.name.clone();
                    allocate_column(object, &mut read.decl.field, &name);
                    read.decl.field.column
                });
                Overlay::AddField {
                    table,
                    column,
                    field,
                }
            }
            other => other,
        }
    }

    /// Makes one change, or none of it.
    ///
    /// # Errors
    /// Everything that is wrong with it, by the path of keys in its JSON.
    pub fn apply(&mut self, change: &Overlay) -> Result<(), Vec<FieldError>> {
        let mut next = self.clone();
        let errors = Errors::default();
        if let Err((key, fault)) = next.change(change, &errors) {
            errors.add(&Place::key(key), fault);
        }
        let errors = errors.take();
        if errors.is_empty() {
            *self = next;
            return Ok(());
        }
        Err(errors.into_iter().map(FieldError::from).collect())
    }

    fn change(&mut self, change: &Overlay, errors: &Errors) -> Result<(), (&'static str, Fault)> {
        match change {
            Overlay::AddObject { table, object } => {
                self.add_object(table.as_deref(), object, errors)
            }
            Overlay::UpdateObject { table, patch } => {
                update_object(self.by_table(table)?, patch, errors)
            }
            Overlay::RemoveObject { table } => self.remove_object(table)?,
            Overlay::RestoreObject { table } => self.restore_object(table)?,
            Overlay::AddField {
                table,
                column,
                field,
            } => {
                self.add_field(table, column.as_deref(), field, errors)?;
            }
            Overlay::UpdateField {
                table,
                column,
                patch,
            } => self.update_field(table, column, patch, errors)?,
            Overlay::RemoveField { table, column } => self.remove_field(table, column)?,
            Overlay::RestoreField { table, column } => self.restore_field(table, column)?,
            Overlay::SetChoices {
                table,
                column,
                choices,
            } => {
                self.update_field(
                    table,
                    column,
                    &serde_json::json!({ "choices": choices }),
                    errors,
                )?;
            }
            Overlay::SetRole { name, role } => self.set_role(name, role, errors)?,
            Overlay::RemoveRole { name } => self.remove_role(name)?,
            // Named one by one, so that a new change cannot be forgotten here.
            Overlay::SetView { .. }
            | Overlay::RemoveView { .. }
            | Overlay::SetLayout { .. }
            | Overlay::SetPipeline { .. }
            | Overlay::RemovePipeline { .. } => self.change_page(change, errors)?,
        }
        Ok(())
    }

    /// Views, layouts and pipelines.
    fn change_page(
        &mut self,
        change: &Overlay,
        errors: &Errors,
    ) -> Result<(), (&'static str, Fault)> {
        match change {
            Overlay::SetView { table, view } => {
                let at = self.position(table)?;
                let view = read_view(self, &self.objects[at], &Node::json(view), errors);
                put(&mut self.objects[at].views, view, |view| &view.name);
            }
            Overlay::RemoveView { table, name } => {
                self.by_table(table)?
                    .views
                    .retain(|view| view.name != *name);
            }
            Overlay::SetLayout { table, layout } => {
                let at = self.position(table)?;
                self.objects[at].layout =
                    read_layout(self, &self.objects[at], &Node::json(layout), errors);
            }
            Overlay::SetPipeline { table, pipeline } => {
                let at = self.position(table)?;
                put(
                    &mut self.objects[at].pipelines,
                    read_pipeline(&Node::json(pipeline), errors),
                    |one| &one.name,
                );
                check_object(self, &self.objects[at], errors);
            }
            Overlay::RemovePipeline { table, name } => {
                let at = self.position(table)?;
                self.objects[at]
                    .pipelines
                    .retain(|pipeline| pipeline.name != *name);
                check_object(self, &self.objects[at], errors);
            }
            _ => {}
        }
        Ok(())
    }

    fn set_role(
        &mut self,
        name: &str,
        role: &Json,
        errors: &Errors,
    ) -> Result<(), (&'static str, Fault)> {
        names::check_name(name, names::Naming::Other).map_err(|fault| ("name", fault))?;
        let label = self
            .roles
            .get(name)
            .map(|role| role.label.clone())
            .unwrap_or_default();
        let mut role = read_role(self, name, &Node::json(role), errors);
        if role.label.is_empty() {
            role.label = label;
        }
        self.roles.insert(name.to_owned(), role);
        self.somebody_administers()
    }

    fn remove_role(&mut self, name: &str) -> Result<(), (&'static str, Fault)> {
        let removed = self.roles.remove(name);
        removed.ok_or_else(|| ("name", Fault::new("unknown_role").with("name", name)))?;
        self.somebody_administers()
    }

    fn add_object(&mut self, table: Option<&str>, object: &Json, errors: &Errors) {
        let count = self.objects.len();
        read_object(self, &Node::json(object), CUSTOM, errors);
        let Some(added) = self.objects.get_mut(count) else {
            return;
        };
        if let Some(table) = table {
            table.clone_into(&mut added.table);
        }
        check_object(self, &self.objects[count], errors);
    }

    fn remove_object(&mut self, table: &str) -> Result<(), (&'static str, Fault)> {
        let name = self.by_table(table)?.name.clone();
        let users: Vec<String> = self
            .present()
            .filter(|object| object.name != name)
            .flat_map(|object| object.present().map(move |decl| (object, &decl.field)))
            .filter(|(_, field)| {
                [&field.options.to, &field.options.of].contains(&&Some(name.clone()))
            })
            .map(|(object, field)| format!("{}.{}", object.name, field.name))
            .collect();
        if !users.is_empty() {
            return Err((
                "table",
                Fault::new("object_in_use").with("by", users.join(", ")),
            ));
        }
        self.by_table(table)?.presence = Presence::Removed;
        for role in self.roles.values_mut() {
            role.objects.remove(&name);
            role.fields
                .retain(|field, _| field.split('.').next() != Some(&name));
        }
        for object in &mut self.objects {
            object
                .layout
                .related
                .retain(|path| path.split('.').next() != Some(&name));
        }
        Ok(())
    }

    fn restore_object(&mut self, table: &str) -> Result<(), (&'static str, Fault)> {
        let object = self.objects.iter().position(|object| object.table == table);
        let at =
            object.ok_or_else(|| ("table", Fault::new("unknown_object").with("name", table)))?;
        let name = self.objects[at].name.clone();
        if self.object(&name).is_some() {
            return Err(("table", Fault::new("duplicate_object").with("name", name)));
        }
        self.objects[at].presence = Presence::Present;
        Ok(())
    }

    fn add_field(
        &mut self,
        table: &str,
        column: Option<&str>,
        field: &Json,
        errors: &Errors,
    ) -> Result<(), (&'static str, Fault)> {
        let at = self.position(table)?;
        let Some(mut read) = read_field(&Node::json(field), CUSTOM, errors) else {
            return Ok(());
        };
        let object = &mut self.objects[at];
        let name = read.decl.field.name.clone();
        if let Some(other) = taken_by(object, &read.decl.field) {
            return Err((
                "name",
                Fault::new("name_taken")
                    .with("name", &name)
                    .with("other", other),
            ));
        }
        match column {
            Some(column) => column.clone_into(&mut read.decl.field.column),
            None => allocate_column(object, &mut read.decl.field, &name),
        }
        object.fields.push(read.decl.clone());
        check_field(&self.objects[at], &read.decl, errors);
        check_links(self, &read.decl, errors);
        Ok(())
    }

    fn update_field(
        &mut self,
        table: &str,
        column: &str,
        patch: &Json,
        errors: &Errors,
    ) -> Result<(), (&'static str, Fault)> {
        let at = self.position(table)?;
        let field = self.field_position(at, column)?;
        let decl = &mut self.objects[at].fields[field];
        let name = patch_field(&Node::json(patch), &mut decl.field, errors);
        if let Some(name) = name {
            let mut renamed = decl.field.clone();
            let old = std::mem::replace(&mut renamed.name, name.clone());
            let mut others = self.objects[at].clone();
            others.fields.remove(field);
            if let Some(other) = taken_by(&others, &renamed) {
                return Err((
                    "name",
                    Fault::new("name_taken")
                        .with("name", &name)
                        .with("other", other),
                ));
            }
            self.objects[at].fields[field].field.name.clone_from(&name);
            self.rename(at, &old, &name);
        }
        // Errors stand in the patch, not where the field was declared.
        let mut decl = self.objects[at].fields[field].clone();
        decl.place = Place::key("");
        check_field(&self.objects[at], &decl, errors);
        check_links(self, &decl, errors);
        Ok(())
    }

    /// Rewrites what refers to a field by name. Expressions and filters are texts with a grammar of their own:
    /// whoever checks them against the new catalogue refuses a rename that they do not survive.
    fn rename(&mut self, at: usize, old: &str, new: &str) {
        let object = self.objects[at].name.clone();
        let swap = |name: &mut String| {
            if name == old {
                new.clone_into(name);
            }
        };
        let one = &mut self.objects[at];
        one.layout
            .sections
            .iter_mut()
            .flat_map(|section| &mut section.fields)
            .for_each(swap);
        one.layout.quick.iter_mut().for_each(swap);
        for view in &mut one.views {
            view.columns
                .iter_mut()
                .chain(&mut view.lanes)
                .for_each(swap);
            let keys = view
                .sort
                .split(',')
                .map(|key| match key.trim().strip_prefix('-') {
                    Some(name) if name == old => format!("-{new}"),
                    None if key.trim() == old => new.to_owned(),
                    _ => key.to_owned(),
                });
            view.sort = keys.collect::<Vec<_>>().join(",");
        }
        one.pipelines
            .iter_mut()
            .flat_map(|pipeline| &mut pipeline.stages)
            .flat_map(|stage| &mut stage.required)
            .for_each(swap);
        if let Access::Parent(link) = &mut one.access {
            swap(link);
        }
        let (from, to) = (format!("{object}.{old}"), format!("{object}.{new}"));
        for other in &mut self.objects {
            for path in other
                .layout
                .related
                .iter_mut()
                .filter(|path| **path == from)
            {
                path.clone_from(&to);
            }
            for decl in other
                .fields
                .iter_mut()
                .filter(|decl| decl.field.options.of.as_ref() == Some(&object))
            {
                let options = &mut decl.field.options;
                options
                    .through
                    .iter_mut()
                    .chain(&mut options.field)
                    .for_each(swap);
            }
        }
        for role in self.roles.values_mut() {
            if let Some(right) = role.fields.remove(&from) {
                role.fields.insert(to.clone(), right);
            }
        }
    }

    fn remove_field(&mut self, table: &str, column: &str) -> Result<(), (&'static str, Fault)> {
        let at = self.position(table)?;
        let field = self.field_position(at, column)?;
        let object = self.objects[at].name.clone();
        let name = self.objects[at].fields[field].field.name.clone();
        if ["name", "subject"].contains(&name.as_str()) {
            return Err(("column", Fault::new("title_stays").with("name", name)));
        }
        let parent = self.objects[at].access == Access::Parent(name.clone());
        let rolls = |field: &Field| {
            let options = &field.options;
            options.of.as_ref() == Some(&object)
                && [&options.through, &options.field].contains(&&Some(name.clone()))
        };
        let mut users: Vec<String> = self
            .present()
            .flat_map(|object| object.present().map(move |decl| (object, &decl.field)))
            .filter(|(_, field)| rolls(field))
            .map(|(object, field)| format!("{}.{}", object.name, field.name))
            .collect();
        if parent {
            users.push("access".to_owned());
        }
        if !users.is_empty() {
            return Err((
                "column",
                Fault::new("field_in_use").with("by", users.join(", ")),
            ));
        }
        self.objects[at].fields[field].presence = Presence::Removed;
        self.forget(at, &object, &name);
        Ok(())
    }

    /// Takes a removed field out of pages, views and rights.
    fn forget(&mut self, at: usize, object: &str, name: &str) {
        let one = &mut self.objects[at];
        for section in &mut one.layout.sections {
            section.fields.retain(|field| field != name);
        }
        one.layout.quick.retain(|field| field != name);
        // A board without its lanes, or a view without what it sorts by, would be another view.
        one.views.retain(|view| view.lanes.as_deref() != Some(name));
        for view in &mut one.views {
            let stays = |path: &str| path.split('.').next() != Some(name);
            view.columns.retain(|path| stays(path));
            let keys = view
                .sort
                .split(',')
                .filter(|key| stays(key.trim().trim_start_matches('-')));
            view.sort = keys.collect::<Vec<_>>().join(",");
        }
        for stage in one
            .pipelines
            .iter_mut()
            .flat_map(|pipeline| &mut pipeline.stages)
        {
            stage.required.retain(|field| field != name);
        }
        let path = format!("{object}.{name}");
        for other in &mut self.objects {
            other.layout.related.retain(|related| *related != path);
        }
        for role in self.roles.values_mut() {
            role.fields.remove(&path);
        }
    }

    fn restore_field(&mut self, table: &str, column: &str) -> Result<(), (&'static str, Fault)> {
        let at = self.position(table)?;
        let object = &mut self.objects[at];
        let field = object
            .fields
            .iter()
            .position(|decl| decl.field.column == column);
        let field =
            field.ok_or_else(|| ("column", Fault::new("unknown_field").with("name", column)))?;
        if let Some(other) = taken_by(object, &object.fields[field].field) {
            return Err((
                "column",
                Fault::new("name_taken")
                    .with("name", other)
                    .with("other", other),
            ));
        }
        object.fields[field].presence = Presence::Present;
        Ok(())
    }

    fn somebody_administers(&self) -> Result<(), (&'static str, Fault)> {
        match self.roles.values().any(|role| role.administer) {
            true => Ok(()),
            false => Err(("administer", Fault::new("nobody_administers"))),
        }
    }

    fn position(&self, table: &str) -> Result<usize, (&'static str, Fault)> {
        let object = self
            .objects
            .iter()
            .position(|object| object.table == table && object.is_present());
        object.ok_or_else(|| ("table", Fault::new("unknown_object").with("name", table)))
    }

    fn by_table(&mut self, table: &str) -> Result<&mut ObjectDecl, (&'static str, Fault)> {
        let at = self.position(table)?;
        Ok(&mut self.objects[at])
    }

    fn field_position(&self, at: usize, column: &str) -> Result<usize, (&'static str, Fault)> {
        let fields = &self.objects[at].fields;
        let field = fields
            .iter()
            .position(|decl| decl.field.column == column && decl.presence == Presence::Present);
        field.ok_or_else(|| ("column", Fault::new("unknown_field").with("name", column)))
    }
}

fn update_object(object: &mut ObjectDecl, patch: &Json, errors: &Errors) {
    let node = Node::json(patch);
    let table = Table::of(&node, errors);
    if let Some(label) = table.label("label") {
        object.label.0.extend(label.0);
    }
    if let Some(plural) = table.label("plural") {
        object.plural.0.extend(plural.0);
    }
    if let Some(icon) = table.text("icon") {
        icon.clone_into(&mut object.icon);
    }
    if let Some(area) = table.text("area") {
        area.clone_into(&mut object.area);
    }
    if let Some(capabilities) = table.texts("capabilities") {
        object.capabilities = capabilities
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect();
    }
    if table.text("name").is_some_and(|name| name != object.name) {
        errors.add(
            &Place::key("name"),
            Fault::new("fixed").with("name", "name"),
        );
    }
    table.finish();
}

/// Puts the item where one of its name stands, else at the end.
fn put<T>(items: &mut Vec<T>, item: T, name: impl Fn(&T) -> &String) {
    match items.iter().position(|other| name(other) == name(&item)) {
        Some(at) => items[at] = item,
        None => items.push(item),
    }
}
