//! Contents on their way in: piece by piece into the store, never a whole file in memory.

use axum::{
    Json,
    extract::{
        FromRequest as _, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{StatusCode, header},
};
use futures_util::StreamExt as _;
use metasync_protocol::library::LibraryFile;
use metasync_store::{LibraryChange, StoreError};
use uuid::Uuid;

use super::super::{App, access::Writer, error::ApiError, params::PathParams};
use super::{files, reading};
use crate::library::Intake;

/// Most bytes of a file.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Most bytes of the other fields together.
const MAX_FIELD_BYTES: usize = 1024 * 1024;

/// What an upload says beside the content.
#[derive(Default)]
struct Said {
    file: Option<(String, String, String, u64)>,
    label: Option<String>,
    collections: Vec<String>,
    objects: Vec<String>,
    read: usize,
}

pub(super) async fn add(
    Writer(access): Writer,
    State(app): State<App>,
    request: Request,
) -> Result<(StatusCode, Json<LibraryFile>), ApiError> {
    let mut parts = Multipart::from_request(request, &app).await.map_err(|_| {
        ApiError::invalid(
            "the body must be multipart/form-data with a part `file`, and label, collections, objects",
        )
    })?;
    let mut said = Said::default();
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        part(&app, access.org(), field, &mut said).await?;
    }
    let Some((name, media_type, sha256, size)) = said.file else {
        return Err(ApiError::invalid("the part `file` with a file name is missing"));
    };
    let file = LibraryFile {
        id: Uuid::new_v4(),
        name,
        media_type,
        sha256,
        size,
        label: said.label,
        collections: said.collections,
        objects: said.objects,
        ..LibraryFile::default()
    };
    let added = app.store.library_add(access.org(), &file).await.map_err(stored)?;
    app.library.entries_changed(access.org());
    Ok((StatusCode::CREATED, Json(added)))
}

async fn part(app: &App, org: Uuid, field: Field<'_>, said: &mut Said) -> Result<(), ApiError> {
    let name = field.name().unwrap_or_default().to_owned();
    if name == "file" {
        if said.file.is_some() {
            return Err(ApiError::invalid("the part `file` stands more than once"));
        }
        let Some(file_name) = field.file_name() else {
            return Err(ApiError::invalid("the part `file` has no file name"));
        };
        let (file_name, media_type) = (
            reading::name(file_name)?,
            reading::media_type(field.content_type()),
        );
        let (sha256, size) = take(app, org, field.map(|piece| piece.map_err(broken))).await?;
        said.file = Some((file_name, media_type, sha256, size));
        return Ok(());
    }
    let text = small(field, said).await?;
    match name.as_str() {
        "label" => said.label = reading::label(&text)?,
        "collections" => said.collections = more("collections", &said.collections, &text)?,
        "objects" => said.objects = more("objects", &said.objects, &text)?,
        other => {
            return Err(ApiError::invalid(format!(
                "the part {other:?} is not known; file, label, collections and objects are"
            )));
        }
    }
    Ok(())
}

/// Fields may be repeated, and hold several between commas.
fn more(field: &str, known: &[String], text: &str) -> Result<Vec<String>, ApiError> {
    reading::items(field, known.iter().map(String::as_str).chain(text.split(',')))
}

async fn small(mut field: Field<'_>, said: &mut Said) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        said.read += piece.len();
        if said.read > MAX_FIELD_BYTES {
            return Err(ApiError::too_large());
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| ApiError::invalid("a part of the body is not UTF-8"))
}

/// Takes a content; one that fails leaves nothing behind.
async fn take<B: AsRef<[u8]>>(
    app: &App,
    org: Uuid,
    pieces: impl futures_util::Stream<Item = Result<B, ApiError>>,
) -> Result<(String, u64), ApiError> {
    let mut pieces = std::pin::pin!(pieces);
    let mut intake = Intake::begin(app.store.clone(), org);
    while let Some(piece) = pieces.next().await {
        let pushed = match piece {
            Ok(piece) if intake.size() + piece.as_ref().len() as u64 > MAX_FILE_BYTES => {
                Err(ApiError::too_large())
            }
            Ok(piece) => intake.push(piece.as_ref()).await.map_err(stored),
            Err(error) => Err(error),
        };
        if let Err(error) = pushed {
            intake.give_up().await;
            return Err(error);
        }
    }
    intake.keep().await.map_err(stored)
}

pub(super) async fn replace(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
    request: Request,
) -> Result<Json<LibraryFile>, ApiError> {
    let (org, id) = (access.org(), files::id(&path)?);
    let file = app
        .store
        .library_file(org, id)
        .await?
        .ok_or_else(files::not_found)?;
    let said = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let media_type = match said {
        Some(said) => reading::media_type(Some(said)),
        None => file.media_type,
    };
    let cut = |_| ApiError::invalid("the body was cut off");
    let pieces = request
        .into_body()
        .into_data_stream()
        .map(|piece| piece.map_err(cut));
    let (sha256, size) = take(&app, org, pieces).await?;
    let change = LibraryChange {
        content: Some((sha256, size, media_type)),
        ..LibraryChange::default()
    };
    let changed = app.store.library_change(org, id, &change).await?;
    let file = changed.ok_or_else(files::not_found)?;
    app.library.entries_changed(org);
    Ok(Json(file))
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn broken(error: MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(),
        _ => ApiError::invalid(format!("the multipart body can't be read: {}", error.body_text())),
    }
}

fn stored(error: StoreError) -> ApiError {
    match error {
        StoreError::Full(_) => ApiError::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "hub_full",
            "the hub's disk is full: nothing of the file was kept; make room there",
        ),
        other => other.into(),
    }
}
