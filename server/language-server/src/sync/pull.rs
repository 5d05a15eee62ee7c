//! Pages from the hub into the cache: the next page is on its way while this one is applied, and
//! rows and cursor move together, so that an end at any moment leaves a copy to go on from.

use std::{sync::Arc, time::Duration};

use metasync_cache::{Applied, Cache, CacheError};
use metasync_client::{Client, ClientError, PackageAnswer};
use metasync_protocol::{Page, package::PackageQuery};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    answer::{SyncError, Tally},
    progress::Outlook,
};

/// Objects per page, and bytes of its uncompressed form: large enough that the round trip does not
/// count, small enough that two pages in memory (one applied, one on its way) stay a few megabytes
/// and a hover never waits for the writer.
const PAGE_OBJECTS: i64 = 1_000;
const PAGE_BYTES: i64 = 4 * 1024 * 1024;
/// Times that another process may move the cursor under us before we let it have its way.
const MAX_SUPERSEDED: u32 = 20;
/// Times that a busy hub is waited for within one sync.
const MAX_BUSY: u32 = 5;

/// The longest that a busy hub is waited for within a sync; it may ask for more until the next one.
const MAX_BUSY_WAIT: Duration = Duration::from_secs(20);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The organization as it stands in paths.
    pub organization: String,
    /// The connections in use.
    pub connections: Vec<Uuid>,
    /// Sent with each pull.
    pub session: Option<Uuid>,
}

/// How a pull ended.
#[derive(Debug)]
pub enum Pulled {
    /// The copy stands at a checkpoint.
    Checkpoint {
        /// What came.
        tally: Tally,
        /// The organization, as the hub says; `None` where nothing had changed.
        organization: Option<Uuid>,
    },
    /// The copy can't be brought up to date: build another beside it.
    Rebuild {
        /// Why, for the log.
        why: String,
    },
    /// The copy does not add up at the checkpoint.
    Mismatch {
        /// What differs.
        connections: Vec<Uuid>,
        /// It happened within the last day already.
        repeated: bool,
    },
}

/// Pulls until the checkpoint. `from` and `to` are the percentages that this work takes.
pub async fn pull(
    client: &Client,
    scope: &Scope,
    cache: &Arc<Mutex<Cache>>,
    cancel: &CancellationToken,
    outlook: &mut Outlook,
    (from, to): (u32, u32),
) -> Result<Pulled, SyncError> {
    let mut tally = Tally::default();
    let mut superseded = 0;
    let mut received = 0;
    'again: loop {
        let position = cache.lock().position()?;
        let mut cursor = position.cursor;
        // only the first request may be answered "nothing changed"
        let mut answer = match ask(client, scope, cursor.as_deref(), position.etag.as_deref(), cancel).await {
            Err(SyncError::Client(ClientError::InvalidCursor)) => {
                return Ok(Pulled::Rebuild {
                    why: "the hub refused the cursor".to_owned(),
                });
            }
            Err(SyncError::Client(ClientError::ResyncRequired { detail })) => {
                return Ok(Pulled::Rebuild { why: detail });
            }
            other => other?,
        };
        loop {
            let PackageAnswer::Page { page, etag, .. } = answer else {
                return Ok(Pulled::Checkpoint {
                    tally,
                    organization: None,
                });
            };
            let sync = page.sync_metadata();
            let (more, next, organization) = (sync.has_more, sync.cursor.clone(), sync.organization_id);
            let total: u64 = sync.streams.iter().map(|s| s.rows).sum();
            received += sync.file_count + sync.object_count;
            let applying = apply(cache.clone(), page, etag, cursor);
            let (applied, following) = if more {
                let following = ask(client, scope, Some(&next), None, cancel);
                let (applied, following) = tokio::join!(applying, following);
                (applied?, Some(following))
            } else {
                (applying.await?, None)
            };
            match applied {
                Applied::Done(counts) => {
                    tally.objects += counts.objects;
                    tally.columns += counts.columns;
                    tally.deleted += counts.deleted;
                    tally.pages += 1;
                }
                Applied::Superseded => {
                    superseded += 1;
                    if superseded > MAX_SUPERSEDED {
                        return Ok(Pulled::Checkpoint {
                            tally,
                            organization: None,
                        });
                    }
                    continue 'again;
                }
                Applied::Mismatch {
                    connections,
                    repeated,
                    ..
                } => {
                    return Ok(Pulled::Mismatch {
                        connections,
                        repeated,
                    });
                }
            }
            outlook.report(from, to, received as f64 / total.max(1) as f64, || {
                format!("{received} of {} rows", total.max(received))
            });
            let Some(following) = following else {
                return Ok(Pulled::Checkpoint {
                    tally,
                    organization: Some(organization),
                });
            };
            cursor = Some(next);
            answer = match following {
                Err(SyncError::Client(ClientError::ResyncRequired { detail })) => {
                    return Ok(Pulled::Rebuild { why: detail });
                }
                other => other?,
            };
        }
    }
}

async fn ask(
    client: &Client,
    scope: &Scope,
    cursor: Option<&str>,
    etag: Option<&str>,
    cancel: &CancellationToken,
) -> Result<PackageAnswer, SyncError> {
    let query = PackageQuery {
        connection_ids: Some(scope.connections.iter().map(Uuid::to_string).collect()),
        include_documentation: true,
        limit: Some(PAGE_OBJECTS),
        max_bytes: Some(PAGE_BYTES),
        cursor: cursor.map(str::to_owned),
        protocol: Some(metasync_protocol::PROTOCOL),
        ..PackageQuery::default()
    };
    for _ in 0..MAX_BUSY {
        let request = client.package(&scope.organization, &query, etag, scope.session);
        let wait = tokio::select! {
            answer = request => match answer {
                Err(ClientError::Busy { retry_after }) if retry_after <= MAX_BUSY_WAIT => retry_after,
                answer => return Ok(answer?),
            },
            () = cancel.cancelled() => return Err(SyncError::Cancelled),
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = cancel.cancelled() => return Err(SyncError::Cancelled),
        }
    }
    Ok(client
        .package(&scope.organization, &query, etag, scope.session)
        .await?)
}

async fn apply(
    cache: Arc<Mutex<Cache>>,
    page: Page,
    etag: Option<String>,
    expected: Option<String>,
) -> Result<Applied, CacheError> {
    let path = cache.lock().path().to_owned();
    let applying =
        tokio::task::spawn_blocking(move || cache.lock().apply(&page, etag.as_deref(), expected.as_deref()));
    match applying.await {
        Ok(applied) => applied,
        Err(panic) => Err(CacheError::Failed {
            path,
            why: format!("applying a page broke: {panic}"),
        }),
    }
}
