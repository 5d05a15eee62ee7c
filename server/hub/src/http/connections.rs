//! Connections and workspace matching (seed 002, sections 2 and 3).

use axum::{Json, extract::State, http::StatusCode};
use metasync_protocol::connections::{Connection, ConnectionList, MatchAnswer, MatchRequest, NewConnection};
use metasync_store::{Removed, StoredConnection};
use std::time::Duration;

use super::{
    App,
    access::{Member, Writer},
    body::Body,
    error::ApiError,
    params::PathParams,
};
use crate::{
    config::{address, releases::RELEASE_KIND},
    runs::{REPOSITORY, entries::SOURCE},
};

/// Longest workspace identifier.
const MAX_IDENTIFIER: usize = 1_000;

/// How long the removal of a connection waits for its running sync to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn list(
    Member(access): Member,
    State(app): State<App>,
) -> Result<Json<ConnectionList>, ApiError> {
    let stored = app.store.connections(access.org()).await?;
    let connections = stored.into_iter().map(shown).collect();
    Ok(Json(ConnectionList { connections }))
}

/// A connection as clients see it: without credentials in its address.
pub(super) fn shown(stored: StoredConnection) -> Connection {
    let mut connection = stored.connection;
    connection.url = address::without_credentials(&connection.kind, &connection.url);
    connection
}

pub(super) async fn match_workspace(
    Member(access): Member,
    State(app): State<App>,
    Body(request): Body<MatchRequest>,
) -> Result<Json<MatchAnswer>, ApiError> {
    let identifier = request.workspace_identifier.as_str();
    if identifier.trim().is_empty() || identifier.len() > MAX_IDENTIFIER {
        return Err(ApiError::invalid(format!(
            "workspace_identifier must hold 1 to {MAX_IDENTIFIER} bytes"
        )));
    }
    let mut answer = MatchAnswer::default();
    for stored in app.store.connections(access.org()).await? {
        let connection = shown(stored);
        let list = match likeness(identifier, &connection) {
            Likeness::Exact => &mut answer.matched_connections,
            Likeness::Partial => &mut answer.suggested_connections,
            Likeness::None => &mut answer.other_connections,
        };
        list.push(connection);
    }
    Ok(Json(answer))
}

enum Likeness {
    Exact,
    Partial,
    None,
}

/// Exact to the letter; suggested where one contains the other, whatever the case.
fn likeness(identifier: &str, connection: &Connection) -> Likeness {
    let names = [connection.full_name.as_str(), connection.name.as_str()];
    // The tests of a release are of the repository that they lie in: `owner/name@release`.
    let repository = connection
        .full_name
        .strip_suffix(&format!("@{}", connection.name));
    let is_of = connection.kind == RELEASE_KIND && repository == Some(identifier);
    if names.contains(&identifier) || is_of {
        return Likeness::Exact;
    }
    let wanted = identifier.to_lowercase();
    let alike = |name: &str| {
        let name = name.to_lowercase();
        !name.is_empty() && (name.contains(&wanted) || wanted.contains(&name))
    };
    if names.into_iter().any(alike) {
        return Likeness::Partial;
    }
    Likeness::None
}

pub(super) async fn add(
    Writer(access): Writer,
    State(app): State<App>,
    Body(mut new): Body<NewConnection>,
) -> Result<(StatusCode, Json<Connection>), ApiError> {
    let wrong = |field: &'static str| move |why: String| ApiError::invalid(format!("{field}: {why}"));
    address::name(&new.name).map_err(wrong("name"))?;
    address::name(&new.full_name).map_err(wrong("full_name"))?;
    address::url(&new.kind, &new.url, app.allow_local_paths).map_err(wrong("url"))?;
    new.branch = new.branch.filter(|b| !b.is_empty());
    if let Some(branch) = &new.branch {
        address::branch(branch).map_err(wrong("branch"))?;
    }
    if let Some(dialect) = &new.dialect {
        address::dialect(dialect).map_err(wrong("dialect"))?;
    }
    if new
        .settings
        .as_ref()
        .is_some_and(|s| !s.is_object() && !s.is_null())
    {
        return Err(ApiError::invalid("settings: must be a JSON object"));
    }
    let stored = app.store.add_connection(access.org(), &new).await?;
    tracing::info!(connection = %stored.connection.id, user = access.user(), "connection added");
    Ok((StatusCode::CREATED, Json(shown(stored))))
}

pub(super) async fn remove(
    Writer(access): Writer,
    State(app): State<App>,
    path: PathParams,
) -> Result<StatusCode, ApiError> {
    let (org, id) = (access.org(), path.id("id")?);
    let found = app.store.connection(org, &id.to_string()).await?;
    let stored = found.ok_or_else(|| ApiError::not_found("connection"))?;
    if stored.declared {
        return Err(declared());
    }
    for kind in [REPOSITORY, SOURCE] {
        if let Some(run) = app.store.active_run(org, kind, &id.to_string()).await? {
            app.runs.cancel(org, run.id).await?;
            app.runs.ended(org, run.id, STOP_PATIENCE).await?;
        }
    }
    match app.store.remove_connection(org, id).await? {
        Removed::Done => {
            app.runs.forget_source(id);
            app.bells.heads.ring_removed(org, id);
            tracing::info!(connection = %id, user = access.user(), "connection removed");
            Ok(StatusCode::NO_CONTENT)
        }
        Removed::NotFound => Err(ApiError::not_found("connection")),
        Removed::Declared => Err(declared()),
    }
}

fn declared() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "declared",
        "this connection is declared in the hub's configuration; remove it there",
    )
}
