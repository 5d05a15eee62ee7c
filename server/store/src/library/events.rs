//! What syncs tell their clients, for those who listen at another node.

use uuid::Uuid;

use crate::{
    Store,
    clock::now_ms,
    database::{Column, Conflict, Insert, Scope, query, transact},
    error::Result,
    outbox::Signal,
    rows::{count, id, number},
};

/// How long an event is kept, in milliseconds: whoever hears so late hears of an old sync.
const KEPT_MS: i64 = 10 * 60 * 1_000;
/// Most events that are read at once.
const MOST: i64 = 5_000;

/// Something that a sync tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryEvent {
    /// The process that tells it.
    pub node: Uuid,
    /// The user who is told.
    pub user: String,
    /// The client; `None`: all of the user's.
    pub client: Option<String>,
    /// `begin`, `tell`, `end`.
    pub phase: String,
    /// The event's name; empty at `begin`.
    pub name: String,
    /// JSON.
    pub data: String,
}

impl Store {
    /// Whether other processes may use the database.
    pub fn may_have_other_nodes(&self) -> bool {
        self.database().shared().is_some()
    }

    /// Tells other nodes, in this order. Events that nobody needs any more go.
    pub async fn library_tell(&self, org: Uuid, events: &[LibraryEvent]) -> Result<()> {
        let now = now_ms();
        transact!(self.database(), Scope::Org(org), |tx| {
            // one writer at a time, so that numbers become visible in their order
            query("UPDATE library_states SET hub_id = hub_id WHERE org_id = $1")
                .bind(org)
                .execute(tx)
                .await?;
            let row = query("SELECT coalesce(max(number), 0) AS last FROM library_events WHERE org_id = $1")
                .bind(org)
                .fetch_one(tx)
                .await?;
            let last = number(&row, "last")?;
            // never the last one: numbers are not given twice
            query("DELETE FROM library_events WHERE org_id = $1 AND at < $2 AND number < $3")
                .bind(org)
                .bind(now - KEPT_MS)
                .bind(count(last))
                .execute(tx)
                .await?;
            let texts = |of: fn(&LibraryEvent) -> String| {
                Column::Texts(events.iter().map(|event| Some(of(event))).collect())
            };
            let insert = Insert {
                table: "library_events",
                shared: vec![("org_id", org.into()), ("at", now.into())],
                columns: vec![
                    (
                        "number",
                        "bigint",
                        Column::Ints((last + 1..).zip(events).map(|(n, _)| Some(count(n))).collect()),
                    ),
                    (
                        "node",
                        "uuid",
                        Column::Ids(events.iter().map(|event| Some(event.node)).collect()),
                    ),
                    ("told_to", "text", texts(|event| event.user.clone())),
                    (
                        "client",
                        "text",
                        Column::Texts(events.iter().map(|event| event.client.clone()).collect()),
                    ),
                    ("phase", "text", texts(|event| event.phase.clone())),
                    ("name", "text", texts(|event| event.name.clone())),
                    ("data", "text", texts(|event| event.data.clone())),
                ],
                key: &["org_id", "number"],
                or: Conflict::Keep,
            };
            insert.run(tx, events.len()).await?;
            tx.tell(Signal::Library);
            Ok(())
        })
    }

    /// What other nodes than `node` told after an event, and the number of the last event of all.
    pub async fn library_heard(&self, org: Uuid, node: Uuid, after: u64) -> Result<(Vec<LibraryEvent>, u64)> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let rows = query(
            "SELECT number, node, told_to, client, phase, name, data FROM library_events
             WHERE org_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        )
        .bind(org)
        .bind(count(after))
        .bind(MOST)
        .fetch_all(&mut tx)
        .await?;
        let (mut events, mut last) = (Vec::new(), after);
        for row in rows {
            last = number(&row, "number")?;
            let event = LibraryEvent {
                node: id(&row, "node")?,
                user: row.try_get("told_to")?,
                client: row.try_get("client")?,
                phase: row.try_get("phase")?,
                name: row.try_get("name")?,
                data: row.try_get("data")?,
            };
            if event.node != node {
                events.push(event);
            }
        }
        Ok((events, last))
    }
}
