//! What every database behind `Store` must do: sync-protocol.md, runs.md and the contract's words
//! on seed 002, told against the public API alone. A second database adds one line per backend in
//! [`support::open`].

// helpers of tests fail by panicking, as tests do
#![allow(clippy::unwrap_used, clippy::panic)]

mod catalog;
mod convergence;
mod feed;
mod model;
mod organizations;
mod plain;
mod restart;
mod runs;
mod sessions;
mod support;
