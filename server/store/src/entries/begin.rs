//! The beginning of an attempt that goes on from nowhere.

use serde_json::Value;

use crate::{
    Store,
    database::{Scope, Time, query, transact},
    error::Result,
    rows::json_text,
    runs::{self, Run},
};

impl Store {
    /// Counts anew: what an attempt before counted is read again. `false`: the run is not this worker's any more.
    pub async fn sync_run_begin(&self, run: &Run, checkpoint: &Value) -> Result<bool> {
        transact!(self.database(), Scope::Org(run.org), |tx| {
            if !runs::holds(tx, run.org, run.id, run.fence).await? {
                return Ok(false);
            }
            query(
                "DELETE FROM sync_errors WHERE org_id = $1 AND item_identifier IS NOT NULL AND sync_run_id IN (
                     SELECT id FROM sync_runs WHERE org_id = $1 AND run_id = $2)",
            )
            .bind(run.org)
            .bind(run.id)
            .execute(tx)
            .await?;
            query(
                "UPDATE sync_runs SET items_processed = 0, items_failed = 0, items_skipped = 0, updated_at = $3
                 WHERE org_id = $1 AND run_id = $2",
            )
            .bind(run.org)
            .bind(run.id)
            .bind(Time::now())
            .execute(tx)
            .await?;
            query("UPDATE runs SET checkpoint = $3 WHERE org_id = $1 AND id = $2")
                .bind(run.org)
                .bind(run.id)
                .bind(json_text(checkpoint))
                .execute(tx)
                .await?;
            Ok(true)
        })
    }
}
