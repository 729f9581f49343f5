//! Boards: lanes by stage or by any closed choice, totals by the engine, cards a page at a time.

use super::cells::{find, shown, tone};
use super::desk::{Desk, record_href};
use super::lists;
use super::place::Place;
use super::slots::{Slot, slot, slots};
use crate::pages::board::{BoardPage, DealCard, Lane};
use crate::pages::{Tab, Tag, Tally};
use guanxi_access::Action;
use guanxi_engine::read::list::{ListRequest, Question, list};
use guanxi_engine::{EngineError, EngineResult, Record};
use guanxi_meta::catalog::{Outcome, Pipeline};
use guanxi_meta::{Object, Value};
use guanxi_query::chips::conjunction;
use guanxi_query::cond::Cond;
use guanxi_query::print::quote;
use guanxi_query::{Purpose, check_as};
use std::collections::HashMap;

/// Cards of one lane's page.
const CARDS: u32 = 20;

/// The field whose values are the lanes.
pub fn lane_slot(desk: &Desk<'_>, place: &Place) -> Option<Slot> {
    let object = &place.object;
    let by_view = place.view.lanes.clone();
    let is_lane =
        |field: &&guanxi_meta::Field| field.kind.name() == "choice" && !field.options.open;
    let named = |name: &str| {
        object
            .field(name)
            .filter(is_lane)
            .map(|field| field.name.clone())
    };
    let first = || {
        object
            .fields
            .iter()
            .find(is_lane)
            .map(|field| field.name.clone())
    };
    let name = by_view
        .or_else(|| named("stage"))
        .or_else(|| named("status"))
        .or_else(first)?;
    slot(desk, object, &name)
}

/// What a board shows: lanes of one pipeline, or of a field's values.
pub struct Board<'a> {
    desk: &'a Desk<'a>,
    place: &'a Place,
    lanes: Slot,
    pipeline: Option<Pipeline>,
    filter: String,
    amount: Option<Slot>,
}

impl<'a> Board<'a> {
    pub fn new(desk: &'a Desk<'a>, place: &'a Place) -> EngineResult<Board<'a>> {
        let lanes = lane_slot(desk, place).ok_or(EngineError::NotFound)?;
        let by_stage = lanes.name == "stage" && !place.object.pipelines.is_empty();
        let (pipeline, filter) = if by_stage {
            of_pipeline(desk, place)?
        } else {
            (None, place.filter.clone())
        };
        let money = place
            .object
            .fields
            .iter()
            .find(|field| field.kind.name() == "money");
        let amount = money.and_then(|field| slot(desk, &place.object, &field.name));
        Ok(Board {
            desk,
            place,
            lanes,
            pipeline,
            filter,
            amount,
        })
    }

    pub fn page(&self) -> EngineResult<BoardPage> {
        let mut head = lists::head(self.desk, self.place)?;
        head.columns_href = String::new();
        let mut lanes = self.heads()?;
        for lane in &mut lanes {
            let (cards, next) = self.cards(&lane.stage, "")?;
            lane.more = next.map(|cursor| self.more(&lane.stage, &cursor));
            lane.is_partial = lane.more.is_some();
            lane.cards = cards;
        }
        Ok(BoardPage {
            head,
            sums: Vec::new(),
            pipelines: self.pipelines(),
            lanes,
        }
        .with_total())
    }

    /// Lanes without cards: names, counts, sums.
    pub fn heads(&self) -> EngineResult<Vec<Lane>> {
        let totals = self.totals()?;
        let most = totals
            .values()
            .map(|(_, sum)| *sum)
            .max()
            .unwrap_or(0)
            .max(1);
        let most_count = totals
            .values()
            .map(|(count, _)| *count)
            .max()
            .unwrap_or(0)
            .max(1);
        let currency = &self.desk.ctx.engine.settings().currency;
        let can_add = !self
            .desk
            .ctx
            .grant(&self.place.object, Action::Create)
            .is_empty();
        let lane = |(value, label, outcome): (String, String, Outcome)| {
            let (count, sum) = totals.get(&value).copied().unwrap_or_default();
            let share = if self.amount.is_some() {
                sum * 100 / most
            } else {
                count * 100 / most_count
            };
            let add = format!(
                "/{}/new?{}",
                self.place.object.name,
                super::desk::query(&self.fills(&value))
            );
            Lane {
                label,
                count: count.to_string(),
                sum: if self.amount.is_some() {
                    self.money(sum)
                } else {
                    String::new()
                },
                currency: currency.clone(),
                closing: closing(outcome).to_owned(),
                share: u32::try_from(share.clamp(0, 100)).unwrap_or(0),
                add: (can_add && outcome == Outcome::Open).then_some(add),
                stage: value,
                ..Lane::default()
            }
        };
        Ok(self.lanes().into_iter().map(lane).collect())
    }

    fn fills<'b>(&'b self, value: &'b str) -> Vec<(&'b str, &'b str)> {
        let mut fills = vec![(self.lanes.name.as_str(), value)];
        fills.extend(
            self.pipeline
                .as_ref()
                .map(|pipeline| ("pipeline", pipeline.name.as_str())),
        );
        fills
    }

    /// Money at rest is scaled by 10,000; sums on a board are said in whole units.
    fn money(&self, scaled: i64) -> String {
        self.desk.speaker.money(
            &(scaled / 10_000).to_string(),
            &self.desk.ctx.engine.settings().currency,
        )
    }

    fn lanes(&self) -> Vec<(String, String, Outcome)> {
        let desk = self.desk;
        match &self.pipeline {
            Some(pipeline) => pipeline
                .stages
                .iter()
                .map(|stage| {
                    (
                        stage.name.clone(),
                        desk.label(&stage.label, &stage.name),
                        stage.outcome,
                    )
                })
                .collect(),
            None => {
                let choices = &self.lanes.field.options.choices;
                let lane = |choice: &guanxi_meta::catalog::Choice| {
                    (
                        choice.value.clone(),
                        desk.label(&choice.label, &choice.value),
                        Outcome::Open,
                    )
                };
                choices.iter().map(lane).collect()
            }
        }
    }

    /// Count and sum by lane.
    fn totals(&self) -> EngineResult<HashMap<String, (i64, i64)>> {
        let ctx = self.desk.ctx;
        let request = ListRequest {
            filter: self.filter.clone(),
            ..ListRequest::default()
        };
        let question = Question::new(ctx, &self.place.object, &request)?;
        let sums: Vec<String> = self
            .amount
            .iter()
            .map(|slot| slot.field.column.clone())
            .collect();
        let column = &self.lanes.field.column;
        let rows = question.lanes(ctx, column, &sums)?;
        let total = |row: &guanxi_store::Row| {
            let int = |at: usize| {
                row.cells
                    .get(at)
                    .and_then(guanxi_meta::Cell::int)
                    .unwrap_or(0)
            };
            Some((row.cells[0].text()?.to_owned(), (int(1), int(2))))
        };
        Ok(rows.iter().filter_map(total).collect())
    }

    /// One page of a lane's cards, and where it goes on.
    pub fn cards(&self, lane: &str, cursor: &str) -> EngineResult<(Vec<DealCard>, Option<String>)> {
        let request = ListRequest {
            filter: self.filter.clone(),
            sort: self.place.sort.clone(),
            limit: Some(CARDS),
            cursor: cursor.to_owned(),
            within: Some(Cond::equal(&self.lanes.field.column, lane)),
            ..ListRequest::default()
        };
        let page = list(self.desk.ctx, &self.place.object, &request)?;
        Ok((self.show(&page.records)?, page.next))
    }

    pub fn show(&self, records: &[Record]) -> EngineResult<Vec<DealCard>> {
        let slots = slots(self.desk, &self.place.object, &self.place.columns);
        let ctx = self.desk.ctx;
        let values: Vec<(&str, Value)> = records
            .iter()
            .flat_map(|record| {
                slots
                    .iter()
                    .map(|slot| (slot.to(), slot.value(ctx, record)))
            })
            .collect();
        self.desk
            .learn(values.iter().map(|(to, value)| (*to, value)))?;
        Ok(records
            .iter()
            .map(|record| self.card(&slots, record))
            .collect())
    }

    pub fn more(&self, lane: &str, cursor: &str) -> String {
        self.place
            .href("/cards", &[("lane", Some(lane)), ("cursor", Some(cursor))])
    }

    fn card(&self, slots: &[Slot], record: &Record) -> DealCard {
        let (desk, object) = (self.desk, &record.object);
        let at = record_href(record);
        let others = slots
            .iter()
            .filter(|slot| slot.at != Some(object.title) && slot.name != self.lanes.name);
        let cell = |slot: &Slot| shown(desk, slot, &slot.value(desk.ctx, record));
        let links: Vec<String> = others
            .clone()
            .filter(|slot| {
                matches!(slot.kind(), "link" | "text" | "person_name") && slot.name != "owner"
            })
            .map(|slot| cell(slot).text)
            .filter(|text| !text.is_empty())
            .collect();
        let dates = others
            .clone()
            .filter(|slot| matches!(slot.kind(), "date" | "instant"));
        let is_open = matches!(self.outcome(record), Outcome::Open);
        let mut tags: Vec<Tag> = dates
            .filter_map(|slot| self.date_tag(slot, record, is_open))
            .collect();
        for slot in others.filter(|slot| slot.kind() == "choice") {
            let value = slot.value(desk.ctx, record);
            let choice = value.text().and_then(|text| find(slot, text));
            tags.extend(choice.map(|choice| Tag {
                text: desk.label(&choice.label, &choice.value),
                tone: tone(choice),
            }));
        }
        let amount = self
            .amount
            .as_ref()
            .map(|slot| (slot, slot.value(desk.ctx, record)));
        DealCard {
            record: format!("{}/{}", object.name, record.id),
            version: record.version.unsigned_abs(),
            peek: format!("{at}/peek"),
            refresh: self
                .place
                .href("/card", &[("id", Some(&record.id.to_string()))]),
            move_href: format!("{at}/move?{}", self.place.query(&[])),
            close_href: format!("{at}/closure"),
            href: at,
            title: record.title(),
            subtitle: links.join(" · "),
            amount_text: amount
                .as_ref()
                .map(|(slot, value)| shown(desk, slot, value).text)
                .unwrap_or_default(),
            amount: match &amount {
                Some((_, Value::Money(money))) => money.base.unwrap_or(money.amount).to_string(),
                _ => String::new(),
            },
            face: desk.user_face(record.owner),
            is_late: tags.iter().any(|tag| tag.tone == "rose"),
            tags,
            allowed: self.allowed(record),
        }
    }

    fn date_tag(&self, slot: &Slot, record: &Record, is_open: bool) -> Option<Tag> {
        let moment = match slot.value(self.desk.ctx, record) {
            Value::Date(date) => self.desk.speaker.date(date),
            Value::Instant(at) => self.desk.speaker.instant(at),
            _ => return None,
        };
        let is_due =
            is_open && matches!(slot.name.as_str(), "close_date" | "due_at" | "follow_up_on");
        Some(Tag {
            tone: if is_due && moment.past {
                "rose".to_owned()
            } else {
                String::new()
            },
            text: moment.text,
        })
    }

    fn outcome(&self, record: &Record) -> Outcome {
        if self.pipeline.is_none() {
            let done = matches!(
                record.get("status").text(),
                Some("done" | "cancelled" | "converted" | "disqualified")
            );
            return if done { Outcome::Won } else { Outcome::Open };
        }
        outcome(&record.object, record)
    }

    /// A closed deal goes back through the noun that reopens it, not by dragging from one end to the other.
    fn allowed(&self, record: &Record) -> Option<Vec<String>> {
        let pipeline = self.pipeline.as_ref()?;
        let grant = self.desk.ctx.grant(&record.object, Action::Update);
        let may = self.lanes.is_writable(&grant)
            && (grant.admits(record.standing()) || grant.follows_shares());
        let closed = outcome(&record.object, record) != Outcome::Open;
        let fits = |stage: &&guanxi_meta::catalog::Stage| {
            may && !(closed && stage.outcome != Outcome::Open)
        };
        Some(
            pipeline
                .stages
                .iter()
                .filter(fits)
                .map(|stage| stage.name.clone())
                .collect(),
        )
    }

    fn pipelines(&self) -> Vec<Tab> {
        let Some(here) = &self.pipeline else {
            return Vec::new();
        };
        let pipelines = &self.place.object.pipelines;
        let tab = |pipeline: &Pipeline| Tab {
            label: self.desk.label(&pipeline.label, &pipeline.name),
            href: self.place.href(
                "",
                &[("pipeline", Some(&pipeline.name)), ("as", Some("board"))],
            ),
            current: pipeline.name == here.name,
            ..Tab::default()
        };
        if pipelines.len() > 1 {
            pipelines.iter().map(tab).collect()
        } else {
            Vec::new()
        }
    }
}

impl BoardPage {
    /// The open lanes' count as one figure; sums are said by each lane.
    fn with_total(mut self) -> BoardPage {
        let open = self.lanes.iter().filter(|lane| lane.closing.is_empty());
        let count: u64 = open.filter_map(|lane| lane.count.parse::<u64>().ok()).sum();
        if let Some(tab) = self.pipelines.iter().find(|tab| tab.current) {
            self.sums.push(Tally {
                label: tab.label.clone(),
                value: count.to_string(),
                ..Tally::default()
            });
        }
        self
    }
}

pub fn closing(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "",
        Outcome::Won => "won",
        Outcome::Lost => "lost",
    }
}

/// The outcome of the stage that the record is in.
pub fn outcome(object: &Object, record: &Record) -> Outcome {
    let stage = record.get("stage").text().unwrap_or_default();
    let pipeline = record
        .get("pipeline")
        .text()
        .or(object.pipelines.first().map(|first| first.name.as_str()));
    pipeline
        .and_then(|name| object.stage(name, stage))
        .map_or(Outcome::Open, |stage| stage.outcome)
}

/// The pipeline that the address or the filter names, else the first, and the filter that holds to it.
fn of_pipeline(desk: &Desk<'_>, place: &Place) -> EngineResult<(Option<Pipeline>, String)> {
    let object = &place.object;
    let typed = check_as(
        &desk.ctx.catalog,
        object,
        &place.filter,
        Purpose::Filter,
        desk.ctx,
    )?;
    let chips = typed.chips();
    let own = chips.iter().find_map(|chip| {
        let simple = chip
            .simple
            .as_ref()
            .filter(|simple| simple.field == "pipeline" && simple.op == "=")?;
        Some((simple.items.first()?.clone(), chip.rest.clone()))
    });
    let (named, rest) = own.map_or((None, place.filter.clone()), |(name, rest)| {
        (Some(name), rest)
    });
    let wanted = place.pipeline.clone().or(named);
    let known = object
        .pipelines
        .iter()
        .find(|pipeline| Some(&pipeline.name) == wanted.as_ref());
    let Some(pipeline) = known.or(object.pipelines.first()) else {
        return Ok((None, place.filter.clone()));
    };
    let only = format!("pipeline = {}", quote(&pipeline.name));
    let filter = if rest.trim().is_empty() {
        only
    } else {
        conjunction(&rest, &only)?
    };
    Ok((Some(pipeline.clone()), filter))
}
