//! Key lists: what the `offset` pages of a plain client read. Fixed at offset 0 and kept for ten
//! minutes, so that rows which change between two pages shift nothing. They lie in tables: the next
//! page may be asked of another node, or after a restart.

use std::time::Duration;

use jiff::Timestamp;
use metasync_protocol::{StreamState, hash::RowHasher};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    PageRequest,
    entries::{self, Entry},
};
use crate::{
    clock,
    database::{Database, Row, Scope, Tx, query, transact},
    error::Result,
    rows::{count, id, json, json_text, number},
};

/// How long a list is kept after it was last used.
const KEPT_FOR: Duration = Duration::from_secs(600);
/// Lists of an organization at a time; the one that was used longest ago makes room.
const MAX_LISTS: usize = 256;
/// Keys in all of them.
const MAX_KEYS: u64 = 4_000_000;
/// Keys of a part, which is a row.
const KEYS_PER_PART: usize = 4_096;

/// Whose list it is, and of what: a hash of all that must be the same.
pub(super) fn owner(request: &PageRequest, at: Option<Timestamp>) -> String {
    let mut h = RowHasher::new("key list");
    h.text(&request.user);
    h.text(&request.client);
    h.number(u64::from(request.connections.is_some()));
    let mut connections = request.connections.clone().unwrap_or_default();
    connections.sort_unstable();
    connections.dedup();
    connections.into_iter().for_each(|id| h.id(Some(id)));
    h.number(u64::from(request.include_documentation));
    h.text(&at.map(|at| at.to_string()).unwrap_or_default());
    h.finish().to_string()
}

/// A stream as it was when the list was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ListStream {
    pub(super) number: u64,
    pub(super) init: u64,
    pub(super) state: StreamState,
}

/// A list but for its keys; never changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) streams: Vec<ListStream>,
    pub(super) connections: Vec<Uuid>,
    /// The sync point that all of its pages name.
    pub(super) point: u64,
    pub(super) epoch: Uuid,
}

/// Keeps a new list, of which the page at offset 0 is being given.
pub(super) async fn keep(
    database: &Database,
    org: Uuid,
    owner: &str,
    head: &Head,
    keys: &[Entry],
    limit: u64,
) -> Result<()> {
    // A client that finds nothing new again and again makes no new row each time.
    if keys.is_empty() && has_the_same(database, org, owner, head, limit).await? {
        return Ok(());
    }
    let parts = entries::in_parts(keys, KEYS_PER_PART);
    transact!(database, Scope::Org(org), |tx| {
        forget(tx, org, keys.len() as u64).await?;
        let list = Uuid::now_v7();
        query(
            "INSERT INTO offset_lists (org_id, id, owner, used_at, last, next, keys, head)
             VALUES ($1, $2, $3, $4, 0, $5, $6, $7)",
        )
        .bind(org)
        .bind(list)
        .bind(owner)
        .bind(clock::now_ms())
        .bind(count(limit))
        .bind(count(keys.len() as u64))
        .bind(json_text(head))
        .execute(tx)
        .await?;
        for (number, part) in parts.iter().enumerate() {
            query(
                "INSERT INTO offset_list_parts (org_id, list_id, part, last_slot, keys, lacking)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(org)
            .bind(list)
            .bind(count(number as u64))
            .bind(count(part.last_slot))
            .bind(part.keys.clone())
            .bind(json_text(&part.lacking))
            .execute(tx)
            .await?;
        }
        Ok(())
    })
}

async fn has_the_same(database: &Database, org: Uuid, owner: &str, head: &Head, limit: u64) -> Result<bool> {
    let mut tx = database.look(Scope::Org(org)).await?;
    let row = query(
        "SELECT head, keys, last, next FROM offset_lists WHERE org_id = $1 AND owner = $2 AND used_at > $3
         ORDER BY id DESC LIMIT 1",
    )
    .bind(org)
    .bind(owner)
    .bind(clock::now_ms() - millis(KEPT_FOR) / 2)
    .fetch_optional(&mut tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let unused = number(&row, "keys")? == 0 && number(&row, "last")? == 0 && number(&row, "next")? == limit;
    Ok(unused && row.try_get::<&str, _>("head")? == json_text(head))
}

/// Removes lists that nobody used for long, and makes room for one of so many keys.
async fn forget(tx: &mut Tx, org: Uuid, keys: u64) -> Result<()> {
    let all = query("SELECT id, used_at, keys FROM offset_lists WHERE org_id = $1 ORDER BY used_at DESC")
        .bind(org)
        .fetch_all(tx)
        .await?;
    let (mut lists, mut total) = (1, keys);
    let mut gone: Vec<Uuid> = Vec::new();
    for row in &all {
        lists += 1;
        total += number(row, "keys")?;
        let used_at: i64 = row.try_get("used_at")?;
        if used_at <= clock::now_ms() - millis(KEPT_FOR) || lists > MAX_LISTS || total > MAX_KEYS {
            gone.push(id(row, "id")?);
        }
    }
    for list in gone {
        for statement in [
            "DELETE FROM offset_list_parts WHERE org_id = $1 AND list_id = $2",
            "DELETE FROM offset_lists WHERE org_id = $1 AND id = $2",
        ] {
            query(statement).bind(org).bind(list).execute(tx).await?;
        }
    }
    Ok(())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A list that a page is read from.
pub(super) struct Found {
    list: Uuid,
    pub(super) head: Head,
}

/// The list that a page at `offset` is read from: the owner's latest. Only where that one is
/// elsewhere and another of the owner's is just there, two programs are taken to be at work that
/// can't be told apart, and it is that other one.
pub(super) async fn find(
    database: &Database,
    org: Uuid,
    owner: &str,
    offset: u64,
    limit: u64,
) -> Result<Option<Found>> {
    transact!(database, Scope::Org(org), |tx| {
        let all = query(
            "SELECT id, last, next, head FROM offset_lists WHERE org_id = $1 AND owner = $2 AND used_at > $3
             ORDER BY id DESC",
        )
        .bind(org)
        .bind(owner)
        .bind(clock::now_ms() - millis(KEPT_FOR))
        .fetch_all(tx)
        .await?;
        let is_there = |row: &&Row| -> bool {
            let at = |column| number(row, column).ok();
            at("next") == Some(offset) || at("last") == Some(offset)
        };
        let Some(row) = all.iter().find(is_there).or_else(|| all.first()) else {
            return Ok(None);
        };
        let found = Found {
            list: id(row, "id")?,
            head: json(row, "head")?,
        };
        query("UPDATE offset_lists SET used_at = $3, last = $4, next = $5 WHERE org_id = $1 AND id = $2")
            .bind(org)
            .bind(found.list)
            .bind(clock::now_ms())
            .bind(count(offset))
            .bind(count(offset.saturating_add(limit)))
            .execute(tx)
            .await?;
        Ok(Some(found))
    })
}

impl Found {
    /// The keys in the slots from `offset` up to `end`, and what a client lacks that has all before
    /// `end`: the first place in each stream.
    pub(super) async fn keys(
        &self,
        tx: &mut Tx,
        org: Uuid,
        offset: u64,
        end: u64,
    ) -> Result<(Vec<Entry>, Vec<(u64, u64)>)> {
        // up to the part that holds the first key after the page: it knows of all later ones
        let parts = query(
            "SELECT keys, lacking FROM offset_list_parts WHERE org_id = $1 AND list_id = $2 AND last_slot >= $3
             AND part <= (SELECT coalesce(min(part), $5) FROM offset_list_parts
                          WHERE org_id = $1 AND list_id = $2 AND last_slot >= $4) ORDER BY part",
        )
        .bind(org)
        .bind(self.list)
        .bind(count(offset))
        .bind(count(end))
        .bind(i64::MAX)
        .fetch_all(tx)
        .await?;
        let (mut page, mut later, mut lacking) = (Vec::new(), Vec::new(), Vec::new());
        for part in &parts {
            for entry in entries::decode(part.try_get("keys")?)? {
                match entry.slot {
                    slot if slot < offset => {}
                    slot if slot < end => page.push(entry),
                    _ => later.push(entry),
                }
            }
            lacking = json(part, "lacking")?;
        }
        Ok((page, entries::first_of_each_stream(&later, lacking)))
    }
}
