//! `[metadata_sync]` together with the environment, which wins over it (seed 000, "Configuration"); the
//! table `app_settings` wins over both, and is asked when it matters.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use metasync_sources::git::{Location, is_branch_name};
use uuid::Uuid;

use super::{ConfigError, HubConfig, MetadataSync, Organization, Release};

/// Type of the connections that hold the tests of releases.
pub(crate) const RELEASE_KIND: &str = "release";

/// Hours between two scheduled runs where nothing is configured (seed 000).
pub(crate) const DEFAULT_INTERVAL_HOURS: f64 = 24.0;

/// Fewest and most hours between two runs: a second, and a year.
pub(crate) const INTERVAL_HOURS: std::ops::RangeInclusive<f64> = 1.0 / 3_600.0..=365.0 * 24.0;

/// Share of files that may fail before a run fails, where nothing is configured.
const DEFAULT_MAX_FAILURE_RATE: f64 = 0.5;

/// Most seconds that git may be given.
const MAX_GIT_SECONDS: f64 = 24.0 * 3_600.0;

/// The settings that a start decides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReleaseSettings {
    pub(crate) url: Option<String>,
    /// Where the clone may lie; left out: among the other clones.
    pub(crate) local_path: Option<PathBuf>,
    /// Fetched with those of the releases, where it is there.
    pub(crate) main_branch: Option<String>,
    pub(crate) ssh_key: Option<PathBuf>,
    pub(crate) strict_host_keys: bool,
    pub(crate) git_timeout: Option<Duration>,
    /// Without `/` at its ends; empty: the whole repository.
    pub(crate) base_path: String,
    pub(crate) staging_config: Option<String>,
    /// 0 to 1.
    pub(crate) max_failure_rate: f64,
    pub(crate) enabled: bool,
    pub(crate) interval_hours: f64,
    pub(crate) on_startup: bool,
}

impl Default for ReleaseSettings {
    fn default() -> ReleaseSettings {
        ReleaseSettings {
            url: None,
            local_path: None,
            main_branch: None,
            ssh_key: None,
            strict_host_keys: true,
            git_timeout: None,
            base_path: String::new(),
            staging_config: None,
            max_failure_rate: DEFAULT_MAX_FAILURE_RATE,
            enabled: false,
            interval_hours: DEFAULT_INTERVAL_HOURS,
            on_startup: false,
        }
    }
}

impl ReleaseSettings {
    /// Of a hub's configuration and this process's environment. A hub without releases asks for nothing.
    pub(crate) fn of(config: &HubConfig) -> Result<ReleaseSettings, ConfigError> {
        if config.organizations.iter().all(|o| o.releases.is_empty()) {
            return Ok(ReleaseSettings::default());
        }
        read(&config.metadata_sync, &|name| std::env::var(name).ok())
    }
}

/// The address of the repository: the environment's, else the file's.
fn url_of(section: &MetadataSync, environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let set = |value: Option<String>| value.filter(|value| !value.trim().is_empty());
    set(environment("GIT_REPO_URL")).or_else(|| set(section.git_repo_url.clone()))
}

fn read(
    section: &MetadataSync,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<ReleaseSettings, ConfigError> {
    let text = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let url = url_of(section, environment);
    if let Some(url) = &url {
        Location::parse(url)
            .map_err(|e| ConfigError::value("metadata_sync.git_repo_url (GIT_REPO_URL)", e.to_string()))?;
    }
    let main_branch = text("GIT_REPO_BRANCH").or_else(|| section.git_repo_branch.clone());
    if let Some(branch) = main_branch.as_deref().filter(|branch| !is_branch_name(branch)) {
        return Err(ConfigError::value(
            "metadata_sync.git_repo_branch (GIT_REPO_BRANCH)",
            format!("{branch:?} is no name of a branch"),
        ));
    }
    let base = text("TEST_DISCOVERY_BASE_PATH").or_else(|| section.test_discovery_base_path.clone());
    let staging =
        text("TEST_DISCOVERY_STAGING_CONFIG").or_else(|| section.test_discovery_staging_config.clone());
    let settings = ReleaseSettings {
        url,
        local_path: text("GIT_REPO_LOCAL_PATH")
            .map(PathBuf::from)
            .or_else(|| section.git_repo_local_path.clone()),
        main_branch,
        ssh_key: text("GIT_REPO_SSH_KEY_PATH")
            .map(PathBuf::from)
            .or_else(|| section.git_repo_ssh_key_path.clone()),
        strict_host_keys: flag("GIT_SSH_STRICT_HOST_KEY_CHECKING", &text)?
            .or(section.git_ssh_strict_host_key_checking)
            .unwrap_or(true),
        git_timeout: number("GIT_OPERATION_TIMEOUT_SECONDS", &text)?
            .or(section.git_operation_timeout_seconds)
            .map(|seconds| within("GIT_OPERATION_TIMEOUT_SECONDS", seconds, 1.0..=MAX_GIT_SECONDS))
            .transpose()?
            .map(Duration::from_secs_f64),
        base_path: inside("TEST_DISCOVERY_BASE_PATH", base.as_deref().unwrap_or(""))?,
        staging_config: staging
            .map(|path| inside("TEST_DISCOVERY_STAGING_CONFIG", &path))
            .transpose()?
            .filter(|path| !path.is_empty()),
        max_failure_rate: within(
            "METADATA_SYNC_MAX_FAILURE_RATE",
            number("METADATA_SYNC_MAX_FAILURE_RATE", &text)?
                .or(section.max_failure_rate)
                .unwrap_or(DEFAULT_MAX_FAILURE_RATE),
            0.0..=1.0,
        )?,
        enabled: flag("METADATA_SYNC_ENABLED", &text)?
            .or(section.enabled)
            .unwrap_or(false),
        interval_hours: within(
            "METADATA_SYNC_INTERVAL_HOURS",
            number("METADATA_SYNC_INTERVAL_HOURS", &text)?
                .or(section.interval_hours)
                .unwrap_or(DEFAULT_INTERVAL_HOURS),
            INTERVAL_HOURS,
        )?,
        on_startup: flag("METADATA_SYNC_ON_STARTUP", &text)?
            .or(section.on_startup)
            .unwrap_or(false),
    };
    Ok(settings)
}

/// What a word says: `true`, `1`, `yes`, `on`, or the contrary, whatever the case.
pub(crate) fn truth(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn flag(name: &str, text: &dyn Fn(&str) -> Option<String>) -> Result<Option<bool>, ConfigError> {
    let Some(value) = text(name) else { return Ok(None) };
    let known = truth(&value);
    known.map(Some).ok_or_else(|| {
        ConfigError::value(
            name,
            format!("{value:?} is neither `true` nor `false` (environment variable)"),
        )
    })
}

fn number(name: &str, text: &dyn Fn(&str) -> Option<String>) -> Result<Option<f64>, ConfigError> {
    let Some(value) = text(name) else { return Ok(None) };
    let known = value.trim().parse();
    known
        .map(Some)
        .map_err(|_| ConfigError::value(name, format!("{value:?} is no number (environment variable)")))
}

fn within(name: &str, value: f64, range: std::ops::RangeInclusive<f64>) -> Result<f64, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::value(
        name,
        format!("{value} is not between {} and {}", range.start(), range.end()),
    ))
}

/// A path in the repository, without `/` at its ends.
fn inside(name: &str, path: &str) -> Result<String, ConfigError> {
    let path = path.trim().trim_start_matches("./").trim_end_matches('/');
    let path = if path == "." { "" } else { path };
    if path.starts_with('/') || path.split('/').any(|part| part == "..") || path.chars().any(char::is_control)
    {
        return Err(ConfigError::value(
            name,
            format!("{path:?} is no path inside the repository: write it from its root, without `..`"),
        ));
    }
    Ok(path.to_owned())
}

/// Relative paths of the file count from its folder.
pub(super) fn resolve_paths(section: &mut MetadataSync, base: &Path) {
    for path in [
        &mut section.git_repo_ssh_key_path,
        &mut section.git_repo_local_path,
    ]
    .into_iter()
    .flatten()
    {
        *path = base.join(&*path);
    }
}

/// Id of the connection that holds a release's tests; of a name that no connection of the configuration can have.
pub(crate) fn connection_id(organization: Uuid, release: &str) -> Uuid {
    metasync_protocol::ids::connection(organization, &format!("\u{0}release/{release}"))
}

/// The releases of an organization as connections: `repository@release`.
pub(super) fn declared(
    organization: &Organization,
    section: &MetadataSync,
) -> Vec<metasync_store::DeclaredConnection> {
    let url = url_of(section, &|name| std::env::var(name).ok()).unwrap_or_default();
    let repository = repository_name(&url);
    let declare = |release: &Release| metasync_store::DeclaredConnection {
        id: Some(connection_id(organization.id, &release.name)),
        kind: RELEASE_KIND.to_owned(),
        name: release.name.clone(),
        full_name: format!("{repository}@{}", release.name),
        url: url.clone(),
        branch: release.git_branch.clone().filter(|branch| !branch.is_empty()),
        dialect: None,
        settings: serde_json::json!({}),
    };
    organization.releases.iter().map(declare).collect()
}

/// `owner/name` as editors know a repository by its remote: of a path on this machine the last two names.
fn repository_name(url: &str) -> String {
    let (is_local, path) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => (true, rest),
        Some((_, rest)) => (false, rest.split_once('/').map_or("", |(_, path)| path)),
        None if Path::new(url).is_absolute() => (true, url),
        None => (false, url.split_once(':').map_or(url, |(_, path)| path)),
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != "_git")
        .collect();
    let from = if is_local {
        parts.len().saturating_sub(2)
    } else {
        0
    };
    let name = parts[from..].join("/");
    if name.is_empty() {
        "releases".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<ReleaseSettings, String> {
        let environment = |name: &str| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let section = MetadataSync {
            git_repo_url: Some("/srv/tests.git".into()),
            test_discovery_base_path: Some("tests/".into()),
            enabled: Some(true),
            interval_hours: Some(6.0),
            ..MetadataSync::default()
        };
        read(&section, &environment).map_err(|e| e.to_string())
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = with(&[]).unwrap();
        assert_eq!(
            (file.base_path.as_str(), file.enabled, file.interval_hours),
            ("tests", true, 6.0)
        );
        assert!(file.strict_host_keys && file.git_timeout.is_none() && !file.on_startup);
        let all = with(&[
            ("GIT_REPO_URL", "git@github.com:acme/tests.git"),
            ("GIT_REPO_LOCAL_PATH", "./data/x"),
            ("GIT_REPO_BRANCH", "master"),
            ("GIT_SSH_STRICT_HOST_KEY_CHECKING", "False"),
            ("GIT_OPERATION_TIMEOUT_SECONDS", "90"),
            ("TEST_DISCOVERY_BASE_PATH", "hapy/data_plane/tests"),
            ("TEST_DISCOVERY_STAGING_CONFIG", "hapy/dp_staging.ini"),
            ("METADATA_SYNC_ENABLED", "0"),
            ("METADATA_SYNC_INTERVAL_HOURS", "0.5"),
            ("METADATA_SYNC_ON_STARTUP", "true"),
        ])
        .unwrap();
        assert_eq!(all.url.as_deref(), Some("git@github.com:acme/tests.git"));
        assert_eq!(all.git_timeout, Some(Duration::from_secs(90)));
        assert_eq!(all.staging_config.as_deref(), Some("hapy/dp_staging.ini"));
        assert!(!all.strict_host_keys && !all.enabled && all.on_startup && all.interval_hours == 0.5);
        assert_eq!(
            with(&[("TEST_DISCOVERY_BASE_PATH", " ")]).unwrap().base_path,
            "tests"
        );
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (name, value) in [
            ("METADATA_SYNC_ENABLED", "perhaps"),
            ("METADATA_SYNC_INTERVAL_HOURS", "-1"),
            ("METADATA_SYNC_INTERVAL_HOURS", "NaN"),
            ("GIT_OPERATION_TIMEOUT_SECONDS", "soon"),
            ("TEST_DISCOVERY_BASE_PATH", "../x"),
            ("GIT_REPO_URL", "ext::sh -c id"),
            ("GIT_REPO_BRANCH", "--x"),
        ] {
            let error = with(&[(name, value)]).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn repositories_are_named_as_editors_name_them() {
        for (url, name) in [
            ("git@github.com:acme/tests.git", "acme/tests"),
            ("https://user:pw@host/group/sub/x.git", "group/sub/x"),
            ("/srv/git/velo.git", "git/velo"),
            ("file:///srv/git/velo", "git/velo"),
            ("ssh://git@host:22/acme/x", "acme/x"),
            ("", "releases"),
        ] {
            assert_eq!(repository_name(url), name, "{url}");
        }
    }
}
