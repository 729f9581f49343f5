//! `/imports`: a file's rows become records, followed by its id.

use crate::Api;
use crate::answer::{Answer, respond};
use crate::body::Raw;
use crate::params;
use crate::problem::{hang_up, respond_problem};
use crate::records::{envelope, identity};
use crate::run::{Head, run, run_asked, run_once};
use crate::upload::{self, Upload};
use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use axum::http::{Response, StatusCode, header};
use guanxi_engine::import::{self, Mapping, Mode, Request, Run, Status};
use guanxi_engine::{Context, EngineResult};
use serde_json::{Value as Json, json};

const KNOWN: [&str; 5] = ["object", "mode", "match", "map", "dry_run"];

pub async fn create(
    State(api): State<Api>,
    head: Head,
    form: Result<Multipart, MultipartRejection>,
) -> Response<Body> {
    let asked = head.clone();
    let known = api.clone();
    // Who calls is asked before a large body is read to its end.
    let caller = tokio::task::spawn_blocking(move || asked.admitted(&known)).await;
    if let Ok(Err(error)) = caller {
        return hang_up(&error, head.lang());
    }
    match upload::take(form, &KNOWN, &head).await {
        Ok((upload, asked)) => {
            run_once(api, head, asked, move |ctx, _, _| begin(ctx, upload)).await
        }
        Err(error) => hang_up(&error, head.lang()),
    }
}

fn begin(ctx: &Context, mut upload: Upload) -> EngineResult<Answer> {
    let text = |name: &str| {
        upload
            .texts
            .get(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let object = ctx.object(&text("object").unwrap_or_default())?;
    let mode = match text("mode") {
        None => None,
        Some(mode) => Some(
            Mode::parse(&mode)
                .ok_or_else(|| params::bad_value("mode", "create, update, upsert"))?,
        ),
    };
    let run = match text("dry_run").as_deref() {
        None | Some("false" | "0") => Run::Write,
        Some("true" | "1") => Run::Dry,
        Some(_) => return Err(params::bad_value("dry_run", "true, false")),
    };
    let match_fields = text("match")
        .map(|text| params::names(&text))
        .unwrap_or_default();
    let mapping = text("map").map(|text| Mapping::parse(&text)).transpose()?;
    let id = import::receive(ctx, &upload.file_name, &mut upload.file)?;
    let request = Request {
        object: object.name.clone(),
        // Without one, what the headings say.
        mapping: mapping.unwrap_or_default(),
        mode,
        match_fields,
        run,
    };
    Ok(begun(&import::start(ctx, id, &request)?))
}

pub fn begun(status: &Status) -> Answer {
    Answer {
        status: StatusCode::ACCEPTED,
        ..Answer::created(shown(status), format!("/api/v1/imports/{}", status.id))
    }
}

/// With the address of the rows that failed.
fn shown(status: &Status) -> Json {
    let mut json = status.to_json();
    if status.failed > 0 {
        json["failed_file"] = json!(format!("/api/v1/imports/{}/failed.csv", status.id));
    }
    json
}

pub async fn list(State(api): State<Api>, head: Head) -> Response<Body> {
    run_asked(api, head, |ctx, head| {
        let asked = params::read(&head.query, &["limit"])?;
        let imports = import::list(ctx, params::limit(&asked)?.unwrap_or(50))?;
        let data = imports.iter().map(|status| status.to_json()).collect();
        Ok(Answer::ok(envelope(data, None, None)))
    })
    .await
}

pub async fn get(State(api): State<Api>, Path(id): Path<String>, head: Head) -> Response<Body> {
    run(api, head, move |ctx, _| {
        Ok(Answer::ok(shown(&import::status(ctx, identity(&id)?)?)))
    })
    .await
}

pub async fn undo(
    State(api): State<Api>,
    Path(id): Path<String>,
    head: Head,
    Raw(bytes): Raw,
) -> Response<Body> {
    run_once(api, head, bytes, move |ctx, _, _| {
        Ok(begun(&import::undo(ctx, identity(&id)?)?))
    })
    .await
}

/// The rows that failed, with what is wrong with each.
pub async fn failed(State(api): State<Api>, Path(id): Path<String>, head: Head) -> Response<Body> {
    let lang = head.lang();
    let done = tokio::task::spawn_blocking(move || {
        let ctx = head.context(&api)?;
        params::none(&head.query)?;
        let mut bytes = Vec::new();
        import::failed_rows(&ctx, identity(&id)?, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    });
    match done.await {
        Ok(Ok(text)) => {
            let name = Some("attachment; filename=\"failed.csv\"".to_owned());
            respond(
                StatusCode::OK,
                text,
                "text/csv; charset=utf-8",
                [(header::CONTENT_DISPOSITION, name)],
            )
        }
        Ok(Err(error)) => respond_problem(&error, lang),
        Err(panic) => respond_problem(&guanxi_engine::EngineError::Broken(panic.to_string()), lang),
    }
}
