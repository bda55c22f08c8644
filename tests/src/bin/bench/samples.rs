//! Samples and what is said of them.

use std::time::Duration;

/// Fewer samples than this say nothing about the slowest hundredth.
const ENOUGH_FOR_P99: usize = 100;

/// Durations of the same thing, measured again and again.
#[derive(Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// How many there were in a second, where each followed the other at once.
    pub(crate) fn per_second(&self) -> f64 {
        self.count() as f64 / self.0.iter().sum::<Duration>().as_secs_f64()
    }

    pub(crate) fn median_ms(&self) -> f64 {
        self.quantile_ms(0.5)
    }

    pub(crate) fn p99_ms(&self) -> Option<f64> {
        (self.count() >= ENOUGH_FOR_P99).then(|| self.quantile_ms(0.99))
    }

    /// The sample below which `share` of all samples lie, in milliseconds.
    fn quantile_ms(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        sorted
            .get(at)
            .map_or(f64::NAN, |sample| sample.as_secs_f64() * 1000.0)
    }
}
