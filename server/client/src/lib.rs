//! Typed HTTP client of the hub: seed 002's endpoints with what sync-protocol.md adds, seed 004's
//! repository syncs, and the event stream with its reconnects.
//!
//! It knows nothing about the cache, the editor, or when to sync. It trusts no answer: every body
//! has a size limit that counts while it streams, every wait has a time limit, and no error text
//! ever holds the token.

mod answer;
mod backoff;
mod connect;
mod endpoints;
mod error;
mod events;
mod health;
mod library;
mod limits;
mod tls;

pub use backoff::Backoff;
pub use connect::Client;
pub use endpoints::PackageAnswer;
pub use error::ClientError;
pub use events::Event;
pub use health::HubHealth;
pub use limits::{EVENT_MAX, KEEP_ALIVE_MAX, PACKAGE_MAX, REQUEST_TIMEOUT};

#[cfg(test)]
mod tests;
