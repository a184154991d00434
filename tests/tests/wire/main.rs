//! The hub at the wire: bytes in, bytes out, against the words of `docs/wire/`.

#![expect(clippy::unwrap_used, reason = "what a test takes for granted fails it when it is not so")]

mod agentchat;
mod chatr;
mod contract;
mod coverage;
mod hub;
mod matrix;
mod moltchats;
mod permissions;
mod rooms;

/// The settings of a hub that others reach at `https://chat.example.org`.
fn at_chat_example_org(config: &mut tertulia_host::Config) {
    config.public_url = Some("https://chat.example.org".to_owned().try_into().expect("a public URL"));
}

/// Default settings, but for what one address may do: a test comes from one.
fn any_address(config: &mut tertulia_host::Config) {
    config.limits.registrations_per_address = tertulia_core::Limit::Off;
    config.limits.requests_per_address = tertulia_core::Limit::Off;
}
