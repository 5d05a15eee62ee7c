//! The full audit: every row is hashed again and compared with the hash that came with it, and the
//! sums with the counters. Its time grows with the catalogue; it is a command, not a habit.

use std::collections::BTreeMap;

use metasync_protocol::{Channel, RowHash, bundle::compact_hash};
use uuid::Uuid;

use crate::{
    CacheError, Reader,
    apply::counters::{Counter, StreamKey, load},
    open::quick_check,
    rows,
};

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audit {
    /// Rows that were hashed.
    pub rows: u64,
    /// Rows whose content is not what came: kind and id.
    pub wrong_rows: Vec<(&'static str, Uuid)>,
    /// Connections whose counters do not fit their rows.
    pub wrong_streams: Vec<(Uuid, Channel)>,
}

impl Audit {
    /// Whether all is well.
    pub fn is_clean(&self) -> bool {
        self.wrong_rows.is_empty() && self.wrong_streams.is_empty()
    }
}

type PairSums = BTreeMap<(Uuid, Uuid), Counter>;
type Sums = BTreeMap<(Uuid, Channel), Counter>;

impl Reader {
    /// Hashes everything again. An error means that the file can't even be read.
    pub fn audit(&self) -> Result<Audit, CacheError> {
        self.check()?;
        self.query(|c| {
            let mut audit = Audit::default();
            let mut sums = Sums::new();
            rows::files(c, &mut |mut row| {
                let (id, connection, told) = (row.id, row.connection_id, row.row_hash);
                row.seal();
                audit.note("file", id, row.row_hash == told);
                sums.note(connection, Channel::Core, told);
                Ok(())
            })?;
            rows::objects(c, &mut |object, owned| {
                audit.note(
                    "object",
                    object.id,
                    compact_hash(&object, &owned) == object.row_hash,
                );
                sums.note(object.connection_id, Channel::Core, object.row_hash);
                Ok(())
            })?;
            rows::documentation(c, &mut |mut row| {
                let (id, connection, told) = (row.id, row.connection_id, row.row_hash);
                row.seal();
                audit.note("documentation", id, row.row_hash == told);
                sums.note(connection, Channel::Documentation, told);
                Ok(())
            })?;
            let mut edges = PairSums::new();
            rows::pair_dependencies(c, &mut |mut row| {
                let told = row.pair;
                if let Some(pair) = told {
                    row.seal(pair.connection_id, pair.other_connection_id);
                }
                audit.note("dependency", row.id, row.pair == told);
                if let Some(pair) = told {
                    let ends = (pair.connection_id, pair.other_connection_id);
                    edges.entry(ends).or_default().add(pair.row_hash);
                }
                Ok(())
            })?;
            rows::pair_lineage(c, &mut |mut row| {
                let told = row.pair;
                if let Some(pair) = told {
                    row.seal(pair.connection_id, pair.other_connection_id);
                }
                audit.note("lineage", row.id, row.pair == told);
                if let Some(pair) = told {
                    let ends = (pair.connection_id, pair.other_connection_id);
                    edges.entry(ends).or_default().add(pair.row_hash);
                }
                Ok(())
            })?;
            let mut connections = c.prepare("SELECT key, id FROM connections ORDER BY id")?;
            let all: Vec<(i64, Uuid)> = connections
                .query_map([], |row| Ok((row.get(0)?, rows::uuid(row, 1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            for (key, id) in &all {
                for channel in [Channel::Core, Channel::Documentation] {
                    let counted = sums.get(&(*id, channel)).copied().unwrap_or_default();
                    if load(c, StreamKey::own(*key, channel))? != counted {
                        audit.wrong_streams.push((*id, channel));
                    }
                }
            }
            let keys: BTreeMap<Uuid, i64> = all.iter().map(|(key, id)| (*id, *key)).collect();
            for ((one, other), counted) in edges {
                let (Some(a), Some(b)) = (keys.get(&one), keys.get(&other)) else {
                    continue;
                };
                if load(c, StreamKey::pair(*a, *b))? != counted {
                    audit.wrong_streams.push((one, Channel::Pair));
                }
            }
            Ok(audit)
        })
    }

    /// SQLite's own check of the file's structure; faster than the audit, and blind to content.
    pub fn check(&self) -> Result<(), CacheError> {
        let path = self.path().to_owned();
        self.with(|c| quick_check(&path, c))
    }
}

impl Audit {
    fn note(&mut self, kind: &'static str, id: Uuid, right: bool) {
        self.rows += 1;
        if !right {
            self.wrong_rows.push((kind, id));
        }
    }
}

trait Note {
    fn note(&mut self, connection: Uuid, channel: Channel, hash: RowHash);
}

impl Note for Sums {
    fn note(&mut self, connection: Uuid, channel: Channel, hash: RowHash) {
        self.entry((connection, channel)).or_default().add(hash);
    }
}
