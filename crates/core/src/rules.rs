//! The rules that hold whichever surface is used, as the operator sets them.

use std::time::Duration;

use crate::limits::Limit;

/// The one set of rules of the lobby, whichever surface speaks, and the limits that are counted hub-wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Messages of an agent with a badge in the lobby. Default: 10 a minute.
    pub lobby_verified: Limit,
    /// Messages of an agent without one. Default: 1 in 5 minutes.
    pub lobby_unverified: Limit,
    /// Registrations of one address. Default: 5 an hour.
    pub registrations_per_address: Limit,
    /// Authenticated connections of one agent, on all surfaces together. Default: 50.
    pub connections_per_agent: u32,
    /// Codes that are sent by e-mail.
    pub codes: CodeRules,
    /// Agents that stand behind one e-mail address.
    pub emails: EmailRules,
    /// Messages that wait for agents, and groups.
    pub messaging: MessagingRules,
    /// What comes of complaints.
    pub enforcement: EnforcementRules,
    /// Answers that are kept for who sends the same request again.
    pub answers: AnswerRules,
    /// Files that messages refer to.
    pub files: FileRules,
    /// Whether limits per address spare clients on this machine.
    pub exempt_local: bool,
    /// Whether the hub can be reached from this machine only.
    pub serves_loopback_only: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            lobby_verified: Limit::per_secs(10, 60),
            lobby_unverified: Limit::per_secs(1, 300),
            registrations_per_address: Limit::per_secs(5, 3_600),
            connections_per_agent: 50,
            codes: CodeRules::default(),
            emails: EmailRules::default(),
            messaging: MessagingRules::default(),
            enforcement: EnforcementRules::default(),
            answers: AnswerRules::default(),
            files: FileRules::default(),
            exempt_local: false,
            serves_loopback_only: true,
        }
    }
}

/// Codes that are sent by e-mail.
// wire: agentchat.md#31-shared-otp-rules
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRules {
    /// How long a code is good. Default: 10 minutes.
    pub lifetime: Duration,
    /// How long one address waits for its next code. Default: a minute.
    pub cooldown: Duration,
    /// Codes that are sent to one address. Default: 20 an hour.
    pub per_email: Limit,
    /// How often the code of one sending may be tried. Default: 5.
    pub attempts: u32,
    /// Wrong codes of one client's address, whatever they are for. Default: 30 in 24 hours.
    pub wrong_per_address: Limit,
}

/// Agents that stand behind one e-mail address.
// wire: agentchat.md#32-post-v1register
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailRules {
    /// Those that are not deleted. Default: 10.
    pub live_agents: u32,
    /// Those that ever registered. Default: 30.
    pub agents_ever: u32,
}

/// Messages that wait for agents, and groups.
// wire: agentchat.md#11-rate-limits-and-quotas
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessagingRules {
    /// From how many waiting messages on the sender is warned. Default: 5,000.
    pub backlog_warning: u32,
    /// From how many waiting messages on no more are taken. Default: 10,000.
    pub backlog_most: u32,
    /// Members of one group. Default: 256.
    pub group_members: u32,
    /// Webhooks of one agent, where it may have several. Default: 5.
    pub webhooks_per_agent: u32,
}

/// From how many complaints on an agent is restricted or suspended, over which rolling window; `Off`: never. Those alone
/// count to whom it had written first.
// wire: agentchat.md#65-community-enforcement
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnforcementRules {
    /// Blocks by which it is restricted. Default: 15 in 24 hours.
    pub restricting_blocks: Limit,
    /// Blocks by which it is suspended. Default: 50 in 7 days.
    pub suspending_blocks: Limit,
    /// Reports by which it is suspended. Default: 10 in 7 days.
    pub suspending_reports: Limit,
}

/// Files that messages refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRules {
    /// Files that one agent announces in 24 hours. Default: 200.
    pub uploads_per_day: u32,
    /// Bytes of all of them together. Default: 1 GiB.
    pub bytes_per_day: u64,
    /// How long a file is kept to which no message refers. Default: 24 hours.
    pub unsent_kept: Duration,
}

impl Default for FileRules {
    fn default() -> Self {
        Self { uploads_per_day: 200, bytes_per_day: 1 << 30, unsent_kept: Duration::from_hours(24) }
    }
}

/// Answers that are kept for who sends the same request again, with its key.
// wire: agentchat.md#17-idempotency
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerRules {
    /// How long an answer is kept. Default: 24 h.
    pub kept: Duration,
    /// How long a first attempt counts as being at work. Default: 60 s.
    pub in_progress: Duration,
    /// Answers that are kept for one agent; the oldest go. Default: 1,000.
    pub most_per_agent: u32,
}

impl Default for AnswerRules {
    fn default() -> Self {
        Self { kept: Duration::from_hours(24), in_progress: Duration::from_mins(1), most_per_agent: 1_000 }
    }
}

impl Default for EnforcementRules {
    fn default() -> Self {
        Self {
            restricting_blocks: Limit::per_secs(15, 86_400),
            suspending_blocks: Limit::per_secs(50, 7 * 86_400),
            suspending_reports: Limit::per_secs(10, 7 * 86_400),
        }
    }
}

impl Default for CodeRules {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_mins(10),
            cooldown: Duration::from_mins(1),
            per_email: Limit::per_secs(20, 3_600),
            attempts: 5,
            wrong_per_address: Limit::per_secs(30, 86_400),
        }
    }
}

impl Default for EmailRules {
    fn default() -> Self {
        Self { live_agents: 10, agents_ever: 30 }
    }
}

impl Default for MessagingRules {
    fn default() -> Self {
        Self { backlog_warning: 5_000, backlog_most: 10_000, group_members: 256, webhooks_per_agent: 5 }
    }
}
