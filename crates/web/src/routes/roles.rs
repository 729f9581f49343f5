//! `/settings/roles`: what a role reaches, field by field, and why somebody sees a record or not.

use crate::build::desk::Desk;
use crate::build::roles as build;
use crate::door::Visit;
use crate::door::answer::Answer;
use guanxi_access::Action;
use guanxi_engine::{EngineError, EngineResult, admin, read};
use guanxi_meta::role::FieldRight;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

pub fn roles(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let desk = Desk::new(visit)?;
    let mut page = build::role(&desk, &wanted_role(visit)?, visit.head.query("object"));
    let who = visit.head.query("who").parse::<Uuid>().ok();
    let about = visit
        .head
        .query("about")
        .split_once(':')
        .and_then(|(object, id)| Some((object, id.parse::<Uuid>().ok()?)));
    page.questions = build::questions(&desk, (who, about))?;
    if let (Some(who), Some((object, id))) = (who, about) {
        let person = visit
            .ctx
            .directory
            .user_by_id(who)
            .ok_or(EngineError::NotFound)?;
        let object = visit.ctx.object(object)?;
        // Who administers may not see every record: of one out of sight nothing is told.
        read::get(&visit.ctx, &object, id)?;
        let theirs = visit.site.engine.context(person.seq, "web")?;
        page.explain = Some(build::explained(&desk, &theirs, (&object, id))?);
    }
    Answer::page(visit, &desk.say("settings-roles"), &page)
}

/// The role of the address, else the first that may be changed.
fn wanted_role(visit: &Visit) -> EngineResult<String> {
    let roles = &visit.ctx.catalog.roles;
    let said = visit.head.query("role");
    if !said.is_empty() {
        return roles
            .contains_key(said)
            .then(|| said.to_owned())
            .ok_or(EngineError::NotFound);
    }
    let first = roles
        .iter()
        .find(|(_, role)| !role.administer)
        .or(roles.iter().next());
    first
        .map(|(name, _)| name.clone())
        .ok_or(EngineError::NotFound)
}

/// The matrix as it was posted, and the fields of the object that was open; what the page does not show stays as it is.
pub fn save_role(visit: &Visit) -> EngineResult<Answer> {
    visit.ctx.administer()?;
    let name = wanted_role(visit)?;
    let role = visit
        .ctx
        .catalog
        .roles
        .get(&name)
        .ok_or(EngineError::NotFound)?;
    if role.administer {
        return Err(EngineError::Forbidden("administer"));
    }
    let mut objects = Map::new();
    let mut fields = role.fields.clone();
    for object in &visit.ctx.catalog.objects {
        let mut rights = Map::new();
        for action in Action::ALL {
            let said = build::scope(
                visit
                    .form
                    .text(&format!("{}.{}", object.name, action.name())),
            );
            let scope = said.unwrap_or(action.scope(role, &object.name));
            rights.insert(action.name().to_owned(), json!(build::scope_name(scope)));
        }
        objects.insert(object.name.clone(), Json::Object(rights));
        for field in &object.fields {
            let key = format!("{}.{}", object.name, field.name);
            match build::right(visit.form.text(&format!("field.{key}"))) {
                // Whatever is not named may be written where its row may.
                Some(FieldRight::Write) => {
                    fields.remove(&key);
                }
                Some(right) => {
                    fields.insert(key, right);
                }
                None => {}
            }
        }
    }
    let mut json =
        serde_json::to_value(role).map_err(|error| EngineError::Broken(error.to_string()))?;
    json["objects"] = Json::Object(objects);
    json["fields"] =
        serde_json::to_value(fields).map_err(|error| EngineError::Broken(error.to_string()))?;
    admin::set_role(&visit.ctx, &name, json)?;
    let desk = Desk::new(visit)?;
    let query = [
        ("role", name.as_str()),
        ("object", visit.head.query("object")),
    ];
    let to = format!("/settings/roles?{}", crate::build::desk::query(&query));
    Ok(Answer::see(visit, &to).flash(visit, &desk.say("saved"), ("good", "")))
}
