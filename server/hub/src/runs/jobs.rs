//! A run as seed 004 shows it: a job.

use metasync_protocol::repositories::{Job, JobResult};
use metasync_store::Run;
use serde_json::Value;
use uuid::Uuid;

/// Member of a run's checkpoint that counts fetched commits, over all attempts.
pub(super) const COMMITS_PULLED: &str = "commits_pulled";

/// The job that a run is.
pub(crate) fn job(run: &Run, estimated_completion: Option<String>) -> Job {
    let result: Option<JobResult> = run
        .result
        .as_ref()
        .filter(|r| !r.is_null())
        .and_then(|r| serde_json::from_value(r.clone()).ok());
    let from_checkpoint = run
        .checkpoint
        .as_ref()
        .and_then(|c| c.get(COMMITS_PULLED))
        .and_then(Value::as_u64);
    let pulled_commit_count = result.as_ref().map(|r| r.commits_pulled).or(from_checkpoint);
    Job {
        job_id: run.id,
        status: status(&run.state).to_owned(),
        repository_id: Uuid::parse_str(&run.target).unwrap_or_default(),
        created_at: run.created_at.clone(),
        estimated_completion: if run.is_final() {
            run.finished_at.clone()
        } else {
            estimated_completion
        },
        progress: run.progress.clone(),
        options: serde_json::from_value(run.options.clone()).unwrap_or_default(),
        pulled_commit_count,
        result,
        error: run.error.clone(),
        code: run.code.clone(),
    }
}

/// The seed's word for a state of the engine.
fn status(state: &str) -> &str {
    match state {
        "retry_wait" => "queued",
        "cancelling" => "running",
        "dead" => "failed",
        other => other,
    }
}
