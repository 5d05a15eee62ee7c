//! The same suite over PostgreSQL, and what only that has: row-level security, several nodes.

// helpers of tests fail by panicking, as tests do
#![allow(clippy::unwrap_used, clippy::panic)]

mod backend;
#[path = "../conformance/catalog.rs"]
mod catalog;
mod contention;
#[path = "../conformance/convergence.rs"]
mod convergence;
#[path = "../conformance/entries.rs"]
mod entries;
#[path = "../conformance/entry_search.rs"]
mod entry_search;
#[path = "../conformance/feed.rs"]
mod feed;
#[path = "../conformance/indexing.rs"]
mod indexing;
mod isolation;
#[path = "../conformance/library.rs"]
mod library;
#[path = "../conformance/linked.rs"]
mod linked;
#[path = "../conformance/model.rs"]
mod model;
mod nodes;
#[path = "../conformance/organizations.rs"]
mod organizations;
#[path = "../conformance/pairs.rs"]
mod pairs;
#[path = "../conformance/plain.rs"]
mod plain;
#[path = "../conformance/releases.rs"]
mod releases;
#[path = "../conformance/runs.rs"]
mod runs;
#[path = "../conformance/sessions.rs"]
mod sessions;
mod shared;
mod start;
#[path = "../conformance/support.rs"]
mod support;
