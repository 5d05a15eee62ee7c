//! `GET …/sync/{job_id}/events`: what a run tells, from its beginning or after `Last-Event-ID`; then
//! its end, once, and the stream closes (runs.md, 5).

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use metasync_store::{Run, StoreError};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    App, access::Member, error::ApiError, membership::Membership, params::PathParams, push::KEEP_ALIVE,
    repositories,
};
use crate::runs;

/// How often the run is looked at without being rung: another process may work on it.
const POLL: Duration = Duration::from_secs(1);

pub(super) async fn events(
    Member(access): Member,
    State(app): State<App>,
    headers: HeaderMap,
    path: PathParams,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let run = repositories::find_run(&app, &access, &path).await?;
    let replay = Replay {
        moved: app.bells.runs.watch(run.id),
        after: last_event_id(&headers),
        org: access.org(),
        run: run.id,
        pending: Vec::new(),
        ended: false,
        membership: Membership::of(access),
        app,
    };
    let stream = stream::unfold(replay, |mut replay| async move {
        let event = replay.next().await?;
        Some((Ok(event), replay))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn last_event_id(headers: &HeaderMap) -> i64 {
    let text = headers.get("last-event-id").and_then(|v| v.to_str().ok());
    text.and_then(|t| t.trim().parse().ok()).unwrap_or(0)
}

struct Replay {
    app: App,
    org: Uuid,
    run: Uuid,
    moved: watch::Receiver<u64>,
    /// The last event that was sent.
    after: i64,
    /// Events that are ready, the last first.
    pending: Vec<Event>,
    ended: bool,
    membership: Membership,
}

impl Replay {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.pop() {
                return Some(event);
            }
            if self.ended
                || jiff::Timestamp::now() >= self.membership.expires_at()
                || self.membership.was_revoked(&self.app).await
            {
                return None;
            }
            self.moved.borrow_and_update();
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "a run's events can't be read");
            }
            if !self.pending.is_empty() || self.ended {
                continue;
            }
            tokio::select! {
                () = self.app.shutdown.cancelled() => return None,
                _ = self.moved.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// The run first, then its events: what is stored before the end is told before the end.
    async fn look(&mut self) -> Result<(), StoreError> {
        let Some(run) = self.app.store.run(self.org, self.run).await? else {
            self.ended = true;
            return Ok(());
        };
        let mut found = Vec::new();
        let mut last = 0;
        for (id, name, data) in self.app.store.run_events_after(self.org, self.run, 0).await? {
            last = id;
            if id > self.after {
                found.push(event(id, &name, &data.to_string()));
            }
        }
        if run.is_final() {
            self.ended = true;
            if self.after <= last {
                last += 1;
                found.push(end(last, &run));
            }
        }
        self.after = self.after.max(last);
        found.reverse();
        self.pending = found;
        Ok(())
    }
}

fn end(id: i64, run: &Run) -> Event {
    let name = if run.state == "completed" {
        "complete"
    } else {
        "error"
    };
    let job = runs::job(run, None);
    event(id, name, &serde_json::to_string(&job).unwrap_or_default())
}

fn event(id: i64, name: &str, data: &str) -> Event {
    // Line breaks can't stand in one line of an event; JSON has none outside of its escapes.
    Event::default().id(id.to_string()).event(name).data(data)
}
