//! Names in a text become columns: fields, what every record has, and links that are followed.

use crate::ast::Name;
use crate::check::{Checker, MayRead};
use crate::error::{QueryError, Span};
use crate::typed::{FieldRef, Hop, Node, Op, Read, Type};
use crate::val::Kin;
use guanxi_meta::{Field, Object, links};

/// How many links a path may follow.
pub const LINK_LIMIT: usize = 3;

/// What every record has, beside its declared fields; these names win over fields of the same name.
pub(crate) const SYSTEM: [&str; 8] = [
    "id",
    "version",
    "created_at",
    "updated_at",
    "created_by",
    "updated_by",
    "owner",
    "department",
];

/// A name within an object.
pub(crate) struct Found {
    pub column: String,
    pub ty: Type,
    pub kin: Option<Kin>,
}

/// What `name` is in `object`.
pub(crate) fn lookup(object: &Object, name: &str) -> Option<Found> {
    let link = |kin: Kin, to: &str| (Type::Link(to.to_owned()), Some(kin));
    let system = match name {
        "id" => Some((Type::Link(object.name.clone()), None)),
        "version" => Some((Type::Number { scale: 0 }, None)),
        "created_at" | "updated_at" => Some((Type::Instant, None)),
        "created_by" | "updated_by" | "owner" => Some(link(Kin::User, "user")),
        "department" => Some(link(Kin::Department, "department")),
        _ => None,
    };
    if let Some((ty, kin)) = system {
        return Some(Found {
            column: name.to_owned(),
            ty,
            kin,
        });
    }
    let field = object.field(name)?;
    let column = field.kind.columns(field).into_iter().next()?.name;
    Some(Found {
        column,
        ty: Type::from_meta(&field.kind.ty(field)),
        kin: None,
    })
}

/// The values of a closed list; empty when any value goes.
fn choices(object: &Object, field: &Field) -> Vec<String> {
    match field.kind.name() {
        "stage" => {
            let stages = object
                .pipelines
                .iter()
                .flat_map(|pipeline| &pipeline.stages);
            stages.map(|stage| stage.name.clone()).collect()
        }
        "pipeline" => object
            .pipelines
            .iter()
            .map(|pipeline| pipeline.name.clone())
            .collect(),
        _ if field.options.open => Vec::new(),
        _ => field
            .options
            .choices
            .iter()
            .map(|choice| choice.value.clone())
            .collect(),
    }
}

impl Checker<'_> {
    /// The column at the end of a path.
    pub(crate) fn path(&mut self, names: &[Name]) -> Result<Node, QueryError> {
        let mut object: &Object = self.object;
        let mut hops: Vec<Hop> = Vec::new();
        let span = names
            .iter()
            .fold(names[0].span, |span, name| span.to(name.span));
        for (at, name) in names.iter().enumerate() {
            let found = self.named(object, name)?;
            self.read(&names[..=at], object, (&hops, name.span));
            if at + 1 == names.len() {
                return Ok(self.column(names, object, hops, (span, found)));
            }
            let Type::Link(to) = &found.ty else {
                return Err(QueryError::at(name.span, "not_a_link").with("field", &name.text));
            };
            let Some(target) = self.catalog.object(to) else {
                return Err(QueryError::at(name.span, "link_to_any").with("field", &name.text));
            };
            if hops.len() == LINK_LIMIT {
                return Err(QueryError::at(span, "too_far").with("limit", LINK_LIMIT));
            }
            let select = if found.kin.is_some() { "seq" } else { "id" };
            hops.push(Hop {
                column: found.column,
                table: target.table.clone(),
                select,
                object: target.name.clone(),
            });
            object = target;
        }
        Err(QueryError::at(span, "unexpected_end"))
    }

    fn named(&self, object: &Object, name: &Name) -> Result<Found, QueryError> {
        let readable = (self.may_read)(&object.name, &name.text);
        lookup(object, &name.text)
            .filter(|_| readable)
            .ok_or_else(|| {
                QueryError::at(name.span, "unknown_field")
                    .with("field", &name.text)
                    .with("object", &object.name)
                    .suggest(nearest_field(object, &name.text, self.may_read))
            })
    }

    /// Remembers that a field is read; `path` ends with its name.
    fn read(&mut self, path: &[Name], object: &Object, (hops, span): (&[Hop], Span)) {
        let path: Vec<String> = path.iter().map(|name| name.text.clone()).collect();
        if self.reads.iter().any(|read| read.path == path) {
            return;
        }
        let field = path.last().cloned().unwrap_or_default();
        self.reads.push(Read {
            path,
            object: object.name.clone(),
            field,
            hops: hops.to_vec(),
            span,
        });
    }

    fn column(
        &self,
        names: &[Name],
        object: &Object,
        hops: Vec<Hop>,
        (span, found): (Span, Found),
    ) -> Node {
        let name = &names[names.len() - 1].text;
        let declared = object
            .field(name)
            .filter(|_| !SYSTEM.contains(&name.as_str()));
        let target = match &found.ty {
            Type::Link(to) => self
                .catalog
                .object(to)
                .map(|target| target.table.clone())
                .unwrap_or_default(),
            _ => String::new(),
        };
        let texts = found.ty == Type::Text;
        let field = FieldRef {
            path: names.iter().map(|name| name.text.clone()).collect(),
            hops,
            column: found.column,
            kin: found.kin,
            target,
            choices: declared
                .map(|field| choices(object, field))
                .unwrap_or_default(),
            links: declared.and_then(|field| links::key(object, field)),
            declared: declared.filter(|_| texts).cloned().map(Box::new),
        };
        Node::new(span, found.ty, Op::Field(Box::new(field)))
    }

    /// For a link, the title of the record that it leads to; anything else stays as it is.
    pub(crate) fn title_of(&mut self, node: Node) -> Result<Node, QueryError> {
        let (Some(field), Type::Link(to)) = (node.field(), &node.ty) else {
            return Ok(node);
        };
        let Some(target) = self.catalog.object(to) else {
            return Ok(node);
        };
        let mut names: Vec<Name> = field
            .path
            .iter()
            .map(|text| Name {
                text: text.clone(),
                span: node.span,
            })
            .collect();
        let title = Name {
            text: target.title().name.clone(),
            span: node.span,
        };
        // `id` is the record itself, of which the title is a field like others.
        if names.last().is_some_and(|name| name.text == "id") {
            names.pop();
        }
        names.push(title);
        self.path(&names)
    }
}

/// The readable field that `word` was perhaps meant to be: by label, or by likeness of the name.
pub(crate) fn nearest_field(object: &Object, word: &str, may_read: MayRead<'_>) -> Option<String> {
    let labelled = object
        .fields
        .iter()
        .find(|field| field.label.0.values().any(|label| label == word));
    let names = object
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .chain(SYSTEM);
    labelled
        .map(|field| field.name.as_str())
        .filter(|name| may_read(&object.name, name))
        .map(str::to_owned)
        .or_else(|| {
            nearest(
                word,
                names.filter(|name| *name != word && may_read(&object.name, name)),
            )
        })
}

/// The word among `known` that is most like `word`, if one is like enough.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    const LIKE_ENOUGH: f64 = 0.8;
    let wanted = word.to_lowercase();
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        // A short word with one slip is unlike by proportion, but near by count.
        let slip = wanted.chars().count() > 2 && strsim::osa_distance(&wanted, &name) == 1;
        let likeness = strsim::jaro_winkler(&wanted, &name);
        if slip {
            likeness.max(LIKE_ENOUGH)
        } else {
            likeness
        }
    };
    known
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}
