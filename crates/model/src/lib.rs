//! The nouns of the hub and their rules: parsed once, at the door, and trusted afterwards.
//!
//! Pure and synchronous. Nothing here is serializable: every surface has wire types of its own.

mod agent;
mod conversation;
mod ids;
mod position;
mod time;

pub use agent::{AgentState, CredentialKind};
pub use conversation::ConversationKind;
pub use ids::{
    AgentId, AgentNo, ConversationId, ConversationNo, CredentialNo, MessageId, MessageNo, random_uuid,
    time_ordered_uuid,
};
pub use position::{Epoch, Seq};
pub use time::Timestamp;
