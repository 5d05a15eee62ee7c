//! The canonical dump: equal catalogues give equal bytes, whatever way they came.

use metasync_protocol::{Compact, ObjectRow};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{CacheError, Reader, rows};

#[derive(Serialize)]
struct Bundle {
    object: ObjectRow,
    owned: Compact,
}

impl Reader {
    /// Files and objects (with all that they own) as the text of JSON, by kind (`file`, `object`) and id, members
    /// sorted: what is published of a catalogue.
    pub fn catalogue(&self, mut each: impl FnMut(&str, Uuid, &str)) -> Result<(), CacheError> {
        self.query(|c| {
            let mut failed = Ok(());
            let mut told = |kind: &str, id: Uuid, text: serde_json::Result<String>| match text {
                Ok(text) => each(kind, id, &text),
                Err(error) => failed = Err(rusqlite::Error::ToSqlConversionFailure(Box::new(error))),
            };
            rows::files(c, &mut |row: metasync_protocol::FileRow| {
                told("file", row.id, sorted(&row));
                Ok(())
            })?;
            rows::objects(c, &mut |object: ObjectRow, owned| {
                told("object", object.id, sorted(&Bundle { object, owned }));
                Ok(())
            })?;
            failed
        })
    }

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
    let text = sorted(row).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    out.extend_from_slice(kind.as_bytes());
    out.push(b' ');
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
    Ok(())
}

fn sorted(row: &impl Serialize) -> serde_json::Result<String> {
    let mut value = serde_json::to_value(row)?;
    value.sort_all_objects();
    Ok(Value::to_string(&value))
}
