//! How a line of the log is written as text: time, level, where, what, and its fields.
//!
//! ```text
//! 2026-02-12T03:24:24.123Z INFO request answered method=POST route=/api/messages status=201 elapsed_ms=0.412 …
//! ```
//!
//! Written by hand because there is one a request: the library's own costs more than answering does.

use std::fmt::{self, Debug, Write};

use tertulia_model::{ShownText, Timestamp};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Writes one event as one line.
pub(crate) struct Line {
    now: fn() -> Timestamp,
}

impl Line {
    /// Lines that carry the time that `now` tells.
    pub(crate) fn new(now: fn() -> Timestamp) -> Self {
        Self { now }
    }
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        writer.write_str((self.now)().to_rfc3339().as_str())?;
        for word in [metadata.level().as_str(), metadata.target()] {
            writer.write_char(' ')?;
            writer.write_str(word)?;
        }
        let mut fields = Fields { writer, outcome: Ok(()) };
        event.record(&mut fields);
        fields.outcome?;
        fields.writer.write_char('\n')
    }
}

/// Writes the message as it is, and every other field as `name=value`. What others have said is shown on one line.
struct Fields<'a> {
    writer: Writer<'a>,
    outcome: fmt::Result,
}

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if self.outcome.is_ok() {
            self.outcome = self.name(field).and_then(|()| self.writer.write_fmt(value));
        }
    }

    fn put_text(&mut self, field: &Field, text: &str) {
        if self.outcome.is_ok() {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            let named = self.name(field);
            self.outcome = named.and_then(|()| {
                if is_plain {
                    self.writer.write_str(text)
                } else {
                    write!(self.writer, "{}", ShownText::on_one_line(text))
                }
            });
        }
    }

    fn name(&mut self, field: &Field) -> fmt::Result {
        self.writer.write_char(' ')?;
        if field.name() == "message" {
            return Ok(());
        }
        self.writer.write_str(field.name())?;
        self.writer.write_char('=')
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, format_args!("{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        let mut chain = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            chain.push_str(": ");
            chain.push_str(&error.to_string());
            cause = error.source();
        }
        self.put_text(field, &chain);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        if write!(text, "{value:?}").is_ok() {
            self.put_text(field, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(log: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = tracing_subscriber::fmt()
            .event_format(Line::new(|| Timestamp::from_micros(1_705_320_000_123_456)))
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_has_time_level_target_message_and_fields() {
        let line = written(|| tracing::info!(target: "request", status = 201, elapsed_ms = 0.412, "answered"));
        assert_eq!(line, "2024-01-15T12:00:00.123Z INFO request answered status=201 elapsed_ms=0.412\n");
    }

    #[test]
    fn nothing_that_others_say_breaks_a_line() {
        let line = written(|| tracing::warn!(target: "hub", said = "a\nb\u{1b}[31m", shown = ?"c\nd", "odd"));
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let cause = io::Error::other(io::Error::other("the disk is gone"));
        let line = written(|| tracing::error!(target: "hub", error = &cause as &dyn std::error::Error, "failed"));
        assert!(line.contains("error=the disk is gone"), "{line}");
    }
}
