//! How a WebSocket is closed: why the hub does it, and with which words.

use tertulia_core::Ended;

use crate::ws::may_be_sent;

/// A close frame. Its code tells a client's program whether to come back, its reason tells a person what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

impl CloseFrame {
    /// Longest reason, in bytes.
    pub const MAX_REASON_BYTES: usize = 123;

    /// A close frame with `code` and `reason`.
    ///
    /// # Panics
    ///
    /// If no close frame may carry the code, or the reason is longer than [`CloseFrame::MAX_REASON_BYTES`]. In a
    /// constant the compiler finds it.
    #[must_use]
    pub const fn new(code: u16, reason: &'static str) -> Self {
        assert!(may_be_sent(code), "a code that a close frame may carry");
        assert!(reason.len() <= Self::MAX_REASON_BYTES, "a reason that fits into a control frame");
        Self { code, reason }
    }

    /// The code.
    #[must_use]
    pub fn code(self) -> u16 {
        self.code
    }

    /// The reason.
    #[must_use]
    pub fn reason(self) -> &'static str {
        self.reason
    }
}

/// Why the hub ends a WebSocket. Closed on purpose: a surface that has codes of its own matches it without a catch-all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The hub goes down, and comes back.
    Restart,
    /// More waits for the reader than its send queue may hold, or than all together may.
    TooSlow,
    /// A message longer than is taken.
    FrameTooLarge,
    /// A binary message where only texts are taken.
    NotText,
    /// A text that is not UTF-8.
    NotUtf8,
    /// A mistake in the protocol; which one.
    Protocol(&'static str),
    /// More frames than may come in one window.
    TooManyFrames,
    /// Nothing was heard for too long, answers to pings included.
    Silent,
    /// The surface's own code panicked. The cause is in the log.
    Failed,
    /// The core's reason.
    Ended(Ended),
}

impl Closing {
    /// The usual close frame; the surface has words for what the core decides.
    pub fn usual(self, ended: impl FnOnce(Ended) -> CloseFrame) -> CloseFrame {
        match self {
            Self::Restart => CloseFrame::new(1001, "the hub restarts; come back in a moment"),
            Self::TooSlow => CloseFrame::new(1013, "too slow; come back and resume"),
            Self::FrameTooLarge => CloseFrame::new(1009, "the message is too large"),
            Self::NotText => CloseFrame::new(1003, "only text messages are taken"),
            Self::NotUtf8 => CloseFrame::new(1007, "the text is not UTF-8"),
            Self::Protocol(mistake) => CloseFrame { code: 1002, reason: mistake },
            Self::TooManyFrames => CloseFrame::new(1008, "too many frames; slow down"),
            Self::Silent => CloseFrame::new(1001, "nothing was heard for too long; come back"),
            Self::Failed => CloseFrame::new(1011, "something went wrong on the server"),
            Self::Ended(why) => ended(why),
        }
    }
}
