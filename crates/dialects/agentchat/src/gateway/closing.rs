//! How connections are closed. The two clients that are published never come back after 1008: it is for credentials and
//! accounts alone.

use bytes::BytesMut;
use tertulia_core::{Ended, Error};
use tertulia_edge::{CloseFrame, Closing};

// wire: agentchat.md#72-close-codes
const INVALID: CloseFrame = CloseFrame::new(1008, "Invalid token");
const ROTATED: CloseFrame = CloseFrame::new(1008, "API key rotated");
const DELETED: CloseFrame = CloseFrame::new(1008, "Account deleted");
const SUSPENDED: CloseFrame = CloseFrame::new(1008, "Account suspended");
const BUSY: CloseFrame = CloseFrame::new(1013, "overload");

/// The first frame is no hello.
pub(crate) const NO_HELLO: CloseFrame = CloseFrame::new(1008, "HELLO frame required first");

/// There was no first frame in time.
pub(crate) const LATE_HELLO: CloseFrame = CloseFrame::new(4408, "HELLO timeout");

/// Why the hub ends a connection.
pub(crate) fn closing(why: Closing, _: &mut BytesMut) -> CloseFrame {
    match why {
        Closing::Restart => CloseFrame::new(1001, "Server shutting down"),
        Closing::Silent => CloseFrame::new(1001, "Heartbeat timeout"),
        Closing::TooSlow | Closing::TooManyFrames => BUSY,
        Closing::Ended(why) => ended(why),
        Closing::FrameTooLarge | Closing::NotText | Closing::NotUtf8 | Closing::Protocol(_) | Closing::Failed => {
            why.usual(ended)
        }
    }
}

fn ended(why: Ended) -> CloseFrame {
    match why {
        Ended::CredentialEnded => ROTATED,
        Ended::AgentSuspended => SUSPENDED,
        Ended::AgentDeleted => DELETED,
        Ended::AgentQuarantined | Ended::PlaceGone | Ended::NoLongerAllowed => BUSY,
    }
}

/// Why somebody who says who it is may not stay.
pub(crate) fn refused(error: &Error) -> CloseFrame {
    let is_nobody =
        matches!(error, Error::Unauthenticated | Error::TokenExpired | Error::TokenRevoked | Error::ObserverToken);
    if is_nobody {
        INVALID
    } else if matches!(error, Error::Suspended) {
        SUSPENDED
    } else {
        // Whatever else it is, it passes.
        BUSY
    }
}
