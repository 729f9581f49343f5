//! Files of a record. They are never served as a page of this house.

use super::record::found;
use crate::build::desk::{Desk, record_href};
use crate::door::Visit;
use crate::door::answer::Answer;
use axum::body::Body;
use axum::http::header;
use guanxi_engine::files::{self, Attachment, PICTURES};
use guanxi_engine::{EngineError, EngineResult};
use std::fs::File;
use std::io::Read;
use tokio::sync::mpsc::channel;
use tokio_stream::wrappers::ReceiverStream;

/// Bytes read at once.
const PIECE: usize = 64 << 10;

/// A file for a field of a form that is open: what the save then names it by.
pub fn receive(visit: &Visit) -> EngineResult<Answer> {
    let upload = visit
        .form
        .file("file")
        .ok_or_else(|| EngineError::bad("file_missing"))?;
    let sent = files::send(&visit.ctx, &upload.name, &mut upload.bytes.as_ref())?;
    let is_picture = PICTURES.contains(&sent.media_type.as_str());
    if visit.form.text("as") == "image" && !is_picture {
        return Err(EngineError::bad("not_a_picture"));
    }
    let mut body = sent.to_json();
    body["is_picture"] = is_picture.into();
    Ok(Answer::body(
        Body::from(body.to_string()),
        "application/json",
    ))
}

/// Attaches all files that the form brought.
pub fn add(visit: &Visit) -> EngineResult<Answer> {
    let record = found(visit)?;
    let mut names = Vec::new();
    let uploads = visit.form.files.iter();
    for upload in uploads.filter(|file| file.field == "file" && !file.name.is_empty()) {
        let kept = files::put(
            &visit.ctx,
            &record.object,
            record.id,
            &upload.name,
            &mut upload.bytes.as_ref(),
        )?;
        names.push(kept.name);
    }
    if names.is_empty() {
        return Err(EngineError::bad("file_missing"));
    }
    let desk = Desk::new(visit)?;
    let text = desk.say_of("created-one", "name", &names.join(&desk.say("list-comma")));
    Ok(
        Answer::see(visit, &format!("{}?tab=files", record_href(&record))).flash(
            visit,
            &text,
            ("good", ""),
        ),
    )
}

pub fn remove(visit: &Visit) -> EngineResult<Answer> {
    let (file, _) = files::get(&visit.ctx, visit.id()?)?;
    files::remove(&visit.ctx, file.id)?;
    let back = format!(
        "{}?tab=files",
        crate::build::desk::href(&file.object.name, file.record)
    );
    let desk = Desk::new(visit)?;
    Ok(Answer::see(visit, &back).flash(
        visit,
        &desk.say_of("deleted-one", "name", &file.name),
        ("good", ""),
    ))
}

pub fn show(visit: &Visit) -> EngineResult<Answer> {
    let (file, bytes) = files::get(&visit.ctx, visit.id()?)?;
    Ok(send(&file, bytes))
}

/// Safe pictures where they stand, everything else as a download; a browser runs neither on this address.
fn send(file: &Attachment, bytes: File) -> Answer {
    let is_picture = PICTURES.contains(&file.media_type.as_str());
    let place = if is_picture { "inline" } else { "attachment" };
    let media_type = if is_picture {
        file.media_type.as_str()
    } else {
        "application/octet-stream"
    };
    Answer::body(Body::from_stream(pieces(bytes)), media_type)
        .with(header::CONTENT_LENGTH, &file.size_bytes.to_string())
        .with(
            header::CONTENT_DISPOSITION,
            &format!("{place}; filename*=UTF-8''{}", encoded(&file.name)),
        )
        .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        )
        .with(header::CACHE_CONTROL, "private, no-store")
}

/// Percent-encoded, RFC 8187.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let one = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    name.bytes().map(one).collect()
}

/// The file in pieces, read no faster than they are taken.
fn pieces(mut file: File) -> ReceiverStream<std::io::Result<Vec<u8>>> {
    let (sender, receiver) = channel(4);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece).map(|length| {
                piece.truncate(length);
                piece
            });
            let is_last = read.as_ref().map_or(true, Vec::is_empty);
            if is_last || sender.blocking_send(read).is_err() {
                return;
            }
        }
    });
    ReceiverStream::new(receiver)
}
