//! What a merge would do, before it is done.

use crate::common::leads_to;
use guanxi_access::Action;
use guanxi_engine::read::{get, may};
use guanxi_engine::{Context, EngineError, EngineResult, Record};
use guanxi_meta::Object;
use guanxi_query::cond::Cond;
use guanxi_store::StoreExt;
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Preview {
    /// The one that stays first.
    pub records: Vec<Record>,
    /// Fields in which at least one record holds something, in the order of their declaration.
    pub fields: Vec<PreviewField>,
    /// Rows that the caller sees and that lead to one of the others: object, how many (to 1,000).
    pub along: Vec<(String, u64)>,
}

#[derive(Debug, Clone)]
pub struct PreviewField {
    pub name: String,
    /// As the API shows it, in the order of `records`.
    pub values: Vec<Json>,
    /// Position in `records` of the proposal: the kept record's own, or the first that holds something.
    pub proposed: usize,
    pub is_same: bool,
}

impl Preview {
    /// The `choose` that does as proposed.
    pub fn choose(&self) -> serde_json::Map<String, Json> {
        let chosen = self.fields.iter().filter(|field| field.proposed > 0);
        chosen
            .map(|field| {
                (
                    field.name.clone(),
                    Json::from(self.records[field.proposed].id.to_string()),
                )
            })
            .collect()
    }
}

/// Records, what to choose between, and what goes along. The rights are those of the merge itself.
pub fn preview(
    ctx: &Context,
    object: &Arc<Object>,
    kept: Uuid,
    with: &[Uuid],
) -> EngineResult<Preview> {
    let mut records = vec![get(ctx, object, kept)?];
    for id in with.iter().filter(|id| **id != kept) {
        records.push(get(ctx, object, *id)?);
    }
    for (at, record) in records.iter().enumerate() {
        let action = if at == 0 {
            Action::Update
        } else {
            Action::Delete
        };
        if !may(ctx, record, action)? {
            return Err(EngineError::Forbidden(action.name()));
        }
    }
    let fields = fields(ctx, object, &records);
    let along = along(ctx, &records)?;
    Ok(Preview {
        records,
        fields,
        along,
    })
}

fn fields(ctx: &Context, object: &Arc<Object>, records: &[Record]) -> Vec<PreviewField> {
    let grant = ctx.grant(object, Action::Read);
    let write = ctx.grant(object, Action::Update);
    let mut fields = Vec::new();
    for (at, field) in object.fields.iter().enumerate() {
        let is_computed = matches!(field.kind.name(), "formula" | "roll_up");
        if is_computed
            || !grant.may_read(at)
            || records.iter().all(|record| record.values[at].is_null())
        {
            continue;
        }
        let filled = records
            .iter()
            .position(|record| !record.values[at].is_null())
            .unwrap_or(0);
        fields.push(PreviewField {
            name: field.name.clone(),
            values: records.iter().map(|record| record.field_json(at)).collect(),
            proposed: if write.may_write(at) { filled } else { 0 },
            is_same: records
                .iter()
                .all(|record| record.values[at] == records[0].values[at]),
        });
    }
    fields
}

fn along(ctx: &Context, records: &[Record]) -> EngineResult<Vec<(String, u64)>> {
    /// Counted to.
    const MOST: u32 = 1_000;
    let others: Vec<Uuid> = records[1..].iter().map(|record| record.id).collect();
    let mut along = Vec::new();
    for object in &ctx.catalog.objects {
        let links = object.fields.iter();
        let cond = links.fold(Cond::False, |any, field| {
            any.or(leads_to(object, field, &records[0].object, &others))
        });
        let grant = ctx.grant(object, Action::Read);
        if cond == Cond::False || grant.is_empty() {
            continue;
        }
        let cond = cond.and(grant.cond()).and(Cond::null("deleted_at"));
        let count = ctx.engine.store().look(|view| {
            Ok::<_, EngineError>(view.count(&object.table, &[], &cond, Some(MOST))?)
        })?;
        if count > 0 {
            along.push((object.name.clone(), count));
        }
    }
    Ok(along)
}
