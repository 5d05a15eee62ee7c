//! A folder's working tree, as a developer has it on disk: what `.gitignore` hides is left out,
//! symbolic links are not followed, nothing is written.

mod hashing;
mod stat_cache;
#[cfg(test)]
mod tests;
mod walk;

use std::{path::PathBuf, sync::Arc};

pub use stat_cache::StatCache;

use crate::{
    Contents, Entry, ListRequest, Listing, Pending, RefreshRequest, Refreshed, Source, SourceError,
    SourceSpec,
    ignored::Ignored,
    limits::{MAX_FILE_BYTES, MAX_TOTAL_BYTES},
    listing::{file_error, too_large},
};

/// Adapter for connections of type `workspace`; `url` is the folder.
pub struct WorkspaceSource {
    root: PathBuf,
    stat_cache: Arc<StatCache>,
}

impl WorkspaceSource {
    pub(crate) fn new(spec: &SourceSpec, stat_cache: Arc<StatCache>) -> Result<WorkspaceSource, SourceError> {
        if !spec.local_allowed {
            return Err(SourceError::Configuration(
                "folders on the hub's machine may not be read: set `[sources] allow_local_paths = true`"
                    .into(),
            ));
        }
        let root = PathBuf::from(spec.url.strip_prefix("file://").unwrap_or(&spec.url));
        if !root.is_absolute() {
            return Err(SourceError::Configuration(format!(
                "the folder of a workspace must be an absolute path, not {:?}",
                spec.url
            )));
        }
        Ok(WorkspaceSource { root, stat_cache })
    }
}

impl Source for WorkspaceSource {
    fn refresh<'a>(&'a self, request: &'a RefreshRequest) -> Pending<'a, Refreshed> {
        Box::pin(async move {
            match request.branches.first() {
                None => Ok(Refreshed::default()),
                Some(branch) => Err(SourceError::Configuration(format!(
                    "a workspace has no branches, so {branch:?} can't be read; its working tree is indexed as it is"
                ))),
            }
        })
    }

    fn list<'a>(&'a self, request: &'a ListRequest<'a>) -> Pending<'a, Listing> {
        Box::pin(async move {
            let ignored = Ignored::new(request.ignore_patterns)?;
            let (root, cache) = (self.root.clone(), Arc::clone(&self.stat_cache));
            let mut found = blocking(move || walk::walk(&root)).await??;
            found
                .files
                .retain(|f| (request.wanted)(&f.path) && !ignored.matches(&f.path));
            found
                .errors
                .retain(|e| (request.wanted)(&e.path) && !ignored.matches(&e.path));
            let root = self.root.clone();
            blocking(move || hashing::hash(&root, found, &cache)).await
        })
    }

    fn read<'a>(
        &'a self,
        entries: &'a [Entry],
        seen: &'a (dyn Fn(&str) + Send + Sync),
    ) -> Pending<'a, Contents> {
        Box::pin(async move {
            let mut contents = Contents::default();
            let mut total = 0u64;
            for batch in entries.chunks(READ_BATCH) {
                let (root, batch) = (self.root.clone(), batch.to_vec());
                let read = blocking(move || {
                    batch
                        .into_iter()
                        .map(|entry| (read_file(&root, &entry.path), entry.path))
                        .collect::<Vec<_>>()
                })
                .await?;
                for (result, path) in read {
                    match result {
                        Ok(bytes) => {
                            total += bytes.len() as u64;
                            contents.push(&path, bytes);
                        }
                        Err(error) => contents.errors.push(error),
                    }
                    seen(&path);
                }
                if total > MAX_TOTAL_BYTES {
                    return Err(SourceError::TooLarge(format!(
                        "{} holds more than {MAX_TOTAL_BYTES} bytes to index",
                        self.root.display()
                    )));
                }
            }
            Ok(contents)
        })
    }
}

/// Files read between two looks at whether the run was cancelled.
const READ_BATCH: usize = 256;

fn read_file(
    root: &std::path::Path,
    path: &str,
) -> Result<Vec<u8>, metasync_protocol::repositories::FileError> {
    use std::io::Read as _;
    let unreadable =
        |e: std::io::Error| file_error(path, "unreadable", format!("the file can't be read: {e}"));
    let file = std::fs::File::open(root.join(path)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(path, bytes.len() as u64));
    }
    Ok(bytes)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| SourceError::Io {
            what: "reading the workspace".into(),
            source: std::io::Error::other(e),
        })
}
