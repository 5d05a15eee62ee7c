//! Streams: the counters that make the feed exact (sync-protocol.md, "Model").

use metasync_protocol::{Channel, RowHash};
use sqlx::Row as _;
use uuid::Uuid;

use crate::{
    Store, clock,
    database::{Connection, Row},
    epoch,
    error::{Result, StoreError},
    rows::{count, hash, id, number, text},
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
    pub(crate) number: u64,
    pub(crate) connection: Uuid,
    pub(crate) channel: Channel,
    pub(crate) head: u64,
    pub(crate) floor: u64,
    pub(crate) live_rows: u64,
    pub(crate) live_objects: u64,
    pub(crate) checksum: RowHash,
    pub(crate) state: String,
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
    /// The heads of all streams of an organization, from the stream rows alone.
    pub async fn heads(&self, org: Uuid) -> Result<Vec<(Uuid, Channel, u64)>> {
        let mut connection = self.database().reader().acquire().await?;
        Ok(of_organization(&mut connection, org)
            .await?
            .into_iter()
            .map(|s| (s.connection, s.channel, s.head))
            .collect())
    }
}

const ROW: &str = "SELECT number, connection_id, channel, head, floor, live_rows, live_objects, checksum, state FROM streams";

fn stream(row: &Row) -> Result<Stream> {
    Ok(Stream {
        number: number(row, "number")?,
        connection: id(row, "connection_id")?,
        channel: channel(row.try_get("channel")?)?,
        head: number(row, "head")?,
        floor: number(row, "floor")?,
        live_rows: number(row, "live_rows")?,
        live_objects: number(row, "live_objects")?,
        checksum: hash(row, "checksum")?,
        state: row.try_get("state")?,
    })
}

fn channel(word: &str) -> Result<Channel> {
    [Channel::Core, Channel::Documentation, Channel::Pair]
        .into_iter()
        .find(|c| c.as_str() == word)
        .ok_or_else(|| StoreError::row("streams", "channel", word))
}

/// All live streams of an organization, in the order in which they are served.
pub(crate) async fn of_organization(tx: &mut Connection, org: Uuid) -> Result<Vec<Stream>> {
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "{ROW} WHERE org_id = $1 AND removed_at IS NULL ORDER BY number"
    )))
    .bind(text(org))
    .fetch_all(tx)
    .await?
    .iter()
    .map(stream)
    .collect()
}

/// Whose stream a number was, live or gone.
pub(crate) async fn connection_of(
    tx: &mut Connection,
    org: Uuid,
    number: u64,
) -> Result<Option<(Uuid, Channel)>> {
    let row = sqlx::query("SELECT connection_id, channel FROM streams WHERE org_id = $1 AND number = $2")
        .bind(text(org))
        .bind(count(number))
        .fetch_optional(tx)
        .await?;
    row.map(|row| Ok((id(&row, "connection_id")?, channel(row.try_get("channel")?)?)))
        .transpose()
}

/// Streams of an organization that were removed at or after a time: number, connection, channel.
/// `""`: all that there ever were, the live ones too.
pub(crate) async fn since(tx: &mut Connection, org: Uuid, time: &str) -> Result<Vec<(u64, Uuid, Channel)>> {
    sqlx::query(
        "SELECT number, connection_id, channel FROM streams
         WHERE org_id = $1 AND (removed_at >= $2 OR (removed_at IS NULL AND $2 = ''))",
    )
    .bind(text(org))
    .bind(time)
    .fetch_all(tx)
    .await?
    .iter()
    .map(|row| {
        Ok((
            number(row, "number")?,
            id(row, "connection_id")?,
            channel(row.try_get("channel")?)?,
        ))
    })
    .collect()
}

/// A stream of a connection, to be written: the caller holds the write transaction, which is the
/// lock here.
pub(crate) async fn locked(
    tx: &mut Connection,
    org: Uuid,
    connection: Uuid,
    channel: Channel,
) -> Result<Stream> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "{ROW} WHERE org_id = $1 AND connection_id = $2 AND other_connection_id = '' AND channel = $3
         AND removed_at IS NULL"
    )))
    .bind(text(org))
    .bind(text(connection))
    .bind(channel.as_str())
    .fetch_optional(tx)
    .await?;
    match row {
        Some(row) => stream(&row),
        None => Err(StoreError::NotFound(format!("connection {connection}"))),
    }
}

/// Stores what changed of a stream.
pub(crate) async fn save(tx: &mut Connection, stream: &Stream) -> Result<()> {
    sqlx::query(
        "UPDATE streams SET head = $2, floor = $3, live_rows = $4, live_objects = $5, checksum = $6, state = $7
         WHERE number = $1",
    )
    .bind(count(stream.number))
    .bind(count(stream.head))
    .bind(count(stream.floor))
    .bind(count(stream.live_rows))
    .bind(count(stream.live_objects))
    .bind(stream.checksum.to_bytes().to_vec())
    .bind(&stream.state)
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes a stream with a number that no stream ever had.
pub(crate) async fn create(tx: &mut Connection, org: Uuid, connection: Uuid, channel: Channel) -> Result<()> {
    let number = epoch::count_up(tx, LAST_NUMBER).await?;
    sqlx::query(
        "INSERT INTO streams (number, org_id, connection_id, channel, checksum, state) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(number)
    .bind(text(org))
    .bind(text(connection))
    .bind(channel.as_str())
    .bind(RowHash::default().to_bytes().to_vec())
    .bind(COMPLETE)
    .execute(tx)
    .await?;
    Ok(())
}

/// Marks the streams of a connection as gone.
pub(crate) async fn remove(tx: &mut Connection, org: Uuid, connection: Uuid) -> Result<()> {
    sqlx::query(
        "UPDATE streams SET removed_at = $3 WHERE org_id = $1 AND (connection_id = $2 OR other_connection_id = $2)
         AND removed_at IS NULL",
    )
    .bind(text(org))
    .bind(text(connection))
    .bind(clock::now())
    .execute(tx)
    .await?;
    Ok(())
}
