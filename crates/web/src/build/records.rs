//! The record's page and its peek: facts by the layout's sections, stages, what hangs on it, what can be done.

use super::board::{closing, outcome};
use super::cells::{choice_label, find, of_record, shown, tone};
use super::desk::{Desk, face, query, record_href};
use super::merges;
use super::slots::{Slot, slot, slots};
use super::timelines::{self, Undo};
use crate::pages::merge::MergeRow;
use crate::pages::peek::PeekPage;
use crate::pages::record::{Alert, RecordPage, Stage, TimelinePage};
use crate::pages::{Action as Button, Crumb, Method, Section, Tab, Tag};
use guanxi_access::Action;
use guanxi_capabilities::{follow, identity, pipeline};
use guanxi_engine::capability::On;
use guanxi_engine::{EngineResult, Record, act, files, read};
use guanxi_meta::Value;
use guanxi_meta::catalog::Outcome;
use guanxi_store::StoreExt;

/// A record with what the reader may do with it.
pub struct Sight<'a> {
    pub desk: &'a Desk<'a>,
    pub record: &'a Record,
    may_update: bool,
    may_delete: bool,
}

impl<'a> Sight<'a> {
    pub fn new(desk: &'a Desk<'a>, record: &'a Record) -> EngineResult<Sight<'a>> {
        let may_update = read::may(desk.ctx, record, Action::Update)?;
        let may_delete = read::may(desk.ctx, record, Action::Delete)?;
        Ok(Sight {
            desk,
            record,
            may_update,
            may_delete,
        })
    }

    pub(super) fn at(&self) -> String {
        record_href(self.record)
    }

    fn key(&self) -> String {
        format!("{}/{}", self.record.object.name, self.record.id)
    }

    pub fn page(&self, tab: &str) -> EngineResult<RecordPage> {
        let (desk, record) = (self.desk, self.record);
        let object = &record.object;
        let sections = self.sections()?;
        let (actions, more) = self.actions();
        let related = self.related()?;
        Ok(RecordPage {
            record: self.key(),
            version: record.version.unsigned_abs(),
            crumb: Crumb {
                label: desk.many(object),
                href: format!("/{}", object.name),
            },
            name: self.name(),
            face: face(&record.title(), record.id),
            subtitle: self.subtitle(),
            tags: self.tags(),
            actions,
            more,
            edit: self.may_update.then(|| format!("{}/edit", self.at())),
            why: format!("{}/why", self.at()),
            is_followed: self.is_followed()?,
            follow: format!("{}/follow", self.at()),
            alerts: self.alerts()?,
            stages: self.stages()?,
            sections,
            people: self.people()?,
            new_person: self.new_linked("contact"),
            tabs: self.tabs(tab),
            composer: if tab == "timeline" {
                self.composer()
            } else {
                None
            },
            upload: (tab == "files" && self.may_update).then(|| format!("{}/files", self.at())),
            timeline: self.line(tab)?,
            merges: self.merges(tab)?,
            know: self.know(),
            todos: self.todos()?,
            new_todo: self.new_linked("task"),
            related,
        })
    }

    pub fn peek(&self) -> EngineResult<PeekPage> {
        let (mut actions, _) = self.actions();
        if self.may_update {
            actions.push(button(
                self.desk.say("edit"),
                "pencil",
                format!("{}/edit", self.at()),
                Method::Link,
            ));
        }
        Ok(PeekPage {
            record: self.key(),
            version: self.record.version.unsigned_abs(),
            href: self.at(),
            name: self.name(),
            face: face(&self.record.title(), self.record.id),
            subtitle: self.subtitle(),
            tags: self.tags(),
            stages: Vec::new(),
            sections: self.sections()?.into_iter().take(2).collect(),
            latest: timelines::latest(self.desk, self.record, 3)?,
            actions,
        })
    }

    fn name(&self) -> String {
        let title = self.record.title();
        if title.is_empty() {
            self.desk.say("unnamed")
        } else {
            title
        }
    }

    fn line(&self, tab: &str) -> EngineResult<TimelinePage> {
        let (desk, record) = (self.desk, self.record);
        let undo = if self.may_update {
            Undo::Offered
        } else {
            Undo::Refused
        };
        match tab {
            "history" => timelines::changes(desk, record, ("", undo)),
            "files" => Ok(timelines::files(
                desk,
                (&files::list(desk.ctx, &record.object, record.id)?, undo),
            )),
            _ => timelines::activities(desk, record, ""),
        }
    }

    /// What went into this record, where its history is read.
    fn merges(&self, tab: &str) -> EngineResult<Vec<MergeRow>> {
        let (desk, record) = (self.desk, self.record);
        if tab != "history" || !record.object.has("identity") {
            return Ok(Vec::new());
        }
        let merges = identity::memory::merges_into(desk.ctx, &record.object, record.id)?;
        Ok(merges
            .iter()
            .map(|merge| merges::row(desk, merge))
            .collect())
    }

    fn tabs(&self, tab: &str) -> Vec<Tab> {
        let one = |name: &str| Tab {
            label: self.desk.say(&format!("tab-{name}")),
            href: if name == "timeline" {
                self.at()
            } else {
                format!("{}?tab={name}", self.at())
            },
            current: name == tab,
            ..Tab::default()
        };
        ["timeline", "history", "files"].map(one).into()
    }

    /// The layout's sections; without a layout all fields.
    pub fn sections(&self) -> EngineResult<Vec<Section>> {
        let (desk, object) = (self.desk, &self.record.object);
        let grant = desk.ctx.grant(object, Action::Update);
        let mut groups: Vec<(String, Vec<Slot>)> = Vec::new();
        for section in &object.layout.sections {
            groups.push((
                desk.label(&section.label, &section.name),
                slots(desk, object, &section.fields),
            ));
        }
        if groups.is_empty() {
            let names: Vec<String> = object
                .fields
                .iter()
                .map(|field| field.name.clone())
                .chain(["owner".to_owned()])
                .collect();
            groups.push((desk.one(object), slots(desk, object, &names)));
        }
        let all = groups.iter().flat_map(|(_, slots)| slots);
        let values: Vec<(&str, Value)> = all
            .map(|slot| (slot.to(), slot.value(desk.ctx, self.record)))
            .collect();
        desk.learn(values.iter().map(|(to, value)| (*to, value)))?;
        let cell = |slot: &Slot| {
            of_record(
                desk,
                slot,
                self.record,
                self.may_update && slot.is_writable(&grant),
            )
        };
        let section = |(label, slots): (String, Vec<Slot>)| Section {
            label,
            cells: slots.iter().map(cell).collect(),
        };
        Ok(groups
            .into_iter()
            .map(section)
            .filter(|section| !section.cells.is_empty())
            .collect())
    }

    /// Number, trade, place: what tells one from another of the same name.
    fn subtitle(&self) -> Vec<String> {
        let names = [
            "number", "company", "title", "industry", "region", "customer",
        ]
        .map(str::to_owned);
        let slots = slots(self.desk, &self.record.object, &names);
        let text =
            |slot: &Slot| shown(self.desk, slot, &slot.value(self.desk.ctx, self.record)).text;
        slots
            .iter()
            .map(text)
            .filter(|text| !text.is_empty())
            .collect()
    }

    fn tags(&self) -> Vec<Tag> {
        let names = ["level", "status", "priority"].map(str::to_owned);
        let mut tags = Vec::new();
        for slot in slots(self.desk, &self.record.object, &names) {
            let value = slot.value(self.desk.ctx, self.record);
            if let (Some(text), "choice") = (value.text(), slot.kind()) {
                let tone = find(&slot, text).map(tone).unwrap_or_default();
                tags.push(Tag {
                    text: choice_label(self.desk, &slot, text),
                    tone,
                });
            }
        }
        tags
    }

    /// What comes first as a button, the rest in the menu.
    fn actions(&self) -> (Vec<Button>, Vec<Button>) {
        let (desk, record) = (self.desk, self.record);
        let object = &record.object;
        let mut first = Vec::new();
        let mut more = Vec::new();
        for noun in act::nouns(desk.ctx, object)
            .into_iter()
            .filter(|noun| noun.on == On::Live)
        {
            let may = match noun.needs {
                Action::Update => self.may_update,
                Action::Delete => self.may_delete,
                _ => true,
            };
            // Claiming is offered where the page says that the record is in the pool.
            if !may || noun.name == "claim" || !self.makes_sense(noun.name) {
                continue;
            }
            let method = if noun.name == "merge" {
                Method::Link
            } else if noun.inputs.is_empty() {
                Method::Post
            } else {
                Method::Dialog
            };
            let entry = button(
                desk.label(&noun.label, noun.name),
                icon_of(noun.name),
                format!("{}/{}", self.at(), noun.name),
                method,
            );
            match noun.name {
                "conversion" | "completion" => first.push(Button {
                    tone: "go".to_owned(),
                    ..entry
                }),
                _ => more.push(entry),
            }
        }
        if let Some(href) = self.new_linked("opportunity") {
            let label = desk
                .ctx
                .catalog
                .object("opportunity")
                .map(|deal| desk.say_of("new-one", "name", &desk.one(deal)));
            first.push(Button {
                key: "o".to_owned(),
                ..button(label.unwrap_or_default(), "plus", href, Method::Link)
            });
        }
        if self.may_delete {
            let remove = button(
                desk.say("delete"),
                "trash-2",
                format!("{}/remove", self.at()),
                Method::Dialog,
            );
            more.push(Button {
                tone: "danger".to_owned(),
                ..remove
            });
        }
        (first, more)
    }

    /// Whether a noun has anything to do with the record as it stands now.
    fn makes_sense(&self, noun: &str) -> bool {
        let record = self.record;
        let status = record.get("status").text();
        match noun {
            "follow" | "unfollow" => false,
            "claim" => record.owner == 0,
            "release" => record.owner != 0,
            "closure" => outcome(&record.object, record) == Outcome::Open,
            "reopening" => outcome(&record.object, record) != Outcome::Open,
            "conversion" => status != Some("converted"),
            "completion" => status != Some("done"),
            _ => true,
        }
    }

    fn is_followed(&self) -> EngineResult<bool> {
        let (ctx, record) = (self.desk.ctx, self.record);
        let followers = ctx
            .engine
            .store()
            .look(|view| follow::followers(view, &record.object, record.id))?;
        Ok(followers.contains(&ctx.actor.seq()))
    }

    fn alerts(&self) -> EngineResult<Vec<Alert>> {
        let (desk, record) = (self.desk, self.record);
        let mut alerts = Vec::new();
        if record.owner == 0 && record.object.has("pool") {
            let nouns = act::nouns(desk.ctx, &record.object);
            let claims = nouns
                .iter()
                .find(|noun| noun.name == "claim" && self.may_update);
            let claim = claims.map(|noun| {
                let button = button(
                    desk.label(&noun.label, noun.name),
                    "hand",
                    format!("{}/claim", self.at()),
                    Method::Post,
                );
                Button {
                    tone: "go".to_owned(),
                    ..button
                }
            });
            alerts.push(Alert {
                tone: "warn".to_owned(),
                icon: "waves".to_owned(),
                text: desk.say("alert-pool"),
                action: claim,
            });
        }
        if record.object.has("identity") {
            alerts.extend(self.twin()?);
        }
        Ok(alerts)
    }

    /// The record that looks most like this one.
    fn twin(&self) -> EngineResult<Option<Alert>> {
        let (desk, record) = (self.desk, self.record);
        let grant = desk.ctx.grant(&record.object, Action::Read);
        let json = record.to_json(desk.ctx, &grant, None);
        let Some(values) = json.as_object() else {
            return Ok(None);
        };
        let found = desk
            .ctx
            .engine
            .store()
            .look(|view| identity::duplicates(view, desk.ctx, &record.object, values))?;
        let Some(twin) = found.first() else {
            return Ok(None);
        };
        let merge = format!(
            "{}/merge?{}",
            self.at(),
            query(&[("with", &twin.record.id.to_string())])
        );
        let compare = button(desk.say("compare-merge"), "merge", merge, Method::Link);
        Ok(Some(Alert {
            tone: String::new(),
            icon: "merge".to_owned(),
            text: desk.say_of("alert-twin", "name", &twin.record.title()),
            action: self.may_update.then_some(compare),
        }))
    }

    pub fn stages(&self) -> EngineResult<Vec<Stage>> {
        let (desk, record) = (self.desk, self.record);
        let object = &record.object;
        let Some(now) = slot(desk, object, "stage").filter(|_| !object.pipelines.is_empty()) else {
            return Ok(Vec::new());
        };
        let own = record.get("pipeline").text();
        let pipeline = object
            .pipelines
            .iter()
            .find(|pipeline| Some(pipeline.name.as_str()) == own)
            .or(object.pipelines.first());
        let Some(pipeline) = pipeline else {
            return Ok(Vec::new());
        };
        let here = record.get("stage").text().unwrap_or_default();
        let here_at = pipeline
            .stages
            .iter()
            .position(|stage| stage.name == here)
            .unwrap_or(0);
        let closed = outcome(object, record) != Outcome::Open;
        let grant = desk.ctx.grant(object, Action::Update);
        let may_move = self.may_update && now.is_writable(&grant);
        let stays = pipeline::stays(desk.ctx, object, record.id)?;
        let days = |name: &str| {
            let spent: i64 = stays
                .iter()
                .filter(|stay| stay.stage == name)
                .map(|stay| stay.left_at.unwrap_or(desk.ctx.now_micros()) - stay.entered_at)
                .sum();
            let days = u64::try_from(spent / 86_400_000_000).unwrap_or(0);
            if days == 0 {
                String::new()
            } else {
                desk.say_n("span-days", days)
            }
        };
        let stage = |(at, stage): (usize, &guanxi_meta::catalog::Stage)| {
            let is_here = at == here_at;
            let ends = stage.outcome != Outcome::Open;
            let state = match (is_here, stage.outcome) {
                (true, Outcome::Open) => "now",
                (true, end) => closing(end),
                (false, _) if at < here_at && !ends => "past",
                (false, _) => "next",
            };
            let href = if ends {
                format!("{}/closure?outcome={}", self.at(), closing(stage.outcome))
            } else {
                format!("{}/stage", self.at())
            };
            Stage {
                value: stage.name.clone(),
                label: desk.label(&stage.label, &stage.name),
                state: state.to_owned(),
                href: (may_move && !is_here && !(closed && ends)).then_some(href),
                is_dialog: ends,
                stay: if ends {
                    String::new()
                } else {
                    days(&stage.name)
                },
            }
        };
        Ok(pipeline.stages.iter().enumerate().map(stage).collect())
    }
}

pub fn button(label: String, icon: &str, href: String, method: Method) -> Button {
    Button {
        label,
        icon: icon.to_owned(),
        href,
        method,
        ..Button::default()
    }
}

/// The sign of a noun.
pub fn icon_of(noun: &str) -> &'static str {
    match noun {
        "handover" => "arrow-left-right",
        "share" | "unshare" => "share-2",
        "merge" => "merge",
        "claim" => "hand",
        "release" => "waves",
        "conversion" => "arrow-right",
        "completion" => "check",
        "closure" => "flag",
        "reopening" => "undo-2",
        "restore" => "undo-2",
        _ => "zap",
    }
}
