//! How long to wait until the next background sync.

use std::time::Duration;

use rand::Rng;

/// Spread of the interval: 20 % up or down, so that editors do not come all at once.
const SPREAD: f64 = 0.2;
/// First wait after a failure.
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// Longest wait after failures: a hub's return is noticed within a minute (contract.md).
const LAST_RETRY: Duration = Duration::from_secs(30);

/// Until the next sync after a good one.
pub fn interval(minutes: f64, rng: &mut impl Rng) -> Duration {
    let seconds = (minutes * 60.0).clamp(1.0, 86_400.0 * 7.0);
    Duration::from_secs_f64(seconds * rng.random_range(1.0 - SPREAD..=1.0 + SPREAD))
}

/// Until the next try after `failures` failed ones in a row (1 or more): exponential, jittered, and
/// never longer than [`LAST_RETRY`].
pub fn retry(failures: u32, rng: &mut impl Rng) -> Duration {
    let longest = FIRST_RETRY
        .saturating_mul(1 << failures.clamp(1, 10).saturating_sub(1))
        .min(LAST_RETRY);
    longest.mul_f64(rng.random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn waits_are_spread_and_bounded() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let mut waits: Vec<f64> = (0..1000).map(|_| interval(5.0, &mut rng).as_secs_f64()).collect();
        waits.sort_by(f64::total_cmp);
        assert!(waits[0] >= 240.0 && waits[999] <= 360.0 && waits[999] - waits[0] > 100.0);
        for failures in 0..100 {
            assert!(retry(failures, &mut rng) <= LAST_RETRY);
        }
        assert!(retry(1, &mut rng) <= FIRST_RETRY);
        assert!(interval(f64::MAX, &mut rng) < Duration::from_secs(86_400 * 9));
    }
}
