//! Which edges of a page belong to no bundle: those between two connections (sync-protocol.md,
//! "Model"). They look like any other edge, so that they are told by where their ends lie; and as a
//! bundle may hold such an edge too (a hub that does not part them), its own hash has the last word.

use std::collections::{HashMap, HashSet};

use metasync_protocol::{Compact, DependencyRow, LineageRow, SyncPackage, bundle::compact_hash};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// The edges of one page that stand by themselves, though their object is on the page.
#[derive(Default)]
pub struct Pairs {
    ids: HashSet<Uuid>,
}

impl Pairs {
    /// Finds them. With a single connection there are none, and it costs nothing.
    pub fn on(tx: &Connection, page: &SyncPackage) -> rusqlite::Result<Pairs> {
        let connections: i64 = tx
            .prepare_cached("SELECT count(*) FROM connections")?
            .query_row([], |row| row.get(0))?;
        let mut found = Pairs::default();
        if connections < 2 {
            return Ok(found);
        }
        let mut homes = Homes {
            tx,
            known: page
                .metadata
                .objects
                .iter()
                .map(|o| (o.id, Some(o.connection_id)))
                .collect(),
        };
        let owners: HashMap<Uuid, Uuid> = page
            .metadata
            .objects
            .iter()
            .map(|o| (o.id, o.connection_id))
            .collect();
        let mut suspects: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for edge in &page.metadata.dependencies {
            if let (Some(home), Some(other)) = (owners.get(&edge.source_object_id), edge.target_object_id)
                && homes.of(other)?.is_some_and(|there| there != *home)
            {
                suspects.entry(edge.source_object_id).or_default().push(edge.id);
            }
        }
        for edge in &page.metadata.columns_lineage {
            if let (Some(home), Some(other)) = (owners.get(&edge.target_object_id), edge.source_object_id)
                && homes.of(other)?.is_some_and(|there| there != *home)
            {
                suspects.entry(edge.target_object_id).or_default().push(edge.id);
            }
        }
        let whole = bundles_with_all_edges(page, &suspects);
        for (object, edges) in suspects {
            if !whole.contains(&object) {
                found.ids.extend(edges);
            }
        }
        Ok(found)
    }

    /// Whether this dependency stands by itself.
    pub fn dependency(&self, edge: &DependencyRow) -> bool {
        self.ids.contains(&edge.id)
    }

    /// Whether this lineage edge stands by itself.
    pub fn lineage(&self, edge: &LineageRow) -> bool {
        self.ids.contains(&edge.id)
    }
}

/// The connections of objects, from the page or from the cache.
struct Homes<'c> {
    tx: &'c Connection,
    known: HashMap<Uuid, Option<Uuid>>,
}

impl Homes<'_> {
    fn of(&mut self, object: Uuid) -> rusqlite::Result<Option<Uuid>> {
        if let Some(home) = self.known.get(&object) {
            return Ok(*home);
        }
        let home = self
            .tx
            .prepare_cached(
                "SELECT c.id FROM ids i JOIN objects o ON o.key = i.key JOIN connections c ON c.key = o.connection
                 WHERE i.id = ?1",
            )?
            .query_row([object.as_bytes()], |row| crate::rows::uuid(row, 0))
            .optional()?;
        self.known.insert(object, home);
        Ok(home)
    }
}

/// The objects whose hash covers all edges of the page that begin (or, lineage, end) there.
fn bundles_with_all_edges(page: &SyncPackage, suspects: &HashMap<Uuid, Vec<Uuid>>) -> HashSet<Uuid> {
    if suspects.is_empty() {
        return HashSet::new();
    }
    let mut owned: HashMap<Uuid, Compact> = suspects.keys().map(|id| (*id, Compact::default())).collect();
    for c in &page.metadata.columns {
        if let Some(bundle) = owned.get_mut(&c.object_id) {
            bundle
                .columns
                .push((c.name.clone(), c.data_type.clone(), c.description.clone()));
        }
    }
    for d in &page.metadata.dependencies {
        if let Some(bundle) = owned.get_mut(&d.source_object_id) {
            bundle.dependencies.push((
                d.target_object_id,
                d.target_name.clone(),
                d.dependency_type.clone(),
            ));
        }
    }
    for l in &page.metadata.columns_lineage {
        if let Some(bundle) = owned.get_mut(&l.target_object_id) {
            bundle.lineage.push((
                l.source_object_id,
                l.source_name.clone(),
                l.source_column.clone(),
                l.target_column.clone(),
                l.transformation.clone(),
            ));
        }
    }
    page.metadata
        .objects
        .iter()
        .filter(|o| {
            owned
                .get(&o.id)
                .is_some_and(|all| compact_hash(o, all) == o.row_hash)
        })
        .map(|o| o.id)
        .collect()
}
