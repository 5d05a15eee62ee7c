//! IDE sessions (seed 002, section 5).

use axum::{Json, extract::State};
use metasync_protocol::sessions::{REGISTERED, RegisterSession, Session, SessionRegistered};
use schemars::JsonSchema;
use serde::Serialize;

use super::{App, access::Member, body::Body, error::ApiError};

/// Longest text of a session's fields.
const MAX_TEXT: usize = 1_000;

/// Most connections of a session.
const MAX_CONNECTIONS: usize = 10_000;

/// Answer of `GET …/ide-sessions`.
#[derive(Serialize, JsonSchema)]
pub(super) struct SessionList {
    sessions: Vec<Session>,
}

pub(super) async fn register(
    Member(access): Member,
    State(app): State<App>,
    Body(session): Body<RegisterSession>,
) -> Result<Json<SessionRegistered>, ApiError> {
    check(&session)?;
    let session_id = app
        .store
        .upsert_session(access.org(), access.user(), &session)
        .await?;
    Ok(Json(SessionRegistered {
        session_id,
        message: REGISTERED.to_owned(),
    }))
}

/// All of them for owners and maintainers, one's own for members.
pub(super) async fn list(
    Member(access): Member,
    State(app): State<App>,
) -> Result<Json<SessionList>, ApiError> {
    let only = (!access.may_write()).then(|| access.user());
    let sessions = app.store.sessions(access.org(), only).await?;
    Ok(Json(SessionList { sessions }))
}

fn check(session: &RegisterSession) -> Result<(), ApiError> {
    if session.workspace_identifier.trim().is_empty() {
        return Err(ApiError::invalid("workspace_identifier is empty"));
    }
    let texts = [
        ("workspace_identifier", Some(&session.workspace_identifier)),
        ("workspace_hash", session.workspace_hash.as_ref()),
        ("ide_version", session.ide_version.as_ref()),
        ("sync_mode", session.sync_mode.as_ref()),
        ("client_id", session.client_id.as_ref()),
    ];
    for (name, text) in texts {
        if text.is_some_and(|t| t.len() > MAX_TEXT) {
            return Err(ApiError::invalid(format!(
                "{name} is longer than {MAX_TEXT} bytes"
            )));
        }
    }
    if session
        .connection_ids
        .as_ref()
        .is_some_and(|ids| ids.len() > MAX_CONNECTIONS)
    {
        return Err(ApiError::invalid(format!(
            "connection_ids names more than {MAX_CONNECTIONS} connections"
        )));
    }
    Ok(())
}
