//! Data files, named by their SHA-256: written once, under another name first, and never changed.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::{SharedFolder, layout};
use crate::webdav::{DavError, Download, Overwrite, Payload};

/// From so many files of one folder on, the folder is listed instead of asking for each.
const LIST_FROM: usize = 4;

/// Attempts to give a data file its name.
const MOVES: u32 = 5;

/// How long another one who makes the same folder may hold it.
const LOCKED_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// A data file that is being fetched.
pub struct Arriving {
    download: Download,
    hasher: Sha256,
    sha256: String,
}

impl Arriving {
    /// The next piece; the end comes only if all of it is what its name says.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, DavError> {
        if let Some(chunk) = self.download.chunk().await? {
            self.hasher.update(&chunk);
            return Ok(Some(chunk));
        }
        let found = hex::encode(std::mem::take(&mut self.hasher).finalize());
        if found == self.sha256 {
            return Ok(None);
        }
        Err(DavError::Untrusted(format!(
            "the data file {} on the share is damaged: its content has another SHA-256",
            layout::content(&self.sha256)
        )))
    }
}

impl SharedFolder {
    /// Which of these contents (SHA-256 and bytes) are on the share as a whole.
    pub async fn present(&self, wanted: &[(String, u64)]) -> Result<HashSet<String>, DavError> {
        let mut by_folder: BTreeMap<String, Vec<&(String, u64)>> = BTreeMap::new();
        for content in wanted {
            by_folder
                .entry(layout::prefix(&content.0))
                .or_default()
                .push(content);
        }
        let mut there = HashSet::new();
        for (folder, contents) in by_folder {
            if contents.len() < LIST_FROM {
                for (sha256, size) in contents {
                    if self.dav.size(&layout::content(sha256)).await? == Some(*size) {
                        there.insert(sha256.clone());
                    }
                }
                continue;
            }
            let members = self.dav.list(&folder, 1).await?.unwrap_or_default();
            let sizes: HashMap<&str, u64> = members
                .iter()
                .filter_map(|m| Some((m.name.as_str(), m.size?)))
                .collect();
            let whole = contents
                .iter()
                .filter(|(sha256, size)| sizes.get(sha256.as_str()) == Some(size));
            there.extend(whole.map(|(sha256, _)| sha256.clone()));
        }
        Ok(there)
    }

    /// Stores a content. What is there already stays, unless it was cut off.
    pub async fn store(&self, sha256: &str, size: u64, payload: &Payload) -> Result<(), DavError> {
        let temporary = layout::temporary(self.hub);
        let stored = self.store_by(&temporary, sha256, size, payload).await;
        if stored.is_err() {
            let _ = self.dav.delete(&temporary).await;
        }
        stored
    }

    async fn store_by(
        &self,
        temporary: &str,
        sha256: &str,
        size: u64,
        payload: &Payload,
    ) -> Result<(), DavError> {
        self.dav.put(temporary, payload, Overwrite::Yes).await?;
        let kept = self.dav.size(temporary).await?;
        if kept != Some(size) {
            return Err(DavError::Untrusted(format!(
                "the share kept {} of {size} bytes of a data file; is its disk full?",
                kept.unwrap_or(0)
            )));
        }
        let target = layout::content(sha256);
        let (mut overwrite, mut is_made) = (Overwrite::No, false);
        // The folder may be missing, which servers tell in many ways; then something broken may be there.
        for _ in 0..MOVES {
            let error = match self.dav.rename(temporary, &target, overwrite).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_general() && !matches!(error, DavError::Refused(_)) => {
                    return Err(error);
                }
                Err(error) => error,
            };
            if self.dav.size(&target).await? == Some(size) {
                return self.dav.delete(temporary).await;
            }
            if matches!(error, DavError::Locked(_)) {
                tokio::time::sleep(LOCKED_PAUSE).await;
            } else if matches!(error, DavError::Conflict { status: 412, .. }) {
                overwrite = Overwrite::Yes;
            } else if is_made {
                return Err(error);
            } else {
                is_made = true;
                self.dav.ensure_folder(&layout::prefix(sha256)).await?;
            }
        }
        Err(DavError::Conflict {
            what: format!("MOVE to {target}"),
            status: 409,
        })
    }

    /// Begins to fetch a content.
    pub async fn open(&self, sha256: &str) -> Result<Arriving, DavError> {
        Ok(Arriving {
            download: self.dav.get(&layout::content(sha256)).await?,
            hasher: Sha256::new(),
            sha256: sha256.to_owned(),
        })
    }
}
