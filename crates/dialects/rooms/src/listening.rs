//! What one WebSocket listens to: rooms, each of which ends without it, or with it.

use tertulia_core::Ended;
use tertulia_edge::{AfterEnd, Place, Rest};
use tertulia_model::ConversationId;

use crate::frames;

/// Rooms that one connection may listen to.
pub(crate) const MOST_SUBSCRIPTIONS: usize = 100;

/// The rooms of one connection.
#[derive(Debug)]
pub(crate) struct Listening;

impl Place for Listening {
    type Id = ConversationId;
    type Held = ();

    /// A connection that listened to nothing else has nothing to stay for.
    // wire: rooms.md#4-websocket-apiws
    fn ended(&self, room: &ConversationId, why: Ended, rest: Rest) -> AfterEnd {
        match (why, rest) {
            (Ended::PlaceGone, Rest::Some) => AfterEnd::GoOn,
            (Ended::NoLongerAllowed, _) => AfterEnd::Say(frames::excluded(*room)),
            (
                Ended::PlaceGone
                | Ended::CredentialEnded
                | Ended::AgentSuspended
                | Ended::AgentQuarantined
                | Ended::AgentDeleted,
                _,
            ) => AfterEnd::Close,
        }
    }
}
