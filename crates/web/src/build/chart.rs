//! How many records, or how much of a field, per value of another: counted by the engine under the reader's rights.

use super::cells::{tone, trimmed};
use super::desk::Desk;
use super::lists;
use super::place::{Place, Shape};
use super::slots::{Slot, slot};
use crate::Argument;
use crate::pages::Tab;
use crate::pages::chart::{Bar, ChartPage};
use guanxi_engine::read::list::{ListRequest, Question};
use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::{Cell, Value};
use guanxi_query::chips::conjunction;
use guanxi_query::print::quote;

/// Bars that are drawn; what is left makes one more.
const BARS: usize = 24;

pub struct Chart<'a> {
    desk: &'a Desk<'a>,
    place: &'a Place,
    groups: Vec<Slot>,
    /// The position among `groups`.
    by: usize,
    sums: Vec<Slot>,
    /// The position among `sums`; none where records are counted.
    sum: Option<usize>,
}

/// A value of the group with what was measured.
struct Group {
    value: Option<String>,
    label: String,
    tone: String,
    count: i64,
    /// As the column holds it.
    sum: i64,
}

impl<'a> Chart<'a> {
    pub fn new(desk: &'a Desk<'a>, place: &'a Place) -> EngineResult<Chart<'a>> {
        let object = &place.object;
        let own = || {
            object
                .fields
                .iter()
                .filter_map(|field| slot(desk, object, &field.name))
        };
        let mut groups: Vec<Slot> = own().filter(|slot| slot.kind() == "choice").collect();
        let first = place.view.lanes.as_deref().unwrap_or("stage");
        groups.sort_by_key(|slot| (slot.name != first, slot.name != "status"));
        groups.extend(
            ["owner", "department"]
                .iter()
                .filter_map(|name| slot(desk, object, name)),
        );
        // What a money column holds beside its first is not summed; a share of a hundred adds up to nothing.
        let sums: Vec<Slot> = own().filter(Slot::is_number).collect();
        let position = |slots: &[Slot], wanted: &Option<String>| {
            let wanted = wanted.as_deref();
            slots
                .iter()
                .position(|slot| Some(slot.name.as_str()) == wanted)
        };
        if groups.is_empty() {
            return Err(EngineError::NotFound);
        }
        Ok(Chart {
            desk,
            place,
            by: position(&groups, &place.by).unwrap_or(0),
            sum: position(&sums, &place.sum),
            groups,
            sums,
        })
    }

    pub fn page(&self) -> EngineResult<ChartPage> {
        let mut head = lists::head(self.desk, self.place)?;
        head.columns_href = String::new();
        let mut groups = self.measured()?;
        let measure = |group: &Group| match self.sum {
            Some(_) => group.sum,
            None => group.count,
        };
        let (count, total) = groups.iter().fold((0, 0_i64), |(count, total), group| {
            (count + group.count, total.saturating_add(measure(group)))
        });
        let is_cut = groups.len() > BARS;
        if is_cut {
            groups.sort_by_key(|group| std::cmp::Reverse(measure(group)));
            let rest = groups.split_off(BARS);
            groups.push(Group {
                value: None,
                label: self.desk.say_n("chart-others", rest.len() as u64),
                tone: String::new(),
                count: rest.iter().map(|group| group.count).sum(),
                sum: rest
                    .iter()
                    .fold(0, |sum, group| sum.saturating_add(group.sum)),
            });
        }
        let longest = groups.iter().map(measure).max().unwrap_or(0).max(1);
        let last = groups.len();
        let bars = groups.into_iter().enumerate().map(|(at, group)| {
            let share = i128::from(measure(&group)) * 100 / i128::from(longest);
            let is_rest = is_cut && at + 1 == last;
            Ok(Bar {
                href: if is_rest {
                    None
                } else {
                    Some(self.list_of(&group)?)
                },
                share: u32::try_from(share.clamp(0, 100)).unwrap_or(0),
                value: self.said(measure(&group)),
                count: match self.sum {
                    Some(_) => self.desk.say_n("chart-records", group.count.unsigned_abs()),
                    None => String::new(),
                },
                tone: group.tone,
                label: group.label,
            })
        });
        let bars = bars.collect::<EngineResult<Vec<Bar>>>()?;
        let what = match self.sum {
            Some(at) => self.sums[at].label.clone(),
            None => self.desk.say("chart-count"),
        };
        let parts = [("what", &what), ("by", &self.groups[self.by].label)];
        let parts = parts.map(|(part, text)| (part, Argument::Text(text)));
        Ok(ChartPage {
            head,
            groups: self.choices(),
            measures: self.measures(),
            caption: self.desk.words.say("chart-caption", &parts),
            bars,
            total: match self.sum {
                Some(_) => self.said(total),
                None => self.desk.speaker.number(&count.to_string()),
            },
            is_cut,
        })
    }

    /// Count and sum by group: closed lists in their own order, all else by size.
    fn measured(&self) -> EngineResult<Vec<Group>> {
        let ctx = self.desk.ctx;
        let request = ListRequest {
            filter: self.place.filter.clone(),
            ..ListRequest::default()
        };
        let question = Question::new(ctx, &self.place.object, &request)?;
        let by = &self.groups[self.by];
        let summed = self.sum.map(|at| self.sums[at].field.column.clone());
        let sums: Vec<String> = summed.into_iter().collect();
        let rows = question.lanes(ctx, &by.field.column, &sums)?;
        let int = |cell: Option<&Cell>| cell.and_then(Cell::int).unwrap_or(0);
        let mut groups: Vec<Group> = rows
            .iter()
            .map(|row| self.group(&row.cells[0], int(row.cells.get(1)), int(row.cells.get(2))))
            .collect();
        let listed = |group: &Group| {
            let choices = &by.field.options.choices;
            let place = choices
                .iter()
                .position(|choice| Some(&choice.value) == group.value.as_ref());
            place.unwrap_or(choices.len())
        };
        let size = |group: &Group| match self.sum {
            Some(_) => group.sum,
            None => group.count,
        };
        let is_listed = by.kind() == "choice" && !by.field.options.open;
        groups.sort_by_key(|group| {
            let place = if is_listed { listed(group) } else { 0 };
            (place, std::cmp::Reverse(size(group)))
        });
        Ok(groups)
    }

    fn group(&self, cell: &Cell, count: i64, sum: i64) -> Group {
        let (desk, by) = (self.desk, &self.groups[self.by]);
        let seq = cell.int().unwrap_or(0);
        let (value, label) = match by.name.as_str() {
            "owner" if by.at.is_none() => {
                let user = desk.ctx.directory.user(seq);
                (
                    user.map(|user| user.id.to_string()),
                    user.map(|user| user.name.clone()),
                )
            }
            "department" if by.at.is_none() => {
                let found = desk.ctx.directory.department(seq);
                let path = found.map(|_| desk.ctx.directory.path(seq).to_string());
                (found.map(|one| one.id.to_string()), path)
            }
            _ => {
                let value = cell.text().map(str::to_owned);
                let label = value
                    .as_deref()
                    .map(|value| super::cells::choice_label(desk, by, value));
                (value, label)
            }
        };
        let choice = value
            .as_deref()
            .and_then(|value| super::cells::find(by, value));
        Group {
            tone: choice.map(tone).unwrap_or_default(),
            label: label.unwrap_or_else(|| desk.say("chart-none")),
            value,
            count,
            sum,
        }
    }

    /// The table of the records that make the bar.
    fn list_of(&self, group: &Group) -> EngineResult<String> {
        let name = &self.groups[self.by].name;
        let of_group = match &group.value {
            Some(value) => format!("{name} = {}", quote(value)),
            None => format!("{name} is null"),
        };
        let filter = conjunction(&self.place.filter, &of_group)?;
        let changes = [
            ("as", Some(Shape::Table.name())),
            ("filter", Some(filter.as_str())),
        ];
        Ok(self.place.href("", &changes))
    }

    /// What was measured, as people say it.
    fn said(&self, measured: i64) -> String {
        let speaker = &self.desk.speaker;
        let Some(slot) = self.sum.map(|at| &self.sums[at]) else {
            return speaker.number(&measured.to_string());
        };
        let field = &slot.field;
        let mut cells = vec![Cell::Int(measured)];
        cells.resize(field.kind.columns(field).len(), Cell::Null);
        match field.kind.load(field, &cells) {
            Value::Money(money) => {
                let currency = &self.desk.ctx.engine.settings().currency;
                speaker.money(&trimmed(&money.amount.to_string()), currency)
            }
            value => speaker.number(&trimmed(&field.kind.to_text(field, &value))),
        }
    }

    fn choices(&self) -> Vec<Tab> {
        let tab = |(at, slot): (usize, &Slot)| Tab {
            label: slot.label.clone(),
            href: self.place.href("", &[("by", Some(&slot.name))]),
            current: at == self.by,
            ..Tab::default()
        };
        self.groups.iter().enumerate().map(tab).collect()
    }

    fn measures(&self) -> Vec<Tab> {
        let count = Tab {
            label: self.desk.say("chart-count"),
            href: self.place.href("", &[("sum", None)]),
            current: self.sum.is_none(),
            ..Tab::default()
        };
        let tab = |(at, slot): (usize, &Slot)| Tab {
            label: slot.label.clone(),
            href: self.place.href("", &[("sum", Some(&slot.name))]),
            current: self.sum == Some(at),
            ..Tab::default()
        };
        let sums = self.sums.iter().enumerate().map(tab);
        std::iter::once(count).chain(sums).collect()
    }
}
