//! What hangs on a record: people, tasks, related lists, sums over them, and what may be added.

use super::cells::shown;
use super::desk::{Desk, face, query, record_href};
use super::records::Sight;
use super::slots::{Slot, slot, slots};
use super::timelines::moment;
use crate::pages::record::{Composer, ComposerKind, Person, RelatedPage, RelatedRow};
use crate::pages::{Lookup, Tag, Tally, Todo};
use guanxi_access::Action;
use guanxi_engine::read::list::{Counting, ListRequest, Page};
use guanxi_engine::read::timeline::related;
use guanxi_engine::{EngineError, EngineResult, Record};
use guanxi_meta::{Object, Value};
use guanxi_query::print::quote;
use std::sync::Arc;

/// Rows of a related list on the page.
const ROWS: u32 = 5;

impl Sight<'_> {
    /// A form for a new one of `name` that leads here; none where nothing leads here or the reader may not.
    pub(super) fn new_linked(&self, name: &str) -> Option<String> {
        let target = self.desk.ctx.catalog.object(name)?;
        let field = links_here(target, &self.record.object)?;
        let may = !self.desk.ctx.grant(target, Action::Create).is_empty();
        let id = self.record.id.to_string();
        let value = if field.options.to.as_deref() == Some("*") {
            format!("{}:{id}", self.record.object.name)
        } else {
            id
        };
        may.then(|| {
            format!(
                "/{name}/new?{}",
                query(&[(&field.name, &value), ("_back", &self.at())])
            )
        })
    }

    fn of(
        &self,
        relation: &str,
        request: ListRequest,
    ) -> EngineResult<Option<(Arc<Object>, Page)>> {
        let record = self.record;
        match related(self.desk.ctx, &record.object, record.id, relation, request) {
            Ok(found) => Ok(Some(found)),
            // A relation to what this reader has no right to is not there.
            Err(EngineError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn people(&self) -> EngineResult<Vec<Person>> {
        if self
            .desk
            .ctx
            .catalog
            .object("contact")
            .is_none_or(|contact| links_here(contact, &self.record.object).is_none())
        {
            return Ok(Vec::new());
        }
        let request = ListRequest {
            limit: Some(8),
            ..ListRequest::default()
        };
        let Some((_, page)) = self.of("contact", request)? else {
            return Ok(Vec::new());
        };
        let person = |contact: &Record| {
            let text = |name: &str| {
                let slot = slot(self.desk, &contact.object, name);
                let value = slot
                    .as_ref()
                    .map(|slot| slot.value(self.desk.ctx, contact))
                    .unwrap_or_default();
                match value {
                    Value::List(items) => items
                        .first()
                        .and_then(Value::text)
                        .unwrap_or_default()
                        .to_owned(),
                    one => one.text().unwrap_or_default().to_owned(),
                }
            };
            let mobile = text("mobile");
            Person {
                face: face(&contact.title(), contact.id),
                name: contact.title(),
                href: record_href(contact),
                peek: format!("{}/peek", record_href(contact)),
                role: text("title"),
                phone: if mobile.is_empty() {
                    text("phone")
                } else {
                    mobile
                },
                email: text("email"),
                tag: None,
            }
        };
        Ok(page.records.iter().map(person).collect())
    }

    pub(super) fn todos(&self) -> EngineResult<Vec<Todo>> {
        let Some(task) = self.desk.ctx.catalog.object("task") else {
            return Ok(Vec::new());
        };
        if links_here(task, &self.record.object).is_none() {
            return Ok(Vec::new());
        }
        let request = ListRequest {
            filter: r#"status in ("planned", "in_progress")"#.to_owned(),
            sort: "due_at".to_owned(),
            limit: Some(ROWS),
            ..ListRequest::default()
        };
        let found = self.of("task", request)?;
        Ok(found
            .map(|(_, page)| {
                page.records
                    .iter()
                    .map(|task| todo(self.desk, task))
                    .collect()
            })
            .unwrap_or_default())
    }

    /// Lists that hang on the record, but those that have a place of their own on the page.
    pub(super) fn related(&self) -> EngineResult<Vec<RelatedPage>> {
        let object = &self.record.object;
        let mut pages = Vec::new();
        for relation in &object.layout.related {
            let (name, field) = relation.split_once('.').unwrap_or((relation, ""));
            if matches!(name, "contact" | "task") {
                continue;
            }
            let request = ListRequest {
                limit: Some(ROWS),
                count: Counting::Estimate,
                ..ListRequest::default()
            };
            if let Some((target, page)) = self.of(relation, request)? {
                pages.push(self.related_page(&target, field, &page)?);
            }
        }
        Ok(pages)
    }

    fn related_page(
        &self,
        target: &Arc<Object>,
        field: &str,
        page: &Page,
    ) -> EngineResult<RelatedPage> {
        let desk = self.desk;
        let filter = format!("{field} = {}", quote(&self.record.id.to_string()));
        let link = target
            .field(field)
            .map(|field| desk.label(&field.label, &field.name));
        let count = page
            .count
            .map(|count| format!("{}{}", count.value, if count.exact { "" } else { "+" }));
        let shown_fields = ["stage", "status", "close_date", "relation", "kind"].map(str::to_owned);
        let extra = slots(desk, target, &shown_fields);
        let amount = target
            .fields
            .iter()
            .find(|field| field.kind.name() == "money");
        let amount = amount.and_then(|field| slot(desk, target, &field.name));
        let row = |record: &Record| {
            let said = |slot: &Slot| shown(desk, slot, &slot.value(desk.ctx, record));
            let date = extra
                .iter()
                .find(|slot| slot.kind() == "date")
                .map(|slot| said(slot).text)
                .unwrap_or_default();
            let mark = extra.iter().find(|slot| slot.kind() == "choice").map(said);
            RelatedRow {
                record: format!("{}/{}", target.name, record.id),
                title: record.title(),
                href: record_href(record),
                peek: format!("{}/peek", record_href(record)),
                subtitle: if date.is_empty() {
                    desk.ctx.user_name(record.owner).to_owned()
                } else {
                    date
                },
                amount: amount
                    .as_ref()
                    .map(|slot| said(slot).text)
                    .unwrap_or_default(),
                tag: mark.filter(|cell| !cell.text.is_empty()).map(|cell| Tag {
                    text: cell.text,
                    tone: cell.tone,
                }),
            }
        };
        let label = desk.many(target);
        Ok(RelatedPage {
            id: format!("related-{}-{field}", target.name),
            label: match link.filter(|_| self.is_ambiguous(&target.name)) {
                Some(link) => format!("{label} · {link}"),
                None => label.clone(),
            },
            count: count.unwrap_or_default(),
            all: format!("/{}?{}", target.name, query(&[("filter", &filter)])),
            new: self.new_linked(&target.name),
            rows: page.records.iter().map(row).collect(),
            empty: desk.say_of("empty-none", "name", &label),
        })
    }

    /// Whether the target's name alone does not say which list is meant.
    fn is_ambiguous(&self, target: &str) -> bool {
        let object = &self.record.object;
        let names = object
            .layout
            .related
            .iter()
            .map(|relation| relation.split('.').next().unwrap_or_default());
        target == object.name || names.filter(|name| *name == target).count() > 1
    }

    /// What is summed up over the records that hang here; each number leads to them.
    pub(super) fn know(&self) -> Vec<Tally> {
        let (desk, object) = (self.desk, &self.record.object);
        let sums = object
            .fields
            .iter()
            .filter(|field| field.kind.name() == "roll_up");
        let tally = |field: &guanxi_meta::Field| {
            let slot = slot(desk, object, &field.name)?;
            let text = shown(desk, &slot, &slot.value(desk.ctx, self.record)).text;
            let (of, through) = (
                field.options.of.as_deref()?,
                field.options.through.as_deref()?,
            );
            let mut filter = format!("{through} = {}", quote(&self.record.id.to_string()));
            if let Some(expression) = &field.options.expression {
                filter = guanxi_query::chips::conjunction(&filter, expression).unwrap_or(filter);
            }
            let href = format!("/{of}?{}", query(&[("filter", &filter)]));
            (!text.is_empty()).then(|| Tally {
                label: slot.label,
                value: text,
                href,
                tone: String::new(),
            })
        };
        sums.filter_map(tally).collect()
    }

    pub(super) fn composer(&self) -> Option<Composer> {
        let desk = self.desk;
        let fits = |object: &&Arc<Object>| {
            object.is_activity() && links_here(object, &self.record.object).is_some()
        };
        let kind = |object: &Arc<Object>| ComposerKind {
            value: object.name.clone(),
            label: desk.one(object),
            icon: object.icon.clone(),
            has_due: object.field("due_at").is_some(),
        };
        let mut kinds: Vec<ComposerKind> = desk
            .objects(Action::Create)
            .filter(fits)
            .map(kind)
            .collect();
        kinds.sort_by_key(|kind| kind.value != "note");
        (!kinds.is_empty()).then(|| Composer {
            href: format!("{}/activity", self.at()),
            kinds,
            ..Composer::default()
        })
    }
}

/// The link of `target` that leads to records of `object`: one of its own, else one to anything.
pub fn links_here<'t>(target: &'t Object, object: &Object) -> Option<&'t guanxi_meta::Field> {
    let to = |wanted: &str| {
        let leads = |field: &&guanxi_meta::Field| {
            field.kind.name() == "link" && field.options.to.as_deref() == Some(wanted)
        };
        target.fields.iter().find(leads)
    };
    let own = if target.name == object.name {
        None
    } else {
        to(&object.name)
    };
    own.or_else(|| to("*"))
}

pub fn todo(desk: &Desk<'_>, task: &Record) -> Todo {
    let href = record_href(task);
    let due = moment(desk, task.get("due_at"));
    let late = due.as_ref().is_some_and(|due| due.past);
    let today = due
        .as_ref()
        .is_some_and(|due| due.text.starts_with(&desk.say("day-today")));
    let about = task
        .get("customer")
        .id()
        .map(|id| desk.lookup("customer", id));
    Todo {
        record: format!("{}/{}", task.object.name, task.id),
        version: task.version.unsigned_abs(),
        title: task.title(),
        peek: format!("{href}/peek"),
        done: format!("{href}/completion"),
        href,
        about: about.filter(|about: &Lookup| !about.href.is_empty()),
        due,
        tone: if late {
            "rose"
        } else if today {
            "gold"
        } else {
            ""
        }
        .to_owned(),
        icon: task.object.icon.clone(),
    }
}
