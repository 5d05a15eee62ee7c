//! The HS256 secret of a configuration.

use crate::config::{ConfigError, HubConfig, SigningKeys};

use super::secret;

/// Fewest bytes of an HS256 secret: those of the hash (RFC 7518, section 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// A secret; it is never shown.
pub(super) struct Secret(Vec<u8>);

impl Secret {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secret that signs and checks tokens.
pub(super) fn hs256_secret(config: &HubConfig) -> Result<Secret, ConfigError> {
    match &config.auth.keys {
        SigningKeys::Generated => secret::of_data_dir(&config.data_dir).map(Secret),
        SigningKeys::Environment(variable) => {
            let wrong = |message| ConfigError::Environment {
                variable: variable.clone(),
                key: "auth.jwt_secret_env",
                message,
            };
            let value = std::env::var_os(variable).ok_or_else(|| {
                wrong("is not set: set it to the secret that signs tokens (at least 32 bytes)")
            })?;
            let value = value.into_encoded_bytes();
            if value.len() < MIN_SECRET_BYTES {
                return Err(wrong(
                    "holds too short a secret: HS256 needs at least 32 bytes, such as from `openssl rand -hex 32`",
                ));
            }
            Ok(Secret(value))
        }
        SigningKeys::Jwks(_) => Err(ConfigError::value(
            "auth.jwks_url",
            "this hub only checks tokens that others sign: get one from the issuer, or configure `jwt_secret_env`",
        )),
    }
}
