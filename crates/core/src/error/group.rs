//! Refusals of groups.

use std::sync::Arc;

use tertulia_model::{ConversationId, Timestamp};

/// Why something is not done to a group, or in one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupBarred {
    /// The group is deleted; the agent was a member once.
    #[error("the group is deleted")]
    Gone {
        /// The group.
        id: ConversationId,
        /// The name of who deleted it.
        deleted_by: Arc<str>,
        /// When.
        at: Timestamp,
    },
    /// The group has as many members as it may have.
    #[error("as many members as there may be")]
    Full,
    /// Only admins may do this.
    #[error("not an admin")]
    NotAdmin,
    /// Only who created it may do this, or an admin if that one is gone.
    #[error("not the creator")]
    NotCreator,
    /// The other is no member of the group.
    #[error("the other is no member")]
    TargetNotMember,
    /// The other is no admin of the group.
    #[error("the other is no admin")]
    TargetNotAdmin,
    /// The other is the only admin, and stays one.
    #[error("the only admin")]
    LastAdmin,
    /// Nobody removes or demotes who created the group.
    #[error("the creator is protected")]
    ProtectedCreator,
    /// A conversation of two is no group.
    #[error("a direct conversation")]
    Direct,
}
