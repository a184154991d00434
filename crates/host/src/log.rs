//! Log lines: to standard error, off the request path.

use std::io::BufWriter;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::{
    config::{LogConfig, LogFormat, LogLevel},
    log_line::Line,
};

/// Lines that wait to be written. Beyond them lines are dropped: a log that nobody reads must not stop the hub.
const WAITING_LINES: usize = 16_384;

/// Most bytes that are written in one piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Writes what still waits when it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the log"]
pub struct LogGuard(#[expect(dead_code, reason = "kept for its drop")] WorkerGuard);

/// Why the log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `log.filter` is not a list of directives.
    #[error("`log.filter` is not understood: it reads like request=off,tertulia_core=debug")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// There is a log already.
    #[error("the log was started twice")]
    Twice,
}

/// Starts the process's log. For the program's own start; nothing in this crate calls it.
///
/// # Errors
///
/// See [`LogError`].
pub fn start_log(config: &LogConfig) -> Result<LogGuard, LogError> {
    let filter = EnvFilter::try_new(directives(config))?;
    // The writing thread flushes when no line waits any more: under load many lines go out in one piece.
    let pieces = BufWriter::with_capacity(PIECE_BYTES, std::io::stderr());
    let (writer, guard) = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES).finish(pieces);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false);
    let started = match config.format {
        LogFormat::Text => builder.event_format(Line::new(crate::clock::calendar_time)).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|_| LogError::Twice)?;
    Ok(LogGuard(guard))
}

/// The level, with what libraries say kept at warnings unless more is asked for, and the filter on top.
fn directives(config: &LogConfig) -> String {
    let level = match config.level {
        LogLevel::Off => "off",
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    match &config.filter {
        Some(filter) => format!("{level},{}", filter.as_str()),
        None => level.to_owned(),
    }
}
