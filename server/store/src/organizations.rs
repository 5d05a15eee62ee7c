//! Organizations, their members, and what the configuration declares at each start.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use uuid::Uuid;

use crate::{
    Store, clock,
    connections::{self, DeclaredConnection},
    database::Tx,
    error::{Result, StoreError},
    rows::{id, json_text, text},
};

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
        let mut tx = self.database().write().await?;
        sqlx::query("UPDATE organizations SET declared = 0")
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM members").execute(&mut *tx).await?;
        for organization in organizations {
            declare_one(&mut tx, organization).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// An organization by id or name.
    pub async fn organization(&self, id_or_name: &str) -> Result<Option<Organization>> {
        let row = sqlx::query(
            "SELECT id, name FROM organizations WHERE declared = 1 AND (id = $1 OR name = $2)
             ORDER BY id = $1 DESC LIMIT 1",
        )
        .bind(id_or_name.to_lowercase())
        .bind(id_or_name)
        .fetch_optional(self.database().reader())
        .await?;
        row.map(|row| organization(&row)).transpose()
    }

    /// What a user may do in an organization; `None`: nothing, they are no member.
    pub async fn role(&self, organization: Uuid, user: &str) -> Result<Option<Role>> {
        let row = sqlx::query("SELECT role FROM members WHERE org_id = $1 AND user_id = $2")
            .bind(text(organization))
            .bind(user)
            .fetch_optional(self.database().reader())
            .await?;
        row.map(|row| {
            let word: String = row.try_get(0)?;
            word.parse().map_err(|e| StoreError::row("members", "role", e))
        })
        .transpose()
    }

    /// The organizations that a user belongs to, by name.
    pub async fn organizations_of(&self, user: &str) -> Result<Vec<Organization>> {
        sqlx::query(
            "SELECT o.id, o.name FROM members m JOIN organizations o ON o.id = m.org_id
             WHERE m.user_id = $1 AND o.declared = 1 ORDER BY o.name, o.id",
        )
        .bind(user)
        .fetch_all(self.database().reader())
        .await?
        .iter()
        .map(organization)
        .collect()
    }

    /// All organizations of the configuration, by name.
    pub async fn organizations(&self) -> Result<Vec<Organization>> {
        sqlx::query("SELECT id, name FROM organizations WHERE declared = 1 ORDER BY name, id")
            .fetch_all(self.database().reader())
            .await?
            .iter()
            .map(organization)
            .collect()
    }
}

fn organization(row: &crate::database::Row) -> Result<Organization> {
    Ok(Organization {
        id: id(row, "id")?,
        name: row.try_get("name")?,
    })
}

async fn declare_one(tx: &mut Tx, organization: &DeclaredOrganization) -> Result<()> {
    let org = organization.id;
    sqlx::query(
        "INSERT INTO organizations (id, name, declared, created_at) VALUES ($1, $2, 1, $3)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, declared = 1",
    )
    .bind(text(org))
    .bind(&organization.name)
    .bind(clock::now())
    .execute(&mut **tx)
    .await?;
    for member in &organization.members {
        sqlx::query(
            "INSERT INTO members (org_id, user_id, role) VALUES ($1, $2, $3)
             ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role",
        )
        .bind(text(org))
        .bind(&member.user)
        .bind(member.role.as_str())
        .execute(&mut **tx)
        .await?;
    }
    declare_connections(tx, org, &organization.connections).await
}

async fn declare_connections(tx: &mut Tx, org: Uuid, declared: &[DeclaredConnection]) -> Result<()> {
    let ids: Vec<Uuid> = declared
        .iter()
        .map(|c| {
            c.id.unwrap_or_else(|| metasync_protocol::ids::connection(org, &c.full_name))
        })
        .collect();
    let names: HashSet<&str> = declared.iter().map(|c| c.full_name.as_str()).collect();
    // Gone from the configuration, or in the way of one that is in it under another id.
    for row in sqlx::query("SELECT id, full_name, declared FROM connections WHERE org_id = $1")
        .bind(text(org))
        .fetch_all(&mut **tx)
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
    let owner: Option<String> = sqlx::query_scalar("SELECT org_id FROM connections WHERE id = $1")
        .bind(text(id))
        .fetch_optional(&mut **tx)
        .await?;
    match owner {
        Some(owner) if owner != text(org) => {
            return Err(StoreError::Conflict(format!(
                "connection {} ({id}) belongs to another organization; give it another id",
                c.full_name
            )));
        }
        Some(_) => {
            sqlx::query(
                "UPDATE connections SET type = $3, name = $4, full_name = $5, url = $6, branch = $7, dialect = $8,
                 settings = $9, declared = 1, updated_at = $10 WHERE org_id = $1 AND id = $2",
            )
            .bind(text(org))
            .bind(text(id))
            .bind(&c.kind)
            .bind(&c.name)
            .bind(&c.full_name)
            .bind(&c.url)
            .bind(&c.branch)
            .bind(&c.dialect)
            .bind(json_text(&c.settings))
            .bind(clock::now())
            .execute(&mut **tx)
            .await
            .map_err(|e| connections::taken(&c.full_name, e))?;
        }
        None => connections::insert(tx, org, id, c, true).await?,
    }
    Ok(())
}
