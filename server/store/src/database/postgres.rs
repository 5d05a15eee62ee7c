//! Connections to PostgreSQL, or to an engine that speaks its protocol. Several hub nodes share one
//! database; nothing but its tables lies between them.

use std::str::FromStr;

use sqlx::{
    AssertSqlSafe, Executor as _, PgPool,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Scope, Tx, WAIT, retry, transaction::Handle};
use crate::{
    error::{Result, StoreError, sql_state},
    outbox::Outbox,
};

/// Begins a transaction that writes. What it reads to write next it locks.
pub(super) const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// Begins a transaction for statements that read, each for itself.
pub(super) const LOOK: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";
/// Begins a transaction whose statements all see one state.
pub(super) const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The schema of all tables. The seed's name.
const SCHEMA: &str = "metadata";
/// Connections of a node. More of them than a database has cores only wait in another queue.
const CONNECTIONS: u32 = 16;
/// Prepared statements that a connection keeps: all of this crate's, and room.
const STATEMENTS: usize = 256;
/// How long a node that hangs in a transaction may hold its locks, in PostgreSQL's notation.
const IDLE_IN_TRANSACTION: &str = "60s";
/// How often a start tries to bring the schema up to date beside other nodes that do the same.
const MIGRATION_ATTEMPTS: u32 = 30;

/// Connections to a server.
#[derive(Clone)]
pub(crate) struct Pool {
    pool: PgPool,
    outbox: Outbox,
}

impl Pool {
    pub(super) async fn connect(url: &str) -> Result<Pool> {
        // The parser's words are of parts of the address; none of them is its password.
        let options = PgConnectOptions::from_str(url)
            .map_err(|e| StoreError::Open(format!("its address can't be read: {e}")))?;
        let place = place(&options);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WAIT)
            .connect_with(tuned(options))
            .await
            .map_err(|e| named(&place, e))?;
        migrate(&pool).await.map_err(|e| match e {
            MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => named(&place, e),
            MigrateError::VersionMissing(version) => StoreError::Open(format!(
                "a newer version of the hub wrote {place} (schema {version} is not known here); use that version"
            )),
            other => StoreError::Open(format!("{place}: {other}")),
        })?;
        warn_of_bypass(&pool).await?;
        Ok(Pool {
            pool,
            outbox: Outbox::default(),
        })
    }

    /// Begins a transaction; one round trip opens its scope too.
    pub(super) async fn begin(&self, begin: &'static str, scope: Scope) -> Result<Tx> {
        let statements = format!("{begin}; {}", scope.statement());
        let tx = self.pool.begin_with(AssertSqlSafe(statements)).await?;
        Ok(Tx::new(Handle::Postgres(tx), Some(self.outbox.clone())))
    }

    pub(super) fn driver(&self) -> &PgPool {
        &self.pool
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

fn tuned(options: PgConnectOptions) -> PgConnectOptions {
    let named = options.get_application_name().is_some();
    let options = options.statement_cache_capacity(STATEMENTS).options([
        ("search_path", SCHEMA),
        ("lock_timeout", &format!("{}s", WAIT.as_secs())),
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
    ]);
    match named {
        true => options,
        false => options.application_name("metasync"),
    }
}

/// Which database, for people: never its password.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    format!(
        "PostgreSQL database {database:?} at {}:{}",
        options.get_host(),
        options.get_port()
    )
}

fn named(place: &str, error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Open(text) => StoreError::Open(format!("{place}: {text}")),
        StoreError::Database(e) => StoreError::Open(format!("{place}: {e}")),
        StoreError::Busy(text) => StoreError::Open(format!("{place}: {text}")),
        other => other,
    }
}

/// Brings the schema up to date. Of several nodes that start at once one does it, under the lock of
/// a row; the first statements, which make that row's table, may collide and are tried again.
async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match try_migrate(pool).await {
            Err(error) if attempt < MIGRATION_ATTEMPTS && is_collision(&error) => {
                tracing::debug!(%error, attempt, "another node is bringing the schema up to date");
                retry::pause(attempt).await;
            }
            settled => return settled,
        }
    }
}

async fn try_migrate(pool: &PgPool) -> Result<(), MigrateError> {
    // Not CREATE … IF NOT EXISTS alone: that asks for the right to create before it looks.
    let there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)")
            .bind(SCHEMA)
            .fetch_one(pool)
            .await?;
    if !there {
        pool.execute("CREATE SCHEMA IF NOT EXISTS metadata").await?;
    }
    pool.execute("CREATE TABLE IF NOT EXISTS migration_lock (number BIGINT PRIMARY KEY)")
        .await?;
    pool.execute("INSERT INTO migration_lock (number) VALUES (1) ON CONFLICT DO NOTHING")
        .await?;
    let mut lock = pool.begin().await?;
    lock.execute("SELECT number FROM migration_lock WHERE number = 1 FOR UPDATE")
        .await?;
    let mut migrations = sqlx::migrate!("../../schemas/hub/postgres");
    // The library would take an advisory lock, which not every engine has.
    migrations.set_locking(false);
    migrations.run(pool).await?;
    lock.commit().await?;
    Ok(())
}

/// Whether somebody else was making the same thing at the same time.
fn is_collision(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    // unique_violation, duplicate_{schema,table,object}, undefined_table (of a catalogue entry that
    // is just appearing), serialization failure, deadlock, lock time-out, tuple concurrently updated
    const COLLISIONS: [&str; 9] = [
        "23505", "42P06", "42P07", "42710", "42P01", "40001", "40P01", "55P03", "XX000",
    ];
    sql_state(error).is_some_and(|state| COLLISIONS.contains(&state.as_str()))
}

/// Row-level security holds neither for superusers nor for roles that may bypass it.
async fn warn_of_bypass(pool: &PgPool) -> Result<()> {
    let bypasses: Option<bool> = sqlx::query_scalar(
        "SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user",
    )
    .fetch_optional(pool)
    .await?;
    if bypasses == Some(true) {
        tracing::warn!(
            "the database's role is a superuser or bypasses row-level security: organizations are kept apart by \
             the hub's statements alone; use a role with NOSUPERUSER NOBYPASSRLS"
        );
    }
    Ok(())
}
