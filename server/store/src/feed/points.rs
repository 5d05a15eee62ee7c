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
    database::{Database, Scope as RowScope, Time, Tx, query, transact},
    epoch::Epoch,
    error::Result,
    rows::{count, json, json_text, number},
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
pub(super) async fn find(tx: &mut Tx, org: Uuid, scope: &Scope) -> Result<Option<u64>> {
    let row = query("SELECT at FROM sync_points WHERE org_id = $1 AND digest = $2 ORDER BY at DESC LIMIT 1")
        .bind(org)
        .bind(digest(scope))
        .fetch_optional(tx)
        .await?;
    row.map(|row| number(&row, "at")).transpose()
}

/// Stores a point for the heads of a snapshot; later than all before it.
pub(super) async fn add(database: &Database, org: Uuid, scope: &Scope) -> Result<u64> {
    let digest = digest(scope);
    let served: Vec<(u64, u64)> = scope
        .served
        .iter()
        .map(|s| (s.stream.number, s.stream.head))
        .collect();
    transact!(database, RowScope::Org(org), |tx| {
        if let Some(known) = find(tx, org, scope).await? {
            return Ok(known);
        }
        let row = query("SELECT coalesce(max(at), 0) AS last FROM sync_points WHERE org_id = $1")
            .bind(org)
            .fetch_one(tx)
            .await?;
        let last = number(&row, "last")?;
        let mut at = Timestamp::now().as_microsecond().unsigned_abs().max(last + 1);
        loop {
            let added = query(
                "INSERT INTO sync_points (org_id, at, digest, heads, served) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (org_id, at) DO NOTHING",
            )
            .bind(org)
            .bind(count(at))
            .bind(&digest)
            .bind(json_text(&scope.heads))
            .bind(json_text(&served))
            .execute(tx)
            .await?;
            if added > 0 {
                return Ok(at);
            }
            // another node took this very microsecond
            at += 1;
        }
    })
}

/// What a client has that names a time: what its point served if there is one, else what the newest
/// point says that is old enough, whatever the client's clock.
pub(super) async fn held(tx: &mut Tx, org: Uuid, at: Timestamp, epoch: Epoch) -> Result<Held> {
    let safe = at.checked_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN);
    let micros = at.as_microsecond();
    let is_whole = at.as_nanosecond() == i128::from(micros) * 1_000;
    if is_whole && micros >= epoch.since {
        let row = query("SELECT served FROM sync_points WHERE org_id = $1 AND at = $2")
            .bind(org)
            .bind(micros)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = row {
            return Ok(Held::AtLeast {
                positions: positions(json(&row, "served")?),
                // points may be a little ahead of the clock that stamps removals
                since: Some(Time::from(safe)),
            });
        }
    }
    if safe.as_microsecond() < epoch.since {
        // It may hold what a restore has undone.
        return Ok(Held::Unknown);
    }
    let row = query("SELECT heads FROM sync_points WHERE org_id = $1 AND at <= $2 ORDER BY at DESC LIMIT 1")
        .bind(org)
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

/// Removes points of an organization before a time, but never the latest ones.
pub(super) async fn prune(tx: &mut Tx, org: Uuid, before: Timestamp) -> Result<()> {
    let row = query("SELECT at FROM sync_points WHERE org_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2")
        .bind(org)
        .bind(KEPT)
        .fetch_optional(tx)
        .await?;
    let Some(row) = row else { return Ok(()) };
    let kept: i64 = row.try_get("at")?;
    query("DELETE FROM sync_points WHERE org_id = $1 AND at <= $2")
        .bind(org)
        .bind(kept.min(before.as_microsecond()))
        .execute(tx)
        .await?;
    Ok(())
}
