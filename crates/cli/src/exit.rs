//! How a command ends.

use std::process::ExitCode;

/// What a script learns from a command. Wrong arguments are 2, as everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It was not done.
    Failed = 1,
    /// The arguments make no sense; clap ends with the same.
    Usage = 2,
    /// The configuration is wrong, or insecure where the hub is to listen.
    Config = 78,
    /// Another hub has the data directory.
    InUse = 3,
    /// There is no hub at the URL, or it does not answer.
    Unreachable = 4,
    /// The hub understood and said no.
    Refused = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command that did not succeed. Without an error, the command has said itself what is wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) error: Option<anyhow::Error>,
}

impl Failure {
    /// Ends with `exit` because of `error`.
    pub(crate) fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: Some(error.into()) }
    }

    /// Ends with `exit`; everything has been said.
    pub(crate) const fn quiet(exit: Exit) -> Self {
        Self { exit, error: None }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(Exit::Failed, error)
    }
}

/// What every command returns.
pub(crate) type Outcome = Result<(), Failure>;
