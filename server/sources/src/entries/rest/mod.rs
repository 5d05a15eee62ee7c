//! REST interfaces that answer with JSON: `sourceType` `api`.

mod answer;
mod auth;
mod http;
mod options;
mod pages;
mod reader;
mod unchanged;

use super::{Begin, EntryAdapter, EntryReader, EntrySpec, Outside, Pending};
use crate::SourceError;
use options::Options;
use reader::RestReader;

/// The adapter.
pub struct Rest;

impl EntryAdapter for Rest {
    fn kind(&self) -> &'static str {
        "api"
    }

    fn check<'a>(&'a self, spec: &'a EntrySpec, outside: &'a Outside) -> Pending<'a, String> {
        Box::pin(async move {
            let options = Options::read(spec)?;
            let mut addresses = vec![outside.reach.check(&spec.identifier)?];
            if let Some(token_url) = options.auth.token_url() {
                addresses.push(outside.reach.check(token_url)?);
            }
            for address in &addresses {
                let looked = outside.reach.resolve(address);
                let looked = tokio::time::timeout(crate::limits::MAX_LOOK_UP_TIME, looked).await;
                // Who can't be found now may be there later; it is looked at again before each request.
                if let Ok(Err(error @ SourceError::Configuration(_))) = looked {
                    return Err(error.into());
                }
            }
            Ok(spec.identifier.trim().to_owned())
        })
    }

    fn open<'a>(
        &'a self,
        spec: &'a EntrySpec,
        outside: &'a Outside,
        begin: Begin,
    ) -> Pending<'a, Box<dyn EntryReader>> {
        Box::pin(async move {
            let reader = RestReader::open(spec, outside, begin)?;
            Ok(Box::new(reader) as Box<dyn EntryReader>)
        })
    }
}
