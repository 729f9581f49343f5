//! Reading one field.

use super::names::{Naming, check_name};
use super::node::{Content, Node};
use super::reader::{Errors, Table, label, text};
use super::{FieldDecl, Presence};
use crate::catalog::{Choice, Field, Indexed, Options, Required, Searched};
use crate::fault::Fault;
use crate::kind::{self, Kind, nearest};
use crate::table::Uniqueness;

/// How a tag may look.
const TONES: [&str; 5] = ["jade", "sky", "gold", "rose", "grey"];

/// Kinds that search looks into unless the declaration says otherwise.
const SEARCHED: [&str; 4] = ["email", "phone", "number", "person_name"];

/// A field and the name that it had before, `was`, which its column keeps.
pub(crate) struct FieldRead {
    pub decl: FieldDecl,
    pub was: Option<String>,
}

/// `None` when there is no name. The column is still to be allocated.
pub(crate) fn read_field(node: &Node, origin: &str, errors: &Errors) -> Option<FieldRead> {
    let table = Table::of(node, errors);
    let name = table.needed("name");
    if !name.is_empty()
        && let Err(fault) = check_name(name, Naming::Field)
    {
        errors.add(name_place(&table), fault);
    }
    let wanted = table.needed("kind");
    let kind = kind::lookup(wanted);
    if kind.is_none() && !wanted.is_empty() {
        let near = nearest(wanted, kind::all().map(Kind::name));
        let place = table.get("kind").map_or(table.at, |node| &node.at);
        errors.add(
            place,
            Fault::new("unknown_kind").with("name", wanted).near(near),
        );
    }
    let was = table.text("was").map(str::to_owned);
    let mut field = Field::new(name, kind.unwrap_or(kind::lookup("text")?));
    field.origin = origin.to_owned();
    if SEARCHED.contains(&wanted) {
        field.searched = Searched::Yes;
    }
    read_common(&table, &mut field);
    read_options(&table, &mut field, kind);
    table.finish();
    if kind.is_none() {
        // Stands in for the field, so that what refers to it by name is not wrong too.
        field.options = Options::default();
        field.default = None;
    }
    if name.is_empty() {
        return None;
    }
    Some(FieldRead {
        decl: FieldDecl {
            field,
            presence: Presence::Present,
            place: node.at.clone(),
        },
        was,
    })
}

/// Changes what the table names; `kind` and where a link leads are no longer to be changed. Answers a new name
/// apart, since others refer to the old one.
pub(crate) fn patch_field(node: &Node, field: &mut Field, errors: &Errors) -> Option<String> {
    let table = Table::of(node, errors);
    let name = table
        .text("name")
        .filter(|name| *name != field.name)
        .map(str::to_owned);
    if let Some(Err(fault)) = name.as_deref().map(|name| check_name(name, Naming::Field)) {
        errors.add(name_place(&table), fault);
    }
    for fixed in ["kind", "to"] {
        let now = if fixed == "kind" {
            Some(field.kind.name())
        } else {
            field.options.to.as_deref()
        };
        if let Some(node) = table.get(fixed)
            && text(node, errors) != now
        {
            errors.add(&node.at, Fault::new("fixed").with("name", fixed));
        }
    }
    read_common(&table, field);
    read_options(&table, field, Some(field.kind));
    table.finish();
    name
}

fn name_place<'a>(table: &Table<'a>) -> &'a super::Place {
    table.get("name").map_or(table.at, |node| &node.at)
}

fn read_common(table: &Table<'_>, field: &mut Field) {
    if let Some(label) = table.label("label") {
        field.label.0.extend(label.0);
    }
    if let Some(help) = table.label("help") {
        field.help.0.extend(help.0);
    }
    if let Some(flag) = table.flag("required") {
        field.required = if flag { Required::Yes } else { Required::No };
    }
    if let Some(flag) = table.flag("unique") {
        field.uniqueness = if flag {
            Uniqueness::Unique
        } else {
            Uniqueness::Any
        };
    }
    if let Some(flag) = table.flag("indexed") {
        field.indexed = if flag { Indexed::Yes } else { Indexed::No };
    }
    if let Some(flag) = table.flag("searched") {
        field.searched = if flag { Searched::Yes } else { Searched::No };
    }
    if let Some(default) = table.get("default") {
        field.default = Some(default.to_json());
    }
    if table
        .entries()
        .iter()
        .any(|entry| entry.name == "default" && matches!(entry.node.content, Content::Null))
    {
        field.default = None;
    }
}

/// The keys that belong to the kind. One that belongs to another kind is an error of its own, so that
/// `max` on a date is not merely unknown.
fn read_options(table: &Table<'_>, field: &mut Field, kind: Option<&'static dyn Kind>) {
    let mine = kind.map(Kind::options);
    for entry in table.entries() {
        let known = OPTIONS.contains(&entry.name.as_str());
        let null = matches!(entry.node.content, Content::Null);
        if known && !null && mine.is_some_and(|mine| !mine.contains(&entry.name.as_str())) {
            let fault = Fault::new("option_of_other_kind")
                .with("name", &entry.name)
                .with("kind", field.kind.name());
            let permitted = mine.unwrap_or_default().join(", ");
            table.errors.add(
                &entry.at,
                fault.with(
                    "permitted",
                    if permitted.is_empty() {
                        "-"
                    } else {
                        &permitted
                    },
                ),
            );
        }
    }
    let owned = |name: &'static str| table.text(name).map(str::to_owned);
    let options = Options {
        max: table.size("max"),
        scale: table.size("scale"),
        to: owned("to"),
        choices: table
            .list("choices", "choices")
            .map(|nodes| read_choices(nodes, table.errors))
            .unwrap_or_default(),
        open: table.flag("open").unwrap_or(field.options.open),
        several: table.flag("several").unwrap_or(field.options.several),
        expression: owned("expression"),
        measure: owned("measure"),
        of: owned("of"),
        through: owned("through"),
        field: owned("field"),
        pattern: owned("pattern"),
        result: owned("result"),
        min: table.int("min"),
        most: table.int("most"),
    };
    let old = without_nulls(table, std::mem::take(&mut field.options));
    let choices = if options.choices.is_empty() {
        old.choices
    } else {
        options.choices
    };
    field.options = Options {
        max: options.max.or(old.max),
        scale: options.scale.or(old.scale),
        to: options.to.or(old.to),
        choices,
        expression: options.expression.or(old.expression),
        measure: options.measure.or(old.measure),
        of: options.of.or(old.of),
        through: options.through.or(old.through),
        field: options.field.or(old.field),
        pattern: options.pattern.or(old.pattern),
        result: options.result.or(old.result),
        min: options.min.or(old.min),
        most: options.most.or(old.most),
        ..options
    };
}

/// The options without those that the table sets to null, which is how a patch takes one away.
fn without_nulls(table: &Table<'_>, options: Options) -> Options {
    let Ok(mut json) = serde_json::to_value(&options) else {
        return options;
    };
    if let Some(members) = json.as_object_mut() {
        for entry in table.entries() {
            if matches!(entry.node.content, Content::Null) {
                members.remove(&entry.name);
            }
        }
    }
    serde_json::from_value(json).unwrap_or(options)
}

/// Every key of `Options`.
const OPTIONS: [&str; 15] = [
    "max",
    "scale",
    "to",
    "choices",
    "open",
    "several",
    "expression",
    "measure",
    "of",
    "through",
    "field",
    "pattern",
    "result",
    "min",
    "most",
];

/// Values alone, or tables of value, label and tone.
pub(crate) fn read_choices(nodes: &[Node], errors: &Errors) -> Vec<Choice> {
    nodes.iter().map(|node| read_choice(node, errors)).collect()
}

fn read_choice(node: &Node, errors: &Errors) -> Choice {
    if let Content::Text(value) = &node.content {
        return Choice {
            value: value.clone(),
            ..Choice::default()
        };
    }
    let table = Table::of(node, errors);
    let choice = Choice {
        value: table.needed("value").to_owned(),
        label: table
            .get("label")
            .map(|node| label(node, errors))
            .unwrap_or_default(),
        tone: table.one_of("tone", &TONES).map(str::to_owned),
    };
    table.finish();
    choice
}
