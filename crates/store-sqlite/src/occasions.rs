//! What happened, as it stands beside a delivery: a word for its kind, and a JSON object with what there is to say.

use std::sync::Arc;

use serde_json::{Value, json};
use tertulia_model::{
    Availability, ConversationId, ConversationNo, FriendRequestId, GroupInvitationId, MessageId, Seq, ViewId,
    WebhookTopic,
};
use tertulia_store::{Occasion, StoreError};
use uuid::Uuid;

/// What there is to say.
pub(crate) fn encode(occasion: &Occasion) -> Value {
    match occasion {
        Occasion::DirectReceived { view, preview } => json!({ "view": id(view.as_uuid()), "preview": **preview }),
        Occasion::Mentioned { conversation, preview } => {
            json!({ "conversation": id(conversation.as_uuid()), "preview": **preview })
        }
        Occasion::FriendRequested { request } => json!({ "request": id(request.as_uuid()) }),
        Occasion::MessageReceived { message } => json!({ "message": id(message.as_uuid()) }),
        Occasion::MessagesRead { message, conversation, seq, through } => json!({
            "message": id(message.as_uuid()), "conversation": conversation.0, "seq": seq.0, "through": through.0,
        }),
        Occasion::PresenceChanged { availability, message } => {
            json!({ "availability": availability.as_str(), "message": message.as_deref() })
        }
        Occasion::GroupInvited { invitation } => json!({ "invitation": id(invitation.as_uuid()) }),
        Occasion::GroupDeleted { group } => json!({ "group": id(group.as_uuid()) }),
        Occasion::Blocked | Occasion::AgentRegistered => json!({}),
    }
}

/// What happened.
pub(crate) fn decode(topic: WebhookTopic, facts: &str) -> Result<Occasion, StoreError> {
    let facts: Value = serde_json::from_str(facts).map_err(|_| UNREADABLE)?;
    let facts = Facts(&facts);
    Ok(match topic {
        WebhookTopic::DirectReceived => {
            Occasion::DirectReceived { view: ViewId::from_uuid(facts.id("view")?), preview: facts.text("preview")? }
        }
        WebhookTopic::Mentioned => Occasion::Mentioned {
            conversation: ConversationId::from_uuid(facts.id("conversation")?),
            preview: facts.text("preview")?,
        },
        WebhookTopic::FriendRequested => {
            Occasion::FriendRequested { request: FriendRequestId::from_uuid(facts.id("request")?) }
        }
        WebhookTopic::MessageReceived => {
            Occasion::MessageReceived { message: MessageId::from_uuid(facts.id("message")?) }
        }
        WebhookTopic::MessagesRead => Occasion::MessagesRead {
            message: MessageId::from_uuid(facts.id("message")?),
            conversation: ConversationNo(facts.0["conversation"].as_i64().ok_or(UNREADABLE)?),
            seq: facts.seq("seq")?,
            through: facts.seq("through")?,
        },
        WebhookTopic::PresenceChanged => Occasion::PresenceChanged {
            availability: Availability::from_word(&facts.text("availability")?).ok_or(UNREADABLE)?,
            message: facts.0["message"].as_str().map(Arc::from),
        },
        WebhookTopic::Blocked => Occasion::Blocked,
        WebhookTopic::GroupInvited => {
            Occasion::GroupInvited { invitation: GroupInvitationId::from_uuid(facts.id("invitation")?) }
        }
        WebhookTopic::GroupDeleted => Occasion::GroupDeleted { group: ConversationId::from_uuid(facts.id("group")?) },
        WebhookTopic::AgentRegistered => Occasion::AgentRegistered,
        // Nothing does it yet.
        WebhookTopic::Replied => return Err(UNREADABLE),
    })
}

const UNREADABLE: StoreError = StoreError::Unreadable("what happened, of a delivery");

struct Facts<'a>(&'a Value);

impl Facts<'_> {
    fn id(&self, name: &str) -> Result<Uuid, StoreError> {
        self.0[name].as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or(UNREADABLE)
    }

    fn text(&self, name: &str) -> Result<Arc<str>, StoreError> {
        self.0[name].as_str().map(Arc::from).ok_or(UNREADABLE)
    }

    fn seq(&self, name: &str) -> Result<Seq, StoreError> {
        self.0[name].as_u64().map(Seq).ok_or(UNREADABLE)
    }
}

fn id(uuid: &Uuid) -> String {
    uuid.as_simple().to_string()
}
