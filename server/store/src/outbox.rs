//! What this node has to tell other nodes, collected until it is sent: with NOTIFY, in a statement of
//! its own after the commit (inside the transaction it would make every commit of the database wait for
//! the one before).

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use sqlx::PgPool;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::lock;

/// Name of the NOTIFY channel.
pub(crate) const CHANNEL: &str = "metasync";

/// Least time between two notifications of a node.
const DEBOUNCE: Duration = Duration::from_millis(100);
/// Signals of one notification: PostgreSQL takes 8,000 bytes.
const MOST_SIGNALS: usize = 180;

/// One thing that other nodes may want to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Signal {
    /// Heads of an organization's streams.
    Heads(Uuid),
    /// A run.
    Run(Uuid),
    /// The queue of runs.
    Work,
    /// What syncs of libraries tell.
    Library,
    /// The epoch, or the keys of cursors.
    Identity,
    /// So much that all is to be looked at.
    Everything,
}

impl Signal {
    fn word(self) -> String {
        match self {
            Signal::Heads(org) => format!("h{}", org.simple()),
            Signal::Run(run) => format!("r{}", run.simple()),
            Signal::Library => "l".into(),
            Signal::Work => "w".into(),
            Signal::Identity => "i".into(),
            Signal::Everything => "*".into(),
        }
    }

    fn parse(word: &str) -> Option<Signal> {
        Some(match word.split_at_checked(1)? {
            ("h", id) => Signal::Heads(id.parse().ok()?),
            ("r", id) => Signal::Run(id.parse().ok()?),
            ("l", "") => Signal::Library,
            ("w", "") => Signal::Work,
            ("i", "") => Signal::Identity,
            ("*", "") => Signal::Everything,
            _ => return None,
        })
    }
}

/// A notification's text: who tells, and what.
fn payload(node: Uuid, signals: &HashSet<Signal>) -> String {
    let mut words = vec![node.simple().to_string()];
    if signals.len() > MOST_SIGNALS {
        words.push(Signal::Everything.word());
    } else {
        words.extend(signals.iter().map(|s| s.word()));
    }
    words.join(" ")
}

/// Who tells, and what; words that this version does not know are passed over.
pub(crate) fn parse(payload: &str) -> (Option<Uuid>, Vec<Signal>) {
    let mut words = payload.split(' ');
    let node = words.next().and_then(|word| word.parse().ok());
    (node, words.filter_map(Signal::parse).collect())
}

/// What this node has to tell. All clones are one.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: Mutex<HashSet<Signal>>,
    bell: Notify,
}

impl Outbox {
    /// Others are to hear of this.
    pub(crate) fn put(&self, signal: Signal) {
        if lock(&self.0.waiting).insert(signal) {
            self.0.bell.notify_one();
        }
    }

    /// Sends what there is to tell, for as long as it is polled.
    pub(crate) async fn send(self, pool: PgPool, node: Uuid) {
        loop {
            self.0.bell.notified().await;
            let signals = std::mem::take(&mut *lock(&self.0.waiting));
            if signals.is_empty() {
                continue;
            }
            let sent = sqlx::query("SELECT pg_notify($1, $2)")
                .bind(CHANNEL)
                .bind(payload(node, &signals))
                .execute(&pool)
                .await;
            if let Err(error) = sent {
                tracing::debug!(%error, "other nodes were not told; they look by themselves");
            }
            tokio::time::sleep(DEBOUNCE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_heard() {
        let (node, id) = (Uuid::from_u128(1), Uuid::from_u128(u128::MAX));
        let all = HashSet::from([
            Signal::Heads(id),
            Signal::Run(id),
            Signal::Work,
            Signal::Library,
            Signal::Identity,
        ]);
        let (from, mut heard) = parse(&payload(node, &all));
        assert_eq!(from, Some(node));
        heard.sort();
        assert_eq!(
            heard,
            [
                Signal::Heads(id),
                Signal::Run(id),
                Signal::Work,
                Signal::Library,
                Signal::Identity
            ]
        );
        let many = (0..MOST_SIGNALS as u128 + 1)
            .map(|n| Signal::Run(Uuid::from_u128(n)))
            .collect();
        assert_eq!(parse(&payload(node, &many)).1, [Signal::Everything]);
        let most: HashSet<_> = (0..MOST_SIGNALS as u128)
            .map(|n| Signal::Run(Uuid::from_u128(n)))
            .collect();
        assert!(payload(node, &most).len() < 8_000);
        for strange in ["", "x", "h h7 ww é", "zz * "] {
            assert!(parse(strange).1.iter().all(|s| *s == Signal::Everything));
        }
    }
}
