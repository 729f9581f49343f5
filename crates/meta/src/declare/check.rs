//! What can be said of a field only when all objects are known.

use super::reader::Errors;
use super::{Declarations, FieldDecl, ObjectDecl, Place};
use crate::catalog::{Access, Choice, Field, Outcome};
use crate::fault::Fault;
use crate::kind::{Kind, Writable, nearest};
use crate::label::Label;

/// Checks an object's fields, pipelines and access.
pub(crate) fn check_object(declarations: &Declarations, object: &ObjectDecl, errors: &Errors) {
    for decl in object.present() {
        check_field(object, decl, errors);
        check_links(declarations, decl, errors);
    }
    for stage in object
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.stages)
    {
        for name in &stage.required {
            if !object.names().contains(&name.as_str()) {
                errors.add(&object.place, unknown_field(name, object));
            }
        }
    }
    if let Access::Parent(name) = &object.access {
        match object.field(name) {
            None => errors.add(&object.place, unknown_field(name, object)),
            Some(decl) if !leads_somewhere(decl) => {
                errors.add(
                    &object.place,
                    Fault::new("access_not_link").with("name", name),
                );
            }
            Some(_) => {}
        }
    }
}

/// A link to one object; the access of `about`, which may lead anywhere, would be nobody's.
fn leads_somewhere(decl: &FieldDecl) -> bool {
    decl.field.kind.name() == "link" && decl.field.options.to.as_deref() != Some("*")
}

/// Checks what the field says of itself: options, default.
pub(crate) fn check_field(object: &ObjectDecl, decl: &FieldDecl, errors: &Errors) {
    let mut field = decl.field.clone();
    if takes_stages(object, &field.name, field.kind) {
        // Its choices are the pipelines', and are filled when the catalogue is made.
        field.options.choices = stages(object, &field);
    }
    if let Err(fault) = field.kind.check(&field) {
        // What is missing stands nowhere: the fault is at the key that would bring it.
        let place = match fault.code {
            "no_pattern" => inside(&decl.place, "pattern"),
            "no_choices" => inside(&decl.place, "choices"),
            "no_expression" => inside(&decl.place, "expression"),
            _ => decl.place.clone(),
        };
        return errors.add(&place, fault);
    }
    let Some(default) = &field.default else {
        return;
    };
    if field.kind.writable() == Writable::ByEngine {
        return errors.add(
            &inside(&decl.place, "default"),
            Fault::new("default_of_engine"),
        );
    }
    if let Err(fault) = field.kind.parse(&field, default) {
        errors.add(&inside(&decl.place, "default"), fault);
    }
}

/// Checks where links and roll-ups lead.
pub(crate) fn check_links(declarations: &Declarations, decl: &FieldDecl, errors: &Errors) {
    let options = &decl.field.options;
    let lookup = |name: &str, key: &str| {
        let found = declarations.object(name);
        if found.is_none() {
            let near = nearest(name, declarations.names());
            errors.add(
                &inside(&decl.place, key),
                Fault::new("unknown_object").with("name", name).near(near),
            );
        }
        found
    };
    if let Some(to) = options.to.as_deref().filter(|to| *to != "*") {
        lookup(to, "to");
    }
    let (Some(of), Some(through)) = (&options.of, &options.through) else {
        return;
    };
    let Some(source) = lookup(of, "of") else {
        return;
    };
    for (key, name) in [
        ("through", Some(through)),
        ("field", options.field.as_ref()),
    ] {
        let Some(name) = name else { continue };
        match source.field(name) {
            None => errors.add(&inside(&decl.place, key), unknown_field(name, source)),
            Some(link) if key == "through" && link.field.kind.name() != "link" => {
                errors.add(
                    &inside(&decl.place, key),
                    Fault::new("through_not_link").with("name", name),
                );
            }
            Some(_) => {}
        }
    }
}

/// Whether the field is one of the two whose choices are the object's pipelines and stages.
pub(crate) fn takes_stages(object: &ObjectDecl, name: &str, kind: &dyn Kind) -> bool {
    kind.name() == "choice" && !object.pipelines.is_empty() && ["pipeline", "stage"].contains(&name)
}

/// The pipelines, or the stages of all of them, each once, as choices. Where the field declares a choice of that
/// value, its tone and its words stand before the pipeline's.
pub(crate) fn stages(object: &ObjectDecl, field: &Field) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    let mut add = |value: &str, label: &Label, tone: Option<&str>| {
        if choices.iter().any(|choice| choice.value == value) {
            return;
        }
        let declared = field
            .options
            .choices
            .iter()
            .find(|choice| choice.value == value);
        let words = declared
            .map(|choice| &choice.label)
            .filter(|label| !label.is_empty());
        choices.push(Choice {
            value: value.to_owned(),
            label: words.unwrap_or(label).clone(),
            tone: declared
                .and_then(|choice| choice.tone.clone())
                .or(tone.map(str::to_owned)),
        });
    };
    if field.name == "pipeline" {
        for pipeline in &object.pipelines {
            add(&pipeline.name, &pipeline.label, None);
        }
        return choices;
    }
    for stage in object
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.stages)
    {
        let tone = match stage.outcome {
            Outcome::Open => "sky",
            Outcome::Won => "jade",
            Outcome::Lost => "grey",
        };
        add(&stage.name, &stage.label, Some(tone));
    }
    choices
}

pub(crate) fn unknown_field(name: &str, object: &ObjectDecl) -> Fault {
    Fault::new("unknown_field")
        .with("name", name)
        .near(nearest(name, object.names()))
}

/// The place of a key of the table that begins at `place`.
fn inside(place: &Place, key: &str) -> Place {
    let path = if place.key.is_empty() {
        key.to_owned()
    } else {
        format!("{}.{key}", place.key)
    };
    Place {
        key: path,
        ..place.clone()
    }
}
