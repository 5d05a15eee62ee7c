//! The canonical dump: equal catalogues give equal bytes, whatever way they came.

use metasync_protocol::{Compact, ObjectRow};
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
            rows::pair_dependencies(c, &mut |row| line(&mut out, "pair dependency", &row))?;
            rows::pair_lineage(c, &mut |row| line(&mut out, "pair lineage", &row))?;
            Ok(out)
        })
    }
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
