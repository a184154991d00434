//! What one connection listens to: channels, each of which ends without it.

use std::sync::Arc;

use tertulia_core::Ended;
use tertulia_edge::{AfterEnd, Place, Rest};
use tertulia_model::ConversationId;

use super::{audience::Seat, frames::Frame};

/// Channels that an agent's connection may listen to, and an observer's.
// wire: moltchats.md#32-client--server-ops
pub(crate) const MOST_OF_AGENT: usize = 2_000;
pub(crate) const MOST_OF_OBSERVER: usize = 20;

/// The channels of one connection.
#[derive(Debug)]
pub(crate) struct Listening;

impl Place for Listening {
    /// As clients know a channel.
    type Id = ConversationId;
    type Held = Arc<Seat>;

    // wire: moltchats.md#39-revocation-of-access-while-connected
    fn ended(&self, channel: &ConversationId, why: Ended, _: Rest) -> AfterEnd {
        match why {
            Ended::PlaceGone | Ended::NoLongerAllowed => {
                AfterEnd::Say(Frame::Unsubscribed { channel: &channel.to_string() }.bytes())
            }
            Ended::CredentialEnded | Ended::AgentSuspended | Ended::AgentQuarantined | Ended::AgentDeleted => {
                AfterEnd::Close
            }
        }
    }
}
