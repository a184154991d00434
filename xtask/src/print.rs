//! The one place where xtask writes to the terminal.
//!
//! Everything goes to standard output, so that it stands in order with what the programs it runs print there.
#![expect(clippy::print_stdout, reason = "a command line tool speaks on standard output, and only from here")]

use std::fmt::Display;

/// Prints one line.
pub(crate) fn line(text: impl Display) {
    println!("{text}");
}
