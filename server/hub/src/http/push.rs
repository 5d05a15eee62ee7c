//! `GET …/events`: tells editors that something moved (sync-protocol.md, "Push"). It carries no data,
//! so a lost event is harmless.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use jiff::{SignedDuration, Timestamp};
use metasync_protocol::events::{Change, Hello, names};
use serde::Serialize;
use tokio::time::Instant;

use super::{App, access::Member, error::ApiError, membership::Membership};
use crate::events::HeadListener;

/// A comment is sent this often, so that a dead connection is noticed.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Moves within this time are told together: at most five times a second for a stream.
const COALESCE: Duration = Duration::from_millis(200);

/// How long before its end a token is announced to end.
const EXPIRY_NOTICE: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn events(
    Member(access): Member,
    State(app): State<App>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let listener = app.bells.heads.listen(access.org());
    let hello = event(
        names::HELLO,
        &Hello {
            epoch: app.store.epoch(),
        },
    );
    let epoch = app.store.epoch();
    let watch = Watch {
        quiet_until: Instant::now(),
        notice_due: true,
        pending: vec![hello],
        ended: false,
        epoch,
        app,
        membership: Membership::of(access),
        listener,
    };
    let stream = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Watch {
    app: App,
    membership: Membership,
    listener: HeadListener,
    epoch: uuid::Uuid,
    quiet_until: Instant,
    notice_due: bool,
    /// Events that are ready, the last first.
    pending: Vec<Event>,
    ended: bool,
}

impl Watch {
    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.pop() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            let expires_at = self.membership.expires_at();
            let expires_in = until(expires_at);
            let notice_in = until(expires_at.saturating_sub(EXPIRY_NOTICE).ok()?);
            let shutdown = self.app.shutdown.clone();
            let quiet_until = self.quiet_until;
            let moved = async {
                tokio::time::sleep_until(quiet_until).await;
                self.listener.moved().await
            };
            tokio::select! {
                () = shutdown.cancelled() => return None,
                () = tokio::time::sleep(expires_in) => return None,
                () = tokio::time::sleep(notice_in), if self.notice_due => {
                    self.notice_due = false;
                    return Some(Event::default().event(names::TOKEN_EXPIRING).data("{}"));
                }
                () = tokio::time::sleep_until(self.membership.check_at()) => self.check().await,
                changes = moved => {
                    self.quiet_until = Instant::now() + COALESCE;
                    self.pending = changes.iter().rev().map(|c: &Change| event(names::CHANGE, c)).collect();
                }
            }
        }
    }

    async fn check(&mut self) {
        if self.membership.was_revoked(&self.app).await {
            self.pending
                .push(Event::default().event(names::REVOKED).data("{}"));
            self.ended = true;
            return;
        }
        let epoch = self.app.store.epoch();
        if epoch != self.epoch {
            self.epoch = epoch;
            self.pending.push(event(names::RESYNC, &Hello { epoch }));
        }
    }
}

fn until(at: Timestamp) -> Duration {
    at.duration_since(Timestamp::now())
        .try_into()
        .unwrap_or(Duration::ZERO)
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default()
        .event(name)
        .data(serde_json::to_string(data).unwrap_or_default())
}
