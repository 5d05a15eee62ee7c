//! Answers from the cache that editor commands and the command line share: search, lineage,
//! history. Offline, and the same words for both.

pub mod facts;
pub mod lineage;
pub mod search;

use metasync_cache::{CacheError, Lookup, ObjectHit, Reader};

/// The object that a person means by a name: a short or full name, `source.table`, or a path.
pub fn named(reader: &Reader, name: &str) -> Result<Option<ObjectHit>, CacheError> {
    if let Ok(id) = name.parse() {
        return reader.object(id);
    }
    let mut hits = reader.find(&Lookup::Name(name.to_owned()))?;
    if hits.is_empty() {
        let parts = name.split('.').map(str::to_owned).collect();
        hits = reader.find(&Lookup::Table { parts })?;
    }
    if hits.is_empty() && name.contains('/') {
        hits = reader.find(&Lookup::Path {
            relative_path: name.to_owned(),
        })?;
    }
    Ok(hits.into_iter().next())
}
