//! `/files`: attachments, through the record that they hang on. They are never served as a page.

use crate::Api;
use crate::answer::Answer;
use crate::params;
use crate::problem::{hang_up, respond_problem};
use crate::records::identity;
use crate::run::{Head, run, run_once};
use crate::upload::{self, Upload};
use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderValue, Response, header};
use guanxi_engine::files::{self, Attachment};
use guanxi_engine::{Context, EngineError, EngineResult};
use std::fs::File;
use std::io::Read;
use tokio::sync::mpsc::channel;
use tokio_stream::wrappers::ReceiverStream;

pub async fn create(
    State(api): State<Api>,
    head: Head,
    form: Result<Multipart, MultipartRejection>,
) -> Response<Body> {
    let (asked, known) = (head.clone(), api.clone());
    let caller = tokio::task::spawn_blocking(move || asked.admitted(&known)).await;
    if let Ok(Err(error)) = caller {
        return hang_up(&error, head.lang());
    }
    match upload::take(form, &["object", "record", "id"], &head).await {
        Ok((upload, asked)) => run_once(api, head, asked, move |ctx, _, _| put(ctx, upload)).await,
        Err(error) => hang_up(&error, head.lang()),
    }
}

/// With a record the file is attached to it. Without one it waits for a save that names it in a field of kind `file` or
/// `image`, and nobody opens it before.
fn put(ctx: &Context, mut upload: Upload) -> EngineResult<Answer> {
    let record = upload
        .texts
        .get("record")
        .or_else(|| upload.texts.get("id"));
    let (object, record) = match (upload.texts.get("object"), record) {
        (None, None) => {
            let sent = files::send(ctx, &upload.file_name, &mut upload.file)?;
            let location = format!("/api/v1/files/{}", sent.id);
            return Ok(Answer::created(sent.to_json(), location));
        }
        (object, record) => (
            object.ok_or_else(|| EngineError::field("object", "required"))?,
            record.ok_or_else(|| EngineError::field("record", "required"))?,
        ),
    };
    let attachment = files::put(
        ctx,
        &ctx.object(object)?,
        identity(record)?,
        &upload.file_name,
        &mut upload.file,
    )?;
    Ok(attached(ctx, &attachment))
}

pub fn attached(ctx: &Context, attachment: &Attachment) -> Answer {
    let location = format!("/api/v1/files/{}", attachment.id);
    Answer::created(attachment.to_json(ctx), location)
}

pub async fn list(
    State(api): State<Api>,
    Path((object, id)): Path<(String, String)>,
    head: Head,
) -> Response<Body> {
    run(api, head, move |ctx, _| {
        let list = files::list(ctx, &ctx.object(&object)?, identity(&id)?)?;
        let data = list
            .iter()
            .map(|attachment| attachment.to_json(ctx))
            .collect();
        Ok(Answer::ok(crate::records::envelope(data, None, None)))
    })
    .await
}

pub async fn remove(State(api): State<Api>, Path(id): Path<String>, head: Head) -> Response<Body> {
    run(api, head, move |ctx, _| {
        files::remove(ctx, identity(&id)?)?;
        Ok(Answer::nothing())
    })
    .await
}

pub async fn get(State(api): State<Api>, Path(id): Path<String>, head: Head) -> Response<Body> {
    let lang = head.lang();
    let found = tokio::task::spawn_blocking(move || {
        let ctx = head.context(&api)?;
        params::none(&head.query)?;
        files::get(&ctx, identity(&id)?)
    })
    .await;
    match found {
        Ok(Ok((attachment, file))) => send(&attachment, file),
        Ok(Err(error)) => respond_problem(&error, lang),
        Err(panic) => respond_problem(&EngineError::Broken(panic.to_string()), lang),
    }
}

/// As a download: whatever it is, a browser must not run it on this address.
fn send(attachment: &Attachment, file: File) -> Response<Body> {
    let mut response = Response::new(Body::from_stream(pieces(file)));
    let headers = response.headers_mut();
    let mut put = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, attachment.media_type.clone());
    put(header::CONTENT_LENGTH, attachment.size_bytes.to_string());
    put(
        header::CONTENT_DISPOSITION,
        format!("attachment; filename*=UTF-8''{}", encoded(&attachment.name)),
    );
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned());
    put(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; sandbox".to_owned(),
    );
    put(header::CACHE_CONTROL, "private, no-store".to_owned());
    response
}

/// Percent-encoded, RFC 8187.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let one = |byte: u8| {
        if plain(byte) {
            (byte as char).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    name.bytes().map(one).collect()
}

/// The file in pieces, read on a blocking thread no faster than they are taken.
fn pieces(mut file: File) -> ReceiverStream<std::io::Result<Vec<u8>>> {
    const PIECE: usize = 64 << 10;
    let (sender, receiver) = channel(4);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece).map(|length| {
                piece.truncate(length);
                piece
            });
            let last = read.as_ref().map_or(true, Vec::is_empty);
            if last || sender.blocking_send(read).is_err() {
                return;
            }
        }
    });
    ReceiverStream::new(receiver)
}
