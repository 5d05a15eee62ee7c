//! Branches that change their part: what was a branch beside the connection's own may become that.

use metasync_store::{Batch, Footprints, StoredConnection};
use serde_json::Value;

use super::{
    super::context::{Failure, RunContext},
    rows::Rows,
};

/// Facts of the connection's own branch bear no branch. Those that were kept of the same branch while it
/// was another one would stand there twice, and are taken away.
pub(super) async fn merge_into_own(
    context: &RunContext,
    connection: &StoredConnection,
    branch: &str,
) -> Result<(), Failure> {
    let (store, org, id) = (&context.runs.store, context.run.org, connection.connection.id);
    let state = store.index_state(org, id, branch).await?;
    if state.is_none_or(|state| state.is_null()) {
        return Ok(());
    }
    let rows = Rows {
        connection: id,
        branch: Some(branch),
    };
    let files = store.live_files(org, id, rows.branch).await?;
    let objects = store.live_objects(org, id, rows.branch).await?;
    let batch = Batch {
        deleted_files: files.iter().map(|f| f.id).collect(),
        deleted_objects: objects.iter().map(|o| o.id).collect(),
        footprints: Footprints {
            branch: branch.to_owned(),
            files: files.iter().map(|f| (f.id, None)).collect(),
        },
        index_state: Some((branch.to_owned(), Value::Null)),
        ..Batch::default()
    };
    let committed = store.batch_commit(org, id, &context.run, batch).await?;
    if committed.changed > 0 {
        context.runs.bells.heads.ring(org, id, &committed.heads);
    }
    context
        .log(format!(
            "{branch} is the default branch now; what was kept of it beside is merged"
        ))
        .await;
    Ok(())
}
