//! Finding entries by their words: through an index, so that it takes as long with a million entries as with few.
//! SQLite has its own (FTS5, in which only the words stand); on PostgreSQL it is a table, since no index of its text
//! search is used below row-level security. Words, ranks and what is similar are the same on both.

mod find;
mod matching;
mod rank;
mod similar;
mod words;

pub use find::{Found, Query};
pub(crate) use words::forget_connection;
pub(super) use words::{forget, put};

/// Words that stand in for one that nothing bears.
const MOST_SIMILAR: usize = 5;
