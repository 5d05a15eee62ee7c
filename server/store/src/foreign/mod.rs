//! What other hub nodes on the same database did (sync-protocol.md, "Push").
//!
//! A node tells with NOTIFY, in a statement of its own after the commit (inside the transaction it
//! would make every commit of the database wait for the one before), and at most every 100 ms. No
//! data that anybody relies on travels: who hears looks at the tables. Where LISTEN does not work,
//! the heads are looked at every 250 ms instead.

mod watch;

use metasync_protocol::Channel;
use tokio::sync::broadcast;
use uuid::Uuid;

pub(crate) use watch::Watch;

/// Changes that wait for a reader; more are lost, which is harmless.
const BACKLOG: usize = 1_024;

/// What another node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeignChange {
    /// Streams of an organization stand at these heads now.
    Heads {
        /// The organization.
        org: Uuid,
        /// Connection, channel and head of each stream that moved.
        heads: Vec<(Uuid, Channel, u64)>,
    },
    /// A connection is gone.
    Removed {
        /// The organization.
        org: Uuid,
        /// The connection.
        connection: Uuid,
    },
    /// A run moved: progress, an event, its end.
    Run(Uuid),
    /// A sync told something of a library.
    Library,
    /// A run was queued, or ended and made room.
    Work,
}

/// What other nodes do from now on; on a database that only this process uses: nothing, ever.
pub struct ForeignChanges(Option<broadcast::Receiver<ForeignChange>>);

impl ForeignChanges {
    pub(crate) fn of(watch: Option<&Watch>) -> ForeignChanges {
        ForeignChanges(watch.map(Watch::subscribe))
    }

    /// Waits for the next change. `None`: the store was closed.
    pub async fn recv(&mut self) -> Option<ForeignChange> {
        let Some(receiver) = &mut self.0 else {
            return std::future::pending().await;
        };
        loop {
            match receiver.recv().await {
                Ok(change) => return Some(change),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
