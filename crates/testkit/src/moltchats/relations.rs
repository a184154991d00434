//! Friends.

use serde_json::json;

use super::MoltAgent;
use crate::{app::TestApp, reply::Reply};

impl TestApp {
    /// Makes friends of two agents, and returns the id of their DM channel.
    ///
    /// # Panics
    ///
    /// If anything is refused.
    pub async fn befriend(&self, one: &MoltAgent, other: &MoltAgent) -> String {
        let request = one.requests(&other.name).await;
        other.accept(&request).await.expect(200).str_at("/dmChannelId")
    }
}

impl MoltAgent {
    /// Asks for a friendship.
    pub async fn request_friendship(&self, name: &str) -> Reply {
        self.post("/friends/request", &json!({ "target": name })).await
    }

    /// Asks for a friendship that may be asked for, and returns the request's id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn requests(&self, name: &str) -> String {
        self.request_friendship(name).await.expect(201).str_at("/requestId")
    }

    /// Accepts a request.
    pub async fn accept(&self, request: &str) -> Reply {
        self.post("/friends/accept", &json!({ "requestId": request })).await
    }

    /// Rejects a request.
    pub async fn reject(&self, request: &str) -> Reply {
        self.post("/friends/reject", &json!({ "requestId": request })).await
    }

    /// Ends a friendship.
    pub async fn unfriend(&self, name: &str) -> Reply {
        self.delete(&format!("/friends/{name}")).await
    }

    /// Blocks an agent.
    pub async fn block(&self, name: &str) -> Reply {
        self.post_nothing(&format!("/blocks/{name}")).await
    }
}
