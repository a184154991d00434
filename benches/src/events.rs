//! What the hub tells a reader, event by event: whether it is a message, which one, and when its post became due.
//!
//! An event is one line of JSON that begins with its type, whichever transport it came over. It is searched and not
//! parsed: a reader must cost little beside the hub.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::senders::stamp;
use crate::transport::Transport;

/// Stands in front of a message's id and nowhere else: quotation marks inside a text are escaped.
const ID: &[u8] = br#""id":""#;

/// Stands in front of a message's text.
const CONTENT: &[u8] = br#""content":""#;

/// Where the message's number in its conversation stands in its id, in hexadecimal digits.
const SEQ: Range<usize> = 5..17;

/// The same at MoltChats' gateway, where the author's id comes first.
const GATEWAY_ID: &[u8] = br#""contentType":"text","id":""#;

/// The last part of a UUID.
const UUID_TAIL: Range<usize> = 24..36;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was said before the reader came, or that it hears what is said from now on.
    Beginning,
    /// A message.
    Message,
    /// Anything else.
    Other,
}

impl Kind {
    /// That of `event`.
    pub(crate) fn of(event: &[u8]) -> Self {
        let rest = event.strip_prefix(br#"{"type":""#).or_else(|| event.strip_prefix(br#"{"op":""#));
        let Some(rest) = rest else { return Self::Other };
        if rest.starts_with(br#"message""#) {
            Self::Message
        } else if rest.starts_with(br#"history""#) || rest.starts_with(br#"subscribed""#) {
            Self::Beginning
        } else {
            Self::Other
        }
    }
}

/// Which message it is, as far as a reader can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Its number in its conversation: it follows on the one before.
    Number(u64),
    /// A part of its id, which says no more than that it is another one.
    Id(u64),
}

/// Prepared searches, shared by all readers.
#[derive(Debug)]
pub(crate) struct Needles {
    id: Finder<'static>,
    content: Finder<'static>,
    /// Where in the id the digits of a mark stand, and what they make.
    digits: Range<usize>,
    mark: fn(u64) -> Mark,
}

impl Needles {
    /// The searches for what comes over a transport.
    pub(crate) fn of(transport: Transport) -> Self {
        let (id, digits, mark): (_, _, fn(u64) -> Mark) = match transport {
            Transport::EventStream | Transport::WebSocket => (ID, SEQ, Mark::Number),
            Transport::Gateway(_) => (GATEWAY_ID, UUID_TAIL, Mark::Id),
        };
        Self { id: Finder::new(id), content: Finder::new(CONTENT), digits, mark }
    }

    /// Which message it is.
    pub(crate) fn mark(&self, message: &[u8]) -> Option<Mark> {
        let id = &message[self.id.find(message)? + self.id.needle().len()..];
        let digits = std::str::from_utf8(id.get(self.digits.clone())?).ok()?;
        u64::from_str_radix(digits, 16).ok().map(self.mark)
    }

    /// When the message's post became due, as its sender wrote it into the text.
    pub(crate) fn stamp(&self, message: &[u8]) -> Option<u64> {
        stamp(&message[self.content.find(message)? + CONTENT.len()..])
    }
}

/// The messages that one reader was given, in their order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sequence {
    last: Option<u64>,
    order: u64,
    messages: u64,
    breaks: u64,
}

impl Sequence {
    /// Counts a message.
    pub(crate) fn note(&mut self, mark: Option<Mark>) {
        self.messages += 1;
        match mark {
            Some(Mark::Number(seq)) => {
                let follows = self.last.is_none_or(|last| seq == last + 1);
                self.breaks += u64::from(!follows);
                self.last = Some(seq);
            }
            // The multiplier of FNV-1a: whatever differs, differs to the end.
            Some(Mark::Id(id)) => self.order = (self.order ^ id).wrapping_mul(0x0100_0000_01b3),
            None => self.breaks += 1,
        }
    }

    /// What all readers that heard the same messages without numbers in the same order have in common.
    pub(crate) fn order(&self) -> u64 {
        self.order
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
        let needles = Needles::of(Transport::WebSocket);
        assert_eq!(Kind::of(MESSAGE), Kind::Message);
        assert_eq!((needles.mark(MESSAGE), needles.stamp(MESSAGE)), (Some(Mark::Number(0x2a)), Some(0xbb)));
        assert_eq!((needles.mark(b"{}"), needles.stamp(b"{}")), (None, None));
    }

    #[test]
    fn a_message_of_the_gateway_has_an_id_and_a_stamp() {
        let transport = Transport::Gateway([b'0'; 36]);
        let (needles, message) = (Needles::of(transport), transport.message("x"));
        assert_eq!(Kind::of(message.as_bytes()), Kind::Message);
        assert_eq!((needles.mark(message.as_bytes()), needles.stamp(message.as_bytes())), (Some(Mark::Id(0)), Some(0)));
        let agent = br#"{"op":"message","agent":{"id":"00000000-0000-7000-8000-000000000001"}}"#;
        assert_eq!(needles.mark(agent), None);
    }

    #[test]
    fn readers_of_another_order_are_told_apart() {
        let order = |ids: &[u64]| {
            let mut sequence = Sequence::default();
            for id in ids {
                sequence.note(Some(Mark::Id(*id)));
            }
            sequence.order()
        };
        assert_eq!(order(&[1, 2, 3]), order(&[1, 2, 3]));
        assert_ne!(order(&[1, 2, 3]), order(&[1, 3, 2]));
        assert_ne!(order(&[1, 2, 3]), order(&[1, 2, 2]));
    }

    #[test]
    fn a_history_is_no_message() {
        assert_eq!(Kind::of(br#"{"type":"history","data":[{"type":"message"}]}"#), Kind::Beginning);
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
                sequence.note(seq.map(Mark::Number));
            }
            assert_eq!((sequence.breaks(), sequence.messages()), (breaks, seqs.len() as u64), "{seqs:?}");
        }
    }
}
