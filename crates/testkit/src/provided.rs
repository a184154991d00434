//! What tests need that cargo cannot give, and what happens without it.
//!
//! `cargo xtask test` prepares it and names it in environment variables. A test that is run without one says so and is
//! skipped, except where everything must run: under `CI=true` it fails.

use std::{env, path::PathBuf};

/// What `variable` names. Nothing, after a word on why, when it is not set: the caller returns.
///
/// # Panics
///
/// When it is not set, under `CI=true`.
#[expect(clippy::print_stderr, reason = "a skipped test must say so to whoever runs it")]
#[must_use]
pub fn provided(variable: &str, what: &str) -> Option<PathBuf> {
    if let Some(value) = env::var_os(variable) {
        return Some(value.into());
    }
    let word = format!("skipped: {what} because {variable} is not set");
    assert!(env::var_os("CI").is_none_or(|value| value != "true"), "{word}; nothing may be skipped under CI=true");
    eprintln!("{word}");
    None
}

/// The public document `name` of a dialect, which lies beside the project and is no part of it.
///
/// # Panics
///
/// When it cannot be read, or the folder is not named under `CI=true`.
#[must_use]
pub fn seeds(name: &str) -> Option<String> {
    let file = provided("TERTULIA_SEEDS", "published examples")?.join(name);
    match std::fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) => panic!("{}: {error}", file.display()),
    }
}
