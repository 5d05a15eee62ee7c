//! The sync of the library, and its conflicts.

use axum::{Json, extract::State, http::StatusCode};
use metasync_protocol::library::{
    Conflict, ConflictList, ConflictResolved, LibraryStatus, LibrarySummary, LibrarySyncRequest,
    ResolveConflict,
};

use super::super::{
    App,
    access::{Member, Writer},
    body::{Body, OptionalBody},
    error::ApiError,
};
use super::events::check_client_id;
use crate::library::{Resolved, SyncError, resolve as settle};

pub(super) async fn status(
    Member(access): Member,
    State(app): State<App>,
) -> Result<Json<LibraryStatus>, ApiError> {
    Ok(Json(app.library.status(access.org()).await?))
}

pub(super) async fn sync(
    Writer(access): Writer,
    State(app): State<App>,
    OptionalBody(mut request): OptionalBody<LibrarySyncRequest>,
) -> Result<Json<LibrarySummary>, ApiError> {
    request.client_id = request.client_id.filter(|id| !id.is_empty());
    if let Some(id) = &request.client_id {
        check_client_id(id)?;
    }
    let ended = app.library.sync(access.org(), access.user(), request).await;
    ended.map(Json).map_err(refused)
}

fn refused(error: SyncError) -> ApiError {
    let code = error.code();
    let message = error.to_string();
    let status = match error {
        SyncError::NotConfigured => StatusCode::BAD_REQUEST,
        SyncError::Running => StatusCode::CONFLICT,
        SyncError::Store(error) => return error.into(),
        SyncError::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        SyncError::Share(_) => match error.retry_after() {
            Some(wait) => return ApiError::busy_for(code, message, wait),
            None => StatusCode::BAD_GATEWAY,
        },
    };
    ApiError::new(status, code, message.clone())
        .with("error", message.clone())
        .with("message", message)
}

pub(super) async fn conflicts(
    Member(access): Member,
    State(app): State<App>,
) -> Result<Json<ConflictList>, ApiError> {
    let found = app.store.library_conflicts(access.org()).await?;
    let conflicts = found
        .into_iter()
        .map(|(conflict, row)| Conflict {
            file_id: conflict.file_id,
            fields: conflict.fields,
            base: conflict.base.map(Into::into),
            local: Some(row.file.into()),
            remote: Some(conflict.remote.into()),
            detected_at: conflict.detected_at,
        })
        .collect();
    Ok(Json(ConflictList { conflicts }))
}

pub(super) async fn resolve(
    Writer(access): Writer,
    State(app): State<App>,
    Body(request): Body<ResolveConflict>,
) -> Result<Json<ConflictResolved>, ApiError> {
    match settle(&app.store, access.org(), access.user(), &request).await? {
        Resolved::Done(resolved) => {
            app.library.entries_changed(access.org());
            Ok(Json(resolved))
        }
        Resolved::NoConflict => Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "no_conflict",
            "this file is in no conflict; GET …/sync/conflicts lists those that are",
        )),
    }
}
