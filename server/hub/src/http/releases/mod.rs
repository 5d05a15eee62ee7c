//! Test metadata of releases (seed 000), for the operator, who has the PIN. The seed's paths, fields, messages
//! and events, to the letter.

mod follow;
mod history;
mod operator;
mod routes;
mod schedule;
mod ticket;
mod triggers;

pub(super) use routes::endpoints;
