//! Roles: whose rows, which fields, and why somebody sees a record or not.

use super::cells::asked;
use super::desk::Desk;
use super::slots::Slot;
use crate::pages::dialogs::Reason;
use crate::pages::settings::{Explained, RoleCell, RoleField, RoleFields, RoleRow, RolesPage};
use crate::pages::{CellView, Choice, Tab};
use guanxi_access::Action;
use guanxi_access::explain::scope_word;
use guanxi_engine::read::Explanation;
use guanxi_engine::{Context, EngineResult, read};
use guanxi_meta::kind::{self, Writable};
use guanxi_meta::role::{FieldRight, Role, Scope};
use guanxi_meta::{Field, Object, Value};
use std::sync::Arc;
use uuid::Uuid;

const SCOPES: [Scope; 6] = [
    Scope::None,
    Scope::Own,
    Scope::Team,
    Scope::Below,
    Scope::Region,
    Scope::All,
];

/// As declarations write it.
pub fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::None => "none",
        Scope::Own => "own",
        Scope::Team => "team",
        Scope::Below => "below",
        Scope::Region => "region",
        Scope::All => "all",
    }
}

pub fn scope(name: &str) -> Option<Scope> {
    SCOPES.into_iter().find(|scope| scope_name(*scope) == name)
}

/// The role's matrix; with `opened`, an object's name, the rights to its fields too.
pub fn role(desk: &Desk<'_>, name: &str, opened: &str) -> RolesPage {
    let catalog = &desk.ctx.catalog;
    let tab = |(known, role): (&String, &Role)| Tab {
        label: desk.label(&role.label, known),
        href: format!("/settings/roles?role={known}"),
        current: known == name,
        ..Tab::default()
    };
    let acts: Vec<String> = Action::ALL
        .iter()
        .map(|action| desk.say(&format!("may-{}", action.name())))
        .collect();
    let rows = catalog.roles.get(name).map(|role| {
        catalog
            .objects
            .iter()
            .map(|object| role_row(desk, (name, role), object))
            .collect()
    });
    RolesPage {
        roles: catalog.roles.iter().map(tab).collect(),
        action: format!(
            "/settings/roles?{}",
            super::desk::query(&[("role", name), ("object", opened)])
        ),
        acts,
        rows: rows.unwrap_or_default(),
        fields: fields(desk, name, opened),
        hints: SCOPES
            .map(|scope| {
                (
                    scope_word(scope, desk.ctx.lang).to_owned(),
                    desk.say(&format!("scope-{}", scope_name(scope))),
                )
            })
            .into(),
        questions: Vec::new(),
        explain: None,
        // Whoever administers could shut everybody out by taking the own rights away.
        is_editable: catalog.roles.get(name).is_some_and(|role| !role.administer),
    }
}

fn role_row(desk: &Desk<'_>, (name, role): (&str, &Role), object: &Arc<Object>) -> RoleRow {
    let cell = |action: Action| {
        let has = action.scope(role, &object.name);
        let choice = |scope: Scope| Choice {
            value: scope_name(scope).to_owned(),
            label: scope_word(scope, desk.ctx.lang).to_owned(),
            selected: scope == has,
            ..Choice::default()
        };
        RoleCell {
            name: format!("{}.{}", object.name, action.name()),
            label: desk.say(&format!("may-{}", action.name())),
            scopes: SCOPES.map(choice).into(),
        }
    };
    let bound = object
        .fields
        .iter()
        .filter(|field| role.field(&object.name, &field.name) != FieldRight::Write)
        .count();
    RoleRow {
        fields: format!(
            "/settings/roles?{}#fields",
            super::desk::query(&[("role", name), ("object", &object.name)])
        ),
        bound: if bound == 0 {
            String::new()
        } else {
            desk.say_n("fields-bound", bound as u64)
        },
        object: object.name.clone(),
        label: desk.many(object),
        cells: Action::ALL.map(cell).into(),
    }
}

const RIGHTS: [FieldRight; 3] = [FieldRight::None, FieldRight::Read, FieldRight::Write];

/// As declarations write it.
pub fn right_name(right: FieldRight) -> &'static str {
    match right {
        FieldRight::None => "none",
        FieldRight::Read => "read",
        FieldRight::Write => "write",
    }
}

pub fn right(name: &str) -> Option<FieldRight> {
    RIGHTS.into_iter().find(|right| right_name(*right) == name)
}

/// What the role may do with each field of the object.
fn fields(desk: &Desk<'_>, name: &str, opened: &str) -> Option<RoleFields> {
    let role = desk.ctx.catalog.roles.get(name)?;
    let object = desk.ctx.catalog.object(opened)?;
    let field = |field: &Field| {
        let has = role.field(&object.name, &field.name);
        // What the engine computes is only read, whatever the role says.
        let computed = field.kind.writable() != Writable::ByCaller;
        let offered = RIGHTS
            .into_iter()
            .filter(|right| !(computed && *right == FieldRight::Read));
        let choice = |right: FieldRight| Choice {
            value: right_name(right).to_owned(),
            label: desk.say(if computed && right == FieldRight::Write {
                "right-read"
            } else {
                right_key(right)
            }),
            selected: right == has,
            ..Choice::default()
        };
        RoleField {
            name: format!("{}.{}", object.name, field.name),
            label: desk.label(&field.label, &field.name),
            rights: offered.map(choice).collect(),
            is_bound: has != FieldRight::Write,
        }
    };
    Some(RoleFields {
        label: desk.many(object),
        fields: object.fields.iter().map(field).collect(),
    })
}

fn right_key(right: FieldRight) -> &'static str {
    match right {
        FieldRight::None => "right-none",
        FieldRight::Read => "right-read",
        FieldRight::Write => "right-write",
    }
}

/// Who is asked about, and which record: two pickers.
pub fn questions(
    desk: &Desk<'_>,
    (who, about): (Option<Uuid>, Option<(&str, Uuid)>),
) -> EngineResult<Vec<CellView>> {
    let picker = |name: &str, label: &str, to: &str| {
        let mut field = Field::new(name, kind::lookup("link")?);
        field.options.to = Some(to.to_owned());
        Some(Slot {
            name: name.to_owned(),
            label: desk.say(label),
            field,
            at: None,
            open: None,
        })
    };
    let values = [
        who.map_or(Value::Null, Value::Id),
        about.map_or(Value::Null, |(object, id)| Value::Reference {
            object: object.to_owned(),
            id,
        }),
    ];
    let slots = [
        picker("who", "explain-who", "user"),
        picker("about", "explain-about", "*"),
    ];
    let mut cells = Vec::new();
    for (slot, value) in slots.iter().flatten().zip(&values) {
        desk.learn([(slot.to(), value)])?;
        cells.push(asked(desk, slot, value));
    }
    Ok(cells)
}

/// Why that person sees the record, or that they do not, and what they may do with it.
pub fn explained(
    desk: &Desk<'_>,
    person: &Context,
    (object, id): (&Arc<Object>, Uuid),
) -> EngineResult<Explained> {
    let found = read::explain(person, object, id)?;
    let mut allowed = Vec::new();
    if let Explanation {
        record: Some(record),
        ..
    } = &found
    {
        for action in Action::ALL {
            if found.allowed() && action != Action::Create && read::may(person, record, action)? {
                allowed.push(desk.say(&format!("may-{}", action.name())));
            }
        }
    }
    let grant = person.grant(object, Action::Read);
    let hidden = object
        .fields
        .iter()
        .enumerate()
        .filter(|(at, _)| found.allowed() && !grant.may_read(*at))
        .map(|(_, field)| desk.label(&field.label, &field.name));
    let mut reasons: Vec<Reason> = found
        .reasons
        .iter()
        .map(|reason| Reason {
            is_granting: true,
            text: reason.sentence(desk.ctx.lang),
        })
        .collect();
    if !found.allowed() {
        reasons.push(Reason {
            is_granting: false,
            text: desk.say("explain-no"),
        });
    }
    Ok(Explained {
        reasons,
        allowed,
        hidden_fields: hidden.collect(),
    })
}
