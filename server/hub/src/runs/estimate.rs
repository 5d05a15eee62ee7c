//! When a run will be done: from the target's own history, never from a constant (runs.md).

use jiff::{SignedDuration, Timestamp};
use metasync_protocol::repositories::SyncRequest;
use metasync_store::{Run, Store};

/// How many earlier runs are looked at.
const HISTORY: u32 = 20;

/// When the run will be done, as RFC 3339 text; `None` without history.
pub(crate) async fn of(store: &Store, run: &Run) -> Option<String> {
    let history = store
        .runs(run.org, Some(&run.kind), Some(&run.target), HISTORY)
        .await
        .inspect_err(|error| tracing::warn!(%error, "no estimate"))
        .ok()?;
    completion(run, &history).map(|at| at.to_string())
}

fn completion(run: &Run, history: &[Run]) -> Option<Timestamp> {
    let full = is_full(run);
    let done: Vec<&Run> = history.iter().filter(|r| r.state == "completed").collect();
    let mut alike: Vec<&Run> = done.iter().copied().filter(|r| is_full(r) == full).collect();
    if alike.is_empty() {
        alike = done;
    }
    let files = run.progress.files_total;
    let mut seconds: Vec<f64> = alike
        .iter()
        .filter_map(|r| {
            let taken = duration(r)?.as_secs_f64();
            let counted = r.progress.files_total;
            // Scaled by the number of files where both are known.
            Some(if files > 0 && counted > 0 {
                taken / counted as f64 * files as f64
            } else {
                taken
            })
        })
        .collect();
    seconds.sort_unstable_by(f64::total_cmp);
    let median = *seconds.get(seconds.len() / 2)?;
    let begun: Timestamp = run.started_at.as_ref().unwrap_or(&run.created_at).parse().ok()?;
    begun
        .checked_add(SignedDuration::try_from_secs_f64(median).ok()?)
        .ok()
}

fn duration(run: &Run) -> Option<SignedDuration> {
    let begun: Timestamp = run.started_at.as_ref()?.parse().ok()?;
    let ended: Timestamp = run.finished_at.as_ref()?.parse().ok()?;
    Some(ended.duration_since(begun))
}

/// Whether a run reads everything again.
pub(super) fn is_full(run: &Run) -> bool {
    serde_json::from_value::<SyncRequest>(run.options.clone()).is_ok_and(|o| o.full_reindex || !o.incremental)
}
