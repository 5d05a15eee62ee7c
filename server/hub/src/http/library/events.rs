//! `GET …/sse/subscribe`: what syncs do, for the client that asked for them.

use std::convert::Infallible;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use metasync_protocol::library::events::CONNECTED;
use serde_json::json;
use uuid::Uuid;

use super::super::{
    App, access::Member, error::ApiError, membership::Membership, params::Params, push::KEEP_ALIVE,
};
use crate::library::{Client, Listener};

/// Longest name of a client.
const MAX_CLIENT_ID: usize = 200;

/// What a client may call itself.
pub(super) fn check_client_id(id: &str) -> Result<(), ApiError> {
    if id.len() <= MAX_CLIENT_ID && !id.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "client_id must hold at most {MAX_CLIENT_ID} bytes and no control characters"
    )))
}

pub(super) async fn subscribe(
    Member(access): Member,
    State(app): State<App>,
    headers: HeaderMap,
    params: Params,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let id = match params.one("client_id")? {
        Some(id) => id.to_owned(),
        None => Uuid::new_v4().to_string(),
    };
    check_client_id(&id)?;
    let client = Client {
        org: access.org(),
        user: access.user().to_owned(),
        id: id.clone(),
    };
    let after = headers
        .get("last-event-id")
        .and_then(|v| v.to_str().ok()?.trim().parse().ok());
    let listener = app.library.clients.listen(client, after).ok_or_else(|| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many clients listen; try again later",
        )
    })?;
    let data = json!({"client_id": id}).to_string();
    let watch = Watch {
        greeting: Some(Event::default().event(CONNECTED).data(data)),
        listener,
        membership: Membership::of(access),
        app,
    };
    let stream = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Watch {
    app: App,
    greeting: Option<Event>,
    listener: Listener,
    membership: Membership,
}

impl Watch {
    /// The next event; `None` ends the stream, with the token, the membership or the hub.
    async fn next(&mut self) -> Option<Event> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            if jiff::Timestamp::now() >= self.membership.expires_at()
                || self.membership.was_revoked(&self.app).await
            {
                return None;
            }
            let shutdown = self.app.shutdown.clone();
            let ends = self
                .membership
                .expires_at()
                .duration_since(jiff::Timestamp::now());
            let ends = std::time::Duration::try_from(ends).unwrap_or_default();
            tokio::select! {
                () = shutdown.cancelled() => return None,
                () = tokio::time::sleep(ends) => return None,
                () = tokio::time::sleep_until(self.membership.check_at()) => {}
                event = self.listener.next() => {
                    return Some(Event::default().id(event.id.to_string()).event(event.name).data(event.data));
                }
            }
        }
    }
}
