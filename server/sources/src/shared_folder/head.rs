//! The head: the publication with the highest number whose manifest is whole.

use std::{fs::File, io::Write as _, path::Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{SharedFolder, error::ShareError, layout, snapshot::MAX_SNAPSHOT_BYTES};
use crate::webdav::DavError;

/// Commits of which a manifest tells, back from its own.
pub(super) const ANCESTORS: usize = 500;

/// Attempts to read a snapshot as a whole.
const ATTEMPTS: u32 = 3;

/// The last file of a publication: without it, there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its number.
    pub n: u64,
    /// The number of the one that it builds on; 0: none.
    pub parent: u64,
    /// Name of the snapshot, in the same folder.
    pub file: String,
    /// SHA-256 of the snapshot.
    pub sha256: String,
    /// Bytes of the snapshot.
    pub size: u64,
    /// Names the commit.
    pub commit_id: Uuid,
    /// Commits that it builds on, the latest first.
    #[serde(default)]
    pub ancestors: Vec<Uuid>,
    /// Whose catalogue it is; a library's has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// 1, at the end: what was cut off has none.
    pub end: u8,
}

impl Manifest {
    fn is_sound(&self, n: u64) -> bool {
        self.end == 1
            && self.n == n
            && self.parent < n
            && layout::is_sha256(&self.sha256)
            && self.file == format!("{}.db", self.sha256)
    }

    /// Whether it is, or builds on, a commit.
    pub fn contains(&self, commit: Uuid) -> bool {
        self.commit_id == commit || self.ancestors.contains(&commit)
    }
}

/// The newest publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub n: u64,
    /// What it says.
    pub manifest: Manifest,
}

/// What stands in `v/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The newest publication.
    pub head: Option<Head>,
    /// The numbers above it: publications under way, or given up.
    pub open: Vec<u64>,
    /// All numbers, ascending.
    pub numbers: Vec<u64>,
}

impl View {
    /// The number of the head; 0: none.
    pub fn n(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.n)
    }

    /// The highest number that anybody took.
    pub fn top(&self) -> u64 {
        self.numbers.last().copied().unwrap_or(0)
    }

    /// Whether the head is, or builds on, a commit.
    pub fn contains(&self, commit: Uuid) -> bool {
        self.head
            .as_ref()
            .is_some_and(|head| head.manifest.contains(commit))
    }
}

impl SharedFolder {
    /// Looks what there is.
    pub async fn look(&self) -> Result<View, ShareError> {
        let Some(members) = self.dav.list(layout::TICKETS, 1).await? else {
            return Ok(View::default());
        };
        let mut numbers: Vec<u64> = members
            .iter()
            .filter(|m| m.is_folder)
            .filter_map(|m| layout::number(&m.name))
            .collect();
        numbers.sort_unstable();
        let mut view = View {
            numbers,
            ..View::default()
        };
        for n in view.numbers.iter().rev() {
            if let Some(manifest) = self.manifest(*n).await? {
                view.head = Some(Head { n: *n, manifest });
                break;
            }
            view.open.push(*n);
        }
        Ok(view)
    }

    /// The manifest of a publication; `None`: none that is whole.
    pub(super) async fn manifest(&self, n: u64) -> Result<Option<Manifest>, DavError> {
        let bytes = match self
            .dav
            .read(&layout::manifest(n), layout::MAX_MANIFEST_BYTES)
            .await
        {
            Ok(bytes) => bytes,
            Err(DavError::NotFound(_) | DavError::Untrusted(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(serde_json::from_slice::<Manifest>(&bytes)
            .ok()
            .filter(|m| m.is_sound(n)))
    }

    /// Fetches the snapshot of a publication into a file, and makes sure that it is what its manifest says.
    pub async fn fetch(&self, head: &Head, into: &Path) -> Result<(), ShareError> {
        for _ in 1..ATTEMPTS {
            match self.fetch_once(head, into).await {
                Err(ShareError::Dav(DavError::Unreachable(_) | DavError::TimedOut(_))) => {}
                settled => return settled,
            }
        }
        match self.fetch_once(head, into).await {
            // Cut off again and again by a server that answers: there is less of it than there should be.
            Err(ShareError::Dav(DavError::Unreachable(why))) if self.dav.answers().await => Err(
                ShareError::UntrustedHead(format!("version {} can't be read as a whole: {why}", head.n)),
            ),
            settled => settled,
        }
    }

    /// Fetches `metadata.db`, of a share on which nothing was published yet, or all of it was removed; `false`:
    /// there is none.
    pub async fn fetch_copy(&self, into: &Path) -> Result<bool, ShareError> {
        let mut download = match self.dav.get(layout::METADATA).await {
            Err(DavError::NotFound(_)) => return Ok(false),
            other => other?,
        };
        let mut file = File::create(into)?;
        let mut size = 0;
        while let Some(chunk) = download.chunk().await? {
            size += chunk.len() as u64;
            if size > MAX_SNAPSHOT_BYTES {
                return Err(ShareError::UntrustedHead(
                    "metadata.db is larger than this hub takes".into(),
                ));
            }
            file.write_all(&chunk)?;
        }
        Ok(true)
    }

    async fn fetch_once(&self, head: &Head, into: &Path) -> Result<(), ShareError> {
        let untrusted = |why: &str| {
            ShareError::UntrustedHead(format!("{}{} {why}", layout::ticket(head.n), head.manifest.file))
        };
        if head.manifest.size > MAX_SNAPSHOT_BYTES {
            return Err(untrusted("is larger than this hub takes"));
        }
        let path = format!("{}{}", layout::ticket(head.n), head.manifest.file);
        let mut download = match self.dav.get(&path).await {
            Err(DavError::NotFound(_)) => return Err(untrusted("is not there")),
            other => other?,
        };
        let mut file = File::create(into)?;
        let (mut hasher, mut size) = (Sha256::new(), 0);
        while let Some(chunk) = download.chunk().await? {
            size += chunk.len() as u64;
            if size > head.manifest.size {
                return Err(untrusted("is larger than its manifest says"));
            }
            hasher.update(&chunk);
            file.write_all(&chunk)?;
        }
        if size != head.manifest.size || hex::encode(hasher.finalize()) != head.manifest.sha256 {
            return Err(untrusted("is damaged: its SHA-256 is not the manifest's"));
        }
        Ok(())
    }
}
