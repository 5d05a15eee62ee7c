//! The one way in which metadata gets into the cache: a bell with a cause rings a single task
//! (one sync running, one pending), which finds the hub, pulls pages, and tells what it does.
//!
//! The language server and the command line share it; local mode differs only in where the hub is
//! (an embedded one, over the workspace or over a published catalogue) and in that a sync first asks it to index the workspace.

pub mod answer;
pub mod cause;
pub mod engine;
pub mod index;
pub mod link;
pub mod local_hub;
pub mod matching;
pub mod memory;
pub mod progress;
pub mod pull;
pub mod push;
pub mod rest;
pub mod session;
pub mod view;

pub use cause::Cause;
pub use engine::{About, Engine, Handle};
pub use local_hub::{Endpoint, LocalHub, NotStarted, Over};
pub use progress::{Event, Outlook, Question};
pub use view::View;
