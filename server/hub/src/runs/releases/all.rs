//! All active releases, one after the other; one that fails does not stop the others.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use metasync_store::{Enqueued, Run};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::context::{Failure, RunContext},
    Release, ReleaseResult,
    start::Options,
};

/// How long one release may take before the next one is begun without knowing how it ended.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// What is done already, for an attempt after the hub was killed.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Checkpoint {
    since: Option<Timestamp>,
    done: BTreeSet<Uuid>,
    failed: Vec<String>,
}

/// The run; its result is a [`ReleaseResult`] with the releases that failed.
pub(in crate::runs) async fn sync_all(context: &RunContext) -> Result<Value, Failure> {
    let runs = &context.runs;
    let checkpoint = context.run.checkpoint.clone().unwrap_or_default();
    let mut checkpoint: Checkpoint = serde_json::from_value(checkpoint).unwrap_or_default();
    let since = *checkpoint.since.get_or_insert_with(Timestamp::now);
    let options = Options {
        parent: Some(context.run.id),
        since: Some(since),
    };
    let due: Vec<Release> = runs.releases.due().map(|(release, _)| release.clone()).collect();
    for (nth, release) in due.iter().enumerate() {
        context.reporter.percentage(nth as f64 * 100.0 / due.len() as f64);
        if checkpoint.done.contains(&release.connection) {
            continue;
        }
        if let Some(why) = one(context, release, &options).await? {
            let why = format!("{}: {why}", release.name);
            context.log(format!("Sync failed for {why}")).await;
            checkpoint.failed.push(why);
        }
        checkpoint.done.insert(release.connection);
        let value = serde_json::to_value(&checkpoint).unwrap_or_default();
        runs.store
            .run_checkpoint(context.run.id, context.run.fence, &value)
            .await?;
    }
    let failed = checkpoint.failed.len();
    let reasons = checkpoint.failed.join("; ");
    let result = serde_json::to_value(ReleaseResult {
        failed: checkpoint.failed,
        ..ReleaseResult::default()
    })
    .unwrap_or_default();
    if failed == due.len() && failed > 0 {
        return Err(Failure {
            result,
            ..Failure::new(
                "all_failed",
                format!("none of the {failed} releases could be synced: {reasons}"),
            )
        });
    }
    Ok(result)
}

/// Syncs one; why it failed.
async fn one(context: &RunContext, release: &Release, options: &Options) -> Result<Option<String>, Failure> {
    let (runs, run) = (&context.runs, &context.run);
    let queued = runs
        .queue_release(release, &run.user, &run.cause, options)
        .await?;
    let child = match queued {
        Enqueued::New(child) => child,
        Enqueued::Active(child) => {
            let is_own = child.options.get("parent") == Some(&run.id.to_string().into());
            if !is_own {
                let name = &release.name;
                context
                    .log(format!(
                        "Release {name} is being synced already: waiting for job {}",
                        child.id
                    ))
                    .await;
            }
            child
        }
    };
    let ended = runs.ended(release.org, child.id, PATIENCE).await?;
    Ok(match ended {
        Some(child) if child.state == "completed" => None,
        Some(child) if !child.is_final() => Some(format!("it takes longer than {} s", PATIENCE.as_secs())),
        ended => Some(why(ended)),
    })
}

fn why(run: Option<Run>) -> String {
    let run = run.filter(|run| run.error.is_some() || run.state == "cancelled");
    run.and_then(|run| run.error)
        .unwrap_or_else(|| "it was cancelled".to_owned())
}
