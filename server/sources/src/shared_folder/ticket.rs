//! Tickets: whoever publishes takes the next number, and shows that it is alive until it is done.

use std::time::Duration;

use rand::Rng as _;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{SharedFolder, View, error::ShareError, layout};
use crate::webdav::{Dav, DavError, Lock, Overwrite, Payload};

/// What is asked of those who had no more patience, to wait.
const RETRY_AFTER: Duration = Duration::from_secs(15);

/// How long publishers wait for each other. All who share a folder keep to the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A ticket whose beat stands still for so long, on our own clock, is dead.
    pub beat_ttl: Duration,
    /// How often a publisher shows that it is alive.
    pub beat_every: Duration,
    /// How long somebody who lives may keep us from publishing.
    pub patience: Duration,
    /// How long an empty folder may be one that somebody is just about to claim.
    pub claiming: Duration,
    /// How long the lock is waited for while nobody publishes: then whoever took it died, or the server
    /// does not end locks.
    pub lock_patience: Duration,
    /// How long the lock holds without a beat; servers count in seconds.
    pub lock_timeout: Duration,
    /// How long it is watched what becomes of a newer ticket, after a commit.
    pub settling: Duration,
    /// Between two looks.
    pub look: Duration,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            beat_ttl: Duration::from_secs(60),
            beat_every: Duration::from_secs(10),
            patience: Duration::from_secs(60),
            claiming: Duration::from_secs(5),
            lock_patience: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(60),
            settling: Duration::from_secs(20),
            look: Duration::from_millis(400),
        }
    }
}

/// The sign of life of a publisher.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Beat {
    hub: Uuid,
    nonce: Uuid,
    count: u64,
    /// It was given up.
    #[serde(default)]
    ended: bool,
    /// What the publisher's lock is known by, so that the same hub can give it back after a crash.
    #[serde(default)]
    lock: Option<String>,
}

/// What was seen of a ticket of somebody else.
pub(super) struct Seen {
    /// The beat as it was read; `None`: there is none.
    beat: Option<Vec<u8>>,
    since: Instant,
}

/// What a ticket is to us.
enum Life {
    Alive,
    Dead,
}

/// The right to publish under a number, as far as anybody can have it.
pub struct Ticket {
    /// Its number.
    pub n: u64,
    pub(super) nonce: Uuid,
    lock: Option<Lock>,
    dav: Dav,
    hub: Uuid,
    _beating: AbortOnDropHandle<()>,
}

impl SharedFolder {
    /// Takes the next number, after whoever publishes now; never one that is not above what was seen before.
    pub async fn take_ticket(
        &self,
        above: u64,
        waiting: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Ticket, ShareError> {
        let started = Instant::now();
        let mut lock = None;
        let mut told = false;
        loop {
            if lock.is_none() {
                lock = self.try_lock().await?;
            }
            let view = self.look().await?;
            let alive = self.living(&view).await?;
            let locked_out = lock.is_none() && started.elapsed() < self.pace.lock_patience;
            if alive.is_none() && !locked_out {
                let n = view.top().max(above).saturating_add(1);
                match self.claim(n, lock.as_ref()).await {
                    Ok(Some(nonce)) => return Ok(self.issue(n, nonce, lock)),
                    Ok(None) => {}
                    Err(error) => {
                        self.give_back(lock).await;
                        return Err(error.into());
                    }
                }
            } else if !told {
                told = true;
                waiting(match alive {
                    Some(n) => format!("Another hub is publishing version {n}; waiting for it"),
                    None => "The share is locked by another hub; waiting for it".to_owned(),
                });
            }
            // one beat longer, so that who died as we came is seen to be dead first
            if started.elapsed() > self.pace.patience + self.pace.beat_every && alive.is_some() {
                self.give_back(lock).await;
                return Err(ShareError::Publishing {
                    retry_after: RETRY_AFTER,
                });
            }
            let pause = self.pace.look.mul_f64(rand::rng().random_range(0.5..1.5));
            tokio::time::sleep(pause).await;
        }
    }

    async fn give_back(&self, lock: Option<Lock>) {
        if let Some(lock) = lock {
            let _ = self.dav.unlock(&lock).await;
        }
    }

    /// The advisory lock; `None` while somebody else has it.
    async fn try_lock(&self) -> Result<Option<Lock>, DavError> {
        let owner = format!("metasync:{}", self.hub);
        // A lock on nothing makes a file on some servers and breaks listings on others: PUT first.
        if self.dav.size(layout::LOCK).await?.is_none() {
            match self
                .dav
                .put(layout::LOCK, &Payload::from(Vec::new()), Overwrite::No)
                .await
            {
                Ok(()) | Err(DavError::Conflict { .. }) => {}
                Err(DavError::Locked(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        match self.dav.lock(layout::LOCK, &owner, self.pace.lock_timeout).await {
            Ok(lock) => Ok(Some(lock)),
            Err(DavError::Locked(_)) => Ok(None),
            // A server without locks: the numbers alone keep order.
            Err(DavError::Status { .. } | DavError::Conflict { .. } | DavError::Untrusted(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The highest ticket above the head whose publisher lives.
    async fn living(&self, view: &View) -> Result<Option<u64>, DavError> {
        self.locked().retain(|n, _| view.open.contains(n));
        for n in &view.open {
            if let Life::Alive = self.life(*n).await? {
                return Ok(Some(*n));
            }
        }
        Ok(None)
    }

    async fn life(&self, n: u64) -> Result<Life, DavError> {
        let now = match self.dav.read(&layout::beat(n), layout::MAX_BEAT_BYTES).await {
            Ok(bytes) => Some(bytes),
            Err(DavError::NotFound(_) | DavError::Untrusted(_)) => None,
            Err(error) => return Err(error),
        };
        let beat = now
            .as_deref()
            .and_then(|b| serde_json::from_slice::<Beat>(b).ok());
        // One hub publishes once at a time: what is ours was cut off.
        if let Some(beat) = beat.filter(|b| b.ended || b.hub == self.hub) {
            if let Some(token) = beat.lock.filter(|_| !beat.ended) {
                let _ = self.dav.unlock(&Lock::known(layout::LOCK, &token)).await;
            }
            return Ok(Life::Dead);
        }
        let ttl = match &now {
            Some(_) => self.pace.beat_ttl,
            None if self.is_empty(n).await? => self.pace.claiming,
            None => self.pace.beat_ttl,
        };
        let mut seen = self.locked();
        let entry = seen.entry(n).or_insert_with(|| Seen {
            beat: now.clone(),
            since: Instant::now(),
        });
        if entry.beat != now {
            *entry = Seen {
                beat: now,
                since: Instant::now(),
            };
        }
        Ok(if entry.since.elapsed() >= ttl {
            Life::Dead
        } else {
            Life::Alive
        })
    }

    async fn is_empty(&self, n: u64) -> Result<bool, DavError> {
        Ok(self
            .dav
            .list(&layout::ticket(n), 1)
            .await?
            .is_none_or(|members| members.is_empty()))
    }

    /// Makes the folder of a number and makes sure of being alone in it: some servers answer 201 to two.
    /// Whoever sees somebody else there gives way; of two that come at once at least one does.
    async fn claim(&self, n: u64, lock: Option<&Lock>) -> Result<Option<Uuid>, DavError> {
        let folder = layout::ticket(n);
        match self.dav.make_folder(&folder).await {
            Ok(()) => {}
            Err(DavError::Conflict { .. } | DavError::Locked(_) | DavError::Status { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let nonce = Uuid::new_v4();
        let claim = format!("{}{}", layout::CLAIM, nonce.simple());
        let mine = format!("{folder}{claim}");
        self.dav
            .put(&mine, &Payload::from(Vec::new()), Overwrite::Yes)
            .await?;
        let members = self.dav.list(&folder, 1).await?.unwrap_or_default();
        let alone = members.iter().all(|m| m.name == claim) && !members.is_empty();
        if !alone {
            self.dav.delete(&mine).await?;
            return Ok(None);
        }
        self.dav
            .put(&layout::beat(n), &beat(self.hub, nonce, 0, lock), Overwrite::Yes)
            .await?;
        Ok(Some(nonce))
    }

    fn issue(&self, n: u64, nonce: Uuid, lock: Option<Lock>) -> Ticket {
        let (dav, hub, held, pace) = (self.dav.clone(), self.hub, lock.clone(), self.pace);
        let beating = tokio::spawn(async move {
            for count in 1.. {
                tokio::time::sleep(pace.beat_every).await;
                if let Err(error) = dav
                    .put(
                        &layout::beat(n),
                        &beat(hub, nonce, count, held.as_ref()),
                        Overwrite::Yes,
                    )
                    .await
                {
                    tracing::warn!(%error, ticket = n, "others can't be told that this hub is still publishing");
                }
                if let Some(lock) = &held {
                    let _ = dav.refresh(lock, pace.lock_timeout).await;
                }
            }
        });
        Ticket {
            n,
            nonce,
            lock,
            dav: self.dav.clone(),
            hub,
            _beating: AbortOnDropHandle::new(beating),
        }
    }
}

impl Ticket {
    /// The same, of a publisher that stands still.
    #[cfg(test)]
    pub(super) fn without_beat(self) -> Ticket {
        self._beating.abort();
        self
    }

    /// Tells that nothing comes of it, so that nobody waits for it.
    pub async fn abandon(self) {
        let ended = written(&Beat {
            hub: self.hub,
            nonce: self.nonce,
            ended: true,
            ..Beat::default()
        });
        if let Err(error) = self.dav.put(&layout::beat(self.n), &ended, Overwrite::Yes).await {
            tracing::debug!(%error, ticket = self.n, "others have to find out that a publication was given up");
        }
        self.release().await;
    }

    /// Gives the lock back.
    pub(super) async fn release(self) {
        if let Some(lock) = &self.lock
            && let Err(error) = self.dav.unlock(lock).await
        {
            tracing::debug!(%error, "the lock ends by itself");
        }
    }
}

fn beat(hub: Uuid, nonce: Uuid, count: u64, lock: Option<&Lock>) -> Payload {
    written(&Beat {
        hub,
        nonce,
        count,
        ended: false,
        lock: lock.map(|lock| lock.token().to_owned()),
    })
}

fn written(beat: &Beat) -> Payload {
    serde_json::to_vec(beat).unwrap_or_default().into()
}
