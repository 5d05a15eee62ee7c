//! The editor's copy of the catalogue: one SQLite file, filled page by page from the feed and read
//! by every feature. It is disposable: whatever is wrong with it, it is built anew from the hub.
//!
//! [`Cache`] writes (`&mut self`, one transaction a call); [`Reader`] reads (`&self`, from any
//! thread, never held up by a writer). It knows nothing about the network, the editor, or when to
//! sync; and it never looks at a clock: times come from the hub.

mod apply;
mod audit;
mod cache;
mod dump;
mod error;
mod facts;
mod file;
mod limits;
mod meta;
mod open;
mod reader;
mod rebuild;
mod rows;
mod schema;

pub use apply::{Applied, Counts, PageRef};
pub use audit::Audit;
pub use cache::{Cache, Opened, Position};
pub use error::CacheError;
pub use facts::{
    ColumnEnd, ColumnLineage, ConnectionFacts, Direction, Lookup, Neighbour, ObjectFacts, ObjectHit, Status,
    TestFacts,
};
pub use limits::{HISTORY_MAX, LINEAGE_DEPTH_MAX, SEARCH_MAX};
pub use meta::names as meta_names;
pub use reader::{Browse, Browsed, Reader};
