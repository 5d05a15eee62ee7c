//! Sync points: what a timestamp in an answer names (sync-protocol.md, "No cursor").
//!
//! A point keeps the heads of all streams of the organization, and those of the streams that the
//! answer served. Equal states share one point, so polling adds none.

use jiff::{SignedDuration, Timestamp};
use metasync_protocol::hash::RowHasher;
use uuid::Uuid;

use super::{
    cursor::Position,
    scope::{Held, Scope},
};
use crate::{
    clock,
    database::{Connection, Database},
    epoch::Epoch,
    error::{Result, StoreError},
    rows::{json, json_text, number, text},
};

/// How far a client's clock may be off before rows could be missed.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(15);
/// Points of an organization that stay, however old.
const KEPT: i64 = 1_000;

/// What equal states have in common.
fn digest(scope: &Scope) -> String {
    let mut h = RowHasher::new("sync point");
    for served in &scope.served {
        h.number(served.stream.number);
        h.number(served.stream.head);
    }
    h.finish().to_string()
}

/// The point of the state of a snapshot, if there is one: microseconds since 1970.
pub(super) async fn find(tx: &mut Connection, org: Uuid, scope: &Scope) -> Result<Option<u64>> {
    let row =
        sqlx::query("SELECT at FROM sync_points WHERE org_id = $1 AND digest = $2 ORDER BY at DESC LIMIT 1")
            .bind(text(org))
            .bind(digest(scope))
            .fetch_optional(tx)
            .await?;
    row.map(|row| number(&row, "at")).transpose()
}

/// Stores a point for the heads of a snapshot; later than all before it.
pub(super) async fn add(database: &Database, org: Uuid, scope: &Scope) -> Result<u64> {
    let mut tx = database.write().await?;
    if let Some(known) = find(&mut tx, org, scope).await? {
        return Ok(known);
    }
    let last: Option<i64> = sqlx::query_scalar("SELECT max(at) FROM sync_points WHERE org_id = $1")
        .bind(text(org))
        .fetch_one(&mut *tx)
        .await?;
    let at = Timestamp::now().as_microsecond().max(last.unwrap_or(0) + 1);
    let served: Vec<(u64, u64)> = scope
        .served
        .iter()
        .map(|s| (s.stream.number, s.stream.head))
        .collect();
    sqlx::query("INSERT INTO sync_points (org_id, at, digest, heads, served) VALUES ($1, $2, $3, $4, $5)")
        .bind(text(org))
        .bind(at)
        .bind(digest(scope))
        .bind(json_text(&scope.heads))
        .bind(json_text(&served))
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    u64::try_from(at).map_err(|e| StoreError::row("sync_points", "at", e))
}

/// What a client has that names a time: what its point served if there is one, else what the newest
/// point says that is old enough, whatever the client's clock.
pub(super) async fn held(tx: &mut Connection, org: Uuid, at: Timestamp, epoch: Epoch) -> Result<Held> {
    let safe = at.checked_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN);
    let micros = at.as_microsecond();
    let is_whole = at.as_nanosecond() == i128::from(micros) * 1_000;
    if is_whole && micros >= epoch.since {
        let row = sqlx::query("SELECT served FROM sync_points WHERE org_id = $1 AND at = $2")
            .bind(text(org))
            .bind(micros)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = row {
            return Ok(Held::AtLeast {
                positions: positions(json(&row, "served")?),
                // points may be a little ahead of the clock that stamps removals
                since: Some(clock::text(safe)),
            });
        }
    }
    if safe.as_microsecond() < epoch.since {
        // It may hold what a restore has undone.
        return Ok(Held::Unknown);
    }
    let row =
        sqlx::query("SELECT heads FROM sync_points WHERE org_id = $1 AND at <= $2 ORDER BY at DESC LIMIT 1")
            .bind(text(org))
            .bind(safe.as_microsecond())
            .fetch_optional(tx)
            .await?;
    Ok(Held::AtLeast {
        positions: match row {
            Some(row) => positions(json(&row, "heads")?),
            None => Vec::new(),
        },
        since: None,
    })
}

fn positions(heads: Vec<(u64, u64)>) -> Vec<Position> {
    // init 0: a client that comes with a time is told of every deletion
    heads
        .into_iter()
        .map(|(stream, pos)| Position { stream, pos, init: 0 })
        .collect()
}

/// Removes points before a time, but never the latest of an organization.
pub(super) async fn prune(tx: &mut Connection, before: Timestamp) -> Result<()> {
    let organizations: Vec<String> = sqlx::query_scalar("SELECT DISTINCT org_id FROM sync_points")
        .fetch_all(&mut *tx)
        .await?;
    for org in organizations {
        let kept: Option<i64> = sqlx::query_scalar(
            "SELECT at FROM sync_points WHERE org_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2",
        )
        .bind(&org)
        .bind(KEPT)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(kept) = kept else { continue };
        sqlx::query("DELETE FROM sync_points WHERE org_id = $1 AND at <= $2")
            .bind(&org)
            .bind(kept.min(before.as_microsecond()))
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
