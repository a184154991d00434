//! A whole hub, and those who call it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tempfile::TempDir;
use tertulia_core::{Chat, Clock, Limit};
use tertulia_doubles::moltbook::Moltbook;
use tertulia_host::{Config, Durability, Host, Running, Surroundings};

use crate::{
    clock::ManualClock,
    http::{Connection, Request},
    mailbox::Mailbox,
    reply::Reply,
    socket::WebSocket,
    stream::EventStream,
    within,
};

/// A hub of its own for one test: its data in a fresh directory, on a port of its own, its clock standing still.
#[derive(Debug)]
pub struct TestApp {
    running: Option<Running>,
    address: SocketAddr,
    directory: TempDir,
    clock: Arc<ManualClock>,
    moltbook: Moltbook,
    mailbox: Arc<Mailbox>,
    configure: fn(&mut Config),
}

/// A limit that no test reaches; what is left of it is printed all the same.
const UNREACHED: Limit = Limit::per_secs(1_000_000, 60);

/// Settles how a [`TestApp`] is started.
#[derive(Clone, Copy, Debug)]
pub struct TestAppBuilder {
    configure: fn(&mut Config),
}

impl TestAppBuilder {
    /// Starts the hub.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn start(self) -> TestApp {
        let directory = tempfile::tempdir().expect("a fresh directory");
        let clock = Arc::new(ManualClock::default());
        let moltbook = Moltbook::start().await;
        let mailbox = Arc::<Mailbox>::default();
        let running = start(&directory, &clock, &moltbook, &mailbox, self.configure).await;
        let address = running.address();
        TestApp { running: Some(running), address, directory, clock, moltbook, mailbox, configure: self.configure }
    }
}

impl TestApp {
    /// A hub with default settings, except that one address may register as many agents as it likes and ask as often.
    pub async fn start() -> Self {
        Self::with(|config| {
            config.limits.registrations_per_address = Limit::Off;
            config.limits.requests_per_address = Limit::Off;
        })
        .start()
        .await
    }

    /// A hub in which agents may also say as much as they like.
    pub async fn start_unlimited() -> Self {
        Self::with(|config| {
            config.limits.registrations_per_address = Limit::Off;
            config.limits.requests_per_address = Limit::Off;
            config.limits.lobby_unverified = Limit::Off;
            config.limits.lobby_verified = Limit::Off;
            config.limits.rooms_per_agent = Limit::Off;
            config.limits.room_messages = Limit::Off;
            config.moltchats.requests_per_agent = UNREACHED;
            config.moltchats.requests_per_address = UNREACHED;
            config.moltchats.sign_ins_per_address = UNREACHED;
            config.moltchats.friend_requests = UNREACHED;
            config.moltchats.pending = UNREACHED;
            config.moltchats.servers_per_agent = tertulia_core::LongLimit(Limit::Off);
            let per_address = &mut config.agentchat;
            per_address.wrong_codes_per_address = tertulia_core::LongLimit(Limit::Off);
            per_address.codes_per_email = UNREACHED;
            per_address.registration_proofs = UNREACHED;
            per_address.recoveries = UNREACHED;
            per_address.recovery_proofs = UNREACHED;
            per_address.rotations = UNREACHED;
            per_address.rotation_proofs = UNREACHED;
            per_address.connects_per_address = UNREACHED;
            config.limits.streams_per_address = 10_000;
            config.limits.sockets_per_address = 10_000;
        })
        .start()
        .await
    }

    /// A hub with default settings, changed by `configure`.
    #[must_use]
    pub fn with(configure: fn(&mut Config)) -> TestAppBuilder {
        TestAppBuilder { configure }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The vouching service that it asks.
    #[must_use]
    pub fn moltbook(&self) -> &Moltbook {
        &self.moltbook
    }

    /// The mailboxes to which it sends codes.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Its core, for what no surface offers: the operator's work.
    ///
    /// # Panics
    ///
    /// While it is stopped.
    #[must_use]
    pub fn chat(&self) -> &Chat {
        self.running.as_ref().expect("the hub runs").chat()
    }

    /// Its data directory.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Stops it and starts it again on the same data, at another port.
    ///
    /// # Panics
    ///
    /// If it does not start again.
    pub async fn restart(&mut self) {
        self.stop().await;
        let running = start(&self.directory, &self.clock, &self.moltbook, &self.mailbox, self.configure).await;
        self.address = running.address();
        self.running = Some(running);
    }

    /// As [`TestApp::restart`], with other settings.
    ///
    /// # Panics
    ///
    /// If it does not start again.
    pub async fn restart_with(&mut self, configure: fn(&mut Config)) {
        self.configure = configure;
        self.restart().await;
    }

    /// Stops it as a signal does.
    ///
    /// # Panics
    ///
    /// If it does not stop cleanly.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            within("the hub to stop", running.stop()).await.expect("a clean stop");
        }
    }

    /// Sends one request without a key, on a connection of its own.
    pub async fn send(&self, request: Request) -> Reply {
        Connection::open(self.address).await.exchange(&request).await
    }

    /// `GET` without a key.
    pub async fn get(&self, target: &str) -> Reply {
        self.send(Request::new("GET", target)).await
    }

    /// `POST` without a key.
    pub async fn post(&self, target: &str, body: &str) -> Reply {
        self.send(Request::new("POST", target).json(body)).await
    }

    /// Registers an agent.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn agent(&self, name: &str) -> AgentCaller {
        let body = format!(r#"{{"name":"{name}"}}"#);
        let reply = self.post("/api/register", &body).await.expect(201);
        AgentCaller {
            address: self.address,
            id: reply.str_at("/agent/id"),
            name: name.to_owned(),
            key: reply.str_at("/agent/apiKey"),
        }
    }

    /// Registers an agent and gives it a key of AgentChat, with which it calls from then on.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn ac_agent(&self, name: &str) -> AgentCaller {
        let agent = self.agent(name).await;
        let issued = agent.post("/api/me/credentials", r#"{"kind":"ac_live"}"#).await.expect(201);
        agent.with_key(&issued.str_at("/apiKey"))
    }

    /// Registers an agent and gives it a badge, the whole way over the vouching service.
    ///
    /// # Panics
    ///
    /// If anything is refused.
    pub async fn verified_agent(&self, name: &str) -> AgentCaller {
        let agent = self.agent(name).await;
        self.verify(&agent, name).await;
        agent
    }

    /// Gives an agent a badge of an account, the whole way over the vouching service.
    ///
    /// # Panics
    ///
    /// If anything is refused.
    pub async fn verify(&self, agent: &AgentCaller, account: &str) {
        self.moltbook.account(account).claimed().owner("owner_of_it");
        let body = format!(r#"{{"moltbookName":"{account}"}}"#);
        let started = agent.post("/api/verify/start", &body).await.expect(200);
        let _ = self.moltbook.post(account, "hello", &started.str_at("/message"));
        let _ = agent.post("/api/verify/complete", &body).await.expect(200);
    }

    /// Opens the lobby's stream.
    pub async fn stream(&self) -> EventStream {
        self.stream_with(Request::new("GET", "/api/stream")).await
    }

    /// Opens a stream with a request of one's own.
    pub async fn stream_with(&self, request: Request) -> EventStream {
        EventStream::open(Connection::open(self.address).await, &request).await
    }

    /// Opens a WebSocket without a key.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn socket(&self, target: &str) -> WebSocket {
        accepted(self.socket_with(Request::new("GET", target), &[]).await)
    }

    /// Opens a WebSocket with a request of one's own, and with `texts` sent in the same write.
    ///
    /// # Errors
    ///
    /// The answer, if it is refused.
    pub async fn socket_with(&self, request: Request, texts: &[&str]) -> Result<WebSocket, Reply> {
        WebSocket::open_with(Connection::open(self.address).await, request, texts).await
    }

    /// Waits for something while time passes, step by step and as fast as it can: for what one connection is waited
    /// for at the end of a test. Whoever else is connected may be taken for silent meanwhile.
    pub async fn while_time_passes<T>(&self, step: Duration, what: impl Future<Output = T>) -> T {
        let passing = async {
            loop {
                self.advance(step);
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            done = what => done,
            never = passing => never,
        }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

async fn start(
    directory: &TempDir,
    clock: &Arc<ManualClock>,
    moltbook: &Moltbook,
    mailbox: &Arc<Mailbox>,
    configure: fn(&mut Config),
) -> Running {
    let mut config = Config { data_dir: directory.path().to_path_buf(), ..Config::default() };
    config.listen = "127.0.0.1:0".parse().expect("an address");
    config.moltbook.base_url = moltbook.base_url().parse().expect("a URL");
    config.outgoing.private_addresses = true;
    config.webhooks.allow_http = true;
    configure(&mut config);
    let clock: Arc<dyn Clock> = clock.clone();
    let surroundings =
        Surroundings { clock, mailer: Some(mailbox.clone()), durability: Durability::Off, ..Surroundings::real() };
    Host::start(config, surroundings).await.expect("the hub starts")
}

fn accepted(socket: Result<WebSocket, Reply>) -> WebSocket {
    socket.unwrap_or_else(|reply| panic!("the socket was refused: {reply:?}"))
}

/// An agent with its key, which it sends with every request.
#[derive(Clone, Debug)]
pub struct AgentCaller {
    /// Where the hub listens that it calls.
    pub address: SocketAddr,
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: String,
}

impl AgentCaller {
    /// The same agent calling a hub that has moved.
    #[must_use]
    pub fn at(&self, app: &TestApp) -> Self {
        Self { address: app.address(), ..self.clone() }
    }

    /// The same agent with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// A request with the key.
    #[must_use]
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, target).header("Authorization", &format!("Bearer {}", self.key))
    }

    /// Sends a request.
    pub async fn send(&self, request: &Request) -> Reply {
        Connection::open(self.address).await.exchange(request).await
    }

    /// `GET`.
    pub async fn get(&self, target: &str) -> Reply {
        self.send(&self.request("GET", target)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, target: &str, body: &str) -> Reply {
        self.send(&self.request("POST", target).json(body)).await
    }

    /// `POST` without a body.
    pub async fn post_nothing(&self, target: &str) -> Reply {
        self.send(&self.request("POST", target)).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, target: &str, body: &str) -> Reply {
        self.send(&self.request("PUT", target).json(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, target: &str, body: &str) -> Reply {
        self.send(&self.request("PATCH", target).json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, target: &str) -> Reply {
        self.send(&self.request("DELETE", target)).await
    }

    /// Opens a WebSocket with the key.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn socket(&self, target: &str) -> WebSocket {
        accepted(WebSocket::open(Connection::open(self.address).await, self.request("GET", target)).await)
    }

    /// Says something in the lobby.
    pub async fn say(&self, content: &str) -> Reply {
        let body = serde_json::json!({ "content": content }).to_string();
        self.post("/api/messages", &body).await
    }

    /// Says something in the lobby that must be taken, and returns its id.
    pub async fn says(&self, content: &str) -> String {
        self.say(content).await.expect(201).str_at("/message/id")
    }
}
