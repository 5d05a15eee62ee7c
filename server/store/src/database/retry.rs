//! Beginning a transaction again where another one was in its way: a serialization failure or a
//! deadlock on PostgreSQL (40001, 40P01) leaves nothing behind, so the same body runs once more.

use std::time::Duration;

use rand::Rng as _;

use crate::error::{Result, StoreError};

/// Attempts of a transaction in all.
const ATTEMPTS: u32 = 12;
/// Longest pause after the first attempt; it doubles.
const PAUSE: Duration = Duration::from_millis(4);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Counts the attempts of a transaction.
#[derive(Default)]
pub(crate) struct Attempts(u32);

impl Attempts {
    /// The outcome, if it stays so; `None` after a pause: try again.
    pub(crate) async fn settle<T>(&mut self, outcome: Result<T>) -> Option<Result<T>> {
        self.0 += 1;
        match outcome {
            Err(StoreError::Contended(reason)) if self.0 < ATTEMPTS => {
                tracing::debug!(reason, attempt = self.0, "a transaction begins again");
                pause(self.0).await;
                None
            }
            settled => Some(settled),
        }
    }
}

/// Waits before attempt `number` + 1, with full jitter: those that met once must not meet again.
pub(super) async fn pause(number: u32) {
    let most = PAUSE.saturating_mul(1 << number.min(16)).min(LONGEST_PAUSE);
    let pause = most.mul_f64(rand::rng().random_range(0.0..1.0));
    tokio::time::sleep(pause).await;
}

/// Runs a body in a transaction that writes, and commits it if the body gives `Ok`. The body may run
/// several times, so it must not consume what it needs again. `return` in it ends the body only.
///
/// A macro and not a method with a closure: the future of such a closure can't be said to be `Send`.
macro_rules! transact {
    ($database:expr, $scope:expr, |$tx:ident| $body:block) => {{
        let database: &$crate::database::Database = $database;
        let mut attempts = $crate::database::Attempts::default();
        loop {
            let outcome = async {
                let mut transaction = database.write($scope).await?;
                let $tx = &mut transaction;
                let value: $crate::error::Result<_> = async { $body }.await;
                let value = value?;
                transaction.commit().await?;
                $crate::error::Result::Ok(value)
            };
            let outcome = outcome.await;
            if let Some(settled) = attempts.settle(outcome).await {
                break settled;
            }
        }
    }};
}
pub(crate) use transact;
