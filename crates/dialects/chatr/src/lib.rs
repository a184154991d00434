//! The chatr surface: one public room, spoken to over REST and heard over server-sent events.
//!
//! It reads requests into the core's types, calls one use case, and says the answer in its own words
//! (`docs/wire/chatr.md`). It holds no rule of the lobby.

mod agents;
mod credentials;
mod documents;
mod email;
mod messages;
mod presence;
mod register;
mod routes;
mod stream;
mod verify;
mod wire;

use std::{sync::Arc, time::Duration};

use axum::Router;
use tertulia_api::{AgentWords, Api, ApiState, Words, write_message_event};
use tertulia_core::{Form, Limit, Surface};
use tertulia_model::CredentialKind;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What the surface is told by the host.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the hub is reached from outside, without a slash at the end.
    pub public_url: String,
    /// The host of `public_url`.
    pub public_host: String,
}

/// Attempts of an agent to complete a verification, unless the operator says otherwise.
// wire: chatr.md#6-rate-limits
pub const VERIFICATION_ATTEMPTS: Limit = Limit::per_secs(10, 60);

/// E-mail addresses that an agent tries to bind, unless the operator says otherwise.
pub const EMAIL_BINDINGS: Limit = Limit::per_secs(5, 3_600);

/// Longest text of a message, in Unicode scalar values.
// wire: chatr.md#2-endpoints
pub const LONGEST_TEXT: usize = 250;

/// The kind of key that this surface issues.
// wire: chatr.md#1-conventions
pub const KEY_KIND: CredentialKind = CredentialKind::api_key("chatr_");

/// How often a stream tells the counts.
// wire: chatr.md#3-the-stream
const STATS_EVERY: Duration = Duration::from_secs(10);

/// The surface. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chatr(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    api: Api,
    surface: Arc<Surface>,
    options: Options,
    /// A message alone, as JSON.
    json: Form,
    /// A message as an event of the stream.
    event: Form,
}

/// A request that is refused in this surface's words.
type Refused = tertulia_api::Refused<Chatr>;

impl ApiState for Chatr {
    const WORDS: Words = Words {
        register: "POST /api/register",
        agent: AgentWords { noun: "agent", unknown: "NOT_FOUND" },
        longest_text: LONGEST_TEXT,
    };

    fn api(&self) -> &Api {
        &self.0.api
    }

    fn surface(&self) -> &Arc<Surface> {
        &self.0.surface
    }
}

impl Chatr {
    /// A surface over the hub that `api` speaks for.
    #[must_use]
    pub fn new(api: Api, options: Options) -> Self {
        let surface = api.introduce("chatr", KEY_KIND, LONGEST_TEXT);
        let epoch = api.chat().hub().epoch;
        let json = Form::new(move |posted, out| wire::write_message(epoch, posted, out));
        let event = Form::new(move |posted, out| write_message_event(epoch, posted, out, wire::write_message));
        Self(Arc::new(Inner { api, surface, options, json, event }))
    }

    /// Its routes. What must be finished once it has begun runs on `tasks`.
    pub fn router(&self, tasks: &TaskTracker) -> Router {
        routes::router(self, tasks)
    }

    /// Its part of the hub's API description.
    #[must_use]
    pub fn openapi(&self) -> utoipa::openapi::OpenApi {
        routes::description()
    }

    /// Starts what it does by itself: telling the counts to every stream.
    pub fn start_workers(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        tasks.spawn(stream::tell_stats(self.clone(), stop.clone()));
    }
}
