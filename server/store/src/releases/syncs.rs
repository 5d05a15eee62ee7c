//! The history of syncs: numbers for people, over the runs of the engine.

use uuid::Uuid;

use crate::{
    Store,
    database::{AssertSqlSafe, Scope, Tx, query, transact},
    epoch,
    error::Result,
    rows::{id, number},
    runs::{Run, by_id, columns_of, read_run},
};

/// Key in `meta` of the number that was given out last.
const LAST_NUMBER: &str = "release_syncs";

/// A sync of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseSync {
    /// 1, 2, … over all organizations, in the order in which they were asked for.
    pub id: u64,
    /// The connection that holds the release's tests.
    pub connection: Uuid,
    /// Name of the release.
    pub release: String,
    /// How it went.
    pub run: Run,
}

impl Store {
    /// Gives a run that syncs a release its number, once; the one that it has afterwards.
    pub async fn number_release_sync(
        &self,
        org: Uuid,
        run: Uuid,
        connection: Uuid,
        release: &str,
    ) -> Result<u64> {
        transact!(self.database(), Scope::Org(org), |tx| {
            if let Some(known) = known(tx, org, run).await? {
                return Ok(known);
            }
            let next = epoch::count_up(tx, LAST_NUMBER).await?;
            // Whoever else numbers this run waited for the counter above.
            query(
                "INSERT INTO release_syncs (org_id, run_id, id, connection_id, release_name)
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            )
            .bind(org)
            .bind(run)
            .bind(next)
            .bind(connection)
            .bind(release)
            .execute(tx)
            .await?;
            Ok(known(tx, org, run).await?.unwrap_or_default())
        })
    }

    /// Syncs of all organizations, the newest first; for the operator.
    pub async fn release_syncs(&self, limit: u32) -> Result<Vec<ReleaseSync>> {
        let mut tx = self.database().look(Scope::Runner).await?;
        query(AssertSqlSafe(format!(
            "SELECT s.id AS number, s.connection_id, s.release_name, {} FROM release_syncs s
             JOIN runs r ON r.org_id = s.org_id AND r.id = s.run_id ORDER BY s.id DESC LIMIT $1",
            columns_of("r")
        )))
        .bind(i64::from(limit))
        .fetch_all(&mut tx)
        .await?
        .iter()
        .map(|row| {
            Ok(ReleaseSync {
                id: number(row, "number")?,
                connection: id(row, "connection_id")?,
                release: row.try_get("release_name")?,
                run: read_run(row)?,
            })
        })
        .collect()
    }

    /// A run of whatever organization; for the operator, who knows runs by their ids alone.
    pub async fn run_of_any(&self, run: Uuid) -> Result<Option<Run>> {
        let mut tx = self.database().look(Scope::Runner).await?;
        by_id(&mut tx, run).await
    }
}

async fn known(tx: &mut Tx, org: Uuid, run: Uuid) -> Result<Option<u64>> {
    let row = query("SELECT id FROM release_syncs WHERE org_id = $1 AND run_id = $2")
        .bind(org)
        .bind(run)
        .fetch_optional(tx)
        .await?;
    row.map(|row| number(&row, "id")).transpose()
}
