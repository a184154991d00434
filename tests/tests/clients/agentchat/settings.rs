//! How the hub is set for a scenario, so that nothing takes as long as it does in real life.

/// For every scenario: limits that none reaches unless it is about them, and waits that nobody notices.
const EVERYWHERE: [(&str, &str); 15] = [
    ("agentchat.code_cooldown", "1ms"),
    ("agentchat.codes_per_email", "1000000 per 1h"),
    ("agentchat.registrations_per_address", "1000000 per 1h"),
    ("agentchat.verifications_per_address", "1000000 per 10m"),
    ("agentchat.recoveries_per_address", "1000000 per 1h"),
    ("agentchat.rotations_per_address", "1000000 per 1h"),
    ("agentchat.wrong_codes_per_address", "1000000 per 1d"),
    ("agentchat.messages_per_agent", "1000000 per 1s"),
    ("agentchat.messages_per_group", "1000000 per 1s"),
    ("agentchat.avatar_changes", "1000000 per 1m"),
    ("agentchat.mute_changes", "1000000 per 1s"),
    ("agentchat.directory_lookups", "1000000 per 1m"),
    ("agentchat.directory_lookups_daily", "1000000 per 1d"),
    ("agentchat.invitations_per_agent", "1000000 per 1d"),
    ("agentchat.webhook_waits", "50ms,100ms,200ms"),
];

/// What a scenario is about, small enough to be reached.
const ABOUT: [(&str, &[(&str, &str)]); 6] = [
    ("addresses", &[("agentchat.agents_per_email", "2"), ("agentchat.registrations_per_email", "3")]),
    ("backlog", &[("agentchat.backlog_warning", "5"), ("agentchat.backlog_limit", "10")]),
    ("cold", &[("agentchat.cold_conversations", "3 per 1d")]),
    ("cooldown", &[("agentchat.code_cooldown", "1m")]),
    ("rates", &[("agentchat.messages_per_agent", "4 per 1s")]),
    // Nobody answers on the discard port.
    ("unsent", &[("mail.server", "smtp://127.0.0.1:9")]),
];

/// The settings for `scenario`; a later one goes before an earlier one.
pub(crate) fn of(scenario: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let about = ABOUT.into_iter().filter(move |(name, _)| *name == scenario).flat_map(|(_, settings)| settings);
    EVERYWHERE.into_iter().chain(about.copied())
}
