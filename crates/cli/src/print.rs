//! Everything that the program writes to the terminal. Nothing else prints.
//!
//! A reader that has gone away (`tertulia listen | head`) is no error: the program ends as if it had been asked to.

use std::{
    fmt::Display,
    io::{self, Write},
};

use serde::Serialize;

/// A line on standard output. `Err`: nobody reads any more.
pub(crate) fn line(text: impl Display) -> Result<(), Gone> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|_| Gone)
}

/// A value as one line of JSON on standard output.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Gone> {
    line(serde_json::to_string(value).expect("what is printed consists of plain values"))
}

/// An error with its causes, on standard error.
pub(crate) fn failure(error: &anyhow::Error) {
    note(format_args!("error: {error:#}"));
}

/// A line on standard error.
pub(crate) fn note(text: impl Display) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Nobody reads standard output any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gone;

/// Takes a reader that has gone away for a reader that has seen enough.
pub(crate) trait Enough {
    /// Goes on either way.
    fn or_enough(self);
}

impl Enough for Result<(), Gone> {
    fn or_enough(self) {
        let _ = self;
    }
}
