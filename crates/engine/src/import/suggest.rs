//! A first look at a file, and the mapping that it most likely wants.

use super::mapping::{ColumnMap, Mapping, Mode, OneOrMany, PerField};
use super::source::{self, Rows, Staged};
use super::state;
use super::{folder, status};
use crate::context::Context;
use crate::error::EngineResult;
use guanxi_access::Action;
use guanxi_meta::kind::{Writable, lookup};
use guanxi_meta::text::fold;
use guanxi_meta::{Field, Object};
use guanxi_store::StoreExt;
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    pub id: Uuid,
    pub file_name: String,
    pub header: Vec<String>,
    /// The first ones, as they stand in the file.
    pub rows: Vec<Vec<String>>,
    pub sheet: Option<String>,
    pub sheets: Vec<String>,
    /// What each column looks like: a kind's name.
    pub kinds: Vec<&'static str>,
    pub mapping: Mapping,
    /// Whether the mapping is of an earlier import of the same columns.
    pub remembered: bool,
    /// Headings that nothing was found for.
    pub unmapped: Vec<String>,
}

/// Rows that are shown.
const ROWS: usize = 20;
/// Imports whose mappings are remembered.
const REMEMBERED: u32 = 200;

/// Reads the beginning of a received file and proposes what its columns are for `object`.
pub fn preview(
    ctx: &Context,
    id: Uuid,
    object: &Arc<Object>,
    sheet: Option<&str>,
) -> EngineResult<Preview> {
    let status = status(ctx, id)?;
    let staged = source::stage(&folder(&ctx.engine, id), sheet)?;
    let mut rows = Vec::with_capacity(ROWS);
    let mut reader = Rows::open(&staged, None)?;
    while rows.len() < ROWS {
        let Some(raw) = reader.next_row()? else { break };
        rows.push(raw.cells.iter().map(str::to_owned).collect::<Vec<String>>());
    }
    let (mapping, remembered) = proposal(ctx, object, &staged, &[])?;
    let mapped = |heading: &String| {
        mapping
            .columns
            .get(heading)
            .is_some_and(|column| column.field.is_some() || (column.skip && remembered))
    };
    let unmapped = staged
        .header
        .iter()
        .filter(|heading| !mapped(heading))
        .cloned()
        .collect();
    let kinds = (0..staged.header.len())
        .map(|at| guess(&rows, at))
        .collect();
    Ok(Preview {
        id,
        file_name: status.file_name,
        header: staged.header,
        rows,
        sheet: staged.sheet,
        sheets: staged.sheets,
        kinds,
        mapping,
        remembered,
        unmapped,
    })
}

/// The mapping that such a file had before, or else one by its headings; and which of the two it is. Rows are to be
/// matched by `matches`, which one of the headings then names.
pub(super) fn proposal(
    ctx: &Context,
    object: &Arc<Object>,
    staged: &Staged,
    matches: &[String],
) -> EngineResult<(Mapping, bool)> {
    let remembered = remembered(ctx, object, staged)?;
    Ok(match remembered.filter(|mapping| fills(mapping, matches)) {
        Some(mapping) => (mapping, true),
        None => (suggested(ctx, object, &staged.header, matches), false),
    })
}

/// The mapping of the last import into this object of a file with these headings: the caller's own before another's.
fn remembered(
    ctx: &Context,
    object: &Arc<Object>,
    staged: &Staged,
) -> EngineResult<Option<Mapping>> {
    let earlier = ctx
        .engine
        .store()
        .look(|view| state::list(view, None, REMEMBERED))?;
    let fits = |status: &&state::Status| {
        status.object == object.name
            && status.options.header == staged.header
            && !status.options.mapping.columns.is_empty()
    };
    let me = ctx.actor.seq();
    let found = earlier
        .iter()
        .filter(fits)
        .find(|status| status.person == me);
    let found = found.or_else(|| earlier.iter().find(|status| fits(status)));
    let mapping = found.map(|status| Mapping {
        mode: Some(status.options.mode),
        ..status.options.mapping.clone()
    });
    // What somebody else could map may be closed to the caller.
    Ok(mapping
        .filter(|mapping| super::plan::Plan::new(ctx, object, mapping, &staged.header).is_ok()))
}

fn fills(mapping: &Mapping, matches: &[String]) -> bool {
    let filled = |name: &String| {
        let columns = mapping.columns.values();
        columns
            .filter_map(|column| column.field.as_ref())
            .any(|field| field.names().contains(name))
    };
    matches.iter().all(filled)
}

fn suggested(
    ctx: &Context,
    object: &Arc<Object>,
    header: &[String],
    matches: &[String],
) -> Mapping {
    let (read, write) = (
        ctx.grant(object, Action::Read),
        ctx.grant(object, Action::Create),
    );
    let usable = |at: &usize| {
        let field = &object.fields[*at];
        let written = write.may_write(*at) && field.kind.writable() == Writable::ByCaller;
        written || (read.may_read(*at) && matches.contains(&field.name))
    };
    let open: Vec<usize> = (0..object.fields.len()).filter(usable).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut mapping = Mapping {
        object: Some(object.name.clone()),
        mode: Some(Mode::Create),
        ..Mapping::default()
    };
    for heading in header.iter().filter(|heading| !heading.is_empty()) {
        let wanted = plain(heading);
        let open_to = |name: &str| !name.starts_with("created_") || ctx.administers();
        let system = SYSTEM
            .iter()
            .find(|(name, names)| open_to(name) && names.iter().any(|name| plain(name) == wanted));
        let is_id = matches.iter().any(|name| name == "id") && is_id(&wanted);
        let field = open
            .iter()
            .map(|at| &object.fields[*at])
            .find(|field| !is_id && is_called(field, &wanted));
        let name = match field {
            _ if is_id => Some("id".to_owned()),
            Some(field) => Some(field.name.clone()),
            None => system.map(|(name, _)| (*name).to_owned()),
        };
        let Some(name) = name.filter(|name| taken.insert(name.clone())) else {
            // It is named all the same, so that the mapping says of every column what becomes of it.
            mapping.columns.insert(
                heading.clone(),
                ColumnMap {
                    skip: true,
                    ..ColumnMap::default()
                },
            );
            continue;
        };
        let is_link = field.is_some_and(|field| matches!(field.kind.name(), "link" | "many_links"));
        let column = ColumnMap {
            field: Some(OneOrMany::One(name)),
            by: is_link
                .then(|| PerField::All("name".to_owned()))
                .filter(|_| names_its_target(ctx, field)),
            ..ColumnMap::default()
        };
        mapping.columns.insert(heading.clone(), column);
    }
    mapping
}

/// Whether the target of a link is found by a field `name`; activities have subjects.
fn names_its_target(ctx: &Context, field: Option<&Field>) -> bool {
    let target = field
        .and_then(|field| field.options.to.as_deref())
        .and_then(|to| ctx.catalog.object(to));
    target.is_some_and(|target| target.title().name == "name")
}

/// By name, by label in either language, or by a word that people use instead.
fn is_called(field: &Field, wanted: &str) -> bool {
    plain(&field.name) == wanted
        || field.label.0.values().any(|word| plain(word) == wanted)
        || SYNONYMS.iter().any(|(name, words)| {
            *name == field.name && words.iter().any(|word| plain(word) == wanted)
        })
}

/// What an export calls the id, in either language.
fn is_id(wanted: &str) -> bool {
    let label = guanxi_meta::describe::system_label("id");
    wanted == "id" || label.0.values().any(|word| plain(word) == wanted)
}

/// A heading without what people vary: case, width, spaces, underscores, marks of what is required, units in brackets.
fn plain(text: &str) -> String {
    let head = text
        .split(['(', '（', '[', '【'])
        .next()
        .unwrap_or_default();
    let head = if head.trim().is_empty() { text } else { head };
    fold(head)
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

const SYSTEM: [(&str, &[&str]); 4] = [
    (
        "owner",
        &[
            "owner",
            "负责人",
            "所有人",
            "归属人",
            "业务员",
            "销售",
            "销售员",
            "sales rep",
            "assigned to",
            "account owner",
        ],
    ),
    ("department", &["department", "部门", "所属部门", "team"]),
    (
        "created_at",
        &[
            "created",
            "created at",
            "创建时间",
            "创建日期",
            "建档日期",
            "录入时间",
            "create date",
            "created on",
        ],
    ),
    ("created_by", &["created by", "创建人", "录入人"]),
];

const SYNONYMS: [(&str, &[&str]); 24] = [
    (
        "name",
        &[
            "姓名",
            "客户名称",
            "客户",
            "公司名称",
            "公司",
            "单位名称",
            "企业名称",
            "产品名称",
            "account",
            "account name",
            "company",
            "company name",
            "customer",
            "full name",
            "title",
        ],
    ),
    ("subject", &["主题", "标题", "title", "name"]),
    (
        "phone",
        &[
            "电话",
            "联系电话",
            "电话号码",
            "手机",
            "手机号",
            "座机",
            "tel",
            "telephone",
            "phone number",
            "contact number",
        ],
    ),
    (
        "mobile",
        &[
            "手机",
            "手机号",
            "手机号码",
            "移动电话",
            "cell",
            "cell phone",
            "mobile phone",
        ],
    ),
    (
        "email",
        &[
            "邮箱",
            "邮件",
            "电子邮箱",
            "电子邮件",
            "e-mail",
            "mail",
            "email address",
        ],
    ),
    (
        "address",
        &[
            "地址",
            "联系地址",
            "详细地址",
            "通讯地址",
            "street",
            "street address",
            "location",
        ],
    ),
    (
        "website",
        &[
            "网址", "网站", "主页", "官网", "url", "web", "homepage", "web site",
        ],
    ),
    (
        "region",
        &[
            "地区",
            "区域",
            "省份",
            "所在地",
            "country",
            "state",
            "province",
            "office location",
            "territory",
        ],
    ),
    ("industry", &["行业", "所属行业", "sector"]),
    (
        "source",
        &["来源", "客户来源", "渠道", "lead source", "channel"],
    ),
    (
        "level",
        &["级别", "客户级别", "等级", "grade", "tier", "rating"],
    ),
    ("status", &["状态", "客户状态", "阶段"]),
    ("stage", &["阶段", "销售阶段", "deal stage", "sales stage"]),
    (
        "amount",
        &[
            "金额",
            "预计金额",
            "销售金额",
            "value",
            "deal value",
            "close value",
            "revenue",
        ],
    ),
    (
        "close_date",
        &[
            "预计成交日期",
            "成交日期",
            "结单日期",
            "closing date",
            "expected close",
        ],
    ),
    (
        "customer",
        &[
            "客户",
            "客户名称",
            "公司",
            "account",
            "account name",
            "company",
        ],
    ),
    (
        "contact",
        &["联系人", "联系人姓名", "contact name", "contact person"],
    ),
    (
        "birthday",
        &["生日", "出生日期", "date of birth", "dob", "birth date"],
    ),
    (
        "id_number",
        &[
            "身份证",
            "身份证号",
            "证件号",
            "证件号码",
            "统一社会信用代码",
            "税号",
            "id no",
            "tax id",
        ],
    ),
    (
        "external_id",
        &[
            "外部编号",
            "原系统编号",
            "编号",
            "客户编号",
            "id",
            "rec id",
            "external id",
            "account id",
        ],
    ),
    (
        "price",
        &[
            "单价",
            "价格",
            "售价",
            "sales price",
            "unit price",
            "list price",
        ],
    ),
    (
        "code",
        &[
            "编码",
            "产品编码",
            "产品编号",
            "sku",
            "product code",
            "item code",
        ],
    ),
    (
        "description",
        &[
            "描述", "备注", "说明", "note", "notes", "remark", "remarks", "comments",
        ],
    ),
    (
        "parent",
        &[
            "上级",
            "上级客户",
            "母公司",
            "所属集团",
            "parent account",
            "subsidiary of",
            "parent company",
        ],
    ),
];

/// The kind that reads every cell of the column; a text if none does.
fn guess(rows: &[Vec<String>], at: usize) -> &'static str {
    const TRIED: [&str; 7] = [
        "integer", "date", "phone", "decimal", "instant", "email", "url",
    ];
    let cells: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.get(at))
        .map(|cell| cell.trim())
        .filter(|c| !c.is_empty())
        .collect();
    if cells.is_empty() {
        return "text";
    }
    let reads = |name: &&&str| {
        let Some(kind) = lookup(name) else {
            return false;
        };
        let field = Field::new("guess", kind);
        // A plain word is no address, though a lenient kind may take it.
        let fits = |cell: &&str| match **name {
            "url" => cell.contains("://") || cell.starts_with("www."),
            "phone" => {
                cell.chars().filter(char::is_ascii_digit).count() >= 7 && !cell.contains('.')
            }
            "integer" => !(cell.len() > 1 && cell.starts_with('0')) && cell.len() < 10,
            _ => true,
        };
        cells
            .iter()
            .all(|cell| fits(cell) && kind.read(&field, cell).is_ok())
    };
    TRIED.iter().find(reads).copied().unwrap_or("text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_told_apart_without_their_dress() {
        for (heading, wanted) in [
            ("Office_Location", "officelocation"),
            ("电话 (必填)", "电话"),
            ("Ｎａｍｅ *", "name"),
        ] {
            assert_eq!(plain(heading), wanted);
        }
    }

    #[test]
    fn columns_are_guessed_by_all_of_their_cells() {
        let rows = |cells: &[&str]| {
            cells
                .iter()
                .map(|cell| vec![(*cell).to_owned()])
                .collect::<Vec<_>>()
        };
        for (cells, wanted) in [
            (&["1", "20"][..], "integer"),
            (&["1.5", "2"], "decimal"),
            (&["2024-01-05", ""], "date"),
            (&["a@example.com"], "email"),
            (&["0551-62345678", "131-2090-6766"], "phone"),
            (&["马凯", "1"], "text"),
        ] {
            assert_eq!(guess(&rows(cells), 0), wanted, "{cells:?}");
        }
    }
}
