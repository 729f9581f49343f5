//! Forms: all fields of the layout that the reader may write, with what was typed and everything that is wrong.

use super::cells::{asked, asked_again, shown};
use super::desk::{Desk, href, record_href};
use super::input;
use super::slots::{Slot, slot};
use crate::door::form::Form;
use crate::pages::form::FormPage;
use crate::pages::{CellView, Conflict, ConflictField, Crumb, FieldError, Lookup, Section};
use guanxi_access::Action;
use guanxi_engine::error::Stale;
use guanxi_engine::read::history::history;
use guanxi_engine::{Context, EngineResult, Record};
use guanxi_meta::catalog::Required;
use guanxi_meta::{Object, Value};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::Arc;

/// A form's sections with their slots.
pub struct Asked {
    pub sections: Vec<(String, Vec<Slot>)>,
}

impl Asked {
    /// The layout's sections as far as the reader may write them. A required field that no section names is asked
    /// for first, since without it nothing can be saved.
    pub fn new(desk: &Desk<'_>, object: &Arc<Object>, action: Action) -> Asked {
        let grant = desk.ctx.grant(object, action);
        let mut sections: Vec<(String, Vec<Slot>)> = Vec::new();
        for section in &object.layout.sections {
            let slots = section
                .fields
                .iter()
                .filter_map(|name| slot(desk, object, name));
            let slots: Vec<Slot> = slots.filter(|slot| slot.is_writable(&grant)).collect();
            if !slots.is_empty() {
                sections.push((desk.label(&section.label, &section.name), slots));
            }
        }
        let named = |name: &str| {
            sections
                .iter()
                .flat_map(|(_, slots)| slots)
                .any(|slot| slot.name == name)
        };
        let missing = object
            .fields
            .iter()
            .filter(|field| field.required == Required::Yes && !named(&field.name));
        let mut missing: Vec<Slot> = missing
            .filter_map(|field| slot(desk, object, &field.name))
            .filter(|slot| slot.is_writable(&grant))
            .collect();
        match sections.first_mut() {
            Some((_, first)) => first.splice(0..0, missing).for_each(drop),
            None => {
                let rest = object
                    .fields
                    .iter()
                    .filter_map(|field| slot(desk, object, &field.name));
                missing.extend(rest.filter(|slot| {
                    slot.is_writable(&grant) && slot.field.required == Required::No
                }));
                sections.push((desk.one(object), missing));
            }
        }
        Asked { sections }
    }

    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.sections.iter().flat_map(|(_, slots)| slots)
    }

    pub fn fields(&self, desk: &Desk<'_>, form: &Form) -> Map<String, Json> {
        let mut fields = Map::new();
        for (_, slots) in &self.sections {
            fields.extend(input::fields(desk, slots, form));
        }
        fields
    }

    /// The sections with values of a record; for a new one with defaults and what the address says.
    pub fn filled(
        &self,
        desk: &Desk<'_>,
        value: &dyn Fn(&Slot) -> Value,
    ) -> EngineResult<Vec<Section>> {
        let values: Vec<(&str, Value)> =
            self.slots().map(|slot| (slot.to(), value(slot))).collect();
        desk.learn(values.iter().map(|(to, value)| (*to, value)))?;
        let section = |(label, slots): &(String, Vec<Slot>)| Section {
            label: label.clone(),
            cells: slots
                .iter()
                .map(|slot| asked(desk, slot, &value(slot)))
                .collect(),
        };
        Ok(self.sections.iter().map(section).collect())
    }

    /// The sections with what was typed of the fields in `mine`, and what the record holds now of the others.
    pub fn mixed(
        &self,
        desk: &Desk<'_>,
        record: &Record,
        (form, mine): (&Form, &Map<String, Json>),
    ) -> EngineResult<Vec<Section>> {
        let mut sections = self.filled(desk, &|slot| slot.value(desk.ctx, record))?;
        let typed = self.again(desk, form)?;
        for (section, typed) in sections.iter_mut().zip(typed) {
            for (cell, typed) in section.cells.iter_mut().zip(typed.cells) {
                if mine.contains_key(&cell.name) {
                    *cell = typed;
                }
            }
        }
        Ok(sections)
    }

    /// The sections with what was typed.
    pub fn again(&self, desk: &Desk<'_>, form: &Form) -> EngineResult<Vec<Section>> {
        let mut sections = Vec::with_capacity(self.sections.len());
        for (label, slots) in &self.sections {
            let cells = slots.iter().map(|slot| asked_again(desk, slot, form));
            sections.push(Section {
                label: label.clone(),
                cells: cells.collect::<EngineResult<Vec<CellView>>>()?,
            });
        }
        Ok(sections)
    }
}

/// What a new record starts with: the field's default, the caller as its owner, and what the address says.
pub fn first_value(ctx: &Context, slot: &Slot, said: &dyn Fn(&str) -> Option<String>) -> Value {
    let field = &slot.field;
    if let Some(text) = said(&slot.name).filter(|text| !text.is_empty()) {
        return field
            .kind
            .read_in(field, &text, &ctx.zone)
            .unwrap_or_default();
    }
    match (slot.name.as_str(), slot.at) {
        ("owner", None) => ctx
            .person()
            .map_or(Value::Null, |person| Value::Id(person.id)),
        _ => field
            .default
            .as_ref()
            .and_then(|json| field.kind.parse(field, json).ok())
            .unwrap_or_default(),
    }
}

/// The form's page around its sections.
pub fn new_page(desk: &Desk<'_>, object: &Arc<Object>, mut sections: Vec<Section>) -> FormPage {
    // Typing may begin at once; a picker would open its list over the form.
    let first = sections.first_mut().and_then(|section| {
        section
            .cells
            .iter_mut()
            .find(|cell| matches!(cell.widget.as_str(), "text" | "person_name" | "long_text"))
    });
    if let Some(first) = first {
        first.focus = true;
    }
    FormPage {
        heading: desk.say_of("new-one", "name", &desk.one(object)),
        crumb: Crumb {
            label: desk.many(object),
            href: format!("/{}", object.name),
        },
        action: format!("/{}/new", object.name),
        cancel: format!("/{}", object.name),
        sections,
        can_repeat: true,
        ..FormPage::default()
    }
}

pub fn edit_page(desk: &Desk<'_>, record: &Record, sections: Vec<Section>) -> FormPage {
    let at = record_href(record);
    FormPage {
        heading: desk.say("edit"),
        crumb: Crumb {
            label: record.title(),
            href: at.clone(),
        },
        action: format!("{at}/edit"),
        cancel: at,
        version: Some(record.version.unsigned_abs()),
        sections,
        ..FormPage::default()
    }
}

/// Writes the errors beside their fields, and all of them above.
pub fn tell(desk: &Desk<'_>, page: &mut FormPage, errors: &[guanxi_meta::FieldError]) {
    page.errors = place_errors(
        desk,
        page.sections
            .iter_mut()
            .flat_map(|section| &mut section.cells),
        errors,
    );
}

pub fn place_errors<'c>(
    desk: &Desk<'_>,
    cells: impl Iterator<Item = &'c mut CellView>,
    errors: &[guanxi_meta::FieldError],
) -> Vec<FieldError> {
    let mut labels: Vec<(String, String)> = Vec::new();
    for cell in cells {
        let own = errors
            .iter()
            .find(|error| error.field.split('.').next() == Some(cell.name.as_str()));
        cell.error = own.map(|error| desk.fault(&error.fault));
        labels.push((cell.name.clone(), cell.label.clone()));
    }
    let told = errors.iter().map(|error| {
        let field = error.field.split('.').next().unwrap_or_default().to_owned();
        let label = labels
            .iter()
            .find(|(name, _)| *name == field)
            .map_or(field.clone(), |(_, label)| label.clone());
        FieldError {
            field,
            label,
            message: desk.fault(&error.fault),
        }
    });
    told.collect()
}

/// Both sides of each field that two people changed.
pub fn conflict(desk: &Desk<'_>, record: &Record, stale: &Stale) -> EngineResult<Conflict> {
    let mut fields = Vec::new();
    for one in &stale.conflicts {
        let Some(slot) = slot(desk, &record.object, &one.field) else {
            continue;
        };
        let field = &slot.field;
        let read = |json: &Json| {
            if json.is_null() {
                Value::Null
            } else {
                field.kind.parse(field, json).unwrap_or_default()
            }
        };
        let (mine, theirs) = (read(&one.yours), read(&one.theirs));
        desk.learn([(slot.to(), &mine), (slot.to(), &theirs)])?;
        fields.push(ConflictField {
            name: slot.name.clone(),
            label: slot.label.clone(),
            mine: shown(desk, &slot, &mine).text,
            theirs: shown(desk, &slot, &theirs).text,
        });
    }
    Ok(Conflict {
        by: desk.ctx.user_name(record.updated_by).to_owned(),
        at: desk.instant(record.updated_at),
        version: stale.version.unsigned_abs(),
        fields,
    })
}

/// Of a form that was sent again after a conflict: what the reader gave up is not written.
pub fn without_theirs(fields: &mut Map<String, Json>, form: &Form) {
    fields.retain(|name, _| form.get(&format!("keep.{name}")) != Some("theirs"));
}

/// Leaves of what a form sent the fields that its reader changed since `seen`, the version that the form was made of.
pub fn only_mine(
    desk: &Desk<'_>,
    record: &Record,
    seen: i64,
    fields: &mut Map<String, Json>,
) -> EngineResult<()> {
    /// Changes looked back through.
    const MOST: u32 = 200;
    let (entries, _) = history(desk.ctx, &record.object, record.id, "", MOST)?;
    let mut then: HashMap<&str, &Json> = HashMap::new();
    // Newest first, so the oldest change after `seen` has the last word on what the field held then.
    for change in entries
        .iter()
        .filter(|entry| entry.version > seen)
        .flat_map(|entry| &entry.changes)
    {
        then.insert(&change.field, &change.old);
    }
    fields.retain(|name, json| {
        let Some(old) = then.get(name.as_str()) else {
            return true;
        };
        let Some(slot) = slot(desk, &record.object, name) else {
            return true;
        };
        let text = |json: &Json| {
            let value = if json.is_null() {
                Value::Null
            } else {
                slot.field.kind.parse(&slot.field, json).unwrap_or_default()
            };
            slot.field.kind.to_text(&slot.field, &value)
        };
        text(old) != text(json)
    });
    Ok(())
}

/// Records that look like what is about to be saved.
pub fn lookups<'r>(records: impl Iterator<Item = &'r Record>) -> Vec<Lookup> {
    let one = |record: &Record| Lookup {
        id: record.id.to_string(),
        label: record.title(),
        href: href(&record.object.name, record.id),
    };
    records.map(one).collect()
}
