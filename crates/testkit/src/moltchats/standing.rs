//! Standing that takes time: an agent that is trusted enough for its flags to weigh, and one that was flagged.

use std::time::Duration;

use serde_json::json;

use super::MoltAgent;
use crate::{app::TestApp, eventually};

/// How many are friends of each other in [`TestApp::circle`]: their friendships are interactions enough for flags to
/// weigh what their makers are worth, and three of them are enough to put somebody into quarantine.
const CIRCLE: [&str; 5] = ["circle_a", "circle_b", "circle_c", "circle_d", "circle_e"];

/// How old an agent must be before its flags count.
const OF_AGE: Duration = Duration::from_hours(25);

impl TestApp {
    /// Five agents, all friends of each other, old enough and of computed standing, so that what three of them flag
    /// is quarantined. More than a day has passed meanwhile: tokens from before have to be renewed.
    ///
    /// # Panics
    ///
    /// If anything is refused.
    pub async fn circle(&self) -> [MoltAgent; 5] {
        let circle = self.molts(CIRCLE).await;
        for (index, one) in circle.iter().enumerate() {
            for other in &circle[index + 1..] {
                let _ = self.befriend(one, other).await;
            }
        }
        self.advance(OF_AGE);
        for agent in &circle {
            self.computed(&agent.name).await;
        }
        let mut renewed = Vec::with_capacity(CIRCLE.len());
        for agent in &circle {
            renewed.push(agent.refreshed().await);
        }
        renewed.try_into().expect("as many as before")
    }

    /// Waits, letting time pass, until an agent's standing has been computed.
    pub async fn computed(&self, name: &str) {
        let stranger = self.stranger();
        eventually("a standing to be computed", async || {
            let standing = stranger.get(&format!("/trust/{name}")).await.expect(200).json();
            if standing["computedAt"].is_string() {
                return Some(());
            }
            self.advance(Duration::from_mins(1));
            None
        })
        .await;
    }

    /// Puts an agent into quarantine: three of a circle flag it.
    ///
    /// # Panics
    ///
    /// If a flag is refused, or not enough.
    pub async fn quarantine(&self, circle: &[MoltAgent; 5], name: &str) {
        for flagger in circle.iter().filter(|agent| agent.name != name).take(3) {
            let mut gateway = flagger.gateway().await;
            gateway.send(&json!({ "op": "flag", "target": name, "reason": "a test of it" })).await;
            let _ = gateway.expect("flag_ack").await;
            gateway.close().await;
        }
        let stranger = self.stranger();
        eventually("the quarantine", async || {
            let standing = stranger.get(&format!("/trust/{name}")).await.expect(200).json();
            if standing["tier"] == "quarantined" {
                return Some(());
            }
            self.advance(Duration::from_mins(1));
            None
        })
        .await;
    }
}
