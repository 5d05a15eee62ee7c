//! When something is to be done next, kept over restarts (runs.md, 8).

use std::time::Duration;

use uuid::Uuid;

use crate::{
    Store, clock,
    database::{Scope, Tx, query, transact},
    error::Result,
};

/// A planned time is at most this much longer away than an interval; a later one is of a longer
/// interval of another configuration.
const LATEST: f64 = 1.1;

/// What a schedule says.
enum Plan {
    /// Nothing is planned.
    None,
    /// It is time; so it was planned.
    Due(i64),
    /// Later.
    Later,
}

impl Store {
    /// Whether it is time for what comes again every `interval`. If so, or if nothing was planned, the next time is
    /// `next` from now; of several nodes that ask, one is told so. However long nobody asked, it is time once.
    pub async fn schedule_due(
        &self,
        (org, kind, target): (Uuid, &str, &str),
        interval: Duration,
        next: Duration,
    ) -> Result<bool> {
        let latest = interval.mul_f64(LATEST);
        let mut tx = self.database().look(Scope::Org(org)).await?;
        if matches!(plan(&mut tx, (org, kind, target), latest).await?, Plan::Later) {
            return Ok(false);
        }
        drop(tx);
        transact!(self.database(), Scope::Org(org), |tx| {
            let planned = plan(tx, (org, kind, target), latest).await?;
            let at = clock::after_ms(next);
            match planned {
                Plan::Later => Ok(false),
                Plan::None => {
                    query(
                        "INSERT INTO schedules (org_id, kind, target, due_at) VALUES ($1, $2, $3, $4)
                         ON CONFLICT (org_id, kind, target) DO UPDATE SET due_at = excluded.due_at",
                    )
                    .bind(org)
                    .bind(kind)
                    .bind(target)
                    .bind(at)
                    .execute(tx)
                    .await?;
                    Ok(false)
                }
                Plan::Due(was) => {
                    let taken = query(
                        "UPDATE schedules SET due_at = $5 WHERE org_id = $1 AND kind = $2 AND target = $3 AND due_at = $4",
                    )
                    .bind(org)
                    .bind(kind)
                    .bind(target)
                    .bind(was)
                    .bind(at)
                    .execute(tx)
                    .await?;
                    Ok(taken == 1)
                }
            }
        })
    }
}

impl Store {
    /// Whether it is time for what is done at certain times. If so, or if nothing was planned, the next time is
    /// `next`; a later time than that is of another configuration. Of several nodes that ask, one is told so, and
    /// however long nobody asked, it is time once.
    pub async fn schedule_due_at(
        &self,
        (org, kind, target): (Uuid, &str, &str),
        next: jiff::Timestamp,
    ) -> Result<bool> {
        let next = next.as_millisecond();
        let planned = |row: Option<crate::database::Row>| -> Result<Option<i64>> {
            row.map(|row| Ok(row.try_get("due_at")?)).transpose()
        };
        const PLANNED: &str = "SELECT due_at FROM schedules WHERE org_id = $1 AND kind = $2 AND target = $3";
        let ask = || query(PLANNED).bind(org).bind(kind).bind(target);
        let mut tx = self.database().look(Scope::Org(org)).await?;
        if planned(ask().fetch_optional(&mut tx).await?)? == Some(next) {
            return Ok(false);
        }
        drop(tx);
        transact!(self.database(), Scope::Org(org), |tx| {
            let now = clock::now_ms();
            let Some(was) = planned(ask().fetch_optional(tx).await?)? else {
                query(
                    "INSERT INTO schedules (org_id, kind, target, due_at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (org_id, kind, target) DO NOTHING",
                )
                .bind(org)
                .bind(kind)
                .bind(target)
                .bind(next)
                .execute(tx)
                .await?;
                return Ok(false);
            };
            let taken = query(
                "UPDATE schedules SET due_at = $5 WHERE org_id = $1 AND kind = $2 AND target = $3 AND due_at = $4",
            )
            .bind(org)
            .bind(kind)
            .bind(target)
            .bind(was)
            .bind(next)
            .execute(tx)
            .await?;
            Ok(taken == 1 && was <= now)
        })
    }

    /// Forgets what was planned.
    pub async fn schedule_forget(&self, (org, kind, target): (Uuid, &str, &str)) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            query("DELETE FROM schedules WHERE org_id = $1 AND kind = $2 AND target = $3")
                .bind(org)
                .bind(kind)
                .bind(target)
                .execute(tx)
                .await?;
            Ok(())
        })
    }

    /// When it is next, where that is planned.
    pub async fn planned(&self, (org, kind, target): (Uuid, &str, &str)) -> Result<Option<jiff::Timestamp>> {
        let mut tx = self.database().look(Scope::Org(org)).await?;
        let row = query("SELECT due_at FROM schedules WHERE org_id = $1 AND kind = $2 AND target = $3")
            .bind(org)
            .bind(kind)
            .bind(target)
            .fetch_optional(&mut tx)
            .await?;
        let due: Option<i64> = row.map(|row| row.try_get("due_at")).transpose()?;
        Ok(due.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()))
    }

    /// Plans it anew: so long from now, or not at all.
    pub async fn plan(&self, (org, kind, target): (Uuid, &str, &str), next: Option<Duration>) -> Result<()> {
        transact!(self.database(), Scope::Org(org), |tx| {
            query("DELETE FROM schedules WHERE org_id = $1 AND kind = $2 AND target = $3")
                .bind(org)
                .bind(kind)
                .bind(target)
                .execute(tx)
                .await?;
            if let Some(next) = next {
                query(
                    "INSERT INTO schedules (org_id, kind, target, due_at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (org_id, kind, target) DO UPDATE SET due_at = excluded.due_at",
                )
                .bind(org)
                .bind(kind)
                .bind(target)
                .bind(clock::after_ms(next))
                .execute(tx)
                .await?;
            }
            Ok(())
        })
    }
}

async fn plan(tx: &mut Tx, (org, kind, target): (Uuid, &str, &str), latest: Duration) -> Result<Plan> {
    let row = query("SELECT due_at FROM schedules WHERE org_id = $1 AND kind = $2 AND target = $3")
        .bind(org)
        .bind(kind)
        .bind(target)
        .fetch_optional(tx)
        .await?;
    let Some(row) = row else { return Ok(Plan::None) };
    let due: i64 = row.try_get("due_at")?;
    Ok(if due <= clock::now_ms() {
        Plan::Due(due)
    } else if due > clock::after_ms(latest) {
        Plan::None
    } else {
        Plan::Later
    })
}
