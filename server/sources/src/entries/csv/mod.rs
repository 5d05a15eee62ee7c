//! Files of comma separated values: `sourceType` `csv`.

mod columns;
mod options;
mod reader;
mod records;

use super::{Begin, EntryAdapter, EntryReader, EntrySpec, Outside, Pending, files};
use options::Options;
use reader::CsvReader;

/// The adapter.
pub struct Csv;

impl EntryAdapter for Csv {
    fn kind(&self) -> &'static str {
        "csv"
    }

    fn check<'a>(&'a self, spec: &'a EntrySpec, outside: &'a Outside) -> Pending<'a, String> {
        Box::pin(async move {
            Options::read(&spec.options)?;
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
            let reader = CsvReader::open(spec, outside, begin).await?;
            Ok(Box::new(reader) as Box<dyn EntryReader>)
        })
    }
}
