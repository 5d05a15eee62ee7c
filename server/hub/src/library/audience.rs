//! Who is told what a sync does: those who listen at this node, and through the database those at the others.

use std::sync::Arc;

use metasync_protocol::library::events;
use metasync_store::{LibraryEvent, Store};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::clients::Clients;

/// Events that wait to be told to other nodes; more are lost there, and the sync does not wait.
const BACKLOG: usize = 1_000;
/// Most events of one statement.
const AT_ONCE: usize = 100;

const BEGIN: &str = "begin";
const TELL: &str = "tell";
const END: &str = "end";

/// Whom a sync tells.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) org: Uuid,
    pub(super) user: String,
    /// `None`: all of the user's.
    pub(super) client: Option<String>,
}

/// All who can be told. Clones are one.
#[derive(Clone)]
pub(super) struct Audience {
    here: Arc<Clients>,
    /// To other nodes, where there may be some.
    elsewhere: Option<mpsc::Sender<(Uuid, LibraryEvent)>>,
    node: Uuid,
}

impl Audience {
    pub(super) fn new(here: Arc<Clients>, store: Store, node: Uuid) -> Audience {
        let elsewhere = store.may_have_other_nodes().then(|| {
            let (sender, receiver) = mpsc::channel(BACKLOG);
            tokio::spawn(send(store, receiver));
            sender
        });
        Audience {
            here,
            elsewhere,
            node,
        }
    }

    /// A sync begins.
    pub(super) fn begin(&self, to: &Address) {
        self.here.begin(to.org, &to.user, to.client.as_deref());
        self.send(to, BEGIN, "", "");
    }

    /// It tells something.
    pub(super) fn tell(&self, to: &Address, name: &'static str, data: &str) {
        self.here.tell(to.org, &to.user, to.client.as_deref(), name, data);
        self.send(to, TELL, name, data);
    }

    /// It tells the last.
    pub(super) fn end(&self, to: &Address, name: &'static str, data: &str) {
        self.here.end(to.org, &to.user, to.client.as_deref(), name, data);
        self.send(to, END, name, data);
    }

    fn send(&self, to: &Address, phase: &str, name: &str, data: &str) {
        let Some(elsewhere) = &self.elsewhere else { return };
        let event = LibraryEvent {
            node: self.node,
            user: to.user.clone(),
            client: to.client.clone(),
            phase: phase.to_owned(),
            name: name.to_owned(),
            data: data.to_owned(),
        };
        if elsewhere.try_send((to.org, event)).is_err() {
            tracing::debug!("an event is not told to other nodes: too many wait");
        }
    }

    /// Tells here what another node told.
    pub(super) fn pass_on(&self, org: Uuid, event: &LibraryEvent) {
        let (user, client) = (event.user.as_str(), event.client.as_deref());
        // words of a newer version are passed over
        let names = [events::PROGRESS, events::LOG, events::COMPLETE, events::ERROR];
        let name = names.into_iter().find(|name| *name == event.name);
        match (event.phase.as_str(), name) {
            (BEGIN, _) => self.here.begin(org, user, client),
            (TELL, Some(name)) => self.here.tell(org, user, client, name, &event.data),
            (END, Some(name)) => self.here.end(org, user, client, name, &event.data),
            _ => {}
        }
    }
}

/// Writes what waits, in its order, until nobody is left who could tell anything.
async fn send(store: Store, mut waiting: mpsc::Receiver<(Uuid, LibraryEvent)>) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, AT_ONCE).await > 0 {
        while let Some((org, _)) = batch.first() {
            let org = *org;
            let of_one = batch.iter().take_while(|(of, _)| *of == org).count();
            let events: Vec<LibraryEvent> = batch.drain(..of_one).map(|(_, event)| event).collect();
            if let Err(error) = store.library_tell(org, &events).await {
                tracing::debug!(%error, "other nodes are not told what a sync does");
            }
        }
    }
}
