//! Reading the words of a pack: `lang/zh.toml`, `lang/en.toml`. A word for something that does not exist is an
//! error, since it is the mark of a slip or of something renamed.

use super::check::unknown_field;
use super::node::{Entry, Node};
use super::reader::{Errors, Table, not_among, text};
use super::{Declarations, ObjectDecl};
use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::nearest;
use crate::label::{Label, Lang};

/// Puts the words of one language onto what they name.
pub(crate) fn read_file(declarations: &mut Declarations, lang: Lang, node: &Node, errors: &Errors) {
    let words = Words { lang, errors };
    let table = Table::of(node, errors);
    for entry in words.entries(table.get("roles")) {
        let known: Vec<String> = declarations.roles.keys().cloned().collect();
        match declarations.roles.get_mut(&entry.name) {
            Some(role) => words.set(&mut role.label, &entry.node),
            None => errors.add(
                &entry.at,
                not_among(&entry.name, known.iter().map(String::as_str)),
            ),
        }
    }
    for entry in words.entries(table.get("areas")) {
        words.named(&mut declarations.areas, entry, |area| {
            (&area.name, &mut area.label)
        });
    }
    for entry in words.entries(table.get("packs")) {
        words.named(&mut declarations.packs, entry, |pack| {
            (&pack.name, &mut pack.label)
        });
    }
    for entry in words.entries(table.get("objects")) {
        let near = nearest(&entry.name, declarations.names()).map(str::to_owned);
        let mut objects = declarations.objects.iter_mut();
        match objects.find(|object| object.name == entry.name && object.is_present()) {
            Some(object) => words.object(object, &entry.node),
            None => {
                errors.add(
                    &entry.at,
                    Fault::new("unknown_object")
                        .with("name", &entry.name)
                        .near(near.as_deref()),
                );
            }
        }
    }
    table.finish();
}

struct Words<'a> {
    lang: Lang,
    errors: &'a Errors,
}

impl<'a> Words<'a> {
    fn entries(&self, node: Option<&'a Node>) -> &'a [Entry] {
        node.map(|node| Table::of(node, self.errors).entries())
            .unwrap_or_default()
    }

    fn set(&self, label: &mut Label, node: &Node) {
        if let Some(word) = text(node, self.errors).filter(|word| !word.trim().is_empty()) {
            label.set(self.lang, word);
        }
    }

    /// Sets the label of the item that has the entry's name.
    fn named<T>(
        &self,
        items: &mut [T],
        entry: &Entry,
        parts: impl Fn(&mut T) -> (&String, &mut Label),
    ) {
        let mut names = Vec::new();
        for item in items.iter_mut() {
            let (name, label) = parts(item);
            if *name == entry.name {
                return self.set(label, &entry.node);
            }
            names.push(name.clone());
        }
        self.errors.add(
            &entry.at,
            not_among(&entry.name, names.iter().map(String::as_str)),
        );
    }

    fn object(&self, object: &mut ObjectDecl, node: &'a Node) {
        let table = Table::of(node, self.errors);
        if let Some(node) = table.get("label") {
            self.set(&mut object.label, node);
        }
        if let Some(node) = table.get("plural") {
            self.set(&mut object.plural, node);
        }
        for entry in self.entries(table.get("fields")) {
            self.field(object, entry, |words, field, node| {
                words.set(&mut field.label, node)
            });
        }
        for entry in self.entries(table.get("help")) {
            self.field(object, entry, |words, field, node| {
                words.set(&mut field.help, node)
            });
        }
        for entry in self.entries(table.get("choices")) {
            self.field(object, entry, |words, field, node| {
                for entry in words.entries(Some(node)) {
                    words.named(&mut field.options.choices, entry, |choice| {
                        (&choice.value, &mut choice.label)
                    });
                }
            });
        }
        for entry in self.entries(table.get("pipelines")) {
            self.named(&mut object.pipelines, entry, |pipeline| {
                (&pipeline.name, &mut pipeline.label)
            });
        }
        for entry in self.entries(table.get("stages")) {
            match object
                .pipelines
                .iter_mut()
                .find(|pipeline| pipeline.name == entry.name)
            {
                Some(pipeline) => {
                    for entry in self.entries(Some(&entry.node)) {
                        self.named(&mut pipeline.stages, entry, |stage| {
                            (&stage.name, &mut stage.label)
                        });
                    }
                }
                None => self.errors.add(
                    &entry.at,
                    Fault::new("unknown_pipeline").with("name", &entry.name),
                ),
            }
        }
        for entry in self.entries(table.get("views")) {
            self.named(&mut object.views, entry, |view| {
                (&view.name, &mut view.label)
            });
        }
        for entry in self.entries(table.get("sections")) {
            self.named(&mut object.layout.sections, entry, |section| {
                (&section.name, &mut section.label)
            });
        }
        table.finish();
    }

    fn field(
        &self,
        object: &mut ObjectDecl,
        entry: &'a Entry,
        put: impl FnOnce(&Self, &mut Field, &'a Node),
    ) {
        let fault = unknown_field(&entry.name, object);
        match object
            .fields
            .iter_mut()
            .find(|decl| decl.field.name == entry.name)
        {
            Some(decl) => put(self, &mut decl.field, &entry.node),
            None => self.errors.add(&entry.at, fault),
        }
    }
}
