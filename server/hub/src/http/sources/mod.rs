//! External sources (seed 003): `/v1/sync`, `/v1/content`, `/v1/catalog`.

mod content;
mod envelope;
mod list;
mod maintenance;
mod routes;
mod runs;
mod trigger;

pub(super) use routes::routes;
pub(super) use runs::STATUSES;
