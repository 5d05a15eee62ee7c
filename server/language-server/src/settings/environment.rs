//! What the process was given: `METASYNC_*` variables and the user's configuration file.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde_json::Value;

/// Largest configuration file that is read, in bytes.
const MAX_CONFIG: u64 = 1024 * 1024;

/// The outer layers of the settings; flags of the command line are written over these fields.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `METASYNC_HUB_URL`.
    pub hub_url: Option<String>,
    /// `METASYNC_ORGANIZATION`: id or name.
    pub organization: Option<String>,
    /// `METASYNC_TOKEN`.
    pub token: Option<String>,
    /// `WEBDAV_USERNAME`: who we are at a WebDAV folder whose address says nothing of it.
    pub webdav_username: Option<String>,
    /// `WEBDAV_PASSWORD`.
    pub webdav_password: Option<String>,
    /// `METASYNC_CACHE_DIR`, else `metasync` in the user's cache folder.
    pub cache_dir: PathBuf,
    /// The user's configuration file as JSON.
    pub user_config: Option<Value>,
    /// What could not be read.
    pub problems: Vec<String>,
}

impl Environment {
    /// Of this process.
    pub fn of_process() -> Environment {
        let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
        let base = etcetera::choose_base_strategy().ok();
        let cache_dir = variable("METASYNC_CACHE_DIR").map(PathBuf::from);
        let cache_dir = cache_dir
            .or_else(|| base.as_ref().map(|b| b.cache_dir().join("metasync")))
            .unwrap_or_else(|| std::env::temp_dir().join("metasync-cache"));
        let mut environment = Environment {
            hub_url: variable("METASYNC_HUB_URL"),
            organization: variable("METASYNC_ORGANIZATION"),
            token: variable("METASYNC_TOKEN"),
            webdav_username: variable("WEBDAV_USERNAME"),
            webdav_password: variable("WEBDAV_PASSWORD"),
            cache_dir: std::path::absolute(&cache_dir).unwrap_or(cache_dir),
            ..Environment::default()
        };
        if let Some(base) = base {
            environment.read_config(&base.config_dir().join("metasync").join("config.toml"));
        }
        environment
    }

    fn read_config(&mut self, path: &Path) {
        let text = match std::fs::metadata(path) {
            Err(_) => return,
            Ok(m) if m.len() > MAX_CONFIG => {
                self.problems.push(format!(
                    "{} is larger than {MAX_CONFIG} bytes and is ignored",
                    path.display()
                ));
                return;
            }
            Ok(_) => std::fs::read_to_string(path),
        };
        let parsed = text
            .map_err(|e| e.to_string())
            .and_then(|text| toml::from_str::<Value>(&text).map_err(|e| e.to_string()));
        match parsed {
            Ok(value) => self.user_config = Some(value),
            Err(error) => self
                .problems
                .push(format!("{} is ignored: {error}", path.display())),
        }
    }
}
