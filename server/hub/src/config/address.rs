//! What a connection may say about itself: the same rules for `hub.toml` and for connections that
//! are added over HTTP.

use metasync_analysis::Dialect;
use metasync_sources::git::{Location, is_branch_name};

/// Most characters of a name.
pub const MAX_NAME: usize = 200;

/// A name of an organization or connection.
pub fn name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("it is empty".into());
    }
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(format!(
            "it is longer than {MAX_NAME} characters, or holds control characters"
        ));
    }
    Ok(())
}

/// The address of a connection of type `kind`.
pub fn url(kind: &str, url: &str, local_allowed: bool) -> Result<(), String> {
    let local = match kind {
        "github" => Location::parse(url).map_err(|e| e.to_string())?.is_local(),
        "workspace" => {
            if !std::path::Path::new(url.strip_prefix("file://").unwrap_or(url)).is_absolute() {
                return Err("the folder of a workspace must be an absolute path".into());
            }
            true
        }
        _ => {
            return Err(format!(
                "connections of type {kind:?} are not known; known are `github` and `workspace`"
            ));
        }
    };
    if local && !local_allowed {
        return Err(
            "paths on the hub's machine may be named in hub.toml only, unless `[sources] allow_local_paths = true`"
                .into(),
        );
    }
    Ok(())
}

/// The name of a branch.
pub fn branch(branch: &str) -> Result<(), String> {
    if is_branch_name(branch) {
        return Ok(());
    }
    Err(format!("{branch:?} is no name of a branch"))
}

/// The name of an SQL dialect.
pub fn dialect(dialect: &str) -> Result<Dialect, String> {
    dialect
        .parse::<Dialect>()
        .map_err(|e: metasync_analysis::UnknownDialect| e.to_string())
}

/// An address as people may see it.
pub fn without_credentials(kind: &str, url: &str) -> String {
    if kind == "workspace" || kind == crate::published::KIND {
        return url.to_owned();
    }
    // What stands in a query may be a key.
    if metasync_sources::entries::adapter(kind).is_some() {
        return url.split(['?', '#']).next().unwrap_or(url).to_owned();
    }
    // What is no repository's address (any more) is better not shown at all.
    Location::parse(url).map(|l| l.to_string()).unwrap_or_default()
}
