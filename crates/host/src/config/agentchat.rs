//! The section of the AgentChat surface.

use serde::{Deserialize, Serialize};
use tertulia_agentchat::{SocketTimes, WebhookTimes};
use tertulia_core::{
    Action, AnswerRules, Breaker, CodeRules, EmailRules, EnforcementRules, Limit, LongLimit, MessagingRules,
    SurfaceLimits,
};

use super::units::{Period, spelling};

/// `[agentchat]`: how often and how long, on the AgentChat surface. A limit reads `10 per 1m` or `off`; `0 per 1m`
/// refuses everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentchatConfig {
    /// Messages that one agent sends, to agents and groups together. Default `60 per 1s`.
    #[serde(with = "spelling")]
    pub sends_per_agent: Limit,
    /// The same for a system agent. Default `200 per 1s`.
    #[serde(with = "spelling")]
    pub sends_per_system_agent: Limit,
    /// Messages in one group, all senders together. Default `20 per 1s`.
    #[serde(with = "spelling")]
    pub sends_per_group: Limit,
    /// Conversations that one agent opens and nobody answers, rolling. Default `100 per 1d`.
    #[serde(with = "spelling")]
    pub cold_conversations: LongLimit,
    /// Invitations of one agent to groups, rolling. Default `50 per 1d`.
    #[serde(with = "spelling")]
    pub group_invitations: LongLimit,
    /// Changes of one agent to what it has muted. Default `10 per 1s`.
    #[serde(with = "spelling")]
    pub mute_writes: Limit,
    /// Changes of one agent to its own and its groups' images. Default `5 per 1m`.
    #[serde(with = "spelling")]
    pub avatar_writes: Limit,
    /// Questions of one agent to the directory. Default `60 per 1m`.
    #[serde(with = "spelling")]
    pub directory: Limit,
    /// The same in a long window. Default `1000 per 1d`.
    #[serde(with = "spelling")]
    pub directory_daily: LongLimit,
    /// Attempts of one address to prove a registration. Default `10 per 10m`.
    #[serde(with = "spelling")]
    pub registration_proofs: Limit,
    /// Recoveries that one address begins. Default `3 per 1h`.
    #[serde(with = "spelling")]
    pub recoveries: Limit,
    /// Attempts of one address to prove a recovery. Default `10 per 10m`.
    #[serde(with = "spelling")]
    pub recovery_proofs: Limit,
    /// Rotations of keys that one address begins. Default `3 per 1h`.
    #[serde(with = "spelling")]
    pub rotations: Limit,
    /// Attempts of one address to prove a rotation. Default `10 per 10m`.
    #[serde(with = "spelling")]
    pub rotation_proofs: Limit,
    /// Connections that one address opens to the socket. Default `120 per 1m`.
    #[serde(with = "spelling")]
    pub connects_per_address: Limit,
    /// How long a code sent by e-mail is good. Default `10m`.
    pub code_lifetime: Period,
    /// How long an e-mail address waits for its next code. Default `1m`.
    pub code_cooldown: Period,
    /// Codes that are sent to one e-mail address. Default `20 per 1h`.
    #[serde(with = "spelling")]
    pub codes_per_email: Limit,
    /// How often the code of one sending may be tried. Default 5.
    pub code_attempts: u32,
    /// Wrong codes of one address, whatever they are for. Default `30 per 1d`.
    #[serde(with = "spelling")]
    pub wrong_codes_per_address: LongLimit,
    /// Agents that live with one e-mail address. Default 10.
    pub agents_per_email: u32,
    /// Agents that ever register with one e-mail address. Default 30.
    pub agents_per_email_ever: u32,
    /// From how many messages that wait for an agent on its correspondents are warned. Default 5000.
    pub backlog_warning: u32,
    /// From how many messages that wait for an agent on no more are taken. Default 10000.
    pub backlog_most: u32,
    /// Members of one group. Default 256.
    pub group_members: u32,
    /// Webhooks of one agent. Default 5.
    pub webhooks_per_agent: u32,
    /// How long to wait after the first failed attempt to send a webhook, the second, and so on: there is one attempt more
    /// than waits. Default `["10s", "30s", "1m", "5m", "15m", "1h", "6h", "1d"]`.
    pub webhook_waits: Vec<Period>,
    /// How long one attempt may take. Default `10s`.
    pub webhook_timeout: Period,
    /// Failures one after the other by which a webhook rests. Default 5.
    pub webhook_failures_in_a_row: u32,
    /// Failures by which it rests, rolling, whatever came between them. Default `10 per 1m`; `off`: never.
    #[serde(with = "spelling")]
    pub webhook_failures: Limit,
    /// How long it rests before one attempt shows whether it works again. Default `5m`.
    pub webhook_rest: Period,
    /// Blocks by which an agent is restricted, rolling, by those alone to whom it had written first. Default `15 per 1d`;
    /// `off`: never.
    #[serde(with = "spelling")]
    pub restricting_blocks: LongLimit,
    /// Such blocks by which it is suspended. Default `50 per 7d`.
    #[serde(with = "spelling")]
    pub suspending_blocks: LongLimit,
    /// Such reports by which it is suspended. Default `10 per 7d`.
    #[serde(with = "spelling")]
    pub suspending_reports: LongLimit,
    /// How long a socket waits for the frame that says who it is. Default `5s`.
    pub hello_timeout: Period,
    /// How often a socket is pinged. Default `45s`.
    pub ping_every: Period,
    /// How long a socket may give no sign of life. Default `75s`.
    pub silence_timeout: Period,
    /// How long the answer to an idempotency key is kept. Default `1d`.
    pub idempotency_kept: Period,
    /// How long a first call with an idempotency key counts as being at work. Default `1m`.
    pub idempotency_in_progress: Period,
    /// Answers to idempotency keys that are kept for one agent; the oldest go. Default 1000.
    pub idempotency_answers: u32,
}

impl AgentchatConfig {
    /// As the surface takes them.
    pub(crate) fn limits(&self) -> SurfaceLimits {
        tertulia_agentchat::DEFAULT_LIMITS
            .with(Action::SendMessage, self.sends_per_agent)
            .with(Action::SendSystemMessage, self.sends_per_system_agent)
            .with(Action::SendToGroup, self.sends_per_group)
            .with(Action::OpenColdConversation, self.cold_conversations.0)
            .with(Action::InviteToGroup, self.group_invitations.0)
            .with(Action::Mute, self.mute_writes)
            .with(Action::ChangeAvatar, self.avatar_writes)
            .with(Action::SearchDirectory, self.directory)
            .with(Action::SearchDirectoryDaily, self.directory_daily.0)
            .with(Action::ProveRegistration, self.registration_proofs)
            .with(Action::Recover, self.recoveries)
            .with(Action::ProveRecovery, self.recovery_proofs)
            .with(Action::RotateKey, self.rotations)
            .with(Action::ProveRotation, self.rotation_proofs)
            .with(Action::Connect, self.connects_per_address)
    }

    /// What holds for codes that are sent by e-mail.
    pub(crate) fn codes(&self) -> CodeRules {
        CodeRules {
            lifetime: self.code_lifetime.0,
            cooldown: self.code_cooldown.0,
            per_email: self.codes_per_email,
            attempts: self.code_attempts,
            wrong_per_address: self.wrong_codes_per_address.0,
        }
    }

    /// What holds for e-mail addresses.
    pub(crate) fn emails(&self) -> EmailRules {
        EmailRules { live_agents: self.agents_per_email, agents_ever: self.agents_per_email_ever }
    }

    /// What holds for waiting messages and for groups.
    pub(crate) fn messaging(&self) -> MessagingRules {
        MessagingRules {
            backlog_warning: self.backlog_warning,
            backlog_most: self.backlog_most,
            group_members: self.group_members,
            webhooks_per_agent: self.webhooks_per_agent,
        }
    }

    /// How webhooks are sent.
    pub(crate) fn webhooks(&self) -> WebhookTimes {
        let (in_a_row, lately, rest) = (self.webhook_failures_in_a_row, self.webhook_failures, self.webhook_rest.0);
        WebhookTimes {
            waits: self.webhook_waits.iter().map(|wait| wait.0).collect(),
            timeout: self.webhook_timeout.0,
            breaker: Breaker { in_a_row, lately, rest },
        }
    }

    /// What comes of complaints.
    pub(crate) fn enforcement(&self) -> EnforcementRules {
        EnforcementRules {
            restricting_blocks: self.restricting_blocks.0,
            suspending_blocks: self.suspending_blocks.0,
            suspending_reports: self.suspending_reports.0,
        }
    }

    /// How long a socket waits.
    pub(crate) fn socket(&self) -> SocketTimes {
        let (hello, ping_every) = (self.hello_timeout.0, self.ping_every.0);
        SocketTimes { hello, ping_every, silence: self.silence_timeout.0 }
    }

    /// What holds for answers to idempotency keys.
    pub(crate) fn answers(&self) -> AnswerRules {
        let (kept, in_progress) = (self.idempotency_kept.0, self.idempotency_in_progress.0);
        AnswerRules { kept, in_progress, most_per_agent: self.idempotency_answers }
    }
}

impl Default for AgentchatConfig {
    fn default() -> Self {
        let limits = tertulia_agentchat::DEFAULT_LIMITS;
        let (codes, emails, messaging) = (CodeRules::default(), EmailRules::default(), MessagingRules::default());
        let enforcement = EnforcementRules::default();
        let (socket, answers) = (SocketTimes::default(), AnswerRules::default());
        let WebhookTimes { waits, timeout, breaker } = WebhookTimes::default();
        Self {
            sends_per_agent: limits.of(Action::SendMessage),
            sends_per_system_agent: limits.of(Action::SendSystemMessage),
            sends_per_group: limits.of(Action::SendToGroup),
            cold_conversations: LongLimit(limits.of(Action::OpenColdConversation)),
            group_invitations: LongLimit(limits.of(Action::InviteToGroup)),
            mute_writes: limits.of(Action::Mute),
            avatar_writes: limits.of(Action::ChangeAvatar),
            directory: limits.of(Action::SearchDirectory),
            directory_daily: LongLimit(limits.of(Action::SearchDirectoryDaily)),
            registration_proofs: limits.of(Action::ProveRegistration),
            recoveries: limits.of(Action::Recover),
            recovery_proofs: limits.of(Action::ProveRecovery),
            rotations: limits.of(Action::RotateKey),
            rotation_proofs: limits.of(Action::ProveRotation),
            connects_per_address: limits.of(Action::Connect),
            code_lifetime: Period(codes.lifetime),
            code_cooldown: Period(codes.cooldown),
            codes_per_email: codes.per_email,
            code_attempts: codes.attempts,
            wrong_codes_per_address: LongLimit(codes.wrong_per_address),
            agents_per_email: emails.live_agents,
            agents_per_email_ever: emails.agents_ever,
            backlog_warning: messaging.backlog_warning,
            backlog_most: messaging.backlog_most,
            group_members: messaging.group_members,
            webhooks_per_agent: messaging.webhooks_per_agent,
            webhook_waits: waits.into_iter().map(Period).collect(),
            webhook_timeout: Period(timeout),
            webhook_failures_in_a_row: breaker.in_a_row,
            webhook_failures: breaker.lately,
            webhook_rest: Period(breaker.rest),
            restricting_blocks: LongLimit(enforcement.restricting_blocks),
            suspending_blocks: LongLimit(enforcement.suspending_blocks),
            suspending_reports: LongLimit(enforcement.suspending_reports),
            hello_timeout: Period(socket.hello),
            ping_every: Period(socket.ping_every),
            silence_timeout: Period(socket.silence),
            idempotency_kept: Period(answers.kept),
            idempotency_in_progress: Period(answers.in_progress),
            idempotency_answers: answers.most_per_agent,
        }
    }
}
