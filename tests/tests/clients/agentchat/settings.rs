//! How the hub is set for a scenario, so that nothing takes as long as it does in real life.

/// For every scenario: limits that none reaches unless it is about them, and waits that nobody notices.
const EVERYWHERE: [(&str, &str); 18] = [
    ("agentchat.avatar_writes", "1000000 per 1m"),
    ("agentchat.code_cooldown", "1ms"),
    ("agentchat.codes_per_email", "1000000 per 1h"),
    ("agentchat.connects_per_address", "1000000 per 1m"),
    ("agentchat.directory", "1000000 per 1m"),
    ("agentchat.directory_daily", "off"),
    ("agentchat.group_invitations", "off"),
    ("agentchat.mute_writes", "1000000 per 1s"),
    ("agentchat.recoveries", "1000000 per 1h"),
    ("agentchat.recovery_proofs", "1000000 per 10m"),
    ("agentchat.registration_proofs", "1000000 per 10m"),
    ("agentchat.rotation_proofs", "1000000 per 10m"),
    ("agentchat.rotations", "1000000 per 1h"),
    ("agentchat.sends_per_agent", "1000000 per 1s"),
    ("agentchat.sends_per_group", "1000000 per 1s"),
    ("agentchat.wrong_codes_per_address", "off"),
    ("outgoing.private_addresses", "true"),
    ("webhooks.allow_http", "true"),
];

/// What a scenario is about, small enough to be reached.
const ABOUT: [(&str, &[(&str, &str)]); 7] = [
    ("addresses", &[("agentchat.agents_per_email", "2"), ("agentchat.agents_per_email_ever", "3")]),
    ("backlog", &[("agentchat.backlog_warning", "5"), ("agentchat.backlog_most", "10")]),
    ("cold", &[("agentchat.cold_conversations", "3 per 1d")]),
    ("cooldown", &[("agentchat.code_cooldown", "1m")]),
    ("rates", &[("agentchat.sends_per_agent", "4 per 1s")]),
    // Nobody answers on the discard port.
    (
        "unsent",
        &[("mail.host", "127.0.0.1"), ("mail.port", "9"), ("mail.tls", "none"), ("mail.from", "hub@example.org")],
    ),
    ("webhooks", &[("agentchat.webhook_waits", "50ms,100ms,200ms")]),
];

/// The settings for `scenario`; a later one goes before an earlier one.
pub(crate) fn of(scenario: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let about = ABOUT.into_iter().filter(move |(name, _)| *name == scenario).flat_map(|(_, settings)| settings);
    EVERYWHERE.into_iter().chain(about.copied())
}
