//! What every database behind `Store` must do: sync-protocol.md, runs.md and the contract's words
//! on seed 002, told against the public API alone. Here over SQLite; `tests/postgres` runs the same
//! files over PostgreSQL. What lies under a test is [`backend`].

// helpers of tests fail by panicking, as tests do
#![allow(clippy::unwrap_used, clippy::panic)]

mod backend;
mod catalog;
mod convergence;
mod entries;
mod entry_search;
mod feed;
mod indexing;
mod library;
mod linked;
mod model;
mod organizations;
mod pairs;
mod plain;
mod releases;
mod restart;
mod runs;
mod sessions;
mod support;
