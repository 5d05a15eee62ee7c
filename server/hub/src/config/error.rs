//! What can be wrong with a configuration.

use std::{fmt, path::PathBuf};

/// A configuration that can't be used; the text names the file, the place, the key, and what to do.
/// It never holds a value that may be secret.
#[derive(Debug)]
pub enum ConfigError {
    /// The file can't be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no TOML, or a key in it is unknown or of the wrong kind.
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line and column, from 1.
        at: Option<(usize, usize)>,
        /// What is wrong, with the key's name.
        message: String,
    },
    /// A value makes no sense.
    Value {
        /// The key, such as `organizations[0].name`.
        key: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// An environment variable that the configuration names is missing or of no use.
    Environment {
        /// The variable.
        variable: String,
        /// The key that names it.
        key: &'static str,
        /// What is wrong with it.
        message: &'static str,
    },
    /// A part of the configuration that this version does not do yet.
    Unsupported {
        /// The key.
        key: &'static str,
        /// What to do instead.
        message: &'static str,
    },
    /// A file that the hub keeps in its data directory can't be read or written.
    Secret {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl ConfigError {
    pub(crate) fn value(key: impl Into<String>, message: impl Into<String>) -> ConfigError {
        ConfigError::Value {
            key: key.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Unreadable { path, source } => {
                write!(f, "the configuration {} can't be read: {source}", path.display())
            }
            ConfigError::Syntax { path, at, message } => {
                write!(f, "{}", path.display())?;
                if let Some((line, column)) = at {
                    write!(f, ":{line}:{column}")?;
                }
                write!(f, ": {message}")
            }
            ConfigError::Value { key, message } => write!(f, "configuration key `{key}`: {message}"),
            ConfigError::Environment {
                variable,
                key,
                message,
            } => write!(
                f,
                "the environment variable {variable}, which `{key}` names, {message}"
            ),
            ConfigError::Unsupported { key, message } => {
                write!(f, "configuration key `{key}` is not supported yet: {message}")
            }
            ConfigError::Secret { path, source } => {
                write!(f, "{} can't be read or written: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ConfigError::Unreadable { source, .. } | ConfigError::Secret { source, .. } => Some(source),
            _ => None,
        }
    }
}
