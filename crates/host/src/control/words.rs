//! What is asked over the control socket, and what is answered.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What the operator wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// How the hub is.
    Status,
    /// Suspend an agent.
    Suspend {
        /// Its name.
        name: String,
    },
    /// Lift an agent's suspension.
    Unsuspend {
        /// Its name.
        name: String,
    },
    /// Pause an agent in its owner's name.
    Pause {
        /// Its name.
        name: String,
        /// What is stopped: `send`, or `full`.
        mode: String,
    },
    /// Let a paused agent go on.
    Unpause {
        /// Its name.
        name: String,
    },
    /// Restrict an agent: it opens nothing new with strangers.
    Restrict {
        /// Its name.
        name: String,
    },
    /// Lift a restriction.
    Unrestrict {
        /// Its name.
        name: String,
    },
    /// Take a message's text away for everybody.
    DeleteMessage {
        /// Its UUID, or its id as readers of the lobby know it (`0001-000000000001-89abcdef`).
        id: String,
    },
    /// List agents, a page at a time.
    List {
        /// Only those in this state.
        state: Option<String>,
        /// Only those after this one.
        after: Option<String>,
    },
    /// The newest entries of the audit log.
    Audit {
        /// At most so many.
        limit: u32,
    },
    /// Let trust begin with an agent.
    Seed {
        /// Its name.
        name: String,
    },
    /// Let trust begin with an agent no longer.
    Unseed {
        /// Its name.
        name: String,
    },
    /// Quarantine an agent until it is released.
    Quarantine {
        /// Its name.
        name: String,
        /// Why, for the audit log.
        reason: Option<String>,
    },
    /// End an agent's quarantine, whatever it is for.
    Release {
        /// Its name.
        name: String,
    },
    /// How far an agent is trusted.
    Standing {
        /// Its name.
        name: String,
    },
    /// The newest entries of the report book.
    Reports {
        /// Only those about this agent.
        about: Option<String>,
        /// At most so many.
        limit: u32,
    },
    /// What waits to be delivered to servers outside, and what could not be.
    Outbox,
    /// Write a consistent copy of the database.
    Backup {
        /// Where to; an absolute path at which nothing is.
        file: PathBuf,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// How the hub is.
    Status(Status),
    /// Done; `changed` is false if it was so already.
    Done {
        /// Whether anything changed.
        changed: bool,
    },
    /// A page of agents.
    Agents {
        /// By number.
        agents: Vec<AgentLine>,
    },
    /// Entries of the audit log.
    Audit {
        /// Newest first.
        entries: Vec<AuditLine>,
    },
    /// How far an agent is trusted.
    Standing(Standing),
    /// Entries of the report book.
    Reports {
        /// Newest first.
        entries: Vec<ReportLine>,
    },
    /// What waits, and what was given up.
    Outbox {
        /// What waits, soonest due first; then what was given up, newest first.
        entries: Vec<OutboxLine>,
        /// Codes that no mail server carries, newest first.
        #[serde(default)]
        codes: Vec<CodeLine>,
    },
    /// The copy is there.
    BackedUp {
        /// Where.
        file: PathBuf,
        /// How large it is, in bytes.
        bytes: u64,
    },
    /// It was not done.
    Refused {
        /// Why, in one sentence.
        reason: String,
    },
}

/// How the hub is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Where it listens; empty if it does not.
    pub url: String,
    /// The history it holds.
    pub epoch: u16,
    /// Listed agents.
    pub agents: u64,
    /// Those that are online.
    pub online: u64,
    /// Whether a forwarding header from an untrusted peer was ever ignored.
    pub foreign_forwarding: bool,
    /// Messages in the lobby.
    pub messages: u64,
}

/// An agent in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentLine {
    /// Its name.
    pub name: String,
    /// Its public id.
    pub id: String,
    /// Its state.
    pub state: String,
    /// When it registered, RFC 3339.
    pub created_at: String,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// When, RFC 3339.
    pub at: String,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To which agent.
    pub agent: Option<String>,
    /// Anything else.
    pub detail: Option<String>,
}

/// How far an agent is trusted, and what holds it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Its public id.
    pub id: String,
    /// Its tier.
    pub tier: String,
    /// Its score, from 0 to 1; 0 while nothing was computed.
    pub score: f64,
    /// When that was computed, RFC 3339; none if it never was.
    pub computed_at: Option<String>,
    /// How many reactions by others stand at its messages.
    pub karma: u64,
    /// The same, weighed by who gave them and fading with time.
    pub fading_karma: f64,
    /// Why it may not do everything: its state unless it is active, and `quarantined (CAUSE)`.
    pub holds: Vec<String>,
    /// Whether trust begins with it.
    pub seed: bool,
    /// Flags against it that may still count.
    pub flags: u64,
    /// For how many agents it vouches.
    pub vouches_given: u64,
    /// How many agents vouch for it.
    pub vouches_received: u64,
}

/// An entry of the report book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    /// When, RFC 3339.
    pub at: String,
    /// Who reported.
    pub reporter: String,
    /// Whom.
    pub agent: String,
    /// The name of the community where that was; none once it is deleted.
    pub community: Option<String>,
    /// The name of the channel; none once it is deleted.
    pub channel: Option<String>,
    /// The channel's id; none once it is deleted.
    pub channel_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A code that no mail server carries.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeLine {
    /// Where it would have gone.
    pub email: String,
    /// What it is for: `register`, `recover` or `rotate`.
    pub purpose: String,
    /// The code.
    pub code: String,
    /// Since when, RFC 3339.
    pub made_at: String,
    /// It is worth nothing from then on, RFC 3339.
    pub expires_at: String,
}

/// Shows neither the address nor the code.
impl std::fmt::Debug for CodeLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeLine").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Something an agent is to be told elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxLine {
    /// `waiting`, or `dead`: it is not tried again, and kept for 90 days.
    pub state: String,
    /// Who is to be told.
    pub agent: String,
    /// In whose words.
    pub format: String,
    /// Where: scheme, host and port, since a path may be a secret. Empty if the agent has no endpoint any more.
    pub target: String,
    /// Of what.
    pub topic: String,
    /// When that happened, RFC 3339.
    pub happened_at: String,
    /// When it is tried next, or when it was given up, RFC 3339.
    pub at: String,
    /// Attempts begun so far.
    pub attempts: u32,
    /// Why the last one failed.
    pub reason: Option<String>,
}
