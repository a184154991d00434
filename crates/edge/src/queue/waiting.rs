//! The bytes that wait in one send queue: pieces in order, the first one perhaps written in part.

use std::{collections::VecDeque, io::IoSlice};

use bytes::Bytes;

/// Most buffers handed to one `writev`.
pub(super) const WRITE_SLICES: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Waiting {
    pieces: VecDeque<Bytes>,
    /// How much of the first piece has left.
    left: usize,
    /// Bytes that have not left, and how many of them the queue's bound does not count.
    bytes: usize,
    uncounted: usize,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that the queue's bound counts.
    pub(super) fn counted(&self) -> usize {
        self.bytes - self.uncounted
    }

    /// Adds a piece of which `left` bytes have left already.
    pub(super) fn push(&mut self, piece: Bytes, left: usize) {
        if left < piece.len() {
            self.bytes += piece.len() - left;
            if self.pieces.is_empty() {
                self.left = left;
            }
            self.pieces.push_back(piece);
        }
    }

    /// The newest `bytes` do not count towards the bound. Approximate while older ones wait: what leaves first is taken
    /// to be what does not count.
    pub(super) fn discount(&mut self, bytes: usize) {
        self.uncounted = (self.uncounted + bytes).min(self.bytes);
    }

    /// Adds pieces in front of all others, not counted. Nothing has left yet.
    pub(super) fn begin_with(&mut self, pieces: Vec<Bytes>) {
        for piece in pieces.into_iter().rev().filter(|piece| !piece.is_empty()) {
            self.bytes += piece.len();
            self.uncounted += piece.len();
            self.pieces.push_front(piece);
        }
    }

    /// The first pieces, for one write: how many of `slices` are filled.
    pub(super) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>; WRITE_SLICES]) -> usize {
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            let begin = if count == 0 { self.left } else { 0 };
            *slice = IoSlice::new(&piece[begin..]);
            count += 1;
        }
        count
    }

    /// The first piece, as far as it has not left.
    pub(super) fn first(&self) -> Option<Bytes> {
        self.pieces.front().map(|piece| piece.slice(self.left..))
    }

    /// Forgets the first `written` bytes.
    pub(super) fn advance(&mut self, written: usize) {
        self.bytes = self.bytes.saturating_sub(written);
        self.uncounted = self.uncounted.saturating_sub(written);
        self.left += written;
        while let Some(first) = self.pieces.front() {
            if self.left < first.len() {
                return;
            }
            self.left -= first.len();
            self.pieces.pop_front();
        }
        *self = Self::default();
    }

    /// Forgets everything but the rest of a frame that has left in part; `end_of_frame` finds its end in a piece.
    /// Answers how many bytes were forgotten.
    pub(super) fn keep_begun(&mut self, end_of_frame: impl FnOnce(&[u8], usize) -> usize) -> usize {
        let (before, left) = (self.bytes, self.left);
        let first = std::mem::take(self).pieces.pop_front();
        if let Some(first) = first.filter(|_| left > 0) {
            let end = end_of_frame(&first, left);
            self.push(first.slice(..end), left);
        }
        before - self.bytes
    }
}
