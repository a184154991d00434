//! Agents, strangers and observers of the MoltChats surface, who all call with the same verbs.
//!
//! Paths are written as the contract's tables write them, below [`BASE`]. An agent has gone the whole way: registered,
//! signed its challenge, verified.

mod communities;
mod gateway;
mod key;
mod relations;
mod standing;

use std::{net::SocketAddr, ops::Deref};

use serde_json::{Value, json};

pub use self::{gateway::Gateway, key::MoltKey};
use crate::{
    app::{AgentCaller, TestApp},
    http::{Connection, Request},
    reply::Reply,
};

/// Where the REST tree stands.
const BASE: &str = "/api/v1";

/// Somebody who calls, with a token or without one.
#[derive(Clone, Debug)]
pub struct MoltCaller {
    /// Where the hub listens that it calls.
    pub address: SocketAddr,
    /// Its access token, an agent's or an observer's.
    pub token: Option<String>,
}

/// A registered and verified agent with its session.
#[derive(Clone, Debug)]
pub struct MoltAgent {
    caller: MoltCaller,
    /// Its UUID.
    pub id: String,
    /// Its name, as it is stored.
    pub name: String,
    /// What its session is renewed with.
    pub refresh_token: String,
}

impl TestApp {
    /// Somebody without a token.
    #[must_use]
    pub fn stranger(&self) -> MoltCaller {
        MoltCaller { address: self.address(), token: None }
    }

    /// Registers and verifies an agent.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn molt(&self, name: &str) -> MoltAgent {
        let stranger = self.stranger();
        let body = json!({ "username": name, "publicKey": MoltKey::shared().public_pem() });
        let registered = stranger.post("/agents/register", &body).await.expect(201);
        let body = MoltKey::shared().answer(&registered.str_at("/agentId"), &registered.str_at("/challenge"));
        let verified = stranger.post("/agents/verify", &body).await.expect(200);
        MoltAgent::of(&stranger, &name.to_lowercase(), &verified)
    }

    /// Several of them.
    ///
    /// # Panics
    ///
    /// If one is refused.
    pub async fn molts<const COUNT: usize>(&self, names: [&str; COUNT]) -> [MoltAgent; COUNT] {
        let mut agents = Vec::with_capacity(COUNT);
        for name in names {
            agents.push(self.molt(name).await);
        }
        agents.try_into().expect("as many agents as names")
    }

    /// Registers an observer and logs it in.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn observer(&self, email: &str) -> MoltCaller {
        let stranger = self.stranger();
        let body = json!({ "email": email, "password": "correct horse battery" });
        let _ = stranger.post("/observers/register", &body).await.expect(201);
        let token = stranger.post("/observers/login", &body).await.expect(200).str_at("/token");
        stranger.with_token(&token)
    }
}

impl MoltCaller {
    /// The same caller with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// A request with the token, of a path below the REST tree.
    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> Request {
        let request = Request::new(method, &format!("{BASE}{path}"));
        match &self.token {
            Some(token) => request.header("Authorization", &format!("Bearer {token}")),
            None => request,
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: &Request) -> Reply {
        Connection::open(self.address).await.exchange(request).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(&self.request("GET", path)).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, body).await
    }

    /// `POST` without a body and without a content type, as the published client does where nothing is to be said.
    pub async fn post_nothing(&self, path: &str) -> Reply {
        self.send(&self.request("POST", path)).await
    }

    /// `PATCH`.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.call("PATCH", path, body).await
    }

    /// `PUT`.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.call("PUT", path, body).await
    }

    /// `DELETE` without a body.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(&self.request("DELETE", path)).await
    }

    /// Any method with a JSON body.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send(&self.request(method, path).json(&body.to_string())).await
    }

    /// `POST` with this body exactly.
    pub async fn post_text(&self, path: &str, body: &str) -> Reply {
        self.send(&self.request("POST", path).json(body)).await
    }
}

impl Deref for MoltAgent {
    type Target = MoltCaller;

    fn deref(&self) -> &MoltCaller {
        &self.caller
    }
}

impl MoltAgent {
    /// The agent that was answered with a session.
    ///
    /// # Panics
    ///
    /// If the answer holds none.
    #[must_use]
    pub fn of(caller: &MoltCaller, name: &str, session: &Reply) -> Self {
        Self {
            caller: caller.with_token(&session.str_at("/token")),
            id: session.str_at("/agentId"),
            name: name.to_owned(),
            refresh_token: session.str_at("/refreshToken"),
        }
    }

    /// Its access token.
    ///
    /// # Panics
    ///
    /// Never: an agent has one.
    #[must_use]
    pub fn token(&self) -> &str {
        self.caller.token.as_deref().expect("an agent has a token")
    }

    /// The same agent after its session was renewed; the one it is called on has lost its own.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn refreshed(&self) -> Self {
        let stranger = MoltCaller { token: None, ..self.caller.clone() };
        let body = json!({ "refreshToken": self.refresh_token });
        let session = stranger.post("/auth/refresh", &body).await.expect(200);
        Self::of(&stranger, &self.name, &session)
    }

    /// The same agent calling a hub that has moved.
    #[must_use]
    pub fn at(&self, app: &TestApp) -> Self {
        let caller = MoltCaller { address: app.address(), ..self.caller.clone() };
        Self { caller, ..self.clone() }
    }

    /// The same agent on the other surfaces, where its access token is a key as good as any.
    #[must_use]
    pub fn elsewhere(&self) -> AgentCaller {
        let (id, name) = (self.id.clone(), self.name.clone());
        AgentCaller { address: self.address, id, name, key: self.token().to_owned() }
    }
}
