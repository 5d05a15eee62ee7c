//! Editor sessions (seed 002, section 5).

use metasync_protocol::sessions::{DEFAULT_SYNC_MODE, RegisterSession, Session};
use sqlx::{QueryBuilder, Row as _};
use uuid::Uuid;

use crate::{
    Store, clock,
    database::{Db, Row},
    error::Result,
    rows::{count, id, json, json_text, number, text},
};

impl Store {
    /// Registers a session, or takes up the one that is there: one by organization, user,
    /// workspace identifier, workspace hash and client id.
    pub async fn upsert_session(&self, org: Uuid, user: &str, session: &RegisterSession) -> Result<Uuid> {
        let now = clock::now();
        let mut tx = self.database().write().await?;
        let known: Option<String> = sqlx::query_scalar(
            "SELECT id FROM ide_sync_sessions WHERE organization_id = $1 AND user_id = $2
             AND workspace_identifier = $3 AND coalesce(workspace_hash, '') = coalesce($4, '')
             AND coalesce(client_id, '') = coalesce($5, '')",
        )
        .bind(text(org))
        .bind(user)
        .bind(&session.workspace_identifier)
        .bind(&session.workspace_hash)
        .bind(&session.client_id)
        .fetch_optional(&mut *tx)
        .await?;
        let mode = session.sync_mode.as_deref().unwrap_or(DEFAULT_SYNC_MODE);
        let connections = json_text(&session.connection_ids.as_deref().unwrap_or_default());
        let id = if let Some(known) = known {
            sqlx::query(
                "UPDATE ide_sync_sessions SET ide_version = coalesce($2, ide_version), sync_mode = $3,
                 connection_ids = $4, sync_status = 'active', updated_at = $5 WHERE id = $1",
            )
            .bind(&known)
            .bind(&session.ide_version)
            .bind(mode)
            .bind(connections)
            .bind(&now)
            .execute(&mut *tx)
            .await?;
            Uuid::try_parse(&known).map_err(|e| crate::StoreError::row("ide_sync_sessions", "id", e))?
        } else {
            let new = Uuid::now_v7();
            sqlx::query(
                "INSERT INTO ide_sync_sessions (id, organization_id, user_id, workspace_identifier, workspace_hash,
                 client_id, ide_version, sync_mode, connection_ids, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
            )
            .bind(text(new))
            .bind(text(org))
            .bind(user)
            .bind(&session.workspace_identifier)
            .bind(&session.workspace_hash)
            .bind(&session.client_id)
            .bind(&session.ide_version)
            .bind(mode)
            .bind(connections)
            .bind(&now)
            .execute(&mut *tx)
            .await?;
            new
        };
        tx.commit().await?;
        Ok(id)
    }

    /// Counts `objects` as delivered to a session and stamps its last sync. `false`: the user has
    /// no such session in this organization.
    pub async fn update_session_statistics(
        &self,
        org: Uuid,
        user: &str,
        session: Uuid,
        objects: u64,
        status: &str,
        error: Option<&str>,
    ) -> Result<bool> {
        let mut tx = self.database().write().await?;
        let done = sqlx::query(
            "UPDATE ide_sync_sessions SET total_objects_synced = total_objects_synced + $4, sync_status = $5,
             error_message = $6, last_sync_at = $7, updated_at = $7
             WHERE id = $3 AND organization_id = $1 AND user_id = $2",
        )
        .bind(text(org))
        .bind(user)
        .bind(text(session))
        .bind(count(objects))
        .bind(status)
        .bind(error)
        .bind(clock::now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Sessions of an organization, the latest first; of one user if named.
    pub async fn sessions(&self, org: Uuid, user: Option<&str>) -> Result<Vec<Session>> {
        self.find_sessions(org, user, None).await
    }

    /// The latest session of a user in a workspace.
    pub async fn workspace_sync_status(
        &self,
        org: Uuid,
        user: &str,
        workspace_identifier: &str,
    ) -> Result<Option<Session>> {
        let found = self
            .find_sessions(org, Some(user), Some(workspace_identifier))
            .await?;
        Ok(found.into_iter().next())
    }

    async fn find_sessions(
        &self,
        org: Uuid,
        user: Option<&str>,
        workspace: Option<&str>,
    ) -> Result<Vec<Session>> {
        let mut query = QueryBuilder::<Db>::new(
            "SELECT id, organization_id, user_id, workspace_identifier, workspace_hash, ide_version, sync_mode,
             connection_ids, last_sync_at, sync_status, total_objects_synced, error_message, created_at, updated_at
             FROM ide_sync_sessions WHERE organization_id = ",
        );
        query.push_bind(text(org));
        for (column, value) in [("user_id", user), ("workspace_identifier", workspace)] {
            if let Some(value) = value {
                query.push(format!(" AND {column} = "));
                query.push_bind(value.to_owned());
            }
        }
        query.push(" ORDER BY updated_at DESC, id DESC");
        query
            .build()
            .fetch_all(self.database().reader())
            .await?
            .iter()
            .map(session)
            .collect()
    }
}

fn session(row: &Row) -> Result<Session> {
    Ok(Session {
        id: id(row, "id")?,
        organization_id: id(row, "organization_id")?,
        user_id: row.try_get("user_id")?,
        workspace_identifier: row.try_get("workspace_identifier")?,
        workspace_hash: row.try_get("workspace_hash")?,
        ide_version: row.try_get("ide_version")?,
        sync_mode: row.try_get("sync_mode")?,
        connection_ids: json(row, "connection_ids")?,
        last_sync_at: row.try_get("last_sync_at")?,
        sync_status: row.try_get("sync_status")?,
        total_objects_synced: number(row, "total_objects_synced")?,
        error_message: row.try_get("error_message")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
