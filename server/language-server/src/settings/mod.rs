//! What the user wants: flags, then environment, then the editor's settings, then the user's
//! configuration file (contract.md, "Environment").

pub mod environment;
pub mod folder;
pub mod merge;
pub mod told;

use std::path::PathBuf;

use metasync_protocol::settings::{AutoSync, Settings};

pub use environment::Environment;
pub use folder::Folder;
pub use told::Told;

/// The configuration section of editors.
pub const SECTION: &str = "metasync";
/// How long an editor may take to tell its settings before the server goes on without.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Whose metadata is served.
#[derive(Clone, PartialEq, Eq)]
pub enum Mode {
    /// An organization's hub.
    Hub {
        /// Base address without a trailing slash.
        url: String,
        /// Id or name; `None` where the user belongs to one only.
        organization: Option<String>,
        /// Bearer token.
        token: Option<String>,
    },
    /// An embedded hub over a catalogue that somebody published to a WebDAV folder.
    Folder(Folder),
    /// An embedded hub over the workspace itself.
    Local,
    /// No hub is configured, and local mode is switched off.
    Off,
}

impl Mode {
    /// Whether the hub is one of our own.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Mode::Local | Mode::Folder(_))
    }

    /// The address that the settings name, as people know it.
    pub fn address(&self) -> Option<String> {
        match self {
            Mode::Hub { url, .. } => Some(url.clone()),
            Mode::Folder(folder) => Some(folder.shown()),
            Mode::Local | Mode::Off => None,
        }
    }
}

impl std::fmt::Debug for Mode {
    // written by hand: a token never gets into a log
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mode::Hub {
                url,
                organization,
                token,
            } => {
                write!(
                    f,
                    "Hub({url}, {organization:?}, token: {})",
                    if token.is_some() { "yes" } else { "no" }
                )
            }
            Mode::Folder(folder) => write!(f, "Folder({folder:?})"),
            Mode::Local => f.write_str("Local"),
            Mode::Off => f.write_str("Off"),
        }
    }
}

/// The settings in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// Whose metadata.
    pub mode: Mode,
    /// The background sync.
    pub auto_sync: AutoSync,
    /// Names or ids of connections; empty: by the workspace's match.
    pub connections: Vec<String>,
    /// Whether the organization's external sources come with what matches.
    pub sources: bool,
    /// Where caches live.
    pub cache_dir: PathBuf,
}

/// Puts the layers together; `editor` is the editor's settings as JSON (`null` for none).
/// What can't be read as settings is left out, and named in the second value.
pub fn resolve(environment: &Environment, editor: &serde_json::Value) -> (Effective, Vec<String>) {
    let mut problems = environment.problems.clone();
    let mut layers = environment.user_config.clone().unwrap_or(serde_json::Value::Null);
    merge::over(&mut layers, editor);
    let settings: Settings = merge::read(&layers, &mut problems);
    let filled = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let url = filled(environment.hub_url.clone()).or(filled(settings.hub.url));
    let token = filled(environment.token.clone()).or(filled(settings.token));
    let mode = match url {
        Some(url) if Folder::is_meant(&url) => match Folder::parse(&url) {
            Ok(folder) => Mode::Folder(Folder {
                username: folder.username.or(filled(environment.webdav_username.clone())),
                password: filled(environment.webdav_password.clone()).or(token),
                ..folder
            }),
            Err(error) => {
                problems.push(format!("metasync.hub.url can't be used: {error}"));
                Mode::Off
            }
        },
        Some(url) => Mode::Hub {
            url: url.trim_end_matches('/').to_owned(),
            organization: filled(environment.organization.clone()).or(filled(settings.hub.organization)),
            token,
        },
        None if settings.local.enabled => Mode::Local,
        None => Mode::Off,
    };
    let mut auto_sync = settings.auto_sync;
    if !auto_sync.interval_minutes.is_finite() || auto_sync.interval_minutes <= 0.0 {
        problems.push(format!(
            "autoSync.intervalMinutes is {}: it must be more than 0",
            auto_sync.interval_minutes
        ));
        auto_sync.interval_minutes = metasync_protocol::settings::DEFAULT_INTERVAL_MINUTES;
    }
    let effective = Effective {
        mode,
        auto_sync,
        connections: settings.connections,
        sources: settings.content.sources,
        cache_dir: environment.cache_dir.clone(),
    };
    (effective, problems)
}

/// The settings of what is shown, which need no hub and no restart.
pub fn features(environment: &Environment, editor: &serde_json::Value) -> Settings {
    let mut layers = environment.user_config.clone().unwrap_or(serde_json::Value::Null);
    merge::over(&mut layers, editor);
    merge::read(&layers, &mut Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn environment() -> Environment {
        Environment {
            cache_dir: "/c".into(),
            ..Environment::default()
        }
    }

    #[test]
    fn without_a_hub_it_is_local_mode() {
        assert_eq!(resolve(&environment(), &json!(null)).0.mode, Mode::Local);
        assert_eq!(
            resolve(&environment(), &json!({"hub": {"url": ""}})).0.mode,
            Mode::Local
        );
        assert_eq!(
            resolve(&environment(), &json!({"local": {"enabled": false}}))
                .0
                .mode,
            Mode::Off
        );
    }

    #[test]
    fn the_environment_wins_over_the_editor_and_the_editor_over_the_file() {
        let editor = json!({"hub": {"url": "https://editor/", "organization": "e"}, "token": "te"});
        let mut env = environment();
        env.user_config =
            Some(json!({"hub": {"url": "https://file", "organization": "f"}, "connections": ["x"]}));
        let (effective, problems) = resolve(&env, &editor);
        assert!(problems.is_empty());
        let hub = |url: &str, organization: &str, token: &str| Mode::Hub {
            url: url.into(),
            organization: Some(organization.into()),
            token: Some(token.into()),
        };
        assert_eq!(effective.mode, hub("https://editor", "e", "te"));
        assert_eq!(effective.connections, ["x"]);
        env.hub_url = Some("https://env".into());
        env.token = Some("tv".into());
        assert_eq!(resolve(&env, &editor).0.mode, hub("https://env", "e", "tv"));
        assert!(!format!("{:?}", resolve(&env, &editor).0).contains("tv"));
    }

    #[test]
    fn a_webdav_address_is_a_folder_with_its_own_password() {
        let mut env = environment();
        let editor = json!({"hub": {"url": "davs://ann@h/x/"}, "token": "secret"});
        let folder = |settings: Effective| match settings.mode {
            Mode::Folder(folder) => (folder.url, folder.username.unwrap(), folder.password),
            other => panic!("{other:?}"),
        };
        let (effective, problems) = resolve(&env, &editor);
        assert!(problems.is_empty() && !format!("{effective:?}").contains("secret"));
        assert_eq!(
            folder(effective),
            ("https://h/x".into(), "ann".into(), Some("secret".into()))
        );
        env.webdav_username = Some("bob".into());
        env.webdav_password = Some("other".into());
        let nobody = json!({"hub": {"url": "dav://h/x"}, "token": "secret"});
        assert_eq!(
            folder(resolve(&env, &nobody).0),
            ("http://h/x".into(), "bob".into(), Some("other".into()))
        );
        let (effective, problems) = resolve(&env, &json!({"hub": {"url": "dav://ann:secret@h/x"}}));
        assert_eq!(effective.mode, Mode::Off);
        assert!(problems[0].contains("WEBDAV_PASSWORD") && !problems[0].contains("secret"));
    }

    #[test]
    fn what_is_no_setting_is_named_and_the_rest_counts() {
        let editor = json!({"hub": {"url": 7, "organization": "e"}, "autoSync": {"intervalMinutes": -1}, "token": "t"});
        let mut env = environment();
        env.hub_url = Some("https://env".into());
        let (effective, problems) = resolve(&env, &editor);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("hub.url"), "{problems:?}");
        assert!(
            matches!(effective.mode, Mode::Hub { organization: Some(o), token: Some(_), .. } if o == "e")
        );
    }
}
