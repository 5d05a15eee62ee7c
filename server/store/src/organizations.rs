//! Organizations, their members, and what the configuration declares at each start.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Store,
    connections::{self, DeclaredConnection},
    database::{Row, Scope, Time, Tx, query, transact},
    epoch,
    error::{Result, StoreError},
    rows::{self, id, json_text},
};

/// Key in `meta` of when the configuration was taken over last.
const DECLARED: &str = "declared_at";

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything.
    Member,
    /// Triggers and cancels, writes documentation, manages connections.
    Maintainer,
    /// All of it.
    Owner,
}

impl Role {
    /// The word in configuration and database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Member => "member",
            Role::Maintainer => "maintainer",
            Role::Owner => "owner",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Role, String> {
        match word {
            "member" => Ok(Role::Member),
            "maintainer" => Ok(Role::Maintainer),
            "owner" => Ok(Role::Owner),
            other => Err(format!(
                "{other:?} is no role: owner, maintainer or member is needed"
            )),
        }
    }
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: Uuid,
    /// Its name; `{org}` in a path is the id or the name.
    pub name: String,
}

/// A user's place in an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The token's `sub`.
    pub user: String,
    /// What they may do.
    pub role: Role,
}

/// An organization of the configuration.
#[derive(Clone, Debug)]
pub struct DeclaredOrganization {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// All of its members.
    pub members: Vec<Member>,
    /// Connections that only the configuration changes.
    pub connections: Vec<DeclaredConnection>,
}

impl Store {
    /// Takes over what the configuration says: organizations, members (replaced) and declared
    /// connections. What was declared before and is no more goes: connections with their rows,
    /// memberships of organizations that are gone (their rows stay, unreachable).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if two organizations declare one connection id.
    pub async fn declare(&self, organizations: &[DeclaredOrganization]) -> Result<()> {
        if let Some((name, id)) = declared_twice(organizations) {
            return Err(taken_elsewhere(name, id));
        }
        transact!(self.database(), Scope::Directory, |tx| {
            // Nodes that start at once do this one after the other.
            epoch::set_meta(tx, DECLARED, &Time::now().text()).await?;
            query("UPDATE organizations SET declared = FALSE")
                .execute(tx)
                .await?;
            query("DELETE FROM members").execute(tx).await?;
            for organization in organizations {
                declare_one(tx, organization).await?;
            }
            Ok(())
        })
    }

    /// An organization by id or name.
    pub async fn organization(&self, id_or_name: &str) -> Result<Option<Organization>> {
        let mut tx = self.database().look(Scope::Directory).await?;
        let row = query(
            "SELECT id, name FROM organizations WHERE declared AND (id = $1 OR name = $2)
             ORDER BY id = $1 DESC LIMIT 1",
        )
        .bind(connections::as_id(id_or_name))
        .bind(id_or_name)
        .fetch_optional(&mut tx)
        .await?;
        row.map(|row| organization(&row)).transpose()
    }

    /// What a user may do in an organization; `None`: nothing, they are no member.
    pub async fn role(&self, organization: Uuid, user: &str) -> Result<Option<Role>> {
        let mut tx = self.database().look(Scope::Org(organization)).await?;
        let row = query("SELECT role FROM members WHERE org_id = $1 AND user_id = $2")
            .bind(organization)
            .bind(user)
            .fetch_optional(&mut tx)
            .await?;
        row.map(|row| {
            let word: String = row.try_get("role")?;
            word.parse().map_err(|e| StoreError::row("members", "role", e))
        })
        .transpose()
    }

    /// The organizations that a user belongs to, by name.
    pub async fn organizations_of(&self, user: &str) -> Result<Vec<Organization>> {
        let mut tx = self.database().look(Scope::Directory).await?;
        query(
            "SELECT o.id, o.name FROM members m JOIN organizations o ON o.id = m.org_id
             WHERE m.user_id = $1 AND o.declared ORDER BY o.name, o.id",
        )
        .bind(user)
        .fetch_all(&mut tx)
        .await?
        .iter()
        .map(organization)
        .collect()
    }

    /// All organizations of the configuration, by name.
    pub async fn organizations(&self) -> Result<Vec<Organization>> {
        let mut tx = self.database().look(Scope::Directory).await?;
        query("SELECT id, name FROM organizations WHERE declared ORDER BY name, id")
            .fetch_all(&mut tx)
            .await?
            .iter()
            .map(organization)
            .collect()
    }
}

fn organization(row: &Row) -> Result<Organization> {
    Ok(Organization {
        id: id(row, "id")?,
        name: row.try_get("name")?,
    })
}

async fn declare_one(tx: &mut Tx, organization: &DeclaredOrganization) -> Result<()> {
    let org = organization.id;
    tx.enter(org).await?;
    query(
        "INSERT INTO organizations (id, name, declared, created_at) VALUES ($1, $2, TRUE, $3)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, declared = TRUE",
    )
    .bind(org)
    .bind(&organization.name)
    .bind(Time::now())
    .execute(tx)
    .await?;
    for member in &organization.members {
        query(
            "INSERT INTO members (org_id, user_id, role) VALUES ($1, $2, $3)
             ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role",
        )
        .bind(org)
        .bind(&member.user)
        .bind(member.role.as_str())
        .execute(tx)
        .await?;
    }
    declare_connections(tx, org, &organization.connections).await
}

fn id_of(org: Uuid, connection: &DeclaredConnection) -> Uuid {
    connection
        .id
        .unwrap_or_else(|| metasync_protocol::ids::connection(org, &connection.full_name))
}

/// A connection id that two organizations declare.
fn declared_twice(organizations: &[DeclaredOrganization]) -> Option<(&str, Uuid)> {
    let mut owners = HashMap::new();
    organizations
        .iter()
        .flat_map(|o| o.connections.iter().map(move |c| (o.id, c)))
        .find(|(org, c)| *owners.entry(id_of(*org, c)).or_insert(*org) != *org)
        .map(|(org, c)| (c.full_name.as_str(), id_of(org, c)))
}

fn taken_elsewhere(full_name: &str, id: Uuid) -> StoreError {
    StoreError::Conflict(format!(
        "connection {full_name} ({id}) belongs to another organization; give it another id"
    ))
}

async fn declare_connections(tx: &mut Tx, org: Uuid, declared: &[DeclaredConnection]) -> Result<()> {
    let ids: Vec<Uuid> = declared.iter().map(|c| id_of(org, c)).collect();
    let names: HashSet<&str> = declared.iter().map(|c| c.full_name.as_str()).collect();
    // Gone from the configuration, or in the way of one that is in it under another id.
    for row in query("SELECT id, full_name, declared FROM connections WHERE org_id = $1")
        .bind(org)
        .fetch_all(tx)
        .await?
    {
        let (known, name, was_declared) = (
            id(&row, "id")?,
            row.try_get::<String, _>("full_name")?,
            row.try_get::<bool, _>("declared")?,
        );
        if !ids.contains(&known) && (was_declared || names.contains(name.as_str())) {
            tracing::info!(connection = %known, name, "no longer declared: removed with its rows");
            connections::remove_rows(tx, org, known).await?;
        }
    }
    for (connection, id) in declared.iter().zip(ids) {
        declare_connection(tx, org, id, connection).await?;
    }
    Ok(())
}

async fn declare_connection(tx: &mut Tx, org: Uuid, id: Uuid, c: &DeclaredConnection) -> Result<()> {
    // Row-level security shows one's own only: there another organization may have the same id.
    let owner = query("SELECT org_id FROM connections WHERE id = $1")
        .bind(id)
        .fetch_optional(tx)
        .await?;
    match owner.map(|row| rows::id(&row, "org_id")).transpose()? {
        Some(owner) if owner != org => return Err(taken_elsewhere(&c.full_name, id)),
        Some(_) => {
            query(
                "UPDATE connections SET type = $3, name = $4, full_name = $5, url = $6, branch = $7, dialect = $8,
                 settings = $9, declared = TRUE, updated_at = $10 WHERE org_id = $1 AND id = $2",
            )
            .bind(org)
            .bind(id)
            .bind(&c.kind)
            .bind(&c.name)
            .bind(&c.full_name)
            .bind(&c.url)
            .bind(&c.branch)
            .bind(&c.dialect)
            .bind(json_text(&c.settings))
            .bind(Time::now())
            .execute(tx)
            .await
            .map_err(|e| connections::taken(&c.full_name, e))?;
        }
        None => connections::insert(tx, org, id, c, true).await?,
    }
    Ok(())
}
