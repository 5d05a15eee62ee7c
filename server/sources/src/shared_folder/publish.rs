//! Publishing a snapshot under a ticket: write it, read it back, see that nobody overtook us, commit.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tokio::{io::AsyncReadExt as _, time::Instant};
use uuid::Uuid;

use super::{Head, Manifest, SharedFolder, Ticket, error::ShareError, head::ANCESTORS, layout};
use crate::webdav::{DavError, Overwrite, Payload};

/// Bytes that are read at once of a file of ours.
const PIECE: usize = 256 * 1024;
/// Publications that are kept on the share.
const KEPT: usize = 12;
/// Old publications that are removed by one sync at most.
const REMOVED_AT_ONCE: usize = 8;
/// Age at which something left on its way, by whomever, is removed.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// A snapshot to be published.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
    /// Names the commit.
    pub commit_id: Uuid,
    /// Whose catalogue it is ([`Manifest::of`]).
    pub of: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// It is the head, or the head builds on it.
    /// With it, whether `metadata.db` and `version.txt` are up to it.
    Published(Manifest, Result<(), ShareError>),
    /// The head is another one than the snapshot builds on: merge again, under the same ticket.
    HeadMoved(Ticket),
    /// Somebody took a newer ticket, as if we were dead: begin again.
    Overtaken,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ticket({})", self.n)
    }
}

impl Draft {
    /// A file of ours, hashed.
    pub async fn of(path: PathBuf, commit_id: Uuid) -> std::io::Result<Draft> {
        let mut file = tokio::fs::File::open(&path).await?;
        let (mut hasher, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
        loop {
            let read = file.read(&mut piece).await?;
            if read == 0 {
                break;
            }
            hasher.update(&piece[..read]);
            size += read as u64;
        }
        Ok(Draft {
            path,
            sha256: hex::encode(hasher.finalize()),
            size,
            commit_id,
            of: None,
        })
    }

    /// The same as the catalogue of somebody.
    pub fn catalogue_of(mut self, whose: &str) -> Draft {
        self.of = Some(whose.to_owned());
        self
    }

    fn payload(&self) -> Payload {
        let path = self.path.clone();
        Payload::Stream {
            size: self.size,
            open: Arc::new(move || {
                let path = path.clone();
                let opened = async move { tokio::fs::File::open(path).await };
                stream::once(opened)
                    .flat_map(|opened| {
                        stream::unfold(Some(opened), |state| async move {
                            let mut file = match state? {
                                Ok(file) => file,
                                Err(error) => return Some((Err(error), None)),
                            };
                            let mut piece = vec![0; PIECE];
                            match file.read(&mut piece).await {
                                Ok(0) => None,
                                Ok(read) => {
                                    piece.truncate(read);
                                    Some((Ok(piece), Some(Ok(file))))
                                }
                                Err(error) => Some((Err(error), None)),
                            }
                        })
                    })
                    .boxed()
            }),
        }
    }
}

impl SharedFolder {
    /// Publishes a snapshot that builds on `base`. An error leaves the ticket given up.
    pub async fn publish(
        &self,
        ticket: Ticket,
        base: Option<&Head>,
        draft: &Draft,
    ) -> Result<Outcome, ShareError> {
        match self.try_commit(&ticket, base, draft).await {
            Ok(Step::Committed(manifest)) => {
                let stands = self.stands(&manifest).await;
                let refreshed = self.refresh_copies(&manifest).await;
                ticket.release().await;
                match stands? {
                    true => Ok(Outcome::Published(manifest, refreshed)),
                    false => Ok(Outcome::Overtaken),
                }
            }
            Ok(Step::HeadMoved) => Ok(Outcome::HeadMoved(ticket)),
            Ok(Step::Overtaken) => {
                ticket.abandon().await;
                Ok(Outcome::Overtaken)
            }
            Err(error) => {
                ticket.abandon().await;
                Err(error)
            }
        }
    }

    async fn try_commit(
        &self,
        ticket: &Ticket,
        base: Option<&Head>,
        draft: &Draft,
    ) -> Result<Step, ShareError> {
        let folder = layout::ticket(ticket.n);
        let manifest = Manifest {
            n: ticket.n,
            parent: base.map_or(0, |head| head.n),
            file: format!("{}.db", draft.sha256),
            sha256: draft.sha256.clone(),
            size: draft.size,
            commit_id: draft.commit_id,
            ancestors: base.map(ancestors).unwrap_or_default(),
            of: draft.of.clone(),
            end: 1,
        };
        let path = format!("{folder}{}", manifest.file);
        self.dav.put(&path, &draft.payload(), Overwrite::Yes).await?;
        self.read_back(&path, &manifest).await?;
        let view = self.look().await?;
        if view.top() > ticket.n {
            return Ok(Step::Overtaken);
        }
        if view.head.as_ref() != base {
            return Ok(Step::HeadMoved);
        }
        let body = serde_json::to_vec(&manifest).map_err(std::io::Error::other)?;
        self.dav
            .put(&layout::manifest(ticket.n), &body.into(), Overwrite::Yes)
            .await?;
        Ok(Step::Committed(manifest))
    }

    /// What the server has must be what was sent: some answer 201 to what they cut off.
    async fn read_back(&self, path: &str, manifest: &Manifest) -> Result<(), DavError> {
        let mut download = self.dav.get(path).await?;
        let mut hasher = Sha256::new();
        while let Some(chunk) = download.chunk().await? {
            hasher.update(&chunk);
        }
        if hex::encode(hasher.finalize()) == manifest.sha256 {
            return Ok(());
        }
        Err(DavError::Untrusted(format!(
            "the share did not keep {path} as it was sent; is its disk full?"
        )))
    }

    /// Whether the commit is there, and the head is it or builds on it. Whoever holds a newer ticket took it
    /// before it could see the commit: it is waited for.
    async fn stands(&self, manifest: &Manifest) -> Result<bool, ShareError> {
        let started = Instant::now();
        loop {
            let view = self.look().await?;
            if view.n() >= manifest.n && !view.contains(manifest.commit_id) {
                return Ok(false);
            }
            let settled = view.top() == view.n();
            if (settled || started.elapsed() > self.pace.settling) && view.n() >= manifest.n {
                return Ok(true);
            }
            if started.elapsed() > self.pace.settling {
                return Ok(false);
            }
            tokio::time::sleep(self.pace.look).await;
        }
    }

    /// Brings `metadata.db` and `version.txt` up to the head, and removes what nobody needs any more. The
    /// publication stands without them; what fails is made good by the next sync.
    async fn refresh_copies(&self, manifest: &Manifest) -> Result<(), ShareError> {
        let view = self.look().await?;
        let head = view.head.map_or_else(|| manifest.clone(), |head| head.manifest);
        self.write_copies(&head).await?;
        if let Err(error) = self.sweep(&view.numbers, head.n).await {
            tracing::warn!(%error, "what nobody needs any more stays on the share until the next sync");
        }
        Ok(())
    }

    /// Writes `metadata.db` and `version.txt` for a head.
    pub async fn write_copies(&self, head: &Manifest) -> Result<(), ShareError> {
        let temporary = layout::temporary(self.hub);
        let written = async {
            self.dav
                .copy(&format!("{}{}", layout::ticket(head.n), head.file), &temporary)
                .await?;
            self.dav
                .rename(&temporary, layout::METADATA, Overwrite::Yes)
                .await?;
            let text = Payload::from(format!("{}\n", head.n).into_bytes());
            self.dav.put(&temporary, &text, Overwrite::Yes).await?;
            self.dav.rename(&temporary, layout::VERSION, Overwrite::Yes).await
        };
        let written: Result<(), DavError> = written.await;
        if written.is_err() {
            let _ = self.dav.delete(&temporary).await;
        }
        Ok(written?)
    }

    /// Removes old publications, and what was left on its way by this hub, or long ago.
    async fn sweep(&self, numbers: &[u64], head: u64) -> Result<(), ShareError> {
        let before: Vec<u64> = numbers.iter().copied().filter(|n| *n < head).collect();
        let old = before.len().saturating_sub(KEPT);
        for n in before.iter().take(old.min(REMOVED_AT_ONCE)) {
            self.dav.delete(&layout::ticket(*n)).await?;
        }
        self.sweep_temporary().await
    }

    /// Removes what was left in `tmp/` by this hub, or by anybody long ago.
    pub async fn sweep_temporary(&self) -> Result<(), ShareError> {
        let Some(members) = self.dav.list(layout::TMP, 1).await? else {
            return Ok(());
        };
        let mine = format!("{}-", self.hub.simple());
        let now = std::time::SystemTime::now();
        for member in members {
            let old = member
                .modified
                .as_deref()
                .and_then(|at| httpdate::parse_http_date(at).ok())
                .and_then(|at| now.duration_since(at).ok())
                .is_some_and(|age| age > LEFT_BEHIND);
            if member.name.starts_with(&mine) || old {
                let slash = if member.is_folder { "/" } else { "" };
                self.dav
                    .delete(&format!("{}{}{slash}", layout::TMP, member.name))
                    .await?;
            }
        }
        Ok(())
    }
}

enum Step {
    Committed(Manifest),
    HeadMoved,
    Overtaken,
}

fn ancestors(head: &Head) -> Vec<Uuid> {
    let all = std::iter::once(head.manifest.commit_id).chain(head.manifest.ancestors.iter().copied());
    all.take(ANCESTORS).collect()
}
