//! The canonical dump: equal catalogues give equal bytes, whatever way they came.

use metasync_protocol::{Compact, ObjectRow};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;

use crate::{CacheError, Reader, rows};

#[derive(Serialize)]
struct Bundle {
    object: ObjectRow,
    owned: Compact,
}

impl Reader {
    /// All rows as lines of JSON, by kind and id, members sorted; nothing about how far the copy is.
    pub fn dump(&self) -> Result<Vec<u8>, CacheError> {
        self.query(|c| {
            let mut out = Vec::new();
            rows::files(c, &mut |row| line(&mut out, "file", &row))?;
            rows::objects(c, &mut |object, owned| {
                line(&mut out, "object", &Bundle { object, owned })
            })?;
            rows::documentation(c, &mut |row| line(&mut out, "documentation", &row))?;
            pairs(c, &mut out)?;
            Ok(out)
        })
    }
}

fn pairs(connection: &Connection, out: &mut Vec<u8>) -> rusqlite::Result<()> {
    let mut dependencies = connection.prepare(
        "SELECT p.id, s.id, t.id, p.target_name, p.dependency_type FROM pair_dependencies p
         JOIN ids s ON s.key = p.source LEFT JOIN ids t ON t.key = p.target ORDER BY p.id",
    )?;
    let mut found = dependencies.query([])?;
    while let Some(row) = found.next()? {
        let edge = (
            rows::uuid(row, 0)?,
            rows::uuid(row, 1)?,
            rows::optional_uuid(row, 2)?,
            row.get::<_, Option<String>>(3)?,
            row.get::<_, String>(4)?,
        );
        line(out, "pair dependency", &edge)?;
    }
    let mut lineage = connection.prepare(
        "SELECT p.id, s.id, p.source_name, p.source_column, t.id, p.target_column, p.transformation FROM pair_lineage p
         LEFT JOIN ids s ON s.key = p.source JOIN ids t ON t.key = p.target ORDER BY p.id",
    )?;
    let mut found = lineage.query([])?;
    while let Some(row) = found.next()? {
        let edge = (
            rows::uuid(row, 0)?,
            rows::optional_uuid(row, 1)?,
            row.get::<_, Option<String>>(2)?,
            row.get::<_, String>(3)?,
            rows::uuid(row, 4)?,
            row.get::<_, String>(5)?,
            row.get::<_, String>(6)?,
        );
        line(out, "pair lineage", &edge)?;
    }
    Ok(())
}

fn line(out: &mut Vec<u8>, kind: &str, row: &impl Serialize) -> rusqlite::Result<()> {
    let mut value =
        serde_json::to_value(row).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    value.sort_all_objects();
    out.extend_from_slice(kind.as_bytes());
    out.push(b' ');
    out.extend_from_slice(Value::to_string(&value).as_bytes());
    out.push(b'\n');
    Ok(())
}
