//! Connections: what is known of each source, and its life from declaration to removal.

use metasync_protocol::{
    Channel,
    connections::{Connection, NewConnection},
    ids,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Time, Tx, query, transact},
    entries,
    error::{Result, StoreError, is_unique_violation},
    pairs::{self, Author},
    rows::{id, json, json_text, number, optional_json},
    streams,
};

/// A connection with what only the hub needs of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredConnection {
    /// As clients see it.
    pub connection: Connection,
    /// Default: the remote's default branch.
    pub branch: Option<String>,
    /// SQL dialect.
    pub dialect: Option<String>,
    /// Settings of this kind of source.
    pub settings: Value,
    /// Whether it stands in the configuration, so that only the configuration removes it.
    pub declared: bool,
    /// What to know about its status, for people.
    pub status_message: Option<String>,
}

/// How a removal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone with all of its rows.
    Done,
    /// There is none of this id in the organization.
    NotFound,
    /// It is declared in the configuration, which alone removes it.
    Declared,
}

/// Status of a connection that never ran.
const PENDING: &str = "pending";

const SELECT: &str =
    "SELECT c.id, c.type, c.name, c.full_name, c.url, c.branch, c.dialect, c.settings, c.declared,
        c.status, c.status_message, c.last_extracted_at, coalesce(s.live_objects, 0) AS object_count
    FROM connections c
    LEFT JOIN streams s ON s.org_id = c.org_id AND s.connection_id = c.id AND s.channel = 'core'
        AND s.removed_at IS NULL
    WHERE c.org_id = $1";

/// A connection of the configuration.
#[derive(Clone, Debug)]
pub struct DeclaredConnection {
    /// Where none is configured: derived from organization and full name.
    pub id: Option<Uuid>,
    /// `github`, `workspace`, `release`, `csv`, …
    pub kind: String,
    /// Short name.
    pub name: String,
    /// `owner/name`.
    pub full_name: String,
    /// Where it lives.
    pub url: String,
    /// Default: the remote's default branch.
    pub branch: Option<String>,
    /// SQL dialect.
    pub dialect: Option<String>,
    /// Settings of this kind of source.
    pub settings: Value,
}

impl Store {
    /// All connections of an organization, by full name.
    pub async fn connections(&self, org: Uuid) -> Result<Vec<StoredConnection>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        query(statements::by_name())
            .bind(org)
            .fetch_all(&mut tx)
            .await?
            .iter()
            .map(stored)
            .collect()
    }

    /// A connection by id, full name or name (in this order where several match).
    pub async fn connection(&self, org: Uuid, id_or_name: &str) -> Result<Option<StoredConnection>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query(statements::one())
            .bind(org)
            .bind(as_id(id_or_name))
            .bind(id_or_name)
            .fetch_optional(&mut tx)
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Adds a connection that is not in the configuration.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if one of this full name is there.
    pub async fn add_connection(&self, org: Uuid, new: &NewConnection) -> Result<StoredConnection> {
        let id = ids::connection(org, &new.full_name);
        let declared = DeclaredConnection {
            id: Some(id),
            kind: new.kind.clone(),
            name: new.name.clone(),
            full_name: new.full_name.clone(),
            url: new.url.clone(),
            branch: new.branch.clone(),
            dialect: new.dialect.clone(),
            settings: new
                .settings
                .clone()
                .unwrap_or_else(|| Value::Object(serde_json::Map::new())),
        };
        transact!(self.database(), Scope::Org(org), |tx| {
            insert(tx, org, id, &declared, false).await
        })?;
        self.connection(org, &id.to_string())
            .await?
            .ok_or_else(|| StoreError::NotFound(format!("connection {}", new.full_name)))
    }

    /// Removes a connection with all of its rows; clients that hold them are told so.
    pub async fn remove_connection(&self, org: Uuid, id: Uuid) -> Result<Removed> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let row = query("SELECT declared FROM connections WHERE org_id = $1 AND id = $2")
                .bind(org)
                .bind(id)
                .fetch_optional(tx)
                .await?;
            let declared: Option<bool> = row.map(|row| row.try_get("declared")).transpose()?;
            match declared {
                None => return Ok(Removed::NotFound),
                Some(true) => return Ok(Removed::Declared),
                Some(false) => remove_rows(tx, org, id).await?,
            }
            Ok(Removed::Done)
        })
    }

    /// Sets what people see of a connection's state; `extracted_at` only where a run ended well.
    pub async fn set_connection_status(
        &self,
        org: Uuid,
        id: Uuid,
        status: &str,
        message: Option<&str>,
        extracted_at: Option<&str>,
    ) -> Result<()> {
        let extracted_at = extracted_at.map(time_of).transpose()?;
        transact!(self.database(), Scope::Org(org), |tx| {
            query(
                "UPDATE connections SET status = $3, status_message = $4,
                 last_extracted_at = coalesce($5, last_extracted_at), updated_at = $6 WHERE org_id = $1 AND id = $2",
            )
            .bind(org)
            .bind(id)
            .bind(status)
            .bind(message)
            .bind(extracted_at)
            .bind(Time::now())
            .execute(tx)
            .await?;
            Ok(())
        })
    }

    /// Replaces what only the hub needs of a connection.
    pub async fn set_connection_settings(&self, org: Uuid, id: Uuid, settings: &Value) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            query("UPDATE connections SET settings = $3, updated_at = $4 WHERE org_id = $1 AND id = $2")
                .bind(org)
                .bind(id)
                .bind(json_text(settings))
                .bind(Time::now())
                .execute(tx)
                .await?;
            Ok(())
        })
    }

    /// What the adapter of a connection remembered of a branch with its last complete batch.
    pub async fn index_state(&self, org: Uuid, connection: Uuid, branch: &str) -> Result<Option<Value>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row =
            query("SELECT state FROM index_states WHERE org_id = $1 AND connection_id = $2 AND branch = $3")
                .bind(org)
                .bind(connection)
                .bind(branch)
                .fetch_optional(&mut tx)
                .await?;
        match row {
            Some(row) => optional_json(&row, "state"),
            None => Ok(None),
        }
    }
}

/// Statements made of [`SELECT`], which holds no value from outside.
mod statements {
    use super::AssertSqlSafe;

    pub(super) fn by_name() -> AssertSqlSafe<String> {
        AssertSqlSafe(format!("{} ORDER BY c.full_name, c.id", super::SELECT))
    }

    pub(super) fn one() -> AssertSqlSafe<String> {
        AssertSqlSafe(format!(
            "{} AND (c.id = $2 OR c.full_name = $3 OR c.name = $3)
             ORDER BY c.id = $2 DESC, c.full_name = $3 DESC, c.full_name LIMIT 1",
            super::SELECT
        ))
    }
}

/// The id that a text is; `None` for a name.
pub(crate) fn as_id(text: &str) -> Option<Uuid> {
    let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
    text.parse().ok().filter(|_| hyphenated)
}

fn time_of(text: &str) -> Result<Time> {
    let time: jiff::Timestamp = text
        .parse()
        .map_err(|e| StoreError::Invalid(format!("{text:?} is no RFC 3339 time: {e}")))?;
    Ok(time.into())
}

fn stored(row: &Row) -> Result<StoredConnection> {
    Ok(StoredConnection {
        connection: Connection {
            id: id(row, "id")?,
            kind: row.try_get("type")?,
            name: row.try_get("name")?,
            full_name: row.try_get("full_name")?,
            url: row.try_get("url")?,
            status: row.try_get("status")?,
            object_count: number(row, "object_count")?,
            last_extracted_at: row.time("last_extracted_at")?,
        },
        branch: row.try_get("branch")?,
        dialect: row.try_get("dialect")?,
        settings: json(row, "settings")?,
        declared: row.try_get("declared")?,
        status_message: row.try_get("status_message")?,
    })
}

/// Inserts a connection with its streams.
pub(crate) async fn insert(
    tx: &mut Tx,
    org: Uuid,
    id: Uuid,
    new: &DeclaredConnection,
    declared: bool,
) -> Result<()> {
    query(
        "INSERT INTO connections (org_id, id, type, name, full_name, url, branch, dialect, settings, declared, status,
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
    )
    .bind(org)
    .bind(id)
    .bind(&new.kind)
    .bind(&new.name)
    .bind(&new.full_name)
    .bind(&new.url)
    .bind(&new.branch)
    .bind(&new.dialect)
    .bind(json_text(&new.settings))
    .bind(declared)
    .bind(PENDING)
    .bind(Time::now())
    .execute(tx)
    .await
    .map_err(|e| taken(&new.full_name, e))?;
    for channel in [Channel::Core, Channel::Documentation] {
        streams::create(tx, org, id, channel).await?;
    }
    Ok(())
}

/// A unique violation as the conflict that it is.
pub(crate) fn taken(full_name: &str, error: sqlx::Error) -> StoreError {
    if is_unique_violation(&error) {
        StoreError::Conflict(format!("a connection {full_name} is already there"))
    } else {
        error.into()
    }
}

/// Removes a connection with its rows; its streams stay as marks that they are gone.
pub(crate) async fn remove_rows(tx: &mut Tx, org: Uuid, id: Uuid) -> Result<()> {
    // Whoever writes to it ends first, and whoever comes later finds no streams.
    streams::lock_own(tx, org, id).await?;
    let neighbours = pairs::leave(tx, org, id).await?;
    entries::forget_words(tx, org, id).await?;
    for statement in [
        "DELETE FROM files WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM objects WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM documentation WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM index_states WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM index_files WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM index_words WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM index_names WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM content_index WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM catalog_items WHERE org_id = $1 AND connection_id = $2",
        "DELETE FROM connections WHERE org_id = $1 AND id = $2",
    ] {
        query(statement).bind(org).bind(id).execute(tx).await?;
    }
    streams::remove(tx, org, id).await?;
    let author = Author {
        run: None,
        at: Time::now(),
    };
    pairs::refresh(tx, org, &neighbours, author).await
}
