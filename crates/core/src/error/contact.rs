//! Refusals about e-mail addresses, and about the codes that are sent there.

use std::{sync::Arc, time::Duration};

/// Why a code that is sent by e-mail is not taken, or was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefused {
    /// Nothing waits for this code: it is unknown, used, or too old.
    #[error("nothing waits for a code")]
    Expired,
    /// It is another code.
    #[error("wrong code")]
    Wrong,
    /// Too many codes have been tried. What waited is gone.
    #[error("too many attempts")]
    NoAttemptsLeft,
    /// What waits for the code belongs to another agent.
    #[error("another agent's")]
    Foreign,
    /// A code was sent to this address a moment ago.
    #[error("a code was sent a moment ago")]
    Cooldown {
        /// How long until the next one.
        wait: Duration,
    },
    /// As many codes were sent to this address as may be in an hour.
    #[error("as many codes were sent as may be in an hour")]
    Hourly {
        /// How long until the next one.
        wait: Duration,
    },
    /// The mail could not be sent. Nothing waits for its code.
    #[error("the mail could not be sent")]
    MailFailed,
    /// The hub sends no mail.
    #[error("the hub sends no mail")]
    MailUnavailable,
}

/// Why an e-mail address does not stand for one agent, or for one more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefused {
    /// As many agents live with this address as may.
    #[error("at most {limit} agents live with one address")]
    Limit {
        /// How many may.
        limit: u32,
    },
    /// As many agents have ever registered with this address as may.
    #[error("at most {limit} agents ever register with one address")]
    Exhausted {
        /// How many may.
        limit: u32,
    },
    /// Several agents live with this address; one of them must be named.
    #[error("several agents live with this address")]
    NameChoice {
        /// Their names, the oldest first.
        names: Vec<Arc<str>>,
    },
    /// The agent has an address already, which stays.
    #[error("the agent has an address already")]
    Bound,
    /// The agent has no address.
    #[error("the agent has no address")]
    Missing,
}
