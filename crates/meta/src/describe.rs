//! The catalogue as the API shows it, `GET /meta/objects`: the keys of the declarations.

use crate::catalog::{Access, Field, Indexed, Object, Required, Searched};
use crate::kind::Writable;
use crate::label::{Label, Lang};
use crate::table::Uniqueness;
use serde_json::{Map, Value as Json, json};

impl Field {
    /// As in a declaration, with `read_only` for what the engine writes and `origin` for who declared it.
    pub fn describe(&self) -> Json {
        let mut members = Map::new();
        members.insert("name".to_owned(), self.name.as_str().into());
        members.insert("label".to_owned(), words(&self.label, &self.name));
        if !self.help.is_empty() {
            members.insert("help".to_owned(), words(&self.help, ""));
        }
        members.insert("kind".to_owned(), self.kind.name().into());
        members.insert(
            "required".to_owned(),
            (self.required == Required::Yes).into(),
        );
        members.insert(
            "unique".to_owned(),
            (self.uniqueness == Uniqueness::Unique).into(),
        );
        members.insert("indexed".to_owned(), (self.indexed == Indexed::Yes).into());
        members.insert(
            "searched".to_owned(),
            (self.searched == Searched::Yes).into(),
        );
        if let Some(default) = &self.default {
            members.insert("default".to_owned(), default.clone());
        }
        if let Ok(Json::Object(options)) = serde_json::to_value(&self.options) {
            members.extend(options.into_iter().filter(|(name, _)| name != "choices"));
        }
        if !self.options.choices.is_empty() {
            let choices = self.options.choices.iter().map(|choice| {
                let mut one =
                    json!({ "value": choice.value, "label": words(&choice.label, &choice.value) });
                if let Some(tone) = &choice.tone {
                    one["tone"] = tone.as_str().into();
                }
                one
            });
            members.insert("choices".to_owned(), choices.collect());
        }
        if self.kind.writable() == Writable::ByEngine {
            members.insert("read_only".to_owned(), true.into());
        }
        members.insert("origin".to_owned(), self.origin.as_str().into());
        Json::Object(members)
    }
}

impl Object {
    /// As in a declaration, with the fields that every object has under `system`.
    pub fn describe(&self) -> Json {
        let access = match &self.access {
            Access::Own => "own".to_owned(),
            Access::Parent(link) => format!("parent:{link}"),
        };
        json!({
            "name": self.name,
            "label": words(&self.label, &self.name),
            "plural": words(&self.plural, &self.name),
            "icon": self.icon,
            "area": self.area,
            "access": access,
            "title": self.title().name,
            "capabilities": self.capabilities,
            "fields": self.fields.iter().map(Field::describe).collect::<Vec<_>>(),
            "system": system(),
            "pipelines": self.pipelines,
            "views": self.views,
            "layout": self.layout,
            "origin": self.origin,
        })
    }
}

/// The word of a system field: `owner`, `created_at` …
pub fn system_label(name: &str) -> Label {
    let mut label = Label::default();
    for lang in Lang::ALL {
        label.set(
            lang,
            &crate::fault::message_of(lang, &format!("field_{name}"), name),
        );
    }
    label
}

/// Fields of every object that nobody declares: name, kind, where links lead, whether the engine alone writes it.
const SYSTEM: [(&str, &str, Option<&str>, Writable); 8] = [
    ("id", "text", None, Writable::ByEngine),
    ("version", "integer", None, Writable::ByEngine),
    ("created_at", "instant", None, Writable::ByEngine),
    ("updated_at", "instant", None, Writable::ByEngine),
    ("created_by", "link", Some("user"), Writable::ByEngine),
    ("updated_by", "link", Some("user"), Writable::ByEngine),
    ("owner", "link", Some("user"), Writable::ByCaller),
    ("department", "link", Some("department"), Writable::ByCaller),
];

fn system() -> Json {
    let fields = SYSTEM.iter().map(|(name, kind, to, writable)| {
        let mut one = json!({ "name": name, "label": system_label(name), "kind": kind });
        if let Some(to) = to {
            one["to"] = (*to).into();
        }
        if *writable == Writable::ByEngine {
            one["read_only"] = true.into();
        }
        one
    });
    fields.collect()
}

/// Both languages, whatever is missing filled from the other or from the name.
fn words(label: &Label, name: &str) -> Json {
    Lang::ALL
        .into_iter()
        .map(|lang| (lang.code().to_owned(), label.get(lang, name).into()))
        .collect::<Map<_, _>>()
        .into()
}
