//! Those who are told what a sync does: a queue for each client, kept for a while after it hung up, so
//! that one that comes back misses nothing.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

/// Events of the sync that runs, or ran last, that a queue holds.
const MAX_EVENTS: usize = 2_000;
/// Queues in all.
const MAX_QUEUES: usize = 10_000;
/// How long a queue that nobody listens to is kept.
const STALE: Duration = Duration::from_secs(5 * 60);

/// Who is told: never another user's client of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    /// Organization.
    pub(crate) org: Uuid,
    /// User.
    pub(crate) user: String,
    /// What the client calls itself.
    pub(crate) id: String,
}

/// Something to be told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClientEvent {
    /// Ascending within a queue.
    pub(crate) id: u64,
    /// A word of the seed.
    pub(crate) name: &'static str,
    /// JSON.
    pub(crate) data: String,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<ClientEvent>,
    last: u64,
    is_syncing: bool,
    listeners: usize,
    touched: Option<Instant>,
    bell: watch::Sender<u64>,
}

impl Queue {
    fn put(&mut self, name: &'static str, data: &str) {
        self.last += 1;
        self.touched = Some(Instant::now());
        if self.events.len() >= MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(ClientEvent {
            id: self.last,
            name,
            data: data.to_owned(),
        });
        self.bell.send_replace(self.last);
    }
}

/// All queues.
#[derive(Default)]
pub(crate) struct Clients(Mutex<HashMap<Client, Queue>>);

/// A client that listens. Dropped, it has hung up.
pub(crate) struct Listener {
    clients: Arc<Clients>,
    client: Client,
    after: u64,
    moved: watch::Receiver<u64>,
}

impl Clients {
    fn queues(&self) -> MutexGuard<'_, HashMap<Client, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens: after the event that the client saw last; else from the beginning of the sync that runs for
    /// it, or from now on. `None`: too many listen.
    pub(crate) fn listen(self: &Arc<Self>, client: Client, after: Option<u64>) -> Option<Listener> {
        let mut queues = self.queues();
        clean_up(&mut queues);
        if queues.len() >= MAX_QUEUES && !queues.contains_key(&client) {
            return None;
        }
        let queue = queues.entry(client.clone()).or_default();
        queue.listeners += 1;
        let before_first = queue.events.front().map_or(queue.last, |event| event.id - 1);
        let after = match after {
            // an id of a queue that was cleaned up: what there is, is new
            Some(id) if id > queue.last => before_first,
            Some(id) => id,
            None if queue.is_syncing => before_first,
            None => queue.last,
        };
        let moved = queue.bell.subscribe();
        Some(Listener {
            clients: Arc::clone(self),
            client,
            after,
            moved,
        })
    }

    /// A sync begins: what the one before told is forgotten.
    pub(super) fn begin(&self, org: Uuid, user: &str, id: Option<&str>) {
        let mut queues = self.queues();
        clean_up(&mut queues);
        if let Some(id) = id
            && queues.len() < MAX_QUEUES
        {
            let client = Client {
                org,
                user: user.to_owned(),
                id: id.to_owned(),
            };
            queues.entry(client).or_default();
        }
        for queue in addressed(&mut queues, org, user, id) {
            queue.events.clear();
            queue.is_syncing = true;
            queue.touched = Some(Instant::now());
        }
    }

    /// Tells a client, or all of a user's.
    pub(super) fn tell(&self, org: Uuid, user: &str, id: Option<&str>, name: &'static str, data: &str) {
        for queue in addressed(&mut self.queues(), org, user, id) {
            queue.put(name, data);
        }
    }

    /// Tells the last of a sync.
    pub(super) fn end(&self, org: Uuid, user: &str, id: Option<&str>, name: &'static str, data: &str) {
        for queue in addressed(&mut self.queues(), org, user, id) {
            queue.put(name, data);
            queue.is_syncing = false;
        }
    }
}

fn addressed<'q>(
    queues: &'q mut HashMap<Client, Queue>,
    org: Uuid,
    user: &str,
    id: Option<&str>,
) -> impl Iterator<Item = &'q mut Queue> {
    queues
        .iter_mut()
        .filter(move |(client, _)| {
            client.org == org && client.user == user && id.is_none_or(|id| client.id == id)
        })
        .map(|(_, queue)| queue)
}

fn clean_up(queues: &mut HashMap<Client, Queue>) {
    queues.retain(|_, queue| {
        let fresh = queue.touched.is_some_and(|at| at.elapsed() < STALE);
        queue.listeners > 0 || queue.is_syncing || fresh
    });
}

impl Listener {
    /// The next event; waits for it.
    pub(crate) async fn next(&mut self) -> ClientEvent {
        loop {
            self.moved.borrow_and_update();
            if let Some(event) = self.waiting() {
                self.after = event.id;
                return event;
            }
            if self.moved.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    fn waiting(&self) -> Option<ClientEvent> {
        let queues = self.clients.queues();
        let queue = queues.get(&self.client)?;
        queue.events.iter().find(|event| event.id > self.after).cloned()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut queues = self.clients.queues();
        if let Some(queue) = queues.get_mut(&self.client) {
            queue.listeners = queue.listeners.saturating_sub(1);
            queue.touched = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(user: &str, id: &str) -> Client {
        Client {
            org: Uuid::nil(),
            user: user.into(),
            id: id.into(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asked_is_told_and_who_comes_back_misses_nothing() {
        let clients = Arc::new(Clients::default());
        let mut own = clients.listen(client("a", "one"), None).unwrap();
        let mut other = clients.listen(client("a", "two"), None).unwrap();
        let mut stranger = clients.listen(client("b", "one"), None).unwrap();
        clients.begin(Uuid::nil(), "a", Some("one"));
        clients.tell(Uuid::nil(), "a", Some("one"), "log", "1");
        let first = own.next().await;
        assert_eq!((first.id, first.data.as_str()), (1, "1"));
        drop(own);
        clients.tell(Uuid::nil(), "a", Some("one"), "log", "2");
        let mut late = clients.listen(client("a", "one"), None).unwrap();
        assert_eq!(
            late.next().await.data,
            "1",
            "a sync that runs is told from its beginning"
        );
        let mut back = clients.listen(client("a", "one"), Some(first.id)).unwrap();
        assert_eq!(back.next().await.data, "2");
        clients.end(Uuid::nil(), "a", None, "complete", "3");
        assert_eq!(back.next().await.data, "3");
        assert_eq!(other.next().await.data, "3", "left out: all of that user");
        let mut after = clients.listen(client("a", "one"), None).unwrap();
        clients.tell(Uuid::nil(), "a", Some("one"), "log", "4");
        assert_eq!(after.next().await.data, "4", "what is over is not told again");
        let nothing = tokio::time::timeout(Duration::from_secs(1), stranger.next()).await;
        assert!(nothing.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn stale_queues_go() {
        let clients = Arc::new(Clients::default());
        let listening = clients.listen(client("a", "one"), None).unwrap();
        drop(clients.listen(client("a", "two"), None).unwrap());
        tokio::time::advance(STALE * 2).await;
        drop(clients.listen(client("a", "three"), None).unwrap());
        let names: Vec<String> = clients.queues().keys().map(|c| c.id.clone()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        drop(listening);
    }
}
