//! What the operator is told, in plain values.

use std::{collections::HashMap, sync::Arc};

use tertulia_core::{AgentRecord, AuditEntry, OwnTrust, ReportRecord};
use tertulia_model::{AgentNo, AgentState};
use tertulia_store::{DeliveryRecord, Fate, UnsentMail};
use url::Url;

use crate::control::{AgentLine, AuditLine, CodeLine, OutboxLine, ReportLine, Standing};

/// What agents are called.
pub(super) type Names = HashMap<AgentNo, Arc<str>>;

pub(super) fn agent_line(agent: &AgentRecord) -> AgentLine {
    AgentLine {
        name: agent.name.to_string(),
        id: agent.id.to_string(),
        state: agent.state.to_string(),
        created_at: agent.created_at.to_string(),
    }
}

pub(super) fn audit_line(entry: &AuditEntry, names: &Names) -> AuditLine {
    AuditLine {
        at: entry.at.to_string(),
        actor: entry.actor.clone(),
        action: entry.action.clone(),
        agent: entry.agent.and_then(|agent| names.get(&agent)).map(ToString::to_string),
        detail: entry.detail.clone(),
    }
}

pub(super) fn outbox_line(delivery: &DeliveryRecord, names: &Names) -> OutboxLine {
    let (state, at) = match delivery.fate {
        Fate::Due(at) => ("waiting", at),
        Fate::Dead(at) => ("dead", at),
    };
    let target = delivery.target.as_ref().and_then(|target| Url::parse(&target.url).ok());
    OutboxLine {
        state: state.to_owned(),
        agent: name_of(delivery.agent, names),
        format: delivery.format.to_string(),
        target: target.map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
        topic: delivery.topic.to_string(),
        happened_at: delivery.happened_at.to_string(),
        at: at.to_string(),
        attempts: delivery.attempts,
        reason: delivery.last_error.as_deref().map(str::to_owned),
    }
}

pub(super) fn report_line(report: &ReportRecord, names: &Names) -> ReportLine {
    ReportLine {
        at: report.reported_at.to_string(),
        reporter: name_of(report.reporter, names),
        agent: name_of(report.target, names),
        community: report.community.as_deref().map(str::to_owned),
        channel: report.channel.as_deref().map(str::to_owned),
        channel_id: report.conversation.map(|conversation| conversation.to_string()),
        reason: report.reason.as_deref().map(str::to_owned),
    }
}

pub(super) fn standing(known: &OwnTrust) -> Standing {
    let (trust, agent) = (&known.trust, &known.trust.agent);
    let state = Some(agent.state()).filter(|state| *state != AgentState::Active).map(|state| state.to_string());
    let quarantine = agent.quarantine().map(|cause| format!("quarantined ({})", cause.as_str()));
    Standing {
        name: agent.name.to_string(),
        id: agent.id.to_string(),
        tier: trust.tier.to_string(),
        score: trust.score,
        computed_at: trust.computed_at.map(|at| at.to_string()),
        karma: agent.karma(),
        fading_karma: known.karma,
        holds: state.into_iter().chain(quarantine).collect(),
        seed: trust.is_seed,
        flags: known.flags,
        vouches_given: known.given.len() as u64,
        vouches_received: trust.vouches_received,
    }
}

fn name_of(agent: AgentNo, names: &Names) -> String {
    names.get(&agent).map(ToString::to_string).unwrap_or_default()
}

/// A code that no mail server carries.
pub(super) fn code_line(mail: &UnsentMail) -> CodeLine {
    CodeLine {
        email: mail.email.to_string(),
        purpose: mail.purpose.as_str().to_owned(),
        code: mail.code.to_string(),
        made_at: mail.made_at.to_string(),
        expires_at: mail.expires_at.to_string(),
    }
}
