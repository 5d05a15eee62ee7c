//! JSON: the fields of items, wherever they come from; and files with one item on each line, `sourceType`
//! `jsonl`.

mod fields;
mod lines;

use super::{Begin, EntryAdapter, EntryReader, EntrySpec, Outside, Pending, files};
pub(super) use fields::{Fields, Path, text};
use lines::JsonReader;

/// The adapter of files of JSON lines.
pub struct JsonLines;

impl EntryAdapter for JsonLines {
    fn kind(&self) -> &'static str {
        "jsonl"
    }

    fn check<'a>(&'a self, spec: &'a EntrySpec, outside: &'a Outside) -> Pending<'a, String> {
        Box::pin(async move {
            Fields::read(&spec.options, spec.fields)?;
            let path = files::located(&spec.identifier, &outside.roots)?;
            Ok(path.display().to_string())
        })
    }

    fn open<'a>(
        &'a self,
        spec: &'a EntrySpec,
        outside: &'a Outside,
        begin: Begin,
    ) -> Pending<'a, Box<dyn EntryReader>> {
        Box::pin(async move {
            let reader = JsonReader::open(spec, outside, begin).await?;
            Ok(Box::new(reader) as Box<dyn EntryReader>)
        })
    }
}
