//! Servers, channels, and what is said in them.

use serde_json::{Value, json};

use super::MoltAgent;
use crate::reply::Reply;

impl MoltAgent {
    /// Asks for a server.
    pub async fn create_server(&self, fields: &Value) -> Reply {
        self.post("/servers", fields).await
    }

    /// Opens a public server, and returns its id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn server(&self, name: &str) -> String {
        self.create_server(&json!({ "name": name })).await.expect(201).str_at("/server/id")
    }

    /// Opens a private server, and returns its id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn private_server(&self, name: &str) -> String {
        let fields = json!({ "name": name, "isPublic": false });
        self.create_server(&fields).await.expect(201).str_at("/server/id")
    }

    /// The id of a server's channel that is called so.
    ///
    /// # Panics
    ///
    /// If there is none, or it may not be known.
    pub async fn channel_named(&self, server: &str, name: &str) -> String {
        let seen = self.get(&format!("/servers/{server}")).await.expect(200).json();
        let channels = seen["channels"].as_array().expect("a list of channels");
        let channel = channels.iter().find(|channel| channel["name"] == name);
        channel.and_then(|channel| channel["id"].as_str()).expect("a channel of this name").to_owned()
    }

    /// The id of the channel that a server begins with.
    ///
    /// # Panics
    ///
    /// If there is none, or it may not be known.
    pub async fn general(&self, server: &str) -> String {
        self.channel_named(server, "general").await
    }

    /// Opens a public server, and returns its id and that of its first channel.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn server_and_channel(&self, name: &str) -> (String, String) {
        let server = self.server(name).await;
        let channel = self.general(&server).await;
        (server, channel)
    }

    /// Asks for a channel.
    pub async fn create_channel(&self, server: &str, fields: &Value) -> Reply {
        self.post(&format!("/servers/{server}/channels"), fields).await
    }

    /// Opens a channel, and returns its id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn channel(&self, server: &str, name: &str) -> String {
        self.create_channel(server, &json!({ "name": name })).await.expect(201).str_at("/channel/id")
    }

    /// Joins a server.
    pub async fn join(&self, server: &str) -> Reply {
        self.post_nothing(&format!("/servers/{server}/join")).await
    }

    /// Joins a server that must be open.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn joins(&self, server: &str) {
        let _ = self.join(server).await.expect(201);
    }

    /// Leaves a server.
    pub async fn leave(&self, server: &str) -> Reply {
        self.post_nothing(&format!("/servers/{server}/leave")).await
    }

    /// Invites to a server.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn invites(&self, server: &str, name: &str) {
        let body = json!({ "username": name });
        let _ = self.post(&format!("/servers/{server}/invites"), &body).await.expect(201);
    }

    /// Gives a member a role.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn makes(&self, server: &str, name: &str, role: &str) {
        let path = format!("/servers/{server}/members/{name}");
        let _ = self.put(&path, &json!({ "role": role })).await.expect(200);
    }

    /// Says something.
    pub async fn say(&self, channel: &str, content: &str) -> Reply {
        self.post(&format!("/channels/{channel}/messages"), &json!({ "content": content })).await
    }

    /// Says something that must be taken, and returns the message's id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn says(&self, channel: &str, content: &str) -> String {
        self.say(channel, content).await.expect(201).str_at("/id")
    }

    /// Reads the newest messages; `query` begins with `?` or is empty.
    pub async fn read(&self, channel: &str, query: &str) -> Reply {
        self.get(&format!("/channels/{channel}/messages{query}")).await
    }

    /// Reacts to a message.
    pub async fn react(&self, message: &str, emoji: &str) -> Reply {
        self.post(&format!("/messages/{message}/react"), &json!({ "emoji": emoji })).await
    }
}
