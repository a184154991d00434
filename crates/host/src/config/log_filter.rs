//! What of the log is wanted beyond its level.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

/// Directives for single targets, such as `request=off,tertulia_core=debug`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogFilter(String);

impl LogFilter {
    /// The directives, as they were given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a list of directives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "directives read like request=off,tertulia_core=debug: a target and one of off, error, warn, info, debug, trace"
)]
pub struct BadLogFilter;

impl TryFrom<String> for LogFilter {
    type Error = BadLogFilter;

    fn try_from(text: String) -> Result<Self, BadLogFilter> {
        // A target alone would mean everything of it: a level that was mistyped, as a rule.
        let is_complete = |directive: &str| directive.rsplit_once('=').is_some_and(|(_, level)| is_level(level));
        if text.split(',').all(is_complete) && EnvFilter::try_new(&text).is_ok() {
            Ok(Self(text))
        } else {
            Err(BadLogFilter)
        }
    }
}

fn is_level(word: &str) -> bool {
    ["off", "error", "warn", "info", "debug", "trace"].iter().any(|level| word.trim().eq_ignore_ascii_case(level))
}

impl From<LogFilter> for String {
    fn from(filter: LogFilter) -> Self {
        filter.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_has_a_target_and_a_level() {
        for good in ["request=off", "request=off,tertulia_core=debug", "tertulia_core::journal=TRACE"] {
            assert_eq!(LogFilter::try_from(good.to_owned()).map(String::from), Ok(good.to_owned()));
        }
        for bad in ["", "debgu", "request", "request=", "request=loud", "request=off,", "a b=c d", "=", "request off"] {
            assert_eq!(LogFilter::try_from(bad.to_owned()), Err(BadLogFilter), "{bad}");
        }
    }
}
