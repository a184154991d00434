//! Starting a hub.

use std::{io, net::SocketAddr, sync::Arc};

use axum::Router;
use tertulia_core::{BadgeSource, Chat, Clock, CodeMailer, Ids};
use tertulia_edge::{Edge, EdgeContext, EdgeMetrics, EdgeOptions, Server, ServerOptions, TrustedProxies};
use tertulia_moltbook::SetupError;
use tertulia_store_sqlite::{Durability, OpenError};
use tokio::net::TcpListener;

use crate::{
    clock::{SystemClock, SystemIds},
    config::{Config, Refusal, Size},
    control::{ControlError, ControlSocket},
    data_dir::{DataDir, DataDirError},
    engine::{Engine, Phase, StopError},
    files::FilesError,
    health,
    listener::{self, ListenError},
    mail::ShowCode,
    metrics, open_files,
    openapi::{self, Description},
    operator::{Doors, Operator},
    outside::Outside,
    running::Running,
    surfaces::AllSurfaces,
};

/// What a hub takes from the world around it.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub ids: Arc<dyn Ids>,
    /// Who vouches for agents. `None`: Moltbook, as configured.
    pub badge_source: Option<Arc<dyn BadgeSource>>,
    /// Who carries codes to e-mail addresses. `None`: the mail server, as configured, or the operator.
    pub mailer: Option<Arc<dyn CodeMailer>>,
    /// Where codes are shown that no mail server carries. `None`: nowhere but in the operator's list.
    pub code_display: Option<Arc<dyn ShowCode>>,
    /// What a commit waits for.
    pub durability: Durability,
}

impl Surroundings {
    /// The real ones.
    #[must_use]
    pub fn real() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            ids: Arc::new(SystemIds::default()),
            badge_source: None,
            mailer: None,
            code_display: None,
            durability: Durability::Full,
        }
    }
}

/// Why a hub did not start. Nothing is left running then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It would be insecure where it is to listen.
    #[error("the hub does not listen on {address} with these settings:{}", listed(refusals))]
    Insecure {
        /// Where it was to listen.
        address: SocketAddr,
        /// What must be mended or accepted.
        refusals: Vec<Refusal>,
    },
    /// The data directory cannot be had.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The port cannot be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The control socket cannot be had.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The lock file cannot be written, or the listener does not know its address.
    #[error("the operating system refused")]
    System(#[from] io::Error),
    /// A setting has the right form and cannot be used.
    #[error("`lobby.bare_tlds` cannot be used")]
    BareTlds(#[from] tertulia_model::BadTopLevelDomain),
    /// A setting of the section `[moltbook]` has the right form and cannot be used.
    #[error("the section [moltbook] cannot be used")]
    Moltbook(#[from] SetupError),
    /// The mail server cannot be used as it is configured.
    #[error("the section [mail] cannot be used")]
    Mail(#[from] tertulia_mail::BadConfig),
    /// Files cannot be kept.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// What access tokens are to be signed with is too short.
    #[error("`moltchats.token_secret` needs at least {} bytes", tertulia_core::TokenSecret::LEAST_BYTES)]
    ShortTokenSecret,
    /// What the database holds cannot be read.
    #[error("the hub cannot be opened on its database")]
    Chat(#[from] tertulia_core::Error),
}

fn listed(refusals: &[Refusal]) -> String {
    refusals.iter().fold(String::new(), |list, refusal| format!("{list}\n  - {refusal}"))
}

/// The hub as a whole.
#[derive(Debug)]
pub struct Host;

impl Host {
    /// Starts a hub on the current runtime. When this returns, it answers.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start(config: Config, surroundings: Surroundings) -> Result<Running, StartError> {
        let refusals = config.refusals();
        if !refusals.is_empty() {
            let address = config.exposed_address().unwrap_or(config.listen.address());
            return Err(StartError::Insecure { address, refusals });
        }
        let mut data_dir = DataDir::hold(&config.data_dir)?;
        if data_dir.is_open_to_others() {
            tracing::warn!("other users may enter the data directory; chmod 700 closes it");
        }
        let listener = listener::open(config.listen)?;
        let second = listener::open_second(config.moltchats.gateway_listen)?;
        let second_address = second.as_ref().map(TcpListener::local_addr).transpose()?;
        let outside = Outside::new(&config, listener.local_addr()?);
        let socket = ControlSocket::bind(data_dir.path())?;
        data_dir.announce(&outside.listening_url)?;
        // The last step that can fail: afterwards there are tasks.
        let engine = Engine::open(&config, &surroundings, data_dir, &outside.public_url).await?;

        engine.start_workers();
        let serving = Phase::new();
        let edge = edge(&config, &surroundings, &engine, &outside, &serving);
        let doors = Doors { url: outside.listening_url.as_str().into(), edge: edge.clone() };
        socket.serve(engine.operator(Some(doors)), &surroundings.clock, &serving);
        let server = Arc::new(Server::new(edge, server_options(&config)));
        for listener in second.into_iter().chain([listener]) {
            let server = server.clone();
            serving.tasks.spawn(async move { server.serve(listener).await });
        }
        let drain_timeout = config.server.drain_timeout.0;
        Ok(Running { outside, second_address, engine, serving, drain_timeout })
    }

    /// Opens a hub without starting it: nobody can connect, and it does nothing by itself. For the operator's commands
    /// while no hub runs.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn open(config: &Config, surroundings: &Surroundings) -> Result<Offline, StartError> {
        let data_dir = DataDir::hold(&config.data_dir)?;
        let public_url = config.public_url.as_ref().map(ToString::to_string).unwrap_or_default();
        Ok(Offline(Engine::open(config, surroundings, data_dir, &public_url).await?))
    }
}

/// A hub that is open and not running.
#[derive(Debug)]
pub struct Offline(Engine);

impl Offline {
    /// Who carries out the operator's commands.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.0.operator(None)
    }

    /// Closes it.
    ///
    /// # Errors
    ///
    /// See [`StopError`].
    pub async fn close(self) -> Result<(), StopError> {
        self.0.close().await
    }
}

/// Every surface behind what all requests pass through.
fn edge(config: &Config, surroundings: &Surroundings, engine: &Engine, outside: &Outside, serving: &Phase) -> Edge {
    let edge_metrics = Arc::new(EdgeMetrics::default());
    let surfaces = AllSurfaces::new(engine, config, outside);
    surfaces.start_workers(&serving.tasks, &serving.stop);
    let own = own_routes(config, engine, outside, &surfaces, &edge_metrics);
    let context = EdgeContext {
        clock: surroundings.clock.clone(),
        ids: surroundings.ids.clone(),
        tracker: serving.tasks.clone(),
        shutdown: serving.stop.clone(),
        metrics: edge_metrics,
    };
    let router = surfaces.router(&serving.tasks).merge(own);
    Edge::new(context, edge_options(config, outside), surfaces.prefixed(), surfaces.rest(), router)
}

/// What the hub answers itself, whatever surfaces it has.
fn own_routes(
    config: &Config,
    engine: &Engine,
    outside: &Outside,
    surfaces: &AllSurfaces,
    edge_metrics: &EdgeMetrics,
) -> Router {
    let chat: &Chat = &engine.chat;
    let description = Description::new(config.name.to_string(), outside.public_url.clone(), surfaces.clone());
    Router::new()
        .merge(health::router(chat.clone()))
        .merge(metrics::router(metrics::registry(chat, edge_metrics)))
        .merge(surfaces.docs(description.clone()))
        .merge(openapi::router(description))
}

fn edge_options(config: &Config, outside: &Outside) -> EdgeOptions {
    EdgeOptions {
        trusted_proxies: TrustedProxies::new(config.trusted_proxies.clone(), config.forwarded_header.into()),
        allowed_hosts: outside.allowed_hosts(),
        cors: outside.cors(config.cors.origins),
        body_timeout: config.server.body_timeout.0,
        queue_bytes: config.server.queue_bytes.as_usize(),
        root_sockets: Some(tertulia_moltchats::GATEWAY),
    }
}

fn server_options(config: &Config) -> ServerOptions {
    ServerOptions {
        max_connections: open_files::connections(config.server.max_connections),
        max_connections_per_address: config.server.max_connections_per_address.get(),
        head_timeout: config.server.head_timeout.0,
        idle_timeout: config.server.idle_timeout.0,
        socket_buffer: config.server.socket_buffer.map(Size::as_usize),
        write_timeout: config.server.write_timeout.0,
    }
}
