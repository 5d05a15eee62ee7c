//! Counters for `GET /metrics` (contract.md, "Seed 004", "Decided"). No organization, user, connection
//! or file stands in them.

use std::{
    sync::atomic::{AtomicI64, AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Upper edges of the run durations' buckets, in seconds.
const DURATION_BUCKETS: [f64; 11] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0];

/// What a finished run is counted under.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct RunLabels {
    kind: String,
    mode: String,
    status: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WebhookLabels {
    outcome: String,
}

type Durations = Family<RunLabels, Histogram, fn() -> Histogram>;

/// All counters of a hub.
pub(crate) struct Metrics {
    registry: Registry,
    runs: Family<RunLabels, Counter<u64, AtomicU64>>,
    durations: Durations,
    files: Counter<u64, AtomicU64>,
    stuck: Gauge<i64, AtomicI64>,
    requests: Family<RequestLabels, Counter<u64, AtomicU64>>,
    webhooks: Family<WebhookLabels, Counter<u64, AtomicU64>>,
}

impl RunLabels {
    /// `full` says whether the run read everything again.
    pub(crate) fn new(kind: &str, full: bool, status: &str) -> RunLabels {
        RunLabels {
            kind: kind.to_owned(),
            mode: if full { "full" } else { "incremental" }.to_owned(),
            status: status.to_owned(),
        }
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        let durations: Durations = Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS));
        let metrics = Metrics {
            registry: Registry::with_prefix("metasync"),
            runs: Family::default(),
            durations,
            files: Counter::default(),
            stuck: Gauge::default(),
            requests: Family::default(),
            webhooks: Family::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Metrics {
        let registry = &mut self.registry;
        registry.register("runs", "Runs that ended", self.runs.clone());
        registry.register(
            "run_duration_seconds",
            "How long runs took",
            self.durations.clone(),
        );
        registry.register("files_processed", "Files that runs read", self.files.clone());
        registry.register("runs_stuck", "Runs that do not get on", self.stuck.clone());
        registry.register("webhooks", "Webhooks that were sent", self.webhooks.clone());
        registry.register("http_requests", "Requests answered", self.requests.clone());
        self
    }

    pub(crate) fn run_ended(&self, labels: &RunLabels, took: Duration, files: u64) {
        self.runs.get_or_create(labels).inc();
        self.durations.get_or_create(labels).observe(took.as_secs_f64());
        self.files.inc_by(files);
    }

    pub(crate) fn stuck(&self, runs: usize) {
        self.stuck.set(i64::try_from(runs).unwrap_or(i64::MAX));
    }

    /// How a webhook went: `delivered`, `retried`, `given_up`.
    pub(crate) fn webhook(&self, outcome: &str) {
        let labels = WebhookLabels {
            outcome: outcome.to_owned(),
        };
        self.webhooks.get_or_create(&labels).inc();
    }

    /// `route` is the pattern, never the path: paths name tenants.
    pub(crate) fn request(&self, method: &str, route: &str, status: u16) {
        let labels = RequestLabels {
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
    }

    /// In the text form that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
