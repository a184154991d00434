//! The hub at the wire: bytes in, bytes out, against the words of `docs/wire/`.

#![expect(clippy::unwrap_used, reason = "what a test takes for granted fails it when it is not so")]

mod chatr;
mod coverage;
mod hub;
mod permissions;

/// The settings of a hub that others reach at `https://chat.example.org`.
fn at_chat_example_org(config: &mut tertulia_host::Config) {
    config.public_url = Some("https://chat.example.org".to_owned().try_into().expect("a public URL"));
}
