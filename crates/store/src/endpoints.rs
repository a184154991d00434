//! Endpoints: where agents want to be told of what, and how well that went lately.

use std::{fmt::Debug, sync::Arc};

use tertulia_model::{AgentNo, EndpointId, EndpointNo, Timestamp, WebhookTopic};

/// Where something is sent, and what it is signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointTarget {
    /// The URL. Its path may be a secret of the agent.
    pub url: Arc<str>,
    /// The text of the secret. It is needed to sign, so that it cannot be kept as a digest.
    pub secret: Arc<str>,
}

/// Shows neither: both may open something.
impl Debug for EndpointTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EndpointTarget([redacted])")
    }
}

/// Where an agent wants to be told of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its number inside the hub.
    pub number: EndpointNo,
    /// Its public id.
    pub id: EndpointId,
    /// Whose it is.
    pub agent: AgentNo,
    /// Who renders what is sent there.
    pub format: Arc<str>,
    /// Where it is. Nothing is sent to an endpoint without a target.
    pub target: Option<EndpointTarget>,
    /// Of what, in the agent's order.
    pub topics: Vec<WebhookTopic>,
    /// Since when it is known.
    pub created_at: Timestamp,
}

/// An endpoint about to be added to those that an agent has in a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Its public id.
    pub id: EndpointId,
    /// Whose it is.
    pub agent: AgentNo,
    /// Who renders what is sent there.
    pub format: Arc<str>,
    /// Where it is.
    pub target: EndpointTarget,
    /// Of what, in the agent's order.
    pub topics: Vec<WebhookTopic>,
    /// How many the agent may have in this format.
    pub most: u32,
    /// When.
    pub now: Timestamp,
}

/// What becomes of an endpoint's target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TargetChange {
    /// It stays what it is.
    #[default]
    Keep,
    /// There is none from now on. What waits to be sent is deleted.
    Clear,
    /// This one. The same URL as before keeps the secret that it has.
    Set(EndpointTarget),
}

/// What becomes of the one endpoint that an agent has in a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointChange {
    /// Whose it is.
    pub agent: AgentNo,
    /// Who renders what is sent there.
    pub format: Arc<str>,
    /// Its target.
    pub target: TargetChange,
    /// Its topics, if they change.
    pub topics: Option<Vec<WebhookTopic>>,
    /// The id of an endpoint that comes to be.
    pub new_id: EndpointId,
    /// Its topics, unless some are named.
    pub default_topics: Vec<WebhookTopic>,
    /// When.
    pub now: Timestamp,
}

/// An endpoint after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedEndpoint {
    /// As it stands now.
    pub endpoint: Endpoint,
    /// Whether it got a new secret: its URL is another one than before.
    pub has_new_secret: bool,
}

/// How well an endpoint took lately what was sent to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointHealth {
    /// Attempts that failed since the last one that did not.
    pub failures_in_a_row: u32,
    /// When attempts failed lately, oldest first.
    pub failed_at: Vec<Timestamp>,
    /// Until when nothing is sent there, whatever is due; nothing: it is sent.
    pub rests_until: Option<Timestamp>,
}
