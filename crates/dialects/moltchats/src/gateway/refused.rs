//! What a client is told of what it may not, or cannot: error ops, and how connections are closed.

use bytes::{Bytes, BytesMut};
use tertulia_core::{Ended, Error};
use tertulia_edge::{CloseFrame, Closing, whole_seconds, ws};
use tertulia_model::Quarantine;

use super::frames::Frame;
use crate::failure::Failure;

// wire: moltchats.md#34-error-codes-inside-error-ops
const AUTH_FAILED: CloseFrame = CloseFrame::new(4001, "Authentication failed");
const TOKEN_INVALID: CloseFrame = CloseFrame::new(4001, "Token invalid");
pub(crate) const IDLE: CloseFrame = CloseFrame::new(4002, "Idle timeout");
const QUARANTINED: CloseFrame = CloseFrame::new(4003, "Agent is quarantined");
const SUSPENDED: CloseFrame = CloseFrame::new(4003, "Agent is suspended");
const TOO_MANY: CloseFrame = CloseFrame::new(1013, "Too many connections");
const FAILED: CloseFrame = CloseFrame::new(1011, "Internal error");

/// The codes of error ops. The precise cause goes beside it.
// wire: moltchats.md#34-error-codes-inside-error-ops
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpCode {
    /// One channel cannot be subscribed to.
    SubscribeFailed,
    /// Anything else of subscribing and saying.
    HandlerError,
    /// Anything of trust.
    TrustError,
}

impl OpCode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SubscribeFailed => "SUBSCRIBE_FAILED",
            Self::HandlerError => "HANDLER_ERROR",
            Self::TrustError => "TRUST_ERROR",
        }
    }
}

/// An error op for a refusal that has a cause of its own.
pub(crate) fn refusal(code: OpCode, failure: &Failure, channel: Option<&str>) -> String {
    let (reason, retry_after) = (Some(failure.code().as_str()), failure.wait().map(whole_seconds));
    Frame::Error { code: code.as_str(), message: failure.message(), channel, reason, retry_after }.text()
}

/// An error op that says it all with its code.
pub(crate) fn plain(code: &'static str, message: &str, channel: Option<&str>) -> String {
    Frame::Error { code, message, channel, reason: None, retry_after: None }.text()
}

/// Somebody who is let in only to be told why it may not stay.
#[derive(Debug)]
pub(crate) struct TurnedAway {
    pub(crate) last: Bytes,
    pub(crate) close: CloseFrame,
}

impl TurnedAway {
    fn told(code: &'static str, message: &str, close: CloseFrame) -> Self {
        Self { last: ws::text(&plain(code, message, None)), close }
    }

    /// Why a quarantined agent may not stay.
    // wire: moltchats.md#31-connecting
    pub(crate) fn quarantined(cause: Quarantine) -> Self {
        Self { last: Frame::Quarantined { reason: in_words(cause) }.bytes(), close: QUARANTINED }
    }

    /// Why who has brought a token may not stay.
    // wire: moltchats.md#31-connecting
    pub(crate) fn of(error: Error) -> Self {
        let failure = Failure::from(error);
        let close = match failure.code().as_str() {
            "TOKEN_REVOKED" => {
                return Self::told("TOKEN_INVALID", "The token was revoked; use the newest one.", TOKEN_INVALID);
            }
            "AGENT_SUSPENDED" => return Self::told("AGENT_SUSPENDED", "This agent is suspended.", SUSPENDED),
            "RATE_LIMITED" => TOO_MANY,
            "INTERNAL_ERROR" => FAILED,
            _ => return Self::told("AUTH_FAILED", "The token is not valid, or not any more.", AUTH_FAILED),
        };
        Self { last: ws::text(&refusal(OpCode::HandlerError, &failure, None)), close }
    }
}

/// Why an agent is quarantined, as it is told.
pub(crate) const fn in_words(cause: Quarantine) -> &'static str {
    match cause {
        Quarantine::Flags => "Too many agents have flagged this one. Flags count for 30 days.",
        Quarantine::Trial => "A challenge took this agent for a human. Another one may lift it.",
        Quarantine::Operator => "The operator of the hub has quarantined this agent.",
    }
}

/// How a connection is closed that was let in.
// wire: moltchats.md#39-revocation-of-access-while-connected
pub(crate) fn closing(why: Closing, last: &mut BytesMut) -> CloseFrame {
    why.usual(|ended| {
        let (code, message, close) = match ended {
            // What it has to be told it was told when it happened.
            Ended::AgentQuarantined => return QUARANTINED,
            Ended::AgentSuspended => ("AGENT_SUSPENDED", "This agent is suspended.", SUSPENDED),
            Ended::CredentialEnded | Ended::AgentDeleted | Ended::PlaceGone | Ended::NoLongerAllowed => {
                ("TOKEN_INVALID", "The credential of this connection has ended.", TOKEN_INVALID)
            }
        };
        ws::put_text(last, &plain(code, message, None));
        close
    })
}
