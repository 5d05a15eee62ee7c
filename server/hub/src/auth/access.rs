//! What a user may do in an organization (contract.md, "Hub configuration": `{org}` and JWT).

use metasync_store::{Organization, Role, Store, StoreError};
use uuid::Uuid;

use super::Identity;

/// Most organizations that are named to choose from.
const MAX_CHOICES: usize = 50;

/// A user in an organization.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who is asking.
    pub identity: Identity,
    /// Where.
    pub organization: Organization,
    /// What they may do there.
    pub role: Role,
}

impl Access {
    /// The organization's id.
    pub fn org(&self) -> Uuid {
        self.organization.id
    }

    /// The user.
    pub fn user(&self) -> &str {
        &self.identity.user
    }

    /// Whether they may change anything.
    pub fn may_write(&self) -> bool {
        matches!(self.role, Role::Owner | Role::Maintainer)
    }
}

/// Why there is no access.
#[derive(Debug)]
pub enum AccessError {
    /// No member, or no such organization: the answer is the same.
    Revoked,
    /// The user belongs to several and named none.
    Choose(Vec<Organization>),
    /// The database did not answer.
    Store(StoreError),
}

impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> AccessError {
        AccessError::Store(error)
    }
}

/// The organization of a request and the user's role in it. `named` is the one in the path;
/// without one the token's claim, `header`, or the user's only organization decides.
pub async fn resolve(
    store: &Store,
    identity: Identity,
    named: Option<&str>,
    header: Option<&str>,
) -> Result<Access, AccessError> {
    let wanted = named.or(identity.organization.as_deref()).or(header);
    let organization = match wanted {
        Some(name) => store.organization(name).await?.ok_or(AccessError::Revoked)?,
        None => only_one(store, &identity).await?,
    };
    if let Some(claim) = identity.organization.as_deref()
        && !is_same(&organization, claim)
    {
        return Err(AccessError::Revoked);
    }
    let role = store
        .role(organization.id, &identity.user)
        .await?
        .ok_or(AccessError::Revoked)?;
    Ok(Access {
        identity,
        organization,
        role,
    })
}

async fn only_one(store: &Store, identity: &Identity) -> Result<Organization, AccessError> {
    let mut all = store.organizations_of(&identity.user).await?;
    match all.len() {
        0 => Err(AccessError::Revoked),
        1 => Ok(all.remove(0)),
        _ => {
            all.truncate(MAX_CHOICES);
            Err(AccessError::Choose(all))
        }
    }
}

fn is_same(organization: &Organization, name: &str) -> bool {
    organization.name == name || Uuid::parse_str(name).is_ok_and(|id| id == organization.id)
}
