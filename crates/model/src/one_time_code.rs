//! A code that is good once, for a few minutes.

use std::fmt;

/// Six digits. Who holds them controls the mailbox that they were sent to, so they are not shown by accident.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OneTimeCode(u32);

/// A text that is no such code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code has six digits")]
pub struct BadOneTimeCode;

impl OneTimeCode {
    /// How many codes there are.
    pub const COUNT: u32 = 1_000_000;

    /// The code with this number, one of [`COUNT`](Self::COUNT).
    #[must_use]
    pub const fn of(number: u32) -> Option<Self> {
        if number < Self::COUNT { Some(Self(number)) } else { None }
    }

    /// Reads a code.
    ///
    /// # Errors
    ///
    /// When the text is anything but six digits.
    // wire: agentchat.md#31-shared-otp-rules
    pub fn parse(text: &str) -> Result<Self, BadOneTimeCode> {
        let are_digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        if are_digits { text.parse().map(Self).map_err(|_| BadOneTimeCode) } else { Err(BadOneTimeCode) }
    }
}

/// All six digits.
impl fmt::Display for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits() {
        for text in ["000000", "000123", "999999"] {
            assert_eq!(OneTimeCode::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "12345", "1234567", "+12345", "12345a", " 12345", "\u{661}\u{661}\u{661}"] {
            assert_eq!(OneTimeCode::parse(text), Err(BadOneTimeCode), "{text:?}");
        }
        assert_eq!(OneTimeCode::of(7).unwrap().to_string(), "000007");
        assert_eq!(OneTimeCode::of(1_000_000), None);
    }

    #[test]
    fn a_code_does_not_show_itself() {
        assert_eq!(format!("{:?}", OneTimeCode::of(123_456)), "Some([redacted])");
    }
}
