//! What tests need that cargo cannot give, and what happens without it.
//!
//! `cargo xtask test` prepares it and names it in environment variables. A test that is run without one says so and is
//! skipped, except where everything must run: under `CI=true` it fails.

use std::{env, fmt, fs, path::PathBuf};

/// What `variable` names. Nothing, after a word on why, when it is not set: the caller returns.
///
/// # Panics
///
/// When it is not set, under `CI=true`.
#[must_use]
pub fn provided(variable: &str, what: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).map(PathBuf::from);
    value.or_else(|| skip(what, format_args!("{variable} is not set")))
}

/// The program `name` on the `PATH`. Nothing, after a word on why, when there is none.
///
/// # Panics
///
/// When there is none, under `CI=true`.
#[must_use]
pub fn program_on_path(name: &str, what: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    found.or_else(|| skip(what, format_args!("there is no `{name}` on the PATH")))
}

/// A public document of a dialect. They lie beside the project and are no part of it. Nothing, after a word on why,
/// when the folder is not named.
///
/// # Panics
///
/// When it cannot be read, or the folder is not named under `CI=true`.
#[must_use]
pub fn seed(file: &str, what: &str) -> Option<String> {
    let file = provided("TERTULIA_SEEDS", what)?.join(file);
    match fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(error) => panic!("{}: {error}", file.display()),
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so to whoever runs it")]
fn skip<T>(what: &str, why: fmt::Arguments<'_>) -> Option<T> {
    let word = format!("skipped: {what} because {why}");
    assert!(env::var_os("CI").is_none_or(|value| value != "true"), "{word}; nothing may be skipped under CI=true");
    eprintln!("{word}");
    None
}
