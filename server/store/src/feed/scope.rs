//! Which streams a request is served, and from where in each (sync-protocol.md, "Cursor" and "Page
//! rules" 2): requested ∩ allowed; new ones from 0, vanished ones named, lost ones reset.

use std::collections::{BTreeSet, HashMap};

use metasync_protocol::{Channel, StreamState};
use uuid::Uuid;

use super::{PageRequest, cursor::Position, wants};
use crate::{
    database::{Time, Tx},
    error::Result,
    streams::{self, Stream},
};

/// What the client has, as far as it can be known.
pub(super) enum Held {
    /// Nothing: tombstones are of no use to it.
    Nothing,
    /// What a cursor names, and of no other stream anything.
    Exactly(Vec<Position>),
    /// What a time names, and perhaps more: a client without cursor may have given up a pull half
    /// way, and holds what that brought.
    AtLeast {
        positions: Vec<Position>,
        /// Streams that were removed before that time it does not hold; `None`: it may hold any.
        since: Option<Time>,
    },
    /// Nobody knows what: it has to drop all of it.
    Unknown,
}

/// A stream that is served, and where the client stands in it.
#[derive(Clone, Debug)]
pub(super) struct Served {
    pub(super) stream: Stream,
    pub(super) pos: u64,
    pub(super) init: u64,
}

impl Served {
    pub(super) fn position(&self) -> Position {
        Position {
            stream: self.stream.number,
            pos: self.pos,
            init: self.init,
        }
    }

    /// As a page tells of it; the checksum only at a checkpoint.
    pub(super) fn state(&self, checkpoint: bool) -> StreamState {
        StreamState {
            connection_id: self.stream.connection,
            other_connection_id: self.stream.other,
            channel: self.stream.channel,
            head: self.stream.head,
            rows: self.stream.live_rows,
            checksum: checkpoint.then_some(self.stream.checksum),
            state: self.stream.state.clone(),
            revision: self.stream.revision.clone(),
        }
    }
}

/// What a request is served.
pub(super) struct Scope {
    /// In the order in which they are sent: a connection's objects before its documentation.
    pub(super) served: Vec<Served>,
    pub(super) connections: Vec<Uuid>,
    pub(super) reset: BTreeSet<Uuid>,
    pub(super) removed: BTreeSet<Uuid>,
    /// Heads of all streams of the organization.
    pub(super) heads: Vec<(u64, u64)>,
}

impl Scope {
    /// Decides it from the streams of one snapshot. `None`: the client's positions are of a
    /// database that this one does not continue.
    pub(super) async fn of(tx: &mut Tx, request: &PageRequest, held: Held) -> Result<Option<Scope>> {
        let all = streams::of_organization(tx, request.org).await?;
        let heads: Vec<(u64, u64)> = all.iter().map(|s| (s.number, s.head)).collect();
        let streams: Vec<Stream> = chosen(request, all);
        let own = streams.iter().filter(|s| s.other.is_none());
        let mut connections: Vec<Uuid> = own.map(|s| s.connection).collect();
        connections.dedup();

        let mut reset = BTreeSet::new();
        let (named, unsure) = match held {
            Held::Nothing => (Vec::new(), None),
            Held::Exactly(named) => (named, None),
            Held::AtLeast { positions, since } => (positions, Some(since)),
            Held::Unknown => {
                reset.extend(&connections);
                (Vec::new(), Some(None))
            }
        };
        let (since, unsure) = (unsure.flatten(), unsure.is_some());
        let named: HashMap<u64, Position> = named.into_iter().map(|p| (p.stream, p)).collect();
        let mut served: Vec<Served> = Vec::with_capacity(streams.len());
        for stream in streams {
            let (pos, init) = match named.get(&stream.number) {
                Some(at) if at.pos > 0 || unsure => (at.pos, at.init),
                // Of this stream it has nothing (yet).
                _ if unsure => (0, 0),
                _ => (0, stream.head),
            };
            let lost = (pos > 0 || unsure) && pos.max(init) < stream.floor;
            if lost || pos > stream.head {
                reset.insert(stream.connection);
            }
            served.push(Served { stream, pos, init });
        }

        // Streams that the client holds and that are not served: gone, filtered out, or made anew.
        let numbers: BTreeSet<u64> = served.iter().map(|s| s.stream.number).collect();
        let mut removed = BTreeSet::new();
        let mut lacking = |connection, channel| {
            // It goes only with one of its connections, whose own streams say all that there is to say.
            if channel == Channel::Pair {
                return;
            }
            if !connections.contains(&connection) {
                removed.insert(connection);
            } else if wants(request, channel) {
                reset.insert(connection);
            }
        };
        for number in named.keys().filter(|n| !numbers.contains(n)) {
            let Some((connection, channel)) = streams::connection_of(tx, request.org, *number).await? else {
                return Ok(None);
            };
            lacking(connection, channel);
        }
        if unsure {
            for (number, connection, channel) in streams::since(tx, request.org, since).await? {
                if !numbers.contains(&number) {
                    lacking(connection, channel);
                }
            }
        }
        for stream in &mut served {
            // Who drops a connection drops its edges to others, too.
            let mut ends = std::iter::once(stream.stream.connection).chain(stream.stream.other);
            if ends.any(|end| reset.contains(&end)) {
                stream.pos = 0;
                stream.init = if unsure { 0 } else { stream.stream.head };
            }
        }
        Ok(Some(Scope {
            served,
            connections,
            reset,
            removed,
            heads,
        }))
    }

    pub(super) fn positions(&self) -> Vec<Position> {
        self.served.iter().map(Served::position).collect()
    }

    /// Whether every stream reached its head.
    pub(super) fn is_complete(&self) -> bool {
        self.served.iter().all(|s| s.pos >= s.stream.head)
    }
}

/// The streams that a request asks for, of those that there are.
pub(super) fn chosen(request: &PageRequest, all: Vec<Stream>) -> Vec<Stream> {
    let asked_for = |id| request.connections.as_ref().is_none_or(|c| c.contains(&id));
    let mut streams: Vec<Stream> = all
        .into_iter()
        .filter(|s| wants(request, s.channel))
        // Edges between two connections are for those who see both.
        .filter(|s| asked_for(s.connection) && s.other.is_none_or(asked_for))
        .collect();
    // A connection's streams stand together, in the order of its first one; edges between connections
    // come after all of their objects.
    let mut first: HashMap<Uuid, u64> = HashMap::new();
    for stream in &streams {
        first
            .entry(stream.connection)
            .and_modify(|n| *n = (*n).min(stream.number))
            .or_insert(stream.number);
    }
    streams.sort_by_key(|s| {
        (
            s.other.is_some(),
            first[&s.connection],
            s.channel != Channel::Core,
            s.number,
        )
    });
    streams
}
