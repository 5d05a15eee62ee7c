//! The push channel: server-sent events with reconnects inside (sync-protocol.md, "Push").
//!
//! Events only say that something changed, so that nothing is lost when one is: clients also poll.

use std::{collections::HashMap, time::Duration};

use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use metasync_protocol::{
    Channel,
    events::{Change, Hello, names},
};
use reqwest::{Method, header::ACCEPT};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::{
    backoff::Backoff,
    connect::Client,
    endpoints::organization,
    error::ClientError,
    limits::{
        EVENT_MAX, EVENTS_OPEN_TIMEOUT, HEADS_MAX, KEEP_ALIVE_MAX, RECONNECT_BASE, RECONNECT_CAP,
        RECONNECT_FLOOR, STREAM_HEALTHY_AFTER,
    },
};

/// What the push channel tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The connection stands; the hub's `hello` follows.
    Connected,
    /// The hub greets, with its epoch.
    Hello(Hello),
    /// A stream moved.
    Change(Change),
    /// Access to the organization is gone.
    Revoked,
    /// The copy must be rebuilt.
    Resync,
    /// The token ends soon.
    TokenExpiring,
    /// The connection ended or could not be made; the next attempt follows by itself.
    Disconnected(ClientError),
}

impl Client {
    /// The organization's events, for as long as the stream is polled. It never ends by itself:
    /// after each [`Event::Disconnected`] it waits (with jitter, at most half a minute, or what the
    /// hub asked for) and connects again.
    pub fn events(&self, org: &str) -> impl Stream<Item = Event> + Send + 'static {
        self.events_with(
            org,
            KEEP_ALIVE_MAX,
            Backoff::new(RECONNECT_BASE, RECONNECT_CAP, RECONNECT_FLOOR),
        )
    }

    pub(crate) fn events_with(
        &self,
        org: &str,
        silence: Duration,
        backoff: Backoff,
    ) -> impl Stream<Item = Event> + Send + 'static {
        let state = Subscription {
            client: self.clone(),
            org: org.to_owned(),
            silence,
            backoff,
            wait: None,
            open: None,
            seen: Seen::default(),
        };
        futures_util::stream::unfold(state, |mut state| async move {
            let event = state.next().await;
            Some((event, state))
        })
    }
}

type Incoming = BoxStream<'static, Result<eventsource_stream::Event, ClientError>>;

struct Subscription {
    client: Client,
    org: String,
    silence: Duration,
    backoff: Backoff,
    wait: Option<Duration>,
    open: Option<(Incoming, Instant)>,
    seen: Seen,
}

impl Subscription {
    async fn next(&mut self) -> Event {
        loop {
            let Some((incoming, since)) = &mut self.open else {
                return self.connect().await;
            };
            let since = *since;
            match incoming.next().await {
                Some(Ok(raw)) => {
                    if let Some(event) = self.seen.read(&raw) {
                        return event;
                    }
                }
                Some(Err(error)) => return self.lost(error, since),
                None => {
                    let ended = ClientError::Unreachable {
                        url: self.client.base_url().to_owned(),
                        why: "the hub closed the event stream".to_owned(),
                    };
                    return self.lost(ended, since);
                }
            }
        }
    }

    async fn connect(&mut self) -> Event {
        // Taken only after the wait: a caller that drops this future in a select! must not skip it.
        if let Some(wait) = self.wait {
            sleep(wait).await;
            self.wait = None;
        }
        match open(&self.client, &self.org, self.silence).await {
            Ok(incoming) => {
                self.open = Some((incoming, Instant::now()));
                Event::Connected
            }
            Err(error) => {
                self.fail(&error);
                Event::Disconnected(error)
            }
        }
    }

    fn lost(&mut self, error: ClientError, since: Instant) -> Event {
        self.open = None;
        if since.elapsed() >= STREAM_HEALTHY_AFTER {
            self.backoff.succeeded();
        }
        self.fail(&error);
        Event::Disconnected(error)
    }

    fn fail(&mut self, error: &ClientError) {
        let mut wait = self.backoff.failed();
        if let ClientError::Busy { retry_after } = error {
            wait = wait.max(*retry_after);
        }
        tracing::debug!(%error, ?wait, "the event stream is down");
        self.wait = Some(wait);
    }
}

async fn open(client: &Client, org: &str, silence: Duration) -> Result<Incoming, ClientError> {
    let request = client
        .request(Method::GET, &organization(org, &["events"]))
        .header(ACCEPT, "text/event-stream");
    let timed_out = || ClientError::TimedOut {
        url: client.base_url().to_owned(),
    };
    let response = timeout(EVENTS_OPEN_TIMEOUT, request.send())
        .await
        .map_err(|_| timed_out())?
        .map_err(|e| client.transport_error(&e))?;
    let response = match timeout(EVENTS_OPEN_TIMEOUT, client.successful(response)).await {
        Ok(answer) => answer?,
        Err(_) => return Err(timed_out()),
    };
    let client = client.clone();
    let chunks = response.bytes_stream().boxed();
    let limited = futures_util::stream::unfold(
        Some((chunks, Blank::default(), client)),
        move |state| async move {
            let (mut chunks, mut blank, client) = state?;
            match timeout(silence, chunks.next()).await {
                Err(_) => {
                    let url = client.base_url().to_owned();
                    Some((Err(ClientError::TimedOut { url }), None))
                }
                Ok(None) => None,
                Ok(Some(Err(e))) => Some((Err(client.transport_error(&e)), None)),
                Ok(Some(Ok(chunk))) => {
                    if blank.longest_after(&chunk) > EVENT_MAX {
                        let what = format!("an event is larger than {} KiB", EVENT_MAX >> 10);
                        return Some((Err(ClientError::BadAnswer { what }), None));
                    }
                    Some((Ok(chunk), Some((chunks, blank, client))))
                }
            }
        },
    );
    Ok(limited
        .eventsource()
        .map(|item| {
            item.map_err(|e| match e {
                EventStreamError::Transport(error) => error,
                other => ClientError::BadAnswer {
                    what: format!("the event stream can't be read ({other})"),
                },
            })
        })
        .boxed())
}

/// Counts the bytes since the last empty line, so that an event that never ends is noticed before
/// the parser has gathered it.
#[derive(Default)]
struct Blank {
    since: usize,
    line_empty: bool,
}

impl Blank {
    fn longest_after(&mut self, chunk: &[u8]) -> usize {
        let mut longest = self.since;
        for byte in chunk {
            self.since += 1;
            match byte {
                b'\n' if self.line_empty => self.since = 0,
                b'\n' => self.line_empty = true,
                b'\r' => {}
                _ => self.line_empty = false,
            }
            longest = longest.max(self.since);
        }
        longest
    }
}

/// Leaves out what is malformed, unknown, or known already.
#[derive(Default)]
struct Seen {
    epoch: Option<Uuid>,
    heads: HashMap<(Uuid, Channel), u64>,
}

impl Seen {
    fn read(&mut self, raw: &eventsource_stream::Event) -> Option<Event> {
        match raw.event.as_str() {
            names::HELLO => {
                let hello: Hello = serde_json::from_str(&raw.data).ok()?;
                if self.epoch.replace(hello.epoch) != Some(hello.epoch) {
                    self.heads.clear();
                }
                Some(Event::Hello(hello))
            }
            names::CHANGE => {
                let change: Change = serde_json::from_str(&raw.data).ok()?;
                if self.heads.len() >= HEADS_MAX {
                    self.heads.clear();
                }
                let stream = (change.connection_id, change.channel);
                // A pair stream is not named in full, so its heads can't be compared.
                if change.channel != Channel::Pair
                    && self
                        .heads
                        .insert(stream, change.head)
                        .is_some_and(|old| old == change.head)
                {
                    return None;
                }
                Some(Event::Change(change))
            }
            names::REVOKED => Some(Event::Revoked),
            names::RESYNC => Some(Event::Resync),
            names::TOKEN_EXPIRING => Some(Event::TokenExpiring),
            other => {
                tracing::trace!(event = other, "an unknown event");
                None
            }
        }
    }
}
