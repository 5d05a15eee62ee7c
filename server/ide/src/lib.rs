//! The pure half of every editor feature: position → question, facts → markup. It knows no LSP
//! types, no database and no network, and nothing here can wait: whoever asks brings the facts.
//!
//! The rhythm of each feature is ask, look up, render (server/ARCHITECTURE.md): `ask` names what
//! stands under the cursor as a [`question::Question`], the caller answers it from the cache with
//! [`facts`], and a renderer such as [`hover::object`] turns the facts into [`markup::Markup`].

pub mod facts;
pub mod hover;
pub mod markup;
pub mod question;
pub mod time;

pub use facts::{ColumnFacts, Neighbour, ObjectFacts, Origin};
pub use markup::{Format, Markup};
pub use question::{Question, ask};
