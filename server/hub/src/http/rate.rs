//! How often one user may ask for what costs the hub much: a bucket of tokens each. Reading the feed
//! is not among it: hundreds of editors with one token are a normal day.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Requests that a user may make at once.
const BURST: f64 = 2_000.0;

/// Requests a second that a user may make for ever.
const PER_SECOND: f64 = 100.0;

/// Users that are remembered; those who waited long enough are forgotten first.
const MAX_USERS: usize = 10_000;

/// Marks the requests of routes that cost much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expensive;

/// The buckets of all users.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<String, Bucket>>);

struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full() -> Bucket {
        Bucket {
            left: BURST,
            at: Instant::now(),
        }
    }

    /// What is in it now.
    fn fill(&mut self) -> f64 {
        let now = Instant::now();
        let since = now.duration_since(self.at).as_secs_f64();
        self.left = (self.left + since * PER_SECOND).min(BURST);
        self.at = now;
        self.left
    }
}

impl Rates {
    /// Lets a request of a user through, or says how long to wait.
    pub(super) fn take(&self, user: &str) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(user) {
            if buckets.len() >= MAX_USERS {
                buckets.retain(|_, bucket| bucket.fill() < BURST);
            }
            if buckets.len() >= MAX_USERS {
                // Thousands of users work at once: whoever is new waits for one of them.
                return Err(Duration::from_secs(1));
            }
            buckets.insert(user.to_owned(), Bucket::full());
        }
        let Some(bucket) = buckets.get_mut(user) else {
            return Ok(());
        };
        if bucket.fill() >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.left) / PER_SECOND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_user_waits_alone_and_not_for_long() {
        let rates = Rates::default();
        for _ in 0..BURST as usize {
            rates.take("a").unwrap();
        }
        let wait = rates.take("a").unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        rates.take("b").unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        let again = (0..BURST as usize)
            .take_while(|_| rates.take("a").is_ok())
            .count();
        assert_eq!(again, PER_SECOND as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_users_are_forgotten() {
        let rates = Rates::default();
        for user in 0..MAX_USERS {
            rates.take(&user.to_string()).unwrap();
        }
        assert!(rates.take("new").is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
        rates.take("new").unwrap();
        assert_eq!(rates.0.lock().unwrap().len(), 1);
    }
}
