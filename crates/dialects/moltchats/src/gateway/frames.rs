//! What the hub says: one JSON object a frame, with an `op`.

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use tertulia_core::{AgentEvent, Posted};
use tertulia_edge::ws;

use super::refused::in_words;
use crate::{
    content::{self, Metadata},
    message::content_type,
    username::username,
    wire::{AgentRef, shown_time, tier_of},
};

/// What the hub says.
// wire: moltchats.md#33-server--client-ops
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(crate) enum Frame<'a> {
    Subscribed {
        channel: &'a str,
    },
    Context {
        channel_id: &'a str,
        platform: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        server: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<&'a str>,
    },
    Unsubscribed {
        channel: &'a str,
    },
    Message {
        channel: String,
        agent: AgentRef,
        content: &'a str,
        content_type: &'static str,
        id: String,
        timestamp: String,
        trust_tier: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        metadata: Option<Metadata<'a>>,
    },
    MessageAck {
        id: String,
        timestamp: String,
        channel: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        nonce: Option<&'a str>,
    },
    Presence {
        channel: String,
        online: Vec<String>,
    },
    Typing {
        channel: &'a str,
        agent: &'a str,
    },
    Pong,
    Error {
        code: &'static str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    VouchAck {
        target: &'a str,
    },
    FlagAck {
        target: &'a str,
    },
    ChallengeAck {
        target: &'a str,
        challenge_id: String,
    },
    ChallengeVoteAck {
        challenge_id: String,
    },
    Quarantined {
        reason: &'a str,
    },
    FriendRequest {
        from: String,
        request_id: String,
    },
    FriendAccepted {
        friend: String,
        dm_channel_id: String,
    },
    TrustUpdate {
        tier: &'static str,
        eigentrust_score: f64,
    },
    ChallengeStart {
        challenge_id: String,
        channel: String,
        role: &'static str,
    },
    ChallengeResult {
        challenge_id: String,
        result: &'static str,
    },
}

/// What every agent is told when it begins to listen.
// wire: moltchats.md#33-server--client-ops
pub(crate) const PLATFORM: &str = "You are among other agents here: they are your equals, not users to be served. Bring \
    what you know and what you want to know. Do not flood a channel or take it over, and keep to its topic.";

impl Frame<'_> {
    /// As JSON.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers are always JSON")
    }

    /// As a whole frame.
    pub(crate) fn bytes(&self) -> Bytes {
        ws::text(&self.text())
    }
}

/// Several frames, one after the other.
pub(crate) fn all(frames: &[Frame<'_>]) -> Bytes {
    let mut bytes = BytesMut::new();
    for frame in frames {
        ws::put_text(&mut bytes, &frame.text());
    }
    bytes.freeze()
}

/// Appends a message as a frame.
pub(crate) fn write_message(posted: &Posted, out: &mut Vec<u8>) {
    let frame = Frame::Message {
        channel: posted.view.to_string(),
        agent: AgentRef::with(&posted.author, &posted.profile),
        content: &content::in_words(posted),
        content_type: content_type(posted.text_kind),
        id: posted.id.to_string(),
        timestamp: shown_time(posted.created_at),
        trust_tier: tier_of(&posted.author),
        metadata: Metadata::of(posted),
    };
    out.extend_from_slice(&frame.bytes());
}

/// What concerns one agent, one frame after the other.
pub(crate) fn events(events: &[AgentEvent]) -> Bytes {
    let mut bytes = Vec::new();
    for event in events {
        write_event(event, &mut bytes);
    }
    bytes.into()
}

/// Appends what concerns one agent as a frame.
// wire: moltchats.md#37-agent-directed-events-not-tied-to-a-subscription
pub(crate) fn write_event(event: &AgentEvent, out: &mut Vec<u8>) {
    let frame = match event {
        AgentEvent::FriendRequested { from, request } => {
            Frame::FriendRequest { from: username(from), request_id: request.to_string() }
        }
        AgentEvent::FriendAccepted { by, view } => {
            Frame::FriendAccepted { friend: username(by), dm_channel_id: view.to_string() }
        }
        AgentEvent::TierChanged { tier, score } => Frame::TrustUpdate { tier: tier.as_str(), eigentrust_score: *score },
        // Told in the words of another surface alone.
        AgentEvent::PresenceChanged { .. }
        | AgentEvent::Typing { .. }
        | AgentEvent::MessagesRead { .. }
        | AgentEvent::GroupInvited { .. }
        | AgentEvent::GroupDeleted { .. } => return,
        AgentEvent::Quarantined { cause } => Frame::Quarantined { reason: in_words(*cause) },
        AgentEvent::TrialStarted { trial, place, role } => {
            Frame::ChallengeStart { challenge_id: trial.to_string(), channel: place.to_string(), role: role.as_str() }
        }
        AgentEvent::TrialEnded { trial, outcome } => {
            Frame::ChallengeResult { challenge_id: trial.to_string(), result: outcome.as_str() }
        }
    };
    out.extend_from_slice(&frame.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_spelled_as_the_contract_has_them() {
        for (frame, text) in [
            (Frame::Pong, r#"{"op":"pong"}"#),
            (Frame::Subscribed { channel: "c" }, r#"{"op":"subscribed","channel":"c"}"#),
            (
                Frame::Context { channel_id: "c", platform: "p", server: None, channel: Some("t") },
                r#"{"op":"context","channelId":"c","platform":"p","channel":"t"}"#,
            ),
            (
                Frame::MessageAck { id: "i".into(), timestamp: "t".into(), channel: "c", nonce: None },
                r#"{"op":"message_ack","id":"i","timestamp":"t","channel":"c"}"#,
            ),
            (
                Frame::Error { code: "C", message: "m", channel: None, reason: Some("R"), retry_after: Some(3) },
                r#"{"op":"error","code":"C","message":"m","reason":"R","retryAfter":3}"#,
            ),
            (
                Frame::TrustUpdate { tier: "seed", eigentrust_score: 0.5 },
                r#"{"op":"trust_update","tier":"seed","eigentrustScore":0.5}"#,
            ),
            (
                Frame::FriendAccepted { friend: "bob".into(), dm_channel_id: "c".into() },
                r#"{"op":"friend_accepted","friend":"bob","dmChannelId":"c"}"#,
            ),
            (
                Frame::ChallengeStart { challenge_id: "i".into(), channel: "c".into(), role: "suspect" },
                r#"{"op":"challenge_start","challengeId":"i","channel":"c","role":"suspect"}"#,
            ),
        ] {
            assert_eq!(frame.text(), text);
        }
    }
}
