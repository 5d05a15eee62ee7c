//! SHA-256 of every file of a walk, on a few threads.

use std::{path::Path, time::SystemTime};

use metasync_protocol::repositories::FileError;
use serde_json::Value;

use super::{
    StatCache, read_file,
    walk::{Found, Walked},
};
use crate::{
    Entry, Listing,
    content::content_hash,
    limits::{HASHING_BATCH, HASHING_THREADS},
};

type Hashed = Result<String, FileError>;

pub(super) fn hash(root: &Path, walked: Walked, cache: &StatCache) -> Listing {
    let listed = SystemTime::now();
    let hashes = hash_all(root, &walked.files, cache);
    let mut listing = Listing {
        errors: walked.errors,
        unknown: walked.unknown,
        state: Value::Null,
        ..Listing::default()
    };
    let mut kept = Vec::with_capacity(walked.files.len());
    for (file, hash) in walked.files.into_iter().zip(hashes) {
        match hash {
            Ok(hash) => {
                listing.entries.push(Entry {
                    path: file.path.clone(),
                    size: file.metadata.len(),
                    content_hash: Some(hash.clone()),
                    handle: String::new(),
                });
                kept.push((file, hash));
            }
            Err(error) => listing.errors.push(error),
        }
    }
    cache.replace(
        listed,
        kept.iter()
            .map(|(f, h)| (f.path.as_str(), &f.metadata, h.as_str())),
    );
    listing
}

fn hash_all(root: &Path, files: &[Found], cache: &StatCache) -> Vec<Hashed> {
    let one = |file: &Found| match cache.get(&file.path, &file.metadata) {
        Some(hash) => Ok(hash),
        None => read_file(root, &file.path).map(|bytes| content_hash(&bytes)),
    };
    if files.len() <= HASHING_BATCH {
        return files.iter().map(one).collect();
    }
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(HASHING_THREADS));
    let share = files.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let one = &one;
        let workers: Vec<_> = files
            .chunks(share)
            .map(|chunk| {
                (
                    chunk,
                    scope.spawn(move || chunk.iter().map(one).collect::<Vec<Hashed>>()),
                )
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|(chunk, worker)| match worker.join() {
                Ok(hashes) => hashes,
                // Reading can't panic; should it ever, these files count as unreadable, not as gone.
                Err(_) => chunk
                    .iter()
                    .map(|f| {
                        Err(crate::listing::file_error(
                            &f.path,
                            "unreadable",
                            "reading the file failed",
                        ))
                    })
                    .collect(),
            })
            .collect()
    })
}
