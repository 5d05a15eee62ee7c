//! The pure half of every editor feature: position → question, facts → markup. It knows no LSP
//! types, no database and no network, and nothing here can wait: whoever asks brings the facts.
//!
//! The rhythm of each feature is ask, look up, render (server/ARCHITECTURE.md): `ask` names what
//! stands under the cursor as a [`question::Question`], the caller answers it from the cache with
//! [`facts`], and a renderer such as [`hover::object`] turns the facts into [`markup::Markup`].

pub mod alike;
pub mod catalogue;
pub mod diagnostics;
pub mod facts;
pub mod file;
pub mod folding;
pub mod hover;
pub mod inlay;
pub mod lens;
pub mod library;
pub mod links;
pub mod markup;
pub mod owner;
pub mod page;
pub mod question;
pub mod references;
pub mod releases;
pub mod rename;
pub mod signature;
pub mod time;
pub mod tokens;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a fixture that is not understood is a wrong test"
)]
mod fake;

pub use catalogue::Catalogue;
pub use facts::{ColumnFacts, InRelease, Neighbour, ObjectFacts, Origin};
pub use file::File;
pub use markup::{Format, Markup};
pub use question::{Question, ask};
