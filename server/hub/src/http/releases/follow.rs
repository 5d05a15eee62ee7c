//! `GET …/progress/{job_id}`: what a sync tells, from its beginning or after `Last-Event-ID`, then its end, once,
//! and the stream closes. One in which nothing happens for five minutes ends with `timeout`.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use metasync_store::{Run, StoreError};
use serde::Serialize;
use tokio::{sync::watch, time::Instant};

use super::{
    super::{
        App,
        error::ApiError,
        params::{Params, PathParams},
        push::KEEP_ALIVE,
    },
    operator::Operator,
    ticket,
};
use crate::runs::releases::{RELEASE, RELEASES, ReleaseResult};

/// How often the run is looked at without being rung: another process may work on it.
const POLL: Duration = Duration::from_secs(1);

/// A stream in which nothing happens for so long ends (seed 000); tests have less patience.
const INACTIVE: Duration = if cfg!(test) {
    Duration::from_secs(2)
} else {
    Duration::from_secs(5 * 60)
};

/// The events of the run engine that are told.
const LOG: &str = "log";

#[derive(Serialize)]
struct Connected {
    job_id: String,
    message: &'static str,
}

#[derive(Serialize)]
struct Complete {
    status: &'static str,
    success: bool,
    error: Option<String>,
}

#[derive(Serialize)]
struct Failed {
    error: String,
}

#[derive(Serialize)]
struct TimedOut {
    message: &'static str,
}

/// Whoever has the PIN, or a ticket for this very run.
pub(super) struct Follower(Run);

impl FromRequestParts<App> for Follower {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Follower, ApiError> {
        let query = Params::from_request_parts(parts, app).await?;
        let path = PathParams::from_request_parts(parts, app).await?;
        match query.one("ticket")? {
            None => {
                Operator::from_request_parts(parts, app).await?;
                Ok(Follower(find(app, &path).await?))
            }
            Some(ticket) => {
                let is_for = ticket::take(app, ticket).await?;
                if is_for.is_none_or(|run| run.to_string() != path.text("job_id")) {
                    return Err(ApiError::new(
                        StatusCode::UNAUTHORIZED,
                        "invalid_ticket",
                        "the ticket is not good (any more) for this job: ask for another one",
                    ));
                }
                Ok(Follower(find(app, &path).await?))
            }
        }
    }
}

/// The run of releases that the path names.
pub(super) async fn find(app: &App, path: &PathParams) -> Result<Run, ApiError> {
    let not_found = || ApiError::not_found("job");
    // A name that is no id is no job either.
    let id = path.id("job_id").map_err(|_| not_found())?;
    let run = app.store.run_of_any(id).await?;
    run.filter(|run| [RELEASE, RELEASES].contains(&run.kind.as_str()))
        .ok_or_else(not_found)
}

pub(super) async fn events(
    Follower(run): Follower,
    State(app): State<App>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let connected = Connected {
        job_id: run.id.to_string(),
        message: "Connected to sync progress stream",
    };
    let replay = Replay {
        moved: app.bells.runs.watch(run.id),
        after: last_event_id(&headers),
        run,
        pending: vec![event(None, "connected", &connected)],
        quiet_since: Instant::now(),
        ended: false,
        app,
    };
    let stream = stream::unfold(replay, |mut replay| async move {
        let event = replay.next().await?;
        Some((Ok(event), replay))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn last_event_id(headers: &HeaderMap) -> i64 {
    let text = headers.get("last-event-id").and_then(|v| v.to_str().ok());
    text.and_then(|t| t.trim().parse().ok()).unwrap_or(0)
}

struct Replay {
    app: App,
    run: Run,
    moved: watch::Receiver<u64>,
    /// The last event that was looked at.
    after: i64,
    /// Events that are ready, the last first.
    pending: Vec<Event>,
    quiet_since: Instant,
    ended: bool,
}

impl Replay {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.pop() {
                self.quiet_since = Instant::now();
                return Some(event);
            }
            if self.ended {
                return None;
            }
            self.moved.borrow_and_update();
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "a sync's events can't be read");
            }
            if !self.pending.is_empty() || self.ended {
                continue;
            }
            let patience = self.quiet_since + INACTIVE;
            tokio::select! {
                () = self.app.shutdown.cancelled() => return None,
                _ = self.moved.changed() => {}
                () = tokio::time::sleep(POLL) => {}
                () = tokio::time::sleep_until(patience) => {
                    self.ended = true;
                    let message = "Stream timeout after 5 minutes";
                    return Some(event(None, "timeout", &TimedOut { message }));
                }
            }
        }
    }

    /// The run first, then its events: what is stored before the end is told before the end.
    async fn look(&mut self) -> Result<(), StoreError> {
        let Some(run) = self.app.store.run_of_any(self.run.id).await? else {
            self.ended = true;
            return Ok(());
        };
        let mut found = Vec::new();
        for (id, name, data) in self
            .app
            .store
            .run_events_after(run.org, run.id, self.after)
            .await?
        {
            self.after = id;
            if name == LOG {
                found.push(event(Some(id), LOG, &data));
            }
        }
        if run.is_final() {
            self.ended = true;
            found.push(end(&run));
        }
        found.reverse();
        self.pending = found;
        Ok(())
    }
}

fn end(run: &Run) -> Event {
    if run.state != "completed" {
        let error = run
            .error
            .clone()
            .unwrap_or_else(|| "the sync was cancelled".to_owned());
        return event(None, "error", &Failed { error });
    }
    let result: ReleaseResult = run
        .result
        .clone()
        .and_then(|result| serde_json::from_value(result).ok())
        .unwrap_or_default();
    let error = (!result.failed.is_empty()).then(|| result.failed.join("; "));
    let complete = Complete {
        status: "completed",
        success: error.is_none(),
        error,
    };
    event(None, "complete", &complete)
}

fn event(id: Option<i64>, name: &str, data: &impl Serialize) -> Event {
    // Line breaks can't stand in one line of an event; JSON has none outside of its escapes.
    let data = serde_json::to_string(data).unwrap_or_default();
    let event = Event::default().event(name).data(data);
    match id {
        Some(id) => event.id(id.to_string()),
        None => event,
    }
}
