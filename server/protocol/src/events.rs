//! Events of `GET …/organizations/{org}/events` (sync-protocol.md, "Push"). They carry no data: a
//! lost one is harmless, because clients also poll.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::package::Channel;

/// `event: change`: a stream moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Whose stream.
    pub connection_id: Uuid,
    /// Which stream.
    pub channel: Channel,
    /// Its head now.
    pub head: u64,
}

/// `event: hello`: the stream is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// The hub's epoch; a change means that the copy must be rebuilt.
    pub epoch: Uuid,
}

/// Names of the events.
pub mod names {
    /// The stream is open ([`super::Hello`]).
    pub const HELLO: &str = "hello";
    /// A stream moved ([`super::Change`]).
    pub const CHANGE: &str = "change";
    /// Access to the organization is gone.
    pub const REVOKED: &str = "revoked";
    /// The copy must be rebuilt.
    pub const RESYNC: &str = "resync";
    /// The token ends within a minute.
    pub const TOKEN_EXPIRING: &str = "token_expiring";
}
