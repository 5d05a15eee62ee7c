//! `metasync token`.

use serde::Serialize;

use crate::{
    arguments::TokenOptions,
    terminal::{self, Failure},
};

#[derive(Serialize)]
struct Minted {
    token: String,
    expires_at: String,
}

/// A token signed with the configured secret.
pub fn run(options: &TokenOptions) -> Result<(), Failure> {
    let config = metasync_hub::load(&options.config)?;
    let (token, expires_at) = metasync_hub::mint_token(
        &config,
        &options.user,
        options.organization.as_deref(),
        options.ttl,
    )?;
    if options.json {
        return terminal::print_json(&Minted { token, expires_at });
    }
    terminal::print(&token)
}
