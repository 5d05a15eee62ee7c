//! Lists for browsing: the objects of a connection page by page, the files of the workspace, and small facts
//! about one object that features ask for at every key.

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use super::hit::select;
use crate::{CacheError, ObjectHit, Reader, limits::BROWSE_MAX, rows};

/// A page of a connection's objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Browsed {
    /// The page, by type and name.
    pub objects: Vec<ObjectHit>,
    /// How many fit, on all pages.
    pub total: u64,
    /// How many there are of each type, whatever type was asked for.
    pub types: Vec<(String, u64)>,
}

/// What to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Browse {
    /// Id or name of the connection.
    pub connection: String,
    /// Only objects of this type.
    pub object_type: Option<String>,
    /// Only objects in whose name this stands, in any case.
    pub filter: String,
    /// How many to leave out first.
    pub offset: u64,
    /// Most objects.
    pub limit: u64,
}

/// Objects of one connection whose names have a text in them.
const FITTING: &str = "o.connection IN (SELECT key FROM connections WHERE id = ?1 OR name = ?2)
    AND (?3 = '' OR instr(o.folded, ?3) > 0 OR instr(lower(o.full_name), ?3) > 0)";

impl Reader {
    /// A page of a connection's objects; an unknown connection has none.
    pub fn browse(&self, wanted: &Browse) -> Result<Browsed, CacheError> {
        let id = Uuid::parse_str(&wanted.connection).ok();
        let id = id.as_ref().map(Uuid::as_bytes).map(<[u8; 16]>::as_slice);
        let filter = wanted.filter.trim().to_lowercase();
        let (name, kind) = (&wanted.connection, wanted.object_type.as_deref());
        self.query(|c| {
            let sql = format!(
                "SELECT o.object_type, count(*) FROM objects o WHERE {FITTING} GROUP BY 1 ORDER BY 1"
            );
            let mut statement = c.prepare_cached(&sql)?;
            let counted = statement.query_map(params![id, name, filter], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? as u64))
            })?;
            let types = counted.collect::<rusqlite::Result<Vec<_>>>()?;
            let of_kind = |known: &&(String, u64)| kind.is_none_or(|kind| known.0 == kind);
            let total = types.iter().filter(of_kind).map(|(_, count)| count).sum();
            let objects = select(
                c,
                &format!(
                    "WHERE {FITTING} AND (?4 IS NULL OR o.object_type = ?4)
                     ORDER BY o.object_type, o.folded, o.full_name, i.id LIMIT ?5 OFFSET ?6"
                ),
                params![
                    id,
                    name,
                    filter,
                    kind,
                    wanted.limit.min(BROWSE_MAX) as i64,
                    i64::try_from(wanted.offset).unwrap_or(i64::MAX)
                ],
            )?;
            Ok(Browsed {
                objects,
                total,
                types,
            })
        })
    }

    /// Relative paths of all files, each once.
    pub fn file_paths(&self) -> Result<Vec<String>, CacheError> {
        self.query(|c| {
            let mut statement = c.prepare_cached("SELECT DISTINCT relative_path FROM files ORDER BY 1")?;
            let paths = statement.query_map([], |row| row.get(0))?;
            paths.collect()
        })
    }

    /// SHA-256 of the file that the catalogue was made from, in lower-case hex; `None` for an unknown path.
    pub fn content_hash(&self, relative_path: &str) -> Result<Option<String>, CacheError> {
        self.query(|c| {
            c.prepare_cached(
                "SELECT content_hash FROM files WHERE relative_path = ?1 ORDER BY branch IS NOT NULL LIMIT 1",
            )?
            .query_row([relative_path], |row| row.get(0))
            .optional()
        })
    }

    /// Whether a file is called this, whatever its folder and extension.
    pub fn has_file(&self, stem: &str) -> Result<bool, CacheError> {
        let escaped: String = stem
            .chars()
            .flat_map(|c| {
                matches!(c, '%' | '_' | '\\')
                    .then_some('\\')
                    .into_iter()
                    .chain([c])
            })
            .collect();
        self.query(|c| {
            c.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM files WHERE relative_path LIKE ?1 ESCAPE '\\' OR relative_path LIKE ?2 ESCAPE '\\')",
            )?
            .query_row([format!("%/{escaped}.%"), format!("{escaped}.%")], |row| row.get(0))
        })
    }

    /// The SQL dialect that most objects are written in, where it is not the standard's.
    pub fn dialect(&self) -> Result<Option<String>, CacheError> {
        self.query(|c| {
            c.prepare_cached(
                "SELECT json_extract(metadata, '$.dialect') FROM (
                     SELECT metadata FROM object_metadata WHERE instr(metadata, '\"dialect\":') > 0 LIMIT 200)
                 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
            )?
            .query_row([], |row| row.get(0))
            .optional()
        })
    }

    /// What else is known of an object, as JSON; `null` where there is nothing.
    pub fn metadata(&self, id: Uuid) -> Result<serde_json::Value, CacheError> {
        self.query(|c| {
            let Some(key) = rows::key_of(c, id)? else {
                return Ok(serde_json::Value::Null);
            };
            let text: Option<String> = c
                .prepare_cached("SELECT metadata FROM object_metadata WHERE object = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?
                .flatten();
            Ok(text
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default())
        })
    }

    /// How many objects an object is built from, and how many use it.
    pub fn degrees(&self, id: Uuid) -> Result<(u64, u64), CacheError> {
        self.query(|c| {
            let Some(key) = rows::key_of(c, id)? else {
                return Ok((0, 0));
            };
            let count = |sql: &str| {
                let mut statement = c.prepare_cached(sql)?;
                statement.query_row([key], |row| row.get::<_, i64>(0).map(|n| n as u64))
            };
            Ok((count(BUILT_FROM)?, count(USED_BY)?))
        })
    }
}

const BUILT_FROM: &str = "SELECT count(*) FROM (
    SELECT target, target_name FROM dependencies WHERE source = ?1
    UNION SELECT target, NULL FROM pair_dependencies WHERE source = ?1)";
const USED_BY: &str = "SELECT count(*) FROM (
    SELECT source FROM dependencies WHERE target = ?1
    UNION SELECT source FROM pair_dependencies WHERE target = ?1)";
