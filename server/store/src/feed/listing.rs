//! Pages for a plain client of the seed, by timestamp and offset (sync-protocol.md, "No cursor").

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Budget, PageAnswer, PageRequest,
    cursor::{Cursor, Position},
    entries::{self, Entry},
    lists::{self, Head, ListStream},
    points,
    read::{self, Key, Kind},
    rows::Rows,
    scope::{Held, Scope},
};
use crate::{
    Store,
    database::{Scope as RowScope, Tx},
    error::Result,
};

/// Keys that are read at a time while a list is made.
const KEYS_PER_READ: u64 = 10_000;

impl Store {
    /// The page at offset 0: makes the list that the later ones read.
    pub(super) async fn first_of_list(
        &self,
        request: &PageRequest,
        at: Option<Timestamp>,
    ) -> Result<PageAnswer> {
        let epoch = self.epoch_now();
        let mut tx = self.database().read(RowScope::Org(request.org)).await?;
        let held = match at {
            None => Held::Nothing,
            Some(at) => points::held(&mut tx, request.org, at, epoch).await?,
        };
        let Some(mut scope) = Scope::of(&mut tx, request, held).await? else {
            return Ok(PageAnswer::ResyncRequired { reason: "expired" });
        };
        let keys = all_keys(&mut tx, &scope).await?;
        let entries = lay_out(keys, request, scope.served.len());
        let limit = Budget::new(request, 0).limit;
        let (page, later) = entries.split_at(entries.partition_point(|e| e.slot < limit));
        let mut rows = Rows::of(request.form);
        read::by_id(&mut tx, request.org, &ids(page), &mut rows).await?;
        let complete = later.is_empty();
        let known = points::find(&mut tx, request.org, &scope).await?;
        tx.commit().await?;

        let point = match known {
            Some(point) => point,
            None => points::add(self.database(), request.org, &scope).await?,
        };
        let head = Head {
            streams: scope
                .served
                .iter()
                .map(|s| ListStream {
                    number: s.stream.number,
                    init: s.init,
                    state: s.state(false),
                })
                .collect(),
            connections: scope.connections.clone(),
            point,
            epoch: epoch.id,
        };
        let lacking = entries::first_of_each_stream(later, Vec::new());
        let positions = positions_after(&head, &lacking);
        for (served, position) in scope.served.iter_mut().zip(&positions) {
            served.pos = position.pos;
        }
        let owner = lists::owner(request, at);
        lists::keep(self.database(), request.org, &owner, &head, &entries, limit).await?;
        let cursor = Cursor::new(
            request.org,
            &request.user,
            epoch.id,
            if complete { point } else { 0 },
            positions,
        );
        let sync = self.sync_metadata(request, &scope, &rows, &cursor, point, at.is_some(), complete);
        Ok(PageAnswer::Page(rows.finish(sync)))
    }

    /// A later page of a list; 410 without one.
    pub(super) async fn next_of_list(
        &self,
        request: &PageRequest,
        at: Option<Timestamp>,
        offset: u64,
    ) -> Result<PageAnswer> {
        let limit = Budget::new(request, 0).limit;
        let owner = lists::owner(request, at);
        let found = lists::find(self.database(), request.org, &owner, offset, limit).await?;
        let Some(found) = found.filter(|f| f.head.epoch == self.epoch()) else {
            return Ok(PageAnswer::ResyncRequired { reason: "expired" });
        };
        let end = offset.saturating_add(limit);
        let mut rows = Rows::of(request.form);
        let mut tx = self.database().read(RowScope::Org(request.org)).await?;
        let (page, lacking) = found.keys(&mut tx, request.org, offset, end).await?;
        read::by_id(&mut tx, request.org, &ids(&page), &mut rows).await?;
        tx.commit().await?;

        let (list, complete) = (found.head, lacking.is_empty());
        let cursor = Cursor::new(
            request.org,
            &request.user,
            list.epoch,
            if complete { list.point } else { 0 },
            positions_after(&list, &lacking),
        );
        let scope = Scope {
            served: Vec::new(),
            connections: list.connections,
            reset: Default::default(),
            removed: Default::default(),
            heads: Vec::new(),
        };
        let mut sync = self.sync_metadata(
            request,
            &scope,
            &rows,
            &cursor,
            list.point,
            at.is_some(),
            complete,
        );
        // The rows are those of now, the heads those of the list: no checksum goes with that.
        sync.streams = list.streams.into_iter().map(|s| s.state).collect();
        Ok(PageAnswer::Page(rows.finish(sync)))
    }
}

fn ids(entries: &[Entry]) -> Vec<(Kind, Uuid)> {
    entries.iter().map(|e| (e.kind, e.id)).collect()
}

/// All keys that the client lacks, with the number of their stream.
async fn all_keys(tx: &mut Tx, scope: &Scope) -> Result<Vec<(u64, Key)>> {
    let mut all = Vec::new();
    for served in &scope.served {
        let mut pos = served.pos;
        while pos < served.stream.head {
            let keys = read::keys(tx, served, pos, KEYS_PER_READ).await?;
            pos = match keys.last() {
                Some(last) if keys.len() as u64 == KEYS_PER_READ => last.seq,
                _ => served.stream.head,
            };
            all.extend(keys.into_iter().map(|key| (served.stream.number, key)));
        }
    }
    Ok(all)
}

/// Gives each key its slot. Objects come first, each right after its file, so that every page but
/// the last ones has `limit` of them; then what no object brings along, documentation and deletions.
fn lay_out(keys: Vec<(u64, Key)>, request: &PageRequest, streams: usize) -> Vec<Entry> {
    let (objects, others): (Vec<_>, Vec<_>) = keys
        .into_iter()
        .partition(|(_, key)| key.live && key.kind == Kind::Object);
    let mut files = HashMap::new();
    let mut rest = BTreeMap::new();
    for (place, entry) in others.into_iter().enumerate() {
        if entry.1.kind == Kind::File && entry.1.live {
            files.insert(entry.1.id, place);
        }
        rest.insert(place, entry);
    }

    let mut page = Budget::new(request, streams);
    let mut layout = Layout {
        entries: Vec::with_capacity(objects.len() + rest.len()),
        first_slot: 0,
        streams,
    };
    for object in objects {
        let file = object
            .1
            .file
            .and_then(|id| files.remove(&id))
            .and_then(|place| rest.remove(&place));
        if let Some(file) = file {
            layout.put(&file, &mut page);
        }
        layout.put(&object, &mut page);
    }
    for entry in rest.values() {
        layout.put(entry, &mut page);
    }
    layout.entries
}

struct Layout {
    entries: Vec<Entry>,
    /// Slot at which the current page begins.
    first_slot: u64,
    streams: usize,
}

impl Layout {
    fn put(&mut self, (stream, key): &(u64, Key), page: &mut Budget) {
        if !page.take(key.weight()) {
            *page = page.next_page(self.streams);
            self.first_slot += page.limit;
            page.take(key.weight());
        }
        // The nth object of a page has the nth slot; what is no object, that of the object before it.
        self.entries.push(Entry {
            slot: self.first_slot + page.objects.saturating_sub(1),
            kind: key.kind,
            id: key.id,
            stream: *stream,
            seq: key.seq,
        });
    }
}

/// Where a client stands that lacks this of each stream: before the first row that it lacks.
fn positions_after(list: &Head, lacking: &[(u64, u64)]) -> Vec<Position> {
    let first_lacking: HashMap<u64, u64> = lacking.iter().copied().collect();
    list.streams
        .iter()
        .map(|s| Position {
            stream: s.number,
            pos: match first_lacking.get(&s.number) {
                Some(seq) => seq - 1,
                None => s.state.head,
            },
            init: s.init,
        })
        .collect()
}
