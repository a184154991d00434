//! What is said and heard, in words that no surface owns: every column translates its own into these.

use std::pin::Pin;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// What an asynchronous function pointer gives.
pub(super) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A message's id as one surface prints it. It equals the same message's id as any other prints it.
#[derive(Clone, Debug)]
pub(super) struct Id {
    /// As the surface prints it.
    pub(super) printed: String,
    /// What every surface's form holds: the last 32 bits of the message's UUID.
    mark: u32,
}

impl Id {
    /// An id that ends with those bits in hexadecimal, as a UUID does and a bookmark.
    pub(super) fn ending_in_hexadecimal(printed: &str) -> Self {
        let digits = printed.len().checked_sub(8).and_then(|start| printed.get(start..)).expect("eight digits");
        Self { printed: printed.to_owned(), mark: u32::from_str_radix(digits, 16).expect("hexadecimal digits") }
    }
}

impl Id {
    /// An id that is a prefix and the UUID in base64url.
    pub(super) fn in_base64url(printed: &str) -> Self {
        let uuid = printed.split_once('_').and_then(|(_, text)| URL_SAFE_NO_PAD.decode(text).ok());
        let mark = uuid.and_then(|uuid| Some(u32::from_be_bytes(*uuid.last_chunk()?)));
        Self { printed: printed.to_owned(), mark: mark.expect("sixteen bytes") }
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.mark == other.mark
    }
}

impl Eq for Id {}

/// A message as every surface must show it, whatever its spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Which one it is.
    pub(super) id: Id,
    /// The name of who said it, in lower case: not every surface shows the spelling.
    pub(super) author: String,
    /// What was said.
    pub(super) text: String,
}

/// The answer to what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The message's id.
    pub(super) id: Id,
    /// How many messages the author is allowed and how many of them are left, where the surface says so.
    pub(super) allowance: Option<(i64, i64)>,
}

/// Why something may not be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The author's rate is used up.
    TooOften {
        /// Seconds until it may speak again.
        wait: i64,
    },
    /// Links need a badge.
    LinkNotAllowed,
    /// No text that could be said.
    BadText,
    /// The author is suspended.
    Suspended,
}

/// Tells what is said, one message after the other.
pub(super) trait Source: Send {
    /// The next message.
    fn next(&mut self) -> Later<'_, Heard>;
}

/// What was told at the beginning, and what tells the rest.
pub(super) struct Listening {
    /// Messages of the history, oldest first.
    pub(super) history: Vec<Heard>,
    /// The rest.
    pub(super) source: Box<dyn Source>,
}

impl Listening {
    /// The next message.
    pub(super) async fn next(&mut self) -> Heard {
        self.source.next().await
    }

    /// The next so many.
    pub(super) async fn next_few(&mut self, count: usize) -> Vec<Heard> {
        let mut few = Vec::with_capacity(count);
        while few.len() < count {
            few.push(self.next().await);
        }
        few
    }
}
