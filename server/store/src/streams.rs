//! Streams: the counters that make the feed exact (sync-protocol.md, "Model").

use metasync_protocol::{Channel, RowHash};
use uuid::Uuid;

use std::collections::HashMap;

use crate::{
    Store,
    database::{AssertSqlSafe, Row, Scope, Time, Tx, query},
    epoch,
    error::{Result, StoreError},
    outbox::Signal,
    rows::{count, hash, id, number, optional_id},
};

/// `state` of a stream that no run is writing.
pub(crate) const COMPLETE: &str = "complete";
/// `state` of a stream while a run is still writing.
pub(crate) const PARTIAL: &str = "partial";
/// Key in `meta` of the highest stream number given.
const LAST_NUMBER: &str = "last_stream";

/// A row of `streams`.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) org: Uuid,
    pub(crate) number: u64,
    pub(crate) connection: Uuid,
    /// The other end of a pair stream, whose id is the greater one.
    pub(crate) other: Option<Uuid>,
    pub(crate) channel: Channel,
    pub(crate) head: u64,
    pub(crate) floor: u64,
    pub(crate) live_rows: u64,
    pub(crate) live_objects: u64,
    pub(crate) checksum: RowHash,
    pub(crate) state: String,
    /// What the source calls the state that the rows are of.
    pub(crate) revision: Option<String>,
}

impl Stream {
    /// The next sequence number.
    pub(crate) fn next(&mut self) -> u64 {
        self.head += 1;
        self.head
    }

    /// Counts a row in, in place of what it was before (`None`: nothing, or deleted).
    pub(crate) fn put(&mut self, before: Option<RowHash>, now: RowHash) {
        match before {
            Some(old) => self.checksum = self.checksum.minus(old),
            None => self.live_rows += 1,
        }
        self.checksum = self.checksum.plus(now);
    }

    /// Counts a live row out.
    pub(crate) fn take(&mut self, before: RowHash) {
        self.checksum = self.checksum.minus(before);
        self.live_rows = self.live_rows.saturating_sub(1);
    }
}

impl Store {
    /// The heads of all streams of the organization's connections, from the stream rows alone. Pair
    /// streams are not among them: whatever moves one moves a stream of a connection as well.
    pub async fn heads(&self, org: Uuid) -> Result<Vec<(Uuid, Channel, u64)>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        Ok(of_organization(&mut tx, org)
            .await?
            .into_iter()
            .filter(|s| s.other.is_none())
            .map(|s| (s.connection, s.channel, s.head))
            .collect())
    }
}

const ROW: &str = "SELECT org_id, number, connection_id, other_connection_id, channel, head, floor, live_rows, live_objects,
    checksum, state, revision FROM streams";

fn stream(row: &Row) -> Result<Stream> {
    Ok(Stream {
        org: id(row, "org_id")?,
        number: number(row, "number")?,
        connection: id(row, "connection_id")?,
        other: optional_id(row, "other_connection_id")?,
        channel: channel(row.try_get("channel")?)?,
        head: number(row, "head")?,
        floor: number(row, "floor")?,
        live_rows: number(row, "live_rows")?,
        live_objects: number(row, "live_objects")?,
        checksum: hash(row, "checksum")?,
        state: row.try_get("state")?,
        revision: row.try_get("revision")?,
    })
}

fn channel(word: &str) -> Result<Channel> {
    [Channel::Core, Channel::Documentation, Channel::Pair]
        .into_iter()
        .find(|c| c.as_str() == word)
        .ok_or_else(|| StoreError::row("streams", "channel", word))
}

/// All live streams of an organization, in the order in which they are served.
pub(crate) async fn of_organization(tx: &mut Tx, org: Uuid) -> Result<Vec<Stream>> {
    query(AssertSqlSafe(format!(
        "{ROW} WHERE org_id = $1 AND removed_at IS NULL ORDER BY number"
    )))
    .bind(org)
    .fetch_all(tx)
    .await?
    .iter()
    .map(stream)
    .collect()
}

/// Whose stream a number was, live or gone. Of a pair stream: its first connection.
pub(crate) async fn connection_of(tx: &mut Tx, org: Uuid, number: u64) -> Result<Option<(Uuid, Channel)>> {
    let row = query("SELECT connection_id, channel FROM streams WHERE org_id = $1 AND number = $2")
        .bind(org)
        .bind(count(number))
        .fetch_optional(tx)
        .await?;
    row.map(|row| Ok((id(&row, "connection_id")?, channel(row.try_get("channel")?)?)))
        .transpose()
}

/// Streams of an organization that were removed at or after a time: number, connection, channel.
/// `None`: all that there ever were, the live ones too.
pub(crate) async fn since(tx: &mut Tx, org: Uuid, time: Option<Time>) -> Result<Vec<(u64, Uuid, Channel)>> {
    let all = "SELECT number, connection_id, channel FROM streams WHERE org_id = $1";
    let rows = match time {
        None => query(all).bind(org).fetch_all(tx).await?,
        Some(time) => {
            query(AssertSqlSafe(format!("{all} AND removed_at >= $2")))
                .bind(org)
                .bind(time)
                .fetch_all(tx)
                .await?
        }
    };
    rows.iter()
        .map(|row| {
            Ok((
                number(row, "number")?,
                id(row, "connection_id")?,
                channel(row.try_get("channel")?)?,
            ))
        })
        .collect()
}

/// Heads of the live streams of all organizations, by organization, connection and channel.
pub(crate) async fn heads_of_all(tx: &mut Tx) -> Result<HashMap<(Uuid, Uuid, Channel), u64>> {
    query(
        "SELECT org_id, connection_id, channel, head FROM streams
         WHERE removed_at IS NULL AND other_connection_id IS NULL",
    )
    .fetch_all(tx)
    .await?
    .iter()
    .map(|row| {
        let stream = (
            id(row, "org_id")?,
            id(row, "connection_id")?,
            channel(row.try_get("channel")?)?,
        );
        Ok((stream, number(row, "head")?))
    })
    .collect()
}

/// A stream of a connection, to be written: nobody else gives out its numbers until the commit.
/// Who needs several takes core before documentation before pairs (for which there is one more lock,
/// see [`crate::pairs`]), so that two writers can't wait for each other.
pub(crate) async fn locked(tx: &mut Tx, org: Uuid, connection: Uuid, channel: Channel) -> Result<Stream> {
    let row = query(AssertSqlSafe(format!(
        "{ROW} WHERE org_id = $1 AND connection_id = $2 AND channel = $3
         AND removed_at IS NULL AND other_connection_id IS NULL {}",
        tx.for_update()
    )))
    .bind(org)
    .bind(connection)
    .bind(channel.as_str())
    .fetch_optional(tx)
    .await?;
    match row {
        Some(row) => stream(&row),
        None => Err(StoreError::NotFound(format!("connection {connection}"))),
    }
}

/// The stream of a pair of connections, the smaller id first, to be written; made where there is none.
pub(crate) async fn locked_pair(tx: &mut Tx, org: Uuid, pair: (Uuid, Uuid)) -> Result<Stream> {
    for _ in 0..2 {
        let row = query(AssertSqlSafe(format!(
            "{ROW} WHERE org_id = $1 AND connection_id = $2 AND other_connection_id = $3
             AND removed_at IS NULL {}",
            tx.for_update()
        )))
        .bind(org)
        .bind(pair.0)
        .bind(pair.1)
        .fetch_optional(tx)
        .await?;
        match row {
            Some(row) => return stream(&row),
            None => insert(tx, org, pair.0, Some(pair.1), Channel::Pair).await?,
        }
    }
    Err(StoreError::NotFound(format!(
        "the streams of {} and {}",
        pair.0, pair.1
    )))
}

/// A stream by its number, to be written; `None`: it is gone.
pub(crate) async fn locked_number(tx: &mut Tx, org: Uuid, number: u64) -> Result<Option<Stream>> {
    let row = query(AssertSqlSafe(format!(
        "{ROW} WHERE org_id = $1 AND number = $2 AND removed_at IS NULL {}",
        tx.for_update()
    )))
    .bind(org)
    .bind(count(number))
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(stream).transpose()
}

/// Stores what changed of a stream.
pub(crate) async fn save(tx: &mut Tx, stream: &Stream) -> Result<()> {
    query(
        "UPDATE streams SET head = $3, floor = $4, live_rows = $5, live_objects = $6, checksum = $7, state = $8,
         revision = $9
         WHERE org_id = $1 AND number = $2",
    )
    .bind(stream.org)
    .bind(count(stream.number))
    .bind(count(stream.head))
    .bind(count(stream.floor))
    .bind(count(stream.live_rows))
    .bind(count(stream.live_objects))
    .bind(stream.checksum.to_bytes().to_vec())
    .bind(&stream.state)
    .bind(stream.revision.as_deref())
    .execute(tx)
    .await?;
    tx.tell(Signal::Heads(stream.org));
    Ok(())
}

/// Makes a stream with a number that no stream ever had.
pub(crate) async fn create(tx: &mut Tx, org: Uuid, connection: Uuid, channel: Channel) -> Result<()> {
    insert(tx, org, connection, None, channel).await
}

async fn insert(
    tx: &mut Tx,
    org: Uuid,
    connection: Uuid,
    other: Option<Uuid>,
    channel: Channel,
) -> Result<()> {
    let number = epoch::count_up(tx, LAST_NUMBER).await?;
    query(
        "INSERT INTO streams (number, org_id, connection_id, other_connection_id, channel, checksum, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(number)
    .bind(org)
    .bind(connection)
    .bind(other)
    .bind(channel.as_str())
    .bind(RowHash::default().to_bytes().to_vec())
    .bind(COMPLETE)
    .execute(tx)
    .await?;
    Ok(())
}

/// Waits for whoever writes a connection's own streams, and keeps others from beginning.
pub(crate) async fn lock_own(tx: &mut Tx, org: Uuid, connection: Uuid) -> Result<()> {
    query(AssertSqlSafe(format!(
        "SELECT number FROM streams WHERE org_id = $1 AND connection_id = $2 AND other_connection_id IS NULL
         AND removed_at IS NULL ORDER BY number {}",
        tx.for_update()
    )))
    .bind(org)
    .bind(connection)
    .fetch_all(tx)
    .await?;
    Ok(())
}

/// Marks the streams of a connection as gone.
pub(crate) async fn remove(tx: &mut Tx, org: Uuid, connection: Uuid) -> Result<()> {
    query(
        "UPDATE streams SET removed_at = $3 WHERE org_id = $1 AND (connection_id = $2 OR other_connection_id = $2)
         AND removed_at IS NULL",
    )
    .bind(org)
    .bind(connection)
    .bind(Time::now())
    .execute(tx)
    .await?;
    tx.tell(Signal::Heads(org));
    Ok(())
}
