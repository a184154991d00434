//! What the hub counts about itself, read from `/metrics`. Shown where it is there; nothing depends on it.

use std::net::SocketAddr;

use crate::http::Client;

/// The text of `/metrics`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(String);

impl Metrics {
    /// Reads them; empty when the hub has none.
    pub(crate) fn read(hub: SocketAddr) -> Self {
        let reply = Client::connect(hub).and_then(|mut client| client.send("GET", "/metrics", None));
        match reply {
            Ok((200, text)) => Self(text),
            _ => Self::default(),
        }
    }

    /// Messages of an average commit.
    pub(crate) fn messages_per_commit(&self) -> Option<f64> {
        quotient(self.value("messages_appended_total")?, self.value("commit_seconds_count")?)
    }

    /// Milliseconds of an average commit.
    pub(crate) fn mean_commit_ms(&self) -> Option<f64> {
        self.mean_ms("commit_seconds")
    }

    /// Milliseconds from an average commit until its subscribers were served.
    pub(crate) fn mean_fanout_ms(&self) -> Option<f64> {
        self.mean_ms("fanout_seconds")
    }

    fn mean_ms(&self, histogram: &str) -> Option<f64> {
        let (sum, count) = (format!("{histogram}_sum"), format!("{histogram}_count"));
        Some(quotient(self.value(&sum)?, self.value(&count)?)? * 1_000.0)
    }

    /// The first sample whose name, without labels, ends with `name`: all names may have a common prefix.
    fn value(&self, name: &str) -> Option<f64> {
        let mut samples = self.0.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
        let (_, value) = samples.find(|(full, _)| full.split('{').next().unwrap_or_default().ends_with(name))?;
        value.parse().ok()
    }
}

fn quotient(a: f64, b: f64) -> Option<f64> {
    (b > 0.0).then(|| a / b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_a_histograms_sum_over_its_count() {
        let metrics = Metrics(String::from(
            "# TYPE hub_commit_seconds histogram\nhub_commit_seconds_sum 0.5\nhub_commit_seconds_count{node=\"a\"} 100\n\
             hub_messages_appended_total 1500\n",
        ));
        assert_eq!(metrics.mean_commit_ms(), Some(5.0));
        assert_eq!(metrics.messages_per_commit(), Some(15.0));
        assert_eq!(metrics.mean_fanout_ms(), None);
    }
}
