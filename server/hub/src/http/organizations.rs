//! Which organizations a user may name: an addition to seed 002, for clients whose settings name none.

use axum::{Json, extract::State};
use metasync_protocol::connections::{Organization, OrganizationList};

use super::{App, access::User, error::ApiError};

/// The user's own organizations; of a token that is good for one only, that one.
pub(super) async fn list(
    User(identity): User,
    State(app): State<App>,
) -> Result<Json<OrganizationList>, ApiError> {
    let known = app.store.organizations_of(&identity.user).await?;
    let claim = identity.organization.as_deref();
    let organizations = known
        .into_iter()
        .filter(|o| {
            claim.is_none_or(|claim| claim == o.name || claim.eq_ignore_ascii_case(&o.id.to_string()))
        })
        .map(|o| Organization {
            id: o.id,
            name: o.name,
        })
        .collect();
    Ok(Json(OrganizationList { organizations }))
}
