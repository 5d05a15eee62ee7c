//! When what failed is tried again (runs.md, 6): full jitter, growing, within limits.

use std::time::Duration;

use rand::Rng as _;

/// The first pause is at most this long; it doubles.
const FIRST: Duration = Duration::from_secs(2);

/// No pause is longer, unless the other side asked for it.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Nobody may ask for a longer pause.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait after a failed attempt, counted from 1; `asked` is what the other side wants.
pub(super) fn pause(attempt: u32, asked: Option<Duration>) -> Duration {
    let most = FIRST
        .saturating_mul(1 << attempt.saturating_sub(1).min(20))
        .min(LONGEST);
    let pause = most.mul_f64(rand::rng().random_range(0.0..1.0));
    pause.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_what_is_asked_for_is_kept() {
        for _ in 0..100 {
            assert!(pause(1, None) <= FIRST);
            assert!(pause(3, None) <= FIRST * 4);
            assert!(pause(60, None) <= LONGEST);
        }
        assert!(pause(1, Some(Duration::from_secs(60))) >= Duration::from_secs(60));
        assert!(pause(1, Some(Duration::MAX)) <= LONGEST_ASKED);
    }
}
