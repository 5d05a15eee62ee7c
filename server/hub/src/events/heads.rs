//! Tells open event streams which feed streams moved.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use metasync_protocol::{Channel, events::Change};
use tokio::sync::watch;
use uuid::Uuid;

type Heads = HashMap<(Uuid, Channel), u64>;

/// One bell per organization.
#[derive(Default)]
pub struct HeadBell(Mutex<HashMap<Uuid, watch::Sender<Arc<Heads>>>>);

impl HeadBell {
    /// Streams of an organization stand at these heads now.
    pub fn ring(&self, org: Uuid, connection: Uuid, heads: &[(Channel, u64)]) {
        if heads.is_empty() {
            return;
        }
        self.sender(org).send_if_modified(|known| {
            let known = Arc::make_mut(known);
            let mut moved = false;
            for (channel, head) in heads {
                let entry = known.entry((connection, *channel)).or_insert(0);
                // Two writers may ring in another order than they committed.
                if *head > *entry {
                    *entry = *head;
                    moved = true;
                }
            }
            moved
        });
    }

    /// A connection is gone with its streams: listeners are told of a head of 0.
    pub fn ring_removed(&self, org: Uuid, connection: Uuid) {
        self.sender(org).send_if_modified(|known| {
            let known = Arc::make_mut(known);
            known.retain(|(c, channel), _| *c != connection || *channel == Channel::Core);
            known.insert((connection, Channel::Core), 0) != Some(0)
        });
    }

    /// Hears what moves from now on.
    pub fn listen(&self, org: Uuid) -> HeadListener {
        let receiver = self.sender(org).subscribe();
        let told = Arc::clone(&receiver.borrow());
        HeadListener { receiver, told }
    }

    fn sender(&self, org: Uuid) -> watch::Sender<Arc<Heads>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(org).or_default().clone()
    }
}

/// What one event stream has told already.
pub struct HeadListener {
    receiver: watch::Receiver<Arc<Heads>>,
    told: Arc<Heads>,
}

impl HeadListener {
    /// Waits until something moved. Many moves of one stream between two calls are one.
    pub async fn moved(&mut self) -> Vec<Change> {
        loop {
            if self.receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let now = Arc::clone(&self.receiver.borrow_and_update());
            let mut changes: Vec<Change> = now
                .iter()
                .filter(|(stream, head)| self.told.get(stream) != Some(head))
                .map(|((connection_id, channel), head)| Change {
                    connection_id: *connection_id,
                    channel: *channel,
                    head: *head,
                })
                .collect();
            self.told = now;
            if !changes.is_empty() {
                changes.sort_unstable_by_key(|c| (c.connection_id, c.channel));
                return changes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moves_are_heard_once_and_in_order() {
        let bell = HeadBell::default();
        let (org, other, connection) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        bell.ring(org, connection, &[(Channel::Core, 5)]);
        let mut listener = bell.listen(org);
        bell.ring(other, connection, &[(Channel::Core, 9)]);
        bell.ring(org, connection, &[(Channel::Core, 7)]);
        bell.ring(
            org,
            connection,
            &[(Channel::Core, 6), (Channel::Documentation, 1)],
        );
        let heads: Vec<_> = listener
            .moved()
            .await
            .iter()
            .map(|c| (c.channel, c.head))
            .collect();
        assert_eq!(heads, [(Channel::Core, 7), (Channel::Documentation, 1)]);
        bell.ring(org, connection, &[(Channel::Core, 7)]);
        bell.ring(org, connection, &[(Channel::Core, 8)]);
        assert_eq!(listener.moved().await[0].head, 8);
        bell.ring_removed(org, connection);
        let heads: Vec<_> = listener
            .moved()
            .await
            .iter()
            .map(|c| (c.channel, c.head))
            .collect();
        assert_eq!(heads, [(Channel::Core, 0)]);
        // one of the same id counts anew
        bell.ring(org, connection, &[(Channel::Core, 1)]);
        assert_eq!(listener.moved().await[0].head, 1);
    }
}
