//! Holds what arrives against what was announced, piece by piece.

use ring::digest::{Context, SHA256};

use crate::{Announced, PutError, content::TELLING};

/// What has arrived of one object. It fails at the first byte that cannot belong to it.
pub(crate) struct Verifier<'a> {
    announced: &'a Announced,
    digest: Context,
    arrived: u64,
    /// The first bytes, until there are enough to tell the kind.
    head: Vec<u8>,
}

impl<'a> Verifier<'a> {
    pub(crate) fn new(announced: &'a Announced) -> Result<Self, PutError> {
        if announced.bytes > crate::MAX_BYTES {
            return Err(PutError::TooLarge);
        }
        Ok(Self { announced, digest: Context::new(&SHA256), arrived: 0, head: Vec::with_capacity(TELLING) })
    }

    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<(), PutError> {
        self.arrived += piece.len() as u64;
        if self.arrived > self.announced.bytes {
            return Err(PutError::Length);
        }
        self.look_at(piece)?;
        self.digest.update(piece);
        Ok(())
    }

    fn look_at(&mut self, piece: &[u8]) -> Result<(), PutError> {
        if self.head.len() < TELLING {
            let more = piece.len().min(TELLING - self.head.len());
            self.head.extend_from_slice(&piece[..more]);
            if self.head.len() == TELLING && !self.announced.content.may_begin(&self.head) {
                return Err(PutError::Type);
            }
        }
        if self.announced.content.may_contain(piece) { Ok(()) } else { Err(PutError::Type) }
    }

    /// Whether this was all of it.
    pub(crate) fn finish(self) -> Result<(), PutError> {
        if self.arrived != self.announced.bytes {
            return Err(PutError::Length);
        }
        if self.digest.finish().as_ref() != self.announced.sha256 {
            return Err(PutError::Digest);
        }
        if self.head.len() < TELLING && !self.announced.content.may_begin(&self.head) {
            return Err(PutError::Type);
        }
        Ok(())
    }
}
