//! From settings to a hub that can be asked: client, organization, and what is special in local
//! mode.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use metasync_client::{Client, ClientError};
use metasync_protocol::{connections::Organization, editor::OrganizationRef};
use uuid::Uuid;

use super::local_hub::{Election, NotStarted};
use crate::settings::Mode;

/// How long a process that took over an embedded hub may take to answer.
const LOCAL_PATIENCE: Duration = Duration::from_secs(10);

/// A hub that can be asked.
#[derive(Clone)]
pub struct Link {
    /// Its client.
    pub client: Client,
    /// How the organization stands in paths: id or name.
    pub organization: String,
    /// What people call it, where the hub was asked for it.
    pub organization_name: Option<String>,
    /// With a hub of our own: its connection, over the workspace or the published catalogue.
    pub local: Option<Uuid>,
}

/// Why there is no hub to ask.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The hub, or the way to it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The embedded hub did not start.
    #[error("the embedded hub did not start: {0}")]
    Local(NotStarted),
    /// The published catalogue can't be read.
    #[error(transparent)]
    Folder(NotStarted),
    /// No token where one is needed.
    #[error("no token for the hub at {0}: sign in, or set METASYNC_TOKEN")]
    NoToken(String),
    /// The token does not say which organization, and the settings don't either.
    #[error("which organization? Set metasync.hub.organization (or METASYNC_ORGANIZATION) to its id or name")]
    NoOrganization,
    /// The user belongs to several.
    #[error("which organization? You belong to {}. Set metasync.hub.organization (or METASYNC_ORGANIZATION)", names(.0))]
    Organizations(Vec<Organization>),
    /// Local mode is switched off and no hub is configured.
    #[error("no hub is configured and local mode is off: set metasync.hub.url, or metasync.local.enabled")]
    Off,
}

impl Link {
    /// Connects as the settings say. `chosen` is the organization that the user chose, for settings
    /// and a token that name none.
    pub async fn open(
        mode: &Mode,
        chosen: Option<&OrganizationRef>,
        election: &mut Option<Election>,
    ) -> Result<Link, LinkError> {
        match mode {
            Mode::Hub {
                url,
                organization,
                token,
            } => {
                let token = token.as_deref().ok_or_else(|| LinkError::NoToken(url.clone()))?;
                let client = Client::new(url, Some(token))?;
                let (organization, organization_name) = match organization {
                    Some(organization) => (organization.clone(), None),
                    None => match claim(token, "org") {
                        Some(organization) => (organization, None),
                        None => match chosen {
                            Some(chosen) => (chosen.id.clone(), Some(chosen.name.clone())),
                            None => only_organization(&client).await?,
                        },
                    },
                };
                Ok(Link {
                    client,
                    organization,
                    organization_name,
                    local: None,
                })
            }
            Mode::Local | Mode::Folder(_) => {
                let election = election.as_mut().ok_or(LinkError::Off)?;
                let failed = |error: NotStarted| match error.code {
                    Some(_) => LinkError::Folder(error),
                    None => LinkError::Local(error),
                };
                let endpoint = election.endpoint().await.map_err(failed)?;
                let client = Client::new(&endpoint.url, Some(&endpoint.token))?;
                let organization = endpoint.organization.to_string();
                Ok(Link {
                    client,
                    organization,
                    organization_name: None,
                    local: Some(endpoint.connection),
                })
            }
            Mode::Off => Err(LinkError::Off),
        }
    }

    /// As [`Link::open`]; in local mode the process that ran the hub may just have ended, so it is
    /// looked for again until one answers.
    pub async fn open_alive(
        mode: &Mode,
        chosen: Option<&OrganizationRef>,
        election: &mut Option<Election>,
    ) -> Result<Link, LinkError> {
        let link = Link::open(mode, chosen, election).await?;
        if link.local.is_none() {
            return Ok(link);
        }
        let started = tokio::time::Instant::now();
        let mut link = link;
        while let Err(error) = link.client.health().await {
            if started.elapsed() > LOCAL_PATIENCE {
                return Err(error.into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            link = Link::open(mode, chosen, election).await?;
        }
        Ok(link)
    }

    /// The organization for people; `id` is what the hub said, `None` before it said anything.
    pub fn organization_ref(&self, id: Option<Uuid>) -> OrganizationRef {
        if self.local.is_some() {
            return OrganizationRef {
                id: self.organization.clone(),
                name: "local".to_owned(),
            };
        }
        let id = id.map_or_else(|| self.organization.clone(), |id| id.to_string());
        OrganizationRef {
            id,
            name: self
                .organization_name
                .clone()
                .unwrap_or_else(|| self.organization.clone()),
        }
    }
}

/// Id and name of the only organization that the user belongs to.
async fn only_organization(client: &Client) -> Result<(String, Option<String>), LinkError> {
    let mut known = client.organizations().await?.organizations;
    if known.len() > 1 {
        return Err(LinkError::Organizations(known));
    }
    known
        .pop()
        .map(|o| (o.id.to_string(), Some(o.name)))
        .ok_or(LinkError::NoOrganization)
}

fn names(organizations: &[Organization]) -> String {
    let names: Vec<&str> = organizations.iter().map(|o| o.name.as_str()).collect();
    names.join(", ")
}

/// A text claim of a JWT, unverified: it only saves a question; the hub verifies.
fn claim(token: &str, name: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    claims.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_read_from_a_token_and_garbage_is_none() {
        let payload = URL_SAFE_NO_PAD.encode(br#"{"sub":"bob","org":"acme","n":1}"#);
        let token = format!("x.{payload}.y");
        assert_eq!(claim(&token, "org").as_deref(), Some("acme"));
        assert_eq!(claim(&token, "n"), None);
        for garbage in ["", "a", "a.b", "a.!!.c", "a.bnVsbA.c"] {
            assert_eq!(claim(garbage, "org"), None, "{garbage}");
        }
    }
}
