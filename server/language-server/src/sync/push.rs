//! The hub's event stream as rings of the bell. An event carries no data: what it says is "look
//! again"; a lost one is harmless, because the timer looks too.

use std::{collections::HashSet, sync::Arc};

use futures_util::StreamExt;
use metasync_client::{Client, Event};
use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{cause::Cause, engine::Request};

/// What the stream said beyond "look again".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The stream broke: is the hub away?
    Lost,
    /// It is open again.
    Back,
}

/// Listens until `stop`; `interesting` are the connections in use.
pub async fn listen(
    client: Client,
    organization: String,
    interesting: Arc<RwLock<HashSet<Uuid>>>,
    bell: mpsc::UnboundedSender<Request>,
    signals: mpsc::UnboundedSender<Signal>,
    stop: CancellationToken,
) {
    let mut events = std::pin::pin!(client.events(&organization));
    let mut lost = false;
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.next() => event,
        };
        let Some(event) = event else { return };
        let cause = match event {
            Event::Change(change) => interesting
                .read()
                .contains(&change.connection_id)
                .then_some(Cause::Push),
            // access, epoch or token: the next request says what is the matter
            Event::Revoked | Event::Resync => Some(Cause::Push),
            Event::TokenExpiring | Event::Hello(_) => None,
            Event::Connected => {
                // the first opening is no return
                let back = std::mem::take(&mut lost);
                if back {
                    let _ = signals.send(Signal::Back);
                }
                None
            }
            Event::Disconnected(error) => {
                tracing::info!(%error, "the event stream broke");
                lost = true;
                let _ = signals.send(Signal::Lost);
                None
            }
        };
        if let Some(cause) = cause
            && bell.send(Request::background(cause)).is_err()
        {
            return;
        }
    }
}
