//! What a reader looks for in its stream: cheap counting of messages on every reader, order and latency on a few.

use std::ops::Range;

use memchr::memmem::{self, Finder};

use crate::senders::stamp;

/// Begins every live message and stands nowhere else: quotation marks inside a text are escaped.
const MESSAGE: &[u8] = br#""type":"message""#;

/// Begins the first event of every stream.
const HISTORY: &[u8] = br#""type":"history""#;

/// Bytes of a message's beginning that may be left over at the end of a piece.
const OVERLAP: usize = MESSAGE.len() - 1;

/// Counts messages in a stream that arrives in pieces.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    tail: [u8; OVERLAP],
    tail_length: usize,
}

impl Counter {
    /// How many messages begin in this piece, or began in the one before and are known by this one.
    pub(crate) fn count(&mut self, needles: &Needles, piece: &[u8]) -> u64 {
        let across = if self.tail_length == 0 { 0 } else { self.across(needles, piece) };
        let within = needles.message.find_iter(piece).count();
        self.keep_tail(piece);
        u64::try_from(within).unwrap_or(u64::MAX) + across
    }

    /// Whether a message's beginning lies across the border. Neither side of the joint alone is long enough for one.
    fn across(&self, needles: &Needles, piece: &[u8]) -> u64 {
        let mut joint = [0; 2 * OVERLAP];
        let head = piece.len().min(OVERLAP);
        joint[..self.tail_length].copy_from_slice(&self.tail[..self.tail_length]);
        joint[self.tail_length..self.tail_length + head].copy_from_slice(&piece[..head]);
        u64::from(needles.message.find(&joint[..self.tail_length + head]).is_some())
    }

    fn keep_tail(&mut self, piece: &[u8]) {
        // Events end with an empty line, which no beginning contains: the usual piece leaves nothing over.
        if piece.ends_with(b"\n") {
            self.tail_length = 0;
            return;
        }
        let from_piece = piece.len().min(OVERLAP);
        let from_tail = self.tail_length.min(OVERLAP - from_piece);
        self.tail.copy_within(self.tail_length - from_tail..self.tail_length, 0);
        self.tail[from_tail..from_tail + from_piece].copy_from_slice(&piece[piece.len() - from_piece..]);
        self.tail_length = from_tail + from_piece;
    }
}

/// Prepared searches, shared by all readers.
#[derive(Debug)]
pub(crate) struct Needles {
    message: Finder<'static>,
    history: Finder<'static>,
}

impl Needles {
    /// The searches.
    pub(crate) fn new() -> Self {
        Self { message: Finder::new(MESSAGE), history: Finder::new(HISTORY) }
    }

    /// Where the history begins in the first bytes of a stream.
    pub(crate) fn history(&self, bytes: &[u8]) -> Option<usize> {
        self.history.find(bytes)
    }
}

/// Reads every event of one stream in full.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    pending: Vec<u8>,
    last_id: Vec<u8>,
    disorder: u64,
}

impl Sample {
    /// Takes the next piece of the body and gives the stamps of the messages that are whole now to `read`.
    pub(crate) fn feed(&mut self, piece: &[u8], mut read: impl FnMut(u64)) {
        self.pending.extend_from_slice(piece);
        let mut used = 0;
        while let Some(length) = memmem::find(&self.pending[used..], b"\n\n") {
            let event = used..used + length;
            used = event.end + 2;
            if let Some(stamp) = self.message(event) {
                read(stamp);
            }
        }
        self.pending.drain(..used);
    }

    /// How many messages came without an id, or with one that does not sort behind the id before.
    pub(crate) fn disorder(&self) -> u64 {
        self.disorder
    }

    /// The stamp of the message in `event` of the pending bytes, if it is one.
    fn message(&mut self, event: Range<usize>) -> Option<u64> {
        let event = &self.pending[event];
        memmem::find(event, MESSAGE)?;
        let id = event.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"id:")).unwrap_or_default();
        if id <= self.last_id.as_slice() {
            self.disorder += 1;
        }
        self.last_id = id.to_vec();
        let key = br#""content":""#;
        let content = memmem::find(event, key)? + key.len();
        stamp(&event[content..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = br#"id: 1
data: {"type":"history","data":[{"content":"00000000000000aa"}]}

data: {"type":"stats","data":{}}

id: 2
data: {"type":"message","data":{"content":"00000000000000bb \"type\":\"message\""}}

id: 3
data: {"type":"message","data":{"content":"00000000000000cc"}}

"#;

    #[test]
    fn messages_are_counted_however_the_stream_is_cut() {
        let needles = Needles::new();
        for step in 1..=STREAM.len() {
            let mut counter = Counter::default();
            let count: u64 = STREAM.chunks(step).map(|piece| counter.count(&needles, piece)).sum();
            assert_eq!(count, 2, "in steps of {step}");
        }
    }

    #[test]
    fn a_sample_reads_live_messages_only() {
        for step in 1..=STREAM.len() {
            let mut sample = Sample::default();
            let mut stamps = Vec::new();
            STREAM.chunks(step).for_each(|piece| sample.feed(piece, |stamp| stamps.push(stamp)));
            assert_eq!((stamps.as_slice(), sample.disorder()), (&[0xbb, 0xcc][..], 0), "in steps of {step}");
        }
    }

    #[test]
    fn a_message_twice_is_disorder() {
        let mut sample = Sample::default();
        sample.feed(STREAM, |_| ());
        sample.feed(STREAM, |_| ());
        assert_eq!(sample.disorder(), 1);
    }
}
