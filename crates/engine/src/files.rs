//! Files that people attach to records. The bytes rest outside the database under a random id, synced before the row
//! that names them is committed; who may read the record may read its files, and nobody else.

use crate::context::Context;
use crate::engine::{Engine, row_by_id};
use crate::error::{EngineError, EngineResult};
use crate::idempotency::{self, Done};
use crate::import::source::broken;
use crate::read;
use crate::system;
use guanxi_access::Action;
use guanxi_meta::fault::Fault;
use guanxi_meta::{Cell, Object};
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{Row, Set, StoreExt, Transaction, View, Weight, fail};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// An attachment, without its bytes.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub id: Uuid,
    pub object: Arc<Object>,
    pub record: Uuid,
    pub name: String,
    /// What the first bytes say, never what the sender said.
    pub media_type: String,
    pub size_bytes: u64,
    /// `seq` of the user.
    pub person: i64,
    /// Microseconds since 1970.
    pub at: i64,
}

/// Bytes of one file.
pub const MOST_BYTES: u64 = 100 << 20;
/// Characters of a name.
const NAME_CHARS: usize = 200;
/// How long bytes without a row are left alone: their row may be on its way.
const GRACE: Duration = Duration::from_secs(24 * 3600);

const COLUMNS: [&str; 8] = [
    "id",
    "object",
    "record",
    "name",
    "media_type",
    "size",
    "person",
    "at",
];

/// Attaches a file to a record that the caller may change.
pub fn put(
    ctx: &Context,
    object: &Arc<Object>,
    record: Uuid,
    name: &str,
    bytes: &mut dyn Read,
) -> EngineResult<Attachment> {
    let found = read::get(ctx, object, record)?;
    if !read::may(ctx, &found, Action::Update)? {
        return Err(EngineError::Forbidden("update"));
    }
    let sent = receive(ctx, name, bytes)?;
    let attachment = Attachment {
        id: sent.id,
        object: object.clone(),
        record,
        name: sent.name.clone(),
        media_type: sent.media_type.clone(),
        size_bytes: sent.size_bytes,
        person: ctx.actor.seq(),
        at: ctx.now_micros(),
    };
    let id = sent.id;
    let (context, kept, row) = (ctx.clone(), object.clone(), attachment.clone());
    let outcome = ctx.engine.store().change(Weight::Light, move |tx| {
        // The record may have gone, or out of reach, while the bytes came in.
        let now = row_by_id(tx, &kept, record)?
            .filter(|now| now.deleted_at.is_none())
            .ok_or(EngineError::NotFound)?;
        if read::reach(tx, &context.grant(&kept, Action::Update), &now)?.is_none() {
            return Err(EngineError::Forbidden("update"));
        }
        insert(tx, &context, &sent, Some((&kept.table, record)))?;
        idempotency::seal(tx, &context, &Done::Attached(&row))
    });
    if let Err(error) = outcome {
        let _ = std::fs::remove_file(path(&ctx.engine, id));
        return Err(error);
    }
    ctx.engine.announce();
    Ok(attachment)
}

/// A file that was received for a field of a record that is saved afterwards. Until a save names it, it is its sender's
/// alone and nobody can open it; the sweep takes those that no save named.
#[derive(Debug, Clone)]
pub struct Sent {
    pub id: Uuid,
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    digest: Vec<u8>,
}

impl Sent {
    pub fn to_json(&self) -> Json {
        json!({
            "id": self.id,
            "name": self.name,
            "media_type": self.media_type,
            "size": self.size_bytes,
        })
    }
}

/// Receives a file for a field of a record that is yet to be saved.
pub fn send(ctx: &Context, name: &str, bytes: &mut dyn Read) -> EngineResult<Sent> {
    let sent = receive(ctx, name, bytes)?;
    let (row, context) = (sent.clone(), ctx.clone());
    let outcome = ctx
        .engine
        .store()
        .change(Weight::Light, move |tx| insert(tx, &context, &row, None));
    if let Err(error) = outcome {
        let _ = std::fs::remove_file(path(&ctx.engine, sent.id));
        return Err(error);
    }
    Ok(sent)
}

fn receive(ctx: &Context, name: &str, bytes: &mut dyn Read) -> EngineResult<Sent> {
    let id = ctx.engine.ids().next();
    let written = write_bytes(&ctx.engine, id, bytes)?;
    fail::point(fail::Point::FileWritten);
    Ok(Sent {
        id,
        name: clean_name(name),
        media_type: sniff(&written.head).to_owned(),
        size_bytes: written.size,
        digest: written.digest,
    })
}

fn insert(
    tx: &mut dyn Transaction,
    ctx: &Context,
    sent: &Sent,
    on: Option<(&str, Uuid)>,
) -> EngineResult<()> {
    let mut names = COLUMNS.to_vec();
    names.push("digest");
    let cells = vec![
        Cell::Id(sent.id),
        on.map_or(Cell::Null, |(table, _)| Cell::from(table)),
        on.map_or(Cell::Null, |(_, record)| Cell::Id(record)),
        Cell::from(sent.name.as_str()),
        Cell::from(sent.media_type.as_str()),
        Cell::Int(i64::try_from(sent.size_bytes).unwrap_or(i64::MAX)),
        Cell::Int(ctx.actor.seq()),
        Cell::Int(ctx.now_micros()),
        Cell::Bytes(sent.digest.clone()),
    ];
    tx.insert(system::FILE, &names, vec![cells])?;
    Ok(())
}

/// A file as a save looks at it before a field may hold it.
pub(crate) struct Kept {
    pub name: String,
    media_type: String,
    on: Option<(String, Uuid)>,
    person: i64,
}

impl Kept {
    pub fn hangs_on(&self, table: &str, record: Uuid) -> bool {
        self.on
            .as_ref()
            .is_some_and(|(known, id)| known == table && *id == record)
    }

    /// Nobody has named it yet, and this person sent it.
    pub fn is_sent_by(&self, person: i64) -> bool {
        self.on.is_none() && self.person == person
    }

    pub fn is_picture(&self) -> bool {
        PICTURES.contains(&self.media_type.as_str())
    }
}

/// Pictures that every browser draws without running anything.
pub const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

pub(crate) fn find(tx: &mut dyn Transaction, id: Uuid) -> EngineResult<Option<Kept>> {
    let select = Select::of(
        system::FILE,
        &["name", "media_type", "object", "record", "person"],
    )
    .filter(Cond::equal("id", id).and(Cond::null("deleted_at")))
    .limit(1);
    let rows = tx.select(&select)?;
    let kept = |row: &Row| Kept {
        name: row.cells[0].text().unwrap_or_default().to_owned(),
        media_type: row.cells[1].text().unwrap_or_default().to_owned(),
        on: row.cells[2]
            .text()
            .map(str::to_owned)
            .zip(row.cells[3].id()),
        person: row.cells[4].int().unwrap_or(0),
    };
    Ok(rows.first().map(kept))
}

/// Hangs a file that was sent on the record that names it now; one that hangs somewhere stays there.
pub(crate) fn bind(
    tx: &mut dyn Transaction,
    id: Uuid,
    (table, record): (&str, Uuid),
) -> EngineResult<()> {
    let free = Cond::equal("id", id).and(Cond::null("record"));
    let on = [
        ("object", Set::To(Cell::from(table))),
        ("record", Set::To(Cell::Id(record))),
    ];
    tx.update(system::FILE, &on, &free)?;
    Ok(())
}

/// The attachment and its bytes, if the caller may read its record.
pub fn get(ctx: &Context, id: Uuid) -> EngineResult<(Attachment, File)> {
    let attachment = look(ctx, id)?;
    let file = File::open(path(&ctx.engine, id)).map_err(|error| {
        tracing::error!(%id, %error, "the bytes of a file are gone");
        EngineError::NotFound
    })?;
    Ok((attachment, file))
}

/// The files of a record, newest first.
pub fn list(ctx: &Context, object: &Arc<Object>, record: Uuid) -> EngineResult<Vec<Attachment>> {
    /// Files that a record's page shows.
    const MOST: u32 = 500;
    read::get(ctx, object, record)?;
    let this = Cond::equal("object", object.table.as_str()).and(Cond::equal("record", record));
    let select = Select::of(system::FILE, &COLUMNS)
        .filter(this.and(Cond::null("deleted_at")))
        .order("seq", Direction::Descending)
        .limit(MOST);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    Ok(rows.iter().filter_map(|row| attachment(ctx, row)).collect())
}

/// Takes a file away from a record that the caller may change. The sweep removes its bytes later.
pub fn remove(ctx: &Context, id: Uuid) -> EngineResult<()> {
    let found = look(ctx, id)?;
    let record = read::get(ctx, &found.object, found.record)?;
    if !read::may(ctx, &record, Action::Update)? {
        return Err(EngineError::Forbidden("update"));
    }
    let now = ctx.now_micros();
    ctx.engine.store().change(Weight::Light, move |tx| {
        let this = Cond::equal("id", id).and(Cond::null("deleted_at"));
        tx.update(
            system::FILE,
            &[("deleted_at", Set::To(Cell::Int(now)))],
            &this,
        )?;
        Ok::<_, EngineError>(())
    })?;
    ctx.engine.announce();
    Ok(())
}

/// Removes bytes that no row names, or whose row was removed more than a day ago. Answers how many files.
pub fn sweep(engine: &Engine) -> EngineResult<usize> {
    let unnamed = unnamed(engine)?;
    for path in &unnamed {
        std::fs::remove_file(path).map_err(broken)?;
    }
    Ok(unnamed.len())
}

/// Bytes that are older than a day and that no row names, or whose row was removed more than a day ago.
pub(crate) fn unnamed(engine: &Engine) -> EngineResult<Vec<PathBuf>> {
    let mut unnamed = Vec::new();
    for shard in subfolders(&root(engine)) {
        let files = std::fs::read_dir(&shard)
            .map_err(broken)?
            .filter_map(Result::ok);
        let old: Vec<(Uuid, PathBuf)> = files
            .filter(|entry| {
                entry
                    .metadata()
                    .and_then(|about| about.modified())
                    .is_ok_and(is_old)
            })
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
            .collect();
        let kept = named(engine, old.iter().map(|(id, _)| *id).collect())?;
        let rest = old.into_iter().filter(|(id, _)| !kept.contains(id));
        unnamed.extend(rest.map(|(_, path)| path));
    }
    Ok(unnamed)
}

/// How many bytes a file has, and their SHA-256.
pub(crate) fn weigh(engine: &Engine, id: Uuid) -> std::io::Result<(u64, Vec<u8>)> {
    let mut file = File::open(path(engine, id))?;
    let (mut size, mut digest) = (0, Sha256::new());
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok((size, digest.finalize().to_vec()));
        }
        size += length as u64;
        digest.update(&buffer[..length]);
    }
}

/// A name without folders, control characters and what file systems refuse; never empty.
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let clean: String = last
        .chars()
        .filter(|letter| !hidden(*letter) && !"<>:\"|?*".contains(*letter))
        .take(NAME_CHARS)
        .collect();
    let clean = clean.trim().trim_start_matches('.').trim();
    if clean.is_empty() {
        "file".to_owned()
    } else {
        clean.to_owned()
    }
}

impl Attachment {
    pub fn to_json(&self, ctx: &Context) -> Json {
        json!({
            "id": self.id,
            "object": self.object.name,
            "record": self.record,
            "name": self.name,
            "media_type": self.media_type,
            "size": self.size_bytes,
            "by": ctx.user_json(self.person),
            "at": crate::record::instant(self.at),
        })
    }
}

fn look(ctx: &Context, id: Uuid) -> EngineResult<Attachment> {
    let select = Select::of(system::FILE, &COLUMNS)
        .filter(Cond::equal("id", id).and(Cond::null("deleted_at")))
        .limit(1);
    let rows = ctx
        .engine
        .store()
        .look(|view| Ok::<_, EngineError>(view.select(&select)?))?;
    let found = rows
        .first()
        .and_then(|row| attachment(ctx, row))
        .ok_or(EngineError::NotFound)?;
    read::get(ctx, &found.object, found.record)?;
    Ok(found)
}

fn attachment(ctx: &Context, row: &Row) -> Option<Attachment> {
    let table = row.cells[1].text()?;
    Some(Attachment {
        id: row.cells[0].id()?,
        object: ctx
            .catalog
            .objects
            .iter()
            .find(|object| object.table == table)?
            .clone(),
        record: row.cells[2].id()?,
        name: row.cells[3].text()?.to_owned(),
        media_type: row.cells[4].text()?.to_owned(),
        size_bytes: row.cells[5].int()?.unsigned_abs(),
        person: row.cells[6].int()?,
        at: row.cells[7].int()?,
    })
}

struct Written {
    size: u64,
    digest: Vec<u8>,
    head: Vec<u8>,
}

fn write_bytes(engine: &Engine, id: Uuid, bytes: &mut dyn Read) -> EngineResult<Written> {
    /// Bytes of one piece, and those that the media type is told from.
    const PIECE: usize = 64 << 10;
    const HEAD: usize = 512;
    let path = path(engine, id);
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    std::fs::create_dir_all(&folder).map_err(broken)?;
    let mut written = Written {
        size: 0,
        digest: Vec::new(),
        head: Vec::with_capacity(HEAD),
    };
    let mut digest = Sha256::new();
    let mut buffer = vec![0; PIECE];
    let mut copy = || -> EngineResult<()> {
        let mut file = File::create_new(&path).map_err(broken)?;
        loop {
            let length = bytes.read(&mut buffer).map_err(broken)?;
            if length == 0 {
                break;
            }
            let piece = &buffer[..length];
            written.size += length as u64;
            if written.size > MOST_BYTES {
                return Err(EngineError::TooLarge(
                    Fault::new("file_too_large").with("most", MOST_BYTES >> 20),
                ));
            }
            let lacking = HEAD - written.head.len();
            written
                .head
                .extend_from_slice(&piece[..length.min(lacking)]);
            digest.update(piece);
            file.write_all(piece).map_err(broken)?;
        }
        file.sync_all().map_err(broken)?;
        // The name of the file is durable only with its folder.
        File::open(&folder)
            .and_then(|folder| folder.sync_all())
            .map_err(broken)
    };
    if let Err(error) = copy() {
        let _ = std::fs::remove_file(&path);
        return Err(error);
    }
    written.digest = digest.finalize().to_vec();
    Ok(written)
}

fn root(engine: &Engine) -> PathBuf {
    engine.files().join("attachments")
}

/// The last two digits of the id spread files over folders: the first of a version 7 id hardly change.
fn path(engine: &Engine, id: Uuid) -> PathBuf {
    let text = id.to_string();
    root(engine).join(&text[text.len() - 2..]).join(text)
}

fn subfolders(root: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

fn is_old(modified: SystemTime) -> bool {
    modified.elapsed().is_ok_and(|age| age > GRACE)
}

/// Of these ids those that a row names which still counts.
fn named(engine: &Engine, ids: Vec<Uuid>) -> EngineResult<HashSet<Uuid>> {
    /// Keys of one list.
    const KEYS: usize = 500;
    let since = engine.clock().now().as_microsecond() - GRACE.as_micros() as i64;
    let was_named = !Cond::null("record");
    let counts = Cond::null("deleted_at")
        .and(was_named.or(Cond::compare("at", Op::Greater, since)))
        .or(Cond::compare("deleted_at", Op::Greater, since));
    let mut named = HashSet::new();
    for chunk in ids.chunks(KEYS) {
        let among = Cond::among("id", chunk.iter().copied().map(Cell::Id).collect());
        let select = Select::of(system::FILE, &["id"]).filter(among.and(counts.clone()));
        let rows = engine
            .store()
            .look(|view: &mut dyn View| Ok::<_, EngineError>(view.select(&select)?))?;
        named.extend(rows.iter().filter_map(|row| row.cells[0].id()));
    }
    Ok(named)
}

/// The media type by the first bytes. What a browser would run as a page or script is never among them: such a file
/// is plain text or nothing in particular.
fn sniff(head: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 14] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "application/x-ole-storage",
        ),
        (b"\x1f\x8b", "application/gzip"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07", "application/vnd.rar"),
        (b"ID3", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"\x1a\x45\xdf\xa3", "video/webm"),
    ];
    if let Some((_, media_type)) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return media_type;
    }
    match (head.get(..4), head.get(4..8), head.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => return "image/webp",
        (Some(b"RIFF"), _, Some(b"WAVE")) => return "audio/wav",
        (_, Some(b"ftyp"), _) => return "video/mp4",
        _ => {}
    }
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A letter that the end of the head has cut.
        Err(error) => error.error_len().is_none() && head.len() - error.valid_up_to() < 4,
    };
    if valid && !head.contains(&0) {
        "text/plain"
    } else {
        "application/octet-stream"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_can_do_harm() {
        for (name, wanted) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\报价.pdf", "报价.pdf"),
            ("a\u{202e}fdp.exe\r\n", "afdp.exe"),
            ("..", "file"),
            ("<b>\"x\"</b>.txt", "b.txt"),
        ] {
            assert_eq!(clean_name(name), wanted);
        }
    }

    #[test]
    fn bytes_say_what_a_file_is() {
        for (head, wanted) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "image/png"),
            (b"<html><script>alert(1)</script>", "text/plain"),
            (b"<svg onload=alert(1)>", "text/plain"),
            (b"\x00\x01\x02", "application/octet-stream"),
            (b"RIFF0000WEBPVP8 ", "image/webp"),
        ] {
            assert_eq!(sniff(head), wanted);
        }
    }
}
