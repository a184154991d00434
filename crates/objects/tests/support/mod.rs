//! Objects for tests, and what is announced of them.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use tertulia_model::AttachmentId;
use tertulia_objects::{Announced, Content, Key, Objects};
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

/// Whoever asks for the pictures of a folder gets those and no others.
pub(crate) async fn lists_the_pictures_of_one_folder(objects: &Objects) {
    let picture = |folder: &str, number: u8| Key::avatar(&format!("{folder}/{number:032x}.webp")).expect("a key");
    let (one, other) = ("00000000000000aa", "00000000000000ab");
    assert!(objects.pictures_in(one).try_collect::<Vec<_>>().await.expect("a list").is_empty());
    for key in [picture(one, 1), picture(one, 2), picture(other, 3), picture(&format!("g/{one}"), 4)] {
        objects.put_ours(&key, noise(5).into()).await.expect("it is put");
    }
    let list = async |folder: &str| {
        let listed: Vec<_> = objects.pictures_in(folder).try_collect().await.expect("a list");
        let mut keys: Vec<_> = listed.into_iter().map(|listed| listed.key).collect();
        keys.sort();
        keys
    };
    assert_eq!(list(one).await, [picture(one, 1), picture(one, 2)]);
    assert_eq!(list("g/00000000000000aa").await, [picture("g/00000000000000aa", 4)]);
    assert!(list("00000000000000ac").await.is_empty());
}
