//! Names of objects, fields and columns.

use super::{ObjectDecl, Presence};
use crate::catalog::{Field, Object};
use crate::fault::Fault;

/// Fields that every object has without declaring them, as the API and the language call them.
pub(crate) const SYSTEM_FIELDS: [&str; 8] = [
    "id",
    "version",
    "created_at",
    "updated_at",
    "created_by",
    "updated_by",
    "owner",
    "department",
];

/// Addresses of the program, which no object may take.
const ADDRESSES: &str = "search settings insight dashboards portal login logout api docs mcp forms new assets \
    background files import imports merges events healthz readyz metrics hooks telephony meta records org palette notices home";

/// Words of the filter language and of the API's flat object, which no field may take.
const WORDS: &str = "and or not in is null under true false expand seq deleted_at title_key";

/// Words that mean something to a database even where a column stands.
const SQL: &str = "all alter analyze array as asc begin between both by case cast check collate column commit \
    constraint create cross current default delete desc distinct do drop else end except exists fetch for foreign \
    from full grant group having if index inner insert intersect into join key left like limit natural no of offset \
    on order outer primary references right row rowid select session_user set some table then to transaction trigger \
    union unique update user using values view when where window with";

/// Characters of a name, and a shorter bound for what becomes part of other names.
const MAX_CHARS: usize = 41;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    Object,
    Field,
    /// Packs, areas, roles, pipelines, stages, views, sections.
    Other,
}

/// Holds `[a-z][a-z0-9_]{0,40}` and that the name is free to take.
pub(crate) fn check_name(name: &str, naming: Naming) -> Result<(), Fault> {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !letters
        || !name.starts_with(|letter: char| letter.is_ascii_lowercase())
        || name.len() > MAX_CHARS
    {
        return Err(Fault::new("bad_name").with("name", name));
    }
    let reserved = match naming {
        Naming::Object => ADDRESSES.split_ascii_whitespace().any(|word| word == name),
        Naming::Field => {
            SYSTEM_FIELDS.contains(&name) || WORDS.split_ascii_whitespace().any(|word| word == name)
        }
        Naming::Other => false,
    };
    if reserved {
        Err(Fault::new("reserved_name").with("name", name))
    } else {
        Ok(())
    }
}

/// The field, or the alias of one, that has this name already.
pub(crate) fn taken_by<'a>(object: &'a ObjectDecl, field: &Field) -> Option<&'a str> {
    let names = |field: &Field| {
        let mut names = field.kind.aliases(field);
        names.push(field.name.clone());
        names
    };
    let wanted = names(field);
    let other = object
        .present()
        .find(|decl| names(&decl.field).iter().any(|name| wanted.contains(name)))?;
    Some(&other.field.name)
}

/// The column of a new field, by its name at its first declaration: as it is, or where that is a word of the
/// database or taken by another field's column, with a prefix and if need be a number.
pub(crate) fn allocate_column(object: &ObjectDecl, field: &mut Field, name: &str) {
    let system = Object::SYSTEM.iter().any(|(column, _, _)| *column == name);
    let reserved = system || SQL.split_ascii_whitespace().any(|word| word == name);
    let taken: Vec<String> = object
        .fields
        .iter()
        .flat_map(|decl| columns(&decl.field))
        .collect();
    let first = (!reserved).then(|| name.to_owned());
    let others =
        std::iter::once(format!("f_{name}")).chain((2..).map(|count| format!("f_{name}_{count}")));
    for candidate in first.into_iter().chain(others) {
        field.column = candidate;
        if !columns(field).iter().any(|column| taken.contains(column)) {
            return;
        }
    }
}

/// Every column name that the kind may ever want for this field, whatever its options become.
fn columns(field: &Field) -> Vec<String> {
    const SUFFIXES: [&str; 8] = [
        "amount", "currency", "object", "text", "key", "all", "parts", "name",
    ];
    let own = field
        .kind
        .columns(field)
        .into_iter()
        .map(|column| column.name);
    let engine = matches!(field.kind.name(), "formula" | "roll_up" | "email" | "phone");
    let later = SUFFIXES
        .iter()
        .filter(|_| engine)
        .map(|suffix| format!("{}_{suffix}", field.column));
    own.chain(later).collect()
}

/// The table of a new object.
pub(crate) fn allocate_table(objects: &[ObjectDecl], name: &str) -> String {
    let first = format!("o_{name}");
    let others = (2..).map(|count| format!("o_{name}_{count}"));
    let mut candidates = std::iter::once(first.clone()).chain(others);
    candidates
        .find(|table| objects.iter().all(|object| object.table != *table))
        .unwrap_or(first)
}

impl ObjectDecl {
    pub(crate) fn is_present(&self) -> bool {
        self.presence == Presence::Present
    }
}
