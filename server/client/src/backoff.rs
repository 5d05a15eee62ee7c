//! Exponential back-off with full jitter: waits are spread evenly between a floor and a ceiling
//! that doubles, so that the clients of a hub that returns do not all come at once.

use std::time::Duration;

/// Counts failures and says how long to wait before the next attempt.
#[derive(Clone, Debug)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    floor: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits of at most `base`, `2·base`, `4·base`, … up to `cap`, and never less than `floor`.
    pub fn new(base: Duration, cap: Duration, floor: Duration) -> Backoff {
        Backoff {
            base,
            cap,
            floor: floor.min(cap),
            failures: 0,
        }
    }

    /// How many failures there were since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Counts a failure and gives the wait before the next attempt.
    pub fn failed(&mut self) -> Duration {
        let wait = self.wait(rand::random::<f64>());
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// Begins anew.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The wait for a random number from 0 to 1; nothing else decides it.
    pub fn wait(&self, random: f64) -> Duration {
        let doublings = self.failures.min(31);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.cap);
        ceiling.mul_f64(random.clamp(0.0, 1.0)).max(self.floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_double_up_to_the_cap_and_begin_anew() {
        let second = Duration::from_secs(1);
        let mut backoff = Backoff::new(second, 30 * second, second / 5);
        let mut ceilings = Vec::new();
        for _ in 0..7 {
            ceilings.push(backoff.wait(1.0).as_secs());
            let wait = backoff.failed();
            assert!(wait >= second / 5 && wait <= 30 * second);
        }
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(backoff.wait(0.0), second / 5);
        backoff.succeeded();
        assert_eq!(backoff.wait(1.0), second);
    }

    #[test]
    fn very_many_failures_do_not_overflow() {
        let mut backoff = Backoff::new(Duration::from_secs(60), Duration::from_secs(300), Duration::ZERO);
        for _ in 0..1000 {
            backoff.failed();
        }
        assert_eq!(backoff.wait(1.0), Duration::from_secs(300));
    }
}
