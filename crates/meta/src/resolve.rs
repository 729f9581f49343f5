//! From declarations to the catalogue that requests are served by: choices from pipelines, results of formulas
//! and roll-ups, and a last look at what only the whole can show.

use crate::catalog::{Catalog, Field, Object, ObjectParts};
use crate::declare::{
    Area, CUSTOM, Declarations, DeclareError, Errors, FieldDecl, ObjectDecl, Place, check_object,
    stages, takes_stages,
};
use crate::fault::Fault;
use crate::label::Label;
use crate::table::Uniqueness;
use std::sync::Arc;

/// Finds the kind of a formula's result, or says what is wrong with its expression. Called with a catalogue in
/// which formulas that are not understood yet are opaque; the query language stands above this crate, so its
/// check is handed in.
pub type CheckExpression<'a> = dyn Fn(&Catalog, &Object, &Field) -> Result<String, Fault> + 'a;

impl Declarations {
    /// The catalogue at `version`.
    ///
    /// # Errors
    /// What is wrong with any object; an expression's fault stands at its field, `object.field` being the key.
    pub fn catalog(
        &self,
        version: i64,
        check: &CheckExpression<'_>,
    ) -> Result<Catalog, Vec<DeclareError>> {
        let errors = Errors::default();
        for object in self.present() {
            check_object(self, object, &errors);
        }
        let errors = errors.take();
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut draft = Draft::new(self);
        loop {
            let catalog = draft.catalog(version);
            match draft.step(&catalog, check) {
                Step::Further => {}
                Step::Done => return Ok(catalog),
                Step::Stuck(errors) => return Err(errors),
            }
        }
    }

    /// Areas in which an object stands, with that of administrators' own objects when there are such.
    fn areas_in_use(&self) -> Vec<Area> {
        let mut areas = self.areas.clone();
        let custom = self.present().any(|object| object.area == CUSTOM);
        if custom && !areas.iter().any(|area| area.name == CUSTOM) {
            areas.push(Area {
                name: CUSTOM.to_owned(),
                label: Label::new("自定义", "Custom"),
                icon: "shapes".to_owned(),
            });
        }
        areas
    }
}

/// Objects on their way, with their fields.
struct Draft<'a> {
    declarations: &'a Declarations,
    objects: Vec<(&'a ObjectDecl, Vec<Slot<'a>>)>,
}

struct Slot<'a> {
    field: Field,
    place: &'a Place,
    result: Found,
}

/// Whether the kind of a field's values is known; it always is but for formulas and roll-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Yes,
    NotYet,
}

enum Step {
    Further,
    Done,
    Stuck(Vec<DeclareError>),
}

impl<'a> Draft<'a> {
    fn new(declarations: &'a Declarations) -> Draft<'a> {
        let slots = |object: &'a ObjectDecl| {
            object
                .present()
                .map(|decl| Slot::new(object, decl))
                .collect()
        };
        let objects = declarations
            .present()
            .map(|object| (object, slots(object)))
            .collect();
        Draft {
            declarations,
            objects,
        }
    }

    fn catalog(&self, version: i64) -> Catalog {
        let objects = self.objects.iter().map(|(object, slots)| {
            let fields = slots.iter().map(Slot::drafted).collect();
            Arc::new(Object::new(parts(object, fields)))
        });
        let mut catalog = Catalog::new(version, objects.collect(), self.declarations.roles.clone());
        catalog.areas = self.declarations.areas_in_use();
        catalog
    }

    /// Finds every result that can be found by now. One formula may use another's, so this goes on until
    /// nothing is left, or nothing more is found: then what is left is wrong, or a circle.
    fn step(&mut self, catalog: &Catalog, check: &CheckExpression<'_>) -> Step {
        let mut further = false;
        let mut errors = Vec::new();
        for ((_, slots), object) in self.objects.iter_mut().zip(&catalog.objects) {
            for slot in slots.iter_mut().filter(|slot| slot.result == Found::NotYet) {
                let result = match slot.field.kind.name() {
                    "roll_up" => measured(catalog, &mut slot.field),
                    _ => check(catalog, object, &slot.field),
                };
                match result.and_then(|result| settle(&mut slot.field, &result)) {
                    Ok(()) => {
                        slot.result = Found::Yes;
                        further = true;
                    }
                    Err(fault) => {
                        let key = format!("{}.{}", object.name, slot.field.name);
                        errors.push(DeclareError {
                            place: Place {
                                key,
                                ..slot.place.clone()
                            },
                            fault,
                        });
                    }
                }
            }
        }
        match (further, errors.is_empty()) {
            (true, _) => Step::Further,
            (false, true) => Step::Done,
            (false, false) => Step::Stuck(errors),
        }
    }
}

impl<'a> Slot<'a> {
    fn new(object: &ObjectDecl, decl: &'a FieldDecl) -> Slot<'a> {
        let mut field = decl.field.clone();
        if takes_stages(object, &field.name, field.kind) {
            field.options.choices = stages(object, &field);
            // The first stage is that of the pipeline which a record is in: `Object::first_stage`.
            if field.name == "pipeline" && field.default.is_none() {
                field.default = object
                    .pipelines
                    .first()
                    .map(|pipeline| pipeline.name.as_str().into());
            }
        }
        if field.kind.name() == "number" {
            field.uniqueness = Uniqueness::Unique;
        }
        let computed = matches!(field.kind.name(), "formula" | "roll_up");
        Slot {
            field,
            place: &decl.place,
            result: if computed { Found::NotYet } else { Found::Yes },
        }
    }
}

impl Slot<'_> {
    /// The field as far as it is understood: a result that was only declared does not count, or a circle could hold
    /// itself up.
    fn drafted(&self) -> Field {
        let mut field = self.field.clone();
        if self.result == Found::NotYet {
            field.options.result = None;
        }
        field
    }
}

/// Keeps the result; one that was declared otherwise is a fault, but that a number may be declared as another
/// kind of number.
fn settle(field: &mut Field, result: &str) -> Result<(), Fault> {
    const NUMBERS: [&str; 3] = ["integer", "decimal", "percent"];
    match field.options.result.as_deref() {
        None => {
            field.options.result = Some(result.to_owned());
            Ok(())
        }
        Some(declared) if declared == result => Ok(()),
        Some(declared) if NUMBERS.contains(&declared) && NUMBERS.contains(&result) => Ok(()),
        Some(declared) => Err(Fault::new("result_mismatch")
            .with("declared", declared)
            .with("found", result)),
    }
}

/// The kind of a roll-up's result: a whole number for a count, else that of the field which is measured, whose
/// scale it takes over.
fn measured(catalog: &Catalog, field: &mut Field) -> Result<String, Fault> {
    const SUMMED: [&str; 5] = ["integer", "decimal", "percent", "money", "duration"];
    const ORDERED: [&str; 7] = [
        "integer", "decimal", "percent", "money", "duration", "date", "instant",
    ];
    let measure = field.options.measure.clone().unwrap_or_default();
    if measure == "count" {
        return Ok("integer".to_owned());
    }
    let source = field
        .options
        .of
        .as_deref()
        .and_then(|of| catalog.object(of));
    let name = field.options.field.as_deref().unwrap_or_default();
    let source = source.and_then(|object| object.field(name));
    let source = source.ok_or_else(|| Fault::new("unknown_field").with("name", name))?;
    let kind = match source.kind.name() {
        "rating" => "integer",
        "formula" | "roll_up" => source.options.result.as_deref().unwrap_or("formula"),
        other => other,
    };
    let permitted: &[&str] = if measure == "sum" { &SUMMED } else { &ORDERED };
    if !permitted.contains(&kind) {
        return Err(Fault::new("not_measurable")
            .with("measure", measure)
            .with("name", name)
            .with("kind", kind));
    }
    field.options.scale = field.options.scale.or(source.options.scale);
    Ok(kind.to_owned())
}

fn parts(object: &ObjectDecl, fields: Vec<Field>) -> ObjectParts {
    ObjectParts {
        name: object.name.clone(),
        table: object.table.clone(),
        label: object.label.clone(),
        plural: object.plural.clone(),
        icon: object.icon.clone(),
        area: object.area.clone(),
        fields,
        access: object.access.clone(),
        capabilities: object.capabilities.clone(),
        pipelines: object.pipelines.clone(),
        views: object.views.clone(),
        layout: object.layout.clone(),
        origin: object.origin.clone(),
    }
}
