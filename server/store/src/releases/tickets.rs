//! Tickets for event streams: browsers' `EventSource` can send no header (contract.md, "Seed 000").

use std::time::Duration;

use uuid::Uuid;

use crate::{
    Store, clock,
    database::{Scope, query, transact},
    error::Result,
    rows::id,
};

impl Store {
    /// Keeps a ticket, by its hash, for a run; those that are over go.
    pub async fn put_ticket(&self, hash: &str, run: Uuid, good_for: Duration) -> Result<()> {
        transact!(self.database(), Scope::Hub, |tx| {
            query("DELETE FROM stream_tickets WHERE expires_at <= $1")
                .bind(clock::now_ms())
                .execute(tx)
                .await?;
            query("INSERT INTO stream_tickets (hash, run_id, expires_at) VALUES ($1, $2, $3)")
                .bind(hash)
                .bind(run)
                .bind(clock::after_ms(good_for))
                .execute(tx)
                .await?;
            Ok(())
        })
    }

    /// Takes a ticket, which is good once; the run that it is for.
    pub async fn take_ticket(&self, hash: &str) -> Result<Option<Uuid>> {
        transact!(self.database(), Scope::Hub, |tx| {
            let row =
                query("DELETE FROM stream_tickets WHERE hash = $1 AND expires_at > $2 RETURNING run_id")
                    .bind(hash)
                    .bind(clock::now_ms())
                    .fetch_optional(tx)
                    .await?;
            row.map(|row| id(&row, "run_id")).transpose()
        })
    }
}
