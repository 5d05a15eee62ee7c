//! Editor sessions (seed 002, section 5).

use metasync_protocol::sessions::{DEFAULT_SYNC_MODE, RegisterSession, Session};
use uuid::Uuid;

use crate::{
    Store,
    database::{Row, Scope, Time, query, transact},
    error::{Result, StoreError},
    rows::{count, id, number, time},
};

impl Store {
    /// Registers a session, or takes up the one that is there: one by organization, user,
    /// workspace identifier, workspace hash and client id.
    pub async fn upsert_session(&self, org: Uuid, user: &str, session: &RegisterSession) -> Result<Uuid> {
        let mode = session.sync_mode.as_deref().unwrap_or(DEFAULT_SYNC_MODE);
        let connections = session.connection_ids.as_deref().unwrap_or_default();
        transact!(self.database(), Scope::Org(org), |tx| {
            let now = Time::now();
            // Another node may register the same one meanwhile: then its row is taken up here.
            query(
                "INSERT INTO ide_sync_sessions (id, organization_id, user_id, workspace_identifier, workspace_hash,
                 client_id, ide_version, sync_mode, connection_ids, sync_status, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $10)
                 ON CONFLICT (organization_id, user_id, workspace_identifier, coalesce(workspace_hash, ''),
                 coalesce(client_id, '')) DO UPDATE SET
                 ide_version = coalesce(excluded.ide_version, ide_sync_sessions.ide_version),
                 sync_mode = excluded.sync_mode, connection_ids = excluded.connection_ids, sync_status = 'active',
                 updated_at = excluded.updated_at RETURNING id",
            )
            .bind(Uuid::now_v7())
            .bind(org)
            .bind(user)
            .bind(&session.workspace_identifier)
            .bind(&session.workspace_hash)
            .bind(&session.client_id)
            .bind(&session.ide_version)
            .bind(mode)
            .bind(connections)
            .bind(now)
            .fetch_one(tx)
            .await
            .map_err(StoreError::from)
            .and_then(|row| id(&row, "id"))
        })
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
        transact!(self.database(), Scope::Org(org), |tx| {
            // the seed's column is a 32-bit number: it stops at its end
            let done = query(
                "UPDATE ide_sync_sessions SET total_objects_synced = CASE
                 WHEN CAST($4 AS BIGINT) > $8 - total_objects_synced THEN $8
                 ELSE total_objects_synced + CAST($4 AS BIGINT) END,
                 sync_status = $5, error_message = $6, last_sync_at = $7, updated_at = $7
                 WHERE id = $3 AND organization_id = $1 AND user_id = $2",
            )
            .bind(org)
            .bind(user)
            .bind(session)
            .bind(count(objects))
            .bind(status)
            .bind(error)
            .bind(Time::now())
            .bind(i64::from(i32::MAX))
            .execute(tx)
            .await?;
            Ok(done > 0)
        })
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
        let mut tx = self.database().look(Scope::Org(org)).await?;
        query(
            "SELECT id, organization_id, user_id, workspace_identifier, workspace_hash, ide_version, sync_mode,
             connection_ids, last_sync_at, sync_status, CAST(total_objects_synced AS BIGINT) AS objects,
             error_message, created_at, updated_at
             FROM ide_sync_sessions WHERE organization_id = $1
             AND user_id = coalesce($2, user_id) AND workspace_identifier = coalesce($3, workspace_identifier)
             ORDER BY updated_at DESC, id DESC",
        )
        .bind(org)
        .bind(user)
        .bind(workspace)
        .fetch_all(&mut tx)
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
        connection_ids: row.ids("connection_ids")?,
        last_sync_at: row.time("last_sync_at")?,
        sync_status: row.try_get("sync_status")?,
        total_objects_synced: number(row, "objects")?,
        error_message: row.try_get("error_message")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}
