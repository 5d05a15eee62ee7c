//! Which share a library has: `[webdav]` of `hub.toml`, and the seed's environment variables, which win.

use metasync_sources::{SharedFolder, webdav::DavOptions};
use uuid::Uuid;

use crate::config::HubConfig;

/// The seed's variables.
const BASE_URL: &str = "WEBDAV_BASE_URL";
const USERNAME: &str = "WEBDAV_USERNAME";
const PASSWORD: &str = "WEBDAV_PASSWORD";
const REMOTE_ROOT: &str = "WEBDAV_REMOTE_ROOT";
const ENABLED: &str = "WEBDAV_ENABLED";

/// Where the library is shared.
#[derive(Clone)]
pub(super) struct Share {
    /// Whose library it is.
    pub(super) org: Uuid,
    options: DavOptions,
}

impl Share {
    /// Address and folder, for the state: another one begins anew.
    pub(super) fn place(&self) -> String {
        let options = &self.options;
        let user = options.username.as_deref().unwrap_or_default();
        format!(
            "{user} {} {}",
            options.base_url.trim_end_matches('/'),
            options.root.trim_matches('/')
        )
    }

    /// The folder, as the hub of this name.
    pub(super) fn open(&self, hub: Uuid) -> Result<SharedFolder, metasync_sources::ShareError> {
        Ok(SharedFolder::new(self.options.clone(), hub)?)
    }
}

/// The share of the configuration; `None`: there is none, or its organization is not there.
pub(super) fn configured(config: &HubConfig) -> Option<Share> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if variable(ENABLED).is_some_and(|on| matches!(on.as_str(), "false" | "0" | "no" | "off")) {
        return None;
    }
    let section = config.webdav.clone().unwrap_or_default();
    let base_url = variable(BASE_URL).or(section.base_url)?;
    let named = |name: &str| {
        config
            .organizations
            .iter()
            .find(|o| o.name == name || o.id.to_string() == name)
    };
    let organization = match &section.organization {
        Some(name) => named(name),
        None => config.organizations.first(),
    }?;
    let password = section
        .password_env
        .as_deref()
        .and_then(variable)
        .or_else(|| variable(PASSWORD));
    Some(Share {
        org: organization.id,
        options: DavOptions {
            base_url,
            root: variable(REMOTE_ROOT).or(section.remote_root).unwrap_or_default(),
            username: variable(USERNAME).or(section.username),
            password,
        },
    })
}
