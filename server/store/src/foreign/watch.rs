//! Hears what other nodes tell, and looks by itself where it can't hear.

use std::{collections::HashMap, sync::Arc, time::Duration};

use metasync_protocol::Channel;
use sqlx::{PgPool, postgres::PgListener};
use tokio::{sync::broadcast, task::AbortHandle, time::Instant};
use uuid::Uuid;

use super::{BACKLOG, ForeignChange};
use crate::{
    database::{Database, Scope},
    error::Result,
    identity::Identity,
    outbox::{self, CHANNEL, Signal},
    streams,
};

/// How often the heads are looked at while nothing can be heard.
const POLL: Duration = Duration::from_millis(250);
/// How long it is polled before hearing is tried again.
const DEAF_FOR: Duration = Duration::from_secs(10);

/// The tasks of a store that hear and tell. They end with it.
pub(crate) struct Watch {
    changes: broadcast::Sender<ForeignChange>,
    tasks: [AbortHandle; 2],
}

impl Watch {
    /// Begins to hear and to tell; `None` on a database that no other node uses.
    pub(crate) fn begin(database: &Database, identity: &Arc<Identity>) -> Option<Watch> {
        let (pool, outbox) = database.shared()?;
        let node = Uuid::new_v4();
        let changes = broadcast::channel(BACKLOG).0;
        let ear = Ear {
            node,
            database: database.clone(),
            identity: Arc::clone(identity),
            changes: changes.clone(),
            known: HashMap::new(),
        };
        let tasks = [
            tokio::spawn(outbox.clone().send(pool.clone(), node)).abort_handle(),
            tokio::spawn(ear.hear(pool.clone())).abort_handle(),
        ];
        Some(Watch { changes, tasks })
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<ForeignChange> {
        self.changes.subscribe()
    }

    /// Ends it.
    pub(crate) fn end(&self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

struct Ear {
    node: Uuid,
    database: Database,
    identity: Arc<Identity>,
    changes: broadcast::Sender<ForeignChange>,
    known: HashMap<(Uuid, Uuid, Channel), u64>,
}

impl Ear {
    async fn hear(mut self, pool: PgPool) {
        // Nobody was told of what was there before.
        if let Ok(all) = self.all_heads().await {
            self.known = all;
        }
        loop {
            if let Err(error) = self.listen(&pool).await {
                tracing::debug!(%error, "other nodes can't be heard; looking by itself");
            }
            let until = Instant::now() + DEAF_FOR;
            while Instant::now() < until {
                self.look_around().await;
                tokio::time::sleep(POLL).await;
            }
        }
    }

    /// Until it can't be heard any more.
    async fn listen(&mut self, pool: &PgPool) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        // What was told before it listened was told to nobody.
        self.look_around().await;
        loop {
            let Some(notification) = listener.try_recv().await? else {
                // The connection was lost and is there again; what was told meanwhile is lost.
                self.look_around().await;
                continue;
            };
            let (from, signals) = outbox::parse(notification.payload());
            if from == Some(self.node) {
                continue;
            }
            for signal in signals {
                self.follow(signal).await;
            }
        }
    }

    async fn follow(&mut self, signal: Signal) {
        match signal {
            Signal::Heads(org) => match self.heads_of(org).await {
                Ok(heads) => {
                    self.miss(&heads, |(of, ..)| *of == org);
                    self.compare(heads);
                }
                Err(error) => tracing::debug!(%error, "heads can't be looked at"),
            },
            Signal::Run(run) => self.tell(ForeignChange::Run(run)),
            Signal::Library => self.tell(ForeignChange::Library),
            Signal::Work => self.tell(ForeignChange::Work),
            Signal::Identity => self.refresh().await,
            Signal::Everything => self.look_around().await,
        }
    }

    /// Looks at all that another node may have changed.
    async fn look_around(&mut self) {
        self.refresh().await;
        match self.all_heads().await {
            Ok(heads) => {
                self.miss(&heads, |_| true);
                self.compare(heads);
            }
            Err(error) => tracing::debug!(%error, "heads can't be looked at"),
        }
        self.tell(ForeignChange::Library);
        self.tell(ForeignChange::Work);
    }

    async fn refresh(&self) {
        if let Err(error) = self.identity.refresh(&self.database).await {
            tracing::debug!(%error, "the epoch can't be looked at");
        }
    }

    fn compare(&mut self, heads: HashMap<(Uuid, Uuid, Channel), u64>) {
        let mut moved: HashMap<Uuid, Vec<(Uuid, Channel, u64)>> = HashMap::new();
        for ((org, connection, channel), head) in heads {
            if self.known.insert((org, connection, channel), head) != Some(head) {
                moved.entry(org).or_default().push((connection, channel, head));
            }
        }
        for (org, heads) in moved {
            self.tell(ForeignChange::Heads { org, heads });
        }
    }

    /// Tells of connections that were known, and are not among these heads any more.
    fn miss(
        &mut self,
        heads: &HashMap<(Uuid, Uuid, Channel), u64>,
        looked_at: impl Fn(&(Uuid, Uuid, Channel)) -> bool,
    ) {
        let gone: Vec<_> = self
            .known
            .keys()
            .filter(|stream| looked_at(stream) && !heads.contains_key(*stream))
            .copied()
            .collect();
        for stream in gone {
            self.known.remove(&stream);
            let (org, connection, channel) = stream;
            if channel == Channel::Core {
                self.tell(ForeignChange::Removed { org, connection });
            }
        }
    }

    fn tell(&self, change: ForeignChange) {
        // Nobody may listen.
        let _ = self.changes.send(change);
    }

    async fn heads_of(&self, org: Uuid) -> Result<HashMap<(Uuid, Uuid, Channel), u64>> {
        let mut tx = self.database.look(Scope::Org(org)).await?;
        let streams = streams::of_organization(&mut tx, org).await?;
        Ok(streams
            .into_iter()
            .filter(|s| s.other.is_none())
            .map(|s| ((org, s.connection, s.channel), s.head))
            .collect())
    }

    async fn all_heads(&self) -> Result<HashMap<(Uuid, Uuid, Channel), u64>> {
        let mut tx = self.database.look(Scope::Watcher).await?;
        streams::heads_of_all(&mut tx).await
    }
}
