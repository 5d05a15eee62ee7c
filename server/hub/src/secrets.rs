//! Secrets that a hub is given by its environment, or makes for itself.

use std::path::Path;

use rand::RngCore as _;

use crate::config::{ConfigError, HubConfig};

/// File in the data directory with the secret of webhooks, where the configuration names none.
const WEBHOOK_SECRET_FILE: &str = "webhook-secret";

/// Bytes of a secret that the hub makes.
const SECRET_BYTES: usize = 32;

/// A secret that can't be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The configuration names one that is not there.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its file can't be used.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
}

/// What signs webhooks: the variable that `[webhooks] secret_env` names, else a secret of this hub's own
/// in its data directory, in hex.
pub(crate) fn webhooks(config: &HubConfig) -> Result<Vec<u8>, SecretError> {
    if let Some(variable) = &config.webhooks.secret_env {
        let secret = std::env::var(variable).ok().filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| {
            ConfigError::value(
                "webhooks.secret_env",
                format!(
                    "the environment variable {variable} is not set; it holds the secret that signs webhooks"
                ),
            )
        })?;
        return Ok(secret.into_bytes());
    }
    let file = config.data_dir.join(WEBHOOK_SECRET_FILE);
    match std::fs::read_to_string(&file) {
        Ok(secret) if !secret.trim().is_empty() => return Ok(secret.trim().as_bytes().to_vec()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(SecretError::Io(format!("reading {}", file.display()), error));
        }
        _ => {}
    }
    let mut bytes = [0; SECRET_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let secret = hex::encode(bytes);
    write_private(&file, &secret).map_err(|e| SecretError::Io(format!("writing {}", file.display()), e))?;
    Ok(secret.into_bytes())
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}
