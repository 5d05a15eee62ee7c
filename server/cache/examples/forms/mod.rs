//! The two forms of a page against each other: made, read and applied, one after the other in the
//! same run.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use metasync_cache::{Cache, PageRef};
use metasync_protocol::{CompactPage, SyncPackage};
use serde_json::{Value, json};

use super::Outcome;

/// Bytes, and the time that each step takes for all pages.
pub fn measure(folder: &Path, pages: &[SyncPackage]) -> Outcome<Value> {
    let rows = timed(
        folder,
        pages,
        |page| Ok(serde_json::to_vec(&page)?),
        |bytes| Ok(serde_json::from_slice::<SyncPackage>(bytes)?),
    )?;
    let compact = timed(
        folder,
        pages,
        |page| Ok(CompactPage::of(page).encode()?),
        |bytes| Ok(CompactPage::decode(bytes)?),
    )?;
    Ok(json!({"json": rows, "compact": compact}))
}

fn timed<P>(
    folder: &Path,
    pages: &[SyncPackage],
    encode: impl Fn(SyncPackage) -> Outcome<Vec<u8>>,
    decode: impl Fn(&[u8]) -> Outcome<P>,
) -> Outcome<Value>
where
    for<'p> &'p P: Into<PageRef<'p>>,
{
    let path = folder.join("forms.db");
    Cache::remove(&path)?;
    let mut cache = Cache::open(&path)?.cache;
    let mut cursor: Option<String> = None;
    let (mut bytes, mut encoding, mut decoding, mut applying) =
        (0, Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for page in pages {
        let next = page.sync_metadata.cursor.clone();
        let page = page.clone();
        let begun = Instant::now();
        let body = encode(page)?;
        encoding += begun.elapsed();
        bytes += body.len();
        let begun = Instant::now();
        let page = decode(&body)?;
        decoding += begun.elapsed();
        let begun = Instant::now();
        cache.apply(&page, None, cursor.as_deref())?;
        applying += begun.elapsed();
        cursor = Some(next);
    }
    let ms = |spent: Duration| spent.as_millis() as u64;
    Ok(json!({
        "bytes": bytes,
        "encode_ms": ms(encoding),
        "decode_ms": ms(decoding),
        "apply_ms": ms(applying),
    }))
}
