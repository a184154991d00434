//! What the core counts about itself.

use prometheus_client::{
    metrics::{
        counter::Counter,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

/// Counters and histograms of the core.
#[derive(Debug)]
pub struct Metrics {
    pub(crate) appended: Counter,
    pub(crate) commit_failures: Counter,
    pub(crate) commit_seconds: Histogram,
    pub(crate) fanout_seconds: Histogram,
    pub(crate) journal_depth: Gauge,
    pub(crate) subscriptions: Gauge,
    pub(crate) webhooks_delivered: Counter,
    pub(crate) webhooks_failed: Counter,
    pub(crate) webhooks_dead: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let latencies = || Histogram::new(exponential_buckets(0.000_05, 2.0, 18));
        Self {
            appended: Counter::default(),
            commit_failures: Counter::default(),
            commit_seconds: latencies(),
            fanout_seconds: latencies(),
            journal_depth: Gauge::default(),
            subscriptions: Gauge::default(),
            webhooks_delivered: Counter::default(),
            webhooks_failed: Counter::default(),
            webhooks_dead: Counter::default(),
        }
    }
}

impl Metrics {
    /// Makes them readable under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("messages_appended", "Messages committed", self.appended.clone());
        registry.register("commit_failures", "Batches of messages refused by the store", self.commit_failures.clone());
        registry.register("commit_seconds", "Time to commit one batch", self.commit_seconds.clone());
        registry.register(
            "fanout_seconds",
            "Time from commit until every subscriber of a shard was served",
            self.fanout_seconds.clone(),
        );
        registry.register("journal_depth", "Entries waiting for the writer", self.journal_depth.clone());
        registry.register("subscriptions", "Live subscriptions", self.subscriptions.clone());
        registry.register("webhooks_delivered", "Webhooks that were taken", self.webhooks_delivered.clone());
        registry.register("webhooks_failed", "Attempts to send a webhook that failed", self.webhooks_failed.clone());
        registry.register("webhooks_dead", "Webhooks that were given up", self.webhooks_dead.clone());
    }
}
