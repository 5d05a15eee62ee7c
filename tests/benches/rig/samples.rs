//! Samples and what one says of them.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Milliseconds, in the order in which they were measured.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds one.
    pub fn push(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1_000.0);
    }

    /// The value below which this share (0 to 1) of the samples lies: the nearest rank.
    pub fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    /// The middle one.
    pub fn median(&self) -> f64 {
        self.percentile(0.5)
    }
}

/// Measures something a number of times.
pub fn measure(times: usize, mut what: impl FnMut() -> Result<()>) -> Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..times {
        let started = Instant::now();
        what()?;
        samples.push(started.elapsed());
    }
    Ok(samples)
}
