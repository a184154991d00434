//! The outbox: where agents want to be told of what happens to them, and what waits to be sent there.
//!
//! A delivery says what happened, to whom and for which endpoint; its bytes are made when it is sent. An endpoint *comes
//! up* when something for it is due. Whoever sends takes one delivery of each endpoint that has come up and says what came
//! of it; until then the endpoint is busy, and if nobody has said so after a while it comes up again. So each delivery is
//! sent at least once, and again if the sender was stopped in between. What an endpoint costs does not depend on how much
//! waits for it.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{
    AgentNo, Availability, ConversationId, ConversationNo, DeliveryId, DeliveryNo, EndpointId, EndpointNo,
    FriendRequestId, GroupInvitationId, MessageId, Seq, Timestamp, ViewId, WebhookTopic,
};

use crate::{
    AuditEntry, ChangedEndpoint, Endpoint, EndpointChange, EndpointHealth, EndpointTarget, NewEndpoint, StoreError,
};

/// How many deliveries may wait for one endpoint when one of this topic is written. What happens beyond them is not
/// written. What an agent can find out by asking does not crowd out its messages.
#[must_use]
pub const fn most_waiting(topic: WebhookTopic) -> u32 {
    match topic {
        WebhookTopic::MessageReceived | WebhookTopic::GroupDeleted => 10_000,
        WebhookTopic::DirectReceived
        | WebhookTopic::Mentioned
        | WebhookTopic::Replied
        | WebhookTopic::FriendRequested
        | WebhookTopic::MessagesRead
        | WebhookTopic::PresenceChanged
        | WebhookTopic::Blocked
        | WebhookTopic::GroupInvited
        | WebhookTopic::AgentRegistered => 100,
    }
}

/// Dead deliveries that are kept of one endpoint at the most: the newest.
pub const MOST_DEAD: u32 = 100;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Whose doing it is.
    pub from: AgentNo,
    /// When.
    pub at: Timestamp,
    /// What it is.
    pub occasion: Occasion,
}

/// What an agent is told of: as little as it takes to say it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A message to the agent alone.
    DirectReceived {
        /// In which view of the direct conversation.
        view: ViewId,
        /// How the message begins.
        preview: Arc<str>,
    },
    /// A message that names the agent.
    Mentioned {
        /// Where.
        conversation: ConversationId,
        /// How the message begins.
        preview: Arc<str>,
    },
    /// A friend request.
    FriendRequested {
        /// Which.
        request: FriendRequestId,
    },
    /// A message in the agent's inbox.
    MessageReceived {
        /// Which.
        message: MessageId,
    },
    /// What the agent wrote was read.
    MessagesRead {
        /// The last of its messages that are newly read.
        message: MessageId,
        /// Where it was said.
        conversation: ConversationNo,
        /// And where there.
        seq: Seq,
        /// Up to which place there was read.
        through: Seq,
    },
    /// Another presence.
    PresenceChanged {
        /// What it is now.
        availability: Availability,
        /// In the agent's own words.
        message: Option<Arc<str>>,
    },
    /// A block.
    Blocked,
    /// An invitation to a group.
    GroupInvited {
        /// Which.
        invitation: GroupInvitationId,
    },
    /// The end of a group.
    GroupDeleted {
        /// Of which.
        group: ConversationId,
    },
    /// A registration.
    AgentRegistered,
}

impl Occasion {
    /// Of what kind it is.
    #[must_use]
    pub const fn topic(&self) -> WebhookTopic {
        match self {
            Self::DirectReceived { .. } => WebhookTopic::DirectReceived,
            Self::Mentioned { .. } => WebhookTopic::Mentioned,
            Self::FriendRequested { .. } => WebhookTopic::FriendRequested,
            Self::MessageReceived { .. } => WebhookTopic::MessageReceived,
            Self::MessagesRead { .. } => WebhookTopic::MessagesRead,
            Self::PresenceChanged { .. } => WebhookTopic::PresenceChanged,
            Self::Blocked => WebhookTopic::Blocked,
            Self::GroupInvited { .. } => WebhookTopic::GroupInvited,
            Self::GroupDeleted { .. } => WebhookTopic::GroupDeleted,
            Self::AgentRegistered => WebhookTopic::AgentRegistered,
        }
    }
}

/// Something an agent is to be told of, at each of its endpoints that wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// What tells it from everything else that the agent is told of.
    pub id: DeliveryId,
    /// Who is to be told.
    pub agent: AgentNo,
    /// Of what.
    pub occurrence: Occurrence,
    /// When it is to be sent: the time of a message may be a little later than the clock's.
    pub due_at: Timestamp,
}

/// A delivery that was taken to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenDelivery {
    /// Its number inside the hub.
    pub number: DeliveryNo,
    /// What tells it from everything else that is sent to this endpoint.
    pub id: DeliveryId,
    /// Which endpoint it is for.
    pub endpoint: EndpointNo,
    /// That endpoint's public id.
    pub endpoint_id: EndpointId,
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
    /// How well the endpoint did before it.
    pub health: EndpointHealth,
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

    /// Adds an endpoint; nothing if the agent has as many in its format as it may.
    async fn add_endpoint(&self, new: &NewEndpoint, entry: &AuditEntry) -> Result<Option<Endpoint>, StoreError>;

    /// Takes an endpoint away from an agent that has it in this format. What waits for it, and what is dead, is sent no
    /// more and shown to nobody, and deleted by [`Outbox::sweep_deliveries`]. `false`: it has none of this id.
    async fn remove_endpoint(
        &self,
        agent: AgentNo,
        format: &str,
        id: EndpointId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError>;

    /// The endpoints of these agents, of each the oldest first.
    async fn endpoints_of(&self, agents: &[AgentNo]) -> Result<Vec<Endpoint>, StoreError>;

    /// Those of the agents that have an endpoint that wants to know of `topic`.
    async fn wanting(&self, agents: &[AgentNo], topic: WebhookTopic) -> Result<Vec<AgentNo>, StoreError>;

    /// Writes a delivery for each endpoint of each agent that has a target and wants to know, as long as fewer than
    /// [`most_waiting`] wait for it; how many came of it. What waits already, or is dead, is not written again.
    async fn enqueue(&self, deliveries: &[NewDelivery]) -> Result<u64, StoreError>;

    /// When the next endpoint comes up.
    async fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Takes, of each endpoint that has come up at `now`, what has been due for longest: of those first that came up first,
    /// at most `limit`. They come up again at `until` unless what was taken is settled before.
    async fn take_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<TakenDelivery>, StoreError>;

    /// Notes what came of an attempt, and how well the endpoint does now; what else waits for it comes up. `false`: it is
    /// not the last attempt of this delivery any more, or there is no such delivery; nothing was written.
    async fn settle_delivery(
        &self,
        taken: &TakenDelivery,
        settlement: &Settlement,
        health: &EndpointHealth,
    ) -> Result<bool, StoreError>;

    /// What waits, soonest due first, at most `limit`.
    async fn waiting_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// What is dead, newest first, at most `limit`.
    async fn dead_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// Deletes what died before `before` and what is left of removed endpoints, at most `most_rows` of each; how much.
    async fn sweep_deliveries(&self, before: Timestamp, most_rows: u32) -> Result<u32, StoreError>;
}
