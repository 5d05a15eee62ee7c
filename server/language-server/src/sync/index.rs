//! Local mode: before it pulls, a sync asks the embedded hub to index the workspace.

use std::time::Duration;

use metasync_client::{Client, ClientError};
use metasync_protocol::repositories::{Job, SyncRequest};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::progress::Outlook;

/// Between two looks at a job, at first; it doubles up to [`LONGEST_LOOK`].
const FIRST_LOOK: Duration = Duration::from_millis(5);
/// The longest time between two looks.
const LONGEST_LOOK: Duration = Duration::from_millis(200);
/// Percent of a local sync that the index run takes.
pub const INDEX_SHARE: u32 = 60;

/// Asks for an index run and waits for its end. A run that is active may have passed what changed
/// since: it is waited for, and another one asked for.
pub async fn index(
    client: &Client,
    connection: Uuid,
    full: bool,
    cancel: &CancellationToken,
    outlook: &mut Outlook,
) -> Result<Job, ClientError> {
    let repository = connection.to_string();
    let request = SyncRequest {
        full_reindex: full,
        incremental: !full,
        ..SyncRequest::default()
    };
    let job = loop {
        match client.trigger_index(&repository, &request).await {
            Ok(job) => break job,
            Err(ClientError::AlreadyRunning {
                job_id: Some(job), ..
            }) => {
                wait(client, &repository, job, cancel, outlook).await?;
            }
            Err(error) => return Err(error),
        }
        if cancel.is_cancelled() {
            return Err(ClientError::BadAnswer {
                what: "cancelled".to_owned(),
            });
        }
    };
    wait(client, &repository, job.job_id, cancel, outlook).await
}

async fn wait(
    client: &Client,
    repository: &str,
    job: Uuid,
    cancel: &CancellationToken,
    outlook: &mut Outlook,
) -> Result<Job, ClientError> {
    let mut look = FIRST_LOOK;
    loop {
        let state = client.job(repository, job).await?;
        let p = &state.progress;
        outlook.report(0, INDEX_SHARE, p.percentage / 100.0, || {
            format!("reading {} of {} files", p.files_processed, p.files_total)
        });
        if state.is_final() {
            return Ok(state);
        }
        tokio::select! {
            () = tokio::time::sleep(look) => {}
            () = cancel.cancelled() => {
                client.cancel_job(repository, job).await?;
                look = FIRST_LOOK;
            }
        }
        look = (look * 2).min(LONGEST_LOOK);
    }
}
