//! `<data_dir>/token`: the owner's token of a hub without configuration.

use std::time::Duration;

use jiff::Timestamp;

use super::{Verifier, mint, secret};
use crate::config::{ConfigError, HubConfig, LOCAL_USER};

/// Name of the file.
const TOKEN_FILE: &str = "token";

/// How long the token is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A token that ends sooner than this is replaced at start.
const RENEWED_BEFORE_SECONDS: i64 = 90 * 24 * 60 * 60;

/// The owner's token: the one in the file if it is still good, else a new one.
pub(crate) async fn write_owner_token(
    config: &HubConfig,
    verifier: &Verifier,
) -> Result<String, ConfigError> {
    let path = config.data_dir.join(TOKEN_FILE);
    if let Ok(known) = std::fs::read_to_string(&path) {
        let known = known.trim();
        let fresh = verifier.verify(known).await.is_ok_and(|identity| {
            identity.user == LOCAL_USER
                && identity.expires_at.as_second() - Timestamp::now().as_second() > RENEWED_BEFORE_SECONDS
        });
        if fresh {
            return Ok(known.to_owned());
        }
    }
    let (token, _) = mint(config, LOCAL_USER, None, TOKEN_LIFETIME)?;
    secret::replace(&path, format!("{token}\n").as_bytes())
        .map_err(|source| ConfigError::Secret { path, source })?;
    Ok(token)
}
