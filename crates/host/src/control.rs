//! The control socket: how the command line reaches the hub that runs in a data directory.
//!
//! One JSON object a line, asked and answered in turn. Only the owner of the data directory (and root) may speak.
//! Frames, time and connections are bounded.

mod client;
mod server;
mod socket;
mod words;

pub use client::{AskError, ask};
pub use server::ControlSocket;
pub use socket::{ControlError, SOCKET_FILE};
pub use words::{AgentLine, Answer, AuditLine, CodeLine, Command, OutboxLine, ReportLine, Standing, Status};
