//! The outbox: where agents want to be told of what happens to them, and what waits to be sent there.
//!
//! A delivery says what happened, to whom and for which endpoint; its bytes are made when it is sent. Whoever sends
//! takes deliveries for a while and says what came of each: one that nobody has answered for by then comes up again.
//! So each is sent at least once, and again if the sender was stopped in between.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, DeliveryId, DeliveryNo, EndpointId, EndpointNo, Timestamp, WebhookTopic};
use uuid::Uuid;

use crate::{AuditEntry, StoreError};

/// Deliveries that wait for one endpoint at the most. What happens beyond them is not written.
pub const MOST_WAITING: u32 = 100;

/// Dead deliveries that are kept of one endpoint at the most: the newest.
pub const MOST_DEAD: u32 = 100;

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

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Of what kind it is.
    pub topic: WebhookTopic,
    /// Whose doing it is.
    pub from: AgentNo,
    /// Where or what: the view of a direct conversation, the conversation of a mention, the friend request.
    pub about: Uuid,
    /// How a message begins.
    pub preview: Option<Arc<str>>,
    /// When.
    pub at: Timestamp,
}

/// Something an agent is to be told of, at each of its endpoints that wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// The public id of the deliveries that come of it, one for each endpoint.
    pub id: DeliveryId,
    /// Who is to be told.
    pub agent: AgentNo,
    /// Of what.
    pub occurrence: Occurrence,
}

/// A delivery that was taken to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenDelivery {
    /// Its number inside the hub.
    pub number: DeliveryNo,
    /// Its public id.
    pub id: DeliveryId,
    /// Which endpoint it is for.
    pub endpoint: EndpointNo,
    /// Whose endpoint it is.
    pub agent: AgentNo,
    /// Who renders it.
    pub format: Arc<str>,
    /// Where it goes.
    pub target: EndpointTarget,
    /// What happened.
    pub occurrence: Occurrence,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing is left to be done; it is deleted.
    Done,
    /// It is tried again.
    Again {
        /// When.
        at: Timestamp,
        /// Why.
        reason: Arc<str>,
    },
    /// It is not tried again.
    Dead {
        /// When that came out.
        at: Timestamp,
        /// Why.
        reason: Arc<str>,
    },
    /// It was not tried: it is as it was before it was taken, and due at once.
    Untried {
        /// Since when.
        at: Timestamp,
    },
}

/// A delivery as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Whose endpoint it is for.
    pub agent: AgentNo,
    /// Who renders it.
    pub format: Arc<str>,
    /// Where it goes, or went last; none if its endpoint has no target any more.
    pub target: Option<EndpointTarget>,
    /// Of what kind what happened is.
    pub topic: WebhookTopic,
    /// When it happened.
    pub happened_at: Timestamp,
    /// Attempts begun so far.
    pub attempts: u32,
    /// What is to come of it.
    pub fate: Fate,
    /// Why the last attempt failed.
    pub last_error: Option<Arc<str>>,
}

/// Whether a delivery is still to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits.
    Due(Timestamp),
    /// It is dead.
    Dead(Timestamp),
}

/// The outbox.
#[async_trait]
pub trait Outbox: Debug + Send + Sync + 'static {
    /// Changes the one endpoint that an agent has in a format, which comes to be if there is none.
    async fn change_endpoint(&self, change: &EndpointChange, entry: &AuditEntry)
    -> Result<ChangedEndpoint, StoreError>;

    /// The endpoints of an agent, oldest first.
    async fn endpoints_of(&self, agent: AgentNo) -> Result<Vec<Endpoint>, StoreError>;

    /// Writes a delivery for each endpoint of each agent that has a target and wants to know, as long as fewer than
    /// [`MOST_WAITING`] wait for it; how many came of it. What was written before is not written again.
    async fn enqueue(&self, deliveries: &[NewDelivery]) -> Result<u64, StoreError>;

    /// When the next delivery is due, of those that are not for these endpoints.
    async fn next_delivery(&self, without: &[EndpointNo]) -> Result<Option<Timestamp>, StoreError>;

    /// Takes deliveries that are due at `now`, longest due first, one for each endpoint and none for these, at most
    /// `limit`. They come up again at `until` unless they are settled before.
    async fn take_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
        without: &[EndpointNo],
    ) -> Result<Vec<TakenDelivery>, StoreError>;

    /// Notes what came of an attempt. `false`: it is not the last one of this delivery any more, or there is no such
    /// delivery; nothing was written.
    async fn settle_delivery(&self, taken: &TakenDelivery, settlement: &Settlement) -> Result<bool, StoreError>;

    /// What waits, soonest due first, at most `limit`.
    async fn waiting_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// What is dead, newest first, at most `limit`.
    async fn dead_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// Deletes deliveries that died before `before`, oldest first, at most `most_rows`; how many.
    async fn sweep_deliveries(&self, before: Timestamp, most_rows: u32) -> Result<u32, StoreError>;
}
