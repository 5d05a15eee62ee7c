//! Where the sync of an organization's library stands, and which process does it.

use std::time::Duration;

use uuid::Uuid;

use crate::{
    Store,
    clock::{after_ms, now_ms},
    database::{Scope, Time, Tx, query, transact},
    error::Result,
    rows::{count, id, number, optional_id},
};

/// Where a library stands.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryState {
    /// Names this hub on the share; the same for all of its nodes.
    pub hub_id: Uuid,
    /// The publication that the rows are of; 0: none.
    pub version: u64,
    /// Its commit.
    pub commit_id: Option<Uuid>,
    /// Whether all of that publication is here.
    pub is_complete: bool,
    /// What the share's server promises: `strong`, `weak`, `unknown`.
    pub strength: String,
    /// RFC 3339, UTC.
    pub last_sync_at: Option<String>,
    /// Whether somebody is syncing.
    pub is_syncing: bool,
}

/// Nothing was tried on the share's server.
const UNKNOWN: &str = "unknown";

impl Store {
    /// The state for a share; of another share nothing counts but the hub's name.
    pub async fn library_state(&self, org: Uuid, place: &str) -> Result<LibraryState> {
        if let Some(state) = self.read_library_state(org, place).await? {
            return Ok(state);
        }
        transact!(self.database(), Scope::Org(org), |tx| {
            make(tx, org, place).await
        })?;
        let state = self.read_library_state(org, place).await?;
        state.ok_or_else(|| crate::StoreError::NotFound("the library's state".into()))
    }

    async fn read_library_state(&self, org: Uuid, place: &str) -> Result<Option<LibraryState>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query(
            "SELECT hub_id, version, commit_id, complete, strength, last_sync_at, lease_owner, lease_until
             FROM library_states WHERE org_id = $1 AND place = $2",
        )
        .bind(org)
        .bind(place)
        .fetch_optional(&mut tx)
        .await?;
        row.map(|row| {
            let until: i64 = row.try_get("lease_until")?;
            Ok(LibraryState {
                hub_id: id(&row, "hub_id")?,
                version: number(&row, "version")?,
                commit_id: optional_id(&row, "commit_id")?,
                is_complete: row.try_get("complete")?,
                strength: row.try_get("strength")?,
                last_sync_at: row.try_get("last_sync_at")?,
                is_syncing: optional_id(&row, "lease_owner")?.is_some() && until > now_ms(),
            })
        })
        .transpose()
    }

    /// The library is as of a publication. `ended` stamps the end of a sync.
    pub async fn library_set_version(
        &self,
        org: Uuid,
        version: u64,
        commit: Option<Uuid>,
        is_complete: bool,
        ended: bool,
    ) -> Result<()> {
        let at = ended.then(|| Time::now().text());
        transact!(self.database(), Scope::Org(org), |tx| {
            query(
                "UPDATE library_states SET version = $2, commit_id = $3, complete = $4,
                 last_sync_at = coalesce($5, last_sync_at) WHERE org_id = $1",
            )
            .bind(org)
            .bind(count(version))
            .bind(commit)
            .bind(is_complete)
            .bind(&at)
            .execute(tx)
            .await?;
            Ok(())
        })
    }

    /// What was found of the share's server.
    pub async fn library_set_strength(&self, org: Uuid, strength: &str) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            query("UPDATE library_states SET strength = $2 WHERE org_id = $1")
                .bind(org)
                .bind(strength)
                .execute(tx)
                .await?;
            Ok(())
        })
    }

    /// Takes or keeps the right to sync for a while; `false`: another process has it.
    pub async fn library_lease(&self, org: Uuid, owner: Uuid, lease: Duration) -> Result<bool> {
        transact!(self.database(), Scope::Org(org), |tx| {
            let done = query(
                "UPDATE library_states SET lease_owner = $2, lease_until = $3
                 WHERE org_id = $1 AND (lease_owner IS NULL OR lease_owner = $2 OR lease_until <= $4)",
            )
            .bind(org)
            .bind(owner)
            .bind(after_ms(lease))
            .bind(now_ms())
            .execute(tx)
            .await?;
            Ok(done > 0)
        })
    }

    /// Gives the right back; without an owner whoever has it loses it, which is for the start of a process
    /// that is alone on its database.
    pub async fn library_release(&self, org: Uuid, owner: Option<Uuid>) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            query(
                "UPDATE library_states SET lease_owner = NULL, lease_until = 0
                 WHERE org_id = $1 AND lease_owner = coalesce($2, lease_owner)",
            )
            .bind(org)
            .bind(owner)
            .execute(tx)
            .await?;
            Ok(())
        })
    }
}

async fn make(tx: &mut Tx, org: Uuid, place: &str) -> Result<()> {
    query(
        "INSERT INTO library_states (org_id, hub_id, place, version, commit_id, complete, strength, lease_until)
         VALUES ($1, $2, $3, 0, NULL, $4, $5, 0)
         ON CONFLICT (org_id) DO UPDATE SET place = excluded.place, version = 0, commit_id = NULL,
         complete = excluded.complete, strength = excluded.strength, last_sync_at = NULL",
    )
    .bind(org)
    .bind(Uuid::new_v4())
    .bind(place)
    .bind(true)
    .bind(UNKNOWN)
    .execute(tx)
    .await?;
    Ok(())
}
