//! Objects for tests, and what is announced of them.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tertulia_model::AttachmentId;
use tertulia_objects::{Announced, Content, Key};
use uuid::Uuid;

/// Bytes that repeat late, with every value among them.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 31 + at / 251) % 256).expect("it is a byte")).collect()
}

/// The truth about some bytes.
pub(crate) fn announced(bytes: &[u8]) -> Announced {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    Announced {
        bytes: bytes.len() as u64,
        sha256: digest.as_ref().try_into().expect("SHA-256 has 32 bytes"),
        content: Content::Ours,
    }
}

/// The same bytes in pieces.
pub(crate) fn body(bytes: &[u8], piece: usize) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
    let pieces: Vec<_> = bytes.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

pub(crate) fn key(number: usize) -> Key {
    Key::attachment(AttachmentId::from_uuid(Uuid::from_u128(number as u128)))
}

pub(crate) fn avatar() -> Key {
    Key::avatar("0123456789abcdef/00112233445566778899aabbccddeeff.webp").expect("this is a key")
}
