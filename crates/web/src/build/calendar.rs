//! A month of records by a day that they have: the weeks, what lies in each day, and the way to the months beside it.

use super::cells::{find, tone};
use super::desk::{Desk, query, record_href};
use super::lists;
use super::place::{Place, Shape};
use super::slots::{Slot, slot};
use crate::Argument;
use crate::pages::Tab;
use crate::pages::calendar::{CalendarPage, Day, Entry};
use guanxi_access::Action;
use guanxi_engine::read::list::{ListRequest, MOST_ROWS, list};
use guanxi_engine::{EngineError, EngineResult, Record};
use guanxi_meta::{Cell, Value};
use guanxi_query::chips::conjunction;
use guanxi_query::cond::{Cond, Op};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use std::collections::BTreeMap;

/// Records of one day that are shown; the rest is a number that leads to them.
const SHOWN: usize = 4;

pub struct Calendar<'a> {
    desk: &'a Desk<'a>,
    place: &'a Place,
    dates: Vec<Slot>,
    /// The position among `dates` of the one that is shown.
    at: usize,
    /// The first of the month.
    month: Date,
    today: Date,
}

impl<'a> Calendar<'a> {
    pub fn new(desk: &'a Desk<'a>, place: &'a Place) -> EngineResult<Calendar<'a>> {
        let dates = dates(desk, place);
        let wanted = place.date.as_deref();
        let named = dates
            .iter()
            .position(|slot| Some(slot.name.as_str()) == wanted);
        let today = desk.ctx.now.to_zoned(desk.ctx.zone.clone()).date();
        let asked = place.month.as_deref().and_then(month_of);
        if dates.is_empty() {
            return Err(EngineError::NotFound);
        }
        Ok(Calendar {
            desk,
            place,
            at: named.unwrap_or(0),
            dates,
            month: asked.unwrap_or_else(|| today.first_of_month()),
            today,
        })
    }

    fn slot(&self) -> &Slot {
        &self.dates[self.at]
    }

    pub fn page(&self) -> EngineResult<CalendarPage> {
        let mut head = lists::head(self.desk, self.place)?;
        head.columns_href = String::new();
        let (first, weeks) = self.weeks();
        let behind = after(first, weeks * 7);
        let request = ListRequest {
            filter: self.place.filter.clone(),
            sort: self.slot().name.clone(),
            limit: Some(MOST_ROWS),
            within: Some(self.between(first, behind)?),
            ..ListRequest::default()
        };
        let found = list(self.desk.ctx, &self.place.object, &request)?;
        let mut by_day: BTreeMap<Date, Vec<Entry>> = BTreeMap::new();
        for record in &found.records {
            if let Some((day, time)) = self.moment(record) {
                by_day
                    .entry(day)
                    .or_default()
                    .push(self.entry(record, time));
            }
        }
        let mut days = (0..weeks * 7).map(|step| {
            let day = after(first, step);
            self.day(day, by_day.remove(&day).unwrap_or_default())
        });
        let weeks = (0..weeks)
            .map(|_| days.by_ref().take(7).collect::<EngineResult<Vec<Day>>>())
            .collect::<EngineResult<_>>()?;
        let at = |month: Date| {
            let month = month.strftime("%Y-%m").to_string();
            self.place.href("", &[("month", Some(&month))])
        };
        let weekday = |day: i32| self.desk.say(&format!("weekday-{day}"));
        Ok(CalendarPage {
            head,
            month: self.said(),
            previous: at(self.month.saturating_sub(1.month())),
            today: self.place.href("", &[("month", None)]),
            following: at(self.month.saturating_add(1.month())),
            dates: self.choices(),
            weekdays: (1..=7).map(weekday).collect(),
            weeks,
            is_partial: found.next.is_some(),
        })
    }

    /// `2026 年 11 月`, `November 2026`.
    fn said(&self) -> String {
        let name = self.desk.say(&format!("month-{}", self.month.month()));
        let (year, month) = (
            self.month.year().to_string(),
            self.month.month().to_string(),
        );
        let parts = [("year", &year), ("month", &month), ("name", &name)];
        let parts = parts.map(|(part, text)| (part, Argument::Text(text)));
        self.desk.words.say("calendar-month", &parts)
    }

    /// The Monday on or before the first of the month, and how many weeks reach behind its last day.
    fn weeks(&self) -> (Date, i32) {
        let before = self.month.weekday().since(Weekday::Monday);
        let days = i32::from(before) + i32::from(self.month.days_in_month());
        (after(self.month, -i32::from(before)), (days + 6) / 7)
    }

    /// Records whose day lies in these days, the last of them excluded, as the reader's calendar counts days.
    fn between(&self, first: Date, behind: Date) -> EngineResult<Cond> {
        let column = &self.slot().field.column;
        let from = Cond::compare(column, Op::GreaterOrEqual, self.cell(first)?);
        Ok(from.and(Cond::compare(column, Op::Less, self.cell(behind)?)))
    }

    /// As the column holds the beginning of the day.
    fn cell(&self, day: Date) -> EngineResult<Cell> {
        let field = &self.slot().field;
        let value = match self.slot().shape() {
            "date" => Value::Date(day),
            _ => {
                let midnight = day.to_zoned(self.desk.ctx.zone.clone());
                let midnight = midnight.map_err(|e| EngineError::Broken(e.to_string()))?;
                Value::Instant(midnight.timestamp())
            }
        };
        let mut cells = Vec::new();
        field.kind.store(field, &value, &mut cells);
        Ok(cells.into_iter().next().unwrap_or_default())
    }

    fn moment(&self, record: &Record) -> Option<(Date, String)> {
        match self.slot().value(self.desk.ctx, record) {
            Value::Date(day) => Some((day, String::new())),
            Value::Instant(at) => {
                let there = at.to_zoned(self.desk.ctx.zone.clone());
                Some((there.date(), there.strftime("%H:%M").to_string()))
            }
            _ => None,
        }
    }

    fn entry(&self, record: &Record, time: String) -> Entry {
        let object = &self.place.object;
        let marks = ["status", "stage"];
        let mark = marks
            .iter()
            .filter_map(|name| slot(self.desk, object, name))
            .find_map(|slot| {
                let value = slot.value(self.desk.ctx, record);
                find(&slot, value.text()?).map(tone)
            });
        let title = record.title();
        Entry {
            record: format!("{}/{}", object.name, record.id),
            version: record.version.unsigned_abs(),
            href: record_href(record),
            time,
            title: if title.is_empty() {
                self.desk.say("unnamed")
            } else {
                title
            },
            tone: mark.unwrap_or_default(),
        }
    }

    fn day(&self, day: Date, mut entries: Vec<Entry>) -> EngineResult<Day> {
        let more = entries.len().saturating_sub(SHOWN);
        entries.truncate(SHOWN);
        let (slot, object) = (self.slot(), &self.place.object);
        let grant = self.desk.ctx.grant(object, Action::Create);
        let can_add = !grant.is_empty() && slot.is_writable(&grant) && slot.at.is_some();
        let begins = match slot.shape() {
            "date" => day.to_string(),
            _ => format!("{day} 09:00"),
        };
        let add = query(&[(slot.name.as_str(), &begins)]);
        let filter = if more > 0 {
            let next = after(day, 1);
            let of_day = format!("{0} >= \"{day}\" and {0} < \"{next}\"", slot.name);
            conjunction(&self.place.filter, &of_day)?
        } else {
            String::new()
        };
        let table = Some(Shape::Table.name());
        Ok(Day {
            iso: day.to_string(),
            number: day.day().to_string(),
            title: self.desk.speaker.date(day).title,
            is_outside: day.first_of_month() != self.month,
            is_today: day == self.today,
            add: can_add.then(|| format!("/{}/new?{add}", object.name)),
            entries,
            more: (more > 0).then(|| Tab {
                label: format!("+{more}"),
                href: self
                    .place
                    .href("", &[("as", table), ("filter", Some(&filter))]),
                ..Tab::default()
            }),
        })
    }

    fn choices(&self) -> Vec<Tab> {
        if self.dates.len() < 2 {
            return Vec::new();
        }
        let tab = |(at, slot): (usize, &Slot)| Tab {
            label: slot.label.clone(),
            href: self.place.href("", &[("date", Some(&slot.name))]),
            current: at == self.at,
            ..Tab::default()
        };
        self.dates.iter().enumerate().map(tab).collect()
    }
}

/// The days of the object that the reader may read: those first that the view shows, when it was made last.
fn dates(desk: &Desk<'_>, place: &Place) -> Vec<Slot> {
    let object = &place.object;
    let is_day = |slot: &Slot| matches!(slot.shape(), "date" | "instant");
    let mut dates: Vec<Slot> = object
        .fields
        .iter()
        .filter_map(|field| slot(desk, object, &field.name))
        .filter(is_day)
        .collect();
    let shown = &place.columns;
    let rank = |slot: &Slot| shown.iter().position(|name| *name == slot.name);
    dates.sort_by_key(|slot| rank(slot).unwrap_or(shown.len()));
    dates.extend(slot(desk, object, "created_at"));
    dates
}

/// At the ends of all time it is the last day there is.
fn after(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

/// `2026-11`.
fn month_of(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-')?;
    let month = month
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))?;
    let year = year.parse().ok().filter(|year| (1..=9999).contains(year))?;
    Some(date(year, month, 1))
}
