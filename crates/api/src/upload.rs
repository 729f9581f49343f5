//! Multipart bodies: small members as text, the one file to disk, so that its size costs no memory.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use guanxi_engine::{EngineError, EngineResult};
use guanxi_meta::fault::Fault;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

/// Characters of a text member; mappings are the longest.
const MOST_TEXT: usize = 256 << 10;

/// What a form sent.
pub struct Upload {
    pub texts: HashMap<String, String>,
    pub file_name: String,
    /// At its beginning.
    pub file: File,
}

/// As `read`, of a body that perhaps is no form: told only once it is known who asks.
pub async fn take(
    form: Result<Multipart, MultipartRejection>,
    known: &[&str],
) -> EngineResult<Upload> {
    read(form.map_err(|_| EngineError::bad("bad_form"))?, known).await
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
