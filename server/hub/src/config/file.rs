//! `hub.toml` as it is written.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{
    Auth, ConfigError, DEFAULT_DATA_DIR, DEFAULT_LISTEN, HubConfig, MetadataSync, Organization, Repositories,
    SigningKeys, SourcesPolicy, Webdav, Webhooks, connection, releases, validate,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<std::net::SocketAddr>,
    data_dir: Option<PathBuf>,
    database: Option<String>,
    #[serde(default)]
    auth: AuthSection,
    #[serde(default)]
    organizations: Vec<Organization>,
    #[serde(default)]
    repositories: Repositories,
    #[serde(default)]
    sources: SourcesPolicy,
    #[serde(default)]
    metadata_sync: MetadataSync,
    webdav: Option<Webdav>,
    #[serde(default)]
    webhooks: Webhooks,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AuthSection {
    jwt_secret_env: Option<String>,
    jwks_url: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    admin_pin_env: Option<String>,
}

impl AuthSection {
    fn into_auth(self) -> Result<Auth, ConfigError> {
        let keys = match (self.jwt_secret_env, self.jwks_url) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::value(
                    "auth",
                    "both `jwt_secret_env` and `jwks_url` are set; keep one of them",
                ));
            }
            (Some(variable), None) => SigningKeys::Environment(variable),
            (None, Some(url)) => SigningKeys::Jwks(url),
            (None, None) => SigningKeys::Generated,
        };
        Ok(Auth {
            keys,
            issuer: self.issuer,
            audience: self.audience,
            admin_pin_env: self.admin_pin_env,
        })
    }
}

pub(super) fn parse(path: &Path, text: &str) -> Result<HubConfig, ConfigError> {
    let file: File = toml::from_str(text).map_err(|e| ConfigError::Syntax {
        path: path.to_owned(),
        at: e.span().map(|span| line_and_column(text, span.start)),
        // The line itself is not shown: it may hold the database's password.
        message: e.message().to_owned(),
    })?;
    let base = path.parent().unwrap_or(Path::new(""));
    let mut config = HubConfig {
        listen: file.listen.unwrap_or(DEFAULT_LISTEN),
        data_dir: base.join(file.data_dir.unwrap_or_else(|| DEFAULT_DATA_DIR.into())),
        database: file.database,
        auth: file.auth.into_auth()?,
        organizations: file.organizations,
        repositories: file.repositories,
        sources: file.sources,
        metadata_sync: file.metadata_sync,
        webdav: file.webdav,
        catalogue: None,
        webhooks: file.webhooks,
        owner_token: false,
    };
    releases::resolve_paths(&mut config.metadata_sync, base);
    connection::resolve_paths(&mut config.organizations, base);
    validate::validate(&mut config)?;
    Ok(config)
}

/// Both from 1, columns in characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}
