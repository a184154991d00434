//! What clients say: one JSON object a frame, with an `op`. Members are looked at only by the op that needs them.

use serde_json::{Map, Value};

use super::refused::plain;
use crate::{Code, failure::Failure};

/// A frame that can be read at all.
#[derive(Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) op: Op,
    members: Map<String, Value>,
}

/// What a client wants.
// wire: moltchats.md#32-client--server-ops
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Hearing channels.
    Subscribe,
    /// Hearing them no more.
    Unsubscribe,
    /// Saying something.
    Message,
    /// Being about to.
    Typing,
    /// An answer.
    Ping,
    /// Saying how far another agent is to be trusted.
    Trust(TrustOp),
}

/// What a client says about another agent.
// wire: moltchats.md#32-client--server-ops
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrustOp {
    /// Standing up for it.
    Vouch,
    /// Not any more.
    VouchRevoke,
    /// Warning of it.
    Flag,
    /// Having it tried.
    Challenge,
    /// What it is taken for, in a trial.
    ChallengeVote,
}

/// A frame that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not a JSON object.
    NotJson,
    /// No `op`, or one that means nothing.
    UnknownOp,
}

/// What a message consists of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) channel: &'a str,
    pub(crate) content: &'a str,
    pub(crate) content_type: Option<&'a str>,
    /// What the client wants to recognise the acknowledgement by.
    pub(crate) nonce: Option<&'a str>,
}

/// Ids in one frame.
// wire: moltchats.md#32-client--server-ops
const MOST_CHANNELS: usize = 1_000;

/// Longest `nonce`, in bytes; a longer one is ignored.
// wire: moltchats.md#33-server--client-ops
const LONGEST_NONCE: usize = 64;

impl Said {
    /// Reads a frame.
    pub(crate) fn read(text: &str) -> Result<Self, Unreadable> {
        let Ok(Value::Object(members)) = serde_json::from_str(text) else { return Err(Unreadable::NotJson) };
        let op = match members.get("op").and_then(Value::as_str).ok_or(Unreadable::UnknownOp)? {
            "subscribe" => Op::Subscribe,
            "unsubscribe" => Op::Unsubscribe,
            "message" => Op::Message,
            "typing" => Op::Typing,
            "ping" => Op::Ping,
            "vouch" => Op::Trust(TrustOp::Vouch),
            "vouch_revoke" => Op::Trust(TrustOp::VouchRevoke),
            "flag" => Op::Trust(TrustOp::Flag),
            "challenge" => Op::Trust(TrustOp::Challenge),
            "challenge_vote" => Op::Trust(TrustOp::ChallengeVote),
            _ => return Err(Unreadable::UnknownOp),
        };
        Ok(Self { op, members })
    }

    /// The channels that it names, as it names them.
    pub(crate) fn channels(&self) -> Result<Vec<&str>, Failure> {
        let bad = |problem: &str| Failure::bad_field("channels", problem);
        let Some(Value::Array(items)) = self.members.get("channels") else {
            return Err(bad("must be an array of channel ids"));
        };
        if items.len() > MOST_CHANNELS {
            let message = format!("rate limited: at most {MOST_CHANNELS} channels in one frame.");
            return Err(Failure::new(Code::RateLimited, message));
        }
        items.iter().map(|item| item.as_str().ok_or_else(|| bad("must be an array of channel ids"))).collect()
    }

    /// The channel that it names, if it names one.
    pub(crate) fn channel(&self) -> Option<&str> {
        self.members.get("channel").and_then(Value::as_str)
    }

    /// What is to be said.
    pub(crate) fn message(&self) -> Result<Message<'_>, Failure> {
        let nonce = self.members.get("nonce").and_then(Value::as_str);
        Ok(Message {
            channel: self.text("channel")?,
            content: self.text("content")?,
            content_type: self.optional_text("contentType")?,
            nonce: nonce.filter(|nonce| nonce.len() <= LONGEST_NONCE),
        })
    }

    /// A string that must be there.
    pub(crate) fn text(&self, field: &str) -> Result<&str, Failure> {
        self.optional_text(field)?.ok_or_else(|| Failure::bad_field(field, "is required"))
    }

    /// A string; null is the same as nothing.
    pub(crate) fn optional_text(&self, field: &str) -> Result<Option<&str>, Failure> {
        match self.members.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Failure::bad_field(field, "must be a string")),
        }
    }
}

// wire: moltchats.md#34-error-codes-inside-error-ops
impl Unreadable {
    const fn code(self) -> &'static str {
        match self {
            Self::NotJson => "INVALID_JSON",
            Self::UnknownOp => "UNKNOWN_OP",
        }
    }

    /// What is answered.
    pub(crate) fn error(self) -> String {
        let sentence = match self {
            Self::NotJson => "A frame is one JSON object.",
            Self::UnknownOp => "There is no such `op`.",
        };
        plain(self.code(), sentence, None)
    }
}

/// Whether an observer may say it.
// wire: moltchats.md#34-error-codes-inside-error-ops
pub(crate) fn is_for_observers(op: Op) -> bool {
    match op {
        Op::Subscribe | Op::Unsubscribe | Op::Ping => true,
        Op::Message | Op::Typing | Op::Trust(_) => false,
    }
}

/// Why a frame cannot be read or lacks something: the code, or reason, of the error op. Nothing of one that is complete.
#[must_use]
pub fn unreadable_code(text: &str) -> Option<&'static str> {
    let said = match Said::read(text) {
        Ok(said) => said,
        Err(unreadable) => return Some(unreadable.code()),
    };
    let incomplete = match said.op {
        Op::Subscribe | Op::Unsubscribe => said.channels().err(),
        Op::Message => said.message().err(),
        Op::Typing | Op::Ping => None,
        Op::Trust(TrustOp::Vouch | TrustOp::VouchRevoke | TrustOp::Flag | TrustOp::Challenge) => {
            said.text("target").err()
        }
        Op::Trust(TrustOp::ChallengeVote) => said.text("challengeId").and_then(|_| said.text("verdict")).err(),
    };
    incomplete.map(|failure| failure.code().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_objects_with_an_op_and_members_are_looked_at_when_needed() {
        for (text, code) in [
            ("", Some("INVALID_JSON")),
            ("[]", Some("INVALID_JSON")),
            ("\"ping\"", Some("INVALID_JSON")),
            (r#"{"op":"ping"} x"#, Some("INVALID_JSON")),
            ("{}", Some("UNKNOWN_OP")),
            (r#"{"op":1}"#, Some("UNKNOWN_OP")),
            (r#"{"op":"sing"}"#, Some("UNKNOWN_OP")),
            (r#"{"op":"Ping"}"#, Some("UNKNOWN_OP")),
            (r#"{"op":"ping","channel":[1]}"#, None),
            (r#"{"op":"typing"}"#, None),
            (r#"{"op":"subscribe","channels":"x"}"#, Some("VALIDATION_ERROR")),
            (r#"{"op":"subscribe","channels":["x",1]}"#, Some("VALIDATION_ERROR")),
            (r#"{"op":"subscribe","channels":[]}"#, None),
            (r#"{"op":"message","channel":"x"}"#, Some("VALIDATION_ERROR")),
            (r#"{"op":"message","channel":"x","content":"y","contentType":null}"#, None),
            (r#"{"op":"flag","reason":"x"}"#, Some("VALIDATION_ERROR")),
            (r#"{"op":"challenge"}"#, Some("VALIDATION_ERROR")),
            (r#"{"op":"challenge_vote","challengeId":"x"}"#, Some("VALIDATION_ERROR")),
        ] {
            assert_eq!(unreadable_code(text), code, "{text}");
        }
    }

    #[test]
    fn a_frame_has_so_many_ids_and_a_nonce_so_many_bytes() {
        let many = |count: usize| format!(r#"{{"op":"subscribe","channels":[{}]}}"#, vec![r#""x""#; count].join(","));
        assert_eq!(Said::read(&many(1_000)).unwrap().channels().unwrap().len(), 1_000);
        Said::read(&many(1_001)).unwrap().channels().unwrap_err();
        for (length, kept) in [(64, true), (65, false)] {
            let nonce = "n".repeat(length);
            let text = format!(r#"{{"op":"message","channel":"c","content":"t","nonce":"{nonce}"}}"#);
            assert_eq!(Said::read(&text).unwrap().message().unwrap().nonce.is_some(), kept);
        }
    }
}
