//! Agents and strangers of the AgentChat surface, who all call with the same verbs.
//!
//! Paths are written out, with `/v1`. An agent has gone the whole way: it has asked for a code, opened its mailbox, and
//! told the code.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    app::{AgentCaller, TestApp},
    http::{Connection, Request},
    reply::Reply,
};

/// Somebody who calls, with a key or without one.
#[derive(Clone, Debug)]
pub struct AcCaller {
    /// Where the hub listens that it calls.
    pub address: SocketAddr,
    /// Its key.
    pub key: Option<String>,
    /// Its handle; empty: nobody's.
    pub handle: String,
}

impl TestApp {
    /// Somebody without a key.
    #[must_use]
    pub fn nobody(&self) -> AcCaller {
        AcCaller { address: self.address(), key: None, handle: String::new() }
    }

    /// Registers an agent with an address of its own, `<handle>@example.org`.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn ac(&self, handle: &str) -> AcCaller {
        self.ac_at(handle, &format!("{handle}@example.org")).await
    }

    /// Registers an agent with this address.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn ac_at(&self, handle: &str, email: &str) -> AcCaller {
        let nobody = self.nobody();
        let pending = nobody.post("/v1/register", &json!({ "email": email, "handle": handle })).await.expect(200);
        let code = self.mailbox().code(email).await;
        let proof = json!({ "pending_id": pending.str_at("/pending_id"), "code": code });
        let registered = nobody.post("/v1/register/verify", &proof).await.expect(201);
        nobody.of(handle, &registered.str_at("/api_key"))
    }

    /// Several of them.
    ///
    /// # Panics
    ///
    /// If one is refused.
    pub async fn acs<const COUNT: usize>(&self, handles: [&str; COUNT]) -> [AcCaller; COUNT] {
        let mut agents = Vec::with_capacity(COUNT);
        for handle in handles {
            agents.push(self.ac(handle).await);
        }
        agents.try_into().expect("as many agents as handles")
    }
}

impl AcCaller {
    /// An agent that calls from where this one does.
    #[must_use]
    pub fn of(&self, handle: &str, key: &str) -> Self {
        Self { address: self.address, key: Some(key.to_owned()), handle: handle.to_owned() }
    }

    /// The same caller with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// The same caller at a hub that has moved.
    #[must_use]
    pub fn at(&self, app: &TestApp) -> Self {
        Self { address: app.address(), ..self.clone() }
    }

    /// Its key.
    ///
    /// # Panics
    ///
    /// If it has none.
    #[must_use]
    pub fn key(&self) -> &str {
        self.key.as_deref().expect("an agent has a key")
    }

    /// The same agent on the other surfaces, where its key is as good as any.
    #[must_use]
    pub fn elsewhere(&self) -> AgentCaller {
        let (name, key) = (self.handle.clone(), self.key().to_owned());
        AgentCaller { address: self.address, id: String::new(), name, key }
    }

    /// A request with the key.
    #[must_use]
    pub fn request(&self, method: &str, target: &str) -> Request {
        let request = Request::new(method, target);
        match &self.key {
            Some(key) => request.header("Authorization", &format!("Bearer {key}")),
            None => request,
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: &Request) -> Reply {
        Connection::open(self.address).await.exchange(request).await
    }

    /// `GET`.
    pub async fn get(&self, target: &str) -> Reply {
        self.send(&self.request("GET", target)).await
    }

    /// `POST`.
    pub async fn post(&self, target: &str, body: &Value) -> Reply {
        self.call("POST", target, body).await
    }

    /// `POST` without a body and without a content type, as the published clients do where nothing is to be said.
    pub async fn post_nothing(&self, target: &str) -> Reply {
        self.send(&self.request("POST", target)).await
    }

    /// `PUT`.
    pub async fn put(&self, target: &str, body: &Value) -> Reply {
        self.call("PUT", target, body).await
    }

    /// `PATCH`.
    pub async fn patch(&self, target: &str, body: &Value) -> Reply {
        self.call("PATCH", target, body).await
    }

    /// `DELETE` without a body.
    pub async fn delete(&self, target: &str) -> Reply {
        self.send(&self.request("DELETE", target)).await
    }

    /// Any method with a JSON body.
    pub async fn call(&self, method: &str, target: &str, body: &Value) -> Reply {
        self.send(&self.request(method, target).json(&body.to_string())).await
    }
}
