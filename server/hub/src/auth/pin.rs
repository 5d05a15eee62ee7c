//! The operator's PIN (seed 000): compared in constant time, and guessed only a few times: by an address, and
//! overall (security.md 5).

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

/// Wrong PINs of one address before it is locked out.
const MAX_FAILURES: u32 = 5;

/// Wrong PINs of all addresses together before everybody is locked out.
const MAX_FAILURES_OVERALL: u32 = 100;

/// The first lock-out; each wrong PIN after it doubles the next one.
const FIRST_LOCK: Duration = Duration::from_secs(30);

/// The longest lock-out.
const LAST_LOCK: Duration = Duration::from_secs(60 * 60);

/// So long after the last wrong PIN, and after its lock-out, failures are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// Addresses that are remembered; beyond it unknown ones count as one.
const MAX_ADDRESSES: usize = 10_000;

/// Why a PIN opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinRefusal {
    /// The hub has none.
    NotConfigured,
    /// None was sent; no attempt.
    Missing,
    /// It is another one.
    Wrong,
    /// Too many were wrong: wait so long.
    LockedOut(Duration),
}

/// Knows the PIN, as a hash, and who guessed wrong.
pub(crate) struct PinGuard {
    hash: Option<[u8; 32]>,
    failures: Mutex<Failures>,
}

#[derive(Default)]
struct Failures {
    overall: Count,
    of: HashMap<Option<IpAddr>, Count>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    wrong: u32,
    last: Option<Instant>,
    until: Option<Instant>,
}

impl Count {
    fn locked(&self, now: Instant) -> Option<Duration> {
        let left = self.until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    fn is_old(&self, now: Instant) -> bool {
        let ended = self.until.max(self.last);
        ended.is_none_or(|at| now.saturating_duration_since(at) > FORGOTTEN)
    }

    fn wrong(&mut self, most: u32, now: Instant) {
        if self.is_old(now) {
            *self = Count::default();
        }
        self.wrong += 1;
        self.last = Some(now);
        if let Some(beyond) = self.wrong.checked_sub(most) {
            let lock = FIRST_LOCK.saturating_mul(1 << beyond.min(16)).min(LAST_LOCK);
            self.until = Some(now + lock);
        }
    }
}

impl PinGuard {
    /// `None` or an empty PIN: there is none, and nobody is let in.
    pub(crate) fn new(pin: Option<&str>) -> PinGuard {
        let pin = pin.filter(|pin| !pin.is_empty());
        PinGuard {
            hash: pin.map(|pin| Sha256::digest(pin.as_bytes()).into()),
            failures: Mutex::default(),
        }
    }

    /// Whether this PIN, sent from this address, opens the door.
    pub(crate) fn check(&self, given: Option<&[u8]>, from: Option<IpAddr>) -> Result<(), PinRefusal> {
        let hash = self.hash.as_ref().ok_or(PinRefusal::NotConfigured)?;
        let given = given
            .filter(|given| !given.is_empty())
            .ok_or(PinRefusal::Missing)?;
        let now = Instant::now();
        let from = from.map(network);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let own = failures.of.get(&from).and_then(|count| count.locked(now));
        if let Some(left) = failures.overall.locked(now).max(own) {
            return Err(PinRefusal::LockedOut(left));
        }
        let given: [u8; 32] = Sha256::digest(given).into();
        if bool::from(given.ct_eq(hash)) {
            failures.of.remove(&from);
            return Ok(());
        }
        if failures.of.len() >= MAX_ADDRESSES {
            failures.of.retain(|_, count| !count.is_old(now));
        }
        let key = if failures.of.len() >= MAX_ADDRESSES && !failures.of.contains_key(&from) {
            None
        } else {
            from
        };
        failures.of.entry(key).or_default().wrong(MAX_FAILURES, now);
        failures.overall.wrong(MAX_FAILURES_OVERALL, now);
        tracing::warn!("a wrong PIN was sent");
        Err(PinRefusal::Wrong)
    }
}

/// One who has an IPv6 address has the whole network of it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, last]))
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_lock_out_an_address_longer_and_longer() {
        let guard = PinGuard::new(Some("4711"));
        let ask = |pin: &str, from: u8| guard.check(Some(pin.as_bytes()), address(from));
        assert_eq!(guard.check(None, address(1)), Err(PinRefusal::Missing));
        assert_eq!(guard.check(Some(b""), address(1)), Err(PinRefusal::Missing));
        for _ in 0..MAX_FAILURES {
            assert_eq!(ask("no", 1), Err(PinRefusal::Wrong));
        }
        assert_eq!(ask("4711", 1), Err(PinRefusal::LockedOut(FIRST_LOCK)));
        assert_eq!(ask("4711", 2), Ok(()), "another address");
        tokio::time::advance(FIRST_LOCK).await;
        assert_eq!(ask("no", 1), Err(PinRefusal::Wrong));
        assert_eq!(ask("4711", 1), Err(PinRefusal::LockedOut(FIRST_LOCK * 2)));
        tokio::time::advance(FIRST_LOCK * 2).await;
        assert_eq!(ask("4711", 1), Ok(()));
        assert_eq!(ask("no", 1), Err(PinRefusal::Wrong));
        assert_eq!(ask("4711", 1), Ok(()), "counted anew after the right one");
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_do_not_help() {
        let guard = PinGuard::new(Some("4711"));
        for n in 0..MAX_FAILURES_OVERALL {
            let from = Some(IpAddr::from([10, 0, 1, n as u8]));
            assert_eq!(guard.check(Some(b"no"), from), Err(PinRefusal::Wrong));
        }
        assert!(matches!(
            guard.check(Some(b"4711"), address(9)),
            Err(PinRefusal::LockedOut(_))
        ));
        let v6 = |text: &str| network(text.parse().unwrap());
        assert_eq!(v6("2001:db8::1"), v6("2001:db8::ffff:1"));
        assert_ne!(v6("2001:db8::1"), v6("2001:db8:0:1::1"));
        assert_eq!(v6("::ffff:10.0.0.1"), v6("10.0.0.1"));
    }

    #[test]
    fn without_a_pin_nobody_is_let_in() {
        for none in [None, Some("")] {
            let guard = PinGuard::new(none);
            assert_eq!(guard.check(Some(b"x"), None), Err(PinRefusal::NotConfigured));
            assert_eq!(guard.check(Some(b""), None), Err(PinRefusal::NotConfigured));
        }
    }
}
