//! Multipart bodies: small members as text, the one file to disk, so that its size costs no memory.

use crate::run::Head;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::fault::Fault;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

/// Characters of a text member; mappings are the longest.
const MOST_TEXT: usize = 256 << 10;

/// What a form sent.
pub struct Upload {
    pub texts: HashMap<String, String>,
    pub file_name: String,
    /// At its beginning.
    pub file: File,
}

/// As `read`, of a body that perhaps is no form: told only once it is known who asks. With it what an
/// `Idempotency-Key` stands for, if there is one.
pub async fn take(
    form: Result<Multipart, MultipartRejection>,
    known: &[&str],
    head: &Head,
) -> EngineResult<(Upload, Vec<u8>)> {
    let mut upload = read(form.map_err(|_| EngineError::bad("bad_form"))?, known).await?;
    if !head.is_keyed() {
        return Ok((upload, Vec::new()));
    }
    let digested = tokio::task::spawn_blocking(move || {
        let digest = digest(&mut upload).map_err(broken)?;
        Ok((upload, digest))
    });
    digested
        .await
        .unwrap_or_else(|panic| Err(EngineError::Broken(panic.to_string())))
}

/// The form's content; its bytes differ with each sending, by the boundary between the members.
fn digest(upload: &mut Upload) -> std::io::Result<Vec<u8>> {
    let mut texts: Vec<(&String, &String)> = upload.texts.iter().collect();
    texts.sort();
    let mut digest = Sha256::new();
    digest.update(format!("{texts:?}{:?}", upload.file_name));
    let mut piece = vec![0; 64 << 10];
    loop {
        match upload.file.read(&mut piece)? {
            0 => break,
            length => digest.update(&piece[..length]),
        }
    }
    upload.file.seek(SeekFrom::Start(0))?;
    Ok(digest.finalize().to_vec())
}

/// Reads the form; members that nobody knows are refused, and there must be a `file`.
async fn read(mut form: Multipart, known: &[&str]) -> EngineResult<Upload> {
    let mut texts = HashMap::new();
    let mut received: Option<(String, File)> = None;
    while let Some(field) = form.next_field().await.map_err(refused)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            received = Some(to_disk(field).await?);
        } else if known.contains(&name.as_str()) {
            texts.insert(name, to_text(field).await?);
        } else {
            return Err(crate::params::unknown(&name, known));
        }
    }
    let (file_name, file) = received.ok_or_else(|| EngineError::field("file", "required"))?;
    Ok(Upload {
        texts,
        file_name,
        file,
    })
}

async fn to_disk(mut field: Field<'_>) -> EngineResult<(String, File)> {
    let name = field.file_name().unwrap_or("file").to_owned();
    let mut file = tempfile::tempfile().map_err(broken)?;
    while let Some(chunk) = field.chunk().await.map_err(refused)? {
        file.write_all(&chunk).map_err(broken)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(broken)?;
    Ok((name, file))
}

async fn to_text(mut field: Field<'_>) -> EngineResult<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(refused)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_TEXT {
            return Err(EngineError::TooLarge(
                Fault::new("body_too_large").with("max", MOST_TEXT),
            ));
        }
    }
    String::from_utf8(bytes).map_err(|_| EngineError::bad("bad_form"))
}

fn refused(error: MultipartError) -> EngineError {
    match error.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            EngineError::TooLarge(Fault::new("body_too_large"))
        }
        _ => EngineError::bad("bad_form"),
    }
}

fn broken(error: std::io::Error) -> EngineError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => EngineError::Store(guanxi_store::StoreError::Full),
        _ => EngineError::Broken(error.to_string()),
    }
}
