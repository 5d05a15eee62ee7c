//! One attempt of one run: the work in a task of its own (a panic fails that run only), and beside it
//! heartbeat, progress and cancellation.

use std::{sync::Arc, time::Duration};

use metasync_store::{Beat, MAX_ATTEMPTS, Outcome, Run, Store, StoreError};
use serde_json::Value;
use tokio::time::MissedTickBehavior;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    Runs,
    context::{Failure, RunContext},
    entries, estimate, index, releases,
    reporter::Reporter,
    retry,
    runner::LEASE,
};
use crate::metrics::RunLabels;

/// How often a lease is made longer (runs.md, 1).
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How often progress is looked at: at most four times a second it is told (runs.md, 5).
const TICK: Duration = Duration::from_millis(250);

/// How often storing the end of a run is tried, and how long lies between.
const FINISH_ATTEMPTS: u32 = 5;
const FINISH_PAUSE: Duration = Duration::from_millis(500);

/// The kind of a run that panics.
#[cfg(test)]
pub(super) const PANICKING: &str = "panicking";

enum End {
    Done(Result<Value, Failure>),
    Cancelled,
    /// Another worker has it now, or it is over: nothing more may be written.
    Lost,
}

pub(super) async fn execute(runs: Arc<Runs>, run: Run) {
    let cancel = CancellationToken::new();
    runs.cancels().insert(run.id, cancel.clone());
    let started = std::time::Instant::now();
    let reporter = Arc::new(Reporter::new(&run, estimate::of(&runs.store, &run).await));
    tracing::info!(run = %run.id, kind = run.kind, attempt = run.attempt, "run started");
    runs.outgoing.notify_one();
    let end = attempt(&runs, &run, &reporter, &cancel).await;
    runs.cancels().remove(&run.id);
    let outcome = match end {
        End::Lost => {
            tracing::warn!(run = %run.id, "the run's lease was lost; nothing more of it is stored");
            return;
        }
        End::Cancelled => Outcome {
            state: "cancelled".into(),
            ..Outcome::default()
        },
        End::Done(Ok(result)) => {
            reporter.complete();
            Outcome {
                state: "completed".into(),
                result,
                ..Outcome::default()
            }
        }
        End::Done(Err(failure)) => failed(&runs, &run, failure).await,
    };
    let _ = reporter.tell(&runs, true).await;
    log_end(&run, &outcome);
    finish(&runs, &run, &outcome).await;
    if outcome.retry_at.is_none() {
        let labels = RunLabels::new(&run.kind, estimate::is_full(&run), &outcome.state);
        runs.metrics
            .run_ended(&labels, started.elapsed(), reporter.files_processed());
    }
    runs.bells.runs.ring(run.id);
    runs.bells.runs.ring_work();
    runs.outgoing.notify_one();
}

/// What becomes of a run whose attempt failed: another attempt later, or the end.
async fn failed(runs: &Arc<Runs>, run: &Run, failure: Failure) -> Outcome {
    let mut outcome = Outcome {
        state: "failed".into(),
        result: failure.result,
        error: Some(failure.message),
        code: Some(failure.code),
        retry_at: None,
    };
    if !failure.is_retryable {
        return outcome;
    }
    if run.attempt >= MAX_ATTEMPTS {
        outcome.state = "dead".into();
        return outcome;
    }
    let pause = retry::pause(run.attempt, failure.retry_after);
    outcome.state = "retry_wait".into();
    outcome.retry_at = jiff::Timestamp::now()
        .checked_add(jiff::SignedDuration::try_from(pause).unwrap_or(jiff::SignedDuration::ZERO))
        .ok();
    let reason = outcome.error.as_deref().unwrap_or_default();
    let message = format!(
        "Attempt {} of {MAX_ATTEMPTS} failed: {reason}. Trying again in {:.0} s.",
        run.attempt,
        pause.as_secs_f64()
    );
    runs.log(run.id, message).await;
    // The runner looks by itself, too, but not as soon.
    let runs = Arc::clone(runs);
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        runs.bells.runs.ring_work();
    });
    outcome
}

async fn attempt(runs: &Arc<Runs>, run: &Run, reporter: &Arc<Reporter>, cancel: &CancellationToken) -> End {
    let context = RunContext::new(Arc::clone(runs), run.clone(), Arc::clone(reporter));
    // Should this attempt itself be dropped, the work goes with it.
    let mut work = AbortOnDropHandle::new(tokio::spawn(async move { perform(&context).await }));
    let mut tick = tokio::time::interval(TICK);
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + HEARTBEAT, HEARTBEAT);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = loop {
        let look = tokio::select! {
            ended = &mut work => return match ended {
                Ok(result) => End::Done(result),
                Err(panic) => End::Done(Err(panicked(run, panic))),
            },
            () = cancel.cancelled() => break End::Cancelled,
            // Progress that is not taken: the run is being cancelled, or is somebody else's.
            _ = tick.tick() => !reporter.tell(runs, false).await,
            _ = beat.tick() => true,
        };
        if !look {
            continue;
        }
        match runs.store.run_heartbeat(run.id, run.fence, LEASE).await {
            Ok(Beat::Go) => {}
            Ok(Beat::Cancelling) => break End::Cancelled,
            Ok(Beat::Lost) => break End::Lost,
            // The lease is long enough for another try.
            Err(error) => tracing::warn!(run = %run.id, %error, "no heartbeat"),
        }
    };
    // Dropping the work is what stops it: children die with it, transactions roll back.
    work.abort();
    let _ = work.await;
    end
}

async fn perform(context: &RunContext) -> Result<Value, Failure> {
    match context.run.kind.as_str() {
        super::REPOSITORY => index::index(context).await,
        entries::SOURCE => entries::sync(context).await,
        entries::PREVIEW => entries::preview(context).await,
        releases::RELEASE => releases::sync(context).await,
        releases::RELEASES => releases::sync_all(context).await,
        #[cfg(test)]
        PANICKING => panic!("on purpose"),
        other => Err(Failure::new(
            "unknown_kind",
            format!("runs of kind {other:?} are not known"),
        )),
    }
}

fn panicked(run: &Run, error: tokio::task::JoinError) -> Failure {
    let said = match error.try_into_panic() {
        Ok(panic) => panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default(),
        Err(error) => error.to_string(),
    };
    tracing::error!(run = %run.id, panic = said, "a run panicked");
    Failure::new(
        "panic",
        "the run stopped because of an error in the hub itself; its log says more",
    )
}

fn log_end(run: &Run, outcome: &Outcome) {
    let (id, state) = (run.id, outcome.state.as_str());
    match &outcome.error {
        Some(error) => tracing::warn!(run = %id, state, code = outcome.code, error, "run ended"),
        None => tracing::info!(run = %id, state, "run ended"),
    }
}

/// The status of the connection first: who sees the run's end must not see `syncing` any more.
async fn finish(runs: &Runs, run: &Run, outcome: &Outcome) {
    for _ in 0..FINISH_ATTEMPTS {
        let ended = Run {
            state: outcome.state.clone(),
            error: outcome.error.clone(),
            code: outcome.code.clone(),
            ..run.clone()
        };
        let stored = async {
            settle_connection(&runs.store, &ended).await?;
            runs.store.run_finish(run.id, run.fence, outcome).await
        };
        match stored.await {
            Ok(true) => return,
            Ok(false) => {
                tracing::warn!(run = %run.id, "the run was over already");
                return;
            }
            Err(error) => {
                tracing::error!(run = %run.id, %error, "the run's end can't be stored; trying again");
            }
        }
        tokio::time::sleep(FINISH_PAUSE).await;
    }
}

/// Gives a connection the status that the end of its run means.
pub(super) async fn settle_connection(store: &Store, run: &Run) -> Result<(), StoreError> {
    if ![super::REPOSITORY, entries::SOURCE, releases::RELEASE].contains(&run.kind.as_str()) {
        return Ok(());
    }
    let Some(connection) = store.connection(run.org, &run.target).await? else {
        return Ok(());
    };
    let now = jiff::Timestamp::now().to_string();
    let (status, message, extracted_at) = match (run.state.as_str(), run.code.as_deref()) {
        ("completed", _) => ("completed", None, Some(now.as_str())),
        // It goes on.
        ("retry_wait", _) => (super::SYNCING, run.error.as_deref(), None),
        ("cancelled", _) if connection.connection.last_extracted_at.is_some() => ("completed", None, None),
        ("cancelled", _) => ("pending", None, None),
        (_, Some(metasync_protocol::error::codes::HELD_BACK)) => ("held", run.error.as_deref(), None),
        _ => ("failed", run.error.as_deref(), None),
    };
    store
        .set_connection_status(run.org, connection.connection.id, status, message, extracted_at)
        .await
}
