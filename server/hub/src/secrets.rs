//! Secrets that a hub is given by its environment, or makes for itself.

mod sealer;

use std::path::Path;

use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

pub(crate) use sealer::Sealer;

use crate::{
    auth::PinGuard,
    config::{ConfigError, HubConfig},
};

/// File in the data directory with the secret of webhooks, where the configuration names none.
const WEBHOOK_SECRET_FILE: &str = "webhook-secret";

/// File in the data directory with the key that seals what sources were given, where the configuration
/// names none.
const SOURCES_KEY_FILE: &str = "sources-key";

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
        let secret = of_environment("webhooks.secret_env", variable, "the secret that signs webhooks")?;
        return Ok(secret.into_bytes());
    }
    own(&config.data_dir.join(WEBHOOK_SECRET_FILE))
}

/// What seals the options of sources, which may hold secrets: by the variable that `[sources]
/// secrets_key_env` names, else by a key of this hub's own in its data directory.
pub(crate) fn sealer(config: &HubConfig) -> Result<Sealer, SecretError> {
    let secret = match &config.sources.secrets_key_env {
        Some(variable) => {
            let what = "the key that seals secrets of sources";
            of_environment("sources.secrets_key_env", variable, what)?.into_bytes()
        }
        None => own(&config.data_dir.join(SOURCES_KEY_FILE))?,
    };
    Ok(Sealer::new(&Sha256::digest(secret).into()))
}

fn of_environment(key: &str, variable: &str, what: &str) -> Result<String, ConfigError> {
    let secret = std::env::var(variable).ok().filter(|secret| !secret.is_empty());
    secret.ok_or_else(|| {
        ConfigError::value(
            key,
            format!("the environment variable {variable} is not set; it holds {what}"),
        )
    })
}

/// The secret in a file of this hub's own, made where there is none.
fn own(file: &Path) -> Result<Vec<u8>, SecretError> {
    match std::fs::read_to_string(file) {
        Ok(secret) if !secret.trim().is_empty() => return Ok(secret.trim().as_bytes().to_vec()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(SecretError::Io(format!("reading {}", file.display()), error));
        }
        _ => {}
    }
    let mut bytes = [0; SECRET_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let secret = hex::encode(bytes);
    write_private(file, &secret).map_err(|e| SecretError::Io(format!("writing {}", file.display()), e))?;
    Ok(secret.into_bytes())
}

/// The operator's PIN: the variable that `[auth] admin_pin_env` names. Without it nobody is let in to what it opens.
pub(crate) fn admin_pin(config: &HubConfig) -> PinGuard {
    let Some(variable) = &config.auth.admin_pin_env else {
        return PinGuard::new(None);
    };
    let pin = std::env::var(variable).ok().filter(|pin| !pin.is_empty());
    if pin.is_none() {
        tracing::warn!(
            variable,
            "the environment variable that `auth.admin_pin_env` names is not set: releases can't be administered"
        );
    }
    PinGuard::new(pin.as_deref())
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}
