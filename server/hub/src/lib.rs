//! The hub: HTTP interfaces and runs over the store and the sources.
//!
//! - [`config`]: `hub.toml`; [`auth`]: tokens and membership; [`events`]: bells.
//! - `http`: one module per part of a seed's API. Handlers never reach sources.
//! - `library`: the library of files that hubs share through a WebDAV folder (seed 001).
//! - `published`: the catalogue that the embedded hub of an editor without a hub reads.
//! - `runs`: the job engine and what runs do. Runs never reach HTTP.
//!
//! It knows nothing of editors, and is the same inside a process of its own ([`Hub`]) and inside the
//! language server ([`embedded()`]).

pub mod auth;
pub mod config;
mod embedded;
pub mod events;
mod http;
mod hub;
mod library;
mod metrics;
mod published;
mod runs;
mod secrets;

pub use auth::mint_token;
pub use config::{ConfigError, HubConfig, load};
pub use embedded::{Embedded, embedded, embedded_over};
/// The description of the hub's HTTP interfaces (OpenAPI 3.1): schemas/openapi.json.
pub use http::description as openapi;
pub use hub::{Hub, HubError, serve};
pub use published::CatalogueShare;
