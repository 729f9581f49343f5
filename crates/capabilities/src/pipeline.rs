//! Records that go through stages: which stages there are, what each asks, what its end means. That probability
//! follows the stage stands here and nowhere else.

use crate::common::{answer, conflict, members};
use guanxi_access::Action;
use guanxi_engine::capability::{Act, Capability, Draft, Noun, NounInput};
use guanxi_engine::read::history::history;
use guanxi_engine::write::{Change, apply_change};
use guanxi_engine::{Context, EngineError, EngineResult, Record};
use guanxi_meta::catalog::{Choice, Outcome, Pipeline, Stage};
use guanxi_meta::fault::Fault;
use guanxi_meta::{Label, Object, Value};
use guanxi_store::Transaction;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

pub struct Pipelines;

/// Log rows that are looked through for the stage before a closure.
const LOOK_BACK: u32 = 200;

impl Capability for Pipelines {
    fn name(&self) -> &'static str {
        "pipeline"
    }

    fn applies(&self, object: &Object) -> bool {
        object.has(self.name()) && !object.pipelines.is_empty() && object.field("stage").is_some()
    }

    fn nouns(&self, object: &Object) -> Vec<Noun> {
        vec![closure(object), reopening(object)]
    }

    fn offers(&self, _ctx: &Context, record: &Record, noun: &str) -> bool {
        let is_open =
            own_pipeline(record).is_ok_and(|pipeline| outcome(pipeline, record) == Outcome::Open);
        (noun == "closure") == is_open
    }

    fn before_save(
        &self,
        ctx: &Context,
        _tx: &mut dyn Transaction,
        draft: &mut Draft,
    ) -> EngineResult<()> {
        if draft
            .before
            .as_ref()
            .is_some_and(|before| before.deleted_at != draft.after.deleted_at)
        {
            return Ok(());
        }
        let object = draft.after.object.clone();
        let Some((pipeline, stage)) = place(&object, draft) else {
            return Ok(());
        };
        draft
            .after
            .set("pipeline", Value::from(pipeline.name.as_str()));
        draft.after.set("stage", Value::from(stage.name.as_str()));
        follow_probability(draft, stage);
        ask_required(draft, stage);
        close_or_reopen(ctx, draft, pipeline, stage);
        Ok(())
    }

    fn act(&self, ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
        match act.noun {
            "closure" => close(ctx, tx, act),
            _ => reopen(ctx, tx, act),
        }
    }
}

fn closure(object: &Object) -> Noun {
    let outcome = |value: &str, label, tone: &str| Choice {
        value: value.to_owned(),
        label,
        tone: Some(tone.to_owned()),
    };
    let outcomes = vec![
        outcome("won", Label::new("赢单", "Won"), "jade"),
        outcome("lost", Label::new("输单", "Lost"), "rose"),
    ];
    let mut noun = Noun::new("closure", Action::Update, Label::new("关闭", "Close")).takes(
        NounInput::new("outcome", "choice", Label::new("结果", "Outcome"))
            .required()
            .choices(outcomes),
    );
    if let Some(reason) = object.field("close_reason") {
        let mut input = NounInput::new("reason", reason.kind.name(), Label::new("原因", "Reason"));
        input.options = reason.options.clone();
        noun = noun.takes(input);
    }
    if object.field("close_note").is_some() {
        noun = noun.takes(NounInput::new(
            "note",
            "long_text",
            Label::new("说明", "Note"),
        ));
    }
    noun
}

fn reopening(object: &Object) -> Noun {
    let mut stages: Vec<Choice> = Vec::new();
    for stage in object
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.stages)
    {
        if stage.outcome == Outcome::Open && !stages.iter().any(|choice| choice.value == stage.name)
        {
            stages.push(Choice {
                value: stage.name.clone(),
                label: stage.label.clone(),
                tone: None,
            });
        }
    }
    Noun::new(
        "reopening",
        Action::Update,
        Label::new("重新打开", "Reopen"),
    )
    .takes(NounInput::new("stage", "choice", Label::new("阶段", "Stage")).choices(stages))
}

/// Where the record stands after this save: the first pipeline and its first open stage unless it says otherwise. A
/// record that changes the pipeline keeps its stage where the new one has it.
fn place<'a>(object: &'a Object, draft: &mut Draft) -> Option<(&'a Pipeline, &'a Stage)> {
    let pipeline = match draft.after.get("pipeline").text() {
        None => object.pipelines.first()?,
        Some(name) => match object
            .pipelines
            .iter()
            .find(|pipeline| pipeline.name == name)
        {
            Some(pipeline) => pipeline,
            None => {
                draft.errors.push(
                    Fault::new("unknown_pipeline")
                        .with("name", name)
                        .at("pipeline"),
                );
                return None;
            }
        },
    };
    let wanted = draft.after.get("stage").text().map(str::to_owned);
    let found = wanted
        .as_deref()
        .and_then(|name| pipeline.stages.iter().find(|stage| stage.name == name));
    let stays = !draft.changes("stage") && draft.changes("pipeline");
    match (found, wanted) {
        (Some(stage), _) => Some((pipeline, stage)),
        (None, Some(name)) if !stays => {
            let stages = pipeline
                .stages
                .iter()
                .map(|stage| stage.name.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            let fault = Fault::new("stage_not_in_pipeline")
                .with("stage", name)
                .with("stages", stages);
            draft.errors.push(fault.at("stage"));
            None
        }
        _ => Some((pipeline, first_open(pipeline)?)),
    }
}

fn first_open(pipeline: &Pipeline) -> Option<&Stage> {
    pipeline
        .stages
        .iter()
        .find(|stage| stage.outcome == Outcome::Open)
        .or(pipeline.stages.first())
}

/// The stage's probability, unless the caller named another in the same change.
fn follow_probability(draft: &mut Draft, stage: &Stage) {
    let said = draft.names("probability") && !draft.after.get("probability").is_null();
    if !said && (draft.changes("stage") || draft.after.get("probability").is_null()) {
        draft.after.set(
            "probability",
            Value::Decimal(Decimal::from(stage.probability)),
        );
    }
}

fn ask_required(draft: &mut Draft, stage: &Stage) {
    for name in &stage.required {
        let concerns = draft.changes("stage") || draft.changes(name);
        if concerns && draft.after.object.field(name).is_some() && draft.after.get(name).is_null() {
            draft.errors.push(
                Fault::new("required_for_stage")
                    .with("stage", &stage.name)
                    .at(name),
            );
        }
    }
}

/// `closed_at` says when the outcome was reached, and is empty while there is none.
fn close_or_reopen(ctx: &Context, draft: &mut Draft, pipeline: &Pipeline, stage: &Stage) {
    let before = draft
        .before
        .as_ref()
        .map_or(Outcome::Open, |before| outcome(pipeline, before));
    if stage.outcome == Outcome::Open {
        draft.after.set("closed_at", Value::Null);
        if before != Outcome::Open {
            draft.after.set("close_reason", Value::Null);
            draft.after.set("close_note", Value::Null);
        }
    } else if (before != stage.outcome && !draft.names("closed_at"))
        || draft.after.get("closed_at").is_null()
    {
        draft.after.set("closed_at", Value::Instant(ctx.now));
    }
    let word = match stage.outcome {
        Outcome::Open => "open",
        Outcome::Won => "won",
        Outcome::Lost => "lost",
    };
    let knows = |field: &guanxi_meta::Field| {
        field
            .options
            .choices
            .iter()
            .any(|choice| choice.value == word)
    };
    if draft.after.object.field("status").is_some_and(knows) {
        draft.after.set("status", Value::from(word));
    }
}

fn outcome(pipeline: &Pipeline, record: &Record) -> Outcome {
    let stage = record.get("stage").text();
    let own = record.get("pipeline").text();
    let pipelines = &record.object.pipelines;
    let pipeline = own
        .and_then(|name| pipelines.iter().find(|p| p.name == name))
        .unwrap_or(pipeline);
    pipeline
        .stages
        .iter()
        .find(|s| Some(s.name.as_str()) == stage)
        .map_or(Outcome::Open, |stage| stage.outcome)
}

fn own_pipeline(record: &Record) -> EngineResult<&Pipeline> {
    let name = record.get("pipeline").text();
    let pipelines = &record.object.pipelines;
    let own = pipelines
        .iter()
        .find(|pipeline| Some(pipeline.name.as_str()) == name);
    own.or(pipelines.first()).ok_or(EngineError::NotFound)
}

fn close(ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
    let pipeline = own_pipeline(&act.record)?;
    if outcome(pipeline, &act.record) != Outcome::Open {
        return Err(conflict("already_closed"));
    }
    let wanted = if act.input.text("outcome") == Some("won") {
        Outcome::Won
    } else {
        Outcome::Lost
    };
    let stage = pipeline.stages.iter().find(|stage| stage.outcome == wanted);
    let stage = stage.ok_or_else(|| EngineError::field("outcome", "no_such_stage"))?;
    let mut fields = members([("stage", json!(stage.name))]);
    for (field, input) in [("close_reason", "reason"), ("close_note", "note")] {
        if let Some(text) = act.input.text(input) {
            fields.insert(field.to_owned(), json!(text));
        }
    }
    save(ctx, tx, act, fields)
}

fn reopen(ctx: &Context, tx: &mut dyn Transaction, act: &Act) -> EngineResult<Json> {
    let pipeline = own_pipeline(&act.record)?;
    if outcome(pipeline, &act.record) == Outcome::Open {
        return Err(conflict("not_closed"));
    }
    let stage = match act.input.text("stage") {
        Some(name) => name.to_owned(),
        None => stage_before(tx, pipeline, &act.record)?,
    };
    save(ctx, tx, act, members([("stage", json!(stage))]))
}

fn save(
    ctx: &Context,
    tx: &mut dyn Transaction,
    act: &Act,
    fields: serde_json::Map<String, Json>,
) -> EngineResult<Json> {
    let change =
        Change::update(&act.record.object, act.record.id, None, fields).as_part_of(act.noun);
    let saved = apply_change(tx, ctx, change)?;
    let mut json = answer(&saved);
    json["stage"] = json!(saved.record.get("stage").text());
    Ok(json)
}

/// The last open stage that the record was in, by its history; else the first.
fn stage_before(
    tx: &mut dyn Transaction,
    pipeline: &Pipeline,
    record: &Record,
) -> EngineResult<String> {
    let column = record
        .object
        .field("stage")
        .map_or("stage", |field| field.column.as_str());
    for row in tx.log_of(&record.object.table, record.id, None, LOOK_BACK)? {
        let old: Option<Json> = row
            .entry
            .old
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let name = old
            .as_ref()
            .and_then(|old| old.get(column)?.as_str().map(str::to_owned));
        let known = |name: &String| {
            pipeline
                .stages
                .iter()
                .any(|s| s.name == *name && s.outcome == Outcome::Open)
        };
        if let Some(name) = name.filter(known) {
            return Ok(name);
        }
    }
    first_open(pipeline)
        .map(|stage| stage.name.clone())
        .ok_or(EngineError::NotFound)
}

/// A stay in a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stay {
    pub stage: String,
    /// Microseconds since 1970.
    pub entered_at: i64,
    /// `None`: the record is there now.
    pub left_at: Option<i64>,
    /// `seq` of the user who brought it there.
    pub by: i64,
}

/// The stages that a record went through, oldest first: read from its change log, which nothing is written beside.
pub fn stays(ctx: &Context, object: &Arc<Object>, id: Uuid) -> EngineResult<Vec<Stay>> {
    let record = guanxi_engine::read::get(ctx, object, id)?;
    let mut stays: Vec<Stay> = Vec::new();
    let mut stage = record.get("stage").text().unwrap_or_default().to_owned();
    let mut left_at = None;
    let mut cursor = String::new();
    loop {
        let (entries, next) = history(ctx, object, id, &cursor, 200)?;
        for entry in &entries {
            let Some(change) = entry.changes.iter().find(|change| change.field == "stage") else {
                continue;
            };
            stays.push(Stay {
                stage,
                entered_at: entry.at,
                left_at,
                by: entry.by,
            });
            left_at = Some(entry.at);
            stage = change.old.as_str().unwrap_or_default().to_owned();
        }
        match next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    stays.push(Stay {
        stage,
        entered_at: record.created_at,
        left_at,
        by: record.created_by,
    });
    stays.reverse();
    Ok(stays)
}
