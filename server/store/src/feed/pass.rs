//! A page for a client with a cursor: it walks the streams in order (sync-protocol.md, "Page rules").

use metasync_protocol::{PROTOCOL, SCHEMA, SyncMetadata};

use super::{
    Budget, PageAnswer, PageRequest,
    cursor::Cursor,
    points, read,
    rows::Rows,
    scope::{Held, Scope},
};
use crate::{Store, clock, database::Scope as RowScope, error::Result};

impl Store {
    /// The page after a cursor, or the first one.
    pub(super) async fn pass_page(
        &self,
        request: &PageRequest,
        cursor: Option<Cursor>,
    ) -> Result<PageAnswer> {
        let incremental = cursor.is_some();
        let before = cursor.as_ref().map_or(0, |c| c.point);
        let held = cursor.map_or(Held::Nothing, |c| Held::Exactly(c.positions));

        let mut tx = self.database().read(RowScope::Org(request.org)).await?;
        let Some(mut scope) = Scope::of(&mut tx, request, held).await? else {
            return Ok(PageAnswer::ResyncRequired { reason: "expired" });
        };
        let mut budget = Budget::new(request, scope.served.len());
        let mut rows = Rows::of(request.form);
        for served in &mut scope.served {
            if served.pos >= served.stream.head {
                continue;
            }
            let end = read::measure(&mut tx, served, &mut budget).await?;
            read::range(&mut tx, served, end, &mut rows).await?;
            served.pos = end;
            if end < served.stream.head {
                break;
            }
        }
        let checkpoint = scope.is_complete();
        let known = match checkpoint {
            true => points::find(&mut tx, request.org, &scope).await?,
            false => Some(before),
        };
        tx.commit().await?;
        // After the snapshot is given back: the writer may be waited for.
        let point = match known {
            Some(point) => point,
            None => points::add(self.database(), request.org, &scope).await?,
        };
        let cursor = Cursor::new(request.org, &request.user, self.epoch(), point, scope.positions());
        let sync = self.sync_metadata(request, &scope, &rows, &cursor, point, incremental, checkpoint);
        Ok(PageAnswer::Page(rows.finish(sync)))
    }

    /// What stands on a page beside its rows.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn sync_metadata(
        &self,
        request: &PageRequest,
        scope: &Scope,
        rows: &Rows,
        cursor: &Cursor,
        point: u64,
        incremental: bool,
        checkpoint: bool,
    ) -> SyncMetadata {
        let (object_count, file_count) = rows.counts();
        SyncMetadata {
            organization_id: request.org,
            connection_ids: scope.connections.clone(),
            object_count,
            file_count,
            timestamp: clock::micros_text(point.cast_signed()),
            incremental,
            protocol: PROTOCOL,
            cursor: cursor.encode(&self.cursor_keys()),
            has_more: !checkpoint,
            epoch: self.epoch(),
            schema: SCHEMA,
            reset_connections: scope.reset.iter().copied().collect(),
            removed_connections: scope.removed.iter().copied().collect(),
            streams: scope.served.iter().map(|s| s.state(checkpoint)).collect(),
        }
    }
}
