//! When something is to be done next, kept over restarts (runs.md, 8).

use std::time::Duration;

use uuid::Uuid;

use crate::{
    Store, clock,
    database::{AssertSqlSafe, Conflict, Scope, Tx, query, transact},
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

/// Whose plan it is: organization, kind and target of what is done.
type Planned<'p> = (Uuid, &'p str, &'p str);

impl Store {
    /// Whether it is time for what comes again every `interval`. If so, or if nothing was planned, the next time is
    /// `next` from now; of several nodes that ask, one is told so. However long nobody asked, it is time once.
    pub async fn schedule_due(&self, what: Planned<'_>, interval: Duration, next: Duration) -> Result<bool> {
        let latest = interval.mul_f64(LATEST);
        let mut tx = self.database().look(Scope::Org(what.0)).await?;
        if matches!(plan(&mut tx, what, latest).await?, Plan::Later) {
            return Ok(false);
        }
        drop(tx);
        transact!(self.database(), Scope::Org(what.0), |tx| {
            let at = clock::after_ms(next);
            match plan(tx, what, latest).await? {
                Plan::Later => Ok(false),
                Plan::None => {
                    set(tx, what, at, Conflict::Replace).await?;
                    Ok(false)
                }
                Plan::Due(was) => take(tx, what, was, at).await,
            }
        })
    }

    /// Whether it is time for what is done at certain times. If so, or if nothing was planned, the next time is
    /// `next`; a later time than that is of another configuration. Of several nodes that ask, one is told so, and
    /// however long nobody asked, it is time once.
    pub async fn schedule_due_at(&self, what: Planned<'_>, next: jiff::Timestamp) -> Result<bool> {
        let next = next.as_millisecond();
        let mut tx = self.database().look(Scope::Org(what.0)).await?;
        if due_at(&mut tx, what).await? == Some(next) {
            return Ok(false);
        }
        drop(tx);
        transact!(self.database(), Scope::Org(what.0), |tx| {
            let now = clock::now_ms();
            let Some(was) = due_at(tx, what).await? else {
                set(tx, what, next, Conflict::Keep).await?;
                return Ok(false);
            };
            Ok(take(tx, what, was, next).await? && was <= now)
        })
    }

    /// When it is next, where that is planned.
    pub async fn planned(&self, what: Planned<'_>) -> Result<Option<jiff::Timestamp>> {
        let mut tx = self.database().look(Scope::Org(what.0)).await?;
        let due = due_at(&mut tx, what).await?;
        Ok(due.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()))
    }

    /// Plans it anew: so long from now, or not at all.
    pub async fn plan(&self, what: Planned<'_>, next: Option<Duration>) -> Result<()> {
        transact!(self.database(), Scope::Org(what.0), |tx| {
            match next {
                Some(next) => set(tx, what, clock::after_ms(next), Conflict::Replace).await,
                None => forget(tx, what).await,
            }
        })
    }
}

async fn plan(tx: &mut Tx, what: Planned<'_>, latest: Duration) -> Result<Plan> {
    let Some(due) = due_at(tx, what).await? else {
        return Ok(Plan::None);
    };
    Ok(if due <= clock::now_ms() {
        Plan::Due(due)
    } else if due > clock::after_ms(latest) {
        Plan::None
    } else {
        Plan::Later
    })
}

/// What is planned, in milliseconds since 1970.
async fn due_at(tx: &mut Tx, (org, kind, target): Planned<'_>) -> Result<Option<i64>> {
    let row = query("SELECT due_at FROM schedules WHERE org_id = $1 AND kind = $2 AND target = $3")
        .bind(org)
        .bind(kind)
        .bind(target)
        .fetch_optional(tx)
        .await?;
    Ok(row.map(|row| row.try_get("due_at")).transpose()?)
}

/// Plans it; `or`: what becomes of a plan that is there.
async fn set(tx: &mut Tx, (org, kind, target): Planned<'_>, at: i64, or: Conflict) -> Result<()> {
    let then = match or {
        Conflict::Keep => "NOTHING",
        Conflict::Replace => "UPDATE SET due_at = excluded.due_at",
    };
    query(AssertSqlSafe(format!(
        "INSERT INTO schedules (org_id, kind, target, due_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org_id, kind, target) DO {then}"
    )))
    .bind(org)
    .bind(kind)
    .bind(target)
    .bind(at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Plans it in place of `was`; `false`: another node did so.
async fn take(tx: &mut Tx, (org, kind, target): Planned<'_>, was: i64, at: i64) -> Result<bool> {
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

async fn forget(tx: &mut Tx, (org, kind, target): Planned<'_>) -> Result<()> {
    query("DELETE FROM schedules WHERE org_id = $1 AND kind = $2 AND target = $3")
        .bind(org)
        .bind(kind)
        .bind(target)
        .execute(tx)
        .await?;
    Ok(())
}
