//! From a row of the file to typed values: everything that needs no database, so that it is done beside the writer.

use super::people::{department, person};
use super::plan::{By, From, Input, Key, Plan, Reading, Shape, Slot};
use super::source::Raw;
use crate::context::Context;
use crate::export::safe::decoded;
use guanxi_meta::fault::{Fault, FieldError};
use guanxi_meta::{Field, Value};
use jiff::civil::{Date, DateTime};
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::{BTreeSet, HashMap};

use super::mapping::Missing;

/// A row, read.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub values: Vec<(usize, Value)>,
    pub links: Vec<Wish>,
    /// Which record the row is, where that is not among the values.
    pub keys: Vec<(Key, Value)>,
    pub owner: Option<i64>,
    pub department: Option<i64>,
    pub created_at: Option<i64>,
    pub created_by: Option<i64>,
    /// Each at the heading of its column.
    pub errors: Vec<FieldError>,
}

/// A link that is still a text.
#[derive(Debug, Clone)]
pub struct Wish {
    pub input: usize,
    pub at: usize,
    pub lookup: usize,
    pub texts: Vec<String>,
    pub shape: Shape,
}

/// Reads rows, and remembers whom the names in them mean.
pub struct RowReader<'a> {
    ctx: &'a Context,
    plan: &'a Plan,
    columns: usize,
    people: HashMap<String, Result<i64, Fault>>,
    departments: HashMap<String, Option<i64>>,
}

impl<'a> RowReader<'a> {
    pub fn new(ctx: &'a Context, plan: &'a Plan, columns: usize) -> RowReader<'a> {
        RowReader {
            ctx,
            plan,
            columns,
            people: HashMap::new(),
            departments: HashMap::new(),
        }
    }

    /// `None` for a row that is passed over: empty, or without what it needs.
    pub fn read(&mut self, raw: &Raw) -> Option<Typed> {
        let wanted = self.plan.needed.iter().all(|at| !cell(raw, *at).is_empty());
        if !wanted || raw.cells.iter().all(|cell| cell.trim().is_empty()) {
            return None;
        }
        let constants = &self.plan.constants;
        let mut typed = Typed {
            values: Vec::with_capacity(self.plan.inputs.len() + constants.values.len()),
            owner: constants.owner,
            department: constants.department,
            ..Typed::default()
        };
        typed.values.extend(constants.values.iter().cloned());
        if raw
            .cells
            .iter()
            .skip(self.columns)
            .any(|cell| !cell.trim().is_empty())
        {
            typed.errors.push(
                Fault::new("too_many_cells")
                    .with("columns", self.columns)
                    .at(""),
            );
        }
        for (at, input) in self.plan.inputs.iter().enumerate() {
            let text = text_of(input, raw);
            if !text.is_empty() {
                for slot in &input.to {
                    self.fill(&mut typed, at, slot, &text);
                }
            }
        }
        Some(typed)
    }

    fn fill(&mut self, typed: &mut Typed, input: usize, slot: &Slot, text: &str) {
        let name = &self.plan.inputs[input].name;
        let fault = match slot {
            Slot::Field { at, reading } => {
                let field = &self.plan.object.fields[*at];
                value(self.ctx, field, text, reading)
                    .map(|value| typed.values.push((*at, value)))
                    .err()
            }
            Slot::Link { at, lookup, shape } => {
                self.link(typed, (input, *at, *lookup, *shape), text).err()
            }
            Slot::Key(key) => self
                .key(*key, text)
                .map(|value| typed.keys.push((*key, value)))
                .err(),
            Slot::Owner(missing) => self
                .person(text, *missing)
                .map(|seq| typed.owner = seq.or(typed.owner))
                .err(),
            Slot::CreatedBy(missing) => self
                .person(text, *missing)
                .map(|seq| typed.created_by = seq)
                .err(),
            Slot::Department(missing) => match (self.department(text), missing) {
                (Some(seq), _) => {
                    typed.department = Some(seq);
                    None
                }
                (None, Missing::Empty) => None,
                (None, _) => Some(Fault::new("not_found")),
            },
            Slot::CreatedAt(reading) => instant(self.ctx, text, reading)
                .map(|at| typed.created_at = Some(at))
                .err(),
        };
        if let Some(fault) = fault {
            typed.errors.push(fault.at(name));
        }
    }

    fn key(&self, key: Key, text: &str) -> Result<Value, Fault> {
        match key {
            Key::Id => text
                .parse()
                .map(Value::Id)
                .map_err(|_| Fault::new("not_found")),
            Key::Field(at) => {
                let field = &self.plan.object.fields[at];
                field.kind.read_in(field, text, &self.ctx.zone)
            }
        }
    }

    fn person(&mut self, text: &str, missing: Missing) -> Result<Option<i64>, Fault> {
        let ctx = self.ctx;
        let found = self
            .people
            .entry(text.to_owned())
            .or_insert_with(|| person(ctx, text));
        match found {
            Ok(seq) => Ok(Some(*seq)),
            Err(_) if missing == Missing::Empty => Ok(None),
            Err(fault) => Err(fault.clone()),
        }
    }

    fn department(&mut self, text: &str) -> Option<i64> {
        let ctx = self.ctx;
        *self
            .departments
            .entry(text.to_owned())
            .or_insert_with(|| department(ctx, text))
    }

    fn link(
        &mut self,
        typed: &mut Typed,
        (input, at, lookup, shape): (usize, usize, usize, Shape),
        text: &str,
    ) -> Result<(), Fault> {
        let wanted = &self.plan.lookups[lookup];
        let texts = match shape {
            Shape::One => vec![text.to_owned()],
            Shape::Many => {
                let mut texts: Vec<String> = several(text);
                let mut seen = BTreeSet::new();
                texts.retain(|text| seen.insert(text.clone()));
                texts
            }
        };
        let known: Result<Vec<Option<Value>>, Fault> = match wanted.by {
            By::Person => texts
                .iter()
                .map(|text| Ok(self.user_id(text, wanted.missing)?.map(Value::Id)))
                .collect(),
            By::Path => texts
                .iter()
                .map(|text| match (self.department(text), wanted.missing) {
                    (Some(seq), _) => Ok(self
                        .ctx
                        .directory
                        .department(seq)
                        .map(|found| Value::Id(found.id))),
                    (None, Missing::Empty) => Ok(None),
                    (None, _) => Err(Fault::new("not_found")),
                })
                .collect(),
            _ => {
                typed.links.push(Wish {
                    input,
                    at,
                    lookup,
                    texts,
                    shape,
                });
                return Ok(());
            }
        };
        let mut ids: Vec<Value> = known?.into_iter().flatten().collect();
        if !ids.is_empty() {
            let value = if shape == Shape::One {
                ids.swap_remove(0)
            } else {
                Value::List(ids)
            };
            typed.values.push((at, value));
        }
        Ok(())
    }

    fn user_id(&mut self, text: &str, missing: Missing) -> Result<Option<uuid::Uuid>, Fault> {
        let seq = self.person(text, missing)?;
        Ok(seq
            .and_then(|seq| self.ctx.directory.user(seq))
            .map(|user| user.id))
    }
}

/// The departments that rows name by path and that are to be made where they are missing.
pub fn missing_paths(ctx: &Context, plan: &Plan, rows: &[Raw]) -> BTreeSet<String> {
    let makes = |slot: &Slot| match slot {
        Slot::Department(missing) => *missing == Missing::Create,
        Slot::Link { lookup, .. } => {
            let lookup = &plan.lookups[*lookup];
            lookup.by == By::Path && lookup.missing == Missing::Create
        }
        _ => false,
    };
    let mut paths = BTreeSet::new();
    for input in plan
        .inputs
        .iter()
        .filter(|input| input.to.iter().any(makes))
    {
        paths.extend(rows.iter().map(|raw| text_of(input, raw)));
    }
    paths.retain(|path| !path.is_empty() && department(ctx, path).is_none());
    paths
}

fn cell(raw: &Raw, at: usize) -> &str {
    raw.cells.get(at).unwrap_or_default().trim()
}

/// What the input says in this row, in the mapping's words.
fn text_of(input: &Input, raw: &Raw) -> String {
    let text = match &input.from {
        From::Column(at) => decoded(cell(raw, *at)).to_owned(),
        From::Template(template) => template.fill(&raw.cells),
    };
    match input.values.get(&text) {
        Some(meant) => meant.clone(),
        None => text,
    }
}

fn several(text: &str) -> Vec<String> {
    if text.starts_with('[')
        && let Ok(items) = serde_json::from_str(text)
    {
        return items;
    }
    text.split([',', ';', '，', '；', '、', '\n'])
        .map(|piece| piece.trim().to_owned())
        .filter(|p| !p.is_empty())
        .collect()
}

/// A cell as the field's kind reads it, after the mapping's own reading.
fn value(ctx: &Context, field: &Field, text: &str, reading: &Reading) -> Result<Value, Fault> {
    let kind = field.kind;
    match kind.name() {
        "date" => {
            if let Some(date) = by_format(text, reading).map(DateTime::date) {
                return Ok(Value::Date(date));
            }
        }
        "instant" => return Ok(Value::Instant(moment(ctx, field, text, reading)?)),
        "integer" | "decimal" | "money" | "percent"
            if reading.comma || reading.factor.is_some() =>
        {
            let text = if reading.comma {
                with_point(text)
            } else {
                text.to_owned()
            };
            let value = in_currency(kind.read_in(field, &text, &ctx.zone)?, reading);
            return match reading.factor {
                Some(factor) => times(value, factor),
                None => Ok(value),
            };
        }
        _ => {}
    }
    kind.read_in(field, text, &ctx.zone)
        .map(|value| in_currency(value, reading))
}

fn in_currency(value: Value, reading: &Reading) -> Value {
    match (value, &reading.currency) {
        (Value::Money(money), Some(currency)) if money.currency.is_empty() => {
            Value::Money(guanxi_meta::Money {
                currency: currency.clone(),
                ..money
            })
        }
        (value, _) => value,
    }
}

/// `1.234,50` → `1234.50`.
fn with_point(text: &str) -> String {
    text.chars()
        .filter(|letter| *letter != '.')
        .map(|letter| if letter == ',' { '.' } else { letter })
        .collect()
}

fn times(value: Value, factor: Decimal) -> Result<Value, Fault> {
    let product = |number: Decimal| {
        number
            .checked_mul(factor)
            .ok_or_else(|| Fault::new("out_of_range"))
    };
    Ok(match value {
        Value::Int(number) => {
            let whole = product(Decimal::from(number))?;
            let whole = whole.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
            Value::Int(i64::try_from(whole).map_err(|_| Fault::new("out_of_range"))?)
        }
        Value::Decimal(number) => Value::Decimal(product(number)?),
        Value::Money(mut money) => {
            money.amount = product(money.amount)?.normalize();
            Value::Money(money)
        }
        other => other,
    })
}

fn by_format(text: &str, reading: &Reading) -> Option<DateTime> {
    let format = reading.date_format.as_deref()?;
    let time = DateTime::strptime(format, text).ok();
    time.or_else(|| {
        Date::strptime(format, text)
            .ok()
            .map(|date| date.to_datetime(jiff::civil::Time::midnight()))
    })
}

/// A time of the mapping's format, or as the kind reads it; a wall clock is the caller's.
fn moment(
    ctx: &Context,
    field: &Field,
    text: &str,
    reading: &Reading,
) -> Result<jiff::Timestamp, Fault> {
    if let Some(clock) = by_format(text, reading) {
        return ctx
            .zone
            .to_timestamp(clock)
            .map_err(|_| Fault::new("out_of_range"));
    }
    match field.kind.read_in(field, text, &ctx.zone)? {
        Value::Instant(at) => Ok(at),
        _ => Err(Fault::new("not_an_instant")),
    }
}

fn instant(ctx: &Context, text: &str, reading: &Reading) -> Result<i64, Fault> {
    let kind = guanxi_meta::kind::lookup("instant").ok_or_else(|| Fault::new("not_an_instant"))?;
    let at = moment(ctx, &Field::new("created_at", kind), text, reading)?;
    // A record can't have come to be in the future.
    if at > ctx.now {
        Err(Fault::new("in_the_future"))
    } else {
        Ok(at.as_microsecond())
    }
}
