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

/// Edges of one object that may stand by themselves.
#[derive(Default)]
struct Suspects {
    /// The other end is in another connection.
    elsewhere: HashSet<Uuid>,
    /// The other end is not known here (yet).
    nowhere: HashSet<Uuid>,
}

impl Pairs {
    /// Finds them. With a single connection there are none, and it costs nothing.
    pub fn on(tx: &Connection, page: &SyncPackage) -> rusqlite::Result<Pairs> {
        let here: i64 = tx
            .prepare_cached("SELECT count(*) FROM connections")?
            .query_row([], |row| row.get(0))?;
        if here < 2 && page.sync_metadata.connection_ids.len() < 2 {
            return Ok(Pairs::default());
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
        let mut suspects: HashMap<Uuid, Suspects> = HashMap::new();
        let dependencies = page
            .metadata
            .dependencies
            .iter()
            .map(|d| (d.id, d.source_object_id, d.target_object_id));
        let lineage = page
            .metadata
            .columns_lineage
            .iter()
            .map(|l| (l.id, l.target_object_id, l.source_object_id));
        for (edge, owner, other) in dependencies.chain(lineage) {
            let (Some(home), Some(other)) = (owners.get(&owner), other) else {
                continue;
            };
            match homes.of(other)? {
                Some(there) if there == *home => {}
                Some(_) => {
                    suspects.entry(owner).or_default().elsewhere.insert(edge);
                }
                None => {
                    suspects.entry(owner).or_default().nowhere.insert(edge);
                }
            }
        }
        Ok(Pairs {
            ids: judge(page, &suspects),
        })
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

/// Which suspects do not belong to their object's bundle, by the bundle's hash.
fn judge(page: &SyncPackage, suspects: &HashMap<Uuid, Suspects>) -> HashSet<Uuid> {
    let mut found = HashSet::new();
    if suspects.is_empty() {
        return found;
    }
    let none = HashSet::new();
    let whole = bundles(page, suspects, &none);
    let all: HashSet<Uuid> = suspects
        .values()
        .flat_map(|s| s.elsewhere.iter().chain(&s.nowhere))
        .copied()
        .collect();
    let bare = bundles(page, suspects, &all);
    for object in &page.metadata.objects {
        let Some(suspects) = suspects.get(&object.id) else {
            continue;
        };
        let is = |owned: &HashMap<Uuid, Compact>| {
            owned
                .get(&object.id)
                .is_some_and(|owned| compact_hash(object, owned) == object.row_hash)
        };
        if is(&whole) {
            continue;
        }
        found.extend(&suspects.elsewhere);
        if is(&bare) {
            found.extend(&suspects.nowhere);
        }
    }
    found
}

/// What these objects own on the page, without some edges.
fn bundles(
    page: &SyncPackage,
    of: &HashMap<Uuid, Suspects>,
    without: &HashSet<Uuid>,
) -> HashMap<Uuid, Compact> {
    let mut owned: HashMap<Uuid, Compact> = of.keys().map(|id| (*id, Compact::default())).collect();
    for c in &page.metadata.columns {
        if let Some(bundle) = owned.get_mut(&c.object_id) {
            bundle
                .columns
                .push((c.name.clone(), c.data_type.clone(), c.description.clone()));
        }
    }
    for d in page
        .metadata
        .dependencies
        .iter()
        .filter(|d| !without.contains(&d.id))
    {
        if let Some(bundle) = owned.get_mut(&d.source_object_id) {
            bundle.dependencies.push((
                d.target_object_id,
                d.target_name.clone(),
                d.dependency_type.clone(),
            ));
        }
    }
    for l in page
        .metadata
        .columns_lineage
        .iter()
        .filter(|l| !without.contains(&l.id))
    {
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
    owned
}
