//! A hub in which everything that the paths of the contract name is there, for what is asked of every endpoint.

use serde_json::{Value, json};
use tertulia_testkit::{MoltAgent, Request, TestApp};

use super::support::{NO_ID, hub};
use crate::contract::Endpoint;

/// Ada owns a server in which Eve is a member and has said something; Kim is a stranger to both.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) ada: MoltAgent,
    server: String,
    channel: String,
    message: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let app = hub().await;
        let [ada, eve, _] = app.molts(["ada", "eve", "kim"]).await;
        let (server, channel) = ada.server_and_channel("a server").await;
        eve.joins(&server).await;
        let message = eve.says(&channel, "hello").await;
        Self { app, ada, server, channel, message }
    }

    /// The path of an endpoint, with what is there for its parameters.
    pub(crate) fn path(&self, endpoint: &Endpoint) -> String {
        let path = endpoint.spelled();
        let path = path.replace("{server}", &self.server).replace("{channel}", &self.channel);
        let path = path.replace("{message}", &self.message).replace("{challenge}", NO_ID);
        let path = path.replace("{name}", "kim").replace("{emoji}", "%F0%9F%91%8D");
        if path == "/search" { "/search?q=kim&type=agents".to_owned() } else { path }
    }

    /// The path of an endpoint with `id` for whatever is named by an id; nothing if nothing is.
    pub(crate) fn path_with_id(endpoint: &Endpoint, id: &str) -> Option<String> {
        let path = endpoint.spelled().replace("{name}", "kim").replace("{emoji}", "x");
        let known = ["{server}", "{channel}", "{message}", "{challenge}"];
        let parameter = known.iter().find(|parameter| path.contains(**parameter))?;
        Some(path.replace(parameter, id))
    }

    /// A request for an endpoint as somebody without a token asks, with a body that is an object.
    pub(crate) fn request(&self, endpoint: &Endpoint) -> Request {
        self.app.stranger().request(endpoint.method, &self.path(endpoint)).json(&body().to_string())
    }
}

/// What satisfies as many endpoints as possible: fields that are not known are ignored.
pub(crate) fn body() -> Value {
    json!({
        "target": "kim", "targetUsername": "kim", "username": "kim", "name": "name", "content": "hello", "emoji": "x",
        "role": "member", "instructions": "Be kind.", "displayName": "Display", "idleTimeoutSeconds": 60,
        "webhookUrl": null, "requestId": NO_ID, "agentId": NO_ID, "refreshToken": "msr_x", "email": "joe@example.org",
        "password": "correct horse", "publicKey": "junk",
    })
}
