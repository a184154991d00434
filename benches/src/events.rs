//! What the hub tells a reader, event by event: whether it is a message, which one, and when its post became due.
//!
//! An event is one line of JSON that begins with its type, whichever transport it came over. It is searched and not
//! parsed: a reader must cost little beside the hub.

use memchr::memmem::Finder;

use crate::senders::stamp;

/// Stands in front of a message's id and nowhere else: quotation marks inside a text are escaped.
const ID: &[u8] = br#""id":""#;

/// Stands in front of a message's text.
const CONTENT: &[u8] = br#""content":""#;

/// Where the message's number in its conversation stands in its id, in hexadecimal digits.
const SEQ: std::ops::Range<usize> = 5..17;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was said before the reader came.
    History,
    /// A message.
    Message,
    /// Anything else.
    Other,
}

impl Kind {
    /// That of `event`.
    pub(crate) fn of(event: &[u8]) -> Self {
        let Some(rest) = event.strip_prefix(br#"{"type":""#) else { return Self::Other };
        if rest.starts_with(br#"message""#) {
            Self::Message
        } else if rest.starts_with(br#"history""#) {
            Self::History
        } else {
            Self::Other
        }
    }
}

/// Prepared searches, shared by all readers.
#[derive(Debug)]
pub(crate) struct Needles {
    id: Finder<'static>,
    content: Finder<'static>,
}

impl Needles {
    /// The searches.
    pub(crate) fn new() -> Self {
        Self { id: Finder::new(ID), content: Finder::new(CONTENT) }
    }

    /// The message's number in its conversation.
    pub(crate) fn seq(&self, message: &[u8]) -> Option<u64> {
        let id = &message[self.id.find(message)? + ID.len()..];
        u64::from_str_radix(std::str::from_utf8(id.get(SEQ)?).ok()?, 16).ok()
    }

    /// When the message's post became due, as its sender wrote it into the text.
    pub(crate) fn stamp(&self, message: &[u8]) -> Option<u64> {
        stamp(&message[self.content.find(message)? + CONTENT.len()..])
    }
}

/// The messages that one reader was given, by their numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sequence {
    last: Option<u64>,
    messages: u64,
    breaks: u64,
}

impl Sequence {
    /// Counts a message.
    pub(crate) fn note(&mut self, seq: Option<u64>) {
        let follows = seq.is_some_and(|seq| self.last.is_none_or(|last| seq == last + 1));
        self.messages += 1;
        self.breaks += u64::from(!follows);
        self.last = seq.or(self.last);
    }

    /// How many messages there were.
    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    /// How many of them did not follow directly on the one before, or had no number.
    pub(crate) fn breaks(&self) -> u64 {
        self.breaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = br#"{"type":"message","room":"global","message":{"id":"0001-00000000002a-89abcdef","roomId":"global","content":"00000000000000bb \"id\":\""}}"#;

    #[test]
    fn a_message_has_a_number_and_a_stamp() {
        let needles = Needles::new();
        assert_eq!(Kind::of(MESSAGE), Kind::Message);
        assert_eq!((needles.seq(MESSAGE), needles.stamp(MESSAGE)), (Some(0x2a), Some(0xbb)));
        assert_eq!((needles.seq(b"{}"), needles.stamp(b"{}")), (None, None));
    }

    #[test]
    fn a_history_is_no_message() {
        assert_eq!(Kind::of(br#"{"type":"history","data":[{"type":"message"}]}"#), Kind::History);
        assert_eq!(Kind::of(br#"{"type":"messages"}"#), Kind::Other);
    }

    #[test]
    fn repeats_gaps_and_missing_numbers_break_a_sequence() {
        for (seqs, breaks) in [
            (&[Some(7), Some(8), Some(9)][..], 0),
            (&[Some(7), Some(8), Some(8), Some(9)], 1),
            (&[Some(7), Some(9), Some(10)], 1),
            (&[Some(8), Some(7), Some(8)], 1),
            (&[Some(7), None, Some(8)], 1),
        ] {
            let mut sequence = Sequence::default();
            for seq in seqs {
                sequence.note(*seq);
            }
            assert_eq!((sequence.breaks(), sequence.messages()), (breaks, seqs.len() as u64), "{seqs:?}");
        }
    }
}
