//! Records that are probably the same as one that is about to be saved: the same phone, the same address, the same
//! name but for the form of the company. Each question is one range of an index, so it costs the same at a million.

use guanxi_access::{Action, Grant};
use guanxi_engine::read::reach;
use guanxi_engine::{Context, EngineResult, Record};
use guanxi_meta::text::{email, fold, phone, sort_key};
use guanxi_meta::{Cell, Field, Object, Value};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::View;
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use uuid::Uuid;

/// Answered at most.
const MOST: usize = 20;
/// Rows read for one question at most.
const MOST_READ: u32 = 200;

#[derive(Debug, Clone)]
pub struct Duplicate {
    pub record: Record,
    pub reason: Reason,
}

/// In the order of their weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Phone,
    Email,
    Name,
}

impl Reason {
    /// As the API names it, and the code of its words.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Phone => "same_phone",
            Reason::Email => "same_email",
            Reason::Name => "same_name",
        }
    }
}

/// Records of the object that look like `values` (as the API writes them; an `id` among them is the record itself),
/// of which the caller may read row and field. Further numbers of a record with several are not looked into.
pub fn duplicates(
    view: &mut (impl View + ?Sized),
    ctx: &Context,
    object: &Arc<Object>,
    values: &Map<String, Json>,
) -> EngineResult<Vec<Duplicate>> {
    let mut search = Search {
        object,
        grant: ctx.grant(object, Action::Read),
        own: values
            .get("id")
            .and_then(Json::as_str)
            .and_then(|id| id.parse().ok()),
        found: Vec::new(),
    };
    if search.grant.is_empty() {
        return Ok(Vec::new());
    }
    let said = said(object, values);
    search.by_key(view, "phone", (&phones(&said), Reason::Phone))?;
    search.by_key(view, "email", (&emails(&said), Reason::Email))?;
    search.by_name(view, &said)?;
    search.found.sort_by_key(|duplicate| duplicate.reason);
    search.found.truncate(MOST);
    Ok(search.found)
}

/// The values that can be read; what can't is the save's own business.
fn said<'a>(object: &'a Object, values: &Map<String, Json>) -> Vec<(&'a Field, Value)> {
    let mut said = Vec::new();
    for field in &object.fields {
        let aliases = field.kind.aliases(field);
        let json = aliases
            .iter()
            .find_map(|alias| values.get(alias))
            .or_else(|| values.get(&field.name));
        if let Some(Ok(value)) = json
            .filter(|json| !json.is_null())
            .map(|json| field.kind.parse(field, json))
        {
            said.push((field, value));
        }
    }
    said
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::List(items) => items.iter().filter_map(Value::text).collect(),
        one => one.text().into_iter().collect(),
    }
}

fn phones(said: &[(&Field, Value)]) -> Vec<Cell> {
    let values = said
        .iter()
        .filter(|(field, _)| field.kind.name() == "phone");
    values
        .flat_map(|(_, value)| texts(value))
        .filter_map(phone::normalize)
        .map(Cell::from)
        .collect()
}

fn emails(said: &[(&Field, Value)]) -> Vec<Cell> {
    let values = said
        .iter()
        .filter(|(field, _)| field.kind.name() == "email");
    values
        .flat_map(|(_, value)| texts(value))
        .filter_map(|text| email::normalize(text).ok())
        .map(Cell::from)
        .collect()
}

struct Search<'a> {
    object: &'a Arc<Object>,
    grant: Arc<Grant>,
    own: Option<Uuid>,
    found: Vec<Duplicate>,
}

impl Search<'_> {
    /// Every field of the kind, since a number may stand as a phone here and as a mobile there.
    fn by_key(
        &mut self,
        view: &mut (impl View + ?Sized),
        kind: &str,
        (cells, reason): (&[Cell], Reason),
    ) -> EngineResult<()> {
        if cells.is_empty() {
            return Ok(());
        }
        let object = self.object.clone();
        for (at, field) in object
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.kind.name() == kind)
        {
            let Some(column) = field.kind.keys(field).into_iter().next() else {
                continue;
            };
            if self.grant.may_read(at) {
                let cond = Cond::among(&column, cells.to_vec());
                self.ask(view, (cond, None, reason), |_| true)?;
            }
        }
        Ok(())
    }

    /// Names that begin with the name's core, of which those count whose core is the same.
    fn by_name(
        &mut self,
        view: &mut (impl View + ?Sized),
        said: &[(&Field, Value)],
    ) -> EngineResult<()> {
        let title = self.object.title();
        let Some((field, value)) = said.iter().find(|(field, _)| field.name == title.name) else {
            return Ok(());
        };
        if !self.grant.may_read(self.object.title) {
            return Ok(());
        }
        let name = field.kind.to_text(field, value);
        let is_person = title.kind.name() == "person_name";
        let one_form = |name: &str| {
            if is_person {
                letters(name).concat()
            } else {
                core(name)
            }
        };
        let core = one_form(&name);
        let from = sort_key(beginning(&name, &core));
        if core.is_empty() || from.is_empty() {
            return Ok(());
        }
        let to: Vec<u8> = from.iter().copied().chain([0xff, 0xff]).collect();
        let cond = Cond::compare(Object::TITLE_KEY, Op::GreaterOrEqual, Cell::Bytes(from))
            .and(Cond::compare(Object::TITLE_KEY, Op::Less, Cell::Bytes(to)));
        self.ask(
            view,
            (cond, Some(Object::TITLE_KEY), Reason::Name),
            |record| one_form(&record.title()) == core,
        )
    }

    /// The grant is asked of each row instead of in the condition, so that the key's index always leads.
    fn ask(
        &mut self,
        view: &mut (impl View + ?Sized),
        (cond, order, reason): (Cond, Option<&str>, Reason),
        is_same: impl Fn(&Record) -> bool,
    ) -> EngineResult<()> {
        let mut select = Select::from(&self.object.table, self.object.columns())
            .filter(cond.and(Cond::null("deleted_at")))
            .limit(MOST_READ);
        if let Some(column) = order {
            select = select.order(column, Direction::Ascending);
        }
        for row in view.select(&select)? {
            let record = Record::from_row(self.object, &row);
            let known = self.own == Some(record.id)
                || self.found.iter().any(|other| other.record.id == record.id);
            if !known && is_same(&record) && reach(view, &self.grant, &record)?.is_some() {
                let record = record.seen_by(&self.grant);
                self.found.push(Duplicate { record, reason });
            }
        }
        Ok(())
    }
}

/// Forms of companies that people write or leave out, folded. Longer ones stand before those that they end with.
const HAN_FORMS: [&str; 9] = [
    "股份有限公司",
    "有限责任公司",
    "集团有限公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "分公司",
    "公司",
    "集团",
];
const LATIN_FORMS: [&str; 24] = [
    "co",
    "company",
    "corp",
    "corporation",
    "inc",
    "incorporated",
    "ltd",
    "limited",
    "llc",
    "llp",
    "lp",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "pty",
    "group",
];

/// The name without the form of the company, in one form: `Acme Co., Ltd.` and `ACME` are the same.
fn core(name: &str) -> String {
    let mut words = letters(name);
    while words.len() > 1
        && words
            .last()
            .is_some_and(|word| LATIN_FORMS.contains(&word.as_str()))
    {
        words.pop();
    }
    let mut core = words.concat();
    while let Some(shorter) = HAN_FORMS
        .iter()
        .find_map(|form| core.strip_suffix(form))
        .filter(|rest| !rest.is_empty())
    {
        core = shorter.to_owned();
    }
    core
}

/// The words of a name, folded, without the signs between them.
fn letters(name: &str) -> Vec<String> {
    let folded = fold(name);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The piece of the name, as written, that holds its core: what names of the same core begin with.
fn beginning<'a>(name: &'a str, core: &str) -> &'a str {
    let name = name.trim_start();
    let mut taken = String::new();
    let mut end = 0;
    for (at, c) in name.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        taken.push_str(&fold(c.encode_utf8(&mut [0; 4])));
        if !core.starts_with(&taken) {
            break;
        }
        end = at + c.len_utf8();
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::{beginning, core};

    #[test]
    fn the_form_of_the_company_does_not_count() {
        for (left, right) in [
            ("合肥锅炉有限公司", "合肥锅炉"),
            ("合肥锅炉（集团）有限公司", "合肥锅炉集团"),
            ("Acme Co., Ltd.", "ACME"),
            ("ＡＣＭＥ Inc", "acme gmbh"),
            ("上海机床股份有限公司", "上海机床有限责任公司"),
        ] {
            assert_eq!(core(left), core(right), "{left} {right}");
        }
        assert_ne!(core("合肥锅炉"), core("合肥锅炉厂"));
        assert_eq!(core("公司"), "公司");
        assert_eq!(core("Group"), "group");
    }

    #[test]
    fn the_beginning_is_a_piece_of_the_name() {
        for (name, expected) in [
            ("Acme Co., Ltd.", "Acme"),
            ("合肥锅炉有限公司", "合肥锅炉"),
            (" Big Bang Inc", "Big Bang"),
            ("Ａcme", "Ａcme"),
        ] {
            assert_eq!(beginning(name, &core(name)), expected, "{name}");
        }
    }
}
